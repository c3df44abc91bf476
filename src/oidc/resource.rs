//! Resource indicators (RFC 8707): the APIs a token is for.
//!
//! An app is registered for the APIs it may ask for (`policy.resources`), an API for the names it goes by
//! (`policy.serves`). The issuer is a resource of every app: `/userinfo` and the administrators' API take such tokens alone.

use serde::{Deserialize, Serialize};

use super::authorize::RawRequest;
use super::{Code, Error};
use crate::clients::Client;

/// Most resources one request may name.
pub const MOST: usize = 8;

/// Who a token is for: one name is written as text, several as a list (RFC 7519 §4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Audience {
    /// Of these names; the issuer's where there are none.
    pub fn of(names: &[String], issuer: &str) -> Self {
        match names {
            [] => Self::One(issuer.to_owned()),
            [one] => Self::One(one.clone()),
            several => Self::Several(several.to_vec()),
        }
    }

    /// Whether somebody of this name is meant.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Several(several) => several.iter().any(|one| one == name),
        }
    }
}

/// The resources a request names, each once.
pub fn named(raw: &RawRequest) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = Vec::new();
    for name in raw.all("resource") {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    match names.len() > MOST {
        true => Err(unknown()),
        false => Ok(names),
    }
}

/// Whether a client may have tokens for a resource.
pub fn may_have(client: &Client, issuer: &str, name: &str) -> bool {
    name == issuer || client.policy.resources.iter().any(|known| known == name)
}

/// The resources a client asks for, if it may have them all.
pub fn asked(raw: &RawRequest, client: &Client, issuer: &str) -> Result<Vec<String>, Error> {
    let names = named(raw)?;
    match names.iter().all(|name| may_have(client, issuer, name)) {
        true => Ok(names),
        false => Err(unknown()),
    }
}

/// Who a token is for that is made from a grant: whom the grant names, or those of them that are asked for now (§2.2). What
/// the client may not have any more is left out.
pub fn narrowed(
    granted: &[String],
    asked: &[String],
    client: &Client,
    issuer: &str,
) -> Result<Audience, Error> {
    let whole = Audience::of(granted, issuer);
    let wanted = if asked.is_empty() { granted } else { asked };
    let kept = wanted.iter().filter(|name| may_have(client, issuer, name));
    let kept: Vec<String> = kept.cloned().collect();
    let beyond = asked.iter().any(|name| !whole.has(name) || !may_have(client, issuer, name));
    match beyond || (kept.is_empty() && !wanted.is_empty()) {
        true => Err(unknown()),
        false => Ok(Audience::of(&kept, issuer)),
    }
}

/// A resource the client may not have.
pub fn unknown() -> Error {
    let why = "The client is not registered for such a resource, or it was not asked for at the start.";
    Error::new(Code::InvalidTarget, why, "resource")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_name_is_a_text_and_several_are_a_list() {
        let names = ["https://a.example".to_owned(), "https://b.example".to_owned()];
        for (names, wanted) in [
            (&names[..0], json!("us")),
            (&names[..1], json!("https://a.example")),
            (&names[..], json!(["https://a.example", "https://b.example"])),
        ] {
            let audience = Audience::of(names, "us");
            assert_eq!(serde_json::to_value(&audience).unwrap(), wanted);
            assert_eq!(serde_json::from_value::<Audience>(wanted).unwrap(), audience);
        }
        assert!(Audience::of(&names, "us").has("https://b.example") && !Audience::of(&names, "us").has("us"));
    }

    #[test]
    fn each_is_named_once_and_a_handful_at_most() {
        let raw = RawRequest::parse("resource=a&resource=&resource=b&resource=a").unwrap();
        assert_eq!(named(&raw).unwrap(), ["a", "b"]);
        let many: Vec<String> = (0..9).map(|i| format!("resource={i}")).collect();
        assert!(named(&RawRequest::parse(&many.join("&")).unwrap()).is_err());
    }
}
