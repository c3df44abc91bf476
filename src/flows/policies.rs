//! The policy in force, at most a second old; its versions; what it would ask of one person at one app.

use std::sync::{Arc, Mutex};

use super::admin::{self, AdminActor, Who};
use super::{About as _, Cx, hub, models};
use crate::audit::Kind;
use crate::base::{AccountId, Acr, ClientId, Role, Timestamp};
use crate::duties::{Action, Reason};
use crate::policy::models::Unfit;
use crate::policy::rules::{BadRules, Change, Effective, Rules, changes};
use crate::policy::{self, Arms, Demand, Need};
use crate::sessions::Limits;
use crate::store;
use crate::store::factors::FactorRow;
use crate::store::grants;
use crate::store::policies::{self, PolicyRow};

/// How long a loaded policy is used, in microseconds: a change is seen everywhere within a second.
const FRESH: i64 = 900_000;

/// The version in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    /// 0 while nobody wrote any: the ready-made rules.
    pub version: i64,
    /// What it asks, the settings' own floor for clinicians included.
    pub rules: Rules,
}

/// The policy, read once a second at most.
#[derive(Default)]
pub struct Policies {
    kept: Mutex<Option<(Timestamp, Arc<Current>)>>,
}

impl Policies {
    /// The version in force. One that cannot be read grants nothing: `Corrupt`.
    pub async fn current(&self, cx: &Cx) -> Result<Arc<Current>, store::Error> {
        let before = self.kept.lock().ok().and_then(|kept| kept.clone());
        if let Some((at, current)) = before
            && (cx.now.micros() - at.micros()).abs() < FRESH
        {
            return Ok(current);
        }
        let mut current = match policies::newest(&cx.store).await? {
            Some(row) => Current { version: row.version, rules: read(&row)? },
            None => Current { version: 0, rules: Rules::default() },
        };
        let clinician = &mut current.rules.clinician;
        clinician.floor = clinician.floor.max(cx.config.policy.clinician_floor.acr());
        let current = Arc::new(current);
        if let Ok(mut kept) = self.kept.lock() {
            *kept = Some((cx.now, current.clone()));
        }
        Ok(current)
    }

    /// Reads it again the next time.
    pub(super) fn forget(&self) {
        if let Ok(mut kept) = self.kept.lock() {
            *kept = None;
        }
    }
}

fn read(row: &PolicyRow) -> Result<Rules, store::Error> {
    Rules::parse(&row.document).map_err(|_| store::Error::corrupt("policy"))
}

/// What holds for a role, at an app or at none.
pub async fn effective(cx: &Cx, role: Role, app: Option<&ClientId>) -> Result<Effective, store::Error> {
    Ok(cx.policies.current(cx).await?.rules.effective(role, app))
}

/// The limits of a role's sessions.
pub async fn limits(cx: &Cx, role: Role) -> Result<Limits, store::Error> {
    Ok(effective(cx, role, None).await?.limits)
}

/// A version of the past, or the one in force.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its number.
    pub number: i64,
    /// Its rules.
    pub rules: Rules,
    /// Who made it.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When.
    pub created_at: Timestamp,
    /// What it changed of the version before it.
    pub changes: Vec<Change>,
}

/// Up to `limit` versions before one, newest first; `i64::MAX` begins with the newest.
pub async fn history(cx: &Cx, before: i64, limit: i64) -> Result<Vec<Version>, store::Error> {
    let rows = policies::before(&cx.store, before, limit.saturating_add(1)).await?;
    let mut out = Vec::new();
    for (at, row) in rows.iter().enumerate().take(usize::try_from(limit).unwrap_or_default()) {
        let older = rows.get(at + 1).map_or_else(|| Ok(Rules::default()), read)?;
        let rules = read(row)?;
        out.push(Version {
            number: row.version,
            changes: changes(&older, &rules),
            rules,
            actor: row.actor.clone(),
            reason: row.reason.clone(),
            created_at: row.created_at,
        });
    }
    Ok(out)
}

/// The rules of one version; version 0 is the ready-made one.
pub async fn version(cx: &Cx, number: i64) -> Result<Option<Rules>, store::Error> {
    match number {
        0 => Ok(Some(Rules::default())),
        _ => policies::find(&cx.store, number).await?.as_ref().map(read).transpose(),
    }
}

