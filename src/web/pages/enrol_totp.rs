//! S7, linking a code app: QR code, link and key together, and a code to prove it works.

use askama::Template;

use super::code::CodeError;
use super::shell::Shell;

/// Shows a new key and asks for a first code.
#[derive(Debug, Clone, Template)]
#[template(path = "enrol_totp.html")]
pub struct EnrolTotpPage {
    /// The frame.
    pub shell: Shell,
    /// Takes `code` and, optionally, `label`.
    pub action: String,
    /// The QR code as an `<svg>` element with presentation attributes only. Written into the page unescaped,
    /// so it may only come from our own encoder.
    pub qr_svg: String,
    /// The key in base32, ungrouped; the page groups it by four.
    pub key: String,
    /// The `otpauth:` link, for a code app on this device.
    pub otpauth_url: String,
    /// What stands in the optional name field.
    pub label: String,
    /// Leads back to the choice of what to set up.
    pub back: Option<String>,
    /// What was wrong with the last answer.
    pub error: Option<CodeError>,
}

impl EnrolTotpPage {
    /// Without the XML declaration some encoders write first, which HTML does not know.
    fn svg(&self) -> &str {
        self.qr_svg.find("<svg").and_then(|start| self.qr_svg.get(start..)).unwrap_or_default()
    }

    fn grouped(&self) -> String {
        let mut grouped = String::with_capacity(self.key.len() + self.key.len() / 4);
        for (at, letter) in self.key.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                grouped.push(' ');
            }
            grouped.push(letter);
        }
        grouped
    }
}
