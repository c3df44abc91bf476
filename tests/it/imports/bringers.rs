//! Whoever brings a list: what they may answer for, what they learn of others, and that a list ends with what they may do.

use serde_json::json;
use vouchsafe::audit::{Kind, Outcome};
use vouchsafe::base::{ImportId, OrganisationId};
use vouchsafe::clients::ClientState;
use vouchsafe::duties::{Action, Duty};
use vouchsafe::flows::admin::{self, AdminActor, Who};
use vouchsafe::flows::imports::{self, Options, Refused};
use vouchsafe::flows::{accounts, clients, notify};
use vouchsafe::identity::State as Account;
use vouchsafe::identity::roster::{Column, State};
use vouchsafe::notifications::Notice;

use super::{bringer, patients};
use crate::admin::{Admin, browser_of, refusal};
use crate::api::{ALL, Machine, is_problem};
use crate::idp::{TestIdp, on_each_engine};
use crate::servers::soon;

const HASH: &str = "$2b$05$ZrEZy.HJdkdniD6axHlLcOa43mt6THAwN3wg/J7uQLvF8/xpIk9FG";
const KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn carrying() -> String {
    format!(
        "username,email,email_verified,role,password_hash,totp_secret\n\
         ann,ann@elsewhere.example,no,patient,,\n\
         ben,ben@elsewhere.example,yes,patient,,\n\
         cat,cat@elsewhere.example,no,patient,{HASH},\n\
         dan,dan@elsewhere.example,no,patient,,{KEY}\n"
    )
}

async fn at(idp: &TestIdp, who: &Who, place: &OrganisationId) -> AdminActor {
    admin::authorise(&idp.operator(), who, Action::ImportRun, place).await.unwrap()
}

async fn person(idp: &TestIdp, admin: &Admin, place: &OrganisationId) -> AdminActor {
    let who = admin::at_browser(&idp.operator(), &browser_of(admin)).await.unwrap();
    at(idp, &who, place).await
}

async fn machine(idp: &TestIdp, machine: &Machine, place: &OrganisationId) -> AdminActor {
    let who = admin::by_token(&idp.operator(), &machine.token).await.unwrap();
    at(idp, &who, place).await
}

async fn stages(idp: &TestIdp, actor: &AdminActor, list: &str) -> ImportId {
    let staged = imports::stage(&idp.operator(), actor, list.as_bytes(), &Options::default()).await;
    idp.tick();
    staged.unwrap().0
}

