//! People as a directory keeps them by SCIM: joiners are invited, leavers suspended, names kept in step. The same rules as
//! at the console hold: a machine sees its organisation and what lies below, and touches nobody who holds a duty.

use serde_json::Value;

use super::{AdminActor, Cx, Refused, Who, authorise_about, invitations, people};
use crate::audit::Kind;
use crate::base::{AccountId, ClientId, Digest, Role, text};
use crate::duties::{Action, Path, Reason};
use crate::flows::accounts;
use crate::flows::invitations::NewInvitation;
use crate::identity::{Account, Profile, State};
use crate::keys::seal::DataKey;
use crate::store::scim::{self as rows, External};
use crate::store::{self, accounts as account_rows, enrolments};

/// What stands in the trail as the reason of a suspension.
const LEFT: &str = "The directory says that this person left (SCIM)";
/// What stands in the trail as the reason of letting somebody in again.
const BACK: &str = "The directory says that this person is back (SCIM)";

/// What a directory may say about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// What they sign in with.
    pub username: String,
    /// The directory's own id of them.
    pub external: Option<String>,
    /// Where the invitation goes.
    pub email: Option<String>,
    /// The name as it is shown.
    pub name: Option<String>,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Language, a BCP 47 tag.
    pub locale: Option<String>,
    /// What the account is for.
    pub role: Role,
    /// Whether they may sign in, or will when they are activated.
    pub active: bool,
}

/// A person and what the directory says of them.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The account.
    pub account: Account,
    /// The directory's own id of them.
    pub external: Option<String>,
}

/// Which people are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// All.
    Everybody,
    /// Those who may sign in or are invited; or the others.
    Active(bool),
    /// Who signs in with this.
    Username(String),
    /// Whom this address belongs to.
    Email(String),
    /// Whom the directory knows by this.
    External(String),
    /// Who has this id.
    Id(String),
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// As at the console.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The username, the address or the directory's id belongs to somebody.
    #[error("somebody has this userName, this address or this externalId")]
    Taken,
    /// A value cannot be used; the text says which.
    #[error("{0}")]
    Value(String),
    /// It cannot be changed here; the attribute.
    #[error("{0} cannot be changed by a directory")]
    Fixed(&'static str),
    /// Somebody else changed it meanwhile.
    #[error("somebody else changed this person; read and try again")]
    Changed,
}

impl From<store::Error> for NotDone {
    fn from(error: store::Error) -> Self {
        Self::Refused(error.into())
    }
}

impl Fields {
    /// What is kept of a person.
    pub fn of(kept: &Kept) -> Self {
        let profile = &kept.account.profile;
        let claim = |name: &str| profile.claim_text(name).map(str::to_owned);
        Self {
            username: profile.username.clone(),
            external: kept.external.clone(),
            email: profile.email.clone(),
            name: claim("name"),
            given_name: claim("given_name"),
            family_name: claim("family_name"),
            locale: profile.locale.clone(),
            role: kept.account.role,
            active: kept.account.state != State::Disabled,
        }
    }

    /// The profile's claims with these names.
    fn claims(&self, before: &serde_json::Map<String, Value>) -> serde_json::Map<String, Value> {
        let mut claims = before.clone();
        let texts = [
            ("name", &self.name),
            ("given_name", &self.given_name),
            ("family_name", &self.family_name),
            ("locale", &self.locale),
        ];
        for (name, value) in texts {
            match value {
                Some(value) => claims.insert(name.to_owned(), value.as_str().into()),
                None => claims.remove(name),
            };
        }
        claims
    }
}

/// The client that speaks for the directory; nobody else does.
fn directory(who: &Who) -> Result<&ClientId, Refused> {
    match who {
        Who::Client(machine) => Ok(&machine.id),
        Who::Person(_) | Who::Host(_) => Err(Refused::Forbidden),
    }
}

fn digest(cx: &Cx, client: &ClientId, external: &str) -> Digest {
    cx.index.digest("scim.external", &format!("{client} {external}"))
}

fn external(cx: &Cx, client: &ClientId, key: &DataKey, text: &str) -> External {
    External { digest: digest(cx, client, text), sealed: key.seal(&context(client), text.as_bytes()) }
}

fn context(client: &ClientId) -> String {
    format!("scim.external.{client}")
}

/// A person with the directory's id; nothing where the directory let them go.
async fn kept(cx: &Cx, client: &ClientId, account: Account, key: &DataKey) -> Result<Option<Kept>, NotDone> {
    let known = rows::known(&cx.store, client, &account.id).await?;
    if known.left_at.is_some() {
        return Ok(None);
    }
    let external = match known.external {
        Some(sealed) => {
            let plain =
                key.open(&context(client), &sealed).map_err(|_| store::Error::corrupt("scim.external"))?;
            Some(String::from_utf8_lossy(plain.expose()).into_owned())
        }
        None => None,
    };
    Ok(Some(Kept { account, external }))
}

