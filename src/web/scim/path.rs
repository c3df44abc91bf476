//! Names of attributes, filters and paths of patches (RFC 7644 §3.4.2.2, §3.5.2), as far as directories use them: one
//! comparison with `eq`, and a path into one attribute.

use serde_json::Value;

use super::say::Wrong;

/// The schema of a person.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Its extension for companies, of which nothing is kept.
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Longest filter or path.
const LONGEST: usize = 1_000;

/// A name as it is compared: small letters, without the schema of a person.
pub fn plain(name: &str) -> String {
    let small = name.trim().to_ascii_lowercase();
    match small.strip_prefix(&format!("{}:", USER.to_ascii_lowercase())) {
        Some(rest) => rest.to_owned(),
        None => small,
    }
}

/// One comparison: an attribute in small letters, and what it must equal.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// The attribute.
    pub attribute: String,
    /// The value.
    pub value: Value,
}

fn bad_filter() -> Wrong {
    Wrong::bad(
        "invalidFilter",
        "Use one comparison with eq of userName, externalId, emails.value, active or id, e.g. userName eq \"rose\".",
    )
}

impl Filter {
    /// Reads `attribute eq value`, or `emails[type eq "work" and value eq "…"]`.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let text = text.trim();
        if text.len() > LONGEST {
            return Err(bad_filter());
        }
        if let Some((attribute, inside)) = text.strip_suffix(']').and_then(|text| text.split_once('[')) {
            let mut found = None;
            for part in and(inside) {
                let part = comparison(part)?;
                match part.attribute.as_str() {
                    "value" => found = Some(part.value),
                    "type" | "primary" => {}
                    _ => return Err(bad_filter()),
                }
            }
            let attribute = format!("{}.value", plain(attribute));
            return found.map(|value| Self { attribute, value }).ok_or_else(bad_filter);
        }
        comparison(text)
    }
}

/// The parts between `and`; a value that holds the word is cut, and then is none.
fn and(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.to_ascii_lowercase().find(" and ") {
        let (before, after) = rest.split_at(at);
        parts.push(before);
        rest = after.get(5..).unwrap_or_default();
    }
    parts.push(rest);
    parts
}

fn comparison(text: &str) -> Result<Filter, Wrong> {
    let mut words = text.trim().splitn(3, char::is_whitespace);
    let (Some(attribute), Some(operator), Some(value)) = (words.next(), words.next(), words.next()) else {
        return Err(bad_filter());
    };
    let named = !attribute.is_empty()
        && attribute.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-:$".contains(&b));
    let value: Value = serde_json::from_str(value.trim()).map_err(|_| bad_filter())?;
    if !named || !operator.eq_ignore_ascii_case("eq") || value.is_array() || value.is_object() {
        return Err(bad_filter());
    }
    Ok(Filter { attribute: plain(attribute), value })
}

/// Where a patch points, in small letters: `emails[type eq "work"].value` is `emails.value`.
pub fn target(path: &str) -> Result<String, Wrong> {
    let bad = || Wrong::bad("invalidPath", "The path names no attribute of a User.");
    let path = path.trim();
    if path.is_empty() || path.len() > LONGEST {
        return Err(bad());
    }
    let path = match path.split_once('[') {
        None => path.to_owned(),
        Some((attribute, rest)) => {
            let (inside, after) = rest.split_once(']').ok_or_else(bad)?;
            for part in and(inside) {
                let part = comparison(part).map_err(|_| bad())?;
                if !matches!(part.attribute.as_str(), "type" | "primary" | "value") {
                    return Err(bad());
                }
            }
            format!("{attribute}{after}")
        }
    };
    let named = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-:$".contains(&b));
    if named { Ok(plain(&path)) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_comparison_is_read_however_directories_write_it() {
        for (text, attribute, value) in [
            (r#"userName eq "rose""#, "username", json!("rose")),
            (r#" USERNAME  Eq  "a b" "#, "username", json!("a b")),
            (r#"externalId eq "x\"y""#, "externalid", json!("x\"y")),
            (r#"emails.value eq "a@b.example""#, "emails.value", json!("a@b.example")),
            (r#"emails[type eq "work" and value eq "a@b.example"]"#, "emails.value", json!("a@b.example")),
            (r#"emails[value eq "a@b.example"]"#, "emails.value", json!("a@b.example")),
            ("active eq true", "active", json!(true)),
            (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "rose""#, "username", json!("rose")),
        ] {
            // Two blanks before a value are one.
            let text = text.replace("  ", " ");
            let expected = Filter { attribute: attribute.to_owned(), value };
            assert_eq!(Filter::parse(&text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn every_other_filter_is_refused_by_its_word() {
        for text in [
            "",
            "userName",
            "userName eq",
            "userName eq rose",
            r#"userName co "rose""#,
            r#"userName eq "rose" and active eq true"#,
            r#"not (userName eq "rose")"#,
            r#"emails[type eq "work"]"#,
            r#"emails[display eq "x" and value eq "y"]"#,
            r#"userName eq {"a":1}"#,
            r#"user Name eq "x""#,
            r#"userName eq "x" or"#,
            "emails[",
        ] {
            let wrong = Filter::parse(text).unwrap_err();
            assert_eq!((wrong.status, wrong.kind), (400, Some("invalidFilter")), "{text}");
        }
        assert!(Filter::parse(&format!("userName eq \"{}\"", "x".repeat(2000))).is_err());
    }

    #[test]
    fn a_path_points_into_one_attribute() {
        for (path, expected) in [
            ("active", "active"),
            ("name.givenName", "name.givenname"),
            (r#"emails[type eq "work"].value"#, "emails.value"),
            (r#"emails[primary eq true]"#, "emails"),
            ("urn:ietf:params:scim:schemas:core:2.0:User:name.familyName", "name.familyname"),
            (
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:department",
            ),
        ] {
            assert_eq!(target(path).as_deref(), Ok(expected), "{path}");
        }
        for bad in ["", "emails[", "emails[x]", "a b", "name/given", r#"emails[display eq "x"].value"#] {
            assert_eq!(target(bad).unwrap_err().kind, Some("invalidPath"), "{bad}");
        }
    }
}
