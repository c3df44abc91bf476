//! How answers to a client are protected beyond its ID tokens' signature (OpenID Connect Dynamic Client Registration §2, RFC 9701
//! §6): part of its metadata.

use serde_json::{Map, Value, json};

use super::fields::{Fields, Invalid, invalid};
use super::metadata::Metadata;
use crate::keys::Algorithm;
use crate::keys::encryption::{ContentEncryption, KeyManagement, Recipient};

/// The members this part reads and writes.
pub(super) const MEMBERS: [&str; 7] = [
    ID_TOKEN[0],
    ID_TOKEN[1],
    USERINFO[0],
    USERINFO[1],
    INTROSPECTION_SIGNED,
    INTROSPECTION[0],
    INTROSPECTION[1],
];

const ID_TOKEN: [&str; 2] = ["id_token_encrypted_response_alg", "id_token_encrypted_response_enc"];
const USERINFO: [&str; 2] = ["userinfo_encrypted_response_alg", "userinfo_encrypted_response_enc"];
const INTROSPECTION: [&str; 2] =
    ["introspection_encrypted_response_alg", "introspection_encrypted_response_enc"];
const INTROSPECTION_SIGNED: &str = "introspection_signed_response_alg";

/// How something is encrypted to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// How the key travels.
    pub alg: KeyManagement,
    /// What it is used with.
    pub enc: ContentEncryption,
}

/// How answers to a client are protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    /// Its ID tokens: encrypted once they are signed.
    pub id_token: Option<Encryption>,
    /// Its UserInfo answers.
    pub userinfo: Option<Encryption>,
    /// What signs its introspection answers, where it asks for a JWT; RS256 where it names none.
    pub introspection_signed: Option<Algorithm>,
    /// Those answers, once they are signed.
    pub introspection: Option<Encryption>,
}

impl Protection {
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            id_token: encryption(fields, ID_TOKEN)?,
            userinfo: encryption(fields, USERINFO)?,
            introspection_signed: fields.word(INTROSPECTION_SIGNED)?,
            introspection: encryption(fields, INTROSPECTION)?,
        })
    }

    /// Whether the client's keys are there to encrypt to, where they are registered, and its policy allows what signs.
    pub(super) fn check(&self, metadata: &Metadata, signing: &[Algorithm]) -> Result<(), Invalid> {
        if self.introspection_signed.is_some_and(|named| !signing.contains(&named)) {
            return Err(invalid(INTROSPECTION_SIGNED, "is not among policy.signing_algs"));
        }
        for ([member, _], wanted) in self.encryptions() {
            let Some(wanted) = wanted.filter(|_| metadata.jwks_uri.is_none()) else { continue };
            let jwks = metadata.jwks.as_ref();
            if jwks.and_then(|jwks| Recipient::find(jwks.to_json(), wanted.alg)).is_none() {
                let why = match wanted.alg {
                    KeyManagement::RsaOaep256 => {
                        "needs an RSA key with \"use\":\"enc\" among the client's jwks"
                    }
                    KeyManagement::EcdhEs => "needs a P-256 key with \"use\":\"enc\" among the client's jwks",
                };
                return Err(invalid(member, why));
            }
        }
        Ok(())
    }

    fn encryptions(&self) -> [([&'static str; 2], Option<Encryption>); 3] {
        [(ID_TOKEN, self.id_token), (USERINFO, self.userinfo), (INTROSPECTION, self.introspection)]
    }

    /// The members as they were registered; what says nothing is left out.
    pub(super) fn to_json(self) -> Map<String, Value> {
        let mut members = Map::new();
        for ([alg, enc], wanted) in self.encryptions() {
            let Some(wanted) = wanted else { continue };
            members.insert(alg.to_owned(), json!(wanted.alg));
            members.insert(enc.to_owned(), json!(wanted.enc));
        }
        members.extend(self.introspection_signed.map(|alg| (INTROSPECTION_SIGNED.to_owned(), json!(alg))));
        members
    }
}

/// Both members or none: the default of `enc` is one we do not use, and one without `alg` says nothing.
fn encryption(fields: &Fields<'_>, [alg, enc]: [&str; 2]) -> Result<Option<Encryption>, Invalid> {
    match (fields.word(alg)?, fields.word(enc)?) {
        (None, None) => Ok(None),
        (Some(alg), Some(enc)) => Ok(Some(Encryption { alg, enc })),
        (Some(_), None) => {
            Err(fields.refuse(enc, "must be A128GCM or A256GCM; its default A128CBC-HS256 is not supported"))
        }
        (None, Some(_)) => Err(fields.refuse(alg, "is missing; it goes with the other member")),
    }
}
