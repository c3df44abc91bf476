//! Who does things over HTTP: browsers, people, apps. They know pages by the ids of the product's contract and
//! endpoints by their paths, and nothing of the program's inside.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]
#![expect(dead_code, reason = "a vocabulary; each test uses a part of it")]

mod apps;
mod dpop;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use vouchsafe::base::AccountId;
use vouchsafe::factors::totp;

pub use apps::{Ask, Auth, Rp, RpBuilder, Tokens, basic, mac};
pub use dpop::DpopKey;

use crate::idp::TestIdp;

/// The verifier of every app here; its challenge goes with every authorization request.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Name and value pairs of a query or form.
pub type Pairs = Vec<(String, String)>;

/// Owned pairs from literals.
pub fn pairs(literal: &[(&str, &str)]) -> Pairs {
    literal.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// `application/x-www-form-urlencoded` text.
pub fn encoded(pairs: &[(String, String)]) -> String {
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    out.extend_pairs(pairs);
    out.finish()
}

/// The payload of a JWT, unverified.
pub fn claims(jwt: &str) -> Value {
    part(jwt, 1)
}

/// The header of a JWT.
pub fn header(jwt: &str) -> Value {
    part(jwt, 0)
}

fn part(jwt: &str, index: usize) -> Value {
    use base64::Engine;
    let part = jwt.split('.').nth(index).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

// ---- plain HTTP

/// A client without cookies that follows nothing.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    issuer: String,
    address: SocketAddr,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The URL that answered.
    pub url: String,
    /// HTTP status.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// Body as text.
    pub body: String,
}

impl Http {
    /// Talks to the provider at this address under its issuer's name.
    pub fn new(issuer: String, address: SocketAddr) -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .resolve("localhost", address)
            .build()
            .unwrap();
        Self { client, issuer, address }
    }

    /// Sends a request; a path is one of the provider's.
    pub async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        self.tries(method, url, headers, body).await.unwrap_or_else(|why| panic!("{url}: {why:?}"))
    }

    /// As [`Self::send`], where the provider may be gone.
    pub async fn tries(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Result<Answer, reqwest::Error> {
        let url = if url.starts_with('/') { format!("{}{url}", self.issuer) } else { url.to_owned() };
        let mut fields = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            fields.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        // Every node is reached at its own address under the issuer's name.
        let there = url.replacen(&self.issuer, &format!("http://{}", self.address), 1);
        let host = self.issuer.trim_start_matches("http://");
        let request = self.client.request(method, there).header("host", host).headers(fields);
        let response = request.body(body.into()).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = String::from_utf8_lossy(&response.bytes().await?).into_owned();
        Ok(Answer { url, status, headers, body })
    }

    /// The answer to a GET, if anybody is there.
    pub async fn reaches(&self, url: &str) -> Option<Answer> {
        self.tries("GET", url, &[], "").await.ok()
    }

    /// GET.
    pub async fn get(&self, url: &str) -> Answer {
        self.send("GET", url, &[], "").await
    }

    /// POST of a form.
    pub async fn post(&self, url: &str, form: &[(String, String)]) -> Answer {
        let form_type = [("content-type", "application/x-www-form-urlencoded")];
        self.send("POST", url, &form_type, encoded(form)).await
    }

    /// Writes bytes as they are and reads until the provider closes; `Connection: close` must be among them.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = tokio::net::TcpStream::connect(self.address).await.unwrap();
        // The provider may answer and close before it has read everything.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Answer {
    /// A header field as text, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The absolute address of a redirect.
    pub fn location(&self) -> Option<String> {
        let to = self.headers.get("location")?.to_str().unwrap();
        Some(url::Url::parse(&self.url).unwrap().join(to).unwrap().to_string())
    }

    /// A member of a JSON body that is text.
    #[track_caller]
    pub fn member(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name}: {self:?}")).to_owned()
    }

    /// Insists on tokens.
    #[track_caller]
    pub fn is_granted(&self) -> Tokens {
        assert_eq!(self.status, 200, "{self:?}");
        assert_eq!(self.header("cache-control"), "no-store");
        Tokens(self.json())
    }

    /// Insists on a refusal: status of the code, the code, a printable description, nothing else.
    #[track_caller]
    pub fn is_refused(&self, code: &str) -> &Self {
        let status = match code {
            "invalid_client" | "invalid_token" => 401,
            "insufficient_scope" => 403,
            _ => 400,
        };
        let body = self.json();
        assert_eq!((self.status, body["error"].as_str()), (status, Some(code)), "{self:?}");
        assert_eq!(self.header("cache-control"), "no-store");
        let described = body["error_description"].as_str().unwrap_or_default();
        assert!(
            described.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b'"' && b != b'\\'),
            "{described}"
        );
        let members: Vec<_> = body.as_object().unwrap().keys().collect();
        assert!(members.iter().all(|m| ["error", "error_description"].contains(&m.as_str())), "{members:?}");
        self
    }

    /// Whether the page has an element with this id.
    pub fn has(&self, id: &str) -> bool {
        self.body.contains(&format!(" id=\"{id}\""))
    }

    /// The form that holds the element with this id: where it goes and what it already says.
    #[track_caller]
    pub fn form(&self, id: &str) -> Form {
        for piece in self.body.split("<form").skip(1) {
            let piece = piece.split("</form>").next().unwrap();
            if !piece.contains(&format!(" id=\"{id}\"")) {
                continue;
            }
            let action = attribute(piece.split('>').next().unwrap(), "action").unwrap_or_default();
            let mut fields = Pairs::new();
            for tag in piece.split('<').skip(1).map(|tag| tag.split('>').next().unwrap()) {
                let pressed = tag.starts_with("button") && attribute(tag, "id").as_deref() == Some(id);
                let hidden = tag.starts_with("input") && attribute(tag, "type").as_deref() == Some("hidden");
                if let (true, Some(name)) = (pressed || hidden, attribute(tag, "name")) {
                    fields.push((name, attribute(tag, "value").unwrap_or_default()));
                }
            }
            let action = url::Url::parse(&self.url).unwrap().join(&action).unwrap().to_string();
            return Form { action, fields };
        }
        panic!("no form with #{id} at {} ({}): {}", self.url, self.status, self.body);
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split_once(&format!(" {name}=\""))?.1;
    let value = rest.split('"').next().unwrap();
    let plain = value
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&#60;", "<")
        .replace("&gt;", ">")
        .replace("&#62;", ">");
    Some(plain.replace("&#38;", "&").replace("&amp;", "&"))
}

