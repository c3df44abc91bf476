//! Encrypting an answer to its client, where that registered for it.

use super::{Cx, client_keys};
use crate::clients::Client;
use crate::clients::protection::Encryption;
use crate::keys::encryption::Recipient;
use crate::oidc::{Code, Error};

/// What is encrypted.
pub(super) enum Message {
    /// A signed JWT.
    Signed(String),
    /// Claims in JSON.
    Claims(String),
}

/// The message as the client wants it: encrypted to its key, or as it is.
pub(super) async fn sealed(
    cx: &Cx,
    client: &Client,
    wanted: Option<Encryption>,
    message: Message,
) -> Result<String, Error> {
    let (Message::Signed(text) | Message::Claims(text)) = &message;
    // A test run's answers come to us, who hold none of the app's keys.
    let Some(wanted) = wanted.filter(|_| client.lent.is_none()) else { return Ok(text.clone()) };
    let jwks = client_keys::of(cx, client).await;
    let nested = matches!(message, Message::Signed(_));
    jwks.and_then(|jwks| Recipient::find(jwks.to_json(), wanted.alg))
        .and_then(|to| to.encrypt(wanted.enc, text.as_bytes(), nested, &cx.entropy).ok())
        .ok_or_else(|| {
            let why = "The client's key could not be encrypted to. Try again soon.";
            Error::new(Code::TemporarilyUnavailable, why, "encryption")
        })
}
