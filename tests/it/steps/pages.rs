//! What is true of every page of a sign-in: headers, cookies, and no secret where it does not belong.

use std::sync::Mutex;

use super::{codes, interaction, newcomer, step};
use crate::actors::{Answer, Browser, Callback, Pairs, pairs};
use crate::authenticator::Authenticator;
use crate::idp::{PASSWORD, TestIdp, on_each_engine};

/// A browser that shows every answer it gets to a list of what must hold.
struct Inspector {
    idp: TestIdp,
    browser: Browser,
    app: String,
    /// What must stand in no address, header or page but its own.
    secrets: Mutex<Vec<String>>,
    seen: Mutex<Vec<String>>,
}

impl Inspector {
    async fn get(&self, url: &str) -> Answer {
        let answer = self.browser.get(url).await;
        self.inspects(&answer);
        answer
    }

    async fn post(&self, url: &str, form: &Pairs) -> Answer {
        let answer = self.browser.post(url, form).await;
        self.inspects(&answer);
        answer
    }

    /// Submits, and follows what stays here.
    async fn submit(&self, page: &Answer, id: &str, fields: &[(&str, &str)]) -> Answer {
        let form = fields.iter().fold(page.form(id), |form, (name, value)| form.with(name, value));
        let answer = self.post(&form.action, &form.fields).await;
        self.follow(answer).await
    }

    async fn follow(&self, mut answer: Answer) -> Answer {
        while let Some(to) = answer.location().filter(|to| self.idp.is_own(to)) {
            answer = self.get(&to).await;
        }
        answer
    }

    #[track_caller]
    fn inspects(&self, answer: &Answer) {
        let url = answer.url.as_str();
        assert!(answer.status < 500, "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{url}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{url}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{url}");
        assert_eq!(answer.header("cache-control"), "no-store", "{url}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{url}");
        assert!(answer.header("permissions-policy").contains("publickey-credentials-get=(self)"), "{url}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{url}");
        assert_ne!(answer.header("x-request-id"), "", "{url}");
        let csp = answer.header("content-security-policy");
        for needed in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action"] {
            assert!(csp.contains(needed), "{url}: {csp}");
        }
        assert!(!csp.contains("unsafe") && !csp.contains('*') && !csp.contains("data:"), "{url}: {csp}");
        if answer.header("content-type").starts_with("text/html") {
            let in_sign_in = answer.status == 200 && url.contains("/i/") && !answer.body.contains("stale");
            let names_app = csp.contains(&format!("form-action 'self' {};", self.app));
            let prints = url.ends_with("/print");
            assert_eq!(
                names_app,
                in_sign_in && !prints && answer.has("cancel") | answer.has("recovery-codes"),
                "{url}: {csp}"
            );
            for attribute in [" style=", " onclick=", " onload=", "javascript:", "http-equiv"] {
                assert!(!answer.body.contains(attribute), "{url}: {attribute}");
            }
            assert!(answer.body.contains("<meta name=\"robots\" content=\"noindex\">"), "{url}");
        }
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            for needed in ["; Path=/", "; HttpOnly", "; SameSite=Lax"] {
                assert!(cookie.contains(needed), "{url}: {cookie}");
            }
            assert!(!cookie.contains("Domain"), "{url}: {cookie}");
            let ends_with_the_browser = !cookie.contains("Max-Age") || cookie.contains("Max-Age=0");
            assert_eq!(cookie.starts_with("vouchsafe-session"), ends_with_the_browser, "{url}: {cookie}");
        }
        let location = answer.location().unwrap_or_default();
        for secret in self.secrets.lock().unwrap().iter() {
            assert!(!url.contains(secret) && !location.contains(secret), "{url} → {location}: {secret}");
            assert!(!answer.body.contains(secret), "{url} shows {secret}");
        }
        self.seen.lock().unwrap().push(format!("{} {}", answer.status, url.rsplit('/').next().unwrap()));
    }

    fn hides(&self, secret: &str) {
        self.secrets.lock().unwrap().push(secret.to_owned());
    }
}

