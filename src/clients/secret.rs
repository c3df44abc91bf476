//! Client secrets: two at most, so that one can take the other's place without an outage. Pure; it knows digests, and what is
//! sealed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{AuthMethod, Client, ClientState, Stage};
use crate::base::{Digest, Timestamp};

/// Most secrets that are valid at once: the old one and the one that takes its place.
pub const MOST: usize = 2;
/// Longest label, in characters.
const LABEL_LIMIT: usize = 60;

/// One valid secret of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecret {
    /// Names it in the console and the trail; tells nothing of the secret.
    pub id: String,
    /// SHA-256 of the secret.
    pub digest: Digest,
    /// What its owner calls it.
    pub label: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The secret itself, sealed, where assertions are checked with it.
    pub sealed: Option<Vec<u8>>,
}

/// What is kept of a secret beside its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The secret's id.
    pub id: String,
    /// Its label.
    pub label: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The secret itself, sealed, in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
}

/// Why the secrets stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Kept {
    /// The client proves itself another way.
    #[error("this app does not prove itself with a secret")]
    NoSecrets,
    /// Two are valid already.
    #[error("two secrets are valid already; remove one first")]
    TooMany,
    /// The client has no such secret (any more).
    #[error("this app has no such secret")]
    Unknown,
    /// Without it a live app could not sign anybody in.
    #[error("this is the last secret of a live app; add its successor first")]
    Last,
    /// The label is not one.
    #[error("a label has 1 to 60 visible characters")]
    Label,
}

impl ClientSecret {
    /// A secret made now.
    pub fn new(digest: Digest, label: Option<String>, created_at: Timestamp) -> Self {
        Self { id: id_of(&digest), digest, label, created_at, sealed: None }
    }

    /// Joins digests with what is noted about each; one without a note is as old as the client.
    pub fn joined(digests: Vec<Digest>, notes: &[Note], since: Timestamp) -> Vec<Self> {
        let one = |digest: Digest| {
            let id = id_of(&digest);
            match notes.iter().find(|note| note.id == id) {
                Some(note) => {
                    let sealed = note.sealed.as_deref().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
                    Self { sealed, ..Self::new(digest, note.label.clone(), note.created_at) }
                }
                None => Self::new(digest, None, since),
            }
        };
        digests.into_iter().map(one).collect()
    }

    /// What is kept beside the digest.
    pub fn note(&self) -> Note {
        let sealed = self.sealed.as_ref().map(|sealed| URL_SAFE_NO_PAD.encode(sealed));
        Note { id: self.id.clone(), label: self.label.clone(), created_at: self.created_at, sealed }
    }
}

/// A digest of the digest, shortened: it can be shown, and leads back to nothing.
fn id_of(digest: &Digest) -> String {
    let name = Digest::of([b"client-secret-id ".as_slice(), digest.as_bytes()].concat());
    name.to_base64url().chars().filter(|c| c.is_ascii_alphanumeric()).take(12).collect()
}

/// A label as it was typed; empty is none.
pub fn label(typed: &str) -> Result<Option<String>, Kept> {
    let label = typed.trim();
    let visible = !label.chars().any(crate::base::text::is_hidden);
    match label.chars().count() {
        0 => Ok(None),
        1..=LABEL_LIMIT if visible => Ok(Some(label.to_owned())),
        _ => Err(Kept::Label),
    }
}

/// The client's secrets with one more.
pub fn with(client: &Client, secret: ClientSecret) -> Result<Vec<ClientSecret>, Kept> {
    if !uses_secrets(client) {
        return Err(Kept::NoSecrets);
    }
    if client.secrets.len() >= MOST {
        return Err(Kept::TooMany);
    }
    Ok(client.secrets.iter().cloned().chain([secret]).collect())
}

/// The client's secrets without one.
pub fn without(client: &Client, id: &str) -> Result<Vec<ClientSecret>, Kept> {
    let rest: Vec<_> = client.secrets.iter().filter(|secret| secret.id != id).cloned().collect();
    if rest.len() == client.secrets.len() {
        return Err(Kept::Unknown);
    }
    let serves = client.state == ClientState::Enabled && client.stage == Stage::Live;
    if rest.is_empty() && serves && uses_secrets(client) {
        return Err(Kept::Last);
    }
    Ok(rest)
}

/// Those of the client's secrets it can prove itself with as it is registered now, kept no further than that needs.
pub fn fitting(client: &Client) -> Vec<ClientSecret> {
    let sealed = keeps_sealed(client);
    let fits = |secret: &&ClientSecret| uses_secrets(client) && (secret.sealed.is_some() || !sealed);
    let kept = client.secrets.iter().filter(fits).cloned();
    kept.map(|secret| ClientSecret { sealed: secret.sealed.filter(|_| sealed), ..secret }).collect()
}

/// Whether the client's assertions are made with its secret, so that a digest of it is not enough.
pub fn keeps_sealed(client: &Client) -> bool {
    client.metadata.token_endpoint_auth_method == AuthMethod::ClientSecretJwt
}

/// Whether the client proves itself with a secret.
pub fn uses_secrets(client: &Client) -> bool {
    match client.metadata.token_endpoint_auth_method {
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost | AuthMethod::ClientSecretJwt => true,
        AuthMethod::PrivateKeyJwt
        | AuthMethod::TlsClientAuth
        | AuthMethod::SelfSignedTlsClientAuth
        | AuthMethod::None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn a_secret_is_named_by_an_id_that_is_not_its_digest() {
        let secret = ClientSecret::new(Digest::of("one"), None, NOW);
        assert_eq!(secret.id.len(), 12);
        assert_ne!(secret.id, ClientSecret::new(Digest::of("two"), None, NOW).id);
        assert!(!Digest::of("one").to_base64url().contains(&secret.id));
    }

    #[test]
    fn notes_are_found_again_and_a_digest_without_one_is_as_old_as_the_client() {
        let first = ClientSecret::new(Digest::of("one"), Some("ci".to_owned()), NOW.plus(60));
        let first = ClientSecret { sealed: Some(vec![1, 2]), ..first };
        let joined = ClientSecret::joined(vec![first.digest, Digest::of("two")], &[first.note()], NOW);
        assert_eq!(joined[0], first);
        assert_eq!((joined[1].label.clone(), joined[1].created_at), (None, NOW));
    }

    #[test]
    fn labels_are_short_and_visible() {
        assert_eq!(label("  build server "), Ok(Some("build server".to_owned())));
        assert_eq!(label(" "), Ok(None));
        for bad in ["a\nb", "a\u{202E}b", &"x".repeat(61)] {
            assert_eq!(label(bad), Err(Kept::Label));
        }
    }
}
