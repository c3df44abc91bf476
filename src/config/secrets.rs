//! The two keys everything sealed rests on, by the files that hold them.

use std::path::PathBuf;

use super::section::section;

section! {
    /// The two keys everything sealed rests on. Keep copies off this machine: without them the data are unreadable.
    Secrets in "secrets" {
        /// The file with the master key, which wraps every other key. One line: `vouchsafe-master-key:v1:` and 32 random bytes as base64url without padding (43 characters). It must be readable by the service alone.
        master_key_file: Option<PathBuf> = "" example "/etc/vouchsafe/master.key";

        /// The file with the index key, under which usernames and e-mail addresses are looked up. One line: `vouchsafe-index-key:v1:` and 32 random bytes as base64url without padding. It must be readable by the service alone, and cannot be changed once there are accounts.
        index_key_file: Option<PathBuf> = "" example "/etc/vouchsafe/index.key";
    }
}
