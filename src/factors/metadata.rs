//! What the FIDO Alliance publishes of authenticator models (Metadata Service 3, a signed file): their names, what
//! was reported against them, and the certificates that vouch for them. Nothing is fetched; the file is read.
//!
//! Pure: bytes and a moment in, a list of models or the reason why not out.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::model::Aaguid;
use crate::base::Timestamp;

mod signed;

pub use signed::Root;

/// The longest file read, in bytes; the published one is a tenth of it.
pub const LONGEST: usize = 64 * 1024 * 1024;
/// Longest name of a model that is kept, in characters.
const LONGEST_NAME: usize = 100;

/// Why a file is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Longer than [`LONGEST`].
    #[error("it is longer than 64 MiB")]
    TooLong,
    /// Not a signed file of the Metadata Service at all.
    #[error(
        "it is no signed metadata file ({0}): download it anew from https://mds3.fidoalliance.org/ and keep it as it is"
    )]
    Malformed(&'static str),
    /// Signed in a way that is not accepted.
    #[error("it is signed by `{0}`; RS256 and ES256 are accepted")]
    Algorithm(String),
    /// The certificates in it lead to no trusted root.
    #[error(
        "its signer is not trusted ({0}): see that the file is current and whole; for a file of another publisher \
         name its root certificate in webauthn.metadata_root_file"
    )]
    Chain(String),
    /// Signed by somebody whom the root trusts, and who is not the Metadata Service.
    #[error("it is signed for another name than mds.fidoalliance.org: it is not the FIDO Alliance's file")]
    Name,
    /// The signature is wrong: the file was changed.
    #[error(
        "its signature is wrong, so it was changed on its way: download it anew from https://mds3.fidoalliance.org/"
    )]
    Signature,
    /// The root certificate cannot be read.
    #[error("webauthn.metadata_root_file: {0}")]
    Root(&'static str),
}

/// Reports that take a model's keys out of use. Others (an update is there, a certificate, a weakness that takes the
/// key in hand and a laboratory) are told and stop nobody: the deny list can.
const DISTRUSTED: [&str; 4] =
    ["REVOKED", "USER_KEY_REMOTE_COMPROMISE", "ATTESTATION_KEY_COMPROMISE", "USER_VERIFICATION_BYPASS"];

/// One model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What its maker calls it.
    pub name: String,
    /// The report that takes it out of use, as the Metadata Service calls it.
    pub distrusted: Option<&'static str>,
    /// Certificates (DER) that vouch for authenticators of this model.
    pub roots: Vec<Vec<u8>>,
}

/// A file that was read and verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The file's number (`no`); a newer one has a higher one.
    pub number: i64,
    /// The day a newer one is out, as it is written.
    pub next_update: String,
    /// The same as a moment: the end of that day.
    pub stale_at: Timestamp,
    /// Models by their AAGUID; the file also lists older ones that have none.
    pub models: BTreeMap<Aaguid, Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    no: i64,
    next_update: String,
    entries: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    aaguid: Option<String>,
    metadata_statement: Option<Statement>,
    #[serde(default)]
    status_reports: Vec<Report>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    description: Option<String>,
    #[serde(default)]
    attestation_root_certificates: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    status: String,
    effective_date: Option<String>,
}

impl Metadata {
    /// Verifies and reads a file. The signer's certificates must hold now.
    pub fn read(text: &[u8], root: &Root, now: Timestamp) -> Result<Self, Unusable> {
        let payload = signed::verified(text, root, now)?;
        let payload: Payload =
            serde_json::from_slice(&payload).map_err(|_| Unusable::Malformed("another payload"))?;
        let day = Timestamp::parse(&payload.next_update).filter(|_| payload.next_update.len() == 10);
        let stale_at = day.ok_or(Unusable::Malformed("no nextUpdate"))?.plus(24 * 3600);
        let mut models = BTreeMap::new();
        for listed in payload.entries {
            // An entry that cannot be read as a model is an older protocol's (UAF, U2F), which name none.
            if let Some(Ok(aaguid)) = listed.aaguid.as_deref().map(Aaguid::parse) {
                models.insert(aaguid, entry(listed, now));
            }
        }
        Ok(Self { number: payload.no, next_update: payload.next_update, stale_at, models })
    }

    /// One line about it.
    pub fn told(&self) -> String {
        format!(
            "number {}, {} models, the next update on {}",
            self.number,
            self.models.len(),
            self.next_update
        )
    }

    /// Whether a newer file is out.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        now >= self.stale_at
    }

    /// What its maker calls a model.
    pub fn name(&self, aaguid: Aaguid) -> Option<&str> {
        self.models.get(&aaguid).map(|entry| entry.name.as_str()).filter(|name| !name.is_empty())
    }

    /// The report that takes a model out of use.
    pub fn distrusted(&self, aaguid: Aaguid) -> Option<&'static str> {
        self.models.get(&aaguid).and_then(|entry| entry.distrusted)
    }
}

fn entry(listed: Listed, now: Timestamp) -> Entry {
    let in_force = |report: &&Report| {
        let from = report.effective_date.as_deref().and_then(Timestamp::parse);
        from.is_none_or(|from| from <= now)
    };
    let reports: Vec<_> = listed.status_reports.iter().filter(in_force).collect();
    let reported = |word: &&'static str| reports.iter().any(|report| report.status == **word);
    let statement = listed.metadata_statement;
    let (name, roots) = statement.map_or_else(Default::default, |statement| {
        let name = statement.description.unwrap_or_default();
        (name, statement.attestation_root_certificates.iter().filter_map(|text| signed::der(text)).collect())
    });
    let name: String = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    Entry { name: name.trim().to_owned(), distrusted: DISTRUSTED.iter().copied().find(reported), roots }
}
