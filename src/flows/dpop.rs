//! Proofs of a key that came with a request (RFC 9449): verified, fresh, and spent.

use super::client_auth::Asked;
use super::{Cx, throttle};
use crate::audit::Kind;
use crate::base::Seconds;
use crate::clients::{Client, SenderConstraint};
use crate::ephemeral::{Epoch, Space};
use crate::keys::Thumbprint;
use crate::keys::dpop::{self, AHEAD, Request, WINDOW};
use crate::keys::seal::derive_mac;
use crate::oidc::token::Confirmation;
use crate::oidc::{Code, Error};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The stable word of a proof that came a second time.
pub const REPLAYED: &str = "dpop_replayed";

/// How long a nonce is given out, in seconds; it is taken for as long again.
const NONCE_LIFETIME: Seconds = 120;

/// The `DPoP` headers of a request, and where it was sent; nothing is believed yet.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The values of the headers.
    pub proofs: Vec<String>,
    /// The HTTP method.
    pub method: &'static str,
    /// The absolute URLs of the endpoint.
    pub urls: Vec<String>,
}

impl Sent {
    /// Whether any proof came, so that the answer carries a nonce.
    pub fn is_tried(&self) -> bool {
        !self.proofs.is_empty()
    }
}

/// The key that was proved; `None` where no proof came. A proof is spent by this.
pub async fn prove(cx: &Cx, sent: &Sent, access_token: Option<&str>) -> Result<Option<Thumbprint>, Error> {
    let proof = match sent.proofs.as_slice() {
        [] => return Ok(None),
        [one] => one,
        [..] => return Err(missing()),
    };
    let request = Request { method: sent.method, urls: &sent.urls, access_token, now: cx.now };
    let proof = dpop::verify(proof, &request).map_err(|why| {
        tracing::info!(reason = %why, request = %cx.request, "a DPoP proof was refused");
        let why = "The DPoP proof is not valid for this request (RFC 9449 section 4.3).";
        Error::new(Code::InvalidDpopProof, why, "dpop_proof")
    })?;
    // From the moment it is first taken until it is too old whatever the clocks say.
    let (unused, epoch) = cx.ephemeral.spend(Space::Replay, &proof.mark, 3 * WINDOW, cx.now).await?;
    let fresh = match &proof.nonce {
        Some(nonce) => is_ours(cx, &epoch, nonce),
        // What could have been used before the marks began, be it by a clock ahead of ours, proves nothing now.
        None => proof.issued_at > epoch.since.plus(AHEAD),
    };
    if !fresh {
        let why = "Repeat the request with the nonce of the DPoP-Nonce header in the proof.";
        return Err(Error::new(Code::UseDpopNonce, why, "dpop_nonce"));
    }
    if !unused {
        return Err(Error::new(Code::InvalidDpopProof, "The DPoP proof was used before.", REPLAYED));
    }
    Ok(Some(proof.key))
}

/// What a client's new tokens are bound to: its certificate where it is registered for that, else the key of its proof.
pub async fn bond(cx: &Cx, asked: &Asked<'_>, client: &Client) -> Result<Option<Confirmation>, Error> {
    if client.policy.sender_constraint != SenderConstraint::Mtls {
        let key = prove_client(cx, asked.dpop, client).await?;
        return Ok(key.map(|jkt| Confirmation::Key { jkt }));
    }
    if asked.dpop.is_tried() {
        let why = "The client's tokens are bound to its certificate: leave the DPoP header out.";
        return Err(Error::invalid_request(why, "two_bonds"));
    }
    let certificate = asked.certificate.ok_or_else(|| {
        let why = "The client's tokens are bound to its certificate: connect with it (RFC 8705).";
        Error::invalid_request(why, "no_certificate")
    })?;
    Ok(Some(Confirmation::Certificate { digest: certificate.digest().clone() }))
}

/// As [`prove`], of a client whose tokens must be bound or may be.
async fn prove_client(cx: &Cx, sent: &Sent, client: &Client) -> Result<Option<Thumbprint>, Error> {
    if client.is_public() && sent.is_tried() {
        // Anybody may make keys, and each proof is remembered for a while.
        stranger(cx).await?;
    }
    match prove(cx, sent, None).await? {
        None if client.policy.sender_constraint == SenderConstraint::Dpop => Err(unproven()),
        key => Ok(key),
    }
}

/// The event of a refusal of [`bond`].
pub fn kind(error: &Error) -> Kind {
    match error.detail {
        REPLAYED => Kind::AssertionReplayed,
        _ => Kind::TokenRefused,
    }
}

/// Counts, per network, what somebody who proved nothing makes us keep.
pub(super) async fn stranger(cx: &Cx) -> Result<(), Error> {
    throttle::begin(cx).await.map_err(|_| {
        let why = "Too many requests came from this network, or something is away. Try again later.";
        Error::new(Code::TemporarilyUnavailable, why, "network_throttled")
    })
}

/// No proof where the client's tokens are bound to a key: that is nothing wrong with a proof, but with the request.
fn unproven() -> Error {
    let why = "The client's tokens are bound to a key: send exactly one DPoP header with a proof (RFC 9449).";
    Error::invalid_request(why, "no_dpop_proof")
}

/// No proof of the key a token is bound to, or several proofs at once.
pub fn missing() -> Error {
    Error::new(
        Code::InvalidDpopProof,
        "Send exactly one DPoP header with a proof (RFC 9449).",
        "no_dpop_proof",
    )
}

/// Another key than the one that is bound.
pub fn another_key() -> Error {
    Error::new(Code::InvalidDpopProof, "The proof is of another key than the one bound.", "dpop_key")
}

/// A nonce for the caller's next proof; `None` while the session store is away.
pub async fn nonce(cx: &Cx) -> Option<String> {
    let epoch = cx.ephemeral.last_epoch(cx.now).await.ok()?;
    Some(nonce_of(cx, &epoch, cx.now.seconds() / NONCE_LIFETIME))
}

fn is_ours(cx: &Cx, epoch: &Epoch, nonce: &str) -> bool {
    let window = cx.now.seconds() / NONCE_LIFETIME;
    // Another node's clock may be in the next window already.
    [window - 1, window, window + 1].iter().any(|window| {
        crate::base::secret::same_bytes(nonce_of(cx, epoch, *window).as_bytes(), nonce.as_bytes())
    })
}

fn nonce_of(cx: &Cx, epoch: &Epoch, window: Seconds) -> String {
    let parts: [&[u8]; 3] = [b"dpop nonce", epoch.id.as_bytes(), &window.to_be_bytes()];
    URL_SAFE_NO_PAD.encode(derive_mac(&cx.refresh_key, &parts))
}
