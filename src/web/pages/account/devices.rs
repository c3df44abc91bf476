//! Where a person is signed in.

use askama::Template;

use super::super::shell::Shell;
use super::super::words::When;
use super::AccountNotice;

/// The devices, this one first.
#[derive(Debug, Clone, Template)]
#[template(path = "account_devices.html")]
pub struct DevicesPage {
    /// The frame.
    pub shell: Shell,
    /// What just happened.
    pub notice: Option<AccountNotice>,
    /// This device; on the first page alone.
    pub this: Option<Device>,
    /// The others, the newest first.
    pub others: Vec<Device>,
    /// Leads to the next page.
    pub older: Option<String>,
    /// Takes `session`, the device to sign out.
    pub end_action: String,
    /// Takes a POST of `csrf` that signs out everywhere else.
    pub end_others_action: String,
    /// Signs out here.
    pub sign_out_action: String,
}

impl DevicesPage {
    fn name(&self, device: &Device) -> String {
        device.name.clone().unwrap_or_else(|| self.shell.t("device-unknown"))
    }
}

/// Where somebody is signed in.
#[derive(Debug, Clone)]
pub struct Device {
    /// Names the session in the form.
    pub id: String,
    /// What it is, as far as it says, e.g. "Firefox, Windows".
    pub name: Option<String>,
    /// The network, as an address.
    pub network: Option<String>,
    /// Since when.
    pub began: When,
    /// The last activity.
    pub seen: When,
}
