//! Passwords hashed elsewhere: bcrypt, PBKDF2, scrypt and Argon2 as other systems write them down.
//!
//! They are read when people are imported, compared with on the hashing threads, and replaced by our own at the
//! first right sign-in. A hash that would cost more than we are ready to pay for a stranger's guess is refused when
//! it is read. It must not know where hashes are kept.

use std::num::NonZeroU32;

use argon2::{Algorithm, Argon2, Version};
use aws_lc_rs::pbkdf2;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroize;

use super::{Blocks, LIMIT, Unhashable};
use crate::base::secret::same_bytes;
use crate::base::text::nfc;

/// Longest hash read, in bytes.
const LONGEST: usize = 512;
/// bcrypt looks at no more bytes than this; what it never looked at cannot be asked for.
const BCRYPT_BYTES: usize = 72;
/// Dearest bcrypt: about a second.
const BCRYPT_COST: u32 = 14;
/// Most PBKDF2 rounds, over all blocks of the output: about a second.
const PBKDF2_ROUNDS: u32 = 2_000_000;
/// Most memory of one hash, in KiB.
const MEMORY_KIB: u64 = 256 << 10;
/// Most memory times passes of Argon2, in KiB: about a second.
const ARGON2_WORK_KIB: u64 = 2 << 20;

/// A hash made elsewhere, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    scheme: Scheme,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Bcrypt { cost: u32 },
    Pbkdf2 { hmac: Hmac, rounds: NonZeroU32 },
    Scrypt { log_n: u8, r: u32, p: u32 },
    Argon2 { kind: Algorithm, version: Version, m: u32, t: u32, p: u32 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hmac {
    Sha256,
    Sha512,
}

/// Why a hash from elsewhere is not taken; says how to mend it, and never repeats the hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// No scheme we compare with.
    #[error(
        "no hash we can compare with; give bcrypt ($2a$, $2b$, $2y$), PBKDF2 with SHA-256 or SHA-512 \
         ($pbkdf2-sha256$ or Django's pbkdf2_sha256$), scrypt ($scrypt$) or Argon2 ($argon2id$, $argon2i$, $argon2d$)"
    )]
    Unknown,
    /// The scheme is known, the text is not of its form.
    #[error("a damaged {0} hash; copy it whole, with every $")]
    Damaged(&'static str),
    /// It would take more than about a second or 256 MiB to compare with.
    #[error(
        "a {scheme} hash of {found}, which costs too much; {most} at most, or leave it out and invite the person"
    )]
    TooDear {
        /// The scheme.
        scheme: &'static str,
        /// What it asks.
        found: String,
        /// What we are ready to pay.
        most: &'static str,
    },
}

impl Foreign {
    /// Reads a hash as another system wrote it.
    pub fn read(text: &str) -> Result<Self, Unusable> {
        if text.len() > LONGEST {
            return Err(Unusable::Unknown);
        }
        let fields: Vec<&str> = text.split('$').collect();
        let read = match fields.as_slice() {
            ["", "2a" | "2b" | "2y", cost, body] => bcrypt_of(cost, body).ok_or("bcrypt"),
            ["", name @ ("pbkdf2-sha256" | "pbkdf2-sha512"), cost, salt, hash] => {
                pbkdf2_of(name, cost, base64(salt), hash).ok_or("PBKDF2")
            }
            [name @ ("pbkdf2_sha256" | "pbkdf2_sha512"), cost, salt, hash] => {
                pbkdf2_of(name, cost, Some(salt.as_bytes().to_vec()), hash).ok_or("PBKDF2")
            }
            ["", "scrypt", cost, salt, hash] => scrypt_of(cost, salt, hash).ok_or("scrypt"),
            ["", name, rest @ ..] if name.starts_with("argon2") => argon2_of(name, rest).ok_or("Argon2"),
            _ => return Err(Unusable::Unknown),
        };
        let read = read.map_err(Unusable::Damaged)?;
        read.payable()?;
        Ok(read)
    }

    /// A hash of the same cost that no password has: what is compared with where nobody is known.
    pub fn nobody_alike(&self) -> String {
        let (salt, hash) = (vec![0; self.salt.len().max(8)], vec![0; self.hash.len()]);
        let phc = |head: String| format!("{head}${}${}", B64.encode(&salt), B64.encode(&hash));
        match self.scheme {
            Scheme::Bcrypt { cost } => {
                format!("$2b${cost:02}${}{}", BCRYPT_B64.encode([0; 16]), BCRYPT_B64.encode([0; 23]))
            }
            Scheme::Pbkdf2 { hmac: Hmac::Sha256, rounds } => phc(format!("$pbkdf2-sha256$i={rounds}")),
            Scheme::Pbkdf2 { hmac: Hmac::Sha512, rounds } => phc(format!("$pbkdf2-sha512$i={rounds}")),
            Scheme::Scrypt { log_n, r, p } => phc(format!("$scrypt$ln={log_n},r={r},p={p}")),
            Scheme::Argon2 { kind, version, m, t, p } => {
                phc(format!("${}$v={}$m={m},t={t},p={p}", kind.as_str(), u32::from(version)))
            }
        }
    }

