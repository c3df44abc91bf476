//! A person's language and addresses. An address counts once the link sent to it was followed and its button pressed;
//! until then the old one stays. The e-mail of another person never signs in.

use super::{Home, for_change, home};
use crate::audit::{Event, Kind};
use crate::base::{AccountId, Digest, EventId, Timestamp, text};
use crate::flows::links::{self as sent, Looked};
use crate::flows::sessions::{self, Browser};
use crate::flows::{About, Cx, PageError, notify, throttle};
use crate::identity::{LinkKind, Profile, Slot, State};
use crate::notifications::{Draft, Notice, To};
use crate::sessions::BrowserSession;
use crate::store::accounts::SealedAccount;
use crate::store::addresses::{self, Pending};
use crate::store::{self, Writer, accounts, links};

/// Where the link of an address leads, before its token.
pub const PATH: &str = "/account/address";
/// How long a person waits between two mails to new addresses, in seconds: the page must not flood strangers.
const BETWEEN_MAILS: i64 = 60;

/// An address that waits for its proof.
pub struct Waiting {
    /// Which it is to be.
    pub slot: Slot,
    /// The address.
    pub address: String,
    /// Until when its link works.
    pub until: Timestamp,
}

/// The home, and the addresses that wait.
pub async fn show(cx: &Cx, browser: &Browser) -> Result<(Home, Vec<Waiting>), PageError> {
    let home = home(cx, browser).await?;
    let key = cx.vault.key(&home.account.id, cx.now).await?;
    let mut waiting = Vec::new();
    for pending in addresses::of_account(&cx.store, &home.account.id).await? {
        let until = pending.created_at.plus(LinkKind::Address.lifetime());
        if until > cx.now {
            waiting.push(Waiting { slot: pending.slot, address: pending.open(&key)?, until });
        }
    }
    Ok((home, waiting))
}

/// Why an address was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadAddress {
    /// It is none.
    NoAddress,
    /// The account has it already.
    Known,
    /// A mail was sent just before.
    TooSoon,
}

struct Adding {
    session: BrowserSession,
    slot: Slot,
    id: EventId,
    sealed: Vec<u8>,
    link: Digest,
    notice: Vec<notify::Prepared>,
    event: Event,
    now: Timestamp,
}

/// Sends a link to an address; nothing else changes until it is followed. `Ok(Some)` says why not.
pub async fn give(
    cx: &Cx,
    browser: &Browser,
    slot: Slot,
    typed: &str,
) -> Result<Option<BadAddress>, PageError> {
    let home = for_change(cx, browser, Kind::AddressAdded).await?;
    let account = &home.account.id;
    let Ok(address) = Profile::address(typed) else { return Ok(Some(BadAddress::NoAddress)) };
    let canonical = text::canonical_identifier(&address);
    if home.account.profile.addresses().any(|known| text::canonical_identifier(known) == canonical) {
        return Ok(Some(BadAddress::Known));
    }
    let last = links::newest(&cx.store, account, LinkKind::Address, cx.now).await?;
    if last.is_some_and(|link| cx.now.since(link.created_at) < BETWEEN_MAILS) {
        return Ok(Some(BadAddress::TooSoon));
    }
    if !throttle::may_mail(cx, &format!("address {account}")).await? {
        sessions::refuse(cx, &home.session, Kind::AddressAdded, "too_many_mails").await?;
        return Ok(Some(BadAddress::TooSoon));
    }
    let (token, id) = (sent::draw(cx), EventId::new(cx.now, &cx.entropy));
    let key = cx.vault.key(account, cx.now).await?;
    let mail = Draft {
        link: Some(sent::url(cx, PATH, &token)),
        until: Some(cx.now.plus(LinkKind::Address.lifetime())),
        to: To::Only(address.clone()),
        ..Draft::of(Notice::AddressVerify)
    };
    let event = cx.done(Kind::AddressAdded, account).sid(&home.session.session.sid);
    let adding = Adding {
        slot,
        sealed: addresses::seal(&address, &id, &key),
        link: token.digest(),
        notice: notify::draft(cx, account, mail).await?,
        event: event.with(serde_json::json!({ "address": slot })),
        session: home.session.session.clone(),
        id,
        now: cx.now,
    };
    match cx.store.write(adding, |w, a| Box::pin(write_adding(w, a))).await? {
        true => Ok(None),
        false => Err(PageError::SignedOut),
    }
}

