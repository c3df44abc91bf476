//! Organisations: the tree below the client's own, one of them.

use axum::extract::Path;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::Machine;
use crate::duties::Organisation as Found;
use crate::flows::admin::organisations;
use crate::web::admin::shown;
use crate::web::answers;

/// An organisation.
#[derive(Serialize, ToSchema)]
pub(super) struct Organisation {
    /// Its id.
    id: String,
    /// The organisation above it; none above the root.
    parent: Option<String>,
    /// Its name.
    name: String,
}

impl From<&Found> for Organisation {
    fn from(found: &Found) -> Self {
        Self {
            id: found.id.to_string(),
            parent: found.parent.as_ref().map(ToString::to_string),
            name: found.name.clone(),
        }
    }
}

/// The organisations the client reaches, parents before their children.
#[utoipa::path(get, path = "/api/admin/v1/organisations", responses((status = 200, body = [Organisation])))]
pub(super) async fn list(machine: Machine) -> Response {
    match organisations::visible(&machine.cx, &machine.who, machine.action).await {
        Ok(all) => answers::json(200, &all.iter().map(Organisation::from).collect::<Vec<_>>()),
        Err(why) => machine.refuse(&why),
    }
}

/// One organisation.
#[utoipa::path(
    get,
    path = "/api/admin/v1/organisations/{id}",
    params(("id" = String, Path)),
    responses((status = 200, body = Organisation))
)]
pub(super) async fn get(machine: Machine, Path(id): Path<String>) -> Response {
    let actor = match machine.at(&shown::organisation(&id)).await {
        Ok(actor) => actor,
        Err(refused) => return refused,
    };
    match organisations::get(&machine.cx, &actor).await {
        Ok(found) => answers::json(200, &Organisation::from(&found)),
        Err(why) => machine.refuse(&why),
    }
}
