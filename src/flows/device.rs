//! The device authorization grant (RFC 8628): an app where nobody can type is told a code, and its person signs in with that
//! code in a browser elsewhere.
//!
//! The sign-in is one like any other: we stand in for the app at an address of ours, which counts for the browser that typed
//! the code alone. What it leads to waits for the device.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::client_auth::{self, Asked, Denied, refuse_proven};
use super::clients::watch;
use super::elsewhere::{self, Ended, Found, INTERVAL, Kept, Sort};
use super::finish::CodeGrant;
use super::sessions::Browser;
use super::{Cx, PageError, throttle};
use crate::audit::Kind;
use crate::base::url::with_query;
use crate::base::{AccountId, Digest, GrantType, Seconds, Token, TokenKind};
use crate::clients::Client;
use crate::ephemeral::Space;
use crate::identity::short_code;
use crate::oidc::authorize::RawRequest;
use crate::oidc::watch::Endpoint;
use crate::oidc::{Code, Error};

/// Seconds a code waits for its person.
pub const LIFETIME: Seconds = 600;
/// Where a person types the code.
pub const PATH: &str = "/device";
/// Where a sign-in for a device comes back to.
pub const BACK: &str = "/device/done";
/// Parameters of an authorization request that a device may send (RFC 8628 §3.1; OpenID Connect Core §3.1.2.1).
const TAKEN: [&str; 8] =
    ["scope", "acr_values", "max_age", "claims", "login_hint", "nonce", "resource", "authorization_details"];

/// What the device is answered (RFC 8628 §3.2).
#[derive(Clone, Debug, Serialize)]
pub struct Begun {
    /// What the device asks with.
    pub device_code: String,
    /// What the person types.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same with the code in it, for a picture to scan.
    pub verification_uri_complete: String,
    /// Seconds both live.
    pub expires_in: Seconds,
    /// Seconds between two questions.
    pub interval: Seconds,
}

/// What is kept of a device's request, under the digest of its code.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Device {
    user_code: String,
}

impl Sort for Device {
    const REQUESTS: Space = Space::Device;
    const NAMES: Space = Space::DeviceName;
    const BACK: &'static str = BACK;
    const EXPIRED: &'static str = "The device code has expired.";
    const WORDS: [&'static str; 2] = ["unknown_device_code", "used_device_code"];
    const MAX_AGE: Option<&'static str> = None;

    fn only(&self) -> Option<&AccountId> {
        None
    }
}

/// What a person is asked about before anything goes on.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The app.
    pub client: Arc<Client>,
    /// The code as the device shows it.
    pub user_code: String,
}

// ---- the device

/// Takes a device's request in, with every check it would meet at the authorization endpoint (RFC 8628 §3.1).
pub async fn begin(cx: &Cx, asked: &Asked<'_>) -> Result<Begun, Denied> {
    let done = begin_proven(cx, asked).await;
    watch::note_form(cx, Endpoint::Device, asked.authorization, asked.form, &done);
    done
}

async fn begin_proven(cx: &Cx, asked: &Asked<'_>) -> Result<Begun, Denied> {
    let client = client_auth::authenticate(cx, asked).await?;
    if !client.allows(GrantType::DeviceCode) {
        let why = "The client is not registered for the device grant.";
        let error = Error::new(Code::UnauthorizedClient, why, "grant_not_registered");
        return refuse_proven(cx, &client, Kind::AuthorizeRefused, error).await;
    }
    if client.is_public() {
        super::dpop::stranger(cx).await?;
    }
    let parameters = match checked(cx, asked.form, client.client()) {
        Ok(parameters) => parameters,
        Err(error) => return refuse_proven(cx, &client, Kind::AuthorizeRefused, error).await,
    };
    let device = Token::generate(TokenKind::Device, &cx.entropy);
    let user_code = short_code::draw(&cx.entropy).expose().clone();
    let own = Device { user_code: user_code.clone() };
    let kept = Kept::new(&client, parameters, cx.now.plus(LIFETIME), own);
    elsewhere::put(cx, &device.digest(), &kept).await?;
    let named = named(cx, &user_code).ok_or_else(elsewhere::unreadable)?;
    elsewhere::name::<Device>(cx, &named, &device.digest(), LIFETIME).await?;
    let at = cx.issuer.join(PATH);
    Ok(Begun {
        device_code: device.expose().to_owned(),
        verification_uri_complete: with_query(&at, &[("user_code", &user_code)]),
        verification_uri: at,
        user_code,
        expires_in: LIFETIME,
        interval: INTERVAL,
    })
}

