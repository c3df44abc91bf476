//! Enrolling at the console: invitations, letters, reminders, sessions, recoveries that wait, and what is refused.

use vouchsafe::base::{AccountId, OrganisationId, Role};
use vouchsafe::duties::Duty;
use vouchsafe::flows::{accounts, notify};
use vouchsafe::identity::{Account, State};
use vouchsafe::notifications::{Message, Notice};
use vouchsafe::store::recoveries::{self, Recovery};

use super::{Admin, refusal};
use crate::actors::{Answer, pairs};
use crate::idp::{TestIdp, on_each_engine};

const INVITE: &str = "/admin/people/invite";
const ROSE: &[(&str, &str)] = &[
    ("role", "patient"),
    ("given", "Rose"),
    ("family", "Adams"),
    ("by", "mail"),
    ("email", "rose@riverside.example"),
    ("organisation", "root"),
    ("locale", "de"),
];

async fn officer(idp: &TestIdp) -> Admin {
    idp.admin("rita", &[(Duty::RegistrationOfficer, &OrganisationId::root())]).await
}

/// Fills the form in, as its page gives it.
async fn invites(admin: &Admin, fields: &[(&str, &str)]) -> Answer {
    let page = admin.get(INVITE).await;
    let form = fields.iter().fold(page.form("invite-submit"), |form, (name, value)| form.with(name, value));
    admin.browser.post(&form.action, &form.fields).await
}

async fn mails(idp: &TestIdp, notice: Notice) -> Vec<Message> {
    let all = notify::newest(&idp.operator(), 500).await.unwrap();
    all.into_iter().map(|(_, message)| message).filter(|message| message.notice == notice).collect()
}

async fn named(idp: &TestIdp, name: &str) -> Account {
    accounts::find(&idp.operator(), name).await.unwrap().unwrap()
}

fn at(id: &AccountId) -> String {
    format!("/admin/people/{id}")
}

#[tokio::test]
async fn somebody_is_invited_by_mail_once_however_often_the_form_is_sent() {
    on_each_engine(async |idp| {
        let admin = officer(&idp).await;
        let page = admin.get(INVITE).await;
        assert!(!page.body.contains("value=\"administrator\""), "an officer invites no administrators");
        let form = ROSE.iter().fold(page.form("invite-submit"), |form, (name, value)| form.with(name, value));
        let mark = idp.mark().await;
        let mut racers = tokio::task::JoinSet::new();
        for _ in 0..64 {
            let (browser, form) = (admin.browser.clone(), form.clone());
            racers.spawn(async move { browser.post(&form.action, &form.fields).await });
        }
        let answers = racers.join_all().await;
        let rose = named(&idp, "rose@riverside.example").await;
        let wanted = idp.at(&format!("{}?done=invited", at(&rose.id)));
        for answer in &answers {
            assert_eq!(answer.location().as_deref(), Some(wanted.as_str()), "{answer:?}");
        }
        let counts = idp.counts_since(mark).await;
        assert_eq!((counts["account.created"], counts["invitation.sent"]), (1, 1), "{counts:?}");
        assert_eq!(
            (rose.state, rose.role, rose.display_name()),
            (State::Invited, Role::Patient, "Rose Adams")
        );
        let sent = mails(&idp, Notice::Invitation).await;
        assert_eq!(sent.len(), 1);
        assert_eq!((sent[0].to.as_str(), sent[0].locale.as_str()), ("rose@riverside.example", "de"));
        let events = idp.events_since(mark).await;
        let who = format!("account:{}", admin.person.account);
        assert!(events.iter().all(|event| event.actor.to_text() == who), "{events:?}");
        // The page of the person says how it stands, and the list finds them at once.
        let page = admin.get(&at(&rose.id)).await;
        assert!(page.body.contains("Works") && page.has("invitation-revoke"), "{}", page.body);
        assert!(admin.get("/admin/people?q=rose+adams").await.body.contains("Rose Adams"));
    })
    .await;
}

