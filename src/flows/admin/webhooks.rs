//! Webhooks as administrators keep them: register one, change it, replace its secret, send something again, remove it.
//!
//! Nobody has a machine told of what they may not see themselves: whoever registers a hook, or manages one, may look at
//! whatever each of its topics is about, there. They alone see its whole address.

use super::{AdminActor, Cx, Refused, Who, absent, authorise, record_refusal};
use crate::audit::{Event, Kind, Topic};
use crate::base::{EventId, OrganisationId, Secret, Timestamp};
use crate::duties::{Action, Path};
use crate::flows::{About, webhooks as telling};
use crate::keys::webhook as signing;
use crate::notifications::webhook::{Delivery, HookId, HookState, MOST_SECRETS, Stopped, Webhook};
use crate::outbound::Target;
use crate::store::webhooks::{self as rows, SecretRow};
use crate::store::{self, Writer, organisations};

/// How many deliveries the page shows.
pub const SHOWN: i64 = 50;

/// A secret as it is listed: which, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSecret {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A secret just made: shown once.
pub struct NewSecret {
    /// Its id.
    pub id: String,
    /// What the receiver verifies with.
    pub secret: Secret<String>,
}

/// A hook as somebody sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The hook.
    pub hook: Webhook,
    /// Where it is told: the whole address for whoever manages it, scheme and host for others.
    pub url: String,
    /// Whether they manage it.
    pub manages: bool,
}

impl Seen {
    fn of(cx: &Cx, who: &Who, hook: Webhook, place: &Path) -> Self {
        let manages =
            who.may_at(Action::WebhookChange, place) && unreadable(who, place, &hook.topics).is_none();
        let target = telling::target(cx, &hook);
        let shown = |target: Target| if manages { target.as_str().to_owned() } else { target.masked() };
        Self { url: target.map(shown).unwrap_or_default(), manages, hook }
    }
}

/// What lets somebody see what a topic is about.
const fn reading(topic: Topic) -> Action {
    match topic {
        Topic::Account | Topic::Factor => Action::AccountRead,
        Topic::Duty => Action::DutyRead,
        Topic::Approval => Action::ApprovalRead,
        Topic::App => Action::ClientRead,
        Topic::Policy => Action::PolicyRead,
    }
}

/// The first action that somebody would need to see what these topics are about, and may not do there.
fn unreadable(who: &Who, place: &Path, topics: &[Topic]) -> Option<Action> {
    topics.iter().map(|topic| reading(*topic)).find(|action| !who.may_at(*action, place))
}

/// Why nobody answers for a hook any more: whoever keeps it may not look after hooks there, or not see what it is told of.
pub(crate) async fn unkept(cx: &Cx, hook: &Webhook) -> Result<Option<Stopped>, store::Error> {
    let (Some(keeper), Some(place)) =
        (absent::find(cx, &hook.keeper).await?, organisations::find(&cx.store, &hook.organisation).await?)
    else {
        return Ok(Some(Stopped::Gone));
    };
    let mut needed = hook.topics.iter().map(|topic| reading(*topic)).chain([Action::WebhookChange]);
    Ok((!needed.all(|action| keeper.may_at(action, &place.path))).then_some(Stopped::LostRight))
}

/// Insists that the actor may see what each topic is about.
async fn may_hear(cx: &Cx, actor: &AdminActor, topics: &[Topic]) -> Result<(), Refused> {
    let Some(lacks) = unreadable(actor.who(), actor.place(), topics) else { return Ok(()) };
    let event = actor.refusal(cx, Kind::AdminRefused, "topic_out_of_sight");
    let event = event.with(serde_json::json!({ "action": actor.action(), "lacks": lacks }));
    record_refusal(cx, actor.who(), event).await?;
    Err(Refused::OutOfSight(lacks))
}

/// The hooks somebody may see, oldest first.
pub async fn visible(cx: &Cx, who: &Who) -> Result<Vec<Seen>, Refused> {
    let mut out = Vec::new();
    for place in who.places(Action::WebhookRead) {
        let found = rows::below(&cx.store, &place).await?;
        out.extend(found.into_iter().map(|(hook, at)| Seen::of(cx, who, hook, &at)));
    }
    Ok(out)
}

/// A hook as whoever this is a proof of sees it.
pub fn seen(cx: &Cx, actor: &AdminActor, hook: &Webhook) -> Seen {
    Seen::of(cx, actor.who(), hook.clone(), actor.place())
}

