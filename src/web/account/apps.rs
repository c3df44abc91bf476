//! The apps a person shares with, and the button that stops it.

use axum::extract::RawQuery;
use axum::response::Response;

use super::{begin, done, notice, own_session, shell};
use crate::base::ClientId;
use crate::clients::Client;
use crate::flows::PageError;
use crate::flows::account::apps;
use crate::flows::interaction::Place;
use crate::web::caller::Caller;
use crate::web::details::in_words;
use crate::web::error::when;
use crate::web::form::Form;
use crate::web::pages::account::apps::{App, AppsPage};
use crate::web::pages::{Locale, render};
use crate::web::{answers, error, paths};

pub(super) async fn show(caller: Caller, RawQuery(query): RawQuery) -> Response {
    let (home, apps) = match apps::list(&caller.cx, &caller.browser).await {
        Ok(found) => found,
        Err(PageError::SignedOut) => return begin(&caller, Place::Home).await,
        Err(why) => return error::of(&caller, &why),
    };
    let shell = shell(&caller, &home, paths::ACCOUNT_APPS);
    let locale = shell.locale;
    let page = AppsPage {
        shell,
        notice: notice(query.as_deref()),
        apps: apps.iter().map(|app| shown(&caller, locale, app)).collect(),
        action: "/account/apps/stop".to_owned(),
    };
    answers::page(200, render(&page), None)
}

fn shown(caller: &Caller, locale: Locale, app: &apps::App) -> App {
    let client = app.client.as_deref();
    App {
        id: app.shared.client.to_string(),
        name: client.map(|client| client.shown_name().to_owned()),
        publisher: client.and_then(publisher),
        scopes: app.shared.consent.scopes.iter().map(ToString::to_string).collect(),
        details: in_words(&caller.cx.details, locale, &app.details),
        since: when(app.shared.consent.granted_at),
        used: app.shared.used_at.map(when),
        opens: client.and_then(|client| opens(client, caller.cx.issuer.as_str())),
    }
}

/// Where a sign-in at an app that is served begins, told who we are.
fn opens(client: &Client, issuer: &str) -> Option<String> {
    let uri = client.metadata.initiate_login_uri.as_ref().filter(|_| client.is_enabled())?;
    let mut url = url::Url::parse(uri).ok()?;
    url.query_pairs_mut().append_pair("iss", issuer);
    Some(url.into())
}

/// Who publishes an app: the host of its home page, else the host it answers from.
fn publisher(client: &Client) -> Option<String> {
    let home = client.metadata.client_uri.clone();
    let uri = home.or_else(|| client.metadata.redirect_uris.first().map(|uri| uri.as_str().to_owned()))?;
    url::Url::parse(&uri).ok()?.host_str().map(str::to_owned)
}

pub(super) async fn stop(caller: Caller, Form(form): Form) -> Response {
    if let Err(response) = own_session(&caller, form.get("csrf"), paths::ACCOUNT_APPS).await {
        return *response;
    }
    let client = ClientId::from_text(form.get("client").unwrap_or_default());
    match apps::stop(&caller.cx, &caller.browser, &client).await {
        Ok(true) => done(&caller, paths::ACCOUNT_APPS, "stopped", None),
        Ok(false) => error::of(&caller, &PageError::NotFound),
        Err(PageError::SignedOut) => begin(&caller, Place::Home).await,
        Err(why) => error::of(&caller, &why),
    }
}
