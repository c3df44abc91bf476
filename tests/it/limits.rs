//! Limits on guessing, as somebody at the pages meets them: per account, per method, per network, known or not.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use serde_json::json;
use tokio::task::JoinSet;
use vouchsafe::audit::Kind;
use vouchsafe::base::{AccountId, Digest, Role};
use vouchsafe::factors::FactorKind;
use vouchsafe::flows::accounts;
use vouchsafe::flows::throttle::{self, Guesser};
use vouchsafe::policy::throttle::Budget;

use crate::actors::{Answer, Browser, Callback, Form, Person, Rp};
use crate::authenticator::Authenticator;
use crate::idp::{PASSWORD, TestIdp, on_each_engine, on_each_engine_with};
use crate::steps::plain;

/// Somebody who types passwords for a name, from a browser nobody knows.
struct Stranger {
    rp: Rp,
    browser: Browser,
    name: &'static str,
}

impl Stranger {
    fn new(rp: &Rp, name: &'static str) -> Self {
        Self { rp: rp.clone(), browser: rp.idp().browser(), name }
    }

    fn at(mut self, address: &str) -> Self {
        self.browser = self.browser.from_network(address);
        self
    }

    /// One guess in a sign-in of its own, and what answered the form.
    async fn guesses(&self, password: &str) -> Answer {
        let page = self.browser.open(&self.rp.ask().url()).await;
        let page = self.browser.submit(&page, "sign-in-submit", &[("username", self.name)]).await;
        let form = page.form("sign-in-submit").with("password", password);
        self.browser.post(&form.action, &form.fields).await
    }

    /// A guess that was looked at and wrong; the page that says so.
    async fn is_wrong(&self, password: &str) -> Answer {
        let answer = self.guesses(password).await;
        assert_eq!(answer.status, 303, "{}: {answer:?}", self.name);
        let page = self.browser.follow(answer).await;
        assert!(page.has("password") && page.has("error"), "{}: {}", self.name, page.body);
        page
    }

    /// A guess that was not looked at; the page that says until when.
    async fn must_wait(&self, password: &str) -> Answer {
        let answer = self.guesses(password).await;
        assert_eq!((answer.status, answer.location()), (429, None), "{}: {answer:?}", self.name);
        assert!(!self.browser.cookies().contains_key("vouchsafe-session"));
        answer
    }
}

#[tokio::test]
async fn a_known_and_an_unknown_name_wait_alike_and_longer_each_time() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let both = [Stranger::new(&rp, "alice"), Stranger::new(&rp, "mabel")];
        for n in 1..=12 {
            let mut seen = Vec::new();
            for one in &both {
                seen.push(plain(&one.is_wrong(&format!("wrong password {n}")).await, one.name));
            }
            assert_eq!(seen[0], seen[1], "after failure {n}");
            if n < 5 {
                continue;
            }
            let delay = (30_i64 << (n - 5)).min(3600);
            for password in ["wrong once more", PASSWORD] {
                let mut seen = Vec::new();
                for one in &both {
                    let answer = one.must_wait(password).await;
                    let wait: i64 = answer.header("retry-after").parse().unwrap();
                    assert!((delay - 1..=delay).contains(&wait), "{wait} of {delay}");
                    assert!(answer.has("choose-passkey"), "{}", answer.body);
                    seen.push(plain(&answer, one.name));
                }
                assert_eq!(seen[0], seen[1], "inside the delay after failure {n}");
            }
            idp.advance(delay - 2);
            for one in &both {
                one.must_wait(PASSWORD).await;
            }
            idp.advance(2);
        }
        // The right password ends the row, and four failures are free again.
        let answer = both[0].guesses(PASSWORD).await;
        assert!(both[0].browser.follow(answer).await.has("code"));
        for _ in 0..5 {
            both[0].is_wrong("wrong").await;
        }
        both[0].must_wait(&alice.password).await;
        let trail = idp.audit().await;
        assert!(trail.has("attempt.throttled") && trail.has("password.accepted"), "{:?}", trail.0);
    })
    .await;
}

