//! What this service may fetch or send to by itself, beyond the public internet.

use std::net::IpAddr;
use std::path::PathBuf;

use super::section::section;
use super::value::{Kind, Network, Setting};

section! {
    /// What this service calls by itself: webhooks, and what apps name in their registration (`jwks_uri`, `sector_identifier_uri`, `logo_uri`). It calls public addresses by https alone, follows no redirect and uses no proxy; private, loopback and link-local addresses are refused whatever name leads to them, unless they are listed here.
    Outbound in "outbound" {
        /// Hosts and networks that may be called although they are not public. A host name is called wherever it leads, also by http; a network (CIDR) allows its addresses, and http where the URL names the address itself. List only what you run yourself: whoever may register a webhook or an app can make this service send requests there.
        allow: Allowed = "" example "hooks.clinic.example,10.20.0.0/16";

        /// A file with certificates (PEM) that may sign the servers' own, beside the public ones: for servers inside the clinic.
        extra_ca_file: Option<PathBuf> = "" example "/etc/vouchsafe/outbound-ca.pem";
    }
}

/// The hosts and networks a setting lists, possibly none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    hosts: Vec<String>,
    networks: Vec<Network>,
}

impl Allowed {
    /// Whether this host name is listed; names are compared whole and without regard to case.
    pub fn names(&self, host: &str) -> bool {
        self.hosts.iter().any(|listed| listed.eq_ignore_ascii_case(host))
    }

    /// Whether a listed network holds `address`.
    pub fn holds(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }
}

impl Setting for Allowed {
    const KIND: Kind = Kind::List;

    fn parse(text: &str) -> Result<Self, String> {
        let mut allowed = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            if let Ok(network) = Network::parse(part) {
                allowed.networks.push(network);
            } else if is_host_name(part) {
                allowed.hosts.push(part.to_ascii_lowercase());
            } else {
                return Err(format!(
                    "`{part}` is neither a host name nor a network; write e.g. hooks.clinic.example or 10.20.0.0/16"
                ));
            }
        }
        Ok(allowed)
    }

    fn show(&self) -> Option<String> {
        let networks = self.networks.iter().map(Network::to_string);
        Some(self.hosts.iter().cloned().chain(networks).collect::<Vec<_>>().join(","))
    }
}

/// Labels of letters, digits and hyphens; the last one has a letter, so that no address passes for a name.
fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.len() <= 253 && text.split('.').all(label) && last.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_networks_are_told_apart() {
        let allowed = Allowed::parse("Hooks.clinic.example, 10.20.0.0/16,::1").unwrap();
        assert!(allowed.names("hooks.CLINIC.example"));
        for other in ["clinic.example", "x.hooks.clinic.example", "hooks.clinic.example.evil.example", ""] {
            assert!(!allowed.names(other), "{other}");
        }
        assert!(allowed.holds("10.20.3.4".parse().unwrap()));
        assert!(allowed.holds("::1".parse().unwrap()));
        assert!(!allowed.holds("10.21.0.1".parse().unwrap()));
        assert_eq!(Allowed::parse(&allowed.show().unwrap()), Ok(allowed));
        assert_eq!(Allowed::parse(" "), Ok(Allowed::default()));
    }

    #[test]
    fn what_is_neither_is_refused() {
        for bad in
            ["https://a.example", "a.example:443", "10.0.0.0/33", "10.0.0.256", "*.example", "a..b", "-a.b"]
        {
            assert!(Allowed::parse(bad).is_err(), "{bad}");
        }
    }
}
