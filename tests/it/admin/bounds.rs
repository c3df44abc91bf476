//! What one administrator cannot do by repeating it, or by standing above or below another: trails filled, mails sent, a
//! suspension undone, names that deceive.

use vouchsafe::audit::Kind;
use vouchsafe::base::OrganisationId;
use vouchsafe::duties::Duty;
use vouchsafe::flows::{accounts, notify};
use vouchsafe::identity::State;

use super::refusal;
use crate::idp::on_each_engine;

const WHY: [(&str, &str); 1] = [("reason", "as the tests want it")];

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_refused_again_and_again_fills_no_trail_and_none_of_others() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let hugo = idp.admin("hugo", &[(Duty::HelpDesk, &north)]).await;
        idp.moves(&hugo.person, &north).await;
        let (here, there) = (idp.person("nora").await, idp.person("silas").await);
        idp.moves(&here, &north).await;
        idp.moves(&there, &south).await;
        idp.tick();
        let mark = idp.mark().await;
        // Elsewhere, nowhere, what no duty of theirs allows at all, and what it does not allow here.
        let asked = [
            (format!("/admin/people/{}", there.account), 404, "other_organisation"),
            ("/admin/people/nobody".to_owned(), 404, "unknown"),
            ("/admin/policies".to_owned(), 403, "missing_duty"),
        ];
        for (path, status, why) in &asked {
            let mark = idp.mark().await;
            assert_eq!(hugo.get(path).await.status, *status, "{path}");
            assert_eq!(refusal(&idp, mark).await.0, *why, "{path}");
        }
        for _ in 0..10 {
            for (path, status, _) in &asked {
                assert_eq!(hugo.get(path).await.status, *status, "{path}");
            }
        }
        let events = idp.events_since(mark).await;
        let told: Vec<_> = events.iter().filter(|event| event.reason.is_some()).collect();
        assert_eq!(told.len(), 20, "{events:?}");
        assert!(told.iter().all(|event| event.organisation == north), "in their own trail: {told:?}");
        let actor = format!("account:{}", hugo.person.account);
        assert!(told.iter().all(|event| event.actor.to_text() == actor), "{told:?}");
        let counted: Vec<_> = events
            .iter()
            .filter(|event| event.reason.is_none() && event.kind == Kind::AdminRefused)
            .map(|event| event.detail.as_ref().unwrap()["count"].clone())
            .collect();
        assert_eq!(counted.iter().filter_map(serde_json::Value::as_u64).sum::<u64>(), 13, "{events:?}");
        assert_eq!(events.iter().filter(|event| event.organisation == south).count(), 0);
        // A quarter of an hour later each is told again.
        idp.advance(900);
        let hugo = hugo.again().await;
        let mark = idp.mark().await;
        assert_eq!(hugo.get("/admin/people/nobody").await.status, 404);
        assert_eq!(refusal(&idp, mark).await.1, north.to_string());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_from_above_is_not_undone_from_below() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let rita = idp.admin("rita", &[(Duty::RegistrationOfficer, &root)]).await;
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let olga = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let rose = idp.person("rose").await;
        let machine = idp.machine(crate::api::ALL, &root).await;
        let at = |deed: &str| format!("/admin/people/{}/{deed}", rose.account);
        let state = async || accounts::find(&idp.operator(), "rose").await.unwrap().unwrap().state;
        for (by, below, above) in [(&stella, vec![&rita], &olga), (&olga, vec![&rita, &stella], &olga)] {
            assert_eq!(by.posts(&at("suspend"), &WHY).await.status, 303);
            idp.tick();
            for one in below {
                let mark = idp.mark().await;
                let answer = one.posts(&at("enable"), &WHY).await;
                assert_eq!(answer.status, 403, "{answer:?}");
                assert_eq!(refusal(&idp, mark).await.0, "above_own_level");
                assert_eq!(idp.kinds_since(mark).await, ["admin.refused"]);
                assert_eq!(state().await, State::Disabled);
            }
            let mark = idp.mark().await;
            let path = format!("/people/{}/enable", rose.account);
            let answer = machine.posts(&path, &serde_json::json!({ "reason": WHY[0].1 })).await;
            assert_eq!(answer.status, 403, "a machine has no rank: {answer:?}");
            assert_eq!(refusal(&idp, mark).await.0, "above_own_level");
            assert_eq!(state().await, State::Disabled);
            assert_eq!(above.posts(&at("enable"), &WHY).await.status, 303);
            assert_eq!(state().await, State::Active);
            idp.tick();
        }
        // One as high undoes it, and so does whoever did it.
        for other in [&rita, &stella] {
            assert_eq!(rita.posts(&at("suspend"), &WHY).await.status, 303);
            idp.tick();
            assert_eq!(other.posts(&at("enable"), &WHY).await.status, 303);
            assert_eq!(state().await, State::Active);
            idp.tick();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_sent_again_three_times_an_hour() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let rita = idp.admin("rita", &[(Duty::RegistrationOfficer, &root)]).await;
        let rolf = idp.admin("rolf", &[(Duty::RegistrationOfficer, &root)]).await;
        let invites = async |name: &str| {
            let email = format!("{name}@riverside.example");
            let form = [
                ("role", "patient"),
                ("given", name),
                ("by", "mail"),
                ("email", email.as_str()),
                ("organisation", "root"),
                ("locale", "en"),
            ];
            let page = rita.get("/admin/people/invite").await;
            let form =
                form.iter().fold(page.form("invite-submit"), |form, (name, value)| form.with(name, value));
            assert_eq!(rita.browser.post(&form.action, &form.fields).await.status, 303);
            let account = accounts::find(&idp.operator(), &email).await.unwrap().unwrap();
            (format!("/admin/people/{}/resend", account.id), email)
        };
        let ((rose, to), (ben, _)) = (invites("rose").await, invites("ben").await);
        let sent = async || {
            let mails = notify::newest(&idp.operator(), 100).await.unwrap();
            mails.iter().filter(|(_, mail)| mail.to == to).count()
        };
        for admin in [&rita, &rolf, &rita] {
            assert_eq!(admin.posts(&rose, &[]).await.status, 303);
            idp.tick();
        }
        let mark = idp.mark().await;
        for admin in [&rita, &rolf] {
            assert_eq!(admin.posts(&rose, &[]).await.status, 409, "whoever presses");
        }
        assert_eq!((sent().await, idp.kinds_since(mark).await.len()), (4, 0));
        assert_eq!(rita.posts(&ben, &[]).await.status, 303, "each has their own");
        idp.advance(3_601);
        let rita = rita.again().await;
        assert_eq!(rita.posts(&rose, &[]).await.status, 303);
        assert_eq!(sent().await, 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_called_by_what_turns_or_hides_text() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let rita = idp.admin("rita", &[(Duty::RegistrationOfficer, &root)]).await;
        let machine = idp.machine(crate::api::ALL, &root).await;
        let before = idp.people().await;
        let mark = idp.mark().await;
        let invites = async |given: &str, username: &str| {
            let page = rita.get("/admin/people/invite").await;
            let form = [("role", "patient"), ("given", given), ("by", "letter"), ("username", username)];
            let form = form.iter().fold(page.form("invite-submit"), |form, (name, value)| form.with(name, value));
            rita.browser.post(&form.action, &form.fields).await
        };
        for bad in ["Ro\u{202e}es", "Ro\u{200b}se", "Ro\u{2066}se", "Ro\u{feff}se", "Ro\u{7}se"] {
            assert_eq!(invites(bad, "rose").await.status, 400, "{bad:?}");
            assert_eq!(invites("Rose", bad).await.status, 400, "{bad:?}");
            let new = serde_json::json!({ "email": "rose@example.org", "role": "patient", "claims": { "name": bad } });
            assert_eq!(machine.posts("/people", &new).await.status, 400, "{bad:?}");
        }
        assert_eq!((idp.people().await, idp.kinds_since(mark).await.len()), (before, 0));
        // Persian names are written with a joiner.
        assert_eq!(invites("علی\u{200c}رضا", "ali").await.status, 303);
        assert_eq!(idp.people().await, before + 1);
    })
    .await;
}
