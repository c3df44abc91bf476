//! The two keys everything sealed rests on, by the files that hold them.

use std::path::PathBuf;

use super::section::section;

section! {
    /// The two keys everything sealed rests on. Keep copies off this machine: without them the data are unreadable.
    Secrets in "secrets" {
        /// The file with the master key, which wraps every other key. It must be readable by the service alone.
        master_key_file: Option<PathBuf> = "" example "/etc/vouchsafe/master.key";

        /// The file with the index key, under which usernames and e-mail addresses are looked up. It must be readable by the service alone, and cannot be changed later without rebuilding the index.
        index_key_file: Option<PathBuf> = "" example "/etc/vouchsafe/index.key";
    }
}
