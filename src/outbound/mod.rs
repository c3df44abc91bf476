//! The guarded HTTP client: whatever this service calls by itself passes here.
//!
//! https alone, no redirect followed, no proxy, a limit of time and of size. It resolves names itself and connects only to
//! addresses it has judged, so that a name that leads elsewhere a moment later (DNS rebinding) gains nothing. What is not
//! public is refused unless the settings allow it. It must not know what is fetched, nor why.

mod addresses;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, RequestBuilder, Response};
use url::{Host, Url};

pub use addresses::is_public;

use crate::config::{self, Allowed};

/// How names become addresses: the system's resolver, or a test's own.
pub type Lookup =
    Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> + Send + Sync>;

/// How long a call may take, and how much of an answer is read.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Until the connection stands.
    pub connect: Duration,
    /// Until the answer was read.
    pub whole: Duration,
    /// Most bytes of an answer's body.
    pub bytes: usize,
}

/// What is borne unless somebody says otherwise.
pub const BOUNDS: Bounds =
    Bounds { connect: Duration::from_secs(5), whole: Duration::from_secs(10), bytes: 64 * 1024 };

crate::base::words::words! {
    /// Why a call brought no answer. It names no address: whoever reads it may not know our networks.
    Failure {
        /// The URL, or what it leads to, is not one this service calls.
        NotAllowed = "not_allowed",
        /// The name leads nowhere.
        Unknown = "unknown_host",
        /// Nobody listens there.
        Connect = "connect",
        /// The other side does not prove that it is who the URL names.
        Tls = "tls",
        /// It took too long.
        Silence = "timeout",
        /// The answer is longer than anybody wants to read.
        TooLong = "too_long",
        /// What came is no HTTP, or broke off.
        Broken = "broken",
    }
}

impl std::error::Error for Failure {}

/// Where somebody may be called, as far as the text says: absolute http or https, without user and fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Url);

impl Target {
    /// Most bytes of a URL.
    const LONGEST: usize = 2_000;

    /// Reads a URL. Whether it is allowed is another question, see [`Outbound::admits`].
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let url = Url::parse(text).ok().filter(|_| text.len() <= Self::LONGEST)?;
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let host = url.host_str().is_some_and(|host| !host.is_empty());
        (plain && host && matches!(url.scheme(), "https" | "http")).then_some(Self(url))
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host alone, for pages and events.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Scheme, host and port alone: path and query may be what their owner takes for a secret.
    pub fn masked(&self) -> String {
        format!("{}/…", self.0.origin().ascii_serialization())
    }

    /// The address the URL names, where it names one.
    fn address(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
        }
    }
}

/// An answer, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// What it says it is, in small letters and without parameters; empty where it says nothing.
    pub media: String,
    /// The body, at most as long as was borne.
    pub body: Vec<u8>,
}

/// The client. Cheap to make; certificates are read when it first calls.
pub struct Outbound {
    guard: Guard,
    extra: Vec<Certificate>,
    bounds: Bounds,
    client: OnceLock<Option<Client>>,
}

impl Outbound {
    /// As the settings say; reads the file of extra certificates.
    pub fn new(settings: &config::Outbound) -> io::Result<Self> {
        let extra = settings.extra_ca_file.as_deref().map(certificates).transpose()?.unwrap_or_default();
        let guard = Guard { allowed: Arc::new(settings.allow.clone()), lookup: Arc::new(system) };
        Ok(Self { guard, extra, bounds: BOUNDS, client: OnceLock::new() })
    }

    /// As it is, with names resolved by `lookup`.
    #[must_use]
    pub fn resolving(self, lookup: Lookup) -> Self {
        Self { guard: Guard { lookup, ..self.guard }, client: OnceLock::new(), ..self }
    }

    /// As it is, within other bounds.
    #[must_use]
    pub fn within(self, bounds: Bounds) -> Self {
        Self { bounds, client: OnceLock::new(), ..self }
    }

    /// Whether a target would be called now. A name that leads nowhere yet is not refused.
    pub async fn admits(&self, target: &Target) -> Result<(), Failure> {
        self.guard.admits(target)?;
        match target.address() {
            Some(_) => Ok(()),
            None => match self.guard.resolve(target.host().to_owned()).await {
                Err(Failure::NotAllowed) => Err(Failure::NotAllowed),
                Ok(_) | Err(_) => Ok(()),
            },
        }
    }

