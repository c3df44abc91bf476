//! The arithmetic and the tables of the benchmark (`tests/load`), which has no tests of its own.

#[path = "../load/figures.rs"]
mod arithmetic;

use arithmetic::{grouped, median, millis, percentile, short, table};

#[test]
fn the_median_is_the_middle() {
    assert_eq!(median(&[]), 0.0);
    assert_eq!(median(&[3.0]), 3.0);
    assert_eq!(median(&[9.0, 1.0, 5.0]), 5.0);
    assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
}

#[test]
fn a_percentile_is_one_of_the_figures() {
    let mut hundred: Vec<u32> = (1..=100).rev().collect();
    assert_eq!(percentile(&mut hundred, 50), 50);
    assert_eq!(percentile(&mut hundred, 99), 99);
    assert_eq!(percentile(&mut hundred, 100), 100);
    assert_eq!(percentile(&mut [7], 99), 7);
    assert_eq!(percentile(&mut [1, 2, 3], 50), 2);
    assert_eq!(percentile(&mut [1, 2, 3], 99), 3);
    assert_eq!(percentile(&mut [], 50), 0);
}

#[test]
fn figures_are_written_short() {
    let written = |figure| short(figure);
    assert_eq!([0.274, 8.44, 143.2, 12_345.4].map(written), ["0.27", "8.4", "143", "12,345"]);
    assert_eq!([0, 999, 1000, 1_000_000].map(grouped), ["0", "999", "1,000", "1,000,000"]);
    assert_eq!(millis(2_340.0), "2.3 ms");
}

#[test]
fn the_columns_of_a_table_line_up() {
    let rows =
        [vec!["jwks".to_owned(), "9,000".to_owned(), "yes".to_owned()], vec!["a".to_owned(), "–".to_owned()]];
    assert_eq!(
        table(&["row", "requests/s", "reached?"], &rows),
        "| row  | requests/s | reached? |\n\
         |------|-----------:|----------|\n\
         | jwks |      9,000 | yes      |\n\
         | a    |          – |          |\n"
    );
}
