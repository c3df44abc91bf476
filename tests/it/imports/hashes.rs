//! Passwords hashed elsewhere: each signs in once as it came, and is ours afterwards.

use serde_json::json;
use vouchsafe::factors::{FactorKind, totp};
use vouchsafe::flows::accounts;
use vouchsafe::store::factors;

use super::counts;
use crate::actors::Person;
use crate::idp::{PASSWORD, TestIdp, on_each_engine};

/// Hashes of [`PASSWORD`] made by libbcrypt, OpenSSL, Django and libargon2.
const HASHES: &[(&str, &str)] = &[
    ("bcrypt-a", "$2a$05$ZrEZy.HJdkdniD6axHlLcOa43mt6THAwN3wg/J7uQLvF8/xpIk9FG"),
    ("bcrypt-b", "$2b$05$bILKRaBoyqdqqd1zUNccI.FR6pde0zZv73SYUXgD/LF4paOU2DcdC"),
    ("bcrypt-y", "$2y$05$SL60UDOICbMfhfMk5WthwObWuNa9TIV8IAHvWV5fUCC4F52Kj3iXu"),
    (
        "pbkdf2-256",
        "\"$pbkdf2-sha256$i=2000,l=32$AAECAwQFBgcICQoLDA0ODw$MRY8TNNjdFO8WwbipYOjnv8eniBfkx0IHbjRInj2Exs\"",
    ),
    (
        "pbkdf2-512",
        "$pbkdf2-sha512$2000$AAECAwQFBgcICQoLDA0ODw$VBqWTivMYbP/GMXt2yS/VwgKOIiNwAzWmTQRX7az3oALwdzgKIBd5O9PG7Gl5UeDY\
         aF42ZvYv3vIjL1lkJzHzg",
    ),
    ("django", "pbkdf2_sha256$3000$saltOfDjango22chars000$BjHk2vOsrYBNueME/CoRYEX9Bz3P7SkmHcFYENM7LfQ="),
    (
        "scrypt",
        "\"$scrypt$ln=10,r=8,p=2$AAECAwQFBgcICQoLDA0ODw$ZCQqfSXUxRDp4fYy7Xa2/SV1WOyMDiRqac+7HXf32WY\"",
    ),
    (
        "argon2id",
        "\"$argon2id$v=19$m=512,t=3,p=2$AAECAwQFBgcICQoLDA0ODw$LjqbJuHhL6yc4ddJAAX4I/bvTg2rO+VZI1YgZCpmIwU\"",
    ),
    (
        "argon2i",
        "\"$argon2i$v=16$m=512,t=3,p=2$AAECAwQFBgcICQoLDA0ODw$eTTCcU5TEwhrR7afEIKKcSW+ZfJUpEkB6ixgNsZhSmw\"",
    ),
    (
        "argon2d",
        "\"$argon2d$v=19$m=512,t=3,p=2$AAECAwQFBgcICQoLDA0ODw$mpTnzrd60TZkGzj5dofxnEsXRSo0W/J4xOyZNhl6MO4\"",
    ),
];

/// The key of everybody's code app, as other systems write it.
const KEY: &str = "gezd gnbv gy3t qojq gezd gnbv gy3t qojq";

fn list() -> String {
    let rows = HASHES.iter().map(|(name, hash)| format!("{name},patient,{hash},{KEY}\n"));
    "username,role,password_hash,totp_secret\n".to_owned() + &rows.collect::<String>()
}

/// The password of somebody as it is kept: the hash, and whether it is marked as made elsewhere.
async fn kept(idp: &TestIdp, username: &str) -> (String, bool) {
    let cx = idp.operator();
    let account = accounts::find(&cx, username).await.unwrap().unwrap();
    let rows = factors::of_account(&cx.store, &account.id).await.unwrap();
    let row = rows.into_iter().find(|row| row.kind == FactorKind::Password).unwrap();
    let key = cx.vault.key(&account.id, cx.now).await.unwrap();
    (row.open(&key).unwrap(), row.foreign_cost.is_some())
}

