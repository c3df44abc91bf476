//! Composition root: from a Config to a running App. The one place that chooses implementations.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::audit::{Actor, Flood};
use crate::base::{Clock, Entropy};
use crate::config::Config;
use crate::ephemeral::{Absent, Embedded, Ephemeral, Redis};
use crate::factors::password::Params;
use crate::factors::webauthn::Ceremonies;
use crate::flows::admin::{approvals as admin_approvals, enrolments};
use crate::flows::invitations::Letter;
use crate::flows::{
    Cx, Services, accounts, clients, imports, keys, logouts, models, pings, upkeep, verified, webhooks,
};
use crate::hashing::{Hashing, IDLE, Setup};
use crate::keys::seal::{IndexKey, MasterKey};
use crate::keys::{Algorithm, Authorities, KeyUse};
use crate::mail::{Catcher, Mailer, Outbox, Sender, Smtp};
use crate::oidc::details::Types;
use crate::outbound::Outbound;
use crate::store::audit::Sealer;
use crate::store::vault::{VAULT_MIGRATIONS, Vault};
use crate::store::{MIGRATIONS, Store};
use crate::telemetry::{self, Metrics};
pub use crate::web::dev::{Demo, Person};
use crate::web::tls::{Door, Identity};
use crate::web::{self, Web, health, listen, notice};

/// How often the heads of the audit chains are signed.
const CHECKPOINTS: Duration = Duration::from_secs(300);

/// How long the end may take when nobody is served any more.
const ENDING: Duration = Duration::from_secs(10);

/// How long the last answers have to reach the network.
const FLUSHING: Duration = Duration::from_secs(1);

/// The stores of an installation, opened.
pub struct Stores {
    /// Facts.
    pub store: Store,
    /// Data keys.
    pub keys: Store,
}

/// Where a program is reached.
pub struct Listeners {
    /// By browsers and apps.
    pub public: TcpListener,
    /// By operators.
    pub internal: TcpListener,
    /// By apps with certificates.
    pub certified: Option<TcpListener>,
}

/// A composed program: its services and what runs beside them.
pub struct App {
    /// What the use cases work with.
    pub services: Arc<Services>,
    /// Who brings mail out; nobody where no server is named.
    mailer: Option<Arc<dyn Mailer>>,
    /// Who we are where our own listeners speak TLS.
    identity: Option<Arc<Identity>>,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// The sealer ends last: requests in flight and the sweepers still record events.
    sealed: CancellationToken,
    sealing: TaskTracker,
}

/// Opens the database and the key store; says which is away.
pub async fn open_stores(config: &Config) -> Result<Stores> {
    let store = Store::open(config.database.url.expose()).await.context("database.url")?;
    let keys = Store::open(config.keys_url().expose()).await.context("keys.url")?;
    Ok(Stores { store, keys })
}

impl Stores {
    /// Applies what is missing in both; says what was applied.
    pub async fn migrate(&self) -> Result<Vec<&'static str>> {
        let mut applied = self.store.migrate(MIGRATIONS).await.context("database.url")?;
        applied.extend(self.keys.migrate(VAULT_MIGRATIONS).await.context("keys.url")?);
        Ok(applied)
    }

    /// What is missing in either.
    pub async fn pending(&self) -> Result<Vec<&'static str>> {
        let mut pending = self.store.pending(MIGRATIONS).await.context("database.url")?;
        pending.extend(self.keys.pending(VAULT_MIGRATIONS).await.context("keys.url")?);
        Ok(pending)
    }
}

/// Reads the two key files named by the settings.
pub fn read_key_files(config: &Config) -> Result<(MasterKey, IndexKey)> {
    let read = |path: &std::path::Path, key: &str| {
        std::fs::read_to_string(path).with_context(|| format!("{key}: cannot read {}", path.display()))
    };
    let master = config
        .secrets
        .master_key_file
        .as_deref()
        .ok_or_else(|| anyhow!("secrets.master_key_file is not set"))?;
    let index = config
        .secrets
        .index_key_file
        .as_deref()
        .ok_or_else(|| anyhow!("secrets.index_key_file is not set"))?;
    let master = MasterKey::from_file_text(&read(master, "secrets.master_key_file")?)?;
    let index = IndexKey::from_file_text(&read(index, "secrets.index_key_file")?)?;
    Ok((master, index))
}

