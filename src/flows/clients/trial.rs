//! *Test this app*: one sign-in with an app's own settings, answered to an address of ours, and what came of it.
//!
//! The address counts for this run alone, for the browser it was begun in and for the person who began it; what the app
//! registered stays as it is. We stand in for the app when the code is redeemed, and nothing that was issued outlives
//! the report: what is kept of a token is its claims.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::sessions::Browser;
use super::super::{About, Cx, PageError, living, token};
use crate::audit::{Kind, Outcome};
use crate::base::words::words;
use crate::base::{AccountId, Acr, ClientId, Digest, FamilyId, GrantType, Scope, Seconds, Token, TokenKind};
use crate::clients::{Client, Lent, snippet};
use crate::ephemeral::Space;
use crate::keys::KeyUse;
use crate::keys::jwt::{self, Age, Expected};
use crate::oidc::authorize::{AuthorizeRequest, RawRequest, Refusal, Via, locate};
use crate::oidc::pkce::Challenge;
use crate::oidc::token::half_hash;
use crate::oidc::{claims, watch};
use crate::store::{families, logouts};

/// How long a run may take, and how long its report is kept, in seconds.
const LIFETIME: Seconds = 15 * 60;
/// The parameter of our address that names a run.
pub const RUN: &str = "run";
/// A scope no app registers.
const NO_SCOPE: &str = "vouchsafe.no-such-scope";

words! {
    /// What is tried.
    Attempt {
        /// A sign-in as the app would ask for it.
        SignIn = "sign_in",
        /// One that asks for a fresh, stronger proof.
        StepUp = "step_up",
        /// One that the person is to refuse.
        Deny = "deny",
        /// One that asks for a scope the app is not registered for.
        UnknownScope = "unknown_scope",
    }
}

/// A run and, when it is over, its report.
#[derive(Clone, Serialize, Deserialize)]
struct Trial {
    client: ClientId,
    browser: Digest,
    account: AccountId,
    attempt: Attempt,
    redirect_uri: String,
    asked: Vec<(String, String)>,
    state: String,
    nonce: String,
    verifier: String,
    stage: Stage,
}

#[derive(Clone, Serialize, Deserialize)]
enum Stage {
    Asked,
    Arrived,
    Over(Box<Report>),
}

/// What came of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// What was tried.
    pub attempt: Attempt,
    /// What was sent to `/authorize`.
    pub asked: Vec<(String, String)>,
    /// What came back, the code left out.
    pub received: Vec<(String, String)>,
    /// The error that came back, and what it means.
    pub error: Option<(String, String)>,
    /// The ID token's header and claims.
    pub id_token: Option<Decoded>,
    /// The access token's header and claims.
    pub access_token: Option<Decoded>,
    /// What userinfo would answer.
    pub userinfo: Map<String, Value>,
    /// What an app has to check, and how it came out.
    pub checks: Vec<Check>,
}

/// A token taken apart; the token itself is not kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Decoded {
    /// Its header.
    pub header: Value,
    /// Its claims.
    pub claims: Value,
}

/// One check of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What is checked.
    pub what: String,
    /// Whether it is as it must be.
    pub good: bool,
}

/// A request that must be refused, and how it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong with it.
    pub what: &'static str,
    /// The error code, or that of our page.
    pub code: String,
    /// Whether the answer would go to the app; else it is a page of ours.
    pub to_app: bool,
    /// How to mend it.
    pub fix: &'static str,
}

