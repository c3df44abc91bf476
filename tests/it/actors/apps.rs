//! Apps: registered, proving themselves, asking for people and redeeming what they get.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

use std::sync::Arc;

use serde_json::{Map, Value, json};
use vouchsafe::keys::{Algorithm, SigningKey};
use vouchsafe::oidc::pkce::Challenge;

use super::{Answer, Browser, Pairs, Person, VERIFIER, claims, encoded, pairs};
use crate::idp::TestIdp;
use crate::stacks::random;

/// How an app proves itself.
#[derive(Clone)]
pub enum Auth {
    /// It only names itself.
    Public,
    /// Secret in the header.
    Basic(String),
    /// Secret in the form.
    Post(String),
    /// Assertions of this key.
    Key(Arc<SigningKey>),
    /// Assertions made with this secret.
    SecretJwt(String),
}

/// An app about to be registered.
pub struct RpBuilder {
    idp: TestIdp,
    document: Map<String, Value>,
}

/// A registered app.
#[derive(Clone)]
pub struct Rp {
    idp: TestIdp,
    /// `client_id`.
    pub id: String,
    /// The first registered one.
    pub redirect_uri: String,
    /// The one registered.
    pub post_logout_redirect_uri: String,
    /// How it proves itself.
    pub auth: Auth,
    /// The answer to its registration.
    pub registered: Map<String, Value>,
}

impl RpBuilder {
    /// Number `n`, with a host of its own.
    pub fn new(idp: TestIdp, n: usize) -> Self {
        let document = json!({
            "client_name": format!("App {n}"),
            "redirect_uris": [format!("https://app{n}.example/callback")],
            "post_logout_redirect_uris": [format!("https://app{n}.example/signed-out")],
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid profile email address phone offline_access",
            "policy": {},
        });
        Self { idp, document: document.as_object().unwrap().clone() }
    }

    /// Sets a member of the registration.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.document.insert(name.to_owned(), value.into());
        self
    }

    /// Sets a member of the policy.
    pub fn policy(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.document["policy"][name] = value.into();
        self
    }

    /// Registers a public client.
    pub async fn public(self) -> Rp {
        self.register("none", |_| Auth::Public).await
    }

    /// Registers a client with `client_secret_basic`.
    pub async fn basic(self) -> Rp {
        self.register("client_secret_basic", Auth::Basic).await
    }

    /// Registers a client with `client_secret_post`.
    pub async fn post(self) -> Rp {
        self.register("client_secret_post", Auth::Post).await
    }

    /// Registers a client with `client_secret_jwt`.
    pub async fn secret_jwt(self) -> Rp {
        self.register("client_secret_jwt", Auth::SecretJwt).await
    }

    /// Registers a client with `private_key_jwt` and an ES256 key.
    pub async fn private_key_jwt(self) -> Rp {
        let (key, _) = SigningKey::generate(Algorithm::Es256, self.idp.now()).unwrap();
        let jwks = json!({ "keys": [key.jwk()] });
        self.with("jwks", jwks).register("private_key_jwt", |_| Auth::Key(Arc::new(key))).await
    }

    /// Registers a client that proves itself by the certificate of its connection.
    pub async fn by_certificate(self, method: &str) -> Rp {
        self.register(method, |_| Auth::Public).await
    }

    async fn register(self, method: &str, auth: impl FnOnce(String) -> Auth) -> Rp {
        let idp = self.idp.clone();
        let document = self.with("token_endpoint_auth_method", method).document;
        let registered = idp.register(&Value::Object(document)).await;
        let text = |name: &str| registered.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let first = |name: &str| registered[name][0].as_str().unwrap_or_default().to_owned();
        Rp {
            id: text("client_id"),
            redirect_uri: first("redirect_uris"),
            post_logout_redirect_uri: first("post_logout_redirect_uris"),
            auth: auth(text("client_secret")),
            registered,
            idp,
        }
    }
}

/// An authorization request in the making.
#[derive(Clone, Debug)]
pub struct Ask {
    endpoint: String,
    /// Its parameters, in order.
    pub pairs: Pairs,
}

