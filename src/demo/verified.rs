//! From a token response to a `Verified`: OpenID Connect Core §3.1.3.7, §3.1.3.8, §5.3.2 and §12.2, in that order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::core::{
    CoreGenderClaim, CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm, CoreTokenResponse,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, ClaimsVerificationError, Nonce, OAuth2TokenResponse,
    RefreshToken, SignatureVerificationError, TokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::provider::{Known, Provider};
use super::{Failure, http};

/// Seconds by which the service's clock may be ahead of ours.
pub(super) const SKEW: i64 = 60;

/// Claims beyond the standard ones, kept so that the page can show all that was released.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Rest {
    #[serde(flatten)]
    claims: BTreeMap<String, Value>,
}

impl AdditionalClaims for Rest {}

/// A sign-in whose every claim has been checked.
#[derive(Clone)]
pub(super) struct Verified {
    /// The person's name for this app, and no other.
    pub(super) sub: String,
    /// A name to greet with: their name, else their username, else their `sub`.
    pub(super) name: String,
    /// How strongly they proved it.
    pub(super) acr: Option<String>,
    /// By which methods.
    pub(super) amr: Vec<String>,
    /// When, in Unix seconds: the oldest proof that counts.
    pub(super) auth_time: Option<i64>,
    /// When the ID token was issued and when it ends.
    pub(super) issued: i64,
    /// When the ID token ends.
    pub(super) expires: i64,
    /// As received; sign-out gives it back as a hint.
    pub(super) id_token: CoreIdToken,
    /// For the service's own endpoints.
    pub(super) access_token: AccessToken,
    /// The latest of its family.
    pub(super) refresh_token: Option<RefreshToken>,
    /// All that userinfo released, indented JSON.
    pub(super) userinfo: String,
    nonce: Option<Nonce>,
    sid: Option<String>,
}

impl Verified {
    /// The session at the service that the person came from.
    pub(super) fn sid(&self) -> Option<&String> {
        self.sid.as_ref()
    }
}

/// `sid` of an ID token that was verified: the crate's own claims leave it out.
fn sid(id_token: &CoreIdToken) -> Option<String> {
    let text = id_token.to_string();
    let claims = URL_SAFE_NO_PAD.decode(text.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims.get("sid")?.as_str().map(str::to_owned)
}

/// What an answer must agree with.
#[derive(Clone, Copy)]
pub(super) enum Expected<'a> {
    /// A first answer: the nonce sent with the request.
    Nonce { nonce: &'a str, now: i64 },
    /// A renewal: the same person, and the same act of signing in (§12.2).
    SameAs { before: &'a Verified, now: i64 },
}

impl Expected<'_> {
    fn now(self) -> i64 {
        match self {
            Self::Nonce { now, .. } | Self::SameAs { now, .. } => now,
        }
    }

    fn nonce_agrees(self, found: Option<&Nonce>) -> Result<(), String> {
        match (self, found) {
            (Self::Nonce { nonce, .. }, Some(found)) if found.secret() == nonce => Ok(()),
            (Self::Nonce { .. }, _) => Err("it is not the nonce of this sign-in".into()),
            (Self::SameAs { .. }, None) => Ok(()),
            (Self::SameAs { before, .. }, found)
                if found.map(Nonce::secret) == before.nonce.as_ref().map(Nonce::secret) =>
            {
                Ok(())
            }
            (Self::SameAs { .. }, Some(_)) => Err("it is not the nonce of the first sign-in".into()),
        }
    }
}

/// Checks the ID token, then asks userinfo and compares.
pub(super) async fn verify(
    provider: &Provider,
    known: Arc<Known>,
    answer: CoreTokenResponse,
    expected: Expected<'_>,
) -> Result<Verified, Failure> {
    let (known, person) = match accept(&known, &answer, expected) {
        Err(Refusal::UnknownKey) => {
            let known = provider.discover().await?;
            let person = accept(&known, &answer, expected)?;
            (known, person)
        }
        person => (known, person?),
    };
    let userinfo =
        ask_userinfo(provider.http(), &known, answer.access_token().clone(), person.sub.clone()).await?;
    Ok(Verified { name: greeting(&userinfo, &person.sub), userinfo: pretty(&userinfo), ..person })
}

/// Why an answer is not accepted.
enum Refusal {
    /// Its key is not among those we know: they may have been rotated.
    UnknownKey,
    Failure(Failure),
}

impl From<ClaimsVerificationError> for Refusal {
    fn from(error: ClaimsVerificationError) -> Self {
        match error {
            ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
                Self::UnknownKey
            }
            error => Self::Failure(error.into()),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnknownKey => {
                Self::Untrusted("ID token: signed with a key the service does not publish".into())
            }
            Refusal::Failure(failure) => failure,
        }
    }
}

