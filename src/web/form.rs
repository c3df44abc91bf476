//! Form bodies: bounded, strictly decoded, nothing repeated behind our back.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;

use super::{Web, answers};
use crate::audit::Kind;
use crate::oidc::authorize::RawRequest;
use crate::oidc::{Code, Error};

/// Largest body, in bytes.
pub const LIMIT: usize = 64 * 1024;

/// A decoded form.
pub struct Form(pub RawRequest);

impl FromRequest<Web> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let media = parts.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let is_form =
            media.split(';').next().is_some_and(|m| m.trim() == "application/x-www-form-urlencoded");
        if !is_form {
            let error = "The body must be application/x-www-form-urlencoded.";
            return Err(refuse(web, 400, error, "content_type"));
        }
        read(web, body).await.map(Self)
    }
}

async fn read(web: &Web, body: Body) -> Result<RawRequest, Response> {
    let Ok(bytes) = to_bytes(body, LIMIT).await else {
        return Err(refuse(web, 413, "The body is larger than 65536 bytes.", "body_limit"));
    };
    let bad = |detail| refuse(web, 400, "The body is not a well-formed UTF-8 form.", detail);
    let text = std::str::from_utf8(&bytes).map_err(|_| bad("utf8"))?;
    RawRequest::parse(text).map_err(|why| bad(reason(why)))
}

fn reason(why: crate::oidc::authorize::BadForm) -> &'static str {
    match why {
        crate::oidc::authorize::BadForm::NotUtf8 => "utf8",
        crate::oidc::authorize::BadForm::Nul => "nul",
        crate::oidc::authorize::BadForm::TooMany => "too_many",
    }
}

fn refuse(web: &Web, status: u16, text: &str, detail: &'static str) -> Response {
    if let Ok(mut flood) = web.services.flood.lock() {
        flood.note(Kind::InputRefused, None, None, web.services.clock.now());
    }
    answers::json_error_with(status, &Error::new(Code::InvalidRequest, text, detail))
}
