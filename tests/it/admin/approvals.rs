//! What takes two people: who may ask, who may decide, and that nobody does both.

use serde_json::json;
use tokio::task::JoinSet;
use vouchsafe::base::{AccountId, OrganisationId, Role};
use vouchsafe::duties::{Action, Approval, ApprovalKind, ApprovalState, Duty, Wanted};
use vouchsafe::factors::FactorKind;
use vouchsafe::flows::account::ways;
use vouchsafe::flows::admin::{self, approvals, duties as granting};
use vouchsafe::flows::notify;
use vouchsafe::flows::reset::{Handover, reset_factors};
use vouchsafe::store::approvals as approvals_rows;

use super::{Admin, browser_of};
use crate::actors::{Answer, Person};
use crate::idp::{TestIdp, on_each_engine};

const WISH: [(&str, &str); 4] = [
    ("kind-totp", "yes"),
    ("checked", "document_in_person"),
    ("handing", "face_to_face"),
    ("reason", "lost her phone, seen with her passport"),
];

async fn kinds(idp: &TestIdp, person: &Person) -> Vec<&'static str> {
    let ways = ways(&idp.operator(), &person.account).await.unwrap();
    let mut kinds: Vec<_> = ways.iter().map(|way| way.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds
}

/// The request an answer leads to: its page.
pub(super) fn asked(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{answer:?}");
    let to = answer.location().unwrap();
    let path = url::Url::parse(&to).unwrap();
    assert_eq!(path.query(), Some("done=asked"), "{to}");
    path.path().to_owned()
}

async fn asks(admin: &Admin, on: &Person) -> String {
    asked(&admin.posts(&format!("/admin/people/{}/reset", on.account), &WISH).await)
}

pub(super) async fn decides(admin: &Admin, at: &str, decision: &str) -> Answer {
    admin.posts(&format!("{at}/decide"), &[("decision", decision)]).await
}

pub(super) fn done(answer: &Answer, word: &str) {
    assert_eq!(answer.status, 303, "{word}: {answer:?}");
    assert!(answer.location().unwrap().ends_with(&format!("?done={word}")), "{word}: {answer:?}");
}

/// The reasons of refused decisions since a mark.
pub(super) async fn refused(idp: &TestIdp, mark: vouchsafe::base::Timestamp) -> Vec<String> {
    let events = idp.events_since(mark).await;
    let all = events.iter().filter(|e| e.kind.as_str() == "approval.refused");
    all.filter_map(|event| event.reason.clone()).collect()
}

