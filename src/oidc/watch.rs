//! One request of an app, as its developer may see it afterwards: when, where, the verdict, and how to mend it. Pure.
//!
//! It is made to be looked at, so nothing goes in that could be misused or that tells of a person: no secret, code,
//! token or verifier, no hint at who signs in, no value nobody registered. A value is told only when it is a word of
//! a closed list or registered by the app itself; of everything else, that it came.

use serde::{Deserialize, Serialize};
use url::Url;

use super::authorize::RawRequest;
use crate::base::words::words;
use crate::base::{Acr, GrantType, ResponseMode, Scope, Scopes, Timestamp};
use crate::clients::{Client, RedirectUri};

words! {
    /// Where a request came.
    Endpoint {
        /// `/authorize`.
        Authorize = "authorize",
        /// `/par`.
        Par = "par",
        /// `/device_authorization`.
        Device = "device",
        /// `/bc-authorize`.
        Ciba = "ciba",
        /// `/token`.
        Token = "token",
        /// `/userinfo`.
        Userinfo = "userinfo",
        /// `/introspect`.
        Introspect = "introspect",
        /// `/revoke`.
        Revoke = "revoke",
        /// `/logout`.
        Logout = "logout",
    }
}

words! {
    /// What became of it.
    Verdict {
        /// Answered as asked.
        Good = "good",
        /// The person is at our pages now.
        Begun = "begun",
        /// Refused.
        Refused = "refused",
    }
}

/// One request, written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// When it came.
    pub at: Timestamp,
    /// Where.
    pub endpoint: Endpoint,
    /// What became of it.
    pub verdict: Verdict,
    /// The protocol's error code, or that of our page; empty when there is none.
    pub code: String,
    /// The stable word that [`fix`] explains.
    pub detail: String,
    /// What came, as far as it may be told.
    pub told: Vec<(String, String)>,
    /// The reference that our pages, the log and the trail carry.
    pub reference: String,
}

/// Parameters of which only is told that they came.
const SENT: [&str; 20] = [
    "state",
    "nonce",
    "code_challenge",
    "dpop_jkt",
    "login_hint",
    "id_token_hint",
    "claims",
    "ui_locales",
    "code",
    "code_verifier",
    "refresh_token",
    "token",
    "client_secret",
    "client_assertion",
    "access_token",
    "resource",
    "audience",
    "subject_token",
    "actor_token",
    "authorization_details",
];

/// Longest value told, in characters.
const LONGEST: usize = 200;

/// What may be told of a request's parameters.
pub fn told(raw: &RawRequest, client: &Client) -> Vec<(String, String)> {
    let mut told: Vec<(String, String)> = Vec::new();
    let mut others = 0_usize;
    for (name, value) in raw.pairs() {
        let shown = match name.as_str() {
            "client_id" => continue,
            _ if told.iter().any(|(known, _)| known == name) => "sent twice".to_owned(),
            name if SENT.contains(&name) => "sent".to_owned(),
            name => match value_of(name, value, client) {
                Some(shown) => shown,
                None => {
                    others += 1;
                    continue;
                }
            },
        };
        told.retain(|(known, _)| known != name);
        told.push((name.clone(), shown.chars().take(LONGEST).collect()));
    }
    if others > 0 {
        told.push(("others".to_owned(), others.to_string()));
    }
    told
}

