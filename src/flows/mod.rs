//! Use cases: one function per request, phases in order. They know the domain and the stores, and nothing of HTTP.

pub mod account;
pub mod accounts;
pub mod activation;
pub mod admin;
pub mod answer;
pub mod audit;
pub mod authorize;
pub mod ceremony;
pub mod ciba;
pub mod client_auth;
mod client_credentials;
pub mod client_keys;
pub mod clients;
pub mod codes;
pub mod consent;
pub mod courier;
pub mod device;
pub mod dpop;
pub mod elsewhere;
mod encryption;
pub mod enrol;
mod exchange;
pub mod finish;
pub mod hub;
pub mod imports;
pub mod interaction;
pub mod introspection;
pub mod invitations;
pub mod keys;
pub mod lent;
pub mod links;
pub mod living;
pub mod logout;
pub mod logouts;
pub mod models;
pub mod new_password;
pub mod not_me;
pub mod notify;
pub mod once;
pub mod par;
pub mod parking;
pub mod passkey;
pub mod password;
pub mod pings;
pub mod policies;
pub mod recovery;
pub mod register;
pub mod registration;
pub mod request_object;
pub mod reset;
pub mod revocation;
pub mod sessions;
pub mod throttle;
pub mod token;
pub mod upkeep;
pub mod userinfo;
pub mod verified;
pub mod webhooks;

use std::sync::{Arc, Mutex};

use tokio_util::task::TaskTracker;

use crate::audit::{Actor, Event, Flood, Kind, Outcome};
use crate::base::url::Issuer;
use crate::base::{
    AccountId, ClientId, Clock, Digest, Entropy, EventId, OrganisationId, SessionId, Timestamp,
};
use crate::config::Config;
use crate::ephemeral::{self, Ephemeral};
use crate::factors::webauthn::Ceremonies;
use crate::hashing::{Busy, Hashing};
use crate::identity::LinkStanding;
use crate::keys::Authorities;
use crate::keys::seal::{IndexKey, MasterKey};
use crate::oidc::{self, Code};
use crate::outbound::Outbound;
use crate::store::vault::Vault;
use crate::store::{self, Store, Writer};

/// What every use case works with; made once by `app`.
pub struct Services {
    /// Settings.
    pub config: Config,
    /// The issuer, from the settings.
    pub issuer: Issuer,
    /// SQL.
    pub store: Store,
    /// Data keys.
    pub vault: Vault,
    /// Seals what belongs to the installation, not to a person.
    pub master: Arc<MasterKey>,
    /// Digests identifiers for look-up.
    pub index: IndexKey,
    /// Sessions, interactions, codes, marks, counters.
    pub ephemeral: Arc<dyn Ephemeral>,
    /// The Argon2id threads.
    pub hashing: Hashing,
    /// Whatever is called outside.
    pub outbound: Outbound,
    /// Types of details that apps may ask for.
    pub details: oidc::details::Types,
    /// Who may vouch for the certificates of clients.
    pub authorities: Option<Authorities>,
    /// WebAuthn.
    pub ceremonies: Ceremonies,
    /// Signing keys, at most a second old.
    pub signing: keys::Signing,
    /// What is known of models of keys.
    pub models: models::Models,
    /// The policy in force, at most a second old.
    pub policies: policies::Policies,
    /// Copies of the trail under way.
    pub copies: audit::Copies,
    /// Access tokens whose signature was checked.
    pub verified: verified::Tokens,
    /// Parsed clients, at most a second old.
    pub clients: clients::Cache,
    /// Keys that clients publish at an address of theirs.
    pub client_keys: client_keys::Published,
    /// Time.
    pub clock: Clock,
    /// Chance.
    pub entropy: Entropy,
    /// Refusals before anybody is authenticated, counted.
    pub flood: Mutex<Flood>,
    /// A session ended: apps that want to hear of it are told at once, and not only when it is looked for what is due.
    pub ended: tokio::sync::Notify,
    /// What is written after its answer; waited for before the stores close.
    pub later: TaskTracker,
    /// Makes the bodies of refresh tokens.
    pub refresh_key: [u8; 32],
    /// Makes anti-forgery values.
    pub csrf_key: [u8; 32],
}