/// A form of a page.
#[derive(Clone, Debug)]
pub struct Form {
    /// Absolute.
    pub action: String,
    /// Hidden fields and the pressed button.
    pub fields: Pairs,
}

impl Form {
    /// Fills a field in.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A field's value.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

// ---- browsers

/// A browser: a cookie jar, and redirects followed as long as they stay with the provider.
#[derive(Clone)]
pub struct Browser {
    idp: TestIdp,
    jar: Arc<Mutex<BTreeMap<String, String>>>,
    network: Option<String>,
    agent: Option<String>,
}

impl Browser {
    /// An empty one.
    pub fn new(idp: TestIdp) -> Self {
        Self { idp, jar: Arc::default(), network: None, agent: None }
    }

    /// The same browser (and jar) seen from another network.
    #[expect(clippy::wrong_self_convention, reason = "reads as a sentence in tests")]
    pub fn from_network(&self, address: &str) -> Self {
        Self { network: Some(address.to_owned()), ..self.clone() }
    }

    /// The same browser (and jar) with a `User-Agent`.
    pub fn calls_itself(&self, agent: &str) -> Self {
        Self { agent: Some(agent.to_owned()), ..self.clone() }
    }

    /// The same browser (and jar) as it reaches another node.
    pub fn at(&self, idp: &TestIdp) -> Self {
        Self { idp: idp.clone(), ..self.clone() }
    }

    /// Another browser with a copy of this one's cookies: what a thief has.
    pub fn stolen(&self) -> Self {
        Self { jar: Arc::new(Mutex::new(self.cookies())), ..self.clone() }
    }