/// The value of a parameter that may be told; `None` for one nobody here knows.
fn value_of(name: &str, value: &str, client: &Client) -> Option<String> {
    let word = |known: bool| if known { value.to_owned() } else { "a value not known here".to_owned() };
    let metadata = &client.metadata;
    Some(match name {
        "response_type" => {
            word(matches!(value, "code" | "token" | "id_token" | "code id_token" | "id_token token"))
        }
        "response_mode" => word(ResponseMode::parse(value).is_some() || value == "fragment"),
        "grant_type" => word(GrantType::parse(value).is_some() || matches!(value, "password" | "implicit")),
        "code_challenge_method" => word(matches!(value, "S256" | "plain")),
        "prompt" => {
            let known = ["none", "login", "consent", "select_account", "create"];
            word(value.split(' ').all(|one| known.contains(&one)))
        }
        "display" => word(matches!(value, "page" | "popup" | "touch" | "wap")),
        "max_age" => word(value.len() <= 12 && value.bytes().all(|b| b.is_ascii_digit())),
        "acr_values" => listed(value, |one| Acr::parse(one).is_some()),
        "scope" => listed(value, |one| metadata.scope.contains(one) || Scope::parse(one).is_some()),
        "subject_token_type" | "actor_token_type" | "requested_token_type" => {
            word(value == super::token::ACCESS_TOKEN_TYPE)
        }
        "token_type_hint" => word(matches!(value, "access_token" | "refresh_token")),
        "client_assertion_type" => word(value == crate::clients::authentication::JWT_BEARER),
        // Of a test run at the console: ours, and holding what names the run.
        "redirect_uri" if client.lent_uri() == Some(value) => "the console’s own test".to_owned(),
        "redirect_uri" => address(value, &metadata.redirect_uris),
        "post_logout_redirect_uri" => address(value, &metadata.post_logout_redirect_uris),
        "request" | "request_uri" | "registration" => "sent".to_owned(),
        _ => return None,
    })
}

/// The known words of a list, and how many others there were.
fn listed(value: &str, known: impl Fn(&str) -> bool) -> String {
    let all = Scopes::parse(value);
    let (told, others) = (all.filter(|one| known(one)), all.filter(|one| !known(one)).iter().count());
    match (told.is_empty(), others) {
        (false, 0) => told.to_string(),
        (true, others) => format!("{others} not registered"),
        (false, others) => format!("{told} and {others} not registered"),
    }
}

/// A registered address, or of another one what it looks like without user name, query and fragment.
fn address(value: &str, registered: &[RedirectUri]) -> String {
    if registered.iter().any(|uri| uri.matches(value)) {
        return value.to_owned();
    }
    let Ok(mut url) = Url::parse(value) else { return "no address".to_owned() };
    let has_more = url.query().is_some() || url.fragment().is_some() || !url.username().is_empty();
    url.set_query(None);
    url.set_fragment(None);
    // Fails for an address without a host, which has no user name either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if !matches!(url.scheme(), "http" | "https") && !url.scheme().contains('.') {
        return "an address with a scheme of its own".to_owned();
    }
    let more = if has_more { " and more" } else { "" };
    format!("{url}{more}, not registered")
}

