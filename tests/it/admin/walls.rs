//! What one administrator alone does not get: another's stop undone, two people's decision taken alone, names from beyond
//! their part of the tree.

use serde_json::json;
use vouchsafe::audit::Outcome;
use vouchsafe::base::{OrganisationId, Role};
use vouchsafe::clients::Stage;
use vouchsafe::duties::{Action, Duty, Reason};
use vouchsafe::flows::admin::organisations;
use vouchsafe::flows::policies::{self, Approval};
use vouchsafe::flows::{accounts, admin, clients};
use vouchsafe::identity::State;
use vouchsafe::policy::rules::Rules;

use super::{Admin, refusal};
use crate::actors::Person;
use crate::idp::{TestIdp, on_each_engine};

const WISH: [(&str, &str); 4] = [
    ("kind-totp", "yes"),
    ("checked", "document_in_person"),
    ("handing", "mail"),
    ("reason", "lost her phone, seen with her passport"),
];
const WHY: [(&str, &str); 1] = [("reason", "as the tests want it")];

async fn state(idp: &TestIdp, person: &Person) -> State {
    accounts::find(&idp.operator(), person.account.as_str()).await.unwrap().unwrap().state
}

fn page_of(person: &Person, rest: &str) -> String {
    format!("/admin/people/{}/{rest}", person.account)
}

/// Asks for a reset, and answers where the request stands.
async fn asks(admin: &Admin, on: &Person) -> String {
    let asked = admin.posts(&page_of(on, "reset"), &WISH).await;
    assert_eq!(asked.status, 303, "{asked:?}");
    url::Url::parse(&asked.location().unwrap()).unwrap().path().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_and_may_ask_no_more_is_no_first_person() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        for (name, leaves_by) in [("rita", "duty"), ("rolf", "suspension")] {
            let asker = idp.admin(name, &[(Duty::HelpDesk, &root)]).await;
            let rose = idp.person(&format!("rose-{leaves_by}")).await;
            let at = asks(&asker, &rose).await;
            match leaves_by {
                "duty" => {
                    let held = admin::duties::of(&idp.operator(), &asker.person.account).await.unwrap();
                    let cx = idp.operator();
                    let who = admin::at_host(&cx);
                    let actor = admin::authorise(&cx, &who, Action::DutyRevoke, &root).await.unwrap();
                    admin::duties::revoke(&cx, &actor, &held[0], &super::reason()).await.unwrap();
                }
                _ => idp.set_account(&asker.person.account, State::Disabled).await,
            }
            idp.tick();
            let mark = idp.mark().await;
            let answer = stella.posts(&format!("{at}/decide"), &[("decision", "approve")]).await;
            assert_eq!(answer.status, 403, "{leaves_by}: {answer:?}");
            let events = idp.events_since(mark).await;
            assert_eq!(events.len(), 1, "{events:?}");
            assert_eq!(
                (events[0].kind.as_str(), events[0].reason.as_deref(), events[0].outcome),
                ("approval.refused", Some("requester_left"), Outcome::Refused)
            );
            rose_is_as_before(&idp, &rose).await;
        }
    })
    .await;
}

