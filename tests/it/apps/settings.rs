//! Changing a registration: by the parser that made it, guarded, within the caller's organisations.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use serde_json::{Value, json};
use vouchsafe::base::{ClientId, OrganisationId};
use vouchsafe::clients::Stage;
use vouchsafe::flows::clients;
use vouchsafe::flows::clients::settings::{self, Unchanged, Within};

use super::client;
use crate::actors::Rp;
use crate::idp::{TestIdp, on_each_engine};

fn id(rp: &Rp) -> ClientId {
    ClientId::from_text(rp.id.as_str())
}

/// The registration as it stands, with some members changed.
async fn changed(idp: &TestIdp, rp: &Rp, members: Value) -> Value {
    let client = client(idp, rp).await;
    let mut document = Value::Object(client.metadata.to_json());
    document["policy"] = client.policy.to_json();
    for (name, value) in members.as_object().unwrap() {
        document[name] = value.clone();
    }
    document
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_counts_within_a_second_and_is_in_the_trail() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let other = format!("{}/other", rp.redirect_uri);
        let mark = idp.mark().await;
        let document =
            changed(&idp, &rp, json!({ "redirect_uris": [other], "client_name": "Renamed" })).await;
        settings::change(&idp.operator(), &Within::All, &id(&rp), &document).await.unwrap();
        idp.advance(1);
        let browser = idp.browser();
        assert_eq!(browser.get(&rp.ask().url()).await.status, 400);
        assert_eq!(browser.get(&rp.ask().set("redirect_uri", &other).url()).await.status, 303);
        assert_eq!(client(&idp, &rp).await.name, "Renamed");
        assert!(idp.kinds_since(mark).await.contains(&"client.changed"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_developer_may_not_change_stays() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let before = client(&idp, &rp).await.metadata;
        let mark = idp.mark().await;
        for (members, said) in [
            (json!({ "redirect_uri": [] }), "did you mean `redirect_uris`?"),
            (json!({ "redirect_uris": ["http://app.example/cb"] }), "https"),
            (json!({ "redirect_uris": ["https://elsewhere.example/cb"] }), "sector"),
            (json!({ "policy": { "consent": "skip" } }), "policy.consent"),
            (
                json!({ "policy": { "min_acr": "urn:vouchsafe:acr:aal1", "lower_role_floor": true } }),
                "lower_role_floor",
            ),
            (json!({ "policy": { "require_pkce": false } }), "PKCE"),
        ] {
            let document = changed(&idp, &rp, members).await;
            let refused =
                settings::change(&idp.operator(), &Within::All, &id(&rp), &document).await.unwrap_err();
            assert!(refused.to_string().contains(said), "{refused}");
        }
        assert_eq!(client(&idp, &rp).await.metadata, before);
        assert!(idp.kinds_since(mark).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_of_another_organisation_does_not_exist() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let outside = Within::These(vec![OrganisationId::from_text("elsewhere")]);
        let cx = idp.operator();
        let document = changed(&idp, &rp, json!({ "client_name": "Stolen" })).await;
        let before = client(&idp, &rp).await;
        let mark = idp.mark().await;
        for refused in [
            settings::change(&cx, &outside, &id(&rp), &document).await,
            settings::set_stage(&cx, &outside, &id(&rp), Stage::Test).await,
            settings::set_watched(&cx, &outside, &id(&rp), true).await,
            settings::remove_secret(&cx, &outside, &id(&rp), &before.secrets[0].id).await,
            settings::add_secret(&cx, &outside, &id(&rp), "").await.map(|_| ()),
        ] {
            assert!(matches!(refused, Err(Unchanged::Unknown)), "{refused:?}");
        }
        let after = client(&idp, &rp).await;
        assert_eq!(
            (after.stage, after.secrets, after.watched_until),
            (before.stage, before.secrets, before.watched_until)
        );
        assert!(idp.kinds_since(mark).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_with_localhost_goes_live_without_it() {
    on_each_engine(async |idp| {
        let uris = json!(["http://localhost:3000/callback"]);
        let rp = idp.rp().with("redirect_uris", uris).public().await;
        let cx = idp.operator();
        settings::set_stage(&cx, &Within::All, &id(&rp), Stage::Test).await.unwrap();
        let refused = settings::set_stage(&cx, &Within::All, &id(&rp), Stage::Live).await.unwrap_err();
        assert!(refused.to_string().contains("own machine"), "{refused}");
        assert_eq!(client(&idp, &rp).await.stage, Stage::Test);
        let document = changed(&idp, &rp, json!({ "redirect_uris": ["https://app.example/callback"] })).await;
        settings::change(&cx, &Within::All, &id(&rp), &document).await.unwrap();
        settings::set_stage(&cx, &Within::All, &id(&rp), Stage::Live).await.unwrap();
        assert_eq!(client(&idp, &rp).await.stage, Stage::Live);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_in_test_keeps_its_sector_once_somebody_has_a_name_there() {
    on_each_engine(async |idp| {
        for (at_first, may_leave) in [("https://first.example/cb", false), ("http://localhost:3000/cb", true)]
        {
            let mut rp = idp.rp().with("redirect_uris", json!([at_first])).public().await;
            rp.redirect_uri = at_first.to_owned();
            let within = Within::All;
            settings::set_stage(&idp.operator(), &within, &id(&rp), Stage::Test).await.unwrap();
            idp.advance(1);
            // Nobody has signed in: another host may be named.
            let other = changed(&idp, &rp, json!({ "redirect_uris": ["https://other.example/cb"] })).await;
            settings::change(&idp.operator(), &within, &id(&rp), &other).await.unwrap();
            let back = changed(&idp, &rp, json!({ "redirect_uris": [at_first] })).await;
            settings::change(&idp.operator(), &within, &id(&rp), &back).await.unwrap();
            idp.advance(1);
            let person = idp.person(&format!("alice{may_leave}")).await;
            rp.signs_in(&person, &idp.browser()).await;
            let mark = idp.mark().await;
            let moved = settings::change(&idp.operator(), &within, &id(&rp), &other).await;
            assert_eq!(moved.is_ok(), may_leave, "{moved:?}");
            if let Err(refused) = moved {
                assert!(matches!(refused, Unchanged::Sector), "{refused}");
                assert!(refused.to_string().contains("people have signed in"), "{refused}");
                assert_eq!(client(&idp, &rp).await.metadata.redirect_uris[0].as_str(), at_first);
                assert!(idp.kinds_since(mark).await.is_empty());
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_no_host_does_not_take_a_hosts_sector() {
    on_each_engine(async |idp| {
        let mark = idp.mark().await;
        for beside in ["com.example.app:/cb", "http://localhost:3000/cb", "http://127.0.0.1/cb"] {
            let mixed = json!(["https://clinic.example/cb", beside]);
            let document = json!({ "redirect_uris": mixed, "application_type": "native",
                "token_endpoint_auth_method": "none" });
            let refused = clients::create(&idp.operator(), &document).await.unwrap_err();
            assert!(refused.to_string().contains("sector_identifier_uri"), "{beside}: {refused}");
            let rp =
                idp.rp().with("redirect_uris", json!([beside])).with("application_type", json!("native"));
            let rp = rp.public().await;
            settings::set_stage(&idp.operator(), &Within::All, &id(&rp), Stage::Test).await.unwrap();
            let before = client(&idp, &rp).await.metadata;
            let document = changed(&idp, &rp, json!({ "redirect_uris": mixed })).await;
            let refused =
                settings::change(&idp.operator(), &Within::All, &id(&rp), &document).await.unwrap_err();
            assert!(refused.to_string().contains("sector_identifier_uri"), "{beside}: {refused}");
            assert_eq!(client(&idp, &rp).await.metadata, before);
            // One sub for all needs no sector.
            let public = json!({ "redirect_uris": mixed, "application_type": "native",
                "token_endpoint_auth_method": "none", "subject_type": "public" });
            clients::create(&idp.operator(), &public).await.unwrap();
        }
        let kinds = idp.kinds_since(mark).await;
        assert!(kinds.iter().filter(|kind| **kind == "client.created").count() == 6, "{kinds:?}");
    })
    .await;
}