/// Fails `times` more without the cost of a hash, as the pages would count it.
async fn fails(idp: &TestIdp, account: Option<&AccountId>, canonical: &str, budget: Budget, times: i64) {
    for _ in 0..times {
        let guesser = Guesser { account, canonical, browser: Digest::of("nobody's browser") };
        drop(throttle::reserve(&idp.operator(), guesser, budget).await.unwrap());
        idp.advance(3600);
    }
}

#[tokio::test]
async fn the_hundredth_failure_is_the_last_and_a_passkey_stays_open() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let person = idp.person_as("alice", Role::Patient, false, json!({})).await;
        let key = with_passkey(&rp, &person).await;
        let both = [Stranger::new(&rp, "alice"), Stranger::new(&rp, "mabel")];
        fails(&idp, Some(&person.account), "alice", Budget::Password, 98).await;
        fails(&idp, None, "mabel", Budget::Password, 98).await;
        for n in [99, 100] {
            let mut seen = Vec::new();
            for one in &both {
                seen.push(plain(&one.is_wrong("wrong").await, one.name));
            }
            assert_eq!(seen[0], seen[1], "{n}");
            idp.advance(3600);
        }
        assert!(idp.audit().await.has("factor.disabled"));
        for password in ["wrong", PASSWORD, PASSWORD] {
            let mut seen = Vec::new();
            for one in &both {
                let answer = one.must_wait(password).await;
                assert_eq!(answer.header("retry-after"), "", "this does not end by itself");
                assert!(answer.body.contains("This way to sign in is now off"), "{}", answer.body);
                seen.push(plain(&answer, one.name));
            }
            assert_eq!(seen[0], seen[1]);
            idp.advance(7200);
        }
        let told = vouchsafe::flows::notify::newest(&idp.operator(), 1).await.unwrap();
        assert_eq!(told[0].1.notice.as_str(), "factor_disabled");
        let locked = both[0].must_wait(PASSWORD).await;
        let page = both[0].browser.submit(&locked, "choose-passkey", &[]).await;
        let done = both[0].browser.uses(&page, &key).await;
        let claims = rp.redeem(&Callback::of(&done).code()).await.is_granted().id_claims();
        assert_eq!(claims["acr"], "urn:vouchsafe:acr:aal2-phr");
    })
    .await;
}

#[tokio::test]
async fn a_code_app_that_was_guessed_at_too_often_is_off_and_opens_no_enrolment() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        fails(&idp, Some(&alice.account), "alice", Budget::SecondFactor, 98).await;
        let stranger = Stranger::new(&rp, "alice");
        let proved = async || stranger.browser.follow(stranger.guesses(PASSWORD).await).await;
        for _ in 0..2 {
            let page = proved().await;
            assert_eq!(types(&stranger.browser, &page, "code", "000000").await.status, 303);
            idp.advance(3600);
        }
        assert!(idp.audit().await.has("factor.disabled"));
        let page = proved().await;
        assert!(page.url.ends_with("/help"), "{}", page.url);
        let at = page.url.rsplit_once('/').unwrap().0.to_owned();
        for around in ["enrol", "enrol/totp", "enrol/passkey", "code", "recovery-code", "consent"] {
            let answer = stranger.browser.open(&format!("{at}/{around}")).await;
            assert!(answer.url.ends_with("/help"), "{around}");
        }
        // The clinic removes it; then it is bound anew, with nothing counted any more.
        let ways = vouchsafe::flows::account::ways(&idp.operator(), &alice.account).await.unwrap();
        let app = ways.iter().find(|way| way.kind.as_str() == "totp").unwrap();
        assert!(app.disabled);
        accounts::remove_factor(&idp.operator(), &alice.account, &app.id).await.unwrap();
        idp.advance(1);
        let (own, page) = (idp.browser(), rp.ask().url());
        let page = own.open(&page).await;
        let done = alice.answers(&own, enrols(&alice, &own, page).await).await;
        rp.redeem(&Callback::of(&done).code()).await.is_granted();
        rp.signs_in(&alice, &idp.browser()).await;
    })
    .await;
}

