//! Hashes made by other programs (libbcrypt, OpenSSL, libargon2, Django), and what is refused.

use super::foreign::{Foreign, Unusable};
use super::{Blocks, Params, Verified, dummy, hash_into, verify};

const PASSWORD: &str = "quartz lantern 7 meadow";

/// Every one is a hash of [`PASSWORD`].
const MADE_ELSEWHERE: &[&str] = &[
    "$2a$05$ZrEZy.HJdkdniD6axHlLcOa43mt6THAwN3wg/J7uQLvF8/xpIk9FG",
    "$2b$05$bILKRaBoyqdqqd1zUNccI.FR6pde0zZv73SYUXgD/LF4paOU2DcdC",
    "$2y$05$SL60UDOICbMfhfMk5WthwObWuNa9TIV8IAHvWV5fUCC4F52Kj3iXu",
    "$pbkdf2-sha256$i=2000,l=32$AAECAwQFBgcICQoLDA0ODw$MRY8TNNjdFO8WwbipYOjnv8eniBfkx0IHbjRInj2Exs",
    "$pbkdf2-sha256$2000$AAECAwQFBgcICQoLDA0ODw$MRY8TNNjdFO8WwbipYOjnv8eniBfkx0IHbjRInj2Exs",
    "$pbkdf2-sha512$i=2000,l=64$AAECAwQFBgcICQoLDA0ODw$VBqWTivMYbP/GMXt2yS/VwgKOIiNwAzWmTQRX7az3oALwdzgKIBd5O9PG\
     7Gl5UeDYaF42ZvYv3vIjL1lkJzHzg",
    "pbkdf2_sha256$3000$saltOfDjango22chars000$BjHk2vOsrYBNueME/CoRYEX9Bz3P7SkmHcFYENM7LfQ=",
    "$scrypt$ln=10,r=8,p=2$AAECAwQFBgcICQoLDA0ODw$ZCQqfSXUxRDp4fYy7Xa2/SV1WOyMDiRqac+7HXf32WY",
    "$argon2id$v=19$m=512,t=3,p=2$AAECAwQFBgcICQoLDA0ODw$LjqbJuHhL6yc4ddJAAX4I/bvTg2rO+VZI1YgZCpmIwU",
    "$argon2i$v=19$m=512,t=3,p=2$AAECAwQFBgcICQoLDA0ODw$S7l/NTDwKK3+97q3AIDzye0v+BLhyNvh8vU7O4FXzhs",
    "$argon2d$v=19$m=512,t=3,p=2$AAECAwQFBgcICQoLDA0ODw$mpTnzrd60TZkGzj5dofxnEsXRSo0W/J4xOyZNhl6MO4",
    "$argon2i$v=16$m=512,t=3,p=2$AAECAwQFBgcICQoLDA0ODw$eTTCcU5TEwhrR7afEIKKcSW+ZfJUpEkB6ixgNsZhSmw",
    "$argon2i$m=512,t=3,p=2$AAECAwQFBgcICQoLDA0ODw$eTTCcU5TEwhrR7afEIKKcSW+ZfJUpEkB6ixgNsZhSmw",
];

fn current() -> Params {
    Params::new(256, 1, 1).unwrap()
}

fn compared(typed: &str, stored: &str) -> Verified {
    verify(&mut Blocks::new(), typed, stored, &current()).unwrap()
}

#[test]
fn what_other_programs_hashed_is_compared_with_and_asks_to_be_replaced() {
    for stored in MADE_ELSEWHERE {
        assert!(Foreign::read(stored).is_ok(), "{stored}");
        assert!(compared(PASSWORD, stored).ok, "{stored}");
        let typed_otherwise =
            ["", "quartz lantern 7 meado", "Quartz lantern 7 meadow", "quartz lantern 7 meadow "];
        for typed in typed_otherwise {
            assert_eq!(compared(typed, stored), Verified { ok: false, needs_rehash: false }, "{stored}");
        }
    }
    for stored in MADE_ELSEWHERE.iter().filter(|stored| !stored.starts_with("$argon2id")) {
        assert!(compared(PASSWORD, stored).needs_rehash, "{stored}");
    }
}

#[test]
fn bcrypt_never_looked_behind_72_bytes_and_no_nul_stands_for_an_end() {
    let of_72 = "$2b$04$0IR1o7vKQcfQ2GiaLBxF3u/jZ.7VrTVEy2M/g6OXE.QO199HIR7U2";
    for (typed, right) in [(72, true), (73, true), (1024, true), (71, false), (1025, false)] {
        assert_eq!(compared(&"x".repeat(typed), of_72).ok, right, "{typed} bytes");
    }
    let of_71 = "$2b$04$ff7EML/.TXV7g9eij/3JQOvXlV0PwzqUfkCN28kI7.i78rRAnBgCG";
    assert!(compared(&"y".repeat(71), of_71).ok);
    // The end of a shorter password is looked at: a letter more is another password.
    assert!(!compared(&"y".repeat(72), of_71).ok);
    for more in ["\0", "\0y", "\0 and more"] {
        assert!(!compared(&("y".repeat(71) + more), of_71).ok, "{more:?}");
    }
    for stored in MADE_ELSEWHERE {
        for more in ["\0", "\0\0\0", "\0x"] {
            assert!(!compared(&format!("{PASSWORD}{more}"), stored).ok, "{stored} {more:?}");
        }
        assert!(!compared(&format!("\0{PASSWORD}"), stored).ok, "{stored}");
    }
}

