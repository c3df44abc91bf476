//! Passwords: what may become one (SP 800-63B §3.1.1.2), and Argon2id.
//!
//! With `foreign` (hashes made elsewhere) the only file that names `argon2`. It computes on the caller's thread and with the caller's memory; the
//! workers that call it live in `hashing`. Every function takes the password as typed and brings it to NFC
//! itself; nothing is trimmed, folded or cut.

use argon2::{Algorithm, Argon2, Block, Version};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use zeroize::Zeroize;

pub mod foreign;
#[cfg(test)]
mod foreign_tests;

use super::blocklist;
use crate::base::text::nfc;
use crate::base::{Digest, secret::same_bytes};

/// Longest password taken, in bytes; a longer one would let a stranger buy our processors.
pub const LIMIT: usize = 1024;

/// Code points that must remain when the words of the context are taken out.
const BEYOND_CONTEXT: usize = 8;

/// What a new password must satisfy. There are no composition rules and no expiry (SP 800-63B §3.1.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Least number of Unicode code points: 12, or 15 where the password stands alone.
    pub min_length: usize,
    /// Words of the service (its name, the clinics') that make no password; a person's own go to [`check`].
    pub context_words: Vec<String>,
}

impl Policy {
    /// 12 code points: another factor is asked as well.
    pub fn with_second_factor() -> Self {
        Self { min_length: 12, context_words: vec!["vouchsafe".to_owned()] }
    }

    /// 15 code points: nothing else is asked.
    pub fn alone() -> Self {
        Self { min_length: 15, ..Self::with_second_factor() }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::with_second_factor()
    }
}

/// Why a password was not taken; shown to the person (SP 800-63B §3.1.1.2 asks for the reason).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    /// Fewer code points than the policy asks.
    #[error("shorter than {min} characters")]
    TooShort {
        /// The least number of code points.
        min: usize,
    },
    /// More than [`LIMIT`] bytes.
    #[error("longer than {LIMIT} bytes")]
    TooLong,
    /// Among the passwords attackers try first.
    #[error("a commonly used password")]
    Blocklisted,
    /// Little more than the person's name or the service's.
    #[error("little more than a name that others know")]
    ContainsContext,
    /// Holds U+0000, which other programs would cut at.
    #[error("holds a NUL character")]
    NulByte,
}

/// Whether `typed` may become a password. `context` holds what others know of the person: username, the part
/// of the e-mail before the `@`, the clinic's name.
///
/// A word of the context is no reason in itself (a passphrase may hold "anna"); it is one when fewer than
/// eight letters or digits remain without it.
pub fn check(typed: &str, policy: &Policy, context: &[&str]) -> Result<(), Weak> {
    if typed.len() > LIMIT {
        return Err(Weak::TooLong);
    }
    let password = nfc(typed);
    if password.len() > LIMIT {
        return Err(Weak::TooLong);
    }
    if password.contains('\0') {
        return Err(Weak::NulByte);
    }
    if password.chars().count() < policy.min_length {
        return Err(Weak::TooShort { min: policy.min_length });
    }
    let folded = password.to_lowercase();
    if blocklist::contains(&folded) {
        return Err(Weak::Blocklisted);
    }
    let words = policy.context_words.iter().map(String::as_str).chain(context.iter().copied());
    if mostly_context(&folded, words) { Err(Weak::ContainsContext) } else { Ok(()) }
}

/// Whether `folded` holds words of the context and little beside them. Longer words are taken out first.
fn mostly_context<'a>(folded: &str, words: impl Iterator<Item = &'a str>) -> bool {
    let mut words: Vec<String> = words.map(|w| nfc(w).to_lowercase()).collect();
    let parts: Vec<String> = words
        .iter()
        .flat_map(|w| w.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    words.extend(parts);
    words.retain(|w| w.chars().count() >= 3);
    words.sort_by_key(|w| std::cmp::Reverse(w.len()));
    let mut rest = folded.to_owned();
    for word in &words {
        rest = rest.replace(word.as_str(), " ");
    }
    rest != folded && rest.chars().filter(|c| c.is_alphanumeric()).count() < BEYOND_CONTEXT
}

/// Advice while a password is being chosen; never a reason to refuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// 0 (guessed at once) to 4.
    pub score: u8,
    /// A word that names the advice in the locales: `common`, `keyboard`, `repeat`, `sequence`, `date`,
    /// `word`, `name` or `longer`.
    pub advice: &'static str,
}