/// Names and proves oneself up to the first page that asks for a new factor, and chooses a code app.
async fn enrols(person: &Person, browser: &Browser, page: Answer) -> Answer {
    let page = browser.submit(&page, "sign-in-submit", &[("username", &person.username)]).await;
    let page = browser.submit(&page, "sign-in-submit", &[("password", &person.password)]).await;
    browser.submit(&page, "enrol-totp", &[]).await
}

/// Binds a passkey in a first sign-in.
async fn with_passkey(rp: &Rp, person: &Person) -> Authenticator {
    let (key, browser) = (Authenticator::new(rp.idp()), rp.idp().browser());
    let page = browser.open(&rp.ask().url()).await;
    let page = browser.submit(&page, "sign-in-submit", &[("username", &person.username)]).await;
    let page = browser.submit(&page, "sign-in-submit", &[("password", &person.password)]).await;
    let page = browser.submit(&page, "enrol-passkey", &[]).await;
    let page = browser.binds(&page, &key).await;
    person.answers(&browser, page).await;
    key
}

#[tokio::test]
async fn every_way_to_write_a_name_is_counted_together() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        idp.person("alice").await;
        let names = ["alice", "ALICE", "alice@riverside.example", " Alice@RIVERSIDE.example ", "ａｌｉｃｅ"];
        for (n, name) in names.into_iter().enumerate() {
            let network = format!("203.0.113.{n}");
            Stranger::new(&rp, name).at(&network).is_wrong("wrong").await;
        }
        for name in names {
            Stranger::new(&rp, name).at("203.0.113.77").must_wait(PASSWORD).await;
        }
        Stranger::new(&rp, "alice2").is_wrong("wrong").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_wrong_passwords_at_once_five_are_looked_at() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        idp.person("alice").await;
        for name in ["alice", "mabel"] {
            let mut forms = Vec::new();
            for n in 0..64 {
                forms.push(form_for(&rp, name, n, &format!("wrong {n}")).await);
            }
            let statuses: Vec<_> = at_once(forms).await.iter().map(|(_, _, answer)| answer.status).collect();
            let count = |status| statuses.iter().filter(|s| **s == status).count();
            // Who waited for what becomes of the five is told of their failure, or, where that took long, to come back.
            assert_eq!(count(303), 5, "{name} on {}: {statuses:?}", idp.engine);
            assert_eq!(count(429) + count(503), 59, "{name} on {}: {statuses:?}", idp.engine);
            Stranger::new(&rp, name).must_wait(PASSWORD).await;
        }
    })
    .await;
}

/// A form with a password, in a sign-in of its own, from a network of its own.
async fn form_for(rp: &Rp, name: &str, n: usize, password: &str) -> (Browser, Form) {
    let browser = rp.idp().browser().from_network(&format!("203.0.113.{n}"));
    let page = browser.open(&rp.ask().url()).await;
    let page = browser.submit(&page, "sign-in-submit", &[("username", name)]).await;
    (browser, page.form("sign-in-submit").with("password", password))
}

