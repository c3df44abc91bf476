//! Inviting people and what becomes of it, as administrators do it. Nobody invites above their own level, nor prints the
//! letter of somebody who stands above them.

use super::people::not_above;
use super::{AdminActor, Cx, Refused, may_make, record_refusal};
use crate::audit::Kind;
use crate::base::{Digest, OrganisationId, Secret};
use crate::duties::Action;
use crate::flows::invitations::{self, Letter, NewInvitation, Status};
use crate::flows::{About, accounts, throttle};
use crate::identity::{Account, BadProfile, State};
use crate::store::{self, accounts as rows, invitation_forms, organisations};

/// Characters a name may have.
const LONGEST_NAME: usize = 200;

/// The same operation in the name of whoever acts.
fn named(cx: &Cx, actor: &AdminActor) -> Cx {
    Cx { actor: actor.who().actor(), ..cx.clone() }
}

fn refused(why: accounts::Refused) -> Refused {
    match why {
        accounts::Refused::Profile(BadProfile(text)) => Refused::Bad(blamed(&text)),
        accounts::Refused::Taken => Refused::Bad("taken"),
        accounts::Refused::NoAddress => Refused::Bad("no_address"),
        accounts::Refused::NotInvited => Refused::Already,
        accounts::Refused::Store(error) => error.into(),
        _ => Refused::NotFound,
    }
}

/// The member a profile's refusal speaks of.
fn blamed(text: &str) -> &'static str {
    match text.split_once(':').map(|(member, _)| member) {
        Some("email" | "second_email") => "email",
        Some("claims") => "name",
        _ => "username",
    }
}

/// A value for a form that invites: whoever sends it again is answered with whom it invited.
pub fn form(cx: &Cx) -> Secret<String> {
    let token = crate::base::Token::generate(crate::base::TokenKind::Parked, &cx.entropy);
    Secret::new(token.expose().to_owned())
}

fn form_digest(cx: &Cx, actor: &AdminActor, value: &str) -> Option<Digest> {
    let value = value.trim();
    let whole = format!("{}\n{value}", actor.who().actor().to_text());
    (!value.is_empty() && value.len() <= 200).then(|| cx.index.digest("invitation.form", &whole))
}

/// Invites somebody to the actor's organisation; `form` is the value of the form it came by, if one has such a thing.
/// With an address a mail goes out, without one a [`letter`] is to be printed.
pub async fn invite(cx: &Cx, actor: &AdminActor, new: NewInvitation, form: &str) -> Result<Account, Refused> {
    actor.is_for(Action::AccountInvite)?;
    let cx = &named(cx, actor);
    if !may_make(actor.rank(), new.role) {
        let event = actor.refusal(cx, Kind::AdminRefused, "above_own_level");
        let event = event.with(serde_json::json!({ "action": actor.action(), "role": new.role }));
        record_refusal(cx, actor.who(), event).await?;
        return Err(Refused::Forbidden);
    }
    if new.claims_proof() && !actor.who().may_at(Action::ImportVouch, actor.place()) {
        return above_own_level(cx, actor, "phone_number_verified").await;
    }
    let plain = |name: &str| name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    if !new.claims.values().filter_map(serde_json::Value::as_str).all(plain) {
        return Err(Refused::Bad("name"));
    }
    let form = form_digest(cx, actor, form);
    if let Some(before) = invited_by(cx, form).await? {
        return Ok(before);
    }
    if let Err(taken) = free(cx, actor, &new).await {
        // The same form may have invited them since it was looked for.
        if let Some(before) = invited_by(cx, form).await? {
            return Ok(before);
        }
        return Err(told_taken(cx, actor, taken).await?);
    }
    let new = NewInvitation { organisation: actor.organisation().clone(), form, ..new };
    match invitations::invite(cx, new).await {
        Ok(account) => {
            // Whoever looks for them now finds them.
            super::enrolments::index(cx, &account).await?;
            Ok(account)
        }
        // Of two at once by the same form one invites; the other is answered alike.
        Err(accounts::Refused::Taken) => match invited_by(cx, form).await? {
            Some(before) => Ok(before),
            None => Err(told_taken(cx, actor, Refused::Bad("taken")).await?),
        },
        Err(why) => Err(refused(why)),
    }
}

async fn invited_by(cx: &Cx, form: Option<Digest>) -> Result<Option<Account>, Refused> {
    let Some(form) = form else { return Ok(None) };
    let Some(id) = invitation_forms::find(&cx.store, form).await? else { return Ok(None) };
    Ok(accounts::find_by_id(cx, &id).await?)
}