/// A person, and the proof that this may be done with them. Whoever is elsewhere, or was let go, is not there.
pub async fn get(cx: &Cx, who: &Who, action: Action, id: &AccountId) -> Result<(AdminActor, Kept), NotDone> {
    let client = directory(who)?;
    let (actor, account) = authorise_about(cx, who, action, id).await?;
    let key = cx.vault.key(id, cx.now).await?;
    let kept = kept(cx, client, account, &key).await?;
    Ok((actor, kept.ok_or(Refused::NotFound)?))
}

/// A page of people, and how many there are in all.
pub async fn search(
    cx: &Cx,
    who: &Who,
    sought: &Sought,
    (skipped, limit): (i64, i64),
) -> Result<(Vec<Kept>, i64), NotDone> {
    let client = directory(who)?;
    let active = match sought {
        Sought::Everybody => None,
        Sought::Active(active) => Some(*active),
        one => {
            let found: Vec<_> = one_sought(cx, who, client, one).await?.into_iter().collect();
            let total = i64::try_from(found.len()).unwrap_or_default();
            let on_page = skipped < total && limit > 0;
            return Ok((if on_page { found } else { Vec::new() }, total));
        }
    };
    let (mut people, mut total) = (Vec::new(), 0);
    for place in who.places(Action::AccountList) {
        total += count(cx, client, &place, active).await?;
        if limit == 0 {
            continue;
        }
        for sealed in rows::page(&cx.store, client, &place, active, (skipped, limit)).await? {
            let Some(key) = cx.vault.find(&sealed.id, cx.now).await? else { continue };
            people.extend(kept(cx, client, sealed.open(&key)?, &key).await?);
        }
    }
    Ok((people, total))
}

async fn count(cx: &Cx, client: &ClientId, place: &Path, active: Option<bool>) -> Result<i64, NotDone> {
    let fits = |state: State| active.is_none_or(|active| active == (state != State::Disabled));
    let counts = enrolments::counts(&cx.store, place).await?;
    let all: i64 = counts.iter().filter(|(cell, _)| fits(cell.state)).map(|(_, people)| people).sum();
    let (gone_active, gone_suspended) = rows::gone(&cx.store, client, place).await?;
    Ok(all
        - match active {
            None => gone_active + gone_suspended,
            Some(true) => gone_active,
            Some(false) => gone_suspended,
        })
}

/// Whether a profile is the one that was sought.
type Fits = Box<dyn Fn(&Profile) -> bool + Send>;

async fn one_sought(cx: &Cx, who: &Who, client: &ClientId, sought: &Sought) -> Result<Option<Kept>, NotDone> {
    let by_name = async |typed: &str| match text::canonical_identifier(typed) {
        Some(canonical) => {
            let found = account_rows::find_by_identifier(&cx.store, cx.identifier_digest(&canonical)).await?;
            Ok::<_, NotDone>(found.map(|sealed| (sealed.id, canonical)))
        }
        None => Ok(None),
    };
    let (id, fits): (_, Fits) = match sought {
        Sought::Everybody | Sought::Active(_) => return Ok(None),
        Sought::Id(id) => (Some(AccountId::from_text(id)), Box::new(|_| true)),
        Sought::External(text) => {
            (rows::find(&cx.store, client, digest(cx, client, text)).await?, Box::new(|_| true))
        }
        Sought::Username(typed) => match by_name(typed).await? {
            Some((id, canonical)) => (Some(id), Box::new(move |p| same(Some(&p.username), &canonical))),
            None => (None, Box::new(|_| false)),
        },
        Sought::Email(typed) => match by_name(typed).await? {
            Some((id, canonical)) => (Some(id), Box::new(move |p| same(p.email.as_deref(), &canonical))),
            None => (None, Box::new(|_| false)),
        },
    };
    let Some(account) = (match id {
        Some(id) => account_rows::find(&cx.store, &id).await?,
        None => None,
    }) else {
        return Ok(None);
    };
    // Whoever is elsewhere is not found; looking for them is no offence.
    let place = store::organisations::find(&cx.store, &account.organisation).await?;
    if !place.is_some_and(|place| who.may_at(Action::AccountList, &place.path)) {
        return Ok(None);
    }
    let Some(key) = cx.vault.find(&account.id, cx.now).await? else { return Ok(None) };
    let account = account.open(&key)?;
    if !fits(&account.profile) {
        return Ok(None);
    }
    kept(cx, client, account, &key).await
}