async fn somebody(idp: &TestIdp, username: &str, password: &str) -> Person {
    let account = accounts::find(&idp.operator(), username).await.unwrap().unwrap();
    let secret = totp::Secret::from_base32(KEY, totp::Hash::Sha1);
    Person::new(idp.clone(), account.id, username, password, secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_hash_signs_in_as_it_came_and_is_our_argon2id_afterwards() {
    on_each_engine(async |idp| {
        let job = idp.worked_off(&idp.brings(&list()).await).await;
        assert_eq!(counts(&job), (i64::try_from(HASHES.len()).unwrap(), 0, 0));
        let rp = idp.rp().public().await;
        for (name, hash) in HASHES {
            let (before, marked) = kept(&idp, name).await;
            assert_eq!((before.as_str(), marked), (hash.trim_matches('"'), true));
            let mark = idp.mark().await;
            let person = somebody(&idp, name, PASSWORD).await;
            assert!(rp.signs_in(&person, &idp.browser()).await.access().len() > 20, "{name}");
            let (after, marked) = kept(&idp, name).await;
            assert!(after.starts_with("$argon2id$v=19$") && after != before && !marked, "{name}: {after}");
            assert_eq!(idp.counts_since(mark).await["password.accepted"], 1);
            // And once more, by the new one.
            idp.advance(3_600);
            rp.signs_in(&person, &idp.browser()).await.access();
            assert_eq!(kept(&idp, name).await.0, after, "{name}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused_as_of_anybody_and_leaves_the_hash_as_it_came() {
    on_each_engine(async |idp| {
        idp.worked_off(&idp.brings(&list()).await).await;
        let rp = idp.rp().public().await;
        for name in ["bcrypt-b", "scrypt", "nobody"] {
            let browser = idp.browser();
            let mark = idp.mark().await;
            let page = browser.open(&rp.ask().url()).await;
            let page = browser.submit(&page, "sign-in-submit", &[("username", name)]).await;
            for wrong in ["quartz lantern 7 meado", "quartz lantern 7 meadows"] {
                let page = browser.submit(&page, "sign-in-submit", &[("password", wrong)]).await;
                assert!(page.has("password") && page.has("error-summary") || page.has("error"), "{page:?}");
            }
            // Those of a name nobody has are counted together.
            let refused = if name == "nobody" { 1 } else { 2 };
            assert_eq!(idp.counts_since(mark).await["password.refused"], refused, "{name}");
        }
        for name in ["bcrypt-b", "scrypt"] {
            let (hash, marked) = kept(&idp, name).await;
            assert!(marked && !hash.starts_with("$argon2id"), "{hash}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_names_cost_what_known_ones_do() {
    on_each_engine(async |idp| {
        let cx = idp.operator();
        let costs = async || {
            let mut dear = 0;
            for i in 0..64 {
                let name = cx.identifier_digest(&format!("unknown {i}"));
                if let Some(cost) = factors::cost_near(&cx.store, name).await.unwrap() {
                    assert!(cost.starts_with("$2b$05$"), "{cost}");
                    dear += 1;
                }
            }
            dear
        };
        assert_eq!(costs().await, 0, "nobody is here");
        let hash = HASHES[1].1;
        let rows = (0..40).map(|i| format!("slow{i},patient,{hash}\n"));
        let list = "username,role,password_hash\n".to_owned() + &rows.collect::<String>();
        idp.worked_off(&idp.brings(&list).await).await;
        // Everybody is slow, so the unknown are; but for those behind the last name.
        let all = costs().await;
        assert!(all >= 50, "{all}");
        for i in 0..40 {
            idp.person(&format!("quick{i}")).await;
        }
        let half = costs().await;
        assert!((8..56).contains(&half), "{half}");
        // A known name finds itself.
        let slow = cx.identifier_digest("slow7");
        assert!(factors::cost_near(&cx.store, slow).await.unwrap().is_some());
        let quick = cx.identifier_digest("quick7");
        assert_eq!(factors::cost_near(&cx.store, quick).await.unwrap(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_that_costs_too_much_or_is_none_is_told_and_its_person_not_created() {
    on_each_engine(async |idp| {
        let body = "ZrEZy.HJdkdniD6axHlLcOa43mt6THAwN3wg/J7uQLvF8/xpIk9FG";
        let list = format!(
            "username,role,password_hash\na,patient,$2b$15${body}\nb,patient,hunter2-in-the-clear\n\
             c,patient,$2b$05${body}\n"
        );
        let id = idp.brings(&list).await;
        let job = idp.worked_off(&id).await;
        assert_eq!(counts(&job), (1, 0, 2));
        let (cx, actor) = (idp.operator(), super::bringer(&idp.operator()).await);
        let faults = vouchsafe::flows::imports::faults(&cx, &actor, &id, 100).await.unwrap();
        let told = json!(faults).to_string();
        assert!(told.contains("cost 15") && told.contains("cost 14"), "{told}");
        assert!(!told.contains("hunter2") && !told.contains("ZrEZy"), "{told}");
        assert_eq!(idp.people().await, 1);
    })
    .await;
}
