//! Keys that clients publish at an address of theirs: fetched when needed, not more often than a minute allows, and none
//! where they cannot be had.

use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;
use vouchsafe::keys::{Algorithm, SigningKey};

use crate::actors::{Auth, Rp};
use crate::idp::{TestIdp, on_each_engine, on_each_engine_with};
use crate::outbound::receiver::{Manners, Receiver};
use crate::webhooks::NEAR;

fn key(idp: &TestIdp) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, idp.now()).unwrap().0
}

/// A server that publishes these keys.
fn publishes(server: &Receiver, keys: &[&SigningKey]) {
    let jwks = json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() });
    let typed = "content-type: application/json\r\n".to_owned();
    server.behave(Manners::Says(200, typed, jwks.to_string()));
}

/// The same app when it signs with another key.
fn signing(rp: &Rp, key: SigningKey) -> Rp {
    let mut other = rp.clone();
    other.auth = Auth::Key(Arc::new(key));
    other
}

/// Who the client is was proved: only the refresh token is refused.
async fn is_proved(rp: &Rp) {
    rp.refresh("x").await.is_refused("invalid_grant");
}

async fn is_not_proved(idp: &TestIdp, rp: &Rp) {
    let mark = idp.mark().await;
    rp.refresh("x").await.is_refused("invalid_client");
    assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"]);
}

#[tokio::test]
async fn a_new_key_works_after_a_minute_and_unknown_ones_fetch_no_more_often() {
    on_each_engine_with(&NEAR, async |idp| {
        let server = Receiver::new().await;
        let first = key(&idp);
        publishes(&server, &[&first]);
        let rp = idp.rp().publishing(&server.url(), first).await;
        let mut all = JoinSet::new();
        for _ in 0..64 {
            let rp = rp.clone();
            all.spawn(async move { is_proved(&rp).await });
        }
        all.join_all().await;
        assert_eq!(server.connections(), 1);

        let second = key(&idp);
        publishes(&server, &[&second]);
        let rotated = signing(&rp, second);
        is_not_proved(&idp, &rotated).await;
        is_proved(&rp).await;
        assert_eq!(server.connections(), 1);
        idp.advance(60);
        is_proved(&rotated).await;
        assert_eq!(server.connections(), 2);
        is_not_proved(&idp, &rp).await;
        let stranger = signing(&rp, key(&idp));
        for _ in 0..3 {
            is_not_proved(&idp, &stranger).await;
        }
        assert_eq!(server.connections(), 2);
    })
    .await;
}

#[tokio::test]
async fn keys_that_cannot_be_had_prove_nobody() {
    on_each_engine_with(&NEAR, async |idp| {
        let server = Receiver::new().await;
        let own = key(&idp);
        let good = json!({ "keys": [own.jwk()] }).to_string();
        let private = json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] }).to_string();
        let elsewhere = Receiver::new().await;
        publishes(&elsewhere, &[&own]);
        let rp = idp.rp().publishing(&server.url(), own).await;
        let says =
            |status, headers: &str, body: &str| Manners::Says(status, headers.to_owned(), body.to_owned());
        for manners in [
            says(500, "", &good),
            says(200, "", "<html>"),
            says(200, "", "{}"),
            says(200, "", &private),
            says(302, &format!("location: {}\r\n", elsewhere.url()), ""),
            says(200, "", &format!("{good}{}", " ".repeat(70_000))),
            Manners::Babbles,
        ] {
            server.behave(manners);
            is_not_proved(&idp, &rp).await;
            idp.advance(60);
        }
        assert_eq!(elsewhere.connections(), 0);
        server.behave(says(200, "", &good));
        is_proved(&rp).await;
        // What was fetched is believed for ten minutes, and no longer when nobody answers.
        server.behave(says(503, "", ""));
        idp.advance(599);
        is_proved(&rp).await;
        idp.advance(1);
        is_not_proved(&idp, &rp).await;
    })
    .await;
}

#[tokio::test]
async fn an_address_inside_our_networks_is_not_asked_for_keys() {
    on_each_engine(async |idp| {
        let server = Receiver::new().await;
        let own = key(&idp);
        publishes(&server, &[&own]);
        let rp = idp.rp().publishing(&server.url(), own).await;
        is_not_proved(&idp, &rp).await;
        assert_eq!(server.connections(), 0);
    })
    .await;
}
