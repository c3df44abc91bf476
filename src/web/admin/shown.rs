//! How the console's pages are framed: who is here, where they may go, what was just done.

use jiff::tz::TimeZone;

use super::Admin;
use crate::base::{AccountId, OrganisationId, Timestamp};
use crate::duties::Action;
use crate::flows::accounts;
use crate::flows::admin::Refused;
use crate::web::pages::admin::{AdminShell, Done, NavItem};
use crate::web::pages::{Locale, When};
use crate::web::paths;

/// The rooms of the console: what opens it, where it is, the message that names it. A new room is a row here.
pub const ROOMS: &[(Action, &str, &str)] = &[
    (Action::OverviewRead, paths::ADMIN, "admin-overview-title"),
    (Action::ClientRead, paths::ADMIN_APPS, "admin-apps-title"),
    (Action::AccountList, paths::ADMIN_PEOPLE, "admin-people-title"),
    (Action::RecoveryStop, paths::ADMIN_RECOVERIES, "admin-recoveries-title"),
    (Action::ApprovalRead, paths::ADMIN_APPROVALS, "admin-approvals-title"),
    (Action::OrganisationRead, paths::ADMIN_ORGANISATIONS, "admin-organisations-title"),
    (Action::PolicyRead, paths::ADMIN_POLICIES, "admin-policies-title"),
    (Action::AuditRead, paths::ADMIN_ACTIVITY, "admin-activity-title"),
    (Action::KeyRead, paths::ADMIN_KEYS, "admin-keys-title"),
    (Action::WebhookRead, paths::ADMIN_WEBHOOKS, "admin-hooks-title"),
];

/// The frame of a console page, in the room that begins with `room`.
pub fn frame(admin: &Admin, room: &str) -> AdminShell {
    let mut shell = admin.caller.shell(room, admin.csrf());
    // The console speaks English alone.
    shell.locale = Locale::En;
    shell.account_name = Some(admin.person().account.display_name().to_owned());
    let rooms = ROOMS.iter().filter(|(action, ..)| admin.who.may(*action));
    let nav = rooms
        .map(|(_, url, key)| NavItem { url, key, here: *url == room, waiting: waiting(admin, url) })
        .collect();
    AdminShell { shell, nav, done: None }
}

/// The zone times are told in: the reader's own, where their account says so.
pub fn zone(admin: &Admin) -> TimeZone {
    let named = admin.person().account.profile.claim_text("zoneinfo");
    named.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
}

/// A moment in a zone.
pub fn when_in(zone: &TimeZone, at: Timestamp) -> When {
    let at = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or_default();
    When(at.to_zoned_datetime(zone.clone()))
}

/// How many things wait in a room.
fn waiting(admin: &Admin, room: &str) -> usize {
    if room == paths::ADMIN_APPROVALS { admin.waiting } else { 0 }
}

/// What was done, by the word after `?done=` in the address the browser was sent to.
pub fn done(query: Option<&str>) -> Option<Done> {
    let word = query?.split('&').find_map(|pair| pair.strip_prefix("done="))?;
    Done::ALL.iter().copied().find(|done| done.word() == word)
}

/// An id from a path; anything but its alphabet is no organisation's.
pub fn organisation(id: &str) -> OrganisationId {
    OrganisationId::from_text(plain_id(id))
}

/// An id from a path, or nothing where it has another alphabet.
pub fn plain_id(id: &str) -> &str {
    let plain = id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if plain { id } else { "" }
}

/// Who did something: a person's name, or what the trail calls a client or the host.
pub async fn actor(admin: &Admin, actor: &str) -> Result<String, Refused> {
    let person = match actor.strip_prefix("account:") {
        Some(id) => accounts::find_by_id(&admin.caller.cx, &AccountId::from_text(id)).await?,
        None => None,
    };
    Ok(person.map_or_else(|| actor.to_owned(), |account| account.display_name().to_owned()))
}
