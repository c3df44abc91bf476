//! Secrets that do not print themselves, digests that may be stored, and tokens a scanner can find.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::Entropy;

/// A value that must not be logged, displayed or serialised; wiped when dropped.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a secret as early as possible.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The secret itself; the name makes each use visible in review.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256 of something; what is stored in place of ids and tokens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Digest([u8; 32]);

impl Digest {
    /// SHA-256 of `bytes`.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes.as_ref());
        let mut out = [0u8; 32];
        out.copy_from_slice(digest.as_ref());
        Self(out)
    }

    /// Wraps 32 bytes made elsewhere (an HMAC, a stored digest).
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads a stored digest; `None` unless it is 32 bytes long.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Owned bytes, for a BYTEA column.
    pub fn to_vec(&self) -> Vec<u8> {
        self.0.to_vec()
    }

    /// base64url without padding, for keys and thumbprints.
    pub fn to_base64url(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Reads what `to_base64url` wrote.
    pub fn from_base64url(text: &str) -> Option<Self> {
        Self::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?)
    }

    /// Comparison in constant time.
    pub fn same(&self, other: &Digest) -> bool {
        bool::from(self.0.ct_eq(&other.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({}…)", self.to_base64url().get(..8).unwrap_or_default())
    }
}

/// Compares two secret byte strings in constant time (their lengths may show).
pub fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    bool::from(a.ct_eq(b))
}

/// What a token is for; its prefix lets a secret scanner name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An authorization code (RFC 6749 §4.1.2).
    Code,
    /// A refresh token (RFC 6749 §6).
    Refresh,
    /// A client secret.
    ClientSecret,
    /// The session cookie's value.
    Session,
    /// The browser cookie's value, which binds interactions.
    Browser,
    /// A parked POST `/authorize`.
    Parked,
    /// A pushed authorization request (RFC 9126).
    Pushed,
    /// A device's code (RFC 8628).
    Device,
    /// An `auth_req_id` (CIBA Core 1.0 §7.3).
    Ciba,
    /// A link in a mail or a letter: an invitation, a reset, an address to verify.
    Link,
    /// A token by which an app registers itself (RFC 7591 §1.2).
    InitialAccess,
    /// An app's key to its own registration (RFC 7592 §1.2).
    Registration,
}

impl TokenKind {
    /// The prefix, `vs` for the product and two letters for the kind.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Code => "vsac_",
            Self::Refresh => "vsrt_",
            Self::ClientSecret => "vscs_",
            Self::Session => "vssn_",
            Self::Browser => "vsbr_",
            Self::Parked => "vspk_",
            Self::Pushed => "vspr_",
            Self::Device => "vsdv_",
            Self::Ciba => "vsar_",
            Self::Link => "vsln_",
            Self::InitialAccess => "vsia_",
            Self::Registration => "vsra_",
        }
    }
}

/// A bearer secret: prefix, 256 random bits in base64url, and a checksum of 6 characters.
///
/// The checksum lets scanners and parsers drop typing errors and truncations without a look-up.
#[derive(Clone)]
pub struct Token(Secret<String>);

impl Token {
    /// Draws a new token of `kind`.
    pub fn generate(kind: TokenKind, entropy: &Entropy) -> Self {
        Self::seal(kind, &URL_SAFE_NO_PAD.encode(entropy.bytes::<32>()))
    }

    /// A token whose body was made elsewhere (base64url); adds prefix and checksum.
    pub fn seal(kind: TokenKind, body: &str) -> Self {
        let text = format!("{}{}", kind.prefix(), body);
        let sum = checksum(&text);
        Self(Secret::new(text + &sum))
    }

    /// Reads a token of `kind`; `None` when prefix, alphabet or checksum are wrong.
    pub fn parse(kind: TokenKind, text: &str) -> Option<Self> {
        let rest = text.strip_prefix(kind.prefix())?;
        if rest.len() > 512 || !rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return None;
        }
        let (head, sum) = text.split_at_checked(text.len().checked_sub(6)?)?;
        same_bytes(checksum(head).as_bytes(), sum.as_bytes()).then(|| Self(Secret::new(text.to_owned())))
    }

    /// The part between prefix and checksum.
    pub fn body(&self) -> &str {
        let text = self.0.expose();
        let start = text.find('_').map_or(0, |i| i + 1);
        text.get(start..text.len().saturating_sub(6)).unwrap_or_default()
    }

    /// The token as it is sent; only where it leaves the process.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What is stored in its place.
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.expose())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

fn checksum(text: &str) -> String {
    let digest = Digest::of(text);
    let mut sum = digest.to_base64url();
    sum.truncate(6);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_a_changed_one_is_not() {
        let token = Token::generate(TokenKind::Code, &Entropy::system());
        let text = token.expose().to_owned();
        assert!(Token::parse(TokenKind::Code, &text).is_some());
        assert!(Token::parse(TokenKind::Refresh, &text).is_none());
        assert!(Token::parse(TokenKind::Code, &text[..text.len() - 1]).is_none());
        let mut other = text.clone();
        other.replace_range(10..11, if &text[10..11] == "A" { "B" } else { "A" });
        assert!(Token::parse(TokenKind::Code, &other).is_none());
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Secret::new("hunter2".to_owned())), "Secret(…)");
    }
}
