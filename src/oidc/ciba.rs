//! The request of an app for a person who is elsewhere (CIBA Core 1.0 §7.1): read and checked, nobody looked up yet.

use super::authorize::RawRequest;
use super::{Code, Error};
use crate::base::text::is_hidden;
use crate::base::{Scope, Scopes, Seconds, Token, TokenKind};
use crate::clients::ciba::Delivery;

/// Parameters of a request, wherever they stand: in the form, or in the object that its client signed.
pub const KNOWN: [&str; 9] = [
    "scope",
    "client_notification_token",
    "acr_values",
    "login_hint_token",
    "id_token_hint",
    "login_hint",
    "binding_message",
    "user_code",
    "requested_expiry",
];

/// Seconds a request waits for its person where its client asks for nothing else.
pub const LIFETIME: Seconds = 600;
/// Most seconds it waits.
pub const LONGEST: Seconds = 1800;
/// Most characters of what a person is to compare.
const BINDING: usize = 64;
/// Characters of a bearer token for our messages: 128 bits in base64 at least, and the most that CIBA §7.1 allows.
const NOTIFICATION: std::ops::RangeInclusive<usize> = 22..=1024;

/// Whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// What the person would type.
    Login(String),
    /// An ID token of ours, to be verified by the flow.
    IdToken(String),
}

/// A request that passed every check that needs no look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CibaRequest {
    /// Whom it is about.
    pub hint: Hint,
    /// What the app shows as well, to be compared.
    pub binding_message: Option<String>,
    /// What our message must show, where the client is told.
    pub notification_token: Option<String>,
    /// Seconds it waits.
    pub lifetime: Seconds,
    /// What the person's sign-in is asked for with.
    pub parameters: Vec<(String, String)>,
}

impl CibaRequest {
    /// Reads a request of a client that is told of answers this way.
    pub fn parse(raw: &RawRequest, delivery: Delivery) -> Result<Self, Error> {
        if let Some(name) = raw.first_repeated(&KNOWN) {
            let why = format!("{name} is given more than once.");
            return Err(Error::invalid_request(why, "repeated_parameter"));
        }
        if raw.get("user_code").is_some() {
            return Err(Error::invalid_request("There are no user codes here.", "user_code"));
        }
        if raw.pairs().iter().any(|(name, _)| name == "authorization_details") {
            let why = "authorization_details are not supported here; ask for them at /authorize.";
            return Err(Error::invalid_request(why, "details_here"));
        }
        let taken = |name: &str| matches!(name, "scope" | "acr_values" | "resource");
        let read = Self {
            hint: hint(raw)?,
            binding_message: binding_message(raw)?,
            notification_token: notification_token(raw, delivery)?,
            lifetime: lifetime(raw)?,
            parameters: raw.pairs().iter().filter(|(name, _)| taken(name)).cloned().collect(),
        };
        asks_for_openid(raw)?;
        Ok(read)
    }
}

/// It is a sign-in, always (CIBA §7.1).
fn asks_for_openid(raw: &RawRequest) -> Result<(), Error> {
    match Scopes::parse(raw.get("scope").unwrap_or_default()).has(Scope::Openid) {
        true => Ok(()),
        false => Err(Error::new(Code::InvalidScope, "scope must hold openid.", "no_openid")),
    }
}

/// Exactly one hint (CIBA §7.1).
fn hint(raw: &RawRequest) -> Result<Hint, Error> {
    let hints = ["login_hint", "id_token_hint", "login_hint_token"].map(|name| raw.get(name));
    match hints {
        [Some(login), None, None] => Ok(Hint::Login(login.to_owned())),
        [None, Some(token), None] => Ok(Hint::IdToken(token.to_owned())),
        [None, None, Some(_)] => {
            let why = "login_hint_token is not supported; send login_hint or id_token_hint.";
            Err(Error::invalid_request(why, "login_hint_token"))
        }
        _ => {
            let why = "Send exactly one of login_hint and id_token_hint.";
            Err(Error::invalid_request(why, "hints"))
        }
    }
}

/// One short line, of what a person can see.
fn binding_message(raw: &RawRequest) -> Result<Option<String>, Error> {
    let Some(text) = raw.get("binding_message") else { return Ok(None) };
    let seen = |c: char| !c.is_control() && !is_hidden(c) && (c == ' ' || !c.is_whitespace());
    if text.chars().count() > BINDING || !text.chars().all(seen) || text.trim().is_empty() {
        let why = "binding_message must be one line of visible characters, 64 at most.";
        return Err(Error::new(Code::InvalidBindingMessage, why, "binding_message"));
    }
    Ok(Some(text.trim().to_owned()))
}

