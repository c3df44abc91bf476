//! What apps may ask for beyond scopes.

use std::path::PathBuf;

use super::section::section;

section! {
    /// What apps may ask for beyond scopes.
    Requests in "requests" {
        /// A JSON file that describes the types of `authorization_details` (RFC 9396) apps may ask for, each with its values and the words people read; docs/requests.md has an example. It is read at start. Without it no app asks for any.
        authorization_details_file: Option<PathBuf> = "" example "/etc/vouchsafe/authorization-details.json";
    }
}