#[tokio::test]
async fn a_reset_takes_two_people_and_the_code_is_shown_to_whoever_asked_alone() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let rita = idp.admin("rita", &[(Duty::RegistrationOfficer, &root)]).await;
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let helper = idp.admin("hugo", &[(Duty::HelpDesk, &root)]).await;
        let rose = idp.person("rose").await;
        let mark = idp.mark().await;
        let at = asks(&rita, &rose).await;
        let told = notify::newest(&idp.operator(), 1).await.unwrap();
        assert_eq!(told[0].1.notice.as_str(), "reset_requested", "told when it is asked");
        assert_eq!(told[0].1.to, "rose@riverside.example");
        assert_eq!(idp.kinds_since(mark).await, ["approval.asked"]);
        assert!(!format!("{:?}", idp.events_since(mark).await).contains("passport"), "the reason is sealed");
        let again = rita.posts(&format!("/admin/people/{}/reset", rose.account), &WISH).await;
        assert_eq!(again.status, 409, "one at a time");
        assert!(stella.get("/admin/").await.body.contains("1 waiting"));
        assert!(!rita.get("/admin/").await.body.contains("waiting"), "not for whoever asked");

        let mark = idp.mark().await;
        assert_eq!(decides(&rita, &at, "approve").await.status, 403);
        assert_eq!(refused(&idp, mark).await, ["requester"]);
        assert_eq!(decides(&helper, &at, "approve").await.status, 403);
        let early = rita.posts(&format!("{at}/carry-out"), &[]).await;
        assert_eq!(early.status, 409, "nobody agreed yet: {early:?}");
        assert_eq!(kinds(&idp, &rose).await, ["password", "totp"]);

        let page = stella.get(&format!("{at}/decide")).await;
        assert!(page.body.contains("seen with her passport"), "{}", page.body);
        let mark = idp.mark().await;
        done(&decides(&stella, &at, "approve").await, "approved");
        assert_eq!(idp.kinds_since(mark).await, ["approval.granted"]);
        assert_eq!(decides(&stella, &at, "refuse").await.status, 409, "decided is decided");
        assert_eq!(stella.posts(&format!("{at}/carry-out"), &[]).await.status, 403, "never the approver");
        assert_eq!(kinds(&idp, &rose).await, ["password", "totp"]);

        let mark = idp.mark().await;
        let shown = rita.posts(&format!("{at}/carry-out"), &[]).await;
        assert_eq!(shown.status, 200, "{shown:?}");
        let code = shown.body.split("id=\"reset-code\"><code>").nth(1).unwrap().split('<').next().unwrap();
        assert!(code.len() >= 8, "{code}");
        assert_eq!(idp.kinds_since(mark).await, ["factors.reset"]);
        assert!(!format!("{:?}", idp.events_since(mark).await).contains(code));
        assert_eq!(kinds(&idp, &rose).await, ["password"]);
        assert_eq!(rita.posts(&format!("{at}/carry-out"), &[]).await.status, 409, "once");
        for admin in [&rita, &stella] {
            assert!(!admin.get(&at).await.body.contains(code));
        }
        // Whoever has another second way waits for nothing.
        let (cx, lost) = (idp.operator(), [FactorKind::Totp]);
        reset_factors(&cx, &helper.person.account, &lost, Handover::FaceToFace, json!({})).await.unwrap();
        let waiting = rita.get("/admin/recoveries").await.body;
        assert!(waiting.contains("rose") && waiting.contains("have not set up a new way"), "{waiting}");
        assert!(!waiting.contains("hugo"), "{waiting}");
    })
    .await;
}

#[tokio::test]
async fn by_mail_the_link_goes_to_the_person_and_is_in_nobodys_page() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let helper = idp.admin("hugo", &[(Duty::HelpDesk, &root)]).await;
        let rita = idp.admin("rita", &[(Duty::RegistrationOfficer, &root)]).await;
        let rose = idp.person("rose").await;
        let mut wish = WISH;
        wish[2].1 = "mail";
        let form = format!("/admin/people/{}/reset", rose.account);
        for left_out in 0..4 {
            let bare: Vec<_> =
                wish.iter().enumerate().filter(|(i, _)| *i != left_out).map(|(_, f)| *f).collect();
            let answer = helper.posts(&form, &bare).await;
            assert_eq!(answer.status, 400, "{left_out}: {answer:?}");
            assert!(answer.body.contains("<title>Error: "));
        }
        let at = asked(&helper.posts(&form, &wish).await);
        let mark = idp.mark().await;
        let answer = decides(&rita, &at, "approve").await;
        done(&answer, "carried-out");
        assert_eq!(idp.kinds_since(mark).await, ["approval.granted", "factors.reset"]);
        assert_eq!(kinds(&idp, &rose).await, ["password"]);
        let mails = notify::newest(&idp.operator(), 20).await.unwrap();
        let resets: Vec<_> =
            mails.iter().filter(|(_, mail)| mail.notice.as_str() == "factor_reset").collect();
        assert_eq!(resets.len(), 1);
        assert_eq!(resets[0].1.to, "rose@riverside.example");
        let link = resets[0].1.link.clone().unwrap();
        let token = link.rsplit('/').next().unwrap();
        for admin in [&helper, &rita] {
            assert!(!admin.get(&at).await.body.contains(token));
        }
        assert!(!format!("{:?}", idp.events_since(mark).await).contains(token));
    })
    .await;
}

