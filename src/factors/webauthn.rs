//! Passkeys and security keys (WebAuthn Level 3). The only file that names `webauthn_rs`.
//!
//! A ceremony has two halves; what the second needs of the first is a text the caller keeps where it can be
//! taken once, and which dies five minutes after it was made. Beyond the library this file asks for: the exact
//! origin, no cross-origin frame, a user handle that belongs to the key, keys and counters as they are stored
//! *now*, user verification for passkeys, and 64 KiB at most.

use serde::de::DeserializeOwned;
use serde_json::Value;
use webauthn_rs::prelude::{
    AuthenticationResult, CreationChallengeResponse, DiscoverableAuthentication, DiscoverableKey, Passkey,
    PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    RequestChallengeResponse, SecurityKey, SecurityKeyAuthentication, SecurityKeyRegistration, Uuid,
    Webauthn, WebauthnBuilder, WebauthnError,
};
use webauthn_rs_proto::{AttestationConveyancePreference, ResidentKeyRequirement, UserVerificationPolicy};

use crate::base::url::Issuer;
use crate::base::{Seconds, Timestamp};
use crate::factors::metadata::Metadata;
use crate::factors::model::Model;

mod key;
mod vouched;

pub use key::{KeyKind, Owner, Started, StoredKey, Used, UserHandle, account_of, user_handle};

/// How long a person has from the question to the answer.
pub const CEREMONY_LIFETIME: Seconds = 300;

/// Longest answer or state read, in bytes.
pub const JSON_LIMIT: usize = 64 * 1024;

/// Why a ceremony ended without a proof. The variants are for the audit trail and the page's advice; a
/// stranger learns no more than "that did not work".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// More than five minutes since the question, or a question from the future.
    #[error("the ceremony has expired")]
    Expired,
    /// Not the JSON a browser sends, or longer than 64 KiB.
    #[error("malformed answer")]
    Malformed,
    /// The state is unreadable or of another kind of ceremony.
    #[error("the state is of no such ceremony")]
    WrongCeremony,
    /// Signed for another site, or inside another site's frame.
    #[error("answered for another origin")]
    WrongOrigin,
    /// A credential this account does not hold, or another person's user handle.
    #[error("unknown credential")]
    UnknownCredential,
    /// The authenticator holds a credential of this account already.
    #[error("already registered")]
    AlreadyRegistered,
    /// A passkey that did not verify its user.
    #[error("the user was not verified")]
    NotVerified,
    /// The counter did not rise: a copy of the key may exist (WebAuthn §6.1.1). Suspend it and tell the person.
    #[error("the signature counter went back: the key may have been copied")]
    CounterWentBack,
    /// Challenge, signature or another of the checks of WebAuthn §7.1 and §7.2 failed.
    #[error("the answer does not verify: {0}")]
    Invalid(String),
}

impl From<WebauthnError> for Rejected {
    fn from(error: WebauthnError) -> Self {
        match error {
            WebauthnError::InvalidRPOrigin | WebauthnError::CredentialCrossOrigin => Self::WrongOrigin,
            WebauthnError::CredentialNotFound | WebauthnError::InvalidUserUniqueId => Self::UnknownCredential,
            WebauthnError::CredentialAlreadyExists => Self::AlreadyRegistered,
            WebauthnError::UserNotVerified => Self::NotVerified,
            WebauthnError::CredentialPossibleCompromise => Self::CounterWentBack,
            other => Self::Invalid(other.to_string()),
        }
    }
}

/// WebAuthn cannot work at this issuer: its host is an IP address, which browsers refuse as relying party id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("passkeys need an issuer with a host name, not an IP address")]
pub struct Unavailable;

/// What is remembered between the halves.
#[derive(serde::Serialize, serde::Deserialize)]
struct State {
    ceremony: Ceremony,
    started: Timestamp,
    handle: Option<UserHandle>,
    inner: Value,
}

