//! The ways a person proves who they are, and how strongly a set of proofs speaks for them.
//!
//! Pure: no clock, no storage, no HTTP; it knows neither accounts nor policies. One file per factor.
//!
//! To add a factor: a file here, a variant of [`FactorKind`], a row in [`assurance`]; the compiler names
//! the enrol and verify matches that follow. No migration: payloads are sealed.

use std::fmt;

use crate::base::{Acr, Amr, FactorId, Timestamp};

pub mod blocklist;
pub mod metadata;
pub mod model;
pub mod password;
pub mod recovery;
pub mod totp;
pub mod webauthn;

/// Every kind of authenticator an account can hold: the only list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactorKind {
    /// Something known (SP 800-63B §3.1.1).
    Password,
    /// An authenticator app's six digits (RFC 6238).
    Totp,
    /// A discoverable WebAuthn credential that verifies its user.
    Passkey,
    /// A WebAuthn credential used beside a password.
    SecurityKey,
    /// Ten codes on paper (SP 800-63B §4.2.1.1, saved recovery codes).
    RecoveryCodes,
}

/// A proof's method is the kind of factor that gave it.
pub type Method = FactorKind;

impl FactorKind {
    /// Every kind, in the order pages list them.
    pub const ALL: &'static [FactorKind] =
        &[Self::Password, Self::Totp, Self::Passkey, Self::SecurityKey, Self::RecoveryCodes];

    /// The word as it is stored and stands in APIs and the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::Passkey => "passkey",
            Self::SecurityKey => "security_key",
            Self::RecoveryCodes => "recovery_codes",
        }
    }

    /// Reads the exact word; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }

    /// What the method alone adds to `amr` (RFC 8176). Keys are `swk`: `hwk` would need attestation. A
    /// recovery code adds nothing; the audit trail names it.
    pub const fn amr(self) -> &'static [Amr] {
        match self {
            Self::Password => &[Amr::Pwd],
            Self::Totp => &[Amr::Otp],
            Self::Passkey | Self::SecurityKey => &[Amr::Swk, Amr::User, Amr::Pop],
            Self::RecoveryCodes => &[],
        }
    }

    /// Whether the factor signs a challenge bound to our origin, so that a false site gains nothing.
    pub const fn is_webauthn(self) -> bool {
        match self {
            Self::Passkey | Self::SecurityKey => true,
            Self::Password | Self::Totp | Self::RecoveryCodes => false,
        }
    }

    /// Whether the factor can stand second after a password and lift the sign-in to aal2.
    pub const fn is_second_factor(self) -> bool {
        match self {
            Self::Totp | Self::Passkey | Self::SecurityKey => true,
            Self::Password | Self::RecoveryCodes => false,
        }
    }
}

impl fmt::Display for FactorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for FactorKind {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for FactorKind {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no kind of factor")))
    }
}

/// One factor, proved once, in one session.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Proof {
    /// What was proved.
    pub method: Method,
    /// When it was proved.
    pub at: Timestamp,
    /// Which authenticator proved it.
    pub factor: FactorId,
    /// Whether a WebAuthn authenticator verified its user (flag UV); false for every other method.
    pub user_verified: bool,
}

/// How strongly a set of proofs speaks, as it stands in an ID token.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Assurance {
    /// The level.
    pub acr: Acr,
    /// The methods (RFC 8176).
    pub amr: Vec<Amr>,
    /// The oldest proof that `acr` counts.
    pub auth_time: Timestamp,
}

/// The strongest thing `proofs` say; with equal levels, the one whose oldest counted proof is newest.
///
/// `None` when nothing speaks for the person: a code or a touched key without a password is one factor
/// whose owner is unknown. Proofs that `max_age` or `prompt=login` discard must be left out by the caller.
pub fn assurance(proofs: &[Proof]) -> Option<Assurance> {
    let password = latest(proofs, |p| p.method == Method::Password);
    let mut best: Option<Assurance> = None;
    for candidate in proofs.iter().filter_map(|proof| with(proof, password)) {
        // `>=`: of equals the later in the list wins, which is the later proved.
        if best.as_ref().is_none_or(|b| (candidate.acr, candidate.auth_time) >= (b.acr, b.auth_time)) {
            best = Some(candidate);
        }
    }
    best
}

/// What one proof says, together with the latest password if it needs one. The ladder, a row a method.
fn with(proof: &Proof, password: Option<Timestamp>) -> Option<Assurance> {
    use Amr::{Mfa, Otp, Pop, Pwd, Swk, User};
    let both = password.map(|at| at.min(proof.at));
    let says = |acr, amr: &[Amr], auth_time| Some(Assurance { acr, amr: amr.to_vec(), auth_time });
    match proof.method {
        Method::Password => says(Acr::Aal1, &[Pwd], proof.at),
        Method::Totp => says(Acr::Aal2, &[Pwd, Otp, Mfa], both?),
        Method::Passkey if proof.user_verified => says(Acr::Aal2Phr, &[Swk, User, Mfa, Pop], proof.at),
        // The key needs no password for its level then, so the password's age does not count; it was proved
        // in this session all the same, and `amr` says so.
        Method::SecurityKey if proof.user_verified && password.is_some() => {
            says(Acr::Aal2Phr, &[Pwd, Swk, User, Mfa, Pop], proof.at)
        }
        Method::SecurityKey if proof.user_verified => says(Acr::Aal2Phr, &[Swk, User, Mfa, Pop], proof.at),
        Method::Passkey | Method::SecurityKey => says(Acr::Aal2Phr, &[Pwd, Swk, User, Mfa, Pop], both?),
        // SP 800-63B §4.2: a recovery code never lifts a sign-in; the password beside it speaks for itself.
        Method::RecoveryCodes => None,
    }
}

