//! Where a client hears that a session ended (OpenID Connect Back-Channel Logout 1.0 §2.2, Front-Channel Logout 1.0 §2): part of
//! its metadata.

use serde_json::{Map, Value, json};

use super::RedirectUri;
use super::fields::{Fields, Invalid, page};

/// The members this part reads and writes.
pub(super) const MEMBERS: [&str; 4] = [BACK, BACK_SESSION, FRONT, FRONT_SESSION];

const BACK: &str = "backchannel_logout_uri";
const BACK_SESSION: &str = "backchannel_logout_session_required";
const FRONT: &str = "frontchannel_logout_uri";
const FRONT_SESSION: &str = "frontchannel_logout_session_required";

/// Where a client hears that a session ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogoutUris {
    /// Takes a signed token from us.
    pub back: Option<String>,
    /// Whether the token must name the session; ours always do.
    pub back_session: bool,
    /// Is loaded in a frame of the page that follows a sign-out.
    pub front: Option<String>,
    /// Whether its address must name the session; ours always does.
    pub front_session: bool,
}

impl LogoutUris {
    pub(super) fn read(fields: &Fields<'_>, redirect_uris: &[RedirectUri]) -> Result<Self, Invalid> {
        let front = uri(fields, FRONT)?;
        if let Some(front) = &front
            && !redirect_uris.iter().any(|uri| uri.origin().is_some_and(|origin| is_at(front, origin)))
        {
            let why =
                "must have scheme, host and port of one of the redirect_uris (Front-Channel Logout 1.0 §2)";
            return Err(fields.refuse(FRONT, why));
        }
        Ok(Self {
            back: uri(fields, BACK)?,
            back_session: fields.flag(BACK_SESSION, false)?,
            front,
            front_session: fields.flag(FRONT_SESSION, false)?,
        })
    }

    /// The members as they were registered; what says nothing is left out.
    pub(super) fn to_json(&self) -> Map<String, Value> {
        let members = [
            (BACK, json!(self.back)),
            (BACK_SESSION, json!(self.back_session.then_some(true))),
            (FRONT, json!(self.front)),
            (FRONT_SESSION, json!(self.front_session.then_some(true))),
        ];
        let said = members.into_iter().filter(|(_, value)| !value.is_null());
        said.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

fn uri(fields: &Fields<'_>, name: &str) -> Result<Option<String>, Invalid> {
    let uri = page(fields, name)?;
    match uri.as_ref().is_some_and(|uri| uri.contains('#')) {
        true => Err(fields.refuse(name, "must have no fragment")),
        false => Ok(uri),
    }
}

fn is_at(uri: &str, origin: &str) -> bool {
    url::Url::parse(uri).is_ok_and(|url| url.origin().ascii_serialization() == origin)
}
