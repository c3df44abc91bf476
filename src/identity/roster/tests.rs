//! Lists as spreadsheets, old systems and mischief write them.

use proptest::prelude::*;

use super::*;

fn list(text: &str) -> Result<Roster, Unreadable> {
    read(text.as_bytes(), &[], &Limits::default())
}

/// Rows as (line, cells), of a list without faults.
fn people(text: &str) -> Vec<(u64, Vec<(Column, String)>)> {
    let roster = list(text).unwrap();
    roster
        .rows
        .into_iter()
        .map(|(row, faults)| {
            assert_eq!(faults, []);
            (row.line, row.cells.into_iter().collect())
        })
        .collect()
}

fn rose(line: u64) -> (u64, Vec<(Column, String)>) {
    (line, vec![(Column::Username, "rose".to_owned()), (Column::Name, "Rose Adams".to_owned())])
}

#[test]
fn a_list_is_read_however_a_spreadsheet_writes_it() {
    for text in [
        "username,name\nrose,Rose Adams\n",
        "username,name\r\nrose,Rose Adams",
        "\u{feff}username;name\r\nrose;Rose Adams\r\n",
        "username\tname\nrose\tRose Adams\n",
        "\"username\",\"name\"\n\"rose\",\"Rose Adams\"\n",
        "User;Full Name\n  rose ; Rose Adams \n",
        "LOGIN,Full-Name,\nrose,Rose Adams,ignored\n",
    ] {
        assert_eq!(people(text), [rose(2)], "{text:?}");
    }
    assert_eq!(people("username,name\r\n\r\nrose,Rose Adams\r\n\r\n\r\ntom,\r\n")[0], rose(3));
    assert_eq!(people("username,name\n\nrose,Rose Adams\n\n\ntom,\n")[1].0, 6);
    assert_eq!(people("username,name\r\nrose,Rose Adams\r\ntom,Tom\r\n")[1].0, 3);
    assert_eq!(
        people("username;name\nrose;\"Adams; \"\"Rose\"\"\"\n")[0].1[1].1,
        "Adams; \"Rose\"",
        "quotes are doubled"
    );
}

#[test]
fn columns_are_mapped_left_out_and_named_when_wrong() {
    let map = |pairs: &[(&str, &str)]| {
        let pairs: Vec<_> = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        read(b"Kennung,name,notes\nrose,Rose Adams,x\n", &pairs, &Limits::default())
    };
    let roster = map(&[("kennung", "username"), ("notes", "")]).unwrap();
    assert_eq!(roster.columns, [Column::Username, Column::Name]);
    assert_eq!(roster.rows[0].0.get(Column::Username), Some("rose"));
    assert_eq!(map(&[]), Err(Unreadable::UnknownColumn("Kennung".to_owned())));
    assert_eq!(map(&[("kennung", "username")]), Err(Unreadable::UnknownColumn("notes".to_owned())));
    assert_eq!(map(&[("kennung", "login"), ("notes", "")]), Err(Unreadable::NoColumn("login".to_owned())));
    assert_eq!(map(&[("none", "email")]), Err(Unreadable::NotThere("none".to_owned())));
    assert_eq!(map(&[("kennung", ""), ("notes", "")]), Err(Unreadable::Nobody));
    let twice = map(&[("kennung", "username"), ("notes", "username")]);
    assert_eq!(twice, Err(Unreadable::Twice(Column::Username)));
    let told = map(&[]).unwrap_err().to_string();
    assert!(told.contains("`Kennung=email`") && told.contains("`Kennung=`"), "{told}");
}

#[test]
fn a_file_that_is_no_list_is_refused_with_the_way_out() {
    assert_eq!(list(""), Err(Unreadable::Empty));
    assert_eq!(list("username,name\n"), Err(Unreadable::Empty));
    assert_eq!(list("\n\r\n"), Err(Unreadable::Empty));
    let latin: &[u8] = b"username,name\nrose,Rose\ntom,Ren\xe9\n";
    let refused = read(latin, &[], &Limits::default()).unwrap_err();
    assert_eq!(refused, Unreadable::Encoding { byte: 32, line: 3 });
    assert_eq!(latin[31], 0xe9);
    assert!(refused.to_string().contains("byte 32") && refused.to_string().contains("line 3"));
    assert_eq!(read(b"\xff\xfeu\0s\0", &[], &Limits::default()), Err(Unreadable::Utf16));
    let limits = Limits { bytes: 1 << 20, ..Limits::default() };
    assert_eq!(read(&vec![b'a'; (1 << 20) + 1], &[], &limits), Err(Unreadable::TooLarge(1)));
}