async fn rose_is_as_before(idp: &TestIdp, rose: &Person) {
    let ways = vouchsafe::flows::account::ways(&idp.operator(), &rose.account).await.unwrap();
    assert_eq!(ways.len(), 2, "{ways:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_suspended_behind_a_fresh_proof_alone() {
    on_each_engine(async |idp| {
        let rita = idp.admin("rita", &[(Duty::RegistrationOfficer, &OrganisationId::root())]).await;
        let rose = idp.person("rose").await;
        idp.advance(301);
        for deed in ["suspend", "enable"] {
            let mark = idp.mark().await;
            let answer = rita.posts(&page_of(&rose, deed), &WHY).await;
            assert_eq!(answer.status, 303, "{answer:?}");
            assert!(answer.location().unwrap().contains("/i/"), "a sign-in comes first: {answer:?}");
            assert_eq!(state(&idp, &rose).await, State::Active);
            assert!(idp.kinds_since(mark).await.is_empty());
        }
        let rita = rita.again().await;
        assert_eq!(rita.posts(&page_of(&rose, "suspend"), &WHY).await.status, 303);
        assert_eq!(state(&idp, &rose).await, State::Disabled);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_ends_what_somebody_above_them_has_open() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let hugo = idp.admin("hugo", &[(Duty::HelpDesk, &root)]).await;
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let mark = idp.mark().await;
        let answer = hugo.posts(&page_of(&stella.person, "end-sessions"), &[]).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        assert_eq!(refusal(&idp, mark).await.0, "above_own_level");
        assert_eq!(idp.kinds_since(mark).await, ["admin.refused"]);
        assert_eq!(stella.get("/admin/").await.status, 200, "she is still signed in");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_people_take_back_one_alone_does_not_void_by_a_suspension() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let olga = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let otto = idp.admin("otto", &[(Duty::Owner, &root)]).await;
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let sven = idp.admin("sven", &[(Duty::SecurityOfficer, &root)]).await;
        let auditor = idp.admin("anna", &[(Duty::Auditor, &root)]).await;
        for (who, on) in [(&olga, &otto), (&stella, &sven)] {
            let mark = idp.mark().await;
            let answer = who.posts(&page_of(&on.person, "suspend"), &WHY).await;
            assert_eq!(answer.status, 403, "{answer:?}");
            assert!(answer.body.contains("two people have to take back"), "{}", answer.body);
            assert_eq!(refusal(&idp, mark).await.0, "second_person");
            assert_eq!(idp.kinds_since(mark).await, ["admin.refused"]);
            assert_eq!(state(&idp, &on.person).await, State::Active);
            assert_eq!(on.get("/admin/").await.status, 200);
        }
        // Whoever stands below is stopped at once, and so is what anybody has open.
        for on in [&stella, &auditor] {
            assert_eq!(olga.posts(&page_of(&on.person, "suspend"), &WHY).await.status, 303);
            assert_eq!(state(&idp, &on.person).await, State::Disabled);
        }
        assert_eq!(olga.posts(&page_of(&otto.person, "end-sessions"), &[]).await.status, 303);
        idp.advance(1);
        assert_eq!(otto.get("/admin/").await.status, 303, "signed out");
        // Once the duty is gone, its former holder is as anybody else.
        let held = admin::duties::of(&idp.operator(), &otto.person.account).await.unwrap();
        let cx = idp.operator();
        let actor = admin::authorise(&cx, &admin::at_host(&cx), Action::DutyRevoke, &root).await.unwrap();
        admin::duties::revoke(&cx, &actor, &held[0], &super::reason()).await.unwrap();
        assert_eq!(olga.posts(&page_of(&otto.person, "suspend"), &WHY).await.status, 303);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_tell_no_names_from_beyond_the_own_part_of_the_tree() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let mut ids = Vec::new();
        for (name, place) in [("Northern app", &north), ("Southern app", &south)] {
            let document = json!({ "client_name": name, "redirect_uris": ["https://a.example/"] });
            let made =
                clients::register(&idp.operator(), &document, place.clone(), Stage::Live).await.unwrap();
            ids.push(made["client_id"].as_str().unwrap().to_owned());
        }
        let mut rules = serde_json::to_value(Rules::default()).unwrap();
        rules["apps"] = json!([{ "app": ids[0], "max_age": 300 }, { "app": ids[1], "max_age": 300 }]);
        let cx = idp.operator();
        let actor = admin::authorise(&cx, &admin::at_host(&cx), Action::PolicyChange, &root).await.unwrap();
        let why = Reason::parse("for a test").unwrap();
        policies::change(&cx, &actor, 0, &rules.to_string(), &why, Approval::Second).await.unwrap();
        idp.advance(1);
        let sue = idp.person_as("sue", Role::Patient, true, json!({ "name": "Susan Southern" })).await;
        idp.moves(&sue, &south).await;
        let nina = idp.person_as("nina", Role::Patient, true, json!({ "name": "Nina Northern" })).await;
        idp.moves(&nina, &north).await;

        let nora = idp.admin("nora", &[(Duty::Auditor, &north)]).await;
        let page = nora.get("/admin/policies").await;
        assert_eq!(page.status, 200);
        for name in ["Northern app", "Southern app", "for a test"] {
            assert!(!page.body.contains(name), "the installation's own: {}", page.body);
        }
        let anna = idp.admin("anna", &[(Duty::Auditor, &root)]).await;
        let whole = anna.get("/admin/policies").await;
        assert!(whole.body.contains("Northern app") && whole.body.contains("Southern app"), "{}", whole.body);
        let simulate = async |person: &str, app: &str| {
            nora.get(&format!("/admin/policies/simulate?person={person}&app={app}")).await
        };
        let own = simulate("nina", &ids[0]).await;
        assert!(own.status == 200 && own.body.contains("Nina Northern"), "{}", own.body);
        for (person, app) in [("sue", ids[0].as_str()), ("nina", ids[1].as_str()), (sue.account.as_str(), "")]
        {
            let foreign = simulate(person, app).await;
            let (nobody, nothing) = (person != "nina", person == "nina");
            let unknown =
                simulate(if nobody { "nosuch" } else { "nina" }, if nothing { "no-such" } else { "" }).await;
            assert_eq!((foreign.status, unknown.status), (400, 400), "{person} {app}");
            for name in ["Susan Southern", "Southern app"] {
                assert!(!foreign.body.contains(name), "{person} {app}: {}", foreign.body);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_of_more_organisations_than_one_page_of_them_is_seen_whole() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let first = idp.organisation("First", &root).await;
        let path = organisations_path(&idp, &first).await;
        let like = |n: usize| path.replace(first.as_str(), &format!("n{n:05}"));
        let rows: Vec<_> =
            (0..2_100).map(|n| format!("('n{n:05}', 'root', '{}', 'Clinic {n}', 0, 0)", like(n))).collect();
        for some in rows.chunks(500) {
            let insert = "INSERT INTO organisations (id, parent, path, name, created_at, updated_at) VALUES ";
            idp.place.sql(&format!("{insert}{}", some.join(", "))).await;
        }
        let cx = idp.operator();
        let seen = organisations::visible(&cx, &admin::at_host(&cx), Action::OrganisationRead).await.unwrap();
        assert_eq!(seen.len(), 2_102);
        let mut paths: Vec<_> = seen.iter().map(|one| one.path.as_str().to_owned()).collect();
        paths.dedup();
        assert_eq!(paths.len(), 2_102, "each once");
        assert!(seen.iter().any(|one| one.name == "Clinic 2099") && seen.iter().any(|one| one.id == first));
    })
    .await;
}

async fn organisations_path(idp: &TestIdp, id: &OrganisationId) -> String {
    let found = vouchsafe::store::organisations::find(&idp.app.services.store, id).await.unwrap();
    found.unwrap().path.as_str().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_duty_and_asks_again_and_again_fills_no_trail() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let mut browsers = Vec::new();
        for name in ["rose", "rolf"] {
            let (person, browser) = (idp.person(name).await, idp.browser());
            rp.signs_in(&person, &browser).await;
            browsers.push((person, browser));
        }
        let mark = idp.mark().await;
        for _ in 0..10 {
            for (_, browser) in &browsers {
                for path in ["/admin/", "/admin/people"] {
                    assert_eq!(browser.get(&idp.at(path)).await.status, 403);
                }
            }
        }
        let events = idp.events_since(mark).await;
        let told: Vec<_> = events.iter().filter(|e| e.reason.as_deref() == Some("no_duty")).collect();
        assert_eq!(told.len(), 2, "each once: {events:?}");
        for (person, _) in &browsers {
            let actor = format!("account:{}", person.account);
            assert!(told.iter().any(|event| event.actor.to_text() == actor), "{events:?}");
        }
        assert!(events.len() <= 4, "and the rest counted: {events:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_and_turning_letters_are_in_no_reason_and_no_name_of_an_organisation() {
    on_each_engine(async |idp| {
        let olga = idp.admin("olga", &[(Duty::Owner, &OrganisationId::root())]).await;
        let rose = idp.person("rose").await;
        let mark = idp.mark().await;
        for bad in ["lost \u{202e}enohp", "lost\u{200b}phone", "lost \u{2066}phone", "lost\u{7}phone"] {
            let answer = olga.posts(&page_of(&rose, "suspend"), &[("reason", bad)]).await;
            assert_eq!(answer.status, 400, "{bad:?}: {answer:?}");
            let made = olga.posts("/admin/organisations", &[("name", bad), ("parent", "root")]).await;
            assert_eq!(made.status, 400, "{bad:?}: {made:?}");
        }
        assert!(idp.kinds_since(mark).await.is_empty());
        assert_eq!(state(&idp, &rose).await, State::Active);
        let two_lines = [("reason", "lost her phone,\r\nسُئلت بالاسم")];
        assert_eq!(olga.posts(&page_of(&rose, "suspend"), &two_lines).await.status, 303);
    })
    .await;
}
