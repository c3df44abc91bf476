//! Passwords that attackers try first (SP 800-63B §3.1.1.2), compared whole and without regard to case.
//!
//! `blocklist/build.py` says where the list comes from and writes `blocklist/common.bin`: 65,536 bytes with the
//! number of entries that share the first 16 bits of their SHA-256, then the next 24 bits of each, in order.
//! With fewer than 2^20 entries a password that is not listed is refused with a chance below 2^-20.

use crate::base::{Digest, text::nfc};

static LIST: &[u8] = include_bytes!("blocklist/common.bin");

/// Groups of entries, one for each 16-bit prefix.
const GROUPS: usize = 65_536;

/// Bytes kept of an entry beside its prefix.
const WIDTH: usize = 3;

/// Whether `password` is listed; case and normal form do not matter, every other character does.
pub fn contains(password: &str) -> bool {
    let digest = Digest::of(nfc(&password.to_lowercase()));
    let [a, b, tail @ ..] = digest.as_bytes();
    let group = usize::from(u16::from_be_bytes([*a, *b]));
    let Some((counts, entries)) = LIST.split_at_checked(GROUPS) else { return false };
    let Some((before, rest)) = counts.split_at_checked(group) else { return false };
    let start: usize = before.iter().map(|n| usize::from(*n)).sum();
    let count = rest.first().map_or(0, |n| usize::from(*n));
    let group = entries.get(start * WIDTH..(start + count) * WIDTH).unwrap_or_default();
    group.chunks_exact(WIDTH).any(|entry| tail.starts_with(entry))
}

/// Entries in the list, for `doctor` and the curious.
pub fn len() -> usize {
    LIST.len().saturating_sub(GROUPS) / WIDTH
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Entropy;

    #[test]
    fn what_attackers_try_is_listed() {
        for listed in [
            "password",
            "Password123456",
            "passwordpassword",
            "PASSWORD1234",
            "iloveyou2024",
            "iloveyouiloveyou",
            "qwertyuiop[]",
            "qwertyuiopasdfghjkl",
            "1qaz2wsx3edc",
            "123456789012",
            "098765432109",
            "111111111111",
            "aaaaaaaaaaaa",
            "abcdefghijkl",
            "123123123123",
            "abc123abc123",
            "letmeinletmein",
            "19871987198719",
            "198719871987",
            "welcome12345",
            "passw0rd!123",
            "p@ssw0rd1234",
            "administrator",
            "changeme1234",
            "hospital1234",
            "doctor123456",
            "summer2025!!",
        ] {
            assert!(contains(listed), "{listed}");
        }
    }

    #[test]
    fn what_nobody_tries_is_not() {
        for free in ["correct horse battery", "seventeen purple otters", "kettle-and-cradle", ""] {
            assert!(!contains(free), "{free}");
        }
        let entropy = Entropy::system();
        let hits =
            (0..20_000).filter(|_| contains(&Digest::of(entropy.bytes::<16>()).to_base64url())).count();
        assert!(hits <= 1, "a false hit is a chance of one in three million: {hits}");
    }

    #[test]
    fn the_file_is_whole_and_small() {
        assert!(LIST.len() < 1_000_000, "{}", LIST.len());
        let counted: usize = LIST[..GROUPS].iter().map(|n| usize::from(*n)).sum();
        assert_eq!(LIST.len(), GROUPS + counted * WIDTH);
        assert_eq!(counted, len());
        assert!((100_000..1 << 20).contains(&len()));
    }
}
