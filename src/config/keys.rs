//! The key store and the signing keys' ages.

use super::locations::DatabaseUrl;
use super::section::section;
use super::value::Length;

section! {
    /// The key store, and how long signing keys live.
    Keys in "keys" {
        /// The key store, which holds each person's data key, wrapped by the master key. By default it lies beside the database: `…-keys.sqlite`, or the schema `vouchsafe_keys` of the same PostgreSQL database. Back it up apart from the database and keep those backups 30 days at most, so that an erased person stays erased.
        url: Option<DatabaseUrl> = "" example "sqlite:/var/lib/vouchsafe/keys.sqlite";

        /// How long a signing key signs before the next one takes over. Its public half is published beforehand, so that apps know it in time.
        rotation_period: Length = "90d" range 3600 to 63072000;

        /// How long a key is published before it signs and after it stopped. It must be longer than apps cache `/jwks`.
        overlap: Length = "1d" range 600 to 2592000;
    }
}