    /// Posts a body and reads the answer.
    pub async fn post(
        &self,
        target: &Target,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<Answer, Failure> {
        let mut request = self.calling(target, |client, url| client.post(url).body(body))?;
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        read(request.send().await, self.bounds.bytes).await
    }

    /// Fetches what stands at a target, of at most `bytes` bytes; `accept` says what is hoped for. A redirect is an answer
    /// like any other, so whoever fetches looks at the status.
    pub async fn get(&self, target: &Target, accept: &'static str, bytes: usize) -> Result<Answer, Failure> {
        let request = self.calling(target, |client, url| client.get(url).header(ACCEPT, accept))?;
        read(request.send().await, bytes).await
    }

    /// A call that may be made. The resolver judges names; an address in the URL never passes it.
    fn calling(
        &self,
        target: &Target,
        make: impl FnOnce(&Client, Url) -> RequestBuilder,
    ) -> Result<RequestBuilder, Failure> {
        self.guard.admits(target)?;
        Ok(make(self.client().ok_or(Failure::Tls)?, target.0.clone()))
    }

    fn client(&self) -> Option<&Client> {
        let built = self.client.get_or_init(|| {
            let builder = Client::builder()
                .user_agent(concat!("vouchsafe/", env!("CARGO_PKG_VERSION")))
                .redirect(Policy::none())
                .no_proxy()
                .http1_only()
                // Each call is judged by itself.
                .pool_max_idle_per_host(0)
                .connect_timeout(self.bounds.connect)
                .timeout(self.bounds.whole)
                .dns_resolver(self.guard.clone())
                .tls_certs_merge(self.extra.clone());
            builder
                .build()
                .inspect_err(|error| tracing::error!(%error, "nobody can be called: no certificates"))
                .ok()
        });
        built.as_ref()
    }
}

/// Reads an answer as far as it is borne.
async fn read(sent: reqwest::Result<Response>, bytes: usize) -> Result<Answer, Failure> {
    let mut response = sent.map_err(|error| failure(&error))?;
    let status = response.status().as_u16();
    let media =
        response.headers().get(CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + piece.len() > bytes {
            return Err(Failure::TooLong);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Answer { status, media, body })
}

/// What may be called.
#[derive(Clone)]
struct Guard {
    allowed: Arc<Allowed>,
    lookup: Lookup,
}

impl Guard {
    /// What the URL alone tells: the scheme, and the address where it names one.
    fn admits(&self, target: &Target) -> Result<(), Failure> {
        let (admitted, plain) = match target.address() {
            Some(address) => (self.reaches(address), self.allowed.holds(address)),
            None => (true, self.allowed.names(target.host())),
        };
        let scheme = target.0.scheme() == "https" || plain;
        if admitted && scheme { Ok(()) } else { Err(Failure::NotAllowed) }
    }

    fn reaches(&self, address: IpAddr) -> bool {
        is_public(address) || self.allowed.holds(address)
    }

    /// The addresses of a name, if every one of them may be reached.
    async fn resolve(&self, name: String) -> Result<Vec<IpAddr>, Failure> {
        let found = (self.lookup)(name.clone()).await.map_err(|_| Failure::Unknown)?;
        if found.is_empty() {
            return Err(Failure::Unknown);
        }
        let admitted = self.allowed.names(&name) || found.iter().all(|address| self.reaches(*address));
        if admitted { Ok(found) } else { Err(Failure::NotAllowed) }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = Self::resolve(&guard, name.as_str().to_owned()).await?;
            // Port 0: the URL's.
            Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

/// Names looked up at once.
static LOOKUPS: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(16);

/// The system's resolver.
fn system(name: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
    Box::pin(async move {
        // Names that never answer hold few threads, and leave the rest to the stores and the mail.
        let full = |_| io::Error::from(io::ErrorKind::ResourceBusy);
        let turn = LOOKUPS.acquire().await.map_err(full)?;
        let found = tokio::spawn(async move {
            let found =
                tokio::net::lookup_host((name.as_str(), 0)).await.map(|found| found.collect::<Vec<_>>());
            drop(turn);
            found
        });
        let found = found.await.map_err(io::Error::other)??;
        Ok(found.into_iter().map(|address| address.ip()).collect())
    })
}

fn certificates(path: &Path) -> io::Result<Vec<Certificate>> {
    let unfit =
        |why: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", path.display()));
    let text = std::fs::read(path).map_err(|error| unfit(error.to_string()))?;
    let found = Certificate::from_pem_bundle(&text).map_err(|_| unfit("holds no certificates".to_owned()))?;
    if found.is_empty() { Err(unfit("holds no certificates".to_owned())) } else { Ok(found) }
}

/// The word for what the client says; the guard's own refusal lies somewhere below.
fn failure(error: &reqwest::Error) -> Failure {
    let mut below: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = below {
        if let Some(ours) = cause.downcast_ref::<Failure>() {
            return *ours;
        }
        let Some(io) = cause.downcast_ref::<io::Error>() else {
            below = cause.source();
            continue;
        };
        if io.kind() == io::ErrorKind::InvalidData {
            return Failure::Tls;
        }
        // What an I/O error wraps is not its source, but that one's.
        below = io.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static));
    }
    match error {
        error if error.is_timeout() => Failure::Silence,
        error if error.is_connect() => Failure::Connect,
        _ => Failure::Broken,
    }
}
