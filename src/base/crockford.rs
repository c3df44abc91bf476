//! Crockford's base 32: letters that people read out and write down without mixing them up. What a code of them is for is
//! not this file's business.

use unicode_normalization::UnicodeNormalization;

use super::Secret;

/// No I, L, O (read as digits) and no U.
pub const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The letter of five bits; higher ones are not looked at.
pub fn letter(bits: u128) -> char {
    let index = usize::try_from(bits & 31).unwrap_or_default();
    char::from(*ALPHABET.get(index).unwrap_or(&b'0'))
}

/// So many letters from the lowest bits on, in groups of four.
pub fn grouped(mut bits: u128, letters: usize) -> String {
    let mut text = String::with_capacity(letters + letters / 4);
    for i in 0..letters {
        if i > 0 && i % 4 == 0 {
            text.push('-');
        }
        text.push(letter(bits));
        bits >>= 5;
    }
    text
}

/// A code of so many letters as it is compared: upper case and without groups. `None` when `typed` is none.
///
/// Read as people write: any case, any spaces and hyphens, full-width letters, O for 0, I and L for 1.
pub fn normalise(typed: &str, letters: usize) -> Option<Secret<String>> {
    if typed.len() > 256 {
        return None;
    }
    let mut text = String::with_capacity(letters);
    for c in typed.nfkc().flat_map(char::to_uppercase) {
        match c {
            'O' => text.push('0'),
            'I' | 'L' => text.push('1'),
            c if u8::try_from(c).is_ok_and(|b| ALPHABET.contains(&b)) => text.push(c),
            c if c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}') => {}
            _ => return None,
        }
    }
    (text.len() == letters).then(|| Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_write_it_whatever_its_length() {
        for typed in ["7F3K-92QD", "7f3k92qd", " 7F3K 92QD\n", "７Ｆ３Ｋ–９２ＱＤ", "7F3K\u{2212}92QD"]
        {
            assert_eq!(normalise(typed, 8).unwrap().expose(), "7F3K92QD", "{typed}");
            assert!(normalise(typed, 16).is_none());
        }
        assert_eq!(normalise("OIL0", 4).unwrap().expose(), "0110");
        for bad in ["", "7F3K-92Q", "7F3K-92QDX", "7F3K-92QU", "7F3K_92QD", &"-".repeat(300)] {
            assert!(normalise(bad, 8).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_is_drawn_is_read_back() {
        let bits = 0x0123_4567_89ab_cdef_0123;
        assert_eq!(grouped(bits, 16).matches('-').count(), 3);
        let read = normalise(&grouped(bits, 16), 16).unwrap();
        assert_eq!(read.expose(), &grouped(bits, 16).replace('-', ""));
        assert_eq!((letter(31), letter(32)), ('Z', '0'));
    }
}
