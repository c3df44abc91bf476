//! The trail at the console: searched, looked at and taken elsewhere, each at one's own place of the tree.

use serde_json::Value;
use vouchsafe::audit::export::Examiner;
use vouchsafe::audit::{Event, Kind, Outcome};
use vouchsafe::base::OrganisationId;
use vouchsafe::duties::Duty;
use vouchsafe::flows::{About, audit};
use vouchsafe::keys::Algorithm;
use vouchsafe::keys::client_jwks::ClientJwks;
use vouchsafe::store::{Error, Stmt};

use super::{Admin, refusal};
use crate::actors::{Answer, Person};
use crate::idp::{TestIdp, on_each_engine};

const LIST: &str = "/admin/activity";

/// A person of an organisation who signed in there.
async fn signed_in(idp: &TestIdp, name: &str, organisation: &OrganisationId) -> Person {
    let person = idp.person(name).await;
    idp.moves(&person, organisation).await;
    idp.rp().public().await.signs_in(&person, &idp.browser()).await;
    person
}

/// Another node goes on; the first one linked and signed what it recorded when it stopped.
async fn restarted(idp: &TestIdp) -> TestIdp {
    let next = idp.another().await;
    idp.stop().await;
    next
}

fn moved(admin: Admin, next: &TestIdp) -> Admin {
    Admin { browser: admin.browser.at(next), idp: next.clone(), ..admin }
}

async fn changes(idp: &TestIdp, statement: Stmt) {
    let changed: Result<u64, Error> =
        idp.operator().store.write(statement, |w, s| Box::pin(s.clone().execute(w))).await;
    assert_eq!(changed.unwrap(), 1);
}

/// The lines of the list: where each leads.
fn lines(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let links = answer.body.split("<th scope=\"row\"><a href=\"").skip(1);
    links.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// Where an element with this id leads.
fn leads(answer: &Answer, id: &str) -> Option<String> {
    let tag = answer.body.split("<a ").find(|tag| tag.starts_with(&format!("id=\"{id}\"")))?;
    let href = tag.split("href=\"").nth(1)?.split('"').next()?;
    Some(href.replace("&amp;", "&").replace("&#38;", "&"))
}

async fn events_of(idp: &TestIdp, kind: Kind) -> Vec<Event> {
    let all = idp.events_since(crate::stacks::NOW).await;
    all.into_iter().filter(|event| event.kind == kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_reads_what_happened_at_their_own_place_and_nothing_of_others() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let ada = idp.admin("ada", &[(Duty::Auditor, &north)]).await;
        let rose = signed_in(&idp, "rose", &north).await;
        let silas = signed_in(&idp, "silas", &south).await;

        let page = ada.get(&format!("{LIST}?kind=session.signed_in")).await;
        assert!(page.body.contains("rose signed in."), "{}", page.body);
        assert!(!page.body.contains("silas") && !page.body.contains(silas.account.as_str()), "{}", page.body);
        let own = lines(&ada.get(&format!("{LIST}?person=rose&kind=sign_in")).await);
        assert!(own.len() >= 3, "{own:?}");

        // By name nobody is told who else there is; by id nothing happened here.
        let mark = idp.mark().await;
        let by_name = ada.get(&format!("{LIST}?person=silas")).await;
        assert_eq!(by_name.status, 400, "{by_name:?}");
        assert!(by_name.body.contains("href=\"#person\"") && !by_name.body.contains(silas.account.as_str()));
        assert_eq!(refusal(&idp, mark).await.0, "other_organisation");
        assert_eq!(ada.get(&format!("{LIST}?person=nobody")).await.status, 400);
        let by_id = ada.get(&format!("{LIST}?person={}", silas.account)).await;
        assert!(lines(&by_id).is_empty() && by_id.body.contains("Nothing matches."), "{}", by_id.body);
        assert_eq!(ada.get(&format!("{LIST}?organisation={south}")).await.status, 404);
        assert_eq!(ada.get(&format!("{LIST}?organisation=root")).await.status, 404);
        let theirs = events_of(&idp, Kind::SessionSignedIn).await;
        let theirs = theirs.iter().find(|event| event.account.as_ref() == Some(&silas.account)).unwrap();
        assert_eq!(ada.get(&format!("{LIST}/{}", theirs.id)).await.status, 404);

        // Whoever moves on is not followed.
        idp.moves(&rose, &south).await;
        idp.rp().public().await.signs_in(&rose, &idp.browser()).await;
        let same = lines(&ada.get(&format!("{LIST}?person={}&kind=sign_in", rose.account)).await);
        assert_eq!(same, own);
        let at_root = idp.admin("arthur", &[(Duty::Auditor, &root)]).await;
        let all = lines(&at_root.get(&format!("{LIST}?person=rose&kind=sign_in")).await);
        assert!(all.len() > own.len(), "{all:?}");

        let hugo = idp.admin("hugo", &[(Duty::HelpDesk, &root)]).await;
        let mark = idp.mark().await;
        assert_eq!(hugo.get(LIST).await.status, 403);
        assert_eq!(refusal(&idp, mark).await.0, "missing_duty");
        assert!(!hugo.get("/admin/").await.body.contains(LIST), "no way there is shown");
    })
    .await;
}