#[tokio::test]
async fn a_refused_a_withdrawn_and_a_late_request_change_nothing() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        // In two duties, and one person all the same.
        let rita =
            idp.admin("rita", &[(Duty::RegistrationOfficer, &root), (Duty::SecurityOfficer, &root)]).await;
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let rose = idp.person("rose").await;
        let at = asks(&rita, &rose).await;
        let mark = idp.mark().await;
        assert_eq!(decides(&rita, &at, "approve").await.status, 403);
        assert_eq!(refused(&idp, mark).await, ["requester"]);
        done(&decides(&stella, &at, "refuse").await, "refused");
        assert_eq!(rita.posts(&format!("{at}/carry-out"), &[]).await.status, 409);

        let at = asks(&rita, &rose).await;
        assert_eq!(stella.posts(&format!("{at}/withdraw"), &[]).await.status, 403);
        done(&rita.posts(&format!("{at}/withdraw"), &[]).await, "withdrawn");
        assert_eq!(decides(&stella, &at, "approve").await.status, 409);

        let at = asks(&rita, &rose).await;
        idp.advance(3600);
        let mark = idp.mark().await;
        approvals::sweep(&idp.operator()).await.unwrap();
        assert_eq!(idp.kinds_since(mark).await, ["approval.expired"]);
        let cx = idp.operator();
        let stored = vouchsafe::store::approvals::find(&cx.store, at.rsplit('/').next().unwrap()).await;
        assert_eq!(stored.unwrap().unwrap().0.state.as_str(), "expired");
        assert_eq!(kinds(&idp, &rose).await, ["password", "totp"]);
        let mark = idp.mark().await;
        approvals::sweep(&idp.operator()).await.unwrap();
        assert!(idp.kinds_since(mark).await.is_empty(), "said once");
    })
    .await;
}

#[tokio::test]
async fn only_an_owner_decides_for_an_owner_and_the_last_one_is_not_reset() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let olga = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let rita = idp.admin("rita", &[(Duty::RegistrationOfficer, &root)]).await;
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let form = format!("/admin/people/{}/reset", olga.person.account);
        let mut wish = WISH;
        wish[0].0 = "kind-passkey";
        let mark = idp.mark().await;
        let last = rita.posts(&form, &wish).await;
        assert_eq!(last.status, 403);
        assert!(last.body.contains("This is the last owner"), "{}", last.body);
        assert!(idp.kinds_since(mark).await.is_empty());

        let otto = idp.admin("otto", &[(Duty::Owner, &root)]).await;
        // The code would open an owner's account to whoever holds it: only another owner may.
        let mark = idp.mark().await;
        assert_eq!(rita.posts(&form, &wish).await.status, 403);
        assert_eq!(crate::admin::refusal(&idp, mark).await.0, "above_own_level");
        let oscar = idp.admin("oscar", &[(Duty::Owner, &root)]).await;
        let at = asked(&oscar.posts(&form, &wish).await);
        let mark = idp.mark().await;
        assert_eq!(decides(&stella, &at, "approve").await.status, 403);
        assert_eq!(decides(&olga, &at, "approve").await.status, 403);
        assert_eq!(refused(&idp, mark).await, ["above_own_level", "subject"]);
        assert!(kinds(&idp, &olga.person).await.contains(&"passkey"));
        done(&decides(&otto, &at, "approve").await, "approved");
    })
    .await;
}

