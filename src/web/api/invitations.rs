//! Inviting people: an account without a way to sign in, and a mail with a link that leads into it.

use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Machine;
use super::input::{Id, Json};
use super::people::Person;
use super::problem::Problem;
use super::shown::{created, nothing, person};
use crate::base::{Role, Timestamp};
use crate::flows::admin::{Refused, invitations};
use crate::flows::invitations::NewInvitation;

/// Somebody to be invited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPerson {
    /// What they will type to sign in; their address where nothing is said.
    username: Option<String>,
    /// Where the invitation goes.
    email: String,
    /// Another address for notices.
    second_email: Option<String>,
    /// What the account is for.
    role: Role,
    /// Where they belong; the client's own organisation where nothing is said.
    organisation: Option<String>,
    /// Standard claims, e.g. `name` and `birthdate`.
    #[serde(default)]
    #[schema(value_type = Object)]
    claims: Map<String, Value>,
    /// The language of what is sent, e.g. `de`.
    locale: Option<String>,
    /// Until when they should be ready.
    #[schema(format = DateTime)]
    due_at: Option<String>,
}

/// Invite somebody: they get a mail with a link.
#[utoipa::path(
    post,
    path = "/api/admin/v1/people",
    tag = "people",
    operation_id = "invite_person",
    request_body = NewPerson,
    responses(
        (status = 201, description = "They are invited.", body = Person, headers(("Location" = String))),
        (status = 409)
    )
)]
pub(super) async fn invite(machine: Machine, Json(new): Json<NewPerson>) -> Result<Response, Response> {
    let actor = machine.at(&machine.place_of(new.organisation.as_deref())).await?;
    let due = match new.due_at.as_deref() {
        None => None,
        Some(text) => Some(Timestamp::parse(text).ok_or_else(|| {
            machine.problem(&Problem::new("VS-4000", "due_at: write a moment as 2026-11-23T14:45:00Z."))
        })?),
    };
    let wanted = NewInvitation {
        username: new.username,
        email: Some(new.email),
        second_email: new.second_email,
        claims: new.claims,
        locale: new.locale,
        due,
        ..NewInvitation::of(new.role)
    };
    match invitations::invite(&machine.cx, &actor, wanted, "").await {
        Ok(account) => Ok(created(&format!("people/{}", account.id), &Person::from(&account))),
        Err(Refused::Bad(word @ ("taken" | "taken_username" | "taken_email"))) => {
            let what = if word == "taken_email" { "email" } else { "username" };
            Err(machine.problem(&Problem::new("VS-4090", format!("{what}: somebody has it."))))
        }
        Err(why) => Err(machine.refuse(&why)),
    }
}

/// Send an invitation once more; the link before works no more.
#[utoipa::path(
    post,
    path = "/api/admin/v1/people/{id}/invitation",
    tag = "people",
    operation_id = "resend_invitation",
    params(("id" = String, Path, description = "The person.")),
    responses((status = 204, description = "It is on its way."), (status = 400), (status = 409))
)]
pub(super) async fn resend(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    let (actor, account) = machine.about(&person(&id)).await?;
    machine.done(invitations::resend(&machine.cx, &actor, &account).await)?;
    Ok(nothing())
}

/// Take an invitation back; the account stays, and can be invited again.
#[utoipa::path(
    delete,
    path = "/api/admin/v1/people/{id}/invitation",
    tag = "people",
    operation_id = "revoke_invitation",
    params(("id" = String, Path, description = "The person.")),
    responses((status = 204, description = "Its link works no more."), (status = 409))
)]
pub(super) async fn revoke(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    let (actor, account) = machine.about(&person(&id)).await?;
    machine.done(invitations::revoke(&machine.cx, &actor, &account).await)?;
    Ok(nothing())
}
