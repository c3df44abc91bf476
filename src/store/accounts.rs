//! Accounts and the digests that lead to them. Profiles stay sealed here; [`SealedAccount::open`] unseals.

use super::{Error, Row, Store, Target, Writer, enrolments, logouts, sql};
use crate::base::{AccountId, ClientId, Digest, OrganisationId, Role, Scopes, SessionId, Timestamp};
use crate::consent::Consent;
use crate::duties::{Path, Rank};
use crate::identity::{Account, Profile, State};
use crate::keys::seal::DataKey;

const PROFILE: &str = "account.profile";

/// An account whose profile has not been opened.
#[derive(Clone, Debug)]
pub struct SealedAccount {
    /// Immutable id.
    pub id: AccountId,
    /// The clinic.
    pub organisation: OrganisationId,
    /// What the account is for.
    pub role: Role,
    /// Whether it may sign in.
    pub state: State,
    /// What began before this is dead.
    pub valid_after: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
    /// Since when a supervised reset waits for its link or code.
    pub reset_at: Option<Timestamp>,
    sealed: Vec<u8>,
}

impl SealedAccount {
    /// Unseals the profile; `Corrupt` when the key does not fit.
    pub fn open(&self, key: &DataKey) -> Result<Account, Error> {
        let plain = key.open(PROFILE, &self.sealed).map_err(|_| Error::corrupt("account.profile"))?;
        let profile: Profile =
            serde_json::from_slice(plain.expose()).map_err(|_| Error::corrupt("account.profile"))?;
        Ok(Account {
            id: self.id.clone(),
            organisation: self.organisation.clone(),
            role: self.role,
            state: self.state,
            profile,
            valid_after: self.valid_after,
            created_at: self.created_at,
            reset_at: self.reset_at,
        })
    }

    /// The profile as it is stored, to replace it by [`replace_profile`].
    pub fn sealed(&self) -> &[u8] {
        &self.sealed
    }

    fn read(row: &Row) -> Result<Self, Error> {
        Self::read_from(row, 0)
    }

    /// Reads an account whose columns begin at one of a longer row.
    pub(super) fn read_from(row: &Row, at: usize) -> Result<Self, Error> {
        let role = Role::parse(&row.get::<String>(at + 2)?);
        let state = State::parse(&row.get::<String>(at + 3)?);
        Ok(Self {
            id: AccountId::from_text(row.get::<String>(at)?),
            organisation: OrganisationId::from_text(row.get::<String>(at + 1)?),
            role: role.ok_or_else(|| Error::corrupt("account.role"))?,
            state: state.ok_or_else(|| Error::corrupt("account.state"))?,
            sealed: row.get(at + 4)?,
            valid_after: row.get(at + 5)?,
            created_at: row.get(at + 6)?,
            reset_at: row.get(at + 7)?,
        })
    }
}

fn seal(profile: &Profile, key: &DataKey) -> Result<Vec<u8>, Error> {
    let plain = serde_json::to_vec(profile).map_err(|_| Error::corrupt("account.profile"))?;
    Ok(key.seal(PROFILE, &plain))
}

/// Seals an account's profile for [`insert`].
pub fn sealed_profile(account: &Account, key: &DataKey) -> Result<Vec<u8>, Error> {
    seal(&account.profile, key)
}

