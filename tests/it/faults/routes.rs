//! Every route there is, asked in ways no page or app of ours asks: 4xx, and never a 5xx.

use vouchsafe::base::OrganisationId;
use vouchsafe::duties::Duty;
use vouchsafe::web::admin::mounts;
use vouchsafe::web::{Web, paths};

use crate::actors::Browser;
use crate::idp::{TestIdp, on_each_engine};

const FORM: &str = "application/x-www-form-urlencoded";

/// Every route with its methods; `{id}` is an interaction.
fn routes() -> Vec<(String, &'static str)> {
    let fixed = [
        (paths::OPENID_CONFIGURATION, "GET OPTIONS"),
        (paths::OAUTH_METADATA, "GET OPTIONS"),
        (paths::JWKS, "GET OPTIONS"),
        (paths::AUTHORIZE, "GET POST"),
        (paths::TOKEN, "POST OPTIONS"),
        (paths::USERINFO, "GET POST OPTIONS"),
        (paths::CIBA, "POST"),
        (paths::APPROVE, "GET POST"),
        (paths::APPROVE_DONE, "GET"),
        (paths::INTROSPECT, "POST"),
        (paths::REVOKE, "POST OPTIONS"),
        (paths::LOGOUT, "GET POST"),
        (paths::LOGOUT_CONFIRM, "POST"),
        (paths::REGISTER, "POST"),
        ("/register/x", "GET PUT DELETE"),
        ("/logos/x", "GET"),
        (paths::ACCOUNT, "GET"),
        (paths::ACCOUNT_SIGN_OUT, "POST"),
        (paths::LOCALE, "POST"),
        ("/not-me/x", "GET POST"),
        ("/account", "GET"),
        ("/account/sign-in", "GET"),
        ("/account/add/passkey", "GET"),
        ("/account/ways/x/name", "GET POST"),
        ("/account/ways/x/remove", "GET POST"),
        (paths::ACCOUNT_DEVICES, "GET"),
        ("/account/devices/end", "POST"),
        ("/account/devices/end-others", "POST"),
        (paths::ACCOUNT_APPS, "GET"),
        ("/account/apps/stop", "POST"),
        (paths::ACCOUNT_ACTIVITY, "GET"),
        ("/account/not-me", "POST"),
        (paths::ACCOUNT_DETAILS, "GET"),
        ("/account/details/language", "POST"),
        ("/account/addresses/primary", "GET POST"),
        ("/account/addresses/second/remove", "GET POST"),
        ("/account/address/x", "GET POST"),
        (paths::ACCOUNT_PRIVACY, "GET"),
        ("/account/privacy/copy", "GET POST"),
        ("/account/privacy/close", "GET POST"),
        ("/account/privacy/keep", "POST"),
        ("/activate", "GET POST"),
        ("/activate/x", "GET POST"),
        ("/activate/x/again", "POST"),
        ("/activate/x/switch", "POST"),
        ("/reset/x", "GET POST"),
        ("/regain/x", "GET POST"),
        ("/recover/x", "GET POST"),
        ("/recover/cancel/x", "GET POST"),
        ("/ready", "GET"),
        ("/", "GET"),
        ("/assets/app.css", "GET"),
        ("/favicon.ico", "GET"),
        ("/.well-known/change-password", "GET"),
        ("/.well-known/passkey-endpoints", "GET"),
        ("/.well-known/security.txt", "GET"),
        ("/i/{id}", "GET"),
        ("/i/{id}/", "GET"),
        ("/i/{id}/not-you", "POST"),
        ("/i/{id}/passkey", "POST"),
        ("/i/{id}/passkey/options", "POST"),
        ("/i/{id}/security-key/options", "POST"),
        ("/i/{id}/enrol/passkey/options", "POST"),
        ("/i/{id}/enrol/security-key/options", "POST"),
        ("/i/{id}/recovery-codes.txt", "GET"),
        ("/i/{id}/recovery-codes/print", "GET"),
        ("/i/{id}/cancel", "POST"),
    ];
    let steps = paths::STEPS.iter().map(|(step, path)| {
        let methods = if *step == paths::Step::Help { "GET" } else { "GET POST" };
        (format!("/i/{{id}}/{path}"), methods)
    });
    fixed.into_iter().map(|(path, methods)| (path.to_owned(), methods)).chain(steps).collect()
}