/// How many owners are looked at for a key that would count.
const OWNERS: i64 = 20;

/// Why a policy was not changed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The rules are wrong; the text names the member and the fix.
    #[error("{0}")]
    Rules(#[from] BadRules),
    /// Nothing would change.
    #[error("nothing would change")]
    Unchanged,
    /// Somebody changed it meanwhile.
    #[error("the policy is at version {0} by now: look at it and decide again")]
    Stale(i64),
    /// The administrator may not.
    #[error(transparent)]
    Admin(#[from] admin::Refused),
    /// It asks less than before: a second person must approve.
    #[error("asks less of people than before, so a second person must approve")]
    Weaker(Vec<Change>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Whether somebody else agreed to the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// Nobody yet.
    None,
    /// A second person did.
    Second,
}

/// What a document would change, on top of the version somebody looked at. Changes nothing.
pub async fn preview(cx: &Cx, base: i64, document: &str) -> Result<Vec<Change>, Refused> {
    let after = Rules::parse(document)?;
    let now = policies::newest(&cx.store).await?;
    let at = now.as_ref().map_or(0, |row| row.version);
    if at != base {
        return Err(Refused::Stale(at));
    }
    let before = now.as_ref().map_or_else(|| Ok(Rules::default()), read)?;
    let changes = changes(&before, &after);
    if changes.is_empty() { Err(Refused::Unchanged) } else { Ok(changes) }
}

/// What a document changes of the version it was made from, whatever is in force by now.
pub async fn compared(cx: &Cx, base: i64, document: &str) -> Result<Vec<Change>, store::Error> {
    let before = version(cx, base).await?;
    let after = Rules::parse(document).map_err(|_| store::Error::corrupt("policy"))?;
    Ok(before.map_or_else(Vec::new, |before| changes(&before, &after)))
}

/// Puts a document in force as the version after `base`; what it asks less needs an approval.
pub async fn change(
    cx: &Cx,
    actor: &AdminActor,
    base: i64,
    document: &str,
    reason: &Reason,
    approval: Approval,
) -> Result<i64, Refused> {
    actor.is_for(Action::PolicyChange)?;
    let changes = preview(cx, base, document).await?;
    if approval == Approval::None && changes.iter().any(|change| change.weaker) {
        let event = actor.refusal(cx, Kind::PolicyChanged, "weaker");
        let event = event.with(serde_json::json!({ "changes": changes }));
        admin::record_refusal(cx, actor.who(), event).await?;
        return Err(Refused::Weaker(changes.into_iter().filter(|change| change.weaker).collect()));
    }
    leaves_a_way_in(cx, actor, document).await?;
    let row = PolicyRow {
        version: base + 1,
        document: document.to_owned(),
        actor: actor.who().actor().to_text(),
        reason: reason.as_str().to_owned(),
        created_at: cx.now,
    };
    let event = actor
        .event(cx, Kind::PolicyChanged)
        .with(serde_json::json!({ "version": row.version, "changes": changes }));
    let written = cx
        .store
        .write((row, event), |w, (row, event)| {
            Box::pin(async move {
                policies::insert(w, row).await?;
                w.record(event).await
            })
        })
        .await;
    cx.policies.forget();
    match written {
        Ok(()) => Ok(base + 1),
        Err(store::Error::Conflict) => {
            let now = policies::newest(&cx.store).await?;
            Err(Refused::Stale(now.map_or(0, |row| row.version)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Refuses rules of models that would close the console: under which no key of the administrator who makes them counts, or,
/// where a machine makes them, none of an owner. Whoever has the host is not asked.
async fn leaves_a_way_in(cx: &Cx, actor: &AdminActor, document: &str) -> Result<(), Refused> {
    let wrong =
        |member: &str, text: &str| Err(BadRules { member: member.to_owned(), text: text.to_owned() }.into());
    let (accounts, who) = match (actor.who(), actor.account()) {
        (Who::Host(_), _) => return Ok(()),
        (_, Some(account)) => (vec![account.clone()], "none of your own keys"),
        (_, None) => (grants::some_owners(&cx.store, OWNERS).await?, "no key of an owner"),
    };
    let (before, after) = (cx.policies.current(cx).await?, Rules::parse(document)?);
    let (was, is) =
        (before.rules.effective(Role::Administrator, None), after.effective(Role::Administrator, None));
    let counts =
        |row: &FactorRow| row.kind.is_webauthn() && row.is_usable() && is.models.judge(&row.model).is_ok();
    let mut open = was.models == is.models;
    for account in accounts {
        open = open || models::factors_of(cx, &account).await?.iter().any(counts);
    }
    if !open {
        let text = format!(
            "{who} would count, so the console would be closed; bind a key of a model that counts first"
        );
        return wrong("administrator.authenticators", &text);
    }
    if after.close_models() && !before.rules.close_models() && cx.models.metadata().is_none() {
        let text = "has to name the FIDO metadata before only listed models count: without them nobody can add a key";
        return wrong("webauthn.metadata_file", text);
    }
    Ok(())
}

/// The document that puts an older version's rules in force again.
pub async fn again(cx: &Cx, version: i64) -> Result<Option<String>, store::Error> {
    let rules = self::version(cx, version).await?;
    rules.map(|rules| serde_json::to_string(&rules).map_err(|_| store::Error::corrupt("policy"))).transpose()
}

/// What a sign-in would ask of one person at one app, and why.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The person's role.
    pub role: Role,
    /// What the rules say.
    pub rule: Effective,
    /// The client's own floor, where it has one.
    pub client_floor: Option<Acr>,
    /// The level that would have to be reached.
    pub acr: Acr,
    /// What the person has.
    pub arms: Arms,
    /// Their keys that do not count: which model, where it was told, and why.
    pub unfit: Vec<(Option<String>, Unfit)>,
    /// What the person would be asked first, with nothing proved.
    pub first: Need,
    /// What would come after everything that person has was proved.
    pub then: Need,
    /// The version of the policy that says so.
    pub version: i64,
}

/// Simulates a sign-in; changes and grants nothing. `None` when there is no such person or app.
pub async fn simulate(
    cx: &Cx,
    account: &AccountId,
    app: Option<&ClientId>,
    rules: Option<&Rules>,
) -> Result<Option<Simulation>, store::Error> {
    let current = cx.policies.current(cx).await?;
    let Some(person) = store::accounts::find(&cx.store, account).await? else { return Ok(None) };
    let client = match app {
        Some(id) => match cx.clients.find(cx, id).await? {
            Some(client) => Some(client),
            None => return Ok(None),
        },
        None => None,
    };
    let rule = rules.unwrap_or(&current.rules).effective(person.role, app);
    let acr = match &client {
        Some(client) => policy::floor_at(client, person.role, rule.role_floor).max(rule.floor_or(Acr::Aal1)),
        None => rule.floor(),
    };
    let rows = models::factors_of(cx, account).await?;
    let arms = hub::arms(&rows, &rule.models);
    let unfit = |row: &FactorRow| {
        let why = models::unfit(row, &rule.models)?;
        let is_key = row.kind.is_webauthn() && row.disabled_at.is_none();
        is_key.then(|| (row.model.aaguid.map(|aaguid| cx.models.name(aaguid)), why))
    };
    let demand = Demand { max_age: rule.max_age, kinds: rule.kinds, ..Demand::level(acr) };
    let proofs: Vec<_> = rows
        .iter()
        .filter(|row| row.is_usable() && row.kind != crate::factors::FactorKind::RecoveryCodes)
        .map(|row| crate::factors::Proof {
            method: row.kind,
            at: cx.now,
            factor: row.id.clone(),
            user_verified: row.kind == crate::factors::FactorKind::Passkey,
        })
        .collect();
    Ok(Some(Simulation {
        role: person.role,
        client_floor: client.as_ref().and_then(|client| client.policy.min_acr),
        first: policy::need(&demand, &arms, &[], cx.now),
        then: policy::need(&demand, &arms, &proofs, cx.now),
        unfit: rows.iter().filter_map(unfit).collect(),
        rule,
        acr,
        arms,
        version: current.version,
    }))
}
