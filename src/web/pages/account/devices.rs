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

/// A browser on a device.
#[derive(Debug, Clone, Default)]
pub struct DeviceName {
    /// The browser's name; empty where it is unknown.
    pub program: &'static str,
    /// What it runs on; empty where that is unknown.
    pub system: &'static str,
}

impl DeviceName {
    /// In words, e.g. "Firefox on Windows".
    pub fn words(&self, shell: &Shell) -> String {
        match (self.program, self.system) {
            ("", "") => shell.t("device-unknown"),
            ("", one) | (one, "") => one.to_owned(),
            (program, system) => shell.t2("device-on", ("program", program), ("system", system)),
        }
    }
}

/// Where somebody is signed in.
#[derive(Debug, Clone)]
pub struct Device {
    /// Names the session in the form.
    pub id: String,
    /// What it is.
    pub name: DeviceName,
    /// The network, as an address.
    pub network: Option<String>,
    /// Since when.
    pub began: When,
    /// The last activity.
    pub seen: When,
}
