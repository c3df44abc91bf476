//! Reminding people of what is missing: one, or whoever waits longest at a stage.

use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Machine;
use super::input::{Id, Json};
use super::problem::Problem;
use super::shown::{nothing, person};
use crate::flows::admin::{Refused, reminders};
use crate::policy::enrolment::Stage;
use crate::web::answers;

/// Whom to remind.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewReminders {
    /// Whoever is at this stage; not `ready`, where nothing is missing.
    stage: Stage,
}

/// What became of reminding a stage.
#[derive(Serialize, ToSchema)]
pub(super) struct Reminders {
    /// Mails that go out.
    sent: usize,
    /// People no mail reaches.
    without_address: usize,
    /// Whether others of the stage may be reminded.
    more: bool,
}

/// Remind somebody of what is missing, by mail. Nobody is reminded twice within a day.
#[utoipa::path(
    post,
    path = "/api/admin/v1/people/{id}/reminder",
    tag = "people",
    operation_id = "remind_person",
    params(("id" = String, Path, description = "The person.")),
    responses((status = 204, description = "A mail is on its way."), (status = 409))
)]
pub(super) async fn remind(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    let (actor, account) = machine.about(&person(&id)).await?;
    match reminders::remind(&machine.cx, &actor, &account).await {
        Ok(()) => Ok(nothing()),
        Err(Refused::Bad(word)) => {
            let detail = match word {
                "reminded" => "They were reminded within the last day.",
                "no_address" => "No mail reaches them: make them a letter.",
                _ => "Nothing is missing, or nobody invited them, or it was taken back.",
            };
            Err(machine.problem(&Problem::new("VS-4090", detail)))
        }
        Err(why) => Err(machine.refuse(&why)),
    }
}

/// Remind up to 100 people of a stage, where the client reaches: whoever waits longest first, nobody twice within a day.
#[utoipa::path(
    post,
    path = "/api/admin/v1/reminders",
    tag = "people",
    operation_id = "remind_stage",
    request_body = NewReminders,
    responses((status = 200, description = "What became of it.", body = Reminders))
)]
pub(super) async fn remind_some(
    machine: Machine,
    Json(new): Json<NewReminders>,
) -> Result<Response, Response> {
    if !reminders::STAGES.contains(&new.stage) {
        return Err(machine.problem(&Problem::new("VS-4000", "stage: one at which something is missing.")));
    }
    let done = machine.done(reminders::remind_some(&machine.cx, &machine.who, new.stage).await)?;
    let shown = Reminders { sent: done.sent, without_address: done.without_address, more: done.more };
    Ok(answers::json(200, &shown))
}
