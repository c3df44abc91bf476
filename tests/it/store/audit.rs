//! The audit trail: linked within the process, adopted from the dead, and every tampering is named.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use vouchsafe::audit::{Actor, Event, Flood, Kind, Outcome};
use vouchsafe::base::{AccountId, Clock, Entropy, EventId};
use vouchsafe::store::audit::{Bad, Filter, Sealer, Verdict, list, verify};
use vouchsafe::store::{Error, MIGRATIONS, Store};

use crate::stacks::{NOW, Stack, each_engine};

/// A clock the test sets.
#[derive(Clone)]
struct Hand(Arc<AtomicI64>);

impl Hand {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(NOW.micros())))
    }

    fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    async fn sealer(&self, store: &Store) -> Sealer {
        let sign = Box::new(|body: &[u8]| Ok(("k1".to_owned(), signature(body))));
        Sealer::begin(store.clone(), Clock::Set(self.0.clone()), Entropy::system(), sign).await.unwrap()
    }
}

/// Stands for a signature: the sealer only carries it.
fn signature(body: &[u8]) -> Vec<u8> {
    vouchsafe::base::Digest::of(body).to_vec()
}

async fn verdict(store: &Store) -> Verdict {
    verify(store, &|kid, body, signed| kid == "k1" && signed == signature(body)).await.unwrap()
}

async fn first_bad(store: &Store) -> Bad {
    verdict(store).await.first_bad.expect("the tampering is not seen")
}

fn event(i: i64) -> Event {
    let mut event = Event::new(
        Kind::PasswordRefused,
        Outcome::Refused,
        Actor::Anonymous,
        NOW.plus(i),
        &Entropy::system(),
    );
    event.id = EventId::from_text(format!("e{i:03}"));
    event.account = Some(AccountId::from_text("a"));
    event.placed = true;
    event.detail = Some(serde_json::json!({ "i": i, "text": "é \" \\" }));
    event.sealed = (i % 2 == 0).then(|| vec![0, 1, 255]);
    event
}

async fn record(store: &Store, event: Event) {
    let done: Result<(), Error> = store.write(event, |w, event| Box::pin(w.record(event))).await;
    done.unwrap();
}