#[tokio::test]
async fn reading_is_recorded_once_for_a_search_and_again_for_another() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let ada = idp.admin("ada", &[(Duty::Auditor, &root)]).await;
        let mark = idp.mark().await;
        let page = ada.get(&format!("{LIST}?kind=sign_in")).await;
        assert_eq!(page.status, 200, "{page:?}");
        for _ in 0..3 {
            ada.get(&format!("{LIST}?kind=sign_in")).await;
        }
        assert_eq!(idp.kinds_since(mark).await, ["audit.read"]);
        // Turning pages by hand is reading all the same.
        ada.get(&format!("{LIST}?outcome=refused&older=9999999999999999.z")).await;
        let told = idp.events_since(mark).await;
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[1].detail, Some(serde_json::json!({ "outcome": "refused" })));
        assert_eq!(told[1].actor.to_text(), format!("account:{}", ada.person.account));
        idp.advance(15 * 60 + 1);
        let ada = ada.again().await;
        let mark = idp.mark().await;
        ada.get(&format!("{LIST}?kind=sign_in")).await;
        assert_eq!(idp.kinds_since(mark).await, ["audit.read"]);
    })
    .await;
}

#[tokio::test]
async fn filters_that_make_no_sense_are_named_and_nothing_is_read() {
    on_each_engine(async |idp| {
        let ada = idp.admin("ada", &[(Duty::Auditor, &OrganisationId::root())]).await;
        let mark = idp.mark().await;
        for (query, field) in [
            ("from=2026-13-40", "from"),
            ("to=yesterday", "to"),
            ("from=2026-11-02&to=2026-11-01", "to"),
            ("kind=nothing.happened", "kind"),
            ("outcome=perhaps", "outcome"),
            ("by=nobody", "by"),
        ] {
            let page = ada.get(&format!("{LIST}?{query}")).await;
            assert_eq!(page.status, 400, "{query}: {page:?}");
            assert!(page.body.contains(&format!("<a href=\"#{field}\">")), "{query}: {}", page.body);
            assert!(page.body.contains("<title>Error: "), "{query}");
            let form: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            let mut form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            form.push(("format", "csv"));
            assert_eq!(ada.posts(&format!("{LIST}/export"), &form).await.status, 400, "{query}");
        }
        assert_eq!(ada.posts(&format!("{LIST}/export"), &[("format", "pdf")]).await.status, 400);
        let kinds = idp.kinds_since(mark).await;
        assert!(kinds.iter().all(|kind| *kind == "admin.refused"), "{kinds:?}");
        // One day is a whole day.
        let today = idp.now().to_rfc3339();
        let day = today.split('T').next().unwrap();
        assert!(!lines(&ada.get(&format!("{LIST}?from={day}&to={day}")).await).is_empty());
        assert!(lines(&ada.get(&format!("{LIST}?to=2020-01-01")).await).is_empty());
    })
    .await;
}

