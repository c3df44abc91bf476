//! The browser session behind the cookie: found, kept awake, raised, ended.

use super::{About, Cx, PageError, policies};
use crate::audit::{Kind, Outcome};
use crate::base::{AccountId, ClientId, Digest, SessionId, Timestamp, Token, TokenKind};
use crate::consent::Consent;
use crate::ephemeral::Space;
use crate::factors::Proof;
use crate::identity::State;
use crate::sessions::{BrowserSession, Limits, Standing};
use crate::store::families::{self, Rest};
use crate::store::sessions as session_rows;
use crate::store::{accounts, attempts, factors};

/// How often the last activity is written, in seconds; an idle limit is exact to this.
const ACTIVITY_STEP: i64 = 5;

/// What the browser sent.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Digest of the browser cookie; binds interactions.
    pub id: Digest,
    /// The session cookie, if it is well formed.
    pub session: Option<Token>,
}

impl Browser {
    /// A browser known by its cookie alone.
    pub fn without_session(id: Digest) -> Self {
        Self { id, session: None }
    }
}

/// A living session and how it is stored.
#[derive(Clone, Debug)]
pub struct Found {
    /// The session.
    pub session: BrowserSession,
    /// Open or idle; what is over is not found.
    pub standing: Standing,
    /// The limits that hold for it now.
    pub limits: Limits,
    digest: Digest,
    binding: Digest,
    version: u64,
}

impl Found {
    /// When it went idle, if it did.
    pub fn idle_since(&self) -> Option<Timestamp> {
        (self.standing == Standing::Idle).then(|| self.session.seen_at.plus(self.limits.idle))
    }

    /// What forms of this session are bound to. Not to the cookie's value, which changes at each rise: a form that stood
    /// open beside a fresh check is still this person's own. Another sign-in has another, and so has this one once it
    /// alone was kept through a change that ended everything else ([`keep`]).
    pub fn form_binding(&self) -> &Digest {
        &self.binding
    }
}

/// The session of this browser, if it is alive: known, within its limits, of an active account, not ended.
pub async fn find(cx: &Cx, browser: &Browser) -> Result<Option<Found>, PageError> {
    let Some(token) = &browser.session else { return Ok(None) };
    let digest = token.digest();
    let Some(kept) = cx.ephemeral.get(Space::Session, &digest, cx.now).await? else { return Ok(None) };
    let Ok(session) = serde_json::from_slice::<BrowserSession>(&kept.value) else { return Ok(None) };
    let limits = policies::limits(cx, session.role).await?;
    let standing = session.standing(limits, cx.now);
    if standing == Standing::Over {
        return Ok(None);
    }
    let rest = Rest { account: &session.account, session: Some(&session.sid), began: session.valid_from };
    if !families::is_alive(&cx.store, rest).await? {
        return Ok(None);
    }
    let binding = Digest::of(format!("forms {} {}", session.sid, session.valid_from.micros()));
    Ok(Some(Found { session, standing, limits, digest, binding, version: kept.version }))
}

/// Notes that the person did something here, at most every few seconds.
pub async fn touch(cx: &Cx, found: &mut Found) -> Result<(), PageError> {
    if found.standing != Standing::Open || cx.now.since(found.session.seen_at) < ACTIVITY_STEP {
        return Ok(());
    }
    let before = found.session.seen_at;
    found.session.seen_at = cx.now;
    let value = encode(&found.session)?;
    let ttl = found.session.remaining(found.limits, cx.now);
    // A lost race means somebody else touched or raised it: nothing to repeat.
    cx.ephemeral.swap(Space::Session, &found.digest, found.version, &value, ttl, cx.now).await?;
    // The list is written rarely: once in each stretch of its step.
    let stretch = |at: Timestamp| at.seconds().div_euclid(session_rows::SEEN_STEP);
    if stretch(before) != stretch(cx.now) {
        let seen = (found.session.sid.clone(), cx.now);
        cx.store.write(seen, |w, (sid, now)| Box::pin(session_rows::seen(w, sid, *now))).await?;
    }
    Ok(())
}

/// A new cookie value for a session that rises: the old value is worth nothing from here on.
pub async fn raise(cx: &Cx, found: Option<Found>, session: &BrowserSession) -> Result<Token, PageError> {
    if let Some(found) = found {
        cx.ephemeral.remove(Space::Session, &found.digest, cx.now).await?;
    }
    let token = Token::generate(TokenKind::Session, &cx.entropy);
    let value = encode(session)?;
    let ttl = session.remaining(policies::limits(cx, session.role).await?, cx.now);
    cx.ephemeral.put(Space::Session, &token.digest(), &value, ttl, cx.now).await?;
    Ok(token)
}

/// Keeps a session through a change that ended everything its person had open: it counts from the change on, and its
/// cookie's old value is worth nothing. The change is committed before; a crash in between costs a sign-in.
pub async fn keep(cx: &Cx, found: Found) -> Result<Token, PageError> {
    let mut session = found.session.clone();
    session.valid_from = cx.now;
    raise(cx, Some(found), &session).await
}

