//! What a registration names elsewhere: the list of a `sector_identifier_uri`, and a logo, of which people see our copy.

use serde_json::{Value, json};
use vouchsafe::base::ClientId;
use vouchsafe::flows::clients;
use vouchsafe::flows::clients::settings::{self, Within};

use crate::idp::{TestIdp, on_each_engine, on_each_engine_with};
use crate::outbound::receiver::{Manners, Receiver};
use crate::webhooks::NEAR;

const TWO_HOSTS: [&str; 2] = ["https://a.example/cb", "https://b.example/cb"];

fn says(body: &str) -> Manners {
    Manners::Says(200, "content-type: text/plain\r\n".to_owned(), body.to_owned())
}

/// What is registered, or why it is not; a refusal leaves nothing behind.
async fn registers(idp: &TestIdp, document: Value) -> Result<String, String> {
    let (before, mark) = (clients::list(&idp.operator()).await.unwrap().len(), idp.mark().await);
    let made = clients::create(&idp.operator(), &document).await;
    idp.tick();
    match made {
        Ok(answer) => Ok(answer["client_id"].as_str().unwrap().to_owned()),
        Err(why) => {
            assert_eq!(clients::list(&idp.operator()).await.unwrap().len(), before);
            assert!(idp.kinds_since(mark).await.is_empty());
            Err(why.to_string())
        }
    }
}

/// Changes members of what an app registered.
async fn changes(idp: &TestIdp, id: &str, members: Value) -> Result<(), String> {
    let id = ClientId::from_text(id);
    let client = clients::find(&idp.operator(), &id).await.unwrap().unwrap();
    let mut document = Value::Object(client.registered());
    document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    settings::change(&idp.operator(), &Within::All, &id, &document).await.map_err(|why| why.to_string())
}

#[tokio::test]
async fn a_sector_of_several_hosts_is_believed_once_its_own_host_lists_them() {
    on_each_engine_with(&NEAR, async |idp| {
        let server = Receiver::new().await;
        let app = |uris: &[&str]| json!({ "redirect_uris": uris, "sector_identifier_uri": server.url() });
        let both = json!(TWO_HOSTS).to_string();
        for manners in [
            says(r#"["https://a.example/cb"]"#),
            says(r#"["https://a.example/cb","https://b.example/cb?"]"#),
            says(r#"{"redirect_uris":["https://a.example/cb","https://b.example/cb"]}"#),
            says("[]"),
            Manners::Says(404, String::new(), both.clone()),
            Manners::Babbles,
        ] {
            server.behave(manners);
            let why = registers(&idp, app(&TWO_HOSTS)).await.unwrap_err();
            assert!(why.starts_with("sector_identifier_uri: must answer"), "{why}");
        }
        server.behave(says(&both));
        let id = registers(&idp, app(&TWO_HOSTS)).await.unwrap();
        let client = clients::find(&idp.operator(), &ClientId::from_text(&id)).await.unwrap().unwrap();
        assert_eq!(client.sector().unwrap(), "host:127.0.0.1");
        // What was seen is not asked for again; what is new is.
        let asked = server.connections();
        changes(&idp, &id, json!({ "client_name": "Both" })).await.unwrap();
        assert_eq!(server.connections(), asked);
        let three = json!({ "redirect_uris": [TWO_HOSTS[0], TWO_HOSTS[1], "https://c.example/cb"] });
        assert!(changes(&idp, &id, three).await.unwrap_err().starts_with("sector_identifier_uri"));
        assert_eq!(server.connections(), asked + 1);
    })
    .await;
}

#[tokio::test]
async fn a_logo_is_fetched_when_it_is_registered_and_people_see_our_copy() {
    on_each_engine_with(&NEAR, async |idp| {
        let server = Receiver::new().await;
        let app = json!({ "redirect_uris": ["https://a.example/cb"], "logo_uri": server.url() });
        for manners in [
            says("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
            says(&format!("GIF89a{}", " ".repeat(256 * 1024))),
            Manners::Says(302, "location: /other\r\n".to_owned(), "GIF89a".to_owned()),
            says(""),
        ] {
            server.behave(manners);
            let why = registers(&idp, app.clone()).await.unwrap_err();
            assert!(why.starts_with("logo_uri: could not be fetched"), "{why}");
        }
        server.behave(says("GIF89a one"));
        let id = registers(&idp, app).await.unwrap();
        let shown = async || {
            let client = clients::find(&idp.operator(), &ClientId::from_text(&id)).await.unwrap().unwrap();
            client.logo.map(|name| format!("/logos/{name}"))
        };
        let first = shown().await.unwrap();
        let answer = idp.http.get(&first).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "GIF89a one"));
        for (header, value) in [
            ("content-type", "image/gif"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(header), value);
        }
        let asked = server.connections();
        changes(&idp, &id, json!({ "client_name": "With a logo" })).await.unwrap();
        assert_eq!((server.connections(), shown().await.as_ref()), (asked, Some(&first)));
        // Another address is another picture; the one that no app shows any more is gone.
        server.behave(says("GIF89a two"));
        changes(&idp, &id, json!({ "logo_uri": format!("{}?2", server.url()) })).await.unwrap();
        assert_eq!(idp.http.get(&shown().await.unwrap()).await.body, "GIF89a two");
        for gone in [first.as_str(), "/logos/none", "/logos/..%2f..%2fx"] {
            assert_eq!(idp.http.get(gone).await.status, 404, "{gone}");
        }
        changes(&idp, &id, json!({ "logo_uri": null })).await.unwrap();
        assert_eq!(shown().await, None);
    })
    .await;
}

#[tokio::test]
async fn what_lies_in_our_own_networks_is_not_fetched_for_a_registration() {
    on_each_engine(async |idp| {
        let server = Receiver::new().await;
        server.behave(says(r#"["https://a.example/cb"]"#));
        for (member, url) in [
            ("sector_identifier_uri", server.url()),
            ("sector_identifier_uri", format!("https://127.0.0.1:{}/", server.port)),
            ("logo_uri", server.url()),
            ("logo_uri", "https://169.254.169.254/latest/meta-data".to_owned()),
            ("logo_uri", "https://[::1]/x.png".to_owned()),
        ] {
            let app = json!({ "redirect_uris": ["https://a.example/cb"], member: url });
            assert!(registers(&idp, app).await.unwrap_err().starts_with(member));
        }
        assert_eq!(server.connections(), 0);
    })
    .await;
}
