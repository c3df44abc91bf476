//! `/sign-in` sends a person to the sign-in service; `/callback` is where they come back.

use std::sync::Arc;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::pages::Problem;
use super::provider::Request;
use super::session::{Latest, Pending, Purpose, SESSION_SECONDS, SIGN_IN_SECONDS, Session};
use super::verified::{Expected, Verified};
use super::{App, cookies, prescribe};

/// The longest `login_hint` passed on.
const LONGEST_HINT: usize = 254;

/// What another site may say when it starts a sign-in here (OpenID Connect Core §4); `target_link_uri` is ignored,
/// since there is one page only.
#[derive(Deserialize)]
pub(super) struct Initiation {
    iss: Option<String>,
    login_hint: Option<String>,
}

/// The authorization response: unverified until `complete` is through with it.
#[derive(Deserialize)]
pub(super) struct Returned {
    state: Option<String>,
    iss: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// `GET` and `POST /sign-in`.
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    initiation: Result<Form<Initiation>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(initiation) = initiation.map_err(|_| Problem::malformed())?;
    if initiation.iss.is_some_and(|iss| !app.provider.is_issuer(&iss)) {
        return Err(Problem::malformed());
    }
    let hint = initiation.login_hint.filter(|hint| hint.len() <= LONGEST_HINT);
    send_away(&app, &headers, Purpose::SignIn, hint).await
}

/// Redirects to the service and remembers, for this browser alone, what must come back.
pub(super) async fn send_away(
    app: &App,
    headers: &HeaderMap,
    purpose: Purpose,
    login_hint: Option<String>,
) -> Result<Response, Problem> {
    let (state, nonce, verifier) = (cookies::random_id()?, cookies::random_id()?, cookies::random_id()?);
    let browser =
        cookies::find(headers, cookies::BROWSER).map_or_else(cookies::random_id, |id| Ok(id.to_owned()))?;
    let at_least = match &purpose {
        Purpose::SignIn => None,
        Purpose::Prescribe { level, .. } => Some((level.acr(), prescribe::MAX_AGE)),
    };
    let request = Request { state: &state, nonce: &nonce, verifier: &verifier, login_hint, at_least };
    let url = app.provider.authorize_url(request).await?;
    let started = app.now();
    let cookie = cookies::set(cookies::BROWSER, &browser, SIGN_IN_SECONDS, app.is_secure());
    app.pending.keep(state, Pending { browser, nonce, verifier, started, purpose }, started);
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(url.as_str())).into_response())
}

/// `GET /callback`.
pub(super) async fn complete(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    returned: Result<Query<Returned>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(returned) = returned.map_err(|_| Problem::malformed())?;
    // 1. state: begun here, in this browser, and not answered yet
    let state = returned.state.as_deref().unwrap_or_default();
    let browser = cookies::find(&headers, cookies::BROWSER).unwrap_or_default();
    let pending = app
        .pending
        .take(state, app.now(), |pending| pending.browser == browser)
        .ok_or_else(Problem::unknown_return)?;
    // 2. iss, for answers and errors alike (RFC 9207)
    app.provider.check_iss(returned.iss.as_deref()).await?;
    // 3. the service's no
    if let Some(error) = returned.error {
        let problem = Problem::refused(&error, returned.error_description.as_deref().unwrap_or_default());
        return Err(match pending.purpose {
            Purpose::SignIn => problem,
            Purpose::Prescribe { .. } => problem.leading_home(),
        });
    }
    // 4. the code, for tokens that are about this sign-in
    let code = returned.code.ok_or_else(Problem::malformed)?;
    let expected = Expected::Nonce { nonce: &pending.nonce, now: app.now() };
    let person = app.provider.redeem(code, pending.verifier, expected).await?;
    let latest = outcome(&pending.purpose, &person, pending.started, app.now());
    // 5. a session with a new id, in place of the old one
    if let Some(old) = cookies::find(&headers, cookies::SESSION) {
        app.sessions.forget(old);
    }
    let id = cookies::random_id()?;
    let cookie = cookies::set(cookies::SESSION, &id, SESSION_SECONDS, app.is_secure());
    app.sessions.keep(id, Session { csrf: cookies::random_id()?, person, latest }, app.now());
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to("/")).into_response())
}

fn outcome(purpose: &Purpose, person: &Verified, started: i64, now: i64) -> Latest {
    match purpose {
        Purpose::SignIn => Latest::SignedIn,
        Purpose::Prescribe { level, sub } => prescribe::judge(*level, sub, person, started, now),
    }
}