/// Inserts an account with what a person may type to name it; `Conflict` when one of them is taken.
pub async fn insert(
    w: &mut Writer,
    account: &Account,
    sealed: &[u8],
    identifiers: &[(Digest, &'static str)],
) -> Result<(), Error> {
    sql!(
        "INSERT INTO accounts (id, organisation, role, state, sealed, valid_after, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)"
    )
    .bind(account.id.as_str())
    .bind(account.organisation.as_str())
    .bind(account.role.as_str())
    .bind(account.state.as_str())
    .bind(sealed)
    .bind(account.valid_after)
    .bind(account.created_at)
    .execute(&mut *w)
    .await?;
    for (digest, kind) in identifiers {
        sql!("INSERT INTO identifiers (digest, account, kind) VALUES ($1, $2, $3)")
            .bind(*digest)
            .bind(account.id.as_str())
            .bind(*kind)
            .execute(&mut *w)
            .await?;
    }
    enrolments::settle(w, &account.id, account.created_at).await
}

/// The account somebody named, if any.
pub async fn find_by_identifier(store: &Store, digest: Digest) -> Result<Option<SealedAccount>, Error> {
    let row = sql!(
        "SELECT a.id, a.organisation, a.role, a.state, a.sealed, a.valid_after, a.created_at, a.reset_at
         FROM identifiers i JOIN accounts a ON a.id = i.account WHERE i.digest = $1"
    )
    .bind(digest)
    .optional(store)
    .await?;
    row.as_ref().map(SealedAccount::read).transpose()
}

/// An account by its id, if any.
pub async fn find<'t>(target: impl Into<Target<'t>>, id: &AccountId) -> Result<Option<SealedAccount>, Error> {
    let row = sql!(
        "SELECT id, organisation, role, state, sealed, valid_after, created_at, reset_at FROM accounts WHERE id = $1"
    )
    .bind(id.as_str())
    .optional(target)
    .await?;
    row.as_ref().map(SealedAccount::read).transpose()
}

/// People at and below a place whose supervised reset waits for them, and since when; the oldest first.
pub async fn reset_at(store: &Store, place: &Path, limit: i64) -> Result<Vec<(AccountId, Timestamp)>, Error> {
    let rows = sql!(
        "SELECT a.id, a.reset_at FROM accounts a JOIN organisations o ON o.id = a.organisation
         WHERE a.reset_at IS NOT NULL AND o.path LIKE $1
             AND NOT EXISTS (SELECT 1 FROM factors f WHERE f.account = a.id AND f.disabled_at IS NULL
                             AND f.kind IN ('totp', 'passkey', 'security_key'))
         ORDER BY a.reset_at, a.id LIMIT $2"
    )
    .bind(format!("{}%", place.as_str()))
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(|row| Ok((AccountId::from_text(row.get::<String>(0)?), row.get(1)?))).collect()
}

/// Somebody as a client finds them.
#[derive(Debug)]
pub struct Met {
    /// The account.
    pub account: SealedAccount,
    /// What they agreed to for the client.
    pub consent: Option<Consent>,
    /// Whether they asked to close the account.
    pub is_closing: bool,
}

/// The account, what its person agreed to for a client, and whether they are about to leave, at once.
pub async fn met(store: &Store, id: &AccountId, client: &ClientId) -> Result<Option<Met>, Error> {
    let row = sql!(
        "SELECT a.id, a.organisation, a.role, a.state, a.sealed, a.valid_after, a.created_at, a.reset_at, c.scopes,
         c.granted_at, c.details, d.due_at
         FROM accounts a LEFT JOIN consents c ON c.account = a.id AND c.client = $2
         LEFT JOIN closings d ON d.account = a.id WHERE a.id = $1"
    )
    .bind(id.as_str())
    .bind(client.as_str())
    .optional(store)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let consent = match (row.get::<Option<String>>(8)?, row.get::<Option<Timestamp>>(9)?) {
        (Some(scopes), Some(granted_at)) => {
            Some(Consent { scopes: Scopes::parse(&scopes), granted_at, details: row.get(10)? })
        }
        _ => None,
    };
    let is_closing = row.get::<Option<Timestamp>>(11)?.is_some();
    Ok(Some(Met { account: SealedAccount::read(&row)?, consent, is_closing }))
}

/// Up to `limit` accounts created after the given place, oldest first.
pub async fn list(
    store: &Store,
    after: Option<(Timestamp, AccountId)>,
    limit: i64,
) -> Result<Vec<SealedAccount>, Error> {
    let (at, id) =
        after.map_or((Timestamp::from_micros(i64::MIN), String::new()), |(t, i)| (t, i.to_string()));
    let rows = sql!(
        "SELECT id, organisation, role, state, sealed, valid_after, created_at, reset_at FROM accounts
         WHERE created_at > $1 OR (created_at = $1 AND id > $2) ORDER BY created_at, id LIMIT $3"
    )
    .bind(at)
    .bind(id)
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(SealedAccount::read).collect()
}

/// Keeps other changes that hold the same account waiting until this one is committed; `false` when the account
/// may not act.
pub async fn hold(w: &mut Writer, id: &AccountId, now: Timestamp) -> Result<bool, Error> {
    let held = sql!("UPDATE accounts SET updated_at = $2 WHERE id = $1 AND state = 'active'")
        .bind(id.as_str())
        .bind(now)
        .execute(w)
        .await?;
    Ok(held == 1)
}

/// Holds an account that still waits for its person; `false` when they came, or it is gone.
pub async fn hold_invited(w: &mut Writer, id: &AccountId, now: Timestamp) -> Result<bool, Error> {
    let held = sql!("UPDATE accounts SET updated_at = $2 WHERE id = $1 AND state = 'invited'")
        .bind(id.as_str())
        .bind(now)
        .execute(w)
        .await?;
    Ok(held == 1)
}

/// Waits for changes that hold an account and keeps later ones waiting, whatever state it is in.
pub async fn queue(w: &mut Writer, id: &AccountId) -> Result<(), Error> {
    sql!("UPDATE accounts SET updated_at = updated_at WHERE id = $1").bind(id.as_str()).execute(w).await?;
    Ok(())
}

/// What a change of somebody's ways to sign in rests on; if it ended meanwhile, the change is not made.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The session whose proofs count.
    pub session: Option<SessionId>,
    /// Since when everything that was proved counts.
    pub valid_from: Timestamp,
}

