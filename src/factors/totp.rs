//! Six digits from an authenticator app (RFC 6238): 160-bit key, SHA-1, 30 seconds, one step either side.
//!
//! The only file that names `totp_rs`. SHA-1 is what every app understands; HMAC does not need more
//! (RFC 4226 §B.2). Apps linked by another system may have keys of 128 to 512 bits and a longer hash. Who accepted which step is stored by the caller, in the statement that accepts the next.

use qrcode::{EcLevel, QrCode, types::Color};
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, Builder};

use crate::base::{Entropy, Seconds, Timestamp, text::digits};

/// Length of a step.
pub const STEP: Seconds = 30;

/// Steps accepted either side of now, so a code lives 90 seconds at most.
const WINDOW: i64 = 1;

/// Steps either side in which a clock's error is recognised and told, never accepted.
const DRIFT: i64 = 10;

/// The HMAC's hash. Ours is SHA-1; apps linked elsewhere may use another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Hash {
    /// What every app understands.
    #[default]
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// Reads it as `otpauth://` and other systems write it: `SHA1`, `sha-256`, `HmacSHA512`.
    pub fn parse(text: &str) -> Option<Self> {
        let folded = text.to_ascii_uppercase().replace('-', "");
        match folded.strip_prefix("HMAC").unwrap_or(&folded) {
            "SHA1" => Some(Self::Sha1),
            "SHA256" => Some(Self::Sha256),
            "SHA512" => Some(Self::Sha512),
            _ => None,
        }
    }

    fn algorithm(self) -> Algorithm {
        match self {
            Self::Sha1 => Algorithm::SHA1,
            Self::Sha256 => Algorithm::SHA256,
            Self::Sha512 => Algorithm::SHA512,
        }
    }
}

/// The key an authenticator app shares with us: 160 bits (RFC 4226 §4, R6), or 128 to 512 of an app linked elsewhere.
#[derive(Clone)]
pub struct Secret(crate::base::Secret<Vec<u8>>, Hash);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("totp::Secret(…)")
    }
}

impl Secret {
    /// Draws a new key.
    pub fn generate(entropy: &Entropy) -> Self {
        Self::from_bytes(entropy.bytes())
    }

    /// A key of ours that was unsealed.
    pub fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(crate::base::Secret::new(bytes.to_vec()), Hash::Sha1)
    }

    /// Reads an unsealed payload; `None` unless it is 16 to 64 bytes long.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Self::with_hash(bytes, Hash::Sha1)
    }

    /// As [`Self::from_slice`], of an app that uses another hash.
    pub fn with_hash(bytes: &[u8], hash: Hash) -> Option<Self> {
        (16..=64).contains(&bytes.len()).then(|| Self(crate::base::Secret::new(bytes.to_vec()), hash))
    }

    /// Reads a key as another system wrote it down: base 32 in either case, spaces, hyphens and padding aside.
    /// `None` where it is none, or shorter than the 128 bits RFC 4226 §4 asks at least.
    pub fn from_base32(text: &str, hash: Hash) -> Option<Self> {
        let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '=')).collect();
        let bare = bare.to_ascii_uppercase();
        let whole = bare.len() <= 104 && bare.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'));
        let read = totp_rs::Secret::try_from_base32(&bare).ok().filter(|_| whole)?;
        Self::with_hash(read.as_bytes(), hash)
    }

    /// The key's bytes, to be sealed.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// The key as apps take it by hand: 32 letters of base 32 (RFC 4648 §6), no padding.
    pub fn base32(&self) -> String {
        totp_rs::Secret::from(self.expose().to_vec()).to_base32()
    }

    /// The same in groups of four, for the eye.
    pub fn grouped(&self) -> String {
        let letters: Vec<char> = self.base32().chars().collect();
        let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
        groups.join(" ")
    }

    /// The code of `step`; also what the demo shows as a person's current code.
    pub fn code(&self, step: i64) -> String {
        let totp = Builder::new()
            .with_algorithm(self.1.algorithm())
            .with_digits(6)
            .with_step_duration(1)
            .with_secret(self.expose().to_vec())
            .build_noncompliant();
        totp.generate(u64::try_from(step).unwrap_or_default()).to_string()
    }
}

