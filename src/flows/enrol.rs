//! Binding a new factor inside a sign-in, and the recovery codes that come with the first one.

use serde_json::Value;

use super::activation::{self, Setting, Spending, Undone};
use super::ceremony::{self, Asked};
use super::codes::Totp;
use super::hub::{self, Next, Page, Scene};
use super::interaction::{self, Flash, Loaded, PendingTotp};
use super::passkey;
use super::sessions::Browser;
use super::{Cx, PageError, notify};
use crate::audit::{Event, Kind};
use crate::base::{AccountId, Digest, FactorId, InteractionId, Role, Secret};
use crate::factors::model::Model;
use crate::factors::webauthn::{self, Owner, Rejected, StoredKey, Telling};
use crate::factors::{FactorKind, Proof, recovery, totp};
use crate::identity::Account;
use crate::notifications::Notice;
use crate::policy::models::{Models, Unfit};
use crate::store::accounts::Ground;
use crate::store::factors::{self, NewFactor};
use crate::store::{self, Writer, accounts, grants};

/// Longest name a person may give a factor, in characters.
const LONGEST_LABEL: usize = 60;

fn offers(kind: FactorKind) -> impl Fn(&Page) -> bool {
    move |page| match page {
        Page::Enrol(kinds) => kinds.contains(&kind),
        // Whoever activates an account may begin with a passkey and never have a password.
        Page::FirstFactor => kind == FactorKind::Passkey,
        _ => false,
    }
}

fn person(scene: &Scene) -> Result<&Account, PageError> {
    scene.account.as_ref().ok_or(PageError::SignedOut)
}

/// What a code app needs to be linked.
#[derive(Clone, Debug)]
pub struct Link {
    /// The key in groups of four.
    pub key: String,
    /// `otpauth://` address of the key.
    pub uri: String,
    /// The address as a QR code.
    pub qr_svg: String,
}

/// Begins to link a code app: draws a key, kept sealed in the interaction until a code proves it.
pub async fn begin_totp(cx: &Cx, id: &InteractionId, browser: &Browser) -> Result<(), PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    hub::expect(cx, &loaded, browser, offers(FactorKind::Totp)).await?;
    if loaded.state.totp.is_none() {
        let secret = totp::Secret::generate(&cx.entropy).expose().to_vec();
        loaded.state.totp = Some(PendingTotp { id: FactorId::new(cx.now, &cx.entropy), secret });
        loaded.state.flash = None;
        interaction::save(cx, &mut loaded).await?;
    }
    Ok(())
}

/// The key being linked, as often as the page is asked for.
pub async fn link(cx: &Cx, loaded: &Loaded, scene: &Scene) -> Result<Option<Link>, PageError> {
    let (Some(pending), Some(account)) = (&loaded.state.totp, &scene.account) else { return Ok(None) };
    let Some(secret) = totp::Secret::from_slice(&pending.secret) else { return Ok(None) };
    let uri = totp::otpauth_uri(&cx.config.organisation.name, &account.profile.username, &secret);
    Ok(Some(Link { key: secret.grouped(), qr_svg: totp::qr_svg(&uri), uri }))
}

/// Links the code app once a code proves that it holds the key.
pub async fn finish_totp(
    cx: &Cx,
    id: &InteractionId,
    browser: &Browser,
    typed: &str,
    label: &str,
) -> Result<Next, PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let scene = hub::expect(cx, &loaded, browser, offers(FactorKind::Totp)).await?;
    let account = person(&scene)?.clone();
    let pending = loaded.state.totp.clone().ok_or(PageError::Bad("no_key"))?;
    let secret = totp::Secret::from_slice(&pending.secret).ok_or(PageError::Bad("no_key"))?;
    let step = match totp::check(&secret, typed, cx.now, None) {
        Ok(step) => step,
        Err(why) => {
            let clock = matches!(why, totp::Rejected::Drift(_));
            loaded.state.flash = Some(if clock { Flash::ClockOff } else { Flash::WrongCode });
            interaction::save(cx, &mut loaded).await?;
            return Ok(Next::Stay);
        }
    };
    let key = cx.vault.key(&account.id, cx.now).await?;
    let payload = Totp { secret: pending.secret.clone(), label: clean(label), hash: totp::Hash::Sha1 };
    let new = NewFactor {
        sealed: factors::seal(&payload, &pending.id, &key)?,
        id: pending.id,
        kind: FactorKind::Totp,
        credential: None,
        last_step: Some(step),
        model: Model::default(),
    };
    let cx = bind(cx, &mut loaded, &scene, new, payload.label, false).await?;
    hub::advance(&cx, &mut loaded, browser).await
}

