//! Webhooks: the list, one of them, a new one, what it is told of, its secrets, what it was sent.

use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Machine;
use super::input::{Id, Json, Pair};
use super::page::{Page, tagged, unchanged, version};
use super::problem::Problem;
use super::shown::{created, nothing, plain};
use crate::audit::{Kind, Topic};
use crate::flows::admin::webhooks::{self as flow, Seen};
use crate::flows::admin::{AdminActor, Refused};
use crate::notifications::webhook::{
    Delivery as Sent, HookId, HookState, Standing, Stopped, Webhook as Hook,
};
use crate::web::answers;

/// A webhook.
#[derive(Serialize, ToSchema)]
pub(super) struct Webhook {
    /// Its id.
    id: String,
    /// Whose it is; it is told of what happens there and below.
    organisation: String,
    /// Where it is told: the whole address for a client that may change it, scheme and host for others.
    url: String,
    /// What it is told of.
    topics: Vec<Topic>,
    /// Whether it is told.
    state: HookState,
    /// Who answers for it, as the trail names them: whoever registered it, changed it or enabled it last.
    keeper: String,
    /// Why it was switched off, where whoever keeps it may not any more: enable it to answer for it from then on.
    stopped: Option<Stopped>,
    /// Since when nothing reached it, where the last attempt failed.
    #[schema(format = DateTime)]
    failing_since: Option<String>,
    /// When it was registered.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A new webhook.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    /// Whose it is; the client's own organisation where nothing is said.
    organisation: Option<String>,
    /// A full https address.
    #[schema(max_length = 2000)]
    url: String,
    /// What it is told of.
    #[schema(min_items = 1)]
    topics: Vec<Topic>,
}

/// Another address, or other topics.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookChange {
    /// A full https address.
    #[schema(max_length = 2000)]
    url: String,
    /// What it is told of.
    #[schema(min_items = 1)]
    topics: Vec<Topic>,
}

/// A webhook that was just registered.
#[derive(Serialize, ToSchema)]
pub(super) struct RegisteredWebhook {
    /// The webhook.
    #[serde(flatten)]
    webhook: Webhook,
    /// The id of its secret.
    secret_id: String,
    /// Its secret. It is told here and nowhere else.
    secret: String,
}

/// A secret that was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookSecret {
    /// Its id.
    id: String,
    /// The secret. It is told here and nowhere else.
    secret: String,
}

/// An event on its way to a webhook.
#[derive(Serialize, ToSchema)]
pub(super) struct Delivery {
    /// The event's id, which is the message's.
    event: String,
    /// What happened.
    kind: Kind,
    /// When it happened.
    #[schema(format = DateTime)]
    at: String,
    /// How often it was tried.
    attempts: i64,
    /// `waits`, `done` or `dead`.
    state: &'static str,
    /// When it is tried next, arrived, or was given up.
    #[schema(format = DateTime)]
    since: String,
    /// The last answer's status.
    status: Option<u16>,
    /// Why there was no answer, or none that counts.
    failure: Option<String>,
}

impl From<Seen> for Webhook {
    fn from(Seen { hook, url, .. }: Seen) -> Self {
        Self {
            id: hook.id.0,
            organisation: hook.organisation.to_string(),
            url,
            topics: hook.topics,
            state: hook.state,
            keeper: hook.keeper.to_text(),
            stopped: hook.stopped,
            failing_since: hook.failing_since.map(|at| at.to_rfc3339()),
            created_at: hook.created_at.to_rfc3339(),
        }
    }
}

impl From<&Sent> for Delivery {
    fn from(sent: &Sent) -> Self {
        let (state, since) = match sent.standing {
            Standing::Waits(at) => ("waits", at),
            Standing::Done(at) => ("done", at),
            Standing::Dead(at) => ("dead", at),
        };
        Self {
            event: sent.told.event.to_string(),
            kind: sent.told.kind,
            at: sent.told.at.to_rfc3339(),
            attempts: sent.attempts,
            state,
            since: since.to_rfc3339(),
            status: sent.status,
            failure: sent.failure.clone(),
        }
    }
}

impl Machine {
    /// The webhook of an id, and the proof that this may be done with it.
    async fn webhook(&self, id: &str) -> Result<(AdminActor, Hook), Response> {
        let id = HookId(plain(id).to_owned());
        self.done(flow::authorised(&self.cx, &self.who, self.action, &id).await)
    }