/// Our certificate and key, where the settings name them.
fn identity(config: &Config) -> Result<Option<Arc<Identity>>> {
    match (&config.tls.certificate_file, &config.tls.key_file) {
        (Some(certificate), Some(key)) => {
            Identity::open(certificate, key).map(Some).map_err(|why| anyhow!(why))
        }
        _ => Ok(None),
    }
}

/// Who may vouch for the certificates of clients.
fn authorities(config: &Config) -> Result<Option<Authorities>> {
    let Some(path) = &config.server.client_ca_file else { return Ok(None) };
    let text = std::fs::read(path)
        .with_context(|| format!("server.client_ca_file: cannot read {}", path.display()))?;
    let read = Authorities::from_pem(&text).map_err(|why| anyhow!("server.client_ca_file: {why}"))?;
    Ok(Some(read))
}

/// The types of details apps may ask for.
fn details(config: &Config) -> Result<Types> {
    const KEY: &str = "requests.authorization_details_file";
    let Some(path) = &config.requests.authorization_details_file else { return Ok(Types::default()) };
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{KEY}: cannot read {}", path.display()))?;
    Types::parse(&text).map_err(|why| anyhow!("{KEY}: {}: {why}", path.display()))
}

async fn open_ephemeral(
    config: &Config,
    store: &Store,
    key: [u8; 32],
    entropy: &Entropy,
) -> Result<Arc<dyn Ephemeral>> {
    use crate::config::SessionsUrl;
    Ok(match &config.sessions.url {
        SessionsUrl::Embedded => Arc::new(Embedded::new(store.clone(), key, entropy.clone())),
        SessionsUrl::Redis(url) => {
            Arc::new(Redis::open(url.expose(), key, entropy.clone()).await.context("sessions.url")?)
        }
    })
}

impl App {
    /// Composes the services over migrated stores. `clock` and `entropy` are given so that tests may move time.
    pub async fn compose(config: Config, stores: Stores, clock: Clock, entropy: Entropy) -> Result<Self> {
        let keys = read_key_files(&config)?;
        let ephemeral = open_ephemeral(&config, &stores.store, keys.0.derive("ephemeral"), &entropy).await?;
        let mailer = mailer(&config)?.map(|smtp| Arc::new(smtp) as Arc<dyn Mailer>);
        let identity = identity(&config)?;
        Ok(Self { mailer, identity, ..Self::assemble(config, stores, keys, ephemeral, (clock, entropy))? })
    }

    /// As it is, but mail stays in the outbox and is marked as if it had been sent; for the demo.
    #[must_use]
    pub fn catching_mail(self) -> Self {
        Self { mailer: Some(Arc::new(Catcher)), ..self }
    }

    /// As `compose`, for a command: without the session store, which no command needs, so that an account can be
    /// disabled while Redis is away.
    pub fn compose_beside(config: Config, stores: Stores) -> Result<Self> {
        let keys = read_key_files(&config)?;
        Self::assemble(config, stores, keys, Arc::new(Absent), (Clock::System, Entropy::system()))
    }