/// One operation: the services, the moment it began, and where it came from.
#[derive(Clone)]
pub struct Cx {
    /// What every use case works with.
    pub services: Arc<Services>,
    /// Read once.
    pub now: Timestamp,
    /// Reference shown to people and written to the log and the trail.
    pub request: String,
    /// The caller's network, /32 or /64, as text.
    pub network: Option<String>,
    /// The caller's browser and system in words, as far as it told.
    pub device: Option<String>,
    /// Who acts, for commands and consoles; people in flows are named by their accounts.
    pub actor: Actor,
}

impl std::ops::Deref for Cx {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

impl Cx {
    /// The same operation at a later moment: after a wait that may be long (for a hash), what is ended must not end as of
    /// the request's beginning, or what was granted meanwhile would outlive it.
    pub fn by_now(&self) -> Self {
        Self { now: self.services.clock.now(), ..self.clone() }
    }

    /// What the checks of authorization requests ask of this place.
    pub fn here(&self) -> oidc::authorize::Here<'_> {
        oidc::authorize::Here { issuer: self.issuer.as_str(), details: &self.details }
    }

    /// An event of now, from here.
    pub fn event(&self, kind: Kind, outcome: Outcome) -> Event {
        Event {
            id: EventId::new(self.now, &self.entropy),
            at: self.now,
            kind,
            outcome,
            organisation: OrganisationId::root(),
            placed: false,
            actor: self.actor.clone(),
            account: None,
            client: None,
            session: None,
            network: self.network.clone(),
            request: Some(self.request.clone()),
            reason: None,
            detail: None,
            sealed: None,
        }
    }

    /// A success concerning a person.
    pub fn done(&self, kind: Kind, account: &AccountId) -> Event {
        let mut event = self.event(kind, Outcome::Ok);
        event.account = Some(account.clone());
        if matches!(event.actor, Actor::Anonymous) {
            event.actor = Actor::Account(account.clone());
        }
        event
    }

    /// A refusal with a stable machine word.
    pub fn refusal(&self, kind: Kind, reason: &str) -> Event {
        let mut event = self.event(kind, Outcome::Refused);
        event.reason = Some(reason.to_owned());
        event
    }

    /// Writes one event in a transaction of its own; for refusals, where nothing else changes.
    pub async fn record(&self, event: Event) -> Result<(), store::Error> {
        self.store.record(&event).await
    }

    /// Writes an event after the answer, so that a refusal of a known name takes no longer than of an unknown one.
    pub fn record_later(&self, event: Event) {
        let cx = self.clone();
        self.later.spawn(async move {
            if let Err(error) = cx.record(event).await {
                tracing::error!(%error, "a refusal could not be recorded");
            }
        });
    }

    /// Counts a refusal before anybody is authenticated; the second's total becomes one event.
    pub fn note(&self, kind: Kind, client: Option<&ClientId>) {
        if let Ok(mut flood) = self.flood.lock() {
            flood.note(kind, self.network.clone(), client.cloned(), self.now);
        }
    }

    /// An anti-forgery value for forms of this browser or session.
    pub fn csrf(&self, bound_to: &Digest) -> String {
        let mac = crate::keys::seal::derive_mac(&self.csrf_key, &[b"csrf", bound_to.as_bytes()]);
        Digest::from_bytes(mac).to_base64url()
    }

    /// The digest under which an identifier is looked up.
    pub fn identifier_digest(&self, canonical: &str) -> Digest {
        self.index.digest("identifier", canonical)
    }
}