    /// What became of a change of a webhook.
    fn hooked<T>(&self, result: Result<T, Refused>) -> Result<T, Response> {
        result.map_err(|why| match why {
            Refused::Bad("too_many") => {
                self.problem(&Problem::new("VS-4090", "This organisation has 20 webhooks. Remove one first."))
            }
            Refused::Bad("too_many_secrets") => {
                self.problem(&Problem::new("VS-4090", "Two secrets are valid already. Remove one first."))
            }
            Refused::Bad("last_secret") => self.problem(&Problem::new(
                "VS-4090",
                "There is no such secret, or it is the last one, which stays.",
            )),
            Refused::Bad("not_allowed") => {
                let detail =
                    "url: this service calls public addresses by https alone, and what outbound.allow lists.";
                self.problem(&Problem::new("VS-4000", detail))
            }
            other => self.refuse(&other),
        })
    }

    /// A webhook as it is now.
    async fn shows_webhook(&self, headers: &HeaderMap, id: &HookId) -> Result<Response, Response> {
        let (actor, hook) = self.webhook(&id.0).await?;
        let shown = Webhook::from(flow::seen(&self.cx, &actor, &hook));
        Ok(tagged(headers, &version(&shown), &shown))
    }
}

/// The webhooks the client reaches, oldest first.
#[utoipa::path(
    get,
    path = "/api/admin/v1/webhooks",
    tag = "webhooks",
    operation_id = "list_webhooks",
    responses((status = 200, description = "All of them.", body = Page<Webhook>))
)]
pub(super) async fn list(machine: Machine) -> Result<Response, Response> {
    let all = machine.done(flow::visible(&machine.cx, &machine.who).await)?;
    Ok(answers::json(200, &Page { items: all.into_iter().map(Webhook::from).collect(), next: None }))
}

/// One webhook.
#[utoipa::path(
    get,
    path = "/api/admin/v1/webhooks/{id}",
    tag = "webhooks",
    operation_id = "get_webhook",
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The webhook.", body = Webhook, headers(("ETag" = String))),
        (status = 304, description = "The client has this version.")
    )
)]
pub(super) async fn get(machine: Machine, headers: HeaderMap, Id(id): Id) -> Result<Response, Response> {
    machine.shows_webhook(&headers, &HookId(id)).await
}

/// Register a webhook. Its secret is told in the answer. A client has it told of what it may see itself: `account` and `factor`
/// take `admin:read` beside, so does `approval`; `duty` takes `admin:audit`, `policy` `admin:policy`.
#[utoipa::path(
    post,
    path = "/api/admin/v1/webhooks",
    tag = "webhooks",
    operation_id = "create_webhook",
    request_body = NewWebhook,
    responses((
        status = 201,
        description = "It is registered.",
        body = RegisteredWebhook,
        headers(("Location" = String))
    ), (status = 409))
)]
pub(super) async fn create(machine: Machine, Json(new): Json<NewWebhook>) -> Result<Response, Response> {
    let actor = machine.at(&machine.place_of(new.organisation.as_deref())).await?;
    let (hook, made) = machine.hooked(flow::create(&machine.cx, &actor, &new.url, &new.topics).await)?;
    let shown = RegisteredWebhook {
        webhook: Webhook::from(flow::seen(&machine.cx, &actor, &hook)),
        secret_id: made.id,
        secret: made.secret.expose().clone(),
    };
    Ok(created(&format!("webhooks/{}", hook.id.0), &shown))
}

/// Change where a webhook is told, and of what.
#[utoipa::path(
    put,
    path = "/api/admin/v1/webhooks/{id}",
    tag = "webhooks",
    operation_id = "change_webhook",
    params(("id" = String, Path, description = "Its id.")),
    request_body = WebhookChange,
    responses(
        (status = 200, description = "It is so now.", body = Webhook, headers(("ETag" = String))),
        (status = 412), (status = 428)
    )
)]
pub(super) async fn change(
    machine: Machine,
    headers: HeaderMap,
    Id(id): Id,
    Json(change): Json<WebhookChange>,
) -> Result<Response, Response> {
    let (actor, hook) = machine.webhook(&id).await?;
    let shown = Webhook::from(flow::seen(&machine.cx, &actor, &hook));
    unchanged(&machine, &headers, &version(&shown))?;
    machine.hooked(flow::change(&machine.cx, &actor, &hook, &change.url, &change.topics).await)?;
    machine.shows_webhook(&HeaderMap::new(), &hook.id).await
}

