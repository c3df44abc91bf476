//! What a registration names elsewhere and what has to be seen before it is believed: the list of a
//! `sector_identifier_uri` (OpenID Connect Core §8.1), and the picture at a `logo_uri`.
//!
//! Whoever registers learns nothing of what was met there: one sentence for all that may be wrong.

use std::time::Duration;

use crate::clients::logo::{self, Logo};
use crate::clients::metadata::{Invalid, Metadata};
use crate::flows::Cx;
use crate::outbound::{Answer, Target};
use crate::store::logos;

/// How long each may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// Most bytes of a list of redirect URIs.
const LIST: usize = 64 * 1024;

/// Verifies what a registration names, and answers the name of our copy of its logo. What stands in `before` was seen when
/// that was registered.
pub async fn look(
    cx: &Cx,
    metadata: &Metadata,
    before: Option<(&Metadata, Option<&str>)>,
) -> Result<Option<String>, NotSeen> {
    let known = before.map(|(metadata, _)| (&metadata.sector_identifier_uri, &metadata.redirect_uris));
    if known != Some((&metadata.sector_identifier_uri, &metadata.redirect_uris)) {
        lists_all(cx, metadata).await?;
    }
    let Some(uri) = &metadata.logo_uri else { return Ok(None) };
    if let Some((known, logo)) = before
        && known.logo_uri.as_ref() == Some(uri)
    {
        return Ok(logo.map(str::to_owned));
    }
    let logo = picture(cx, uri).await.ok_or_else(|| {
        let most = logo::BYTES / 1024;
        let why = format!("could not be fetched as a PNG, JPEG, GIF or WebP picture of at most {most} KiB");
        Invalid::Metadata(format!("logo_uri: {why}"))
    })?;
    let name = logo.name();
    let now = cx.now;
    cx.store.write((logo, now), |w, (logo, now)| Box::pin(logos::keep(w, logo, *now))).await?;
    Ok(Some(name))
}

/// Why something could not be seen.
#[derive(Debug, thiserror::Error)]
pub enum NotSeen {
    /// It is not what the registration says.
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
}

/// Insists that the `sector_identifier_uri` lists every redirect URI: only so its host agrees to be their sector.
async fn lists_all(cx: &Cx, metadata: &Metadata) -> Result<(), Invalid> {
    let Some(uri) = &metadata.sector_identifier_uri else { return Ok(()) };
    let listed = fetch(cx, uri, "application/json", LIST).await;
    let listed: Option<Vec<String>> = listed.and_then(|answer| serde_json::from_slice(&answer.body).ok());
    let listed = listed.unwrap_or_default();
    if !listed.is_empty()
        && !metadata.redirect_uris.is_empty()
        && metadata.redirect_uris.iter().all(|uri| listed.iter().any(|one| one == uri.as_str()))
    {
        return Ok(());
    }
    let why = "must answer with a JSON array that holds every redirect URI (OpenID Connect Core §8.1)";
    Err(Invalid::Metadata(format!("sector_identifier_uri: {why}")))
}

async fn picture(cx: &Cx, uri: &str) -> Option<Logo> {
    let answer = fetch(cx, uri, "image/png, image/jpeg, image/gif, image/webp", logo::BYTES).await?;
    Logo::read(answer.body)
}

/// What stands at an address; why there is nothing is for the log.
async fn fetch(cx: &Cx, uri: &str, accept: &'static str, bytes: usize) -> Option<Answer> {
    let target = Target::parse(uri)?;
    let why = match tokio::time::timeout(PATIENCE, cx.outbound.get(&target, accept, bytes)).await {
        Ok(Ok(answer)) if answer.status == 200 => return Some(answer),
        Ok(Ok(answer)) => format!("status {}", answer.status),
        Ok(Err(why)) => why.to_string(),
        Err(_) => "timeout".to_owned(),
    };
    tracing::info!(host = target.host(), %why, request = %cx.request, "what a registration names was not fetched");
    None
}