    fn assemble(
        config: Config,
        stores: Stores,
        (master, index): (MasterKey, IndexKey),
        ephemeral: Arc<dyn Ephemeral>,
        (clock, entropy): (Clock, Entropy),
    ) -> Result<Self> {
        let master = Arc::new(master);
        let issuer = config.issuer.clone();
        let ceremonies = Ceremonies::new(&issuer, &config.organisation.name).map_err(|_| {
            anyhow!("issuer: passkeys need a host name, not an IP address; for trials use http://localhost")
        })?;
        let params =
            Params::new(config.hashing.memory_kib, config.hashing.iterations, config.hashing.parallelism)
                .ok_or_else(|| anyhow!("hashing: the cost is out of range"))?;
        let workers = match usize::try_from(config.hashing.workers)? {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            n => n,
        };
        let setup =
            Setup { params, idle: IDLE, ..Setup::new(workers, usize::try_from(config.hashing.queue)?) };
        let services = Arc::new(Services {
            issuer,
            vault: Vault::new(stores.keys, master.clone()),
            index,
            ephemeral,
            hashing: Hashing::start_with(setup)?,
            outbound: Outbound::new(&config.outbound).context("outbound.extra_ca_file")?,
            authorities: authorities(&config)?,
            details: details(&config)?,
            ceremonies,
            signing: keys::Signing::default(),
            models: models::Models::default(),
            policies: crate::flows::policies::Policies::default(),
            copies: crate::flows::audit::Copies::default(),
            verified: verified::Tokens::default(),
            clients: clients::Cache::default(),
            client_keys: crate::flows::client_keys::Published::default(),
            clock,
            entropy,
            flood: Mutex::new(Flood::default()),
            ended: tokio::sync::Notify::new(),
            later: TaskTracker::new(),
            refresh_key: master.derive("refresh tokens"),
            csrf_key: master.derive("csrf"),
            master,
            store: stores.store,
            config,
        });
        let (stop, sealed) = (CancellationToken::new(), CancellationToken::new());
        Ok(Self {
            services,
            mailer: None,
            identity: None,
            stop,
            tasks: TaskTracker::new(),
            sealed,
            sealing: TaskTracker::new(),
        })
    }

    /// A context for work the program does by itself, or for a command.
    pub fn cx(&self, actor: Actor) -> Cx {
        context(&self.services, actor)
    }

    /// What must be true before anybody is served: keys exist, erasures hold. Then the sweepers start.
    pub async fn start(&self) -> Result<()> {
        let cx = self.cx(Actor::System);
        keys::rotate_by_schedule(&cx).await.context("signing keys")?;
        // Keys of models that are out of use are refused from the first sign-in on.
        models::refresh(&cx).await?;
        // The replay marks' life begins now, not with the first assertion.
        self.services.ephemeral.epoch(cx.now).await.context("sessions.url")?;
        let again = accounts::reapply_erasures(&cx).await.context("erasures")?;
        if again > 0 {
            tracing::warn!(people = again, "erasures were applied again: a backup was restored");
        }
        self.every(Duration::from_secs(1), |services| async move {
            log_failure("flood", upkeep::drain_flood(&context(&services, Actor::System)).await);
        });
        self.every(Duration::from_secs(60), |services| async move {
            let cx = context(&services, Actor::System);
            log_failure("sweep", upkeep::sweep(&cx).await.map(|_| ()));
            log_failure("approvals", admin_approvals::sweep(&cx).await);
            log_failure("rotation", keys::rotate_by_schedule(&cx).await.map(|_| ()));
            if let Err(error) = models::refresh(&cx).await {
                tracing::error!(%error, "the FIDO metadata file read last stays in force");
            }
        });
        let stop = self.stop.clone();
        self.every(Duration::from_secs(1), move |services| {
            let stop = stop.clone();
            async move {
                let cx = context(&services, Actor::System);
                log_failure("imports", imports::work(&cx, &|| stop.is_cancelled()).await);
            }
        });
        self.every(Duration::from_secs(2), |services| async move {
            let cx = context(&services, Actor::System);
            log_failure("names", enrolments::index_some(&cx, 200).await.map(|_| ()));
        });
        let stop = self.stop.clone();
        self.every(Duration::from_secs(1), move |services| {
            let stop = stop.clone();
            async move {
                let cx = context(&services, Actor::System);
                log_failure("webhooks", webhooks::sweep(&cx, &stop).await.map(|_| ()));
            }
        });
        let stop = self.stop.clone();
        self.every(Duration::from_secs(1), move |services| {
            let stop = stop.clone();
            async move {
                let cx = context(&services, Actor::System);
                log_failure("pings", pings::sweep(&cx, &stop).await.map(|_| ()));
            }
        });
        self.tell_apps();
        self.adopt();
        if let Some(mailer) = &self.mailer {
            let outbox = Arc::new(self.outbox(mailer.clone()));
            self.every(Duration::from_secs(1), move |_| {
                let outbox = outbox.clone();
                async move { log_failure("mail", outbox.sweep().await.map(|_| ())) }
            });
        }
        let sealer = self.sealer().await.context("audit")?;
        let sealed = self.sealed.clone();
        self.sealing.spawn(sealer.run(CHECKPOINTS, async move { sealed.cancelled().await }));
        Ok(())
    }