fn notification_token(raw: &RawRequest, delivery: Delivery) -> Result<Option<String>, Error> {
    if delivery == Delivery::Poll {
        return Ok(None);
    }
    let fits = |text: &&str| {
        let body = text.trim_end_matches('=');
        let plain = body.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b));
        NOTIFICATION.contains(&text.len()) && plain && !body.is_empty()
    };
    match raw.get("client_notification_token").filter(fits) {
        Some(token) => Ok(Some(token.to_owned())),
        None => {
            let why =
                "client_notification_token must be a bearer token of 22 to 1,024 characters (RFC 6750).";
            Err(Error::invalid_request(why, "client_notification_token"))
        }
    }
}

fn lifetime(raw: &RawRequest) -> Result<Seconds, Error> {
    let Some(text) = raw.get("requested_expiry") else { return Ok(LIFETIME) };
    let digits = !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<Seconds>() {
        Ok(seconds) if digits && seconds > 0 => Ok(seconds.min(LONGEST)),
        Ok(_) | Err(_) => {
            let why = "requested_expiry must be a number of seconds, 1 at least.";
            Err(Error::invalid_request(why, "requested_expiry"))
        }
    }
}

/// What is kept in place of an `auth_req_id`; nothing for what is none.
pub fn digest(auth_req_id: &str) -> Option<crate::base::Digest> {
    Token::parse(TokenKind::Ciba, auth_req_id).map(|token| token.digest())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(form: &str) -> Result<CibaRequest, Error> {
        CibaRequest::parse(&RawRequest::parse(form).unwrap(), Delivery::Poll)
    }

    #[test]
    fn a_request_is_read_or_refused_by_what_is_wrong_with_it() {
        let long = format!("login_hint=rose&binding_message={}", "x".repeat(65));
        let refused = [
            ("", "hints"),
            ("login_hint=rose&id_token_hint=x", "hints"),
            ("login_hint=rose&login_hint_token=x", "hints"),
            ("login_hint_token=x", "login_hint_token"),
            ("login_hint=rose&login_hint=amara", "repeated_parameter"),
            ("login_hint=rose&user_code=1", "user_code"),
            ("login_hint=rose&scope=openid&authorization_details=[]", "details_here"),
            ("login_hint=rose&binding_message=a%0Ab", "binding_message"),
            ("login_hint=rose&binding_message=a%E2%80%AEb", "binding_message"),
            ("login_hint=rose&binding_message=+", "binding_message"),
            (&long, "binding_message"),
            ("login_hint=rose&requested_expiry=0", "requested_expiry"),
            ("login_hint=rose&requested_expiry=-1", "requested_expiry"),
            ("login_hint=rose&requested_expiry=1.5", "requested_expiry"),
            ("login_hint=rose&requested_expiry=9999999999", "requested_expiry"),
            ("login_hint=rose", "no_openid"),
            ("login_hint=rose&scope=profile", "no_openid"),
        ];
        for (form, detail) in refused {
            assert_eq!(parse(form).unwrap_err().detail, detail, "{form}");
        }
        let read = parse("login_hint=rose&scope=openid&binding_message=%C3%A9-42&requested_expiry=30&x=1");
        let read = read.unwrap();
        assert_eq!((&read.hint, read.lifetime), (&Hint::Login("rose".to_owned()), 30));
        assert_eq!(read.binding_message.as_deref(), Some("é-42"));
        assert_eq!(read.parameters, [("scope".to_owned(), "openid".to_owned())]);
        assert_eq!(parse("id_token_hint=x&scope=openid&requested_expiry=99999").unwrap().lifetime, LONGEST);
        assert_eq!(parse("id_token_hint=x&scope=openid").unwrap().lifetime, LIFETIME);
    }

    #[test]
    fn whoever_is_told_says_what_our_message_must_show() {
        let pings = |token: &str| {
            let raw =
                RawRequest::parse(&format!("login_hint=rose&scope=openid&client_notification_token={token}"));
            CibaRequest::parse(&raw.unwrap(), Delivery::Ping).map(|read| read.notification_token)
        };
        let good = "8d67dc78-7faa-4d41-aabd-67707b374255";
        assert_eq!(pings(good), Ok(Some(good.to_owned())));
        for bad in ["", "short", "twenty two characters x", &"x".repeat(1025), &"=".repeat(30), "a%0Ab"] {
            assert_eq!(pings(bad).unwrap_err().detail, "client_notification_token", "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_form_is_read_or_refused(text in ".{0,200}", expiry in ".{0,12}") {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.append_pair("login_hint", "rose").append_pair("binding_message", &text);
            form.append_pair("requested_expiry", &expiry);
            if let Ok(raw) = RawRequest::parse(&form.finish()) {
                let _ = CibaRequest::parse(&raw, Delivery::Poll);
            }
        }
    }
}
