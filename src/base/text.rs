//! Text as people and machines type it: folding, normal forms, printable ASCII.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longest identifier (username or e-mail) taken, in bytes after normalisation.
pub const IDENTIFIER_LIMIT: usize = 254;

/// An identifier as it is compared: NFKC, trimmed, lower case, no control characters.
///
/// `None` when empty, longer than [`IDENTIFIER_LIMIT`] or holding control characters.
pub fn canonical_identifier(typed: &str) -> Option<String> {
    if typed.len() > IDENTIFIER_LIMIT * 4 {
        return None;
    }
    let folded: String = typed.nfkc().collect::<String>().trim().to_lowercase().nfkc().collect();
    let ok = !folded.is_empty() && folded.len() <= IDENTIFIER_LIMIT && !folded.chars().any(char::is_control);
    ok.then_some(folded)
}

/// A one-time code as typed: any script's decimal digits become ASCII; spaces and hyphens go.
pub fn digits(typed: &str) -> String {
    typed.chars().take(64).filter_map(ascii_digit).collect::<Vec<_>>().into_iter().collect()
}

fn ascii_digit(c: char) -> Option<char> {
    if c.is_ascii_digit() {
        return Some(c);
    }
    if c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}') {
        return None;
    }
    // Decimal digits stand in runs of ten that begin at a multiple the tables below name.
    const ZEROS: [u32; 8] = [0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0xFF10, 0x07C0, 0x0BE6];
    let code = u32::from(c);
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code));
    match zero {
        Some(zero) => char::from_digit(code - zero, 10),
        None => Some(c),
    }
}

/// NFC, the form passwords are hashed in; nothing is trimmed or folded.
pub fn nfc(text: &str) -> String {
    text.nfc().collect()
}

/// A name folded for look-up: lower case without accents, whole words.
pub fn folded_words(text: &str) -> Vec<String> {
    let folded: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect::<String>().to_lowercase();
    folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// Only printable ASCII without `"` and `\`, as `error_description` asks (RFC 6749 §5.2).
pub fn error_text(text: &str) -> String {
    let ok = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    text.chars().take(300).map(|c| if ok(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_fold_to_one_form() {
        for typed in ["  Rose@Example.ORG ", "ＲＯＳＥ@example.org", "rose@EXAMPLE.org"] {
            assert_eq!(canonical_identifier(typed).as_deref(), Some("rose@example.org"));
        }
        for bad in ["", "   ", "a\0b", &"x".repeat(300)] {
            assert_eq!(canonical_identifier(bad), None);
        }
    }

    #[test]
    fn codes_are_read_in_any_digits() {
        for typed in ["123456", "123 456", "١٢٣٤٥٦", "１２３-４５６", " 123456\n"] {
            assert_eq!(digits(typed), "123456");
        }
        assert_eq!(digits("12a456"), "12a456");
    }

    #[test]
    fn error_text_keeps_to_the_grammar() {
        assert_eq!(error_text("a\"b\\c\nd é"), "a?b?c?d ?");
    }
}
