//! What administrators do, at the console, by the API and at the host, on the same use cases.
//!
//! [`Who`] is somebody whose sign-in, token or place at the host was checked. [`authorise`] makes an [`AdminActor`] of
//! it for one action at one organisation, and every use case below takes one: forgetting to ask does not compile.
//! A refusal is an event. What lies in an organisation the administrator cannot see does not exist for them.

pub(crate) mod absent;
pub mod approvals;
pub mod client_tokens;
pub mod duties;
pub mod enrolments;
pub mod invitations;
pub mod organisations;
pub mod overview;
pub mod people;
pub mod recoveries;
pub mod reminders;
pub mod scim;
pub mod webhooks;

use std::sync::Arc;

use super::sessions::{self, Browser, Found};
use super::{About, Cx, PageError, hub, living, models, policies, throttle, unavailable};
use crate::audit::{Actor, Event, Kind};
use crate::base::{AccountId, Acr, ClientId, GrantType, OrganisationId, Role, Scopes, Timestamp};
use crate::duties::{
    self as rules, Action, AdminScope, Grant, NoReason, Path, Rank, Reason, highest, may_anywhere, may_at,
};
use crate::ephemeral;
use crate::factors::{Proof, assurance};
use crate::identity::Account;
use crate::oidc;
use crate::policy::rules::Effective;
use crate::policy::{self, Demand, Kinds, Need};
use crate::store::{self, accounts, grants, organisations as rows};

/// Somebody known, before they ask for anything.
#[derive(Clone)]
pub enum Who {
    /// A person at the console, signed in as administrators must be.
    Person(Arc<Person>),
    /// A machine client with a living token.
    Client(Arc<Machine>),
    /// Somebody at the host's command line.
    Host(String),
}

/// A person at the console.
pub struct Person {
    /// Who.
    pub account: Account,
    /// Their session.
    pub session: Found,
    /// What they are charged with, everywhere.
    pub grants: Vec<Grant>,
    /// Whether they proved themselves in a phishing-resistant way in the last five minutes.
    fresh: bool,
}

/// A machine client with a living token.
pub struct Machine {
    /// Which.
    pub id: ClientId,
    organisation: OrganisationId,
    /// Where in the tree it stands: it sees what lies there and below.
    place: Path,
    scopes: Scopes,
}

