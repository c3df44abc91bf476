//! What the clinic calls itself.

use super::section::section;

section! {
    /// What the clinic calls itself.
    Organisation in "organisation" {
        /// The name people read on every page and in every message. Choose the one they know from the door of the clinic.
        name: String = "Vouchsafe" example "Clinica San Rafael";
    }
}
