//! What a new key says of its model, and whether its maker vouches for that.
//!
//! A key is verified by its registration whether anybody vouches or not; this only adds what is known of its model.

use serde::Deserialize;
use serde_json::Value;
use webauthn_rs::prelude::{
    AttestationCaListBuilder, AttestedPasskeyRegistration, RegisterPublicKeyCredential, Webauthn,
};

use super::Rejected;
use crate::factors::metadata::Metadata;
use crate::factors::model::{Aaguid, Model};

/// Where the AAGUID stands in authenticator data (WebAuthn §6.1, §6.5.2), behind the RP id's hash, flags and counter.
const AAGUID: std::ops::Range<usize> = 37..53;

#[derive(Deserialize)]
struct Attestation<'a> {
    #[serde(rename = "authData", borrow)]
    data: &'a [u8],
}

/// The model of a key whose registration was verified against `inner`, the library's state of it.
pub(super) fn model(
    webauthn: &Webauthn,
    answer: &RegisterPublicKeyCredential,
    inner: &Value,
    metadata: Option<&Metadata>,
) -> Result<Model, Rejected> {
    let Some(aaguid) = reported(answer)? else { return Ok(Model::default()) };
    let attested = metadata.is_some_and(|metadata| is_attested(webauthn, answer, inner, (aaguid, metadata)));
    Ok(Model { aaguid: Some(aaguid), attested })
}

/// What the authenticator says it is. Its signature covers it; nobody vouched for it yet.
fn reported(answer: &RegisterPublicKeyCredential) -> Result<Option<Aaguid>, Rejected> {
    let object: Attestation<'_> = serde_cbor_2::from_slice(answer.response.attestation_object.as_slice())
        .map_err(|_| Rejected::Malformed)?;
    let bytes = object.data.get(AAGUID).and_then(|bytes| bytes.try_into().ok());
    bytes.map(Aaguid::from_bytes).ok_or(Rejected::Malformed)
}

/// Whether a chain leads from the key's attestation to a certificate that the metadata list for this very model.
fn is_attested(
    webauthn: &Webauthn,
    answer: &RegisterPublicKeyCredential,
    inner: &Value,
    (aaguid, metadata): (Aaguid, &Metadata),
) -> bool {
    let Some(entry) = metadata.models.get(&aaguid) else { return false };
    let mut roots = AttestationCaListBuilder::new();
    for root in &entry.roots {
        // A root the library cannot read vouches for nothing.
        roots.insert_device_der(root, aaguid.uuid(), entry.name.clone(), Default::default()).ok();
    }
    // The same registration once more, now with whom to trust; without any root the library refuses.
    let state = serde_json::json!({ "rs": inner.get("rs"), "ca_list": roots.build() });
    let Ok(state) = serde_json::from_value::<AttestedPasskeyRegistration>(state) else { return false };
    webauthn.finish_attested_passkey_registration(answer, &state).is_ok()
}
