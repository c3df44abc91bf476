//! An app that does all at once, asked at one node and answered by another: requests signed, pushed and for an API, answers
//! signed, ID tokens encrypted, tokens bound to a key, its own keys published at an address.

use serde_json::json;
use vouchsafe::keys::{Algorithm, SigningKey};

use super::encryption::{Keys, keys};
use super::{is_shown, verified};
use crate::actors::{Ask, Callback, DpopKey, Rp, Tokens, pairs};
use crate::idp::{TestIdp, on_each_engine_with};
use crate::outbound::receiver::{Manners, Receiver};
use crate::webhooks::NEAR;

const API: &str = "https://api.example/fhir";

/// The app, and what it needs.
struct Whole {
    rp: Rp,
    own: Keys,
    key: DpopKey,
    published: Receiver,
}

impl Whole {
    async fn of(idp: &TestIdp) -> Self {
        let (own, published) = (keys(idp), Receiver::new().await);
        let (signing, _) = SigningKey::generate(Algorithm::Es256, idp.now()).unwrap();
        let mut set = own.jwks.clone();
        set["keys"].as_array_mut().unwrap().push(json!(signing.jwk()));
        let typed = "content-type: application/jwk-set+json\r\n".to_owned();
        published.behave(Manners::Says(200, typed, set.to_string()));
        let rp = idp
            .rp()
            .with("id_token_encrypted_response_alg", "ECDH-ES")
            .with("id_token_encrypted_response_enc", "A128GCM")
            .with("authorization_signed_response_alg", "ES256")
            .with("response_modes", json!(["jwt"]))
            .with("require_pushed_authorization_requests", true)
            .with("require_signed_request_object", true)
            .with("dpop_bound_access_tokens", true)
            .policy("resources", json!([API]))
            .publishing(&published.url(), signing)
            .await;
        Self { rp, own, key: DpopKey::new(idp).await, published }
    }

    /// Pushes a signed request at a node; what the browser brings.
    async fn pushes(&self, node: &TestIdp) -> Ask {
        let rp = self.rp.at(node);
        let ask = rp.ask().set("response_mode", "jwt").add("resource", API).add("resource", &node.issuer);
        let claims = json!({ "resource": [API, node.issuer], "dpop_jkt": self.key.thumbprint() });
        let object = rp.object(&ask, "oauth-authz-req+jwt", &claims);
        let proof = self.key.proof("POST", "/par", &json!({}));
        let answer = rp.posts_with("/par", &[("request", &object)], &[&proof]).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let mut brought = rp.ask();
        brought.pairs = pairs(&[("client_id", &rp.id), ("request_uri", &answer.member("request_uri"))]);
        brought
    }

    /// The code in a signed answer, its signature checked with the keys of a node.
    async fn opens(&self, node: &TestIdp, callback: &Callback) -> String {
        assert_eq!(callback.params.keys().collect::<Vec<_>>(), ["response"]);
        let said = verified(node, callback.get("response")).await;
        assert_eq!((&said["iss"], &said["aud"]), (&json!(node.issuer), &json!(self.rp.id)));
        said["code"].as_str().unwrap().to_owned()
    }

    /// Asks a node for claims; its status.
    async fn userinfo(&self, node: &TestIdp, tokens: &Tokens) -> u16 {
        let access = tokens.access();
        let proof = self.key.proof_of(&access, "GET", "/userinfo");
        self.rp.at(node).userinfo_by("DPoP", &access, &[&proof]).await.status
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_at_once_is_begun_at_one_node_goes_on_at_another_and_survives_both() {
    on_each_engine_with(&NEAR, async |one| {
        let two = one.another().await;
        let (whole, alice, browser) = (Whole::of(&one).await, one.person("alice").await, one.browser());
        let api = one.rp().policy("serves", json!([API])).basic().await;
        let brought = whole.pushes(&one).await;
        let callback = alice.at(&two).authorizes(&browser.at(&two), &brought).await;
        let code = whole.opens(&one, &callback).await;
        // It was for one sign-in, wherever it is brought again.
        is_shown(&browser.open(&brought.url()).await, "/authorize");

        // Another key, at the node that did not see the first.
        let thief = DpopKey::new(&one).await;
        whole.rp.at(&two).redeem_proving(&code, &thief).await.is_refused("invalid_grant");
        let brought = whole.pushes(&two).await;
        let code = whole.opens(&two, &alice.authorizes(&browser, &brought).await).await;
        let tokens = whole.rp.at(&two).redeem_proving(&code, &whole.key).await.is_granted();
        let (head, signed) = whole.own.open(&tokens.id());
        assert_eq!((&head["alg"], &head["enc"]), (&json!("ECDH-ES"), &json!("A128GCM")));
        assert_eq!(verified(&one, &signed).await["aud"], json!(whole.rp.id));
        assert_eq!(verified(&one, &tokens.access()).await["aud"], json!([API, one.issuer]));
        for node in [&one, &two] {
            assert_eq!(whole.userinfo(node, &tokens).await, 200);
            assert_eq!(api.at(node).introspect(&tokens.access()).await.json()["active"], true);
        }

        // A proof, a code and a key that was not proved: once and for one, whichever node is asked.
        let access = tokens.access();
        let proof = whole.key.proof_of(&access, "GET", "/userinfo");
        assert_eq!(whole.rp.userinfo_by("DPoP", &access, &[&proof]).await.status, 200);
        let stolen = thief.proof_of(&access, "GET", "/userinfo");
        for bad in [&proof, &stolen] {
            let mark = one.mark().await;
            assert_eq!(whole.rp.at(&two).userinfo_by("DPoP", &access, &[bad]).await.status, 401);
            let kinds = two.kinds_since(mark).await;
            assert!(
                !kinds.is_empty()
                    && kinds.iter().all(|k| k.ends_with(".refused") || k.ends_with(".replayed"))
            );
        }
        let waiting = whole.pushes(&one).await;

        one.stop().await;
        two.stop().await;
        let three = one.another().await;
        assert_eq!(
            whole.rp.at(&three).userinfo_by("DPoP", &access, &[&proof]).await.status,
            401,
            "used before"
        );
        assert_eq!(whole.userinfo(&three, &tokens).await, 200);
        let refreshed = whole.rp.at(&three).refresh_proving(&tokens, &whole.key).await.is_granted();
        assert_eq!(whole.userinfo(&three, &refreshed).await, 200);
        let callback = alice.at(&three).authorizes(&browser.at(&three), &waiting).await;
        let code = whole.opens(&three, &callback).await;
        whole.rp.at(&three).redeem_proving(&code, &whole.key).await.is_granted();
        assert_eq!(whole.published.connections(), 3, "each node fetched the app's keys once");
        three.stop().await;
    })
    .await;
}
