//! Distinguished names as text (RFC 4514), compared by what they say: the order of a name's parts counts, the way its
//! letters are written does not (RFC 4518 §2.2, §2.6.1).

use std::fmt;

use x509_parser::x509::X509Name;

/// Longest name taken, in bytes.
const LONGEST: usize = 1_000;

/// Short names of attribute types: those of RFC 4514 §3, then what tools write beside them.
const TYPES: [(&str, &str); 17] = [
    ("CN", "2.5.4.3"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("C", "2.5.4.6"),
    ("STREET", "2.5.4.9"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("SERIALNUMBER", "2.5.4.5"),
    ("EMAILADDRESS", "1.2.840.113549.1.9.1"),
    ("E", "1.2.840.113549.1.9.1"),
    ("SN", "2.5.4.4"),
    ("GIVENNAME", "2.5.4.42"),
    ("TITLE", "2.5.4.12"),
    ("BUSINESSCATEGORY", "2.5.4.15"),
    ("ORGANIZATIONIDENTIFIER", "2.5.4.97"),
];

/// A name: its parts, the most particular first; each one or several attributes (type, value).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinguishedName(Vec<Vec<(String, String)>>);

impl DistinguishedName {
    /// Reads a name as RFC 4514 writes it, e.g. `CN=ward-7,O=Clinic,C=DE`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST || text.trim().is_empty() {
            return None;
        }
        let parts: Option<Vec<_>> = split(text, ',').map(|part| attributes(&part)).collect();
        parts.map(Self)
    }

    /// The name of a certificate, which holds it the other way round; `None` where it holds what is no text.
    pub(super) fn of(name: &X509Name<'_>) -> Option<Self> {
        let parts = name.iter_rdn().map(|part| {
            let all: Option<Vec<_>> = part
                .iter()
                .map(|one| Some((one.attr_type().to_id_string(), folded(one.as_str().ok()?))))
                .collect();
            all.map(sorted)
        });
        let mut parts = parts.collect::<Option<Vec<_>>>()?;
        parts.reverse();
        Some(Self(parts))
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, part) in self.0.iter().enumerate() {
            for (within, (oid, value)) in part.iter().enumerate() {
                let before = match (place, within) {
                    (0, 0) => "",
                    (_, 0) => ",",
                    _ => "+",
                };
                let short =
                    TYPES.iter().find(|(_, known)| known == oid).map_or(oid.as_str(), |(short, _)| short);
                write!(f, "{before}{short}={}", escaped(value))?;
            }
        }
        Ok(())
    }
}

fn escaped(value: &str) -> String {
    let mut out = String::new();
    for (place, letter) in value.chars().enumerate() {
        let first = place == 0 && matches!(letter, '#' | ' ');
        if first || matches!(letter, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// Parts between separators that no backslash stands before.
fn split(text: &str, separator: char) -> impl Iterator<Item = String> {
    let (mut parts, mut part, mut quoted) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        if letter == separator && !quoted {
            parts.push(std::mem::take(&mut part));
            continue;
        }
        quoted = letter == '\\' && !quoted;
        part.push(letter);
    }
    parts.push(part);
    parts.into_iter()
}

fn attributes(part: &str) -> Option<Vec<(String, String)>> {
    let all: Option<Vec<_>> = split(part, '+').map(|one| attribute(&one)).collect();
    all.map(sorted)
}

fn attribute(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    let name = name.trim();
    let known = TYPES.iter().find(|(short, _)| short.eq_ignore_ascii_case(name)).map(|(_, oid)| *oid);
    let dotted = || {
        let numbers = name.split('.').all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        (numbers && name.contains('.')).then_some(name)
    };
    let value = unescaped(value.trim_start())?;
    Some((known.or_else(dotted)?.to_owned(), folded(&value)))
}

/// A value without its backslashes (RFC 4514 §3). One that is written in hexadecimal DER (`#…`) is not taken.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut letters = text.bytes().peekable();
    if letters.peek() == Some(&b'#') {
        return None;
    }
    while let Some(byte) = letters.next() {
        match byte {
            b'\\' => {
                let next = letters.next()?;
                match (hex(next), letters.peek().copied().and_then(hex)) {
                    (Some(high), Some(low)) => {
                        letters.next();
                        bytes.push(high << 4 | low);
                    }
                    _ => bytes.push(next),
                }
            }
            b'"' | b';' | b'<' | b'>' | 0 => return None,
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok().filter(|value| !value.trim().is_empty())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Without regard to case and to how many spaces stand where.
fn folded(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn sorted(mut all: Vec<(String, String)>) -> Vec<(String, String)> {
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_equal_by_what_they_say() {
        let name = |text: &str| DistinguishedName::parse(text).unwrap();
        let ward = name("CN=Ward 7,OU=Video+L=Ulm,O=St. Anna\\, Ltd,C=DE");
        for same in [
            "cn=ward  7, ou=video+l=ulm, o=st. anna\\2c ltd, c=de",
            "2.5.4.3=Ward 7,L=Ulm+OU=Video,O=St. Anna\\, Ltd,C=DE",
        ] {
            assert_eq!(name(same), ward, "{same}");
        }
        assert_eq!(name(&ward.to_string()), ward);
        for other in ["C=DE,O=St. Anna\\, Ltd,OU=Video+L=Ulm,CN=Ward 7", "CN=Ward 7", "CN=Ward 7,C=DE"] {
            assert_ne!(name(other), ward, "{other}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in
            ["", " ", "CN", "CN=", "XX=a", "CN=a,", "CN=#0401", "CN=a\\", "CN=\"a\"", "2.=a", "CN=\\ff"]
        {
            assert_eq!(DistinguishedName::parse(bad), None, "{bad}");
        }
        assert_eq!(DistinguishedName::parse(&format!("CN={}", "a".repeat(1_000))), None);
    }
}
