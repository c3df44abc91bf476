//! A set of second factors: which of them count somewhere. Small and copied freely.

use std::fmt;

use crate::base::Acr;
use crate::factors::FactorKind;

/// Which second factors count; passwords and recovery codes are no second factors and always do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kinds(u8);

/// The second factors, strongest first; the place is the bit.
const SECOND: [FactorKind; 3] = [FactorKind::Passkey, FactorKind::SecurityKey, FactorKind::Totp];

impl Kinds {
    /// Every second factor.
    pub const ALL: Self = Self(0b111);

    /// These; what is no second factor is left out.
    pub fn of(kinds: &[FactorKind]) -> Self {
        let bits = SECOND.iter().enumerate().filter(|(_, kind)| kinds.contains(kind));
        Self(bits.fold(0, |set, (bit, _)| set | 1 << bit))
    }

    /// Those in both.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether this second factor is among them.
    pub fn has(self, kind: FactorKind) -> bool {
        SECOND.iter().position(|second| *second == kind).is_some_and(|bit| self.0 & 1 << bit != 0)
    }

    /// Whether a proof of this kind counts.
    pub fn counts(self, kind: FactorKind) -> bool {
        self.has(kind) || !kind.is_second_factor()
    }

    /// Whether one of them can lift a sign-in to a level.
    pub fn reach(self, acr: Acr) -> bool {
        match acr {
            Acr::Aal1 => true,
            Acr::Aal2 => self.0 != 0,
            Acr::Aal2Phr => SECOND.iter().any(|kind| kind.is_webauthn() && self.has(*kind)),
            Acr::Aal3 => false,
        }
    }

    /// Them, strongest first.
    pub fn list(self) -> impl Iterator<Item = FactorKind> {
        SECOND.into_iter().filter(move |kind| self.has(*kind))
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.list().map(FactorKind::as_str).collect();
        f.write_str(&words.join(" "))
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kinds({self})")
    }
}
