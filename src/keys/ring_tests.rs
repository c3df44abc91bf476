//! A rotation played through a year: nobody meets a key they could not know, nor misses one they need.

use super::*;

const DAY: i64 = 86_400;

fn schedule() -> Schedule {
    Schedule { algorithms: vec![Algorithm::Es256], ..Schedule::default() }
}

fn apply(ring: &KeyRing, changes: &[Change], now: Timestamp) -> KeyRing {
    let mut keys = ring.keys().to_vec();
    for change in changes {
        match change {
            Change::Generate(algorithm, state) => {
                keys.push(SigningKey::generate(*algorithm, now).unwrap().0.moved_to(*state, now));
            }
            Change::Remove(kid) => keys.retain(|key| key.kid() != kid),
            Change::Activate(kid) | Change::Retire(kid) => {
                let state =
                    if matches!(change, Change::Activate(_)) { KeyState::Active } else { KeyState::Retired };
                for key in keys.iter_mut().filter(|key| key.kid() == kid) {
                    *key = key.moved_to(state, now);
                }
            }
        }
    }
    KeyRing::new(keys)
}

#[test]
fn every_signing_key_was_published_a_day_and_stays_a_day() {
    let mut ring = KeyRing::default();
    let mut published = std::collections::HashMap::new();
    let mut last_signed = std::collections::HashMap::new();
    let mut signers = std::collections::HashSet::new();
    for hour in 0..24 * 365 {
        let now = Timestamp::from_seconds(1_800_000_000 + hour * 3600);
        let changes = ring.rotate(now, &schedule());
        ring = apply(&ring, &changes, now);
        assert_eq!(ring.rotate(now, &schedule()), []);
        for key in ring.keys() {
            published.entry(key.kid().to_owned()).or_insert(now);
        }
        let signer = ring.active(Algorithm::Es256).unwrap();
        assert!(hour == 0 || signers.len() == 1 || now.since(published[signer.kid()]) >= DAY);
        signers.insert(signer.kid().to_owned());
        last_signed.insert(signer.kid().to_owned(), now);
        for (kid, when) in &last_signed {
            assert!(ring.verifying(kid).is_some() || now.since(*when) >= DAY);
        }
        assert!(ring.keys().len() <= 3);
    }
    assert_eq!(signers.len(), 5);
}

#[test]
fn the_first_key_signs_at_once_and_a_lost_one_is_replaced() {
    let now = Timestamp::from_seconds(0);
    let empty = KeyRing::default();
    let first = empty.rotate(now, &schedule());
    assert_eq!(first, [Change::Generate(Algorithm::Es256, KeyState::Active)]);
    let next = apply(&empty, &[Change::Generate(Algorithm::Es256, KeyState::Next)], now);
    let kid = next.keys()[0].kid().to_owned();
    assert_eq!(next.rotate(now, &schedule()), [Change::Activate(kid)]);
}

#[test]
fn a_replaced_key_still_verifies_and_a_removed_one_does_not() {
    let now = Timestamp::from_seconds(0);
    let ring = apply(&KeyRing::default(), &KeyRing::default().rotate(now, &schedule()), now);
    let old = ring.active(Algorithm::Es256).unwrap().kid().to_owned();
    let ring = apply(&ring, &ring.replace_now(Algorithm::Es256), now);
    assert_ne!(ring.active(Algorithm::Es256).unwrap().kid(), old);
    assert_eq!(ring.verifying(&old).unwrap().state, KeyState::Retired);
    assert_eq!(ring.published().matches("\"kid\"").count(), 2);
    let ring = apply(&ring, &[Change::Remove(old.clone())], now);
    assert!(ring.verifying(&old).is_none());
}