#[tokio::test]
async fn a_name_or_address_that_somebody_has_is_said_plainly_and_what_was_typed_stays() {
    on_each_engine(async |idp| {
        let admin = officer(&idp).await;
        idp.person("ben").await;
        assert_eq!(invites(&admin, &[ROSE, &[("username", "rosa")]].concat()).await.status, 303);
        idp.tick();
        let mark = idp.mark().await;
        let changed = |name, value| {
            let others = ROSE.iter().filter(|(field, _)| *field != name).copied();
            others.chain([(name, value)]).collect::<Vec<_>>()
        };
        for (fields, status, said) in [
            (changed("username", "BEN"), 409, "has this username already"),
            (changed("email", "ben@riverside.example"), 409, "address is here already"),
            (changed("email", "Rose@Riverside.example"), 409, "address is here already"),
            (changed("email", "nowhere"), 400, "no e-mail address"),
            (changed("email", ""), 400, "or choose a letter"),
            (changed("by", "pigeon"), 400, "how the invitation goes out"),
            (changed("role", "nurse"), 400, "Choose a role"),
            (changed("given", "Ro\u{7}se"), 400, "This name cannot be used"),
        ] {
            let answer = invites(&admin, &fields).await;
            assert_eq!(answer.status, status, "{said}: {}", answer.body);
            assert!(answer.body.contains(said), "{said}: {}", answer.body);
            assert!(answer.body.contains("value=\"Adams\""), "what was typed stays: {}", answer.body);
        }
        // That somebody is here was told three times, which stands in the trail.
        let events = idp.events_since(mark).await;
        let why: Vec<_> = events.iter().map(|event| (event.kind.as_str(), event.reason.as_deref())).collect();
        assert_eq!(why, [("admin.refused", Some("taken")); 3]);
        assert_eq!(mails(&idp, Notice::Invitation).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn nobody_invites_above_their_own_level_or_elsewhere() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let north = idp.organisation("North", &root).await;
        let admin = idp.admin("rita", &[(Duty::RegistrationOfficer, &north)]).await;
        let owner = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let csrf = admin.csrf().await;
        let fields = |role: &'static str, place: &OrganisationId| {
            let mut fields = pairs(&[("by", "letter"), ("given", "Ann")]);
            fields.push(("role".to_owned(), role.to_owned()));
            fields.push(("organisation".to_owned(), place.to_string()));
            fields.push(("csrf".to_owned(), csrf.clone()));
            fields
        };
        let mark = idp.mark().await;
        let answer = admin.browser.post(&idp.at(INVITE), &fields("administrator", &north)).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains("Only owners"), "{}", answer.body);
        assert_eq!(refusal(&idp, mark).await.0, "above_own_level");
        assert_eq!(idp.kinds_since(mark).await, ["admin.refused"]);
        let mark = idp.mark().await;
        let answer = admin.browser.post(&idp.at(INVITE), &fields("patient", &root)).await;
        assert_eq!(answer.status, 404);
        assert_eq!(refusal(&idp, mark).await.0, "other_organisation");
        // An owner may; and the officer does not get at that letter.
        let made = invites(&owner, &[("role", "administrator"), ("by", "letter"), ("given", "Ann")]).await;
        assert_eq!(made.status, 400, "where there are two places one is chosen: {made:?}");
        let here =
            [("role", "administrator"), ("by", "letter"), ("given", "Ann"), ("organisation", north.as_str())];
        let made = invites(&owner, &here).await;
        let place = made.location().unwrap();
        assert!(place.ends_with("done=invited-by-letter"), "{place}");
        let person = place.split('?').next().unwrap().replace(&idp.at(""), "");
        let mark = idp.mark().await;
        for deed in ["letter", "resend", "revoke"] {
            let answer = admin.posts(&format!("{person}/{deed}"), &[]).await;
            assert_eq!(answer.status, 403, "{deed}: {answer:?}");
        }
        assert_eq!(idp.kinds_since(mark).await, ["admin.refused"; 3]);
        assert_eq!(owner.posts(&format!("{person}/letter"), &[]).await.status, 200);
    })
    .await;
}

