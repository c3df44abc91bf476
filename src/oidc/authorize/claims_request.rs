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

    /// The `sub` the client insists on, in either place.
    pub fn wanted_sub(&self) -> Option<&str> {
        [&self.id_token, &self.userinfo]
            .into_iter()
            .find_map(|asks| asks.get("sub")?.values.first()?.as_str())
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
        assert_eq!(claims.wanted_sub(), Some("x"));
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

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,300}") {
            let _ = ClaimsRequest::parse(&text);
        }
    }
}