/// Advice for `typed`; `None` when there is nothing to say. Looks at the first 100 characters only, since
/// zxcvbn's time grows with the square of the length.
pub fn hint(typed: &str) -> Option<Hint> {
    use zxcvbn::feedback::Warning as W;
    let head: String = typed.chars().take(100).collect();
    let estimate = zxcvbn::zxcvbn(&head, &["vouchsafe"]);
    let score = u8::from(estimate.score());
    if head.is_empty() || score >= 3 {
        return None;
    }
    let advice = match estimate.feedback().and_then(|f| f.warning()) {
        None => "longer",
        Some(W::StraightRowsOfKeysAreEasyToGuess | W::ShortKeyboardPatternsAreEasyToGuess) => "keyboard",
        Some(W::RepeatsLikeAaaAreEasyToGuess | W::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess) => "repeat",
        Some(W::ThisIsATop10Password | W::ThisIsATop100Password | W::ThisIsACommonPassword) => "common",
        Some(W::ThisIsSimilarToACommonlyUsedPassword) => "common",
        Some(W::SequencesLikeAbcAreEasyToGuess) => "sequence",
        Some(W::RecentYearsAreEasyToGuess | W::DatesAreOftenEasyToGuess) => "date",
        Some(W::AWordByItselfIsEasyToGuess) => "word",
        Some(W::NamesAndSurnamesByThemselvesAreEasyToGuess | W::CommonNamesAndSurnamesAreEasyToGuess) => {
            "name"
        }
    };
    Some(Hint { score, advice })
}

/// Argon2id's cost (RFC 9106). The default is the least that SP 800-63B and OWASP allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Params {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

impl Default for Params {
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, parallelism: 1 }
    }
}

impl Params {
    /// A cost we accept to compute: 8 KiB a lane to 1 GiB, 1 to 64 passes, 1 to 16 lanes. `None` beyond, so
    /// that a stored or imported hash cannot ask for more memory than the machine has.
    pub fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Option<Self> {
        let ok = (1..=16).contains(&parallelism)
            && (1..=64).contains(&iterations)
            && (8 * parallelism..=1 << 20).contains(&memory_kib);
        ok.then_some(Self { memory_kib, iterations, parallelism })
    }

    /// Memory in KiB.
    pub fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    /// Lanes; computed one after another here.
    pub fn parallelism(&self) -> u32 {
        self.parallelism
    }

    /// Whether a hash of this cost is weaker in any respect than `current` asks.
    fn below(&self, current: &Self) -> bool {
        self.memory_kib < current.memory_kib || self.iterations < current.iterations
    }
}

/// The memory Argon2id works in, kept between hashes; wiped when dropped.
#[derive(Default)]
pub struct Blocks(Vec<Block>);

impl Blocks {
    /// No memory yet; the first hash takes it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes held.
    pub fn held(&self) -> usize {
        self.0.capacity().saturating_mul(Block::SIZE)
    }

    /// Wipes the memory and gives it back to the system.
    pub fn release(&mut self) {
        self.0.zeroize();
        self.0 = Vec::new();
    }

    fn at_least(&mut self, count: usize) -> Result<&mut [Block], Unhashable> {
        if self.0.len() < count {
            self.0.try_reserve_exact(count - self.0.len()).map_err(|_| Unhashable)?;
            self.0.resize(count, Block::new());
        }
        self.0.get_mut(..count).ok_or(Unhashable)
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The hash could not be computed: the machine has no memory for it. Nothing was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no memory for a password hash")]
pub struct Unhashable;

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The password is the one that was hashed.
    pub ok: bool,
    /// It is, and its hash is weaker than the setting: hash it anew while the password is at hand.
    pub needs_rehash: bool,
}

/// Hashes a password into a PHC string (`$argon2id$v=19$m=…,t=…,p=…$salt$hash`).
pub fn hash_into(
    blocks: &mut Blocks,
    password: &str,
    salt: &[u8; 16],
    params: &Params,
) -> Result<String, Unhashable> {
    let mut hash = [0u8; 32];
    digest(blocks, password, salt, params, &mut hash)?;
    Ok(phc(params, salt, &hash))
}

/// Compares a password with a PHC string, or with a hash made elsewhere, in constant time. A string that cannot be
/// read, or a password beyond [`LIMIT`], is no match; the unreadable string still costs a hash of `current`.
pub fn verify(
    blocks: &mut Blocks,
    password: &str,
    stored: &str,
    current: &Params,
) -> Result<Verified, Unhashable> {
    let no = Verified { ok: false, needs_rehash: false };
    if password.len() > LIMIT {
        return Ok(no);
    }
    let Some(stored) = Stored::parse(stored) else {
        if let Ok(foreign) = foreign::Foreign::read(stored) {
            let ok = foreign.matches(blocks, password)?;
            return Ok(Verified { ok, needs_rehash: ok });
        }
        digest(blocks, password, &[0; 16], current, &mut [0; 32])?;
        return Ok(no);
    };
    let mut hash = vec![0u8; stored.hash.len()];
    // A larger hash from elsewhere must not make the worker keep its memory.
    let mut own = Blocks::new();
    let blocks = if stored.params.memory_kib > current.memory_kib { &mut own } else { blocks };
    digest(blocks, password, &stored.salt, &stored.params, &mut hash)?;
    let ok = same_bytes(&hash, &stored.hash);
    hash.zeroize();
    let weak = stored.params.below(current) || stored.salt.len() < 16 || stored.hash.len() < 32;
    Ok(Verified { ok, needs_rehash: ok && weak })
}

/// A hash that no password has, of the cost of `params`: what is compared where a name is unknown, so that
/// the answer takes as long.
pub fn dummy(params: &Params) -> String {
    let salt = Digest::of("vouchsafe: nobody's salt");
    let salt = salt.as_bytes().first_chunk::<16>().copied().unwrap_or_default();
    phc(params, &salt, Digest::of("vouchsafe: nobody's password").as_bytes())
}

/// Argon2id of a secret that is not a person's choice (a recovery code), 32 bytes.
pub(super) fn raw(
    blocks: &mut Blocks,
    secret: &str,
    salt: &[u8; 16],
    params: &Params,
) -> Result<[u8; 32], Unhashable> {
    let mut out = [0u8; 32];
    digest(blocks, secret, salt, params, &mut out)?;
    Ok(out)
}

fn digest(
    blocks: &mut Blocks,
    password: &str,
    salt: &[u8],
    params: &Params,
    out: &mut [u8],
) -> Result<(), Unhashable> {
    let mut password = nfc(password);
    let cost = argon2::Params::new(params.memory_kib, params.iterations, params.parallelism, Some(out.len()))
        .map_err(|_| Unhashable)?;
    let memory = blocks.at_least(cost.block_count())?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost);
    let done = argon.hash_password_into_with_memory(password.as_bytes(), salt, out, memory);
    password.zeroize();
    done.map_err(|_| Unhashable)
}

