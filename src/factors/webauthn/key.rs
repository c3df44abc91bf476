//! What the rest of the program holds of a key: the record, and a ceremony's beginning and end. It names no library.

use serde_json::Value;
use uuid::Uuid;

use crate::base::{AccountId, Timestamp};
use crate::factors::FactorKind;
use crate::factors::model::Model;

/// What an authenticator stores as `user.id` (WebAuthn §5.4.3): 16 bytes that tell nothing of the person.
pub type UserHandle = [u8; 16];

/// The handle of an account: its id's UUID. `None` for an id that is none.
pub fn user_handle(account: &AccountId) -> Option<UserHandle> {
    Uuid::parse_str(account.as_str()).ok().map(Uuid::into_bytes)
}

/// The account a handle names, by the reverse of [`user_handle`].
pub fn account_of(handle: &UserHandle) -> AccountId {
    AccountId::from_text(Uuid::from_bytes(*handle).to_string())
}

/// Which of the two kinds of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Discoverable, verifies its user, signs in alone.
    Passkey,
    /// Stands beside a password; may verify its user, and the flag is inspected.
    SecurityKey,
}

impl From<KeyKind> for FactorKind {
    fn from(kind: KeyKind) -> Self {
        match kind {
            KeyKind::Passkey => Self::Passkey,
            KeyKind::SecurityKey => Self::SecurityKey,
        }
    }
}

/// A registered key as it is stored, sealed with the factor's payload.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct StoredKey {
    /// Passkey or security key.
    pub kind: KeyKind,
    /// The credential id; unique among all accounts, which the store must enforce (WebAuthn §7.1 step 26).
    pub credential_id: Vec<u8>,
    /// The person's name for it.
    pub label: String,
    /// When it was registered.
    pub created: Timestamp,
    /// How the browser said it is reached (`usb`, `internal`, …).
    pub transports: Vec<String>,
    /// Flag BE: it may be copied between devices, so it never reaches aal3.
    pub backup_eligible: bool,
    /// Flag BS: it has been.
    pub backup_state: bool,
    /// The last signature counter; 0 for authenticators that keep none.
    pub counter: u32,
    /// The `user.id` it was made for.
    pub user_handle: UserHandle,
    /// What it said of its model when it was made; kept beside the sealed payload, so that a sign-in reads it there.
    #[serde(skip)]
    pub model: Model,
    /// The library's record: public key and policy.
    pub(super) credential: Value,
}

/// A key's successful signature.
#[derive(Clone, Debug)]
pub struct Used {
    /// Passkey or security key.
    pub kind: KeyKind,
    /// Which of the account's keys.
    pub credential_id: Vec<u8>,
    /// Flag UV: the authenticator verified its user.
    pub user_verified: bool,
    /// The new signature counter.
    pub counter: u32,
    /// Flag BE.
    pub backup_eligible: bool,
    /// Flag BS.
    pub backup_state: bool,
    /// The key to store in the old one's place, if its counter is still the one that was read.
    pub updated: StoredKey,
}

/// The first half of a ceremony.
#[derive(Clone, Debug)]
pub struct Started {
    /// For the browser: `{"publicKey": …}` with base64url values (`parseCreationOptionsFromJSON` takes the inner
    /// object), for discoverable sign-in also `"mediation": "conditional"`.
    pub options: Value,
    /// For [`Ceremonies`]' second half; kept on the server, taken once.
    pub state: String,
}

/// Who a new key is for.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The account's handle.
    pub handle: UserHandle,
    /// What the authenticator lists the key under.
    pub username: &'a str,
    /// The person's name, which some authenticators show.
    pub display_name: &'a str,
}
