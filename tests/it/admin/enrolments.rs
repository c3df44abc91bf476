//! The stages people go through, the counts kept of them, and the lists that find people at every size.

use serde_json::json;
use tokio::task::JoinSet;
use vouchsafe::base::{OrganisationId, Role};
use vouchsafe::duties::{Duty, Path};
use vouchsafe::factors::FactorKind;
use vouchsafe::flows::accounts;
use vouchsafe::flows::admin::enrolments;
use vouchsafe::identity::State;
use vouchsafe::store::enrolments as rows;

use super::Admin;
use crate::actors::Person;
use crate::authenticator::Authenticator;
use crate::idp::{TestIdp, on_each_engine};

/// Every cell with somebody in it: role, state, stage, strongest, how many.
async fn cells(idp: &TestIdp, place: &Path) -> Vec<String> {
    let counts = rows::counts(&idp.app.services.store, place).await.unwrap();
    let mut cells: Vec<_> = counts
        .iter()
        .filter(|(_, people)| *people != 0)
        .map(|(c, n)| format!("{} {} {} {} {n}", c.role, c.state, c.stage, c.strongest))
        .collect();
    cells.sort();
    cells
}

async fn stage(idp: &TestIdp, person: &Person) -> &'static str {
    let progress = rows::progress(&idp.app.services.store, &person.account).await.unwrap();
    progress.unwrap().stage.as_str()
}

async fn indexed(idp: &TestIdp) {
    while enrolments::index_some(&idp.operator(), 500).await.unwrap() > 0 {}
}

/// The names in a list, in their order.
fn names(body: &str) -> Vec<String> {
    body.split("<th scope=\"row\"><a")
        .skip(1)
        .map(|row| row.split("<bdi>").nth(1).unwrap().split('<').next().unwrap().to_owned())
        .collect()
}

async fn listed(admin: &Admin, query: &str) -> Vec<String> {
    let page = admin.get(&format!("/admin/people?{query}")).await;
    assert_eq!(page.status, 200, "{query}: {page:?}");
    names(&page.body)
}

