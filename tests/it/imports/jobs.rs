//! Lists as background jobs: ten thousand rows, two nodes, a holder that dies, a name taken meanwhile, a stop.

use vouchsafe::base::{Clock, Timestamp};
use vouchsafe::flows::imports::{self, Options};
use vouchsafe::identity::roster::State;
use vouchsafe::store::imports as rows;

use super::{bringer, counts, patients};
use crate::idp::{TestIdp, on_each_engine};
use crate::installation::each_installation;
use crate::servers::{command, soon};

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_rows_become_ten_thousand_people() {
    on_each_engine(async |idp| {
        let id = idp.brings(&patients(10_000)).await;
        let job = idp.worked_off(&id).await;
        assert_eq!((job.state, job.total, counts(&job)), (State::Done, 10_000, (10_000, 0, 0)));
        assert_eq!(idp.people().await, 10_000);
        let cx = idp.operator();
        assert_eq!(rows::rows_waiting(&cx.store, &id, 10).await.unwrap(), []);
        // The same list again brings nobody.
        let seen =
            imports::preview(&cx, &bringer(&cx).await, patients(10_000).as_bytes(), &Options::default())
                .await
                .unwrap();
        assert_eq!((seen.create, seen.unchanged, seen.conflicts), (0, 10_000, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_person_is_in_the_trail_and_so_is_the_end() {
    on_each_engine(async |idp| {
        let mark = idp.mark().await;
        let id = idp.brings(&(patients(60) + "ext-x;p1;;patient;Twin\r\next-y;new;;nurse;New\r\n")).await;
        assert_eq!(counts(&idp.worked_off(&id).await), (60, 0, 2));
        let events = idp.events_since(mark).await;
        let created: Vec<_> = events.iter().filter(|e| e.kind.as_str() == "account.created").collect();
        assert_eq!((created.len(), events.len()), (60, 63));
        assert_eq!(events.iter().filter(|e| e.kind.as_str() == "import.begun").count(), 1);
        assert!(created.iter().all(|event| event.actor.to_text() == "host:tests"));
        let done = events.iter().find(|e| e.kind.as_str() == "import.done").unwrap();
        let detail = done.detail.as_ref().unwrap();
        assert_eq!(
            (&detail["created"], &detail["failed"], &detail["state"]),
            (&60.into(), &2.into(), &"done".into())
        );
        assert_eq!(done.actor.to_text(), "host:tests");
        let text = format!("{events:?}");
        assert!(
            !text.contains("elsewhere.example") && !text.contains("Person"),
            "no personal data in the trail"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_make_one_person_of_a_row() {
    on_each_engine(async |idp| {
        let other = idp.another().await;
        let mark = idp.mark().await;
        let ids = [idp.brings(&patients(300)).await, idp.brings(&patients(300)).await];
        // Whoever is free takes part, as often as they like.
        let nodes = [&idp, &other, &idp, &other].map(|node| node.operator());
        let works = nodes.iter().map(|cx| async { imports::work(cx, &|| false).await.unwrap() });
        futures_all(works).await;
        let (mut created, mut skipped) = (0, 0);
        for id in &ids {
            let job = idp.worked_off(id).await;
            created += job.created;
            skipped += job.skipped;
            assert_eq!((job.done, job.failed), (300, 0));
        }
        assert_eq!((created, skipped), (300, 300));
        assert_eq!(idp.people().await, 300);
        let counts = idp.counts_since(mark).await;
        assert_eq!((counts["account.created"], counts["import.done"]), (300, 2));
        other.stop().await;
    })
    .await;
}

async fn futures_all(works: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut works: Vec<_> = works.map(Box::pin).collect();
    std::future::poll_fn(|cx| {
        works.retain_mut(|work| work.as_mut().poll(cx).is_pending());
        if works.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_lost_the_list_writes_nothing_more() {
    on_each_engine(async |idp| {
        let cx = idp.operator();
        let (id, _) = imports::stage(&cx, &bringer(&cx).await, patients(5).as_bytes(), &Options::default())
            .await
            .unwrap();
        let claim = |holder: &'static str, now: Timestamp| {
            let input = (id.clone(), (now, now.plus(-30)));
            cx.store.write(input, move |w, (id, times)| Box::pin(rows::claim(w, id, holder, *times)))
        };
        assert_eq!(claim("early", cx.now).await.unwrap(), None, "it was not begun");
        // Begun and claimed in one go, before a node looks.
        let input = (id.clone(), cx.now);
        let claimed = cx.store.write(input, |w, (id, now)| {
            Box::pin(async move {
                rows::advance(w, id, (State::Ready, State::Running), *now).await?;
                rows::claim(w, id, "dead", (*now, now.plus(-30))).await
            })
        });
        assert!(claimed.await.unwrap().is_some());
        assert_eq!(claim("other", cx.now.plus(29)).await.unwrap(), None, "its holder may still live");
        // Its holder is silent; a node takes over.
        idp.advance(120);
        assert_eq!(counts(&idp.worked_off(&id).await), (5, 0, 0));
        let late = cx.store.write((id.clone(), cx.now), |w, (id, now)| {
            Box::pin(rows::count(w, id, "dead", rows::Counts { created: 1, ..Default::default() }, *now))
        });
        assert!(!late.await.unwrap());
        assert_eq!(counts(&idp.import(&id).await), (5, 0, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_whose_command_was_killed_is_worked_off_by_a_server() {
    each_installation(&[], async |place| {
        let idp = TestIdp::start(place.clone()).await;
        let mark = idp.mark().await;
        std::fs::write(place.directory().join("people.csv"), patients(4_000)).unwrap();
        let mut child = command(&place, "import people.csv --apply --quiet", &[]).spawn().unwrap();
        let cx = idp.operator();
        let host = vouchsafe::flows::admin::at_host(&cx);
        let job = async || imports::list(&cx, &host, 1).await.unwrap().pop();
        soon("some are created", async || job().await.is_some_and(|job| job.created > 0)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let killed = job().await.unwrap();
        assert_eq!(killed.state, State::Running);
        assert!(killed.created < 4_000, "{killed:?}");
        // The command's clock is the system's; by the node's it was silent for long when this much is over.
        idp.advance(Clock::System.now().since(idp.now()) + 120);
        let job = idp.worked_off(&killed.id).await;
        assert_eq!(counts(&job), (4_000, 0, 0));
        assert_eq!(idp.people().await, 4_000);
        let counts = idp.counts_since(mark).await;
        assert_eq!((counts["account.created"], counts["import.done"]), (4_000, 1));
        idp.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_taken_meanwhile_fails_its_row_alone() {
    on_each_engine(async |idp| {
        let cx = idp.operator();
        let (id, seen) =
            imports::stage(&cx, &bringer(&cx).await, patients(30).as_bytes(), &Options::default())
                .await
                .unwrap();
        assert_eq!(seen.create, 30);
        idp.person("p7").await;
        let other = idp.brings("external_id,username,role\next-9,somebody,patient\n").await;
        idp.worked_off(&other).await;
        let actor = bringer(&cx).await;
        imports::apply(&idp.operator(), &actor, &id).await.unwrap();
        assert_eq!(counts(&idp.worked_off(&id).await), (28, 1, 1));
        let faults = imports::faults(&idp.operator(), &actor, &id, 100).await.unwrap();
        assert_eq!((faults.len(), faults[0].line), (1, 9));
        assert_eq!(idp.people().await, 30);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_list_ends_and_whoever_was_created_stays() {
    on_each_engine(async |idp| {
        let cx = idp.operator();
        let (id, _) =
            imports::stage(&cx, &bringer(&cx).await, patients(2_000).as_bytes(), &Options::default())
                .await
                .unwrap();
        let mark = idp.mark().await;
        let actor = bringer(&cx).await;
        imports::apply(&cx, &actor, &id).await.unwrap();
        soon("it is under way", async || idp.import(&id).await.created > 0).await;
        assert!(imports::cancel(&idp.operator(), &actor, &id).await.unwrap());
        assert!(!imports::cancel(&idp.operator(), &actor, &id).await.unwrap(), "once");
        let job = idp.worked_off(&id).await;
        assert_eq!(job.state, State::Cancelled);
        assert!(job.created < 2_000);
        assert_eq!(i64::try_from(idp.people().await).unwrap(), job.created);
        imports::work(&idp.operator(), &|| false).await.unwrap();
        assert_eq!(idp.import(&id).await, job, "nobody goes on");
        assert_eq!(idp.counts_since(mark).await["import.done"], 1);
        // Erased like anybody; the same list would bring them again.
        let ids = vouchsafe::store::accounts::list(&cx.store, None, 1).await.unwrap();
        vouchsafe::flows::accounts::erase(&idp.operator(), &ids[0].id).await.unwrap();
        let seen = imports::preview(&idp.operator(), &actor, patients(2_000).as_bytes(), &Options::default())
            .await
            .unwrap();
        assert_eq!(i64::try_from(seen.create).unwrap(), 2_000 - job.created + 1);
    })
    .await;
}