fn latest(proofs: &[Proof], wanted: impl Fn(&Proof) -> bool) -> Option<Timestamp> {
    proofs.iter().filter(|p| wanted(p)).map(|p| p.at).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Acr::{Aal1, Aal2, Aal2Phr};
    use FactorKind::{Passkey, Password, RecoveryCodes, SecurityKey, Totp};

    /// (method, UV, seconds)
    type Row = (FactorKind, bool, i64);
    type Judgement<'a> = Option<(Acr, &'a str, i64)>;

    fn judged(rows: &[Row]) -> Option<(Acr, String, i64)> {
        let proofs: Vec<Proof> = rows
            .iter()
            .map(|(method, uv, at)| Proof {
                method: *method,
                at: Timestamp::from_seconds(*at),
                factor: FactorId::from_text("f"),
                user_verified: *uv,
            })
            .collect();
        assurance(&proofs).map(|a| {
            let amr: Vec<_> = a.amr.iter().map(|m| m.as_str()).collect();
            (a.acr, amr.join(","), a.auth_time.seconds())
        })
    }

    #[test]
    fn the_ladder() {
        const PHR: &str = "swk,user,mfa,pop";
        const PWD_PHR: &str = "pwd,swk,user,mfa,pop";
        #[rustfmt::skip]
        let table: &[(&[Row], Judgement<'_>)] = &[
            (&[], None),
            (&[(Password, false, 1)], Some((Aal1, "pwd", 1))),
            (&[(Password, false, 1), (Password, false, 9)], Some((Aal1, "pwd", 9))),
            (&[(Totp, false, 2)], None),
            (&[(RecoveryCodes, false, 2)], None),
            (&[(Totp, false, 2), (RecoveryCodes, false, 3)], None),
            (&[(Password, false, 1), (RecoveryCodes, false, 2)], Some((Aal1, "pwd", 1))),
            (&[(Password, false, 1), (Totp, false, 2)], Some((Aal2, "pwd,otp,mfa", 1))),
            (&[(Totp, false, 2), (Password, false, 5)], Some((Aal2, "pwd,otp,mfa", 2))),
            (&[(Password, false, 1), (Totp, false, 2), (Password, false, 7), (Totp, false, 8)], Some((Aal2, "pwd,otp,mfa", 7))),
            (&[(Passkey, true, 3)], Some((Aal2Phr, PHR, 3))),
            (&[(Passkey, false, 3)], None),
            (&[(Password, false, 1), (Passkey, true, 3)], Some((Aal2Phr, PHR, 3))),
            (&[(Password, false, 1), (Passkey, false, 3)], Some((Aal2Phr, PWD_PHR, 1))),
            (&[(SecurityKey, false, 3)], None),
            (&[(SecurityKey, true, 3)], Some((Aal2Phr, PHR, 3))),
            (&[(Password, false, 1), (SecurityKey, false, 3)], Some((Aal2Phr, PWD_PHR, 1))),
            (&[(Password, false, 1), (SecurityKey, true, 3)], Some((Aal2Phr, PWD_PHR, 3))),
            (&[(SecurityKey, false, 3), (Totp, false, 4)], None),
            (&[(Password, false, 1), (Totp, false, 2), (SecurityKey, false, 3)], Some((Aal2Phr, PWD_PHR, 1))),
            (&[(Passkey, true, 3), (Password, false, 8), (Totp, false, 9)], Some((Aal2Phr, PHR, 3))),
            (&[(Passkey, true, 3), (Passkey, true, 30)], Some((Aal2Phr, PHR, 30))),
            (&[(Password, false, 1), (SecurityKey, false, 2), (Passkey, true, 50)], Some((Aal2Phr, PHR, 50))),
        ];
        for (proofs, expected) in table {
            let expected = expected.map(|(acr, amr, at)| (acr, amr.to_owned(), at));
            assert_eq!(judged(proofs), expected, "{proofs:?}");
        }
    }

    #[test]
    fn kinds_are_read_back() {
        for kind in FactorKind::ALL {
            assert_eq!(FactorKind::parse(kind.as_str()), Some(*kind));
            assert!(!kind.amr().contains(&Amr::Mfa), "mfa is said of a combination");
        }
        assert_eq!(FactorKind::parse("Totp"), None);
    }
}
