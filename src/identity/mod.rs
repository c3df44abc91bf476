//! Accounts and their states: usernames, e-mail addresses, profiles. Pure: it stores nothing and reads no clock.

mod link;
pub mod roster;
pub mod short_code;

pub use link::{Link, LinkKind, LinkStanding};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::base::{AccountId, OrganisationId, Role, Timestamp, text};

crate::base::words::words! {
    /// Whether an account may sign in.
    State {
        /// It may.
        Active = "active",
        /// It may not; its sessions and tokens are dead.
        Disabled = "disabled",
        /// Not yet: the person has an invitation and no way to sign in.
        Invited = "invited",
    }
}

crate::base::words::words! {
    /// Which of a person's addresses.
    Slot {
        /// The one that signs in.
        Primary = "primary",
        /// The other one for notices.
        Second = "second",
    }
}

/// A person's account as the store returns it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Immutable, never reused, never shown to clients.
    pub id: AccountId,
    /// The clinic it belongs to.
    pub organisation: OrganisationId,
    /// What the account is for.
    pub role: Role,
    /// Whether it may sign in.
    pub state: State,
    /// Name, addresses and the like; unsealed.
    pub profile: Profile,
    /// Sessions, codes and families that began before this are dead.
    pub valid_after: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
    /// Since when a supervised reset waits for its link or code; until then a password alone binds nothing.
    pub reset_at: Option<Timestamp>,
}

impl Account {
    /// What to call the person on a page: their name, else their username.
    pub fn display_name(&self) -> &str {
        self.profile.claim_text("name").unwrap_or(&self.profile.username)
    }
}

/// Personal data, sealed at rest under the person's own key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// As typed at creation; compared in its canonical form.
    pub username: String,
    /// Primary address for notices.
    pub email: Option<String>,
    /// Whether the address was proved; only then it signs in.
    #[serde(default)]
    pub email_verified: bool,
    /// Another address for notices, so that no single mailbox decides what the person learns (SP 800-63B-4 §4.6).
    #[serde(default)]
    pub second_email: Option<String>,
    /// Whether the second address was proved. It never signs in.
    #[serde(default)]
    pub second_email_verified: bool,
    /// The person's language for notices, a BCP 47 tag.
    #[serde(default)]
    pub locale: Option<String>,
    /// Standard claims (OpenID Connect Core §5.1) other than `sub` and the e-mail.
    #[serde(default)]
    pub claims: Map<String, Value>,
}

/// Why a profile was refused; the text names the member and the fix.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("{0}")]
pub struct BadProfile(pub String);

/// Claims a profile may hold, with the JSON type each has (OpenID Connect Core §5.1).
const CLAIMS: &[(&str, Kind)] = &[
    ("name", Kind::Text),
    ("given_name", Kind::Text),
    ("family_name", Kind::Text),
    ("middle_name", Kind::Text),
    ("nickname", Kind::Text),
    ("preferred_username", Kind::Text),
    ("profile", Kind::Text),
    ("picture", Kind::Text),
    ("website", Kind::Text),
    ("gender", Kind::Text),
    ("birthdate", Kind::Text),
    ("zoneinfo", Kind::Text),
    ("locale", Kind::Text),
    ("updated_at", Kind::Number),
    ("address", Kind::Object),
    ("phone_number", Kind::Text),
    ("phone_number_verified", Kind::Bool),
];

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Bool,
    Object,
}