    /// Whether `typed` is the password that was hashed. The other system hashed what a browser sent, which is nearly
    /// always NFC; where what was typed is not, both forms are tried.
    pub(super) fn matches(&self, blocks: &mut Blocks, typed: &str) -> Result<bool, Unhashable> {
        let mut normal = nfc(typed);
        let found = self.is_of(blocks, &normal);
        let found = match found {
            Ok(false) if normal != typed => self.is_of(blocks, typed),
            other => other,
        };
        normal.zeroize();
        // U+0000 ends a password in bcrypt, and HMAC cannot tell it from nothing: with it, other passwords would do.
        Ok(found? && !typed.contains('\0') && typed.len() <= LIMIT)
    }

    fn is_of(&self, blocks: &mut Blocks, password: &str) -> Result<bool, Unhashable> {
        let mut out = vec![0; self.hash.len()];
        self.compute(blocks, password.as_bytes(), &mut out)?;
        let same = same_bytes(&out, &self.hash);
        out.zeroize();
        Ok(same)
    }

    fn compute(&self, blocks: &mut Blocks, password: &[u8], out: &mut [u8]) -> Result<(), Unhashable> {
        match self.scheme {
            Scheme::Bcrypt { cost } => {
                let salt = self.salt.first_chunk::<16>().ok_or(Unhashable)?;
                let mut key: Vec<u8> = password.iter().copied().chain([0]).take(BCRYPT_BYTES).collect();
                let mut hash = bcrypt::bcrypt(cost, *salt, &key);
                key.zeroize();
                out.copy_from_slice(hash.get(..out.len()).ok_or(Unhashable)?);
                hash.zeroize();
            }
            Scheme::Pbkdf2 { hmac, rounds } => {
                let algorithm = match hmac {
                    Hmac::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
                    Hmac::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
                };
                pbkdf2::derive(algorithm, rounds, &self.salt, password, out);
            }
            Scheme::Scrypt { log_n, r, p } => {
                let cost = scrypt::Params::new(log_n, r, p).map_err(|_| Unhashable)?;
                scrypt::scrypt(password, &self.salt, &cost, out).map_err(|_| Unhashable)?;
            }
            Scheme::Argon2 { kind, version, m, t, p } => {
                let cost = argon2::Params::new(m, t, p, Some(out.len())).map_err(|_| Unhashable)?;
                // What is larger than a worker keeps anyway is taken for this hash alone.
                let mut own = Blocks::new();
                let blocks = if blocks.0.len() < cost.block_count() { &mut own } else { blocks };
                let memory = blocks.at_least(cost.block_count())?;
                Argon2::new(kind, version, cost)
                    .hash_password_into_with_memory(password, &self.salt, out, memory)
                    .map_err(|_| Unhashable)?;
            }
        }
        Ok(())
    }

    /// Whether a guess at it may cost what it costs.
    fn payable(&self) -> Result<(), Unusable> {
        let dear = |scheme, found, most| Err(Unusable::TooDear { scheme, found, most });
        match self.scheme {
            Scheme::Bcrypt { cost } if cost > BCRYPT_COST => {
                dear("bcrypt", format!("cost {cost}"), "cost 14")
            }
            Scheme::Pbkdf2 { hmac, rounds } => {
                let block = if hmac == Hmac::Sha256 { 32 } else { 64 };
                let blocks = u32::try_from(self.hash.len().div_ceil(block)).unwrap_or(u32::MAX);
                match rounds.get().saturating_mul(blocks) > PBKDF2_ROUNDS {
                    true => dear("PBKDF2", format!("{rounds} rounds"), "2000000 rounds"),
                    false => Ok(()),
                }
            }
            Scheme::Scrypt { log_n, r, p } => {
                let kib = scrypt_kib(log_n, r).saturating_mul(u64::from(p));
                match kib > MEMORY_KIB {
                    true => dear(
                        "scrypt",
                        format!("ln={log_n},r={r},p={p}"),
                        "2^ln * r * p * 128 bytes of 256 MiB",
                    ),
                    false => Ok(()),
                }
            }
            Scheme::Argon2 { m, t, p, .. } => {
                let (m_kib, work) = (u64::from(m), u64::from(m).saturating_mul(u64::from(t)));
                match m_kib > MEMORY_KIB || work > ARGON2_WORK_KIB || p > 16 {
                    true => dear(
                        "Argon2",
                        format!("m={m},t={t},p={p}"),
                        "m of 262144, m * t of 2097152 and p of 16",
                    ),
                    false => Ok(()),
                }
            }
            Scheme::Bcrypt { .. } => Ok(()),
        }
    }
}

