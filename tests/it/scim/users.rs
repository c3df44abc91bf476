//! People by SCIM: joining, leaving, coming back, and what a directory may not change.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use serde_json::{Value, json};
use tokio::task::JoinSet;
use vouchsafe::base::{AccountId, OrganisationId, Role};
use vouchsafe::duties::Duty;
use vouchsafe::flows::accounts;
use vouchsafe::identity::{Account, State};

use super::{Directory, SCOPES, is_error, user};
use crate::actors::Answer;
use crate::idp::{TestIdp, on_each_engine};

async fn account(idp: &TestIdp, id: &str) -> Account {
    accounts::find_by_id(&idp.operator(), &AccountId::from_text(id)).await.unwrap().unwrap()
}

async fn joined(directory: &Directory, name: &str) -> (String, Answer) {
    let answer = directory.joins(&user(name)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    (answer.json()["id"].as_str().unwrap().to_owned(), answer)
}

fn found(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]));
    body["Resources"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joiner_is_invited_by_mail_into_the_directorys_organisation() {
    on_each_engine(async |idp| {
        let north = idp.organisation("North", &OrganisationId::root()).await;
        let directory = idp.directory(SCOPES, &north).await;
        let mark = idp.mark().await;
        let (id, answer) = joined(&directory, "rose").await;
        let kept = account(&idp, &id).await;
        assert_eq!((kept.state, kept.role, kept.organisation), (State::Invited, Role::Clinician, north));
        let body = answer.json();
        assert_eq!(answer.header("location"), idp.at(&format!("/scim/v2/Users/{id}")));
        assert_eq!(answer.header("etag"), body["meta"]["version"].as_str().unwrap());
        for (name, value) in [
            ("userName", json!("rose@clinic.example")),
            ("externalId", json!("e-rose")),
            ("displayName", json!("rose Example")),
            ("name", json!({ "formatted": "rose Example", "givenName": "rose", "familyName": "Example" })),
            ("active", json!(true)),
            ("emails", json!([{ "value": "rose@clinic.example", "type": "work", "primary": true }])),
        ] {
            assert_eq!(body[name], value, "{name}");
        }
        assert!(body.get("password").is_none());
        let waiting = idp.place.count("SELECT count(*) FROM outbox WHERE notice = 'invitation'").await;
        assert_eq!(waiting, 1, "the mail is on its way");
        let events = idp.events_since(mark).await;
        let made = events.iter().find(|e| e.kind.as_str() == "account.created").unwrap();
        assert_eq!(made.actor.to_text(), format!("client:{}", directory.id));
        assert_eq!(directory.gets(&format!("/Users/{id}")).await.json(), body);
        is_error(&directory.joins(&user("rose")).await, 409, Some("uniqueness"));
        let mut other = user("tom");
        other["externalId"] = json!("e-rose");
        is_error(&directory.joins(&other).await, 409, Some("uniqueness"));
        assert_eq!(found(&directory.gets("/Users").await), [id]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaver_is_suspended_and_everything_they_have_open_ends() {
    on_each_engine(async |idp| {
        let directory = idp.directory(SCOPES, &OrganisationId::root()).await;
        let (rp, browser) = (idp.rp().public().await, idp.browser());
        let alice = idp.person("alice").await;
        let tokens = rp.signs_in(&alice, &browser).await;
        let id = alice.account.as_str();
        let mark = idp.mark().await;
        // As Entra ID writes it.
        let left =
            directory.patches(id, json!([{ "op": "Replace", "path": "active", "value": "False" }])).await;
        assert_eq!((left.status, &left.json()["active"]), (200, &json!(false)), "{left:?}");
        assert_eq!(account(&idp, id).await.state, State::Disabled);
        assert_eq!(idp.kinds_since(mark).await, ["account.disabled"]);
        idp.advance(1);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        rp.refresh(&tokens.refresh()).await.is_refused("invalid_grant");
        // And back, as Okta writes it.
        let back = directory.patches(id, json!([{ "op": "replace", "value": { "active": true } }])).await;
        assert_eq!((back.status, &back.json()["active"]), (200, &json!(true)), "{back:?}");
        assert_eq!(account(&idp, id).await.state, State::Active);
        let again = directory.patches(id, json!([{ "op": "replace", "value": { "active": true } }])).await;
        assert_eq!(again.status, 200, "saying it twice is no mistake");
        assert_eq!(idp.kinds_since(mark).await.iter().filter(|kind| **kind == "account.enabled").count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_deleted_is_suspended_out_of_sight_and_may_join_again() {
    on_each_engine(async |idp| {
        let directory = idp.directory(SCOPES, &OrganisationId::root()).await;
        let other = idp.directory(SCOPES, &OrganisationId::root()).await;
        let (id, _) = joined(&directory, "rose").await;
        let at = format!("/Users/{id}");
        assert_eq!(directory.sends("DELETE", &at, &[], None).await.status, 204);
        assert_eq!(account(&idp, &id).await.state, State::Disabled, "nothing is erased");
        for method in ["GET", "DELETE"] {
            is_error(&directory.sends(method, &at, &[], None).await, 404, None);
        }
        assert!(found(&directory.gets("/Users").await).is_empty());
        assert_eq!(directory.gets("/Users").await.json()["totalResults"], 0);
        assert_eq!(
            found(&other.gets("/Users").await),
            std::slice::from_ref(&id),
            "for another directory they are there"
        );
        is_error(&other.joins(&user("rose")).await, 409, Some("uniqueness"));
        let back = directory.joins(&user("rose")).await;
        assert_eq!((back.status, &back.json()["id"]), (201, &json!(id)), "{back:?}");
        assert_eq!(account(&idp, &id).await.state, State::Invited);
        assert_eq!(back.json()["externalId"], "e-rose");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_times_the_same_joiner_at_once_one_joins() {
    on_each_engine(async |idp| {
        let directory = idp.directory(SCOPES, &OrganisationId::root()).await;
        let mut all = JoinSet::new();
        for _ in 0..64 {
            let directory = directory.clone();
            all.spawn(async move { directory.joins(&user("rose")).await });
        }
        let answers = all.join_all().await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            is_error(answer, 409, Some("uniqueness"));
        }
        for table in ["accounts", "scim_people"] {
            assert_eq!(idp.place.count(&format!("SELECT count(*) FROM {table}")).await, 1, "{table}");
        }
        assert_eq!(idp.place.count("SELECT count(*) FROM outbox").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_what_directories_look_for() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let directory = idp.directory(SCOPES, &north).await;
        let other = idp.directory(SCOPES, &north).await;
        let foreign = idp.directory(SCOPES, &south).await;
        let (rose, _) = joined(&directory, "rose").await;
        let (tom, _) = joined(&directory, "tom").await;
        directory.patches(&tom, json!([{ "op": "replace", "path": "active", "value": false }])).await;
        for (filter, expected) in [
            ("userName eq \"ROSE@clinic.example\"", vec![&rose]),
            ("externalId eq \"e-rose\"", vec![&rose]),
            ("emails.value eq \"rose@clinic.example\"", vec![&rose]),
            ("emails[type eq \"work\" and value eq \"rose@clinic.example\"]", vec![&rose]),
            ("active eq true", vec![&rose]),
            ("active eq \"False\"", vec![&tom]),
            ("userName eq \"nobody\"", vec![]),
            ("externalId eq \"e-nobody\"", vec![]),
        ] {
            let asked =
                format!("/Users?{}", crate::actors::encoded(&crate::actors::pairs(&[("filter", filter)])));
            let answer = directory.gets(&asked).await;
            assert_eq!(found(&answer).iter().collect::<Vec<_>>(), expected, "{filter}");
            assert_eq!(answer.json()["totalResults"], expected.len(), "{filter}");
            assert!(found(&foreign.gets(&asked).await).is_empty(), "{filter}");
        }
        assert!(
            found(&other.gets("/Users?filter=externalId+eq+%22e-rose%22").await).is_empty(),
            "its own ids"
        );
        for filter in ["userName+co+%22r%22", "shoeSize+eq+1", "userName+eq+rose", "userName", "active+eq+1"]
        {
            let asked = format!("/Users?filter={filter}");
            is_error(&directory.gets(&asked).await, 400, Some("invalidFilter"));
        }
        let page = directory.gets("/Users?startIndex=2&count=1&attributes=userName").await;
        assert_eq!(found(&page), [tom]);
        let body = page.json();
        assert_eq!(
            (&body["totalResults"], &body["startIndex"], &body["itemsPerPage"]),
            (&json!(2), &json!(2), &json!(1))
        );
        assert!(body["Resources"][0].get("active").is_none() && body["Resources"][0]["userName"].is_string());
        assert!(found(&directory.gets("/Users?count=0").await).is_empty());
        is_error(&directory.gets("/Users?count=x").await, 400, Some("invalidValue"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_follow_the_directory_and_what_signs_in_stays_with_the_person() {
    on_each_engine(async |idp| {
        let directory = idp.directory(SCOPES, &OrganisationId::root()).await;
        let (id, first) = joined(&directory, "rose").await;
        let mark = idp.mark().await;
        let mut renamed = user("rose");
        renamed["name"]["familyName"] = json!("Baker");
        renamed["displayName"] = json!("Rose Baker");
        renamed["locale"] = json!("de-AT");
        let at = format!("/Users/{id}");
        let tag = first.header("etag").to_owned();
        let put = directory.sends("PUT", &at, &[("if-match", tag.as_str())], Some(&renamed)).await;
        assert_eq!((put.status, &put.json()["name"]["familyName"]), (200, &json!("Baker")), "{put:?}");
        let kept = account(&idp, &id).await;
        assert_eq!((kept.display_name(), kept.profile.locale.as_deref()), ("Rose Baker", Some("de-AT")));
        assert_eq!(idp.kinds_since(mark).await, ["account.changed"]);
        is_error(
            &directory.sends("PUT", &at, &[("if-match", tag.as_str())], Some(&renamed)).await,
            412,
            None,
        );
        let now = put.header("etag").to_owned();
        let same = directory.sends("GET", &at, &[("if-none-match", now.as_str())], None).await;
        assert_eq!((same.status, same.body.as_str()), (304, ""));
        for (path, value) in [
            ("userName", json!("rosalind")),
            ("emails[type eq \"work\"].value", json!("thief@evil.example")),
            ("userType", json!("patient")),
        ] {
            let answer =
                directory.patches(&id, json!([{ "op": "replace", "path": path, "value": value }])).await;
            is_error(&answer, 400, Some("mutability"));
        }
        // One part that is refused leaves all of it undone.
        let mixed = json!([{ "op": "replace", "path": "displayName", "value": "X" },
            { "op": "replace", "path": "userName", "value": "x" }]);
        is_error(&directory.patches(&id, mixed).await, 400, Some("mutability"));
        assert_eq!(account(&idp, &id).await.display_name(), "Rose Baker");
        is_error(
            &directory.patches(&id, json!([{ "op": "add", "path": "a b", "value": 1 }])).await,
            400,
            Some("invalidPath"),
        );
        let (tom, _) = joined(&directory, "tom").await;
        let taken = json!([{ "op": "replace", "path": "externalId", "value": "e-rose" }]);
        is_error(&directory.patches(&tom, taken).await, 409, Some("uniqueness"));
        for (kind, body, status, word) in [
            ("application/scim+json", "{", 400, Some("invalidSyntax")),
            ("text/plain", "{}", 415, None),
            ("application/json", "[]", 400, Some("invalidSyntax")),
        ] {
            let headers = [("content-type", kind)];
            let mut all = vec![("authorization", "")];
            let bearer = format!("Bearer {}", directory.token);
            all[0].1 = &bearer;
            all.extend(headers);
            let answer = idp.http.send("POST", "/scim/v2/Users", &all, body).await;
            is_error(&answer, status, word);
        }
        let administrator = json!({ "userName": "root2", "userType": "administrator" });
        is_error(&directory.joins(&administrator).await, 400, Some("invalidValue"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_touches_nobody_who_holds_a_duty() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let directory = idp.directory(SCOPES, &root).await;
        for (name, duty) in [("olga", Duty::Owner), ("hana", Duty::HelpDesk)] {
            let held = idp.person_as(name, Role::Administrator, false, json!({ "name": name })).await;
            idp.grants(&held, duty, &root).await;
            let id = held.account.as_str();
            let at = format!("/Users/{id}");
            let mark = idp.mark().await;
            let off = json!([{ "op": "replace", "path": "active", "value": false }]);
            is_error(&directory.patches(id, off).await, 403, None);
            let name = json!([{ "op": "replace", "path": "displayName", "value": "Mallory" }]);
            is_error(&directory.patches(id, name).await, 403, None);
            is_error(&directory.sends("DELETE", &at, &[], None).await, 403, None);
            let kept = account(&idp, id).await;
            assert_eq!((kept.state, kept.display_name() == "Mallory"), (State::Active, false));
            assert_eq!(idp.kinds_since(mark).await, ["admin.refused"; 3]);
            assert_eq!(directory.gets(&at).await.status, 200, "and they are still seen");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_is_gone_from_the_directorys_list_and_its_id_is_free() {
    on_each_engine(async |idp| {
        let directory = idp.directory(SCOPES, &OrganisationId::root()).await;
        let (id, _) = joined(&directory, "rose").await;
        accounts::erase(&idp.operator(), &AccountId::from_text(id.clone())).await.unwrap();
        is_error(&directory.gets(&format!("/Users/{id}")).await, 404, None);
        assert_eq!(idp.place.count("SELECT count(*) FROM scim_people").await, 0);
        let again: Value = directory.joins(&user("rose")).await.json();
        assert_ne!(again["id"], id.as_str());
        assert_eq!(again["externalId"], "e-rose");
    })
    .await;
}
