//! `/refresh`: new tokens for the same sign-in, without the person.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::Redirect;

use super::pages::Problem;
use super::session::{Latest, Proof};
use super::{App, Failure};

/// `POST /refresh`.
pub(super) async fn renew(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    proof: Result<Form<Proof>, FormRejection>,
) -> Result<Redirect, Problem> {
    let Form(proof) = proof.map_err(|_| Problem::malformed())?;
    let current = app.prove(&headers, &proof)?;
    let before = current.session.person;
    let at = app.now();
    match app.provider.renew(&before, at).await {
        Ok(person) => {
            let latest = Latest::Renewed { at, issued_before: before.issued, expires_before: before.expires };
            app.sessions.change(&current.id, at, |session| {
                session.person = person;
                session.latest = latest;
            });
            Ok(Redirect::to("/"))
        }
        // The sign-in itself has ended; staying signed in here would outlive it.
        Err(Failure::Refused { code, description }) if code == "invalid_grant" => {
            app.sessions.forget(&current.id);
            tracing::info!(code, description, "demo: the refresh token is no longer good");
            Err(Problem::sign_in_over())
        }
        Err(failure) => Err(failure.into()),
    }
}
