//! Rich authorization requests (RFC 9396): what an app asks for beyond scopes, in types that the host describes.
//!
//! Nothing is meant by silence: a detail says every list its type has, with values of it alone, and no other member. So what
//! the person reads is all that is granted, and of two details one is narrower only if it says less of the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::resource::Audience;
use super::{Code, Error};
use crate::base::Digest;
use crate::base::text::is_hidden;
use crate::base::words::words;
use crate::clients::Client;
use crate::keys::json;

/// Most details one request may hold.
const MOST: usize = 10;
/// Longest `authorization_details`, in bytes: they stand in every access token.
const LONGEST: usize = 4 * 1024;
/// Longest value or words, in characters.
const LONGEST_TEXT: usize = 200;

words! {
    /// Whether a detail names one thing (RFC 9396 §2.2).
    Naming {
        /// Never.
        None = "none",
        /// If the app likes.
        Optional = "optional",
        /// Always.
        Required = "required",
    }
}

/// What the host says of one type: what may be asked, and in which words people read it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Type {
    /// What it is called, by language; `en` stands where another is missing.
    words: BTreeMap<String, String>,
    #[serde(default)]
    locations: Vec<String>,
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    datatypes: Vec<String>,
    #[serde(default)]
    privileges: Vec<String>,
    #[serde(default = "never")]
    identifier: Naming,
}

fn never() -> Naming {
    Naming::None
}

/// The types an installation knows; none unless its host describes some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Types(BTreeMap<String, Type>);

impl Types {
    /// Reads the host's description: a JSON object, a member a type. The error says what to mend.
    pub fn parse(text: &str) -> Result<Self, String> {
        let types: BTreeMap<String, Type> = serde_json::from_str(text).map_err(|why| why.to_string())?;
        for (name, described) in &types {
            if name.is_empty() || name.len() > 100 || !name.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(format!("`{name}` is no name of a type: 1 to 100 printable ASCII characters"));
            }
            if !described.words.contains_key("en") {
                return Err(format!("`{name}` needs words in English, `en`"));
            }
            let values = described.lists().into_iter().flat_map(|(_, values)| values);
            if !described.words.values().chain(values).all(|text| is_shown(text)) {
                return Err(format!("`{name}` holds a text that is not 1 to 200 visible characters"));
            }
        }
        Ok(Self(types))
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What a type is called in a language.
    pub fn words(&self, name: &str, language: &str) -> Option<&str> {
        let words = &self.0.get(name)?.words;
        words.get(language).or_else(|| words.get("en")).map(String::as_str)
    }
}

impl Type {
    fn lists(&self) -> [(&'static str, &Vec<String>); 4] {
        [
            ("locations", &self.locations),
            ("actions", &self.actions),
            ("datatypes", &self.datatypes),
            ("privileges", &self.privileges),
        ]
    }
}

fn is_shown(text: &str) -> bool {
    let length = text.chars().count();
    (1..=LONGEST_TEXT).contains(&length) && !text.trim().is_empty() && !text.chars().any(is_hidden)
}

/// One thing that is asked for (RFC 9396 §2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detail {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it is to be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<String>,
    /// What is to be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// With which kinds of data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub datatypes: Vec<String>,
    /// With what exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// With which rights.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub privileges: Vec<String>,
}