#[tokio::test]
async fn a_stage_is_kept_with_every_change_that_moves_it_and_so_are_the_counts() {
    on_each_engine(async |idp| {
        let root = Path::root();
        let amara = idp.person_as("amara", Role::Clinician, false, json!({})).await;
        assert_eq!(cells(&idp, &root).await, ["clinician active activated password 1"]);
        let (rp, browser, key) = (idp.rp().public().await, idp.browser(), Authenticator::new(&idp));
        let page = browser.open(&rp.ask().url()).await;
        let page = browser.submit(&page, "sign-in-submit", &[("username", "amara")]).await;
        let page = browser.submit(&page, "sign-in-submit", &[("password", &amara.password)]).await;
        let page = browser.submit(&page, "enrol-passkey", &[]).await;
        browser.binds(&page, &key).await;
        assert_eq!(stage(&idp, &amara).await, "ready");
        assert_eq!(cells(&idp, &root).await, ["clinician active ready passkey 1"]);
        let progress = rows::progress(&idp.app.services.store, &amara.account).await.unwrap().unwrap();
        assert!(progress.reached.iter().all(Option::is_some));
        assert!(progress.reached[0] < progress.reached[1], "activated before there was a factor");

        let rose = idp.person("rose").await;
        assert_eq!(stage(&idp, &rose).await, "factor");
        idp.set_account(&rose.account, State::Disabled).await;
        let north = idp.organisation("North", &OrganisationId::root()).await;
        idp.moves(&amara, &north).await;
        let below = root.below(&north).unwrap();
        assert_eq!(cells(&idp, &below).await, ["clinician active ready passkey 1"]);
        assert_eq!(
            cells(&idp, &root).await,
            ["clinician active ready passkey 1", "patient disabled factor code_app 1"]
        );
        let ways = vouchsafe::flows::account::ways(&idp.operator(), &amara.account).await.unwrap();
        let codes = ways.iter().find(|way| way.kind == FactorKind::RecoveryCodes).unwrap();
        accounts::remove_factor(&idp.operator(), &amara.account, &codes.id).await.unwrap();
        assert_eq!(stage(&idp, &amara).await, "factor");
        for person in [&amara, &rose] {
            accounts::erase(&idp.operator(), &person.account).await.unwrap();
        }
        assert!(cells(&idp, &root).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counts_are_right_when_many_change_at_once_on_two_nodes() {
    on_each_engine(async |idp| {
        let nodes = [idp.clone(), idp.another().await];
        let mut people = Vec::new();
        for i in 0..8 {
            people.push(idp.person(&format!("person-{i}")).await.account);
        }
        let mut racers = JoinSet::new();
        for i in 0..64 {
            let (node, account) = (nodes[i % 2].clone(), people[i % 8].clone());
            let state = if i % 3 == 0 { State::Active } else { State::Disabled };
            racers
                .spawn(async move { accounts::set_state(&node.operator(), &account, state).await.unwrap() });
        }
        racers.join_all().await;
        for account in &people {
            accounts::set_state(&idp.operator(), account, State::Disabled).await.unwrap();
        }
        assert_eq!(cells(&idp, &Path::root()).await, ["patient disabled factor code_app 8"]);
        nodes[1].stop().await;
    })
    .await;
}

#[tokio::test]
async fn people_are_found_by_words_and_beginnings_of_their_names_and_by_nothing_else() {
    on_each_engine(async |idp| {
        let admin = idp.admin("olga", &[(Duty::HelpDesk, &OrganisationId::root())]).await;
        for (username, name) in
            [("zoe", "Zoë Müller-Lüdenscheidt"), ("rose", "Rose Adams"), ("ros", "Rosalind Adamson")]
        {
            idp.person_as(username, Role::Patient, true, json!({ "name": name })).await;
        }
        indexed(&idp).await;
        for (query, found) in [
            ("q=rose", vec!["Rose Adams"]),
            ("q=ROS", vec!["Rosalind Adamson", "Rose Adams"]),
            ("q=adams", vec!["Rosalind Adamson", "Rose Adams"]),
            ("q=adamson", vec!["Rosalind Adamson"]),
            ("q=adams+rose", vec!["Rose Adams"]),
            ("q=mul+zo%C3%AB", vec!["Zoë Müller-Lüdenscheidt"]),
            ("q=ludenscheidt", vec!["Zoë Müller-Lüdenscheidt"]),
            ("q=ludenschei", vec![]),
            ("q=nobody", vec![]),
            ("q=riverside.example", vec![]),
            ("q=%27%22%3Cscript%3E", vec![]),
            ("q=ros&role=clinician", vec![]),
            ("q=ros&stage=factor&state=active&strongest=code_app", vec!["Rosalind Adamson", "Rose Adams"]),
        ] {
            assert_eq!(listed(&admin, query).await, found, "{query}");
        }
        let short = admin.get("/admin/people?q=---").await;
        assert!(short.body.contains("Type at least three letters."));
    })
    .await;
}

#[tokio::test]
async fn lists_are_narrowed_by_filters_and_turned_page_by_page() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let admin = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let local = idp.admin("nils", &[(Duty::RegistrationOfficer, &north)]).await;
        for i in 0..53 {
            let totp = i % 2 == 0;
            let name = json!({ "name": format!("Patient {i:02}") });
            let person = idp.person_as(&format!("patient-{i:02}"), Role::Patient, totp, name).await;
            idp.moves(&person, if i < 3 { &north } else { &south }).await;
        }
        let page = admin.get("/admin/people?role=patient").await;
        assert!(page.body.contains("53 people"), "{}", page.body);
        let first = names(&page.body);
        assert_eq!((first.len(), first[0].as_str()), (50, "Patient 52"));
        let next = page.body.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
        let page = admin.get(&next.replace("&#38;", "&").replace("&amp;", "&")).await;
        assert_eq!(names(&page.body), ["Patient 02", "Patient 01", "Patient 00"]);
        assert!(!page.body.contains("rel=\"next\"") && page.body.contains("First page"));

        let at_north = format!("organisation={north}");
        assert_eq!(listed(&admin, &at_north).await, ["Patient 02", "Patient 01", "Patient 00"]);
        assert_eq!(listed(&admin, &format!("{at_north}&stage=factor")).await, ["Patient 02", "Patient 00"]);
        assert_eq!(listed(&admin, "stage=ready").await.len(), 2);
        assert_eq!(listed(&admin, "strongest=password&role=patient").await.len(), 26);
        assert_eq!(listed(&admin, "state=disabled").await, Vec::<String>::new());
        assert_eq!(listed(&admin, "stage=nonsense&role=&before=x").await.len(), 50);

        // Somebody of the north sees the north alone, with or without filters and words.
        indexed(&idp).await;
        assert_eq!(listed(&local, "").await, ["Patient 02", "Patient 01", "Patient 00"]);
        assert_eq!(listed(&local, "q=patient").await, ["Patient 02", "Patient 01", "Patient 00"]);
        assert_eq!(listed(&local, "role=patient&strongest=password").await, ["Patient 01"]);
        assert_eq!(listed(&local, "q=olga").await, Vec::<String>::new());
        assert_eq!(local.get(&format!("/admin/people?organisation={south}")).await.status, 404);
        let overview = local.get("/admin/").await;
        assert!(overview.body.contains("Of 3 people, 3 activated their account, 2 have a second factor"));
    })
    .await;
}