/// The step `now` is in.
pub fn step(now: Timestamp) -> i64 {
    now.seconds().div_euclid(STEP)
}

/// Why a code was not accepted. Each counts as a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Not a code of this key, or no six digits.
    #[error("wrong code")]
    Wrong,
    /// The right code, but its step or a later one was accepted before (RFC 6238 §5.2).
    #[error("code already used")]
    Reused,
    /// A code of another time: the device's clock is this many seconds ahead (behind when negative).
    #[error("the device's clock is {0} seconds off")]
    Drift(Seconds),
}

/// Checks a code as typed and answers the step it belongs to, which the caller must store as `last_step`.
///
/// Every step of the window is computed and compared in constant time, whatever matched before.
pub fn check(secret: &Secret, typed: &str, now: Timestamp, last_step: Option<i64>) -> Result<i64, Rejected> {
    let code = digits(typed);
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Rejected::Wrong);
    }
    let fresh = |step: i64| last_step.is_none_or(|last| step > last);
    let current = step(now);
    let matched: Vec<i64> = (current - WINDOW..=current + WINDOW)
        .filter(|step| bool::from(secret.code(*step).as_bytes().ct_eq(code.as_bytes())))
        .collect();
    if let Some(step) = matched.iter().copied().find(|step| fresh(*step)) {
        return Ok(step);
    }
    if !matched.is_empty() {
        return Err(Rejected::Reused);
    }
    Err(drift(secret, &code, current, fresh))
}

/// Names a clock that is slow, so that a person can mend it; nearest step first. A clock that is fast is not named:
/// that would tell a guesser which code will be right in a minute.
fn drift(secret: &Secret, code: &str, current: i64, fresh: impl Fn(i64) -> bool) -> Rejected {
    for distance in WINDOW + 1..=DRIFT {
        let step = current.saturating_sub(distance);
        if bool::from(secret.code(step).as_bytes().ct_eq(code.as_bytes())) {
            return if fresh(step) { Rejected::Drift(-distance * STEP) } else { Rejected::Reused };
        }
    }
    Rejected::Wrong
}

/// What the QR code says: `otpauth://totp/Issuer:account?secret=…`.
///
/// Colons leave both names, since apps split the label there.
pub fn otpauth_uri(issuer: &str, account: &str, secret: &Secret) -> String {
    let (issuer, account) = (escaped(issuer), escaped(account));
    let key = secret.base32();
    format!(
        "otpauth://totp/{issuer}:{account}?secret={key}&issuer={issuer}&algorithm=SHA1&digits=6&period={STEP}"
    )
}

/// Percent-encoding with `%20` for spaces: apps read `+` literally.
fn escaped(text: &str) -> String {
    let plain: String = text.chars().filter(|c| *c != ':' && !c.is_control()).take(80).collect();
    url::form_urlencoded::byte_serialize(plain.as_bytes()).collect::<String>().replace('+', "%20")
}

