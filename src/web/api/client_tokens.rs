//! Tokens by which apps register themselves: the list, a new one, the end of one.

use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Machine;
use super::input::{Id, Json};
use super::page::Page;
use super::problem::Problem;
use super::shown::{created, nothing, plain};
use crate::base::Timestamp;
use crate::clients::terms::TokenStanding;
use crate::clients::{ClientToken as Kept, Terms};
use crate::flows::admin::Refused;
use crate::flows::admin::client_tokens::{self as flow, Wished};
use crate::web::answers;

/// A token by which apps register themselves, without itself.
#[derive(Serialize, ToSchema)]
pub(super) struct ClientToken {
    /// Its id.
    id: String,
    /// Where the apps belong.
    organisation: String,
    /// What somebody called it.
    label: Option<String>,
    /// Whether it still registers anything.
    state: TokenStanding,
    /// How many apps it registers at most.
    uses: i64,
    /// How many it registered.
    used: i64,
    /// What the apps may have.
    #[schema(value_type = Object)]
    terms: Value,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// Until when it registers anything.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// A new token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewClientToken {
    /// Where the apps belong; the client's own organisation where nothing is said.
    organisation: Option<String>,
    /// What to call it.
    #[serde(default)]
    #[schema(max_length = 60)]
    label: String,
    /// How many apps it registers at most; one where nothing is said.
    #[schema(minimum = 1, maximum = 1000)]
    uses: Option<i32>,
    /// For how many days; seven where nothing is said.
    #[schema(minimum = 1, maximum = 365)]
    days: Option<i32>,
    /// What the apps may have: `auth_methods`, `grant_types`, `scope`, and the `policy` they get.
    #[serde(default)]
    #[schema(value_type = Object)]
    terms: Map<String, Value>,
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeClientToken {
    /// The token.
    #[serde(flatten)]
    about: ClientToken,
    /// The token itself. It is told here and nowhere else.
    token: String,
}

impl ClientToken {
    fn of(token: Kept, now: Timestamp) -> Self {
        Self {
            state: token.standing(now),
            id: token.id,
            organisation: token.organisation.to_string(),
            label: token.label,
            uses: token.uses,
            used: token.used,
            terms: token.terms.to_json(),
            created_at: token.created_at.to_rfc3339(),
            expires_at: token.expires_at.to_rfc3339(),
        }
    }
}

/// The tokens that the client reaches, the newest first; 100 at most.
#[utoipa::path(
    get,
    path = "/api/admin/v1/client-tokens",
    tag = "apps",
    operation_id = "list_client_tokens",
    responses((status = 200, description = "All of them.", body = Page<ClientToken>))
)]
pub(super) async fn list(machine: Machine) -> Result<Response, Response> {
    let all = machine.done(flow::visible(&machine.cx, &machine.who).await)?;
    let items = all.into_iter().map(|token| ClientToken::of(token, machine.cx.now)).collect();
    Ok(answers::json(200, &Page { items, next: None }))
}

/// Make a token by which apps register themselves. It is told in the answer.
#[utoipa::path(
    post,
    path = "/api/admin/v1/client-tokens",
    tag = "apps",
    operation_id = "create_client_token",
    request_body = NewClientToken,
    responses((
        status = 201,
        description = "It is made.",
        body = MadeClientToken,
        headers(("Location" = String))
    ), (status = 409))
)]
pub(super) async fn create(machine: Machine, Json(new): Json<NewClientToken>) -> Result<Response, Response> {
    let actor = machine.at(&machine.place_of(new.organisation.as_deref())).await?;
    let terms = Terms::parse(&Value::Object(new.terms));
    let terms = terms.map_err(|why| machine.problem(&Problem::new("VS-4000", format!("terms: {why}."))))?;
    let (uses, days) = (new.uses.unwrap_or(1).into(), new.days.unwrap_or(7).into());
    let made = flow::create(&machine.cx, &actor, Wished { label: new.label, terms, uses, days }).await;
    let (about, token) = made.map_err(|why| match why {
        Refused::Bad("too_many") => {
            let detail = "This organisation has 100 tokens that register something. Take one back first.";
            machine.problem(&Problem::new("VS-4090", detail))
        }
        Refused::Bad("privileged") => machine.problem(&super::apps::people_only()),
        other => machine.refuse(&other),
    })?;
    let shown =
        MadeClientToken { about: ClientToken::of(about, machine.cx.now), token: token.expose().to_owned() };
    Ok(created(&format!("client-tokens/{}", shown.about.id), &shown))
}

/// Take a token back. The apps it registered stay.
#[utoipa::path(
    delete,
    path = "/api/admin/v1/client-tokens/{id}",
    tag = "apps",
    operation_id = "revoke_client_token",
    params(("id" = String, Path, description = "Its id.")),
    responses((status = 204, description = "It registers nothing any more."), (status = 409))
)]
pub(super) async fn revoke(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    let found = flow::authorised(&machine.cx, &machine.who, machine.action, plain(&id)).await;
    let (actor, token) = machine.done(found)?;
    machine.done(flow::revoke(&machine.cx, &actor, &token).await)?;
    Ok(nothing())
}
