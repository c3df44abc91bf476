//! The sign-in service as this app sees it: what discovery says, and the four things one can ask of it.
//!
//! Every answer is verified here before anybody else sees it; what leaves is a `Verified`.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
    CoreGrantType, CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthenticationContextClass, AuthorizationCode, ClientId, ClientSecret,
    CsrfToken, EndSessionUrl, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, LoginHint,
    LogoutRequest, Nonce, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadata,
    RedirectUrl, RefreshToken, Scope, url::Url,
};
use serde::{Deserialize, Serialize};

use super::verified::{self, Expected, Verified};
use super::{Failure, Settings, http};

/// What the app asks for: who, their name and address, and to renew while they are away.
pub(super) const SCOPE: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// The provider starts in the same process: the first try may come too early.
const TRIES: u32 = 4;
const BETWEEN_TRIES: Duration = Duration::from_millis(250);

pub(super) type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The two published facts that the crate's own metadata leaves out.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Further {
    end_session_endpoint: Option<EndSessionUrl>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Further {}

type Metadata = ProviderMetadata<
    Further,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What discovery told us, ready for use.
pub(super) struct Known {
    /// The crate's client.
    pub(super) client: Client,
    /// The keys that sign.
    pub(super) keys: CoreJsonWebKeySet,
    further: Further,
}

/// The service, asked for its metadata when first needed and remembered from then on.
pub(super) struct Provider {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    callback: RedirectUrl,
    signed_out: PostLogoutRedirectUrl,
    http: reqwest::Client,
    known: RwLock<Option<Arc<Known>>>,
}

/// One authorization request, without what binds it to its browser.
pub(super) struct Request<'a> {
    /// Comes back unchanged and finds the pending sign-in again.
    pub(super) state: &'a str,
    /// Comes back inside the ID token.
    pub(super) nonce: &'a str,
    /// PKCE: only its hash leaves now.
    pub(super) verifier: &'a str,
    /// A name another site already knows (OpenID Connect Core §4).
    pub(super) login_hint: Option<String>,
    /// The level asked for and how many seconds old it may be.
    pub(super) at_least: Option<(&'static str, i64)>,
}

impl Provider {
    /// Fails only on settings that are no URLs; says nothing to the network.
    pub(super) fn new(settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self {
            issuer: IssuerUrl::new(settings.issuer.clone())?,
            client_id: ClientId::new(settings.client_id.clone()),
            client_secret: settings.client_secret.clone().map(ClientSecret::new),
            callback: RedirectUrl::new(format!("{}/callback", settings.origin))?,
            signed_out: PostLogoutRedirectUrl::new(format!("{}/signed-out", settings.origin))?,
            http: http::client()?,
            known: RwLock::new(None),
        })
    }

    /// The URL that asks the person to sign in.
    pub(super) async fn authorize_url(&self, request: Request<'_>) -> Result<Url, Failure> {
        let known = self.known().await?;
        let verifier = PkceCodeVerifier::new(request.verifier.to_owned());
        let (state, nonce) = (request.state.to_owned(), request.nonce.to_owned());
        let mut url = known
            .client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scopes(SCOPE.iter().skip(1).map(|scope| Scope::new((*scope).into())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        if let Some(hint) = request.login_hint {
            url = url.set_login_hint(LoginHint::new(hint));
        }
        if let Some((acr, max_age)) = request.at_least {
            url = url
                .add_auth_context_value(AuthenticationContextClass::new(acr.into()))
                .set_max_age(Duration::from_secs(max_age.unsigned_abs()));
        }
        let (url, _, _) = url.url();
        Ok(url)
    }

    /// RFC 9207 §2.4: a response that names another issuer, or none where one was announced, is not ours.
    pub(super) async fn check_iss(&self, iss: Option<&str>) -> Result<(), Failure> {
        let announced = self.known().await?.further.authorization_response_iss_parameter_supported;
        match iss {
            Some(iss) if iss == self.issuer.as_str() => Ok(()),
            None if !announced => Ok(()),
            Some(_) => Err(Failure::Untrusted("the response names another issuer (iss)".into())),
            None => Err(Failure::Untrusted("the response names no issuer (iss)".into())),
        }
    }

    /// Whether a third party that starts a sign-in here means our issuer (OpenID Connect Core §4).
    pub(super) fn is_issuer(&self, iss: &str) -> bool {
        iss == self.issuer.as_str()
    }

    /// Exchanges a code and verifies everything that comes back.
    pub(super) async fn redeem(
        &self,
        code: String,
        verifier: String,
        expected: Expected<'_>,
    ) -> Result<Verified, Failure> {
        let known = self.known().await?;
        let ask = |request| http::send(self.http.clone(), request);
        let answer = known
            .client
            .exchange_code(AuthorizationCode::new(code))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&ask)
            .await?;
        verified::verify(self, known, answer, expected).await
    }

    /// Spends the refresh token and verifies that what comes back is still about the same sign-in.
    pub(super) async fn renew(&self, before: &Verified, now: i64) -> Result<Verified, Failure> {
        let Some(token) =
            before.refresh_token.as_ref().map(|token| RefreshToken::new(token.secret().clone()))
        else {
            return Err(Failure::refused("invalid_grant", "no refresh token was issued"));
        };
        let known = self.known().await?;
        let ask = |request| http::send(self.http.clone(), request);
        let answer = known.client.exchange_refresh_token(&token)?.request_async(&ask).await?;
        verified::verify(self, known, answer, Expected::SameAs { before, now }).await
    }

    /// RP-Initiated Logout §2; `None` if the service has no such endpoint.
    pub(super) async fn logout_url(&self, session: &Verified, state: &str) -> Result<Option<Url>, Failure> {
        let Some(endpoint) = self.known().await?.further.end_session_endpoint.clone() else {
            return Ok(None);
        };
        let request = LogoutRequest::from(endpoint)
            .set_id_token_hint(&session.id_token)
            .set_client_id(self.client_id.clone())
            .set_post_logout_redirect_uri(self.signed_out.clone())
            .set_state(CsrfToken::new(state.to_owned()));
        Ok(Some(request.http_get_url()))
    }

    /// The keys as far as they are known.
    pub(super) async fn keys(&self) -> Result<CoreJsonWebKeySet, Failure> {
        Ok(self.known().await?.keys.clone())
    }

    /// For the questions that go beyond the token endpoint; a clone shares the connections.
    pub(super) fn http(&self) -> reqwest::Client {
        self.http.clone()
    }

    /// The metadata and keys anew: a token named a key we have never seen.
    pub(super) async fn discover(&self) -> Result<Arc<Known>, Failure> {
        let ask = |request| http::send(self.http.clone(), request);
        let metadata = Metadata::discover_async(self.issuer.clone(), &ask).await?;
        let (further, keys) = (metadata.additional_metadata().clone(), metadata.jwks().clone());
        let client =
            CoreClient::from_provider_metadata(metadata, self.client_id.clone(), self.client_secret.clone())
                .set_redirect_uri(self.callback.clone());
        let known = Arc::new(Known { client, keys, further });
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    async fn known(&self) -> Result<Arc<Known>, Failure> {
        let remembered = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = remembered {
            return Ok(known);
        }
        let mut tries = 1;
        loop {
            match self.discover().await {
                Err(Failure::Away(_)) if tries < TRIES => tokio::time::sleep(BETWEEN_TRIES).await,
                answer => return answer,
            }
            tries += 1;
        }
    }
}
