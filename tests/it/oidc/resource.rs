//! Tokens for an API (RFC 8707): asked for at the start, narrowed at the token endpoint, good nowhere else.

use serde_json::{Value, json};
use vouchsafe::base::ClientId;
use vouchsafe::flows::clients::settings::{self, Within};

use super::verified;
use crate::actors::{Callback, Rp, Tokens};
use crate::faults::stores::{Asked, Rests, on_each_store};
use crate::idp::on_each_engine;

const API: &str = "https://api.example/fhir";
const OTHER: &str = "urn:example:rooms";

async fn audience(rp: &Rp, tokens: &Tokens) -> Value {
    verified(rp.idp(), &tokens.access()).await["aud"].clone()
}

#[tokio::test]
async fn a_token_is_for_whom_it_was_asked_and_for_nobody_else() {
    on_each_engine(async |idp| {
        let rp = idp.rp().policy("resources", json!([API, OTHER])).basic().await;
        let api = idp.rp().policy("serves", json!([API])).basic().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let ask = rp.ask().add("resource", API).add("resource", OTHER).add("resource", API);
        let code = async || alice.authorizes(&browser, &ask).await.code();
        let whole = rp.redeem(&code().await).await.is_granted();
        assert_eq!(audience(&rp, &whole).await, json!([API, OTHER]));
        assert_eq!(rp.userinfo(&whole.access()).await.status, 401, "it is for the API");
        let told = api.introspect(&whole.access()).await.json();
        assert_eq!((&told["active"], &told["aud"]), (&json!(true), &json!([API, OTHER])));
        assert_eq!((&told["acr"], &told["client_id"]), (&whole.id_claims()["acr"], &json!(rp.id)));

        let bound = [("redirect_uri", rp.redirect_uri.as_str()), ("code_verifier", crate::actors::VERIFIER)];
        let narrow = [bound[0], bound[1], ("resource", OTHER)];
        let narrow = rp.redeem_with(&code().await, &narrow).await.is_granted();
        assert_eq!(audience(&rp, &narrow).await, OTHER);
        assert_eq!(api.introspect(&narrow.access()).await.json(), json!({ "active": false }));
        // A refresh may narrow in its own way, and loses nothing by that.
        let refreshing = |token: String, resource: &'static str| {
            let rp = rp.clone();
            async move {
                let form =
                    [("grant_type", "refresh_token"), ("refresh_token", &token), ("resource", resource)];
                rp.posts("/token", &form).await.is_granted()
            }
        };
        let second = refreshing(narrow.refresh(), API).await;
        assert_eq!(audience(&rp, &second).await, API);
        let third = rp.refresh(&second.refresh()).await.is_granted();
        assert_eq!(audience(&rp, &third).await, json!([API, OTHER]));

        // For us and for the API, pushed.
        let form: Vec<(&str, &str)> = ask.pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let both: Vec<_> = form.into_iter().chain([("resource", idp.issuer.as_str())]).collect();
        let name = rp.posts("/par", &both).await.member("request_uri");
        let brought = ask.bringing(&[("request_uri", &name)]);
        let tokens = rp.redeem(&alice.authorizes(&browser, &brought).await.code()).await.is_granted();
        assert_eq!(audience(&rp, &tokens).await, json!([API, OTHER, idp.issuer]));
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_registered_or_was_not_asked_for_is_no_target() {
    on_each_engine(async |idp| {
        let rp = idp
            .rp()
            .with("grant_types", json!(["authorization_code", "refresh_token", "client_credentials"]))
            .policy("resources", json!([API, OTHER]))
            .basic()
            .await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let long = (0..9).fold(rp.ask(), |ask, i| ask.add("resource", &format!("urn:example:{i}")));
        for ask in [
            rp.ask().add("resource", "https://api.example/"),
            rp.ask().add("resource", API).add("resource", "x"),
            long,
        ] {
            let mark = idp.mark().await;
            Callback::of(&browser.get(&ask.url()).await).is_refused("invalid_target");
            assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"]);
        }
        let ask = rp.ask().add("resource", API);
        let code = alice.authorizes(&browser, &ask).await.code();
        let bound = [("redirect_uri", rp.redirect_uri.as_str()), ("code_verifier", crate::actors::VERIFIER)];
        let mark = idp.mark().await;
        rp.redeem_with(&code, &[bound[0], bound[1], ("resource", OTHER)]).await.is_refused("invalid_target");
        assert_eq!(idp.kinds_since(mark).await, ["code.refused"]);
        rp.redeem(&code).await.is_refused("invalid_grant");

        let tokens = rp.signs_in_with(&alice, &browser, &ask).await;
        let refresh = tokens.refresh();
        for beyond in [OTHER, idp.issuer.as_str(), "https://evil.example"] {
            let mark = idp.mark().await;
            let form = [("grant_type", "refresh_token"), ("refresh_token", &refresh), ("resource", beyond)];
            rp.posts("/token", &form).await.is_refused("invalid_target");
            assert_eq!(idp.kinds_since(mark).await, ["refresh.refused"], "{beyond}");
        }
        let own = |resource| [("grant_type", "client_credentials"), ("resource", resource)];
        rp.posts("/token", &own("https://evil.example")).await.is_refused("invalid_target");
        let machine = rp.posts("/token", &own(OTHER)).await.is_granted();
        assert_eq!(audience(&rp, &machine).await, OTHER);
        assert_eq!(rp.userinfo(&machine.access()).await.status, 401);

        // What the app may not have any more is in no new token.
        let mut document = serde_json::Map::from_iter(rp.registered.clone());
        document.retain(|name, _| !name.starts_with("client_secret") && !name.starts_with("client_id"));
        document["policy"]["resources"] = json!([OTHER]);
        let id = ClientId::from_text(rp.id.as_str());
        settings::change(&idp.operator(), &Within::All, &id, &document.into()).await.unwrap();
        idp.advance(1);
        rp.refresh(&refresh).await.is_refused("invalid_target");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_store_is_away_no_token_is_for_anybody_that_needs_it() {
    on_each_store(&[], async |idp, store| {
        let grants = json!(["authorization_code", "refresh_token", "client_credentials"]);
        let rp = idp.rp().with("grant_types", grants).policy("resources", json!([API, OTHER])).basic().await;
        let api = idp.rp().policy("serves", json!([API])).basic().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let ask = rp.ask().add("resource", API).add("resource", OTHER);
        let tokens = rp.signs_in_with(&alice, &browser, &ask).await;
        let code = alice.authorizes(&browser, &ask).await.code();
        let bound = [("redirect_uri", rp.redirect_uri.as_str()), ("code_verifier", crate::actors::VERIFIER)];
        let met = vec![Asked::new("a code", Rests::Both, {
            let (rp, code) = (rp.clone(), code.clone());
            async move {
                let uri = rp.redirect_uri.clone();
                let form =
                    [("redirect_uri", &*uri), ("code_verifier", crate::actors::VERIFIER), ("resource", API)];
                rp.redeem_with(&code, &form).await
            }
        })];
        assert!(store.meets(&idp, met).await.is_empty());
        let asks = || {
            let posts = |path: &'static str, form: Vec<(&'static str, String)>| {
                let rp = rp.clone();
                async move {
                    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
                    rp.posts(path, &form).await
                }
            };
            let own = |to: &str| {
                let form = vec![("grant_type", "client_credentials".to_owned()), ("resource", to.to_owned())];
                posts("/token", form)
            };
            let refresh = vec![
                ("grant_type", "refresh_token".to_owned()),
                ("refresh_token", tokens.refresh()),
                ("resource", API.to_owned()),
            ];
            let (silent, browser) = (ask.clone().set("prompt", "none").url(), browser.clone());
            let (pushing, ask) = (rp.clone(), ask.clone());
            let (api, access) = (api.clone(), tokens.access());
            vec![
                Asked::new("a pushed request", Rests::Both, async move {
                    let form: Vec<_> = ask.pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                    pushing.posts("/par", &form).await
                }),
                Asked::new("a request", Rests::Both, async move { browser.get(&silent).await }),
                Asked::new("a refresh", Rests::Change, posts("/token", refresh)).telling("refresh.rotated"),
                Asked::new("an app for itself", Rests::Change, own(API)).telling("token.issued"),
                Asked::new("an app for a stranger", Rests::Change, own("https://evil.example"))
                    .answered(400)
                    .telling("token.refused"),
                Asked::new("the API", Rests::Facts, async move { api.introspect(&access).await }),
            ]
        };
        for (name, answer) in store.away(&idp, asks).await {
            match name {
                "the API" => assert_eq!(answer.json()["aud"], json!([API, OTHER])),
                "an app for a stranger" => drop(answer.is_refused("invalid_target")),
                _ => assert_eq!(audience(&rp, &answer.is_granted()).await, API, "{name}"),
            }
        }
        let narrow = rp.redeem_with(&code, &[bound[0], bound[1], ("resource", API)]).await.is_granted();
        assert_eq!(audience(&rp, &narrow).await, API);
        assert_eq!(api.introspect(&narrow.access()).await.json()["active"], true);
        assert_eq!(
            audience(&rp, &rp.refresh(&narrow.refresh()).await.is_granted()).await,
            json!([API, OTHER])
        );
    })
    .await;
}