/// Extra words for events.
pub trait About {
    /// Names the person.
    fn person(self, account: &AccountId) -> Self;
    /// Names the client.
    fn app(self, client: &ClientId) -> Self;
    /// Names the session.
    fn sid(self, session: &SessionId) -> Self;
    /// Names the organisation.
    fn within(self, organisation: &OrganisationId) -> Self;
    /// Adds machine-readable detail.
    fn with(self, detail: serde_json::Value) -> Self;
}

impl About for Event {
    fn person(mut self, account: &AccountId) -> Self {
        self.account = Some(account.clone());
        self
    }

    fn app(mut self, client: &ClientId) -> Self {
        self.client = Some(client.clone());
        self
    }

    fn sid(mut self, session: &SessionId) -> Self {
        self.session = Some(session.clone());
        self
    }

    fn within(mut self, organisation: &OrganisationId) -> Self {
        self.organisation = organisation.clone();
        self.placed = true;
        self
    }

    fn with(mut self, detail: serde_json::Value) -> Self {
        self.detail = Some(detail);
        self
    }
}

/// Why a page cannot go on. Each is a page of its own, with the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The interaction is unknown or too old.
    #[error("the interaction has expired")]
    Expired,
    /// The link was used, taken back, or is too old.
    #[error("the link works no more: {0:?}")]
    LinkOver(LinkStanding),
    /// Somebody else is signed in at this browser than the one a link was sent to.
    #[error("somebody else is signed in")]
    OtherPerson,
    /// Nobody was sent this link.
    #[error("nobody was sent this link")]
    LinkUnknown,
    /// The interaction was finished.
    #[error("the interaction was finished")]
    Finished,
    /// It belongs to another browser, or the browser kept no cookie.
    #[error("the interaction belongs to another browser")]
    OtherBrowser,
    /// The form did not come from our own page.
    #[error("the form was not ours")]
    Forged,
    /// The form is of an earlier sign-in.
    #[error("the form was of an earlier sign-in")]
    StaleForm,
    /// Too many failures; until when, if it ends by itself.
    #[error("too many failures")]
    Throttled(Option<Timestamp>),
    /// Too many failures from this network; until when.
    #[error("too many failures from this network")]
    NetworkThrottled(Timestamp),
    /// Nothing the person has leads on.
    #[error("no way to sign in is left")]
    Stuck,
    /// The hashing queue is full.
    #[error("busy")]
    Busy(i64),
    /// A store is away.
    #[error("a store is away")]
    Unavailable,
    /// Nobody is signed in, or not strongly enough.
    #[error("not signed in")]
    SignedOut,
    /// No such thing.
    #[error("not found")]
    NotFound,
    /// The request makes no sense; a stable machine word.
    #[error("bad request: {0}")]
    Bad(&'static str),
}

/// A store failed: logged once, here, where the private half turns into the public one.
fn unavailable(what: &dyn std::fmt::Display) {
    tracing::error!(error = %what, "a store did not answer");
}

impl From<store::Error> for PageError {
    fn from(error: store::Error) -> Self {
        unavailable(&error);
        Self::Unavailable
    }
}

impl From<ephemeral::Error> for PageError {
    fn from(error: ephemeral::Error) -> Self {
        unavailable(&error);
        Self::Unavailable
    }
}

impl From<Busy> for PageError {
    fn from(busy: Busy) -> Self {
        Self::Busy(busy.retry_after)
    }
}

impl From<store::Error> for oidc::Error {
    fn from(error: store::Error) -> Self {
        unavailable(&error);
        Self::new(
            Code::TemporarilyUnavailable,
            "Something this service needs is away. Try again soon.",
            "store",
        )
    }
}

impl From<ephemeral::Error> for oidc::Error {
    fn from(error: ephemeral::Error) -> Self {
        unavailable(&error);
        Self::new(
            Code::TemporarilyUnavailable,
            "Something this service needs is away. Try again soon.",
            "ephemeral",
        )
    }
}

/// Writes several events inside a change.
pub async fn record_all(w: &mut Writer, events: &[Event]) -> Result<(), store::Error> {
    for event in events {
        w.record(event).await?;
    }
    Ok(())
}
