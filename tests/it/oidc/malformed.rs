//! What no app of ours would send: refused with 4xx at every endpoint, noted, nothing echoed, nothing broken.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::actors::{Callback, pairs};
use crate::idp::{TestIdp, on_each_engine};

const FORM: &str = "application/x-www-form-urlencoded";
/// Stands in every request; no answer may hold it.
const CANARY: &str = "canary4711";

/// Name, method, path and query, content type, body.
type Row = (&'static str, &'static str, String, &'static str, Vec<u8>);

fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let posts = ["/token", "/introspect", "/revoke", "/authorize", "/logout", "/logout/confirm", "/userinfo"];
    for path in posts {
        let mut add = |name, media, body: Vec<u8>| rows.push((name, "POST", path.to_owned(), media, body));
        add("no type", "", format!("grant_type={CANARY}").into());
        add("JSON", "application/json", format!("{{\"token\":\"{CANARY}\"}}").into());
        add("multipart", "multipart/form-data; boundary=x", b"--x--".to_vec());
        add("bad UTF-8", FORM, b"client_secret=canary4711%ff%fe".to_vec());
        add("raw bytes", FORM, b"client_secret=\xff\xfe\x80".to_vec());
        add("NUL", FORM, b"client_secret=canary4711%00".to_vec());
        add("101 parameters", FORM, "a=canary4711&".repeat(101).into_bytes());
        add("a megabyte of scope", FORM, format!("scope={}", "a%20".repeat(262_144)).into_bytes());
        add("repeated", FORM, b"token=canary4711&token=b&client_id=a&client_id=b&state=1&state=2".to_vec());
        add("half an escape", FORM, b"token=%&client_id=%4".to_vec());
    }
    for path in ["/authorize", "/logout"] {
        for (name, query) in [
            ("bad UTF-8", "state=%ff&client_secret=canary4711"),
            ("NUL", "client_id=canary4711%00"),
            ("script", "client_id=%3Cscript%3Ecanary4711&redirect_uri=javascript:canary4711"),
            ("newline", "client_id=a%0d%0aset-cookie:%20canary4711=1&redirect_uri=a%0d%0ab"),
            ("deep claims", "claims=%7B%22a%22:%7B%22canary4711"),
        ] {
            rows.push((name, "GET", format!("{path}?{query}"), "", Vec::new()));
        }
        rows.push(("many", "GET", format!("{path}?{}", "a=canary4711&".repeat(101)), "", Vec::new()));
        rows.push(("60 KB", "GET", format!("{path}?state={}", "a".repeat(60_000)), "", Vec::new()));
    }
    rows.push(("parked", "GET", "/authorize?parked=canary4711".to_owned(), "", Vec::new()));
    rows.push(("encoded path", "GET", "/%61uthorize%00".to_owned(), "", Vec::new()));
    rows.push(("dots", "GET", "/jwks/..%2f..%2fetc/passwd".to_owned(), "", Vec::new()));
    rows
}

#[tokio::test]
async fn nothing_malformed_is_answered_with_500_or_echoed() {
    on_each_engine(async |idp| {
        let rows = rows();
        assert!(rows.len() > 60);
        for (name, method, path, media, body) in rows {
            let headers = [("content-type", media)];
            let headers = if media.is_empty() { &headers[..0] } else { &headers[..] };
            let answer = idp.http.send(method, &path, headers, body).await;
            let shown = path.chars().take(60).collect::<String>();
            // A POSTed request comes back by GET before anything is said about it.
            let is_parked = (path == "/authorize" || path == "/logout") && answer.status == 303;
            assert!(
                (400..500).contains(&answer.status) || is_parked || is_page(&answer.status, &path),
                "{name} {method} {shown}: {}",
                answer.status
            );
            assert!(!answer.body.contains(CANARY), "{name} {method} {shown} echoes");
            assert!(answer.headers.get("set-cookie").is_none_or(|c| !c.to_str().unwrap().contains(CANARY)));
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert!(!answer.header("x-request-id").is_empty());
        }
    })
    .await;
}

/// `/logout` asks or says goodbye whatever unknown parameters it is sent.
fn is_page(status: &u16, path: &str) -> bool {
    *status == 200 && path.starts_with("/logout")
}

