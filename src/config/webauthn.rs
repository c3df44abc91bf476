//! What is known of models of passkeys and security keys.

use std::path::PathBuf;

use super::section::section;

section! {
    /// What is known of models of passkeys and security keys.
    Webauthn in "webauthn" {
        /// The FIDO Alliance's metadata file (the signed BLOB of `https://mds3.fidoalliance.org/`; fetch it with a job of your own, about monthly). With it models have names, keys of models that were revoked or compromised are refused, and policies may allow models by list. It is read at start and again when it changes; one that is badly signed, or older than one read before, is refused.
        metadata_file: Option<PathBuf> = "" example "/var/lib/vouchsafe/fido-metadata.jwt";

        /// A root certificate (PEM) that vouches for `metadata_file` instead of the FIDO Alliance's own: for a file that your organisation signs.
        metadata_root_file: Option<PathBuf> = "" example "/etc/vouchsafe/metadata-root.pem";
    }
}
