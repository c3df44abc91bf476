//! A person is erased: nothing of theirs is left to read, the trail stays whole, and no backup brings them back.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use std::path::PathBuf;

use serde_json::json;
use vouchsafe::base::{AccountId, Role};
use vouchsafe::flows::{accounts, audit};

use crate::actors::{Browser, Callback, Person, Rp, Tokens};
use crate::idp::TestIdp;
use crate::installation::{Installation, each_installation};
use crate::servers::{Process, command};

/// A person with everything an installation may know of somebody.
struct Known {
    person: Person,
    app: Rp,
    browser: Browser,
    tokens: Tokens,
}

impl Known {
    async fn to(idp: &TestIdp, name: &str) -> Self {
        let claims = json!({ "name": "Zephyrine Quill", "phone_number": "+44 20 7946 0991" });
        let person = idp.person_as(name, Role::Patient, true, claims).await;
        let (app, browser) = (idp.rp().basic().await, idp.browser());
        let ask =
            app.ask().set("scope", "openid profile email phone offline_access").set("acr_values", "aal2");
        let tokens = app.signs_in_with(&person, &browser, &ask).await;
        assert_eq!(app.userinfo(&tokens.access()).await.json()["name"], "Zephyrine Quill");
        Self { person, app, browser, tokens }
    }

    fn at(&self, idp: &TestIdp) -> Self {
        Self {
            person: self.person.at(idp),
            app: self.app.at(idp),
            browser: self.browser.at(idp),
            tokens: self.tokens.clone(),
        }
    }

    /// Nothing they had opens anything.
    async fn is_nobody(&self, place: &Installation) {
        let id = &self.person.account;
        let idp = self.app.idp();
        assert_eq!(self.app.userinfo(&self.tokens.access()).await.status, 401);
        self.app.refresh(&self.tokens.refresh()).await.is_refused("invalid_grant");
        assert_eq!(self.app.introspect(&self.tokens.access()).await.json(), json!({ "active": false }));
        let silent = self.browser.get(&self.app.ask().set("prompt", "none").url()).await;
        Callback::of(&silent).is_refused("login_required");
        // Their name is as good as any other, by every way there is to write it.
        for name in [self.person.username.clone(), format!("{}@riverside.example", self.person.username)] {
            let (browser, ask) = (idp.browser(), self.app.ask().url());
            let page =
                browser.submit(&browser.open(&ask).await, "sign-in-submit", &[("username", &name)]).await;
            let page = browser.submit(&page, "sign-in-submit", &[("password", &self.person.password)]).await;
            assert!(page.status == 200 && page.has("password") && !page.has("code"), "{page:?}");
            assert!(accounts::find(&idp.operator(), &name).await.unwrap().is_none());
        }
        for (table, column) in [
            ("accounts", "id"),
            ("identifiers", "account"),
            ("factors", "account"),
            ("subjects", "account"),
            ("consents", "account"),
            ("known_browsers", "account"),
            ("sessions", "account"),
            ("withdrawals", "account"),
            ("pending_addresses", "account"),
            ("closings", "account"),
            ("outbox", "account"),
            ("families", "account"),
        ] {
            let rows = place.count(&format!("SELECT count(*) FROM {table} WHERE {column} = '{id}'")).await;
            assert_eq!(rows, 0, "{table}");
        }
        let sub = self.tokens.id_claims()["sub"].as_str().unwrap().to_owned();
        let left = format!("SELECT count(*) FROM families WHERE entitlement LIKE '%{sub}%'");
        assert_eq!(place.count(&left).await, 0, "the apps' name for them stands in a family");
        assert_eq!(keys_of(place, id).await, 0, "their data key is there");
        assert_eq!(place.count(&format!("SELECT count(*) FROM erasures WHERE account = '{id}'")).await, 1);
    }

    async fn is_well(&self) {
        assert_eq!(self.app.userinfo(&self.tokens.access()).await.json()["name"], "Zephyrine Quill");
        self.app.signs_in(&self.person, &self.app.idp().browser()).await;
    }
}

async fn keys_of(place: &Installation, id: &AccountId) -> i64 {
    place.count_keys(&format!("SELECT count(*) FROM data_keys WHERE person = '{id}'")).await
}

async fn the_trail_is_whole(idp: &TestIdp) {
    assert_eq!(audit::verify(&idp.operator(), &|_| ()).await.unwrap().first_bad, None);
}

/// Everything in the database but the key store, as a backup holds it.
enum Backup {
    File(PathBuf),
    Schema,
}

/// PostgreSQL: every table of one schema into another, as `pg_dump --schema` and `pg_restore` would carry them.
const COPY: &str = "DO $$ DECLARE t text; BEGIN
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE backup.%I AS SELECT * FROM public.%I', t, t);
    END LOOP; END $$";
const RESTORE: &str = "DO $$ DECLARE t text; BEGIN
    SET session_replication_role = replica;
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'backup' LOOP
        EXECUTE format('DELETE FROM public.%I', t);
        EXECUTE format('INSERT INTO public.%I SELECT * FROM backup.%I', t, t);
    END LOOP; END $$";