fn same(kept: Option<&str>, canonical: &str) -> bool {
    kept.and_then(text::canonical_identifier).is_some_and(|kept| kept == canonical)
}

/// Invites a joiner at the actor's organisation, as the console does. Somebody the directory let go comes back.
pub async fn create(cx: &Cx, actor: &AdminActor, fields: &Fields) -> Result<Kept, NotDone> {
    actor.is_for(Action::AccountInvite)?;
    let client = directory(actor.who())?;
    if fields.role == Role::Administrator {
        return Err(NotDone::Value("userType: administrators are invited at the console".to_owned()));
    }
    if let Some(back) = returning(cx, actor, client, fields).await? {
        return Ok(back);
    }
    let new = NewInvitation {
        username: Some(fields.username.clone()),
        email: fields.email.clone(),
        organisation: actor.organisation().clone(),
        claims: fields.claims(&serde_json::Map::new()),
        locale: fields.locale.clone(),
        directory: Some((client.clone(), fields.external.clone())),
        ..NewInvitation::of(fields.role)
    };
    let account = invitations::invite(cx, actor, new, "").await.map_err(not_invited)?;
    if fields.active {
        return Ok(Kept { account, external: fields.external.clone() });
    }
    // A joiner who may not come in yet.
    let (suspending, account) = authorise_about(cx, actor.who(), Action::AccountSuspend, &account.id).await?;
    people::suspend(cx, &suspending, &account, &reason(LEFT)?).await?;
    let account = Account { state: State::Disabled, ..account };
    Ok(Kept { account, external: fields.external.clone() })
}

/// What stands against an invitation, in the words of a directory.
fn not_invited(why: Refused) -> NotDone {
    match why {
        Refused::Bad("taken" | "taken_username" | "taken_email") => NotDone::Taken,
        Refused::Bad("username") => NotDone::Value("userName cannot be used".to_owned()),
        Refused::Bad("email") => NotDone::Value("emails holds no address that can be used".to_owned()),
        Refused::Bad(_) => NotDone::Value("a name or the locale cannot be used".to_owned()),
        other => NotDone::Refused(other),
    }
}

fn reason(text: &str) -> Result<Reason, Refused> {
    Ok(Reason::parse(text)?)
}

/// The directory's id of a new person as it is kept; for `invitations`.
pub(in crate::flows) fn sealed_external(
    cx: &Cx,
    client: &ClientId,
    key: &DataKey,
    text: Option<&str>,
) -> Option<External> {
    text.map(|text| external(cx, client, key, text))
}

/// Somebody of this name whom the directory let go, let in again.
async fn returning(
    cx: &Cx,
    actor: &AdminActor,
    client: &ClientId,
    fields: &Fields,
) -> Result<Option<Kept>, NotDone> {
    let Some(canonical) = text::canonical_identifier(&fields.username) else { return Ok(None) };
    let found = account_rows::find_by_identifier(&cx.store, cx.identifier_digest(&canonical)).await?;
    let Some(found) = found else { return Ok(None) };
    if rows::known(&cx.store, client, &found.id).await?.left_at.is_none() {
        return Ok(None);
    }
    let (enabling, account) = match authorise_about(cx, actor.who(), Action::AccountEnable, &found.id).await {
        Ok(found) => found,
        Err(Refused::NotFound) => return Ok(None),
        Err(why) => return Err(why.into()),
    };
    if !same(Some(&account.profile.username), &canonical) {
        return Ok(None);
    }
    people::not_above(cx, &enabling, &account).await?;
    let key = cx.vault.key(&account.id, cx.now).await?;
    let input =
        (client.clone(), account.id.clone(), sealed_external(cx, client, &key, fields.external.as_deref()));
    let kept_again = cx.store.write(input, |w, (client, account, external)| {
        Box::pin(async move { rows::keep(w, client, account, external.as_ref()).await })
    });
    taken(kept_again.await)?;
    let before = Kept { account, external: fields.external.clone() };
    let wanted = Fields {
        username: before.account.profile.username.clone(),
        email: before.account.profile.email.clone(),
        role: before.account.role,
        ..fields.clone()
    };
    change(cx, actor.who(), &before, &wanted).await.map(Some)
}

fn taken<T>(written: Result<T, store::Error>) -> Result<T, NotDone> {
    match written {
        Err(store::Error::Conflict) => Err(NotDone::Taken),
        other => Ok(other?),
    }
}