/// Ends a session: in SQL first, so that a crash in between costs a repeat and never grants anything.
pub async fn end(cx: &Cx, found: &Found, why: &'static str) -> Result<(), PageError> {
    let (account, sid) = (found.session.account.clone(), found.session.sid.clone());
    let mut event = cx.done(Kind::SessionEnded, &account).sid(&sid);
    event.reason = Some(why.to_owned());
    cx.store
        .write((account, sid, event, cx.now), |w, (account, sid, event, now)| {
            Box::pin(async move {
                if families::end_session(w, account, sid, *now).await? {
                    w.record(event).await?;
                }
                Ok::<_, crate::store::Error>(())
            })
        })
        .await?;
    // Apps are told at once, and not by whoever waits for this.
    cx.ended.notify_one();
    cx.ephemeral.remove(Space::Session, &found.digest, cx.now).await?;
    Ok(())
}

/// What a sign-out ended.
#[derive(Debug)]
pub struct SignedOut {
    /// Whose session it was.
    pub account: AccountId,
    /// The session.
    pub session: SessionId,
    /// The browser's new cookie: what was begun under the old one belongs to nobody any more.
    pub browser: Token,
}

/// Signs the browser out, whoever is signed in. Sign-ins in flight end as well, because the next person at a shared
/// desk must not finish them; that people signed in with this browser before is kept.
pub async fn sign_out(cx: &Cx, browser: &Browser) -> Result<Option<SignedOut>, PageError> {
    let Some(found) = find(cx, browser).await? else { return Ok(None) };
    end(cx, &found, "signed_out").await?;
    let fresh = Token::generate(TokenKind::Browser, &cx.entropy);
    cx.store
        .write((browser.id, fresh.digest()), |w, (old, new)| {
            Box::pin(async move { attempts::rename_browser(w, *old, *new).await })
        })
        .await?;
    let (account, session) = (found.session.account.clone(), found.session.sid.clone());
    Ok(Some(SignedOut { account, session, browser: fresh }))
}

/// Adds proofs to the session that belongs to the same person, else begins a new one; ends another's.
pub async fn after_sign_in(
    cx: &Cx,
    browser: &Browser,
    account: &crate::identity::Account,
    proofs: &[Proof],
) -> Result<(BrowserSession, Option<Found>), PageError> {
    match find(cx, browser).await? {
        Some(found) if found.session.account == account.id => {
            let mut session = found.session.clone();
            session.elevate(proofs, cx.now);
            Ok((session, Some(found)))
        }
        other => {
            if let Some(found) = &other {
                end(cx, found, "another_person").await?;
            }
            let sid = SessionId::new(cx.now, &cx.entropy);
            let session =
                BrowserSession::begin(sid, account.id.clone(), account.role, proofs.to_vec(), cx.now);
            Ok((session, None))
        }
    }
}

/// Proofs of a session whose factors still exist and are enabled.
pub fn standing_proofs(session: &BrowserSession, rows: &[factors::FactorRow]) -> Vec<Proof> {
    let enabled = |p: &&Proof| rows.iter().any(|r| r.id == p.factor && r.is_usable());
    session.proofs.iter().filter(enabled).cloned().collect()
}

/// Loads and unseals an account that may act; `None` when it is gone or disabled.
pub async fn active_account(
    cx: &Cx,
    id: &AccountId,
) -> Result<Option<crate::identity::Account>, crate::store::Error> {
    // Both look-ups always, so that nobody and somebody cost the same.
    let (sealed, key) = (accounts::find(&cx.store, id).await?, cx.vault.find(id, cx.now).await?);
    let (Some(sealed), Some(key)) = (sealed, key) else { return Ok(None) };
    if sealed.state != crate::identity::State::Active {
        return Ok(None);
    }
    sealed.open(&key).map(Some)
}

/// Somebody who may act, as a client finds them.
#[derive(Debug)]
pub struct Met {
    /// The account.
    pub account: crate::identity::Account,
    /// What they agreed to for the client.
    pub consent: Option<Consent>,
    /// Whether they asked to close the account.
    pub is_closing: bool,
}

/// As [`active_account`], as a client finds them; `invited` lets in who was only invited.
pub async fn met(
    cx: &Cx,
    id: &AccountId,
    client: &ClientId,
    invited: bool,
) -> Result<Option<Met>, crate::store::Error> {
    let (met, key) = (accounts::met(&cx.store, id, client).await?, cx.vault.find(id, cx.now).await?);
    let (Some(met), Some(key)) = (met, key) else { return Ok(None) };
    let may = match met.account.state {
        State::Active => true,
        State::Invited => invited,
        State::Disabled => false,
    };
    if !may {
        return Ok(None);
    }
    let (account, consent, is_closing) = (met.account.open(&key)?, met.consent, met.is_closing);
    Ok(Some(Met { account, consent, is_closing }))
}

/// A refusal of something a session tried, in the trail.
pub async fn refuse(cx: &Cx, found: &Found, kind: Kind, reason: &str) -> Result<(), PageError> {
    let mut event = cx.event(kind, Outcome::Refused).person(&found.session.account).sid(&found.session.sid);
    event.reason = Some(reason.to_owned());
    Ok(cx.record(event).await?)
}

fn encode(session: &BrowserSession) -> Result<Vec<u8>, PageError> {
    serde_json::to_vec(session).map_err(|_| PageError::Bad("session"))
}
