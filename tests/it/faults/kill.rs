//! `kill -9` in the middle of the work: every change that was acknowledged is there, what was spent stays spent, and
//! the trail is whole once a living process has linked what the dead one left.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::task::JoinSet;

use crate::actors::{Answer, Browser, Callback, Person, Rp, Tokens, VERIFIER};
use crate::idp::TestIdp;
use crate::installation::each_installation;
use crate::servers::{Process, command, soon};
use crate::stacks::random;

const CLIENTS: usize = 6;
const KILLS: usize = 3;

/// What one client was told, and may therefore rely on.
#[derive(Clone, Default)]
struct Told {
    /// The last code that became tokens.
    spent: Option<String>,
    /// The refresh token it got last, and the one before that.
    leaf: Option<String>,
    older: Option<String>,
    /// An access token it gave back.
    revoked: Option<String>,
}

/// A client at work, until nobody answers any more.
struct Worker {
    app: Rp,
    browser: Browser,
    told: Arc<Mutex<Told>>,
    acknowledged: Arc<AtomicUsize>,
    refreshed: Arc<AtomicUsize>,
}

impl Worker {
    async fn works(self) {
        while self.buys_and_renews().await.is_some() {}
    }

    /// A code, its tokens, three renewals, a token given back; `None` when the provider is gone.
    async fn buys_and_renews(&self) -> Option<()> {
        let ask = self.app.ask().set("prompt", "none").url();
        let cookies: Vec<_> = self.browser.cookies().into_iter().map(|(n, v)| format!("{n}={v}")).collect();
        let headers = [("cookie", cookies.join("; "))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = self.app.idp().http.tries("GET", &ask, &headers, "").await.ok()?;
        let code = Callback::of(&answer).code();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &self.app.redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        let mut tokens = self.granted(&form).await?;
        self.tell(|told| {
            told.spent = Some(code.clone());
            (told.older, told.leaf) = (None, Some(tokens.refresh()));
        });
        for _ in 0..3 {
            let leaf = tokens.refresh();
            tokens = self.granted(&[("grant_type", "refresh_token"), ("refresh_token", &leaf)]).await?;
            self.refreshed.fetch_add(1, Ordering::SeqCst);
            self.tell(|told| (told.older, told.leaf) = (Some(leaf.clone()), Some(tokens.refresh())));
        }
        let given_back = tokens.access();
        let answer = self.app.tries("/revoke", &[("token", &given_back)]).await.ok()?;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.tell(|told| told.revoked = Some(given_back.clone()));
        Some(())
    }

    async fn granted(&self, form: &[(&str, &str)]) -> Option<Tokens> {
        Some(self.app.tries("/token", form).await.ok()?.is_granted())
    }

    fn tell(&self, what: impl Fn(&mut Told)) {
        what(&mut self.told.lock().unwrap());
        self.acknowledged.fetch_add(1, Ordering::SeqCst);
    }
}

/// A client, its person, and the code of their app that they signed in with.
struct Seat {
    app: Rp,
    person: Person,
    browser: Browser,
    used: String,
    told: Arc<Mutex<Told>>,
}

impl Seat {
    async fn taken(idp: &TestIdp, number: usize) -> Self {
        let app = idp.rp().with("scope", "openid offline_access").basic().await;
        let (person, browser) = (idp.person(&format!("person{number}")).await, idp.browser());
        let at_code = at_code(&app, &person, &browser).await;
        let used = person.next_code();
        let page = browser.submit(&at_code, "code-submit", &[("code", &used)]).await;
        Callback::of(&person.answers(&browser, page).await).code();
        Self { app, person, browser, used, told: Arc::default() }
    }

