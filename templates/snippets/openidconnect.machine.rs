//! A token for the app itself, with the crate openidconnect: cargo add openidconnect --no-default-features --features reqwest

use openidconnect::core::{CoreClient, CoreProviderMetadata};
use openidconnect::{ClientId, ClientSecret, IssuerUrl, OAuth2TokenResponse};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// An access token; it lives for five minutes. `http` must not follow redirects.
pub async fn token(http: &openidconnect::reqwest::Client) -> Result<String, Failure> {
    let issuer = IssuerUrl::new("{issuer}".to_owned())?;
    let metadata = CoreProviderMetadata::discover_async(issuer, http).await?;
    let secret = std::env::var("CLIENT_SECRET").map(ClientSecret::new)?;
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new("{client_id}".to_owned()), Some(secret));
    let tokens = client.exchange_client_credentials()?.request_async(http).await?;
    Ok(tokens.access_token().secret().clone())
}
