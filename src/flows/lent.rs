//! Addresses of ours at which we stand in for an app: a test run of the console, a sign-in for a device or for an app that asked
//! for its person elsewhere. Each counts for one run and for the browser it was begun in.

use std::sync::Arc;

use super::ciba::Asking;
use super::clients::trial;
use super::device::Device;
use super::elsewhere::{self, RUN, Sort};
use super::sessions::Browser;
use super::{Cx, PageError};
use crate::clients::Client;
use crate::oidc::authorize::RawRequest;

/// The client as it counts for a request that comes in: with our address beside its own where exactly what a run of this
/// browser asks for is asked.
pub(super) async fn asked(
    cx: &Cx,
    client: Option<Arc<Client>>,
    raw: &RawRequest,
    browser: &Browser,
) -> Result<Option<Arc<Client>>, PageError> {
    counts(cx, client, raw.get("redirect_uri"), Some(raw), browser).await
}

/// The client as it counts for a request that was let in: with our address beside its own while its run is this browser's.
pub(super) async fn visited(
    cx: &Cx,
    client: Option<Arc<Client>>,
    redirect_uri: Option<&str>,
    browser: &Browser,
) -> Result<Option<Arc<Client>>, PageError> {
    counts(cx, client, redirect_uri, None, browser).await
}

/// Whether an address is ours, so that no app waits at it in this browser.
pub fn is_ours(cx: &Cx, redirect_uri: &str) -> bool {
    redirect_uri.strip_prefix(cx.issuer.as_str()).is_some_and(|rest| rest.starts_with('/'))
}

/// Any request of another address costs a comparison of texts.
async fn counts(
    cx: &Cx,
    client: Option<Arc<Client>>,
    redirect_uri: Option<&str>,
    raw: Option<&RawRequest>,
    browser: &Browser,
) -> Result<Option<Arc<Client>>, PageError> {
    let ours = redirect_uri.filter(|uri| is_ours(cx, uri));
    let (Some(known), Some(uri)) = (&client, ours) else { return Ok(client) };
    let run_at = |back: &str| uri.strip_prefix(&format!("{}?{RUN}=", cx.issuer.join(back)));
    let visited = match (run_at(Device::BACK), run_at(Asking::BACK)) {
        (Some(run), _) => elsewhere::visited::<Device>(cx, known, (uri, raw), run, browser).await?,
        (None, Some(run)) => elsewhere::visited::<Asking>(cx, known, (uri, raw), run, browser).await?,
        (None, None) => trial::visited(cx, known, uri, browser).await?,
    };
    Ok(visited.or(client))
}
