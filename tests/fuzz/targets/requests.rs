//! Authorization requests, from the text of a query or form to the request that the hub works with.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use vouchsafe::base::{ClientId, Entropy, Timestamp};
use vouchsafe::clients::{Client, authentication, metadata};
use vouchsafe::oidc::authorize::{AuthorizeRequest, Here, RawRequest, Via, locate};
use vouchsafe::oidc::details::Types;

const ISSUER: &str = "https://id.example";
static TYPES: LazyLock<Types> = LazyLock::new(Types::default);

const CALLBACK: &str = "https://app.example/callback?kept=1";

static CLIENT: LazyLock<Arc<Client>> = LazyLock::new(|| {
    let document = json!({
        "client_name": "App", "redirect_uris": [CALLBACK, "https://app.example/other"],
        "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile email offline_access",
        "token_endpoint_auth_method": "none",
    });
    let parsed = metadata::parse(&document).expect("the registration is sound");
    let (now, entropy) = (Timestamp::from_seconds(1_700_000_000), Entropy::system());
    Arc::new(Client::described(ClientId::new(now, &entropy), parsed, now))
});

fuzz_target!(|text: &str| {
    let Ok(raw) = RawRequest::parse(text) else { return };
    let mut again = url::form_urlencoded::Serializer::new(String::new());
    let again = again.extend_pairs(raw.pairs()).finish();
    let read = RawRequest::parse(&again).expect("what was read can be written and read again");
    assert_eq!(read.pairs(), raw.pairs());
    let _ = authentication::present(raw.get("authorization"), &|name| raw.get(name));
    let Ok(destination) = locate(&raw, Some(CLIENT.clone())) else { return };
    assert!(CLIENT.matches_redirect(destination.redirect_uri()), "sent to where nobody registered");
    let (here, via) = (Here { issuer: ISSUER, details: &TYPES }, Via { pushed: false, signed: false });
    let Ok(request) = AuthorizeRequest::parse(&raw, &destination, here, via) else { return };
    assert!(request.code_challenge.is_some(), "a public app without PKCE");
    assert!(!request.scopes.is_empty(), "nothing is asked for");
});
