//! Links: one of a kind, spent once, taken back, forgotten.

use vouchsafe::base::{AccountId, Digest, Timestamp};
use vouchsafe::identity::{LinkKind, LinkStanding};
use vouchsafe::store::{Error, Stmt, Store, links};

use crate::stacks::{self, Stack};

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

async fn person(stack: &Stack) -> AccountId {
    let id = "0190-person";
    let insert = Stmt::new(
        "INSERT INTO accounts (id, organisation, role, state, sealed, valid_after, created_at, updated_at)
         VALUES ($1, 'root', 'patient', 'active', $2, 0, 0, 0)",
    );
    stack.store.write(insert.bind(id).bind(vec![0u8]), |w, s| Box::pin(s.clone().execute(w))).await.unwrap();
    AccountId::from_text(id)
}

async fn keep(store: &Store, digest: Digest, kind: LinkKind, account: &AccountId) {
    store
        .write((digest, kind, account.clone()), |w, (digest, kind, account)| {
            Box::pin(links::insert(w, *digest, *kind, account, Some("a"), NOW))
        })
        .await
        .unwrap();
}

async fn spend(store: &Store, digest: Digest, kind: LinkKind, now: Timestamp) -> Option<AccountId> {
    let spent: Result<_, Error> = store
        .write((digest, kind, now), |w, (digest, kind, now)| Box::pin(links::spend(w, *digest, *kind, *now)))
        .await;
    spent.unwrap()
}

async fn standing(stack: &Stack, digest: Digest, kind: LinkKind, now: Timestamp) -> Option<LinkStanding> {
    links::find(&stack.other, digest, kind, now).await.unwrap().map(|link| link.standing)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_spent_by_one_of_64() {
    stacks::each_engine(async |stack| {
        let (account, digest) = (person(stack).await, Digest::of("one"));
        keep(&stack.store, digest, LinkKind::Invitation, &account).await;
        let tasks: Vec<_> = (0..64)
            .map(|i| if i % 2 == 0 { stack.store.clone() } else { stack.other.clone() })
            .map(|store| tokio::spawn(async move { spend(&store, digest, LinkKind::Invitation, NOW).await }))
            .collect();
        let mut winners = Vec::new();
        for task in tasks {
            winners.extend(task.await.unwrap());
        }
        assert_eq!(winners, [account], "{}", stack.engine);
        let now = standing(stack, digest, LinkKind::Invitation, NOW).await;
        assert_eq!(now, Some(LinkStanding::Spent));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_one_kind_opens_nothing_of_another() {
    stacks::each_engine(async |stack| {
        let (account, digest) = (person(stack).await, Digest::of("one"));
        keep(&stack.store, digest, LinkKind::Address, &account).await;
        for kind in LinkKind::ALL.iter().filter(|kind| **kind != LinkKind::Address) {
            assert_eq!(spend(&stack.store, digest, *kind, NOW).await, None, "{kind}");
            assert_eq!(standing(stack, digest, *kind, NOW).await, None, "{kind}");
        }
        assert_eq!(standing(stack, digest, LinkKind::Address, NOW).await, Some(LinkStanding::Open));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_taken_back_or_is_too_old_is_not_spent() {
    stacks::each_engine(async |stack| {
        let account = person(stack).await;
        let (first, second) = (Digest::of("first"), Digest::of("second"));
        let kind = LinkKind::PasswordReset;
        keep(&stack.store, first, kind, &account).await;
        let taken = stack
            .store
            .write(account.clone(), |w, account| {
                Box::pin(links::revoke(w, account, LinkKind::PasswordReset, NOW))
            })
            .await;
        assert_eq!(taken.unwrap(), 1);
        keep(&stack.store, second, kind, &account).await;
        assert_eq!(spend(&stack.store, first, kind, NOW).await, None);
        assert_eq!(standing(stack, first, kind, NOW).await, Some(LinkStanding::Revoked));
        let late = NOW.plus(kind.lifetime());
        assert_eq!(spend(&stack.store, second, kind, late).await, None);
        assert_eq!(standing(stack, second, kind, late).await, Some(LinkStanding::Expired));
        assert_eq!(spend(&stack.store, second, kind, late.plus(-1)).await, Some(account));
    })
    .await;
}