async fn write_adding(w: &mut Writer, a: &Adding) -> Result<bool, store::Error> {
    let (account, session) = (&a.session.account, &a.session);
    if !accounts::hold_in_session(w, account, &session.sid, session.valid_from, a.now).await? {
        return Ok(false);
    }
    addresses::put(w, account, a.slot, &a.id, &a.sealed, a.now).await?;
    links::insert(w, a.link, LinkKind::Address, account, Some(a.id.as_str()), a.now).await?;
    notify::write(w, &a.notice).await?;
    w.record(&a.event).await?;
    Ok(true)
}

/// What an address's link leads to.
pub enum Asked {
    /// It works: whose account it is, and which address it would prove. Forms are bound to its digest.
    Open {
        /// The name the person signs in with.
        username: String,
        /// The address.
        address: String,
        /// The link.
        digest: Digest,
    },
    /// It works no more, or never did.
    Over,
}

/// Looks at an address's link without spending it: mail scanners follow every one.
pub async fn look(cx: &Cx, token: &str) -> Result<Asked, PageError> {
    throttle::begin(cx).await?;
    Ok(match open(cx, token).await? {
        Some(found) => {
            Asked::Open { username: found.profile.username, address: found.address, digest: found.digest }
        }
        None => Asked::Over,
    })
}

/// A link that works, the address it is about, and the account as it stands.
struct Open {
    digest: Digest,
    pending: Pending,
    address: String,
    sealed: SealedAccount,
    profile: Profile,
}

async fn open(cx: &Cx, token: &str) -> Result<Option<Open>, PageError> {
    let Looked::Open(token, link) = sent::look(cx, LinkKind::Address, token).await? else { return Ok(None) };
    let pending = addresses::find(&cx.store, link.about.as_deref().unwrap_or_default()).await?;
    let sealed = accounts::find(&cx.store, &link.account).await?;
    let (Some(pending), Some(sealed)) = (pending, sealed) else { return Ok(None) };
    // Bound to the account and the address: neither another's link nor one whose address was replaced.
    if pending.account != link.account || sealed.state != State::Active {
        return Ok(None);
    }
    let key = cx.vault.key(&link.account, cx.now).await?;
    let (address, profile) = (pending.open(&key)?, sealed.open(&key)?.profile);
    Ok(Some(Open { digest: token.digest(), pending, address, sealed, profile }))
}

/// What became of the button behind an address's link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proved {
    /// The address counts now.
    Done,
    /// It names somebody else.
    Taken,
    /// The link works no more.
    Over,
}

struct Proving {
    account: AccountId,
    link: Digest,
    pending: EventId,
    /// The digest by which a primary address names its person.
    names: Option<Digest>,
    before: Vec<u8>,
    after: Vec<u8>,
    event: Event,
    notice: Vec<notify::Prepared>,
    now: Timestamp,
}

/// Proves an address: its link is spent in the change that makes it count. Old and new are told.
pub async fn prove(cx: &Cx, token: &str) -> Result<Proved, PageError> {
    let Some(found) = open(cx, token).await? else { return Ok(Proved::Over) };
    let (account, slot) = (found.pending.account.clone(), found.pending.slot);
    let mut profile = found.profile.clone();
    match slot {
        Slot::Primary => {
            (profile.email, profile.email_verified) = (Some(found.address.clone()), true);
        }
        Slot::Second => {
            (profile.second_email, profile.second_email_verified) = (Some(found.address.clone()), true);
        }
    }
    let names = (slot == Slot::Primary).then(|| text::canonical_identifier(&found.address)).flatten();
    let event = cx.done(Kind::AddressVerified, &account).with(serde_json::json!({ "address": slot }));
    let proving = Proving {
        link: found.digest,
        pending: found.pending.id,
        names: names.map(|canonical| cx.identifier_digest(&canonical)),
        before: found.sealed.sealed().to_vec(),
        after: sealed(cx, &found.sealed, profile).await?,
        notice: told(cx, &account, &found.profile, Some(&found.address)).await?,
        account: account.clone(),
        event,
        now: cx.now,
    };
    match cx.store.write(proving, |w, p| Box::pin(write_proof(w, p))).await {
        Ok(true) => Ok(Proved::Done),
        Ok(false) => {
            cx.record(cx.refusal(Kind::LinkRefused, "spent").person(&account)).await?;
            Ok(Proved::Over)
        }
        Err(store::Error::Conflict) => {
            let event = cx.refusal(Kind::AddressVerified, "taken").person(&account);
            cx.record(event.with(serde_json::json!({ "address": slot }))).await?;
            Ok(Proved::Taken)
        }
        Err(other) => Err(other.into()),
    }
}