#[test]
fn rows_beyond_the_limit_are_refused_and_the_last_allowed_is_not() {
    let of = |rows: usize| list(&("email\n".to_owned() + &"r@x.org\n".repeat(rows)));
    assert_eq!(of(10_000).unwrap().rows.len(), 10_000);
    assert_eq!(of(10_001), Err(Unreadable::TooManyRows(10_000)));
    assert_eq!(of(1_000_000), Err(Unreadable::TooManyRows(10_000)));
    // Larger than a file may be, it is not even looked at.
    assert_eq!(of(3_000_000), Err(Unreadable::TooLarge(16)));
}

#[test]
fn what_is_wrong_with_a_row_names_its_place_and_the_others_are_read() {
    let text = "username,name,phone_number,given_name\n\
                rose,Rose,+44 20,Rose\n\
                =cmd,Tom,x,Tom\n\
                tom,@Tom,x,Tom\n\
                ann,Ann,=1+2,-Ann\n\
                short,Short\n\
                long,Long,x,y,z\n\
                ben,\"Ben\nBen\",x,y\n\
                eve,Eve,x,Eve\n";
    let roster = list(text).unwrap();
    let faults: Vec<_> = roster.rows.iter().flat_map(|(_, faults)| faults).collect();
    let places: Vec<_> = faults.iter().map(|fault| (fault.line, fault.column)).collect();
    assert_eq!(
        places,
        [
            (3, Some(Column::Username)),
            (4, Some(Column::Name)),
            (5, Some(Column::GivenName)),
            (6, None),
            (7, None),
            (8, Some(Column::Name)),
        ]
    );
    assert!(faults.iter().all(|fault| !fault.what.is_empty() && !fault.fix.is_empty()));
    // A formula that is no name is data.
    assert_eq!(roster.rows[0].0.get(Column::PhoneNumber), Some("+44 20"));
    assert_eq!(roster.rows[3].0.get(Column::PhoneNumber), Some("=1+2"));
    assert_eq!(roster.rows[7].0.line, 10, "a line break inside a cell is counted");
    assert_eq!(roster.rows[7].1, []);
}

#[test]
fn a_missing_quote_is_told_and_not_followed_through_the_file() {
    let text = format!("username,name\nrose,\"Rose\n{}", "tom,Tom\n".repeat(500));
    let roster = list(&text).unwrap();
    assert_eq!(roster.rows.len(), 1);
    assert_eq!(roster.rows[0].1[0].line, 2);
    assert!(roster.rows[0].1[0].fix.contains("quote"));
    let long = format!("username,name\nrose,{}\n", "x".repeat(1025));
    assert_eq!(list(&long).unwrap().rows[0].1[0].column, Some(Column::Name));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_comes_is_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut text = b"username,name\n".to_vec();
        text.extend(&bytes);
        for input in [&bytes, &text] {
            if let Ok(roster) = read(input, &[], &Limits::default()) {
                prop_assert!(!roster.rows.is_empty());
                prop_assert!(roster.rows.is_sorted_by_key(|(row, _)| row.line));
            }
        }
    }

    #[test]
    fn what_we_write_is_read_back(
        rows in proptest::collection::vec(("[a-z]{1,8}", "[ -~é=+@;'\"-]{0,20}"), 1..20),
        bom in any::<bool>(),
    ) {
        let mut text = if bom { "\u{feff}".to_owned() } else { String::new() };
        text += &sheet::line(["username", "phone_number"]);
        for (name, phone) in &rows {
            text += &sheet::line([name.as_str(), phone.trim()]);
        }
        let roster = list(&text).unwrap();
        prop_assert_eq!(roster.rows.len(), rows.len());
        for (number, ((row, faults), (name, phone))) in roster.rows.iter().zip(&rows).enumerate() {
            prop_assert_eq!(faults, &Vec::new());
            prop_assert_eq!(row.line, u64::try_from(number + 2).unwrap());
            prop_assert_eq!(row.get(Column::Username), Some(name.as_str()));
            prop_assert_eq!(row.get(Column::PhoneNumber).unwrap_or_default(), phone.trim());
        }
    }
}