#[test]
fn a_password_is_found_in_whichever_normal_form_it_was_hashed() {
    let composed = "$pbkdf2-sha256$i=1000$AAECAwQFBgcICQoLDA0ODw$Zblqu8cg2Ms//96BeMmjYlEFrD3eoRWoFHmWm27K42M";
    let decomposed =
        "$pbkdf2-sha256$i=1000$AAECAwQFBgcICQoLDA0ODw$iELaoEo0/IlyId3HTVrPtUhwQr8fsdboEZ7BLzkGGGI";
    let (nfc, nfd) = ("cr\u{e8}me br\u{fb}l\u{e9}e", "cre\u{300}me bru\u{302}le\u{301}e");
    assert!(compared(nfc, composed).ok);
    assert!(compared(nfd, composed).ok);
    assert!(compared(nfd, decomposed).ok);
    assert!(!compared("creme brulee", composed).ok);
}

#[test]
fn nobodys_hash_costs_the_same_and_is_nobodys() {
    for stored in MADE_ELSEWHERE {
        let foreign = Foreign::read(stored).unwrap();
        let nobody = foreign.nobody_alike();
        let alike = Foreign::read(&nobody).unwrap();
        assert_eq!(alike.nobody_alike(), nobody, "{stored}");
        assert!(!compared(PASSWORD, &nobody).ok);
        // All but salt and hash is the same.
        let shape = |text: &str| text.split('$').rev().skip(2).map(str::to_owned).collect::<Vec<_>>();
        if stored.starts_with("$scrypt") || stored.starts_with("$argon2") && stored.contains("v=") {
            assert_eq!(shape(&nobody), shape(stored));
        }
    }
    assert_ne!(Foreign::read(MADE_ELSEWHERE[0]).unwrap().nobody_alike(), MADE_ELSEWHERE[0]);
    assert!(Foreign::read(MADE_ELSEWHERE[0]).unwrap().nobody_alike().starts_with("$2b$05$"));
}

