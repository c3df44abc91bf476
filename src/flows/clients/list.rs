//! Apps as the console lists them, and how people stand to one: page by page, within what the reader may see.

use super::super::Cx;
use super::super::admin::{AdminActor, Refused, Who, authorise};
use super::settings;
use crate::base::{ClientId, OrganisationId, Timestamp};
use crate::clients::Client;
use crate::clients::lint::Grade;
use crate::duties::Action;
use crate::notifications::logout::Hearing;
use crate::store::clients::{self, Consents, Listed};
use crate::store::{logouts, organisations};

/// Apps on a page.
pub const PAGE: usize = 50;
/// After how many days without use an app is flagged.
pub const UNUSED_DAYS: i64 = 90;

/// One app in the list.
#[derive(Debug)]
pub struct Entry {
    /// The app.
    pub client: Client,
    /// The name of its organisation; empty for the root.
    pub organisation: String,
    /// When it last proved itself.
    pub used_at: Option<Timestamp>,
    /// What the lint calls an error, and what else keeps it from working.
    pub problems: usize,
    /// Whether nobody used it for [`UNUSED_DAYS`].
    pub is_unused: bool,
}

/// A page of the list, and the id after which the next one begins.
pub struct Page {
    /// The apps, newest first.
    pub entries: Vec<Entry>,
    /// The last app's id, where there are more.
    pub next: Option<ClientId>,
}

/// A page of what somebody may see, newest first; `after` is the last app of the page before.
pub async fn page(cx: &Cx, who: &Who, after: Option<&ClientId>, size: usize) -> Result<Page, Refused> {
    let most = i64::try_from(size).unwrap_or(i64::MAX).saturating_add(1);
    let after = match after {
        // One elsewhere is as one that does not exist: where a page begins must not tell of it.
        Some(id) => Some(visible(cx, who, id).await?.ok_or(Refused::Bad("after"))?),
        None => None,
    };
    let after = after.as_ref().map(|client| (client.created_at, &client.id));
    let mut all: Vec<Listed> = Vec::new();
    for place in who.places(Action::ClientRead) {
        all.extend(clients::page(&cx.store, &place, after, most).await?);
    }
    all.sort_by(|a, b| (b.client.created_at, &b.client.id).cmp(&(a.client.created_at, &a.client.id)));
    let more = all.len() > size;
    all.truncate(size);
    let next = all.last().filter(|_| more).map(|last| last.client.id.clone());
    Ok(Page { entries: all.into_iter().map(|listed| entry(cx, listed)).collect(), next })
}

async fn visible(cx: &Cx, who: &Who, id: &ClientId) -> Result<Option<Client>, Refused> {
    let Some(client) = clients::find(&cx.store, id).await? else { return Ok(None) };
    let place = organisations::find(&cx.store, &client.organisation).await?;
    Ok(place.is_some_and(|place| who.may_at(Action::ClientRead, &place.path)).then_some(client))
}

fn entry(cx: &Cx, listed: Listed) -> Entry {
    let Listed { client, organisation, used_at } = listed;
    let used = used_at.unwrap_or(client.created_at);
    Entry {
        organisation,
        used_at,
        problems: settings::findings(&client).iter().filter(|f| f.grade == Grade::Error).count(),
        is_unused: cx.now.since(used) > UNUSED_DAYS * 24 * 3600,
        client,
    }
}

/// An app, and the proof that this may be done where it belongs. One out of sight is not there.
pub async fn authorised(
    cx: &Cx,
    who: &Who,
    action: Action,
    id: &ClientId,
) -> Result<(AdminActor, Client), Refused> {
    let found = clients::find(&cx.store, id).await?;
    // An app that does not exist is refused as one elsewhere.
    let place = found.as_ref().map_or_else(|| OrganisationId::from_text(""), |c| c.organisation.clone());
    let actor = authorise(cx, who, action, &place).await?;
    found.map(|client| (actor, client)).ok_or(Refused::NotFound)
}

/// How an app hears of ended sessions.
pub async fn hearing(cx: &Cx, id: &ClientId) -> Result<Hearing, Refused> {
    Ok(logouts::hearing(&cx.store, id).await?)
}

/// How many people share with an app, and since when; counted to a thousand.
pub async fn consents(cx: &Cx, id: &ClientId) -> Result<Consents, Refused> {
    Ok(clients::consents(&cx.store, id).await?)
}
