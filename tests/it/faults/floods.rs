//! A flood of strangers: every refusal is counted, and the trail grows by the second, not by the request.

use std::collections::BTreeMap;

use crate::actors::encoded;
use crate::idp::on_each_engine;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_counted_and_buys_no_disk() {
    const REQUESTS: u64 = 600;
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let mark = idp.mark().await;
        let began = idp.now();
        for i in 0..REQUESTS {
            let network = format!("198.51.{}.{}", i % 7, i % 250);
            let from = [("x-forwarded-for", network.as_str())];
            let form = [
                ("x-forwarded-for", network.as_str()),
                ("content-type", "application/x-www-form-urlencoded"),
            ];
            let grant = |id: &str, secret: &str| {
                encoded(&crate::actors::pairs(&[
                    ("grant_type", "client_credentials"),
                    ("client_id", id),
                    ("client_secret", secret),
                ]))
            };
            let answer = match i % 6 {
                0 => idp.http.send("POST", "/token", &form, grant(&format!("nobody{i}"), "x")).await,
                1 => idp.http.send("POST", "/introspect", &form, grant(&rp.id, "guess")).await,
                2 => {
                    let bearer = [from[0], ("authorization", "Bearer eyJ.x.y")];
                    idp.http.send("GET", "/userinfo", &bearer, "").await
                }
                3 => {
                    let path = format!("/authorize?client_id=nobody{i}&redirect_uri=https://evil.example");
                    idp.http.send("GET", &path, &from, "").await
                }
                4 => idp.http.send("POST", "/revoke", &form, &b"token=%ff"[..]).await,
                _ => idp.http.send("GET", "/logout?id_token_hint=forged", &from, "").await,
            };
            assert!((400..500).contains(&answer.status), "{i}: {answer:?}");
        }
        let seconds = u64::try_from(idp.now().since(began)).unwrap() + 2;
        let events = idp.events_since(mark).await;
        let mut counted = BTreeMap::<&str, u64>::new();
        for event in &events {
            let detail = event.detail.as_ref().unwrap_or_else(|| panic!("not counted: {event:?}"));
            *counted.entry(event.kind.as_str()).or_default() += detail["count"].as_u64().unwrap();
            assert!(!event.client.as_ref().is_some_and(|id| id.as_str().starts_with("nobody")), "{event:?}");
        }
        assert_eq!(counted.values().sum::<u64>(), REQUESTS, "none is forgotten: {counted:?}");
        assert!(events.len() as u64 <= 101 * seconds, "{} events in {seconds} s", events.len());
        assert!((events.len() as u64) < REQUESTS / 2, "{} events", events.len());
        assert!(counted["audit.overflow"] > REQUESTS / 2, "{counted:?}");
        // Nobody who has a right to come in is kept out.
        let alice = idp.person("alice").await;
        rp.signs_in(&alice, &idp.browser()).await;
    })
    .await;
}
