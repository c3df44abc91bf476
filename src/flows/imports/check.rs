//! What a row of a list means: a person with a profile, perhaps a password and a code app, or what is wrong with it.

use serde_json::{Map, Value};

use super::{Bounds, Cx};
use crate::base::{Digest, OrganisationId, Role, text};
use crate::factors::password::foreign::Foreign;
use crate::factors::totp;
use crate::flows::codes::Totp;
use crate::identity::roster::{Column, Fault, Row};
use crate::identity::{BadProfile, Profile};

/// What a row says without anybody here having proved it, or whoever it is about having chosen it; the trail names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// An address that counts as proved.
    pub email_verified: bool,
    /// A password.
    pub password: bool,
    /// A code app.
    pub totp: bool,
}

impl Carried {
    /// The columns' words.
    pub fn words(self) -> Vec<&'static str> {
        let all = [
            (self.email_verified, Column::EmailVerified),
            (self.password, Column::PasswordHash),
            (self.totp, Column::TotpSecret),
        ];
        all.into_iter().filter(|(carried, _)| *carried).map(|(_, column)| column.as_str()).collect()
    }
}

/// Somebody a row describes.
pub struct Newcomer {
    /// The row's line.
    pub line: u64,
    /// A keyed digest of their id in the other system.
    pub external: Option<Digest>,
    /// What they are.
    pub role: Role,
    /// Who they are.
    pub profile: Profile,
    /// Their password as the other system keeps it, and a hash that costs as much and is nobody's; none for one of ours.
    pub password: Option<(String, Option<String>)>,
    /// Their code app.
    pub totp: Option<Totp>,
    /// A link is to be sent.
    pub invite: bool,
}

impl Newcomer {
    /// What is said of them that nobody here proved.
    pub fn carried(&self) -> Carried {
        Carried {
            email_verified: self.profile.email_verified,
            password: self.password.is_some(),
            totp: self.totp.is_some(),
        }
    }
}

/// Claims a column becomes as it stands.
const CLAIMS: &[Column] = &[
    Column::Name,
    Column::GivenName,
    Column::FamilyName,
    Column::MiddleName,
    Column::Nickname,
    Column::Birthdate,
    Column::Gender,
    Column::PhoneNumber,
    Column::Locale,
    Column::Zoneinfo,
];

/// Reads a row; every fault of it at once.
pub(super) fn newcomer(cx: &Cx, bounds: &Bounds, row: &Row) -> Result<Newcomer, Vec<Fault>> {
    let mut reader = Reader { row, faults: Vec::new() };
    let role = reader.role(bounds);
    let profile = reader.profile();
    let password = reader.password(&cx.hashing.params());
    let totp = reader.totp();
    let invite = reader.invite();
    reader.organisation(&bounds.organisation);
    if !bounds.vouches {
        reader.vouched(profile.as_ref());
    }
    let external = row.get(Column::ExternalId).map(|id| external(cx, &bounds.organisation, id));
    match (reader.faults.is_empty(), role, profile) {
        (true, Some(role), Some(profile)) => {
            Ok(Newcomer { line: row.line, external, role, profile, password, totp, invite })
        }
        _ => Err(reader.faults),
    }
}

/// The digest of an id of another system within an organisation.
fn external(cx: &Cx, organisation: &OrganisationId, id: &str) -> Digest {
    cx.index.digest("external", &format!("{organisation}\n{}", text::nfc(id)))
}

