//! Apps that see something of a person, and stopping that.

use std::sync::Arc;

use super::{Home, home};
use crate::audit::Kind;
use crate::base::{AccountId, ClientId};
use crate::clients::Client;
use crate::flows::sessions::{self, Browser};
use crate::flows::{About, Cx, PageError};
use crate::oidc::details::Detail;
use crate::store::clients::Shared;
use crate::store::{self, accounts, clients, families};

/// An app, and what the person shares with it.
pub struct App {
    /// As registered; `None` when it is gone.
    pub client: Option<Arc<Client>>,
    /// What was agreed to, and when it was last used.
    pub shared: Shared,
    /// What it may do beyond scopes, as long as it holds tokens for that.
    pub details: Vec<Detail>,
}

/// Whom the person shares something with.
pub async fn list(cx: &Cx, browser: &Browser) -> Result<(Home, Vec<App>), PageError> {
    let home = home(cx, browser).await?;
    let apps = of(cx, &home.account.id).await?;
    Ok((home, apps))
}

/// The same of anybody.
pub(super) async fn of(cx: &Cx, account: &AccountId) -> Result<Vec<App>, store::Error> {
    let mut details = families::details(&cx.store, account, cx.now).await?;
    let mut apps = Vec::new();
    for mut shared in clients::agreements(&cx.store, account, cx.now).await? {
        let client = cx.clients.find(cx, &shared.client).await?;
        // An app that never asks sees what it is registered for.
        if let (true, Some(client)) = (shared.consent.scopes.is_empty(), &client) {
            shared.consent.scopes = client.metadata.scope.clone();
        }
        let details = details.remove(&shared.client).unwrap_or_default();
        apps.push(App { client, shared, details });
    }
    Ok(apps)
}

/// Stops sharing: the agreement, if there is one, is forgotten, and what the app holds of this person is dead at once. `false` when
/// nothing was shared.
pub async fn stop(cx: &Cx, browser: &Browser, client: &ClientId) -> Result<bool, PageError> {
    let home = home(cx, browser).await?;
    let event = cx.done(Kind::ConsentWithdrawn, &home.account.id);
    let event = event.app(client).sid(&home.session.session.sid);
    let change = (home.account.id.clone(), client.clone(), cx.now, event);
    let stopped = cx
        .store
        .write(change, |w, (account, client, now, event)| {
            Box::pin(async move {
                // A code for that app may be being redeemed.
                accounts::queue(w, account).await?;
                let agreed = clients::disagree(w, account, client).await?;
                if !agreed && !families::is_held(w, account, client, *now).await? {
                    return Ok::<_, store::Error>(false);
                }
                families::end_of_client(w, account, client, *now).await?;
                w.record(event).await?;
                Ok(true)
            })
        })
        .await?;
    if !stopped {
        sessions::refuse(cx, &home.session, Kind::ConsentWithdrawn, "unknown").await?;
    }
    Ok(stopped)
}