#[tokio::test]
async fn pages_turn_both_ways() {
    on_each_engine(async |idp| {
        let ada = idp.admin("ada", &[(Duty::Auditor, &OrganisationId::root())]).await;
        let rose = idp.person("rose").await;
        for _ in 0..120 {
            let cx = idp.operator();
            // All of one moment: the id decides.
            cx.record(cx.event(Kind::PasswordRefused, Outcome::Refused).person(&rose.account)).await.unwrap();
        }
        for query in ["kind=password.refused", "kind=sign_in", "person=rose&kind=sign_in", "outcome=refused"]
        {
            let first = ada.get(&format!("{LIST}?{query}")).await;
            assert_eq!(leads(&first, "page-younger"), None, "{query}");
            let mut pages = vec![lines(&first)];
            let mut page = first;
            while let Some(older) = leads(&page, "page-older") {
                page = ada.get(&older).await;
                pages.push(lines(&page));
            }
            let mut all: Vec<_> = pages.concat();
            assert!(all.len() >= 120, "{query}: {}", all.len());
            let mut back = vec![lines(&page)];
            while let Some(younger) = leads(&page, "page-younger") {
                page = ada.get(&younger).await;
                back.push(lines(&page));
            }
            back.reverse();
            assert_eq!(back.concat(), all, "{query}");
            all.sort();
            all.dedup();
            assert_eq!(all.len(), back.concat().len(), "{query}: none twice");
        }
    })
    .await;
}

#[tokio::test]
async fn an_event_says_how_it_stands_in_its_chain() {
    on_each_engine(async |idp| {
        let ada = idp.admin("ada", &[(Duty::Auditor, &OrganisationId::root())]).await;
        let rose = idp.person("rose").await;
        let mut events = events_of(&idp, Kind::AccountCreated).await;
        let event = events.pop().unwrap();
        assert_eq!(event.account.as_ref(), Some(&rose.account));
        let at = format!("{LIST}/{}", event.id);
        let young = ada.get(&at).await;
        let early = ["Not in a chain yet", "The next checkpoint will sign it"];
        assert!(early.iter().any(|words| young.body.contains(words)), "{}", young.body);
        let idp = restarted(&idp).await;
        let ada = moved(ada, &idp);
        let says = async |words: &str| {
            let page = ada.get(&at).await;
            assert_eq!(page.status, 200, "{page:?}");
            assert!(page.body.contains(words), "{words}: {}", page.body);
            page
        };
        let page = says("Verified just now").await;
        assert!(page.body.contains("host:tests created the account of rose."), "{}", page.body);
        assert!(page.body.contains("Row ") && page.body.contains("Number "), "{}", page.body);
        assert!(page.body.contains("account.created"), "{}", page.body);
        let change = |actor: &str| {
            Stmt::new("UPDATE events SET actor = $1 WHERE id = $2")
                .bind(actor.to_owned())
                .bind(event.id.as_str())
        };
        changes(&idp, change("host:mallory")).await;
        let page = says("Broken.").await;
        assert!(page.body.contains("the row was changed"), "{}", page.body);
        changes(&idp, change("host:tests")).await;
        says("Verified just now").await;
        // A row between it and the signature.
        let other = &events.pop().unwrap().id;
        let gone =
            |at: i64| Stmt::new("UPDATE events SET at = at + $1 WHERE id = $2").bind(at).bind(other.as_str());
        changes(&idp, gone(1)).await;
        let told = ada.get(&format!("{LIST}/{other}")).await;
        assert!(told.body.contains("Broken."), "{}", told.body);
        assert_eq!(ada.get(&format!("{LIST}/no-such")).await.status, 404);
        idp.stop().await;
    })
    .await;
}

/// Examines a signed copy with the keys alone.
fn examined(copy: &str, keys: &Value) -> Result<u64, String> {
    let listed = keys["keys"].as_array().unwrap();
    let known: Vec<ClientJwks> =
        listed.iter().map(|key| ClientJwks::parse(&serde_json::json!({ "keys": [key] })).unwrap()).collect();
    let check = |kid: &str, body: &[u8], signature: &[u8]| {
        known.iter().any(|key| key.verifies(Algorithm::Es256, kid, body, signature))
    };
    let mut examiner = Examiner::new(&check);
    for line in copy.lines() {
        examiner.feed(line).map_err(|bad| bad.to_string())?;
    }
    examiner.finish().map(|whole| whole.events).map_err(|bad| bad.to_string())
}

