//! CSV as spreadsheets read it: what we write is data to them, never a formula. Knows nothing of what it holds.

/// Leads that a spreadsheet takes for a formula.
const LEADS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Whether a spreadsheet would run `text` instead of showing it.
pub fn is_formula(text: &str) -> bool {
    text.starts_with(LEADS)
}

/// `text` with an apostrophe before it where a spreadsheet would run it; [`plain`] takes it away again.
pub fn shielded(text: &str) -> String {
    // What only looks shielded gets an apostrophe more, so that it comes back as it was.
    if is_formula(text.trim_start_matches('\'')) { format!("'{text}") } else { text.to_owned() }
}

/// A cell as it was before [`shielded`].
pub fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(cell.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

/// One line of cells (RFC 4180), formulas shielded, with its line end.
pub fn line<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> String {
    let mut out = String::new();
    for (number, cell) in cells.into_iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        let cell = shielded(cell.as_ref());
        match cell.contains(['"', ',', ';', '\t', '\n', '\r']) {
            true => {
                out.push('"');
                out.push_str(&cell.replace('"', "\"\""));
                out.push('"');
            }
            false => out.push_str(&cell),
        }
    }
    out.push_str("\r\n");
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_shielded_and_everything_is_quoted_that_must_be() {
        let cells =
            ["=1+2", "+44 20", "-", "@SUM(A1)", "\tx", "a,b", "say \"ah\"", "", "rose", "'quoted'", "'=1"];
        let wanted = "'=1+2,'+44 20,'-,'@SUM(A1),\"'\tx\",\"a,b\",\"say \"\"ah\"\"\",,rose,'quoted',''=1\r\n";
        assert_eq!(line(cells), wanted);
        assert_eq!(plain("'=1+2"), "=1+2");
        assert_eq!(plain("'quoted'"), "'quoted'");
    }

    proptest! {
        #[test]
        fn a_cell_comes_back_as_it_was(text in "['=+@x-]{0,6}") {
            let shown = shielded(&text);
            prop_assert!(!is_formula(&shown));
            prop_assert_eq!(plain(&shown), text);
        }
    }
}
