//! What links and short codes lead into: activating an invited account, a new password, a new factor after a reset or a
//! recovery. A link is looked at as often as one likes; it is spent inside the change that sets what it allows.

use serde_json::json;

use super::hub::{self, Decision, Next, Page, Scene};
use super::interaction::{self, Interaction, Loaded, Purpose};
use super::sessions::{self, Browser};
use super::throttle::{self, Guesser};
use super::{About, Cx, PageError, invitations, links as sent, notify, recovery};
use crate::audit::{Event, Kind};
use crate::base::{AccountId, Digest, FactorId, InteractionId, Timestamp, text};
use crate::factors::FactorKind;
use crate::identity::{Account, Link, LinkKind, LinkStanding, State, short_code};
use crate::notifications::{Draft, Notice};
use crate::policy::throttle::Budget;
use crate::policy::{self, Need};
use crate::store::accounts::Ground;
use crate::store::{self, Writer, accounts, attempts, factors, links, recoveries};

/// What a link's page shows before anything is done.
#[derive(Debug)]
pub enum Seen {
    /// It works.
    Open(Invitee),
    /// It works no more.
    Over(Link),
    /// Nobody was sent this, or it was sent for something else.
    Unknown,
}

/// Whom a link was sent to, and who sits at this browser.
#[derive(Debug)]
pub struct Invitee {
    /// What to call them.
    pub name: String,
    /// Until when the link works.
    pub until: Timestamp,
    /// Somebody else is signed in at this browser: what to call them.
    pub other: Option<String>,
    /// What the link is about.
    pub about: Option<String>,
}

/// Looks at a link; spends nothing, because mail scanners look too.
pub async fn look(cx: &Cx, browser: &Browser, kind: LinkKind, token: &str) -> Result<Seen, PageError> {
    throttle::begin(cx).await?;
    match sent::look(cx, kind, token).await? {
        sent::Looked::Open(_, link) => match invitee(cx, browser, &link).await? {
            Some(invitee) => Ok(Seen::Open(invitee)),
            None => Ok(Seen::Over(Link { standing: LinkStanding::Revoked, ..link })),
        },
        sent::Looked::Over(link) => Ok(Seen::Over(link)),
        sent::Looked::Unknown => Ok(Seen::Unknown),
    }
}

/// The person of a link, while the account may still follow it.
async fn invitee(cx: &Cx, browser: &Browser, link: &Link) -> Result<Option<Invitee>, PageError> {
    let Some(account) = follows(cx, link).await? else { return Ok(None) };
    let signed_in = sessions::find(cx, browser).await?.map(|found| found.session.account);
    let other = match signed_in.filter(|id| *id != account.id) {
        Some(id) => sessions::active_account(cx, &id).await?.map(|a| a.display_name().to_owned()),
        None => None,
    };
    let name = account.display_name().to_owned();
    Ok(Some(Invitee { name, until: link.expires_at, other, about: link.about.clone() }))
}

/// The account a link was sent to, if it is in the state the link is for.
async fn follows(cx: &Cx, link: &Link) -> Result<Option<Account>, PageError> {
    let Some(sealed) = accounts::find(&cx.store, &link.account).await? else { return Ok(None) };
    let wanted = if activates(link.kind) { State::Invited } else { State::Active };
    if sealed.state != wanted {
        return Ok(None);
    }
    let Some(key) = cx.vault.find(&link.account, cx.now).await? else { return Ok(None) };
    Ok(Some(sealed.open(&key)?))
}

/// Begins what an open link allows, in this browser, whichever browser the link was asked for in.
pub async fn begin(
    cx: &Cx,
    browser: &Browser,
    kind: LinkKind,
    token: &str,
) -> Result<(InteractionId, Next), PageError> {
    throttle::begin(cx).await?;
    let (token, link) = match sent::look(cx, kind, token).await? {
        sent::Looked::Open(token, link) => (token, link),
        sent::Looked::Over(link) => return Err(PageError::LinkOver(link.standing)),
        sent::Looked::Unknown => return Err(PageError::LinkUnknown),
    };
    enter(cx, browser, (token.digest(), true), &link).await
}