impl Ask {
    /// Sets a parameter, in place of the one that was there.
    pub fn set(self, name: &str, value: &str) -> Self {
        self.without(name).add(name, value)
    }

    /// Adds a parameter, whatever was there.
    pub fn add(mut self, name: &str, value: &str) -> Self {
        self.pairs.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a parameter out.
    pub fn without(mut self, name: &str) -> Self {
        self.pairs.retain(|(n, _)| n != name);
        self
    }

    /// The request as a browser brings it that was given another one to bring: the app, and these.
    pub fn bringing(&self, brought: &[(&str, &str)]) -> Self {
        let client = self.pairs.iter().filter(|(name, _)| name == "client_id").cloned();
        Self { endpoint: self.endpoint.clone(), pairs: client.chain(pairs(brought)).collect() }
    }

    /// A parameter's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The request as a URL.
    pub fn url(&self) -> String {
        format!("{}?{}", self.endpoint, encoded(&self.pairs))
    }
}

/// What the token endpoint granted.
#[derive(Clone, Debug)]
pub struct Tokens(pub Value);

impl Tokens {
    #[track_caller]
    fn text(&self, name: &str) -> String {
        self.0[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.0)).to_owned()
    }

    /// The access token.
    #[track_caller]
    pub fn access(&self) -> String {
        self.text("access_token")
    }

    /// The refresh token.
    #[track_caller]
    pub fn refresh(&self) -> String {
        self.text("refresh_token")
    }

    /// The ID token.
    #[track_caller]
    pub fn id(&self) -> String {
        self.text("id_token")
    }

    /// The ID token's claims, unverified.
    #[track_caller]
    pub fn id_claims(&self) -> Value {
        claims(&self.id())
    }
}

impl Rp {
    /// The same app as it reaches another node.
    pub fn at(&self, idp: &TestIdp) -> Self {
        Self { idp: idp.clone(), ..self.clone() }
    }

    /// The same app, proving itself in this way.
    pub fn by(&self, auth: Auth) -> Self {
        Self { auth, ..self.clone() }
    }

    /// The provider it belongs to.
    pub fn idp(&self) -> &TestIdp {
        &self.idp
    }

    /// A complete authorization request: code, PKCE, state and nonce.
    pub fn ask(&self) -> Ask {
        let pairs = pairs(&[
            ("client_id", &self.id),
            ("redirect_uri", &self.redirect_uri),
            ("response_type", "code"),
            ("scope", "openid"),
            ("state", "state of the app"),
            ("nonce", "n-0S6_WzA2Mj"),
            ("code_challenge", Challenge::of(VERIFIER).as_str()),
            ("code_challenge_method", "S256"),
        ]);
        Ask { endpoint: self.idp.at("/authorize"), pairs }
    }

    /// The client's shown proof: header fields and form parameters to send.
    pub fn proof(&self) -> (Vec<(String, String)>, Pairs) {
        match &self.auth {
            Auth::Public => (Vec::new(), pairs(&[("client_id", &self.id)])),
            Auth::Basic(secret) => (vec![("authorization".to_owned(), basic(&self.id, secret))], Vec::new()),
            Auth::Post(secret) => (Vec::new(), pairs(&[("client_id", &self.id), ("client_secret", secret)])),
            Auth::Key(_) | Auth::SecretJwt(_) => {
                let assertion = self.assertion(&json!({}));
                let typ = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                (Vec::new(), pairs(&[("client_assertion_type", typ), ("client_assertion", &assertion)]))
            }
        }
    }

    /// An assertion with some claims changed; `null` leaves one out.
    pub fn assertion(&self, changes: &Value) -> String {
        let claims = self.assertion_claims(changes);
        match &self.auth {
            Auth::Key(key) => key.sign("JWT", &claims).unwrap(),
            Auth::SecretJwt(secret) => mac("HS256", secret, &claims),
            Auth::Public | Auth::Basic(_) | Auth::Post(_) => panic!("no assertions"),
        }
    }