/// Switch a webhook on: what waited for it is sent, and the client answers for it from now on.
#[utoipa::path(
    post,
    path = "/api/admin/v1/webhooks/{id}/enable",
    tag = "webhooks",
    operation_id = "enable_webhook",
    params(("id" = String, Path, description = "Its id.")),
    responses((status = 200, description = "It is on.", body = Webhook, headers(("ETag" = String))), (status = 409))
)]
pub(super) async fn enable(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    switch(&machine, &id, true).await
}

/// Switch a webhook off: what waits for it waits on.
#[utoipa::path(
    post,
    path = "/api/admin/v1/webhooks/{id}/disable",
    tag = "webhooks",
    operation_id = "disable_webhook",
    params(("id" = String, Path, description = "Its id.")),
    responses((status = 200, description = "It is off.", body = Webhook, headers(("ETag" = String))), (status = 409))
)]
pub(super) async fn disable(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    switch(&machine, &id, false).await
}

async fn switch(machine: &Machine, id: &str, on: bool) -> Result<Response, Response> {
    let (actor, hook) = machine.webhook(id).await?;
    machine.hooked(flow::set_on(&machine.cx, &actor, &hook, on).await)?;
    machine.shows_webhook(&HeaderMap::new(), &hook.id).await
}

/// Remove a webhook, and what waits for it.
#[utoipa::path(
    delete,
    path = "/api/admin/v1/webhooks/{id}",
    tag = "webhooks",
    operation_id = "remove_webhook",
    params(("id" = String, Path, description = "Its id.")),
    responses((status = 204, description = "It is gone."))
)]
pub(super) async fn remove(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    let (actor, hook) = machine.webhook(&id).await?;
    machine.hooked(flow::remove(&machine.cx, &actor, &hook).await)?;
    Ok(nothing())
}

/// Give a webhook a further secret; each request is signed with both.
#[utoipa::path(
    post,
    path = "/api/admin/v1/webhooks/{id}/secrets",
    tag = "webhooks",
    operation_id = "create_webhook_secret",
    params(("id" = String, Path, description = "Its id.")),
    responses((status = 201, description = "The secret.", body = WebhookSecret, headers(("Location" = String))))
)]
pub(super) async fn add_secret(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    let (actor, hook) = machine.webhook(&id).await?;
    let made = machine.hooked(flow::add_secret(&machine.cx, &actor, &hook).await)?;
    let shown = WebhookSecret { secret: made.secret.expose().clone(), id: made.id };
    Ok(created(&format!("webhooks/{}/secrets/{}", hook.id.0, shown.id), &shown))
}

/// Take a secret away from a webhook; the last one stays.
#[utoipa::path(
    delete,
    path = "/api/admin/v1/webhooks/{id}/secrets/{secret}",
    tag = "webhooks",
    operation_id = "remove_webhook_secret",
    params(
        ("id" = String, Path, description = "The webhook's id."),
        ("secret" = String, Path, description = "The secret's id.")
    ),
    responses((status = 204, description = "It is gone."), (status = 409))
)]
pub(super) async fn remove_secret(machine: Machine, Pair(id, secret): Pair) -> Result<Response, Response> {
    let (actor, hook) = machine.webhook(&id).await?;
    machine.hooked(flow::remove_secret(&machine.cx, &actor, &hook, plain(&secret)).await)?;
    Ok(nothing())
}

/// What a webhook was sent lately, the newest first: of what the client may see.
#[utoipa::path(
    get,
    path = "/api/admin/v1/webhooks/{id}/deliveries",
    tag = "webhooks",
    operation_id = "list_webhook_deliveries",
    params(("id" = String, Path, description = "Its id.")),
    responses((status = 200, description = "The last 50.", body = Page<Delivery>))
)]
pub(super) async fn deliveries(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    let (actor, hook) = machine.webhook(&id).await?;
    let all = machine.done(flow::deliveries(&machine.cx, &actor, &hook.id).await)?;
    Ok(answers::json(200, &Page { items: all.iter().map(Delivery::from).collect(), next: None }))
}

/// Send an event to a webhook once more, under the same id.
#[utoipa::path(
    post,
    path = "/api/admin/v1/webhooks/{id}/deliveries/{event}/send-again",
    tag = "webhooks",
    operation_id = "send_webhook_again",
    params(
        ("id" = String, Path, description = "The webhook's id."),
        ("event" = String, Path, description = "The event's id.")
    ),
    responses((status = 204, description = "It is on its way."), (status = 409))
)]
pub(super) async fn send_again(machine: Machine, Pair(id, event): Pair) -> Result<Response, Response> {
    let (actor, hook) = machine.webhook(&id).await?;
    machine.hooked(flow::send_again(&machine.cx, &actor, &hook, plain(&event)).await)?;
    Ok(nothing())
}
