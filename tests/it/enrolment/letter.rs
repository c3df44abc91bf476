//! `/activate`: the code of a printed letter, beside the name.

use vouchsafe::base::{AccountId, Role};
use vouchsafe::flows::accounts::Refused;
use vouchsafe::flows::invitations::{self, Letter, NewInvitation};
use vouchsafe::identity::State;

use super::{FRESH, bound, invited, place, sets, state};
use crate::actors::{Answer, Browser};
use crate::idp::{TestIdp, on_each_engine};

async fn printed(idp: &TestIdp) -> (AccountId, Letter) {
    let account = invitations::invite(&idp.operator(), NewInvitation::of(Role::Patient)).await.unwrap();
    idp.tick();
    let letter = invitations::letter(&idp.operator(), &account.id).await.unwrap();
    idp.tick();
    (account.id, letter)
}

async fn types(idp: &TestIdp, browser: &Browser, name: &str, code: &str) -> Answer {
    let page = browser.open(&idp.at("/activate")).await;
    browser.submit(&page, "letter-submit", &[("username", name), ("letter_code", code)]).await
}

#[tokio::test]
async fn a_letter_activates_an_account_that_has_no_address() {
    on_each_engine(async |idp| {
        let (account, letter) = printed(&idp).await;
        assert_eq!((letter.reference.len(), letter.code.expose().len()), (9, 9));
        let stored = invitations::status(&idp.operator(), &account).await.unwrap();
        assert!(stored.is_open() && stored.mail.is_none());
        let browser = idp.browser();
        let written = letter.code.expose().to_lowercase().replace('-', " ");
        let page = types(&idp, &browser, &letter.reference.to_lowercase(), &written).await;
        assert_eq!(place(&page), "new-password", "{}", page.body);
        let mark = idp.mark().await;
        let page = sets(&browser, &page, FRESH).await;
        assert_eq!(place(&page), "enrol");
        assert_eq!(idp.kinds_since(mark).await, ["factor.added", "invitation.accepted"]);
        assert_eq!(
            (state(&idp, &account).await, bound(&idp, &account).await),
            (State::Active, vec!["password"])
        );
        let again = types(&idp, &idp.browser(), &letter.reference, letter.code.expose()).await;
        assert_eq!(again.status, 400, "once");
        let refused = invitations::letter(&idp.operator(), &account).await.unwrap_err();
        assert!(matches!(refused, Refused::NotInvited), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_code_says_nothing_and_counts_like_a_second_factor() {
    on_each_engine(async |idp| {
        let (account, letter) = printed(&idp).await;
        let (_, other) = printed(&idp).await;
        let mut answers = Vec::new();
        let mark = idp.mark().await;
        for (name, code) in [
            (letter.reference.as_str(), other.code.expose().as_str()),
            ("nobody-at-all", letter.code.expose()),
            (&other.reference, letter.code.expose()),
        ] {
            let answer = types(&idp, &idp.browser(), name, code).await;
            assert_eq!(answer.status, 400);
            assert!(answer.body.contains("do not work together"), "{}", answer.body);
            answers.push(answer.body.len() - name.len());
        }
        assert!(answers.iter().all(|length| *length == answers[0]), "the same page for all: {answers:?}");
        idp.hears(mark, "link.refused").await;
        let browser = idp.browser();
        for _ in 0..3 {
            types(&idp, &browser, &letter.reference, "0000-0000").await;
        }
        types(&idp, &browser, &letter.reference, "0000-0001").await;
        let waits = types(&idp, &browser, &letter.reference, letter.code.expose()).await;
        assert_eq!(waits.status, 429, "the right code inside the delay is not looked at: {waits:?}");
        assert_eq!(bound(&idp, &account).await.len(), 0);
        idp.advance(61);
        let page = types(&idp, &browser, &letter.reference, letter.code.expose()).await;
        assert_eq!(place(&page), "new-password");
    })
    .await;
}

#[tokio::test]
async fn another_letter_replaces_the_one_before_and_old_ones_end() {
    on_each_engine(async |idp| {
        let (account, first) = printed(&idp).await;
        let second = invitations::letter(&idp.operator(), &account).await.unwrap();
        idp.tick();
        let browser = idp.browser();
        assert_eq!(types(&idp, &browser, &first.reference, first.code.expose()).await.status, 400);
        idp.advance(21 * 24 * 3600);
        assert_eq!(types(&idp, &browser, &first.reference, second.code.expose()).await.status, 400);
        let third = invitations::letter(&idp.operator(), &account).await.unwrap();
        idp.tick();
        let page = types(&idp, &browser, &first.reference, third.code.expose()).await;
        assert_eq!(place(&page), "new-password");
        assert!(invitations::revoke(&idp.operator(), &account).await.unwrap());
        let page = sets(&browser, &page, FRESH).await;
        assert_eq!(page.status, 410, "taken back half-way in");
        // A letter beside a mail: whichever comes first takes the other with it.
        let rose = invited(&idp, "rose", Role::Patient, None).await;
        let letter = invitations::letter(&idp.operator(), &rose.id).await.unwrap();
        idp.tick();
        let browser = idp.browser();
        let page = types(&idp, &browser, "rose", letter.code.expose()).await;
        assert_eq!(place(&sets(&browser, &page, FRESH).await), "enrol");
        let url = super::link(&idp, vouchsafe::notifications::Notice::Invitation).await;
        assert_eq!(browser.get(&url).await.status, 410);
    })
    .await;
}