/// An interaction that is under way in a browser.
async fn interaction(idp: &TestIdp) -> (crate::actors::Browser, String) {
    let (rp, browser) = (idp.rp().basic().await, idp.browser());
    idp.person("alice").await;
    let page = browser.open(&rp.ask().url()).await;
    let page = browser.submit(&page, "sign-in-submit", &[("username", "alice")]).await;
    let id = page.url.split("/i/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    (browser, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_refused_at_every_route() {
    on_each_engine(async |idp| {
        let (browser, id) = interaction(&idp).await;
        for (path, methods) in routes() {
            let path = path.replace("{id}", &id);
            for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "HEAD"] {
                let counts_as = if method == "HEAD" { "GET" } else { method };
                if methods.contains(counts_as) {
                    continue;
                }
                let answer = browser.send(method, &idp.at(&path), &[], String::new()).await;
                assert_eq!(answer.status, 405, "{method} {path}: {answer:?}");
                for known in methods.split(' ') {
                    assert!(answer.header("allow").contains(known), "{method} {path}: {answer:?}");
                }
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_is_refused_at_every_route_and_breaks_nothing() {
    on_each_engine(async |idp| {
        let (browser, id) = interaction(&idp).await;
        let cookies: Vec<_> = browser.cookies().into_iter().map(|(n, v)| format!("{n}={v}")).collect();
        let cookie = cookies.join("; ");
        let large = [b"csrf=".as_slice(), &b"a".repeat(70_000)].concat();
        let many = "csrf=x&".repeat(101).into_bytes();
        let bodies: [(&str, &str, &[u8], u16); 8] = [
            ("no type", "", b"csrf=x", 400),
            ("JSON", "application/json", b"{\"csrf\":\"x\"}", 400),
            ("bad UTF-8", FORM, b"csrf=%ff&password=%fe", 400),
            ("raw bytes", FORM, b"csrf=\xff\xfe", 400),
            ("NUL", FORM, b"csrf=%00", 400),
            ("too large", FORM, &large, 413),
            ("101 fields", FORM, &many, 400),
            ("half an escape", FORM, b"csrf=%&csrf=%4&password=%", 0),
        ];
        // Registration takes JSON; its own tests send it rubbish.
        let forms = |(path, methods): &(String, &str)| methods.contains("POST") && path != paths::REGISTER;
        for (path, methods) in routes().into_iter().filter(forms) {
            for id in [id.as_str(), "nobody-knows-this"] {
                let path = path.replace("{id}", id);
                for (name, media, body, status) in bodies {
                    let mark = idp.mark().await;
                    let headers =
                        [("cookie", cookie.as_str()), ("accept", "text/html"), ("content-type", media)];
                    let headers = if media.is_empty() { &headers[..2] } else { &headers[..] };
                    let answer = idp.http.send("POST", &path, headers, body).await;
                    assert!(answer.status < 500, "{name} {path}: {answer:?}");
                    // Claims may be asked for by an empty POST with a token in the header.
                    if status == 0 || (path == paths::USERINFO && name == "no type") {
                        continue;
                    }
                    assert_eq!(answer.status, status, "{name} {path}: {answer:?}");
                    assert_eq!(idp.kinds_since(mark).await, ["input.refused"], "{name} {path} {methods}");
                }
            }
        }
        // And the sign-in that was under way goes on.
        assert!(browser.open(&idp.at(&format!("/i/{id}"))).await.has("password"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_or_query_breaks_anything() {
    on_each_engine(async |idp| {
        let (browser, id) = interaction(&idp).await;
        let long = "a".repeat(5_000);
        let odd =
            ["%00", "%ff%fe", "..%2f..%2fetc%2fpasswd", "%0d%0aset-cookie:%20a=b", "a;b=c", "%252e", &long];
        let queries = ["?%ff=%fe", "?a=%00", "?a=1&a=2", "?=&&=", "?csrf=%0d%0a", "?%"];
        for (path, methods) in routes().into_iter().filter(|(_, methods)| methods.contains("GET")) {
            for word in odd {
                if path.contains("{id}") {
                    let answer = browser.get(&idp.at(&path.replace("{id}", word))).await;
                    assert!((400..500).contains(&answer.status), "{path} {word} {methods}: {answer:?}");
                }
            }
            for query in queries {
                let asked = format!("{}{query}", path.replace("{id}", &id));
                let answer = browser.get(&idp.at(&asked)).await;
                assert!(answer.status < 500, "{asked}: {answer:?}");
                assert!(answer.headers.get("a").is_none());
            }
        }
        for word in odd {
            for path in ["/assets/", "/account/add/", "/"] {
                let answer = browser.get(&idp.at(&format!("{path}{word}"))).await;
                assert!(answer.status < 500, "{path}{word}: {answer:?}");
                assert!(answer.status != 200 || path == "/account/add/", "{path}{word}: {answer:?}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_body_never_comes_is_let_go() {
    on_each_engine(async |idp| {
        let host = idp.issuer.trim_start_matches("http://").to_owned();
        let mut waiting = tokio::task::JoinSet::new();
        for path in ["/token", "/userinfo", "/authorize", "/locale", "/i/x/password"] {
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: {FORM}\r\n\
                 Content-Length: 100\r\n\r\ncsrf="
            );
            let idp = idp.clone();
            waiting.spawn(async move { (path, idp.http.raw(head.as_bytes()).await) });
        }
        assert_eq!(idp.http.get("/jwks").await.status, 200, "nobody else waits");
        for (path, answer) in waiting.join_all().await {
            assert!(answer.starts_with("HTTP/1.1 503 "), "{path}: {answer}");
            assert!(answer.to_lowercase().contains("retry-after: "), "{path}: {answer}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bytes_break_the_pages_of_whoever_is_signed_in() {
    on_each_engine(async |idp| {
        let olga = idp.admin("olga", &[(Duty::Owner, &OrganisationId::root())]).await;
        let alice = idp.person("alice").await;
        let home = idp.browser();
        let page = home.open(&idp.at("/account/")).await;
        assert_eq!(alice.answers(&home, page).await.status, 200);
        let mut pages: Vec<(&Browser, String)> = routes()
            .into_iter()
            .filter(|(path, methods)| methods.contains("GET") && !path.contains("{id}"))
            // A sign-out would end what is looked at.
            .filter(|(path, _)| path != paths::LOGOUT)
            .map(|(path, _)| (&home, path))
            .collect();
        let web = Web::new(idp.app.services.clone(), None);
        let console = mounts(web);
        let mounted = console.list().iter().filter(|mount| mount.method == "GET");
        pages.extend(mounted.map(|mount| (&olga.browser, mount.path.to_owned())));
        for (browser, path) in pages {
            let holes: Vec<&str> = path.match_indices('{').map(|(at, _)| &path[at..]).collect();
            let hole = holes.first().map(|rest| rest.split_inclusive('}').next().unwrap().to_owned());
            for bytes in ["%00", "a%00b", "%ff", "%c3%28", "%ed%a0%80", "%0d%0a"] {
                if let Some(hole) = &hole {
                    let answer = browser.get(&idp.at(&path.replace(hole, bytes))).await;
                    assert!((400..500).contains(&answer.status), "{path} {bytes}: {answer:?}");
                }
                let plain = hole.as_ref().map_or_else(|| path.clone(), |hole| path.replace(hole, "x"));
                for name in ["app", "after", "q", "id", "organisation", "run", "lang", "ticket", "person"] {
                    let asked = format!("{plain}?{name}={bytes}");
                    let answer = browser.get(&idp.at(&asked)).await;
                    assert!(answer.status < 500, "{asked}: {answer:?}");
                }
            }
        }
        let mark = idp.mark().await;
        for query in ["app=%00", "app=%ff"] {
            let answer = home.get(&idp.at(&format!("/ready?{query}"))).await;
            assert_eq!(answer.status, 400, "{query}: {answer:?}");
            assert!(answer.body.contains("VS-4001"), "{}", answer.body);
        }
        assert_eq!(idp.counts_since(mark).await.keys().copied().collect::<Vec<_>>(), ["input.refused"]);
        assert_eq!(home.get(&idp.at("/ready?app=nobody")).await.status, 200);
    })
    .await;
}
