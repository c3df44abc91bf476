//! Client authentication at the token, revocation and introspection endpoints (RFC 6749 §2.3).

use std::sync::Arc;

use super::{About, Cx, Services, client_keys, clients, dpop};
use crate::audit::Kind;
use crate::base::{ClientId, Timestamp};
use crate::clients::authentication::{Here, present, prove};
use crate::clients::{AuthMethod, AuthenticatedClient, Client, Presented, Refused, ReplayMark};
use crate::ephemeral::{Epoch, Space};
use crate::keys::assertion::LEEWAY;
use crate::keys::{ClientCertificate, ClientJwks};
use crate::oidc::authorize::RawRequest;
use crate::oidc::{Code, Error};
use crate::store::signing_keys;

/// What proves a client in a form; never twice (RFC 6749 §3.2).
const CREDENTIALS: &[&str] = &["client_id", "client_secret", "client_assertion", "client_assertion_type"];

/// Whether a client can prove itself so here: certificates are seen where a listener or a proxy shows them, and those of
/// an authority count where it is known.
pub fn offers(services: &Services, method: AuthMethod) -> bool {
    match method {
        AuthMethod::TlsClientAuth => services.config.takes_certificates() && services.authorities.is_some(),
        AuthMethod::SelfSignedTlsClientAuth => services.config.takes_certificates(),
        AuthMethod::ClientSecretBasic
        | AuthMethod::ClientSecretPost
        | AuthMethod::ClientSecretJwt
        | AuthMethod::PrivateKeyJwt
        | AuthMethod::None => true,
    }
}

/// A refusal with what HTTP needs to know: whether the client tried by header (then 401 names the scheme).
#[derive(Debug)]
pub struct Denied {
    /// The protocol's error.
    pub error: Error,
    /// Whether to answer with `WWW-Authenticate: Basic`.
    pub by_header: bool,
}

impl From<Error> for Denied {
    fn from(error: Error) -> Self {
        Self { error, by_header: false }
    }
}

impl<E> From<E> for Denied
where
    Error: From<E>,
    E: StoreFailure,
{
    fn from(error: E) -> Self {
        Error::from(error).into()
    }
}

/// Marks the errors of stores, which all become `temporarily_unavailable`.
pub trait StoreFailure {}
impl StoreFailure for crate::store::Error {}
impl StoreFailure for crate::ephemeral::Error {}

/// A request of a client to one of its endpoints: what HTTP brought, nothing of it believed.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The Authorization header.
    pub authorization: Option<&'a str>,
    /// The form.
    pub form: &'a RawRequest,
    /// The URLs an assertion may name beside the issuer.
    pub endpoints: &'a [String],
    /// The proofs of a key, and what they must be for.
    pub dpop: &'a dpop::Sent,
    /// The certificate the connection was made with.
    pub certificate: Option<&'a ClientCertificate>,
}

/// Proves the client, and spends its assertion before believing it.
pub async fn authenticate(cx: &Cx, asked: &Asked<'_>) -> Result<AuthenticatedClient, Denied> {
    let form = asked.form;
    if let Some(name) = form.first_repeated(CREDENTIALS) {
        cx.note(Kind::ClientAuthRefused, None);
        let why = format!("{name} is given more than once.");
        return Err(Error::invalid_request(why, "repeated_parameter").into());
    }
    let presented =
        present(asked.authorization, &|name| form.get(name)).map_err(|why| refuse(cx, &why, None))?;
    let id = ClientId::from_text(presented.id());
    let client = if presented.id().len() <= 256 { cx.clients.find(cx, &id).await? } else { None };
    let known = client.clone();
    let (client, mark) = match proved(cx, client, &presented, asked).await {
        Ok(proved) => proved,
        Err(why) => return Err(refuse(cx, &why, known.map(|c| c.id.clone()))),
    };
    if let Some(mark) = mark
        && !spend(cx, &client, &mark).await?
    {
        return Err(Error::invalid_client("assertion_replayed").into());
    }
    clients::note_use(cx, &client);
    Ok(client)
}

/// Spends what a client signed to be used once; `false`, with an event, where it was used, or could have been.
pub(super) async fn spend(cx: &Cx, client: &Client, mark: &ReplayMark) -> Result<bool, Denied> {
    let lifetime = mark.until.since(cx.now).max(1) + 60;
    let (fresh, epoch) = cx.ephemeral.spend(Space::Replay, &mark.digest, lifetime, cx.now).await?;
    if fresh && !may_be_forgotten(cx, &epoch, mark.issued_at).await? {
        return Ok(true);
    }
    cx.record(cx.refusal(Kind::AssertionReplayed, "jti").app(&client.id)).await?;
    Ok(false)
}

/// Whether an assertion of this time could have been used before the marks that are kept now began, be it by a clock ahead of
/// ours. Before the first marks of an installation, which are as old as its first key, nothing was used.
async fn may_be_forgotten(cx: &Cx, epoch: &Epoch, issued_at: Timestamp) -> Result<bool, Denied> {
    if issued_at > epoch.since.plus(LEEWAY) {
        return Ok(false);
    }
    let first = signing_keys::first(&cx.store).await?;
    Ok(issued_at.plus(1) <= epoch.since || first.is_none_or(|first| first < epoch.since))
}

/// Compares what was presented, with the keys the client publishes by now where it proves itself by one.
async fn proved(
    cx: &Cx,
    client: Option<Arc<Client>>,
    presented: &Presented,
    asked: &Asked<'_>,
) -> Result<(AuthenticatedClient, Option<ReplayMark>), Refused> {
    let endpoints: Vec<&str> = asked.endpoints.iter().map(String::as_str).collect();
    let secrets = client.as_ref().map(|client| clients::opened(cx, client)).unwrap_or_default();
    let with = |keys: Option<&ClientJwks>| {
        let here = Here {
            issuer: cx.issuer.as_str(),
            endpoints: &endpoints,
            keys,
            certificate: asked.certificate,
            authorities: cx.authorities.as_ref(),
            secrets: &secrets,
            now: cx.now,
        };
        prove(client.clone(), presented, &here)
    };
    let by_key = |client: &&Arc<Client>| {
        let method = client.metadata.token_endpoint_auth_method;
        let shown = match method {
            AuthMethod::PrivateKeyJwt => true,
            AuthMethod::SelfSignedTlsClientAuth => asked.certificate.is_some(),
            _ => false,
        };
        shown && presented.is_by(method)
    };
    match client.as_ref().filter(by_key) {
        Some(client) => client_keys::trying(cx, client, with, Refused::asks_for_new_keys).await,
        None => with(None),
    }
}

/// Refuses a client that proved itself, and says so in the trail.
pub(super) async fn refuse_proven<T>(
    cx: &Cx,
    client: &Client,
    kind: Kind,
    error: Error,
) -> Result<T, Denied> {
    if client.is_public() {
        // Anybody can speak for a public client: counted, so that a flood buys no disk.
        cx.note(kind, Some(&client.id));
    } else {
        cx.record(cx.refusal(kind, error.detail).app(&client.id)).await?;
    }
    Err(error.into())
}

fn refuse(cx: &Cx, why: &Refused, client: Option<ClientId>) -> Denied {
    cx.note(Kind::ClientAuthRefused, client.as_ref());
    tracing::info!(reason = %why.reason, request = %cx.request, "client authentication was refused");
    let code = Code::parse(why.code()).unwrap_or(Code::InvalidClient);
    Denied { error: Error::new(code, why.description(), why.word()), by_header: why.by_header }
}
