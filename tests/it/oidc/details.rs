//! Rich authorization requests (RFC 9396): what the host described is asked for, shown, bound, narrowed, and nothing else.

use std::io::Write;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::verified;
use crate::actors::{Answer, Ask, Callback, Rp, RpBuilder};
use crate::faults::stores::{Asked, Rests, on_each_store};
use crate::idp::{TestIdp, on_each_engine_with};

const LABS: &str = "https://labs.example/";

/// What the host describes.
fn described() -> NamedTempFile {
    let types = json!({
        "medicines": { "words": { "en": "Your medicines", "de": "Ihre Medikamente" }, "actions": ["read", "renew"],
                       "locations": ["https://pharmacy.example/<b>", LABS], "identifier": "optional" },
        "visit": { "words": { "en": "One visit" }, "identifier": "required" },
    });
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(types.to_string().as_bytes()).unwrap();
    file
}

const FILE: &str = "VOUCHSAFE__REQUESTS__AUTHORIZATION_DETAILS_FILE";

async fn with_types(test: impl AsyncFn(TestIdp)) {
    let file = described();
    on_each_engine_with(&[(FILE, file.path().to_str().unwrap())], test).await;
}

fn asking(idp: &TestIdp) -> RpBuilder {
    let grants = json!(["authorization_code", "refresh_token", "client_credentials"]);
    idp.rp().with("grant_types", grants).with("authorization_details_types", json!(["medicines", "visit"]))
}

async fn app(idp: &TestIdp) -> Rp {
    asking(idp).private_key_jwt().await
}

/// Asks for a token that says these.
async fn refreshes(rp: &Rp, refresh: &str, details: &Value) -> Answer {
    let details = details.to_string();
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh),
        ("authorization_details", details.as_str()),
    ];
    rp.posts("/token", &form).await
}

/// A request for these.
fn ask_for(rp: &Rp, details: &Value) -> Ask {
    rp.ask().set("scope", "openid offline_access").set("authorization_details", &details.to_string())
}

/// Pushes a request.
async fn pushes(rp: &Rp, ask: &Ask) -> Answer {
    let form: Vec<_> = ask.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    rp.posts("/par", &form).await
}

/// What the browser brings of a pushed request for these.
async fn brings(rp: &Rp, details: &Value) -> Ask {
    let pushed = pushes(rp, &ask_for(rp, details)).await;
    assert_eq!(pushed.status, 201, "{pushed:?}");
    rp.ask().bringing(&[("request_uri", &pushed.member("request_uri"))])
}

/// What somebody is told that a token is for.
async fn told(rp: &Rp, token: &str) -> Value {
    rp.introspect(token).await.json()["authorization_details"].clone()
}

fn medicines(actions: &[&str], identifier: &str) -> Value {
    json!({ "type": "medicines", "actions": actions, "locations": ["https://pharmacy.example/<b>"], "identifier": identifier })
}