/// Sends all of them in the same moment.
async fn at_once(forms: Vec<(Browser, Form)>) -> Vec<(Browser, Form, Answer)> {
    let mut sent = JoinSet::new();
    for (browser, form) in forms {
        sent.spawn(async move {
            let answer = browser.post(&form.action, &form.fields).await;
            (browser, form, answer)
        });
    }
    sent.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_right_passwords_at_once_none_is_taken_for_a_failure() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        idp.person("alice").await;
        let mut forms = Vec::new();
        for n in 0..64 {
            forms.push(form_for(&rp, "alice", n, PASSWORD).await);
        }
        let mark = idp.mark().await;
        let mut right = 0;
        while !forms.is_empty() {
            let (done, busy): (Vec<_>, Vec<_>) =
                at_once(forms).await.into_iter().partition(|(_, _, answer)| answer.status == 303);
            let others: Vec<_> = busy.iter().map(|(_, _, answer)| answer.status).collect();
            assert!(!done.is_empty(), "each time some are looked at: {others:?}");
            assert!(others.iter().all(|status| *status == 503), "{others:?}");
            for (browser, _, answer) in done {
                assert!(browser.follow(answer).await.has("code"));
                right += 1;
            }
            forms = busy.into_iter().map(|(browser, form, _)| (browser, form)).collect();
        }
        let counts = idp.counts_since(mark).await;
        assert_eq!((right, counts["password.accepted"]), (64, 64), "{counts:?}");
        assert!(!counts.contains_key("attempt.throttled") && !counts.contains_key("password.refused"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_while_others_are_looked_at_is_told_to_come_back_and_later_what_became_of_them() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        for (name, account) in [("alice", Some(&alice.account)), ("mabel", None)] {
            // Five that are being looked at, for as long as this test likes.
            let guesser = Guesser { account, canonical: name, browser: Digest::of("nobody's browser") };
            let mut held = Vec::new();
            for _ in 0..5 {
                held.push(throttle::reserve(&idp.operator(), guesser, Budget::Password).await.unwrap());
            }
            let mark = idp.mark().await;
            let (browser, form) = form_for(&rp, name, 7, PASSWORD).await;
            let answer = browser.post(&form.action, &form.fields).await;
            assert_eq!((answer.status, answer.header("retry-after")), (503, "10"), "{name}: {answer:?}");
            assert!(answer.body.contains("We are very busy") && !answer.body.contains("Too many"), "{name}");
            assert_eq!(idp.kinds_since(mark).await, ["hashing.busy"], "{name}: nothing was looked at");
            // The last of them was wrong: now it is true.
            let last = held.pop().unwrap();
            last.failed(&idp.operator(), Kind::PasswordRefused, FactorKind::Password, "wrong").await.unwrap();
            let mark = idp.mark().await;
            assert_eq!(browser.post(&form.action, &form.fields).await.status, 429, "{name}");
            assert_eq!(idp.kinds_since(mark).await, ["attempt.throttled"], "{name}");
            // One before it was right after all, while somebody waits for it.
            idp.advance(30);
            held.push(throttle::reserve(&idp.operator(), guesser, Budget::Password).await.unwrap());
            let waits = browser.post(&form.action, &form.fields);
            let right = async {
                held.first().unwrap().settled(&idp.operator()).await.unwrap();
            };
            let (answer, ()) = tokio::join!(waits, right);
            assert_eq!(answer.status, 303, "{name}: {answer:?}");
            assert_eq!(browser.follow(answer).await.has("code"), account.is_some(), "{name}");
        }
        // Of what nobody ever settles it is no longer said that it is being looked at.
        let guesser = Guesser { account: None, canonical: "nora", browser: Digest::of("nobody's browser") };
        for _ in 0..5 {
            drop(throttle::reserve(&idp.operator(), guesser, Budget::Password).await.unwrap());
        }
        idp.advance(10);
        Stranger::new(&rp, "nora").must_wait(PASSWORD).await;
    })
    .await;
}

