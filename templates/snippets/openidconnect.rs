//! Sign in with the crate openidconnect: cargo add openidconnect
//!
//! `http` is an `openidconnect::reqwest::Client` that follows no redirects, or a function from request to answer.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreJwsSigningAlgorithm, CoreTokenResponse};
use openidconnect::{
    AsyncHttpClient, AuthenticationContextClass, AuthorizationCode, ClientId, CsrfToken, EndSessionUrl, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IssuerUrl, LogoutRequest, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    ProviderMetadataWithLogout, RedirectUrl, Scope, TokenResponse, url::Url,
};
use openidconnect::ClientSecret; // +secret
use openidconnect::AuthType; // +post
use openidconnect::{OAuth2TokenResponse, RefreshToken}; // +refresh
use openidconnect::PostLogoutRedirectUrl; // +home

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Client = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// Weakest first. A level is asked for, not granted: look at what came back.
const LEVELS: [&str; 3] = ["urn:vouchsafe:acr:aal1", "urn:vouchsafe:acr:aal2", "urn:vouchsafe:acr:aal2-phr"];

/// What is asked for before something that matters, and how many seconds old it may be.
const STEP_UP: (&str, u64) = ("{step_up}", 300);

/// What is known of the provider; keep it for the life of the process.
pub struct Provider {
    client: Client,
    end_session: EndSessionUrl,
}

/// What to keep in the person's session until the callback.
pub struct Pending {
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    step_up: bool,
}

/// Who signed in, and how strongly they proved it.
pub struct SignedIn {
    pub sub: String,
    pub acr: String,
    pub tokens: CoreTokenResponse,
}

impl Provider {
    /// Asks for the provider's metadata and keys.
    pub async fn discover<H>(http: &H) -> Result<Self, Failure>
    where
        H: for<'c> AsyncHttpClient<'c, Error: Send + Sync>,
    {
        let issuer = IssuerUrl::new("{issuer}".to_owned())?;
        let metadata = ProviderMetadataWithLogout::discover_async(issuer, http).await?;
        let end_session = metadata.additional_metadata().end_session_endpoint.clone().ok_or("nobody can sign out there")?;
        let secret = Some(ClientSecret::new(std::env::var("CLIENT_SECRET")?)); // +secret
        let secret = None; // +none
        let client = CoreClient::from_provider_metadata(metadata, ClientId::new("{client_id}".to_owned()), secret);
        let client = client.set_auth_type(AuthType::RequestBody); // +post
        let client = client.set_redirect_uri(RedirectUrl::new("{redirect_uri}".to_owned())?);
        Ok(Self { client, end_session })
    }

    /// Where to send the browser.
    pub fn begin(&self, step_up: bool) -> (Url, Pending) {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let request = self.client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        let scopes = "{scope}".split(' ').filter(|scope| *scope != "openid");
        let mut request = request.set_pkce_challenge(challenge).add_scopes(scopes.map(|scope| Scope::new(scope.to_owned())));
        if step_up {
            let (level, seconds) = STEP_UP;
            request = request.add_auth_context_value(AuthenticationContextClass::new(level.to_owned()));
            request = request.set_max_age(Duration::from_secs(seconds));
        }
        let (url, state, nonce) = request.url();
        (url, Pending { state, nonce, verifier, step_up })
    }

    /// At the callback; `here` is its full URL.
    pub async fn finish<H>(&self, http: &H, here: &Url, pending: Pending) -> Result<SignedIn, Failure>
    where
        H: for<'c> AsyncHttpClient<'c, Error: Send + Sync>,
    {
        let value = |name: &str| here.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
        let is_ours = value("state").as_ref() == Some(pending.state.secret()) && value("iss").as_deref() == Some("{issuer}");
        if !is_ours {
            return Err("the answer belongs to another sign-in".into());
        }
        let code = value("code").ok_or_else(|| value("error").unwrap_or_default())?;
        let exchange = self.client.exchange_code(AuthorizationCode::new(code))?.set_pkce_verifier(pending.verifier);
        let tokens = exchange.request_async(http).await?;
        let verifier = self.client.id_token_verifier();
        let verifier = verifier.set_allowed_algs([CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256]); // +RS256
        let verifier = verifier.set_allowed_algs([CoreJwsSigningAlgorithm::RsaSsaPssSha256]); // +PS256
        let verifier = verifier.set_allowed_algs([CoreJwsSigningAlgorithm::EcdsaP256Sha256]); // +ES256
        let verifier = verifier.set_allowed_algs([CoreJwsSigningAlgorithm::EdDsa]); // +EdDSA
        let claims = tokens.id_token().ok_or("no ID token came")?.claims(&verifier, &pending.nonce)?;
        let acr = claims.auth_context_ref().map(|acr| acr.to_string()).unwrap_or_default();
        let auth_time = claims.auth_time().map_or(0, |at| at.timestamp());
        if pending.step_up {
            let rank = |level: &str| LEVELS.iter().position(|known| *known == level);
            let age = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().saturating_sub(auth_time.unsigned_abs());
            if rank(&acr) < rank(STEP_UP.0) || age > STEP_UP.1 + 10 {
                return Err(format!("signed in at {acr} only, {age} seconds ago").into());
            }
        }
        Ok(SignedIn { sub: claims.subject().to_string(), acr, tokens })
    }

    /// New tokens of the same sign-in. Keep the new refresh token: the old one is spent. // +refresh
    pub async fn refresh<H>(&self, http: &H, tokens: &CoreTokenResponse) -> Result<CoreTokenResponse, Failure> // +refresh
    where // +refresh
        H: for<'c> AsyncHttpClient<'c, Error: Send + Sync>, // +refresh
    { // +refresh
        let token = RefreshToken::new(tokens.refresh_token().ok_or("no refresh token came")?.secret().clone()); // +refresh
        Ok(self.client.exchange_refresh_token(&token)?.request_async(http).await?) // +refresh
    } // +refresh
 // +refresh
    /// Where to send the browser to sign out everywhere.
    pub fn leave(&self, tokens: &CoreTokenResponse) -> Url {
        let mut request = LogoutRequest::from(self.end_session.clone()).set_client_id(ClientId::new("{client_id}".to_owned()));
        if let Some(token) = tokens.id_token() {
            request = request.set_id_token_hint(token);
        }
        if let Ok(home) = PostLogoutRedirectUrl::new("{post_logout_redirect_uri}".to_owned()) { // +home
            request = request.set_post_logout_redirect_uri(home); // +home
        } // +home
        request.http_get_url()
    }
}
