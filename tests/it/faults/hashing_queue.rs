//! The queue of password hashes is full: a sign-in is told to come back and counts nowhere; everything else is quick.

use vouchsafe::base::Secret;
use vouchsafe::factors::password::Params;

use super::Town;
use crate::idp::{TestIdp, on_each_engine_with};
use crate::servers::soon;

/// Fills the one thread and the one place of the queue with hashes that take seconds, until dropped.
async fn filled(idp: &TestIdp) -> tokio::task::JoinSet<()> {
    let hashing = idp.app.services.hashing.clone();
    let mut jobs = tokio::task::JoinSet::new();
    let full = idp.app.services.hashing.clone();
    soon("a full queue", async || {
        let (hashing, slow) = (hashing.clone(), Params::new(65_536, 64, 1).unwrap());
        jobs.spawn(async move {
            let _ = hashing.hash(Secret::new("slow".to_owned()), [7; 16], slow).await;
        });
        tokio::task::yield_now().await;
        full.depth() >= 2
    })
    .await;
    jobs
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_sends_sign_ins_away_and_nothing_else() {
    let settings = [
        ("VOUCHSAFE__HASHING__QUEUE", "1"),
        ("VOUCHSAFE__HASHING__WORKERS", "1"),
        ("VOUCHSAFE__LIMITS__NETWORK_FAILURES", "3"),
    ];
    on_each_engine_with(&settings, async |idp| {
        let town = Town::of(&idp).await;
        let (browser, form) = &town.half;
        let stranger = idp.browser();
        let page = stranger.open(&town.app.ask().url()).await;
        let page = stranger.submit(&page, "sign-in-submit", &[("username", "nobody")]).await;
        let unknown = page.form("sign-in-submit").with("password", "guess");
        let mark = idp.mark().await;

        let jobs = filled(&idp).await;
        // More often than any limit allows failures, by a name that is known and one that is not.
        for _ in 0..3 {
            for (browser, form) in [(browser, form), (&stranger, &unknown)] {
                let answer = browser.post(&form.action, &form.fields).await;
                assert_eq!(answer.status, 503, "{answer:?}");
                assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
                assert!(answer.header("content-type").starts_with("text/html") && !answer.has("password"));
            }
        }
        for (name, call) in town.calls_on_facts().into_iter().chain(town.calls_on_nothing()) {
            super::is_answered(name, &call.await);
        }
        assert_eq!(idp.http.get("/jwks").await.status, 200);
        town.app.redeem(&town.code).await.is_granted();
        assert_eq!(idp.app.services.hashing.depth(), 2, "the queue was full all the time");
        drop(jobs);

        let counts = idp.counts_since(mark).await;
        assert_eq!(counts["hashing.busy"], 1, "counted in one event: {counts:?}");
        for kind in ["password.refused", "network.throttled", "attempt.throttled"] {
            assert!(!counts.contains_key(kind), "{counts:?}");
        }
        // When it is free again, both have all their attempts left.
        soon("a free thread", async || idp.app.services.hashing.depth() == 0).await;
        let wrong = unknown.clone().with("password", "guess");
        let answer = stranger.post(&wrong.action, &wrong.fields).await;
        let answer = stranger.follow(answer).await;
        assert!(answer.status == 200 && answer.has("password"), "{answer:?}");
        let answer = browser.post(&form.action, &form.fields).await;
        let answer = browser.follow(answer).await;
        crate::actors::Callback::of(&town.alice.answers(browser, answer).await).code();
    })
    .await;
}
