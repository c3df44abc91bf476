//! Inviting people: an account without a way to sign in, and a mail with a link, or a letter with a code, that leads into it.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Machine;
use super::input::{Id, Json};
use super::people::Person;
use super::problem::Problem;
use super::shown::{created, nothing, person};
use crate::base::{Role, Timestamp};
use crate::flows::admin::{Refused, invitations};
use crate::flows::invitations::{Letter as Made, NewInvitation};
use crate::web::pages::render;
use crate::web::{answers, links};

/// Somebody to be invited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPerson {
    /// What they will type to sign in; their address where nothing is said, or else what is drawn.
    username: Option<String>,
    /// Where the invitation goes; without one, make them a letter.
    email: Option<String>,
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

/// A letter to print. Its code opens the account together with the reference: it is told here and nowhere else.
#[derive(Serialize, ToSchema)]
pub(super) struct Letter {
    /// Whom it is for.
    name: String,
    /// The language it should be written in.
    locale: Option<String>,
    /// The page to open.
    address: String,
    /// What is typed beside the code.
    reference: String,
    /// The code.
    code: String,
    /// Until when it works.
    #[schema(format = DateTime)]
    until: String,
}

impl From<&Made> for Letter {
    fn from(made: &Made) -> Self {
        Self {
            name: made.name.clone(),
            locale: made.locale.clone(),
            address: made.address.clone(),
            reference: made.reference.clone(),
            code: made.code.expose().clone(),
            until: made.until.to_rfc3339(),
        }
    }
}

/// Invite somebody: they get a mail with a link, where they have an address.
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
        email: new.email,
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

/// Make the letter of somebody who waits; the one before works no more. `Accept: text/html` brings it as it is printed.
#[utoipa::path(
    post,
    path = "/api/admin/v1/people/{id}/letter",
    tag = "people",
    operation_id = "make_letter",
    params(("id" = String, Path, description = "The person.")),
    responses(
        (status = 200, description = "The letter.", content(
            (Letter = "application/json"), (String = "text/html; charset=utf-8")
        )),
        (status = 409)
    )
)]
pub(super) async fn letter(machine: Machine, headers: HeaderMap, Id(id): Id) -> Result<Response, Response> {
    let (actor, account) = machine.about(&person(&id)).await?;
    let letter = machine.done(invitations::letter(&machine.cx, &actor, &account).await)?;
    Ok(match wants_page(&headers) {
        true => answers::page(200, render(&links::letter(&machine.cx, &letter)), None),
        false => answers::json(200, &Letter::from(&letter)),
    })
}

/// Whether a client asks for a page by name.
fn wants_page(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut all = lists.flat_map(|list| list.split(',')).map(|one| one.split(';').next().unwrap_or_default());
    all.next().is_some_and(|first| first.trim().eq_ignore_ascii_case("text/html"))
}
