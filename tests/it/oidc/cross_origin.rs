//! Methods, caching and CORS of every protocol endpoint.

use serde_json::json;
use vouchsafe::base::ClientId;
use vouchsafe::clients::ClientState;
use vouchsafe::flows::clients::{self, settings};

use crate::idp::on_each_engine;

#[tokio::test]
async fn only_the_methods_of_an_endpoint_are_answered() {
    on_each_engine(async |idp| {
        let get = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"];
        let post = ["/token", "/introspect", "/revoke", "/logout/confirm"];
        let both = ["/authorize", "/userinfo", "/logout"];
        for path in get.iter().chain(&post).chain(&both) {
            for method in ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "get"] {
                let answer = idp.http.send(method, path, &[], "").await;
                assert_eq!(answer.status, 405, "{method} {path}");
                assert!(!answer.header("allow").is_empty(), "{method} {path}");
                assert!(answer.body.is_empty());
            }
        }
        for path in get {
            let (head, whole) = (idp.http.send("HEAD", path, &[], "").await, idp.http.get(path).await);
            assert_eq!((head.status, head.body.as_str()), (200, ""));
            assert_eq!(head.header("content-length"), whole.body.len().to_string());
            assert_eq!(idp.http.post(path, &[]).await.status, 405);
        }
        for path in post {
            for method in ["GET", "HEAD"] {
                assert_eq!(idp.http.send(method, path, &[], "").await.status, 405, "{method} {path}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_public_may_be_kept_and_read_from_anywhere() {
    on_each_engine(async |idp| {
        for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"]
        {
            let answer = idp.http.send("GET", path, &[("origin", "https://any.example")], "").await;
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            assert!(answer.header("cache-control").starts_with("public, max-age="));
            let asked = [("origin", "https://any.example"), ("access-control-request-method", "GET")];
            assert_eq!(idp.http.send("OPTIONS", path, &asked, "").await.status, 204);
        }
    })
    .await;
}

#[tokio::test]
async fn scripts_of_registered_origins_alone_may_read_answers_and_never_with_cookies() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let stranger = idp.rp().public().await;
        let origin = |rp: &crate::actors::Rp| rp.redirect_uri.trim_end_matches("/callback").to_owned();
        let form = format!("grant_type=refresh_token&refresh_token=x&token=x&client_id={}", rp.id);
        let typed = ("content-type", "application/x-www-form-urlencoded");
        for path in ["/token", "/revoke"] {
            let own = [("origin", origin(&rp)), (typed.0, typed.1.to_owned())];
            let own: Vec<_> = own.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let answer = idp.http.send("POST", path, &own, form.clone()).await;
            assert_eq!(answer.header("access-control-allow-origin"), origin(&rp), "{path}");
            assert!(answer.header("access-control-allow-credentials").is_empty());
            assert!(answer.header("vary").contains("origin"));
            let others = [origin(&stranger), "https://evil.example".to_owned(), "null".to_owned()];
            for other in others.iter().chain([&format!("{}.evil.example", origin(&rp))]) {
                let headers = [("origin", other.as_str()), typed];
                let answer = idp.http.send("POST", path, &headers, form.clone()).await;
                assert!(answer.header("access-control-allow-origin").is_empty(), "{path} {other}");
            }
        }
        for path in ["/authorize", "/introspect", "/logout"] {
            let own = origin(&rp);
            let asked = [("origin", own.as_str()), ("access-control-request-method", "POST")];
            let answer = idp.http.send("OPTIONS", path, &asked, "").await;
            assert!(answer.header("access-control-allow-origin").is_empty(), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn claims_are_read_by_scripts_of_the_tokens_own_client() {
    on_each_engine(async |idp| {
        let (rp, other) = (idp.rp().public().await, idp.rp().public().await);
        let alice = idp.person("alice").await;
        let bearer = format!("Bearer {}", rp.signs_in(&alice, &idp.browser()).await.access());
        for (who, allowed) in [(&rp, true), (&other, false)] {
            let origin = who.redirect_uri.trim_end_matches("/callback");
            let headers = [("origin", origin), ("authorization", bearer.as_str())];
            let answer = idp.http.send("GET", "/userinfo", &headers, "").await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("access-control-allow-origin") == origin, allowed);
        }
        let origin = rp.redirect_uri.trim_end_matches("/callback");
        for path in ["/token", "/userinfo", "/revoke"] {
            let asked = [("origin", origin), ("access-control-request-method", "POST")];
            let answer = idp.http.send("OPTIONS", path, &asked, "").await;
            assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, origin));
            assert!(answer.header("access-control-allow-headers").contains("authorization"));
            let asked = [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
            let answer = idp.http.send("OPTIONS", path, &asked, "").await;
            assert!(answer.header("access-control-allow-origin").is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn a_preflight_is_answered_by_where_apps_are_registered_by_now() {
    on_each_engine(async |idp| {
        let (rp, other) = (idp.rp().public().await, idp.rp().public().await);
        let (cx, id) = (idp.operator(), ClientId::from_text(rp.id.clone()));
        let [old, others] = [&rp, &other].map(|rp| rp.redirect_uri.trim_end_matches("/callback").to_owned());
        // Its sector stays, so it moves to another port.
        let new = format!("{old}:8443");
        let allowed = async || {
            idp.advance(1);
            let mut allowed = Vec::new();
            for origin in [&old, &new, &others] {
                let asked = [("origin", origin.as_str()), ("access-control-request-method", "POST")];
                let answer = idp.http.send("OPTIONS", "/token", &asked, "").await;
                allowed.push(answer.header("access-control-allow-origin") == origin);
            }
            allowed
        };
        assert_eq!(allowed().await, [true, false, true]);
        let client = clients::find(&cx, &id).await.unwrap().unwrap();
        let mut document = serde_json::Value::Object(client.registered());
        document["redirect_uris"] = json!([format!("{new}/callback")]);
        settings::change(&idp.operator(), &settings::Within::All, &id, &document).await.unwrap();
        assert_eq!(allowed().await, [false, true, true], "it moved");
        for (state, counts) in [(ClientState::Disabled, false), (ClientState::Enabled, true)] {
            clients::set_state(&idp.operator(), &id, state).await.unwrap();
            assert_eq!(allowed().await, [false, counts, true], "{state:?}");
        }
    })
    .await;
}
