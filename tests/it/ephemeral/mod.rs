//! The ephemeral store's contract, on each implementation.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use std::sync::Arc;

use vouchsafe::base::{Digest, Entropy};
use vouchsafe::ephemeral::{Embedded, Ephemeral, Error, Space, Taken};

use crate::stacks::{EphemeralStack, NOW, each_engine, each_ephemeral, random};

mod redis;

/// Runs 64 tasks at once, half of them as another process.
async fn at_once<T: Send + 'static, F>(
    stack: &EphemeralStack,
    task: impl Fn(usize, Arc<dyn Ephemeral>) -> F,
) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let store = |i| if i % 2 == 0 { stack.one.clone() } else { stack.other.clone() };
    let tasks: Vec<_> = (0..64).map(|i| tokio::spawn(task(i, store(i)))).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_takers_of_a_code_one_gets_it() {
    each_ephemeral(async |stack| {
        let id = random();
        stack.one.put_once(Space::Code, &id, b"grant", b"family", 60, NOW).await.unwrap();
        let again = stack.one.put_once(Space::Code, &id, b"grant", b"family", 60, NOW).await;
        assert!(matches!(again, Err(Error::Corrupt(_))));
        assert!(stack.one.get(Space::Code, &id, NOW).await.unwrap().is_some());
        let taken =
            at_once(
                stack,
                move |_, store| async move { store.take(Space::Code, &id, 600, NOW).await.unwrap() },
            )
            .await;
        let fresh = taken.iter().filter(|t| **t == Taken::Fresh(b"grant".to_vec())).count();
        let replayed = taken.iter().filter(|t| **t == Taken::Replayed(b"family".to_vec())).count();
        assert_eq!((fresh, replayed), (1, 63), "{}", stack.engine);
        assert_eq!(stack.one.get(Space::Code, &id, NOW).await.unwrap(), None);
        assert!(!stack.one.touch(Space::Code, &id, 60, NOW).await.unwrap());
        assert!(stack.one.swap(Space::Code, &id, 0, b"x", 60, NOW).await.unwrap().is_none());
        // The tombstone outlives the code by what the taker asked, and no more.
        let then = |seconds| stack.other.take(Space::Code, &id, 600, NOW.plus(seconds));
        assert_eq!(then(659).await.unwrap(), Taken::Replayed(b"family".to_vec()), "{}", stack.engine);
        assert_eq!(then(660).await.unwrap(), Taken::Unknown, "{}", stack.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_swaps_one_wins() {
    each_ephemeral(async |stack| {
        let id = random();
        stack.one.put(Space::Interaction, &id, b"0", 60, NOW).await.unwrap();
        let before = stack.one.get(Space::Interaction, &id, NOW).await.unwrap().unwrap();
        let version = before.version;
        let won = at_once(stack, move |i, store| async move {
            let value = i.to_string();
            store.swap(Space::Interaction, &id, version, value.as_bytes(), 60, NOW).await.unwrap().is_some()
        })
        .await;
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "{}", stack.engine);
        let after = stack.other.get(Space::Interaction, &id, NOW).await.unwrap().unwrap();
        let winner = won.iter().position(|won| *won).unwrap();
        assert_eq!(after.value, winner.to_string().as_bytes());
        assert_ne!(after.version, version);
        // The same value put again is another version.
        stack.one.remove(Space::Interaction, &id, NOW).await.unwrap();
        stack.one.put(Space::Interaction, &id, b"0", 60, NOW).await.unwrap();
        assert!(stack.one.swap(Space::Interaction, &id, version, b"x", 60, NOW).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counting_is_exact_under_64_tasks() {
    each_ephemeral(async |stack| {
        let id = random();
        assert_eq!(stack.one.counted(&id, NOW).await.unwrap(), 0);
        let mut counts =
            at_once(stack, move |_, store| async move { store.count(&id, 600, NOW).await.unwrap() }).await;
        counts.sort_unstable();
        assert_eq!(counts, (1..=64).collect::<Vec<u64>>(), "{}", stack.engine);
        assert_eq!(stack.other.counted(&id, NOW.plus(599)).await.unwrap(), 64);
        // The window does not move: it ends ten minutes after its first count.
        assert_eq!(stack.one.count(&id, 600, NOW.plus(599)).await.unwrap(), 65);
        assert_eq!(stack.one.counted(&id, NOW.plus(600)).await.unwrap(), 0);
        assert_eq!(stack.one.count(&id, 600, NOW.plus(600)).await.unwrap(), 1, "{}", stack.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_marked_once() {
    each_ephemeral(async |stack| {
        let id = random();
        let fresh =
            at_once(
                stack,
                move |_, store| async move { store.mark(Space::Replay, &id, 60, NOW).await.unwrap() },
            )
            .await;
        assert_eq!(fresh.iter().filter(|fresh| **fresh).count(), 1, "{}", stack.engine);
        assert!(!stack.one.mark(Space::Replay, &id, 60, NOW.plus(59)).await.unwrap());
        assert!(stack.one.mark(Space::Replay, &id, 60, NOW.plus(60)).await.unwrap(), "{}", stack.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_expire_are_touched_and_removed() {
    each_ephemeral(async |stack| {
        let (id, store) = (random(), &stack.one);
        let get = async |space, seconds| {
            store.get(space, &id, NOW.plus(seconds)).await.unwrap().map(|found| found.value)
        };
        store.put(Space::Session, &id, b"s", 60, NOW).await.unwrap();
        assert_eq!(get(Space::Session, 59).await.as_deref(), Some(&b"s"[..]));
        assert_eq!(get(Space::Session, 60).await, None);
        assert_eq!(get(Space::Ceremony, 0).await, None, "spaces are apart");
        let version = store.get(Space::Session, &id, NOW).await.unwrap().unwrap().version;
        assert!(store.touch(Space::Session, &id, 60, NOW.plus(30)).await.unwrap());
        assert!(get(Space::Session, 89).await.is_some());
        assert_eq!(store.get(Space::Session, &id, NOW).await.unwrap().unwrap().version, version);
        assert!(!store.touch(Space::Session, &id, 60, NOW.plus(90)).await.unwrap());
        assert!(store.swap(Space::Session, &id, version, b"t", 60, NOW.plus(90)).await.unwrap().is_none());
        assert!(store.swap(Space::Session, &id, version, b"t", 60, NOW.plus(89)).await.unwrap().is_some());
        assert_eq!(get(Space::Session, 148).await.as_deref(), Some(&b"t"[..]));
        assert!(store.remove(Space::Session, &id, NOW).await.unwrap());
        assert!(!store.remove(Space::Session, &id, NOW).await.unwrap());
        assert_eq!(store.take(Space::Session, &id, 1, NOW).await.unwrap(), Taken::Unknown);
        store.put(Space::Session, &id, b"", 60, NOW).await.unwrap();
        assert_eq!(store.take(Space::Session, &id, 1, NOW).await.unwrap(), Taken::Fresh(Vec::new()));
        assert_eq!(store.take(Space::Session, &id, 1, NOW).await.unwrap(), Taken::Replayed(Vec::new()));
        store.ping().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_lasts() {
    each_ephemeral(async |stack| {
        let epochs = at_once(stack, |_, store| async move { store.epoch(NOW).await.unwrap() }).await;
        let first = epochs[0];
        if stack.engine != "redis" {
            assert!(epochs.iter().all(|epoch| *epoch == first), "{}", stack.engine);
        }
        // The test's Redis is shared: another test's key does not open this one's epoch and begins another.
        let settled = stack.one.epoch(NOW.plus(5)).await.unwrap();
        assert!(stack.engine == "redis" || settled == first);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_store_survives_a_restart_but_not_another_key() {
    each_engine(async |stack| {
        let (key, id) = (*random().as_bytes(), random());
        let open =
            |store: &vouchsafe::store::Store, key| Embedded::new(store.clone(), key, Entropy::system());
        let before = open(&stack.store, key);
        before.put(Space::Session, &id, b"s", 60, NOW).await.unwrap();
        before.put_once(Space::Code, &id, b"c", b"n", 60, NOW).await.unwrap();
        let epoch = before.epoch(NOW).await.unwrap();
        stack.store.close().await;
        let again = vouchsafe::store::Store::open(&stack.url).await.unwrap();
        let after = open(&again, key);
        assert_eq!(after.get(Space::Session, &id, NOW).await.unwrap().unwrap().value, b"s");
        assert_eq!(after.epoch(NOW.plus(9)).await.unwrap(), epoch);
        let stranger = open(&again, *Digest::of("another").as_bytes());
        assert_eq!(stranger.get(Space::Session, &id, NOW).await.unwrap(), None);
        assert_eq!(stranger.take(Space::Code, &id, 60, NOW).await.unwrap(), Taken::Unknown);
        assert_ne!(stranger.epoch(NOW.plus(9)).await.unwrap(), epoch);
        again.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sweeping_removes_the_expired_alone() {
    each_engine(async |stack| {
        let store = Embedded::new(stack.store.clone(), [1; 32], Entropy::system());
        for i in 0..1_200i64 {
            store.mark(Space::Replay, &Digest::of(i.to_be_bytes()), 10 + i % 2, NOW).await.unwrap();
        }
        assert_eq!(store.sweep(NOW.plus(9)).await.unwrap(), 0);
        assert_eq!(store.sweep(NOW.plus(10)).await.unwrap(), 600, "{}", stack.engine);
        assert_eq!(store.sweep(NOW.plus(11)).await.unwrap(), 600);
    })
    .await;
}