#[derive(Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ceremony {
    RegisterPasskey,
    RegisterSecurityKey,
    UsePasskey,
    UseEither,
    Discover,
}

/// The relying party's side of WebAuthn at one issuer.
#[derive(Clone, Debug)]
pub struct Ceremonies {
    webauthn: Webauthn,
    origin: String,
}

impl Ceremonies {
    /// The relying party: id is the issuer's host, the only origin its own, with its port. `name` is what
    /// authenticators show.
    pub fn new(issuer: &Issuer, name: &str) -> Result<Self, Unavailable> {
        let webauthn = WebauthnBuilder::new(issuer.host(), issuer.url())
            .and_then(|builder| builder.rp_name(name).build())
            .map_err(|_| Unavailable)?;
        Ok(Self { webauthn, origin: issuer.url().origin().ascii_serialization() })
    }

    /// Asks for a discoverable key that verifies its user. `exclude` are the account's keys; [`Telling`] is whether it
    /// must say what model it is.
    pub fn start_passkey_registration(
        &self,
        owner: Owner<'_>,
        (exclude, telling): (&[StoredKey], Telling),
        now: Timestamp,
    ) -> Result<Started, Rejected> {
        let (mut options, inner) = self.webauthn.start_passkey_registration(
            Uuid::from_bytes(owner.handle),
            owner.username,
            owner.display_name,
            Some(excluded(exclude)),
        )?;
        // The library asks for "discouraged"; a passkey that cannot be discovered is none.
        if let Some(selection) = &mut options.public_key.authenticator_selection {
            selection.resident_key = Some(ResidentKeyRequirement::Required);
            selection.require_resident_key = true;
            selection.user_verification = UserVerificationPolicy::Required;
        }
        telling.ask(&mut options);
        started(Ceremony::RegisterPasskey, Some(owner.handle), now, &options, &inner)
    }

    /// Takes the browser's answer to [`Self::start_passkey_registration`]. The label is the caller's to set. Where the
    /// metadata list a certificate of its model that vouches for it, the key is attested.
    pub fn finish_passkey_registration(
        &self,
        state: &str,
        credential: &str,
        metadata: Option<&Metadata>,
        now: Timestamp,
    ) -> Result<StoredKey, Rejected> {
        let state = State::read(state, &[Ceremony::RegisterPasskey], now)?;
        let answer: RegisterPublicKeyCredential = json(credential)?;
        self.same_origin(&answer.response.client_data_json)?;
        let inner: PasskeyRegistration = state.inner()?;
        let key = self.webauthn.finish_passkey_registration(&answer, &inner)?;
        let made = StoredKey::new(KeyKind::Passkey, key.cred_id(), &key, &answer, state.handle, now)?;
        Ok(StoredKey { model: vouched::model(&self.webauthn, &answer, &state.inner, metadata)?, ..made })
    }

    /// Asks for a key to stand beside the password; user verification preferred.
    pub fn start_securitykey_registration(
        &self,
        owner: Owner<'_>,
        (exclude, telling): (&[StoredKey], Telling),
        now: Timestamp,
    ) -> Result<Started, Rejected> {
        let (mut options, inner) = self.webauthn.start_securitykey_registration(
            Uuid::from_bytes(owner.handle),
            owner.username,
            owner.display_name,
            Some(excluded(exclude)),
            None,
            None,
        )?;
        // The library asks the key to refuse every use without user verification (credProtect level 3); a key
        // that has no PIN would register and then never sign.
        if let Some(extensions) = &mut options.public_key.extensions {
            extensions.cred_protect = None;
        }
        telling.ask(&mut options);
        started(Ceremony::RegisterSecurityKey, Some(owner.handle), now, &options, &inner)
    }