/// Begins a run: the address of `/authorize` the browser is to go to. `here` is our address that takes the answer.
pub async fn begin(
    cx: &Cx,
    browser: &Browser,
    account: &AccountId,
    client: &Client,
    attempt: Attempt,
    here: &str,
) -> Result<String, PageError> {
    if !client.is_enabled() || !client.allows(GrantType::AuthorizationCode) {
        return Err(PageError::Bad("trial"));
    }
    let run = Token::generate(TokenKind::Parked, &cx.entropy);
    let random = || Digest::from_bytes(cx.entropy.bytes::<32>()).to_base64url();
    let (state, nonce, verifier) = (random(), random(), random());
    let redirect_uri = format!("{}?{RUN}={}", cx.issuer.join(here), run.expose());
    let mut scope = client.metadata.scope.to_string();
    if attempt == Attempt::UnknownScope {
        scope = format!("{} {NO_SCOPE}", least(client));
    }
    let mut asked = vec![
        ("response_type", "code".to_owned()),
        ("client_id", client.id.to_string()),
        ("redirect_uri", redirect_uri.clone()),
        ("scope", scope),
        ("state", state.clone()),
        ("nonce", nonce.clone()),
        ("code_challenge", Challenge::of(&verifier).as_str().to_owned()),
        ("code_challenge_method", "S256".to_owned()),
    ];
    match attempt {
        Attempt::SignIn | Attempt::UnknownScope => {}
        Attempt::Deny => asked.push(("prompt", "consent".to_owned())),
        Attempt::StepUp => {
            let level = snippet::usual_step_up(client).max(Acr::Aal2Phr);
            asked.push(("acr_values", level.to_string()));
            asked.push(("max_age", "300".to_owned()));
        }
    }
    let asked: Vec<(String, String)> = asked.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
    let query: Vec<(&str, &str)> = asked.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let url = crate::base::url::with_query(&cx.issuer.join("/authorize"), &query);
    let trial = Trial {
        client: client.id.clone(),
        browser: browser.id,
        account: account.clone(),
        attempt,
        redirect_uri,
        asked,
        state,
        nonce,
        verifier,
        stage: Stage::Asked,
    };
    let value = encode(&trial)?;
    cx.ephemeral.put(Space::Trial, &run.digest(), &value, LIFETIME, cx.now).await?;
    Ok(url)
}

fn encode(trial: &Trial) -> Result<Vec<u8>, PageError> {
    serde_json::to_vec(trial).map_err(|_| PageError::Bad("trial"))
}

/// A run of this browser, and the version it was read at.
async fn load(cx: &Cx, browser: &Browser, run: &str) -> Result<Option<(Digest, u64, Trial)>, PageError> {
    let Some(token) = Token::parse(TokenKind::Parked, run) else { return Ok(None) };
    let digest = token.digest();
    let Some(kept) = cx.ephemeral.get(Space::Trial, &digest, cx.now).await? else { return Ok(None) };
    let trial: Option<Trial> = serde_json::from_slice(&kept.value).ok();
    let own = trial.filter(|trial| trial.browser.same(&browser.id));
    Ok(own.map(|trial| (digest, kept.version, trial)))
}

/// The client as it counts for this request: with our address beside its own where a run of this browser is asked for.
pub(in crate::flows) async fn visited(
    cx: &Cx,
    client: &Client,
    redirect_uri: &str,
    browser: &Browser,
) -> Result<Option<Arc<Client>>, PageError> {
    let Some((_, run)) = redirect_uri.rsplit_once(&format!("?{RUN}=")) else { return Ok(None) };
    let run = load(cx, browser, run).await?.map(|(_, _, trial)| trial);
    let run = run.filter(|trial| {
        trial.client == client.id && matches!(trial.stage, Stage::Asked) && trial.redirect_uri == redirect_uri
    });
    Ok(run.map(|trial| Arc::new(client.lending(Lent::at(&trial.redirect_uri)))))
}

/// Takes the answer of a run, once, and keeps the report. Anybody else's, and a second one, is refused.
pub async fn arrive(
    cx: &Cx,
    browser: &Browser,
    account: &AccountId,
    client: &ClientId,
    raw: &RawRequest,
) -> Result<(), PageError> {
    let refuse = || {
        cx.note(Kind::AdminRefused, Some(client));
        PageError::NotFound
    };
    let run = raw.get(RUN).unwrap_or_default();
    let (digest, version, mut trial) = load(cx, browser, run).await?.ok_or_else(refuse)?;
    let own = trial.account == *account && trial.client == *client && matches!(trial.stage, Stage::Asked);
    if !own || raw.get("state") != Some(trial.state.as_str()) {
        return Err(refuse());
    }
    // Spent before the code is: of two answers at once one goes on.
    trial.stage = Stage::Arrived;
    let spent = cx.ephemeral.swap(Space::Trial, &digest, version, &encode(&trial)?, LIFETIME, cx.now).await?;
    let version = spent.ok_or_else(refuse)?;
    let client = cx.clients.find(cx, client).await?.ok_or_else(refuse)?;
    let report = report(cx, &client, &trial, raw).await?;
    trial.stage = Stage::Over(Box::new(report));
    cx.ephemeral.swap(Space::Trial, &digest, version, &encode(&trial)?, LIFETIME, cx.now).await?;
    Ok(())
}

