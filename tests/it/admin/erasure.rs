//! Erasing somebody's account: two people agree, its person may stop it for a week, and then nothing is left.

use vouchsafe::base::OrganisationId;
use vouchsafe::duties::Duty;
use vouchsafe::flows::{accounts, notify, upkeep};

use super::Admin;
use super::approvals::{asked, decides, done, refused};
use crate::actors::{Answer, Browser, Person};
use crate::idp::{TestIdp, on_each_engine};

const WEEK: i64 = 7 * 24 * 3600;
const REASON: [(&str, &str); 1] = [("reason", "asked for it in writing, seen with her passport")];

async fn wants(admin: &Admin, on: &Person, form: &[(&str, &str)]) -> Answer {
    admin.posts(&format!("/admin/people/{}/erase", on.account), form).await
}

async fn newest(idp: &TestIdp) -> (String, Option<String>) {
    let told = notify::newest(&idp.operator(), 1).await.unwrap();
    (told[0].1.notice.to_string(), told[0].1.not_me.clone())
}

async fn is_known(idp: &TestIdp, person: &Person) -> bool {
    accounts::find(&idp.operator(), &person.username).await.unwrap().is_some()
}

/// Signed in at the person's own pages.
async fn at_home(idp: &TestIdp, person: &Person) -> Browser {
    let browser = idp.browser();
    let page = browser.open(&idp.at("/account/")).await;
    assert_eq!(person.answers(&browser, page).await.status, 200);
    browser
}

#[tokio::test]
async fn an_account_is_erased_by_two_people_and_a_week() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let pia = idp.admin("pia", &[(Duty::PrivacyOfficer, &root)]).await;
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let rose = idp.person("rose").await;
        let home = at_home(&idp, &rose).await;
        let page = format!("/admin/people/{}", rose.account);
        assert!(pia.get(&page).await.has("person-erase") && !stella.get(&page).await.has("person-erase"));
        for wrong in [&[] as &[(&str, &str)], &[("reason", "no")]] {
            let answer = wants(&pia, &rose, wrong).await;
            assert_eq!(answer.status, 400, "{answer:?}");
            assert!(answer.body.contains("<title>Error: "));
        }
        let mark = idp.mark().await;
        let at = asked(&wants(&pia, &rose, &REASON).await);
        assert_eq!(newest(&idp).await.0, "erasure_requested");
        assert_eq!(idp.kinds_since(mark).await, ["approval.asked"]);
        assert!(!format!("{:?}", idp.events_since(mark).await).contains("passport"), "the reason is sealed");
        assert_eq!(wants(&pia, &rose, &REASON).await.status, 409, "one at a time");
        assert_eq!(decides(&pia, &at, "approve").await.status, 403);
        assert_eq!(home.get(&idp.at("/account/")).await.status, 200, "nothing happened yet");

        assert!(stella.get(&format!("{at}/decide")).await.body.contains("seen with her passport"));
        let mark = idp.mark().await;
        done(&decides(&stella, &at, "approve").await, "carried-out");
        assert_eq!(idp.kinds_since(mark).await, ["account.closing", "approval.granted"]);
        assert_eq!(newest(&idp).await.0, "account_closing");
        assert_eq!(home.get(&idp.at("/account/")).await.status, 303, "everything ended");
        assert!(pia.get(&page).await.body.contains("This account closes"));
        assert_eq!(decides(&stella, &at, "refuse").await.status, 409, "decided is decided");
        idp.advance(WEEK - 120);
        upkeep::sweep(&idp.operator()).await.unwrap();
        assert!(is_known(&idp, &rose).await, "not yet");
        idp.advance(121);
        let mark = idp.mark().await;
        upkeep::sweep(&idp.operator()).await.unwrap();
        assert_eq!(idp.kinds_since(mark).await, ["account.erased"]);
        assert!(!is_known(&idp, &rose).await);
        assert_eq!(idp.place.count("SELECT count(*) FROM closings").await, 0);
        assert_eq!(idp.place.count("SELECT count(*) FROM approvals").await, 0);
    })
    .await;
}

