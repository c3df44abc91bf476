//! The guarded client: what it calls, what it refuses, and that a refusal connects to nobody.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

pub mod receiver;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vouchsafe::config::{self, Allowed, Setting};
use vouchsafe::outbound::{Answer, Bounds, Failure, Lookup, Outbound, Target};

use crate::mail::transport::Authority;
use receiver::{Manners, Receiver};

fn settings(allow: &str, extra_ca_file: Option<PathBuf>) -> config::Outbound {
    config::Outbound { allow: Allowed::parse(allow).unwrap(), extra_ca_file }
}

fn client(allow: &str) -> Outbound {
    Outbound::new(&settings(allow, None)).unwrap()
}

/// Answers each question with the next of `answers`, the last one for ever, and counts.
fn names(answers: &[&[&str]]) -> (Lookup, Arc<AtomicUsize>) {
    let parse = |list: &&[&str]| list.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
    let answers = Mutex::new(answers.iter().map(parse).collect::<Vec<_>>());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let lookup: Lookup = Arc::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        let mut answers = answers.lock().unwrap();
        let next = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        Box::pin(async move { Ok(next) })
    });
    (lookup, asked)
}

async fn post(client: &Outbound, url: &str) -> Result<Answer, Failure> {
    client.post(&Target::parse(url).unwrap(), &[("x-test", "1".to_owned())], b"hello".to_vec()).await
}

async fn get(client: &Outbound, url: &str) -> Result<Answer, Failure> {
    client.get(&Target::parse(url).unwrap(), "application/json", 1000).await
}