    /// Takes the browser's answer to [`Self::start_securitykey_registration`].
    pub fn finish_securitykey_registration(
        &self,
        state: &str,
        credential: &str,
        metadata: Option<&Metadata>,
        now: Timestamp,
    ) -> Result<StoredKey, Rejected> {
        let state = State::read(state, &[Ceremony::RegisterSecurityKey], now)?;
        let answer: RegisterPublicKeyCredential = json(credential)?;
        self.same_origin(&answer.response.client_data_json)?;
        let inner: SecurityKeyRegistration = state.inner()?;
        let key = self.webauthn.finish_securitykey_registration(&answer, &inner)?;
        let made = StoredKey::new(KeyKind::SecurityKey, key.cred_id(), &key, &answer, state.handle, now)?;
        Ok(StoredKey { model: vouched::model(&self.webauthn, &answer, &state.inner, metadata)?, ..made })
    }

    /// Asks an account that is known for any of its keys. [`Rejected::UnknownCredential`] when it has none.
    pub fn start_authentication(&self, keys: &[StoredKey], now: Timestamp) -> Result<Started, Rejected> {
        let handle = keys.first().ok_or(Rejected::UnknownCredential)?.user_handle;
        let mut started = if keys.iter().all(|key| key.kind == KeyKind::Passkey) {
            let keys: Vec<Passkey> = keys.iter().map(StoredKey::record).collect::<Result<_, _>>()?;
            let (options, inner) = self.webauthn.start_passkey_authentication(&keys)?;
            started(Ceremony::UsePasskey, Some(handle), now, &options, &inner)?
        } else {
            let keys: Vec<SecurityKey> = keys.iter().map(StoredKey::record).collect::<Result<_, _>>()?;
            let (mut options, inner) = self.webauthn.start_securitykey_authentication(&keys)?;
            // A passkey will do as well, so the browser must not show the way to a USB key alone.
            options.public_key.hints = None;
            started(Ceremony::UseEither, Some(handle), now, &options, &inner)?
        };
        add_transports(&mut started.options, keys);
        Ok(started)
    }

    /// Takes the browser's answer to [`Self::start_authentication`]. `keys` are the account's as stored now: a
    /// key removed since, and a counter that has moved on since, count.
    pub fn finish_authentication(
        &self,
        state: &str,
        credential: &str,
        keys: &[StoredKey],
        now: Timestamp,
    ) -> Result<Used, Rejected> {
        let state = State::read(state, &[Ceremony::UsePasskey, Ceremony::UseEither], now)?;
        let answer: PublicKeyCredential = json(credential)?;
        self.same_origin(&answer.response.client_data_json)?;
        let key = held(keys, &answer)?;
        if state.handle != Some(key.user_handle) {
            return Err(Rejected::UnknownCredential);
        }
        let result = if state.ceremony == Ceremony::UsePasskey {
            let inner: PasskeyAuthentication = state.inner()?;
            self.webauthn.finish_passkey_authentication(&answer, &inner)?
        } else {
            let inner: SecurityKeyAuthentication = state.inner()?;
            self.webauthn.finish_securitykey_authentication(&answer, &inner)?
        };
        key.used(&result)
    }

    /// Asks for whatever passkey the device holds for this site; nobody is named.
    pub fn start_discoverable(&self, now: Timestamp) -> Result<Started, Rejected> {
        let (options, inner) = self.webauthn.start_discoverable_authentication()?;
        started(Ceremony::Discover, None, now, &options, &inner)
    }

    /// Whose key an answer claims to be from: unverified, good for a look-up before
    /// [`Self::finish_discoverable`] and nothing else.
    pub fn identify(&self, credential: &str) -> Result<(UserHandle, Vec<u8>), Rejected> {
        let answer: PublicKeyCredential = json(credential)?;
        let (handle, id) = self.webauthn.identify_discoverable_authentication(&answer)?;
        Ok((handle.into_bytes(), id.to_vec()))
    }

