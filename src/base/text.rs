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

/// Characters that turn or hide text, or are no text at all: with them one name could read as another, and a text be empty.
/// Those that Unicode has renderers show nothing for (`Default_Ignorable_Code_Point`), and what turns or breaks lines.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Only printable ASCII without `"` and `\`, as `error_description` asks (RFC 6749 §5.2).
pub fn error_text(text: &str) -> String {
    let ok = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    text.replace('§', "section ").chars().take(300).map(|c| if ok(c) { c } else { '?' }).collect()
}

/// The word of `known` that somebody who wrote `typed` most likely meant; `None` when none is near.
pub fn nearest<'a>(typed: &str, known: &'a [String]) -> Option<&'a str> {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let best = known.iter().map(|word| (distance(typed, word), word)).min_by_key(|(cost, _)| *cost);
    match best {
        Some((cost, word)) if cost <= (typed.chars().count() / 4).max(2) => Some(word),
        // The right name under the wrong heading.
        _ => known.iter().find(|word| last(word) == last(typed)).map(String::as_str),
    }
}

/// How many letters must be added, dropped, changed or swapped with their neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut previous: Option<char> = None;
    for (row, letter) in a.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in b.iter().enumerate() {
            let at = |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX / 2);
            let changed = at(&above, column) + usize::from(letter != *other);
            let mut cost = changed.min(at(&above, column + 1) + 1).min(at(&current, column) + 1);
            let left = column.checked_sub(1);
            let swapped = left.and_then(|left| b.get(left)) == Some(&letter) && previous == Some(*other);
            if let Some(left) = left.filter(|_| swapped) {
                cost = cost.min(at(&before, left) + 1);
            }
            current.push(cost);
        }
        before = std::mem::replace(&mut above, current);
        previous = Some(letter);
    }
    above.last().copied().unwrap_or_default()
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
    fn what_shows_nothing_or_turns_text_is_hidden_and_letters_are_not() {
        for hidden in [
            0x00, 0x1B, 0x7F, 0x9F, 0xAD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180E,
            0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2028, 0x202A, 0x202E, 0x2060, 0x2061, 0x2064, 0x2065,
            0x2066, 0x2069, 0x206F, 0x2800, 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0x1BCA0, 0x1D173,
            0xE0000, 0xE0001, 0xE0020, 0xE007F, 0xE0100, 0xE01EF,
        ] {
            let c = char::from_u32(hidden).unwrap();
            assert!(is_hidden(c), "U+{hidden:04X}");
        }
        for text in [
            "Zoë O’Hara-Müller",
            "علی رضا",
            "क्षितिज",
            "김철수",
            "ភាសា",
            "ᠮᠣᠩᠭᠣᠯ",
            "李雷",
            "ﾊﾝｶｸ",
            "🙂",
            "e\u{301}",
        ] {
            assert!(!text.chars().any(is_hidden), "{text}");
        }
    }

    #[test]
    fn error_text_keeps_to_the_grammar() {
        assert_eq!(error_text("a\"b\\c\nd é"), "a?b?c?d ?");
    }

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let known = ["server.listen", "support.phone", "issuer"].map(str::to_owned);
        for (typed, near) in [
            ("server.lsiten", Some("server.listen")),
            ("phone", Some("support.phone")),
            ("isseur", Some("issuer")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, &known), near, "{typed}");
        }
        assert_eq!((distance("abc", "acb"), distance("abc", ""), distance("a", "b")), (1, 3, 1));
    }
}
