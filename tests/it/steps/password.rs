//! `/password`: compared byte by byte, bounded, and hashed anew when the setting rises.

use vouchsafe::base::{Role, Secret};
use vouchsafe::factors::FactorKind;
use vouchsafe::factors::password::Params;
use vouchsafe::flows::accounts;
use vouchsafe::store::factors::{self, FactorRow};

use super::{named, newcomer, step};
use crate::actors::{Answer, Person, Rp, pairs};
use crate::idp::{PASSWORD, TestIdp, on_each_engine, on_each_engine_with};

/// A person with another password than everybody's.
async fn person(idp: &TestIdp, username: &str, password: &str) -> Person {
    let new = accounts::NewAccount {
        username: username.to_owned(),
        email: None,
        role: Role::Patient,
        claims: serde_json::Map::new(),
        password: Secret::new(password.to_owned()),
        totp: None,
    };
    let account = accounts::create(&idp.operator(), new).await.unwrap();
    Person::new(idp.clone(), account.id, username, password, None)
}

/// The page after a password, in a sign-in of its own, long after the last.
async fn types(rp: &Rp, username: &str, password: &str) -> Answer {
    rp.idp().advance(3600);
    let browser = rp.idp().browser();
    let page = named(&browser, &rp.ask(), username).await;
    let page = browser.submit(&page, "sign-in-submit", &[("password", password)]).await;
    assert!(!browser.cookies().contains_key("vouchsafe-session"));
    page
}

#[tokio::test]
async fn a_password_is_taken_to_the_letter() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        newcomer(&idp, "nina").await;
        for wrong in [
            format!(" {PASSWORD}"),
            format!("{PASSWORD} "),
            format!("{PASSWORD}\n"),
            PASSWORD.to_uppercase(),
            PASSWORD.replace('q', "Q"),
            PASSWORD.replace('7', "７"),
            PASSWORD.replace(' ', "\u{a0}"),
            PASSWORD.replace(' ', ""),
            PASSWORD[..PASSWORD.len() - 1].to_owned(),
            format!("{PASSWORD}{}", "x".repeat(2_000)),
            format!("{PASSWORD}{}", "x".repeat(20_000)),
        ] {
            let mark = idp.mark().await;
            let page = types(&rp, "nina", &wrong).await;
            assert_eq!(step(&page), "password", "{wrong}");
            assert!(page.has("error"), "{wrong}");
            idp.sees(mark, "password.refused").await;
        }
        let mark = idp.mark().await;
        assert_eq!(step(&types(&rp, "nina", "").await), "password");
        assert!(idp.kinds_since(mark).await.is_empty(), "nothing typed is no attempt");
        assert_eq!(step(&types(&rp, "nina", PASSWORD).await), "enrol");
    })
    .await;
}

#[tokio::test]
async fn letters_composed_in_two_ways_are_one_password_and_long_ones_are_not_cut() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        person(&idp, "rene", "un caf\u{e9} au lait, 7 \u{fb01}gs").await;
        let long = "meadow 7 ".repeat(113) + "meadows";
        assert_eq!(long.len(), 1024);
        person(&idp, "longa", &long).await;
        let rows = [
            ("rene", "un cafe\u{301} au lait, 7 \u{fb01}gs".to_owned(), true),
            ("rene", "un caf\u{e9} au lait, 7 figs".to_owned(), false),
            ("rene", "un cafe au lait, 7 \u{fb01}gs".to_owned(), false),
            ("longa", long.clone(), true),
            ("longa", long[..1023].to_owned(), false),
            ("longa", format!("{long}s"), false),
            ("longa", format!("{}t", &long[..1023]), false),
        ];
        for (name, typed, right) in rows {
            let page = types(&rp, name, &typed).await;
            assert_eq!(step(&page), if right { "enrol" } else { "password" }, "{name}: {typed}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_password_given_twice_or_elsewhere_is_none() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        newcomer(&idp, "nina").await;
        let browser = idp.browser();
        let page = named(&browser, &rp.ask(), "nina").await;
        let csrf = super::csrf(&page);
        for form in [
            pairs(&[("csrf", &csrf), ("password", PASSWORD), ("password", PASSWORD)]),
            pairs(&[("csrf", &csrf), ("password", PASSWORD), ("password", "x")]),
            pairs(&[("csrf", &csrf), ("Password", PASSWORD)]),
            pairs(&[("csrf", &csrf), ("password[]", PASSWORD)]),
        ] {
            let answer = browser.post(&page.url, &form).await;
            assert_eq!(step(&browser.follow(answer).await), "password", "{form:?}");
        }
        let query = format!("{}?password={}&csrf={csrf}", page.url, PASSWORD.replace(' ', "+"));
        let answer = browser.post(&query, &pairs(&[("csrf", &csrf)])).await;
        assert_eq!(step(&browser.follow(answer).await), "password", "nothing is read from the address");
        assert_eq!(browser.get(&query).await.status, 200);
        assert_eq!(step(&browser.submit(&page, "sign-in-submit", &[("password", PASSWORD)]).await), "enrol");
    })
    .await;
}

async fn password_of(idp: &TestIdp, person: &Person) -> (FactorRow, String) {
    let rows = factors::of_account(&idp.app.services.store, &person.account).await.unwrap();
    let row = rows.into_iter().find(|row| row.kind == FactorKind::Password).unwrap();
    let key = idp.app.services.vault.key(&person.account, idp.now()).await.unwrap();
    let hash = row.open(&key).unwrap();
    (row, hash)
}

#[tokio::test]
async fn a_hash_weaker_than_the_setting_is_made_anew_by_the_right_password_alone() {
    on_each_engine_with(&[("VOUCHSAFE__HASHING__ITERATIONS", "3")], async |idp| {
        let rp = idp.rp().public().await;
        let nina = newcomer(&idp, "nina").await;
        // As it was kept before the setting rose.
        let services = &idp.app.services;
        let weak = Params::new(19_456, 2, 1).unwrap();
        let hash = services.hashing.hash(Secret::new(PASSWORD.to_owned()), [7; 16], weak).await.unwrap();
        let (row, strong) = password_of(&idp, &nina).await;
        assert!(strong.contains("t=3") && hash.contains("t=2"), "{strong} {hash}");
        let key = services.vault.key(&nina.account, idp.now()).await.unwrap();
        let sealed = factors::seal(&hash, &row.id, &key).unwrap();
        let input = (row.id.clone(), row.version, sealed, idp.now());
        let replaced = services.store.write(input, |w, (id, version, sealed, now)| {
            Box::pin(async move { factors::replace(w, id, *version, sealed, *now).await })
        });
        assert!(replaced.await.unwrap());

        assert_eq!(step(&types(&rp, "nina", "wrong").await), "password");
        assert_eq!(password_of(&idp, &nina).await.1, hash, "a wrong password changes nothing");
        assert_eq!(step(&types(&rp, "nina", PASSWORD).await), "enrol");
        let (renewed, now) = password_of(&idp, &nina).await;
        assert!(now.contains("m=19456,t=3,p=1"), "{now}");
        assert_eq!(step(&types(&rp, "nina", PASSWORD).await), "enrol");
        assert_eq!(password_of(&idp, &nina).await.0.version, renewed.version, "once");
    })
    .await;
}