/// Why something is not done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Nobody is signed in, not strongly enough, or too long ago; `fresh` where only the last minutes count.
    #[error("a sign-in is needed first")]
    SignIn {
        /// Whether the action takes a proof of the last five minutes.
        fresh: bool,
    },
    /// Their duties do not allow it.
    #[error("no duty allows this")]
    Forbidden,
    /// It would tell of what they may not see: what lets them.
    #[error("a webhook tells only of what whoever keeps it may see")]
    OutOfSight(Action),
    /// No such thing, or none they may know of.
    #[error("there is no such thing here")]
    NotFound,
    /// What was given cannot be used; a stable machine word.
    #[error("cannot be used: {0}")]
    Bad(&'static str),
    /// No reason was given.
    #[error(transparent)]
    Reason(#[from] NoReason),
    /// Somebody was faster, or it is so already.
    #[error("it is so already")]
    Already,
    /// Nobody would be left to answer for the installation.
    #[error("this is the last owner")]
    LastOwner,
    /// Another request about the same person waits.
    #[error("another request about this person is under way")]
    UnderWay,
    /// It takes a second person, and cannot be asked of one: their duty has to be taken back first.
    #[error("they hold a duty that takes two people to take back; let a second person agree to that first")]
    TwoPeople,
    /// Nobody does this to themselves.
    #[error("somebody else has to do this")]
    Oneself,
    /// They did it more often than anybody has to within an hour.
    #[error("this was done too often within an hour; wait, or ask whoever runs the service")]
    TooOften,
    /// As many run as may at once.
    #[error("as many of these are under way as may be at once; wait until one is done")]
    Busy,
    /// A store is away.
    #[error("a store is away")]
    Unavailable,
}

impl From<store::Error> for Refused {
    fn from(error: store::Error) -> Self {
        unavailable(&error);
        Self::Unavailable
    }
}

impl From<ephemeral::Error> for Refused {
    fn from(error: ephemeral::Error) -> Self {
        unavailable(&error);
        Self::Unavailable
    }
}

impl From<PageError> for Refused {
    fn from(error: PageError) -> Self {
        match error {
            PageError::Unavailable => Self::Unavailable,
            PageError::NotFound => Self::NotFound,
            _ => Self::SignIn { fresh: false },
        }
    }
}

impl From<oidc::Error> for Refused {
    fn from(error: oidc::Error) -> Self {
        match error.code {
            oidc::Code::TemporarilyUnavailable => Self::Unavailable,
            _ => Self::SignIn { fresh: false },
        }
    }
}

/// A proof that somebody may do one thing at one place. Only [`authorise`] makes it.
#[derive(Clone)]
pub struct AdminActor {
    who: Who,
    action: Action,
    organisation: OrganisationId,
    place: Path,
    rank: Rank,
}

impl AdminActor {
    /// What it is a proof for.
    pub fn action(&self) -> Action {
        self.action
    }

    /// Where.
    pub fn organisation(&self) -> &OrganisationId {
        &self.organisation
    }

    /// That organisation's place in the tree.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// How high they stand there, for this action.
    pub fn rank(&self) -> Rank {
        self.rank
    }

    /// The person, where it is one.
    pub fn account(&self) -> Option<&AccountId> {
        self.who.account()
    }

    /// Whoever acts.
    pub fn who(&self) -> &Who {
        &self.who
    }

    /// Whether they may make a machine that does what this scope allows, here: somebody who looks after such machines,
    /// freshly proved, who may do all of it themselves.
    pub fn may_hand_out(&self, scope: AdminScope) -> bool {
        match &self.who {
            Who::Person(person) => person.fresh && self.who.stands_behind(scope, &self.place),
            Who::Client(_) | Who::Host(_) => self.who.stands_behind(scope, &self.place),
        }
    }

    /// Insists on what this use case does: a proof for one action is none for another.
    pub fn is_for(&self, action: Action) -> Result<(), Refused> {
        if self.action == action { Ok(()) } else { Err(Refused::Forbidden) }
    }

    /// The event of what was done.
    pub fn event(&self, cx: &Cx, kind: Kind) -> Event {
        let mut event = cx.event(kind, crate::audit::Outcome::Ok).within(&self.organisation);
        event.actor = self.who.actor();
        event.session = self.who.session().cloned();
        event
    }

    /// The event of what was refused.
    pub fn refusal(&self, cx: &Cx, kind: Kind, reason: &str) -> Event {
        let mut event = self.event(cx, kind);
        event.outcome = crate::audit::Outcome::Refused;
        event.reason = Some(reason.to_owned());
        event
    }
}

impl Who {
    /// As the trail names them.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Person(person) => Actor::Account(person.account.id.clone()),
            Self::Client(machine) => Actor::Client(machine.id.clone()),
            Self::Host(user) => Actor::Host(user.clone()),
        }
    }

    /// The account, where it is a person.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Person(person) => Some(&person.account.id),
            Self::Client(_) | Self::Host(_) => None,
        }
    }

    /// The organisation they belong to; what they are refused elsewhere stands in its trail.
    fn home(&self) -> OrganisationId {
        match self {
            Self::Person(person) => person.account.organisation.clone(),
            Self::Client(machine) => machine.organisation.clone(),
            Self::Host(_) => OrganisationId::root(),
        }
    }

    fn client(&self) -> Option<&ClientId> {
        match self {
            Self::Client(machine) => Some(&machine.id),
            Self::Person(_) | Self::Host(_) => None,
        }
    }

    fn session(&self) -> Option<&crate::base::SessionId> {
        match self {
            Self::Person(person) => Some(&person.session.session.sid),
            Self::Client(_) | Self::Host(_) => None,
        }
    }

    /// Whether they may do it anywhere.
    pub fn may(&self, action: Action) -> bool {
        match self {
            Self::Person(person) => may_anywhere(&person.grants, action),
            Self::Client(machine) => machine.may(action),
            Self::Host(_) => true,
        }
    }

    /// Whether they may do it at a place.
    pub fn may_at(&self, action: Action, place: &Path) -> bool {
        match self {
            Self::Person(person) => may_at(&person.grants, action, place),
            Self::Client(machine) => machine.may(action) && machine.place.covers(place),
            Self::Host(_) => true,
        }
    }

    /// Whether they look after machines at a place, and may do there all that this scope allows one; how freshly they
    /// signed in is not asked.
    pub fn stands_behind(&self, scope: AdminScope, place: &Path) -> bool {
        let own = |action: &Action| self.may_at(*action, place);
        let actions = rules::MACHINES.iter().find(|(of, _)| *of == scope).map_or(&[][..], |(_, all)| all);
        match self {
            Self::Host(_) => true,
            Self::Client(_) => false,
            Self::Person(_) => own(&Action::ClientEmpower) && actions.iter().all(own),
        }
    }

    /// The places where they may do it, none below another.
    pub fn places(&self, action: Action) -> Vec<Path> {
        match self {
            Self::Person(person) => rules::places(&person.grants, action),
            Self::Client(machine) => machine.may(action).then(|| machine.place.clone()).into_iter().collect(),
            Self::Host(_) => vec![Path::root()],
        }
    }

    /// How high they stand for an action, at the best of their places.
    pub fn rank(&self, action: Action) -> Rank {
        let ranks = self.places(action).into_iter().map(|place| self.rank_at(action, &place));
        ranks.max().unwrap_or(Rank::None)
    }

    fn rank_at(&self, action: Action, place: &Path) -> Rank {
        match self {
            Self::Person(person) => rules::rank_at(&person.grants, action, place),
            // A machine grants nothing and decides for nobody.
            Self::Client(_) => Rank::None,
            Self::Host(_) => Rank::Owner,
        }
    }

    fn is_fresh(&self) -> bool {
        match self {
            Self::Person(person) => person.fresh,
            // What takes two people is not in a machine's table; the rest follows from its own key.
            Self::Client(_) | Self::Host(_) => true,
        }
    }
}

