//! Changing a registered app: its registration as a whole, its stage, its secrets. One guarded replacement each, so that
//! two who change it at once never undo each other.

use serde_json::Value;

use super::super::admin::{self, AdminActor, Refused, Who};
use super::super::{About, Cx};
use super::fetched::{self, NotSeen};
use super::watch;
use crate::audit::{Event, Kind, Outcome};
use crate::base::{ClientId, Digest, OrganisationId, Token};
use crate::clients::secret::{self, Kept};
use crate::clients::{Client, ClientSecret, ClientState, Stage, lint, metadata, sector};
use crate::duties::{Action, AdminScope};
use crate::store::{self, clients};

/// How often a change is tried again when somebody else changed the app meanwhile.
const ROUNDS: usize = 8;

/// Why an app stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum Unchanged {
    /// There is no such app.
    #[error("there is no such app")]
    Unknown,
    /// The registration is wrong; the text names the member and the fix.
    #[error("{0}")]
    Invalid(#[from] metadata::Invalid),
    /// The secrets stay.
    #[error("{0}")]
    Secret(#[from] Kept),
    /// It would take protection away from people, which its developer may not decide.
    #[error("{0}: only who runs the service may set this")]
    Privileged(&'static str),
    /// The app acts as an administrator, or would: only whoever may do as much themselves decides over that.
    #[error("{0}: who may do as much themselves has to set this, with a fresh sign-in")]
    Empowers(AdminScope),
    /// Everybody would get another `sub`, and be a stranger to the app.
    #[error(
        "redirect_uris: their host names the sector of every sub, so it stays once an app is live or people have signed in to it; register another app instead"
    )]
    Sector,
    /// Somebody else changed it since it was looked at.
    #[error("somebody else changed this app meanwhile; look at what it says now, and change it again")]
    Stale,
    /// Somebody above whoever asks stopped it.
    #[error("a security officer or an owner stopped this app, so one of them has to let it go on")]
    Held,
    /// The lint found what a live app may not have.
    #[error("{} {}", .0.what, .0.fix)]
    Lint(Box<lint::Finding>),
    /// Somebody else went on changing it.
    #[error("somebody else is changing this app; try again")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<NotSeen> for Unchanged {
    fn from(why: NotSeen) -> Self {
        match why {
            NotSeen::Invalid(why) => Self::Invalid(why),
            NotSeen::Store(error) => Self::Store(error),
        }
    }
}

/// Which apps a caller may touch: those of these organisations, or all.
#[derive(Clone, Debug)]
pub enum Within {
    /// Every one: a command at the host.
    All,
    /// Those that belong to one of these, but for what makes an app an administrator.
    These(Vec<OrganisationId>),
    /// Those of this organisation; these scopes may be handed to a machine.
    Trusted(OrganisationId, Vec<AdminScope>),
}

impl Within {
    /// Whether an app is inside; one outside does not exist for the caller.
    pub fn holds(&self, client: &Client) -> bool {
        match self {
            Self::All => true,
            Self::These(all) => all.contains(&client.organisation),
            Self::Trusted(one, _) => *one == client.organisation,
        }
    }

    /// Those of an actor's organisation, and the scopes that whoever acts may hand to a machine there.
    pub fn of(actor: &AdminActor) -> Self {
        let scopes = AdminScope::ALL.iter().copied().filter(|scope| actor.may_hand_out(*scope));
        Self::Trusted(actor.organisation().clone(), scopes.collect())
    }

    /// Whether an app that has these scopes may be given more: scopes, secrets, keys, or its life back.
    pub(super) fn may_empower(&self, client: &Client) -> Result<(), Unchanged> {
        let handed = |scope: &AdminScope| match self {
            Self::All => true,
            Self::These(_) => false,
            Self::Trusted(_, scopes) => scopes.contains(scope),
        };
        let registered = &client.metadata.scope;
        let has = |scope: &&AdminScope| registered.contains(scope.as_str());
        match AdminScope::ALL.iter().filter(has).find(|scope| !handed(scope)) {
            Some(scope) => Err(Unchanged::Empowers(*scope)),
            None => Ok(()),
        }
    }
}

/// What an app is as administrators see it; changes with each change of it.
pub fn revision(client: &Client) -> Digest {
    let secrets: Vec<_> = client.secrets.iter().map(|secret| (&secret.id, &secret.label)).collect();
    let all = serde_json::json!([
        client.id,
        client.organisation,
        client.state,
        client.stage,
        client.metadata.to_json(),
        client.policy.to_json(),
        secrets,
    ]);
    Digest::of(all.to_string())
}

