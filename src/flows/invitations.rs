//! Inviting people: an account without a way to sign in, and a link by mail or a code on paper that leads into it.
//! Activating it is `activation`'s business.

use serde_json::{Map, Value};

use super::accounts::Refused;
use super::admin::scim;
use super::{About, Cx, links as sent, notify};
use crate::audit::{Event, Kind, Outcome};
use crate::base::{AccountId, ClientId, Digest, OrganisationId, Role, Secret, Timestamp};
use crate::identity::{Account, Link, LinkKind, LinkStanding, Profile, State, short_code};
use crate::keys::seal::DataKey;
use crate::notifications::{Draft, Notice, To};
use crate::policy::throttle::Budget;
use crate::store::scim::External;
use crate::store::{self, Writer, accounts, attempts, invitation_forms, links};

/// Where the link of an invitation leads; the token follows.
pub const PATH: &str = "/activate";

/// A person to be invited.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// What they will type to sign in; without one their address, else a reference that is drawn.
    pub username: Option<String>,
    /// Where the invitation goes; it is proved when the link that came there is used.
    pub email: Option<String>,
    /// Another address for notices.
    pub second_email: Option<String>,
    /// What the account is for.
    pub role: Role,
    /// The clinic.
    pub organisation: OrganisationId,
    /// Standard claims.
    pub claims: Map<String, Value>,
    /// The language of what is sent.
    pub locale: Option<String>,
    /// Until when they should be ready.
    pub due: Option<Timestamp>,
    /// The app that wants them: where they are led when they are ready.
    pub client: Option<ClientId>,
    /// The form this came by: the same one invites nobody twice.
    pub form: Option<Digest>,
    /// The directory that wants them, and its own id of them.
    pub directory: Option<(ClientId, Option<String>)>,
}

impl NewInvitation {
    /// An invitation of a role to the root organisation, with nothing else said.
    pub fn of(role: Role) -> Self {
        Self {
            username: None,
            email: None,
            second_email: None,
            role,
            organisation: OrganisationId::root(),
            claims: Map::new(),
            locale: None,
            due: None,
            client: None,
            form: None,
            directory: None,
        }
    }
}

impl NewInvitation {
    /// Whether it says of somebody that they have proved something, which nobody here saw.
    pub fn claims_proof(&self) -> bool {
        self.claims.get("phone_number_verified").is_some_and(|value| value.as_bool() != Some(false))
    }
}

/// A printed letter. The code is shown once and kept as a digest.
#[derive(Clone, Debug)]
pub struct Letter {
    /// What is typed beside the code.
    pub reference: String,
    /// The code, `XXXX-XXXX`.
    pub code: Secret<String>,
    /// Until when it works.
    pub until: Timestamp,
    /// The page to open.
    pub address: String,
    /// Whom the letter is for.
    pub name: String,
    /// The language it should be written in, a BCP 47 tag.
    pub locale: Option<String>,
}

/// How an invitation stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// The newest link by mail.
    pub mail: Option<Link>,
    /// The newest letter.
    pub letter: Option<Link>,
}

impl Status {
    /// Whether something works that the person holds.
    pub fn is_open(&self) -> bool {
        [&self.mail, &self.letter].into_iter().flatten().any(|link| link.standing == LinkStanding::Open)
    }
}

/// The digest a short code is kept and looked up by: it counts only beside its account, and for its kind.
pub(super) fn short_digest(cx: &Cx, kind: LinkKind, account: &str, code: &str) -> Digest {
    cx.index.digest("short_code", &format!("{kind} {account} {code}"))
}

