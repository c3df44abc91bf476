//! The `claims` parameter (OpenID Connect Core §5.5).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Claims asked for one by one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// Asked for at the UserInfo endpoint.
    #[serde(default)]
    pub userinfo: BTreeMap<String, ClaimAsk>,
    /// Asked for in the ID token.
    #[serde(default)]
    pub id_token: BTreeMap<String, ClaimAsk>,
}

/// How a claim was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClaimAsk {
    /// Whether the client says it cannot do without.
    #[serde(default)]
    pub essential: bool,
    /// The values that would do; empty means any.
    #[serde(default)]
    pub values: Vec<Value>,
}

/// Most claims one request may name.
const MOST: usize = 64;

impl ClaimsRequest {
    /// Reads the JSON of the parameter; the error names what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let json: Value = serde_json::from_str(text).map_err(|_| "claims is no JSON".to_owned())?;
        let object = json.as_object().ok_or("claims must be a JSON object")?;
        Ok(Self { userinfo: member(object.get("userinfo"))?, id_token: member(object.get("id_token"))? })
    }

    /// Whether the client insists on a person (OpenID Connect Core §5.5.1).
    pub fn wants_somebody(&self) -> bool {
        self.subs().next().is_some()
    }

    /// Whether the person whom the client knows by this `sub` will do, in either place; nobody will who has no name there.
    pub fn admits(&self, sub: Option<&str>) -> bool {
        self.subs().all(|wanted| sub.is_some() && wanted.iter().any(|value| value.as_str() == sub))
    }

    fn subs(&self) -> impl Iterator<Item = &[Value]> {
        let asks = [&self.id_token, &self.userinfo].into_iter().filter_map(|asks| asks.get("sub"));
        asks.map(|ask| ask.values.as_slice()).filter(|values| !values.is_empty())
    }

    /// The `acr` ask of the ID token: whether it is essential, and the values.
    pub fn acr(&self) -> Option<(bool, Vec<String>)> {
        let ask = self.id_token.get("acr")?;
        let values = ask.values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        Some((ask.essential, values))
    }
}

fn member(value: Option<&Value>) -> Result<BTreeMap<String, ClaimAsk>, String> {
    let Some(value) = value.filter(|v| !v.is_null()) else { return Ok(BTreeMap::new()) };
    let object = value.as_object().ok_or("claims: userinfo and id_token must be objects")?;
    if object.len() > MOST {
        return Err(format!("claims: at most {MOST} members"));
    }
    object.iter().map(|(name, ask)| Ok((name.clone(), parse_ask(ask)?))).collect()
}

fn parse_ask(value: &Value) -> Result<ClaimAsk, String> {
    if value.is_null() {
        return Ok(ClaimAsk::default());
    }
    let object = value.as_object().ok_or("claims: each member must be null or an object")?;
    let essential = match object.get("essential") {
        None => false,
        Some(v) => v.as_bool().ok_or("claims: essential must be true or false")?,
    };
    let mut values = Vec::new();
    if let Some(one) = object.get("value") {
        values.push(one.clone());
    }
    if let Some(many) = object.get("values") {
        values.extend(many.as_array().ok_or("claims: values must be an array")?.iter().take(MOST).cloned());
    }
    Ok(ClaimAsk { essential, values })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn claims_are_read() {
        let text = r#"{"userinfo":{"name":{"essential":true},"email":null},
                       "id_token":{"acr":{"essential":true,"values":["a","b"]},"sub":{"value":"x"}}}"#;
        let claims = ClaimsRequest::parse(text).unwrap();
        assert!(claims.userinfo["name"].essential);
        assert_eq!(claims.acr(), Some((true, vec!["a".to_owned(), "b".to_owned()])));
        assert!(claims.wants_somebody() && claims.admits(Some("x")));
        assert!(!claims.admits(Some("y")) && !claims.admits(None));
        for bad in [
            "",
            "[]",
            "{\"userinfo\":1}",
            "{\"userinfo\":{\"a\":1}}",
            "{\"id_token\":{\"a\":{\"essential\":1}}}",
        ] {
            assert!(ClaimsRequest::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn whom_the_client_insists_on_is_compared_in_both_places_and_by_each_value() {
        let table = [
            (r#"{"userinfo":{"sub":null},"id_token":{"sub":{"essential":true}}}"#, false, true, true),
            (r#"{"id_token":{"sub":{"values":["x","y"]}}}"#, true, true, true),
            (r#"{"id_token":{"sub":{"value":"x"}},"userinfo":{"sub":{"value":"y"}}}"#, true, false, false),
            (r#"{"userinfo":{"sub":{"value":"y"}},"unheard":{"sub":1}}"#, true, false, true),
            (r#"{"id_token":{"sub":{"value":7}}}"#, true, false, false),
        ];
        for (text, somebody, x, y) in table {
            let claims = ClaimsRequest::parse(text).unwrap();
            let seen = (claims.wants_somebody(), claims.admits(Some("x")), claims.admits(Some("y")));
            assert_eq!(seen, (somebody, x, y), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,300}") {
            let _ = ClaimsRequest::parse(&text);
        }
    }
}
