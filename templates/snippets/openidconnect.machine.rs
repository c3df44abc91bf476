//! A token for the app itself, with the crate openidconnect: cargo add openidconnect
//!
//! `http` is an `openidconnect::reqwest::Client` that follows no redirects, or a function from request to answer.

use openidconnect::core::{CoreClient, CoreProviderMetadata};
use openidconnect::{AsyncHttpClient, ClientId, ClientSecret, IssuerUrl, OAuth2TokenResponse};
use openidconnect::AuthType; // +post

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// An access token, and for how many seconds it lives.
pub async fn token<H>(http: &H) -> Result<(String, u64), Failure>
where
    H: for<'c> AsyncHttpClient<'c, Error: Send + Sync>,
{
    let issuer = IssuerUrl::new("{issuer}".to_owned())?;
    let metadata = CoreProviderMetadata::discover_async(issuer, http).await?;
    let secret = ClientSecret::new(std::env::var("CLIENT_SECRET")?);
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new("{client_id}".to_owned()), Some(secret));
    let client = client.set_auth_type(AuthType::RequestBody); // +post
    let tokens = client.exchange_client_credentials()?.request_async(http).await?;
    let lives = tokens.expires_in().map_or(0, |lives| lives.as_secs());
    Ok((tokens.access_token().secret().clone(), lives))
}