#[tokio::test]
async fn an_owner_is_made_and_unmade_by_two() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let olga = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let otto = idp.admin("otto", &[(Duty::Owner, &root)]).await;
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let rose = idp.person_as("rose", Role::Administrator, false, json!({})).await;
        let wish = [("person", "rose"), ("duty", "owner"), ("reason", "stands in for Otto")];
        let at = asked(&olga.posts("/admin/organisations/root/grant", &wish).await);
        assert!(granting::of(&idp.operator(), &rose.account).await.unwrap().is_empty());
        let mark = idp.mark().await;
        assert_eq!(decides(&stella, &at, "approve").await.status, 403);
        assert_eq!(refused(&idp, mark).await, ["above_own_level"]);
        let mark = idp.mark().await;
        done(&decides(&otto, &at, "approve").await, "carried-out");
        assert_eq!(idp.kinds_since(mark).await, ["approval.granted", "duty.granted"]);
        let held = granting::of(&idp.operator(), &rose.account).await.unwrap();
        assert_eq!(held[0].duty, Duty::Owner);
        assert_eq!(held[0].granted_by, format!("account:{}", olga.person.account));

        let grant = format!("/admin/grants/{}/revoke", held[0].id.0);
        let at = asked(&otto.posts(&grant, &[("reason", "Otto is back")]).await);
        assert_eq!(granting::of(&idp.operator(), &rose.account).await.unwrap().len(), 1);
        done(&decides(&olga, &at, "approve").await, "carried-out");
        assert!(granting::of(&idp.operator(), &rose.account).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_decisions_at_once_on_two_nodes_one_counts() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let rita = idp.admin("rita", &[(Duty::RegistrationOfficer, &root)]).await;
        let deciders = [
            idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await,
            idp.admin("olga", &[(Duty::Owner, &root)]).await,
        ];
        let rose = idp.person("rose").await;
        let at = asks(&rita, &rose).await;
        let id = at.rsplit('/').next().unwrap().to_owned();
        let nodes = [idp.clone(), idp.another().await];
        let mut racers = JoinSet::new();
        for i in 0..64 {
            let (node, id, browser) = (nodes[i % 2].clone(), id.clone(), browser_of(&deciders[i / 2 % 2]));
            racers.spawn(async move {
                let cx = node.operator();
                let who = admin::at_browser(&cx, &browser).await.unwrap();
                let (actor, seen) = approvals::see(&cx, &who, Action::ApprovalDecide, &id).await.unwrap();
                approvals::decide(&cx, &actor, &seen.approval, i % 3 != 0).await.is_ok()
            });
        }
        let won = racers.join_all().await.into_iter().filter(|won| *won).count();
        assert_eq!(won, 1);
        let counts = idp.counts_since(crate::stacks::NOW).await;
        let decided = ["approval.granted", "approval.refused"].map(|k| counts.get(k).copied().unwrap_or(0));
        assert_eq!(decided.iter().sum::<usize>(), 1, "{counts:?}");
        nodes[1].stop().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_decides_sees_who_asks_whom_it_is_about_and_what_goes() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let north = idp.organisation("North", &root).await;
        let helper = idp.admin("hugo", &[(Duty::HelpDesk, &north)]).await;
        let rita = idp.admin("rita", &[(Duty::RegistrationOfficer, &north)]).await;
        let rose = idp.person_as("rose", Role::Patient, true, json!({ "name": "Rose Adams" })).await;
        idp.moves(&rose, &north).await;
        let mut wish = WISH;
        wish[2].1 = "mail";
        let at = asked(&helper.posts(&format!("/admin/people/{}/reset", rose.account), &wish).await);
        for page in [rita.get(&at).await, rita.get(&format!("{at}/decide")).await] {
            let request = page.body.split("id=\"request\"").nth(1).unwrap().split("</dl>").next().unwrap();
            for words in [
                "Rose Adams",
                "<bdi>rose</bdi>",
                "patient",
                "<bdi>North</bdi>",
                "hugo Example",
                "<bdi>hugo</bdi>",
                "Help desk: <bdi>North</bdi>",
                "In person, with a document",
                "By a link to their own addresses",
                "seen with her passport",
                "Ways to sign in now",
                "Password",
            ] {
                assert!(request.to_lowercase().contains(&words.to_lowercase()), "{words}: {request}");
            }
            assert_eq!(request.matches("Code app").count(), 2, "one that is there, one that goes: {request}");
            assert_eq!(request.matches("<time ").count(), 2, "{request}");
        }
        done(&decides(&rita, &at, "approve").await, "carried-out");
        let after = rita.get(&at).await;
        assert!(after.body.contains("Carried out: <bdi>rita Example</bdi>"), "{}", after.body);
    })
    .await;
}

