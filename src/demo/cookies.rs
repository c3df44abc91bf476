//! The app's two cookies: which browser this is, and whose session it holds. Nothing else is kept in a browser.

use anyhow::{Context, Result};
use aws_lc_rs::rand;
use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Ties the sign-ins that are under way to the browser that began them.
pub(super) const BROWSER: &str = "vouchsafe-demo-browser";
/// Names the session of the person who signed in; new at every sign-in.
pub(super) const SESSION: &str = "vouchsafe-demo-session";

/// 256 bits in base64url.
const ID_LENGTH: usize = 43;

/// A value nobody can guess: 256 random bits in base64url.
pub(super) fn random_id() -> Result<String> {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes).ok().context("the system gave no randomness")?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The id in the cookie of that name; anything that is not shaped like one of our ids counts as absent.
pub(super) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
        .filter(|value| is_id(value))
}

/// The `Set-Cookie` line that keeps `value` for `seconds`; 0 forgets the cookie.
pub(super) fn set(name: &str, value: &str, seconds: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

fn is_id(value: &str) -> bool {
    value.len() == ID_LENGTH && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, line.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_among_others_and_across_lines() {
        let id = random_id().unwrap();
        assert_eq!(id.len(), ID_LENGTH);
        let wanted = format!("{SESSION}={id}");
        for lines in [
            vec![wanted.as_str()],
            vec!["a=b", wanted.as_str()],
            vec![&format!("a=b; {wanted}; c=d")[..]],
            vec![&format!("vouchsafe-demo-sessions=x;{wanted}")[..]],
        ] {
            assert_eq!(find(&headers(&lines), SESSION), Some(id.as_str()), "{lines:?}");
        }
    }

    #[test]
    fn what_is_not_an_id_counts_as_absent() {
        let long = format!("{SESSION}={}", "a".repeat(44));
        let odd = format!("{SESSION}={}=", "a".repeat(42));
        for line in ["", ";", "vouchsafe-demo-session", "vouchsafe-demo-session=", &long, &odd, "other=1"] {
            assert_eq!(find(&headers(&[line]), SESSION), None, "{line}");
        }
    }

    #[test]
    fn a_cookie_is_kept_from_scripts_and_other_sites() {
        assert_eq!(
            set(SESSION, "x", 3600, false),
            "vouchsafe-demo-session=x; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"
        );
        assert!(set(SESSION, "", 0, true).ends_with("Max-Age=0; HttpOnly; SameSite=Lax; Secure"));
    }
}