/// As [`hold`], for a change that rests on a session, on a sign-in, or on both: `false` as well when one of them was ended
/// meanwhile.
pub async fn hold_on(w: &mut Writer, id: &AccountId, ground: &Ground, now: Timestamp) -> Result<bool, Error> {
    queue(w, id).await?;
    match &ground.session {
        Some(session) => hold_in_session(w, id, session, ground.valid_from, now).await,
        None => hold_in_session(w, id, &SessionId::from_text(""), ground.valid_from, now).await,
    }
}

/// Makes an invited account one that may act; `false` when it is not invited (any more).
pub async fn activate(w: &mut Writer, id: &AccountId, now: Timestamp) -> Result<bool, Error> {
    let changed =
        sql!("UPDATE accounts SET state = 'active', updated_at = $2 WHERE id = $1 AND state = 'invited'")
            .bind(id.as_str())
            .bind(now)
            .execute(&mut *w)
            .await?;
    enrolments::settle(w, id, now).await?;
    Ok(changed == 1)
}

/// Remembers how high whoever suspended an account stands.
pub async fn hold_down(w: &mut Writer, id: &AccountId, rank: Rank) -> Result<(), Error> {
    sql!("UPDATE accounts SET disabled_rank = $2 WHERE id = $1 AND state = 'disabled'")
        .bind(id.as_str())
        .bind(rank.height())
        .execute(w)
        .await?;
    Ok(())
}

/// Whether somebody above this rank suspended an account.
pub async fn is_held_down(w: &mut Writer, id: &AccountId, rank: Rank) -> Result<bool, Error> {
    let held = sql!("SELECT 1 FROM accounts WHERE id = $1 AND state = 'disabled' AND disabled_rank > $2")
        .bind(id.as_str())
        .bind(rank.height())
        .optional(w)
        .await?;
    Ok(held.is_some())
}

/// Lets a disabled account act again, or be invited again where it never had a way to sign in. `false` when it was
/// not disabled, or by somebody above this rank.
pub async fn enable(w: &mut Writer, id: &AccountId, rank: Rank, now: Timestamp) -> Result<bool, Error> {
    let changed = sql!(
        "UPDATE accounts SET updated_at = $2, disabled_rank = NULL, state = CASE
           WHEN EXISTS (SELECT 1 FROM factors WHERE account = $1) THEN 'active' ELSE 'invited' END
         WHERE id = $1 AND state = 'disabled' AND COALESCE(disabled_rank, 0) <= $3"
    )
    .bind(id.as_str())
    .bind(now)
    .bind(rank.height())
    .execute(&mut *w)
    .await?;
    enrolments::settle(w, id, now).await?;
    Ok(changed == 1)
}

/// Replaces the sealed profile if it is still the one that was read: `false` when somebody changed it meanwhile.
pub async fn reprofile(
    w: &mut Writer,
    id: &AccountId,
    read: &[u8],
    sealed: &[u8],
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = sql!("UPDATE accounts SET sealed = $3, updated_at = $4 WHERE id = $1 AND sealed = $2")
        .bind(id.as_str())
        .bind(read)
        .bind(sealed)
        .bind(now)
        .execute(&mut *w)
        .await?;
    if changed == 1 {
        enrolments::renamed(w, id).await?;
    }
    Ok(changed == 1)
}

/// Lets a proved address sign in, unless somebody is known by it already: then it stays for notices alone.
pub async fn identify(w: &mut Writer, id: &AccountId, digest: Digest, kind: &str) -> Result<bool, Error> {
    let added = sql!(
        "INSERT INTO identifiers (digest, account, kind) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING"
    )
    .bind(digest)
    .bind(id.as_str())
    .bind(kind)
    .execute(w)
    .await?;
    Ok(added == 1)
}