    /// The claims of an assertion.
    pub fn assertion_claims(&self, changes: &Value) -> Value {
        let now = self.idp.now().seconds();
        let mut claims = json!({
            "iss": self.id, "sub": self.id, "aud": self.idp.issuer, "iat": now, "exp": now + 60,
            "jti": random().to_base64url(),
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    }

    /// A request as an object that the app signs, with some claims changed; `null` leaves one out.
    pub fn object(&self, ask: &Ask, typ: &str, changes: &Value) -> String {
        let Auth::Key(key) = &self.auth else { panic!("no key") };
        key.sign(typ, &self.object_claims(ask, changes)).unwrap()
    }

    /// The claims of such an object.
    pub fn object_claims(&self, ask: &Ask, changes: &Value) -> Value {
        let now = self.idp.now().seconds();
        let mut claims =
            json!({ "iss": self.id, "aud": self.idp.issuer, "nbf": now, "iat": now, "exp": now + 300 });
        let asked = ask.pairs.iter().map(|(name, value)| (name, json!(value)));
        for (name, value) in
            asked.chain(changes.as_object().unwrap().clone().iter().map(|(n, v)| (n, v.clone())))
        {
            claims[name] = value;
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    }

    /// POST of a form with the client's proof.
    pub async fn posts(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.tries(path, form).await.unwrap_or_else(|why| panic!("{path}: {why:?}"))
    }

    /// As [`Self::posts`], where the provider may be gone.
    pub async fn tries(&self, path: &str, form: &[(&str, &str)]) -> Result<Answer, reqwest::Error> {
        let (headers, mut all) = self.proof();
        all.extend(pairs(form));
        let mut headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        self.idp.http.tries("POST", path, &headers, encoded(&all)).await
    }

    /// Redeems a code with what it was asked with.
    pub async fn redeem(&self, code: &str) -> Answer {
        self.redeem_with(code, &[("redirect_uri", &self.redirect_uri), ("code_verifier", VERIFIER)]).await
    }

    /// Redeems a code with these parameters beside it.
    pub async fn redeem_with(&self, code: &str, more: &[(&str, &str)]) -> Answer {
        let mut form = vec![("grant_type", "authorization_code"), ("code", code)];
        form.extend(more);
        self.posts("/token", &form).await
    }

    /// Uses a refresh token.
    pub async fn refresh(&self, token: &str) -> Answer {
        self.posts("/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Asks about a token.
    pub async fn introspect(&self, token: &str) -> Answer {
        self.posts("/introspect", &[("token", token)]).await
    }

    /// Gives a token back.
    pub async fn revoke(&self, token: &str) -> Answer {
        self.posts("/revoke", &[("token", token)]).await
    }

    /// Asks for claims with a bearer token.
    pub async fn userinfo(&self, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.idp.http.send("GET", "/userinfo", &[("authorization", &bearer)], "").await
    }

    /// A whole sign-in of this person in this browser, up to the tokens.
    pub async fn signs_in(&self, person: &Person, browser: &Browser) -> Tokens {
        self.signs_in_with(person, browser, &self.ask()).await
    }

    /// As [`Self::signs_in`], with another request.
    pub async fn signs_in_with(&self, person: &Person, browser: &Browser, ask: &Ask) -> Tokens {
        let callback = person.authorizes(browser, ask).await;
        self.redeem(&callback.code()).await.is_granted()
    }
}

/// A JWT made with a secret.
pub fn mac(algorithm: &str, secret: &str, claims: &Value) -> String {
    use aws_lc_rs::hmac;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let of = match algorithm {
        "HS384" => hmac::HMAC_SHA384,
        "HS512" => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": algorithm })), part(claims));
    let tag = hmac::sign(&hmac::Key::new(of, secret.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// An `Authorization: Basic` value (RFC 6749 §2.3.1).
pub fn basic(id: &str, secret: &str) -> String {
    use base64::Engine;
    let form = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", form(id), form(secret));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}