async fn enter(
    cx: &Cx,
    browser: &Browser,
    (digest, by_mail): (Digest, bool),
    link: &Link,
) -> Result<(InteractionId, Next), PageError> {
    let Some(account) = follows(cx, link).await? else {
        return Err(PageError::LinkOver(LinkStanding::Revoked));
    };
    if sessions::find(cx, browser).await?.is_some_and(|found| found.session.account != account.id) {
        // Nobody's session is mixed with what another was sent: first one of them leaves.
        sent::refused(cx, link.kind, &digest, "another_person", &account.id).await?;
        return Err(PageError::OtherPerson);
    }
    let purpose = Purpose::Link {
        kind: link.kind,
        digest,
        account: account.id.clone(),
        client: link.about.clone().filter(|_| activates(link.kind)),
        by_mail,
    };
    let mut state = Interaction::begin(purpose, browser, cx.now);
    state.account = Some(account.id);
    state.chosen = true;
    let mut loaded = interaction::fresh(cx, state);
    let next = hub::advance(cx, &mut loaded, browser).await?;
    interaction::create(cx, &loaded).await?;
    Ok((loaded.id, next))
}

/// Begins what a short code allows, typed beside the name: a letter's, or one shown face to face. `None` when they do not
/// match, whoever was named. Guesses count per account and per network.
pub async fn begin_short(
    cx: &Cx,
    browser: &Browser,
    reference: &str,
    typed: &str,
) -> Result<Option<(InteractionId, Next)>, PageError> {
    let canonical = text::canonical_identifier(reference).unwrap_or_default();
    let found = accounts::find_by_identifier(&cx.store, cx.identifier_digest(&canonical)).await?;
    let account = found.map(|found| found.id);
    let guesser = Guesser { account: account.as_ref(), canonical: &canonical, browser: browser.id };
    let attempt = throttle::reserve(cx, guesser, Budget::ShortCode).await?;
    let named = account.clone().unwrap_or_else(|| hub::nobody(cx, &canonical));
    let code = short_code::normalise(typed);
    let code = code.as_ref().map_or("", |code| code.expose().as_str());
    let mut open = None;
    for kind in [LinkKind::Letter, LinkKind::FactorReset] {
        // Both always, so that a wrong code takes as long as a right one.
        let digest = invitations::short_digest(cx, kind, named.as_str(), code);
        let link = links::find(&cx.store, digest, kind, cx.now).await?;
        open = open.or(link.filter(|l| l.standing == LinkStanding::Open).map(|link| (digest, link)));
    }
    let Some((digest, link)) = open else {
        attempt.missed(cx, Kind::LinkRefused, "wrong_code").await?;
        return Ok(None);
    };
    attempt.settled(cx).await?;
    enter(cx, browser, (digest, false), &link).await.map(Some)
}

/// Whether a link of this kind makes an invited account one that may act.
fn activates(kind: LinkKind) -> bool {
    matches!(kind, LinkKind::Invitation | LinkKind::Letter)
}

/// Whether this sign-in activates an account.
pub fn is_of(state: &Interaction) -> bool {
    matches!(&state.purpose, Purpose::Link { kind, .. } if activates(*kind))
}

/// Insists that the link of this sign-in still allows it: not taken back, not used elsewhere, not too old.
pub(super) async fn still_open(
    cx: &Cx,
    state: &Interaction,
    account: Option<&Account>,
) -> Result<(), PageError> {
    let Purpose::Link { kind, digest, account: of, .. } = &state.purpose else { return Ok(()) };
    let Some(account) = account.filter(|account| account.id == *of) else { return Err(PageError::Expired) };
    // Whoever activated the account, here or elsewhere: from then on it is signed in to as any other.
    if state.spent || (activates(*kind) && account.state == State::Active) {
        return Ok(());
    }
    let link = links::find(&cx.store, *digest, *kind, cx.now).await?;
    match link.map(|link| link.standing) {
        Some(LinkStanding::Open) => Ok(()),
        standing => {
            let standing = standing.unwrap_or(LinkStanding::Expired);
            sent::refused(cx, *kind, digest, word(standing), of).await?;
            Err(PageError::LinkOver(standing))
        }
    }
}

fn word(standing: LinkStanding) -> &'static str {
    match standing {
        LinkStanding::Open => "open",
        LinkStanding::Spent => "spent",
        LinkStanding::Revoked => "revoked",
        LinkStanding::Expired => "expired",
    }
}