/// Brings a person to what the directory says. What they prove themselves, their username and their address, stays with them.
pub async fn change(cx: &Cx, who: &Who, before: &Kept, wanted: &Fields) -> Result<Kept, NotDone> {
    let client = directory(who)?.clone();
    let is = Fields::of(before);
    let same_text = |a: Option<&str>, b: Option<&str>| {
        a.and_then(text::canonical_identifier) == b.and_then(text::canonical_identifier)
    };
    if !same_text(Some(&is.username), Some(&wanted.username)) {
        return Err(NotDone::Fixed("userName"));
    }
    if wanted.email.is_some() && !same_text(is.email.as_deref(), wanted.email.as_deref()) {
        return Err(NotDone::Fixed("emails"));
    }
    if is.role != wanted.role {
        return Err(NotDone::Fixed("userType"));
    }
    let id = &before.account.id;
    if let Some(text) = wanted.external.as_deref().filter(|text| is.external.as_deref() != Some(*text)) {
        let other = rows::find(&cx.store, &client, digest(cx, &client, text)).await?;
        if other.is_some_and(|other| other != *id) {
            return Err(NotDone::Taken);
        }
    }
    let claims = wanted.claims(&before.account.profile.claims);
    // Checked before anything is written.
    Profile::new(&is.username, is.email.as_deref(), false, claims.clone())
        .map_err(|bad| NotDone::Value(bad.to_string()))?;
    let mut account = before.account.clone();
    // The state first: it is what may be refused.
    if is.active != wanted.active {
        let action = if wanted.active { Action::AccountEnable } else { Action::AccountSuspend };
        let (actor, found) = authorise_about(cx, who, action, id).await?;
        match wanted.active {
            true => people::enable(cx, &actor, &found, &reason(BACK)?).await,
            false => people::suspend(cx, &actor, &found, &reason(LEFT)?).await,
        }
        .or_else(|why| if matches!(why, Refused::Already) { Ok(()) } else { Err(why) })?;
        account = accounts::find_by_id(cx, id).await?.ok_or(Refused::NotFound)?;
    }
    if account.profile.claims != claims || is.external != wanted.external || is.locale != wanted.locale {
        let (actor, _) = authorise_about(cx, who, Action::AccountInvite, id).await?;
        people::not_above(cx, &actor, &account).await?;
        account = write(cx, &actor, &client, account, claims, wanted).await?;
    }
    Ok(Kept { account, external: wanted.external.clone() })
}

/// Writes names, language and the directory's id, if the profile is still the one that was read.
async fn write(
    cx: &Cx,
    actor: &AdminActor,
    client: &ClientId,
    mut account: Account,
    claims: serde_json::Map<String, Value>,
    wanted: &Fields,
) -> Result<Account, NotDone> {
    let id = account.id.clone();
    let key = cx.vault.key(&id, cx.now).await?;
    let sealed = account_rows::find(&cx.store, &id).await?.ok_or(Refused::NotFound)?;
    if sealed.open(&key)?.profile != account.profile {
        return Err(NotDone::Changed);
    }
    account.profile.claims = claims;
    account.profile.locale.clone_from(&wanted.locale);
    let event = actor.event(cx, Kind::AccountChanged);
    let event = crate::flows::About::person(event, &id);
    let event = crate::flows::About::with(event, serde_json::json!({ "by": "scim" }));
    let input = (
        client.clone(),
        id,
        (sealed.sealed().to_vec(), account_rows::sealed_profile(&account, &key)?),
        sealed_external(cx, client, &key, wanted.external.as_deref()),
        (event, cx.now),
    );
    let written = cx.store.write(input, |w, (client, id, (read, sealed), external, (event, now))| {
        Box::pin(async move {
            if !account_rows::reprofile(w, id, read, sealed, *now).await? {
                return Ok::<_, store::Error>(false);
            }
            rows::keep(w, client, id, external.as_ref()).await?;
            w.record(event).await?;
            Ok(true)
        })
    });
    if taken(written.await)? { Ok(account) } else { Err(NotDone::Changed) }
}

/// Lets a leaver go: the account is suspended, everything open ends, and the directory does not see it any more. It is not
/// erased: that takes two people.
pub async fn leave(cx: &Cx, actor: &AdminActor, before: &Kept) -> Result<(), NotDone> {
    actor.is_for(Action::AccountSuspend)?;
    let client = directory(actor.who())?.clone();
    match people::suspend(cx, actor, &before.account, &reason(LEFT)?).await {
        Ok(()) | Err(Refused::Already) => {}
        Err(why) => return Err(why.into()),
    }
    let input = (client, before.account.id.clone(), cx.now);
    cx.store
        .write(input, |w, (client, id, now)| Box::pin(async move { rows::leave(w, client, id, *now).await }))
        .await?;
    Ok(())
}
