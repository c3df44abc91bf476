//! Notices of changed credentials: prepared before the change, written to the outbox inside it.

use super::Cx;
use crate::base::{AccountId, EventId, Timestamp};
use crate::notifications::{Message, Notice};
use crate::store::{self, Writer, accounts, outbox};

/// A sealed notice on its way into a change.
#[derive(Clone, Debug)]
pub struct Prepared {
    id: EventId,
    account: AccountId,
    notice: Notice,
    sealed: Vec<u8>,
    at: Timestamp,
}

/// Seals a notice for the person's address; `None` when they have none on file.
pub async fn prepare(
    cx: &Cx,
    account: &AccountId,
    notice: Notice,
    about: Option<String>,
) -> Result<Option<Prepared>, store::Error> {
    let Some(sealed) = accounts::find(&cx.store, account).await? else { return Ok(None) };
    let Some(key) = cx.vault.find(account, cx.now).await? else { return Ok(None) };
    let person = sealed.open(&key)?;
    let Some(to) = person.profile.email.clone() else { return Ok(None) };
    let locale = person.profile.locale.clone().unwrap_or_else(|| "en".to_owned());
    let message = Message { to, locale, notice, at: cx.now, about };
    let plain = serde_json::to_vec(&message).map_err(|_| store::Error::corrupt("notice"))?;
    let id = EventId::new(cx.now, &cx.entropy);
    let sealed = key.seal(&format!("outbox.{id}"), &plain);
    Ok(Some(Prepared { id, account: account.clone(), notice, sealed, at: cx.now }))
}

/// Writes a prepared notice, if there is one.
pub async fn write(w: &mut Writer, prepared: &Option<Prepared>) -> Result<(), store::Error> {
    match prepared {
        Some(p) => outbox::insert(w, &p.id, &p.account, p.notice, &p.sealed, p.at).await,
        None => Ok(()),
    }
}

/// The newest notices, unsealed; what the demo shows as caught mail.
pub async fn newest(cx: &Cx, limit: i64) -> Result<Vec<(String, Message)>, store::Error> {
    let mut out = Vec::new();
    for row in outbox::newest(&cx.store, limit).await? {
        let Some(key) = cx.vault.find(&row.account, cx.now).await? else { continue };
        let Ok(plain) = key.open(&format!("outbox.{}", row.id), &row.sealed) else { continue };
        if let Ok(message) = serde_json::from_slice(plain.expose()) {
            out.push((row.id, message));
        }
    }
    Ok(out)
}
