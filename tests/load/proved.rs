//! The requests of apps that prove a key: client assertions, request objects and DPoP proofs, each made anew.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use vouchsafe::base::Clock;
use vouchsafe::keys::SigningKey;
use vouchsafe::oidc::pkce::Challenge;

use crate::endpoints::{People, code};
use crate::http::{self, Answer};
use crate::installation::{CALLBACK, Client, VERIFIER};
use crate::load::Lanes;

/// Seconds that an assertion or a request object is good for.
const LIFE: i64 = 60;

/// An app with a key, as it was registered.
#[derive(Clone)]
pub struct Keyed {
    /// `client_id`.
    pub id: String,
    /// Its only key.
    pub key: Arc<SigningKey>,
}

/// Makes what an app proves itself with.
#[derive(Clone)]
pub struct Prover {
    app: Keyed,
    host: String,
    made: Rc<Cell<u64>>,
    nonce: Rc<RefCell<Option<String>>>,
}

impl Prover {
    /// For the app, at a host.
    pub fn of(app: &Keyed, host: &str) -> Self {
        let (app, host) = (app.clone(), host.to_owned());
        Self { app, host, made: Rc::default(), nonce: Rc::default() }
    }

    fn issuer(&self) -> String {
        format!("http://{}", self.host)
    }

    /// A `jti` that no other run of this process and no other process gave.
    fn unique(&self) -> String {
        self.made.set(self.made.get() + 1);
        let moment = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
        format!("{moment:x}-{:x}", self.made.get())
    }

    /// The parameters of a client assertion (RFC 7523).
    fn assertion(&self) -> Result<String> {
        let (now, id) = (Clock::System.now().seconds(), &self.app.id);
        let claims = json!({
            "iss": id, "sub": id, "aud": self.issuer(), "iat": now, "exp": now + LIFE, "jti": self.unique(),
        });
        let signed = self.app.key.sign("JWT", &claims)?;
        let typ = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
        Ok(format!("client_assertion_type={typ}&client_assertion={signed}"))
    }

    /// A signed authorization request (RFC 9101).
    fn object(&self) -> Result<String> {
        let now = Clock::System.now().seconds();
        let claims = json!({
            "iss": self.app.id, "aud": self.issuer(), "nbf": now, "iat": now, "exp": now + LIFE,
            "client_id": self.app.id, "redirect_uri": CALLBACK, "response_type": "code", "prompt": "none",
            "scope": "openid profile email", "state": "af0ifjsldkj", "nonce": "n-0S6_WzA2Mj",
            "code_challenge": Challenge::of(VERIFIER).as_str(), "code_challenge_method": "S256",
        });
        Ok(self.app.key.sign("oauth-authz-req+jwt", &claims)?)
    }

