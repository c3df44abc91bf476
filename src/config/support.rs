//! Whom people turn to when they cannot get in.

use super::section::section;

section! {
    /// Whom people turn to when they cannot get in.
    Support in "support" {
        /// The telephone number on every page with a dead end. Write it as people dial it.
        phone: Option<String> = "" example "+34 910 000 000";

        /// What to do when care cannot wait, shown wherever somebody is locked out. One sentence.
        urgent_help: Option<String> = "" example "In an emergency call 112.";
    }
}
