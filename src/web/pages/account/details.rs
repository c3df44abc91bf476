//! Who a person is to us, in which language we write, and where to.

use askama::Template;

use super::super::shell::Shell;
use super::super::words::{Role, When};
use super::AccountNotice;

/// A person's details.
#[derive(Debug, Clone, Template)]
#[template(path = "account_details.html")]
pub struct DetailsPage {
    /// The frame.
    pub shell: Shell,
    /// What just happened.
    pub notice: Option<AccountNotice>,
    /// Their name.
    pub name: String,
    /// What they type to sign in.
    pub username: String,
    /// What they are to the organisation.
    pub role: Role,
    /// Their date of birth, as it is kept.
    pub birthdate: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
    /// The address that signs in.
    pub primary: Address,
    /// The other one for notices.
    pub second: Address,
    /// Asks before the second address goes; absent where there is none.
    pub remove_second: Option<String>,
    /// Takes `locale`.
    pub language_action: String,
}

/// One of a person's addresses.
#[derive(Debug, Clone)]
pub struct Address {
    /// The address; absent where there is none.
    pub address: Option<String>,
    /// Whether it was proved.
    pub verified: bool,
    /// One that waits for its proof, and until when its link works.
    pub waiting: Option<(String, When)>,
    /// Leads to the page that takes another.
    pub change: String,
}
