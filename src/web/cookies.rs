//! The cookies: the browser's, the session's, the language. `__Host-` wherever the issuer is https.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use crate::base::Token;

/// The language picked, a BCP 47 tag.
pub const LOCALE: &str = "vouchsafe-locale";

/// A cookie's value; several of one name are none (a sibling host may have planted one).
pub fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    let mut found =
        all.filter_map(|pair| pair.trim().split_once('=')).filter(|(n, _)| *n == name).map(|(_, v)| v);
    match (found.next(), found.next()) {
        (Some(value), None) => Some(value),
        _ => None,
    }
}

/// The browser cookie's name.
pub fn browser_name(https: bool) -> String {
    name("vouchsafe-browser", https)
}

/// The session cookie's name.
pub fn session_name(https: bool) -> String {
    name("vouchsafe-session", https)
}

fn name(base: &str, https: bool) -> String {
    if https { format!("__Host-{base}") } else { base.to_owned() }
}

/// Sets the browser cookie, for a year: a browser that signed in before has a budget of its own against guessing.
pub fn set_browser(response: &mut Response, token: &Token, https: bool) {
    let name = browser_name(https);
    let text = format!("{name}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000", token.expose());
    append(response, &(text + secure(https)));
}

/// Sets a cookie that ends with the browser; HttpOnly, SameSite=Lax, whole origin.
pub fn set(response: &mut Response, name: &str, token: &Token, https: bool) {
    append(response, &format!("{name}={}; Path=/; HttpOnly; SameSite=Lax{}", token.expose(), secure(https)));
}

/// Sets the language for a year.
pub fn set_locale(response: &mut Response, tag: &str, https: bool) {
    append(
        response,
        &format!("{LOCALE}={tag}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000{}", secure(https)),
    );
}

/// Takes a cookie back.
pub fn clear(response: &mut Response, name: &str, https: bool) {
    append(response, &format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{}", secure(https)));
}

fn secure(https: bool) -> &'static str {
    if https { "; Secure" } else { "" }
}

fn append(response: &mut Response, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Entropy, TokenKind};

    fn sent(response: &Response) -> Vec<&str> {
        response.headers().get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn under_https_every_cookie_is_bound_to_this_host_and_to_tls() {
        let token = Token::generate(TokenKind::Session, &Entropy::system());
        let mut response = Response::default();
        set_browser(&mut response, &token, true);
        set(&mut response, &session_name(true), &token, true);
        set_locale(&mut response, "de", true);
        clear(&mut response, &session_name(true), true);
        let cookies = sent(&response);
        let names: Vec<_> = cookies.iter().filter_map(|cookie| cookie.split('=').next()).collect();
        let session = "__Host-vouchsafe-session";
        assert_eq!(names, ["__Host-vouchsafe-browser", session, "vouchsafe-locale", session]);
        for cookie in &cookies {
            for needed in ["; Path=/;", "; HttpOnly;", "; SameSite=Lax;", "; Secure"] {
                assert!(format!("{cookie};").contains(needed), "{cookie}");
            }
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
        assert!(!cookies[1].contains("Max-Age"), "a session ends with its browser");
        assert!(cookies[3].starts_with("__Host-vouchsafe-session=;") && cookies[3].contains("Max-Age=0"));
    }

    #[test]
    fn a_cookie_planted_twice_is_none() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, "a=1; b=2".parse().unwrap());
        assert_eq!(read(&headers, "b"), Some("2"));
        headers.append(COOKIE, "b=3".parse().unwrap());
        assert_eq!(read(&headers, "b"), None);
    }
}