/// `text` as an SVG picture of a QR code, to stand inside a page: presentation attributes only (no inline
/// style, which our CSP refuses), black on white with its quiet zone in any colour scheme.
///
/// Empty when the text does not fit into a QR code (about 2,900 bytes); the key as text is always beside it.
pub fn qr_svg(text: &str) -> String {
    const QUIET: usize = 4;
    const MODULE: usize = 5;
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else { return String::new() };
    let width = code.width();
    let colors = code.to_colors();
    let side = width + 2 * QUIET;
    let pixels = side * MODULE;
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                let length = run.len();
                path.push_str(&format!("M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET));
            }
            x += run.len();
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{pixels}\" height=\"{pixels}\" \
         viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" role=\"img\">\
         <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Secret {
        Secret::from_bytes(*b"12345678901234567890")
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn the_vectors_of_rfc_6238() {
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(key().code(step(at(time))), code);
            assert_eq!(check(&key(), code, at(time), None), Ok(step(at(time))));
        }
    }

    #[test]
    fn an_app_linked_elsewhere_keeps_its_key_and_hash() {
        // RFC 6238, appendix B, the last six of eight digits.
        let table = [
            (Hash::Sha256, "12345678901234567890123456789012", "119246"),
            (Hash::Sha512, "1234567890123456789012345678901234567890123456789012345678901234", "693936"),
        ];
        for (hash, key, code) in table {
            let made = totp_rs::Secret::from(key.as_bytes().to_vec()).to_base32();
            let typed = format!(" {}-{}== ", &made[..8].to_lowercase(), &made[8..]);
            let secret = Secret::from_base32(&typed, hash).unwrap();
            assert_eq!(secret.expose(), key.as_bytes());
            assert_eq!(check(&secret, code, at(59), None), Ok(1));
        }
        for bad in [
            "",
            "JBSWY3DPEHPK3PXP",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1",
            "not base 32 at all!",
            &"A".repeat(200),
        ] {
            assert!(Secret::from_base32(bad, Hash::Sha1).is_none(), "{bad}");
        }
        assert_eq!(Hash::parse("HmacSHA256"), Some(Hash::Sha256));
        assert_eq!(Hash::parse("sha-1"), Some(Hash::Sha1));
        assert_eq!(Hash::parse("MD5"), None);
    }

    #[test]
    fn a_code_is_good_for_one_step_either_side_and_once() {
        let now = at(1_700_000_000);
        let current = step(now);
        for offset in -1..=1 {
            let code = key().code(current + offset);
            assert_eq!(check(&key(), &code, now, None), Ok(current + offset));
            assert_eq!(check(&key(), &code, now, Some(current + offset)), Err(Rejected::Reused));
            assert_eq!(check(&key(), &code, now, Some(current + offset - 1)), Ok(current + offset));
        }
        // A code older than one already accepted is a replay as well.
        assert_eq!(check(&key(), &key().code(current - 1), now, Some(current)), Err(Rejected::Reused));
        assert_eq!(check(&key(), &key().code(current - 5), now, Some(current)), Err(Rejected::Reused));
    }

    #[test]
    fn a_slow_clock_is_named_within_ten_steps_and_a_fast_one_never() {
        let now = at(1_700_000_000);
        for offset in [-10, -2] {
            let code = key().code(step(now) + offset);
            assert_eq!(check(&key(), &code, now, None), Err(Rejected::Drift(offset * 30)));
        }
        for offset in [-11, 2, 10, 11, 1000] {
            let code = key().code(step(now) + offset);
            assert_eq!(check(&key(), &code, now, None), Err(Rejected::Wrong));
        }
    }

    #[test]
    fn codes_are_read_as_typed_and_exactly_six_digits() {
        for good in ["287082", "287 082", " 287-082\n", "２８７０８２", "٢٨٧٠٨٢"] {
            assert_eq!(check(&key(), good, at(59), None), Ok(1), "{good}");
        }
        for bad in ["", "28708", "2870820", "0287082", "287082a", "+287082", "-", "28708２２"] {
            assert_eq!(check(&key(), bad, at(59), None), Err(Rejected::Wrong), "{bad}");
        }
        assert_eq!(check(&key(), &"2".repeat(100_000), at(59), None), Err(Rejected::Wrong));
    }

    #[test]
    fn odd_clocks_do_no_harm() {
        for seconds in [i64::MIN / 1_000_000, -1, 0, 1] {
            let _ = check(&key(), "000000", at(seconds), None);
        }
    }

    #[test]
    fn the_key_is_shown_as_apps_take_it() {
        assert_eq!(key().base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(key().grouped(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(
            otpauth_uri("Vouchsafe: Demo", "rose@example.org", &key()),
            "otpauth://totp/Vouchsafe%20Demo:rose%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Vouchsafe%20Demo&algorithm=SHA1&digits=6&period=30"
        );
        let one = Secret::generate(&Entropy::system());
        assert_ne!(one.expose(), Secret::generate(&Entropy::system()).expose());
    }

    #[test]
    fn the_picture_needs_no_style() {
        let svg = qr_svg(&otpauth_uri("Vouchsafe", "rose", &key()));
        assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>"));
        assert!(!svg.contains("style") && svg.contains("fill=\"#fff\"") && svg.contains("viewBox=\"0 0 "));
        assert_eq!(qr_svg(&"x".repeat(5000)), "");
    }
}