/// What comes next in a sign-in that a link began.
pub(super) fn next(cx: &Cx, state: &Interaction, scene: &Scene, kind: LinkKind) -> Decision {
    let invited = scene.account.as_ref().is_some_and(|account| account.state == State::Invited);
    match kind {
        LinkKind::Invitation | LinkKind::Letter if invited => Decision::Page(Page::FirstFactor),
        LinkKind::PasswordReset if !state.renewed => Decision::Page(Page::NewPassword),
        LinkKind::FactorReset if !state.bound && !by_mail(state) && is_bare(scene) => {
            Decision::Page(Page::NewPassword)
        }
        // Two things from one mailbox are one thing.
        LinkKind::FactorReset if !state.bound && by_mail(state) && !has_own_password(scene) => {
            Decision::Page(Page::Stuck)
        }
        LinkKind::Recovery if !state.bound && !recovery::may_finish(scene) => Decision::Page(Page::Stuck),
        LinkKind::FactorReset | LinkKind::Recovery if !state.bound => rebind(cx, state, scene),
        LinkKind::Address | LinkKind::NotMe | LinkKind::RecoveryCancel => Decision::Page(Page::Stuck),
        LinkKind::Invitation
        | LinkKind::Letter
        | LinkKind::PasswordReset
        | LinkKind::FactorReset
        | LinkKind::Recovery => {
            let demand = hub::account_demand(state, scene, cx.now);
            match policy::need(&demand, &scene.arms, &scene.proofs(state), cx.now) {
                Need::Met(_) if activates(kind) && !state.taught => Decision::Page(Page::Lesson),
                need => hub::of_need(need),
            }
        }
    }
}

fn by_mail(state: &Interaction) -> bool {
    matches!(state.purpose, Purpose::Link { by_mail: true, .. })
}

/// Whether nothing is left by which the person could say who they are; what is switched off is left.
fn is_bare(scene: &Scene) -> bool {
    !scene.factors.iter().any(|row| matches!(row.kind, FactorKind::Password | FactorKind::Passkey))
}

/// Whether there is something of the person's own that no mail has set.
fn has_own_password(scene: &Scene) -> bool {
    let own = |row: &crate::store::factors::FactorRow| {
        matches!(row.kind, FactorKind::Password | FactorKind::Passkey) && row.mailed_at.is_none()
    };
    scene.factors.iter().any(own)
}

/// A new factor behind the link and what the person still knows; the link alone binds nothing.
fn rebind(cx: &Cx, state: &Interaction, scene: &Scene) -> Decision {
    let first = |kind: &FactorKind| matches!(kind, FactorKind::Password | FactorKind::Passkey);
    let since = cx.now.plus(-policy::FRESH_FOR_ENROLMENT);
    let proved = scene
        .proofs(state)
        .iter()
        .any(|proof| first(&proof.method) && proof.at >= since && state.proofs.contains(proof));
    if !proved {
        let mut kinds: Vec<_> = scene.arms.enabled.iter().copied().filter(first).collect();
        kinds.dedup();
        return Decision::Page(if kinds.is_empty() { Page::Stuck } else { Page::Prove(kinds) });
    }
    let kinds = policy::bindable(&hub::account_demand(state, scene, cx.now), &scene.arms);
    Decision::Page(if kinds.is_empty() { Page::Stuck } else { Page::Enrol(kinds) })
}

/// Which credential a change sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// A password.
    Password,
    /// A passkey, a security key, a code app.
    Factor,
}

/// The part of a change that spends the link it is allowed by.
#[derive(Debug)]
pub(super) struct Spending {
    account: AccountId,
    digest: Digest,
    kind: LinkKind,
    /// The profile as it was read, and with its address proved; and what the address is looked up by.
    proved: Option<(Vec<u8>, Vec<u8>, Digest)>,
    budgets: Vec<Digest>,
    events: Vec<Event>,
    notice: Vec<notify::Prepared>,
    now: Timestamp,
}

impl Spending {
    fn recovers(&self) -> bool {
        recovers(self.kind)
    }
}

/// Whether the person had lost what they had: then everything they have open ends.
fn recovers(kind: LinkKind) -> bool {
    matches!(kind, LinkKind::FactorReset | LinkKind::Recovery)
}

/// Whether a factor that is bound in this sign-in takes the place of what was lost.
pub(super) fn regains(state: &Interaction) -> bool {
    !state.spent && matches!(&state.purpose, Purpose::Link { kind, .. } if recovers(*kind))
}