/// Options for a new passkey or security key.
pub async fn key_options(
    cx: &Cx,
    id: &InteractionId,
    browser: &Browser,
    kind: FactorKind,
) -> Result<Value, PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let scene = hub::expect(cx, &loaded, browser, offers(kind)).await?;
    let account = person(&scene)?;
    let models = scene.models(&loaded.state);
    if let Some(why) = NotBound::unchecked(cx, &models) {
        // Asked again and again, it is told once for as long as the page says so.
        if loaded.state.flash != Some(why.flash) {
            let account = account.id.clone();
            not_bound(cx, &mut loaded, &account, &why).await?;
        }
        return Err(PageError::Bad("unchecked"));
    }
    let handle = webauthn::user_handle(&account.id).ok_or(PageError::Bad("handle"))?;
    let owner = Owner { handle, username: &account.profile.username, display_name: account.display_name() };
    let bound = passkey::held(cx, &account.id, &[FactorKind::Passkey, FactorKind::SecurityKey]).await?;
    // A key that lacks its maker's word alone may be bound anew, with it.
    let excluded = bound.into_iter().filter(|(row, _)| models.judge(&row.model) != Err(Unfit::Unattested));
    let exclude: Vec<_> = excluded.map(|(_, key)| key).collect();
    // Whoever holds a duty meets the administrators' lists as well.
    let at_console = scene.policy.rules.ask_models(Role::Administrator)
        && !grants::of_account(&cx.store, &account.id).await?.is_empty();
    let telling = match at_console || models.asks() {
        true => Telling::Asked,
        false => telling(cx, &scene, account.role, kind),
    };
    let started = match kind {
        FactorKind::Passkey => cx.ceremonies.start_passkey_registration(owner, (&exclude, telling), cx.now),
        FactorKind::SecurityKey => {
            cx.ceremonies.start_securitykey_registration(owner, (&exclude, telling), cx.now)
        }
        FactorKind::Password | FactorKind::Totp | FactorKind::RecoveryCodes => {
            return Err(PageError::Bad("kind"));
        }
    };
    let started = started.map_err(|_| PageError::Bad("key"))?;
    ceremony::keep(cx, id, Asked::NewKey(account.id.clone(), kind), started).await
}

/// Binds the key that answered.
pub async fn finish_key(
    cx: &Cx,
    id: &InteractionId,
    browser: &Browser,
    kind: FactorKind,
    answer: &str,
    label: &str,
) -> Result<Next, PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let scene = hub::expect(cx, &loaded, browser, offers(kind)).await?;
    let account = person(&scene)?.clone();
    let asked = Asked::NewKey(account.id.clone(), kind);
    let Some(state) = ceremony::take(cx, id, &asked, answer).await? else {
        return key_refused(cx, &mut loaded, &account.id, &Rejected::Expired).await;
    };
    let metadata = cx.models.metadata();
    let known = metadata.as_deref();
    let finished = match kind {
        FactorKind::Passkey => cx.ceremonies.finish_passkey_registration(&state, answer, known, cx.now),
        _ => cx.ceremonies.finish_securitykey_registration(&state, answer, known, cx.now),
    };
    let mut stored: StoredKey = match finished {
        Ok(key) => key,
        Err(why) => return key_refused(cx, &mut loaded, &account.id, &why).await,
    };
    cx.models.insist(&stored.model)?;
    if let Some(why) = NotBound::by_model(cx, &scene.models(&loaded.state), kind, &stored.model) {
        return not_bound(cx, &mut loaded, &account.id, &why).await;
    }
    stored.label = clean(label);
    let verified = kind == FactorKind::Passkey;
    let new = new_key(cx, &account.id, kind, &stored).await?;
    match bind(cx, &mut loaded, &scene, new, stored.label, verified).await {
        Err(PageError::Bad("already_bound")) => {
            key_refused(cx, &mut loaded, &account.id, &Rejected::AlreadyRegistered).await
        }
        other => hub::advance(&other?, &mut loaded, browser).await,
    }
}

