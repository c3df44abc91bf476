//! A whole Vouchsafe in this process: the real composition behind a real listener, on each engine, with a clock
//! that tests move. What only an operator can do (seed, disable, read the trail) is done here; people, browsers
//! and apps are in `actors` and know nothing but HTTP.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]
#![expect(dead_code, reason = "the actors' vocabulary; each test uses a part of it")]

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};
use tokio::net::TcpListener;
use vouchsafe::app::{App, context, open_stores};
use vouchsafe::audit::{Actor, Event};
use vouchsafe::base::{AccountId, ClientId, Clock, Entropy, OrganisationId, Role, Secret, Timestamp};
use vouchsafe::factors::totp;
use vouchsafe::flows::{Cx, accounts, clients};
use vouchsafe::identity::State;
use vouchsafe::keys::{KeyState, RsaBits, SigningKey, Slot};
use vouchsafe::store::signing_keys::{self, KeyRow};
use vouchsafe::web::{self, Web};

use crate::actors::{Browser, Http, Person, RpBuilder};
use crate::installation::{Installation, each_installation};
use crate::stacks::NOW;

/// Every test person's password.
pub const PASSWORD: &str = "quartz lantern 7 meadow";
/// What a request takes by the test's clock, in microseconds: events and sessions get an order.
const TICK: i64 = 1_000;

/// A running provider; cheap to clone.
#[derive(Clone)]
pub struct TestIdp(Arc<Running>);

/// What a running provider consists of.
pub struct Running {
    /// `sqlite` (embedded sessions) or `postgres` (with Redis).
    pub engine: &'static str,
    /// `http://localhost:PORT`.
    pub issuer: String,
    /// The composed program.
    pub app: App,
    /// Where it listens.
    pub address: SocketAddr,
    /// Plain HTTP without cookies.
    pub http: Http,
    /// What it runs on.
    pub place: Arc<Installation>,
}

impl std::ops::Deref for TestIdp {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.0
    }
}

/// Runs `test` against a provider of its own: SQLite with embedded sessions, then PostgreSQL with Redis if there
/// are servers.
pub async fn on_each_engine(test: impl AsyncFn(TestIdp)) {
    on_each_engine_with(&[], test).await;
}

/// As [`on_each_engine`], with settings as environment variables name them.
pub async fn on_each_engine_with(settings: &[(&str, &str)], test: impl AsyncFn(TestIdp)) {
    each_installation(settings, async |place| {
        let idp = TestIdp::start(place).await;
        test(idp.clone()).await;
        idp.stop().await;
    })
    .await;
}

/// Signing keys made once in this process: an RSA key takes a while to find.
fn ready_made_keys() -> &'static [(Slot, SigningKey, Vec<u8>)] {
    static KEYS: OnceLock<Vec<(Slot, SigningKey, Vec<u8>)>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let make = |slot: Slot| {
            let (key, der) = SigningKey::generate_sized(slot.algorithm, RsaBits::Bits2048, NOW).unwrap();
            (slot, key, der.expose().clone())
        };
        Slot::all().map(make).collect()
    })
}

/// The program over migrated stores with keys.
async fn composed(place: &Installation, clock: Clock) -> App {
    let config = place.config();
    let stores = open_stores(&config).await.unwrap();
    stores.migrate().await.unwrap();
    let app = App::compose(config, stores, clock, Entropy::system()).await.unwrap();
    insert_keys(&app.cx(Actor::System)).await;
    app
}

async fn insert_keys(cx: &Cx) {
    if !signing_keys::list(&cx.store).await.unwrap().is_empty() {
        return;
    }
    let rows: Vec<KeyRow> = ready_made_keys()
        .iter()
        .map(|(slot, key, der)| KeyRow {
            kid: key.kid().to_owned(),
            usage: slot.usage,
            algorithm: slot.algorithm,
            state: KeyState::Active,
            sealed: cx.master.seal(&format!("signing-key.{}", key.kid()), der),
            created_at: cx.now,
            state_since: cx.now,
        })
        .collect();
    let inserted = cx.store.write(rows, |w, rows| {
        Box::pin(async move {
            for row in rows {
                signing_keys::insert(w, row).await?;
            }
            Ok::<_, vouchsafe::store::Error>(())
        })
    });
    inserted.await.unwrap();
}

