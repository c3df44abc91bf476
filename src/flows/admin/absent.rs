//! Somebody who is not at hand: what whoever the trail names may do by now. What goes on in somebody's name, a list or a
//! webhook, goes on only while they may.

use super::Cx;
use crate::audit::Actor;
use crate::base::{GrantType, Scopes, Timestamp};
use crate::clients::Client;
use crate::duties::{self as rules, Action, Grant, Organisation, Path, Rank};
use crate::identity::State;
use crate::store::accounts::SealedAccount;
use crate::store::{self, Writer, accounts, clients, grants, organisations};

/// Somebody who could act, if they were here.
pub(crate) enum Absent {
    /// A person, active.
    Person(Vec<Grant>, Timestamp),
    /// A machine client, enabled.
    Client(Path, Scopes, Timestamp),
    /// Whoever runs commands at the host.
    Host,
}

impl Absent {
    /// Whether they may do it at a place.
    pub(crate) fn may_at(&self, action: Action, place: &Path) -> bool {
        match self {
            Self::Person(held, _) => rules::may_at(held, action, place),
            Self::Client(own, scopes, _) => {
                own.covers(place) && action.scope().is_some_and(|scope| scopes.contains(scope.as_str()))
            }
            Self::Host => true,
        }
    }

    /// How high they stand there, for this action.
    pub(crate) fn rank_at(&self, action: Action, place: &Path) -> Rank {
        match self {
            Self::Person(held, _) => rules::rank_at(held, action, place),
            Self::Client(..) => Rank::None,
            Self::Host => Rank::Owner,
        }
    }

    /// Whether everything they had open was ended since a moment: what was done then somebody else may have done in their name.
    pub(crate) fn was_ended_since(&self, seen: Timestamp) -> bool {
        match self {
            Self::Person(_, valid_after) | Self::Client(_, _, valid_after) => *valid_after > seen,
            Self::Host => false,
        }
    }
}

/// Whoever the trail names so, as they stand now; `None` where they are suspended or gone, or the client is stopped.
pub(crate) async fn find(cx: &Cx, actor: &Actor) -> Result<Option<Absent>, store::Error> {
    Ok(match actor {
        Actor::Account(id) => {
            person(accounts::find(&cx.store, id).await?, grants::of_account(&cx.store, id).await?)
        }
        Actor::Client(id) => match cx.clients.find(cx, id).await? {
            Some(found) => client(&found, organisations::find(&cx.store, &found.organisation).await?),
            None => None,
        },
        Actor::Host(_) => Some(Absent::Host),
        Actor::System | Actor::Anonymous => None,
    })
}

/// As [`find`], inside a change, until whose end whoever takes something from them waits.
pub(crate) async fn hold(w: &mut Writer, actor: &Actor) -> Result<Option<Absent>, store::Error> {
    Ok(match actor {
        Actor::Account(id) => {
            accounts::queue(w, id).await?;
            grants::hold(w, id).await?;
            person(accounts::find(&mut *w, id).await?, grants::of_account(&mut *w, id).await?)
        }
        Actor::Client(id) => {
            clients::hold(w, id).await?;
            match clients::find(&mut *w, id).await? {
                Some(found) => client(&found, organisations::find(&mut *w, &found.organisation).await?),
                None => None,
            }
        }
        Actor::Host(_) => Some(Absent::Host),
        Actor::System | Actor::Anonymous => None,
    })
}

fn person(found: Option<SealedAccount>, held: Vec<Grant>) -> Option<Absent> {
    let account = found.filter(|account| account.state == State::Active)?;
    Some(Absent::Person(held, account.valid_after))
}

fn client(found: &Client, own: Option<Organisation>) -> Option<Absent> {
    let usable = found.is_enabled() && found.allows(GrantType::ClientCredentials) && !found.is_public();
    let place = own.filter(|_| usable)?.path;
    Some(Absent::Client(place, found.metadata.scope.clone(), found.valid_after))
}