impl Detail {
    fn lists(&self) -> [(&'static str, &Vec<String>); 4] {
        [
            ("locations", &self.locations),
            ("actions", &self.actions),
            ("datatypes", &self.datatypes),
            ("privileges", &self.privileges),
        ]
    }

    /// Whether a client may ask for it; the reason names what is wrong.
    fn fits(&self, types: &Types, client: &Client) -> Result<(), String> {
        let registered = client.metadata.requests.details.contains(&self.kind);
        let described = types.0.get(&self.kind).filter(|_| registered);
        let described = described.ok_or("the type is not known, or not registered for the client")?;
        for ((name, said), (_, allowed)) in self.lists().into_iter().zip(described.lists()) {
            if said.iter().any(|value| !allowed.contains(value)) {
                return Err(format!("{name} holds a value that the type does not have"));
            }
            if said.is_empty() != allowed.is_empty() {
                return Err(format!("{name} is missing"));
            }
            if (1..said.len()).any(|at| said.iter().take(at).any(|before| Some(before) == said.get(at))) {
                return Err(format!("{name} says something twice"));
            }
        }
        match (&self.identifier, described.identifier) {
            (Some(_), Naming::None) => Err("the type has no identifier".to_owned()),
            (None, Naming::Required) => Err("identifier is missing".to_owned()),
            (Some(text), _) if !is_shown(text) => {
                Err("identifier is not 1 to 200 visible characters".to_owned())
            }
            (Some(_) | None, _) => Ok(()),
        }
    }

    /// Whether it says less than another, or the same.
    fn is_within(&self, whole: &Self) -> bool {
        let lists = self.lists().into_iter().zip(whole.lists());
        let mut lists = lists.map(|((_, few), (_, many))| {
            few.is_empty() == many.is_empty() && few.iter().all(|value| many.contains(value))
        });
        self.kind == whole.kind && self.identifier == whole.identifier && lists.all(|within| within)
    }

    /// Whether a token for these may say it: one for us alone may say everything, one for APIs only what is done at one of them or is
    /// said of no place. What is meant for one API is no other's to read.
    fn is_for(&self, audience: &Audience, issuer: &str) -> bool {
        let here = matches!(audience, Audience::One(name) if name == issuer);
        here || self.locations.is_empty() || self.locations.iter().any(|name| audience.has(name))
    }

    /// The same, whatever the order it was said in.
    fn sorted(&self) -> Self {
        let mut sorted = self.clone();
        for list in
            [&mut sorted.locations, &mut sorted.actions, &mut sorted.datatypes, &mut sorted.privileges]
        {
            list.sort_unstable();
        }
        sorted
    }
}

/// What a request asks for, if the client may.
pub fn asked(text: Option<&str>, types: &Types, client: &Client) -> Result<Vec<Detail>, Error> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let details = read(text)?;
    for detail in &details {
        detail.fits(types, client).map_err(|why| refused(&why))?;
    }
    Ok(details)
}

/// What a token says that is made from a grant: what was granted and the client may still have, or what of that is asked for
/// now (RFC 9396 §6), as far as it concerns whom the token is for.
pub fn narrowed(
    granted: &[Detail],
    asked: Option<&str>,
    types: &Types,
    client: &Client,
    (audience, issuer): (&Audience, &str),
) -> Result<Vec<Detail>, Error> {
    let kept: Vec<_> = granted.iter().filter(|one| one.fits(types, client).is_ok()).collect();
    if kept.is_empty() && !granted.is_empty() {
        return Err(refused("the client may not have any more what was granted"));
    }
    let Some(asked) = asked else {
        return Ok(kept.into_iter().filter(|one| one.is_for(audience, issuer)).cloned().collect());
    };
    let asked = read(asked)?;
    if !asked.iter().all(|one| kept.iter().any(|whole| one.is_within(whole))) {
        return Err(refused("more is asked for than was granted"));
    }
    match asked.iter().all(|one| one.is_for(audience, issuer)) {
        true => Ok(asked),
        false => Err(refused("its locations are not those the token is for")),
    }
}

fn read(text: &str) -> Result<Vec<Detail>, Error> {
    if text.len() > LONGEST {
        return Err(refused("they are longer than 4 KB"));
    }
    let value = json::parse(text.as_bytes()).map_err(|why| refused(&why.to_string()))?;
    if !matches!(&value, Value::Array(all) if (1..=MOST).contains(&all.len())) {
        return Err(refused("they must be an array of 1 to 10 objects"));
    }
    serde_json::from_value(value).map_err(|why| refused(&why.to_string()))
}