impl TestIdp {
    /// A node of the installation, in this process: the first at its issuer's own address, others beside it.
    pub async fn start(place: Arc<Installation>) -> Self {
        let listener = place.listener();
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let address = listener.local_addr().unwrap();
        let app = composed(&place, Clock::Set(place.clock.clone())).await;
        app.start().await.unwrap();
        let ticking = place.clone();
        let router = web::router(Web::new(app.services.clone(), None)).layer(axum::middleware::map_request(
            move |request: axum::extract::Request| {
                ticking.clock.fetch_add(TICK, Ordering::SeqCst);
                std::future::ready(request)
            },
        ));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let stop = app.stopper();
        tokio::spawn(async move {
            axum::serve(listener, service)
                .with_graceful_shutdown(async move { stop.cancelled().await })
                .await
                .unwrap();
        });
        Self::over(place, app, address)
    }

    /// An operator beside the process that serves the installation at its issuer's address: nothing is served here,
    /// and time is the system's.
    pub async fn beside(place: Arc<Installation>) -> Self {
        let app = composed(&place, Clock::System).await;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, place.port()));
        Self::over(place, app, address)
    }

    fn over(place: Arc<Installation>, app: App, address: SocketAddr) -> Self {
        let (engine, issuer) = (place.engine, place.issuer.clone());
        let http = Http::new(issuer.clone(), address);
        Self(Arc::new(Running { engine, issuer, app, address, http, place }))
    }

    /// Another node on the same stores.
    pub async fn another(&self) -> Self {
        Self::start(self.place.clone()).await
    }

    /// Ends the node; its sweepers finish and its events are linked.
    pub async fn stop(&self) {
        self.app.close().await;
    }

    /// Ends the node, and begins anew on the same stores.
    pub async fn restarted(&self) -> Self {
        self.stop().await;
        self.another().await
    }

    // ---- time

    /// The present, as the program sees it.
    pub fn now(&self) -> Timestamp {
        self.app.services.clock.now()
    }

    /// Lets time pass for the whole program.
    pub fn advance(&self, seconds: i64) {
        self.place.clock.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    // ---- actors

    /// An absolute URL of the provider.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// A browser with an empty cookie jar.
    pub fn browser(&self) -> Browser {
        Browser::new(self.clone())
    }

    /// An app about to be registered, with a host and a name of its own.
    pub fn rp(&self) -> RpBuilder {
        RpBuilder::new(self.clone(), self.place.counter.fetch_add(1, Ordering::SeqCst))
    }

    /// A patient with password and code app.
    pub async fn person(&self, username: &str) -> Person {
        self.person_as(username, Role::Patient, true, json!({})).await
    }

    /// A person of a role, with claims, with or without a code app.
    pub async fn person_as(&self, username: &str, role: Role, with_totp: bool, claims: Value) -> Person {
        let secret = with_totp.then(|| totp::Secret::generate(&Entropy::system()));
        let new = accounts::NewAccount {
            username: username.to_owned(),
            email: Some(format!("{username}@riverside.example")),
            role,
            claims: claims.as_object().cloned().unwrap_or_default(),
            password: Secret::new(PASSWORD.to_owned()),
            totp: secret.as_ref().map(|secret| secret.expose().to_vec()),
        };
        let account = accounts::create(&self.operator(), new).await.unwrap();
        self.tick();
        Person::new(self.clone(), account.id, username, PASSWORD, secret)
    }

    // ---- what only an operator can do

    /// A context of an operator at the host.
    pub fn operator(&self) -> Cx {
        context(&self.app.services, Actor::Host("tests".to_owned()))
    }

    /// A moment passes: what comes next is later than what was.
    pub fn tick(&self) {
        self.place.clock.fetch_add(TICK, Ordering::SeqCst);
    }

    /// Moves an app to an organisation; a second later everybody sees it.
    pub async fn moves_app(&self, id: &str, organisation: &OrganisationId) {
        self.place
            .sql(&format!("UPDATE clients SET organisation = '{organisation}' WHERE id = '{id}'"))
            .await;
        self.advance(1);
    }

    /// From now on an app counts as one that registered itself, without anybody's leave; a second later everybody sees it.
    pub async fn came_openly(&self, id: &str) {
        self.place.sql(&format!("UPDATE clients SET origin = 'open' WHERE id = '{id}'")).await;
        self.advance(1);
    }

    /// Registers a client and returns the answer.
    pub async fn register(&self, document: &Value) -> serde_json::Map<String, Value> {
        let answer = clients::create(&self.operator(), document).await.unwrap();
        self.tick();
        answer
    }

    /// Disables a client; a second later everybody sees it.
    pub async fn disable_client(&self, id: &str) {
        self.tick();
        assert!(
            clients::set_state(
                &self.operator(),
                &ClientId::from_text(id),
                vouchsafe::clients::ClientState::Disabled
            )
            .await
            .unwrap()
        );
        self.advance(1);
    }

    /// Disables or enables an account; a second later everybody sees it.
    pub async fn set_account(&self, id: &AccountId, state: State) {
        self.tick();
        assert!(accounts::set_state(&self.operator(), id, state).await.unwrap());
        self.advance(1);
    }

    /// Ends everything a person has open.
    pub async fn end_sessions(&self, id: &AccountId) {
        self.tick();
        accounts::end_sessions(&self.operator(), id).await.unwrap();
        self.advance(1);
    }

    // ---- the trail

    /// Writes the refusals that were only counted so far, and returns the moment: the trail is asked from there.
    pub async fn mark(&self) -> Timestamp {
        self.drain().await;
        self.tick();
        self.now()
    }

    /// Writes the refusals that are only counted so far, as the program does every second.
    pub async fn drain(&self) {
        let services = &self.app.services;
        let events = services.flood.lock().unwrap().finish(&services.entropy);
        let written =
            services.store.write(events, |w, events| Box::pin(vouchsafe::flows::record_all(w, events)));
        written.await.unwrap();
    }

    /// Every event since a mark, oldest first; of one moment sorted by kind.
    pub async fn events_since(&self, mark: Timestamp) -> Vec<Event> {
        self.drain().await;
        let from = Timestamp::from_seconds(mark.seconds());
        let filter = vouchsafe::store::audit::Filter { from: Some(from), ..Default::default() };
        let mut events =
            vouchsafe::store::audit::list(&self.app.services.store, &filter, 10_000).await.unwrap();
        events.retain(|event| event.at >= mark && event.kind.as_str() != "audit.checkpoint");
        events.sort_by_key(|event| (event.at, event.kind.as_str()));
        events
    }

    /// The kinds of the events since a mark.
    pub async fn kinds_since(&self, mark: Timestamp) -> Vec<&'static str> {
        self.events_since(mark).await.iter().map(|event| event.kind.as_str()).collect()
    }

    /// The whole trail.
    pub async fn audit(&self) -> Trail {
        Trail(self.kinds_since(NOW).await)
    }

    /// How many events of each kind there are.
    pub async fn counts_since(&self, mark: Timestamp) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for kind in self.kinds_since(mark).await {
            *counts.entry(kind).or_default() += 1;
        }
        counts
    }
}

/// The kinds of events, oldest first.
pub struct Trail(pub Vec<&'static str>);

impl Trail {
    /// Insists on the last events; those of one request stand in alphabetical order.
    #[track_caller]
    pub fn ends_with(&self, kinds: &[&str]) {
        let tail = &self.0[self.0.len().saturating_sub(kinds.len())..];
        assert_eq!(tail, kinds, "the whole trail: {:?}", self.0);
    }

    /// Whether there is such an event.
    pub fn has(&self, kind: &str) -> bool {
        self.0.contains(&kind)
    }
}