async fn new_key(
    cx: &Cx,
    account: &AccountId,
    kind: FactorKind,
    stored: &StoredKey,
) -> Result<NewFactor, PageError> {
    let id = FactorId::new(cx.now, &cx.entropy);
    let key = cx.vault.key(account, cx.now).await?;
    Ok(NewFactor {
        sealed: factors::seal(stored, &id, &key)?,
        id,
        kind,
        credential: Some(Digest::of(&stored.credential_id)),
        last_step: None,
        model: stored.model,
    })
}

/// Whether a new key must say what model it is: where lists concern its owner; of keys one plugs in, which all can say
/// it, also where metadata know what is wrong with models.
fn telling(cx: &Cx, scene: &Scene, role: Role, kind: FactorKind) -> Telling {
    let plugged = kind == FactorKind::SecurityKey && cx.models.metadata().is_some();
    if plugged || scene.policy.rules.ask_models(role) { Telling::Asked } else { Telling::Free }
}

/// Why a key that works is not bound: for its model.
struct NotBound {
    reason: &'static str,
    flash: Flash,
    detail: Option<Value>,
}

impl NotBound {
    /// Only listed models count, and nothing is known that could vouch for one.
    fn unchecked(cx: &Cx, models: &Models) -> Option<Self> {
        let unchecked = models.is_closed() && cx.models.metadata().is_none();
        unchecked.then_some(Self { reason: "no_metadata", flash: Flash::KeyUnchecked, detail: None })
    }

    /// What policy and metadata say of the model a key told.
    fn by_model(cx: &Cx, models: &Models, kind: FactorKind, model: &Model) -> Option<Self> {
        let out_of_use = cx.models.distrusted(model).map(|_| Unfit::OutOfUse);
        let why = out_of_use.or_else(|| models.judge(model).err())?;
        let flash = match why {
            Unfit::OutOfUse => Flash::KeyUnsafe,
            Unfit::Unattested if cx.models.metadata().is_none() => return Self::unchecked(cx, models),
            Unfit::Unattested => Flash::KeyUntold,
            Unfit::Unlisted if model.aaguid.is_none() => Flash::KeyUntold,
            Unfit::Unlisted | Unfit::Denied => Flash::KeyNotHere,
        };
        Some(Self { reason: why.as_str(), flash, detail: Some(cx.models.told(kind, model)) })
    }
}

async fn not_bound(
    cx: &Cx,
    loaded: &mut Loaded,
    account: &AccountId,
    why: &NotBound,
) -> Result<Next, PageError> {
    let mut event = cx.refusal(Kind::PasskeyRefused, why.reason);
    event.account = Some(account.clone());
    event.detail.clone_from(&why.detail);
    cx.record(event).await?;
    loaded.state.flash = Some(why.flash);
    interaction::save(cx, loaded).await?;
    Ok(Next::Stay)
}

async fn key_refused(
    cx: &Cx,
    loaded: &mut Loaded,
    account: &AccountId,
    why: &Rejected,
) -> Result<Next, PageError> {
    let known = *why == Rejected::AlreadyRegistered;
    let mut event = cx.refusal(Kind::PasskeyRefused, if known { "already_bound" } else { "not_registered" });
    event.account = Some(account.clone());
    cx.record(event).await?;
    loaded.state.flash = Some(passkey::shown(why));
    interaction::save(cx, loaded).await?;
    Ok(Next::Stay)
}