/// What stands for details in what is remembered of an agreement: the same for the very same ones alone.
pub fn digest(details: &[Detail]) -> Option<Digest> {
    if details.is_empty() {
        return None;
    }
    let mut texts: Vec<_> =
        details.iter().filter_map(|one| serde_json::to_string(&one.sorted()).ok()).collect();
    texts.sort_unstable();
    Some(Digest::of(texts.join("\n")))
}

/// A refusal (RFC 9396 §5).
fn refused(why: &str) -> Error {
    let why = format!("authorization_details is refused: {why}.");
    Error::new(Code::InvalidAuthorizationDetails, why, "authorization_details")
}

/// The refusal of details where nothing was granted that they could be part of.
pub fn nothing_granted(text: Option<&str>) -> Result<(), Error> {
    match text {
        None => Ok(()),
        Some(_) => Err(refused("this grant gives none")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::base::{ClientId, Timestamp};
    use crate::clients::metadata;

    fn types() -> Types {
        let described = json!({
            "medicines": { "words": { "en": "Medicines", "de": "Medikamente" }, "actions": ["read", "renew"],
                           "locations": ["https://a.example/", "https://b.example/"], "identifier": "optional" },
            "visit": { "words": { "en": "A visit" }, "identifier": "required" },
        });
        Types::parse(&described.to_string()).unwrap()
    }

    fn client() -> Client {
        let document = json!({ "redirect_uris": ["https://app.example/cb"],
            "authorization_details_types": ["medicines", "visit", "unknown"] });
        let parsed = metadata::parse(&document).unwrap();
        Client::described(ClientId::from_text("app"), parsed, Timestamp::default())
    }

    fn read_as(value: &Value) -> Result<Vec<Detail>, Error> {
        asked(Some(&value.to_string()), &types(), &client())
    }

    const WHOLE: &str = r#"[{"type":"medicines","actions":["read","renew"],"identifier":"m1",
        "locations":["https://a.example/","https://b.example/"]}]"#;

    #[test]
    fn a_detail_says_all_that_its_type_has_and_nothing_else() {
        let good = json!({"type": "medicines", "actions": ["read"], "locations": ["https://a.example/"]});
        let read = read_as(&json!([good, {"type": "visit", "identifier": "v 1"}])).unwrap();
        assert_eq!(
            serde_json::to_value(&read).unwrap(),
            json!([good, {"type": "visit", "identifier": "v 1"}])
        );
        let with = |name: &str, value: Value| {
            let mut changed = good.clone();
            changed[name] = value;
            changed
        };
        for (name, value) in [
            ("type", json!("unknown")),
            ("type", json!("surgery")),
            ("type", json!(1)),
            ("actions", json!([])),
            ("actions", json!("read")),
            ("actions", json!(["read", "read"])),
            ("actions", json!(["read", "sell"])),
            ("actions", json!(null)),
            ("locations", json!(["https://c.example/"])),
            ("privileges", json!(["admin"])),
            ("identifier", json!("")),
            ("identifier", json!("a\u{202e}b")),
            ("identifier", json!("x".repeat(201))),
            ("amount", json!(3)),
        ] {
            let refused = read_as(&json!([with(name, value.clone())])).unwrap_err();
            assert_eq!(refused.code, Code::InvalidAuthorizationDetails, "{name} {value}");
        }
        for value in
            [json!({}), json!([]), json!([1]), json!(vec![good.clone(); 11]), json!([{"type": "visit"}])]
        {
            assert!(read_as(&value).is_err(), "{value}");
        }
        let twice = r#"[{"type":"visit","identifier":"a","identifier":"b"}]"#;
        for text in ["", "[", twice, &format!("[{}]", " ".repeat(5_000))] {
            assert!(asked(Some(text), &types(), &client()).is_err(), "{text:.80}");
        }
        assert_eq!(asked(None, &types(), &client()), Ok(Vec::new()));
    }

    #[test]
    fn less_of_the_same_is_narrower_and_silence_is_not() {
        let granted = asked(Some(WHOLE), &types(), &client()).unwrap();
        let here = Audience::One("us".to_owned());
        let here = (&here, "us");
        let narrow = |asked: &Value| narrowed(&granted, Some(&asked.to_string()), &types(), &client(), here);
        let less = json!([{"type": "medicines", "actions": ["renew"], "identifier": "m1",
                           "locations": ["https://b.example/"]}]);
        assert_eq!(serde_json::to_value(narrow(&less).unwrap()).unwrap(), less);
        for (member, value) in [
            ("identifier", Value::Null),
            ("identifier", json!("m2")),
            ("actions", json!([])),
            ("actions", json!(["read", "sell"])),
            ("locations", Value::Null),
            ("type", json!("visit")),
        ] {
            let mut more = less.clone();
            more[0][member] = value;
            assert!(narrow(&more).is_err(), "{more}");
        }
        assert_eq!(narrowed(&granted, None, &types(), &client(), here), Ok(granted.clone()));
        assert!(narrowed(&granted, None, &Types::default(), &client(), here).is_err());
        assert!(narrowed(&[], Some(WHOLE), &types(), &client(), here).is_err());
    }

    #[test]
    fn a_token_for_an_api_says_what_is_done_there_or_nowhere_in_particular() {
        let granted = read_as(&json!([
            {"type": "medicines", "actions": ["read"], "locations": ["https://a.example/", "https://b.example/"]},
            {"type": "medicines", "actions": ["renew"], "locations": ["https://b.example/"]},
            {"type": "visit", "identifier": "v1"},
        ]))
        .unwrap();
        for (names, kept) in [
            (&["us"][..], &[0, 1, 2][..]),
            (&["https://a.example/"], &[0, 2]),
            (&["https://b.example/"], &[0, 1, 2]),
            (&["us", "https://a.example/"], &[0, 2]),
            (&["https://c.example/"], &[2]),
        ] {
            let audience = Audience::of(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>(), "us");
            let said =
                |asked: Option<&str>| narrowed(&granted, asked, &types(), &client(), (&audience, "us"));
            let wanted: Vec<_> = kept.iter().map(|at| granted[*at].clone()).collect();
            assert_eq!(said(None), Ok(wanted), "{names:?}");
            for (at, one) in granted.iter().enumerate() {
                let asked = serde_json::to_string(&[one]).unwrap();
                assert_eq!(said(Some(&asked)).is_ok(), kept.contains(&at), "{names:?} {asked}");
            }
        }
    }

    #[test]
    fn the_very_same_is_remembered_whatever_the_order() {
        let granted = asked(Some(WHOLE), &types(), &client()).unwrap();
        let mut turned = granted.clone();
        turned[0].actions.reverse();
        assert!(digest(&granted).is_some() && digest(&granted) == digest(&turned));
        turned[0].identifier = None;
        assert_ne!(digest(&granted), digest(&turned));
        assert_eq!(digest(&[]), None);
    }

    #[test]
    fn a_description_that_is_none_is_refused_by_name() {
        for (text, said) in [
            ("{", "EOF"),
            (r#"{"a":{"words":{"en":"A"},"action":["x"]}}"#, "action"),
            (r#"{"a":{"words":{"de":"A"}}}"#, "English"),
            (r#"{"a b":{"words":{"en":"A"}}}"#, "no name"),
            (r#"{"a":{"words":{"en":""}}}"#, "visible"),
            (r#"{"a":{"words":{"en":"A"},"actions":["\u200b"]}}"#, "visible"),
            (r#"{"a":{"words":{"en":"A"},"identifier":"maybe"}}"#, "maybe"),
        ] {
            let why = Types::parse(text).unwrap_err();
            assert!(why.contains(said), "{text}: {why}");
        }
        assert_eq!(
            (types().words("medicines", "de"), types().words("visit", "de")),
            (Some("Medikamente"), Some("A visit"))
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let _ = asked(Some(&text), &types(), &client());
        }
    }
}