/// Notes until when an invited person should be ready, and whether they registered by themselves.
pub async fn expect(
    w: &mut Writer,
    id: &AccountId,
    due: Option<Timestamp>,
    registered: Option<Timestamp>,
) -> Result<(), Error> {
    sql!("UPDATE accounts SET due_at = $2, registered_at = $3 WHERE id = $1")
        .bind(id.as_str())
        .bind(due)
        .bind(registered)
        .execute(w)
        .await?;
    Ok(())
}

/// Until when an invited person should be ready, where somebody said so.
pub async fn due(store: &Store, id: &AccountId) -> Result<Option<Timestamp>, Error> {
    let row = sql!("SELECT due_at FROM accounts WHERE id = $1").bind(id.as_str()).optional(store).await?;
    Ok(row.map(|row| row.get::<Option<Timestamp>>(0)).transpose()?.flatten())
}

/// Notes that a supervised reset waits for its link or code, or waits no more.
pub async fn set_reset(w: &mut Writer, id: &AccountId, since: Option<Timestamp>) -> Result<(), Error> {
    sql!("UPDATE accounts SET reset_at = $2 WHERE id = $1").bind(id.as_str()).bind(since).execute(w).await?;
    Ok(())
}

/// People who registered by themselves before a moment and never came.
pub async fn never_came(store: &Store, before: Timestamp, limit: i64) -> Result<Vec<AccountId>, Error> {
    let rows = sql!(
        "SELECT id FROM accounts WHERE state = 'invited' AND registered_at < $1 ORDER BY registered_at, id LIMIT $2"
    )
    .bind(before)
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(|row| Ok(AccountId::from_text(row.get::<String>(0)?))).collect()
}

/// As [`hold`], for a change made in a session: `false` as well when the session was ended meanwhile.
pub async fn hold_in_session(
    w: &mut Writer,
    id: &AccountId,
    session: &SessionId,
    valid_from: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    let held = sql!(
        "UPDATE accounts SET updated_at = $4 WHERE id = $1 AND state = 'active' AND valid_after <= $3
         AND NOT EXISTS (SELECT 1 FROM ended_sessions e WHERE e.session = $2)"
    )
    .bind(id.as_str())
    .bind(session.as_str())
    .bind(valid_from)
    .bind(now)
    .execute(w)
    .await?;
    Ok(held == 1)
}

/// Replaces a profile, if nobody did since it was read: `false` when somebody did.
pub async fn replace_profile(
    w: &mut Writer,
    id: &AccountId,
    before: &[u8],
    after: &[u8],
    now: Timestamp,
) -> Result<bool, Error> {
    let replaced = sql!(
        "UPDATE accounts SET sealed = $3, updated_at = $4 WHERE id = $1 AND sealed = $2 AND state = 'active'"
    )
    .bind(id.as_str())
    .bind(before)
    .bind(after)
    .bind(now)
    .execute(w)
    .await?;
    Ok(replaced == 1)
}

/// Lets a person be named by another e-mail address than before; `Conflict` when it names somebody else.
pub async fn name_by_email(w: &mut Writer, id: &AccountId, digest: Digest) -> Result<(), Error> {
    sql!("DELETE FROM identifiers WHERE account = $1 AND kind = 'email'")
        .bind(id.as_str())
        .execute(&mut *w)
        .await?;
    let own = sql!("SELECT 1 FROM identifiers WHERE digest = $1 AND account = $2")
        .bind(digest)
        .bind(id.as_str())
        .optional(&mut *w)
        .await?;
    if own.is_some() {
        return Ok(());
    }
    sql!("INSERT INTO identifiers (digest, account, kind) VALUES ($1, $2, 'email')")
        .bind(digest)
        .bind(id.as_str())
        .execute(w)
        .await?;
    Ok(())
}

/// Whether somebody registered by themselves; nobody invited them.
pub async fn registered_alone(store: &Store, id: &AccountId) -> Result<bool, Error> {
    let row = sql!("SELECT id FROM accounts WHERE id = $1 AND registered_at IS NOT NULL")
        .bind(id.as_str())
        .optional(store)
        .await?;
    Ok(row.is_some())
}

/// Sets the state; ending everything that began before when `valid_after` is given. `false` when nothing matched.
pub async fn set_state(w: &mut Writer, id: &AccountId, state: State, now: Timestamp) -> Result<bool, Error> {
    let changed = sql!("UPDATE accounts SET state = $2, updated_at = $3 WHERE id = $1 AND state <> $2")
        .bind(id.as_str())
        .bind(state.as_str())
        .bind(now)
        .execute(&mut *w)
        .await?;
    if changed == 1 {
        enrolments::settle(w, id, now).await?;
    }
    Ok(changed == 1)
}