#[tokio::test]
async fn what_is_asked_is_shown_agreed_to_bound_and_narrowed() {
    with_types(async |idp| {
        let rp = app(&idp).await;
        let discovered = idp.http.get("/.well-known/openid-configuration").await.json();
        assert_eq!(discovered["authorization_details_types_supported"], json!(["medicines", "visit"]));
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let asked =
            json!([medicines(&["read", "renew"], "<i>m1</i>"), { "type": "visit", "identifier": "v1" }]);
        let ask = ask_for(&rp, &asked);
        let plain = rp.ask().set("scope", "openid offline_access");
        rp.signs_in_with(&alice, &browser, &plain).await;
        // The scopes are agreed to; these are not.
        let page = browser.open(&ask.url()).await;
        assert!(page.has("consent-allow"), "{}", page.body);
        for shown in [
            "Your medicines",
            "One visit",
            "renew",
            "pharmacy.example/&#60;b&#62;",
            "&#60;i&#62;m1",
            "Which one:",
        ] {
            assert!(page.body.contains(shown), "{shown}: {}", page.body);
        }
        assert!(!page.body.contains("<i>m1") && !page.body.contains("See your health records"));
        let silent = browser.get(&ask.clone().set("prompt", "none").url()).await;
        Callback::of(&silent).is_refused("consent_required");
        let german = browser.open(&ask.clone().set("ui_locales", "de").url()).await;
        assert!(german.body.contains("Ihre Medikamente") && german.body.contains("Was genau:"));
        let mark = idp.mark().await;
        let code =
            Callback::of(&browser.submit(&page, "consent-allow", &[("decision", "allow")]).await).code();
        let granted = idp.events_since(mark).await;
        let granted = granted.iter().find(|event| event.kind.as_str() == "authorize.granted").unwrap();
        assert_eq!(granted.detail.as_ref().unwrap()["types"], json!(["medicines", "visit"]));
        let tokens = rp.redeem(&code).await.is_granted();
        assert_eq!(tokens.0["authorization_details"], asked);
        assert_eq!(verified(&idp, &tokens.access()).await["authorization_details"], asked);
        assert_eq!(rp.introspect(&tokens.access()).await.json()["authorization_details"], asked);
        assert_eq!(rp.introspect(&tokens.refresh()).await.json()["authorization_details"], asked);

        // The very same is not asked again, in whatever order; another is, and so is one less.
        let turned =
            json!([{ "identifier": "v1", "type": "visit" }, medicines(&["renew", "read"], "<i>m1</i>")]);
        let quiet = |details: &Value| {
            ask.clone().set("authorization_details", &details.to_string()).set("prompt", "none")
        };
        Callback::of(&browser.get(&quiet(&turned).url()).await).code();
        Callback::of(&browser.get(&plain.clone().set("prompt", "none").url()).await).code();
        for other in [
            json!([medicines(&["read", "renew"], "m2")]),
            json!([medicines(&["read", "renew"], "<i>m1</i>")]),
        ] {
            Callback::of(&browser.get(&quiet(&other).url()).await).is_refused("consent_required");
        }

        // A token may say less, and the next one all of it again.
        let less = json!([medicines(&["read"], "<i>m1</i>")]);
        let second = refreshes(&rp, &tokens.refresh(), &less).await.is_granted();
        assert_eq!(second.0["authorization_details"], less);
        for more in
            [json!([medicines(&["read"], "m2")]), json!([{ "type": "visit", "identifier": "v2" }]), json!([])]
        {
            let mark = idp.mark().await;
            refreshes(&rp, &second.refresh(), &more).await.is_refused("invalid_authorization_details");
            assert_eq!(idp.kinds_since(mark).await, ["refresh.refused"]);
        }
        let third = rp.refresh(&second.refresh()).await.is_granted();
        assert_eq!(third.0["authorization_details"], asked);

        // The account says what the app holds tokens for, and one that never asks asks for this.
        let page = browser.open(&idp.at("/account/apps")).await;
        assert!(page.has("stop-1") && page.body.contains("Your medicines"), "{}", page.body);
        assert!(page.body.contains("&#60;i&#62;m1") && !page.body.contains("<i>m1"), "{}", page.body);
        let skipping =
            idp.rp().policy("consent", "skip").with("authorization_details_types", json!(["visit"]));
        let skipping = skipping.basic().await;
        let silent = skipping.ask().set("prompt", "none");
        Callback::of(&browser.get(&silent.url()).await).code();
        let visit = json!([{ "type": "visit", "identifier": "v1" }]).to_string();
        let silent = silent.set("authorization_details", &visit);
        Callback::of(&browser.get(&silent.url()).await).is_refused("consent_required");
    })
    .await;
}

