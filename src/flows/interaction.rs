//! One sign-in in one browser tab: what it is for, how far it has come, and whose browser began it.

use serde::{Deserialize, Serialize};

use super::sessions::Browser;
use super::{Cx, PageError, throttle};
use crate::audit::Kind;
use crate::base::{AccountId, Digest, FactorId, InteractionId, Scopes, Seconds, SessionId, Timestamp};
use crate::ephemeral::Space;
use crate::factors::{FactorKind, Proof};
use crate::identity::LinkKind;
use crate::identity::Slot;
use crate::oidc::authorize::AuthorizeRequest;

/// How long a sign-in may take, in seconds.
pub const LIFETIME: Seconds = 30 * 60;

/// The state of one sign-in. Half a sign-in lives only here and is worth nothing anywhere else.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Interaction {
    /// What the sign-in is for; never changes.
    pub purpose: Purpose,
    /// Digest of the browser cookie it began with; never changes.
    pub browser: Digest,
    /// When it began.
    pub began_at: Timestamp,
    /// Compared with the account's `valid_after`: moves forward only for the sign-in that made the change.
    pub valid_from: Timestamp,
    /// Who the person says they are, as typed.
    pub identifier: Option<String>,
    /// The account behind the identifier; `None` for unknown names, which look the same to the end.
    pub account: Option<AccountId>,
    /// Whether the person named themselves in this interaction.
    pub chosen: bool,
    /// What was proved in this interaction.
    pub proofs: Vec<Proof>,
    /// A code app being linked; the key is shown again on refresh.
    pub totp: Option<PendingTotp>,
    /// Whether the factor that `/account` asked for was bound.
    pub bound: bool,
    /// Recovery codes to show until `continue`.
    pub codes: Option<Vec<String>>,
    /// The session the codes were made in: they are shown no longer than it lives.
    #[serde(default)]
    pub codes_of: Option<SessionId>,
    /// Scopes agreed to here.
    pub agreed: Option<Scopes>,
    /// The error the next page shows.
    pub flash: Option<Flash>,
    /// Whether the answer was sent.
    pub finished: bool,
    /// Whether the link that this sign-in came by was spent in it.
    #[serde(default)]
    pub spent: bool,
    /// Whether a new password was set here.
    #[serde(default)]
    pub renewed: bool,
    /// Whether the screen about false pages was seen.
    #[serde(default)]
    pub taught: bool,
    /// What would make the password that was refused a better one.
    #[serde(default)]
    pub advice: Option<String>,
    /// Whether the clinic was asked to help.
    #[serde(default)]
    pub asked: bool,
    /// When a mail was last asked for here.
    #[serde(default)]
    pub mailed: Option<Timestamp>,
}

/// What a sign-in is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// An app's authorization request.
    Authorize(Box<AuthorizeRequest>),
    /// The person's own pages.
    Account {
        /// What the person wanted to do there.
        place: Place,
    },
    /// The administrators' console.
    Admin {
        /// The page of the console the person comes back to: a path of ours.
        back: String,
        /// Whether only proofs of the last minutes count, because of what is done there.
        fresh: bool,
    },
    /// What a link or a short code allows its person; for nobody else, and at most once.
    Link {
        /// What it is for.
        kind: LinkKind,
        /// What it is kept by.
        digest: Digest,
        /// Whom it was sent to.
        account: AccountId,
        /// The app that wanted them.
        client: Option<String>,
        /// Whether it came by mail: then a password that a mail has set is no second thing beside it.
        by_mail: bool,
    },
}

/// What is wanted at `/account`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The account home.
    Home,
    /// What apps ask of the person.
    Approvals,
    /// To bind another factor of this kind, behind a fresh proof at the account's own level.
    Add(FactorKind),
    /// To set another password, behind the same proof.
    Password,
    /// To change something else, behind the same proof; the page that asks for it comes next.
    Change(Change),
}

/// A change at `/account` that whoever finds an open session must not make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A way to sign in gets another name.
    Rename(FactorId),
    /// A way to sign in goes.
    Remove(FactorId),
    /// An address is given.
    Address(Slot),
    /// The second address goes.
    RemoveAddress,
    /// A copy of everything is taken.
    Export,
    /// The account is closed.
    Close,
}

