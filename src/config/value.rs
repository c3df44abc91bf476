//! How one setting is read from text and shown again: numbers, words, addresses, lengths of time, networks.
//! It knows nothing of files, the environment or which settings exist.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::Seconds;
use crate::base::url::Issuer;

/// What a setting's value looks like in TOML and in JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A length of time, `"15m"`.
    Length,
    /// A path of a file.
    Path,
    /// A URL.
    Url,
    /// `address:port`.
    Address,
    /// A list of texts; in the environment separated by commas.
    List,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// A type a setting can have. Errors say what is wrong and what to write instead, and a secret's error never
/// repeats the value.
pub trait Setting: Sized {
    /// How it is written.
    const KIND: Kind;
    /// Whether the value may hold a password: shown redacted, and readable from a file through `…_FILE`.
    const SECRET: bool = false;

    /// Reads the value; lists are separated by commas.
    fn parse(text: &str) -> Result<Self, String>;

    /// The value as it may be shown to anybody; `None` when it is not set.
    fn show(&self) -> Option<String>;

    /// The number that a range applies to, seconds for a length of time.
    fn number(&self) -> Option<i64> {
        None
    }
}

impl<T: Setting> Setting for Option<T> {
    const KIND: Kind = T::KIND;
    const SECRET: bool = T::SECRET;

    fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() { Ok(None) } else { T::parse(text).map(Some) }
    }

    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }
}

impl Setting for String {
    const KIND: Kind = Kind::Text;

    fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "" => Err("must not be empty".to_owned()),
            text if text.chars().any(char::is_control) => Err("must not hold control characters".to_owned()),
            text => Ok(text.to_owned()),
        }
    }

    fn show(&self) -> Option<String> {
        Some(self.clone())
    }
}

impl Setting for u32 {
    const KIND: Kind = Kind::Integer;

    fn parse(text: &str) -> Result<Self, String> {
        text.trim().parse().map_err(|_| format!("`{text}` is no whole number; write digits only, e.g. 64"))
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn number(&self) -> Option<i64> {
        Some(i64::from(*self))
    }
}

impl Setting for SocketAddr {
    const KIND: Kind = Kind::Address;

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        text.parse().map_err(|_| {
            format!(
                "`{text}` is no address and port; write e.g. 127.0.0.1:8080 or [::1]:8080 (port 0: any free)"
            )
        })
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Setting for PathBuf {
    const KIND: Kind = Kind::Path;

    fn parse(text: &str) -> Result<Self, String> {
        String::parse(text).map(PathBuf::from)
    }

    fn show(&self) -> Option<String> {
        Some(Path::display(self).to_string())
    }
}

impl Setting for Issuer {
    const KIND: Kind = Kind::Url;

    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text.trim())
    }

    fn show(&self) -> Option<String> {
        Some(self.as_str().to_owned())
    }
}

/// A length of time, written as a number and one of `s`, `m`, `h`, `d`: `"15m"`, `"12h"`, `"90d"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Length(u32);

impl Length {
    /// From whole seconds.
    pub const fn from_seconds(seconds: u32) -> Self {
        Self(seconds)
    }

    /// In seconds, as [`crate::base::Timestamp::plus`] takes it.
    pub fn seconds(self) -> Seconds {
        Seconds::from(self.0)
    }

    /// For timers.
    pub fn as_duration(self) -> Duration {
        Duration::from_secs(u64::from(self.0))
    }
}

const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |unit: &&(char, u32)| self.0.is_multiple_of(unit.1) && self.0 >= unit.1;
        let (unit, size) = UNITS.iter().find(whole).unwrap_or(&('s', 1));
        write!(f, "{}{unit}", self.0 / size)
    }
}

impl Setting for Length {
    const KIND: Kind = Kind::Length;

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let read = UNITS.iter().find_map(|(unit, size)| {
            text.strip_suffix(*unit)?.trim_end().parse::<u32>().ok()?.checked_mul(*size).map(Self)
        });
        read.ok_or_else(|| {
            format!("`{text}` is no length of time; write a number and s, m, h or d, e.g. 15m, 12h or 30d")
        })
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn number(&self) -> Option<i64> {
        Some(self.seconds())
    }
}

/// A block of addresses in CIDR notation (RFC 4632), or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `10.0.0.0/8`, `fd00::/8` or one address.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no network; write e.g. 10.0.0.0/8, 127.0.0.1 or fd00::/8");
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(widest);
        if prefix > widest {
            return Err(wrong());
        }
        Ok(Self { address, prefix })
    }

    /// Whether `address` lies in the block; an IPv4 address mapped into IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix.min(32))).unwrap_or(0);
                u32::from(net) & mask == u32::from(ip) & mask
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                u128::from(net) & mask == u128::from(ip) & mask
            }
            _ => false,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The networks a setting lists, possibly none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

impl Networks {
    /// Whether one of them holds `address`.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Whether none is listed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The networks in the order written.
    pub fn iter(&self) -> impl Iterator<Item = &Network> {
        self.0.iter()
    }
}

impl Setting for Networks {
    const KIND: Kind = Kind::List;

    fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(Network::parse).collect::<Result<_, _>>().map(Self)
    }

    fn show(&self) -> Option<String> {
        Some(self.0.iter().map(Network::to_string).collect::<Vec<_>>().join(","))
    }
}

/// An enum of words as a setting.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every value, in the order it is documented.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word as it is written.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }
        }

        impl $crate::config::value::Setting for $name {
            const KIND: $crate::config::value::Kind = $crate::config::value::Kind::Choice(&[$($text),*]);

            fn parse(text: &str) -> Result<Self, String> {
                match text.trim() {
                    $($text => Ok($name::$variant),)*
                    other => Err(format!("`{other}` is none of {}", [$($text),*].join(", "))),
                }
            }

            fn show(&self) -> Option<String> {
                Some(self.as_str().to_owned())
            }
        }
    };
}
pub(crate) use choice;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_and_written_back() {
        for (text, seconds) in [("15m", 900), ("12h", 43_200), ("90d", 7_776_000), ("45s", 45), ("0s", 0)] {
            let length = Length::parse(text).unwrap();
            assert_eq!((length.seconds(), length.to_string().as_str()), (seconds, text));
        }
        for bad in ["", "15", "m", "-1h", "1w", "99999999d", "1h30m", "１h"] {
            assert!(Length::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn networks_hold_their_addresses_and_no_others() {
        let table = [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false),
            ("::/0", "2001:db8::1", true),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
        ];
        for (network, address, inside) in table {
            let network = Network::parse(network).unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), inside, "{network} {address}");
        }
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "any", "10.0.0.0/-1", "10.0.0.0/"] {
            assert!(Network::parse(bad).is_err(), "{bad}");
        }
        assert!(Networks::parse("10.0.0.0/8, fd00::/8,").unwrap().contains("fd00::1".parse().unwrap()));
        assert!(Networks::parse("").unwrap().is_empty());
    }

    #[test]
    fn an_optional_setting_may_be_empty_and_a_text_may_not() {
        assert_eq!(Option::<String>::parse(" "), Ok(None));
        assert_eq!(Option::<String>::parse(" 112 "), Ok(Some("112".to_owned())));
        assert!(String::parse(" ").is_err());
        assert!(String::parse("a\nb").is_err());
    }
}
