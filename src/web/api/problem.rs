//! Problems (RFC 9457): what is answered when a request is not done, one row for each code.

use axum::http::HeaderName;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::Response;

use crate::base::url::Issuer;
use crate::duties::AdminScope;
use crate::flows::Cx;
use crate::flows::admin::Refused;
use crate::web::{answers, paths};

/// Every code, its status, and what it means, as the description of the API lists them.
pub const CODES: &[(&str, u16, &str)] = &[
    ("VS-4000", 400, "A value cannot be used"),
    ("VS-4001", 400, "The body cannot be read"),
    ("VS-4002", 400, "The cursor is none of this list"),
    ("VS-4010", 401, "A token is needed"),
    ("VS-4011", 401, "The token is not valid, or not any more"),
    ("VS-4031", 403, "The token's scopes do not allow this"),
    ("VS-4032", 403, "Only a person may do this"),
    ("VS-4040", 404, "There is no such thing here"),
    ("VS-4050", 405, "This address has other methods"),
    ("VS-4090", 409, "It is so already, or cannot be so now"),
    ("VS-4091", 409, "A request with this key is, or was, under way"),
    ("VS-4120", 412, "It was changed meanwhile"),
    ("VS-4130", 413, "The body is too large"),
    ("VS-4150", 415, "The body has another content type"),
    ("VS-4220", 422, "This key was used for another request"),
    ("VS-4280", 428, "Say which version you want to change"),
    ("VS-4290", 429, "Too many requests"),
    ("VS-5030", 503, "Something this service needs is away"),
    ("VS-5031", 503, "Too much is being sent at once"),
];

/// Why a request is not done: a code of [`CODES`], and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The code.
    pub code: &'static str,
    /// What is wrong with this request, and what to do.
    pub detail: String,
    /// Headers that belong to the answer.
    pub headers: Vec<(HeaderName, String)>,
}

/// A problem as a response, in the language of an interface: the administrators' API and SCIM say it differently.
pub type Say = fn(&Cx, &str, &Problem) -> Response;

impl Problem {
    /// A problem with words for whoever programs the client.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), headers: Vec::new() }
    }

    /// With a header.
    pub fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Its status.
    pub fn status(&self) -> u16 {
        self.row().1
    }

    /// What its code means.
    pub fn title(&self) -> &'static str {
        self.row().2
    }

    fn row(&self) -> (&'static str, u16, &'static str) {
        let found = CODES.iter().find(|(code, ..)| *code == self.code);
        found.copied().unwrap_or(("VS-5030", 503, "Something this service needs is away"))
    }

    /// No token, or one that is none (RFC 6750 §3).
    pub fn no_token() -> Self {
        let detail = "Send `Authorization: Bearer TOKEN` once, with a token of the client_credentials grant.";
        Self::new("VS-4010", detail).with(WWW_AUTHENTICATE, "Bearer realm=\"vouchsafe\"")
    }

    /// A token that is dead, or was none for this.
    pub fn dead_token() -> Self {
        let challenge = "Bearer realm=\"vouchsafe\", error=\"invalid_token\"";
        let detail =
            "The token is unknown, over or taken back, or its client is stopped or has no such scope.";
        Self::new("VS-4011", detail).with(WWW_AUTHENTICATE, challenge)
    }

    /// The token's scopes do not reach; the scope that would, where a machine may do it at all.
    pub fn forbidden(scope: Option<AdminScope>) -> Self {
        let Some(scope) = scope else {
            return Self::new(
                "VS-4032",
                "A person has to do this at the console, with a sign-in of the last five minutes or a second person.",
            );
        };
        let challenge =
            format!("Bearer realm=\"vouchsafe\", error=\"insufficient_scope\", scope=\"{scope}\"");
        Self::new(
            "VS-4031",
            format!("This takes the scope {scope}, where the client's organisation reaches."),
        )
        .with(WWW_AUTHENTICATE, challenge)
    }

    /// Nothing there, or nothing this client may know of.
    pub fn not_found() -> Self {
        Self::new("VS-4040", "Nothing with this address lies within the client's organisation.")
    }

    /// A store is away.
    pub fn unavailable() -> Self {
        Self::new("VS-5030", "Nothing was done, or it was done whole. Look, and try again soon.")
            .with(RETRY_AFTER, "5")
    }

    /// A refusal of a use case.
    pub fn of(why: &Refused, scope: Option<AdminScope>) -> Self {
        match why {
            Refused::SignIn { .. } => Self::dead_token(),
            Refused::Forbidden | Refused::Oneself | Refused::TwoPeople => Self::forbidden(scope),
            Refused::OutOfSight(lacks) => Self::forbidden(lacks.scope()),
            Refused::NotFound => Self::not_found(),
            Refused::Bad(word) => Self::new("VS-4000", format!("{word} cannot be used.")),
            Refused::Reason(why) => Self::new("VS-4000", format!("reason: {why}.")),
            Refused::Already | Refused::UnderWay | Refused::LastOwner => {
                let mut text = why.to_string();
                text.push('.');
                Self::new("VS-4090", text)
            }
            Refused::TooOften => Self::new(
                "VS-4290",
                "This was done too often within an hour. Wait, or ask whoever runs the service.",
            )
            .with(RETRY_AFTER, "3600"),
            Refused::Busy => Self::new(
                "VS-4290",
                "As many of these are under way as may be at once. Wait until one is done.",
            )
            .with(RETRY_AFTER, "60"),
            Refused::Unavailable => Self::unavailable(),
        }
    }
}

/// A problem as `application/problem+json`; `instance` is the path with the reference of the request.
pub fn say(cx: &Cx, path: &str, problem: &Problem) -> Response {
    write(&cx.issuer, path, &cx.request, problem)
}

/// As [`say`], where there is no operation any more: it took too long, or broke.
pub fn write(issuer: &Issuer, path: &str, reference: &str, problem: &Problem) -> Response {
    let kind = issuer.join(&format!("{}#{}", paths::API_PAGE, problem.code));
    let body = serde_json::json!({
        "type": kind,
        "title": problem.title(),
        "status": problem.status(),
        "code": problem.code,
        "detail": problem.detail,
        "instance": format!("{path}#{reference}"),
    });
    let mut response = answers::json(problem.status(), &body);
    answers::put(&mut response, axum::http::header::CONTENT_TYPE, "application/problem+json");
    for (name, value) in &problem.headers {
        answers::put(&mut response, name.clone(), value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_stands_once_and_begins_with_its_status() {
        for (at, (code, status, title)) in CODES.iter().enumerate() {
            assert!(code.starts_with(&format!("VS-{status}")), "{code}");
            assert!(!title.is_empty());
            assert!(CODES.iter().skip(at + 1).all(|(other, ..)| other != code), "{code} stands twice");
        }
    }
}
