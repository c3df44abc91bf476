//! Webhooks: the list, one of them with what it was sent, and what is changed about it.

use axum::extract::{Path, RawQuery};
use axum::response::Response;

use super::apps::parameter;
use super::{Admin, AdminForm, shown};
use crate::audit::Topic;
use crate::duties::Action;
use crate::flows::PageError;
use crate::flows::admin::webhooks::{self as flow, Seen};
use crate::flows::admin::{AdminActor, Refused, organisations};
use crate::flows::clients::shown as once;
use crate::notifications::webhook::{Delivery, HookId, HookState, MOST_SECRETS, Standing, Stopped, Webhook};
use crate::oidc::authorize::RawRequest;
use crate::web::error::when;
use crate::web::pages::admin::webhooks::{
    DeliveryRow, DeliveryWord, HookError, HookRow, HookSecretRow, HookWord, TopicChoice, TopicWord,
    WebhookPage, WebhookRemovePage, WebhooksPage,
};
use crate::web::pages::admin::{AdminShell, Done};
use crate::web::pages::render;
use crate::web::{answers, error, paths};

fn at(hook: &HookId) -> String {
    format!("{}/{}", paths::ADMIN_WEBHOOKS, hook.0)
}

fn id(text: &str) -> HookId {
    HookId(shown::plain_id(text).to_owned())
}

/// What a form may be told about, beside the pages of refusals.
fn form_error(why: &Refused) -> Option<HookError> {
    Some(match why {
        Refused::Bad("url") => HookError::Url,
        Refused::Bad("not_allowed") => HookError::NotAllowed,
        Refused::Bad("topics") => HookError::Topics,
        Refused::Bad("too_many") => HookError::TooMany,
        Refused::Bad("too_many_secrets") => HookError::TooManySecrets,
        Refused::Bad("last_secret") => HookError::LastSecret,
        Refused::Already => HookError::Busy,
        _ => return None,
    })
}

fn status(error: Option<HookError>) -> u16 {
    match error {
        None => 200,
        Some(HookError::Url | HookError::NotAllowed | HookError::Topics) => 400,
        Some(HookError::TooMany | HookError::TooManySecrets | HookError::LastSecret | HookError::Busy) => 409,
    }
}

fn word(topic: Topic) -> TopicWord {
    match topic {
        Topic::Account => TopicWord::Account,
        Topic::Factor => TopicWord::Factor,
        Topic::Duty => TopicWord::Duty,
        Topic::Approval => TopicWord::Approval,
        Topic::App => TopicWord::App,
        Topic::Policy => TopicWord::Policy,
    }
}

fn standing(hook: &Webhook) -> HookWord {
    match (hook.state, hook.failing_since) {
        (HookState::Off, _) if hook.stopped == Some(Stopped::LostRight) => HookWord::LostRight,
        (HookState::Off, _) if hook.stopped == Some(Stopped::Gone) => HookWord::Gone,
        (HookState::On, None) => HookWord::On,
        (HookState::On, Some(_)) => HookWord::Trouble,
        (HookState::Off, _) => HookWord::Off,
        (HookState::Failing, _) => HookWord::Failing,
    }
}

/// The topics a form names.
fn chosen(form: &RawRequest) -> Vec<Topic> {
    let named = |topic: &Topic| form.get(&format!("topic-{topic}")).is_some();
    Topic::ALL.iter().copied().filter(named).collect()
}

fn choices(chosen: &[Topic]) -> Vec<TopicChoice> {
    let choice = |topic: &Topic| TopicChoice {
        value: topic.as_str(),
        word: word(*topic),
        kinds: topic.kinds().iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", "),
        chosen: chosen.contains(topic),
    };
    Topic::ALL.iter().map(choice).collect()
}

// ---- the list

pub(super) async fn list(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let mut frame = shown::frame(&admin, paths::ADMIN_WEBHOOKS);
    frame.done = shown::done(query.as_deref());
    all(&admin, frame, &RawRequest::default(), None).await
}

