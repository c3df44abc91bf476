//! A rotation played through a year: nobody meets a key they could not know, nor misses one they need.

use super::*;

const DAY: i64 = 86_400;
const SLOT: Slot = Slot { usage: KeyUse::Access, algorithm: Algorithm::Es256 };

fn schedule() -> Schedule {
    Schedule { slots: vec![SLOT], ..Schedule::default() }
}

fn apply(ring: &KeyRing, changes: &[Change], now: Timestamp) -> KeyRing {
    let mut keys = ring.keys().to_vec();
    for change in changes {
        match change {
            Change::Generate(slot, state) => {
                let made = SigningKey::generate(slot.algorithm, now).unwrap().0;
                keys.push(made.used_for(slot.usage).moved_to(*state, now));
            }
            Change::Remove(kid) | Change::Discard(kid) => keys.retain(|key| key.kid() != kid),
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
        let signer = ring.active(SLOT.usage, SLOT.algorithm).unwrap();
        assert!(hour == 0 || signers.len() == 1 || now.since(published[signer.kid()]) >= DAY);
        signers.insert(signer.kid().to_owned());
        last_signed.insert(signer.kid().to_owned(), now);
        for (kid, when) in &last_signed {
            assert!(ring.verifying(SLOT.usage, kid).is_some() || now.since(*when) >= DAY);
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
    assert_eq!(first, [Change::Generate(SLOT, KeyState::Active)]);
    let next = apply(&empty, &[Change::Generate(SLOT, KeyState::Next)], now);
    let kid = next.keys()[0].kid().to_owned();
    assert_eq!(next.rotate(now, &schedule()), [Change::Activate(kid)]);
}

#[test]
fn a_replaced_key_still_verifies_and_a_removed_one_does_not() {
    let now = Timestamp::from_seconds(0);
    let ring = apply(&KeyRing::default(), &KeyRing::default().rotate(now, &schedule()), now);
    let old = ring.active(SLOT.usage, SLOT.algorithm).unwrap().kid().to_owned();
    let ring = apply(&ring, &ring.replace_now(SLOT), now);
    assert_ne!(ring.active(SLOT.usage, SLOT.algorithm).unwrap().kid(), old);
    assert_eq!(ring.verifying(SLOT.usage, &old).unwrap().state, KeyState::Retired);
    assert_eq!(ring.published().matches("\"kid\"").count(), 2);
    let ring = apply(&ring, &[Change::Remove(old.clone())], now);
    assert!(ring.verifying(SLOT.usage, &old).is_none());
}

#[test]
fn a_key_for_one_use_is_none_for_another_and_those_of_the_trail_are_not_published() {
    let now = Timestamp::from_seconds(0);
    let ring = apply(&KeyRing::default(), &KeyRing::default().rotate(now, &Schedule::default()), now);
    let slots: Vec<_> = Slot::all().collect();
    assert_eq!(ring.keys().len(), slots.len());
    assert!(ring.keys().iter().all(|key| key.state == KeyState::Active));
    for slot in slots {
        let key = ring.active(slot.usage, slot.algorithm).unwrap();
        assert_eq!(Slot::of(key), slot);
        for usage in KeyUse::ALL {
            assert_eq!(ring.verifying(*usage, key.kid()).is_some(), *usage == slot.usage, "{slot} {usage}");
        }
        assert_eq!(ring.published().contains(key.kid()), slot.usage != KeyUse::Trail, "{slot}");
    }
}

#[test]
fn a_key_that_is_thrown_away_leaves_at_once_and_whoever_follows_signs() {
    let now = Timestamp::from_seconds(0);
    let first = apply(&KeyRing::default(), &KeyRing::default().rotate(now, &schedule()), now);
    let kid =
        |ring: &KeyRing, state| ring.keys().iter().find(|key| key.state == state).unwrap().kid().to_owned();
    assert_eq!(first.discard("unknown"), None);
    let old = kid(&first, KeyState::Active);
    let alone = first.discard(&old).unwrap();
    assert_eq!(alone, [Change::Discard(old.clone()), Change::Generate(SLOT, KeyState::Active)]);
    assert!(!apply(&first, &alone, now).published().contains(&old));

    // One that is published already follows: apps know it.
    let both = apply(&first, &[Change::Generate(SLOT, KeyState::Next)], now);
    let next = kid(&both, KeyState::Next);
    assert_eq!(both.discard(&old).unwrap(), [Change::Discard(old.clone()), Change::Activate(next.clone())]);
    // Whoever does not sign is followed by nobody.
    assert_eq!(both.discard(&next).unwrap(), [Change::Discard(next.clone())]);
    let replaced = apply(&both, &both.replace_now(SLOT), now);
    assert_eq!(replaced.discard(&old).unwrap(), [Change::Discard(old)]);
}