async fn takes(admin: &Admin, fields: &[(&str, &str)]) -> Answer {
    admin.posts(&format!("{LIST}/export"), fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_holds_what_was_asked_for_and_a_signed_one_proves_itself() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let north = idp.organisation("North", &root).await;
        let ada = idp.admin("ada", &[(Duty::Auditor, &root)]).await;
        let nora = idp.admin("nora", &[(Duty::Auditor, &north)]).await;
        let priya = idp.admin("priya", &[(Duty::PrivacyOfficer, &root)]).await;
        let rose = signed_in(&idp, "rose", &north).await;
        let idp = restarted(&idp).await;
        let [ada, nora, priya] = [ada, nora, priya].map(|admin| moved(admin, &idp));
        let mark = idp.mark().await;
        let copy = takes(&ada, &[("format", "ndjson"), ("person", "rose"), ("kind", "sign_in")]).await;
        assert_eq!(copy.status, 200, "{copy:?}");
        assert_eq!(copy.header("content-disposition"), "attachment; filename=\"vouchsafe-activity.ndjson\"");
        assert_eq!(copy.header("cache-control"), "no-store");
        let events: Vec<Value> = copy.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(events.len() >= 3, "{events:?}");
        assert!(events.iter().all(|event| event["account"] == rose.account.as_str()));
        let told = idp.events_since(mark).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].kind, Kind::AuditExported);
        assert_eq!(told[0].actor.to_text(), format!("account:{}", ada.person.account));
        assert_eq!(told[0].detail.as_ref().unwrap()["account"], rose.account.as_str());

        let sheet = takes(&ada, &[("format", "csv")]).await;
        assert_eq!(sheet.header("content-type"), "text/csv; charset=utf-8");
        assert!(sheet.body.starts_with("at,kind,severity,outcome,sentence,actor,"), "{}", sheet.body);
        assert!(sheet.body.lines().count() > 20);
        // Somebody of a part takes a copy of that part.
        let part = takes(&nora, &[("format", "ndjson")]).await;
        let part: Vec<Value> = part.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(
            part.len() >= 3 && part.iter().all(|event| event["organisation"] == north.as_str()),
            "{part:?}"
        );
        let mark = idp.mark().await;
        assert_eq!(takes(&nora, &[("format", "signed")]).await.status, 403);
        let told = idp.events_since(mark).await;
        assert_eq!(told[0].reason.as_deref(), Some("whole_trail_only"), "{told:?}");
        assert!(!nora.get(LIST).await.body.contains("export-signed"));
        // Who may only read takes nothing away.
        assert!(!priya.get(LIST).await.body.contains("export-ndjson"));
        assert_eq!(takes(&priya, &[("format", "ndjson")]).await.status, 403);

        let keys = ada.get(&format!("{LIST}/keys")).await.json();
        assert!(keys["keys"].as_array().unwrap().iter().all(|key| key.get("d").is_none()), "{keys}");
        let signed = takes(&ada, &[("format", "signed")]).await;
        assert_eq!(signed.header("content-disposition"), "attachment; filename=\"vouchsafe-trail.ndjson\"");
        assert!(examined(&signed.body, &keys).unwrap() > 20);
        // A trail that is broken is copied as it is, and the copy says so.
        let created = events_of(&idp, Kind::AccountCreated).await.pop().unwrap();
        let change =
            Stmt::new("UPDATE events SET outcome = 'failed' WHERE id = $1").bind(created.id.as_str());
        changes(&idp, change).await;
        let broken = takes(&ada, &[("format", "signed")]).await;
        assert_eq!(broken.status, 200);
        let bad = examined(&broken.body, &keys).unwrap_err();
        assert!(bad.contains("was changed"), "{bad}");
        let verdict = audit::verify(&idp.operator(), &|_| ()).await.unwrap();
        assert_eq!(verdict.first_bad.and_then(|bad| bad.event), Some(created.id));
        idp.stop().await;
    })
    .await;
}
