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
    let run_at = |back: &str| uri.strip_prefix(&format!("{}?{RUN}=", cx.issuer.join(back)));
    let visited = match (run_at(Device::BACK), run_at(Asking::BACK)) {
        (Some(run), _) => elsewhere::visited::<Device>(cx, known, uri, run, browser).await?,
        (None, Some(run)) => elsewhere::visited::<Asking>(cx, known, uri, run, browser).await?,
        (None, None) => trial::visited(cx, known, uri, browser).await?,
    };
    Ok(visited.or(client))
}
