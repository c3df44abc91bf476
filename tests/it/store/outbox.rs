//! The outbox: claimed by one, let go, given up, forgotten.

use std::collections::BTreeMap;

use vouchsafe::base::{AccountId, EventId, Timestamp};
use vouchsafe::notifications::Notice;
use vouchsafe::store::outbox::{self, OutboxRow};
use vouchsafe::store::{Error, Store};

use crate::stacks::{self, Stack};

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

async fn put(stack: &Stack, mails: usize) {
    let ids: Vec<_> = (0..mails).map(|n| EventId::from_text(format!("mail-{n:03}"))).collect();
    stack
        .store
        .write(ids, |w, ids| {
            Box::pin(async move {
                for id in ids {
                    let account = AccountId::from_text("0190-person");
                    outbox::insert(w, id, &account, Notice::PasswordChanged, b"sealed", NOW).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await
        .unwrap();
}

async fn claim(store: &Store, most: i64, now: Timestamp) -> Vec<OutboxRow> {
    store.write((most, now), |w, (most, now)| Box::pin(outbox::claim(w, *most, *now))).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_claims_at_once_each_mail_goes_to_one() {
    stacks::each_engine(async |stack| {
        put(stack, 100).await;
        let tasks: Vec<_> = (0..64)
            .map(|i| if i % 2 == 0 { stack.store.clone() } else { stack.other.clone() })
            .map(|store| tokio::spawn(async move { claim(&store, 7, NOW).await }))
            .collect();
        let mut claimed: BTreeMap<String, usize> = BTreeMap::new();
        for task in tasks {
            for row in task.await.unwrap() {
                assert_eq!(row.attempts, 1);
                *claimed.entry(row.id).or_default() += 1;
            }
        }
        // Whoever met another at a row may have got fewer; what is left is claimed by the next.
        loop {
            let more = claim(&stack.other, 7, NOW).await;
            if more.is_empty() {
                break;
            }
            for row in more {
                *claimed.entry(row.id).or_default() += 1;
            }
        }
        assert_eq!(claimed.len(), 100, "{}", stack.engine);
        assert!(claimed.values().all(|times| *times == 1), "{}: {claimed:?}", stack.engine);
        assert!(!outbox::is_due(&stack.store, NOW).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn the_oldest_goes_first_and_a_claim_ends_by_itself() {
    stacks::each_engine(async |stack| {
        put(stack, 3).await;
        let ids = |rows: Vec<OutboxRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        assert_eq!(ids(claim(&stack.store, 2, NOW).await), ["mail-000", "mail-001"]);
        assert_eq!(ids(claim(&stack.other, 9, NOW).await), ["mail-002"]);
        assert!(claim(&stack.store, 9, NOW.plus(899)).await.is_empty());
        let again = claim(&stack.store, 9, NOW.plus(900)).await;
        assert_eq!((again.len(), again.iter().all(|row| row.attempts == 2)), (3, true));
    })
    .await;
}

#[tokio::test]
async fn what_was_sent_or_given_up_is_never_claimed_again() {
    stacks::each_engine(async |stack| {
        put(stack, 3).await;
        claim(&stack.store, 9, NOW).await;
        let done: Result<_, Error> = stack
            .store
            .write(NOW, |w, now| {
                Box::pin(async move {
                    let once = outbox::sent(w, "mail-000", *now).await?;
                    let twice = outbox::sent(w, "mail-000", *now).await?;
                    let buried = outbox::bury(w, "mail-001", *now).await?;
                    let nothing =
                        outbox::bury(w, "mail-000", *now).await? || outbox::bury(w, "mail-001", *now).await?;
                    let gone = outbox::sent(w, "erased", *now).await?;
                    outbox::again(w, "mail-002", now.plus(60)).await?;
                    Ok((once, twice, buried, nothing, gone))
                })
            })
            .await;
        assert_eq!(done.unwrap(), (true, false, true, false, false));
        assert_eq!(outbox::waiting(&stack.store).await.unwrap(), 1);
        assert!(!outbox::is_due(&stack.store, NOW.plus(59)).await.unwrap());
        let rows = claim(&stack.other, 9, NOW.plus(10_000_000)).await;
        assert_eq!(rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["mail-002"]);
    })
    .await;
}

#[tokio::test]
async fn mail_that_ended_is_forgotten_after_thirty_days_and_mail_that_waits_is_not() {
    stacks::each_engine(async |stack| {
        put(stack, 3).await;
        let sweep = async |now: Timestamp| {
            let swept: Result<u64, Error> =
                stack.store.write(now, |w, now| Box::pin(outbox::sweep(w, *now))).await;
            swept.unwrap()
        };
        let ended: Result<_, Error> = stack
            .store
            .write(NOW, |w, now| {
                Box::pin(async move {
                    outbox::sent(w, "mail-000", *now).await?;
                    outbox::bury(w, "mail-001", *now).await
                })
            })
            .await;
        ended.unwrap();
        let month = 30 * 24 * 3600;
        assert_eq!(sweep(NOW.plus(month)).await, 0);
        assert_eq!(sweep(NOW.plus(month + 1)).await, 2);
        assert_eq!(outbox::waiting(&stack.other).await.unwrap(), 1);
    })
    .await;
}
