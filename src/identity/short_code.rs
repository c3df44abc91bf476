//! Short codes for people to type: 40 random bits in Crockford's base 32, `XXXX-XXXX`. They count only beside the name of
//! the account (SP 800-63B-4 §4.1.2.2 asks for 40 bits with an identifier), so what is kept is a keyed digest of both.

use unicode_normalization::UnicodeNormalization;

use crate::base::{Entropy, Secret};

/// Crockford's alphabet: no I, L, O (read as digits) and no U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LETTERS: usize = 8;

/// A new code as it is printed.
pub fn draw(entropy: &Entropy) -> Secret<String> {
    let bits = entropy.bytes::<5>().iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let mut text = String::with_capacity(LETTERS + 1);
    for i in 0..LETTERS {
        if i == LETTERS / 2 {
            text.push('-');
        }
        let index = usize::try_from(bits >> (5 * i) & 31).unwrap_or_default();
        text.push(char::from(*ALPHABET.get(index).unwrap_or(&b'0')));
    }
    Secret::new(text)
}

/// A code as it is compared: eight letters, upper case, however it was written down. `None` when it is none.
pub fn normalise(typed: &str) -> Option<Secret<String>> {
    if typed.len() > 128 {
        return None;
    }
    let mut text = String::with_capacity(LETTERS);
    for c in typed.nfkc().flat_map(char::to_uppercase) {
        match c {
            'O' => text.push('0'),
            'I' | 'L' => text.push('1'),
            c if c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}') => {}
            c if u8::try_from(c).is_ok_and(|b| ALPHABET.contains(&b)) => text.push(c),
            _ => return None,
        }
    }
    (text.len() == LETTERS).then(|| Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_write_it() {
        for typed in ["7F3K-92QD", "7f3k92qd", " 7F3K 92QD\n", "７Ｆ３Ｋ–９２ＱＤ"] {
            assert_eq!(normalise(typed).unwrap().expose(), "7F3K92QD", "{typed}");
        }
        assert_eq!(normalise("OIL0-0000").unwrap().expose(), "01100000");
        for bad in ["", "7F3K-92Q", "7F3K-92QDX", "7F3K-92QU", "7F3K_92QD"] {
            assert!(normalise(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn codes_are_drawn_from_the_whole_alphabet() {
        let entropy = Entropy::system();
        let drawn: String = (0..200).map(|_| draw(&entropy).expose().clone()).collect();
        for letter in ALPHABET {
            assert!(drawn.contains(char::from(*letter)), "{}", char::from(*letter));
        }
        let one = draw(&entropy);
        assert_eq!((one.expose().len(), one.expose().find('-')), (9, Some(4)));
        assert!(normalise(one.expose()).is_some());
    }
}