#[tokio::test]
async fn what_the_host_did_not_describe_is_refused_however_it_comes() {
    with_types(async |idp| {
        let rp = app(&idp).await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let good = json!([{ "type": "visit", "identifier": "v1" }]);
        let bad = [
            json!([{ "type": "surgery" }]),
            json!([{ "type": "visit" }]),
            json!([{ "type": "visit", "identifier": "v1", "amount": 3 }]),
            json!([medicines(&["sell"], "m1")]),
            json!({ "type": "visit", "identifier": "v1" }),
        ];
        for details in &bad {
            let ask = rp.ask().set("authorization_details", &details.to_string());
            let mark = idp.mark().await;
            Callback::of(&browser.get(&ask.url()).await).is_refused("invalid_authorization_details");
            pushes(&rp, &ask).await.is_refused("invalid_authorization_details");
            let object =
                rp.object(&rp.ask(), "oauth-authz-req+jwt", &json!({ "authorization_details": details }));
            let signed = browser.get(&ask.bringing(&[("request", &object)]).url()).await;
            let code =
                if details.is_array() { "invalid_authorization_details" } else { "invalid_request_object" };
            assert!(signed.location().is_none_or(|to| to.contains(code)), "{details}: {signed:?}");
            // Those that come by a browser are counted together.
            let kinds = idp.kinds_since(mark).await;
            assert!(kinds.len() >= 2 && kinds.iter().all(|kind| *kind == "authorize.refused"), "{kinds:?}");
        }
        let twice = rp
            .ask()
            .add("authorization_details", &good.to_string())
            .add("authorization_details", &good.to_string());
        Callback::of(&browser.get(&twice.url()).await).is_refused("invalid_request");
        // An app that did not register the type has none of it, nor has one that acts for itself.
        let other = idp.rp().basic().await;
        let ask = other.ask().set("authorization_details", &good.to_string());
        Callback::of(&browser.get(&ask.url()).await).is_refused("invalid_authorization_details");
        let good = good.to_string();
        let own = [("grant_type", "client_credentials"), ("authorization_details", &good)];
        let mark = idp.mark().await;
        rp.posts("/token", &own).await.is_refused("invalid_authorization_details");
        assert_eq!(idp.kinds_since(mark).await, ["token.refused"]);
        let code = alice.authorizes(&browser, &rp.ask()).await.code();
        let bound = [("redirect_uri", rp.redirect_uri.as_str()), ("code_verifier", crate::actors::VERIFIER)];
        rp.redeem_with(&code, &[bound[0], bound[1], ("authorization_details", &good)])
            .await
            .is_refused("invalid_authorization_details");

        // Pushed and signed, it counts; what stands beside it does not.
        let object = rp.object(
            &rp.ask(),
            "oauth-authz-req+jwt",
            &json!({ "authorization_details": [{ "type": "visit", "identifier": "v1" }] }),
        );
        let form = [("request", object.as_str()), ("authorization_details", "[]")];
        let name = rp.posts("/par", &form).await.member("request_uri");
        let brought = rp.ask().bringing(&[("request_uri", &name)]);
        let tokens = rp.redeem(&alice.authorizes(&browser, &brought).await.code()).await.is_granted();
        assert_eq!(tokens.0["authorization_details"], json!([{ "type": "visit", "identifier": "v1" }]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_for_is_the_same_at_every_node_and_after_a_restart() {
    with_types(async |one| {
        let two = one.another().await;
        let (rp, alice, browser) = (app(&one).await, one.person("alice").await, one.browser());
        let asked = json!([medicines(&["read", "renew"], "m1"), { "type": "visit", "identifier": "v1" }]);
        let less = json!([medicines(&["read"], "m1")]);
        // Pushed at one node, agreed to at another, bought at the first, asked about at both.
        let brought = brings(&rp.at(&two), &asked).await;
        let code = alice.authorizes(&browser, &brought).await.code();
        let tokens = rp.at(&two).redeem(&code).await.is_granted();
        assert_eq!(tokens.0["authorization_details"], asked);
        for node in [&one, &two] {
            assert_eq!(told(&rp.at(node), &tokens.access()).await, asked);
        }
        let narrow = refreshes(&rp, &tokens.refresh(), &less).await.is_granted();
        assert_eq!(told(&rp.at(&two), &narrow.access()).await, less);
        // One request is pushed, and one is agreed to, when both nodes go.
        let pushed = brings(&rp, &asked).await;
        let waiting = alice.at(&two).authorizes(&browser.at(&two), &ask_for(&rp, &asked)).await.code();
        one.stop().await;
        two.stop().await;

        let three = one.another().await;
        let (here, there) = (rp.at(&three), browser.at(&three));
        let late = here.redeem(&waiting).await.is_granted();
        assert_eq!(
            (&late.0["authorization_details"], told(&here, &late.access()).await),
            (&asked, asked.clone())
        );
        assert_eq!(told(&here, &narrow.access()).await, less);
        for more in [json!([medicines(&["read"], "m2")]), json!([{ "type": "visit", "identifier": "v2" }])] {
            let mark = three.mark().await;
            refreshes(&here, &narrow.refresh(), &more).await.is_refused("invalid_authorization_details");
            assert_eq!(three.kinds_since(mark).await, ["refresh.refused"]);
            let silent = ask_for(&rp, &more).set("prompt", "none").url();
            Callback::of(&there.get(&silent).await).is_refused("consent_required");
        }
        assert_eq!(here.refresh(&narrow.refresh()).await.is_granted().0["authorization_details"], asked);
        let code = alice.at(&three).authorizes(&there, &pushed).await.code();
        three.stop().await;

        let four = one.another().await;
        let rp = rp.at(&four);
        assert_eq!(rp.redeem(&code).await.is_granted().0["authorization_details"], asked);
        // What was used before the last restart was used.
        let mark = four.mark().await;
        rp.redeem(&waiting).await.is_refused("invalid_grant");
        assert_eq!(four.kinds_since(mark).await, ["code.replayed", "family.revoked"]);
        assert_eq!(rp.introspect(&late.access()).await.json(), json!({ "active": false }));
        four.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_store_is_away_nothing_is_agreed_to_or_narrowed_that_needs_it() {
    let file = described();
    on_each_store(&[(FILE, file.path().to_str().unwrap())], async |idp, store| {
        let rp = asking(&idp).basic().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let asked = json!([medicines(&["read", "renew"], "m1"), { "type": "visit", "identifier": "v1" }]);
        let less = json!([medicines(&["read"], "m1")]);
        let tokens = rp.signs_in_with(&alice, &browser, &ask_for(&rp, &asked)).await;
        let code = alice.authorizes(&browser, &ask_for(&rp, &asked)).await.code();
        let mark = idp.mark().await;
        let met = vec![Asked::new("a code", Rests::Both, {
            let (rp, code) = (rp.clone(), code.clone());
            async move { rp.redeem(&code).await }
        })];
        assert!(store.meets(&idp, met).await.is_empty());
        assert!(idp.kinds_since(mark).await.is_empty());
        let asks = || {
            let [pushing, narrowing, looking, owning] = [(); 4].map(|()| rp.clone());
            let (ask, browser) = (ask_for(&rp, &asked), browser.clone());
            let silent = ask.clone().set("prompt", "none").url();
            let (refresh, access, less) = (tokens.refresh(), tokens.access(), less.clone());
            let own = json!([{ "type": "visit", "identifier": "v1" }]).to_string();
            vec![
                Asked::new("a pushed request", Rests::Both, async move { pushes(&pushing, &ask).await }),
                Asked::new("a request", Rests::Both, async move { browser.get(&silent).await }),
                Asked::new("a token that says less", Rests::Change, async move {
                    refreshes(&narrowing, &refresh, &less).await
                })
                .telling("refresh.rotated"),
                Asked::new("an app for itself", Rests::Change, async move {
                    let form = [("grant_type", "client_credentials"), ("authorization_details", &own)];
                    owning.posts("/token", &form).await
                })
                .answered(400)
                .telling("token.refused"),
                Asked::new(
                    "an introspection",
                    Rests::Facts,
                    async move { looking.introspect(&access).await },
                ),
            ]
        };
        for (name, answer) in store.away(&idp, asks).await {
            match name {
                "an app for itself" => drop(answer.is_refused("invalid_authorization_details")),
                "an introspection" => assert_eq!(answer.json()["authorization_details"], asked),
                _ => assert_eq!(answer.is_granted().0["authorization_details"], less, "{name}"),
            }
        }
        let tokens = rp.redeem(&code).await.is_granted();
        assert_eq!(
            (&tokens.0["authorization_details"], told(&rp, &tokens.access()).await),
            (&asked, asked.clone())
        );
        let brought = brings(&rp, &asked).await;
        alice.authorizes(&browser, &brought).await.code();
        let narrow = refreshes(&rp, &tokens.refresh(), &less).await.is_granted();
        assert_eq!(told(&rp, &narrow.access()).await, less);
    })
    .await;
}
