//! Small public things: assets, the language picker, well-known addresses, the page for what is not there.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, LOCATION};
use axum::response::Response;

use super::caller::Caller;
use super::form::Form;
use super::pages::Locale;
use super::{answers, assets, cookies, error, paths};
use crate::flows::{PageError, clients};

pub(super) async fn root() -> Response {
    answers::redirect(paths::ACCOUNT)
}

pub(super) async fn asset(caller: Caller, Path(name): Path<String>) -> Response {
    let Some(asset) = assets::find(&name) else { return error::of(&caller, &PageError::NotFound) };
    let mut response = answers::plain(200, "application/octet-stream", asset.bytes.into_owned());
    answers::put(&mut response, axum::http::header::CONTENT_TYPE, &asset.mime);
    answers::put(&mut response, CACHE_CONTROL, "public, max-age=31536000, immutable");
    response
}

pub(super) async fn favicon() -> Response {
    let mut response = answers::plain(307, "text/plain", "");
    answers::put(&mut response, LOCATION, &assets::url("favicon.svg"));
    response
}

/// Our copy of an app's logo. Whatever somebody hid in it, it is a picture of ours and nothing else.
pub(super) async fn logo(caller: Caller, Path(name): Path<String>) -> Response {
    let logo = match clients::logo(&caller.cx, &name).await {
        Ok(Some(logo)) => logo,
        Ok(None) => return error::of(&caller, &PageError::NotFound),
        Err(why) => return error::of(&caller, &why.into()),
    };
    let mut response = answers::plain(200, logo.media.as_str(), logo.image);
    answers::put(
        &mut response,
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'; sandbox",
    );
    answers::put(&mut response, HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    answers::put(&mut response, CACHE_CONTROL, "public, max-age=86400, immutable");
    response
}

/// Keeps the picked language and comes back; only to a path of ours.
pub(super) async fn locale(caller: Caller, Form(form): Form) -> Response {
    let to = form.get("return_to").filter(|to| is_own_path(to)).unwrap_or(paths::ACCOUNT);
    let mut response = answers::redirect(to);
    // Another site must not choose for a person; a browser that does not say where a form is from is believed.
    if caller.fetch_site.as_deref().is_some_and(|site| site != "same-origin") {
        return response;
    }
    if let Some(locale) = form.get("locale").and_then(Locale::parse) {
        cookies::set_locale(&mut response, locale.tag(), caller.cx.issuer.is_https());
    }
    response
}

fn is_own_path(to: &str) -> bool {
    to.starts_with('/') && !to.starts_with("//") && !to.contains(|c: char| c == '\\' || c.is_ascii_control())
}

/// Where password managers look for the change page.
pub(super) async fn change_password() -> Response {
    let mut response = answers::plain(302, "text/plain", "");
    answers::put(&mut response, LOCATION, paths::ACCOUNT_PASSWORD);
    response
}

pub(super) async fn passkey_endpoints(caller: Caller) -> Response {
    let issuer = &caller.cx.issuer;
    let enroll = issuer.join(&format!("{}/passkey", paths::ACCOUNT_ADD));
    answers::json(200, &serde_json::json!({ "enroll": enroll, "manage": issuer.join(paths::ACCOUNT) }))
}

pub(super) async fn security_txt(caller: Caller) -> Response {
    let expires = caller.cx.now.plus(180 * 24 * 3600).to_rfc3339();
    let contact = caller.cx.config.support.phone.as_deref().map(|p| p.replace(' ', "")).unwrap_or_default();
    if contact.is_empty() {
        return error::of(&caller, &PageError::NotFound);
    }
    answers::plain(200, "text/plain; charset=utf-8", format!("Contact: tel:{contact}\nExpires: {expires}\n"))
}

pub(super) async fn not_found(caller: Caller) -> Response {
    error::of(&caller, &PageError::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_returned_to() {
        for own in ["/account/", "/i/x/password"] {
            assert!(is_own_path(own));
        }
        for other in
            ["https://evil.example", "//evil.example", "/\\evil.example", "", "/a\r\nb", "/\t/evil.example"]
        {
            assert!(!is_own_path(other));
        }
    }
}
