//! Accounts as administrators and commands handle them: create, list, disable, enable, end sessions, erase.

use serde_json::{Map, Value};

use super::{About, Cx, models, notify};
use crate::audit::{Event, Kind, Outcome};
use crate::base::{AccountId, Digest, FactorId, OrganisationId, Role, Secret, Timestamp, text};
use crate::duties::Rank;
use crate::factors::model::Model;
use crate::factors::password::{self, Weak};
use crate::factors::{FactorKind, totp};
use crate::hashing::Busy;
use crate::identity::{Account, BadProfile, Profile, State};
use crate::notifications::Notice;
use crate::store::factors::{self, FactorRow, NewFactor};
use crate::store::{self, Writer, accounts, attempts, grants};

/// A person to be created.
pub struct NewAccount {
    /// What they type to sign in.
    pub username: String,
    /// Address for notices; signs in too, since an administrator vouches for it.
    pub email: Option<String>,
    /// What the account is for.
    pub role: Role,
    /// Standard claims.
    pub claims: Map<String, Value>,
    /// Their first password.
    pub password: Secret<String>,
    /// A code app linked beforehand (the demo's clinician), 20 bytes.
    pub totp: Option<Vec<u8>>,
}

/// Why an account was not created or changed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The profile is wrong; the text names the member and the fix.
    #[error("{0}")]
    Profile(#[from] BadProfile),
    /// The password is too weak.
    #[error("password: {0}")]
    Weak(#[from] Weak),
    /// The username or e-mail belongs to somebody.
    #[error("the username or e-mail address is taken")]
    Taken,
    /// No such account.
    #[error("no such account")]
    Unknown,
    /// The person activated the account already, or may not act: there is nothing to invite them to.
    #[error("nobody waits for an invitation there")]
    NotInvited,
    /// There is no address to send it to.
    #[error("the person has no e-mail address; print a letter")]
    NoAddress,
    /// A password is taken away by nobody but whoever hands the code over face to face.
    #[error("a password is reset face to face only, never by mail")]
    PasswordByMail,
    /// It would be the last way to sign in.
    #[error("this is the person's last way to sign in")]
    LastFactor,
    /// Nobody would be left to answer for the installation.
    #[error("this is the installation's last owner; grant somebody else that duty first")]
    LastOwner,
    /// Somebody above whoever asks suspended them.
    #[error("somebody above you suspended this person, so one of them has to let them go on")]
    Held,
    /// Hashing is busy.
    #[error("the password could not be hashed now; try again in {0} s")]
    Busy(i64),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<Busy> for Refused {
    fn from(busy: Busy) -> Self {
        Self::Busy(busy.retry_after)
    }
}

/// Everything one change writes for a new person.
pub(super) struct Creation {
    account: Account,
    sealed: Vec<u8>,
    identifiers: Vec<(Digest, &'static str)>,
    factors: Vec<NewFactor>,
    event: Event,
}

impl Creation {
    /// Who it is.
    pub(super) fn account(&self) -> &AccountId {
        &self.account.id
    }
}

/// Prepares a new person: `factors` were sealed with `key`, `event` tells of it.
pub(super) fn creation(
    cx: &Cx,
    account: Account,
    factors: Vec<NewFactor>,
    key: &crate::keys::seal::DataKey,
    event: Event,
) -> Result<Creation, store::Error> {
    let sealed = accounts::sealed_profile(&account, key)?;
    let identifiers = identifiers(cx, &account.profile);
    Ok(Creation { account, sealed, identifiers, factors, event })
}

/// Creates a person with a password. The data key comes first: a crash in between leaves a key nobody has.
pub async fn create(cx: &Cx, new: NewAccount) -> Result<Account, Refused> {
    let profile = Profile::new(&new.username, new.email.as_deref(), true, new.claims)?;
    let context: Vec<&str> =
        [Some(profile.username.as_str()), profile.email.as_deref()].into_iter().flatten().collect();
    password::check(new.password.expose(), &policy(cx), &context)?;
    let hash = cx.hashing.hash(new.password, cx.entropy.bytes::<16>(), cx.hashing.params()).await?;
    let account = Account {
        id: AccountId::new(cx.now, &cx.entropy),
        organisation: OrganisationId::root(),
        role: new.role,
        state: State::Active,
        profile,
        valid_after: cx.now,
        created_at: cx.now,
        reset_at: None,
    };
    let key = cx.vault.create(&account.id, cx.now, &cx.entropy).await?;
    let mut bound = vec![sealed_factor(cx, FactorKind::Password, &hash, &key)?];
    if let Some(secret) = new.totp {
        let payload = super::codes::Totp { secret, label: String::new(), hash: totp::Hash::Sha1 };
        bound.push(sealed_factor(cx, FactorKind::Totp, &payload, &key)?);
    }
    let event = cx.event(Kind::AccountCreated, Outcome::Ok).person(&account.id);
    let creation = creation(cx, account.clone(), bound, &key, event)?;
    match cx.store.write(creation, |w, c| Box::pin(write_creation(w, c))).await {
        Err(store::Error::Conflict) => {
            cx.vault.forget_unused(&account.id).await?;
            Err(Refused::Taken)
        }
        Err(other) => Err(other.into()),
        Ok(()) => Ok(account),
    }
}

/// What a new password must satisfy here.
pub(super) fn policy(cx: &Cx) -> password::Policy {
    let mut policy = password::Policy::with_second_factor();
    policy.context_words.push("vouchsafe".to_owned());
    policy.context_words.push(cx.config.organisation.name.clone());
    policy
}

/// A factor about to be bound, its payload sealed.
pub(super) fn sealed_factor<T: serde::Serialize>(
    cx: &Cx,
    kind: FactorKind,
    payload: &T,
    key: &crate::keys::seal::DataKey,
) -> Result<NewFactor, store::Error> {
    let id = FactorId::new(cx.now, &cx.entropy);
    let sealed = factors::seal(payload, &id, key)?;
    Ok(NewFactor { id, kind, sealed, credential: None, last_step: None, model: Model::default() })
}

/// What a person may type to say who they are: the username, and the address if it was proved.
pub(super) fn identifiers(cx: &Cx, profile: &Profile) -> Vec<(Digest, &'static str)> {
    let mut out = Vec::new();
    let mut add = |typed: &str, kind| {
        if let Some(canonical) = text::canonical_identifier(typed) {
            let digest = cx.identifier_digest(&canonical);
            if !out.iter().any(|(known, _)| *known == digest) {
                out.push((digest, kind));
            }
        }
    };
    add(&profile.username, "username");
    if let Some(email) = profile.email.as_deref().filter(|_| profile.email_verified) {
        add(email, "email");
    }
    out
}

/// Writes a new person; `Conflict` when a name is taken.
pub(super) async fn write_creation(w: &mut Writer, c: &Creation) -> Result<(), store::Error> {
    accounts::insert(w, &c.account, &c.sealed, &c.identifiers).await?;
    for factor in &c.factors {
        factors::insert(w, &c.account.id, factor, c.account.created_at).await?;
    }
    w.record(&c.event).await
}

/// Finds an account by id, username or verified e-mail.
pub async fn find(cx: &Cx, named: &str) -> Result<Option<Account>, store::Error> {
    let by_id = accounts::find(&cx.store, &AccountId::from_text(named)).await?;
    let found = match (by_id, text::canonical_identifier(named)) {
        (Some(found), _) => Some(found),
        (None, Some(canonical)) => {
            accounts::find_by_identifier(&cx.store, cx.identifier_digest(&canonical)).await?
        }
        (None, None) => None,
    };
    let Some(sealed) = found else { return Ok(None) };
    let key = cx.vault.key(&sealed.id, cx.now).await?;
    sealed.open(&key).map(Some)
}

/// An account by its id alone; `None` as well where its data key is gone.
pub async fn find_by_id(cx: &Cx, id: &AccountId) -> Result<Option<Account>, store::Error> {
    let (sealed, key) = (accounts::find(&cx.store, id).await?, cx.vault.find(id, cx.now).await?);
    let (Some(sealed), Some(key)) = (sealed, key) else { return Ok(None) };
    sealed.open(&key).map(Some)
}

/// Where a page of accounts ended.
pub type Place = (Timestamp, AccountId);

/// A page of accounts, oldest first, and where the next one begins, if there is one. People whose data key is
/// gone (erased, and restored with an old backup) are left out.
pub async fn page(
    cx: &Cx,
    after: Option<Place>,
    limit: i64,
) -> Result<(Vec<Account>, Option<Place>), store::Error> {
    let mut rows = accounts::list(&cx.store, after, limit.saturating_add(1)).await?;
    let wanted = usize::try_from(limit).unwrap_or_default();
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    let next = rows.last().filter(|_| more).map(|last| (last.created_at, last.id.clone()));
    let mut out = Vec::new();
    for sealed in rows {
        if let Some(key) = cx.vault.find(&sealed.id, cx.now).await? {
            out.push(sealed.open(&key)?);
        }
    }
    Ok((out, next))
}

/// Sets the state; disabling ends everything the person has open. `false` when there was nothing to do. The last owner
/// stays.
pub async fn set_state(cx: &Cx, id: &AccountId, state: State) -> Result<bool, Refused> {
    let kind = match state {
        State::Active => Kind::AccountEnabled,
        State::Disabled => Kind::AccountDisabled,
        // Nobody is made to be invited again: enabling finds out by itself.
        State::Invited => return Ok(false),
    };
    set_state_recording(cx, id, state, Rank::Owner, cx.event(kind, Outcome::Ok).person(id)).await
}

/// As [`set_state`], with an event of the caller's and how high they stand: nobody lets somebody go on who was stopped
/// from above.
pub async fn set_state_recording(
    cx: &Cx,
    id: &AccountId,
    state: State,
    rank: Rank,
    event: Event,
) -> Result<bool, Refused> {
    cx.store
        .write((id.clone(), (state, rank), cx.now, event), |w, (id, (state, rank), now, event)| {
            Box::pin(async move {
                if *state == State::Active && accounts::is_held_down(w, id, *rank).await? {
                    return Err(Refused::Held);
                }
                if *state == State::Disabled && !grants::an_owner_remains(w, id, *now).await? {
                    return Err(Refused::LastOwner);
                }
                let changed = match state {
                    State::Active => accounts::enable(w, id, *rank, *now).await?,
                    State::Disabled | State::Invited => accounts::set_state(w, id, *state, *now).await?,
                };
                if changed {
                    accounts::hold_down(w, id, *rank).await?;
                    accounts::end_everything(w, id, *now).await?;
                    w.record(event).await?;
                }
                Ok(changed)
            })
        })
        .await
}

/// Ends every session, code and family of a person.
pub async fn end_sessions(cx: &Cx, id: &AccountId) -> Result<(), store::Error> {
    let event = cx.event(Kind::AccountSessionsEnded, Outcome::Ok).person(id);
    cx.store
        .write((id.clone(), cx.now, event), |w, (id, now, event)| {
            Box::pin(async move {
                accounts::end_everything(w, id, *now).await?;
                w.record(event).await
            })
        })
        .await
}

/// Removes a factor: the person is told, and everything they have open ends. Never the password, and never
/// the last second factor of an account whose role needs one unless `reset` says the person enrols anew.
pub async fn remove_factor(cx: &Cx, account: &AccountId, factor: &FactorId) -> Result<(), Refused> {
    let rows = models::factors_of(cx, account).await?;
    let row = rows.iter().find(|r| r.id == *factor).ok_or(Refused::Unknown)?;
    let alone = |r: &FactorRow| matches!(r.kind, FactorKind::Password | FactorKind::Passkey) && r.is_usable();
    let signs_in = rows.iter().any(|r| r.id != *factor && alone(r));
    if row.kind == FactorKind::Password || !signs_in {
        return Err(Refused::LastFactor);
    }
    let mut event = cx.event(Kind::FactorRemoved, Outcome::Ok).person(account);
    event.detail = Some(serde_json::json!({ "kind": row.kind, "factor": factor }));
    let notice = notify::prepare(cx, account, Notice::FactorRemoved, None).await?;
    let subject = cx.index.digest("attempt.account", account.as_str());
    let input = (account.clone(), factor.clone(), cx.now, event, notice, subject);
    cx.store
        .write(input, |w, (account, factor, now, event, notice, subject)| {
            Box::pin(async move {
                if factors::remove(w, account, factor).await? {
                    accounts::end_everything(w, account, *now).await?;
                    attempts::succeed(w, *subject, "second_factor").await?;
                    notify::write(w, notice).await?;
                    w.record(event).await?;
                }
                Ok::<_, store::Error>(())
            })
        })
        .await?;
    Ok(())
}

/// Erases a person: rows and index entries first, then the data key; both lists remember it, so that neither
/// a restored database nor a restored key store brings them back.
pub async fn erase(cx: &Cx, id: &AccountId) -> Result<(), Refused> {
    let event = cx.event(Kind::AccountErased, Outcome::Ok).person(id);
    cx.store
        .write((id.clone(), cx.now, event), |w, (id, now, event)| {
            Box::pin(async move {
                if !grants::an_owner_remains(w, id, *now).await? {
                    return Err(Refused::LastOwner);
                }
                // First, while the account still says to which organisation it belongs.
                w.record(event).await?;
                Ok(accounts::erase(w, id, *now).await?)
            })
        })
        .await?;
    Ok(cx.vault.erase(id, cx.now).await?)
}

/// As [`erase`], for somebody who registered and never came: `false`, and nothing is done, when they came meanwhile.
pub(super) async fn erase_invited(cx: &Cx, id: &AccountId) -> Result<bool, Refused> {
    let event = cx.event(Kind::AccountErased, Outcome::Ok).person(id);
    let gone = cx.store.write((id.clone(), cx.now, event), |w, (id, now, event)| {
        Box::pin(async move {
            if !accounts::hold_invited(w, id, *now).await? {
                return Ok::<_, store::Error>(false);
            }
            accounts::erase(w, id, *now).await?;
            w.record(event).await?;
            Ok(true)
        })
    });
    if !gone.await? {
        return Ok(false);
    }
    cx.vault.erase(id, cx.now).await?;
    Ok(true)
}

/// Applies both erasure lists again; what a restored backup brought back goes. Says how many it found.
pub async fn reapply_erasures(cx: &Cx) -> Result<usize, store::Error> {
    let here = accounts::erasures(&cx.store).await?;
    let there = cx.vault.erased().await?;
    let mut again = 0;
    for (id, at) in &here {
        if !there.iter().any(|(known, _)| known == id) {
            cx.vault.erase(id, *at).await?;
            again += 1;
        }
    }
    for (id, _) in there {
        if !here.iter().any(|(known, _)| *known == id) || accounts::find(&cx.store, &id).await?.is_some() {
            let event = cx.event(Kind::BackupErasuresReapplied, Outcome::Ok).person(&id);
            cx.store
                .write((id, cx.now, event), |w, (id, now, event)| {
                    Box::pin(async move {
                        accounts::erase(w, id, *now).await?;
                        w.record(event).await
                    })
                })
                .await?;
            again += 1;
        }
    }
    Ok(again)
}

/// How many people one erasure list names and the other does not, as after a restore; [`reapply_erasures`] mends it.
pub async fn erasures_to_reapply(cx: &Cx) -> Result<usize, store::Error> {
    let here = accounts::erasures(&cx.store).await?;
    let there = cx.vault.erased().await?;
    let missing =
        |list: &[(AccountId, Timestamp)], id: &AccountId| !list.iter().any(|(known, _)| known == id);
    let mut count = here.iter().filter(|(id, _)| missing(&there, id)).count();
    for (id, _) in &there {
        if missing(&here, id) || accounts::find(&cx.store, id).await?.is_some() {
            count += 1;
        }
    }
    Ok(count)
}

/// A fresh code-app secret, for the demo's seeded people.
pub fn new_totp_secret(cx: &Cx) -> Vec<u8> {
    totp::Secret::generate(&cx.entropy).expose().to_vec()
}