impl Backup {
    /// Of an installation nobody serves.
    async fn of(place: &Installation) -> Self {
        match place.database_file() {
            Some(file) => {
                let copy = file.with_extension("backup");
                // What is only in the log comes into the file first.
                place.sql("PRAGMA wal_checkpoint(TRUNCATE)").await;
                std::fs::copy(file, &copy).unwrap();
                Self::File(copy)
            }
            None => {
                place.sql(&format!("CREATE SCHEMA backup; {COPY}")).await;
                Self::Schema
            }
        }
    }

    async fn is_restored(&self, place: &Installation) {
        match self {
            Self::File(copy) => {
                let file = place.database_file().unwrap();
                for log in ["-wal", "-shm"] {
                    std::fs::remove_file(format!("{}{log}", file.display())).ok();
                }
                std::fs::copy(copy, file).unwrap();
            }
            Self::Schema => place.sql(RESTORE).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_backup_of_the_database_brings_nobody_back() {
    each_installation(&[], async |place| {
        let first = TestIdp::start(place.clone()).await;
        let (zoe, bob) = (Known::to(&first, "zephyrine").await, Known::to(&first, "bob").await);
        first.stop().await;
        let backup = Backup::of(&place).await;

        let second = TestIdp::start(place.clone()).await;
        let mark = second.mark().await;
        accounts::erase(&second.operator(), &zoe.person.account).await.unwrap();
        second.advance(1);
        assert_eq!(second.kinds_since(mark).await, ["account.erased"]);
        zoe.at(&second).is_nobody(&place).await;
        bob.at(&second).is_well().await;
        the_trail_is_whole(&second).await;
        second.stop().await;

        backup.is_restored(&place).await;
        let back = format!("SELECT count(*) FROM accounts WHERE id = '{}'", zoe.person.account);
        assert_eq!(place.count(&back).await, 1, "the backup has her");
        let mark =
            vouchsafe::base::Timestamp::from_micros(place.clock.load(std::sync::atomic::Ordering::SeqCst));
        let third = TestIdp::start(place.clone()).await;
        let again = third.events_since(mark).await;
        let again: Vec<_> = again.iter().filter(|e| e.kind.as_str() == "backup.erasures_reapplied").collect();
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].account.as_ref(), Some(&zoe.person.account));
        zoe.at(&third).is_nobody(&place).await;
        bob.at(&third).is_well().await;
        the_trail_is_whole(&third).await;
        third.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_backup_of_the_key_store_brings_nobody_back() {
    each_installation(&[], async |place| {
        let first = TestIdp::start(place.clone()).await;
        let (zoe, bob) = (Known::to(&first, "zephyrine").await, Known::to(&first, "bob").await);
        place.sql_keys("CREATE TABLE backup AS SELECT * FROM data_keys").await;
        accounts::erase(&first.operator(), &zoe.person.account).await.unwrap();
        first.advance(1);
        first.stop().await;
        place
            .sql_keys("DELETE FROM erased_people; DELETE FROM data_keys; INSERT INTO data_keys SELECT * FROM backup")
            .await;
        assert_eq!(keys_of(&place, &zoe.person.account).await, 1, "the backup has her key");
        let second = TestIdp::start(place.clone()).await;
        zoe.at(&second).is_nobody(&place).await;
        bob.at(&second).is_well().await;
        the_trail_is_whole(&second).await;
        second.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_command_and_after_a_restore_serve_erases_again_before_it_is_ready() {
    each_installation(&[], async |place| {
        let operator = TestIdp::beside(place.clone()).await;
        let zoe = operator.person("zephyrine").await;
        operator.stop().await;
        let backup = Backup::of(&place).await;
        let run = |words: &str| command(&place, words, &[]).output().unwrap();
        assert_eq!(run("account erase zephyrine").status.code(), Some(5), "asked for --yes");
        assert_eq!(run("account erase zephyrine --yes").status.code(), Some(0));
        assert_eq!(run("account show zephyrine").status.code(), Some(1));
        assert_eq!(run("audit verify").status.code(), Some(0));
        backup.is_restored(&place).await;
        let doctor = run("doctor");
        assert!(String::from_utf8_lossy(&doctor.stdout).contains("erasure"), "{doctor:?}");

        let process = Process::serves(&place, &[]).await;
        assert!(process.log().contains("erasures were applied again"), "{}", process.log());
        assert_eq!(run("account show zephyrine").status.code(), Some(1));
        assert_eq!(keys_of(&place, &zoe.account).await, 0);
        let exported = run("audit export");
        let exported = String::from_utf8_lossy(&exported.stdout).into_owned();
        assert!(
            exported.contains("backup.erasures_reapplied") && !exported.contains("zephyrine"),
            "{exported}"
        );
        process.signal("TERM");
        assert_eq!(process.ended().await, Some(0));
        assert_eq!(run("audit verify").status.code(), Some(0));
    })
    .await;
}