/// Posting and fetching are refused in one way.
async fn refused(client: &Outbound, url: &str) -> Failure {
    let (posted, fetched) = (post(client, url).await.unwrap_err(), get(client, url).await.unwrap_err());
    assert_eq!(posted, fetched, "{url}");
    posted
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused_however_they_are_written() {
    let receiver = Receiver::new().await;
    let port = receiver.port;
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::1]",
        "[fe80::1]",
        "[fd00::1]",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "localhost",
    ] {
        for scheme in ["https", "http"] {
            let url = format!("{scheme}://{host}:{port}/");
            assert_eq!(refused(&client(""), &url).await, Failure::NotAllowed, "{url}");
            let target = Target::parse(&url).unwrap();
            assert_eq!(client("").admits(&target).await, Err(Failure::NotAllowed), "{url}");
        }
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_name_is_refused_if_one_of_its_addresses_is_not_public() {
    let receiver = Receiver::new().await;
    let url = format!("https://hooks.example:{}/", receiver.port);
    for answers in [&["127.0.0.1"][..], &["1.1.1.1", "127.0.0.1"], &["::ffff:127.0.0.1"], &["fd00::1"]] {
        let client = client("").resolving(names(&[answers]).0);
        assert_eq!(refused(&client, &url).await, Failure::NotAllowed, "{answers:?}");
        assert_eq!(client.admits(&Target::parse(&url).unwrap()).await, Err(Failure::NotAllowed));
    }
    let nowhere = client("").resolving(names(&[&[]]).0);
    assert_eq!(refused(&nowhere, &url).await, Failure::Unknown);
    assert_eq!(nowhere.admits(&Target::parse(&url).unwrap()).await, Ok(()));
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_a_moment_later_gains_nothing() {
    let receiver = Receiver::new().await;
    let (lookup, _) = names(&[&["1.1.1.1"], &["127.0.0.1"]]);
    let client = client("").resolving(lookup);
    let target = Target::parse(&format!("https://hooks.example:{}/", receiver.port)).unwrap();
    assert_eq!(client.admits(&target).await, Ok(()));
    assert_eq!(refused(&client, target.as_str()).await, Failure::NotAllowed);
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_call_asks_for_its_name_once_and_connects_to_what_was_judged() {
    let receiver = Receiver::new().await;
    // Whatever is asked a second time would lead to an address where nobody is.
    let (lookup, asked) = names(&[&["127.0.0.1"], &["127.255.0.1"]]);
    let client = client("hooks.example").resolving(lookup);
    let answer = post(&client, &format!("http://hooks.example:{}/a?b=c", receiver.port)).await.unwrap();
    assert_eq!(answer, Answer { status: 204, media: String::new(), body: Vec::new() });
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let [request] = &receiver.received()[..] else { panic!("one request") };
    assert_eq!(request.line, "POST /a?b=c HTTP/1.1");
    assert_eq!((request.header("x-test"), request.body.as_str()), ("1", "hello"));
    assert_eq!(request.header("host"), format!("hooks.example:{}", receiver.port));
}

#[tokio::test]
async fn plain_http_is_for_what_the_settings_list() {
    let receiver = Receiver::new().await;
    let port = receiver.port;
    let (near, _) = names(&[&["127.0.0.1"]]);
    let by_name = format!("http://hooks.example:{port}/");
    // A network allows its addresses; a name that leads there still needs https.
    let network = client("127.0.0.0/8").resolving(near.clone());
    assert_eq!(post(&network, &by_name).await, Err(Failure::NotAllowed));
    assert_eq!(post(&network, &receiver.url()).await.unwrap().status, 204);
    let host = client("hooks.example").resolving(near);
    assert_eq!(post(&host, &by_name).await.unwrap().status, 204);
    assert_eq!(post(&host, &receiver.url()).await, Err(Failure::NotAllowed));
    let public = client("").resolving(names(&[&["1.1.1.1"]]).0);
    assert_eq!(post(&public, &by_name).await, Err(Failure::NotAllowed));
    assert_eq!(receiver.connections(), 2);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let (first, second) = (Receiver::new().await, Receiver::new().await);
    first.behave(Manners::Says(307, format!("location: {}\r\n", second.url()), String::new()));
    let client = client("127.0.0.1");
    assert_eq!(post(&client, &first.url()).await.unwrap().status, 307);
    assert_eq!(get(&client, &first.url()).await.unwrap().status, 307);
    assert_eq!(second.connections(), 0);
}

#[tokio::test]
async fn an_answer_is_read_to_its_bounds_alone() {
    let receiver = Receiver::new().await;
    let bounds = Bounds { connect: Duration::from_secs(5), whole: Duration::from_secs(20), bytes: 1000 };
    let patient = client("127.0.0.1").within(bounds);
    receiver.behave(Manners::Says(200, String::new(), "x".repeat(1000)));
    assert_eq!(post(&patient, &receiver.url()).await.unwrap().body.len(), 1000);
    receiver.behave(Manners::Says(200, String::new(), "x".repeat(1001)));
    assert_eq!(post(&patient, &receiver.url()).await, Err(Failure::TooLong));
    receiver.behave(Manners::Babbles);
    assert_eq!(post(&patient, &receiver.url()).await, Err(Failure::Broken));
    receiver.behave(Manners::Hangs);
    let hasty = client("127.0.0.1").within(Bounds { whole: Duration::from_millis(300), ..bounds });
    assert_eq!(post(&hasty, &receiver.url()).await, Err(Failure::Silence));
    let port = receiver.port;
    drop(receiver);
    assert_eq!(post(&patient, &format!("http://127.0.0.1:{port}/")).await, Err(Failure::Connect));
}

#[tokio::test]
async fn what_is_fetched_is_asked_for_by_its_type_and_read_to_the_callers_own_bounds() {
    let receiver = Receiver::new().await;
    let client = client("127.0.0.1");
    let typed = "content-type: Application/JWK-Set+JSON; charset=utf-8\r\n".to_owned();
    receiver.behave(Manners::Says(200, typed.clone(), "x".repeat(1000)));
    let answer = get(&client, &receiver.url()).await.unwrap();
    assert_eq!(
        (answer.status, answer.media.as_str(), answer.body.len()),
        (200, "application/jwk-set+json", 1000)
    );
    receiver.behave(Manners::Says(200, typed, "x".repeat(1001)));
    assert_eq!(get(&client, &receiver.url()).await, Err(Failure::TooLong));
    let [first, _] = &receiver.received()[..] else { panic!("two requests") };
    assert_eq!(first.line, "GET /hook HTTP/1.1");
    assert_eq!((first.header("accept"), first.body.as_str()), ("application/json", ""));
    assert!(first.header("user-agent").starts_with("vouchsafe/"));
}

#[tokio::test]
async fn a_server_proves_who_it_is_by_a_certificate_we_trust() {
    let authority = Authority::for_name("hooks.example");
    let receiver = Receiver::with(Manners::status(200), Some(authority.tls.clone())).await;
    let (near, _) = names(&[&["127.0.0.1"]]);
    let trusting =
        || Outbound::new(&settings("127.0.0.1", Some(authority.file()))).unwrap().resolving(near.clone());
    let url = format!("https://hooks.example:{}/", receiver.port);
    assert_eq!(post(&trusting(), &url).await.unwrap().status, 200);
    let stranger = client("127.0.0.1").resolving(near.clone());
    assert_eq!(refused(&stranger, &url).await, Failure::Tls);
    let other = format!("https://other.example:{}/", receiver.port);
    assert_eq!(post(&trusting(), &other).await, Err(Failure::Tls));
    assert_eq!(receiver.received().len(), 1);
}

#[test]
fn a_file_without_certificates_is_refused_when_it_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    assert!(Outbound::new(&settings("", Some(file.clone()))).is_err());
    std::fs::write(&file, "no certificate").unwrap();
    let why = Outbound::new(&settings("", Some(file))).err().unwrap().to_string();
    assert!(why.contains("ca.pem"), "{why}");
}

#[test]
fn a_target_is_an_absolute_url_without_user_and_fragment() {
    for good in ["https://a.example", " https://a.example:8443/x?y=z ", "http://10.0.0.1/"] {
        assert!(Target::parse(good).is_some(), "{good}");
    }
    for bad in [
        "",
        "a.example",
        "//a.example",
        "ftp://a.example",
        "file:///etc/passwd",
        "https://u@a.example",
        "https://u:p@a.example",
        "https://a.example/#x",
        "https://",
        "gopher://127.0.0.1:6379/_FLUSHALL",
    ] {
        assert!(Target::parse(bad).is_none(), "{bad}");
    }
    assert!(Target::parse(&format!("https://a.example/{}", "x".repeat(2000))).is_none());
}