/// A hook, and the proof that this may be done where it belongs. One out of sight is not there; one that tells of what the
/// actor may not see is not theirs to change.
pub async fn authorised(
    cx: &Cx,
    who: &Who,
    action: Action,
    id: &HookId,
) -> Result<(AdminActor, Webhook), Refused> {
    let found = rows::find(&cx.store, id).await?;
    let place = found.as_ref().map_or_else(|| OrganisationId::from_text(""), |h| h.organisation.clone());
    let actor = authorise(cx, who, action, &place).await?;
    let hook = found.ok_or(Refused::NotFound)?;
    if action == Action::WebhookChange {
        may_hear(cx, &actor, &hook.topics).await?;
    }
    Ok((actor, hook))
}

/// The host a hook is told at, as pages name it.
pub fn host(cx: &Cx, hook: &Webhook) -> String {
    telling::target(cx, hook).map_or_else(|| hook.id.0.clone(), |target| target.host().to_owned())
}

/// A hook's secrets, without what they are.
pub async fn secrets(cx: &Cx, hook: &HookId) -> Result<Vec<KeptSecret>, Refused> {
    let kept = rows::secrets(&cx.store, hook).await?;
    Ok(kept.into_iter().map(|row| KeptSecret { id: row.id, created_at: row.created_at }).collect())
}

/// A hook's newest deliveries, of what the actor may see.
pub async fn deliveries(cx: &Cx, actor: &AdminActor, hook: &HookId) -> Result<Vec<Delivery>, Refused> {
    let mut found = rows::newest(&cx.store, hook, SHOWN).await?;
    let may_see = |topic: Topic| unreadable(actor.who(), actor.place(), &[topic]).is_none();
    found.retain(|delivery| delivery.told.kind.topic().is_some_and(may_see));
    Ok(found)
}

/// The address, if this service would call it now; and what it is told of.
async fn checked(cx: &Cx, actor: &AdminActor, url: &str, topics: &[Topic]) -> Result<Target, Refused> {
    may_hear(cx, actor, topics).await?;
    let target = Target::parse(url).ok_or(Refused::Bad("url"))?;
    if topics.is_empty() {
        return Err(Refused::Bad("topics"));
    }
    cx.outbound.admits(&target).await.map_err(|_| Refused::Bad("not_allowed"))?;
    Ok(target)
}

/// The event of a change; the address may hold what its owner takes for a secret, so only its host is told.
fn changed(cx: &Cx, actor: &AdminActor, hook: &HookId, change: &str, target: Option<&Target>) -> Event {
    let mut detail = serde_json::json!({ "webhook": hook, "change": change });
    if let (Some(members), Some(target)) = (detail.as_object_mut(), target) {
        members.insert("host".to_owned(), target.host().into());
    }
    actor.event(cx, Kind::WebhookChanged).with(detail)
}

fn draw(cx: &Cx, hook: &HookId) -> (SecretRow, NewSecret) {
    let id = EventId::new(cx.now, &cx.entropy).to_string();
    let secret = signing::new_secret(&cx.entropy);
    let sealed = cx.master.seal(&telling::context(hook, &id), secret.expose().as_bytes());
    (SecretRow { id: id.clone(), sealed, created_at: cx.now }, NewSecret { id, secret })
}

/// Registers a hook at the actor's organisation; its secret is shown once.
pub async fn create(
    cx: &Cx,
    actor: &AdminActor,
    url: &str,
    topics: &[Topic],
) -> Result<(Webhook, NewSecret), Refused> {
    actor.is_for(Action::WebhookChange)?;
    let target = checked(cx, actor, url, topics).await?;
    let id = HookId(EventId::new(cx.now, &cx.entropy).to_string());
    let hook = Webhook {
        address: telling::sealed(cx, &id, target.as_str()),
        id,
        organisation: actor.organisation().clone(),
        topics: topics.to_vec(),
        state: HookState::On,
        keeper: actor.who().actor(),
        stopped: None,
        failing_since: None,
        created_at: cx.now,
    };
    let (row, secret) = draw(cx, &hook.id);
    let event = changed(cx, actor, &hook.id, "created", Some(&target));
    cx.store
        .write((hook.clone(), row, event), |w, (hook, row, event)| {
            Box::pin(async move {
                if !rows::insert(w, hook).await? {
                    return Err(Refused::Bad("too_many"));
                }
                rows::add_secret(w, &hook.id, row, 1).await?;
                Ok(w.record(event).await?)
            })
        })
        .await?;
    Ok((hook, secret))
}

