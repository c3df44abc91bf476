//! Prescribing: an act that asks for a fresh and strong proof, which the app checks itself.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::pages::Problem;
use super::session::{Latest, Level, Proof, Purpose};
use super::verified::Verified;
use super::{App, sign_in, words};

/// How many seconds old the proof may be when the button is pressed.
pub(super) const MAX_AGE: i64 = 60;
/// By how many seconds the two clocks may differ.
const SKEW: i64 = 5;

/// The form of the two buttons.
#[derive(Deserialize)]
pub(super) struct Wish {
    level: Level,
    #[serde(flatten)]
    proof: Proof,
}

/// `POST /prescribe`: asks the service for the proof. By POST, because a link would let any site sign with a proof
/// that is still fresh.
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    wish: Result<Form<Wish>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(wish) = wish.map_err(|_| Problem::malformed())?;
    let current = app.prove(&headers, &wish.proof)?;
    let purpose = Purpose::Prescribe { level: wish.level, sub: current.session.person.sub };
    sign_in::send_away(&app, &headers, purpose, None).await
}

/// Whether the proof that came back is good enough to sign with. `acr_values` and `max_age` are wishes: the service
/// may answer with less, so the one who relies on it compares (OpenID Connect Core §3.1.3.7, steps 12 and 13).
pub(super) fn judge(level: Level, sub: &str, person: &Verified, started: i64, now: i64) -> Latest {
    let verdict = if person.sub == sub {
        proof_suffices(level, person.acr.as_deref(), person.auth_time, started)
    } else {
        Err("Somebody else signed in. Only the person who pressed the button may sign.".into())
    };
    match verdict {
        Ok(()) => Latest::Prescribed { at: now, level },
        Err(why) => Latest::NotPrescribed(why),
    }
}

fn proof_suffices(
    level: Level,
    acr: Option<&str>,
    auth_time: Option<i64>,
    started: i64,
) -> Result<(), String> {
    if !words::reaches(acr, level.acr()) {
        return Err(format!(
            "Signing needs {}; the sign-in service reports {}.",
            words::level(Some(level.acr())),
            words::level(acr)
        ));
    }
    // Measured from the press of the button: whoever takes two minutes to find their key has still proved it since.
    match auth_time {
        Some(at) if at >= started.saturating_sub(MAX_AGE + SKEW) => Ok(()),
        Some(at) => Err(format!(
            "Signing needs a proof no older than {MAX_AGE} seconds; yours is of {}.",
            words::moment(at)
        )),
        None => Err("The sign-in service did not say when you proved who you are.".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_must_be_strong_and_fresh() {
        const AAL1: &str = "urn:vouchsafe:acr:aal1";
        for (level, acr, auth_time, suffices) in [
            (Level::Aal2, Some(words::AAL2), Some(1_000), true),
            (Level::Aal2, Some(words::AAL2), Some(1_090), true),
            (Level::Aal2, Some(words::AAL2_PHR), Some(935), true),
            (Level::Aal2, Some(words::AAL2), Some(934), false),
            (Level::Aal2, Some(words::AAL2), None, false),
            (Level::Aal2, Some(AAL1), Some(1_000), false),
            (Level::Aal2, None, Some(1_000), false),
            (Level::Aal2Phr, Some(words::AAL2), Some(1_000), false),
            (Level::Aal2Phr, Some(words::AAL2_PHR), Some(1_000), true),
        ] {
            assert_eq!(
                proof_suffices(level, acr, auth_time, 1_000).is_ok(),
                suffices,
                "{level:?} {acr:?} {auth_time:?}"
            );
        }
    }
}
