//! The person's own pages: who is signed in, and their ways to sign in. What is changed there is in the files beside.

pub mod activity;
pub mod apps;
pub mod details;
pub mod devices;
pub mod privacy;
pub mod ways;

use super::sessions::{self, Browser, Found};
use super::{Cx, PageError, codes, hub, models, policies};
use crate::audit::Kind;
use crate::base::{AccountId, Acr, FactorId, Role, Timestamp};
use crate::factors::webauthn::StoredKey;
use crate::factors::{FactorKind, recovery};
use crate::identity::Account;
use crate::policy::{self, Arms, Demand, Kinds, Need};
use crate::sessions::Standing;
use crate::store::accounts;
use crate::store::factors::FactorRow;

/// What the account home shows.
pub struct Home {
    /// Who is signed in.
    pub account: Account,
    /// Their ways to sign in.
    pub ways: Vec<Way>,
    /// The session.
    pub session: Found,
    rows: Vec<FactorRow>,
}

/// One way to sign in.
#[derive(Clone, Debug)]
pub struct Way {
    /// Its id.
    pub id: FactorId,
    /// What it is.
    pub kind: FactorKind,
    /// The person's name for it.
    pub label: String,
    /// When it was bound.
    pub added: Timestamp,
    /// When it was last used.
    pub used: Option<Timestamp>,
    /// Whether it is disabled after too many failures.
    pub disabled: bool,
    /// For keys whose model was told: its name, or its AAGUID where nobody knows it.
    pub model: Option<String>,
    /// What its maker calls its model; nothing where nobody knows.
    pub model_name: Option<String>,
    /// The report that takes its model out of use.
    pub distrusted: Option<&'static str>,
    /// For keys: whether it is synced between devices.
    pub synced: Option<bool>,
    /// For recovery codes: how many are left.
    pub left: Option<usize>,
    /// Whether the person may remove it; the last one their role needs stays.
    pub removable: bool,
}

/// The home, for a session that is open and reaches the person's own floor; else [`PageError::SignedOut`].
pub async fn home(cx: &Cx, browser: &Browser) -> Result<Home, PageError> {
    let found = sessions::find(cx, browser).await?.ok_or(PageError::SignedOut)?;
    enter(cx, found, |floor, _, kinds| Demand { kinds, ..Demand::level(floor) }).await
}

/// As [`home`], for a change: proved at the account's own best level within five minutes. Whoever tries with less
/// is refused with an event that says what was tried, and must prove it first.
pub async fn for_change(cx: &Cx, browser: &Browser, tried: Kind) -> Result<Home, PageError> {
    let found = sessions::find(cx, browser).await?.ok_or(PageError::SignedOut)?;
    match enter(cx, found.clone(), Demand::change).await {
        Err(PageError::SignedOut) => {
            sessions::refuse(cx, &found, tried, "not_fresh").await?;
            Err(PageError::SignedOut)
        }
        other => other,
    }
}

/// As [`for_change`], to look at the page that asks for the change: nothing was tried yet.
pub async fn before_change(cx: &Cx, browser: &Browser) -> Result<Home, PageError> {
    let found = sessions::find(cx, browser).await?.ok_or(PageError::SignedOut)?;
    enter(cx, found, Demand::change).await
}

async fn enter(
    cx: &Cx,
    mut session: Found,
    demand: impl Fn(Acr, &Arms, Kinds) -> Demand,
) -> Result<Home, PageError> {
    let account =
        sessions::active_account(cx, &session.session.account).await?.ok_or(PageError::SignedOut)?;
    let rows = models::factors_of(cx, &account.id).await?;
    let proofs = sessions::standing_proofs(&session.session, &rows);
    let rule = policies::effective(cx, account.role, None).await?;
    let arms = hub::arms(&rows, &rule.models);
    let demand = demand(rule.floor(), &arms, rule.kinds);
    let met = matches!(policy::need(&demand, &arms, &proofs, cx.now), Need::Met(_));
    if !met || session.standing != Standing::Open {
        return Err(PageError::SignedOut);
    }
    sessions::touch(cx, &mut session).await?;
    let ways = opened(cx, &account.id, account.role, &rows).await?;
    Ok(Home { account, ways, session, rows })
}

/// A person's ways to sign in, oldest first, without their secrets.
pub async fn ways(cx: &Cx, account: &AccountId) -> Result<Vec<Way>, crate::store::Error> {
    let role = accounts::find(&cx.store, account).await?.map_or(Role::Administrator, |found| found.role);
    let rows = models::factors_of(cx, account).await?;
    opened(cx, account, role, &rows).await
}

async fn opened(
    cx: &Cx,
    account: &AccountId,
    role: Role,
    rows: &[FactorRow],
) -> Result<Vec<Way>, crate::store::Error> {
    let key = cx.vault.key(account, cx.now).await?;
    let mut ways: Vec<Way> = rows.iter().map(|row| way(cx, row, &key)).collect::<Result<_, _>>()?;
    let rule = policies::effective(cx, role, None).await?;
    for way in &mut ways {
        let rest: Vec<FactorRow> = rows.iter().filter(|row| row.id != way.id).cloned().collect();
        way.removable =
            policy::may_remove(way.kind, &hub::arms(&rest, &rule.models), rule.floor(), rule.kinds);
    }
    Ok(ways)
}

/// How many recovery codes are left; `None` where there is no set.
pub async fn codes_left(cx: &Cx, rows: &[FactorRow]) -> Result<Option<u32>, PageError> {
    let Some(row) = rows.iter().find(|row| row.kind == FactorKind::RecoveryCodes) else { return Ok(None) };
    let key = cx.vault.key(&row.account, cx.now).await?;
    Ok(u32::try_from(row.open::<recovery::Set>(&key)?.remaining()).ok())
}

fn way(cx: &Cx, row: &FactorRow, key: &crate::keys::seal::DataKey) -> Result<Way, crate::store::Error> {
    let (label, synced, left) = match row.kind {
        FactorKind::Password => (String::new(), None, None),
        FactorKind::Totp => (row.open::<codes::Totp>(key)?.label, None, None),
        FactorKind::Passkey | FactorKind::SecurityKey => {
            let stored = row.open::<StoredKey>(key)?;
            (stored.label, Some(stored.backup_eligible), None)
        }
        FactorKind::RecoveryCodes => (String::new(), None, Some(row.open::<recovery::Set>(key)?.remaining())),
    };
    Ok(Way {
        id: row.id.clone(),
        kind: row.kind,
        label,
        added: row.created_at,
        used: row.last_used_at,
        disabled: row.disabled_at.is_some(),
        model: row.model.aaguid.map(|aaguid| cx.models.name(aaguid)),
        model_name: row.model.aaguid.and_then(|aaguid| cx.models.known(aaguid)),
        distrusted: row.distrusted,
        synced,
        left,
        removable: false,
    })
}