    /// Apps hear of ended sessions: at once of a sign-out here, within a second of whatever else ended one.
    fn tell_apps(&self) {
        let (services, stop) = (self.services.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            while !stop.is_cancelled() {
                let cx = context(&services, Actor::System);
                log_failure("logouts", logouts::sweep(&cx, &stop).await.map(|_| ()));
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = services.ended.notified() => {}
                    () = tokio::time::sleep(Duration::from_secs(1)) => {}
                }
            }
        });
    }

    /// Accounts made by an older program get their place in the lists, once.
    fn adopt(&self) {
        let (services, stop) = (self.services.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            loop {
                let cx = context(&services, Actor::System);
                match enrolments::adopt_some(&cx, 200).await {
                    Ok(0) => break,
                    Ok(_) if !stop.is_cancelled() => {}
                    Ok(_) => break,
                    Err(error) => {
                        log_failure("lists", Err(error));
                        break;
                    }
                }
            }
        });
    }

    /// What brings the waiting mail to `mailer`, in the words of the pages.
    pub fn outbox(&self, mailer: Arc<dyn Mailer>) -> Outbox {
        let config = &self.services.config;
        let address = |address: &Option<crate::config::MailAddress>| {
            address.as_ref().map(|address| address.as_str().to_owned())
        };
        let host = config.issuer.host().to_owned();
        let sender = Sender {
            // Where nothing is really sent, nothing need be set.
            from: address(&config.mail.from).unwrap_or_else(|| format!("no-reply@{host}")),
            name: config.mail.from_name.clone(),
            reply_to: address(&config.mail.reply_to),
            host,
        };
        let config = config.clone();
        Outbox {
            store: self.services.store.clone(),
            vault: self.services.vault.clone(),
            clock: self.services.clock.clone(),
            entropy: self.services.entropy.clone(),
            mailer,
            sender,
            render: Box::new(move |message| notice::letter(notice::Sender::of(&config), message)),
            stop: self.stop.clone(),
        }
    }

    /// The sealer of this process's audit chain; signs with the key that is active at the time.
    pub async fn sealer(&self) -> Result<Sealer, crate::store::Error> {
        let services = self.services.clone();
        let sign = move |body: &[u8]| {
            let key =
                services.signing.latest(KeyUse::Trail, Algorithm::Es256).ok_or("no active signing key")?;
            let signature = key.sign_bytes(body).ok_or("the key did not sign")?;
            Ok((key.kid().to_owned(), signature))
        };
        let (store, clock) = (self.services.store.clone(), self.services.clock.clone());
        Sealer::begin(store, clock, self.services.entropy.clone(), Box::new(sign)).await
    }

    fn every<F, Fut>(&self, pause: Duration, work: F)
    where
        F: Fn(Arc<Services>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send,
    {
        let (services, stop) = (self.services.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            let mut ticks = tokio::time::interval(pause);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    () = stop.cancelled() => break,
                    _ = ticks.tick() => work(services.clone()).await,
                }
            }
        });
    }

    /// Serves the listeners until `stop` is cancelled, then finishes what is under way.
    pub async fn serve(&self, listeners: Listeners, metrics: Metrics, demo: Option<Demo>) -> Result<()> {
        let Listeners { public, internal, certified } = listeners;
        let door = self.identity.as_ref().map(Door::new).transpose().context("server.tls")?;
        let asking = self.identity.as_ref().map(Door::asking).transpose().context("server.tls")?;
        if let Some(identity) = self.identity.clone() {
            self.every(Duration::from_secs(60), move |_| {
                match identity.refresh() {
                    Ok(true) => tracing::info!("the certificate of server.tls was read again"),
                    Ok(false) => {}
                    Err(error) => tracing::error!(%error, "the certificate before stays in force"),
                }
                std::future::ready(())
            });
        }
        let recorder = metrics.clone();
        self.every(Duration::from_secs(5), move |services| {
            recorder.upkeep();
            async move { log_failure("gauges", upkeep::gauges(&context(&services, Actor::System)).await) }
        });
        let web = Web::new(self.services.clone(), demo);
        let under_way = web.under_way.clone();
        let inside = health::router(health::Inside { web: web.clone(), metrics });
        let for_apps = async {
            if let Some(certified) = certified {
                listen::serve(certified, web::router_for_apps(web.clone()), asking, self.stop.clone()).await;
            }
        };
        let served = async {
            tokio::join!(
                listen::serve(public, web::router(web.clone()), door, self.stop.clone()),
                listen::serve(internal, inside, None, self.stop.clone()),
                for_apps,
            );
        };
        // A connection on which no request came, or half of one, may stay open for long; nobody waits for it.
        let answered = async {
            self.stop.cancelled().await;
            under_way.close();
            under_way.wait().await;
            tokio::time::sleep(FLUSHING).await;
        };
        tokio::select! {
            () = served => {}
            () = answered => {}
        }
        Ok(())
    }

    /// The token that stops the listeners and the sweepers.
    pub fn stopper(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Ends the sweepers, writes what was only counted or comes after its answer, links it, closes the stores. To be
    /// called when nobody is served any more: what is recorded later is left to another process to link. Stores that
    /// do not answer are not waited for.
    pub async fn close(&self) {
        if tokio::time::timeout(ENDING, self.end()).await.is_err() {
            tracing::warn!("the stores do not answer; what is not linked is left to another process");
        }
    }

    async fn end(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.services.later.close();
        self.services.later.wait().await;
        log_failure("flood", upkeep::finish_flood(&self.cx(Actor::System)).await);
        self.sealed.cancel();
        self.sealing.close();
        self.sealing.wait().await;
        self.services.store.close().await;
        self.services.vault.store().close().await;
    }
}