#[tokio::test]
async fn a_queue_is_ones_own_however_long_others_are_and_turns_pages() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let nora = idp.admin("nora", &[(Duty::RegistrationOfficer, &north)]).await;
        let olga = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let rose = idp.person("rose").await;
        let request = |number: u32, organisation: &OrganisationId| Approval {
            id: format!("request-{number}"),
            kind: ApprovalKind::FactorsReset,
            organisation: organisation.clone(),
            account: AccountId::from_text(format!("somebody-{number}")),
            requester: rose.account.clone(),
            wanted: Wanted::default(),
            // Two of each moment.
            asked_at: idp.now().plus(i64::from(number / 2)),
            expires_at: idp.now().plus(3600),
            state: ApprovalState::Open,
            decider: None,
        };
        let mut all: Vec<_> = (0..205).map(|number| request(number, &south)).collect();
        all.push(request(205, &north));
        let store = idp.operator().store.clone();
        let kept = store.write(all, |w, all| {
            Box::pin(async move {
                for one in all.iter() {
                    assert!(approvals_rows::insert(w, one, b"nothing").await?);
                }
                Ok::<_, vouchsafe::store::Error>(())
            })
        });
        kept.await.unwrap();
        let page = nora.get("/admin/approvals").await;
        assert!(page.body.contains("request-205") && !page.body.contains("request-204"), "{}", page.body);
        assert!(!page.body.contains("page-next"), "{}", page.body);
        assert!(page.body.contains("1 waiting"), "{}", page.body);
        let (mut seen, mut at) = (Vec::new(), "/admin/approvals".to_owned());
        loop {
            let page = olga.get(&at).await;
            assert!(page.body.contains("206 waiting"), "{}", page.body);
            let ids = page.body.split("/admin/approvals/request-").skip(1);
            seen.extend(ids.map(|rest| rest.split('"').next().unwrap().parse::<u32>().unwrap()));
            let Some(next) = page.body.split("id=\"page-next\"").nth(1) else { break };
            let next = next.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
            at = next.to_owned();
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..206).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn the_person_stops_a_reset_by_saying_that_it_was_not_them() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let rita = idp.admin("rita", &[(Duty::RegistrationOfficer, &root)]).await;
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        for (name, approved, signed_in) in
            [("rose", false, false), ("rolf", true, false), ("ruth", false, true), ("ralf", true, true)]
        {
            let rose = idp.person(name).await;
            let rp = idp.rp().public().await;
            let home = idp.browser();
            rp.signs_in(&rose, &home).await;
            let at = asks(&rita, &rose).await;
            if approved {
                done(&decides(&stella, &at, "approve").await, "approved");
            }
            let told = notify::newest(&idp.operator(), 1).await.unwrap();
            assert_eq!(told[0].1.notice.as_str(), "reset_requested");
            let link = told[0].1.not_me.clone().unwrap();
            let mark = idp.mark().await;
            if signed_in {
                let page = home.open(&idp.at("/account/activity")).await;
                assert_eq!(home.submit(&page, "not-me", &[]).await.status, 200);
            } else {
                let anywhere = idp.browser();
                let page = anywhere.open(&link).await;
                assert_eq!(idp.kinds_since(mark).await, Vec::<&str>::new(), "looking stops nothing");
                assert_eq!(anywhere.submit(&page, "not-me-confirm", &[]).await.status, 200);
            }
            let events = idp.events_since(mark).await;
            let seen: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
            assert_eq!(seen, ["account.repudiated", "approval.refused"], "{name}");
            assert_eq!(events[1].reason.as_deref(), Some("not_me"));
            assert_eq!(events[1].organisation, root);
            assert_eq!(events[1].account.as_ref(), Some(&rose.account));
            // Neither of the two goes on with it.
            assert_eq!(decides(&stella, &at, "approve").await.status, 409, "{name}");
            assert_eq!(rita.posts(&format!("{at}/carry-out"), &[]).await.status, 409, "{name}");
            assert_eq!(kinds(&idp, &rose).await, ["password", "totp"], "{name}");
            rp.signs_in(&rose, &idp.browser()).await;
        }
    })
    .await;
}
