//! Lists of people at the console: uploaded, looked at, begun, stopped, and what is no list.

use vouchsafe::base::OrganisationId;
use vouchsafe::duties::Duty;
use vouchsafe::flows::notify;

use super::{Admin, refusal};
use crate::actors::Answer;
use crate::idp::{TestIdp, on_each_engine};
use crate::servers::soon;

const NEW: &str = "/admin/people/import";

impl Admin {
    /// Sends the form with a file, as a browser does.
    async fn brings(&self, csrf: &str, fields: &[(&str, &str)], file: &[u8]) -> Answer {
        let mut body = Vec::new();
        for (name, value) in [fields, &[("csrf", csrf)]].concat() {
            let part =
                format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        body.extend_from_slice(
            b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\n\
              Content-Type: text/csv\r\n\r\n",
        );
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--edge--\r\n");
        let headers = [("content-type", "multipart/form-data; boundary=edge")];
        self.browser.send("POST", &self.idp.at(NEW), &headers, body).await
    }

    async fn uploads(&self, file: &[u8]) -> Answer {
        self.brings(&self.csrf().await, &[("role", ""), ("pasted", ""), ("map", "")], file).await
    }
}

async fn officer(idp: &TestIdp) -> Admin {
    let north = idp.organisation("North", &OrganisationId::root()).await;
    idp.admin("rita", &[(Duty::RegistrationOfficer, &north)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_looked_at_mended_and_brought_and_its_people_are_invited() {
    on_each_engine(async |idp| {
        let admin = officer(&idp).await;
        let before = idp.people().await;
        let mark = idp.mark().await;
        let list = "\u{feff}username;email;role;invite\r\n\
            rose;rose@elsewhere.example;patient;yes\r\n\
            ben;;nurse;no\r\n\
            =cmd|' /C calc'!A0;;patient;no\r\n";
        let brought = admin.uploads(list.as_bytes()).await;
        assert_eq!(brought.status, 303, "{brought:?}");
        let page = admin.browser.follow(brought).await;
        assert!(page.body.contains("Create one person"), "{}", page.body);
        assert!(page.body.contains("write patient, clinician or administrator"), "{}", page.body);
        assert_eq!(
            (idp.people().await, idp.kinds_since(mark).await),
            (before, vec!["import.looked_at"]),
            "nothing happened"
        );
        // What is to be mended, without formulas.
        let url = page.url.replace(&idp.at(""), "");
        let sheet = admin.get(&format!("{url}/errors")).await;
        assert_eq!(sheet.header("content-disposition"), "attachment; filename=\"to-mend.csv\"");
        assert!(sheet.body.contains("ben,") && !sheet.body.contains(",=cmd"), "{}", sheet.body);
        let begun = admin.posts(&format!("{url}/apply"), &[]).await;
        assert_eq!(begun.location(), Some(idp.at(&format!("{url}?done=import-begun"))), "{begun:?}");
        soon("it is done", async || admin.get(&url).await.body.contains("It is done")).await;
        assert_eq!(idp.people().await, before + 1);
        let again = admin.posts(&format!("{url}/apply"), &[]).await;
        assert_eq!(again.status, 409, "it is over");
        let counts = idp.counts_since(mark).await;
        let wanted = ["import.begun", "account.created", "invitation.sent", "import.done"];
        assert_eq!(wanted.map(|kind| counts[kind]), [1; 4], "{counts:?}");
        let mails = notify::newest(&idp.operator(), 10).await.unwrap();
        assert_eq!(mails[0].1.to, "rose@elsewhere.example");
        // Mended as it came down, and brought by pasting it.
        let mended = sheet.body.replace("nurse", "patient").lines().take(2).collect::<Vec<_>>().join("\n");
        let brought = admin.brings(&admin.csrf().await, &[("pasted", &mended)], b"").await;
        let page = admin.browser.follow(brought).await;
        assert!(page.body.contains("Create one person"), "{}", page.body);
        let lists = admin.get("/admin/people/imports").await;
        assert_eq!(lists.body.matches("/admin/people/imports/").count(), 2, "{}", lists.body);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_is_said_in_words_and_leaves_nothing() {
    on_each_engine(async |idp| {
        let admin = officer(&idp).await;
        let mark = idp.mark().await;
        let million = "email\n".to_owned() + &"rose@elsewhere.example\n".repeat(1_000_000);
        let lines = "email\n".to_owned() + &"a@b.example\n".repeat(10_001);
        let cases: [(&[u8], u16, &str); 7] = [
            (
                b"username,role\nrose,patient\nren\xe9,patient\n",
                400,
                "Line 3: byte 31 of the file is no UTF-8",
            ),
            (b"\xff\xfeu\0s\0", 400, "UTF-16"),
            (million.as_bytes(), 413, "larger than 16 MiB"),
            (lines.as_bytes(), 413, "more than 10000 rows"),
            (b"username,shoe size\nrose,38\n", 400, "shoe size"),
            (b"username\n", 400, "no rows"),
            (b"", 400, "Choose a file"),
        ];
        for (file, status, said) in cases {
            let answer = admin.uploads(file).await;
            assert_eq!(answer.status, status, "{said}: {answer:?}");
            assert!(answer.body.contains(said), "{said}: {}", answer.body);
            assert!(answer.body.contains("Error: "), "the title says so");
        }
        assert!(admin.get("/admin/people/imports").await.body.contains("No list was brought"));
        assert_eq!(idp.kinds_since(mark).await, Vec::<&str>::new());
        // Another session's form, and what is no form at all.
        let mark = idp.mark().await;
        let forged = admin.brings("AAAA", &[], b"username,role\nrose,patient\n").await;
        assert_eq!(forged.status, 403, "{forged:?}");
        assert_eq!(idp.kinds_since(mark).await, ["input.refused"]);
        let mark = idp.mark().await;
        let headers = [("content-type", "multipart/form-data; boundary=edge")];
        let broken = admin.browser.send("POST", &idp.at(NEW), &headers, "--edge\r\nno end").await;
        assert_eq!(broken.status, 400, "{broken:?}");
        assert_eq!(idp.kinds_since(mark).await, ["input.refused"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lists_of_one_place_are_not_there_for_another() {
    on_each_engine(async |idp| {
        let admin = officer(&idp).await;
        let south = idp.organisation("South", &OrganisationId::root()).await;
        let other = idp.admin("sue", &[(Duty::Owner, &south)]).await;
        let brought = admin.uploads(b"username,role\nrose,patient\nann,administrator\n").await;
        let url = brought.location().unwrap().replace(&idp.at(""), "");
        let page = admin.get(&url).await;
        assert!(page.body.contains("above your own level"), "{}", page.body);
        assert!(other.get("/admin/people/imports").await.body.contains("No list was brought"));
        for (method, rest) in [("GET", ""), ("GET", "/errors"), ("POST", "/apply"), ("POST", "/cancel")] {
            let mark = idp.mark().await;
            let path = format!("{url}{rest}");
            let answer = if method == "GET" { other.get(&path).await } else { other.posts(&path, &[]).await };
            assert_eq!(answer.status, 404, "{method} {path}: {answer:?}");
            assert_eq!(refusal(&idp, mark).await.0, "other_organisation");
        }
        let thrown = admin.posts(&format!("{url}/cancel"), &[]).await;
        assert_eq!(thrown.location(), Some(idp.at(&format!("{url}?done=import-stopped"))), "{thrown:?}");
        assert_eq!(admin.posts(&format!("{url}/apply"), &[]).await.status, 409);
        assert_eq!(admin.posts(&format!("{url}/cancel"), &[]).await.status, 409);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_begun_once_of_sixty_four_at_once() {
    on_each_engine(async |idp| {
        let admin = officer(&idp).await;
        let before = idp.people().await;
        let brought = admin.uploads(b"username,role\nrose,patient\nben,patient\n").await;
        let url = brought.location().unwrap().replace(&idp.at(""), "");
        let mark = idp.mark().await;
        let csrf = admin.csrf().await;
        let mut racers = tokio::task::JoinSet::new();
        for _ in 0..64 {
            let (browser, to) = (admin.browser.clone(), idp.at(&format!("{url}/apply")));
            let form = vec![("csrf".to_owned(), csrf.clone())];
            racers.spawn(async move { browser.post(&to, &form).await.status });
        }
        let answers = racers.join_all().await;
        assert!(answers.iter().all(|status| [303, 409].contains(status)), "{answers:?}");
        soon("it is done", async || admin.get(&url).await.body.contains("It is done")).await;
        let counts = idp.counts_since(mark).await;
        assert_eq!((counts["import.begun"], counts["account.created"]), (1, 2));
        assert_eq!(idp.people().await, before + 2);
    })
    .await;
}
