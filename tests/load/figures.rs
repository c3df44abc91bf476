//! The arithmetic and the tables of the benchmark. Pure: it measures nothing and prints nothing.

/// The middle of some figures; of an even number the mean of the two in the middle; 0 of none.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle), sorted.get(middle.wrapping_sub(1))) {
        (Some(upper), Some(lower)) if sorted.len().is_multiple_of(2) => f64::midpoint(*upper, *lower),
        (Some(middle), _) => *middle,
        (None, _) => 0.0,
    }
}

/// The smallest figure that at least `percent` of all figures do not exceed; sorts them; 0 of none.
pub fn percentile(figures: &mut [u32], percent: usize) -> u32 {
    figures.sort_unstable();
    let rank = (figures.len() * percent).div_ceil(100);
    figures.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

/// A count with separators, e.g. `1,000,000`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A figure as short as its size allows: `0.27`, `8.4`, `143`, `12,345`.
pub fn short(figure: f64) -> String {
    match figure {
        f if f < 1.0 => format!("{f:.2}"),
        f if f < 20.0 => format!("{f:.1}"),
        f => grouped(rounded(f)),
    }
}

/// Microseconds as milliseconds.
pub fn millis(micros: f64) -> String {
    format!("{} ms", short(micros / 1000.0))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures are small and positive")]
fn rounded(figure: f64) -> u64 {
    figure.round().max(0.0) as u64
}

/// A markdown table whose columns line up: the first to the left, the others to the right, words to the left.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let width = |column: usize| {
        let cells = std::iter::once(&head).chain(rows).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0).max(3)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let right: Vec<bool> = (0..head.len()).map(|column| is_numeric(rows, column)).collect();
    let line = |row: &[String]| {
        let cells = widths.iter().zip(&right).enumerate().map(|(column, (width, right))| {
            let cell = row.get(column).map_or("", String::as_str);
            if *right { format!(" {cell:>width$} |") } else { format!(" {cell:<width$} |") }
        });
        format!("|{}\n", cells.collect::<String>())
    };
    let rule = widths.iter().zip(&right).map(|(width, right)| {
        let dashes = "-".repeat(width + 1);
        if *right { format!("{dashes}:|") } else { format!("{dashes}-|") }
    });
    let rule = format!("|{}\n", rule.collect::<String>());
    let body: String = rows.iter().map(|row| line(row)).collect();
    line(&head) + &rule + &body
}

/// Whether a column holds figures, which stand to the right.
fn is_numeric(rows: &[Vec<String>], column: usize) -> bool {
    let cells = rows.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty() && *cell != "–");
    let mut seen = false;
    for cell in cells {
        seen = true;
        if !cell.starts_with(|c: char| c.is_ascii_digit()) {
            return false;
        }
    }
    seen
}