#[tokio::test]
async fn a_browser_that_signed_in_before_is_not_kept_out_by_strangers() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, own) = (idp.person("alice").await, idp.browser());
        rp.signs_in(&alice, &own).await;
        own.set_cookie("vouchsafe-session", None);
        let stranger = Stranger::new(&rp, "alice");
        for _ in 0..5 {
            stranger.is_wrong("wrong").await;
        }
        stranger.must_wait(PASSWORD).await;
        let hers = Stranger { rp: rp.clone(), browser: own.clone(), name: "alice" };
        for _ in 0..4 {
            hers.is_wrong("mistyped").await;
        }
        let answer = hers.guesses(PASSWORD).await;
        assert!(own.follow(answer).await.has("code"), "her own browser has a budget of its own");
        stranger.must_wait(PASSWORD).await;
        for _ in 0..5 {
            hers.is_wrong("mistyped").await;
        }
        hers.must_wait(PASSWORD).await;
    })
    .await;
}

#[tokio::test]
async fn a_network_has_a_budget_of_failures_and_successes_do_not_count() {
    on_each_engine_with(&[("VOUCHSAFE__LIMITS__NETWORK_FAILURES", "6")], async |idp| {
        let rp = idp.rp().public().await;
        idp.person("alice").await;
        let names = ["n1", "n2", "n3", "n4", "n5", "n6"];
        let clinic = "198.51.100.7";
        for _ in 0..7 {
            let alice = Stranger::new(&rp, "alice").at(clinic);
            let answer = alice.guesses(PASSWORD).await;
            assert!(alice.browser.follow(answer).await.has("code"));
        }
        for name in names {
            Stranger::new(&rp, name).at(clinic).is_wrong("wrong").await;
        }
        let mark = idp.mark().await;
        for hop in [clinic, "203.0.113.5, 198.51.100.7", "x, 198.51.100.7", "198.51.100.7, 127.0.0.1"] {
            let answer = Stranger::new(&rp, "alice").at(hop).must_wait(PASSWORD).await;
            assert!(answer.body.contains("from your network") && !answer.has("choose-passkey"), "{hop}");
            assert!((1..=600).contains(&answer.header("retry-after").parse().unwrap()), "{hop}");
        }
        assert!(idp.kinds_since(mark).await.iter().all(|kind| *kind == "network.throttled"));
        let elsewhere = Stranger::new(&rp, "alice").at("198.51.100.8");
        let answer = elsewhere.guesses(PASSWORD).await;
        assert!(elsewhere.browser.follow(answer).await.has("code"), "another network is open");
        for (n, name) in names.into_iter().enumerate() {
            let address = format!("2001:db8:1:2:{n}::1");
            Stranger::new(&rp, name).at(&address).is_wrong("wrong").await;
        }
        Stranger::new(&rp, "alice").at("2001:db8:1:2:ffff::9").must_wait(PASSWORD).await;
        let next = Stranger::new(&rp, "alice").at("2001:db8:1:3::1");
        assert_eq!(next.guesses(PASSWORD).await.status, 303, "the next /64 is open");
        idp.advance(601);
        let later = Stranger::new(&rp, "alice").at(clinic);
        assert!(later.browser.follow(later.guesses(PASSWORD).await).await.has("code"), "ten minutes later");
    })
    .await;
}

/// Types a code or a recovery code in a sign-in that stands at its second factor.
async fn types(browser: &Browser, page: &Answer, what: &str, value: &str) -> Answer {
    let (to, field, id) = match what {
        "code" => ("/code", "code", "code-submit"),
        _ => ("/recovery-code", "recovery_code", "recovery-submit"),
    };
    let at = page.url.rsplit_once('/').unwrap().0;
    let page = browser.open(&format!("{at}{to}")).await;
    let form = page.form(id).with(field, value);
    browser.post(&form.action, &form.fields).await
}