/// A code app being linked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PendingTotp {
    /// The future factor.
    pub id: FactorId,
    /// 20 bytes.
    pub secret: Vec<u8>,
}

/// An error shown on the page the person comes back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flash {
    /// Nothing was typed.
    Empty,
    /// Identifier and password do not match.
    WrongPassword,
    /// The code did not work.
    WrongCode,
    /// The code was used before.
    ReusedCode,
    /// The code is right for another time: the phone's clock is off.
    ClockOff,
    /// No such recovery code, or used.
    WrongRecoveryCode,
    /// The passkey or key did not work here.
    KeyRefused,
    /// The answer came too late: there is no such question any more.
    KeyLate,
    /// The key did not check that it was its owner.
    KeyUnverified,
    /// Nobody here holds that key (any more).
    KeyUnknown,
    /// The key is bound already.
    KeyKnown,
    /// The policy does not count the key's model here.
    KeyBarred,
    /// The policy does not count the new key's model here.
    KeyNotHere,
    /// The key's model is out of use.
    KeyUnsafe,
    /// Nobody vouched for what the key is.
    KeyUntold,
    /// Keys must be vouched for, and nothing is known of models.
    KeyUnchecked,
    /// The new password is too short.
    PasswordShort,
    /// The new password is too long.
    PasswordLong,
    /// The new password is on lists that attackers use.
    PasswordCommon,
    /// The new password is little more than a name.
    PasswordName,
    /// A mail was asked for again too soon.
    TooSoon,
    /// That is no mail address.
    NoAddress,
}

/// An interaction with the version it was read at; saving needs it unchanged.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its id, as it stands in the URL.
    pub id: InteractionId,
    /// The state.
    pub state: Interaction,
    /// `None` until it is stored: a request answered at once leaves nothing behind.
    version: Option<u64>,
    /// The state as it is stored at that version.
    stored: Vec<u8>,
}

impl Interaction {
    /// A sign-in that begins now in this browser.
    pub fn begin(purpose: Purpose, browser: &Browser, now: Timestamp) -> Self {
        Self {
            purpose,
            browser: browser.id,
            began_at: now,
            valid_from: now,
            identifier: None,
            account: None,
            chosen: false,
            proofs: Vec::new(),
            totp: None,
            bound: false,
            codes: None,
            codes_of: None,
            agreed: None,
            flash: None,
            finished: false,
            spent: false,
            renewed: false,
            taught: false,
            advice: None,
            asked: false,
            mailed: None,
        }
    }

    /// Whether this sign-in belongs to the person a link was sent to, and to nobody else.
    pub fn is_fixed(&self) -> bool {
        matches!(self.purpose, Purpose::Link { .. })
    }

    /// Names another person: everything proved so far belongs to somebody else and goes.
    pub fn name_person(&mut self, typed: &str, account: Option<AccountId>) {
        if self.account != account || account.is_none() {
            self.proofs.clear();
            self.agreed = None;
            self.codes = None;
            self.bound = false;
            self.asked = false;
        }
        self.identifier = Some(typed.to_owned());
        self.account = account;
        self.chosen = true;
        self.totp = None;
        self.flash = None;
    }

    /// Adds a proof; the error of the step before goes. With the first one the sign-in begins to be worth something: what
    /// changed before that (a password renewed in another browser) does not end it.
    pub fn prove(&mut self, proof: Proof) {
        self.flash = None;
        if self.proofs.is_empty() {
            self.valid_from = self.valid_from.max(proof.at);
        }
        self.proofs.push(proof);
    }

    /// The request, where an app asked.
    pub fn request(&self) -> Option<&AuthorizeRequest> {
        match &self.purpose {
            Purpose::Authorize(request) => Some(request),
            Purpose::Account { .. } | Purpose::Admin { .. } | Purpose::Link { .. } => None,
        }
    }

    fn remaining(&self, now: Timestamp) -> Seconds {
        (LIFETIME - now.since(self.began_at)).max(1)
    }
}

fn key(id: &InteractionId) -> Digest {
    Digest::of(format!("interaction.{id}"))
}

/// A new interaction, not stored yet.
pub fn fresh(cx: &Cx, state: Interaction) -> Loaded {
    let id = InteractionId::from_text(Digest::from_bytes(cx.entropy.bytes::<32>()).to_base64url());
    Loaded { id, state, version: None, stored: Vec::new() }
}

