//! An e-mail address on its way into an account: the page that takes it, and the page its link leads to.

use askama::Template;

use super::super::shell::Shell;
use super::super::words::messages;

/// Takes an address.
#[derive(Debug, Clone, Template)]
#[template(path = "account_address.html")]
pub struct AddressPage {
    /// The frame.
    pub shell: Shell,
    /// What was typed before.
    pub typed: String,
    /// Why it was not taken.
    pub error: Option<AddressError>,
    /// Takes `address`.
    pub action: String,
    /// Leads back without a change.
    pub back: String,
}

messages! {
    /// Why an address was not taken.
    pub enum AddressError {
        /// It is none.
        NoAddress => "address-error-none",
        /// The account has it already.
        Known => "address-error-known",
        /// A mail was sent just before.
        TooSoon => "address-error-soon",
    }
}

/// Where an address's link leads: one button, in any browser.
#[derive(Debug, Clone, Template)]
#[template(path = "account_address_link.html")]
pub struct AddressLinkPage {
    /// The frame.
    pub shell: Shell,
    /// How it stands.
    pub state: AddressLink,
    /// Whose account it is, and the address; while the link works.
    pub about: Option<(String, String)>,
    /// Takes a POST of `csrf`.
    pub action: String,
    /// The person's own pages.
    pub account: String,
}

messages! {
    /// How an address's link stands.
    pub enum AddressLink {
        /// It waits for its button.
        Ask => "address-link-title",
        /// The address counts now.
        Done => "address-done-title",
        /// It names somebody else.
        Taken => "address-taken-title",
        /// It works no more.
        Over => "address-over-title",
    }
}

impl AddressLink {
    fn text(self) -> &'static str {
        match self {
            Self::Ask => "address-link-text",
            Self::Done => "address-done-text",
            Self::Taken => "address-taken-text",
            Self::Over => "address-over-text",
        }
    }
}