/// The report of a run, for the browser and the person who began it.
pub async fn find_report(
    cx: &Cx,
    browser: &Browser,
    account: &AccountId,
    client: &ClientId,
    run: &str,
) -> Result<Option<Report>, PageError> {
    let found = load(cx, browser, run).await?;
    let own = found.filter(|(_, _, trial)| trial.account == *account && trial.client == *client);
    Ok(own.and_then(|(_, _, trial)| match trial.stage {
        Stage::Over(report) => Some(*report),
        Stage::Asked | Stage::Arrived => None,
    }))
}

async fn report(cx: &Cx, client: &Arc<Client>, trial: &Trial, raw: &RawRequest) -> Result<Report, PageError> {
    let received = raw.pairs().iter().filter(|(name, _)| name != RUN);
    let received = received.map(|(name, value)| {
        let value = if name == "code" { "a code, redeemed".to_owned() } else { value.clone() };
        (name.clone(), value)
    });
    let mut report = Report {
        attempt: trial.attempt,
        asked: trial.asked.clone(),
        received: received.collect(),
        error: None,
        id_token: None,
        access_token: None,
        userinfo: Map::new(),
        checks: vec![
            check("state came back as it was sent", true),
            check("iss is this provider (RFC 9207)", raw.get("iss") == Some(cx.issuer.as_str())),
        ],
    };
    if let Some(error) = raw.get("error") {
        let told = raw.get("error_description").unwrap_or_default();
        report.error = Some((error.to_owned(), told.to_owned()));
        return Ok(report);
    }
    let code = raw.get("code").unwrap_or_default();
    let redeemed = token::redeem_standing_in(cx, client, code, &trial.redirect_uri, &trial.verifier).await;
    match redeemed {
        Ok(tokens) => fill(cx, client, trial, &tokens, &mut report).await?,
        Err(error) => report.error = Some((error.code.to_string(), error.description)),
    }
    Ok(report)
}

async fn fill(
    cx: &Cx,
    client: &Arc<Client>,
    trial: &Trial,
    tokens: &crate::oidc::token::TokenSet,
    report: &mut Report,
) -> Result<(), PageError> {
    let living = living::living(cx, &tokens.access_token).await.map_err(|_| PageError::Unavailable)?;
    if let Some(entitlement) = living.as_ref().and_then(|living| living.entitlement.as_ref()) {
        let account = super::super::sessions::active_account(cx, &entitlement.account).await?;
        if let Some(account) = account {
            let released =
                claims::released(&account, client, Some(&entitlement.scopes), &entitlement.claims.userinfo);
            report.userinfo.insert("sub".to_owned(), entitlement.sub.clone().into());
            report.userinfo.extend(released);
        }
        end(cx, client, &entitlement.family).await?;
    }
    report.access_token = decoded(&tokens.access_token);
    if let Some(id_token) = &tokens.id_token {
        report.id_token = decoded(id_token);
        report.checks.extend(checks(cx, client, trial, id_token, &tokens.access_token).await?);
    }
    let signs_in = client.metadata.scope.has(Scope::Openid);
    report.checks.push(check("an ID token comes with openid alone", tokens.id_token.is_some() == signs_in));
    report.checks.push(check(
        "scope holds nothing the app is not registered for",
        crate::base::Scopes::parse(&tokens.scope).within(&client.metadata.scope),
    ));
    Ok(())
}

/// Ends what the run was given: nothing of it outlives the report.
async fn end(cx: &Cx, client: &Client, family: &FamilyId) -> Result<(), PageError> {
    let event = cx.event(Kind::TokenRevoked, Outcome::Ok).app(&client.id).within(&client.organisation);
    cx.store
        .write((family.clone(), cx.now, event), |w, (family, now, event)| {
            Box::pin(async move {
                if families::end(w, family, logouts::TRIAL, *now).await? {
                    w.record(event).await?;
                }
                Ok::<_, crate::store::Error>(())
            })
        })
        .await?;
    Ok(())
}