fn scrypt_kib(log_n: u8, r: u32) -> u64 {
    1u64.checked_shl(u32::from(log_n)).map_or(u64::MAX, |n| n.saturating_mul(u64::from(r)) / 8)
}

/// Base 64 with or without padding, and whatever the last letter's spare bits hold.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_encode_padding(false)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const B64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const BCRYPT_B64: GeneralPurpose = GeneralPurpose::new(&alphabet::BCRYPT, LENIENT);

/// Passlib writes `.` for `+`.
fn base64(text: &str) -> Option<Vec<u8>> {
    B64.decode(text.replace('.', "+")).ok()
}

fn parts(scheme: Scheme, salt: Option<Vec<u8>>, hash: Option<Vec<u8>>) -> Option<Foreign> {
    // A hash of a few bytes would be met by other passwords.
    let (salt, hash) = (salt?, hash?);
    let fits = (1..=64).contains(&salt.len()) && (16..=64).contains(&hash.len());
    fits.then_some(Foreign { scheme, salt, hash })
}

fn bcrypt_of(cost: &str, body: &str) -> Option<Foreign> {
    let digits = cost.len() == 2 && cost.bytes().all(|b| b.is_ascii_digit());
    let cost = cost.parse::<u32>().ok().filter(|cost| digits && (4..=31).contains(cost))?;
    let (salt, hash) = (body.get(..22)?, body.get(22..)?);
    let (salt, hash) = (BCRYPT_B64.decode(salt).ok()?, BCRYPT_B64.decode(hash).ok()?);
    (salt.len() == 16 && hash.len() == 23).then_some(Foreign { scheme: Scheme::Bcrypt { cost }, salt, hash })
}

/// `i=600000,l=32`, `i=600000`, or the number alone.
fn pbkdf2_of(name: &str, cost: &str, salt: Option<Vec<u8>>, hash: &str) -> Option<Foreign> {
    let (rounds, length) = match cost.split_once(",l=") {
        Some((rounds, length)) => (rounds, Some(length.parse::<usize>().ok()?)),
        None => (cost, None),
    };
    let rounds = rounds.strip_prefix("i=").unwrap_or(rounds).parse::<NonZeroU32>().ok()?;
    let hmac = if name.ends_with("256") { Hmac::Sha256 } else { Hmac::Sha512 };
    let hash = base64(hash).filter(|hash| length.is_none_or(|length| length == hash.len()));
    parts(Scheme::Pbkdf2 { hmac, rounds }, salt, hash)
}

fn scrypt_of(cost: &str, salt: &str, hash: &str) -> Option<Foreign> {
    let mut numbers = Numbers(cost.split(','));
    let (log_n, r, p) = (numbers.next("ln=")?, numbers.next("r=")?, numbers.next("p=")?);
    let log_n = u8::try_from(log_n).ok().filter(|n| (1..=63).contains(n))?;
    let whole = numbers.0.next().is_none() && r > 0 && p > 0;
    parts(Scheme::Scrypt { log_n, r, p }, base64(salt), base64(hash)).filter(|_| whole)
}

/// Without `v=` it is version 1.0.
fn argon2_of(name: &str, rest: &[&str]) -> Option<Foreign> {
    let kind = match name {
        "argon2d" => Algorithm::Argon2d,
        "argon2i" => Algorithm::Argon2i,
        "argon2id" => Algorithm::Argon2id,
        _ => return None,
    };
    let (version, cost, salt, hash) = match rest {
        ["v=19", cost, salt, hash] => (Version::V0x13, cost, salt, hash),
        ["v=16", cost, salt, hash] | [cost, salt, hash] => (Version::V0x10, cost, salt, hash),
        _ => return None,
    };
    let mut numbers = Numbers(cost.split(','));
    let (m, t, p) = (numbers.next("m=")?, numbers.next("t=")?, numbers.next("p=")?);
    let possible = numbers.0.next().is_none() && p > 0 && t > 0 && m >= p.saturating_mul(8);
    let salt = base64(salt).filter(|salt| salt.len() >= 8);
    parts(Scheme::Argon2 { kind, version, m, t, p }, salt, base64(hash)).filter(|_| possible)
}

/// Named numbers in their order.
struct Numbers<'t>(std::str::Split<'t, char>);

impl Numbers<'_> {
    fn next(&mut self, name: &str) -> Option<u32> {
        let digits = self.0.next()?.strip_prefix(name)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    }
}