/// Prepares to spend the link of this sign-in; `None` where the change spends none.
pub(super) async fn spending(
    cx: &Cx,
    loaded: &Loaded,
    account: &Account,
    sets: Setting,
) -> Result<Option<Spending>, PageError> {
    let Purpose::Link { kind, digest, .. } = &loaded.state.purpose else { return Ok(None) };
    let (kind, digest) = (*kind, *digest);
    let wanted = match (kind, sets) {
        (LinkKind::Invitation | LinkKind::Letter, _) => account.state == State::Invited,
        (LinkKind::PasswordReset, Setting::Password) => true,
        (LinkKind::FactorReset | LinkKind::Recovery, Setting::Factor) => true,
        _ => false,
    };
    if loaded.state.spent || !wanted {
        return Ok(None);
    }
    let (told, event) = match kind {
        LinkKind::Invitation | LinkKind::Letter => {
            (Some(Notice::Activated), Some(cx.done(Kind::InvitationAccepted, &account.id)))
        }
        LinkKind::FactorReset | LinkKind::Recovery => {
            (Some(Notice::RecoveryDone), Some(cx.done(Kind::RecoveryDone, &account.id)))
        }
        _ => (None, None),
    };
    let mut events: Vec<_> = event.into_iter().map(|event| event.with(json!({ "by": kind }))).collect();
    let proved = proved(cx, account, kind).await?;
    if proved.is_some() {
        events.push(cx.done(Kind::AddressVerified, &account.id));
    }
    let notice = match told {
        Some(told) => notify::draft(cx, &account.id, Draft::of(told)).await?,
        None => Vec::new(),
    };
    let budgets = throttle::subjects(cx, &account.id).await?;
    let account = account.id.clone();
    Ok(Some(Spending { account, digest, kind, proved, budgets, events, notice, now: cx.now }))
}

/// A link that came by mail proves the address it came to.
async fn proved(
    cx: &Cx,
    account: &Account,
    kind: LinkKind,
) -> Result<Option<(Vec<u8>, Vec<u8>, Digest)>, PageError> {
    if kind != LinkKind::Invitation || account.profile.email_verified {
        return Ok(None);
    }
    let canonical = account.profile.email.as_deref().and_then(text::canonical_identifier);
    let (Some(canonical), Some(read)) = (canonical, accounts::find(&cx.store, &account.id).await?) else {
        return Ok(None);
    };
    let key = cx.vault.key(&account.id, cx.now).await?;
    let mut opened = read.open(&key)?;
    opened.profile.email_verified = true;
    let sealed = accounts::sealed_profile(&opened, &key)?;
    Ok(Some((read.sealed().to_vec(), sealed, cx.identifier_digest(&canonical))))
}

/// Why a change that was allowed when it began is not made: it is rolled back whole.
#[derive(Debug)]
pub(super) enum Undone {
    /// Somebody was faster with the link, it was taken back, or the person's factors are others by now.
    Lost,
    /// The session or the sign-in it rests on was ended, or the account may not act any more.
    Over,
    /// The store failed.
    Store(store::Error),
}