/// What [`Unchanged::Empowers`] means for whoever tried: a fresh sign-in is missing, or they never may. The refusal is
/// recorded.
pub async fn may_not_empower(cx: &Cx, who: &Who, organisation: &OrganisationId) -> Refused {
    match admin::authorise(cx, who, Action::ClientEmpower, organisation).await {
        Ok(actor) => {
            let event = actor.refusal(cx, Kind::AdminRefused, "above_own_level");
            let event = event.with(serde_json::json!({ "action": Action::ClientEmpower }));
            match admin::record_refusal(cx, who, event).await {
                Ok(()) => Refused::Forbidden,
                Err(why) => why,
            }
        }
        Err(why) => why,
    }
}

/// A secret that was just made: shown once.
#[derive(Debug)]
pub struct NewSecret {
    /// Its id.
    pub id: String,
    /// The secret itself.
    pub token: Token,
}

/// Adds a secret beside the one that is valid.
pub async fn add_secret(
    cx: &Cx,
    within: &Within,
    id: &ClientId,
    label: &str,
) -> Result<NewSecret, Unchanged> {
    let token = super::draw_secret(cx);
    let made = ClientSecret::new(token.digest(), secret::label(label)?, cx.now);
    let event = cx.event(Kind::ClientSecretAdded, Outcome::Ok).with(serde_json::json!({ "secret": made.id }));
    let name = made.id.clone();
    let (allowed, master, drawn) = (within.clone(), cx.master.clone(), token.clone());
    change_row(cx, within, id, event, move |client| {
        allowed.may_empower(client)?;
        client.secrets = secret::with(client, super::sealed(&master, client, made.clone(), &drawn))?;
        Ok(())
    })
    .await?;
    Ok(NewSecret { id: name, token })
}

/// Takes a secret away; what was issued with it stays.
pub async fn remove_secret(cx: &Cx, within: &Within, id: &ClientId, name: &str) -> Result<(), Unchanged> {
    let event = cx.event(Kind::ClientSecretRemoved, Outcome::Ok).with(serde_json::json!({ "secret": name }));
    let name = name.to_owned();
    change_row(cx, within, id, event, move |client| {
        client.secrets = secret::without(client, &name)?;
        Ok(())
    })
    .await
}

/// Replaces the registration: RFC 7591 metadata with a `policy`. Unlike at registration, a member nobody knows is
/// refused: a misspelt one would silently fall back to its default.
pub async fn change(cx: &Cx, within: &Within, id: &ClientId, document: &Value) -> Result<(), Unchanged> {
    change_from(cx, within, id, None, document).await
}

/// As [`change`], where the app is still what somebody looked at.
pub async fn change_from(
    cx: &Cx,
    within: &Within,
    id: &ClientId,
    seen: Option<Digest>,
    document: &Value,
) -> Result<(), Unchanged> {
    metadata::refuse_unknown(document)?;
    let (registered, policy) = metadata::parse(document)?;
    let event = cx.event(Kind::ClientChanged, Outcome::Ok);
    let allowed = within.clone();
    let known = clients::find(&cx.store, id).await?.filter(|client| within.holds(client));
    let known = known.ok_or(Unchanged::Unknown)?;
    let logo = fetched::look(cx, &registered, Some((&known.metadata, known.logo.as_deref()))).await?;
    change_row(cx, within, id, event, move |client| {
        let before = client.clone();
        if seen.is_some_and(|seen| !seen.same(&revision(client))) {
            return Err(Unchanged::Stale);
        }
        client.name = registered.client_name.clone().unwrap_or_else(|| client.id.to_string());
        (client.metadata, client.policy) = (registered.clone(), policy.clone());
        client.logo.clone_from(&logo);
        // Taking such a scope away is as much as giving it: the secrets would wait for the day it comes back.
        allowed.may_empower(&before)?;
        allowed.may_empower(client)?;
        check_change(&before, client)
    })
    .await
}

/// Stops an app, or lets it go on.
pub async fn set_state(
    cx: &Cx,
    actor: &AdminActor,
    within: &Within,
    client: &Client,
    state: ClientState,
) -> Result<(), Unchanged> {
    if !within.holds(client) {
        return Err(Unchanged::Unknown);
    }
    if state == ClientState::Enabled {
        within.may_empower(client)?;
    }
    super::set_state_by(cx, actor, client, state).await
}

