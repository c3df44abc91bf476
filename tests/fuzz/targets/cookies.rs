//! Cookie headers, and the tokens in them.

#![no_main]

use http::header::{COOKIE, HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use vouchsafe::base::{Token, TokenKind};
use vouchsafe::web::cookies;

fuzz_target!(|text: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in text.split(|byte| *byte == b'\n') {
        let Ok(value) = HeaderValue::from_bytes(line) else { continue };
        headers.append(COOKIE, value);
    }
    for https in [false, true] {
        for (name, kind) in [
            (cookies::browser_name(https), TokenKind::Browser),
            (cookies::session_name(https), TokenKind::Session),
        ] {
            let Some(value) = cookies::read(&headers, &name) else { continue };
            if let Some(token) = Token::parse(kind, value) {
                assert_eq!(token.expose(), value, "a token that reads as another");
            }
        }
    }
    let _ = cookies::read(&headers, cookies::LOCALE);
});
