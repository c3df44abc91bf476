//! What happened to an account, and the button that says "this was not me".

use axum::extract::RawQuery;
use axum::response::Response;

use super::deeds::deed;
use super::{begin, cursor, done, network, notice, older, own_session, shell, word};
use crate::base::EventId;
use crate::flows::PageError;
use crate::flows::account::activity::{self, Happened};
use crate::flows::account::devices::not_me as repudiate;
use crate::flows::interaction::Place;
use crate::web::caller::Caller;
use crate::web::error::when;
use crate::web::form::Form;
use crate::web::pages::account::activity::{ActivityPage, Entry, Group};
use crate::web::pages::render;
use crate::web::{answers, error, paths};

pub(super) async fn show(caller: Caller, RawQuery(query): RawQuery) -> Response {
    let group = word(query.as_deref(), "show").and_then(Group::parse);
    let after = cursor(query.as_deref()).map(|(at, id)| (at, EventId::from_text(id)));
    let wanted = |event: &crate::audit::Event| {
        deed(event).is_some_and(|deed| group.is_none_or(|group| deed.group() == group))
    };
    let (home, happened, next) = match activity::page(&caller.cx, &caller.browser, after, wanted).await {
        Ok(found) => found,
        Err(PageError::SignedOut) => return begin(&caller, Place::Home).await,
        Err(why) => return error::of(&caller, &why),
    };
    let next = next.map(|(at, id)| {
        let show = group.map(|group| format!("&show={}", group.word())).unwrap_or_default();
        older(paths::ACCOUNT_ACTIVITY, (at, id.as_str())) + &show
    });
    let page = ActivityPage {
        shell: shell(&caller, &home, paths::ACCOUNT_ACTIVITY),
        notice: notice(query.as_deref()),
        group,
        entries: happened.iter().filter_map(entry).collect(),
        older: next,
        not_me_action: "/account/not-me".to_owned(),
    };
    answers::page(200, render(&page), None)
}

fn entry(happened: &Happened) -> Option<Entry> {
    Some(Entry {
        deed: deed(&happened.event)?,
        at: when(happened.event.at),
        app: happened.app.as_ref().map(|client| client.shown_name().to_owned()),
        device: happened.device.clone(),
        network: network(happened.event.network.as_ref()),
    })
}

pub(super) async fn not_me(caller: Caller, Form(form): Form) -> Response {
    if let Err(response) = own_session(&caller, form.get("csrf"), paths::ACCOUNT_ACTIVITY).await {
        return *response;
    }
    match repudiate(&caller.cx, &caller.browser).await {
        Ok(session) => done(&caller, paths::ACCOUNT, "not-me", Some(&session)),
        Err(PageError::SignedOut) => begin(&caller, Place::Home).await,
        Err(why) => error::of(&caller, &why),
    }
}