    /// The cookies.
    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.jar.lock().unwrap().clone()
    }

    /// Sets a cookie, or removes it.
    pub fn set_cookie(&self, name: &str, value: Option<&str>) {
        let mut jar = self.jar.lock().unwrap();
        match value {
            Some(value) => jar.insert(name.to_owned(), value.to_owned()),
            None => jar.remove(name),
        };
    }

    /// One request, nothing followed.
    pub async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let cookies: Vec<_> = self.cookies().into_iter().map(|(n, v)| format!("{n}={v}")).collect();
        let cookie = cookies.join("; ");
        let mut all = headers.to_vec();
        all.push(("accept", "text/html"));
        if !cookie.is_empty() {
            all.push(("cookie", &cookie));
        }
        if let Some(network) = &self.network {
            all.push(("x-forwarded-for", network));
        }
        if let Some(agent) = &self.agent {
            all.push(("user-agent", agent));
        }
        let answer = self.idp.http.send(method, url, &all, body).await;
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.set_cookie(name, (!line.contains("Max-Age=0")).then_some(value));
        }
        answer
    }

    /// GET, nothing followed.
    pub async fn get(&self, url: &str) -> Answer {
        self.send("GET", url, &[], String::new()).await
    }

    /// POST of a form, nothing followed.
    pub async fn post(&self, url: &str, form: &[(String, String)]) -> Answer {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.send("POST", url, &headers, encoded(form)).await
    }

    /// GET, and every redirect that stays with the provider.
    pub async fn open(&self, url: &str) -> Answer {
        let answer = self.get(url).await;
        self.follow(answer).await
    }

    /// Submits the form with this element, with fields filled in, and follows.
    pub async fn submit(&self, page: &Answer, id: &str, fields: &[(&str, &str)]) -> Answer {
        let form = fields.iter().fold(page.form(id), |form, (name, value)| form.with(name, value));
        let answer = self.post(&form.action, &form.fields).await;
        self.follow(answer).await
    }

    /// Follows redirects that stay with the provider.
    pub async fn follow(&self, mut answer: Answer) -> Answer {
        for _ in 0..20 {
            match answer.location() {
                Some(to) if self.idp.is_own(&to) => answer = self.get(&to).await,
                _ => return answer,
            }
        }
        panic!("redirected in circles at {}", answer.url);
    }
}

impl TestIdp {
    /// Whether a URL is the provider's.
    pub fn is_own(&self, url: &str) -> bool {
        url == self.issuer || url.starts_with(&format!("{}/", self.issuer))
    }
}

/// What an app gets at its redirect URI.
#[derive(Clone, Debug)]
pub struct Callback {
    /// The redirect URI, without what was added.
    pub uri: String,
    /// The parameters.
    pub params: BTreeMap<String, String>,
    /// Whether they came as a form.
    pub by_post: bool,
}

impl Callback {
    /// Reads the last answer of a browser: a redirect away from the provider, or a form that posts itself.
    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        if answer.has("form-post") {
            let form = answer.form("continue");
            return Self { uri: form.action, params: form.fields.into_iter().collect(), by_post: true };
        }
        let to = answer.location().unwrap_or_else(|| panic!("still at the provider: {answer:?}"));
        assert_eq!(answer.status, 303);
        let parsed = url::Url::parse(&to).unwrap();
        let params = parsed.query_pairs().into_owned().collect();
        Self { uri: to.split('?').next().unwrap().to_owned(), params, by_post: false }
    }

    /// A parameter.
    #[track_caller]
    pub fn get(&self, name: &str) -> &str {
        self.params.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// The code.
    #[track_caller]
    pub fn code(&self) -> String {
        self.get("code").to_owned()
    }

    /// Insists on an error, and that nothing else was sent with it.
    #[track_caller]
    pub fn is_refused(&self, code: &str) -> &Self {
        assert_eq!(self.get("error"), code, "{self:?}");
        let known = ["error", "error_description", "iss", "state"];
        assert!(self.params.keys().all(|name| known.contains(&name.as_str())), "{self:?}");
        self
    }
}

