//! `/code`: each time step counts once, whoever comes when.

use tokio::task::JoinSet;
use vouchsafe::base::{Entropy, Role, Secret};
use vouchsafe::factors::totp;
use vouchsafe::flows::accounts;

use super::{half_way, step};
use crate::actors::{Answer, Browser, Callback, Person, Rp};
use crate::idp::{PASSWORD, TestIdp, on_each_engine};

/// A person whose code app we hold: any step's code can be typed.
struct Holder {
    person: Person,
    secret: totp::Secret,
}

impl Holder {
    async fn new(idp: &TestIdp, username: &str) -> Self {
        let secret = totp::Secret::generate(&Entropy::system());
        let new = accounts::NewAccount {
            username: username.to_owned(),
            email: None,
            role: Role::Patient,
            claims: serde_json::Map::new(),
            password: Secret::new(PASSWORD.to_owned()),
            totp: Some(secret.expose().to_vec()),
        };
        let account = accounts::create(&idp.operator(), new).await.unwrap();
        let person = Person::new(idp.clone(), account.id, username, PASSWORD, None);
        Self { person, secret }
    }

    fn code(&self, step: i64) -> String {
        self.secret.code(step)
    }

    /// A fresh sign-in that stands at the code, in a browser nobody knows.
    async fn waits(&self, rp: &Rp) -> (Browser, Answer) {
        let browser = rp.idp().browser();
        let page = half_way(&browser, &rp.ask(), &self.person).await;
        assert_eq!(step(&page), "code");
        (browser, page)
    }

    async fn types(&self, rp: &Rp, code: &str) -> Answer {
        let (browser, page) = self.waits(rp).await;
        browser.submit(&page, "code-submit", &[("code", code)]).await
    }
}

#[tokio::test]
async fn a_code_is_good_one_step_early_or_late_and_once() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        for (offset, good) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let holder = Holder::new(&idp, &format!("person{}", offset + 2)).await;
            let code = holder.code(totp::step(idp.now()) + offset);
            let mark = idp.mark().await;
            let page = holder.types(&rp, &code).await;
            assert_eq!(step(&page), if good { "consent" } else { "code" }, "{offset}");
            let last = if good { "totp.accepted" } else { "totp.refused" };
            idp.sees(mark, last).await;
            if !good {
                // Only a slow clock is named: a fast one's code will be right in a minute.
                let named = page.body.contains("The clock on your phone is wrong");
                assert_eq!(named, offset < 0, "{}", page.body);
                continue;
            }
            let mark = idp.mark().await;
            let again = holder.types(&rp, &code).await;
            assert_eq!(step(&again), "code", "{offset}");
            assert!(again.body.contains("You already used that code"), "{}", again.body);
            idp.sees(mark, "totp.replayed").await;
            assert!(!idp.kinds_since(mark).await.contains(&"totp.accepted"));
        }
    })
    .await;
}

#[tokio::test]
async fn an_older_step_after_a_newer_one_is_a_replay() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let holder = Holder::new(&idp, "alice").await;
        let now = totp::step(idp.now());
        let (browser, waiting) = holder.waits(&rp).await;
        assert_eq!(step(&holder.types(&rp, &holder.code(now + 1)).await), "consent");
        for older in [now, now - 1] {
            let mark = idp.mark().await;
            let page = browser.submit(&waiting, "code-submit", &[("code", &holder.code(older))]).await;
            assert!(page.body.contains("You already used that code"), "{}", page.body);
            idp.sees(mark, "totp.replayed").await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_code_is_read_as_people_write_it() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let holder = Holder::new(&idp, "alice").await;
        let arabic = |code: &str| -> String {
            code.bytes().map(|b| char::from_u32(0x0660 + u32::from(b - b'0')).unwrap()).collect()
        };
        let spaced = |code: &str| format!(" {} {} ", &code[..3], &code[3..]);
        for write in [&arabic as &dyn Fn(&str) -> String, &spaced] {
            idp.advance(60);
            let code = holder.code(totp::step(idp.now()));
            assert_eq!(step(&holder.types(&rp, &write(&code)).await), "consent", "{}", write(&code));
        }
        for wrong in ["", "12345", "1234567", "abcdef", "-1", "９９９９９９９"] {
            idp.advance(3600);
            assert_eq!(step(&holder.types(&rp, wrong).await), "code", "{wrong}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_browsers_with_one_code_one_comes_in() {
    on_each_engine(async |idp| {
        let rp = idp.rp().policy("consent", "skip").public().await;
        let holder = Holder::new(&idp, "alice").await;
        let mut waiting = Vec::new();
        for _ in 0..64 {
            waiting.push(holder.waits(&rp).await);
        }
        let code = holder.code(totp::step(idp.now()));
        let mark = idp.mark().await;
        let mut tries = JoinSet::new();
        for (browser, page) in waiting {
            let code = code.clone();
            tries.spawn(async move {
                let answer = browser.submit(&page, "code-submit", &[("code", &code)]).await;
                (answer, browser.cookies().contains_key("vouchsafe-session"))
            });
        }
        let answers = tries.join_all().await;
        let inside: Vec<_> = answers.iter().filter(|(_, session)| *session).collect();
        assert_eq!(inside.len(), 1, "on {}", idp.engine);
        rp.redeem(&Callback::of(&inside[0].0).code()).await.is_granted();
        for (answer, _) in answers.iter().filter(|(_, session)| !session) {
            assert!(answer.status == 429 || step(answer) == "code", "{answer:?}");
        }
        let counts = idp.counts_since(mark).await;
        assert_eq!((counts["totp.accepted"], counts["session.signed_in"]), (1, 1), "{counts:?}");
    })
    .await;
}