/// The parameters a sign-in for the device will have, if they are good.
fn checked(cx: &Cx, form: &RawRequest, client: &Arc<Client>) -> Result<Vec<(String, String)>, Error> {
    if let Some(name) = form.first_repeated(&TAKEN) {
        return Err(Error::invalid_request(format!("{name} is given more than once."), "repeated_parameter"));
    }
    let mut parameters: Vec<_> =
        form.pairs().iter().filter(|(name, _)| TAKEN.contains(&name.as_str())).cloned().collect();
    if !parameters.iter().any(|(name, _)| name == "scope") {
        parameters.push(("scope".to_owned(), client.metadata.scope.to_string()));
    }
    elsewhere::checked::<Device>(cx, client, &parameters)?;
    Ok(parameters)
}

/// What a device's question is answered while there are no tokens, or the grant to issue them for; good once
/// (RFC 8628 §3.5).
pub(super) async fn redeem(cx: &Cx, client: &Client, code: &str) -> Result<Result<CodeGrant, Error>, Denied> {
    match Token::parse(TokenKind::Device, code) {
        Some(token) => elsewhere::redeem::<Device>(cx, client, &token.digest()).await,
        None => Ok(Err(Error::invalid_grant("malformed_device_code"))),
    }
}

// ---- the person

/// What stands for a code a person typed; `None` for what is none.
fn named(cx: &Cx, typed: &str) -> Option<Digest> {
    short_code::normalise(typed).map(|code| cx.index.digest("device code", code.expose()))
}

/// Whether a text could be a code at all.
pub fn is_code(text: &str) -> bool {
    short_code::normalise(text).is_some()
}

/// The request behind a code, while it waits. A wrong one counts as a failure of the network.
pub async fn look(cx: &Cx, typed: &str) -> Result<Option<Seen>, PageError> {
    let attempt = throttle::reserve_network(cx).await?;
    let Some((_, _, kept)) = waiting(cx, typed).await? else {
        cx.note(Kind::DeviceCodeRefused, None);
        return Ok(None);
    };
    throttle::give_back_network(cx, attempt).await?;
    let client = cx.clients.find(cx, &kept.client).await?.filter(|client| client.is_enabled());
    Ok(client.map(|client| Seen { client, user_code: kept.own.user_code }))
}

async fn waiting(cx: &Cx, typed: &str) -> Result<Option<Found<Device>>, PageError> {
    let Some(name) = named(cx, typed) else { return Ok(None) };
    let found = elsewhere::named::<Device>(cx, &name).await?;
    Ok(found.filter(|(_, _, kept)| kept.is_open(cx.now)))
}

/// Begins the sign-in for a code in this browser: the address of `/authorize` it is to go to. A browser that typed the code
/// before is out of it.
pub async fn go_on(cx: &Cx, browser: &Browser, typed: &str) -> Result<Option<String>, PageError> {
    throttle::begin(cx).await?;
    let attempt = throttle::reserve_network(cx).await?;
    let Some(found) = waiting(cx, typed).await? else {
        cx.note(Kind::DeviceCodeRefused, None);
        return Ok(None);
    };
    throttle::give_back_network(cx, attempt).await?;
    elsewhere::begin(cx, browser, found).await
}

/// The person did not start this: the device is told so.
pub async fn refuse(cx: &Cx, browser: &Browser, typed: &str) -> Result<bool, PageError> {
    let attempt = throttle::reserve_network(cx).await?;
    let Some(found) = waiting(cx, typed).await? else {
        cx.note(Kind::DeviceCodeRefused, None);
        return Ok(false);
    };
    throttle::give_back_network(cx, attempt).await?;
    cx.note(Kind::AuthorizeRefused, Some(&found.2.client));
    Ok(elsewhere::refuse(cx, browser, found).await?.is_some())
}

/// Takes the answer of a sign-in for a device, once; `false` for anybody else's, and for a second one.
pub async fn arrive(cx: &Cx, browser: &Browser, raw: &RawRequest) -> Result<bool, PageError> {
    Ok(elsewhere::arrive::<Device>(cx, browser, raw).await?.is_some())
}

/// How a run ended, for the browser it was begun in.
pub async fn ended(cx: &Cx, browser: &Browser, run: &str) -> Result<Option<Ended>, PageError> {
    let found = elsewhere::run_of::<Device>(cx, browser, run).await?;
    Ok(found.and_then(|(_, _, kept)| kept.ended()))
}
