//! Whole sign-ins as a browser makes them, pages included; and the crowd that keeps the hashing queue full.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinSet, LocalSet};
use vouchsafe::base::Clock;
use vouchsafe::factors::totp;

use crate::endpoints::{People, code};
use crate::http::{self, Connection, between};
use crate::installation::{CALLBACK, Client};
use crate::load::Run;
use crate::population::Person;

/// People who want their password checked at once: more than the queue (64) and the threads take.
const CROWD: usize = 96;
/// How long somebody of the crowd waits after a 503, in the crowd's impatience.
const IMPATIENCE: Duration = Duration::from_millis(100);

/// Where people sign in, and for which app.
#[derive(Clone)]
pub struct Door {
    /// Where the program answers.
    pub address: SocketAddr,
    /// The issuer's host.
    pub host: String,
    /// The app.
    pub client: Client,
}

/// A browser in the middle of a sign-in.
struct Browser<'a> {
    connection: &'a mut Connection,
    door: &'a Door,
    headers: String,
    interaction: String,
    csrf: String,
}

impl<'a> Browser<'a> {
    /// Comes from the app with no cookie, names the person, and stands before the password page.
    async fn begin(connection: &'a mut Connection, door: &'a Door, person: Person) -> Result<Self> {
        let n = person.0;
        let network = format!("x-forwarded-for: 10.{}.{}.{}\r\n", n >> 16 & 255, n >> 8 & 255, n & 255);
        let mut request = Vec::new();
        http::get(&mut request, &door.host, &door.client.authorize(""), &network);
        let answer = connection.exchange(&request).await?;
        let cookie = answer.is(303)?.cookie("vouchsafe-browser").context("no browser cookie")?;
        let headers = format!("{network}accept: text/html\r\ncookie: {cookie}\r\n");
        let to = answer.location()?;
        let interaction = between(to, "/i/", "/sign-in").with_context(|| to.to_owned())?.to_owned();
        let mut browser = Self { connection, door, headers, interaction, csrf: String::new() };
        browser.look("sign-in").await?;
        let name = person.username();
        browser.submit("sign-in", "username", &name).await?.is(303)?;
        Ok(browser)
    }

    fn at(&self, step: &str) -> String {
        format!("/i/{}/{step}", self.interaction)
    }

    /// Opens a page of the interaction.
    async fn look(&mut self, step: &str) -> Result<()> {
        let mut request = Vec::new();
        http::get(&mut request, &self.door.host, &self.at(step), &self.headers);
        let answer = self.connection.exchange(&request).await?;
        answer.is(200)?.hidden("csrf")?.clone_into(&mut self.csrf);
        Ok(())
    }

    /// Submits its form.
    async fn submit(&mut self, step: &str, field: &str, value: &str) -> Result<http::Answer<'_>> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("csrf", &self.csrf)
            .append_pair(field, value)
            .finish();
        let mut request = Vec::new();
        http::post(&mut request, &self.door.host, &self.at(step), &self.headers, &form);
        self.connection.exchange(&request).await
    }
}

/// A whole sign-in with password and code, up to the app's callback.
async fn sign_in(connection: &mut Connection, door: &Door, person: Person, steps: &Steps) -> Result<()> {
    let mut browser = Browser::begin(connection, door, person).await?;
    browser.look("password").await?;
    let to =
        browser.submit("password", "password", &person.password()).await?.is(303)?.location()?.to_owned();
    if to != browser.at("code") {
        bail!("person {} was sent to {to} after the password", person.0);
    }
    browser.look("code").await?;
    let code_typed = person.totp().code(steps.take(person)?);
    let answer = browser.submit("code", "code", &code_typed).await?;
    let to = answer.is(303)?.location()?;
    if !to.starts_with(CALLBACK) {
        bail!("person {} was sent to {to} after the code", person.0);
    }
    answer.cookie("vouchsafe-session").context("no session cookie")?;
    code(to).map(|_| ())
}

/// The time steps people used up: each is accepted once.
#[derive(Default)]
pub struct Steps(RefCell<HashMap<u64, i64>>);

impl Steps {
    fn next(&self, person: Person) -> (i64, i64) {
        let current = totp::step(Clock::System.now());
        let used = self.0.borrow().get(&person.0).copied();
        (current, used.map_or(current, |used| current.max(used + 1)))
    }

    /// Whether the person has a code left now.
    fn has(&self, person: Person) -> bool {
        let (current, next) = self.next(person);
        next <= current + 1
    }

    fn take(&self, person: Person) -> Result<i64> {
        let (current, next) = self.next(person);
        if next > current + 1 {
            bail!("person {} has no code left", person.0);
        }
        self.0.borrow_mut().insert(person.0, next);
        Ok(next)
    }
}