    /// Whatever was acknowledged is as the client was told.
    async fn finds_everything(&self) {
        let told = self.told.lock().unwrap().clone();
        let silent = self.browser.get(&self.app.ask().set("prompt", "none").url()).await;
        Callback::of(&silent).code();
        if let Some(access) = &told.revoked {
            assert_eq!(self.app.userinfo(access).await.status, 401, "a revoked token is alive again");
        }
        if let Some(leaf) = &told.leaf {
            self.app.refresh(leaf).await.is_granted();
        }
        if let Some(older) = &told.older {
            self.app.refresh(older).await.is_refused("invalid_grant");
            let leaf = told.leaf.as_deref().unwrap_or_default();
            self.app.refresh(leaf).await.is_refused("invalid_grant");
        }
        if let Some(code) = &told.spent {
            self.app.redeem(code).await.is_refused("invalid_grant");
        }
        let thief = self.app.idp().browser();
        let page = at_code(&self.app, &self.person, &thief).await;
        let again = thief.submit(&page, "code-submit", &[("code", &self.used)]).await;
        assert!(again.has("code"), "a code that was used lets somebody in: {again:?}");
    }
}

async fn at_code(app: &Rp, person: &Person, browser: &Browser) -> Answer {
    let page = browser.open(&app.ask().set("acr_values", "aal2").url()).await;
    let page = browser.submit(&page, "sign-in-submit", &[("username", &person.username)]).await;
    browser.submit(&page, "sign-in-submit", &[("password", &person.password)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_it_acknowledged() {
    each_installation(&[], async |place| {
        let idp = TestIdp::beside(place.clone()).await;
        let mut process = Process::serves(&place, &[]).await;
        let mark = idp.mark().await;
        let mut seats = Vec::new();
        for number in 0..CLIENTS {
            seats.push(Seat::taken(&idp, number).await);
        }
        let refreshed = Arc::new(AtomicUsize::new(0));
        for _ in 0..KILLS {
            let acknowledged = Arc::new(AtomicUsize::new(0));
            let mut working = JoinSet::new();
            for seat in &seats {
                let worker = Worker {
                    app: seat.app.clone(),
                    browser: seat.browser.clone(),
                    told: seat.told.clone(),
                    acknowledged: acknowledged.clone(),
                    refreshed: refreshed.clone(),
                };
                working.spawn(worker.works());
            }
            let enough = 40 + usize::from(random().as_bytes()[0]) / 2;
            soon("work", async || acknowledged.load(Ordering::SeqCst) >= enough).await;
            process.dies();
            working.join_all().await;
            process = Process::serves(&place, &[]).await;
            for seat in &seats {
                seat.finds_everything().await;
            }
        }
        let counts = idp.counts_since(mark).await;
        let acknowledged = refreshed.load(Ordering::SeqCst);
        assert!(counts["refresh.rotated"] >= acknowledged, "{acknowledged} were acknowledged: {counts:?}");
        // What the dead left is linked by the living.
        soon("the trail", async || {
            let verdict = vouchsafe::flows::audit::verify(&idp.operator(), &|_| ()).await.unwrap();
            assert_eq!(verdict.first_bad, None);
            verdict.unlinked == 0
        })
        .await;
        let verified = command(&place, "audit verify", &[]).output().unwrap();
        assert!(verified.status.success(), "{verified:?}");
        drop(process);
        idp.stop().await;
    })
    .await;
}

/// An answer that was lost on its way: the app asks again, and has what it would have had.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_hung_up_asks_again_and_has_one_living_leaf() {
    crate::idp::on_each_engine(async |idp| {
        let (rp, alice) = (idp.rp().basic().await, idp.person("alice").await);
        let mut leaf = rp.signs_in(&alice, &idp.browser()).await.refresh();
        for _ in 0..10 {
            let mut hung_up = JoinSet::new();
            for micros in [0, 300, 1_000, 3_000] {
                let (rp, leaf) = (rp.clone(), leaf.clone());
                hung_up.spawn(async move {
                    // Dropped in the middle: the connection is closed, whatever the provider is doing.
                    let limit = std::time::Duration::from_micros(micros);
                    tokio::time::timeout(limit, rp.refresh(&leaf)).await.ok();
                });
            }
            hung_up.join_all().await;
            leaf = rp.refresh(&leaf).await.is_granted().refresh();
        }
        let trail = idp.audit().await;
        assert!(!trail.has("refresh.replayed") && !trail.has("family.revoked"), "{:?}", trail.0);
        assert_eq!(trail.0.iter().filter(|kind| **kind == "refresh.rotated").count(), 10);
    })
    .await;
}

/// A command that is killed has created a whole person or nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_killed_in_the_middle_leaves_a_whole_person_or_nobody() {
    each_installation(&[], async |place| {
        let idp = TestIdp::beside(place.clone()).await;
        let mut there = 0;
        for number in 0..12 {
            let name = format!("person{number}");
            let words = format!("account create --username {name} --role patient --password-stdin");
            let mut create = command(&place, &words, &[]);
            let mut child = create.stdin(std::process::Stdio::piped()).spawn().unwrap();
            let password = format!("{}\n", crate::idp::PASSWORD);
            std::io::Write::write_all(&mut child.stdin.take().unwrap(), password.as_bytes()).unwrap();
            // Some are killed early, some late, and the last is not killed at all.
            if number < 11 {
                let limit = std::time::Duration::from_millis(20 * number + 10);
                let mut ended = async || {
                    while child.try_wait().unwrap().is_none() {
                        tokio::task::yield_now().await
                    }
                };
                tokio::time::timeout(limit, ended()).await.ok();
                child.kill().ok();
            }
            let acknowledged = child.wait().unwrap().success();
            let found = vouchsafe::flows::accounts::find(&idp.operator(), &name).await.unwrap();
            assert!(found.is_some() || !acknowledged, "{name} was acknowledged and is not there");
            if let Some(account) = found {
                there += 1;
                let ways = vouchsafe::flows::account::ways(&idp.operator(), &account.id).await.unwrap();
                assert_eq!(ways.len(), 1, "{name} has a password");
                let created = format!(
                    "SELECT count(*) FROM events WHERE kind = 'account.created' AND account = '{}'",
                    account.id
                );
                assert_eq!(place.count(&created).await, 1, "{name} stands in the trail");
            }
        }
        assert!(there >= 1, "the last one was not killed");
        assert!(command(&place, "audit verify", &[]).output().unwrap().status.success());
        idp.stop().await;
    })
    .await;
}
