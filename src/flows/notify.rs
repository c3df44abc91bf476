//! Notices of changed credentials: prepared before the change, written to the outbox inside it.

use super::{Cx, links, not_me};
use crate::base::{AccountId, Digest, EventId, Timestamp, Token};
use crate::identity::{Account, LinkKind};
use crate::keys::seal::DataKey;
use crate::notifications::{Draft, Message, Notice, To};
use crate::store::{self, Writer, accounts, outbox};

/// A sealed notice on its way into a change.
#[derive(Clone, Debug)]
pub struct Prepared {
    id: EventId,
    account: AccountId,
    notice: Notice,
    sealed: Vec<u8>,
    at: Timestamp,
    /// The digest of “this was not me”, with the first mail of an event: one link for all of them.
    not_me: Option<Digest>,
}

/// Seals a notice for every address on file; none where there is no address.
pub async fn prepare(
    cx: &Cx,
    account: &AccountId,
    notice: Notice,
    about: Option<String>,
) -> Result<Vec<Prepared>, store::Error> {
    draft(cx, account, Draft { about, ..Draft::of(notice) }).await
}

/// Seals a message for the addresses it goes to.
pub async fn draft(cx: &Cx, account: &AccountId, draft: Draft) -> Result<Vec<Prepared>, store::Error> {
    let Some(sealed) = accounts::find(&cx.store, account).await? else { return Ok(Vec::new()) };
    let Some(key) = cx.vault.find(account, cx.now).await? else { return Ok(Vec::new()) };
    seal(cx, &sealed.open(&key)?, &key, &draft)
}

/// As [`draft`], for somebody at hand: an account that is only being made has no row yet.
pub fn seal(cx: &Cx, person: &Account, key: &DataKey, draft: &Draft) -> Result<Vec<Prepared>, store::Error> {
    let to = match &draft.to {
        To::Everyone => person.profile.addresses().map(str::to_owned).collect(),
        To::Only(address) => vec![address.clone()],
    };
    let not_me = draft.notice.can_be_denied().then(|| links::draw(cx));
    let mut all = Vec::new();
    for to in to {
        let mut mail = prepared(cx, person, key, draft, (to, not_me.as_ref()))?;
        mail.not_me = not_me.as_ref().filter(|_| all.is_empty()).map(Token::digest);
        all.push(mail);
    }
    Ok(all)
}

fn prepared(
    cx: &Cx,
    person: &Account,
    key: &DataKey,
    draft: &Draft,
    (to, denial): (String, Option<&Token>),
) -> Result<Prepared, store::Error> {
    let message = Message {
        to,
        locale: person.profile.locale.clone().unwrap_or_default(),
        notice: draft.notice,
        at: cx.now,
        about: draft.about.clone(),
        link: draft.link.clone(),
        until: draft.until,
        not_me: denial.map(|token| links::url(cx, not_me::PATH, token)),
        device: cx.device.clone(),
        network: cx.network.as_deref().map(address),
    };
    let plain = serde_json::to_vec(&message).map_err(|_| store::Error::corrupt("notice"))?;
    let id = EventId::new(cx.now, &cx.entropy);
    let sealed = key.seal(&format!("outbox.{id}"), &plain);
    Ok(Prepared { id, account: person.id.clone(), notice: draft.notice, sealed, at: cx.now, not_me: None })
}

/// A network as people know it: one address without its length, or the part of one that a household shares.
fn address(network: &str) -> String {
    network.strip_suffix("/32").unwrap_or(network).to_owned()
}

/// Writes what was prepared, inside the change it tells of.
pub async fn write(w: &mut Writer, prepared: &[Prepared]) -> Result<(), store::Error> {
    for p in prepared {
        outbox::insert(w, &p.id, &p.account, p.notice, &p.sealed, p.at).await?;
        if let Some(digest) = p.not_me {
            store::links::insert(w, digest, LinkKind::NotMe, &p.account, None, p.at).await?;
        }
    }
    Ok(())
}

/// A notice as it lies in the outbox, unsealed.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its id.
    pub id: String,
    /// What it says to whom.
    pub message: Message,
    /// When it was handed over.
    pub sent_at: Option<Timestamp>,
}

/// The newest notices, unsealed; what the demo shows as caught mail.
pub async fn mailbox(cx: &Cx, limit: i64) -> Result<Vec<Kept>, store::Error> {
    let mut out = Vec::new();
    for row in outbox::newest(&cx.store, limit).await? {
        let Some(key) = cx.vault.find(&row.account, cx.now).await? else { continue };
        let Ok(plain) = key.open(&format!("outbox.{}", row.id), &row.sealed) else { continue };
        if let Ok(message) = serde_json::from_slice(plain.expose()) {
            out.push(Kept { id: row.id, message, sent_at: row.sent_at });
        }
    }
    Ok(out)
}

/// As [`mailbox`], ids and messages alone.
pub async fn newest(cx: &Cx, limit: i64) -> Result<Vec<(String, Message)>, store::Error> {
    Ok(mailbox(cx, limit).await?.into_iter().map(|kept| (kept.id, kept.message)).collect())
}
