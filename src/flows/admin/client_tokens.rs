//! Tokens by which apps register themselves: made within terms that their maker may give themselves, shown once, taken back.

use super::{AdminActor, Cx, Refused, Who, authorise};
use crate::audit::{Event, Kind};
use crate::base::{EventId, OrganisationId, Seconds, Token, TokenKind};
use crate::clients::{ClientToken, Terms, secret};
use crate::duties::Action;
use crate::flows::About;
use crate::store::client_tokens as rows;

/// Most apps one token registers.
pub const MOST_USES: i64 = 1_000;
/// The longest time a token registers anything, in days.
pub const MOST_DAYS: i64 = 365;

const DAY: Seconds = 24 * 3600;

/// What a token is to be.
#[derive(Clone, Debug)]
pub struct Wished {
    /// What its maker calls it.
    pub label: String,
    /// What the apps may have.
    pub terms: Terms,
    /// How many apps it registers at most.
    pub uses: i64,
    /// For how many days.
    pub days: i64,
}

/// Makes a token at the actor's organisation; it is told here and nowhere else.
pub async fn create(cx: &Cx, actor: &AdminActor, wished: Wished) -> Result<(ClientToken, Token), Refused> {
    actor.is_for(Action::ClientToken)?;
    let label = secret::label(&wished.label).map_err(|_| Refused::Bad("label"))?;
    if !(1..=MOST_USES).contains(&wished.uses) {
        return Err(Refused::Bad("uses"));
    }
    if !(1..=MOST_DAYS).contains(&wished.days) {
        return Err(Refused::Bad("days"));
    }
    may_give(actor, &wished.terms)?;
    let token = Token::generate(TokenKind::InitialAccess, &cx.entropy);
    let made = ClientToken {
        id: EventId::new(cx.now, &cx.entropy).to_string(),
        organisation: actor.organisation().clone(),
        label,
        terms: wished.terms,
        uses: wished.uses,
        used: 0,
        made_by: actor.who().actor().to_text(),
        created_at: cx.now,
        expires_at: cx.now.plus(wished.days * DAY),
        revoked_at: None,
    };
    let event = told(cx, actor, Kind::ClientTokenMade, &made);
    cx.store
        .write((made.clone(), token.digest(), event), |w, (made, digest, event)| {
            Box::pin(async move {
                if !rows::insert(w, made, *digest).await? {
                    return Err(Refused::Bad("too_many"));
                }
                Ok(w.record(event).await?)
            })
        })
        .await?;
    Ok((made, token))
}

/// What takes protection away from people is given by the host alone, as to any app.
fn may_give(actor: &AdminActor, terms: &Terms) -> Result<(), Refused> {
    let policy = terms.policy().map_err(|_| Refused::Bad("terms"))?;
    match actor.who() {
        Who::Host(_) => Ok(()),
        Who::Person(_) | Who::Client(_) if policy.privileged_beyond(None).is_none() => Ok(()),
        Who::Person(_) | Who::Client(_) => Err(Refused::Bad("privileged")),
    }
}

/// The terms as they were given stand in the trail: they say what apps may come of it.
fn told(cx: &Cx, actor: &AdminActor, kind: Kind, token: &ClientToken) -> Event {
    let detail = serde_json::json!({ "token": token.id, "uses": token.uses, "terms": token.terms.to_json() });
    actor.event(cx, kind).with(detail)
}

/// The tokens somebody may see, the newest first.
pub async fn visible(cx: &Cx, who: &Who) -> Result<Vec<ClientToken>, Refused> {
    let mut all = Vec::new();
    for place in who.places(Action::ClientRead) {
        all.extend(rows::below(&cx.store, &place).await?.into_iter().map(|(token, _)| token));
    }
    all.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
    Ok(all)
}

/// A token, and the proof that this may be done where it belongs. One out of sight is not there.
pub async fn authorised(
    cx: &Cx,
    who: &Who,
    action: Action,
    id: &str,
) -> Result<(AdminActor, ClientToken), Refused> {
    let found = rows::find(&cx.store, id).await?;
    let place = found.as_ref().map_or_else(|| OrganisationId::from_text(""), |t| t.organisation.clone());
    let actor = authorise(cx, who, action, &place).await?;
    found.map(|token| (actor, token)).ok_or(Refused::NotFound)
}

/// Takes a token back: it registers nothing any more. What it registered stays.
pub async fn revoke(cx: &Cx, actor: &AdminActor, token: &ClientToken) -> Result<(), Refused> {
    actor.is_for(Action::ClientToken)?;
    let event = told(cx, actor, Kind::ClientTokenRevoked, token);
    let done = cx.store.write((token.id.clone(), cx.now, event), |w, (id, now, event)| {
        Box::pin(async move {
            let revoked = rows::revoke(w, id, *now).await?;
            if revoked {
                w.record(event).await?;
            }
            Ok::<_, crate::store::Error>(revoked)
        })
    });
    if done.await? { Ok(()) } else { Err(Refused::Already) }
}
