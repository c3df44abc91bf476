//! `/sign-out` ends the session here and then at the sign-in service; `/signed-out` is where the person comes back.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::pages::{Problem, render};
use super::session::{Leaving, Proof, SIGN_IN_SECONDS};
use super::{App, cookies};

#[derive(Template)]
#[template(path = "demo/left.html")]
struct Left {
    is_everywhere: bool,
}

/// What the service sends back with the person.
#[derive(Deserialize)]
pub(super) struct Returned {
    state: Option<String>,
}

/// `POST /sign-out`: ours ends first, so that it is over even if the service is away.
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    proof: Result<Form<Proof>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(proof) = proof.map_err(|_| Problem::malformed())?;
    let current = app.prove(&headers, &proof)?;
    app.sessions.forget(&current.id);
    let state = cookies::random_id()?;
    let url = match app.provider.logout_url(&current.session.person, &state).await {
        Ok(url) => url,
        Err(failure) => {
            tracing::info!(%failure, "demo: signed out here only");
            None
        }
    };
    let browser =
        cookies::find(&headers, cookies::BROWSER).map_or_else(cookies::random_id, |id| Ok(id.to_owned()))?;
    let cookies = AppendHeaders([
        (header::SET_COOKIE, cookies::set(cookies::SESSION, "", 0, app.is_secure())),
        (header::SET_COOKIE, cookies::set(cookies::BROWSER, &browser, SIGN_IN_SECONDS, app.is_secure())),
    ]);
    let Some(url) = url else { return Ok((cookies, Redirect::to("/signed-out")).into_response()) };
    app.leaving.keep(state, Leaving { browser }, app.now());
    Ok((cookies, Redirect::to(url.as_str())).into_response())
}

/// `GET /signed-out`: only the answer to a sign-out of this browser says that it ended everywhere.
pub(super) async fn complete(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    returned: Result<Query<Returned>, QueryRejection>,
) -> Response {
    let state = returned.ok().and_then(|Query(returned)| returned.state).unwrap_or_default();
    let browser = cookies::find(&headers, cookies::BROWSER).unwrap_or_default();
    let left = app.leaving.take(&state, app.now(), |leaving| leaving.browser == browser);
    render(StatusCode::OK, &Left { is_everywhere: left.is_some() })
}
