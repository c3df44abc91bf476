//! What the app remembers about a browser: the sign-ins under way, who is signed in, and who is just leaving.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::http::HeaderMap;
use serde::Deserialize;

use super::pages::Problem;
use super::verified::Verified;
use super::{App, cookies, words};

/// How long an app session lasts.
pub(super) const SESSION_SECONDS: i64 = 3_600;
/// How long a person may take to sign in or out: enough to enrol a second factor on the way.
pub(super) const SIGN_IN_SECONDS: i64 = 1_800;

/// A sign-in that left for the service and has not come back; found by its `state`.
pub(super) struct Pending {
    /// The browser it began in: a `state` from any other browser is nobody's.
    pub(super) browser: String,
    /// To be found again in the ID token.
    pub(super) nonce: String,
    /// PKCE.
    pub(super) verifier: String,
    /// When it left.
    pub(super) started: i64,
    /// What for.
    pub(super) purpose: Purpose,
}

/// Why somebody is asked to sign in.
#[derive(Clone)]
pub(super) enum Purpose {
    /// To come in.
    SignIn,
    /// To sign a prescription, which only the person already here may do.
    Prescribe {
        /// How strong the proof must be.
        level: Level,
        /// Who pressed the button.
        sub: String,
    },
}

/// The two strengths a prescription can ask for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(super) enum Level {
    /// Two different proofs.
    #[serde(rename = "aal2")]
    Aal2,
    /// Two, one of which cannot be phished.
    #[serde(rename = "aal2-phr")]
    Aal2Phr,
}

impl Level {
    /// As `acr_values` spells it.
    pub(super) fn acr(self) -> &'static str {
        match self {
            Self::Aal2 => words::AAL2,
            Self::Aal2Phr => words::AAL2_PHR,
        }
    }
}

/// A person signed in here.
#[derive(Clone)]
pub(super) struct Session {
    /// Stands in every form of this session.
    pub(super) csrf: String,
    /// Who, and how they proved it.
    pub(super) person: Verified,
    /// What they did last; the page leads with it.
    pub(super) latest: Latest,
}

/// What the page leads with.
#[derive(Clone)]
pub(super) enum Latest {
    /// They came in.
    SignedIn,
    /// A prescription was signed, at that moment.
    Prescribed { at: i64, level: Level },
    /// It was not, for that reason.
    NotPrescribed(String),
    /// The tokens were renewed; the ID token's moments before.
    Renewed { at: i64, issued_before: i64, expires_before: i64 },
}

/// A sign-out that left for the service; found by its `state`.
pub(super) struct Leaving {
    /// The browser it began in.
    pub(super) browser: String,
}

/// What every form of a session carries.
#[derive(Deserialize)]
pub(super) struct Proof {
    #[serde(default)]
    csrf: String,
}

/// A session together with its id.
pub(super) struct Current {
    /// The cookie's value.
    pub(super) id: String,
    /// A copy; changes go through `App::sessions`.
    pub(super) session: Session,
}

impl App {
    /// Who is signed in, if anybody is.
    pub(super) fn current(&self, headers: &HeaderMap) -> Option<Current> {
        let id = cookies::find(headers, cookies::SESSION)?;
        let session = self.sessions.find(id, self.now())?;
        Some(Current { id: id.to_owned(), session })
    }

    /// The session a form was sent from; a form of another site or of an ended session is refused.
    pub(super) fn prove(&self, headers: &HeaderMap, proof: &Proof) -> Result<Current, Problem> {
        let current = self.current(headers).ok_or_else(Problem::session_over)?;
        verify_slices_are_equal(proof.csrf.as_bytes(), current.session.csrf.as_bytes())
            .map_err(|_| Problem::foreign_form())?;
        Ok(current)
    }
}