/// Moves an account to another organisation; `false` when there is no such account.
pub async fn set_organisation(
    w: &mut Writer,
    id: &AccountId,
    organisation: &OrganisationId,
    now: Timestamp,
) -> Result<bool, Error> {
    let moved = sql!("UPDATE accounts SET organisation = $2, updated_at = $3 WHERE id = $1")
        .bind(id.as_str())
        .bind(organisation.as_str())
        .bind(now)
        .execute(&mut *w)
        .await?;
    if moved == 1 {
        enrolments::settle(w, id, now).await?;
    }
    Ok(moved == 1)
}

/// Ends every session, code and family of the account that began before `now`, and leaves word for the apps they signed in to.
pub async fn end_everything(w: &mut Writer, id: &AccountId, now: Timestamp) -> Result<(), Error> {
    end_all(w, id, None, now).await
}

/// As [`end_everything`], but one session goes on, with a new value of its cookie; tokens that came from it end all the same.
pub async fn end_all_but(
    w: &mut Writer,
    id: &AccountId,
    session: &SessionId,
    now: Timestamp,
) -> Result<(), Error> {
    end_all(w, id, Some(session), now).await?;
    super::sessions::keep(w, session, now).await
}

async fn end_all(
    w: &mut Writer,
    id: &AccountId,
    but: Option<&SessionId>,
    now: Timestamp,
) -> Result<(), Error> {
    sql!("UPDATE accounts SET valid_after = $2, updated_at = $2 WHERE id = $1 AND valid_after < $2")
        .bind(id.as_str())
        .bind(now)
        .execute(&mut *w)
        .await?;
    logouts::of_account(w, id, but, now).await?;
    sql!("UPDATE families SET ended_at = $2, ended_why = 'account' WHERE account = $1 AND ended_at IS NULL")
        .bind(id.as_str())
        .bind(now)
        .execute(w)
        .await?;
    Ok(())
}

/// Deletes the person's rows; the audit trail keeps what is sealed with a key that no longer exists.
pub async fn erase(w: &mut Writer, id: &AccountId, now: Timestamp) -> Result<(), Error> {
    end_everything(w, id, now).await?;
    super::grants::revoke_all(w, id, "erased", now).await?;
    enrolments::forget(w, id).await?;
    super::approvals::forget(w, id).await?;
    for statement in [
        sql!("DELETE FROM identifiers WHERE account = $1"),
        sql!("DELETE FROM subjects WHERE account = $1"),
        sql!("DELETE FROM factors WHERE account = $1"),
        sql!("DELETE FROM known_browsers WHERE account = $1"),
        sql!("DELETE FROM links WHERE account = $1"),
        sql!("DELETE FROM recoveries WHERE account = $1"),
        sql!("DELETE FROM recovery_requests WHERE account = $1"),
        sql!("DELETE FROM imported WHERE account = $1"),
        sql!("DELETE FROM scim_people WHERE account = $1"),
        sql!("DELETE FROM ciba_requests WHERE account = $1"),
        sql!("DELETE FROM consents WHERE account = $1"),
        sql!("DELETE FROM withdrawals WHERE account = $1"),
        sql!("DELETE FROM sessions WHERE account = $1"),
        sql!("DELETE FROM pending_addresses WHERE account = $1"),
        sql!("DELETE FROM closings WHERE account = $1"),
        sql!("DELETE FROM outbox WHERE account = $1"),
        sql!("DELETE FROM accounts WHERE id = $1"),
        sql!("UPDATE families SET account = NULL, entitlement = NULL WHERE account = $1"),
    ] {
        statement.bind(id.as_str()).execute(&mut *w).await?;
    }
    sql!("INSERT INTO erasures (account, erased_at) VALUES ($1, $2) ON CONFLICT (account) DO NOTHING")
        .bind(id.as_str())
        .bind(now)
        .execute(w)
        .await?;
    Ok(())
}

/// Everybody erased, so that a restored backup can be put right.
pub async fn erasures(store: &Store) -> Result<Vec<(AccountId, Timestamp)>, Error> {
    let rows = sql!("SELECT account, erased_at FROM erasures ORDER BY erased_at, account").all(store).await?;
    rows.iter().map(|r| Ok((AccountId::from_text(r.get::<String>(0)?), r.get(1)?))).collect()
}
