//! Redemptions beside ends: what was granted before an end is not opened after it, whatever was asked before.

use vouchsafe::base::{AccountId, ClientId, FamilyId, Scopes, SessionId, Timestamp};
use vouchsafe::factors::{FactorKind, Proof, assurance};
use vouchsafe::oidc::token::Entitlement;
use vouchsafe::store::families::{self, Lifetime, Opening};
use vouchsafe::store::{Error, Stmt, Store, accounts};

use crate::stacks::{self, Stack};

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

async fn person(stack: &Stack, id: &str) -> AccountId {
    let insert = Stmt::new(
        "INSERT INTO accounts (id, organisation, role, state, sealed, valid_after, created_at, updated_at)
         VALUES ($1, 'root', 'patient', 'active', $2, 0, 0, 0)",
    );
    stack.store.write(insert.bind(id).bind(vec![0u8]), |w, s| Box::pin(s.clone().execute(w))).await.unwrap();
    AccountId::from_text(id)
}

/// What a code stands for that outlives the browser session it came from.
fn offline(account: &AccountId, name: &str) -> Entitlement {
    let proof = Proof {
        method: FactorKind::Passkey,
        at: NOW,
        factor: vouchsafe::base::FactorId::from_text("key"),
        user_verified: true,
    };
    Entitlement {
        family: FamilyId::from_text(format!("family {name}")),
        client: "app".to_owned(),
        account: account.clone(),
        sub: "sub".to_owned(),
        session: SessionId::from_text(format!("session {name}")),
        session_started_at: NOW,
        session_until: NOW.plus(3600),
        scopes: Scopes::parse("openid offline_access"),
        claims: Default::default(),
        assurance: assurance(std::slice::from_ref(&proof)).unwrap(),
        proofs: vec![proof],
        started_at: NOW.plus(10),
        key: None,
        resources: Vec::new(),
        details: Vec::new(),
    }
}

async fn open(store: &Store, e: Entitlement) -> Opening {
    let life = Lifetime { idle: 1000, overall: 1000, offline: true };
    let opened: Result<_, Error> =
        store.write(e, move |w, e| Box::pin(families::open(w, e, life, NOW.plus(20)))).await;
    opened.unwrap()
}

/// The ways in which what a code rests on ends while the code is on its way.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The person ends that device from another.
    Session,
    /// The person stops sharing with the app.
    Sharing,
    /// Everything of the account, by a change whose time was read before the code was issued.
    Account,
}

async fn end(store: &Store, e: Entitlement, how: End) {
    let ended: Result<(), Error> = store
        .write(e, move |w, e| {
            Box::pin(async move {
                match how {
                    End::Session => {
                        accounts::queue(w, &e.account).await?;
                        families::end_session(w, &e.account, &e.session, NOW.plus(15)).await?;
                        families::end_of_session(w, &e.session, NOW.plus(15)).await
                    }
                    End::Sharing => {
                        accounts::queue(w, &e.account).await?;
                        let client = ClientId::from_text(&e.client);
                        families::end_of_client(w, &e.account, &client, NOW.plus(15)).await
                    }
                    End::Account => accounts::end_everything(w, &e.account, NOW.plus(5)).await,
                }
            })
        })
        .await;
    ended.unwrap();
}

#[tokio::test]
async fn a_code_whose_ground_has_ended_opens_nothing() {
    stacks::each_engine(async |stack| {
        for how in [End::Session, End::Sharing, End::Account] {
            let account = person(stack, &format!("person {how:?}")).await;
            let e = offline(&account, &format!("{how:?}"));
            end(&stack.store, e.clone(), how).await;
            assert_eq!(open(&stack.other, e.clone()).await, Opening::Ended, "{how:?}");
            assert!(families::find(&stack.store, &e.family).await.unwrap().is_none(), "{how:?}");
        }
        let e = offline(&person(stack, "person").await, "living");
        assert_eq!(open(&stack.store, e.clone()).await, Opening::Opened);
        assert_eq!(open(&stack.other, e).await, Opening::Replayed);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_redemption_and_an_end_at_once_nothing_is_left_alive() {
    stacks::each_engine(async |stack| {
        for round in 0..12 {
            for how in [End::Session, End::Sharing, End::Account] {
                let name = format!("{how:?} {round}");
                let account = person(stack, &name).await;
                let e = offline(&account, &name);
                let (here, there) = (stack.store.clone(), stack.other.clone());
                let (one, two) = (e.clone(), e.clone());
                let ended = tokio::spawn(async move { end(&here, one, how).await });
                let opened = tokio::spawn(async move { open(&there, two).await });
                ended.await.unwrap();
                let opened = opened.await.unwrap();
                let row = families::find(&stack.store, &e.family).await.unwrap();
                let alive = row.is_some_and(|row| row.ended_at.is_none());
                assert!(!alive, "{how:?} on {}: {opened:?}", stack.engine);
            }
        }
    })
    .await;
}