impl Profile {
    /// Builds a profile from a username, an address and claims as an administrator gives them.
    pub fn new(
        username: &str,
        email: Option<&str>,
        verified: bool,
        claims: Map<String, Value>,
    ) -> Result<Self, BadProfile> {
        check_username(username)?;
        if let Some(email) = email {
            check_email(email)?;
        }
        for (name, value) in &claims {
            check_claim(name, value)?;
        }
        let locale = claims.get("locale").and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            username: username.trim().to_owned(),
            email: email.map(|e| e.trim().to_owned()),
            email_verified: verified && email.is_some(),
            second_email: None,
            second_email_verified: false,
            locale,
            claims,
        })
    }

    /// An address as it is kept, if it is one.
    pub fn address(typed: &str) -> Result<String, BadProfile> {
        check_email(typed).map(|()| typed.trim().to_owned())
    }

    /// Another address for notices, checked; `None` where none was given.
    pub fn second_address(typed: Option<&str>) -> Result<Option<String>, BadProfile> {
        typed.map(Self::address).transpose()
    }

    /// Every address that was proved: where a link may go that lets its reader do something.
    pub fn verified_addresses(&self) -> impl Iterator<Item = &str> {
        let first = self.email.as_deref().filter(|_| self.email_verified);
        first.into_iter().chain(self.second_email.as_deref().filter(|_| self.second_email_verified))
    }

    /// Every address on file.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.email.as_deref().into_iter().chain(self.second_email.as_deref())
    }

    /// A claim that is text.
    pub fn claim_text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }
}

fn check_username(username: &str) -> Result<(), BadProfile> {
    let Some(folded) = text::canonical_identifier(username) else {
        return Err(BadProfile("username: 1 to 254 bytes without control characters".to_owned()));
    };
    if folded.chars().any(char::is_whitespace) {
        return Err(BadProfile("username: must hold no spaces".to_owned()));
    }
    if folded.chars().any(text::is_hidden) {
        return Err(BadProfile("username: must hold no invisible characters".to_owned()));
    }
    Ok(())
}

fn check_email(email: &str) -> Result<(), BadProfile> {
    let bad =
        || BadProfile(format!("email: `{}` is no address such as rose@example.org", email.escape_debug()));
    let folded = text::canonical_identifier(email).ok_or_else(bad)?;
    let (local, domain) = folded.split_once('@').ok_or_else(bad)?;
    let plain =
        |s: &str| !s.is_empty() && !s.chars().any(|c| c.is_whitespace() || "@<>,;:\"()[]\\".contains(c));
    if plain(local) && plain(domain) && domain.contains('.') { Ok(()) } else { Err(bad()) }
}

/// Whether a character turns or hides text. Joiners and selectors are letters' own business: Persian, Mongolian and
/// Japanese names are written with them.
fn is_hidden_in_a_name(c: char) -> bool {
    let of_letters = matches!(c,
        '\u{180B}'..='\u{180D}' | '\u{180F}' | '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{E0100}'..='\u{E01EF}');
    text::is_hidden(c) && !of_letters
}

fn check_claim(name: &str, value: &Value) -> Result<(), BadProfile> {
    let Some((_, kind)) = CLAIMS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<_> = CLAIMS.iter().map(|(n, _)| *n).collect();
        return Err(BadProfile(format!("claims: `{name}` is none of {}", known.join(", "))));
    };
    let (fits, want) = match kind {
        Kind::Text => (
            value.as_str().is_some_and(|s| s.len() <= 1024 && !s.chars().any(is_hidden_in_a_name)),
            "a text of at most 1024 bytes without control characters",
        ),
        Kind::Number => (value.is_i64(), "a whole number"),
        Kind::Bool => (value.is_boolean(), "true or false"),
        Kind::Object => (value.as_object().is_some_and(|o| o.len() <= 16), "an object"),
    };
    if fits { Ok(()) } else { Err(BadProfile(format!("claims: `{name}` must be {want}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_checked() {
        let claims = |v: Value| v.as_object().cloned().unwrap_or_default();
        let ok = serde_json::json!({"name": "Rose Adams", "birthdate": "1950-02-01"});
        assert!(Profile::new("rose", Some("rose@example.org"), true, claims(ok)).is_ok());
        for (username, email) in
            [("", None), ("a b", None), ("rose", Some("rose")), ("rose", Some("a@b@c.d"))]
        {
            assert!(Profile::new(username, email, true, Map::new()).is_err(), "{username} {email:?}");
        }
        for bad in [serde_json::json!({"name": 1}), serde_json::json!({"admin": true})] {
            assert!(Profile::new("rose", None, false, claims(bad)).is_err());
        }
    }
}