/// The code of a printed letter.
fn code(letter: &Answer) -> String {
    assert_eq!(letter.status, 200, "{letter:?}");
    letter.body.split("<code dir=\"ltr\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

async fn types(idp: &TestIdp, name: &str, code: &str) -> Answer {
    let browser = idp.browser();
    let page = browser.open(&idp.at("/activate")).await;
    browser.submit(&page, "letter-submit", &[("username", name), ("letter_code", code)]).await
}

#[tokio::test]
async fn a_letter_is_shown_once_and_replaced_by_the_next() {
    on_each_engine(async |idp| {
        let admin = officer(&idp).await;
        let fields = [("role", "patient"), ("by", "letter"), ("given", "Ida"), ("username", "ida")];
        assert_eq!(invites(&admin, &fields).await.status, 303);
        assert!(mails(&idp, Notice::Invitation).await.is_empty());
        let ida = named(&idp, "ida").await;
        let page = admin.get(&at(&ida.id)).await;
        assert!(page.has("invitation-print") && !page.has("invitation-resend"), "{}", page.body);
        let print = format!("{}/letter", at(&ida.id));
        let mark = idp.mark().await;
        let first = code(&admin.posts(&print, &[]).await);
        assert_eq!(idp.kinds_since(mark).await, ["invitation.sent"]);
        idp.tick();
        // It is nowhere afterwards: not on the page, not by looking, not for somebody else.
        assert!(!admin.get(&at(&ida.id)).await.body.contains(&first));
        assert_eq!(admin.get(&print).await.status, 405);
        let other = idp.admin("olga", &[(Duty::Owner, &OrganisationId::root())]).await;
        assert!(!other.get(&at(&ida.id)).await.body.contains(&first));
        let second = code(&admin.posts(&print, &[]).await);
        idp.tick();
        assert_ne!(first, second);
        assert_eq!(types(&idp, "ida", &first).await.status, 400, "the letter before is worthless");
        let page = types(&idp, "ida", &second).await;
        assert_eq!(page.status, 200, "{page:?}");
        // Taken back while it lies on the table.
        let revoked = admin.posts(&format!("{}/revoke", at(&ida.id)), &[]).await;
        assert_eq!(revoked.location(), Some(idp.at(&format!("{}?done=invitation-revoked", at(&ida.id)))));
        idp.tick();
        let mark = idp.mark().await;
        assert_eq!(types(&idp, "ida", &second).await.status, 400);
        idp.hears(mark, "link.refused").await;
        assert_eq!(named(&idp, "ida").await.state, State::Invited);
        let again = admin.posts(&format!("{}/revoke", at(&ida.id)), &[]).await;
        assert_eq!(again.status, 409, "nothing was open");
    })
    .await;
}

#[tokio::test]
async fn an_invitation_taken_back_at_the_console_leads_nowhere() {
    on_each_engine(async |idp| {
        let admin = officer(&idp).await;
        invites(&admin, ROSE).await;
        idp.tick();
        let rose = named(&idp, "rose@riverside.example").await;
        let link = mails(&idp, Notice::Invitation).await[0].link.clone().unwrap();
        let page = idp.browser().open(&link).await;
        assert_eq!(page.status, 200);
        let mark = idp.mark().await;
        assert_eq!(admin.posts(&format!("{}/revoke", at(&rose.id)), &[]).await.status, 303);
        assert_eq!(idp.kinds_since(mark).await, ["invitation.revoked"]);
        let mark = idp.mark().await;
        assert_eq!(idp.browser().get(&link).await.status, 410);
        assert_eq!(idp.kinds_since(mark).await, ["link.refused"]);
        assert_eq!(named(&idp, "rose@riverside.example").await.state, State::Invited);
        // Reminding brings nothing back.
        let mark = idp.mark().await;
        let reminded = admin.posts(&format!("{}/remind", at(&rose.id)), &[]).await;
        assert!(reminded.location().unwrap().ends_with("done=not-reminded"), "{reminded:?}");
        assert_eq!(idp.kinds_since(mark).await, Vec::<&str>::new());
        // Sent again, the new one works and the old one does not.
        assert_eq!(admin.posts(&format!("{}/resend", at(&rose.id)), &[]).await.status, 303);
        idp.tick();
        let newer = mails(&idp, Notice::InvitationReminder).await[0].link.clone().unwrap();
        assert_eq!(idp.browser().get(&newer).await.status, 200);
        assert_eq!(idp.browser().get(&link).await.status, 410);
    })
    .await;
}

#[tokio::test]
async fn nobody_is_reminded_twice_within_a_day() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let help = idp.admin("hugo", &[(Duty::HelpDesk, &root)]).await;
        let north = idp.organisation("North", &root).await;
        let officer = idp.admin("rita", &[(Duty::RegistrationOfficer, &north)]).await;
        let (rose, ben) = (idp.person("rose").await, idp.person("ben").await);
        idp.moves(&ben, &north).await;
        idp.tick();
        let remind = format!("{}/remind", at(&rose.account));
        let mark = idp.mark().await;
        let done = help.posts(&remind, &[]).await;
        assert!(done.location().unwrap().ends_with("done=reminded"), "{done:?}");
        assert_eq!(idp.kinds_since(mark).await, ["account.reminded"]);
        assert_eq!(mails(&idp, Notice::SetUpReminder).await.len(), 1);
        // Once more, and for everybody: rose was reminded, so nobody is left but whom nobody reminded.
        let again = help.posts(&remind, &[]).await;
        assert!(again.location().unwrap().ends_with("done=reminded-before"), "{again:?}");
        let stage =
            vouchsafe::store::enrolments::progress(&idp.operator().store, &rose.account).await.unwrap();
        let stage = stage.unwrap().stage.as_str();
        let page = help.get(&format!("/admin/people/remind?stage={stage}")).await;
        assert!(page.has("remind-submit") && page.body.contains("2 people"), "{}", page.body);
        let page = officer.get(&format!("/admin/people/remind?stage={stage}")).await;
        assert!(page.body.contains("1 people"), "of their own place alone: {}", page.body);
        let mark = idp.mark().await;
        let all = officer.posts("/admin/people/remind", &[("stage", stage)]).await;
        assert!(all.location().unwrap().ends_with("sent=1&unreached=0"), "{all:?}");
        let told = idp.events_since(mark).await;
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].account.as_ref(), told[0].organisation.clone()), (Some(&ben.account), north));
        let all = help.posts("/admin/people/remind", &[("stage", stage)]).await;
        assert!(all.location().unwrap().ends_with("sent=0&unreached=0"), "{all:?}");
        assert_eq!(mails(&idp, Notice::SetUpReminder).await.len(), 2);
        idp.advance(86_400);
        let all = help.again().await.posts("/admin/people/remind", &[("stage", stage)]).await;
        assert!(all.location().unwrap().ends_with("sent=2&unreached=0"), "{all:?}");
    })
    .await;
}