#[test]
fn what_costs_too_much_is_refused_with_what_may_be_paid() {
    let salt = "AAECAwQFBgcICQoLDA0ODw";
    let hash = "MRY8TNNjdFO8WwbipYOjnv8eniBfkx0IHbjRInj2Exs";
    let long = "VBqWTivMYbP/GMXt2yS/VwgKOIiNwAzWmTQRX7az3oALwdzgKIBd5O9PG7Gl5UeDYaF42ZvYv3vIjL1lkJzHzg";
    let bcrypt = |cost: &str| format!("$2b${cost}$ZrEZy.HJdkdniD6axHlLcOa43mt6THAwN3wg/J7uQLvF8/xpIk9FG");
    let table = [
        (bcrypt("14"), true),
        (bcrypt("15"), false),
        (bcrypt("31"), false),
        (format!("$pbkdf2-sha256$i=2000000${salt}${hash}"), true),
        (format!("$pbkdf2-sha256$i=2000001${salt}${hash}"), false),
        (format!("$pbkdf2-sha256$i=1500000${salt}${long}"), false),
        (format!("$pbkdf2-sha512$i=1500000${salt}${long}"), true),
        (format!("pbkdf2_sha256$4294967295$salt${hash}"), false),
        (format!("$scrypt$ln=18,r=8,p=1${salt}${hash}"), true),
        (format!("$scrypt$ln=18,r=9,p=1${salt}${hash}"), false),
        (format!("$scrypt$ln=17,r=8,p=3${salt}${hash}"), false),
        (format!("$scrypt$ln=63,r=4294967295,p=4294967295${salt}${hash}"), false),
        (format!("$argon2id$v=19$m=262144,t=8,p=4${salt}${hash}"), true),
        (format!("$argon2id$v=19$m=262145,t=1,p=1${salt}${hash}"), false),
        (format!("$argon2i$v=19$m=262144,t=9,p=1${salt}${hash}"), false),
        (format!("$argon2d$v=19$m=4096,t=1,p=17${salt}${hash}"), false),
        (format!("$argon2id$v=19$m=4294967295,t=4294967295,p=1${salt}${hash}"), false),
    ];
    for (text, payable) in table {
        match Foreign::read(&text) {
            Ok(_) => assert!(payable, "{text}"),
            Err(Unusable::TooDear { .. }) => assert!(!payable, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    let told = Foreign::read(&bcrypt("20")).unwrap_err().to_string();
    assert!(told.contains("cost 20") && told.contains("cost 14") && !told.contains("ZrEZy"), "{told}");
}

#[test]
fn what_is_no_hash_is_refused_and_never_repeated() {
    for text in [
        "",
        "$",
        "$$$$",
        "hunter2",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "$1$salt$hash",
        "$6$salt$hash",
        "{SSHA}x",
        "$2x$05$ZrEZy.HJdkdniD6axHlLcOa43mt6THAwN3wg/J7uQLvF8/xpIk9FG",
        "$2$05$ZrEZy.HJdkdniD6axHlLcOa43mt6THAwN3wg/J7uQLvF8/xpIk9FG",
        "pbkdf2_sha1$1000$salt$hash",
        "$pbkdf2$i=1$AAAA$AAAA",
    ] {
        let why = Foreign::read(text).unwrap_err();
        assert_eq!(why, Unusable::Unknown, "{text}");
    }
    for text in [
        "$2b$5$ZrEZy.HJdkdniD6axHlLcOa43mt6THAwN3wg/J7uQLvF8/xpIk9FG",
        "$2b$03$ZrEZy.HJdkdniD6axHlLcOa43mt6THAwN3wg/J7uQLvF8/xpIk9FG",
        "$2b$05$ZrEZy.HJdkdniD6axHlLcOa43mt6THAwN3wg/J7uQLvF8/xpIk9F",
        "$2b$05$ZrEZy.HJdkdniD6axHlLcOa43mt6THAwN3wg/J7uQLvF8/xpIk9FGG",
        "$2b$05$é",
        "$pbkdf2-sha256$i=0$AAECAwQFBgcICQoLDA0ODw$MRY8TNNjdFO8WwbipYOjnv8eniBfkx0IHbjRInj2Exs",
        "$pbkdf2-sha256$i=2000,l=31$AAECAwQFBgcICQoLDA0ODw$MRY8TNNjdFO8WwbipYOjnv8eniBfkx0IHbjRInj2Exs",
        "$pbkdf2-sha256$i=2000$AAECAwQFBgcICQoLDA0ODw$AAAA",
        "pbkdf2_sha256$3000$$BjHk2vOsrYBNueME/CoRYEX9Bz3P7SkmHcFYENM7LfQ=",
        "$scrypt$ln=10,r=8$AAECAwQFBgcICQoLDA0ODw$ZCQqfSXUxRDp4fYy7Xa2/SV1WOyMDiRqac+7HXf32WY",
        "$scrypt$ln=10,r=0,p=1$AAECAwQFBgcICQoLDA0ODw$ZCQqfSXUxRDp4fYy7Xa2/SV1WOyMDiRqac+7HXf32WY",
        "$argon2id$v=19$m=8,t=3,p=2$AAECAwQFBgcICQoLDA0ODw$LjqbJuHhL6yc4ddJAAX4I/bvTg2rO+VZI1YgZCpmIwU",
        "$argon2id$v=20$m=512,t=3,p=2$AAECAwQFBgcICQoLDA0ODw$LjqbJuHhL6yc4ddJAAX4I/bvTg2rO+VZI1YgZCpmIwU",
        "$argon2id$v=19$m=512,t=3,p=2,keyid=AA$AAECAwQFBgcICQoLDA0ODw$LjqbJuHhL6yc4ddJAAX4I/bvTg2rO+VZI1YgZCpmIwU",
        "$argon2id$v=19$m=512,t=3,p=2$AAEC$LjqbJuHhL6yc4ddJAAX4I/bvTg2rO+VZI1YgZCpmIwU",
        "$argon2x$v=19$m=512,t=3,p=2$AAECAwQFBgcICQoLDA0ODw$LjqbJuHhL6yc4ddJAAX4I/bvTg2rO+VZI1YgZCpmIwU",
    ] {
        let why = Foreign::read(text).unwrap_err();
        assert!(matches!(why, Unusable::Damaged(_)), "{text}: {why:?}");
        // A row that holds it all the same is no match for anybody.
        assert!(!compared(PASSWORD, text).ok, "{text}");
    }
    assert_eq!(Foreign::read(&"$2b$".repeat(200)).unwrap_err(), Unusable::Unknown);
}

#[test]
fn memory_for_a_large_hash_is_not_kept() {
    let mut blocks = Blocks::new();
    hash_into(&mut blocks, PASSWORD, &[1; 16], &current()).unwrap();
    let before = blocks.held();
    verify(&mut blocks, PASSWORD, MADE_ELSEWHERE[10], &current()).unwrap();
    assert_eq!(blocks.held(), before);
    assert!(!verify(&mut blocks, PASSWORD, &dummy(&current()), &current()).unwrap().ok);
}

proptest::proptest! {
    #[test]
    fn whatever_is_read_is_answered(text in "\\$?(2b|argon2id|scrypt|pbkdf2-sha256)\\$[a-z0-9=,.$/+]{0,80}") {
        if let Ok(foreign) = Foreign::read(&text) {
            proptest::prop_assert!(Foreign::read(&foreign.nobody_alike()).is_ok());
        }
    }
}
