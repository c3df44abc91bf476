//! Tokens by which apps register themselves, at the console and by the API: shown once, listed without themselves, taken back.

use serde_json::json;
use vouchsafe::base::{OrganisationId, Token, TokenKind};
use vouchsafe::duties::Duty;

use crate::idp::on_each_engine;

const TOKENS: &str = "/admin/apps/tokens";

#[tokio::test]
async fn a_developer_makes_a_token_sees_it_once_and_takes_it_back() {
    on_each_engine(async |idp| {
        let north = idp.organisation("North", &OrganisationId::root()).await;
        let dev = idp.admin("dev", &[(Duty::AppDeveloper, &north)]).await;
        let mark = idp.mark().await;
        let page = dev.get(TOKENS).await;
        let form = page.form("token-create").with("label", "Build server").with("uses", "2").with("days", "3");
        let form = form.with("scope", "openid profile").with("min_acr", "urn:vouchsafe:acr:aal2-phr");
        let form = form.with("method-private_key_jwt", "yes").with("method-client_secret_post", "yes");
        let form = form.with("grant-authorization_code", "yes").with("alg-RS256", "yes");
        for (field, wrong) in [("uses", "0"), ("uses", "x"), ("days", "366"), ("label", "a\u{202e}b"), ("scope", "admin:read")] {
            let bad = form.clone().with(field, wrong);
            let answer = dev.browser.post(&bad.action, &bad.fields).await;
            assert_eq!(answer.status, 400, "{field}: {answer:?}");
            assert!(answer.body.contains(&format!("href=\"#{field}\"")), "{field}: {}", answer.body);
        }
        let shown = dev.browser.follow(dev.browser.post(&form.action, &form.fields).await).await;
        let token = shown.body.split("id=\"client-token\" dir=\"ltr\">").nth(1).unwrap();
        let token = Token::parse(TokenKind::InitialAccess, token.split('<').next().unwrap()).unwrap();
        assert!(dev.browser.open(&shown.url).await.body.contains(token.expose()), "a refresh shows it again");
        let kept = shown.form("continue");
        let after = dev.browser.follow(dev.browser.post(&kept.action, &kept.fields).await).await;
        for page in [after, dev.browser.open(&shown.url).await] {
            assert!(!page.body.contains(token.expose()) && page.body.contains("Build server"));
        }
        let events = idp.events_since(mark).await;
        let made = events.iter().find(|event| event.kind.as_str() == "client_token.made").unwrap();
        assert_eq!((made.organisation.clone(), made.detail.as_ref().unwrap()["uses"].clone()), (north, json!(2)));
        assert!(!format!("{events:?}").contains(token.expose()));

        let document = json!({ "redirect_uris": ["https://self.example/cb"], "token_endpoint_auth_method": "client_secret_post" });
        let registered = idp.registers(Some(&token), &document).await;
        assert_eq!(registered.json()["policy"]["min_acr"], "urn:vouchsafe:acr:aal2-phr");

        let form = dev.get(TOKENS).await.form("revoke-1");
        let mark = idp.mark().await;
        let page = dev.browser.follow(dev.browser.post(&form.action, &form.fields).await).await;
        assert!(page.body.contains("was taken back"), "{}", page.body);
        assert_eq!(idp.kinds_since(mark).await, ["client_token.revoked"]);
        assert_eq!(dev.browser.post(&form.action, &form.fields).await.status, 409);
        idp.registers(Some(&token), &document).await.is_refused("invalid_token");
        assert!(idp.kept_client(&registered.member("client_id")).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_token_is_seen_where_it_belongs_and_gives_no_more_than_its_maker_may() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let (token, _) = idp.client_token(&north).await;
        let dev = idp.admin("dev", &[(Duty::AppDeveloper, &south)]).await;
        assert!(!dev.get(TOKENS).await.body.contains(&token.id));
        let machine = idp.machine("admin:clients", &south).await;
        let made = machine.sends("POST", "/client-tokens", &[], Some(&json!({ "label": "ci" }))).await;
        assert_eq!((made.status, made.member("organisation")), (201, south.to_string()));
        let shown = made.member("token");
        let listed = machine.sends("GET", "/client-tokens", &[], None).await;
        assert!(
            !listed.body.contains(&shown)
                && listed.body.contains("\"open\"")
                && !listed.body.contains(&token.id)
        );
        for terms in [
            json!({ "policy": { "lower_role_floor": true, "min_acr": "urn:vouchsafe:acr:aal1" } }),
            json!({ "policy": { "consent": "skip" } }),
            json!({ "policy": { "resources": ["https://api.other.example/fhir"] } }),
            json!({ "policy": { "serves": ["https://api.other.example/fhir"] } }),
            json!({ "policy": { "exchange": true } }),
        ] {
            let answer = machine.sends("POST", "/client-tokens", &[], Some(&json!({ "terms": terms }))).await;
            assert_eq!(answer.status, 403, "{answer:?}");
        }
        for wrong in [json!({ "uses": 0 }), json!({ "days": 400 }), json!({ "terms": { "scopes": "x" } })] {
            assert_eq!(
                machine.sends("POST", "/client-tokens", &[], Some(&wrong)).await.status,
                400,
                "{wrong}"
            );
        }
        let gone = format!("/client-tokens/{}", made.member("id"));
        assert_eq!(machine.sends("DELETE", &gone, &[], None).await.status, 204);
        let shown = Token::parse(TokenKind::InitialAccess, &shown).unwrap();
        let document = json!({ "redirect_uris": ["https://self.example/cb"] });
        idp.registers(Some(&shown), &document).await.is_refused("invalid_token");

        // One that is open ends with the right of whoever made it.
        let made = machine.sends("POST", "/client-tokens", &[], Some(&json!({ "label": "ci" }))).await;
        let shown = Token::parse(TokenKind::InitialAccess, &made.member("token")).unwrap();
        let apps = idp.apps().await;
        idp.disable_client(machine.id.as_str()).await;
        let mark = idp.mark().await;
        idp.registers(Some(&shown), &document).await.is_refused("invalid_token");
        assert_eq!(idp.kinds_since(mark).await, ["client_registration.refused"]);
        assert_eq!(idp.apps().await, apps);
    })
    .await;
}
