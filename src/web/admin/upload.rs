//! Forms of the console that carry a file: `multipart/form-data` (RFC 7578), bounded, read into memory. A form without
//! a file is taken as well, so that both are guarded alike.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use zeroize::Zeroizing;

use super::{Admin, AdminForm};
use crate::audit::Kind;
use crate::oidc::authorize::RawRequest;
use crate::web::{Web, error};

/// Largest file, in bytes.
pub const LARGEST: usize = 16 << 20;
/// What a form may hold besides.
const FIELDS: usize = 256 << 10;
/// Beyond this nobody listens any more: a browser reads no answer before it has sent everything.
const DRAINED: usize = 256 << 20;
/// Parts a form may have.
const PARTS: usize = 20;

/// A form of the console that carries the session's anti-forgery value, and the file in it.
pub struct AdminUpload {
    /// Who sent it.
    pub admin: Admin,
    /// What it says.
    pub form: RawRequest,
    /// The file that was chosen; empty where none was, `None` where it is too large to be read.
    pub file: Option<Zeroizing<Vec<u8>>>,
}

impl FromRequest<Web> for AdminUpload {
    type Rejection = Response;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Response> {
        let media = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let Some(boundary) = media.and_then(boundary) else {
            let AdminForm { admin, form } = AdminForm::from_request(request, web).await?;
            return Ok(Self { admin, form, file: Some(Zeroizing::default()) });
        };
        let (mut parts, body) = request.into_parts();
        let admin = Admin::from_request_parts(&mut parts, web).await?;
        let Some(body) = read(body).await else {
            return Ok(Self { admin, form: RawRequest::default(), file: None });
        };
        let Some((form, file)) = taken_apart(&body, &boundary) else {
            admin.caller.cx.note(Kind::InputRefused, None);
            return Err(error::problem(&admin.caller, 400, "VS-4001", None));
        };
        admin.own_form(form.get("csrf")).map_err(|response| *response)?;
        Ok(Self { admin, form, file: Some(file) })
    }
}

/// The boundary of a multipart form; `None` for another media type.
fn boundary(media: &str) -> Option<String> {
    let (kind, rest) = media.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = rest.split(';').find_map(|one| one.trim().strip_prefix("boundary="))?.trim_matches('"');
    (1..=70).contains(&value.len()).then(|| value.to_owned())
}

/// The whole body; `None` when it is larger than a form may be, or breaks off.
async fn read(mut body: Body) -> Option<Zeroizing<Vec<u8>>> {
    let mut kept = Zeroizing::new(Vec::new());
    let mut seen = 0;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        seen += data.len();
        if seen > DRAINED {
            return None;
        }
        if seen <= LARGEST + FIELDS {
            kept.extend_from_slice(&data);
        }
    }
    (seen <= LARGEST + FIELDS).then_some(kept)
}

/// The fields and the file of a form; `None` where it is none.
fn taken_apart(body: &[u8], boundary: &str) -> Option<(RawRequest, Zeroizing<Vec<u8>>)> {
    let (first, next) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    let mut rest = body.get(find(body, first.as_bytes())? + first.len()..)?;
    let (mut pairs, mut file) = (Vec::new(), Zeroizing::default());
    while !rest.starts_with(b"--") {
        let head_end = find(rest, b"\r\n\r\n")?;
        let head = std::str::from_utf8(rest.get(..head_end)?).ok()?;
        let content = rest.get(head_end + 4..)?;
        let end = end_of(content, next.as_bytes())?;
        let value = content.get(..end)?;
        match described(head)? {
            (_, true) => file = Zeroizing::new(value.to_vec()),
            (name, false) if value.len() <= FIELDS => {
                let text = std::str::from_utf8(value).ok().filter(|text| !text.contains('\0'))?;
                pairs.push((name.to_owned(), text.to_owned()));
            }
            _ => return None,
        }
        if pairs.len() > PARTS {
            return None;
        }
        rest = content.get(end + next.len()..)?;
    }
    Some((RawRequest::from_pairs(pairs), file))
}

/// Where a part ends: at the boundary, which is followed by a line break or, the last one, by two dashes.
fn end_of(content: &[u8], boundary: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + find(content.get(from..)?, boundary)?;
        let behind = content.get(at + boundary.len()..)?;
        if behind.starts_with(b"\r\n") || behind.starts_with(b"--") {
            return Some(at);
        }
        from = at + boundary.len();
    }
}

/// The name of a part, and whether it is a file.
fn described(head: &str) -> Option<(&str, bool)> {
    let of_form = |line: &&str| line.to_ascii_lowercase().starts_with("content-disposition:");
    let line = head.split("\r\n").find(of_form)?;
    let parameter = |name: &str| {
        let begin = line.find(&format!("; {name}=\""))? + name.len() + 4;
        line.get(begin..)?.split('"').next()
    };
    Some((parameter("name")?, parameter("filename").is_some()))
}

/// Where `needle` begins.
fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = hay.get(from..)?.iter().position(|byte| *byte == first) {
        if hay.get(from + at..)?.starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nabc\r\n\
        --x\r\nContent-Disposition: form-data; name=\"role\"\r\n\r\n\r\n\
        --x\r\nContent-Disposition: form-data; name=\"list\"; filename=\"a;b.csv\"\r\nContent-Type: text/csv\r\n\r\n\
        email\r\n--xray\r\n\r\n--x--\r\n";

    #[test]
    fn a_form_with_a_file_is_taken_apart() {
        let (form, file) = taken_apart(FORM.as_bytes(), "x").unwrap();
        assert_eq!((form.get("csrf"), form.get("role"), form.get("list")), (Some("abc"), None, None));
        assert_eq!(
            file.as_slice(),
            b"email\r\n--xray\r\n",
            "a line that only begins like the boundary is text"
        );
    }

    #[test]
    fn what_is_broken_is_no_form() {
        for cut in 0..FORM.len() - 4 {
            assert!(taken_apart(&FORM.as_bytes()[..cut], "x").is_none(), "{cut}");
        }
        for bad in
            ["", "--x", "--x\r\n\r\n\r\n--x--", "--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--"]
        {
            assert!(taken_apart(bad.as_bytes(), "x").is_none(), "{bad:?}");
        }
        assert!(taken_apart(FORM.as_bytes(), "y").is_none());
    }

    #[test]
    fn the_boundary_stands_in_the_media_type() {
        assert_eq!(boundary("multipart/form-data; boundary=----abc").as_deref(), Some("----abc"));
        assert_eq!(boundary("Multipart/Form-Data; charset=utf-8; boundary=\"a b\"").as_deref(), Some("a b"));
        for other in
            ["application/x-www-form-urlencoded", "multipart/mixed; boundary=a", "multipart/form-data"]
        {
            assert_eq!(boundary(other), None);
        }
        assert_eq!(boundary(&format!("multipart/form-data; boundary={}", "x".repeat(71))), None);
    }
}