    /// The header line of a DPoP proof (RFC 9449) for a POST.
    fn proof(&self, path: &str) -> Result<String> {
        let mut jwk = serde_json::to_value(self.app.key.jwk())?;
        if let Some(members) = jwk.as_object_mut() {
            members.retain(|name, _| matches!(name.as_str(), "kty" | "crv" | "x" | "y"));
        }
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
        let mut claims = json!({
            "jti": self.unique(), "htm": "POST", "htu": format!("{}{path}", self.issuer()),
            "iat": Clock::System.now().seconds(),
        });
        if let (Some(nonce), Some(members)) = (&*self.nonce.borrow(), claims.as_object_mut()) {
            members.insert("nonce".to_owned(), nonce.as_str().into());
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(&claims));
        let signature = self.app.key.sign_bytes(message.as_bytes()).context("no signature")?;
        Ok(format!("dpop: {message}.{}\r\n", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Keeps the nonce that the provider wants in the next proofs.
    pub fn heard(&self, answer: &Answer<'_>) {
        if let Some(nonce) = answer.header("dpop-nonce") {
            *self.nonce.borrow_mut() = Some(nonce.to_owned());
        }
    }
}

/// How an app proves itself at the token endpoint.
#[derive(Clone)]
pub enum Proof {
    /// A secret in a header.
    Secret(Client),
    /// An assertion.
    Assertion(Prover),
    /// An assertion and a DPoP proof.
    Bound(Prover),
}

impl Proof {
    /// Learns from an answer what the next proof must hold.
    pub fn heard(&self, answer: &Answer<'_>) {
        if let Self::Bound(prover) = self {
            prover.heard(answer);
        }
    }

    /// Writes the POST of a form with the proof.
    pub fn post(&self, out: &mut Vec<u8>, host: &str, path: &str, form: &str) -> Result<()> {
        match self {
            Self::Secret(client) => http::post(out, host, path, &client.authorization, form),
            Self::Assertion(prover) => {
                http::post(out, host, path, "", &format!("{form}&{}", prover.assertion()?));
            }
            Self::Bound(prover) => {
                let form = format!("{form}&{}", prover.assertion()?);
                http::post(out, host, path, &prover.proof(path)?, &form);
            }
        }
        Ok(())
    }
}

/// The same forms in turn, each with a proof made anew and answered 200.
pub struct Forms {
    proof: Proof,
    host: String,
    path: &'static str,
    forms: Vec<String>,
    next: usize,
}

impl Forms {
    /// Of forms that do not change.
    pub fn of(proof: Proof, host: &str, path: &'static str, forms: Vec<String>) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self { proof, host: host.to_owned(), path, forms, next: 0 }))
    }
}

impl Lanes for Forms {
    fn ask(&mut self, _: usize, out: &mut Vec<u8>) -> Result<bool> {
        let Some(form) = self.forms.get(self.next % self.forms.len().max(1)) else { return Ok(false) };
        self.proof.post(out, &self.host, self.path, form)?;
        self.next += 1;
        Ok(true)
    }

    fn heard(&mut self, _: usize, answer: &Answer<'_>) -> Result<()> {
        self.proof.heard(answer);
        answer.is(200).map(|_| ())
    }
}

/// Where a sign-in stands.
#[derive(Clone)]
enum Step {
    Push,
    Authorize(String),
    Redeem(String),
}

/// Sign-ins of people who have a session: a signed request is pushed with a proof, its `request_uri` brings a code,
/// and the code is redeemed with another proof.
pub struct SignIns {
    prover: Prover,
    people: Rc<People>,
    steps: Vec<Step>,
    wanted: usize,
    /// Access and refresh tokens.
    pub tokens: Vec<(String, String)>,
}

impl SignIns {
    /// On as many lanes, until as many are wanted.
    pub fn of(prover: &Prover, people: &Rc<People>, lanes: usize, wanted: usize) -> Rc<RefCell<Self>> {
        let (prover, people, steps) = (prover.clone(), people.clone(), vec![Step::Push; lanes]);
        Rc::new(RefCell::new(Self { prover, people, steps, wanted, tokens: Vec::new() }))
    }
}

impl Lanes for SignIns {
    const STEPS: usize = 3;

    fn ask(&mut self, lane: usize, out: &mut Vec<u8>) -> Result<bool> {
        let (prover, host) = (&self.prover, &self.prover.host);
        match self.steps.get(lane).context("a lane without a step")? {
            Step::Push if self.wanted == 0 => return Ok(false),
            Step::Push => {
                self.wanted -= 1;
                let form = format!("client_id={}&request={}", prover.app.id, prover.object()?);
                Proof::Bound(prover.clone()).post(out, host, "/par", &form)?;
            }
            Step::Authorize(uri) => {
                let path = format!("/authorize?client_id={}&request_uri={uri}", prover.app.id);
                let cookie =
                    format!("cookie: vouchsafe-session={}\r\n", self.people.next().session().expose());
                http::get(out, host, &path, &cookie);
            }
            Step::Redeem(code) => {
                Proof::Bound(prover.clone()).post(out, host, "/token", &Client::redemption(code))?;
            }
        }
        Ok(true)
    }

    fn heard(&mut self, lane: usize, answer: &Answer<'_>) -> Result<()> {
        self.prover.heard(answer);
        let step = self.steps.get_mut(lane).context("a lane without a step")?;
        *step = match step {
            Step::Push => Step::Authorize(answer.is(201)?.member("request_uri")?.to_owned()),
            Step::Authorize(_) => Step::Redeem(code(answer.is(303)?.location()?)?),
            Step::Redeem(_) => {
                let answer = answer.is(200)?;
                answer.member("id_token")?;
                let token = |name| answer.member(name).map(str::to_owned);
                self.tokens.push((token("access_token")?, token("refresh_token")?));
                Step::Push
            }
        };
        Ok(())
    }
}

/// One request without a grant, refused: what counts is whether its proofs are taken, and the nonce it may bring.
pub struct Greeting {
    proof: Proof,
    host: String,
    asked: bool,
    taken: bool,
}

impl Greeting {
    /// Of an app whose first proofs may need a nonce.
    pub fn of(proof: &Proof, host: &str) -> Rc<RefCell<Self>> {
        let (proof, host) = (proof.clone(), host.to_owned());
        Rc::new(RefCell::new(Self { proof, host, asked: false, taken: false }))
    }

    /// Whether the app was believed.
    pub fn is_taken(&self) -> bool {
        self.taken
    }
}

impl Lanes for Greeting {
    fn ask(&mut self, lane: usize, out: &mut Vec<u8>) -> Result<bool> {
        if lane > 0 || std::mem::replace(&mut self.asked, true) {
            return Ok(false);
        }
        let form = "grant_type=authorization_code&code=none";
        self.proof.post(out, &self.host, "/token", form)?;
        Ok(true)
    }

    fn heard(&mut self, _: usize, answer: &Answer<'_>) -> Result<()> {
        self.proof.heard(answer);
        self.taken = answer.status == 400;
        if self.taken { Ok(()) } else { answer.is(401).map(|_| ()) }
    }
}

/// The keys of an app, as its registration names them.
pub fn key_set(key: &SigningKey) -> Result<Value> {
    Ok(json!({ "keys": [serde_json::to_value(key.jwk())?] }))
}