/// What an app's library checks of an ID token (OpenID Connect Core §3.1.3.7), one by one.
async fn checks(
    cx: &Cx,
    client: &Client,
    trial: &Trial,
    id_token: &str,
    access_token: &str,
) -> Result<Vec<Check>, PageError> {
    let ring = cx.signing.ring(cx).await?;
    let expected = Expected {
        usage: KeyUse::Answers,
        typ: token::ID_TYP,
        issuer: cx.issuer.as_str(),
        now: cx.now,
        leeway: 0,
        age: Age::Live,
    };
    let verified = jwt::verify_own(&ring, id_token, &expected);
    let Some(decoded) = decoded(id_token) else { return Ok(vec![check("the ID token can be read", false)]) };
    let text = |name: &str| decoded.claims.get(name).and_then(Value::as_str);
    let number = |name: &str| decoded.claims.get(name).and_then(Value::as_i64).unwrap_or_default();
    let algorithm = client.metadata.id_token_signed_response_alg;
    let alg = decoded.header.get("alg").and_then(Value::as_str);
    let hash = half_hash(access_token, algorithm == crate::keys::Algorithm::EdDsa);
    let mut all = vec![
        check("the signature verifies with a key of /jwks, and the times hold", verified.is_ok()),
        check("alg is the registered one", alg == Some(algorithm.as_str())),
        check("iss is this provider", text("iss") == Some(cx.issuer.as_str())),
        check("aud is the app's client_id", text("aud") == Some(client.id.as_str())),
        check("nonce is the one that was sent", text("nonce") == Some(trial.nonce.as_str())),
        check("at_hash fits the access token", text("at_hash") == Some(hash.as_str())),
        check("it ends within five minutes", number("exp") - number("iat") <= token::ID_LIFETIME),
    ];
    if trial.attempt == Attempt::StepUp {
        let reached = text("acr").and_then(Acr::parse);
        all.push(check("acr is at least the level asked for", reached >= Some(Acr::Aal2Phr)));
        let age = cx.now.seconds() - number("auth_time");
        all.push(check("auth_time is not older than max_age", age <= 300));
    }
    Ok(all)
}

fn check(what: &str, good: bool) -> Check {
    Check { what: what.to_owned(), good }
}

/// A JWT's header and claims; nothing is believed.
fn decoded(token: &str) -> Option<Decoded> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let mut parts = token.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok()
    });
    Some(Decoded { header: parts.next()??, claims: parts.next()?? })
}

/// The least an app can ask for: a sign-in, or what it is registered for where that is none.
fn least(client: &Client) -> &str {
    let openid = Scope::Openid.as_str();
    let of_another = || client.metadata.scope.iter().next().unwrap_or(openid);
    if client.metadata.scope.has(Scope::Openid) { openid } else { of_another() }
}

/// How requests with a mistake in them would be refused; nothing is sent anywhere.
pub fn refusals(cx: &Cx, client: &Arc<Client>) -> Vec<Refused> {
    let Some(first) = client.metadata.redirect_uris.first().map(|uri| uri.as_str().to_owned()) else {
        return Vec::new();
    };
    let good = [
        ("client_id", client.id.as_str()),
        ("redirect_uri", first.as_str()),
        ("response_type", "code"),
        ("scope", least(client)),
        ("code_challenge", Challenge::of(NO_SCOPE).as_str()),
        ("code_challenge_method", "S256"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let elsewhere = format!("{first}/elsewhere");
    let level = r#"{"id_token":{"acr":{"essential":true,"value":"urn:example:no-such-level"}}}"#;
    let mistakes: [(&'static str, &str, Option<&str>); 6] = [
        ("Another redirect URI", "redirect_uri", Some(&elsewhere)),
        ("No PKCE", "code_challenge", None),
        ("No registered scope", "scope", Some(NO_SCOPE)),
        ("The implicit grant", "response_type", Some("token")),
        ("A level that does not exist", "claims", Some(level)),
        ("A prompt that does not exist", "prompt", Some("everything")),
    ];
    let tried = mistakes.into_iter().filter_map(|(what, name, value)| {
        let mut pairs: Vec<(String, String)> = good.iter().filter(|(n, _)| n != name).cloned().collect();
        if name == "code_challenge" {
            pairs.retain(|(n, _)| n != "code_challenge_method");
        }
        pairs.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        refused(cx, client, what, &RawRequest::from_pairs(pairs))
    });
    tried.collect()
}

fn refused(cx: &Cx, client: &Arc<Client>, what: &'static str, raw: &RawRequest) -> Option<Refused> {
    let page = |reason: crate::oidc::authorize::ShowReason| Refused {
        what,
        code: reason.code().to_owned(),
        to_app: false,
        fix: watch::fix(reason.as_str()),
    };
    let destination = match locate(raw, Some(client.clone())) {
        Ok(destination) => destination,
        Err(reason) => return Some(page(reason)),
    };
    match AuthorizeRequest::parse(raw, &destination, cx.here(), Via { pushed: true, signed: true }) {
        Ok(_) => None,
        Err(Refusal::Show(reason)) => Some(page(reason)),
        Err(Refusal::SendBack(_, error)) => {
            Some(Refused { what, code: error.code.to_string(), to_app: true, fix: watch::fix(error.detail) })
        }
    }
}