async fn looks(idp: &TestIdp, actor: &AdminActor, list: &str) -> Result<imports::Preview, Refused> {
    let seen = imports::preview(&idp.operator(), actor, list.as_bytes(), &Options::default()).await;
    idp.tick();
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn proved_addresses_and_ready_made_ways_in_are_an_owners_or_a_machines_with_the_scope_for_it() {
    on_each_engine(async |idp| {
        let north = idp.organisation("North", &OrganisationId::root()).await;
        let officer = idp.admin("rita", &[(Duty::RegistrationOfficer, &north)]).await;
        let owner = idp.admin("olga", &[(Duty::Owner, &north)]).await;
        let plain = idp.machine("admin:accounts", &north).await;
        let strong = idp.machine("admin:accounts admin:import", &north).await;
        for actor in [person(&idp, &officer, &north).await, machine(&idp, &plain, &north).await] {
            let id = stages(&idp, &actor, &carrying()).await;
            let faults = imports::faults(&idp.operator(), &actor, &id, 100).await.unwrap();
            let told: Vec<_> =
                faults.iter().map(|one| (one.line, one.column.unwrap(), one.what.as_str())).collect();
            let above = "above your own level";
            let wanted = [
                (3, Column::EmailVerified, above),
                (4, Column::PasswordHash, above),
                (5, Column::TotpSecret, above),
            ];
            assert_eq!(told, wanted);
            assert!(imports::cancel(&idp.operator(), &actor, &id).await.unwrap());
        }
        let strong_actor = machine(&idp, &strong, &north).await;
        assert_eq!(looks(&idp, &strong_actor, &carrying()).await.unwrap().create, 4);
        let mark = idp.mark().await;
        let actor = person(&idp, &owner, &north).await;
        let id = stages(&idp, &actor, &carrying()).await;
        imports::apply(&idp.operator(), &actor, &id).await.unwrap();
        soon("it is done", async || {
            imports::status(&idp.operator(), &actor, &id).await.unwrap().state == State::Done
        })
        .await;
        let events = idp.events_since(mark).await;
        let begun = events.iter().find(|event| event.kind == Kind::ImportBegun).unwrap();
        let carries = json!({ "email_verified": 1, "password_hash": 1, "totp_secret": 1 });
        assert_eq!(begun.detail.as_ref().unwrap()["carries"], carries);
        let mut carried: Vec<_> = events
            .iter()
            .filter(|event| event.kind == Kind::AccountCreated)
            .map(|event| event.detail.as_ref().unwrap()["carries"].to_string())
            .collect();
        carried.sort();
        assert_eq!(carried, [r#"["email_verified"]"#, r#"["password_hash"]"#, r#"["totp_secret"]"#, "[]"]);
        // Who can sign in at once, by what they did not choose here, is told; and may say that it was not them.
        let mails = notify::newest(&idp.operator(), 50).await.unwrap();
        let mut told: Vec<_> =
            mails.iter().filter(|(_, mail)| mail.notice == Notice::Activated).map(|(_, mail)| mail).collect();
        told.sort_by_key(|mail| mail.to.clone());
        assert_eq!(told.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), {
            ["cat@elsewhere.example", "dan@elsewhere.example"]
        });
        assert!(told.iter().all(|mail| mail.not_me.is_some()), "{told:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_claims_of_nobody_that_a_number_was_proved_but_with_the_scope_for_it() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let new = |email: &str, verified: bool| {
            json!({ "email": email, "role": "patient",
                "claims": { "phone_number": "+44 20 7946 0123", "phone_number_verified": verified } })
        };
        let plain = idp.machine("admin:read admin:accounts", &root).await;
        let mark = idp.mark().await;
        is_problem(&plain.posts("/people", &new("rose@example.org", true)).await, 400, "VS-4000");
        assert_eq!(refusal(&idp, mark).await.0, "above_own_level");
        assert_eq!(idp.kinds_since(mark).await, ["admin.refused"]);
        assert_eq!(idp.people().await, 0);
        assert_eq!(plain.posts("/people", &new("rose@example.org", false)).await.status, 201);
        let strong = idp.machine(ALL, &root).await;
        let mark = idp.mark().await;
        assert_eq!(strong.posts("/people", &new("ben@example.org", true)).await.status, 201);
        let events = idp.events_since(mark).await;
        let created = events.iter().find(|event| event.kind == Kind::AccountCreated).unwrap();
        assert_eq!(created.detail.as_ref().unwrap()["carries"], json!(["phone_number_verified"]));
    })
    .await;
}

/// How a list ends that nobody may bring any more: nobody comes by it, and what waited is gone.
async fn stopped(
    idp: &TestIdp,
    id: &ImportId,
    (place, why): (&OrganisationId, &str),
    mark: vouchsafe::base::Timestamp,
) {
    let cx = idp.operator();
    let job = async || vouchsafe::store::imports::find(&cx.store, id).await.unwrap().unwrap();
    soon("it is over", async || job().await.state.is_over()).await;
    let job = job().await;
    assert_eq!(job.state, State::Stopped, "{why}");
    assert_eq!(vouchsafe::store::imports::rows_waiting(&cx.store, id, 10).await.unwrap(), [], "{why}");
    let events = idp.events_since(mark).await;
    let event = events.iter().find(|event| event.kind == Kind::ImportStopped).unwrap();
    assert_eq!((event.outcome, event.reason.as_deref()), (Outcome::Refused, Some(why)));
    assert_eq!((&event.organisation, event.actor.to_text().as_str()), (place, "system"));
    let detail = event.detail.as_ref().unwrap();
    assert_eq!((&detail["import"], &detail["created"]), (&json!(id), &json!(job.created)));
    assert!(!events.iter().any(|event| event.kind == Kind::ImportDone), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_does_not_go_on_without_whoever_brought_it() {
    on_each_engine(async |idp| {
        let north = idp.organisation("North", &OrganisationId::root()).await;
        let owner = idp.admin("olga", &[(Duty::Owner, &north)]).await;
        let owner = person(&idp, &owner, &north).await;
        for (name, why) in [
            ("duty", "bringer_lost_duty"),
            ("suspended", "bringer_suspended"),
            ("ended", "bringer_ended"),
            ("erased", "bringer_suspended"),
        ] {
            let officer = idp.admin(name, &[(Duty::RegistrationOfficer, &north)]).await;
            let actor = person(&idp, &officer, &north).await;
            let id = stages(&idp, &actor, &patients(3)).await;
            match name {
                "duty" => officer.loses_duties().await,
                "suspended" => idp.set_account(&officer.person.account, Account::Disabled).await,
                "ended" => idp.end_sessions(&officer.person.account).await,
                _ => {
                    officer.loses_duties().await;
                    accounts::erase(&idp.operator(), &officer.person.account).await.unwrap();
                }
            }
            let mark = idp.mark().await;
            let before = idp.people().await;
            imports::apply(&idp.operator(), &owner, &id).await.unwrap();
            stopped(&idp, &id, (&north, why), mark).await;
            assert_eq!(idp.people().await, before, "{why}");
        }
        for (name, why) in [("scope", "bringer_lost_duty"), ("client", "bringer_suspended")] {
            let client = idp.machine("admin:accounts admin:read", &north).await;
            let actor = machine(&idp, &client, &north).await;
            let id = stages(&idp, &actor, &patients(3)).await;
            if name == "scope" {
                let document = json!({ "grant_types": ["client_credentials"], "redirect_uris": [],
                    "scope": "admin:read", "token_endpoint_auth_method": "client_secret_basic" });
                let all = clients::settings::Within::All;
                clients::settings::change(&idp.operator(), &all, &client.id, &document).await.unwrap();
            } else {
                clients::set_state(&idp.operator(), &client.id, ClientState::Disabled).await.unwrap();
            }
            idp.advance(1);
            let mark = idp.mark().await;
            let before = idp.people().await;
            imports::apply(&idp.operator(), &owner, &id).await.unwrap();
            stopped(&idp, &id, (&north, why), mark).await;
            assert_eq!(idp.people().await, before, "{why}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_stops_midway_with_the_duty_of_whoever_said_go_and_the_page_says_so() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let officer = idp.admin("rita", &[(Duty::RegistrationOfficer, &root)]).await;
        let owner = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let id = stages(&idp, &bringer(&idp.operator()).await, &patients(3_000)).await;
        let mark = idp.mark().await;
        imports::apply(&idp.operator(), &person(&idp, &officer, &root).await, &id).await.unwrap();
        soon("it is under way", async || idp.import(&id).await.created > 0).await;
        officer.loses_duties().await;
        let until = idp.import(&id).await.created;
        stopped(&idp, &id, (&root, "bringer_lost_duty"), mark).await;
        let job = idp.import(&id).await;
        assert!(job.created < 3_000 && job.created == until, "not one row more: {until}, {job:?}");
        assert_eq!(i64::try_from(idp.people().await).unwrap(), job.created + 2);
        let page = owner.get(&format!("/admin/people/imports/{id}")).await;
        assert!(page.body.contains("It stopped, because whoever brought it"), "{}", page.body);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_held_against_what_whoever_brought_them_may_do_by_then() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let olga = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        // Somebody else answers for the installation, so that she may go.
        idp.admin("otto", &[(Duty::Owner, &root)]).await;
        let actor = person(&idp, &olga, &root).await;
        let list =
            format!("username,role,password_hash\nann,administrator,\nben,clinician,\ncat,patient,{HASH}\n");
        let id = stages(&idp, &actor, &list).await;
        olga.loses_duties().await;
        idp.grants(&olga.person, Duty::RegistrationOfficer, &root).await;
        let host = bringer(&idp.operator()).await;
        imports::apply(&idp.operator(), &host, &id).await.unwrap();
        let job = idp.worked_off(&id).await;
        assert_eq!((job.state, super::counts(&job)), (State::Done, (1, 0, 2)));
        let faults = imports::faults(&idp.operator(), &host, &id, 100).await.unwrap();
        let told: Vec<_> = faults.iter().map(|one| (one.line, one.column.unwrap())).collect();
        assert_eq!(told, [(2, Column::Role), (4, Column::PasswordHash)]);
        assert!(accounts::find(&idp.operator(), "ann").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_finds_too_many_names_of_people_elsewhere_waits_and_every_look_is_in_the_trail() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let (cx, host) = (idp.operator(), admin::at_host(&idp.operator()));
        for (place, prefix) in [(&south, "s"), (&north, "n")] {
            let actor = admin::authorise(&cx, &host, Action::ImportRun, place).await.unwrap();
            let id = stages(&idp, &actor, &names(prefix, 0..120)).await;
            imports::apply(&idp.operator(), &actor, &id).await.unwrap();
            soon("they are here", async || {
                imports::status(&idp.operator(), &actor, &id).await.unwrap().state == State::Done
            })
            .await;
        }
        let officer = idp.admin("rita", &[(Duty::RegistrationOfficer, &north)]).await;
        let actor = person(&idp, &officer, &north).await;
        let waits = |seen: Result<imports::Preview, Refused>| {
            assert!(matches!(seen, Err(Refused::Admin(admin::Refused::TooOften))), "{seen:?}");
        };
        // Those of the own place are seen anyhow.
        assert_eq!(looks(&idp, &actor, &names("n", 0..120)).await.unwrap().conflicts, 120);
        let mark = idp.mark().await;
        let seen = looks(&idp, &actor, &(names("s", 0..60) + "free,patient\n")).await.unwrap();
        assert_eq!((seen.conflicts, seen.create), (60, 1));
        assert!(!json!(seen.faults).to_string().contains(south.as_str()), "not where they are");
        let events = idp.events_since(mark).await;
        let [event] = &events[..] else { unreachable!("{events:?}") };
        assert_eq!((event.kind, &event.organisation), (Kind::ImportLookedAt, &north));
        assert_eq!(event.actor.to_text(), format!("account:{}", officer.person.account));
        let detail = event.detail.as_ref().unwrap();
        assert_eq!((&detail["total"], &detail["conflicts"]), (&json!(61), &json!(60)));
        let mark = idp.mark().await;
        waits(looks(&idp, &actor, &names("s", 60..120)).await);
        assert_eq!(refusal(&idp, mark).await.0, "too_many_names");
        assert_eq!(idp.kinds_since(mark).await, ["admin.refused"]);
        // From then on nothing tells a name that is free from one that is not, in whatever way it is asked.
        for list in [names("free", 0..1), names("s", 0..1)] {
            waits(looks(&idp, &actor, &list).await);
        }
        for name in ["free0", "s0"] {
            let form = [
                ("role", "patient"),
                ("by", "letter"),
                ("given", "Ann"),
                ("username", name),
                ("organisation", north.as_str()),
            ];
            let sent = officer.posts("/admin/people/invite", &form);
            assert_eq!(sent.await.status, 429, "{name}");
        }
        assert!(accounts::find(&idp.operator(), "free0").await.unwrap().is_none());
        idp.advance(3_600);
        let officer = officer.again().await;
        let actor = person(&idp, &officer, &north).await;
        assert_eq!(looks(&idp, &actor, &names("s", 0..9)).await.unwrap().conflicts, 9);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_around_the_bound_on_names_by_many_hands_of_one_organisation() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let east = idp.organisation("East", &root).await;
        let (cx, host) = (idp.operator(), admin::at_host(&idp.operator()));
        let there = admin::authorise(&cx, &host, Action::ImportRun, &south).await.unwrap();
        let id = stages(&idp, &there, &names("s", 0..10)).await;
        imports::apply(&idp.operator(), &there, &id).await.unwrap();
        soon("they are here", async || {
            imports::status(&idp.operator(), &there, &id).await.unwrap().state == State::Done
        })
        .await;
        // As if others of that organisation had found 297 of them within the hour.
        let key = cx.index.digest("names of", north.as_str());
        for _ in 0..297 {
            cx.ephemeral.count(&key, 3_600, idp.now()).await.unwrap();
        }
        // A place below it, and a hand that never looked, change nothing.
        let ward = idp.organisation("Ward", &north).await;
        let fresh = idp.machine("admin:accounts", &ward).await;
        let fresh = machine(&idp, &fresh, &ward).await;
        assert_eq!(looks(&idp, &fresh, &names("s", 0..2)).await.unwrap().conflicts, 2);
        let mark = idp.mark().await;
        let seen = looks(&idp, &fresh, &names("s", 2..10)).await;
        assert!(matches!(seen, Err(Refused::Admin(admin::Refused::TooOften))), "{seen:?}");
        assert_eq!(refusal(&idp, mark).await.0, "too_many_names");
        assert_eq!(idp.kinds_since(mark).await, ["admin.refused"]);
        let another = idp.machine("admin:accounts", &north).await;
        let another = machine(&idp, &another, &north).await;
        let seen = looks(&idp, &another, &names("free", 0..1)).await;
        assert!(matches!(seen, Err(Refused::Admin(admin::Refused::TooOften))), "{seen:?}");
        // Others look on.
        let elsewhere = idp.machine("admin:accounts", &east).await;
        let elsewhere = machine(&idp, &elsewhere, &east).await;
        assert_eq!(looks(&idp, &elsewhere, &names("s", 0..9)).await.unwrap().conflicts, 9);
    })
    .await;
}

/// A list of patients by their names alone.
fn names(prefix: &str, which: std::ops::Range<u32>) -> String {
    "username,role\n".to_owned() + &which.map(|i| format!("{prefix}{i},patient\n")).collect::<String>()
}

#[tokio::test(flavor = "multi_thread")]
async fn five_lists_of_an_organisation_wait_and_one_that_is_thrown_away_makes_room_and_leaves_no_rows() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let actor = bringer(&idp.operator()).await;
        let mut waiting = Vec::new();
        for _ in 0..5 {
            waiting.push(stages(&idp, &actor, &patients(2)).await);
        }
        let keys = idp.place.count_keys("SELECT count(*) FROM data_keys").await;
        let another =
            imports::stage(&idp.operator(), &actor, patients(2).as_bytes(), &Options::default()).await;
        assert!(matches!(another, Err(Refused::TooMany)), "{another:?}");
        assert_eq!(idp.place.count("SELECT count(*) FROM imports").await, 5);
        assert_eq!(idp.place.count_keys("SELECT count(*) FROM data_keys").await, keys, "nor a key");
        // Another organisation has room of its own.
        let north = idp.organisation("North", &root).await;
        let cx = idp.operator();
        let host = admin::at_host(&cx);
        let there = admin::authorise(&cx, &host, Action::ImportRun, &north).await.unwrap();
        stages(&idp, &there, &patients(2)).await;
        assert!(imports::cancel(&idp.operator(), &actor, &waiting[0]).await.unwrap());
        let rows = format!("SELECT count(*) FROM import_rows WHERE import = '{}'", waiting[0]);
        assert_eq!(idp.place.count(&rows).await, 0);
        stages(&idp, &actor, &patients(2)).await;
    })
    .await;
}
