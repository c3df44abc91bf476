//! Token exchange (RFC 8693): what a service brings, and the names of those who act.
//!
//! There is no impersonation: whoever exchanges a token is named in the new one, before whoever acted until then.

use serde::{Deserialize, Serialize};

use super::{optional, required, scope, within};
use crate::base::Scopes;
use crate::keys::jwt::SIZE_LIMIT;
use crate::oidc::Error;
use crate::oidc::authorize::RawRequest;

/// The one type of token that is brought and given (RFC 8693 §3).
pub const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Most who act, one for another.
const MOST: usize = 4;

/// A parsed request for an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// An access token of the person.
    pub subject: String,
    /// An access token of the client itself, by which it says that it acts.
    pub actor: Option<String>,
    /// Names of whom the new token is to be for, beside those in `resource`.
    pub audience: Vec<String>,
    /// A narrower scope, if any.
    pub scope: Option<Scopes>,
}

impl Exchange {
    /// Reads the form; the tokens in it are not looked at yet.
    pub(super) fn parse(raw: &RawRequest) -> Result<Self, Error> {
        let subject = within(raw, "subject_token", SIZE_LIMIT)?;
        let subject = subject
            .ok_or_else(|| Error::invalid_request("subject_token is missing.", "missing_parameter"))?;
        is_access_token(&required(raw, "subject_token_type")?, "subject_token_type")?;
        let actor = within(raw, "actor_token", SIZE_LIMIT)?;
        match (&actor, optional(raw, "actor_token_type")?) {
            (Some(_), None) => {
                return Err(Error::invalid_request("actor_token_type is missing.", "missing_parameter"));
            }
            (None, Some(_)) => {
                let why = "actor_token_type goes with actor_token alone.";
                return Err(Error::invalid_request(why, "token_type"));
            }
            (Some(_), Some(named)) => is_access_token(&named, "actor_token_type")?,
            (None, None) => {}
        }
        if let Some(named) = optional(raw, "requested_token_type")? {
            is_access_token(&named, "requested_token_type")?;
        }
        let audience = raw.all("audience").map(str::to_owned).collect();
        Ok(Self { subject, actor, audience, scope: scope(raw)? })
    }
}

/// An ID token says who signed in at an app, and is nothing to act with; other kinds do not exist here.
fn is_access_token(named: &str, parameter: &str) -> Result<(), Error> {
    match named == ACCESS_TOKEN_TYPE {
        true => Ok(()),
        false => {
            let why = format!("{parameter} must be {ACCESS_TOKEN_TYPE}.");
            Err(Error::invalid_request(why, "token_type"))
        }
    }
}

/// Whoever acts for a person, and for whom they act in turn (RFC 8693 §4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The `client_id`.
    pub sub: String,
    /// Whoever acted before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Actor>>,
}

impl Actor {
    /// The actor that follows on those before; `None` where too many would act for each other.
    pub fn after(before: Option<&Self>, sub: &str) -> Option<Self> {
        let depth = std::iter::successors(before, |actor| actor.act.as_deref()).count();
        let act = before.cloned().map(Box::new);
        (depth < MOST).then(|| Self { sub: sub.to_owned(), act })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_brought_and_given_is_an_access_token() {
        let parse = |form: &str| Exchange::parse(&RawRequest::parse(form).unwrap());
        let typed = format!("subject_token=a.b.c&subject_token_type={ACCESS_TOKEN_TYPE}");
        let read = parse(&format!("{typed}&audience=x&audience=y&scope=a")).unwrap();
        assert_eq!((read.subject.as_str(), read.audience.len(), read.actor), ("a.b.c", 2, None));
        for more in ["", "&requested_token_type=urn:ietf:params:oauth:token-type:access_token"] {
            assert!(parse(&format!("{typed}{more}")).is_ok(), "{more}");
        }
        let id_token = "urn:ietf:params:oauth:token-type:id_token";
        for form in [
            format!("subject_token_type={ACCESS_TOKEN_TYPE}"),
            "subject_token=a.b.c".to_owned(),
            format!("subject_token=a.b.c&subject_token_type={id_token}"),
            format!("{typed}&requested_token_type=urn:ietf:params:oauth:token-type:refresh_token"),
            format!("{typed}&actor_token=a.b.c"),
            format!("{typed}&actor_token=a.b.c&actor_token_type={id_token}"),
            format!("{typed}&actor_token_type={ACCESS_TOKEN_TYPE}"),
            format!("{typed}&scope=%22"),
            format!("subject_token={}&subject_token_type={ACCESS_TOKEN_TYPE}", "x".repeat(SIZE_LIMIT + 1)),
        ] {
            assert!(parse(&form).is_err(), "{form:.200}");
        }
    }

    #[test]
    fn each_actor_is_named_before_those_for_whom_it_acts_and_the_chain_ends() {
        let mut last: Option<Actor> = None;
        for name in ["one", "two", "three", "four"] {
            last = Some(Actor::after(last.as_ref(), name).unwrap());
        }
        let written = serde_json::to_value(&last).unwrap();
        assert_eq!(written["sub"], "four");
        assert_eq!(written["act"]["act"], json!({"sub": "two", "act": {"sub": "one"}}));
        assert_eq!(Actor::after(last.as_ref(), "five"), None);
    }
}