    /// Takes the answer to [`Self::start_discoverable`]; `keys` are those of the account that
    /// [`Self::identify`] named. Only passkeys sign in this way, and always with user verification.
    pub fn finish_discoverable(
        &self,
        state: &str,
        credential: &str,
        keys: &[StoredKey],
        now: Timestamp,
    ) -> Result<Used, Rejected> {
        let state = State::read(state, &[Ceremony::Discover], now)?;
        let answer: PublicKeyCredential = json(credential)?;
        self.same_origin(&answer.response.client_data_json)?;
        let key = held(keys, &answer)?;
        // Here the handle is what names the person, so it must be there (WebAuthn §7.2 step 6).
        if key.kind != KeyKind::Passkey || answer.response.user_handle.is_none() {
            return Err(Rejected::UnknownCredential);
        }
        let inner: DiscoverableAuthentication = state.inner()?;
        let record: DiscoverableKey = key.record()?;
        let result = self.webauthn.finish_discoverable_authentication_v2(&answer, inner, &record)?;
        key.used(&result)
    }

    /// The client data must name our origin to the letter and no frame of another site. The library compares
    /// origins as well, but looks at `crossOrigin` only when a key is registered.
    fn same_origin(&self, client_data: &[u8]) -> Result<(), Rejected> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct ClientData {
            origin: String,
            #[serde(default)]
            cross_origin: Option<bool>,
            #[serde(default)]
            top_origin: Option<String>,
        }
        let data: ClientData = serde_json::from_slice(client_data).map_err(|_| Rejected::Malformed)?;
        // Some authenticators of the field write the origin as a URL with its final slash.
        let same = data.origin.strip_suffix('/').unwrap_or(&data.origin) == self.origin;
        if same && data.cross_origin != Some(true) && data.top_origin.is_none() {
            Ok(())
        } else {
            Err(Rejected::WrongOrigin)
        }
    }
}

impl State {
    fn read(text: &str, wanted: &[Ceremony], now: Timestamp) -> Result<Self, Rejected> {
        // A state holds the account's keys, so it may be longer than an answer.
        let state: Self = serde_json::from_str(text).map_err(|_| Rejected::WrongCeremony)?;
        if !wanted.contains(&state.ceremony) {
            return Err(Rejected::WrongCeremony);
        }
        if (0..CEREMONY_LIFETIME).contains(&now.since(state.started)) {
            Ok(state)
        } else {
            Err(Rejected::Expired)
        }
    }

    fn inner<T: DeserializeOwned>(&self) -> Result<T, Rejected> {
        T::deserialize(&self.inner).map_err(|_| Rejected::WrongCeremony)
    }
}

/// The parts of the library's record that we keep beside it.
#[derive(serde::Deserialize)]
struct Record {
    cred: RecordFlags,
}

#[derive(serde::Deserialize)]
struct RecordFlags {
    counter: u32,
    backup_eligible: bool,
    backup_state: bool,
}

impl StoredKey {
    fn new(
        kind: KeyKind,
        id: &[u8],
        record: &impl serde::Serialize,
        answer: &RegisterPublicKeyCredential,
        handle: Option<UserHandle>,
        now: Timestamp,
    ) -> Result<Self, Rejected> {
        let user_handle = handle.ok_or(Rejected::WrongCeremony)?;
        let credential = serde_json::to_value(record).map_err(|_| Rejected::Malformed)?;
        let flags = flags(&credential)?;
        let transports = serde_json::to_value(&answer.response.transports).unwrap_or_default();
        Ok(Self {
            kind,
            credential_id: id.to_vec(),
            label: String::new(),
            created: now,
            transports: serde_json::from_value(transports).unwrap_or_default(),
            backup_eligible: flags.backup_eligible,
            backup_state: flags.backup_state,
            counter: flags.counter,
            user_handle,
            model: Model::default(),
            credential,
        })
    }

    /// The library's types are one record each under several names; which one, the ceremony decides.
    fn record<T: DeserializeOwned>(&self) -> Result<T, Rejected> {
        T::deserialize(&self.credential).map_err(|_| Rejected::Invalid("unreadable stored key".to_owned()))
    }

