//! Apps that ask for people whom nobody knows, or who cannot be asked: the app is told the same, and the trail says what became of
//! it where only those look who look after everything.

use serde_json::{Value, json};
use vouchsafe::audit::{Event, Kind};
use vouchsafe::base::{ClientId, EventId, OrganisationId};
use vouchsafe::duties::Duty;
use vouchsafe::identity::State;

use super::{asking, begins, mails, polls};
use crate::actors::Answer;
use crate::idp::{TestIdp, on_each_engine};

/// What the app is told, without what differs each time.
fn told(answer: &Answer) -> (u16, Vec<String>, Value) {
    let mut body = answer.json();
    let id = body["auth_req_id"].take();
    body["auth_req_id"] = json!(id.as_str().unwrap().len());
    let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
    names.sort();
    (answer.status, names, body)
}

/// What an event says, without its name, its hour and its request.
fn said(event: &Event) -> Event {
    Event { id: EventId::from_text("an event"), at: crate::stacks::NOW, request: None, ..event.clone() }
}

/// How many rows say a word anywhere in the clear.
async fn rows_with(idp: &TestIdp, word: &str) -> i64 {
    let mut found = 0;
    for (table, columns) in [
        ("events", ["actor", "account", "client", "session", "request", "reason", "detail"].as_slice()),
        ("ciba_requests", &["account", "client", "failure"]),
    ] {
        for column in columns {
            let query = format!("SELECT count(*) FROM {table} WHERE CAST({column} AS TEXT) LIKE '%{word}%'");
            found += idp.place.count(&query).await;
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_cannot_be_asked_is_nobody_to_the_app_and_to_every_clinic() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let north = idp.organisation("North", &root).await;
        let (rp, theirs) = (asking(&idp).basic().await, asking(&idp).basic().await);
        idp.moves_app(&theirs.id, &north).await;
        let (nora, nils) = (idp.person("nora-visible").await, idp.person("nils-suspended").await);
        for person in [&nora, &nils] {
            idp.moves(person, &north).await;
        }
        idp.set_account(&nils.account, State::Disabled).await;
        let clinic = idp.admin("ada", &[(Duty::Auditor, &north)]).await;
        let whole = idp.admin("arthur", &[(Duty::Auditor, &root)]).await;

        for rp in [&rp, &theirs] {
            let mark = idp.mark().await;
            let mut answers = Vec::new();
            for name in ["nora-visible", "nils-suspended", "zelda-unheard-of"] {
                answers.push(begins(rp, &[("login_hint", name), ("requested_expiry", "60")]).await);
                idp.tick();
            }
            let shown: Vec<_> = answers.iter().map(told).collect();
            assert!(shown.iter().all(|one| *one == shown[0] && one.0 == 200), "{shown:?}");
            let events = idp.events_since(mark).await;
            let [asked, suspended, nobody] = events.as_slice() else { unreachable!("{events:?}") };
            let app = Some(ClientId::from_text(&*rp.id));
            assert!(events.iter().all(|event| event.kind == Kind::SignInAsked && event.client == app));
            assert_eq!(
                (&asked.account, &asked.organisation, &asked.reason),
                (&Some(nora.account.clone()), &north, &None)
            );
            // Of the other two the trail says the same, whichever clinic the app is of.
            assert_eq!(said(suspended), said(nobody));
            assert_eq!(
                (&nobody.account, &nobody.organisation, nobody.reason.as_deref()),
                (&None, &root, Some("nobody_to_ask"))
            );
            assert_eq!((&nobody.detail, &nobody.sealed), (&None, &None));
            let path = |event: &Event| format!("/admin/activity/{}", event.id);
            assert_eq!(clinic.get(&path(asked)).await.status, 200);
            for event in [suspended, nobody] {
                assert_eq!(clinic.get(&path(event)).await.status, 404, "nothing that is the clinic's");
                let page = whole.get(&path(event)).await;
                assert_eq!(page.status, 200, "{page:?}");
                assert!(page.body.contains("nobody_to_ask") && !page.body.contains("zelda"), "{}", page.body);
                assert!(!page.body.contains("nils") && !page.body.contains(nils.account.as_str()));
            }

            // Nor does what comes after tell one from the other.
            for answer in &answers {
                polls(rp, &answer.member("auth_req_id")).await.is_refused("authorization_pending");
            }
            idp.advance(61);
            for answer in &answers {
                polls(rp, &answer.member("auth_req_id")).await.is_refused("expired_token");
            }
        }
        for word in ["zelda", "nils-suspended"] {
            assert_eq!(rows_with(&idp, word).await, 0, "{word}");
        }
        let kept = "SELECT count(*) FROM ciba_requests WHERE account IS NULL";
        assert_eq!(idp.place.count(kept).await, 4, "kept for nobody");
        let written: Vec<_> = mails(&idp).await.into_iter().map(|(to, _)| to).collect();
        assert!(
            written.iter().all(|to| to.starts_with("nora-visible@")) && written.len() == 2,
            "{written:?}"
        );
    })
    .await;
}