impl Machine {
    /// The organisation it belongs to.
    pub fn organisation(&self) -> &OrganisationId {
        &self.organisation
    }

    fn may(&self, action: Action) -> bool {
        action.scope().is_some_and(|scope| self.scopes.contains(scope.as_str()))
    }
}

/// What the console demands of a sign-in, whatever the person's role: what the policy asks of administrators, and never
/// less than a phishing-resistant proof.
pub fn demand(rule: &Effective, session: Option<&Found>, fresh: bool, now: Timestamp) -> Demand {
    let limits = rule.limits;
    let idle = session.filter(|found| now.since(found.session.seen_at) >= limits.idle);
    Demand {
        max_age: Some(if fresh { policy::FRESH_FOR_CHANGES } else { limits.overall }),
        idle_since: idle.map(|found| found.session.seen_at.plus(limits.idle)),
        kinds: rule.kinds,
        ..Demand::level(rule.floor().max(Acr::Aal2Phr))
    }
}

/// Who sits at this browser, if they are signed in as administrators must be. Somebody without any duty is refused
/// before they are asked for more.
pub async fn at_browser(cx: &Cx, browser: &Browser) -> Result<Who, Refused> {
    let signed_out = || Refused::SignIn { fresh: false };
    let mut session = sessions::find(cx, browser).await?.ok_or_else(signed_out)?;
    let account = sessions::active_account(cx, &session.session.account).await?.ok_or_else(signed_out)?;
    let grants = grants::of_account(&cx.store, &account.id).await?;
    if grants.is_empty() {
        // Anybody who signs in can ask: told once, and then counted.
        if throttle::is_first(cx, &format!("no duty {}", account.id)).await? {
            let event = cx.refusal(Kind::AdminRefused, "no_duty").sid(&session.session.sid);
            let mut event = event.within(&account.organisation);
            event.actor = Actor::Account(account.id);
            cx.record(event).await?;
        } else {
            cx.note(Kind::AdminRefused, None);
        }
        return Err(Refused::Forbidden);
    }
    let held = models::factors_of(cx, &account.id).await?;
    let proofs = sessions::standing_proofs(&session.session, &held);
    let rule = policies::effective(cx, Role::Administrator, None).await?;
    let demand = demand(&rule, Some(&session), false, cx.now);
    let arms = hub::arms(&held, &rule.models);
    if !matches!(policy::need(&demand, &arms, &proofs, cx.now), Need::Met(_)) {
        return Err(signed_out());
    }
    let counted: Vec<Proof> = proofs.into_iter().filter(|proof| !arms.bars(&proof.factor)).collect();
    let fresh = is_fresh(&counted, rule.kinds, cx.now);
    sessions::touch(cx, &mut session).await?;
    Ok(Who::Person(Arc::new(Person { account, session, grants, fresh })))
}