    /// Applies a verified signature to the key as stored now.
    fn used(&self, result: &AuthenticationResult) -> Result<Used, Rejected> {
        if self.kind == KeyKind::Passkey && !result.user_verified() {
            return Err(Rejected::NotVerified);
        }
        let counter = result.counter();
        if (counter > 0 || self.counter > 0) && counter <= self.counter {
            return Err(Rejected::CounterWentBack);
        }
        let mut record: Passkey = self.record()?;
        record.update_credential(result).ok_or(Rejected::UnknownCredential)?;
        let mut updated = self.clone();
        updated.credential = serde_json::to_value(&record).map_err(|_| Rejected::Malformed)?;
        updated.counter = counter;
        updated.backup_eligible = self.backup_eligible || result.backup_eligible();
        updated.backup_state = result.backup_state();
        Ok(Used {
            kind: self.kind,
            credential_id: self.credential_id.clone(),
            user_verified: result.user_verified(),
            counter,
            backup_eligible: updated.backup_eligible,
            backup_state: updated.backup_state,
            updated,
        })
    }
}

fn flags(credential: &Value) -> Result<RecordFlags, Rejected> {
    let record = <Record as serde::Deserialize>::deserialize(credential);
    record.map(|r| r.cred).map_err(|_| Rejected::Invalid("unreadable credential".to_owned()))
}

/// The stored key an answer names, if its user handle is the key's own or absent.
fn held<'a>(keys: &'a [StoredKey], answer: &PublicKeyCredential) -> Result<&'a StoredKey, Rejected> {
    let key = keys.iter().find(|key| key.credential_id.as_slice() == answer.raw_id.as_slice());
    let key = key.ok_or(Rejected::UnknownCredential)?;
    match answer.get_user_unique_id() {
        Some(handle) if handle != key.user_handle => Err(Rejected::UnknownCredential),
        _ => Ok(key),
    }
}

fn excluded(keys: &[StoredKey]) -> Vec<webauthn_rs::prelude::CredentialID> {
    keys.iter().map(|key| key.credential_id.clone()).collect()
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, Rejected> {
    if text.len() > JSON_LIMIT {
        return Err(Rejected::Malformed);
    }
    serde_json::from_str(text).map_err(|_| Rejected::Malformed)
}

/// Tells the browser how each key is reached; the library leaves it out for keys that are not attested.
fn add_transports(options: &mut Value, keys: &[StoredKey]) {
    let listed = options.pointer_mut("/publicKey/allowCredentials").and_then(Value::as_array_mut);
    for (entry, key) in listed.into_iter().flatten().zip(keys) {
        if let (Some(entry), false) = (entry.as_object_mut(), key.transports.is_empty()) {
            entry.insert("transports".to_owned(), Value::from(key.transports.clone()));
        }
    }
}

/// Whether a new key must say what model it is, and prove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// It may keep that to itself. Browsers then hide the model of many keys, and ask their owner nothing.
    Free,
    /// It must (attestation `direct`); browsers ask their owner whether the site may know.
    Asked,
}

impl Telling {
    fn ask(self, options: &mut CreationChallengeResponse) {
        if self == Self::Asked {
            options.public_key.attestation = Some(AttestationConveyancePreference::Direct);
        }
    }
}

/// Options a browser gets: the two the library makes.
trait Options: serde::Serialize {}
impl Options for CreationChallengeResponse {}
impl Options for RequestChallengeResponse {}

fn started(
    ceremony: Ceremony,
    handle: Option<UserHandle>,
    now: Timestamp,
    options: &impl Options,
    inner: &impl serde::Serialize,
) -> Result<Started, Rejected> {
    let unwritable = |_| Rejected::Malformed;
    let inner = serde_json::to_value(inner).map_err(unwritable)?;
    let state = State { ceremony, started: now, handle, inner };
    Ok(Started {
        options: serde_json::to_value(options).map_err(unwritable)?,
        state: serde_json::to_string(&state).map_err(unwritable)?,
    })
}

#[cfg(test)]
mod tests;