fn phc(params: &Params, salt: &[u8], hash: &[u8]) -> String {
    let Params { memory_kib: m, iterations: t, parallelism: p } = params;
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${hash}")
}

/// Whether comparing with `text` costs what a new hash of ours costs: it was made here, or by another of our kind.
pub fn costs_as(text: &str, params: &Params) -> bool {
    Stored::parse(text).is_some_and(|stored| stored.params == *params)
}

/// A PHC string taken apart.
struct Stored {
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Stored {
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("$argon2id$v=19$")?;
        let mut fields = rest.split('$');
        let (cost, salt, hash) = (fields.next()?, fields.next()?, fields.next()?);
        let mut numbers = cost.split(',');
        let mut number = |name: &str| numbers.next()?.strip_prefix(name)?.parse::<u32>().ok();
        let params = Params::new(number("m=")?, number("t=")?, number("p=")?)?;
        if fields.next().is_some() || numbers.next().is_some() || text.len() > 512 {
            return None;
        }
        let salt = STANDARD_NO_PAD.decode(salt).ok().filter(|s| (8..=64).contains(&s.len()))?;
        let hash = STANDARD_NO_PAD.decode(hash).ok().filter(|h| (16..=64).contains(&h.len()))?;
        Some(Self { params, salt, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> Params {
        Params::new(64, 1, 1).unwrap()
    }

    #[test]
    fn what_may_become_a_password() {
        let policy = Policy::default();
        let context = ["alice", "alice.liddell", "Wonderland Clinic"];
        let table: &[(&str, Result<(), Weak>)] = &[
            ("", Err(Weak::TooShort { min: 12 })),
            ("elevenchars", Err(Weak::TooShort { min: 12 })),
            ("twelve chars", Ok(())),
            ("correct horse battery staple", Ok(())),
            ("пароль из слов", Ok(())),
            ("tea\0party at seven", Err(Weak::NulByte)),
            ("passwordpassword", Err(Weak::Blocklisted)),
            ("PasswordPassword", Err(Weak::Blocklisted)),
            ("qwertyuiop123", Err(Weak::Blocklisted)),
            ("123456789012", Err(Weak::Blocklisted)),
            ("alicealice1865", Err(Weak::ContainsContext)),
            ("Vouchsafe-2031!", Err(Weak::ContainsContext)),
            ("wonderland clinic", Err(Weak::ContainsContext)),
            ("Wonderland#clinic#7", Err(Weak::ContainsContext)),
            ("alice drinks dark tea", Ok(())),
            ("   spaces count   ", Ok(())),
        ];
        for (typed, expected) in table {
            assert_eq!(check(typed, &policy, &context), *expected, "{typed:?}");
        }
        assert_eq!(check("fourteen chars", &Policy::alone(), &[]), Err(Weak::TooShort { min: 15 }));
    }

    #[test]
    fn lengths_are_code_points_after_nfc_and_bytes_at_the_top() {
        let policy = Policy::default();
        // Eleven code points in NFC, 22 as typed.
        assert_eq!(check(&"e\u{301}".repeat(11), &policy, &[]), Err(Weak::TooShort { min: 12 }));
        let longest: String = "abcdefghij klmno".repeat(64);
        assert_eq!(longest.len(), LIMIT);
        assert_eq!(check(&longest, &policy, &[]), Ok(()));
        assert_eq!(check(&(longest + "x"), &policy, &[]), Err(Weak::TooLong));
    }

    #[test]
    fn a_hash_is_read_back_and_nothing_is_cut() {
        let mut blocks = Blocks::new();
        let params = cheap();
        let long = "x".repeat(1000);
        let stored = hash_into(&mut blocks, &long, &[7; 16], &params).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        let yes = verify(&mut blocks, &long, &stored, &params).unwrap();
        assert_eq!(yes, Verified { ok: true, needs_rehash: false });
        for other in [&long[..999], "X", "", &format!("{long} ")] {
            assert!(!verify(&mut blocks, other, &stored, &params).unwrap().ok);
        }
    }

    #[test]
    fn both_normal_forms_are_one_password() {
        let mut blocks = Blocks::new();
        let stored = hash_into(&mut blocks, "caf\u{e9} au lait", &[1; 16], &cheap()).unwrap();
        assert!(verify(&mut blocks, "cafe\u{301} au lait", &stored, &cheap()).unwrap().ok);
        assert!(!verify(&mut blocks, "Caf\u{e9} au lait", &stored, &cheap()).unwrap().ok);
    }

    #[test]
    fn a_raised_setting_asks_for_a_new_hash() {
        let mut blocks = Blocks::new();
        let stored = hash_into(&mut blocks, "tea party", &[1; 16], &cheap()).unwrap();
        for raised in [Params::new(128, 1, 1).unwrap(), Params::new(64, 2, 1).unwrap()] {
            assert!(verify(&mut blocks, "tea party", &stored, &raised).unwrap().needs_rehash);
            let wrong = verify(&mut blocks, "tea pot", &stored, &raised).unwrap();
            assert_eq!(wrong, Verified { ok: false, needs_rehash: false });
        }
        let lowered = Params::new(32, 1, 1).unwrap();
        assert!(!verify(&mut blocks, "tea party", &stored, &lowered).unwrap().needs_rehash);
    }

    #[test]
    fn another_implementation_agrees() {
        // argon2id, m=65536, t=2, p=1, "password", salt "somesalt": the reference implementation's test.
        let reference =
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        let mut blocks = Blocks::new();
        let found = verify(&mut blocks, "password", reference, &Params::default()).unwrap();
        assert_eq!(found, Verified { ok: true, needs_rehash: true }, "its salt is short");
    }

    #[test]
    fn unreadable_hashes_match_nothing() {
        let mut blocks = Blocks::new();
        let good = hash_into(&mut blocks, "x", &[1; 16], &cheap()).unwrap();
        let mut bad =
            vec![String::new(), "!".into(), good.replace("argon2id", "argon2i"), format!("{good}$")];
        bad.extend([good.replace("v=19", "v=16"), good.replace("m=64", "m=4294967295")]);
        bad.extend([
            good.replace("t=1", "t=0"),
            good.replace(",p=1", ""),
            good[..good.len() - 30].to_owned(),
        ]);
        for text in bad {
            assert!(Stored::parse(&text).is_none(), "{text}");
            assert!(!verify(&mut blocks, "x", &text, &cheap()).unwrap().ok);
        }
        assert!(Stored::parse(&dummy(&Params::default())).is_some());
        assert!(!verify(&mut blocks, "", &dummy(&cheap()), &cheap()).unwrap().ok);
    }

    #[test]
    fn memory_is_reused_and_given_back() {
        let mut blocks = Blocks::new();
        let big = Params::new(128, 1, 1).unwrap();
        let first = hash_into(&mut blocks, "a", &[1; 16], &big).unwrap();
        let held = blocks.held();
        assert_eq!(held, 128 * 1024);
        hash_into(&mut blocks, "b", &[1; 16], &cheap()).unwrap();
        assert_eq!(blocks.held(), held);
        assert_eq!(hash_into(&mut blocks, "a", &[1; 16], &big).unwrap(), first);
        blocks.release();
        assert_eq!(blocks.held(), 0);
    }

    #[test]
    fn hints_are_given_and_bounded() {
        assert_eq!(hint("qwertyuiop").map(|h| h.advice), Some("common"));
        assert_eq!(hint(""), None);
        assert_eq!(hint("seventeen purple otters hum"), None);
        let _ = hint(&"ab1".repeat(100_000));
    }
}