/// Whether proofs of the last five minutes are phishing-resistant by themselves, by what the policy counts.
fn is_fresh(proofs: &[Proof], kinds: Kinds, now: Timestamp) -> bool {
    let young = |p: &&Proof| now.since(p.at) <= policy::FRESH_FOR_CHANGES && kinds.counts(p.method);
    let young: Vec<Proof> = proofs.iter().filter(young).cloned().collect();
    assurance(&young).is_some_and(|reached| reached.acr >= Acr::Aal2Phr)
}

/// Which machine holds this token, if it was issued to a client itself, for the administrators' API.
pub async fn by_token(cx: &Cx, token: &str) -> Result<Who, Refused> {
    let refuse = |client: Option<&ClientId>| {
        cx.note(Kind::AdminRefused, client);
        Refused::SignIn { fresh: false }
    };
    let living = living::living_here(cx, token).await?.ok_or_else(|| refuse(None))?;
    let id = ClientId::from_text(&living.claims.client_id);
    // Here nobody proves a key.
    if living.claims.cnf.is_some() {
        return Err(refuse(Some(&id)));
    }
    // A person's token is none of a machine's, whatever scopes it has.
    if living.entitlement.is_some() || living.claims.sub != living.claims.client_id {
        return Err(refuse(Some(&id)));
    }
    let client = cx.clients.find(cx, &id).await?.filter(|client| client.is_enabled());
    let client = client.ok_or_else(|| refuse(Some(&id)))?;
    // What was taken from the client after the token was issued is taken from the token as well.
    let registered = &client.metadata.scope;
    let scopes = Scopes::parse(&living.claims.scope).filter(|scope| registered.contains(scope));
    let admin = AdminScope::ALL.iter().any(|scope| scopes.contains(scope.as_str()));
    if !admin || client.is_public() || !client.allows(GrantType::ClientCredentials) {
        return Err(refuse(Some(&id)));
    }
    let organisation = rows::find(&cx.store, &client.organisation).await?;
    let organisation = organisation.ok_or_else(|| refuse(Some(&id)))?;
    let (organisation, place) = (organisation.id, organisation.path);
    Ok(Who::Client(Arc::new(Machine { id, organisation, place, scopes })))
}

/// Whoever runs a command at the host.
pub fn at_host(cx: &Cx) -> Who {
    match &cx.actor {
        Actor::Host(user) => Who::Host(user.clone()),
        other => Who::Host(other.to_text()),
    }
}

/// Whether they may do this anywhere, and are fresh enough for it. Pages ask before they look anything up.
pub async fn allow(cx: &Cx, who: &Who, action: Action) -> Result<(), Refused> {
    if !who.may(action) {
        return refuse(cx, who, action, &who.home(), "missing_duty", Refused::Forbidden).await;
    }
    if action.needs().fresh && !who.is_fresh() {
        return Err(Refused::SignIn { fresh: true });
    }
    Ok(())
}

/// Whether they may do this at an organisation; the proof that use cases take.
pub async fn authorise(
    cx: &Cx,
    who: &Who,
    action: Action,
    organisation: &OrganisationId,
) -> Result<AdminActor, Refused> {
    allow(cx, who, action).await?;
    let Some(found) = rows::find(&cx.store, organisation).await? else {
        return unknown(cx, who, action).await;
    };
    if who.may_at(action, &found.path) {
        let rank = who.rank_at(action, &found.path);
        return Ok(AdminActor { who: who.clone(), action, organisation: found.id, place: found.path, rank });
    }
    // The event belongs to where it was tried, if that is theirs to see; nobody writes into the trail of others.
    match who.may_at(action.seeing(), &found.path) {
        true => refuse(cx, who, action, &found.id, "missing_duty", Refused::Forbidden).await,
        false => refuse(cx, who, action, &who.home(), "other_organisation", Refused::NotFound).await,
    }
}

