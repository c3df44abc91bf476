//! Form bodies: bounded, strictly decoded, nothing repeated behind our back. A broken one is answered in the
//! language of whoever sent it: a page for people, JSON for apps.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;

use super::caller::{Caller, context};
use super::{Web, answers, error};
use crate::audit::Kind;
use crate::oidc::authorize::{BadForm, RawRequest};
use crate::oidc::{Code, Error};

/// Largest body, in bytes.
pub const LIMIT: usize = 64 * 1024;

/// A decoded form of a person's browser; a broken one is answered with a page.
pub struct Form(pub RawRequest);

/// A decoded form of an app; a broken one is answered with `invalid_request`.
pub struct AppForm(pub RawRequest);

impl FromRequest<Web> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        match read(&parts.headers, body).await {
            Ok(form) => Ok(Self(form)),
            Err(broken) => {
                let Ok(caller) = Caller::from_request_parts(&mut parts, web).await;
                caller.cx.note(Kind::InputRefused, None);
                Err(error::problem(&caller, broken.status, "VS-4001", None))
            }
        }
    }
}

impl FromRequest<Web> for AppForm {
    type Rejection = Response;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        match read(&parts.headers, body).await {
            Ok(form) => Ok(Self(form)),
            Err(broken) => {
                context(&parts, web).note(Kind::InputRefused, None);
                let error = Error::new(Code::InvalidRequest, broken.text, "form");
                Err(answers::json_error_with(broken.status, &error))
            }
        }
    }
}

/// A body that is no form of ours.
struct Broken {
    status: u16,
    text: &'static str,
}

/// A form, where the body is one; whatever is wrong with it is not told here.
pub(super) async fn peek(headers: &HeaderMap, body: Body) -> Option<RawRequest> {
    read(headers, body).await.ok()
}

async fn read(headers: &HeaderMap, body: Body) -> Result<RawRequest, Broken> {
    let media = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Broken { status: 400, text: "The body must be application/x-www-form-urlencoded." });
    }
    let Ok(bytes) = to_bytes(body, LIMIT).await else {
        return Err(Broken { status: 413, text: "The body is larger than 65536 bytes." });
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| bad(BadForm::NotUtf8))?;
    RawRequest::parse(text).map_err(bad)
}

fn bad(why: BadForm) -> Broken {
    let text = match why {
        BadForm::NotUtf8 => "The body is not a well-formed UTF-8 form.",
        BadForm::Nul => "The body holds a NUL byte.",
        BadForm::TooMany => "The body holds more than 100 parameters.",
    };
    Broken { status: 400, text }
}