// ---- people

/// A person with a password and perhaps a code app.
#[derive(Clone)]
pub struct Person {
    idp: TestIdp,
    /// Their account.
    pub account: AccountId,
    /// What they type.
    pub username: String,
    /// What they type after that.
    pub password: String,
    totp: Arc<Mutex<Option<totp::Secret>>>,
    last_step: Arc<Mutex<i64>>,
}

impl Person {
    /// Somebody the operator created.
    pub fn new(
        idp: TestIdp,
        account: AccountId,
        username: &str,
        password: &str,
        totp: Option<totp::Secret>,
    ) -> Self {
        Self {
            idp,
            account,
            username: username.to_owned(),
            password: password.to_owned(),
            totp: Arc::new(Mutex::new(totp)),
            last_step: Arc::new(Mutex::new(i64::MIN)),
        }
    }

    /// The same person as they meet another node.
    pub fn at(&self, idp: &TestIdp) -> Self {
        Self { idp: idp.clone(), ..self.clone() }
    }

    /// Links a code app by its key as pages show it (base 32).
    pub fn link(&self, base32: &str) {
        let bytes = unbase32(base32);
        *self.totp.lock().unwrap() = totp::Secret::from_slice(&bytes);
        *self.last_step.lock().unwrap() = i64::MIN;
    }

    /// A code that was not used yet; waits for the next step (by the test's clock) when it must.
    pub fn next_code(&self) -> String {
        let mut last = self.last_step.lock().unwrap();
        let step = totp::step(self.idp.now()).max(last.saturating_add(1));
        let ahead = step - totp::step(self.idp.now()) - 1;
        if ahead > 0 {
            self.idp.advance(ahead * totp::STEP);
        }
        *last = step;
        self.totp.lock().unwrap().as_ref().unwrap().code(step)
    }

    /// Signs in for an authorization request, agrees, and is back at the app.
    pub async fn authorizes(&self, browser: &Browser, ask: &Ask) -> Callback {
        let page = browser.open(&ask.url()).await;
        Callback::of(&self.answers(browser, page).await)
    }

    /// Answers page after page until the browser leaves the provider, or lands where nothing is asked.
    pub async fn answers(&self, browser: &Browser, mut page: Answer) -> Answer {
        for _ in 0..20 {
            page = match self.answer(browser, &page).await {
                Some(next) => next,
                None => return page,
            };
        }
        panic!("asked in circles at {}", page.url);
    }

    /// Answers one page; `None` when it asks nothing.
    pub async fn answer(&self, browser: &Browser, page: &Answer) -> Option<Answer> {
        if page.status >= 300 || page.has("form-post") {
            return None;
        }
        Some(if page.has("username") {
            browser.submit(page, "sign-in-submit", &[("username", &self.username)]).await
        } else if page.has("password") {
            browser.submit(page, "sign-in-submit", &[("password", &self.password)]).await
        } else if page.has("totp-key") {
            let key = page.body.split(" id=\"totp-key\"").nth(1).unwrap();
            self.link(key.split_once('>').unwrap().1.split('<').next().unwrap());
            browser.submit(page, "code-submit", &[("code", &self.next_code())]).await
        } else if page.has("code") {
            browser.submit(page, "code-submit", &[("code", &self.next_code())]).await
        } else if page.has("recovery-codes") {
            browser.submit(page, "continue", &[]).await
        } else if let Some(id) =
            ["enrol-totp", "consent-allow", "sign-out-confirm"].into_iter().find(|id| page.has(id))
        {
            browser.submit(page, id, &[]).await
        } else {
            return None;
        })
    }
}

fn unbase32(text: &str) -> Vec<u8> {
    let (mut out, mut bits, mut held) = (Vec::new(), 0u32, 0u32);
    for letter in text.chars().filter(|c| c.is_ascii_alphanumeric()) {
        let value = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter.to_ascii_uppercase()).unwrap();
        held = held << 5 | u32::try_from(value).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(held >> bits & 0xff).unwrap());
        }
    }
    out
}