/// Twelve linked events, signed; answers their chain.
async fn trail(store: &Store) -> String {
    let mut sealer = Hand::new().sealer(store).await;
    for i in 1..=12 {
        record(store, event(i)).await;
    }
    assert_eq!(sealer.link().await.unwrap(), 12);
    sealer.checkpoint().await.unwrap();
    sealer.link().await.unwrap();
    sealer.chain().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_trail_verifies_and_is_read_back() {
    each_engine(async |stack| {
        trail(&stack.store).await;
        record(&stack.other, event(13)).await;
        let found = verdict(&stack.other).await;
        assert_eq!(found, Verdict { chains: 1, events: 13, unlinked: 1, checkpoints: 1, first_bad: None });
        let page = list(&stack.other, &Filter { kinds: vec![Kind::PasswordRefused], ..Filter::default() }, 5)
            .await
            .unwrap();
        let expected: Vec<_> = (9..=13).rev().map(event).collect();
        assert_eq!(page, expected, "{}", stack.engine);
        let last = page.last().unwrap();
        let filter = Filter {
            after: Some((last.at, last.id.clone())),
            account: Some(AccountId::from_text("a")),
            from: Some(NOW.plus(7)),
            until: Some(NOW.plus(100)),
            ..Filter::default()
        };
        assert_eq!(list(&stack.other, &filter, 50).await.unwrap(), [event(8), event(7)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_bad_row_is_named_however_it_was_tampered_with() {
    let unlinked_seq = "chain = NULL, seq = NULL, hash = NULL";
    let cases: [(&str, i64, Option<&str>); 12] = [
        ("UPDATE events SET outcome = 'ok' WHERE id = 'e005'", 5, Some("e005")),
        ("UPDATE events SET account = NULL WHERE id = 'e001'", 1, Some("e001")),
        ("UPDATE events SET at = at + 1 WHERE id = 'e012'", 12, Some("e012")),
        ("UPDATE events SET sealed = NULL WHERE id = 'e004'", 4, Some("e004")),
        ("DELETE FROM events WHERE id = 'e007'", 7, None),
        ("DELETE FROM events WHERE id = 'e001'", 1, None),
        ("DELETE FROM events WHERE seq >= 11", 11, None),
        ("DELETE FROM events", 1, None),
        (
            "UPDATE events SET seq = 99 WHERE id = 'e003'; UPDATE events SET seq = 3 WHERE id = 'e004';
             UPDATE events SET seq = 4 WHERE id = 'e003'",
            3,
            Some("e004"),
        ),
        (
            "INSERT INTO events (id, at, kind, outcome, organisation, actor, process, chain, seq, hash)
             SELECT 'new', at, kind, outcome, organisation, actor, process, chain, 14, hash FROM events WHERE seq = 13",
            14,
            Some("new"),
        ),
        (&format!("UPDATE events SET {unlinked_seq} WHERE id = 'e006'"), 6, None),
        (
            "DELETE FROM events WHERE seq >= 11; UPDATE audit_chains SET seq = 10,
             hash = (SELECT hash FROM events WHERE seq = 10)",
            11,
            None,
        ),
    ];
    each_engine(async |stack| {
        let chain = trail(&stack.store).await;
        stack
            .tamper("CREATE TABLE e AS SELECT * FROM events; CREATE TABLE c AS SELECT * FROM audit_chains")
            .await;
        for (sql, seq, id) in &cases {
            stack.tamper(sql).await;
            let bad = first_bad(&stack.other).await;
            assert_eq!((bad.chain.as_str(), bad.seq), (chain.as_str(), *seq), "{}: {sql}", stack.engine);
            assert_eq!(bad.event, id.map(EventId::from_text), "{}: {sql}", stack.engine);
            stack
                .tamper(
                    "DELETE FROM events; INSERT INTO events SELECT * FROM e;
                     DELETE FROM audit_chains; INSERT INTO audit_chains SELECT * FROM c",
                )
                .await;
            assert_eq!(verdict(&stack.other).await.first_bad, None);
        }
    })
    .await;
}

/// Whoever can edit the database can also compute the chain anew; the signature is what stands in the way.
#[tokio::test(flavor = "multi_thread")]
async fn a_chain_written_anew_is_seen_by_its_checkpoint() {
    each_engine(async |stack| {
        let chain = trail(&stack.store).await;
        stack
            .tamper(
                "UPDATE events SET outcome = 'ok', process = 'gone' WHERE id = 'e010';
                 UPDATE events SET chain = NULL, seq = NULL, hash = NULL WHERE seq >= 10;
                 UPDATE audit_chains SET beat_at = 0, seq = 9, hash = (SELECT hash FROM events WHERE seq = 9)",
            )
            .await;
        let mut sealer = Hand::new().sealer(&stack.store).await;
        sealer.link().await.unwrap();
        assert_eq!(sealer.chain(), chain);
        let bad = first_bad(&stack.other).await;
        assert_eq!((bad.chain, bad.seq), (chain, 12), "{}", stack.engine);
        assert!(bad.why.contains("anew"), "{}", bad.why);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_are_signed_and_none_may_be_missing() {
    let cases = [
        ("UPDATE audit_checkpoints SET body = body || ' ' WHERE seq = 2", 2, "signature"),
        ("UPDATE audit_checkpoints SET kid = 'k2' WHERE seq = 3", 3, "signature"),
        ("DELETE FROM audit_checkpoints WHERE seq = 2", 3, "missing"),
        (
            "DELETE FROM audit_checkpoints WHERE seq = 1; UPDATE audit_checkpoints SET seq = seq - 1",
            1,
            "follow",
        ),
    ];
    each_engine(async |stack| {
        let mut sealer = Hand::new().sealer(&stack.store).await;
        for i in 1..=3 {
            record(&stack.store, event(i)).await;
            sealer.link().await.unwrap();
            sealer.checkpoint().await.unwrap();
        }
        assert_eq!(verdict(&stack.store).await.checkpoints, 3);
        // The key that signs was thrown away, and this process has not heard of it.
        stack
            .tamper(
                "INSERT INTO signing_keys (kid, algorithm, state, sealed, created_at, state_since, used_for)
                 SELECT 'k9', 'ES256', 'active', signature, 0, 0, 'trail' FROM audit_checkpoints WHERE seq = 1",
            )
            .await;
        sealer.checkpoint().await.unwrap();
        assert_eq!(verdict(&stack.store).await.checkpoints, 3);
        stack.tamper("DELETE FROM signing_keys").await;
        stack.tamper("CREATE TABLE c AS SELECT * FROM audit_checkpoints").await;
        for (sql, seq, why) in cases {
            stack.tamper(sql).await;
            let bad = first_bad(&stack.store).await;
            assert_eq!((bad.chain.as_str(), bad.seq), ("checkpoints", seq), "{}: {sql}", stack.engine);
            assert!(bad.why.contains(why), "{bad:?}");
            stack
                .tamper("DELETE FROM audit_checkpoints; INSERT INTO audit_checkpoints SELECT * FROM c")
                .await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_process_left_is_adopted() {
    each_engine(async |stack| {
        let hand = Hand::new();
        let mut dead = hand.sealer(&stack.store).await;
        record(&stack.store, event(1)).await;
        dead.link().await.unwrap();
        record(&stack.store, event(2)).await;
        let mut living = hand.sealer(&stack.other).await;
        assert_ne!(living.chain(), dead.chain(), "the first still lives");
        assert_eq!(living.link().await.unwrap(), 0, "a living process links its own");
        hand.forward(11);
        assert_eq!(living.link().await.unwrap(), 1, "{}", stack.engine);
        // A process that begins continues the dead one's chain; the dead one, risen, makes do with another.
        let third = Store::open(&stack.url).await.unwrap();
        let mut heir = hand.sealer(&third).await;
        assert_eq!(heir.chain(), dead.chain());
        record(&third, event(3)).await;
        assert_eq!(heir.link().await.unwrap(), 1);
        let before = dead.chain().to_owned();
        record(&stack.store, event(4)).await;
        assert_eq!(dead.link().await.unwrap() + living.link().await.unwrap(), 1);
        assert_ne!(dead.chain(), before);
        let found = verdict(&stack.other).await;
        assert_eq!((found.events, found.unlinked, found.first_bad), (4, 0, None), "{}", stack.engine);
        third.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_sealers_link_a_thousand_events_once_each() {
    each_engine(async |stack| {
        // Recorded without a sealer, as by commands: any of the eight may adopt them.
        let events: Vec<_> = (0..500).map(|i| record(&stack.store, event(i))).collect();
        for recorded in events {
            recorded.await;
        }
        let hand = Hand::new();
        let mut tasks = Vec::new();
        for _ in 0..8 {
            let store = Store::open(&stack.url).await.unwrap();
            let mut sealer = hand.sealer(&store).await;
            tasks.push(tokio::spawn(async move {
                let linked = sealer.link().await;
                sealer.finish().await.unwrap();
                store.close().await;
                linked.unwrap()
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let found = verdict(&stack.other).await;
        assert_eq!((found.unlinked, found.first_bad), (0, None), "{}", stack.engine);
        assert!(found.events > 500, "each event and each checkpoint's: {}", found.events);
    })
    .await;
}

async fn linked_soon(stack: &Stack, events: u64) {
    for _ in 0..100 {
        let found = verdict(&stack.other).await;
        if found.events >= events && found.unlinked == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{}: not linked", stack.engine);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_sealer_links_by_itself_and_signs_at_the_end() {
    each_engine(async |stack| {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let sealer = Hand::new().sealer(&stack.store).await;
        let chain = sealer.chain().to_owned();
        let running =
            tokio::spawn(sealer.run(Duration::from_secs(600), async { stopped.await.unwrap_or(()) }));
        record(&stack.store, event(1)).await;
        linked_soon(stack, 1).await;
        record(&stack.store, event(2)).await;
        stop.send(()).unwrap();
        running.await.unwrap();
        let found = verdict(&stack.other).await;
        assert_eq!(found, Verdict { chains: 1, events: 3, unlinked: 0, checkpoints: 1, first_bad: None });
        assert_eq!(Hand::new().sealer(&stack.other).await.chain(), chain, "let go of at once");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_falls_with_its_change() {
    each_engine(async |stack| {
        assert!(stack.store.pending(MIGRATIONS).await.unwrap().is_empty());
        let done: Result<(), Error> = stack
            .store
            .write(event(1), |w, event| {
                Box::pin(async move {
                    w.record(event).await?;
                    Err(Error::Conflict)
                })
            })
            .await;
        assert_eq!(done, Err(Error::Conflict));
        let mut flood = Flood::new();
        flood.note(Kind::TokenRefused, Some("192.0.2.1/32".to_owned()), None, NOW);
        for counted in flood.finish(&Entropy::system()) {
            record(&stack.store, counted).await;
        }
        let all = list(&stack.store, &Filter::default(), 10).await.unwrap();
        assert_eq!(all.len(), 1, "{}", stack.engine);
        assert_eq!(all[0].detail, Some(serde_json::json!({ "count": 1 })));
    })
    .await;
}