/// Runs whole sign-ins on some connections until the time is over; those under way are finished.
pub fn sign_ins(
    runtime: &Runtime,
    door: &Door,
    people: &Rc<People>,
    steps: &Rc<Steps>,
    connections: usize,
    length: Duration,
) -> Result<Run> {
    let local = LocalSet::new();
    let all = local.run_until(async {
        let (begun, mut tasks) = (Instant::now(), JoinSet::new());
        for _ in 0..connections {
            let (door, people, steps) = (door.clone(), people.clone(), steps.clone());
            tasks.spawn_local(async move {
                let mut connection = Connection::open(door.address).await?;
                let mut latencies = Vec::new();
                while begun.elapsed() < length {
                    let ready = (0..100).map(|_| people.next()).find(|person| steps.has(*person));
                    let person = ready.context("too few accounts: everybody used up their codes")?;
                    let asked = Instant::now();
                    sign_in(&mut connection, &door, person, &steps).await?;
                    latencies.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
                }
                Ok::<_, anyhow::Error>(latencies)
            });
        }
        let mut run = Run::default();
        while let Some(done) = tasks.join_next().await {
            run.latencies.append(&mut done??);
        }
        run.seconds = begun.elapsed().as_secs_f64();
        Ok(run)
    });
    runtime.block_on(all)
}

/// Checks that a loaded session is accepted at the person's own pages.
pub async fn shows_account(door: &Door, person: Person) -> Result<()> {
    let mut connection = Connection::open(door.address).await?;
    let cookie = format!("cookie: vouchsafe-session={}\r\n", person.session().expose());
    let mut request = Vec::new();
    http::get(&mut request, &door.host, "/account/", &cookie);
    let answer = connection.exchange(&request).await?;
    let name = person.name();
    if !answer.is(200)?.body.contains(&name) {
        bail!("the page of {name} does not name them");
    }
    Ok(())
}

// ---- the crowd

/// People who hammer at their passwords from a thread of their own, until they are told to stop.
pub struct Crowd {
    stop: Arc<AtomicBool>,
    hashed: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
    begun: Instant,
    thread: JoinHandle<Result<()>>,
}

impl Crowd {
    /// Sends them in.
    pub fn gather(door: &Door, count: u64) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (hashed, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let member = Member {
            door: door.clone(),
            stop: stop.clone(),
            hashed: hashed.clone(),
            refused: refused.clone(),
        };
        let thread = std::thread::Builder::new().name("crowd".to_owned()).spawn(move || {
            let people = Rc::new(People::of(count));
            let local = LocalSet::new();
            let mut tasks = JoinSet::new();
            for _ in 0..CROWD {
                tasks.spawn_local_on(member.clone().hammer(people.clone()), &local);
            }
            let all = local.run_until(async {
                while let Some(done) = tasks.join_next().await {
                    done??;
                }
                Ok(())
            });
            Builder::new_current_thread().enable_all().build()?.block_on(all)
        })?;
        Ok(Self { stop, hashed, refused, begun: Instant::now(), thread })
    }

    /// Whether the queue refused somebody already, and nobody of the crowd failed.
    pub fn is_full(&self) -> bool {
        self.refused.load(Ordering::Relaxed) > 0 || self.thread.is_finished()
    }

    /// Sends them home; answers the hashes and the refusals a second.
    pub fn disperse(self) -> Result<(f64, f64)> {
        let seconds = self.begun.elapsed().as_secs_f64();
        let figures =
            [&self.hashed, &self.refused].map(|count| count.load(Ordering::Relaxed) as f64 / seconds);
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow!("the crowd panicked"))??;
        Ok(figures.into())
    }
}

#[derive(Clone)]
struct Member {
    door: Door,
    stop: Arc<AtomicBool>,
    hashed: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
}

impl Member {
    async fn hammer(self, people: Rc<People>) -> Result<()> {
        let mut connection = Connection::open(self.door.address).await?;
        while !self.stop.load(Ordering::Relaxed) {
            let person = people.next();
            let mut browser = Browser::begin(&mut connection, &self.door, person).await?;
            while !self.stop.load(Ordering::Relaxed) {
                let answer = browser.submit("password", "password", &person.password()).await?;
                match answer.status {
                    303 => {
                        self.hashed.fetch_add(1, Ordering::Relaxed);
                        break;
                    }
                    503 => {
                        self.refused.fetch_add(1, Ordering::Relaxed);
                        tokio::time::sleep(IMPATIENCE).await;
                    }
                    _ => answer.is(303).map(|_| ())?,
                }
            }
        }
        Ok(())
    }
}