/// What to do about a refusal, by its stable word; a sentence for the app's developer.
pub fn fix(detail: &str) -> &'static str {
    match detail {
        "" | "ok" => "Nothing to do.",
        "begun" => "The person is signing in. The answer follows when they are done.",
        "no_client_id" => "Send client_id once.",
        "unknown_client" => "Enable the app, or send the client_id of an enabled one.",
        "no_redirect_uri" => "Send one of the registered redirect URIs.",
        "unknown_redirect_uri" => {
            "Register the redirect URI exactly as it is sent, letter by letter, or send the registered one."
        }
        "bad_form" => "Percent-encode the parameters as UTF-8.",
        "repeated_parameter" => "Send each parameter once.",
        "unknown_request_uri" => {
            "Push the request again: its request_uri lives 90 seconds and is good for one sign-in."
        }
        "not_pushed" => "Push the request to /par first, and send its request_uri.",
        "not_signed" => {
            "Send the request in a signed request object (RFC 9101), as the app is registered for."
        }
        "request_object" => {
            "Sign the request with a registered key and algorithm, name client_id and this issuer in it, and check its times."
        }
        "dpop_jkt" => "Send the RFC 7638 thumbprint of the DPoP key, in base64url.",
        "no_dpop_proof" => "Send one DPoP header with a proof for this very request (RFC 9449).",
        "dpop_proof" => {
            "Make a new proof for each request: its method, URL, time and, with a token, its hash must fit."
        }
        "dpop_key" => "Prove the same key that the code or the token is bound to.",
        "dpop_nonce" => "Take the nonce of the DPoP-Nonce header into the next proof.",
        "request_uri" => {
            "Register the address under request_uris, and serve the signed object there by https, within 4 seconds."
        }
        "not_supported" => "Leave out registration, and request_uri where a request is pushed.",
        "response_type" => "Send response_type=code. Implicit and hybrid answers do not exist here.",
        "grant_not_registered" => "Add the grant to the app's grant types, or do not ask for it.",
        "response_mode" => {
            "Send a response_mode that discovery lists and the app registered, or leave it out."
        }
        "scope" => "Ask only for registered scopes, at most those that were granted.",
        "no_openid" => "Ask for the scope openid, and register it.",
        "no_scope" => "Ask for a registered scope; for a sign-in, openid is one of them.",
        "prompt" => "Send prompt=none alone, or login, consent and select_account.",
        "prompt_none" => "Nobody is signed in, or a page is needed. Ask again without prompt=none.",
        "max_age" => "Send max_age as a whole number of seconds.",
        "essential_acr" => {
            "Ask for a level that exists: urn:vouchsafe:acr:aal1, urn:vouchsafe:acr:aal2 or urn:vouchsafe:acr:aal2-phr."
        }
        "claims" => "Send claims as the JSON of OpenID Connect Core §5.5.",
        "pkce" => "Send code_challenge with S256 at the start, and its code_verifier with the code.",
        "resource" => {
            "Send resources that policy.resources lists, and to /token at most those asked for at the start."
        }
        "authorization_details" => {
            "Ask for a type that discovery lists and the app registered, with every list the host gave it and nothing else."
        }
        "too_long" => "Send less: one parameter is too long.",
        "id_token_hint" | "bad_hint" => "Send an ID token that this provider gave to this very app.",
        "denied" => "The person did not agree. Show them a way to go on without.",
        "cancelled" => "The person stopped. Let them try again.",
        "grant_type" => "Send a grant_type that discovery lists.",
        "missing_parameter" => "Send the parameter that the description names.",
        "secret_wrong" => {
            "Compare the secret in the app's environment with a valid one, or add a new one here."
        }
        "method_differs" => "Prove the app in the one way it is registered for, or change its registration.",
        "assertion_refused" => {
            "Check the assertion's iss, sub, aud, exp and key. The reference finds the reason in the log."
        }
        "assertion_replayed" => "Make a new assertion, with another jti, for each request.",
        "assertion_type" => "Send client_assertion and client_assertion_type together.",
        "several_ways" => "Prove the app in one way only: by header, form or assertion.",
        "authorization_header" => "Send Basic with base64 of the form-encoded client_id and secret.",
        "no_client" => "Send client_id, or the Authorization header.",
        "client_disabled" => "Enable the app.",
        "public_client" => "Introspection needs an app that can prove itself.",
        "malformed_code" | "unknown_code" => "Send the code as it came, within a minute.",
        "replayed_code" => "Send each code once. What was given for it has ended; start again.",
        "another_client" => "Send the client_id that the code or token was given to.",
        "redirect_uri" => "Send the same redirect_uri with the code as at the start.",
        "ended" => {
            "It has ended: the person signed out, access was taken away, or time ran out. Start again."
        }
        "malformed_refresh_token" | "unknown_family" => "Send the newest refresh token as it came.",
        "replayed_refresh_token" => {
            "Keep the new refresh token of each answer. The old one ended everything; start again."
        }
        "dead_token" => "Get a new access token: this one has run out, was revoked, or is not ours.",
        "token_type" => {
            "Bring and ask for access tokens only: urn:ietf:params:oauth:token-type:access_token."
        }
        "subject_no_person" => {
            "Bring a token that an app got for a person; a client's own is an actor_token."
        }
        "subject_level" => {
            "The person proved less than a sign-in at this client takes: answer 401 with acr_values and max_age (RFC 9470)."
        }
        "subject_bound" => {
            "Send a DPoP proof or connect with the certificate: a bound token gives a bound one."
        }
        "actor_person" | "actor_another" => "Send as actor_token a token of this client itself, or none.",
        "too_many_actors" => "Four services act for each other at most. Call the last one more directly.",
        "client_mismatch" => "Send the client_id that the ID token was given to, or leave it out.",
        "no_hint" => "Send id_token_hint beside post_logout_redirect_uri.",
        "unknown_post_logout_redirect_uri" => {
            "Register the address under post_logout_redirect_uris, letter by letter."
        }
        "store" | "ephemeral" | "signing" => "Nothing is wrong with the app. Try again in a moment.",
        _ => "The reference finds the reason in the log.",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::ClientId;
    use crate::clients::{Lent, metadata};

    fn client() -> Client {
        let document = json!({ "redirect_uris": ["https://app.example/cb"], "scope": "openid prescribe" });
        let parsed = metadata::parse(&document).unwrap();
        Client::described(ClientId::from_text("app"), parsed, Timestamp::default())
    }

    #[test]
    fn words_and_registered_values_are_told_and_nothing_else() {
        let secrets = [
            ("state", "s3cret"),
            ("login_hint", "s3cret@clinic.example"),
            ("client_secret", "vscs_s3cret"),
            ("code", "s3cret"),
            ("code_verifier", "s3cret"),
            ("id_token_hint", "s3cret"),
            ("scope", "openid prescribe s3cret"),
            ("redirect_uri", "https://s3cret:s3cret@app.example/cb?token=s3cret#s3cret"),
            ("response_type", "s3cret"),
            ("prompt", "login s3cret"),
            ("acr_values", "s3cret urn:vouchsafe:acr:aal2"),
            ("grant_type", "s3cret"),
            ("max_age", "s3cret"),
            ("s3cret", "s3cret"),
            ("request", "s3cret"),
            ("post_logout_redirect_uri", "s3cret:s3cret"),
        ];
        let pairs = secrets.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let told = told(&RawRequest::from_pairs(pairs), &client());
        assert!(!format!("{told:?}").contains("s3cret"), "{told:?}");
        let get = |name: &str| told.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(get("scope"), Some("openid prescribe and 1 not registered"));
        assert_eq!(get("acr_values"), Some("urn:vouchsafe:acr:aal2 and 1 not registered"));
        assert_eq!(get("redirect_uri"), Some("https://app.example/cb and more, not registered"));
        assert_eq!((get("client_secret"), get("others")), (Some("sent"), Some("1")));
    }

    #[test]
    fn what_is_registered_is_told_as_it_came() {
        let pairs = [("redirect_uri", "https://app.example/cb"), ("prompt", "none"), ("prompt", "login")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let told = told(&RawRequest::from_pairs(pairs), &client());
        let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(told, [text("redirect_uri", "https://app.example/cb"), text("prompt", "sent twice")]);
        let ours = "https://id.example/admin/apps/app/try?run=s3cret";
        let tried = client().lending(Lent::at(ours));
        let raw = RawRequest::from_pairs(vec![text("redirect_uri", ours)]);
        assert_eq!(super::told(&raw, &tried), [text("redirect_uri", "the console’s own test")]);
    }

    #[test]
    fn who_asks_for_a_level_that_does_not_exist_is_told_those_that_do() {
        let named = fix("essential_acr");
        let known: Vec<_> = Acr::ALL.iter().filter(|acr| named.contains(&format!("{acr}"))).collect();
        let offered: Vec<_> = Acr::ALL.iter().filter(|acr| **acr != Acr::Aal3).collect();
        assert_eq!(known, offered);
    }

    #[test]
    fn every_fix_is_a_sentence() {
        for detail in
            ["ok", "pkce", "unknown_redirect_uri", "secret_wrong", "dead_token", "nobody knows this"]
        {
            assert!(fix(detail).ends_with('.'), "{detail}");
        }
    }
}
