//! What a request says about the way it came: believed from the proxies in the settings, and from nobody else.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use vouchsafe::audit::Kind;

use crate::actors::{encoded, pairs};
use crate::idp::{TestIdp, on_each_engine, on_each_engine_with};

/// The network the trail names for a request that said this of itself.
async fn network_of(idp: &TestIdp, forwarded: &[&str]) -> String {
    let mark = idp.mark().await;
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
    headers.extend(forwarded.iter().map(|value| ("x-forwarded-for", *value)));
    headers.extend([("forwarded", "for=198.51.100.66"), ("x-real-ip", "198.51.100.66")]);
    headers.extend([("true-client-ip", "198.51.100.66"), ("cf-connecting-ip", "198.51.100.66")]);
    let form = encoded(&pairs(&[
        ("grant_type", "client_credentials"),
        ("client_id", "nobody"),
        ("client_secret", "guess"),
    ]));
    idp.http.send("POST", "/token", &headers, form).await.is_refused("invalid_client");
    let events = idp.events_since(mark).await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0].kind, Kind::ClientAuthRefused);
    events[0].network.clone().unwrap()
}

#[tokio::test]
async fn only_the_last_address_a_trusted_proxy_added_is_believed() {
    on_each_engine(async |idp| {
        let table: [(&[&str], &str); 13] = [
            (&[], "127.0.0.1/32"),
            (&["203.0.113.9"], "203.0.113.9/32"),
            (&["198.51.100.66, 203.0.113.9"], "203.0.113.9/32"),
            (&["198.51.100.66", "203.0.113.9"], "203.0.113.9/32"),
            (&["203.0.113.9, 127.0.0.1"], "203.0.113.9/32"),
            (&["198.51.100.66, 203.0.113.9,127.0.0.1 , 127.0.0.1"], "203.0.113.9/32"),
            (&["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
            (&["::ffff:203.0.113.9"], "203.0.113.9/32"),
            (&["203.0.113.9, ::ffff:127.0.0.1"], "203.0.113.9/32"),
            (&["nonsense"], "127.0.0.1/32"),
            (&["203.0.113.9, nonsense"], "127.0.0.1/32"),
            (&[""], "127.0.0.1/32"),
            (&["203.0.113.9, "], "127.0.0.1/32"),
        ];
        for (forwarded, network) in table {
            assert_eq!(network_of(&idp, forwarded).await, network, "{forwarded:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_trusted_proxy_nobody_chooses_their_address() {
    for trusted in ["", "192.0.2.0/24"] {
        let settings =
            [("VOUCHSAFE__SERVER__TRUSTED_PROXIES", trusted), ("VOUCHSAFE__LIMITS__NETWORK_FAILURES", "3")];
        on_each_engine_with(&settings, async |idp| {
            for forwarded in ["203.0.113.9", "192.0.2.1", "127.0.0.1", "::1"] {
                assert_eq!(network_of(&idp, &[forwarded]).await, "127.0.0.1/32", "{forwarded}");
            }
            // And nobody escapes the limit of their network by another address in each request.
            let rp = idp.rp().basic().await;
            let mut answers = Vec::new();
            for i in 0..5 {
                let browser = idp.browser().from_network(&format!("203.0.113.{i}"));
                let page = browser.open(&rp.ask().url()).await;
                let name = format!("nobody{i}");
                let page = browser.submit(&page, "sign-in-submit", &[("username", &name)]).await;
                answers.push(browser.submit(&page, "sign-in-submit", &[("password", "guess")]).await.status);
            }
            assert_eq!(answers, [200, 200, 200, 429, 429]);
        })
        .await;
    }
}

#[tokio::test]
async fn no_header_moves_an_address_of_ours() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let ask = rp.ask().url();
        let paths =
            [ask.as_str(), "/account/", "/logout", "/", "/.well-known/openid-configuration", "/nowhere"];
        let evil = [
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-server", "evil.example"),
            ("x-host", "evil.example"),
            ("forwarded", "host=evil.example;proto=https"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-port", "4711"),
            ("x-forwarded-prefix", "/evil.example"),
            ("x-original-url", "/evil.example"),
            ("x-rewrite-url", "/evil.example"),
            ("x-http-method-override", "DELETE"),
        ];
        for path in paths {
            let plain = idp.http.get(path).await;
            for header in evil {
                let answer = idp.http.send("GET", path, &[header], "").await;
                assert_eq!(answer.status, plain.status, "{path} {header:?}: {answer:?}");
                let said = format!("{:?} {}", answer.headers, answer.body);
                for word in ["evil.example", "4711", "https://localhost", "__Host-"] {
                    assert!(!said.contains(word), "{path} {header:?}: {said}");
                }
                let where_to = |answer: &crate::actors::Answer| {
                    answer.location().map(|to| to.split("/i/").next().unwrap().to_owned())
                };
                assert_eq!(where_to(&answer), where_to(&plain), "{path} {header:?}");
            }
        }
    })
    .await;
}
