//! Short codes for people to type: 40 random bits in Crockford's base 32, `XXXX-XXXX`. They count only beside the name of
//! the account (SP 800-63B-4 §4.1.2.2 asks for 40 bits with an identifier), so what is kept is a keyed digest of both.

use crate::base::{Entropy, Secret, crockford};

const LETTERS: usize = 8;

/// A new code as it is printed.
pub fn draw(entropy: &Entropy) -> Secret<String> {
    let bits = entropy.bytes::<5>().iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    Secret::new(crockford::grouped(bits, LETTERS))
}

/// A code as it is compared: eight letters, upper case, however it was written down. `None` when it is none.
pub fn normalise(typed: &str) -> Option<Secret<String>> {
    crockford::normalise(typed, LETTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_drawn_from_the_whole_alphabet() {
        let entropy = Entropy::system();
        let drawn: String = (0..200).map(|_| draw(&entropy).expose().clone()).collect();
        for letter in crockford::ALPHABET {
            assert!(drawn.contains(char::from(*letter)), "{}", char::from(*letter));
        }
        let one = draw(&entropy);
        assert_eq!((one.expose().len(), one.expose().find('-')), (9, Some(4)));
        assert!(normalise(one.expose()).is_some());
    }
}
