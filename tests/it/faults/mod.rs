//! Bad days: a store away, a process killed, a queue full, a flood, two nodes at once. Nothing is granted by a loss,
//! nothing acknowledged is lost, and what came back is found again without a restart.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod floods;
mod forged;
mod hashing_queue;
mod keys;
mod kill;
mod links;
mod pages_away;
pub mod postgres_away;
pub mod redis_away;
mod restart;
mod routes;
mod sqlite_held;
pub mod stores;
pub mod trail;
mod two_nodes;

use std::pin::Pin;

use tokio::task::JoinSet;

use crate::actors::{Answer, Browser, Form, Person, Rp, Tokens};
use crate::idp::TestIdp;
use crate::servers::in_five_seconds;

/// What an outage may touch: apps of every kind, a person signed in, a code on its way, a sign-in half done.
struct Town {
    idp: TestIdp,
    app: Rp,
    keyed: Rp,
    asks: Rp,
    machine: Rp,
    alice: Person,
    browser: Browser,
    tokens: Tokens,
    code: String,
    /// A browser at the password page, and its form with the right password.
    half: (Browser, Form),
    /// A device that waits for its person, by its app and its code.
    device: (Rp, String),
    /// A browser at the page for codes of devices, and its form with that device's.
    typed: (Browser, Form),
}

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A request that is about to be made.
type Call = (&'static str, Pin<Box<dyn Future<Output = Answer> + Send>>);

impl Town {
    async fn of(idp: &TestIdp) -> Self {
        let app = idp.rp().basic().await;
        let alone = |builder: crate::actors::RpBuilder| {
            let grants = serde_json::json!(["client_credentials"]);
            builder
                .with("grant_types", grants)
                .with("response_types", serde_json::json!([]))
                .with("redirect_uris", serde_json::json!([]))
                .with("post_logout_redirect_uris", serde_json::json!([]))
                .with("scope", "api")
        };
        let keyed = alone(idp.rp()).private_key_jwt().await;
        let asks = alone(idp.rp())
            .with("grant_types", serde_json::json!(["urn:openid:params:grant-type:ciba"]))
            .with("backchannel_token_delivery_mode", "poll")
            .with("scope", "openid");
        let asks = asks.basic().await;
        let machine = alone(idp.rp()).basic().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let tokens = app.signs_in(&alice, &browser).await;
        let code = alice.authorizes(&browser, &app.ask()).await.code();
        let other = idp.browser();
        let page = other.open(&app.ask().url()).await;
        let page = other.submit(&page, "sign-in-submit", &[("username", "alice")]).await;
        let form = page.form("sign-in-submit").with("password", &alice.password);
        let grants = serde_json::json!([DEVICE_GRANT, "refresh_token"]);
        let device = idp.rp().with("grant_types", grants).with("redirect_uris", serde_json::json!([]));
        let device = device.public().await;
        let begun = device.posts("/device_authorization", &[("scope", "openid")]).await;
        let page = idp.browser();
        let typed = page.get("/device").await.form("continue").with("user_code", &begun.member("user_code"));
        let (device, typed) = ((device, begun.member("device_code")), (page, typed));
        let half = (other, form);
        Self {
            idp: idp.clone(),
            app,
            keyed,
            asks,
            machine,
            alice,
            browser,
            tokens,
            code,
            half,
            device,
            typed,
        }
    }

    /// What cannot be answered without the session store.
    fn calls_on_sessions(&self) -> Vec<Call> {
        let (ask, half) = (self.app.ask(), &self.half);
        let page = half.1.action.clone();
        let get = |browser: &Browser, url: String| -> Pin<Box<dyn Future<Output = Answer> + Send>> {
            let browser = browser.clone();
            Box::pin(async move { browser.get(&url).await })
        };
        let post = |browser: &Browser, url: String, fields: Vec<(String, String)>| -> Pin<Box<_>> {
            let browser = browser.clone();
            Box::pin(async move { browser.post(&url, &fields).await })
                as Pin<Box<dyn Future<Output = _> + Send>>
        };
        let (app, keyed, code) = (self.app.clone(), self.keyed.clone(), self.code.clone());
        let [pushes, shown] = [(); 2].map(|()| self.app.clone());
        let signed = shown.ask().set("response_mode", "jwt").url();
        let [(asks, _), (polls, waits)] = [(); 2].map(|()| self.device.clone());
        let typed = self.typed.1.clone();
        let whom = self.asks.clone();
        let asked =
            async move { whom.posts("/bc-authorize", &[("scope", "openid"), ("login_hint", "alice")]).await };
        vec![
            (
                "a pushed request",
                Box::pin(async move {
                    let form =
                        pushes.ask().pairs.into_iter().filter(|(n, _)| n != "client_id").collect::<Vec<_>>();
                    let form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                    pushes.posts("/par", &form).await
                }),
            ),
            ("a request for a signed answer", get(&self.browser, signed)),
            (
                "a device that asks for a code",
                Box::pin(async move { asks.posts("/device_authorization", &[("scope", "openid")]).await }),
            ),
            (
                "a device that waits",
                Box::pin(async move {
                    polls.posts("/token", &[("grant_type", DEVICE_GRANT), ("device_code", &waits)]).await
                }),
            ),
            ("the code of a device", post(&self.typed.0, typed.action, typed.fields)),
            ("a code", Box::pin(async move { app.redeem(&code).await })),
            ("an app that asks for somebody", Box::pin(asked)),
            ("an assertion", Box::pin(async move { for_itself(&keyed).await })),
            ("a request without a session", get(&self.idp.browser(), ask.url())),
            ("a request with a session", get(&self.browser, ask.url())),
            ("a request by POST", post(&self.browser, self.idp.at("/authorize"), ask.pairs)),
            ("the account", get(&self.browser, self.idp.at("/account/"))),
            ("a sign-out", get(&self.browser, self.idp.at("/logout"))),
            ("the page of a sign-in", get(&half.0, page.clone())),
            ("a password", post(&half.0, page, half.1.fields.clone())),
        ]
    }

    /// What rests on the database alone.
    fn calls_on_facts(&self) -> Vec<Call> {
        let (refresh, access) = (self.tokens.refresh(), self.tokens.access());
        let [app, user, asks] = [(); 3].map(|()| self.app.clone());
        let (asked, machine) = (access.clone(), self.machine.clone());
        let (idp, browser_app) = (self.idp.clone(), self.app.id.clone());
        vec![
            ("a refresh", Box::pin(async move { app.refresh(&refresh).await })),
            ("claims", Box::pin(async move { user.userinfo(&access).await })),
            ("an introspection", Box::pin(async move { asks.introspect(&asked).await })),
            ("an app for itself", Box::pin(async move { for_itself(&machine).await })),
            (
                "a script's request",
                Box::pin(async move {
                    let body = format!("grant_type=refresh_token&refresh_token=x&client_id={browser_app}");
                    let headers = [
                        ("content-type", "application/x-www-form-urlencoded"),
                        ("origin", "https://app0.example"),
                    ];
                    idp.http.send("POST", "/token", &headers, body).await
                }),
            ),
        ]
    }

    /// What is public and fixed.
    fn calls_on_nothing(&self) -> Vec<Call> {
        let paths = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];
        let call = |path: &'static str| -> Call {
            let http = self.idp.http.clone();
            (path, Box::pin(async move { http.get(path).await }))
        };
        paths.map(call).into_iter().collect()
    }
}

