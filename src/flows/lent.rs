//! Addresses of ours at which we stand in for an app: a test run of the console, a sign-in for a device. Each counts for one
//! run and for the browser it was begun in.

use std::sync::Arc;

use super::clients::trial;
use super::sessions::Browser;
use super::{Cx, PageError, device};
use crate::clients::Client;

/// The client as it counts for this request: with our address beside its own where a run of this browser is asked for.
/// Any other request costs a comparison of texts.
pub(super) async fn visited(
    cx: &Cx,
    client: Option<Arc<Client>>,
    redirect_uri: Option<&str>,
    browser: &Browser,
) -> Result<Option<Arc<Client>>, PageError> {
    let ours = redirect_uri.filter(|uri| uri.starts_with(cx.issuer.as_str()));
    let (Some(known), Some(uri)) = (&client, ours) else { return Ok(client) };
    let of_device = uri.strip_prefix(&format!("{}?{}=", cx.issuer.join(device::BACK), device::RUN));
    let visited = match of_device {
        Some(run) => device::visited(cx, known, uri, run, browser).await?,
        None => trial::visited(cx, known, uri, browser).await?,
    };
    Ok(visited.or(client))
}
