//! Recovery codes: ten on paper, each good once (SP 800-63B §3.1.2, look-up secrets).
//!
//! A code is 80 random bits in Crockford's base 32, four groups of four letters. A set has one salt, so a
//! guess costs one Argon2id hash whatever the number of codes. Spending is the store's guarded statement.

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroize;

use super::password::{self, Blocks, Params, Unhashable};
use crate::base::{Entropy, Secret, crockford};

/// Codes in a set.
pub const COUNT: usize = 10;

/// Letters in a code: 16 of 5 bits.
const LETTERS: usize = 16;

/// One person's codes as they are stored; sealed with the factor's payload.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Set {
    /// The one salt of the set.
    pub salt: [u8; 16],
    /// The cost its hashes were made at: the paper outlives the setting.
    pub params: Params,
    /// One Argon2id hash a code, in the order shown.
    pub hashes: Vec<[u8; 32]>,
    /// Which codes are spent, in the same order.
    pub used: Vec<bool>,
}

impl Set {
    /// A fresh set of `hashes` under `salt`, made at the cost `params`.
    pub fn new(salt: [u8; 16], params: Params, hashes: Vec<[u8; 32]>) -> Self {
        let used = vec![false; hashes.len()];
        Self { salt, params, hashes, used }
    }

    /// Codes left.
    pub fn remaining(&self) -> usize {
        self.hashes.len().saturating_sub(self.used.iter().filter(|used| **used).count())
    }

    /// Marks a code as spent; `false` when there is none of that index or it was spent before.
    pub fn spend(&mut self, index: usize) -> bool {
        match self.used.get_mut(index) {
            Some(used) if !*used => {
                *used = true;
                true
            }
            _ => false,
        }
    }
}

/// Ten new codes as they are shown, `XXXX-XXXX-XXXX-XXXX`.
pub fn generate(entropy: &Entropy) -> Vec<Secret<String>> {
    (0..COUNT).map(|_| Secret::new(code(entropy.bytes::<10>()))).collect()
}

fn code(mut random: [u8; 10]) -> String {
    let bits = random.iter().fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
    random.zeroize();
    crockford::grouped(bits, LETTERS)
}

/// A code as it is hashed: sixteen letters of Crockford's alphabet, upper case. `None` when `typed` is none.
pub fn normalise(typed: &str) -> Option<Secret<String>> {
    crockford::normalise(typed, LETTERS)
}

/// The hash of a code brought to its form by [`normalise`]; slow by design, so it belongs to the workers.
pub fn hash(
    blocks: &mut Blocks,
    normalised: &str,
    salt: &[u8; 16],
    params: &Params,
) -> Result<[u8; 32], Unhashable> {
    password::raw(blocks, normalised, salt, params)
}

/// The unspent code that has this hash. Every code is compared, spent or not, so the time tells nothing.
pub fn find(set: &Set, hash: &[u8; 32]) -> Option<usize> {
    let mut found = u64::MAX;
    for (index, (stored, used)) in (0u64..).zip(set.hashes.iter().zip(&set.used)) {
        let hit = stored.ct_eq(hash) & !Choice::from(u8::from(*used));
        found = u64::conditional_select(&found, &index, hit);
    }
    usize::try_from(found).ok().filter(|index| *index < set.hashes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_eighty_bits_in_four_groups() {
        assert_eq!(code([0xFF; 10]), "ZZZZ-ZZZZ-ZZZZ-ZZZZ");
        assert_eq!(code([0; 10]), "0000-0000-0000-0000");
        let entropy = Entropy::system();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1000 {
            for code in generate(&entropy) {
                let groups: Vec<_> = code.expose().split('-').map(str::len).collect();
                assert_eq!(groups, [4, 4, 4, 4]);
                assert_eq!(*normalise(code.expose()).unwrap().expose(), code.expose().replace('-', ""));
                assert!(seen.insert(code.expose().clone()));
            }
        }
        assert_eq!(seen.len(), 10_000);
    }

    #[test]
    fn codes_are_read_as_people_write_them() {
        let wanted = "0123456789ABCD1Z";
        for typed in [
            "0123-4567-89AB-CD1Z",
            " 0123 4567 89ab cd1z\n",
            "o123 4567 89ab cdlz",
            "OI23\u{2013}4567\u{2013}89AB\u{2011}CDIZ",
            "０１２３４５６７８９ａｂｃｄ１ｚ",
            "0-1-2-3-4-5-6-7-8-9-a-b-c-d-1-z",
        ] {
            assert_eq!(normalise(typed).unwrap().expose(), wanted, "{typed}");
        }
        for bad in ["", "0123", "0123-4567-89AB-CD1U", "0123-4567-89AB-CD1Z0", "0123.4567.89AB.CD1Z"] {
            assert!(normalise(bad).is_none(), "{bad}");
        }
        assert!(normalise(&" ".repeat(300)).is_none());
    }

    #[test]
    fn a_code_is_found_once() {
        let params = Params::new(64, 1, 1).unwrap();
        let mut blocks = Blocks::new();
        let salt = [9; 16];
        let codes = generate(&Entropy::system());
        let mut hashed = |code: &Secret<String>| {
            hash(&mut blocks, normalise(code.expose()).unwrap().expose(), &salt, &params).unwrap()
        };
        let mut set = Set::new(salt, params, codes.iter().map(&mut hashed).collect());
        for (index, code) in codes.iter().enumerate() {
            let hash = hashed(code);
            assert_eq!(find(&set, &hash), Some(index));
            assert!(set.spend(index));
            assert!(!set.spend(index));
            assert_eq!(find(&set, &hash), None);
            assert_eq!(set.remaining(), COUNT - index - 1);
        }
        assert_eq!(find(&set, &[0; 32]), None);
        assert!(!set.spend(COUNT));
        let stored = serde_json::to_string(&set).unwrap();
        assert_eq!(serde_json::from_str::<Set>(&stored).unwrap(), set);
    }
}
