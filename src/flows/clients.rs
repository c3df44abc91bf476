//! Clients: registered by administrators, cached for at most a second.

pub mod fetched;
pub mod list;
mod origins;
pub mod settings;
pub mod shown;
pub mod trial;
pub mod watch;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use self::fetched::NotSeen;
use self::origins::Origins;
use self::settings::{Unchanged, Within};
use super::admin::{self, AdminActor};
use super::{About, Cx};
use crate::audit::{Event, Kind, Outcome};
use crate::base::{ClientId, Digest, OrganisationId, Timestamp, Token, TokenKind};
use crate::clients::logo::Logo;
use crate::clients::{
    AuthenticatedClient, Client, ClientSecret, ClientState, Metadata, Policy, Stage, metadata, secret, sector,
};
use crate::duties::Rank;
use crate::keys::SharedSecret;
use crate::keys::seal::MasterKey;
use crate::store::clients::Switched;
use crate::store::{self, clients, logos};

/// How long a parsed client is used, in microseconds: a command's change is seen within a second.
const FRESH: i64 = 900_000;
/// Most clients remembered.
const MOST: usize = 4_096;

/// How often the use of a client is written down, in microseconds.
const USE_EVERY: i64 = 60_000_000;

/// When a client was read, and what was found.
type Kept = (Timestamp, Option<Arc<Client>>);

/// Clients parsed once a second at most.
#[derive(Default)]
pub struct Cache {
    kept: Mutex<HashMap<ClientId, Kept>>,
    origins: Mutex<Origins>,
    used: Mutex<HashMap<(ClientId, String), Timestamp>>,
    waiting: watch::Waiting,
    watched: AtomicBool,
}

impl Cache {
    /// A client by its id, at most a second old.
    pub async fn find(&self, cx: &Cx, id: &ClientId) -> Result<Option<Arc<Client>>, store::Error> {
        if let Some(kept) = self.kept(id, cx.now) {
            return Ok(kept);
        }
        let found = clients::find(&cx.store, id).await?.map(Arc::new);
        if found.as_ref().is_some_and(|client| client.is_watched(cx.now)) {
            self.watched.store(true, Ordering::Relaxed);
        }
        if let Ok(mut kept) = self.kept.lock() {
            if kept.len() >= MOST {
                kept.clear();
            }
            kept.insert(id.clone(), (cx.now, found.clone()));
        }
        Ok(found)
    }

    /// What is in memory of a client, however old: for what is written down beside a request.
    pub(super) fn remembered(&self, id: &ClientId) -> Option<Option<Arc<Client>>> {
        Some(self.kept.lock().ok()?.get(id)?.1.clone())
    }

    /// Whether this process ever met a client that is watched.
    fn has_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }

    /// The origins of every enabled client's redirect URIs, at most a second old: preflights name no client.
    async fn origins(&self, cx: &Cx) -> Result<Arc<HashSet<String>>, store::Error> {
        let before = self.origins.lock().ok().and_then(|origins| origins.known.clone());
        if let Some((at, origins)) = before
            && is_fresh(at, cx.now)
        {
            return Ok(origins);
        }
        let registered = clients::registered(&cx.store).await?;
        match self.origins.lock() {
            Ok(mut origins) => origins.look(cx.now, registered, clients::origins),
            Err(_) => Origins::default().look(cx.now, registered, clients::origins),
        }
    }

    /// Whether the use of a client, by this secret, is to be written down now: once a minute at most.
    fn is_due(&self, client: &ClientId, what: &str, now: Timestamp) -> bool {
        let Ok(mut used) = self.used.lock() else { return false };
        let key = (client.clone(), what.to_owned());
        if used.get(&key).is_some_and(|at| (now.micros() - at.micros()).abs() < USE_EVERY) {
            return false;
        }
        if used.len() >= MOST {
            used.clear();
        }
        used.insert(key, now);
        true
    }

    fn kept(&self, id: &ClientId, now: Timestamp) -> Option<Option<Arc<Client>>> {
        let kept = self.kept.lock().ok()?;
        let (at, client) = kept.get(id)?;
        is_fresh(*at, now).then(|| client.clone())
    }

    pub(super) fn forget(&self, id: &ClientId) {
        if let Ok(mut kept) = self.kept.lock() {
            kept.remove(id);
        }
    }
}