/// A context of now.
pub fn context(services: &Arc<Services>, actor: Actor) -> Cx {
    let now = services.clock.now();
    let request = crate::base::EventId::new(now, &services.entropy).to_string();
    Cx { services: services.clone(), now, request, network: None, device: None, actor }
}

fn log_failure(what: &str, result: Result<(), crate::store::Error>) {
    if let Err(error) = result {
        tracing::warn!(what, %error, "upkeep failed and will be tried again");
    }
}

/// Opens the session store of the settings and asks it once: whether it is there, and whether it may be used.
pub async fn try_sessions(config: &Config, stores: &Stores) -> Result<()> {
    let (master, _) = read_key_files(config)?;
    let entropy = Entropy::system();
    let sessions = open_ephemeral(config, &stores.store, master.derive("ephemeral"), &entropy).await?;
    sessions.ping().await.context("sessions.url")
}

/// The mail server of the settings, if one is named; its certificates are read.
fn mailer(config: &Config) -> Result<Option<Smtp>> {
    let mail = &config.mail;
    let Some(url) = mail.smtp_url.clone() else { return Ok(None) };
    Ok(Some(Smtp::new(url, config.issuer.host(), mail.ca_file.as_ref())?))
}

/// Connects to the mail server of the settings, encrypts and signs in; says whether it was encrypted, and nothing where
/// no server is named.
pub async fn try_mail(config: &Config) -> Result<Option<bool>> {
    match mailer(config)? {
        Some(smtp) => Ok(Some(smtp.try_out().await.context("mail.smtp_url")?)),
        None => Ok(None),
    }
}

/// Whether the failure is that a store or a server does not answer.
pub fn is_away(error: &anyhow::Error) -> bool {
    use crate::{ephemeral, mail, store};
    error.chain().any(|cause| {
        matches!(cause.downcast_ref(), Some(store::Error::Unavailable(_)))
            || matches!(cause.downcast_ref(), Some(ephemeral::Error::Unavailable(_)))
            || cause.downcast_ref().is_some_and(mail::Failure::is_away)
    })
}

/// Whether the failure is that a session store answers and must not be used: a Redis that may evict keys.
pub fn is_unfit(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(crate::ephemeral::Error::Corrupt(_))))
}

/// Installs the metrics recorder once.
pub fn metrics() -> Result<Metrics> {
    telemetry::install().context("metrics")
}

/// A printed invitation, as text or as a page for a browser's printer.
pub fn letter(cx: &Cx, letter: &Letter, html: bool) -> String {
    let page = web::links::letter(cx, letter);
    if html { web::pages::render(&page) } else { page.as_text() }
}
