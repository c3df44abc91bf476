//! Requests of apps for people who are elsewhere: how many wait for one person, however many come at once.

use vouchsafe::base::{AccountId, ClientId, Digest, Timestamp};
use vouchsafe::store::ciba::{self, Asked, Room};

use crate::stacks;

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);
const ROOM: Room = Room { all: 10, of_app: 4 };

#[tokio::test(flavor = "multi_thread")]
async fn of_64_at_once_as_many_wait_as_there_is_room_for() {
    stacks::each_engine(async |stack| {
        for (person, apps, wait) in [("of-one-app", 1, 4), ("of-three-apps", 3, 10)] {
            let account = AccountId::from_text(person);
            let tasks: Vec<_> = (0..64)
                .map(|i| {
                    let store = if i % 2 == 0 { stack.store.clone() } else { stack.other.clone() };
                    let asked = Asked {
                        id: Digest::of(format!("{person} {i}")),
                        client: ClientId::from_text(format!("app-{}", i % apps)),
                        account: Some(account.clone()),
                        named: Digest::of(person),
                        until: NOW.plus(600),
                        telling: None,
                    };
                    tokio::spawn(async move {
                        let kept =
                            store.write(asked, |w, asked| Box::pin(ciba::insert(w, asked, ROOM, NOW))).await;
                        kept.unwrap()
                    })
                })
                .collect();
            let mut room = 0;
            for task in tasks {
                room += usize::from(task.await.unwrap());
            }
            let waiting = ciba::waiting(&stack.other, &account, NOW).await.unwrap();
            assert_eq!((room, waiting.len()), (wait, wait), "{person} on {}", stack.engine);
        }
    })
    .await;
}