struct Reader<'r> {
    row: &'r Row,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, column: Column, what: impl Into<String>, fix: impl Into<String>) {
        self.faults.push(Fault::of(self.row.line, column, what, fix));
    }

    fn role(&mut self, bounds: &Bounds) -> Option<Role> {
        let role = match self.row.get(Column::Role) {
            Some(typed) => Role::parse(&typed.to_lowercase()).ok_or("no role"),
            None => bounds.role.ok_or("missing"),
        };
        match role {
            Ok(Role::Administrator) if !bounds.administrators => {
                self.fault(Column::Role, "above your own level", "an owner brings administrators");
                None
            }
            Ok(role) => Some(role),
            Err(what) => {
                self.fault(Column::Role, what, "write patient, clinician or administrator");
                None
            }
        }
    }

    /// A link begins an account from nothing, and goes to an address.
    fn invite(&mut self) -> bool {
        let invite = self.yes(Column::Invite);
        if invite && self.row.get(Column::Email).is_none() {
            self.fault(Column::Invite, "no address for the link", "give an e-mail address; or write no");
        }
        let begun = [Column::PasswordHash, Column::TotpSecret].map(|column| self.row.get(column).is_some());
        if invite && begun.contains(&true) {
            let fix = "write no, who has a password signs in with it; or leave password and code app empty";
            self.fault(Column::Invite, "a link is for people who begin anew", fix);
        }
        invite
    }

    /// Whoever may not answer for it brings people who prove their address, and choose how they sign in, by themselves.
    fn vouched(&mut self, profile: Option<&Profile>) {
        const ABOVE: &str = "above your own level";
        if profile.is_some_and(|profile| profile.email_verified) {
            let fix = "write no, the person proves it by the link; or let an owner bring the list";
            self.fault(Column::EmailVerified, ABOVE, fix);
        }
        for column in [Column::PasswordHash, Column::TotpSecret] {
            if self.row.get(column).is_some() {
                let fix = "leave the cell empty and invite the person; or let an owner bring the list";
                self.fault(column, ABOVE, fix);
            }
        }
    }

    fn organisation(&mut self, own: &OrganisationId) {
        if self.row.get(Column::Organisation).is_some_and(|named| named != own.as_str()) {
            let fix = format!("write {own}, or bring the people of each organisation in a list of their own");
            self.fault(Column::Organisation, "another organisation than this list's", fix);
        }
    }

    fn profile(&mut self) -> Option<Profile> {
        let email = self.row.get(Column::Email);
        let username = self.row.get(Column::Username).or(email);
        let Some(username) = username else {
            self.fault(Column::Username, "missing", "give a username or an e-mail address");
            return None;
        };
        self.dates();
        let claims: Map<String, Value> = CLAIMS
            .iter()
            .filter_map(|column| Some((column.as_str().to_owned(), self.row.get(*column)?.into())))
            .collect();
        let verified = self.yes(Column::EmailVerified);
        let profile = Profile::new(username, email, verified, claims);
        let second = self.row.get(Column::SecondEmail);
        // The second address has the form of the first.
        let second_is_one = second.map(|second| Profile::new("x", Some(second), false, Map::new()));
        if let Some(Err(_)) = second_is_one {
            self.fault(Column::SecondEmail, "no e-mail address", "write it as rose@example.org");
        }
        match profile {
            Ok(profile) => Some(Profile { second_email: second.map(str::to_owned), ..profile }),
            Err(BadProfile(why)) => {
                let (column, what) = blamed(&why);
                self.fault(column, what, "correct the cell");
                None
            }
        }
    }

    fn dates(&mut self) {
        let Some(birth) = self.row.get(Column::Birthdate) else { return };
        let year = birth.len() == 4 && birth.bytes().all(|b| b.is_ascii_digit());
        let day = birth.len() == 10 && crate::base::Timestamp::parse(birth).is_some();
        if !year && !day {
            self.fault(Column::Birthdate, "no date", "write 1950-02-01, or the year alone");
        }
    }

    fn password(&mut self, current: &crate::factors::password::Params) -> Option<(String, Option<String>)> {
        let text = self.row.get(Column::PasswordHash)?;
        match Foreign::read(text) {
            Ok(read) => {
                let ours = crate::factors::password::costs_as(text, current);
                Some((text.to_owned(), (!ours).then(|| read.nobody_alike())))
            }
            Err(why) => {
                let fix = "copy the hash from the other system, never a password; or leave the cell empty";
                self.fault(Column::PasswordHash, why.to_string(), fix);
                None
            }
        }
    }

    fn totp(&mut self) -> Option<Totp> {
        const LINK_ANEW: &str = "leave the code app's cells empty; the person links a new app";
        let typed = self.row.get(Column::TotpSecret)?;
        let hash = match self.row.get(Column::TotpAlgorithm) {
            None => Some(totp::Hash::Sha1),
            Some(name) => totp::Hash::parse(name),
        };
        let Some(hash) = hash else {
            self.fault(Column::TotpAlgorithm, "none of SHA1, SHA256 and SHA512", LINK_ANEW);
            return None;
        };
        for (column, wanted) in [(Column::TotpDigits, "6"), (Column::TotpPeriod, "30")] {
            if self.row.get(column).is_some_and(|value| value != wanted) {
                self.fault(column, format!("not {wanted}, which is what our pages ask for"), LINK_ANEW);
            }
        }
        let Some(secret) = totp::Secret::from_base32(typed, hash) else {
            let what = "no key in base 32 of at least 128 bits (26 letters)";
            self.fault(Column::TotpSecret, what, LINK_ANEW);
            return None;
        };
        Some(Totp { secret: secret.expose().to_vec(), label: String::new(), hash })
    }

    fn yes(&mut self, column: Column) -> bool {
        match self.row.get(column).map(str::to_lowercase).as_deref() {
            None | Some("no" | "n" | "false" | "0") => false,
            Some("yes" | "y" | "true" | "1") => true,
            Some(_) => {
                self.fault(column, "neither yes nor no", "write yes or no");
                false
            }
        }
    }
}

/// The column a profile's refusal speaks of: `email: …` or ``claims: `name` …``.
fn blamed(why: &str) -> (Column, String) {
    let (member, rest) = why.split_once(": ").unwrap_or(("username", why));
    let column = match member {
        "claims" => rest.split('`').nth(1).and_then(Column::parse),
        other => Column::parse(other),
    };
    (column.unwrap_or(Column::Username), rest.to_owned())
}