/// What a change may not do, whoever makes it here.
pub(in crate::flows) fn check_change(before: &Client, after: &mut Client) -> Result<(), Unchanged> {
    if let Some(member) = after.policy.privileged_beyond(Some(&before.policy)) {
        return Err(Unchanged::Privileged(member));
    }
    metadata::check_new(&after.metadata, Some(&before.metadata))?;
    // What was tried on a developer's own device is nobody's name yet.
    let tried = before.stage == Stage::Test && !sector::is_of_a_web_host(&before.metadata);
    let fixed = before.stage == Stage::Live || (before.is_named && !tried);
    if fixed && before.sector()? != after.sector()? {
        return Err(Unchanged::Sector);
    }
    if after.stage == Stage::Live {
        refuse_errors(after)?;
    }
    after.secrets = secret::fitting(after);
    Ok(())
}

/// Lets people depend on the app, or takes it back to its developers. What the lint calls an error keeps it out.
pub async fn set_stage(cx: &Cx, within: &Within, id: &ClientId, stage: Stage) -> Result<(), Unchanged> {
    let event = cx.event(Kind::ClientChanged, Outcome::Ok).with(serde_json::json!({ "stage": stage }));
    change_row(cx, within, id, event, move |client| {
        client.stage = stage;
        if stage == Stage::Live {
            refuse_errors(client)?;
            if client.secrets.is_empty() && secret::uses_secrets(client) {
                return Err(Unchanged::Secret(Kept::Last));
            }
        }
        Ok(())
    })
    .await
}

/// Writes the requests of a live app down for its developer, for an hour; or stops.
pub async fn set_watched(cx: &Cx, within: &Within, id: &ClientId, on: bool) -> Result<(), Unchanged> {
    let until = if on { cx.now.plus(watch::KEPT) } else { cx.now };
    let event = cx.event(Kind::ClientChanged, Outcome::Ok).with(serde_json::json!({ "watched": on }));
    change_row(cx, within, id, event, move |client| {
        client.watched_until = until;
        Ok(())
    })
    .await
}

pub(in crate::flows) fn refuse_errors(client: &Client) -> Result<(), Unchanged> {
    match findings(client).into_iter().find(|finding| finding.grade == lint::Grade::Error) {
        Some(finding) => Err(Unchanged::Lint(Box::new(finding))),
        None => Ok(()),
    }
}

/// What the lint says about an app as it is registered.
pub fn findings(client: &Client) -> Vec<lint::Finding> {
    let about = lint::About {
        stage: client.stage,
        application: client.metadata.application_type,
        one_host: client.metadata.is_of_one_host(),
    };
    lint::lint(client.metadata.redirect_uris.iter().map(|uri| uri.as_str()), about)
}

/// Adds which members of a registration changed; never what they say, which may be personal or long.
pub(in crate::flows) fn tell_changes(event: &mut Event, before: &Client, after: &Client) {
    let (old, new) = (members(before), members(after));
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed: Vec<&String> = names.into_iter().filter(|name| old.get(*name) != new.get(*name)).collect();
    if changed.is_empty() {
        return;
    }
    let detail = event.detail.get_or_insert_with(|| serde_json::json!({}));
    if let Some(detail) = detail.as_object_mut() {
        detail.insert("changed".to_owned(), serde_json::json!(changed));
    }
}

/// A registration's members by name, those of its policy with theirs.
fn members(client: &Client) -> serde_json::Map<String, Value> {
    let mut members = client.metadata.to_json();
    if let Value::Object(policy) = client.policy.to_json() {
        members.extend(policy.into_iter().map(|(name, value)| (format!("policy.{name}"), value)));
    }
    members
}

/// Changes one row and records it; an app outside is unknown. Tried again when somebody else was first.
async fn change_row(
    cx: &Cx,
    within: &Within,
    id: &ClientId,
    event: Event,
    change: impl Fn(&mut Client) -> Result<(), Unchanged> + Clone + Send + Sync + 'static,
) -> Result<(), Unchanged> {
    let event = event.app(id);
    for _ in 0..ROUNDS {
        let change = change.clone();
        let input = (id.clone(), within.clone(), event.clone(), cx.now);
        let changed = cx
            .store
            .write(input, move |w, (id, within, event, now)| {
                let change = change.clone();
                Box::pin(async move {
                    let found = clients::find_seen(w, id).await?;
                    let (mut client, seen) =
                        found.filter(|(client, _)| within.holds(client)).ok_or(Unchanged::Unknown)?;
                    let before = client.clone();
                    change(&mut client)?;
                    if !clients::replace(w, &seen, &client, *now).await? {
                        return Ok::<_, Unchanged>(false);
                    }
                    let mut event = event.clone();
                    event.organisation = client.organisation.clone();
                    tell_changes(&mut event, &before, &client);
                    w.record(&event).await?;
                    Ok(true)
                })
            })
            .await?;
        if changed {
            cx.clients.forget(id);
            return Ok(());
        }
    }
    Err(Unchanged::Busy)
}