/// A fresh set of recovery codes in place of the old one (asked for at `/account`).
pub async fn new_codes(cx: &Cx, id: &InteractionId, browser: &Browser) -> Result<Next, PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let scene = hub::expect(cx, &loaded, browser, offers(FactorKind::RecoveryCodes)).await?;
    let account = person(&scene)?.id.clone();
    let (codes, made) = make_codes(cx, &account).await?;
    let event = cx.done(Kind::RecoveryCodesMade, &account);
    let notice = notify::prepare(cx, &account, Notice::RecoveryCodesMade, None).await?;
    let (seen, ground) = (activation::seen(&scene), activation::ground(&loaded.state, &scene));
    let shown_in = ground.session.clone();
    let change = NewCodes { account: account.clone(), seen, ground, made, event, notice, now: cx.now };
    if let Err(why) = cx.store.write(change, |w, c| Box::pin(write_codes(w, c))).await {
        return activation::undone(cx, why, (Kind::RecoveryCodesMade, &account), None).await;
    }
    // Shown only once they are good: codes on paper that open nothing are worse than none.
    loaded.state.bound = true;
    loaded.state.codes = Some(codes);
    loaded.state.codes_of = shown_in;
    interaction::save(cx, &mut loaded).await?;
    hub::advance(cx, &mut loaded, browser).await
}

/// The change that puts a new set of codes in the old one's place.
struct NewCodes {
    account: AccountId,
    seen: Vec<FactorId>,
    ground: Ground,
    made: NewFactor,
    event: Event,
    notice: Vec<notify::Prepared>,
    now: crate::base::Timestamp,
}

async fn write_codes(w: &mut Writer, c: &NewCodes) -> Result<(), Undone> {
    activation::hold(w, &c.account, (&c.ground, &c.seen), c.now).await?;
    factors::remove_kind(w, &c.account, FactorKind::RecoveryCodes).await?;
    factors::insert(w, &c.account, &c.made, c.now).await?;
    notify::write(w, &c.notice).await?;
    w.record(&c.event).await?;
    Ok(())
}

/// The person has seen the codes.
pub async fn codes_seen(cx: &Cx, id: &InteractionId, browser: &Browser) -> Result<Next, PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    hub::expect(cx, &loaded, browser, |page| *page == Page::RecoveryCodes).await?;
    loaded.state.codes = None;
    interaction::save(cx, &mut loaded).await?;
    hub::advance(cx, &mut loaded, browser).await
}

async fn make_codes(cx: &Cx, account: &AccountId) -> Result<(Vec<String>, NewFactor), PageError> {
    let (codes, params) = (recovery::generate(&cx.entropy), cx.hashing.params());
    let salt = cx.entropy.bytes::<16>();
    let mut hashes = Vec::with_capacity(codes.len());
    for code in &codes {
        let plain = recovery::normalise(code.expose()).ok_or(PageError::Bad("code"))?;
        hashes.push(cx.hashing.recovery(plain, salt, params).await?);
    }
    let id = FactorId::new(cx.now, &cx.entropy);
    let key = cx.vault.key(account, cx.now).await?;
    let sealed = factors::seal(&recovery::Set::new(salt, params, hashes), &id, &key)?;
    let new = NewFactor {
        id,
        kind: FactorKind::RecoveryCodes,
        sealed,
        credential: None,
        last_step: None,
        model: Model::default(),
    };
    Ok((codes.iter().map(|c: &Secret<String>| c.expose().clone()).collect(), new))
}

/// The change that binds a factor.
struct Binding {
    account: AccountId,
    /// The factors the person had when the hub allowed another one.
    seen: Vec<FactorId>,
    ground: Ground,
    factor: NewFactor,
    codes: Option<NewFactor>,
    recovered: bool,
    spending: Option<Spending>,
    events: Vec<Event>,
    notice: Vec<notify::Prepared>,
    now: crate::base::Timestamp,
}

