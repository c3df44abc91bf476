//! A form that was sent, and for which its sender had to sign in once more: what it says, and one press that sends it.

use axum::extract::RawQuery;
use axum::response::Response;

use super::apps::parameter;
use super::{Admin, shown};
use crate::flows::parking::{self, Held};
use crate::web::pages::admin::again::{AgainPage, Waiting};
use crate::web::pages::render;
use crate::web::{answers, error, paths};

pub(super) async fn show(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let ticket = parameter(query.as_deref(), "ticket").unwrap_or_default();
    let held = match parking::held(&admin.caller.cx, &admin.person().session, &ticket).await {
        Ok(held) => held,
        Err(why) => return error::of(&admin.caller, &why),
    };
    let room = held.as_ref().map_or(paths::ADMIN, |held| room(&held.path));
    let waiting = |Held { path, page, fields }| Waiting { action: path, page, fields };
    let page = AgainPage { frame: shown::frame(&admin, room), waiting: held.map(waiting) };
    answers::page(200, render(&page), None)
}

/// The room a form belongs to.
fn room(path: &str) -> &'static str {
    let rooms = shown::ROOMS.iter().map(|(_, room, _)| *room);
    rooms.filter(|room| path.starts_with(room)).max_by_key(|room| room.len()).unwrap_or(paths::ADMIN)
}