#[tokio::test]
async fn every_answer_on_the_way_is_guarded_and_gives_nothing_away() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let app = rp.redirect_uri.trim_end_matches("/callback").to_owned();
        newcomer(&idp, "nina").await;
        let key = Authenticator::new(&idp);
        let it = Inspector {
            idp: idp.clone(),
            browser: idp.browser(),
            app,
            secrets: Mutex::default(),
            seen: Mutex::default(),
        };
        it.hides(PASSWORD);
        it.hides("wrong password of hers");
        let started = it.get(&rp.ask().url()).await;
        let page = it.follow(started).await;
        it.submit(&page, "sign-in-submit", &[("username", "")]).await;
        let page = it.submit(&page, "sign-in-submit", &[("username", "nina")]).await;
        let at = format!("/i/{}", interaction(&page));
        for path in ["/choose", "/security-key", "/consent", ""] {
            let answer = it.get(&idp.at(&format!("{at}{path}"))).await;
            it.follow(answer).await;
        }
        it.submit(&page, "passkey-button", &[("credential", "wrong password of hers")]).await;
        for _ in 0..6 {
            it.submit(&page, "sign-in-submit", &[("password", "wrong password of hers")]).await;
        }
        idp.advance(31);
        let page = it.submit(&page, "sign-in-submit", &[("password", PASSWORD)]).await;
        let choice = page.clone();
        let page = it.submit(&page, "enrol-totp", &[]).await;
        it.submit(&page, "code-submit", &[("code", "wrong password of hers")]).await;
        let shown = page.body.split(" id=\"totp-key\"").nth(1).unwrap();
        let totp_key = shown.split_once('>').unwrap().1.split('<').next().unwrap().replace(' ', "");
        it.hides(&totp_key);
        let page = it.submit(&choice, "enrol-passkey", &[]).await;
        let question = it.post(&page.options_url(), &page.form("passkey-button").fields).await;
        let made = key.creates(&question.json());
        let page = it.submit(&page, "passkey-button", &[("credential", &made), ("label", "<b>\"'&")]).await;
        assert_eq!(step(&page), "recovery-codes");
        for path in [".txt", "/print"] {
            it.get(&format!("{}{path}", page.url)).await;
        }
        let codes = codes(&page);
        it.submit(&page, "continue", &[]).await;
        codes.iter().for_each(|code| it.hides(code));
        let page = it.get(&idp.at(&format!("{at}/consent"))).await;
        let forged = it.post(&page.url, &pairs(&[("decision", "allow")])).await;
        assert_eq!(forged.status, 403);
        let done = it.submit(&page, "consent-allow", &[]).await;
        it.hides(&it.browser.cookies()["vouchsafe-session"].clone());
        rp.redeem(&Callback::of(&done).code()).await.is_granted();
        let home = it.get(&idp.at("/account/")).await;
        assert!(home.body.contains("nina") && !home.body.contains("<b>"), "a name given to a key is escaped");
        for path in
            [&*format!("{at}/code"), "/i/unknown/code", "/nothing", "/account", "/logout", "/authorize"]
        {
            it.get(&idp.at(path)).await;
        }
        let out = it.submit(&home, "sign-out", &[]).await;
        assert_eq!(out.status, 200);
        let seen = it.seen.lock().unwrap();
        for needed in [
            "200 sign-in",
            "200 password",
            "429 password",
            "200 choose",
            "200 security-key",
            "200 enrol",
            "200 totp",
            "200 passkey",
            "200 options",
            "200 recovery-codes",
            "200 print",
            "200 recovery-codes.txt",
            "200 consent",
            "403 consent",
            "303 consent",
            "400 code",
            "404 nothing",
            "400 authorize",
            "200 sign-out",
        ] {
            assert!(seen.iter().any(|seen| seen == needed), "{needed}: {seen:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_somebody_typed_is_shown_as_text() {
    on_each_engine(async |idp| {
        let rp = idp.rp().with("client_name", "App <script>canary</script>").public().await;
        let browser = idp.browser();
        let typed = "\"><script>canary</script>'{{7*7}}";
        let page = browser.open(&rp.ask().set("login_hint", typed).url()).await;
        assert!(page.body.contains("canary") && !page.body.contains("<script>canary"), "{}", page.body);
        let page = browser.submit(&page, "sign-in-submit", &[("username", typed)]).await;
        assert!(page.body.contains("canary") && !page.body.contains("<script>canary"), "{}", page.body);
        assert!(
            page.body.contains("&#34;&#62;&#60;script&#62;canary&#60;/script&#62;&#39;{{7*7}}"),
            "{}",
            page.body
        );
    })
    .await;
}
