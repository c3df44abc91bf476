//! `import`

use super::{Host, mode};

const LIST: &str = "Kennung;email;role;Notes\nrose2;rose2@example.org;patient;x\ntom;;nurse;y\n";

#[test]
fn an_import_looks_first_and_changes_nothing() {
    let host = Host::with_rose();
    host.write("people.csv", LIST);
    host.run("import people.csv").is(1).says("`Kennung`");
    let seen = host.run("import people.csv --map Kennung=username --map Notes=").is(1);
    assert!(seen.out.contains("role") && !seen.out.contains("nurse"), "{seen:?}");
    let seen = seen.says("1 people to create").says("Nothing was changed");
    assert!(seen.out.lines().nth(1).unwrap().starts_with("3 "), "{seen:?}");
    let json =
        host.run("import people.csv --map Kennung=username --map Notes= --dry-run --json").is(1).json();
    assert_eq!((&json["dry_run"], &json["create"], &json["errors"]), (&true.into(), &1.into(), &1.into()));
    assert_eq!((&json["faults"][0]["line"], &json["faults"][0]["column"]), (&3.into(), &"role".into()));
    assert_eq!(host.run("account list --json").is(0).lines().len(), 1);
    assert_eq!(host.events().iter().filter(|e| e["kind"] == "import.done").count(), 0);
}

#[test]
fn an_import_is_applied_once_and_what_failed_is_written_for_its_user_alone() {
    let host = Host::with_rose();
    host.write("people.csv", LIST);
    let words = "import people.csv --map Kennung=username --map Notes= --apply --errors failed.csv --json";
    let json = host.run(words).is(1).json();
    assert_eq!((&json["created"], &json["failed"], &json["state"]), (&1.into(), &1.into(), &"done".into()));
    assert_eq!(mode(&host.path("failed.csv")), 0o600);
    assert!(std::fs::read_to_string(host.path("failed.csv")).unwrap().contains("3,role,no role"));
    assert_eq!(host.run("account list --json").is(0).lines().len(), 2);
    let again = host.run(words).is(1).json();
    assert_eq!((&again["created"], &again["failed"]), (&0.into(), &2.into()));
    let kinds = host.events();
    let count = |kind: &str| kinds.iter().filter(|e| e["kind"] == kind).count();
    assert_eq!((count("import.done"), count("account.created")), (2, 2));
    host.run("audit verify").is(0);
    host.run("doctor").is(0);
}

#[test]
fn a_list_comes_by_standard_input_and_by_external_id_once() {
    let host = Host::ready();
    let list = "external_id,username\n1,rose\n2,tom\n";
    let run = || host.fed("import - --role patient --apply --json", list).is(0).json();
    assert_eq!(run()["created"], 2);
    let again = run();
    assert_eq!((&again["created"], &again["unchanged"]), (&0.into(), &2.into()));
}

#[test]
fn what_cannot_be_read_is_told_with_the_way_out() {
    let host = Host::ready();
    host.run("import none.csv").is(1).says("cannot read");
    host.write("empty.csv", "");
    host.run("import empty.csv").is(1).says("holds no rows");
    std::fs::write(host.path("latin.csv"), b"username\nren\xe9\n").unwrap();
    host.run("import latin.csv").is(1).says("byte 13").says("UTF-8");
    host.write("million.csv", &("email\n".to_owned() + &"r@x.org\n".repeat(1_000_000)));
    host.run("import million.csv --apply").is(1).says("10000 rows");
    std::fs::write(host.path("huge.csv"), vec![b'a'; (16 << 20) + 2]).unwrap();
    host.run("import huge.csv").is(1).says("16 MiB");
    host.write("ok.csv", "username,role\nrose,patient\n");
    host.run("import ok.csv --organisation nowhere").is(1).says("`nowhere`");
    host.run("import ok.csv --dry-run --apply").is(2);
    host.run("import ok.csv --role nurse").is(2).says("clinician");
    host.run("import ok.csv --map username").is(2).says("COL=NAME");
    host.run("import ok.csv --map none=email").is(1).says("`none`");
    assert_eq!(host.run("account list --json").is(0).lines().len(), 0);
}
