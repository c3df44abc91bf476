//! What happens while a form waits for its hash: what is granted then ends with the rest, and a form whose session was ended
//! then changes nothing.

use tokio::task::{JoinHandle, JoinSet};
use vouchsafe::audit::Outcome;
use vouchsafe::base::Secret;
use vouchsafe::factors::FactorKind;
use vouchsafe::factors::password::Params;
use vouchsafe::flows::reset::{Handover, reset_factors};
use vouchsafe::notifications::Notice;

use super::{FRESH, bound, follows, half_way, is_home, link, place};
use crate::actors::{Answer, Browser, Person, Rp};
use crate::authenticator::Authenticator;
use crate::idp::{TestIdp, on_each_engine};
use crate::servers::soon;

/// A form that was sent and waits behind a hash that takes a while.
struct Waiting {
    idp: TestIdp,
    slow: JoinSet<()>,
    answer: JoinHandle<Answer>,
}

impl Waiting {
    async fn of(idp: &TestIdp, browser: &Browser, page: &Answer, id: &str, fields: &[(&str, &str)]) -> Self {
        let hashing = idp.app.services.hashing.clone();
        let mut slow = JoinSet::new();
        slow.spawn(async move {
            let costly = Params::new(65_536, 8, 1).unwrap();
            let _ = hashing.hash(Secret::new("slow".to_owned()), [7; 16], costly).await;
        });
        soon("a busy thread", async || idp.app.services.hashing.depth() >= 1).await;
        let form = fields.iter().fold(page.form(id), |form, (name, value)| form.with(name, value));
        let browser = browser.clone();
        let answer = tokio::spawn(async move { browser.post(&form.action, &form.fields).await });
        soon("a form that waits", async || idp.app.services.hashing.depth() >= 2).await;
        idp.advance(1);
        Self { idp: idp.clone(), slow, answer }
    }

    /// The answer, once the thread is free; until here the form was waiting.
    async fn answered(self) -> Answer {
        assert!(self.idp.app.services.hashing.depth() >= 2, "the form waited all the time");
        drop(self.slow);
        let answer = self.answer.await.unwrap();
        self.idp.advance(1);
        answer
    }
}