async fn write_proof(w: &mut Writer, p: &Proving) -> Result<bool, store::Error> {
    if links::spend(w, p.link, LinkKind::Address, p.now).await?.as_ref() != Some(&p.account) {
        return Ok(false);
    }
    // Whoever changed the profile meanwhile did not see this address, and this did not see theirs: nothing is done.
    if !accounts::replace_profile(w, &p.account, &p.before, &p.after, p.now).await?
        || !addresses::take(w, &p.pending).await?
    {
        return Err(store::Error::Unavailable("the profile changed meanwhile".to_owned()));
    }
    // What was mailed before, perhaps to the address that goes, opens nothing any more.
    for kind in [LinkKind::PasswordReset, LinkKind::Address] {
        links::revoke(w, &p.account, kind, p.now).await?;
    }
    if let Some(digest) = p.names {
        accounts::name_by_email(w, &p.account, digest).await?;
    }
    notify::write(w, &p.notice).await?;
    w.record(&p.event).await?;
    Ok(true)
}

/// The profile sealed again.
async fn sealed(cx: &Cx, account: &SealedAccount, profile: Profile) -> Result<Vec<u8>, PageError> {
    let key = cx.vault.key(&account.id, cx.now).await?;
    let account = crate::identity::Account { profile, ..account.open(&key)? };
    Ok(accounts::sealed_profile(&account, &key)?)
}

/// A changed address is told to every one that was on file, and to the new one.
async fn told(
    cx: &Cx,
    account: &AccountId,
    before: &Profile,
    new: Option<&str>,
) -> Result<Vec<notify::Prepared>, PageError> {
    let mut all = Vec::new();
    for address in before.addresses().chain(new) {
        let mail = Draft { to: To::Only(address.to_owned()), ..Draft::of(Notice::AddressChanged) };
        all.extend(notify::draft(cx, account, mail).await?);
    }
    Ok(all)
}

/// Removes the second address; `false` when there is none.
pub async fn remove_second(cx: &Cx, browser: &Browser) -> Result<bool, PageError> {
    let home = for_change(cx, browser, Kind::AddressRemoved).await?;
    let mut profile = home.account.profile.clone();
    if profile.second_email.take().is_none() {
        sessions::refuse(cx, &home.session, Kind::AddressRemoved, "unknown").await?;
        return Ok(false);
    }
    profile.second_email_verified = false;
    let notice = told(cx, &home.account.id, &home.account.profile, None).await?;
    let event = cx.done(Kind::AddressRemoved, &home.account.id);
    rewrite(cx, &home, profile, event.with(serde_json::json!({ "address": Slot::Second })), notice).await?;
    Ok(true)
}

/// Keeps the person's language, for pages and notices.
pub async fn speak(cx: &Cx, browser: &Browser, tag: &str) -> Result<(), PageError> {
    let home = home(cx, browser).await?;
    let profile = Profile { locale: Some(tag.to_owned()), ..home.account.profile.clone() };
    let event = cx.done(Kind::AccountChanged, &home.account.id);
    rewrite(cx, &home, profile, event.with(serde_json::json!({ "changed": "language" })), Vec::new()).await
}

/// Writes the profile in the session that changed it, if nobody else changed it meanwhile.
async fn rewrite(
    cx: &Cx,
    home: &Home,
    profile: Profile,
    event: Event,
    notice: Vec<notify::Prepared>,
) -> Result<(), PageError> {
    let session = home.session.session.clone();
    let Some(account) = accounts::find(&cx.store, &session.account).await? else {
        return Err(PageError::SignedOut);
    };
    let key = cx.vault.key(&account.id, cx.now).await?;
    if account.open(&key)?.profile != home.account.profile {
        return Err(PageError::Unavailable);
    }
    let after = sealed(cx, &account, profile).await?;
    let change =
        (session, account.sealed().to_vec(), after, event.sid(&home.session.session.sid), notice, cx.now);
    let written = cx.store.write(change, |w, (session, before, after, event, notice, now)| {
        Box::pin(async move {
            let (account, from) = (&session.account, session.valid_from);
            if !accounts::hold_in_session(w, account, &session.sid, from, *now).await? {
                return Ok::<_, store::Error>(false);
            }
            if !accounts::replace_profile(w, account, before, after, *now).await? {
                return Err(store::Error::Unavailable("the profile changed meanwhile".to_owned()));
            }
            notify::write(w, notice).await?;
            w.record(event).await?;
            Ok(true)
        })
    });
    match written.await? {
        true => Ok(()),
        false => Err(PageError::SignedOut),
    }
}