fn is_fresh(at: Timestamp, now: Timestamp) -> bool {
    (now.micros() - at.micros()).abs() < FRESH
}

/// Why a client was not registered.
#[derive(Debug, thiserror::Error)]
pub enum NotRegistered {
    /// The metadata is wrong; the text names the member and the fix.
    #[error("{0}")]
    Invalid(#[from] metadata::Invalid),
    /// The wished `client_id` is taken or malformed.
    #[error("client_id: {0}")]
    Id(&'static str),
    /// Whoever registers it may not decide so much.
    #[error(transparent)]
    Beyond(#[from] Unchanged),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<NotSeen> for NotRegistered {
    fn from(why: NotSeen) -> Self {
        match why {
            NotSeen::Invalid(why) => Self::Invalid(why),
            NotSeen::Store(error) => Self::Store(error),
        }
    }
}

/// Registers a live client of the root organisation; see [`register`].
pub async fn create(cx: &Cx, document: &Value) -> Result<Map<String, Value>, NotRegistered> {
    register(cx, document, OrganisationId::root(), Stage::Live).await
}

/// Registers an app for an administrator: what would take protection away from people is refused, and so is what makes
/// it an administrator beyond whoever registers it.
pub async fn enlist(
    cx: &Cx,
    actor: &AdminActor,
    document: &Value,
    stage: Stage,
) -> Result<Map<String, Value>, NotRegistered> {
    metadata::refuse_unknown(document)?;
    let client = read(cx, document, actor.organisation().clone(), stage)?;
    if let Some(member) = client.policy.privileged_beyond(None) {
        return Err(Unchanged::Privileged(member).into());
    }
    Within::of(actor).may_empower(&client)?;
    if stage == Stage::Live {
        settings::refuse_errors(&client)?;
    }
    insert(cx, client).await
}

/// Registers a client at the host and answers as RFC 7591 §3.2.1 does; the secret is shown here and never again.
pub async fn register(
    cx: &Cx,
    document: &Value,
    organisation: OrganisationId,
    stage: Stage,
) -> Result<Map<String, Value>, NotRegistered> {
    insert(cx, read(cx, document, organisation, stage)?).await
}

/// The client that a document describes, kept nowhere: for code that is shown before anything is registered.
pub fn sketch(cx: &Cx, document: &Value) -> Result<Client, NotRegistered> {
    read(cx, document, OrganisationId::root(), Stage::Test)
}

/// The client that a document describes, without a secret.
fn read(
    cx: &Cx,
    document: &Value,
    organisation: OrganisationId,
    stage: Stage,
) -> Result<Client, NotRegistered> {
    let id = match document.get("client_id").and_then(Value::as_str) {
        Some(id) if is_plain(id) => ClientId::from_text(id),
        Some(_) => return Err(NotRegistered::Id("1 to 128 letters, digits and -._~")),
        None => ClientId::new(cx.now, &cx.entropy),
    };
    Ok(new(cx, id, metadata::parse(document)?, organisation, stage)?)
}

/// A client that was not there before, without a secret.
pub(super) fn new(
    cx: &Cx,
    id: ClientId,
    (metadata, policy): (Metadata, Policy),
    organisation: OrganisationId,
    stage: Stage,
) -> Result<Client, metadata::Invalid> {
    metadata::check_new(&metadata, None)?;
    sector::sector(&metadata, &id)?;
    Ok(Client { organisation, stage, ..Client::described(id, (metadata, policy), cx.now) })
}

/// Keeps a new client, with its first secret where it has one.
async fn insert(cx: &Cx, mut client: Client) -> Result<Map<String, Value>, NotRegistered> {
    client.logo = fetched::look(cx, &client.metadata, None).await?;
    let secret = first_secret(cx, &mut client);
    let event = created(cx, &client);
    let written = cx
        .store
        .write((client.clone(), event), |w, (client, event)| {
            Box::pin(async move {
                clients::insert(w, client).await?;
                w.record(event).await
            })
        })
        .await;
    match written {
        Err(store::Error::Conflict) => return Err(NotRegistered::Id("is taken")),
        other => other?,
    }
    cx.clients.forget(&client.id);
    Ok(answer(&client, secret.as_ref()))
}

/// The event of a new client, which names what takes protection away from people.
pub(super) fn created(cx: &Cx, client: &Client) -> Event {
    let mut event = cx.event(Kind::ClientCreated, Outcome::Ok).app(&client.id);
    event.organisation = client.organisation.clone();
    let privileged = client.policy.privileged();
    if !privileged.is_empty() {
        event = event.with(serde_json::json!({ "privileged": privileged }));
    }
    event
}

/// What is answered about a registration (RFC 7591 §3.2.1), with a secret that was just made.
pub(super) fn answer(client: &Client, secret: Option<&Token>) -> Map<String, Value> {
    let mut answer = client.registered();
    answer.insert("client_id".to_owned(), client.id.as_str().into());
    answer.insert("client_id_issued_at".to_owned(), client.created_at.seconds().into());
    if let Some(secret) = secret {
        answer.insert("client_secret".to_owned(), secret.expose().into());
        answer.insert("client_secret_expires_at".to_owned(), 0.into());
    }
    answer
}

/// Gives a client that proves itself by a secret its first one.
pub(super) fn first_secret(cx: &Cx, client: &mut Client) -> Option<Token> {
    let token = secret::uses_secrets(client).then(|| draw_secret(cx))?;
    let first = ClientSecret::new(token.digest(), None, cx.now);
    client.secrets = vec![sealed(&cx.master, client, first, &token)];
    Some(token)
}

/// A new client secret: as long as the largest hash an assertion is made with wants it (RFC 7518 §3.2).
fn draw_secret(cx: &Cx) -> Token {
    Token::seal(TokenKind::ClientSecret, &URL_SAFE_NO_PAD.encode(cx.entropy.bytes::<48>()))
}

/// The secret with itself sealed beside its digest, where the client's assertions are checked with it.
fn sealed(master: &MasterKey, client: &Client, secret: ClientSecret, token: &Token) -> ClientSecret {
    let text = secret::keeps_sealed(client).then(|| token.expose().as_bytes());
    let sealed = text.map(|text| master.seal(&seal_context(&client.id, &secret.id), text));
    ClientSecret { sealed, ..secret }
}

fn seal_context(client: &ClientId, secret: &str) -> String {
    format!("client-secret:{client}:{secret}")
}

/// A client's secrets, opened; none of a client whose secrets are kept as digests alone.
pub(super) fn opened(cx: &Cx, client: &Client) -> Vec<SharedSecret> {
    let open = |secret: &ClientSecret| {
        let opened = cx.master.open(&seal_context(&client.id, &secret.id), secret.sealed.as_ref()?);
        Some(SharedSecret { id: secret.id.clone(), bytes: opened.ok()? })
    };
    client.secrets.iter().filter_map(open).collect()
}

fn is_plain(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

/// Disables a client and ends what was issued to it, or enables it again, at the host; `false` when there was nothing to
/// do.
pub async fn set_state(cx: &Cx, id: &ClientId, state: ClientState) -> Result<bool, store::Error> {
    let Some(client) = clients::find(&cx.store, id).await? else { return Ok(false) };
    let event = cx.event(kind_of(state), Outcome::Ok).app(id).within(&client.organisation);
    Ok(switch(cx, id, state, Rank::Owner, event).await? == Switched::Done)
}

/// As [`set_state`], by an administrator: nobody lets an app go on that somebody above them stopped.
pub async fn set_state_by(
    cx: &Cx,
    actor: &AdminActor,
    client: &Client,
    state: ClientState,
) -> Result<(), settings::Unchanged> {
    let event = actor.event(cx, kind_of(state)).app(&client.id);
    match switch(cx, &client.id, state, actor.rank(), event).await? {
        Switched::Done | Switched::Already => Ok(()),
        Switched::Held => {
            let event = actor.refusal(cx, Kind::AdminRefused, "above_own_level").app(&client.id);
            let event = event.with(serde_json::json!({ "action": actor.action() }));
            let told = admin::record_refusal(cx, actor.who(), event).await;
            told.map_err(|why| store::Error::Unavailable(why.to_string()))?;
            Err(settings::Unchanged::Held)
        }
    }
}

fn kind_of(state: ClientState) -> Kind {
    match state {
        ClientState::Enabled => Kind::ClientEnabled,
        ClientState::Disabled => Kind::ClientDisabled,
    }
}

async fn switch(
    cx: &Cx,
    id: &ClientId,
    state: ClientState,
    rank: Rank,
    event: Event,
) -> Result<Switched, store::Error> {
    let switched =
        cx.store.write((id.clone(), state, rank, cx.now, event), |w, (id, state, rank, now, event)| {
            Box::pin(async move {
                let switched = match state {
                    ClientState::Enabled => clients::enable(w, id, *rank, *now).await?,
                    ClientState::Disabled => match clients::disable(w, id, *rank, *now).await? {
                        true => Switched::Done,
                        false => Switched::Already,
                    },
                };
                if switched == Switched::Done {
                    w.record(event).await?;
                }
                Ok::<_, store::Error>(switched)
            })
        });
    let switched = switched.await?;
    cx.clients.forget(id);
    Ok(switched)
}

/// A client by its `client_id`, as it is now.
pub async fn find(cx: &Cx, id: &ClientId) -> Result<Option<Client>, store::Error> {
    clients::find(&cx.store, id).await
}

/// Notes that a client proved itself; written after the answer, and rarely, so that it costs a request nothing.
pub(super) fn note_use(cx: &Cx, client: &AuthenticatedClient) {
    let due = |what: &str| cx.clients.is_due(&client.id, what, cx.now).then(|| what.to_owned());
    let whats: Vec<String> = [Some(""), client.secret()].into_iter().flatten().filter_map(due).collect();
    if whats.is_empty() {
        return;
    }
    let (cx, id) = (cx.clone(), client.id.clone());
    cx.clone().later.spawn(async move {
        let written = cx.store.write((id, whats, cx.now), |w, (id, whats, now)| {
            Box::pin(async move {
                for what in whats {
                    clients::used(w, id, what, *now).await?;
                }
                Ok::<_, store::Error>(())
            })
        });
        if let Err(error) = written.await {
            tracing::warn!(%error, "the use of a client could not be written down");
        }
    });
}

/// When a client (by the empty name) and each of its secrets (by its id) last proved itself, to the minute.
pub async fn uses(cx: &Cx, id: &ClientId) -> Result<Vec<(String, Timestamp)>, store::Error> {
    clients::uses(&cx.store, id).await
}

/// Our copy of a logo that an app shows, by its name.
pub async fn logo(cx: &Cx, name: &str) -> Result<Option<Logo>, store::Error> {
    if Digest::from_base64url(name).is_none() {
        return Ok(None);
    }
    logos::find(&cx.store, name).await
}

/// Every client, oldest first.
pub async fn list(cx: &Cx) -> Result<Vec<Client>, store::Error> {
    clients::list(&cx.store).await
}

/// Whether an origin is one of a client's redirect URIs: of the named client, else of any enabled one.
pub async fn is_app_origin(cx: &Cx, client: Option<&str>, origin: &str) -> Result<bool, store::Error> {
    let has = |client: &Client| client.is_enabled() && client.metadata.origins().contains(&origin);
    match client {
        Some(id) => Ok(cx.clients.find(cx, &ClientId::from_text(id)).await?.is_some_and(|c| has(&c))),
        None => Ok(cx.clients.origins(cx).await?.contains(origin)),
    }
}

/// Registers the demo's own client, or brings it up to date: its ports may change from run to run.
pub async fn ensure(cx: &Cx, document: &Value, secret: &Token) -> Result<(), NotRegistered> {
    let parsed = metadata::parse(document)?;
    let id = document.get("client_id").and_then(Value::as_str).ok_or(NotRegistered::Id("is missing"))?;
    let id = ClientId::from_text(id);
    let before = clients::find(&cx.store, &id).await?;
    let client = Client {
        stage: Stage::Live,
        secrets: vec![ClientSecret::new(secret.digest(), None, cx.now)],
        is_named: before.as_ref().is_some_and(|c| c.is_named),
        created_at: before.as_ref().map_or(cx.now, |c| c.created_at),
        valid_after: before.as_ref().map_or(cx.now, |c| c.valid_after),
        ..Client::described(id, parsed, cx.now)
    };
    let event = cx.event(Kind::ClientCreated, Outcome::Ok).app(&client.id);
    cx.store
        .write((client.clone(), before.is_some(), event), |w, (client, exists, event)| {
            Box::pin(async move {
                if *exists {
                    return clients::update(w, client).await;
                }
                clients::insert(w, client).await?;
                w.record(event).await
            })
        })
        .await?;
    cx.clients.forget(&client.id);
    Ok(())
}