async fn all(admin: &Admin, frame: AdminShell, form: &RawRequest, error: Option<HookError>) -> Response {
    match draw_all(admin, frame, form, error).await {
        Ok(page) => answers::page(status(error), render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

async fn draw_all(
    admin: &Admin,
    frame: AdminShell,
    form: &RawRequest,
    error: Option<HookError>,
) -> Result<WebhooksPage, Refused> {
    let cx = &admin.caller.cx;
    let seen = organisations::visible(cx, &admin.who, Action::WebhookRead).await?;
    let name = |hook: &Webhook| {
        let found = seen.iter().find(|o| o.id == hook.organisation);
        found.map_or_else(|| hook.organisation.to_string(), |o| o.name.clone())
    };
    let row = |seen: &Seen| HookRow {
        host: flow::host(cx, &seen.hook),
        url: at(&seen.hook.id),
        organisation: name(&seen.hook),
        topics: seen.hook.topics.iter().copied().map(word).collect(),
        standing: standing(&seen.hook),
    };
    let wished = form.get("organisation").unwrap_or_default();
    let places = seen.iter().filter(|o| admin.who.may_at(Action::WebhookChange, &o.path));
    Ok(WebhooksPage {
        frame,
        hooks: flow::visible(cx, &admin.who).await?.iter().map(row).collect(),
        organisations: places.map(|o| (o.id.to_string(), o.name.clone(), o.id.as_str() == wished)).collect(),
        typed: form.get("url").unwrap_or_default().to_owned(),
        topics: choices(&chosen(form)),
        error,
    })
}

pub(super) async fn create(AdminForm { admin, form }: AdminForm) -> Response {
    let cx = &admin.caller.cx;
    let made = async {
        let actor = admin.at(&shown::organisation(form.get("organisation").unwrap_or_default())).await?;
        flow::create(cx, &actor, form.get("url").unwrap_or_default(), &chosen(&form)).await
    };
    match made.await {
        Ok((hook, new)) => show_secret(&admin, &hook.id, new.secret.expose()).await,
        Err(why) => match form_error(&why) {
            Some(error) => all(&admin, shown::frame(&admin, paths::ADMIN_WEBHOOKS), &form, Some(error)).await,
            None => admin.refuse(why).await,
        },
    }
}

/// Leads to the hook's page, where its new secret is shown once.
async fn show_secret(admin: &Admin, hook: &HookId, secret: &str) -> Response {
    match once::keep(&admin.caller.cx, &admin.person().session.session, &hook.0, secret).await {
        Ok(ticket) => answers::redirect(&format!("{}?ticket={}", at(hook), ticket.expose())),
        Err(why) => error::of(&admin.caller, &why),
    }
}

// ---- one hook

async fn found(admin: &Admin, text: &str) -> Result<(AdminActor, Webhook), Refused> {
    flow::authorised(&admin.caller.cx, &admin.who, admin.action, &id(text)).await
}

pub(super) async fn show(admin: Admin, Path(hook): Path<String>, RawQuery(query): RawQuery) -> Response {
    let hook = match found(&admin, &hook).await {
        Ok((_, hook)) => hook,
        Err(why) => return admin.refuse(why).await,
    };
    let ticket = parameter(query.as_deref(), "ticket").unwrap_or_default();
    let secret =
        match once::look(&admin.caller.cx, &admin.person().session.session, &hook.id.0, &ticket).await {
            Ok(secret) => secret.map(|secret| (secret, ticket)),
            Err(why) => return error::of(&admin.caller, &why),
        };
    let mut frame = shown::frame(&admin, paths::ADMIN_WEBHOOKS);
    frame.done = shown::done(query.as_deref());
    one(&admin, &hook, frame, Drawn { secret, ..Drawn::default() }).await
}

/// What a page shows besides what is kept.
#[derive(Default)]
struct Drawn {
    secret: Option<(String, String)>,
    form: Option<RawRequest>,
    error: Option<HookError>,
}

async fn one(admin: &Admin, hook: &Webhook, frame: AdminShell, drawn: Drawn) -> Response {
    match draw(admin, hook, frame, drawn).await {
        Ok(page) => answers::page(status(page.error), render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

async fn draw(
    admin: &Admin,
    hook: &Webhook,
    frame: AdminShell,
    drawn: Drawn,
) -> Result<WebhookPage, Refused> {
    let cx = &admin.caller.cx;
    let (actor, _) = flow::authorised(cx, &admin.who, Action::WebhookRead, &hook.id).await?;
    let secrets = flow::secrets(cx, &hook.id).await?;
    let seen = flow::seen(cx, &actor, hook);
    let typed = drawn.form.as_ref();
    Ok(WebhookPage {
        frame,
        title: flow::host(cx, hook),
        url: at(&hook.id),
        organisation: organisations::get(cx, &actor).await?.name,
        standing: standing(hook),
        failing: hook.failing_since.filter(|_| hook.state == HookState::On).map(when),
        secret: drawn.secret,
        may_add: secrets.len() < MOST_SECRETS,
        secrets: secrets.into_iter().map(|s| HookSecretRow { id: s.id, since: when(s.created_at) }).collect(),
        typed: typed.and_then(|form| form.get("url")).unwrap_or(&seen.url).to_owned(),
        topics: choices(&typed.map_or_else(|| hook.topics.clone(), chosen)),
        deliveries: flow::deliveries(cx, &actor, &hook.id).await?.iter().map(delivery).collect(),
        may_change: seen.manages,
        error: drawn.error,
    })
}

fn delivery(delivery: &Delivery) -> DeliveryRow {
    let (standing, next) = match delivery.standing {
        Standing::Waits(at) => (DeliveryWord::Waits, (delivery.attempts > 0).then(|| when(at))),
        Standing::Done(_) => (DeliveryWord::Done, None),
        Standing::Dead(_) => (DeliveryWord::Dead, None),
    };
    let status = delivery.status.map(|status| status.to_string());
    DeliveryRow {
        event: delivery.told.event.to_string(),
        kind: delivery.told.kind.to_string(),
        at: when(delivery.told.at),
        standing,
        next,
        attempts: delivery.attempts,
        said: status.or_else(|| delivery.failure.clone()).unwrap_or_else(|| "–".to_owned()),
    }
}

/// The answer to a change: the page that says so, the form with what is wrong, or the page of a refusal.
async fn after(
    admin: &Admin,
    hook: &Webhook,
    done: Done,
    changed: Result<(), Refused>,
    form: Option<RawRequest>,
) -> Response {
    let why = match changed {
        Ok(()) => return answers::redirect(&format!("{}?done={}", at(&hook.id), done.word())),
        Err(why) => why,
    };
    match form_error(&why) {
        Some(error) => {
            let frame = shown::frame(admin, paths::ADMIN_WEBHOOKS);
            one(admin, hook, frame, Drawn { form, error: Some(error), secret: None }).await
        }
        None => admin.refuse(why).await,
    }
}

pub(super) async fn change(Path(hook): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let (actor, hook) = match found(&admin, &hook).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    let url = form.get("url").unwrap_or_default();
    let changed = flow::change(&admin.caller.cx, &actor, &hook, url, &chosen(&form)).await;
    after(&admin, &hook, Done::HookChanged, changed, Some(form)).await
}

pub(super) async fn set_state(Path(hook): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let (actor, hook) = match found(&admin, &hook).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    let on = match form.get("state") {
        Some("on") => true,
        Some("off") => false,
        _ => return error::of(&admin.caller, &PageError::Bad("state")),
    };
    let changed = match flow::set_on(&admin.caller.cx, &actor, &hook, on).await {
        Err(Refused::Already) => Ok(()),
        other => other,
    };
    after(&admin, &hook, Done::HookChanged, changed, None).await
}

pub(super) async fn add_secret(Path(hook): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let (actor, hook) = match found(&admin, &hook).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    if form.get("add").is_none() {
        return error::of(&admin.caller, &PageError::Bad("add"));
    }
    match flow::add_secret(&admin.caller.cx, &actor, &hook).await {
        Ok(new) => show_secret(&admin, &hook.id, new.secret.expose()).await,
        Err(why) => after(&admin, &hook, Done::HookChanged, Err(why), None).await,
    }
}

pub(super) async fn remove_secret(
    Path(hook): Path<String>,
    AdminForm { admin, form }: AdminForm,
) -> Response {
    let (actor, hook) = match found(&admin, &hook).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    let secret = form.get("secret").unwrap_or_default();
    let removed = flow::remove_secret(&admin.caller.cx, &actor, &hook, secret).await;
    after(&admin, &hook, Done::HookChanged, removed, None).await
}

/// The secret is in its place: it is not shown again.
pub(super) async fn secret_kept(Path(hook): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let (_, hook) = match found(&admin, &hook).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    let ticket = form.get("ticket").unwrap_or_default();
    match once::forget(&admin.caller.cx, &admin.person().session.session, &hook.id.0, ticket).await {
        Ok(true) => answers::redirect(&at(&hook.id)),
        Ok(false) => error::of(&admin.caller, &PageError::Bad("ticket")),
        Err(why) => error::of(&admin.caller, &why),
    }
}

pub(super) async fn send_again(Path(hook): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let (actor, hook) = match found(&admin, &hook).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    let event = shown::plain_id(form.get("event").unwrap_or_default());
    let sent = flow::send_again(&admin.caller.cx, &actor, &hook, event).await;
    after(&admin, &hook, Done::HookAgain, sent, None).await
}

pub(super) async fn ask_remove(admin: Admin, Path(hook): Path<String>) -> Response {
    match found(&admin, &hook).await {
        Ok((_, hook)) => {
            let frame = shown::frame(&admin, paths::ADMIN_WEBHOOKS);
            let page =
                WebhookRemovePage { frame, title: flow::host(&admin.caller.cx, &hook), url: at(&hook.id) };
            answers::page(200, render(&page), None)
        }
        Err(why) => admin.refuse(why).await,
    }
}

pub(super) async fn remove(Path(hook): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let (actor, hook) = match found(&admin, &hook).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    if form.get("remove").is_none() {
        return error::of(&admin.caller, &PageError::Bad("remove"));
    }
    match flow::remove(&admin.caller.cx, &actor, &hook).await {
        Ok(()) => answers::redirect(&format!("{}?done={}", paths::ADMIN_WEBHOOKS, Done::HookRemoved.word())),
        Err(why) => admin.refuse(why).await,
    }
}
