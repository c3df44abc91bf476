//! `/jwks`: public halves only, and no token without its key.

use std::collections::BTreeSet;

use vouchsafe::flows::keys;

use super::verified;
use crate::actors::header;
use crate::idp::on_each_engine;

#[tokio::test]
async fn every_key_has_a_name_a_use_and_no_private_part() {
    on_each_engine(async |idp| {
        let answer = idp.http.get("/jwks").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        let set = answer.json();
        let keys = set["keys"].as_array().unwrap();
        let kids: BTreeSet<_> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
        assert_eq!(kids.len(), keys.len());
        let algorithms: BTreeSet<_> = keys.iter().map(|key| key["alg"].as_str().unwrap()).collect();
        assert_eq!(algorithms, BTreeSet::from(["ES256", "EdDSA", "PS256", "RS256"]));
        for key in keys {
            assert_eq!(key["use"], "sig");
            let public = ["kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"];
            for name in key.as_object().unwrap().keys() {
                assert!(public.contains(&name.as_str()), "{name}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn tokens_outlive_the_rotation_of_their_key() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let before = rp.signs_in(&alice, &browser).await;
        idp.tick();
        keys::rotate_now(&idp.operator(), None, None).await.unwrap();
        idp.advance(1);
        assert_eq!(rp.userinfo(&before.access()).await.status, 200);
        verified(&idp, &before.id()).await;
        let after = rp.signs_in(&alice, &browser).await;
        assert_ne!(header(&before.id())["kid"], header(&after.id())["kid"]);
        verified(&idp, &after.id()).await;
        let hinted = rp.ask().set("prompt", "none").set("id_token_hint", &before.id());
        alice.authorizes(&browser, &hinted).await.code();
    })
    .await;
}

#[tokio::test]
async fn the_schedule_publishes_a_key_before_it_signs() {
    on_each_engine(async |idp| {
        let day = 24 * 3600;
        let kids = async || -> BTreeSet<String> {
            let set = idp.http.get("/jwks").await.json();
            set["keys"].as_array().unwrap().iter().map(|k| k["kid"].as_str().unwrap().to_owned()).collect()
        };
        let first = kids().await;
        idp.advance(89 * day);
        keys::rotate_by_schedule(&idp.operator()).await.unwrap();
        idp.advance(1);
        let both = kids().await;
        assert_eq!((both.len(), both.is_superset(&first)), (10, true));
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let token = rp.signs_in(&alice, &idp.browser()).await.id();
        assert!(first.contains(header(&token)["kid"].as_str().unwrap()), "the next one does not sign yet");
        idp.advance(2 * day);
        keys::rotate_by_schedule(&idp.operator()).await.unwrap();
        idp.advance(1);
        let token = rp.signs_in(&alice, &idp.browser()).await.id();
        assert!(!first.contains(header(&token)["kid"].as_str().unwrap()));
        assert!(kids().await.is_superset(&first), "what it signed can still be verified");
        idp.advance(2 * day);
        keys::rotate_by_schedule(&idp.operator()).await.unwrap();
        idp.advance(1);
        assert!(kids().await.is_disjoint(&first));
    })
    .await;
}