/// The change that invites somebody.
struct Invitation {
    account: Account,
    sealed: Vec<u8>,
    identifiers: Vec<(Digest, &'static str)>,
    due: Option<Timestamp>,
    registered: Option<Timestamp>,
    form: Option<Digest>,
    directory: Option<(ClientId, Option<External>)>,
    sending: Option<Sending>,
    event: Event,
}

/// An event about somebody, where they belong.
fn about(cx: &Cx, kind: Kind, account: &Account) -> Event {
    cx.event(kind, Outcome::Ok).person(&account.id).within(&account.organisation)
}

/// A link on its way to somebody.
pub(super) struct Sending {
    digest: Digest,
    about: Option<String>,
    notice: Vec<notify::Prepared>,
    event: Event,
}

/// Invites somebody: the account, and the mail with its link if there is an address. Without one, print a [`letter`].
pub async fn invite(cx: &Cx, new: NewInvitation) -> Result<Account, Refused> {
    make(cx, new, None).await
}

/// As [`invite`], for somebody who asked for an account by themselves.
pub(super) async fn register(cx: &Cx, new: NewInvitation) -> Result<Account, Refused> {
    let now = cx.now;
    make(cx, new, Some(now)).await
}

async fn make(cx: &Cx, new: NewInvitation, registered: Option<Timestamp>) -> Result<Account, Refused> {
    let vouched = new.claims_proof();
    let reference = || short_code::draw(&cx.entropy).expose().clone();
    let username = new.username.clone().or_else(|| new.email.clone()).unwrap_or_else(reference);
    let mut profile = Profile::new(&username, new.email.as_deref(), false, new.claims)?;
    profile.second_email = Profile::second_address(new.second_email.as_deref())?;
    profile.locale = new.locale.or(profile.locale);
    let account = Account {
        id: AccountId::new(cx.now, &cx.entropy),
        organisation: new.organisation,
        role: new.role,
        state: State::Invited,
        profile,
        valid_after: cx.now,
        created_at: cx.now,
        reset_at: None,
    };
    let key = cx.vault.create(&account.id, cx.now, &cx.entropy).await?;
    let carries = vouched.then(|| serde_json::json!({ "carries": ["phone_number_verified"] }));
    let wanted_by = new.client.map(|client| client.to_string());
    let invitation = Invitation {
        sealed: accounts::sealed_profile(&account, &key)?,
        identifiers: super::accounts::identifiers(cx, &account.profile),
        due: new.due,
        registered,
        form: new.form,
        sending: sending(cx, &account, &key, Notice::Invitation, wanted_by)?,
        directory: new.directory.map(|(client, external)| {
            let external = scim::sealed_external(cx, &client, &key, external.as_deref());
            (client, external)
        }),
        event: match registered {
            Some(_) => about(cx, Kind::RegistrationBegun, &account),
            None => Event { detail: carries, ..about(cx, Kind::AccountCreated, &account) },
        },
        account: account.clone(),
    };
    match cx.store.write(invitation, |w, i| Box::pin(write_invitation(w, i))).await {
        Err(store::Error::Conflict) => {
            cx.vault.forget_unused(&account.id).await?;
            Err(Refused::Taken)
        }
        Err(other) => Err(other.into()),
        Ok(()) => Ok(account),
    }
}

async fn write_invitation(w: &mut Writer, i: &Invitation) -> Result<(), store::Error> {
    let (id, now) = (&i.account.id, i.account.created_at);
    if let Some(form) = i.form {
        invitation_forms::spend(w, form, id, now).await?;
    }
    accounts::insert(w, &i.account, &i.sealed, &i.identifiers).await?;
    accounts::expect(w, id, i.due, i.registered).await?;
    if let Some((client, external)) = &i.directory {
        store::scim::keep(w, client, id, external.as_ref()).await?;
    }
    w.record(&i.event).await?;
    match &i.sending {
        Some(sending) => send(w, id, sending, now).await,
        None => Ok(()),
    }
}

/// Draws a link for somebody with an address, and seals the mail that brings it.
pub(super) fn sending(
    cx: &Cx,
    account: &Account,
    key: &DataKey,
    notice: Notice,
    about: Option<String>,
) -> Result<Option<Sending>, store::Error> {
    let Some(email) = account.profile.email.clone() else { return Ok(None) };
    let token = sent::draw(cx);
    let draft = Draft {
        link: Some(sent::url(cx, PATH, &token)),
        until: Some(cx.now.plus(LinkKind::Invitation.lifetime())),
        to: To::Only(email),
        ..Draft::of(notice)
    };
    let notice = notify::seal(cx, account, key, &draft)?;
    let event = self::about(cx, Kind::InvitationSent, account).with(serde_json::json!({ "by": "mail" }));
    Ok(Some(Sending { digest: token.digest(), about, notice, event }))
}

/// Keeps the link and sends it, inside the change it belongs to.
pub(super) async fn send(
    w: &mut Writer,
    id: &AccountId,
    sending: &Sending,
    now: Timestamp,
) -> Result<(), store::Error> {
    links::insert(w, sending.digest, LinkKind::Invitation, id, sending.about.as_deref(), now).await?;
    notify::write(w, &sending.notice).await?;
    w.record(&sending.event).await
}

/// Somebody who waits for an invitation, opened.
async fn invited(cx: &Cx, id: &AccountId) -> Result<(Account, DataKey), Refused> {
    let sealed = accounts::find(&cx.store, id).await?.ok_or(Refused::Unknown)?;
    if sealed.state != State::Invited {
        return Err(Refused::NotInvited);
    }
    let key = cx.vault.key(id, cx.now).await?;
    Ok((sealed.open(&key)?, key))
}

/// Whether somebody who waits registered by themselves, and their link was not taken back.
pub async fn registered_alone(cx: &Cx, id: &AccountId) -> Result<bool, store::Error> {
    let newest = links::newest(&cx.store, id, LinkKind::Invitation, cx.now).await?;
    let revoked = newest.is_some_and(|link| link.standing == LinkStanding::Revoked);
    Ok(!revoked && accounts::registered_alone(&cx.store, id).await?)
}

/// Sends the invitation once more, to the same address; the link before works no more.
pub async fn resend(cx: &Cx, id: &AccountId) -> Result<(), Refused> {
    let (account, key) = invited(cx, id).await?;
    let before = links::newest(&cx.store, id, LinkKind::Invitation, cx.now).await?;
    let notice = if before.is_some() { Notice::InvitationReminder } else { Notice::Invitation };
    let about = before.and_then(|link| link.about);
    let sending = sending(cx, &account, &key, notice, about)?.ok_or(Refused::NoAddress)?;
    let input = (id.clone(), sending, cx.now);
    let done = cx.store.write(input, |w, (id, sending, now)| Box::pin(replace(w, id, sending, *now)));
    Ok(done.await?)
}

/// Sends a link in place of the one before.
pub(super) async fn replace(
    w: &mut Writer,
    id: &AccountId,
    sending: &Sending,
    now: Timestamp,
) -> Result<(), store::Error> {
    links::revoke(w, id, LinkKind::Invitation, now).await?;
    send(w, id, sending, now).await
}

/// Takes the invitation back, by whatever way it was sent; says whether anything was open. The account stays and can be
/// invited again.
pub async fn revoke(cx: &Cx, id: &AccountId) -> Result<bool, Refused> {
    let (account, _) = invited(cx, id).await?;
    let event = about(cx, Kind::InvitationRevoked, &account);
    let done = cx.store.write((id.clone(), event, cx.now), |w, (id, event, now)| {
        Box::pin(async move {
            let mut taken = 0;
            for kind in [LinkKind::Invitation, LinkKind::Letter] {
                taken += links::revoke(w, id, kind, *now).await?;
            }
            if taken > 0 {
                w.record(event).await?;
            }
            Ok::<_, store::Error>(taken > 0)
        })
    });
    Ok(done.await?)
}

/// Makes the code of a printed letter; the letter before works no more. A link by mail goes on working beside it.
pub async fn letter(cx: &Cx, id: &AccountId) -> Result<Letter, Refused> {
    let (account, _) = invited(cx, id).await?;
    let code = short_code::draw(&cx.entropy);
    let plain = short_code::normalise(code.expose()).ok_or(Refused::Unknown)?;
    let before = links::newest(&cx.store, id, LinkKind::Invitation, cx.now).await?;
    let change = Printing {
        account: id.clone(),
        digest: short_digest(cx, LinkKind::Letter, id.as_str(), plain.expose()),
        about: before.and_then(|link| link.about),
        budget: cx.index.digest("attempt.account", id.as_str()),
        event: about(cx, Kind::InvitationSent, &account).with(serde_json::json!({ "by": "letter" })),
        now: cx.now,
    };
    cx.store.write(change, |w, c| Box::pin(write_letter(w, c))).await?;
    Ok(Letter {
        reference: account.profile.username.clone(),
        code,
        until: cx.now.plus(LinkKind::Letter.lifetime()),
        address: cx.issuer.join(PATH),
        name: account.display_name().to_owned(),
        locale: account.profile.locale.clone(),
    })
}

/// The change that keeps the digest of a letter's code.
struct Printing {
    account: AccountId,
    digest: Digest,
    about: Option<String>,
    budget: Digest,
    event: Event,
    now: Timestamp,
}

async fn write_letter(w: &mut Writer, c: &Printing) -> Result<(), store::Error> {
    links::revoke(w, &c.account, LinkKind::Letter, c.now).await?;
    links::insert(w, c.digest, LinkKind::Letter, &c.account, c.about.as_deref(), c.now).await?;
    // What was guessed at the letter before does not count against this one.
    attempts::succeed(w, c.budget, Budget::ShortCode.as_str()).await?;
    w.record(&c.event).await
}

/// How a person's invitation stands.
pub async fn status(cx: &Cx, id: &AccountId) -> Result<Status, store::Error> {
    let mail = links::newest(&cx.store, id, LinkKind::Invitation, cx.now).await?;
    let letter = links::newest(&cx.store, id, LinkKind::Letter, cx.now).await?;
    Ok(Status { mail, letter })
}