#[tokio::test]
async fn broken_encoding_is_noted_in_the_trail() {
    on_each_engine(async |idp| {
        for path in ["/token", "/introspect", "/revoke", "/userinfo", "/authorize", "/logout"] {
            for body in [&b"a=%ff"[..], b"a=%00", &b"a=1&".repeat(101), &vec![b'a'; 70_000]] {
                let mark = idp.mark().await;
                let answer = idp.http.send("POST", path, &[("content-type", FORM)], body).await;
                assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
                let traces = idp.kinds_since(mark).await;
                assert_eq!(traces, ["input.refused"], "{path}");
            }
        }
        for path in ["/authorize?a=%ff", "/authorize?a=%00", "/logout?a=%ff"] {
            let mark = idp.mark().await;
            super::is_shown(&idp.http.get(path).await, path.split('?').next().unwrap());
            assert_eq!(idp.kinds_since(mark).await, ["input.refused"], "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_of_thousands_of_parts_or_promises_is_none() {
    on_each_engine(async |idp| {
        let (rp, keyed) = (idp.rp().basic().await, idp.rp().private_key_jwt().await);
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let costly =
            part(r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","zip":"DEF","p2c":2147483647,"p2s":"AAAA"}"#);
        let fakes = [
            ".".repeat(3_000),
            "a.".repeat(1_500),
            format!("{costly}.AAAA.AAAA.AAAA.AAAA"),
            format!("{}.e30.AAAA", part(&"[".repeat(2_000))),
            format!("{}.e30.AAAA", part(&format!("{}1{}", "{\"a\":".repeat(300), "}".repeat(300)))),
            format!("{}.e30.AAAA", part(r#"{"alg":"ES256","alg":"none","kid":"x"}"#)),
        ];
        let typ = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        for fake in fakes.iter().map(String::as_str) {
            let name = fake.get(..40).unwrap();
            let mark = idp.mark().await;
            rp.userinfo(fake).await.is_refused("invalid_token");
            assert_eq!(idp.kinds_since(mark).await, ["userinfo.refused"], "{name}");
            let mark = idp.mark().await;
            assert_eq!(rp.introspect(fake).await.json(), serde_json::json!({ "active": false }));
            assert_eq!(rp.revoke(fake).await.status, 200);
            assert!(idp.kinds_since(mark).await.is_empty(), "{name}");
            let form =
                [("client_id", keyed.id.as_str()), ("grant_type", "refresh_token"), ("refresh_token", "x")];
            let form =
                [&form[..], &[("client_assertion_type", typ), ("client_assertion", fake)][..]].concat();
            idp.http.post("/token", &pairs(&form)).await.is_refused("invalid_client");
            assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"], "{name}");
            let mark = idp.mark().await;
            let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
            rp.posts_with("/token", &form, &[fake]).await.is_refused("invalid_dpop_proof");
            assert_eq!(idp.kinds_since(mark).await, ["token.refused"], "{name}");
            let mark = idp.mark().await;
            keyed.posts("/par", &[("request", fake)]).await.is_refused("invalid_request_object");
            let hinted = rp.ask().set("id_token_hint", fake).url();
            Callback::of(&idp.http.get(&hinted).await).is_refused("invalid_request");
            assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"; 2], "{name}");
            serves(&idp).await;
        }
    })
    .await;
}

#[tokio::test]
async fn people_are_shown_a_page_where_a_form_is_broken() {
    on_each_engine(async |idp| {
        for path in ["/authorize", "/logout"] {
            let answer = idp.http.send("POST", path, &[("content-type", FORM)], &b"a=%ff"[..]).await;
            super::is_shown(&answer, path);
        }
    })
    .await;
}

#[tokio::test]
async fn a_broken_http_request_ends_its_connection_alone() {
    on_each_engine(async |idp| {
        let host = idp.issuer.trim_start_matches("http://").to_owned();
        let ends = |text: &str| format!("{text}Host: {host}\r\nConnection: close\r\n\r\n").into_bytes();
        let requests = [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(),
            b"GET /jwks HTTP/9.9\r\nConnection: close\r\n\r\n".to_vec(),
            ends("GET /jw\x00ks HTTP/1.1\r\n"),
            ends("POST /token HTTP/1.1\r\nContent-Length: -1\r\n"),
            ends("POST /token HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n"),
            ends("POST /token HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
            ends(&format!("GET /authorize?state={} HTTP/1.1\r\n", "a".repeat(1 << 20))),
            ends(&format!("GET /jwks HTTP/1.1\r\nCookie: {}\r\n", "a".repeat(1 << 20))),
        ];
        for bytes in requests {
            let answer = idp.http.raw(&bytes).await;
            let head = answer.lines().next().unwrap_or_default().to_owned();
            let refused = head.is_empty() || head.contains(" 4") || head.contains(" 505");
            assert!(refused, "{}: {head}", String::from_utf8_lossy(&bytes[..60.min(bytes.len())]));
            serves(&idp).await;
        }
    })
    .await;
}

async fn serves(idp: &TestIdp) {
    assert_eq!(idp.http.get("/jwks").await.status, 200);
}