/// All that can be said without asking anybody: the person, their name and userinfo still missing.
fn accept(known: &Known, answer: &CoreTokenResponse, expected: Expected<'_>) -> Result<Verified, Refusal> {
    let id_token = match (answer.id_token(), expected) {
        (Some(token), _) => token,
        // §12.2: a renewal need not bring a new ID token.
        (None, Expected::SameAs { before, .. }) => return Ok(renewed(before, answer)),
        (None, Expected::Nonce { .. }) => {
            return Err(Refusal::Failure(Failure::Untrusted("the answer holds no ID token".into())));
        }
    };
    let claims = check(known, id_token, answer.access_token(), expected)?;
    if let Expected::SameAs { before, .. } = expected {
        unchanged(before, claims).map_err(Refusal::Failure)?;
    }
    Ok(gather(claims, id_token, answer, expected))
}

/// §3.1.3.7 by the crate (signature, `iss`, `aud`, `exp`, nonce), with the algorithm we registered and nothing else.
fn check<'a>(
    known: &Known,
    id_token: &'a CoreIdToken,
    access_token: &AccessToken,
    expected: Expected<'_>,
) -> Result<&'a CoreIdTokenClaims, ClaimsVerificationError> {
    let now = expected.now();
    let verifier = known
        .client
        .id_token_verifier()
        .set_allowed_algs([CoreJwsSigningAlgorithm::EcdsaP256Sha256])
        .set_time_fn(move || (SystemTime::UNIX_EPOCH + Duration::from_secs(now.unsigned_abs())).into())
        .set_issue_time_verifier_fn(move |issued| match issued.timestamp() {
            issued if issued > now.saturating_add(SKEW) => Err("it was issued in the future".into()),
            _ => Ok(()),
        });
    let claims = id_token.claims(&verifier, |nonce: Option<&Nonce>| expected.nonce_agrees(nonce))?;
    if let Some(hash) = claims.access_token_hash() {
        let key = id_token.signing_key(&verifier).map_err(ClaimsVerificationError::SignatureVerification)?;
        let alg = id_token.signing_alg().map_err(ClaimsVerificationError::SignatureVerification)?;
        let made = AccessTokenHash::from_token(access_token, alg, key)
            .map_err(|error| ClaimsVerificationError::Other(error.to_string()))?;
        if made != *hash {
            return Err(ClaimsVerificationError::Other("at_hash belongs to another access token".into()));
        }
    }
    Ok(claims)
}

/// §12.2: same person, same sign-in. `iss` and `aud` were compared by the crate.
fn unchanged(before: &Verified, claims: &CoreIdTokenClaims) -> Result<(), Failure> {
    if claims.subject().as_str() != before.sub {
        return Err(Failure::Untrusted("the renewed token is about another person (sub)".into()));
    }
    let auth_time = claims.auth_time().map(|time| time.timestamp());
    if auth_time.is_some() && auth_time != before.auth_time {
        return Err(Failure::Untrusted("the renewed token claims another sign-in (auth_time)".into()));
    }
    Ok(())
}

/// §5.3.2: userinfo about anybody else is thrown away.
async fn ask_userinfo(
    http: reqwest::Client,
    known: &Known,
    token: AccessToken,
    sub: String,
) -> Result<Value, Failure> {
    let ask = move |request| http::send(http.clone(), request);
    let sub = openidconnect::SubjectIdentifier::new(sub);
    let claims: UserInfoClaims<Rest, CoreGenderClaim> =
        known.client.user_info(token, Some(sub))?.request_async(&ask).await?;
    serde_json::to_value(&claims).map_err(|error| Failure::Untrusted(error.to_string()))
}

fn gather(
    claims: &CoreIdTokenClaims,
    id_token: &CoreIdToken,
    answer: &CoreTokenResponse,
    expected: Expected<'_>,
) -> Verified {
    let before = match expected {
        Expected::Nonce { .. } => None,
        Expected::SameAs { before, .. } => Some(before),
    };
    Verified {
        sub: claims.subject().to_string(),
        name: String::new(),
        acr: claims.auth_context_ref().map(|acr| acr.to_string()),
        amr: claims.auth_method_refs().into_iter().flatten().map(|amr| amr.to_string()).collect(),
        auth_time: claims
            .auth_time()
            .map(|time| time.timestamp())
            .or(before.and_then(|before| before.auth_time)),
        issued: claims.issue_time().timestamp(),
        expires: claims.expiration().timestamp(),
        id_token: id_token.clone(),
        access_token: answer.access_token().clone(),
        refresh_token: answer
            .refresh_token()
            .or(before.and_then(|before| before.refresh_token.as_ref()))
            .cloned(),
        userinfo: String::new(),
        sid: sid(id_token).or(before.and_then(|before| before.sid.clone())),
        nonce: claims.nonce().or(before.and_then(|before| before.nonce.as_ref())).cloned(),
    }
}

fn renewed(before: &Verified, answer: &CoreTokenResponse) -> Verified {
    Verified {
        access_token: answer.access_token().clone(),
        refresh_token: answer.refresh_token().or(before.refresh_token.as_ref()).cloned(),
        ..before.clone()
    }
}

fn greeting(userinfo: &Value, sub: &str) -> String {
    ["name", "preferred_username", "email"]
        .iter()
        .filter_map(|claim| userinfo.get(claim).and_then(Value::as_str))
        .find(|text| !text.trim().is_empty())
        .unwrap_or(sub)
        .to_owned()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
