//! Copies of the trail that take long: how many at once, and what becomes of one when whoever takes it may not any more.

use vouchsafe::audit::{Kind, Outcome};
use vouchsafe::base::OrganisationId;
use vouchsafe::duties::{Action, Duty};
use vouchsafe::flows::admin::{self, AdminActor, Refused};
use vouchsafe::flows::audit::{Copy, Filter, Format, Signed};
use vouchsafe::identity::State;

use super::{Admin, browser_of};
use crate::api::is_problem;
use crate::idp::{TestIdp, on_each_engine};

async fn exporter(idp: &TestIdp, admin: &Admin, at: &OrganisationId) -> AdminActor {
    let cx = idp.operator();
    let who = admin::at_browser(&cx, &browser_of(admin)).await.unwrap();
    admin::authorise(&cx, &who, Action::AuditExport, at).await.unwrap()
}

async fn begins(idp: &TestIdp, actor: &AdminActor) -> Result<Copy, Refused> {
    let copy = Copy::begin(&idp.operator(), actor, Filter::default(), Format::Ndjson).await;
    idp.tick();
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn two_copies_of_an_organisation_run_at_once_and_a_third_waits() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let north = idp.organisation("North", &root).await;
        let ada = idp.admin("ada", &[(Duty::Auditor, &root)]).await;
        let actor = exporter(&idp, &ada, &root).await;
        let one = begins(&idp, &actor).await.unwrap();
        let two = Signed::begin(&idp.operator(), &actor).await.unwrap();
        let machine = idp.machine("admin:audit", &root).await;
        let below = idp.machine("admin:audit", &north).await;
        let mark = idp.mark().await;
        let page = ada.posts("/admin/activity/export", &[("format", "ndjson")]).await;
        assert_eq!(page.status, 429, "{page:?}");
        for format in ["ndjson", "signed"] {
            let refused = machine.gets(&format!("/events/export?format={format}")).await;
            is_problem(&refused, 429, "VS-4290");
            assert_eq!(refused.header("retry-after"), "60");
        }
        let events = idp.events_since(mark).await;
        let told: Vec<_> = events.iter().map(|e| (e.kind, e.outcome, e.reason.as_deref())).collect();
        assert_eq!(told, [(Kind::AuditExported, Outcome::Refused, Some("too_many_copies")); 3]);
        // Another organisation has room of its own, and what ended makes room.
        assert_eq!(below.gets("/events/export").await.status, 200);
        drop(two);
        assert_eq!(machine.gets("/events/export").await.status, 200);
        drop(one);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_ends_with_the_right_of_whoever_takes_it() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        for name in ["duty", "suspended", "ended"] {
            let ada = idp.admin(name, &[(Duty::Auditor, &root)]).await;
            let actor = exporter(&idp, &ada, &root).await;
            let (mut copy, mut whole) =
                (begins(&idp, &actor).await.unwrap(), Signed::begin(&idp.operator(), &actor).await.unwrap());
            idp.tick();
            assert!(whole.next(&idp.operator()).await.unwrap().is_some());
            match name {
                "duty" => ada.loses_duties().await,
                "suspended" => idp.set_account(&ada.person.account, State::Disabled).await,
                _ => idp.end_sessions(&ada.person.account).await,
            }
            idp.tick();
            let mark = idp.mark().await;
            assert!(matches!(copy.next(&idp.operator()).await, Err(Refused::Forbidden)), "{name}");
            assert!(matches!(whole.next(&idp.operator()).await, Err(Refused::Forbidden)), "{name}");
            let events = idp.events_since(mark).await;
            assert_eq!(events.len(), 2, "{events:?}");
            for event in &events {
                assert_eq!((event.kind, event.outcome), (Kind::AuditExported, Outcome::Refused));
                assert_eq!(event.reason.as_deref(), Some("reader_lost_right"));
                assert_eq!(event.actor.to_text(), format!("account:{}", ada.person.account));
            }
        }
    })
    .await;
}