/// Changes where a hook is told, and of what.
pub async fn change(
    cx: &Cx,
    actor: &AdminActor,
    hook: &Webhook,
    url: &str,
    topics: &[Topic],
) -> Result<(), Refused> {
    actor.is_for(Action::WebhookChange)?;
    let target = checked(cx, actor, url, topics).await?;
    let event = changed(cx, actor, &hook.id, "changed", Some(&target));
    let address = telling::sealed(cx, &hook.id, target.as_str());
    let input = (hook.id.clone(), (address, topics.to_vec()), event);
    let done = cx.store.write(input, |w, (id, (address, topics), event)| {
        Box::pin(async move {
            let changed = rows::change(w, id, (address, topics), &event.actor).await?;
            recorded(w, changed, event).await
        })
    });
    if done.await? { Ok(()) } else { Err(Refused::NotFound) }
}

async fn recorded(w: &mut Writer, changed: bool, event: &Event) -> Result<bool, store::Error> {
    if changed {
        w.record(event).await?;
    }
    Ok(changed)
}

/// Switches a hook on, which makes it the actor's to answer for, or off. What waits for one that is off waits on.
pub async fn set_on(cx: &Cx, actor: &AdminActor, hook: &Webhook, on: bool) -> Result<(), Refused> {
    actor.is_for(Action::WebhookChange)?;
    let event = changed(cx, actor, &hook.id, if on { "switched_on" } else { "switched_off" }, None);
    let done = cx.store.write((hook.id.clone(), on, event), |w, (id, on, event)| {
        Box::pin(async move {
            let changed = rows::set_state(w, id, on.then_some(&event.actor)).await?;
            recorded(w, changed, event).await
        })
    });
    if done.await? { Ok(()) } else { Err(Refused::Already) }
}

/// Adds a secret beside the one that is valid; each request is signed with both until the old one is removed.
pub async fn add_secret(cx: &Cx, actor: &AdminActor, hook: &Webhook) -> Result<NewSecret, Refused> {
    actor.is_for(Action::WebhookChange)?;
    let (row, secret) = draw(cx, &hook.id);
    let event = changed(cx, actor, &hook.id, "secret_added", None);
    let most = i64::try_from(MOST_SECRETS).unwrap_or(i64::MAX);
    let done = cx.store.write((hook.id.clone(), row, most, event), |w, (id, row, most, event)| {
        Box::pin(async move {
            let added = rows::add_secret(w, id, row, *most).await?;
            recorded(w, added, event).await
        })
    });
    if done.await? { Ok(secret) } else { Err(Refused::Bad("too_many_secrets")) }
}

/// Removes a secret; the last one stays.
pub async fn remove_secret(cx: &Cx, actor: &AdminActor, hook: &Webhook, secret: &str) -> Result<(), Refused> {
    actor.is_for(Action::WebhookChange)?;
    let event = changed(cx, actor, &hook.id, "secret_removed", None);
    let done = cx.store.write((hook.id.clone(), secret.to_owned(), event), |w, (id, secret, event)| {
        Box::pin(async move {
            let removed = rows::remove_secret(w, id, secret).await?;
            recorded(w, removed, event).await
        })
    });
    if done.await? { Ok(()) } else { Err(Refused::Bad("last_secret")) }
}

/// Sends a delivery again, whatever became of it; the message keeps its id.
pub async fn send_again(cx: &Cx, actor: &AdminActor, hook: &Webhook, event: &str) -> Result<(), Refused> {
    actor.is_for(Action::WebhookChange)?;
    let told = changed(cx, actor, &hook.id, "sent_again", None);
    let input = (hook.id.clone(), EventId::from_text(event), cx.now, told);
    let done = cx.store.write(input, |w, (id, event, now, told)| {
        Box::pin(async move {
            let due = rows::send_again(w, id, event, *now).await?;
            recorded(w, due, told).await
        })
    });
    if done.await? { Ok(()) } else { Err(Refused::Already) }
}

/// Removes a hook and what waits for it.
pub async fn remove(cx: &Cx, actor: &AdminActor, hook: &Webhook) -> Result<(), Refused> {
    actor.is_for(Action::WebhookChange)?;
    let event = changed(cx, actor, &hook.id, "removed", None);
    let done = cx.store.write((hook.id.clone(), event), |w, (id, event)| {
        Box::pin(async move {
            let removed = rows::remove(w, id).await?;
            recorded(w, removed, event).await
        })
    });
    if done.await? { Ok(()) } else { Err(Refused::NotFound) }
}
