//! Reading members of a registration one by one; every refusal names the member and how to mend it.

use serde_json::{Map, Value};

use crate::base::url::is_loopback;

/// Why a registration is refused (RFC 7591 §3.2.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// `invalid_redirect_uri`.
    #[error("{0}")]
    RedirectUri(String),
    /// `invalid_client_metadata`.
    #[error("{0}")]
    Metadata(String),
}

impl Invalid {
    /// The error code of the answer.
    pub fn code(&self) -> &'static str {
        match self {
            Self::RedirectUri(_) => "invalid_redirect_uri",
            Self::Metadata(_) => "invalid_client_metadata",
        }
    }
}

pub(super) fn invalid(member: &str, why: impl std::fmt::Display) -> Invalid {
    Invalid::Metadata(format!("{member}: {why}"))
}

/// The members of one object, behind the path that names it in errors (`policy.`).
pub(super) struct Fields<'a> {
    members: &'a Map<String, Value>,
    path: &'static str,
}

impl<'a> Fields<'a> {
    pub(super) fn new(members: &'a Map<String, Value>, path: &'static str) -> Self {
        Self { members, path }
    }

    pub(super) fn refuse(&self, name: &str, why: impl std::fmt::Display) -> Invalid {
        invalid(&format!("{}{name}", self.path), why)
    }

    /// A member that is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Invalid> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.refuse(name, "must be a string")),
        }
    }

    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool, Invalid> {
        match self.get(name) {
            None => Ok(default),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(self.refuse(name, "must be true or false")),
        }
    }

    /// An array of at most `limit` strings.
    pub(super) fn texts(&self, name: &str, limit: usize) -> Result<Option<Vec<&'a str>>, Invalid> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let texts: Option<Vec<_>> = value.as_array().and_then(|all| all.iter().map(Value::as_str).collect());
        match texts {
            Some(texts) if texts.len() <= limit => Ok(Some(texts)),
            Some(_) => Err(self.refuse(name, format!("takes at most {limit} entries"))),
            None => Err(self.refuse(name, "must be an array of strings")),
        }
    }

    /// A string out of a closed list.
    pub(super) fn word<W: Word>(&self, name: &str) -> Result<Option<W>, Invalid> {
        self.text(name)?.map(|text| self.parse_word(name, text)).transpose()
    }

    /// An array of strings out of a closed list, repeats dropped.
    pub(super) fn word_list<W: Word>(&self, name: &str) -> Result<Option<Vec<W>>, Invalid> {
        let Some(texts) = self.texts(name, 32)? else { return Ok(None) };
        let mut words = Vec::new();
        for text in texts {
            let word = self.parse_word(name, text)?;
            if !words.contains(&word) {
                words.push(word);
            }
        }
        Ok(Some(words))
    }

    fn parse_word<W: Word>(&self, name: &str, text: &str) -> Result<W, Invalid> {
        W::read(text).ok_or_else(|| {
            let all: Vec<_> = W::all().iter().map(|word| word.word()).collect();
            let text = crate::base::text::error_text(text);
            self.refuse(name, format!("`{text}` is not supported; use {}", all.join(", ")))
        })
    }
}

/// The address of a page or picture: https, or http on loopback.
pub(super) fn page(fields: &Fields<'_>, name: &str) -> Result<Option<String>, Invalid> {
    let Some(text) = fields.text(name)? else { return Ok(None) };
    let why = "must be an absolute https:// URL without user name (http is for loopback only)";
    let url = url::Url::parse(text).map_err(|_| fields.refuse(name, why))?;
    let scheme_ok = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b'<' | b'>'));
    if !scheme_ok || !plain || text.len() > 2048 || !url.username().is_empty() || url.password().is_some() {
        return Err(fields.refuse(name, why));
    }
    Ok(Some(text.to_owned()))
}

/// A closed vocabulary made by `words!`.
pub(super) trait Word: Copy + PartialEq + 'static {
    fn all() -> &'static [Self];
    fn word(self) -> &'static str;
    fn read(text: &str) -> Option<Self>;
}

macro_rules! word {
    ($($name:ty),* $(,)?) => {$(
        impl Word for $name {
            fn all() -> &'static [Self] {
                <$name>::ALL
            }
            fn word(self) -> &'static str {
                self.as_str()
            }
            fn read(text: &str) -> Option<Self> {
                <$name>::parse(text)
            }
        }
    )*};
}

word!(
    crate::base::GrantType,
    super::ciba::Delivery,
    crate::base::ResponseMode,
    crate::keys::Algorithm,
    crate::keys::MacAlgorithm,
    crate::keys::encryption::ContentEncryption,
    crate::keys::encryption::KeyManagement,
    super::metadata::AuthMethod,
    super::metadata::SubjectType,
    super::metadata::ApplicationType,
    super::policy::AssertionAudience,
    super::policy::ConsentMode,
    super::policy::RefreshRotation,
    super::policy::Registration,
);