/// Stores a new interaction, when it turns out that a page is needed.
pub async fn create(cx: &Cx, loaded: &Loaded) -> Result<(), PageError> {
    let value = encode(&loaded.state)?;
    throttle::begin(cx).await?;
    Ok(cx.ephemeral.put(Space::Interaction, &key(&loaded.id), &value, LIFETIME, cx.now).await?)
}

/// Loads an interaction for the browser that began it. A finished one is [`PageError::Finished`].
pub async fn load(cx: &Cx, id: &InteractionId, browser: &Browser) -> Result<Loaded, PageError> {
    let refused = |why| {
        cx.note(Kind::InteractionRefused, None);
        why
    };
    let kept = cx.ephemeral.get(Space::Interaction, &key(id), cx.now).await?;
    let kept = kept.ok_or_else(|| refused(PageError::Expired))?;
    let state: Interaction = serde_json::from_slice(&kept.value).map_err(|_| refused(PageError::Expired))?;
    if !state.browser.same(&browser.id) {
        return Err(refused(PageError::OtherBrowser));
    }
    if cx.now.since(state.began_at) >= LIFETIME {
        return Err(refused(PageError::Expired));
    }
    if state.finished {
        return Err(PageError::Finished);
    }
    Ok(Loaded { id: id.clone(), state, version: Some(kept.version), stored: kept.value })
}

/// What an app asked for, of an interaction that is finished, expired or another browser's: enough to speak the
/// right language and to lead back to the app, and nothing about a person.
pub async fn asked(cx: &Cx, id: &InteractionId) -> Option<AuthorizeRequest> {
    let kept = cx.ephemeral.get(Space::Interaction, &key(id), cx.now).await.ok()??;
    let state: Interaction = serde_json::from_slice(&kept.value).ok()?;
    state.request().cloned()
}

/// How often a save goes round errors of pages before it gives up.
const ROUNDS: usize = 16;

/// Saves the state if nobody changed it meanwhile. A lost race is a double submit: the first one counts.
///
/// The error a page shows is no change: else the second of two equal forms, refused because the first spent the
/// code, could cost the first its proof.
pub async fn save(cx: &Cx, loaded: &mut Loaded) -> Result<(), PageError> {
    let value = encode(&loaded.state)?;
    let ttl = loaded.state.remaining(cx.now);
    let Some(mut version) = loaded.version else { return create(cx, loaded).await };
    let id = key(&loaded.id);
    for _ in 0..ROUNDS {
        if let Some(saved) = cx.ephemeral.swap(Space::Interaction, &id, version, &value, ttl, cx.now).await? {
            (loaded.version, loaded.stored) = (Some(saved), value);
            return Ok(());
        }
        match cx.ephemeral.get(Space::Interaction, &id, cx.now).await? {
            Some(newer) if differ_by_flash(&newer.value, &loaded.stored) => version = newer.version,
            _ => break,
        }
    }
    Err(PageError::Bad("double_submit"))
}

/// Whether two stored states are one but for the error that a page shows.
fn differ_by_flash(one: &[u8], other: &[u8]) -> bool {
    let plain = |bytes: &[u8]| {
        let mut state: serde_json::Value = serde_json::from_slice(bytes).ok()?;
        state.as_object_mut()?.remove("flash");
        Some(state)
    };
    plain(one).is_some_and(|state| plain(other) == Some(state))
}

/// Marks the interaction finished; exactly one caller wins.
pub async fn finish(cx: &Cx, loaded: &mut Loaded) -> Result<(), PageError> {
    if loaded.version.is_none() {
        return Ok(());
    }
    let purpose = loaded.state.purpose.clone();
    let mut done = Interaction::begin(purpose, &Browser::without_session(loaded.state.browser), cx.now);
    done.began_at = loaded.state.began_at;
    done.finished = true;
    loaded.state = done;
    match save(cx, loaded).await {
        Err(PageError::Bad(_)) => Err(PageError::Finished),
        other => other,
    }
}

fn encode(state: &Interaction) -> Result<Vec<u8>, PageError> {
    serde_json::to_vec(state).map_err(|_| PageError::Bad("interaction"))
}
