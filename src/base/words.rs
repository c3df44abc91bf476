//! The closed vocabularies of the specifications; discovery is made from these lists.

use std::fmt;

/// A closed enum and the words it is written as.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every value, in the order it is published.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word as it is sent.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// Reads the exact word; `None` for anything else.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some($name::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                Self::parse(&text).ok_or_else(|| {
                    let all: Vec<_> = Self::ALL.iter().map(|w| w.as_str()).collect();
                    serde::de::Error::custom(format!("`{text}` is none of {}", all.join(", ")))
                })
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Assurance levels as `acr`, weakest first, so that `>=` compares them (product levels of SP 800-63B-4).
    Acr {
        /// One factor.
        Aal1 = "urn:vouchsafe:acr:aal1",
        /// Two factors.
        Aal2 = "urn:vouchsafe:acr:aal2",
        /// Two factors, phishing-resistant.
        Aal2Phr = "urn:vouchsafe:acr:aal2-phr",
        /// Attested hardware; not reachable until attestation is verified, so not in discovery.
        Aal3 = "urn:vouchsafe:acr:aal3",
    }
}

words! {
    /// Authentication methods (RFC 8176).
    Amr {
        /// Password.
        Pwd = "pwd",
        /// One-time code.
        Otp = "otp",
        /// Proof of possession of a key in software (not attested as hardware).
        Swk = "swk",
        /// User presence.
        User = "user",
        /// Multiple factors.
        Mfa = "mfa",
        /// Proof of possession of a key.
        Pop = "pop",
    }
}

words! {
    /// OAuth grants (RFC 6749 §4).
    GrantType {
        /// §4.1.
        AuthorizationCode = "authorization_code",
        /// §6.
        RefreshToken = "refresh_token",
        /// §4.4.
        ClientCredentials = "client_credentials",
        /// RFC 8628 §3.4.
        DeviceCode = "urn:ietf:params:oauth:grant-type:device_code",
        /// RFC 8693 §2.1.
        TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange",
        /// OpenID Client-Initiated Backchannel Authentication Core 1.0 §10.1.
        Ciba = "urn:openid:params:grant-type:ciba",
    }
}

impl GrantType {
    /// Whether it begins with a person who signs in.
    pub fn asks_people(self) -> bool {
        match self {
            Self::AuthorizationCode | Self::DeviceCode | Self::Ciba => true,
            Self::RefreshToken | Self::ClientCredentials | Self::TokenExchange => false,
        }
    }
}

words! {
    /// How an authorization response travels.
    ResponseMode {
        /// In the redirect's query.
        Query = "query",
        /// As an HTML form (OAuth 2.0 Form Post Response Mode).
        FormPost = "form_post",
        /// Signed, the way that is usual for a code: in the query (JARM §2.3.4).
        Jwt = "jwt",
        /// Signed, in the redirect's query (JARM §2.3.1).
        QueryJwt = "query.jwt",
        /// Signed, as an HTML form (JARM §2.3.3).
        FormPostJwt = "form_post.jwt",
    }
}

impl ResponseMode {
    /// Whether the answer is one signed JWT.
    pub fn is_signed(self) -> bool {
        matches!(self, Self::Jwt | Self::QueryJwt | Self::FormPostJwt)
    }
}

words! {
    /// Scopes with a meaning here (OpenID Connect Core §5.4, §11).
    Scope {
        /// Sign-in itself.
        Openid = "openid",
        /// Name and the like.
        Profile = "profile",
        /// E-mail address.
        Email = "email",
        /// Postal address.
        Address = "address",
        /// Telephone number.
        Phone = "phone",
        /// Refresh tokens that outlive the session.
        OfflineAccess = "offline_access",
    }
}

words! {
    /// What an account is for; the floor and time-outs follow from it.
    Role {
        /// Somebody cared for.
        Patient = "patient",
        /// Somebody who cares.
        Clinician = "clinician",
        /// Somebody who runs the service.
        Administrator = "administrator",
    }
}

/// A set of scopes in the order asked, without repeats. Custom scopes of a client's registration included.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Reads a space-separated list (RFC 6749 §3.3); repeats are dropped in linear time.
    pub fn parse(text: &str) -> Self {
        let mut seen = std::collections::HashSet::new();
        Self(text.split(' ').filter(|s| !s.is_empty() && seen.insert(*s)).map(str::to_owned).collect())
    }

    /// Whether every character is allowed in a scope (RFC 6749 §3.3).
    pub fn is_valid(text: &str) -> bool {
        text.bytes().all(|b| matches!(b, b' ' | 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
    }

    /// Whether `scope` is in the set.
    pub fn has(&self, scope: Scope) -> bool {
        self.contains(scope.as_str())
    }

    /// Whether the named scope is in the set.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|s| s == scope)
    }

    /// Whether every scope of this set is in `other`.
    pub fn within(&self, other: &Scopes) -> bool {
        self.0.iter().all(|s| other.contains(s))
    }

    /// Those of this set that `keep` accepts.
    pub fn filter(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|s| keep(s)).cloned().collect())
    }

    /// The scopes, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}
