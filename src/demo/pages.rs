//! Rendering, and the calm page for everything that did not work: what happened, and what to do now.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::Failure;

/// The longest sentence of somebody else's that we repeat.
const LONGEST_DETAIL: usize = 300;

/// A page about something that did not work.
#[derive(Debug, Template)]
#[template(path = "demo/problem.html")]
pub(super) struct Problem {
    status: StatusCode,
    heading: &'static str,
    text: &'static str,
    code: String,
    detail: String,
    way_out: WayOut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WayOut {
    SignIn,
    Home,
}

/// Renders a page; a template that fails is a bug, answered plainly.
pub(super) fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "demo: a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Any path, or method, this app does not have.
pub(super) async fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "Page not found", "There is nothing at this address.", WayOut::Home)
}

impl Problem {
    fn new(status: StatusCode, heading: &'static str, text: &'static str, way_out: WayOut) -> Self {
        Self { status, heading, text, code: String::new(), detail: String::new(), way_out }
    }

    /// Parameters missing, doubled or unreadable.
    pub(super) fn malformed() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "That did not make sense to us",
            "The request was incomplete or contradictory. Nothing was changed.",
            WayOut::Home,
        )
    }

    /// A `state` that no sign-in of this browser carries.
    pub(super) fn unknown_return() -> Self {
        let text = "This answer does not belong to a sign-in begun in this browser. It may have taken too long, been \
                    answered already, or the browser did not keep a small file (a cookie) we need.";
        Self {
            code: "state".into(),
            ..Self::new(StatusCode::BAD_REQUEST, "We lost the thread", text, WayOut::SignIn)
        }
    }

    /// A form sent after its session ended.
    pub(super) fn session_over() -> Self {
        let text = "You were away for a while, so we signed you out here. Nothing was changed.";
        Self::new(StatusCode::FORBIDDEN, "You are no longer signed in", text, WayOut::SignIn)
    }

    /// The refresh token ended, and the sign-in with it.
    pub(super) fn sign_in_over() -> Self {
        let text = "Your sign-in has ended at the sign-in service, so we signed you out here too.";
        Self {
            code: "invalid_grant".into(),
            ..Self::new(StatusCode::FORBIDDEN, "You are no longer signed in", text, WayOut::SignIn)
        }
    }

    /// A form that this session's pages did not send.
    pub(super) fn foreign_form() -> Self {
        let text = "The form was not sent from the page you have open here. Nothing was changed.";
        Self::new(StatusCode::FORBIDDEN, "We did not do that", text, WayOut::Home)
    }

    /// The service said no: its code, in words.
    pub(super) fn refused(code: &str, description: &str) -> Self {
        let (status, heading, text) = match code {
            "access_denied" => (
                403,
                "Sign-in was cancelled",
                "You went back, or chose not to share your details with the clinic.",
            ),
            "login_required" | "interaction_required" | "account_selection_required" => {
                (403, "Please sign in", "The sign-in service needs you to sign in before it can answer us.")
            }
            "consent_required" => (
                403,
                "Your agreement is needed",
                "The sign-in service needs it before it tells us who you are.",
            ),
            "unmet_authentication_requirements" => (
                403,
                "A stronger sign-in is needed",
                "You do not have, or did not use, a method as strong as this asks for. \
                 You can add one in your account at the sign-in service.",
            ),
            "invalid_grant" => {
                (400, "That sign-in is used up", "It took too long or was used already. A new one will work.")
            }
            "temporarily_unavailable" => return Self::away(description),
            "server_error" => (
                502,
                "The sign-in service had a problem",
                "It could not finish your sign-in. Please try again.",
            ),
            _ => (502, "The sign-in did not finish", "The sign-in service did not accept what we asked for."),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
        Self {
            code: shortened(code),
            detail: shortened(description),
            ..Self::new(status, heading, text, WayOut::SignIn)
        }
    }

    /// The same, while somebody is signed in here: the way out is back, not in.
    pub(super) fn leading_home(self) -> Self {
        Self { way_out: WayOut::Home, ..self }
    }

    fn away(detail: &str) -> Self {
        let text = "The sign-in service does not answer just now. Please try again in a few seconds.";
        Self {
            detail: shortened(detail),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "Sign-in is away for a moment", text, WayOut::SignIn)
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        tracing::info!(%failure, "demo: a request to the sign-in service failed");
        match failure {
            Failure::Away(why) => Self::away(&why),
            Failure::Refused { code, description } => Self::refused(&code, &description),
            Failure::Untrusted(why) => {
                let text = "The answer we got does not prove who you are, so we did not sign you in with it.";
                Self {
                    detail: shortened(&why),
                    ..Self::new(StatusCode::BAD_GATEWAY, "We cannot trust that answer", text, WayOut::SignIn)
                }
            }
        }
    }
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        tracing::error!(%error, "demo: out of order");
        let text = "Something is wrong with this app. Please try again.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "We are out of order", text, WayOut::Home)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = render(self.status, &self);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, axum::http::HeaderValue::from_static("5"));
        }
        response
    }
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_DETAIL).collect()
}