/// Somebody with a password, a code app and a passkey, signed in freshly by all of them.
async fn armed(idp: &TestIdp, rp: &Rp, name: &str) -> (Person, Browser, Authenticator) {
    let (alice, browser, key) = (idp.person(name).await, idp.browser(), Authenticator::new(idp));
    rp.signs_in(&alice, &browser).await;
    let page = browser.open(&idp.at("/account/add/passkey")).await;
    let page = browser.binds(&page, &key).await;
    alice.answers(&browser, page).await;
    (alice, browser, key)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_in_while_a_password_is_hashed_is_out_with_the_rest() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (_, browser, key) = armed(&idp, &rp, "alice").await;
        let page = browser.open(&idp.at("/account/password")).await;
        let waiting = Waiting::of(&idp, &browser, &page, "password-submit", &[("password", FRESH)]).await;
        let thief = idp.browser();
        let tokens = rp.signs_in_by(&thief, &key).await;
        let answer = waiting.answered().await;
        assert!(browser.follow(answer).await.url.contains("/account/"), "whoever changed it goes on");
        assert!(is_home(&idp, &browser).await);
        assert_eq!(thief.open(&idp.at("/account/")).await.status, 200);
        assert!(!is_home(&idp, &thief).await, "what began meanwhile has ended");
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_in_while_recovery_codes_are_hashed_is_out_when_the_account_is_regained() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (carl, _, key) = armed(&idp, &rp, "carl").await;
        let kinds = &[FactorKind::Totp];
        reset_factors(&idp.operator(), &carl.account, kinds, Handover::Mail, Default::default())
            .await
            .unwrap();
        idp.advance(1);
        let browser = idp.browser();
        let page = follows(&browser, &link(&idp, Notice::FactorReset).await).await;
        let page = browser.submit(&page, "sign-in-submit", &[("password", &carl.password)]).await;
        let page = browser.submit(&page, "enrol-totp", &[]).await;
        let shown = page.body.split(" id=\"totp-key\"").nth(1).unwrap();
        carl.link(shown.split_once('>').unwrap().1.split('<').next().unwrap());
        let code = carl.next_code();
        let waiting = Waiting::of(&idp, &browser, &page, "code-submit", &[("code", &code)]).await;
        let thief = idp.browser();
        let tokens = rp.signs_in_by(&thief, &key).await;
        let answer = waiting.answered().await;
        assert_eq!(answer.status, 303, "{answer:?}");
        let page = browser.follow(answer).await;
        assert!(!is_home(&idp, &thief).await, "what began meanwhile has ended");
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        let home = browser.submit(&page, "continue", &[]).await;
        assert_eq!(place(&home), "/account/", "{}", home.body);
        assert_eq!(bound(&idp, &carl.account).await, ["passkey", "password", "recovery_codes", "totp"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_taken_back_while_its_form_waits_sets_no_password() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let kinds = &[FactorKind::Password, FactorKind::Totp];
        let reset = async || {
            let cx = idp.operator();
            let shown = reset_factors(&cx, &alice.account, kinds, Handover::FaceToFace, Default::default());
            let code = shown.await.unwrap().unwrap();
            idp.advance(1);
            code
        };
        let code = reset().await;
        let browser = idp.browser();
        let page = browser.open(&idp.at("/activate")).await;
        let typed = [("username", "alice"), ("letter_code", code.expose())];
        let page = browser.submit(&page, "letter-submit", &typed).await;
        assert_eq!(place(&page), "new-password");
        let mark = idp.mark().await;
        let waiting = Waiting::of(&idp, &browser, &page, "password-submit", &[("password", FRESH)]).await;
        reset().await;
        let answer = waiting.answered().await;
        let page = browser.follow(answer).await;
        assert_eq!(page.status, 410, "{page:?}");
        assert!(bound(&idp, &alice.account).await.is_empty(), "nothing was set");
        let kinds = idp.kinds_since(mark).await;
        assert!(kinds.contains(&"link.refused") && !kinds.contains(&"password.changed"), "{kinds:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_whose_session_is_ended_while_it_waits_changes_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        for (path, id, fields, kind) in [
            ("/account/password", "password-submit", vec![("password", FRESH)], "password.changed"),
            ("/account/add/recovery-code", "continue", Vec::new(), "recovery_codes.made"),
        ] {
            for ends_all in [true, false] {
                let name = format!("{}{ends_all}", id.split('-').next().unwrap());
                let (alice, browser, key) = armed(&idp, &rp, &name).await;
                let page = browser.open(&idp.at(path)).await;
                let other = idp.browser();
                rp.signs_in_by(&other, &key).await;
                let before = idp.place.count("SELECT COUNT(*) FROM factors").await;
                let mark = idp.mark().await;
                let waiting = Waiting::of(&idp, &browser, &page, id, &fields).await;
                match ends_all {
                    true => idp.end_sessions(&alice.account).await,
                    false => {
                        let list = other.open(&idp.at("/account/devices")).await;
                        assert_eq!(other.submit(&list, "end-1", &[]).await.status, 200);
                    }
                }
                let answer = waiting.answered().await;
                assert_eq!(answer.status, 400, "{path} {ends_all}: {answer:?}");
                let events = idp.events_since(mark).await;
                let refused: Vec<_> = events.iter().filter(|e| e.outcome == Outcome::Refused).collect();
                assert_eq!(refused.len(), 1, "{events:?}");
                assert_eq!((refused[0].kind.as_str(), refused[0].reason.as_deref()), (kind, Some("ended")));
                assert_eq!(refused[0].account.as_ref(), Some(&alice.account));
                let done = events.iter().filter(|e| e.outcome == Outcome::Ok && e.kind.as_str() == kind);
                assert_eq!(done.count(), 0, "{events:?}");
                assert_eq!(idp.place.count("SELECT COUNT(*) FROM factors").await, before);
                assert!(!is_home(&idp, &browser).await);
                assert_eq!(is_home(&idp, &other).await, !ends_all);
                let page = half_way(&idp.browser(), &rp.ask(), &alice).await;
                assert!(
                    page.url.ends_with("/security-key"),
                    "the old password is the password: {}",
                    page.body
                );
            }
        }
    })
    .await;
}
