//! What the clinic asks of people beyond the product's own floors.

use super::section::section;
use super::value::choice;
use crate::base::Acr;

section! {
    /// What the clinic asks of people beyond the product's own floors.
    Policy in "policy" {
        /// The least a clinician must prove: `aal2` (two factors) or `aal2-phr` (phishing-resistant: a passkey or a security key).
        clinician_floor: ClinicianFloor = "aal2";

        /// The language of pages and messages where the browser and the person name none that we speak.
        default_locale: DefaultLocale = "en";
    }
}

choice! {
    /// The least a clinician must prove.
    ClinicianFloor {
        /// Two factors.
        Aal2 = "aal2",
        /// Two factors, phishing-resistant.
        Aal2Phr = "aal2-phr",
    }
}

impl ClinicianFloor {
    /// As the ladder of `acr` values has it.
    pub fn acr(self) -> Acr {
        match self {
            Self::Aal2 => Acr::Aal2,
            Self::Aal2Phr => Acr::Aal2Phr,
        }
    }
}

choice! {
    /// A language the pages are written in (BCP 47).
    DefaultLocale {
        /// English.
        En = "en",
        /// German.
        De = "de",
        /// Spanish.
        Es = "es",
        /// French.
        Fr = "fr",
        /// Arabic.
        Ar = "ar",
    }
}
