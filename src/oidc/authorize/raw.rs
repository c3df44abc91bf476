//! Parameters as they came: decoded once, repeated ones remembered, nothing believed.

/// Most parameters a request may carry.
const MOST: usize = 100;

/// Unverified parameters of a query or a form.
#[derive(Clone, Debug, Default)]
pub struct RawRequest {
    pairs: Vec<(String, String)>,
}

/// The encoding itself is broken; nothing in it can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadForm {
    /// Bytes that are no UTF-8 after percent-decoding.
    #[error("the parameters are not UTF-8")]
    NotUtf8,
    /// A NUL byte.
    #[error("the parameters hold a NUL byte")]
    Nul,
    /// More than a hundred parameters.
    #[error("there are more than 100 parameters")]
    TooMany,
}

impl RawRequest {
    /// Decodes `application/x-www-form-urlencoded` text strictly (WHATWG rules, but bad UTF-8 is refused).
    pub fn parse(text: &str) -> Result<Self, BadForm> {
        let mut pairs = Vec::new();
        for part in text.split('&').filter(|p| !p.is_empty()) {
            if pairs.len() == MOST {
                return Err(BadForm::TooMany);
            }
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            pairs.push((decode(name)?, decode(value)?));
        }
        Ok(Self { pairs })
    }

    /// Parameters known already, e.g. parked from a POST.
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Self { pairs }
    }

    /// Every pair, in order.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// The value of `name`; empty counts as absent (RFC 6749 §3.1), and so does a repeated parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.pairs.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str());
        match (found.next(), found.next()) {
            (Some(value), None) if !value.is_empty() => Some(value),
            _ => None,
        }
    }

    /// Every value of `name` that is not empty, for the one parameter that may stand several times (RFC 8707 §2).
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.pairs.iter().filter(move |(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// Whether `name` stands more than once.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.pairs.iter().filter(|(n, _)| n == name).count() > 1
    }

    /// The first of `names` that is repeated (RFC 6749 §3.1: parameters must not be included more than once).
    pub fn first_repeated<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names.iter().find(|n| self.is_repeated(n)).copied()
    }
}

fn decode(text: &str) -> Result<String, BadForm> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let rest = bytes.clone();
                match hex_pair(rest) {
                    Some(value) => {
                        out.push(value);
                        bytes.next();
                        bytes.next();
                    }
                    None => out.push(b'%'),
                }
            }
            other => out.push(other),
        }
    }
    let text = String::from_utf8(out).map_err(|_| BadForm::NotUtf8)?;
    if text.contains('\0') { Err(BadForm::Nul) } else { Ok(text) }
}

fn hex_pair(mut bytes: std::str::Bytes<'_>) -> Option<u8> {
    let high = char::from(bytes.next()?).to_digit(16)?;
    let low = char::from(bytes.next()?).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parameters_are_decoded_once_and_strictly() {
        let raw = RawRequest::parse("a=1&b=x%20y+z&c=&d&a=2&e=%2525").unwrap();
        assert_eq!(raw.get("b"), Some("x y z"));
        assert_eq!((raw.get("c"), raw.get("d"), raw.get("a")), (None, None, None));
        assert_eq!(raw.first_repeated(&["b", "a"]), Some("a"));
        assert_eq!(raw.get("e"), Some("%25"));
        assert_eq!(RawRequest::parse("a=%ff").unwrap_err(), BadForm::NotUtf8);
        assert_eq!(RawRequest::parse("a=%00").unwrap_err(), BadForm::Nul);
        assert_eq!(RawRequest::parse(&"a=1&".repeat(101)).unwrap_err(), BadForm::TooMany);
    }

    proptest! {
        #[test]
        fn any_text_parses_or_is_refused(text in ".{0,400}") {
            let _ = RawRequest::parse(&text);
        }

        #[test]
        fn what_was_encoded_is_read_back(value in "[^\0]{1,60}") {
            let text = url::form_urlencoded::Serializer::new(String::new()).append_pair("v", &value).finish();
            let raw = RawRequest::parse(&text).unwrap();
            prop_assert_eq!(raw.get("v"), Some(value.as_str()));
        }
    }
}