#[tokio::test]
async fn its_person_stops_an_erasure_by_the_mail_or_by_keeping_the_account() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let pia = idp.admin("pia", &[(Duty::PrivacyOfficer, &root)]).await;
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let says_no = async |link: &str| {
            let anywhere = idp.browser();
            let page = anywhere.open(link).await;
            assert_eq!(anywhere.submit(&page, "not-me-confirm", &[]).await.status, 200);
        };
        let mut people = Vec::new();
        // Before anybody agreed, after somebody did, and at the person's own pages.
        for (name, approved, by_mail) in [("rose", false, true), ("ruth", true, true), ("rolf", true, false)]
        {
            let person = idp.person(name).await;
            let at = asked(&wants(&pia, &person, &REASON).await);
            let link = newest(&idp).await.1.unwrap();
            if approved {
                done(&decides(&stella, &at, "approve").await, "carried-out");
                // What was granted before that moment is over.
                idp.advance(1);
            }
            let mark = idp.mark().await;
            if by_mail {
                says_no(&link).await;
                let what = if approved { "account.kept" } else { "approval.refused" };
                let mut events = idp.events_since(mark).await;
                events.retain(|event| event.kind.as_str() != "account.repudiated");
                assert_eq!(events.len(), 1, "{name}: {events:?}");
                assert_eq!((events[0].kind.as_str(), events[0].reason.as_deref()), (what, Some("not_me")));
                assert_eq!(events[0].account.as_ref(), Some(&person.account));
            } else {
                let home = at_home(&idp, &person).await;
                let page = home.open(&idp.at("/account/privacy")).await;
                let kept = home.submit(&page, "keep", &[]).await;
                assert_eq!(kept.url, idp.at("/account/privacy?done=kept"));
            }
            let late = decides(&stella, &at, "approve").await;
            assert_eq!(late.status, 409, "{name}: nobody goes on with it: {late:?}");
            people.push(person);
        }
        idp.advance(WEEK + 1);
        upkeep::sweep(&idp.operator()).await.unwrap();
        for person in &people {
            assert!(is_known(&idp, person).await, "{}", person.username);
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_erases_alone_themselves_above_themselves_or_the_last_owner() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let pia = idp.admin("pia", &[(Duty::PrivacyOfficer, &root)]).await;
        let olga = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let rose = idp.person("rose").await;
        // The last owner, and oneself.
        let last = wants(&pia, &olga.person, &REASON).await;
        assert!(last.status == 403 && last.body.contains("This is the last owner"), "{last:?}");
        let mark = idp.mark().await;
        let own = wants(&pia, &pia.person, &REASON).await;
        assert!(own.status >= 400 && own.body.contains("cannot do this to yourself"), "{own:?}");
        assert_eq!(idp.kinds_since(mark).await, ["admin.refused"]);
        // Whoever asked does not agree as well, whatever duties they hold.
        let at = asked(&wants(&olga, &rose, &REASON).await);
        let mark = idp.mark().await;
        assert_eq!(decides(&olga, &at, "approve").await.status, 403);
        assert_eq!(refused(&idp, mark).await, ["requester"]);
        // Of two owners only an owner decides about one, and then one is the last.
        let oscar = idp.admin("oscar", &[(Duty::Owner, &root)]).await;
        let at = asked(&wants(&pia, &oscar.person, &REASON).await);
        let mark = idp.mark().await;
        assert_eq!(decides(&stella, &at, "approve").await.status, 403);
        assert_eq!(decides(&oscar, &at, "approve").await.status, 403);
        assert_eq!(refused(&idp, mark).await, ["above_own_level", "subject"]);
        done(&decides(&olga, &at, "approve").await, "carried-out");
        let last = asked(&wants(&pia, &stella.person, &REASON).await);
        done(&decides(&olga, &last, "refuse").await, "refused");
        assert_eq!(idp.place.count("SELECT count(*) FROM closings").await, 1);
    })
    .await;
}
