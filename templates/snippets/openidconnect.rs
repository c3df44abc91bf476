//! Sign in with the crate openidconnect: cargo add openidconnect --no-default-features --features reqwest

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AuthenticationContextClass, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse, url::Url,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;
type App = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// Asks for the provider's metadata; keep the client for the life of the process. `http` must not follow redirects.
pub async fn client(http: &openidconnect::reqwest::Client) -> Result<App, Failure> {
    let issuer = IssuerUrl::new("{issuer}".to_owned())?;
    let metadata = CoreProviderMetadata::discover_async(issuer, http).await?;
    let secret = std::env::var("CLIENT_SECRET").ok().map(ClientSecret::new);
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new("{client_id}".to_owned()), secret);
    Ok(client.set_redirect_uri(RedirectUrl::new("{redirect_uri}".to_owned())?))
}

/// What to keep in the person's session until the callback.
pub struct Pending {
    pub state: CsrfToken,
    pub nonce: Nonce,
    pub verifier: PkceCodeVerifier,
}

/// Where to send the browser; with `step_up` for a stronger proof that is not older than five minutes.
pub fn begin(client: &App, step_up: bool) -> (Url, Pending) {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = CoreAuthenticationFlow::AuthorizationCode;
    let mut request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random).set_pkce_challenge(challenge);
    for scope in "{scope}".split(' ').filter(|scope| *scope != "openid") {
        request = request.add_scope(Scope::new(scope.to_owned()));
    }
    if step_up {
        request = request
            .add_auth_context_value(AuthenticationContextClass::new("{step_up}".to_owned()))
            .set_max_age(std::time::Duration::from_secs(300));
    }
    let (url, state, nonce) = request.url();
    (url, Pending { state, nonce, verifier })
}

/// At the callback. Answers the person's `sub`, and the `acr`: how strongly they proved who they are.
pub async fn finish(
    client: &App,
    http: &openidconnect::reqwest::Client,
    here: &Url,
    pending: Pending,
) -> Result<(String, Option<String>), Failure> {
    let value = |name: &str| here.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
    if value("state").as_deref() != Some(pending.state.secret().as_str()) || value("iss").as_deref() != Some("{issuer}") {
        return Err("the answer belongs to another sign-in".into());
    }
    let code = value("code").ok_or_else(|| value("error").unwrap_or_default())?;
    let exchange = client.exchange_code(AuthorizationCode::new(code))?.set_pkce_verifier(pending.verifier);
    let tokens = exchange.request_async(http).await?;
    let id_token = tokens.id_token().ok_or("no ID token came")?;
    let claims = id_token.claims(&client.id_token_verifier(), &pending.nonce)?;
    Ok((claims.subject().to_string(), claims.auth_context_ref().map(|acr| acr.to_string())))
}