/// Binds a factor. What follows goes on at the moment that is answered: a session that began before it would have ended.
async fn bind(
    cx: &Cx,
    loaded: &mut Loaded,
    scene: &Scene,
    factor: NewFactor,
    label: String,
    user_verified: bool,
) -> Result<Cx, PageError> {
    let account = person(scene)?.id.clone();
    let regained = activation::regains(&loaded.state);
    let recovered = regained || loaded.state.proofs.iter().any(|p| p.method == FactorKind::RecoveryCodes);
    // A set whose last code was spent to come here is as good as none; a set that was lost as well.
    let has_codes =
        !regained && super::account::codes_left(cx, &scene.factors).await?.is_some_and(|left| left > 0);
    let (shown, codes) = match has_codes {
        true => (None, None),
        false => {
            let (shown, codes) = make_codes(cx, &account).await?;
            (Some(shown), Some(codes))
        }
    };
    // What was granted while the codes were hashed ends with the rest.
    let cx = &cx.by_now();
    let spending = activation::spending(cx, loaded, person(scene)?, Setting::Factor).await?;
    let trace = activation::trace(spending.as_ref());
    let proof = Proof { method: factor.kind, at: cx.now, factor: factor.id.clone(), user_verified };
    let mut events = vec![cx.done(Kind::FactorAdded, &account)];
    for event in &mut events {
        let mut detail =
            serde_json::json!({ "kind": factor.kind, "factor": factor.id, "recovered": recovered });
        if let (Some(aaguid), Some(told)) = (factor.model.aaguid, detail.as_object_mut()) {
            told.insert("aaguid".to_owned(), aaguid.to_string().into());
            told.insert("attested".to_owned(), factor.model.attested.into());
        }
        event.detail = Some(detail);
    }
    if codes.is_some() {
        events.push(cx.done(Kind::RecoveryCodesMade, &account));
    }
    let about = format!("{} {label}", factor.kind);
    let notice = notify::prepare(cx, &account, Notice::FactorAdded, Some(about)).await?;
    let about_whom = account.clone();
    let (seen, ground) = (activation::seen(scene), activation::ground(&loaded.state, scene));
    let now = cx.now;
    // What was regained ends the session it may have begun in.
    let shown_in = ground.session.clone().filter(|_| !recovered);
    let binding = Binding { account, seen, ground, factor, codes, recovered, spending, events, notice, now };
    match cx.store.write(binding, |w, b| Box::pin(write_binding(w, b))).await {
        Ok(()) => {}
        Err(Undone::Store(store::Error::Conflict)) => return Err(PageError::Bad("already_bound")),
        Err(why) => {
            return activation::undone(cx, why, (Kind::FactorAdded, &about_whom), trace.as_ref()).await;
        }
    };
    loaded.state.spent |= trace.is_some();
    if recovered {
        loaded.state.valid_from = cx.now;
    }
    loaded.state.totp = None;
    loaded.state.bound = true;
    loaded.state.codes = shown;
    loaded.state.codes_of = shown_in;
    loaded.state.prove(proof);
    interaction::save(cx, loaded).await?;
    Ok(cx.clone())
}

/// Binds, if the person's factors are still those the decision rested on; two pages at once bind one.
async fn write_binding(w: &mut Writer, b: &Binding) -> Result<(), Undone> {
    if let Some(spending) = &b.spending {
        activation::spend(w, spending).await?;
    }
    activation::hold(w, &b.account, (&b.ground, &b.seen), b.now).await?;
    if let Some(spending) = &b.spending {
        activation::settle(w, spending).await?;
    }
    factors::insert(w, &b.account, &b.factor, b.now).await?;
    if let Some(codes) = &b.codes {
        factors::remove_kind(w, &b.account, FactorKind::RecoveryCodes).await?;
        factors::insert(w, &b.account, codes, b.now).await?;
    }
    if b.recovered {
        // A recovered account's other sessions, refresh tokens and sign-ins in flight end.
        accounts::end_everything(w, &b.account, b.now).await?;
    }
    notify::write(w, &b.notice).await?;
    super::record_all(w, &b.events).await?;
    Ok(())
}

/// A name as it is kept: no control characters, not too long.
pub fn clean(label: &str) -> String {
    label.chars().filter(|c| !c.is_control()).take(LONGEST_LABEL).collect::<String>().trim().to_owned()
}