#[tokio::test]
async fn one_session_ends_and_the_others_go_on() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let admin = idp.admin("hugo", &[(Duty::HelpDesk, &root)]).await;
        let rp = idp.rp().public().await;
        let rose = idp.person("rose").await;
        let (ward, home) = (
            idp.browser()
                .calls_itself("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"),
            idp.browser(),
        );
        let tokens = rp.signs_in(&rose, &ward).await;
        idp.tick();
        let kept = rp.signs_in(&rose, &home).await;
        idp.tick();
        let page = admin.get(&at(&rose.account)).await;
        assert!(page.body.contains("Firefox"), "{}", page.body);
        let sessions: Vec<&str> = page.body.split("name=\"session\" value=\"").skip(1).collect();
        let sessions: Vec<&str> = sessions.iter().map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(sessions.len(), 2);
        // Of somebody else, or of nobody: not there.
        let ben = idp.person("ben").await;
        let elsewhere = format!("{}/end-session", at(&ben.account));
        assert_eq!(admin.posts(&elsewhere, &[("session", sessions[1])]).await.status, 404);
        let end = format!("{}/end-session", at(&rose.account));
        assert_eq!(admin.posts(&end, &[("session", "nonsense")]).await.status, 404);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
        let mark = idp.mark().await;
        // The newest stands first.
        let done = admin.posts(&end, &[("session", sessions[1])]).await;
        assert!(done.location().unwrap().ends_with("done=session-ended"), "{done:?}");
        let events = idp.events_since(mark).await;
        let ended = events.iter().find(|event| event.kind.as_str() == "session.ended").unwrap();
        assert_eq!(ended.reason.as_deref(), Some("ended_by_administrator"));
        idp.advance(1);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        assert_eq!(rp.userinfo(&kept.access()).await.status, 200);
        assert_eq!(admin.posts(&end, &[("session", sessions[1])]).await.status, 409, "it has ended");
    })
    .await;
}

#[tokio::test]
async fn a_recovery_that_waits_is_seen_and_stopped_by_those_who_may() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let here = idp.admin("hugo", &[(Duty::HelpDesk, &north)]).await;
        let there = idp.admin("sue", &[(Duty::Owner, &south)]).await;
        let auditor = idp.admin("art", &[(Duty::Auditor, &north)]).await;
        let rose = idp.person("rose").await;
        idp.moves(&rose, &north).await;
        let browser = idp.browser();
        let rp = idp.rp().public().await;
        let tokens = rp.signs_in(&rose, &browser).await;
        idp.tick();
        let new = Recovery {
            id: "one".to_owned(),
            account: rose.account.clone(),
            asked_at: idp.now(),
            ready_at: idp.now().plus(86_400),
            ended_at: None,
            ended_why: None,
        };
        let begun =
            idp.app.services.store.write(new, |w, new| Box::pin(recoveries::begin(w, new, new.asked_at)));
        assert!(begun.await.unwrap());
        assert!(here.get("/admin/recoveries").await.body.contains("Recovery that waits"));
        assert!(!there.get("/admin/recoveries").await.body.contains("Recovery that waits"));
        assert_eq!(auditor.get("/admin/recoveries").await.status, 403);
        let page = auditor.get(&at(&rose.account)).await;
        assert!(page.body.contains("asked to recover") && !page.has("recovery-stop"), "{}", page.body);
        let stop = format!("{}/stop-recovery", at(&rose.account));
        assert_eq!(there.posts(&stop, &[]).await.status, 404);
        let mark = idp.mark().await;
        let done = here.posts(&stop, &[("back", "recoveries")]).await;
        assert_eq!(done.location(), Some(idp.at("/admin/recoveries?done=recovery-stopped")), "{done:?}");
        assert_eq!(idp.kinds_since(mark).await, ["recovery.cancelled"]);
        assert_eq!(here.posts(&stop, &[]).await.status, 409, "once");
        assert!(here.get("/admin/recoveries").await.body.contains("Nobody waits"));
        // Whoever began it knows the password: what is open ended.
        idp.advance(1);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
    })
    .await;
}