async fn for_itself(app: &Rp) -> Answer {
    app.posts("/token", &[("grant_type", "client_credentials")]).await
}

/// Makes all of them at once; each is answered within five seconds.
async fn all_at_once(calls: Vec<Call>) -> Vec<(&'static str, Answer)> {
    let mut running = JoinSet::new();
    for (name, call) in calls {
        running.spawn(async move { (name, in_five_seconds(name, call).await) });
    }
    running.join_all().await
}

/// Insists on a 503 that says when to come back, as the caller reads it.
#[track_caller]
fn is_away(name: &str, answer: &Answer) {
    assert_eq!(answer.status, 503, "{name}: {answer:?}");
    let wait: i64 = answer.header("retry-after").parse().unwrap_or_default();
    assert!(wait >= 1, "{name}: {answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store", "{name}");
    for word in ["127.0.0.1", "redis:", "postgres", "sqlite", "timed out", "connection"] {
        assert!(
            !answer.body.to_lowercase().contains(word),
            "{name} tells strangers of the inside: {answer:?}"
        );
    }
    if answer.header("content-type") == "application/json" {
        assert_eq!(answer.member("error"), "temporarily_unavailable", "{name}");
    } else {
        assert!(answer.body.contains("VS-5030"), "{name}: {}", answer.body);
        assert!(answer.body.contains(answer.header("x-request-id")), "{name} shows no reference");
    }
}

/// Insists that the request was not stopped by an outage.
#[track_caller]
fn is_answered(name: &str, answer: &Answer) {
    let expected = if name == "a script's request" { 401 } else { 200 };
    assert_eq!(answer.status, expected, "{name}: {answer:?}");
}
