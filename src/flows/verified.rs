//! Access tokens whose signature was found good. A signature stays what it is, so it is checked once; whether what the
//! token rests on is alive is asked in SQL every time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::base::{Digest, Timestamp};
use crate::keys::jwt::{self, Age, Expected};
use crate::keys::{KeyRing, KeyUse};
use crate::oidc::token::AccessTokenClaims;

/// Most tokens remembered; then all are forgotten.
const MOST: usize = 8_192;

/// Tokens by their digest, while the published keys are the same.
#[derive(Default)]
pub struct Tokens {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The key set they were checked against: a key that leaves it takes its tokens along.
    published: String,
    claims: HashMap<Digest, Arc<AccessTokenClaims>>,
}

impl Tokens {
    /// The claims of an access token of ours that has not expired; `None` for anything else.
    pub fn claims(
        &self,
        ring: &KeyRing,
        text: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Option<Arc<AccessTokenClaims>> {
        let digest = Digest::of(text);
        if let Some(known) = self.known(ring, &digest) {
            return (known.exp > now.seconds()).then_some(known);
        }
        let expected = Expected {
            usage: KeyUse::Access,
            typ: super::token::ACCESS_TYP,
            issuer,
            now,
            leeway: 0,
            age: Age::Live,
        };
        let verified = jwt::verify_own(ring, text, &expected).ok()?;
        let claims: AccessTokenClaims = serde_json::from_value(verified.into_map().into()).ok()?;
        let claims = Arc::new(claims);
        self.keep(ring, digest, claims.clone());
        Some(claims)
    }

    fn known(&self, ring: &KeyRing, digest: &Digest) -> Option<Arc<AccessTokenClaims>> {
        let kept = self.kept.lock().ok()?;
        if kept.published != ring.published() {
            return None;
        }
        kept.claims.get(digest).cloned()
    }

    fn keep(&self, ring: &KeyRing, digest: Digest, claims: Arc<AccessTokenClaims>) {
        let Ok(mut kept) = self.kept.lock() else { return };
        if kept.published != ring.published() || kept.claims.len() >= MOST {
            kept.claims.clear();
            ring.published().clone_into(&mut kept.published);
        }
        kept.claims.insert(digest, claims);
    }
}