#[tokio::test]
async fn codes_and_recovery_codes_have_one_budget_that_is_not_the_passwords() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let person = idp.person_as("alice", Role::Patient, false, json!({})).await;
        let first = idp.browser();
        let page = first.open(&rp.ask().url()).await;
        let page = first.submit(&page, "sign-in-submit", &[("username", "alice")]).await;
        let page = first.submit(&page, "sign-in-submit", &[("password", PASSWORD)]).await;
        let page = first.submit(&page, "enrol-totp", &[]).await;
        let page = person.answer(&first, &page).await.unwrap();
        let recovery = page.body.split("<li>").nth(1).unwrap().split('<').next().unwrap().to_owned();
        person.answers(&first, page).await;

        let stranger = Stranger::new(&rp, "alice");
        let browser = stranger.browser.clone();
        let page = browser.follow(stranger.guesses(PASSWORD).await).await;
        let right = person.next_code();
        for (what, wrong) in [
            ("code", "000000"),
            ("recovery", "0000-0000-0000-0000"),
            ("code", "000001"),
            ("recovery", "ZZZZ-ZZZZ-ZZZZ-ZZZZ"),
            ("code", "000002"),
        ] {
            assert_eq!(types(&browser, &page, what, wrong).await.status, 303, "{what}");
        }
        let mark = idp.mark().await;
        for (what, typed) in [("code", "000003"), ("code", &right), ("recovery", &recovery)] {
            let answer = types(&browser, &page, what, typed).await;
            assert_eq!(answer.status, 429, "{what}: {answer:?}");
            assert!(!answer.has("choose-totp") && !answer.has("choose-recovery-code"), "{}", answer.body);
        }
        assert!(
            idp.kinds_since(mark).await.iter().all(|kind| *kind == "attempt.throttled"),
            "nothing was spent"
        );
        // Another sign-in of this person waits at the same place; the password is open.
        let page = browser.follow(stranger.guesses(PASSWORD).await).await;
        assert_eq!(types(&browser, &page, "code", &right).await.status, 429);
        idp.advance(30);
        let answer = types(&browser, &page, "code", &person.next_code()).await;
        let done = browser.follow(answer).await;
        assert_eq!(done.status, 303, "the right code after the delay: {done:?}");
        assert!(done.location().unwrap().starts_with(&rp.redirect_uri));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_attempt_that_found_the_queue_full_counts_nowhere() {
    const NAMES: [&str; 24] = [
        "ada", "bea", "cay", "dan", "eve", "fay", "gil", "hal", "ida", "jan", "kai", "lou", "mia", "ned",
        "ola", "pia", "quy", "ray", "sue", "tom", "una", "val", "wim", "zoe",
    ];
    on_each_engine_with(&[("VOUCHSAFE__HASHING__QUEUE", "1")], async |idp| {
        let rp = idp.rp().public().await;
        let mut forms = Vec::new();
        for name in NAMES {
            let stranger = Stranger::new(&rp, name);
            let page = stranger.browser.open(&rp.ask().url()).await;
            let page = stranger.browser.submit(&page, "sign-in-submit", &[("username", name)]).await;
            forms.push((stranger, page.form("sign-in-submit").with("password", "wrong")));
        }
        let mark = idp.mark().await;
        let mut guesses = JoinSet::new();
        for (stranger, form) in forms {
            guesses.spawn(async move {
                let answer = stranger.browser.post(&form.action, &form.fields).await;
                (stranger, answer)
            });
        }
        let answers = guesses.join_all().await;
        let busy: Vec<_> = answers.iter().filter(|(_, answer)| answer.status == 503).collect();
        assert!(!busy.is_empty() && busy.len() < 24, "{}", busy.len());
        for (_, answer) in &busy {
            assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
            assert!(answer.body.contains("We are very busy"), "{}", answer.body);
        }
        assert!(idp.kinds_since(mark).await.contains(&"hashing.busy"));
        let looked_at = answers.iter().find(|(_, answer)| answer.status == 303).unwrap();
        for (counted, (stranger, _)) in [(1, looked_at), (0, busy[0])] {
            for _ in counted..5 {
                stranger.is_wrong("wrong").await;
            }
            stranger.must_wait("wrong").await;
        }
    })
    .await;
}