/// Tells that somebody has a name or address already: whoever asks learns that, so it stands in the trail.
async fn told_taken(cx: &Cx, actor: &AdminActor, taken: Refused) -> Result<Refused, Refused> {
    if matches!(taken, Refused::Bad(_)) {
        let event = actor.refusal(cx, Kind::AdminRefused, "taken");
        let event = event.with(serde_json::json!({ "action": actor.action() }));
        record_refusal(cx, actor.who(), event).await?;
    }
    Ok(taken)
}

/// Whether the name and the address are nobody's yet. Whose they are is not said, and how often somebody elsewhere is found
/// is bounded.
async fn free(cx: &Cx, actor: &AdminActor, new: &NewInvitation) -> Result<(), Refused> {
    let looking = throttle::looks_for_names(cx, actor).await?;
    let found = taken(cx, new).await?;
    let elsewhere = match &found {
        Some((_, place)) => {
            let place = organisations::find(&cx.store, place).await?;
            !place.is_some_and(|place| actor.place().covers(&place.path))
        }
        None => false,
    };
    looking.found(cx, actor, usize::from(elsewhere)).await?;
    found.map_or(Ok(()), |(word, _)| Err(Refused::Bad(word)))
}

/// Which of the two somebody has, and where they belong.
async fn taken(cx: &Cx, new: &NewInvitation) -> Result<Option<(&'static str, OrganisationId)>, store::Error> {
    let has = async |typed: Option<&str>| {
        let Some(canonical) = typed.and_then(crate::base::text::canonical_identifier) else {
            return Ok(None);
        };
        let found = rows::find_by_identifier(&cx.store, cx.identifier_digest(&canonical)).await?;
        Ok::<_, store::Error>(found.map(|account| account.organisation))
    };
    if let Some(place) = has(new.username.as_deref()).await? {
        return Ok(Some(("taken_username", place)));
    }
    let address = new.email.as_deref();
    let place = match has(address).await? {
        Some(place) => Some(place),
        None => super::enrolments::waiting_at(cx, address.unwrap_or_default()).await?,
    };
    Ok(place.map(|place| ("taken_email", place)))
}

async fn above_own_level<T>(cx: &Cx, actor: &AdminActor, what: &'static str) -> Result<T, Refused> {
    let event = actor.refusal(cx, Kind::AdminRefused, "above_own_level");
    let event = event.with(serde_json::json!({ "action": Action::ImportVouch, "claim": what }));
    record_refusal(cx, actor.who(), event).await?;
    Err(Refused::Bad(what))
}

/// Whether an actor may hold what leads into somebody's account.
async fn may_hold(cx: &Cx, actor: &AdminActor, account: &Account) -> Result<(), Refused> {
    actor.is_for(Action::AccountInvite)?;
    not_above(cx, actor, account).await?;
    if may_make(actor.rank(), account.role) {
        return Ok(());
    }
    let event = actor.refusal(cx, Kind::AdminRefused, "above_own_level").person(&account.id);
    let event = event.with(serde_json::json!({ "action": actor.action() }));
    record_refusal(cx, actor.who(), event).await?;
    Err(Refused::Forbidden)
}

/// Sends the invitation once more, to the same address; the link before works no more.
pub async fn resend(cx: &Cx, actor: &AdminActor, account: &Account) -> Result<(), Refused> {
    may_hold(cx, actor, account).await?;
    if !throttle::may_mail(cx, &format!("invitation {}", account.id)).await? {
        return Err(Refused::Already);
    }
    invitations::resend(&named(cx, actor), &account.id).await.map_err(refused)
}

/// Takes the invitation back; `Already` where nothing was open.
pub async fn revoke(cx: &Cx, actor: &AdminActor, account: &Account) -> Result<(), Refused> {
    may_hold(cx, actor, account).await?;
    match invitations::revoke(&named(cx, actor), &account.id).await.map_err(refused)? {
        true => Ok(()),
        false => Err(Refused::Already),
    }
}

/// Makes the letter of somebody who waits; the one before works no more. Its code is in this answer and nowhere else.
pub async fn letter(cx: &Cx, actor: &AdminActor, account: &Account) -> Result<Letter, Refused> {
    may_hold(cx, actor, account).await?;
    invitations::letter(&named(cx, actor), &account.id).await.map_err(refused)
}

/// How somebody's invitation stands; nothing for whoever does not wait for one.
pub async fn status(cx: &Cx, actor: &AdminActor, account: &Account) -> Result<Option<Status>, Refused> {
    actor.is_for(Action::AccountRead)?;
    match account.state {
        State::Invited => Ok(Some(invitations::status(cx, &account.id).await?)),
        State::Active | State::Disabled => Ok(None),
    }
}
