//! What model an authenticator is: its AAGUID, as it told it when a key was bound, and whether that was proved.
//!
//! Pure words. It knows neither policies nor the metadata that names models.

use std::fmt;

use uuid::Uuid;

/// The identifier all authenticators of one model share (WebAuthn §6.5.1). Never the zero one, which names no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Aaguid(Uuid);

/// Why a text names no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAaguid {
    /// Not 8-4-4-4-12 hexadecimal digits.
    #[error(
        "`{0}` is no AAGUID: write it as 8-4-4-4-12 hexadecimal digits, e.g. 2fc0579f-8113-47ea-b116-bb5a8db9202a"
    )]
    Malformed(String),
    /// All zeros.
    #[error(
        "00000000-0000-0000-0000-000000000000 names no model: older keys (U2F), and browsers and keys that hide their \
         model, all report it; take it out"
    )]
    Zero,
}

impl Aaguid {
    /// Reads the usual form with its hyphens, upper or lower case.
    pub fn parse(text: &str) -> Result<Self, BadAaguid> {
        let malformed = || BadAaguid::Malformed(text.chars().take(60).collect());
        // The library reads other forms as well (braces, `urn:uuid:`), which nobody writes on purpose.
        if text.len() != 36 {
            return Err(malformed());
        }
        let uuid = Uuid::parse_str(text).map_err(|_| malformed())?;
        Self::from_bytes(uuid.into_bytes()).ok_or(BadAaguid::Zero)
    }

    /// The model an authenticator reports; `None` for zeros, which say nothing.
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        (bytes != [0; 16]).then(|| Self(Uuid::from_bytes(bytes)))
    }

    /// As the library has it.
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for Aaguid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl serde::Serialize for Aaguid {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Aaguid {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// What is known of a key's model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Model {
    /// As the authenticator reported it; none where it or the browser kept it to itself, or nobody asked.
    pub aaguid: Option<Aaguid>,
    /// Whether the maker's certificate vouched for it when the key was bound.
    pub attested: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_read_in_its_usual_form_alone() {
        let text = "2fc0579f-8113-47ea-b116-bb5a8db9202a";
        assert_eq!(Aaguid::parse(text).unwrap().to_string(), text);
        assert_eq!(Aaguid::parse(&text.to_uppercase()).unwrap().to_string(), text);
        assert_eq!(Aaguid::parse("00000000-0000-0000-0000-000000000000"), Err(BadAaguid::Zero));
        for bad in
            ["", "yubikey", "2fc0579f811347eab116bb5a8db9202a", "{2fc0579f-8113-47ea-b116-bb5a8db9202a}"]
        {
            assert_eq!(Aaguid::parse(bad), Err(BadAaguid::Malformed(bad.to_owned())), "{bad}");
        }
        assert_eq!(Aaguid::from_bytes([0; 16]), None);
    }
}