impl From<store::Error> for Undone {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

/// Spends the link inside the change, and lets the account act where it was invited.
pub(super) async fn spend(w: &mut Writer, s: &Spending) -> Result<(), Undone> {
    if links::spend(w, s.digest, s.kind, s.now).await?.as_ref() != Some(&s.account) {
        return Err(Undone::Lost);
    }
    if activates(s.kind) {
        if !accounts::activate(w, &s.account, s.now).await? {
            return Err(Undone::Lost);
        }
        for kind in [LinkKind::Invitation, LinkKind::Letter] {
            links::revoke(w, &s.account, kind, s.now).await?;
        }
        if let Some((read, sealed, digest)) = &s.proved {
            if !accounts::reprofile(w, &s.account, read, sealed, s.now).await? {
                return Err(Undone::Lost);
            }
            accounts::identify(w, &s.account, *digest, "email").await?;
        }
    }
    Ok(())
}

/// What else belongs to a link that was spent: what was lost goes, and everybody is told.
pub(super) async fn settle(w: &mut Writer, s: &Spending) -> Result<(), store::Error> {
    if s.recovers() {
        regain(w, s).await?;
    }
    notify::write(w, &s.notice).await?;
    super::record_all(w, &s.events).await
}

/// What was lost goes, with the failures counted against it, before the new factor is bound.
async fn regain(w: &mut Writer, s: &Spending) -> Result<(), store::Error> {
    if s.kind == LinkKind::Recovery {
        for kind in FactorKind::ALL.iter().filter(|kind| **kind != FactorKind::Password) {
            factors::remove_kind(w, &s.account, *kind).await?;
        }
        recoveries::end(w, &s.account, "done", s.now).await?;
    }
    accounts::set_reset(w, &s.account, None).await?;
    for budget in &s.budgets {
        attempts::succeed(w, *budget, Budget::SecondFactor.as_str()).await?;
    }
    Ok(())
}

/// Records that a link was refused because another page was faster.
pub(super) async fn lost(cx: &Cx, spending: Option<&(LinkKind, AccountId)>) -> Result<(), PageError> {
    if let Some((kind, account)) = spending {
        let event = cx.refusal(Kind::LinkRefused, "spent").person(account);
        cx.record(event.with(json!({ "link": kind }))).await?;
    }
    Ok(())
}

/// What [`lost`] tells of, kept while the change has the rest.
pub(super) fn trace(spending: Option<&Spending>) -> Option<(LinkKind, AccountId)> {
    spending.map(|s| (s.kind, s.account.clone()))
}

/// The person has seen what a false page looks like.
pub async fn taught(cx: &Cx, id: &InteractionId, browser: &Browser) -> Result<Next, PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    hub::expect(cx, &loaded, browser, |page| *page == Page::Lesson).await?;
    loaded.state.taught = true;
    interaction::save(cx, &mut loaded).await?;
    hub::advance(cx, &mut loaded, browser).await
}

/// Asks for a new invitation with one that is too old. It goes to the address on file and nowhere else; the answer is the
/// same whatever happened.
pub async fn ask_again(cx: &Cx, token: &str) -> Result<(), PageError> {
    throttle::begin(cx).await?;
    let sent::Looked::Over(link) = sent::look(cx, LinkKind::Invitation, token).await? else { return Ok(()) };
    if link.standing != LinkStanding::Expired || !throttle::may_mail(cx, link.account.as_str()).await? {
        return Ok(());
    }
    match invitations::resend(cx, &link.account).await {
        Err(super::accounts::Refused::Store(error)) => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What a change rests on beside its link: the person's own session, as long as its proofs count, and what was proved in this
/// very sign-in.
pub(super) fn ground(state: &Interaction, scene: &Scene) -> Ground {
    let own = scene.session.as_ref().filter(|_| hub::is_own(state, scene)).map(|found| &found.session);
    let proved = (!state.proofs.is_empty()).then_some(state.valid_from);
    let since = own.map(|session| session.valid_from).into_iter().chain(proved).min();
    Ground {
        session: own.map(|session| session.sid.clone()),
        valid_from: since.unwrap_or(Timestamp::from_micros(i64::MAX)),
    }
}

/// Holds the account for a change of its ways to sign in, if what the change rests on still stands: the factors that were
/// seen, the session, the proofs.
pub(super) async fn hold(
    w: &mut Writer,
    account: &AccountId,
    (ground, seen): (&Ground, &[FactorId]),
    now: Timestamp,
) -> Result<(), Undone> {
    let held = accounts::hold_on(w, account, ground, now).await?;
    // Of two pages at once the second finds other factors, and perhaps everything ended by the first.
    if factors::ids(w, account).await? != seen {
        return Err(Undone::Lost);
    }
    if held { Ok(()) } else { Err(Undone::Over) }
}

/// Says why a change was not made: in the trail, and to whoever sits there.
pub(super) async fn undone<T>(
    cx: &Cx,
    undone: Undone,
    (kind, account): (Kind, &AccountId),
    spending: Option<&(LinkKind, AccountId)>,
) -> Result<T, PageError> {
    match undone {
        // The hub decides anew.
        Undone::Lost => {
            lost(cx, spending).await?;
            Err(PageError::Bad("double_submit"))
        }
        Undone::Over => {
            cx.record(cx.refusal(kind, "ended").person(account)).await?;
            Err(PageError::Expired)
        }
        Undone::Store(error) => Err(error.into()),
    }
}

/// The ids of the factors a decision rested on.
pub(super) fn seen(scene: &Scene) -> Vec<FactorId> {
    scene.factors.iter().map(|row| row.id.clone()).collect()
}
