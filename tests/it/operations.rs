//! The program as a service: what operators ask, what it logs, how it starts, and how it stops.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use std::os::unix::net::UnixDatagram;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use vouchsafe::base::Role;

use crate::actors::{Callback, VERIFIER, basic, encoded, pairs};
use crate::idp::TestIdp;
use crate::installation::{Installation, copied_database, each_installation, own_redis};
use crate::servers::{OwnRedis, Process, Proxy, Weather, command, host_of, in_five_seconds, soon};
use crate::stacks::{administer, server, with_database};

#[tokio::test(flavor = "multi_thread")]
async fn what_operators_ask_is_answered_inside_alone() {
    each_installation(&[], async |place| {
        let idp = TestIdp::beside(place.clone()).await;
        let process = Process::serves(&place, &[]).await;
        for path in ["/healthz", "/readyz", "/metrics"] {
            assert_eq!(idp.http.get(path).await.status, 404, "{path} outside");
            assert_eq!(process.asks(path).await.status, 200, "{path} inside");
        }
        for path in ["/dev/people", "/dev/mail", "/dev/samples", "/debug", "/console", "/.git/config"] {
            assert_eq!(idp.http.get(path).await.status, 404, "{path} is the demo's, or nobody's");
        }
        for path in ["/token", "/authorize", "/jwks", "/admin/", "/.well-known/openid-configuration"] {
            assert_eq!(process.asks(path).await.status, 404, "{path} inside");
        }
        let parts = process.asks("/readyz").await.json();
        assert_eq!(
            parts,
            json!({ "database": "ok", "key_store": "ok", "sessions": "ok", "signing_key": "ok" })
        );
        let rp = idp.rp().basic().await;
        rp.redeem("nonsense").await.is_refused("invalid_grant");
        let metrics = process.asks("/metrics").await.body;
        for line in ["vouchsafe_build_info{", "route=\"/token\",code=\"400\""] {
            assert!(metrics.contains(line), "{line}: {metrics}");
        }
        assert!(!metrics.contains(&rp.id), "a label names a client: {metrics}");
        drop(process);
        idp.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_names_what_is_away_and_health_does_not_mind() {
    let Some(redis) = server("VOUCHSAFE_TEST_REDIS") else { return };
    let redis = own_redis(&redis);
    let proxy = Proxy::to(&host_of(&redis)).await;
    let place = Installation::sqlite_with(&proxy.before(&redis), &[]);
    let idp = TestIdp::beside(Arc::new(place)).await;
    let process = Process::serves(&idp.place, &[]).await;
    for weather in [Weather::Refusing, Weather::Silent] {
        proxy.turns(weather);
        let answer = in_five_seconds("readiness", process.asks("/readyz")).await;
        assert_eq!(answer.status, 503);
        assert_eq!(
            answer.json(),
            json!({ "database": "ok", "key_store": "ok", "sessions": "away", "signing_key": "ok" })
        );
        assert_eq!(process.asks("/healthz").await.status, 200, "nobody should restart it for that");
        proxy.turns(Weather::Fair);
        soon("readiness", async || process.asks("/readyz").await.status == 200).await;
    }
    drop(process);
    idp.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_whole_sign_in_is_json_and_holds_nothing_secret() {
    each_installation(&[], async |place| {
        let idp = TestIdp::beside(place.clone()).await;
        let process = Process::serves(&place, &[("VOUCHSAFE__LOG__LEVEL", "trace")]).await;
        let claims = json!({ "name": "Zephyrine Quill", "phone_number": "+44 20 7946 0991" });
        let zoe = idp.person_as("zephyrine", Role::Patient, true, claims).await;
        let rp = idp.rp().basic().await;
        let browser = idp.browser();
        let ask = rp.ask().set("scope", "openid profile email phone").set("acr_values", "aal2");
        let ask = ask.set("login_hint", "zephyrine");
        let page = browser.open(&ask.url()).await;
        let page = browser.submit(&page, "sign-in-submit", &[("username", "zephyrine")]).await;
        let page = browser.submit(&page, "sign-in-submit", &[("password", "wrong-wrong-4711")]).await;
        let page = browser.submit(&page, "sign-in-submit", &[("password", &zoe.password)]).await;
        let one_time = zoe.next_code();
        let page = browser.submit(&page, "code-submit", &[("code", &one_time)]).await;
        let code = Callback::of(&zoe.answers(&browser, page).await).code();
        let tokens = rp.redeem(&code).await.is_granted();
        rp.redeem(&code).await.is_refused("invalid_grant");
        rp.refresh(&tokens.refresh()).await.is_refused("invalid_grant");
        let code = Callback::of(&browser.get(&ask.clone().set("prompt", "none").url()).await).code();
        let more = rp.redeem(&code).await.is_granted();
        let last = rp.refresh(&more.refresh()).await.is_granted();
        rp.userinfo(&last.access()).await;
        rp.introspect(&last.access()).await;
        rp.revoke(&last.access()).await;
        let logout = format!("/logout?id_token_hint={}&state=zz-state-zz", last.id());
        let cookies = browser.cookies();
        browser.open(&idp.at(&logout)).await;
        idp.http.send("POST", "/token", &[("content-type", "text/plain")], "zz-body-zz").await;
        process.signal("TERM");
        let log = std::fs::read_to_string(place.directory().join("serve.log"));
        assert_eq!(process.ended().await, Some(0));
        let log = std::fs::read_to_string(place.directory().join("serve.log")).or(log).unwrap();

        let lines: Vec<Value> = log
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}")))
            .collect();
        assert!(lines.len() > 20, "{log}");
        for line in &lines {
            assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
        }
        assert!(lines.iter().any(|line| line["route"] == "/token" && line["status"] == 200), "{log}");
        let secret = rp.registered["client_secret"].as_str().unwrap();
        let mut secrets = vec![zoe.password.clone(), one_time, code, secret.to_owned()];
        secrets.extend(cookies.into_values());
        for tokens in [&tokens, &more, &last] {
            secrets.extend([tokens.access(), tokens.refresh(), tokens.id()]);
            secrets
                .extend([tokens.access(), tokens.id()].map(|jwt| jwt.rsplit('.').next().unwrap().to_owned()));
        }
        let fixed = ["wrong-wrong-4711", "zephyrine", "Zephyrine", "Quill", "riverside.example", "7946 0991"];
        secrets.extend(fixed.map(str::to_owned));
        secrets.extend(["zz-state-zz", "zz-body-zz", "state of the app", VERIFIER].map(str::to_owned));
        for secret in secrets {
            assert!(!log.contains(&secret), "`{secret}` is logged:\n{log}");
        }
        idp.stop().await;
    })
    .await;
}

/// The whole of an HTTP request under way: its head is read, its body is not there yet.
struct UnderWay {
    stream: tokio::net::TcpStream,
    body: String,
}

impl UnderWay {
    async fn token(place: &Installation, id: &str, secret: &str) -> Self {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", place.port())).await.unwrap();
        let body = encoded(&pairs(&[("grant_type", "client_credentials")]));
        let head = format!(
            "POST /token HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\nExpect: 100-continue\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            basic(id, secret),
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // The program asks for the body: it has begun to work on the request.
        let mut told = [0; 25];
        stream.read_exact(&mut told).await.unwrap();
        assert!(told.starts_with(b"HTTP/1.1 100 Continue"), "{}", String::from_utf8_lossy(&told));
        Self { stream, body }
    }

    async fn ends(mut self) -> String {
        self.stream.write_all(self.body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_answers_what_is_under_way_links_its_events_and_ends_with_0() {
    each_installation(&[], async |place| {
        let idp = TestIdp::beside(place.clone()).await;
        let app = idp
            .rp()
            .with("grant_types", json!(["client_credentials"]))
            .with("response_types", json!([]))
            .with("redirect_uris", json!([]))
            .with("post_logout_redirect_uris", json!([]))
            .with("scope", "api")
            .basic()
            .await;
        let socket = place.directory().join("notify");
        let systemd = UnixDatagram::bind(&socket).unwrap();
        systemd.set_read_timeout(Some(crate::servers::SOON)).unwrap();
        let hears = || {
            let mut told = [0; 64];
            let length = systemd.recv(&mut told).unwrap();
            String::from_utf8_lossy(&told[..length]).into_owned()
        };
        let process = Process::serves(&place, &[("NOTIFY_SOCKET", socket.to_str().unwrap())]).await;
        assert_eq!(hears(), "READY=1");
        let mark = idp.now();
        let secret = app.registered["client_secret"].as_str().unwrap();
        let under_way = UnderWay::token(&place, &app.id, secret).await;
        // A refusal that is only counted so far.
        idp.rp().basic().await.tries("/token", &[("grant_type", "client_credentials")]).await.unwrap();
        idp.http.send("GET", "/userinfo", &[("authorization", "Bearer nobody")], "").await;
        // Browsers open connections they may never use, and some say half a word.
        let mut idle = Vec::new();
        for word in ["", "GET /jw", "GET /jwks HTTP/1.1\r\nHost: localhost\r\n"] {
            let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", place.port())).await.unwrap();
            stream.write_all(word.as_bytes()).await.unwrap();
            idle.push(stream);
        }
        process.signal("TERM");
        assert_eq!(hears(), "STOPPING=1");
        soon("nobody else is let in", async || idp.http.reaches("/jwks").await.is_none()).await;
        let answer = under_way.ends().await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert_eq!(process.ended().await, Some(0));
        drop(idle);

        let events = idp.events_since(mark).await;
        for kind in ["token.issued", "userinfo.refused"] {
            assert_eq!(events.iter().filter(|e| e.kind.as_str() == kind).count(), 1, "{kind}: {events:?}");
        }
        let verdict = vouchsafe::flows::audit::verify(&idp.operator(), &|_| ()).await.unwrap();
        assert_eq!((verdict.first_bad, verdict.unlinked), (None, 0));
        assert!(verdict.checkpoints >= 1);
        idp.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_must_not_run_with_is_refused_at_start_by_name() {
    let place = Installation::sqlite(&[]);
    let refused = |more: &[(&str, &str)], code: i32, says: &[&str]| {
        let ran = command(&place, "serve", more).output().unwrap();
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(code), "{more:?}: {told}");
        for word in says {
            assert!(told.contains(word), "{more:?} does not say {word}: {told}");
        }
    };
    refused(
        &[
            ("VOUCHSAFE__SERVER__LISTEN", "127.0.0.1:0"),
            ("VOUCHSAFE__SERVER__INTERNAL_LISTEN", "127.0.0.1:0"),
        ],
        5,
        &["vouchsafe migrate"],
    );
    refused(&[("VOUCHSAFE__ISSUER", "http://id.clinic.example")], 3, &["issuer", "https"]);
    refused(&[("VOUCHSAFE__ISSUER", "https://id.clinic.example/path")], 3, &["issuer"]);
    refused(
        &[("VOUCHSAFE__SECRETS__MASTER_KEY_FILE", "none.key")],
        3,
        &["none.key", "vouchsafe keys generate"],
    );
    let idp = TestIdp::beside(Arc::new(place)).await;
    for policy in ["allkeys-lru", "volatile-ttl"] {
        let Some(redis) = OwnRedis::start(&["--maxmemory-policy", policy]).await else { return };
        let more = [
            ("VOUCHSAFE__SERVER__LISTEN", "127.0.0.1:0"),
            ("VOUCHSAFE__SERVER__INTERNAL_LISTEN", "127.0.0.1:0"),
            ("VOUCHSAFE__SESSIONS__URL", &redis.url()),
        ];
        let ran = command(&idp.place, "serve", &more).output().unwrap();
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(5), "{told}");
        for word in ["sessions.url", policy, "noeviction"] {
            assert!(told.contains(word), "{told}");
        }
    }
    idp.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_stops_though_its_stores_are_silent() {
    let (Some(postgres), Some(redis)) = (server("VOUCHSAFE_TEST_POSTGRES"), server("VOUCHSAFE_TEST_REDIS"))
    else {
        return;
    };
    let name = copied_database(&postgres).await;
    let (database, sessions) = (with_database(&postgres, &name), own_redis(&redis));
    let (one, two) = (Proxy::to(&host_of(&database)).await, Proxy::to(&host_of(&sessions)).await);
    let place = Installation::new("postgres", &one.before(&database), &two.before(&sessions), &[]);
    let idp = TestIdp::beside(Arc::new(place)).await;
    let process = Process::serves(&idp.place, &[]).await;
    let rp = idp.rp().basic().await;
    one.turns(Weather::Silent);
    two.turns(Weather::Silent);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (rp, browser) = (rp.clone(), idp.browser());
        calls.spawn(async move {
            let path = rp.ask().url();
            let (code, page) = tokio::join!(rp.redeem("nonsense"), browser.get(&path));
            assert_eq!((code.status, page.status), (503, 503));
        });
    }
    calls.join_all().await;
    process.signal("TERM");
    assert_eq!(process.ended().await, Some(0));
    one.turns(Weather::Fair);
    two.turns(Weather::Fair);
    let again = Process::serves(&idp.place, &[]).await;
    rp.redeem("nonsense").await.is_refused("invalid_grant");
    drop(again);
    idp.stop().await;
    administer(&postgres, format!("DROP DATABASE {name} WITH (FORCE)")).await;
}