/// As [`authorise`], for what concerns one person: at the organisation they belong to. Also who it is.
pub async fn authorise_about(
    cx: &Cx,
    who: &Who,
    action: Action,
    id: &AccountId,
) -> Result<(AdminActor, Account), Refused> {
    allow(cx, who, action).await?;
    let found = accounts::find(&cx.store, id).await?;
    let key = cx.vault.find(id, cx.now).await?;
    let (Some(sealed), Some(key)) = (found, key) else {
        return unknown(cx, who, action).await;
    };
    let actor = authorise(cx, who, action, &sealed.organisation).await?;
    Ok((actor, sealed.open(&key)?))
}

/// Whether somebody holds a duty that stands above the actor where it lies. A duty in another part of the tree is above
/// whoever has none there.
pub async fn stands_above(cx: &Cx, actor: &AdminActor, account: &AccountId) -> Result<bool, Refused> {
    let held = grants::of_account(&cx.store, account).await?;
    Ok(held.iter().any(|grant| actor.who.rank_at(actor.action, &grant.path) < grant.duty.rank()))
}

/// How high a person stands, by whatever they hold anywhere.
pub async fn rank_of(cx: &Cx, account: &AccountId) -> Result<Rank, Refused> {
    Ok(highest(&grants::of_account(&cx.store, account).await?))
}

/// The refusal of what does not exist.
pub(super) async fn unknown<T>(cx: &Cx, who: &Who, action: Action) -> Result<T, Refused> {
    refuse(cx, who, action, &who.home(), "unknown", Refused::NotFound).await
}

async fn refuse<T>(
    cx: &Cx,
    who: &Who,
    action: Action,
    organisation: &OrganisationId,
    reason: &str,
    refused: Refused,
) -> Result<T, Refused> {
    let mut event = cx.refusal(Kind::AdminRefused, reason).within(organisation);
    event = event.with(serde_json::json!({ "action": action }));
    event.actor = who.actor();
    event.session = who.session().cloned();
    record_refusal(cx, who, event).await?;
    Err(refused)
}

/// Whether somebody may make accounts for a role: nobody makes one above their own level.
pub fn may_make(rank: Rank, role: Role) -> bool {
    match role {
        Role::Patient | Role::Clinician => true,
        Role::Administrator => rank >= Rank::Guardian,
    }
}

/// Records what was refused. Whoever goes on being refused is counted: a flood buys no disk.
pub(crate) async fn record_refusal(cx: &Cx, who: &Who, event: Event) -> Result<(), Refused> {
    if throttle::tells_refusal(cx, who).await? {
        return Ok(cx.record(event).await?);
    }
    cx.note(event.kind, who.client());
    Ok(())
}

/// Seals a reason with the key of the person it is about, for the event that tells of it: it may name them.
pub async fn with_reason(cx: &Cx, mut event: Event, reason: &Reason) -> Result<Event, Refused> {
    let Some(account) = &event.account else { return Ok(event) };
    if let Some(key) = cx.vault.find(account, cx.now).await? {
        event.sealed = Some(key.seal(&reason_context(&event), reason.as_str().as_bytes()));
    }
    Ok(event)
}

/// What a sealed reason is bound to.
pub fn reason_context(event: &Event) -> String {
    format!("event.reason.{}", event.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FactorId;
    use crate::factors::FactorKind;

    #[test]
    fn what_the_policy_does_not_count_makes_nobody_fresh() {
        let now = Timestamp::from_seconds(100_000);
        let proof = |method: FactorKind, age: i64| Proof {
            method,
            at: now.plus(-age),
            factor: FactorId::from_text(method.as_str()),
            user_verified: method == FactorKind::Passkey,
        };
        let keys = Kinds::of(&[FactorKind::SecurityKey]);
        let passkey = [proof(FactorKind::Passkey, 10)];
        let key = [proof(FactorKind::Password, 10), proof(FactorKind::SecurityKey, 10)];
        assert!(is_fresh(&passkey, Kinds::ALL, now) && !is_fresh(&passkey, keys, now));
        assert!(is_fresh(&key, Kinds::ALL, now) && is_fresh(&key, keys, now));
        let old = [proof(FactorKind::Passkey, 301)];
        assert!(!is_fresh(&old, Kinds::ALL, now));
    }
}
