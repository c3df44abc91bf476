//! Whether apps may register themselves.

use super::section::section;
use super::value::choice;

section! {
    /// Whether apps may register themselves (RFC 7591), at `/register`.
    Registration in "registration" {
        /// Who may register an app. `token`: whoever has a token that an administrator made, within its terms. `open`: anybody at all, for sign-in with PKCE and with the person's agreement each time; people are told that nobody checked the app. `off`: nobody. Apps that registered themselves before may read, change and remove their own registration unless it is `off`.
        mode: RegistrationMode = "token";
    }
}

choice! {
    /// Who may register an app.
    RegistrationMode {
        /// Nobody.
        Off = "off",
        /// Whoever has a token of an administrator's.
        Token = "token",
        /// Anybody.
        Open = "open",
    }
}
