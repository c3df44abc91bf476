//! A passkey or security key in software, and the half of a browser that talks with it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use webauthn_authenticator_rs::WebauthnAuthenticator;
use webauthn_authenticator_rs::prelude::Url;
use webauthn_authenticator_rs::softpasskey::SoftPasskey;
use webauthn_authenticator_rs::softtoken::SoftToken;

use crate::actors::{Answer, Browser, Callback, Rp, Tokens};
use crate::idp::TestIdp;

/// What an authenticator says of itself.
enum Soft {
    /// Nothing: its AAGUID is zero.
    Bare(SoftPasskey),
    /// Its model, with a certificate of its maker.
    Model(Box<SoftToken>),
}

/// An authenticator that can do everything, and what it holds.
pub struct Authenticator {
    soft: Mutex<Soft>,
    /// Credential ids and user handles, base64url.
    held: Mutex<Vec<(String, String)>>,
    origin: Url,
}

impl Authenticator {
    /// An empty one, in a browser at the provider's own origin.
    pub fn new(idp: &TestIdp) -> Self {
        Self::at(&idp.issuer)
    }

    /// An empty one, in a browser at another origin.
    pub fn at(origin: &str) -> Self {
        let origin = Url::parse(origin).unwrap();
        Self { soft: Mutex::new(Soft::Bare(SoftPasskey::new(true))), held: Mutex::default(), origin }
    }

    /// An empty one that says what model it is: `softtoken::AAGUID`. Each has a maker of its own.
    pub fn of_model(idp: &TestIdp) -> Self {
        let (token, _) = SoftToken::new(true).unwrap();
        Self { soft: Mutex::new(Soft::Model(Box::new(token))), ..Self::new(idp) }
    }

    /// The certificate (DER) of its maker.
    pub fn maker(&self) -> Vec<u8> {
        let Soft::Model(token) = &*self.soft.lock().unwrap() else { panic!("it has no maker") };
        let told = serde_json::to_value(token).unwrap();
        URL_SAFE_NO_PAD.decode(told["ca_cert"].as_str().unwrap()).unwrap()
    }

    /// Answers the question for a new key.
    pub fn creates(&self, options: &Value) -> String {
        let handle = options["publicKey"]["user"]["id"].as_str().unwrap().to_owned();
        let mut options = options.clone();
        // The software refuses to be discoverable, and is all the same: it signs for whoever it holds.
        options["publicKey"]["authenticatorSelection"]["requireResidentKey"] = json!(false);
        let options = serde_json::from_value(options).unwrap();
        let made = match &mut *self.soft.lock().unwrap() {
            Soft::Bare(soft) => soft.do_registration(self.origin.clone(), options),
            Soft::Model(soft) => soft.do_registration(self.origin.clone(), options),
        };
        let made = made.unwrap();
        self.held.lock().unwrap().push((made.id.clone(), handle));
        serde_json::to_string(&made).unwrap()
    }

    /// Answers a question as it was asked; one that names no key is answered with the newest.
    pub fn signs(&self, options: &Value) -> String {
        self.signs_from(self.origin.as_str(), options)
    }

    /// As [`Self::signs`], in a browser at another origin.
    pub fn signs_from(&self, origin: &str, options: &Value) -> String {
        let (id, handle) = self.held.lock().unwrap().last().unwrap().clone();
        let asks_anybody = options["publicKey"]["allowCredentials"].as_array().is_none_or(Vec::is_empty);
        let mut options = options.clone();
        if asks_anybody {
            options["publicKey"]["allowCredentials"] = json!([{ "type": "public-key", "id": id }]);
        }
        let options = serde_json::from_value(options).unwrap();
        let origin = Url::parse(origin).unwrap();
        let signed = match &mut *self.soft.lock().unwrap() {
            Soft::Bare(soft) => soft.do_authentication(origin, options),
            Soft::Model(soft) => soft.do_authentication(origin, options),
        };
        let signed = signed.unwrap();
        let mut answer = serde_json::to_value(signed).unwrap();
        if asks_anybody {
            answer["response"]["userHandle"] = json!(handle);
        }
        answer.to_string()
    }

    /// As [`Self::signs`], without looking who holds it.
    pub fn signs_unverified(&self, options: &Value) -> String {
        let mut options = options.clone();
        options["publicKey"]["userVerification"] = json!("preferred");
        self.signs(&options)
    }

    /// Signs with the newest key, whichever keys the question names.
    pub fn signs_unasked(&self, options: &Value) -> String {
        let mut options = options.clone();
        options["publicKey"]["allowCredentials"] = json!([]);
        bent(&self.signs(&options), |answer| answer["response"]["userHandle"] = Value::Null)
    }
}

/// An answer with a member changed.
pub fn bent(answer: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut answer: Value = serde_json::from_str(answer).unwrap();
    change(&mut answer);
    answer.to_string()
}

/// An answer whose client data was changed after it was signed.
pub fn with_client_data(answer: &str, name: &str, value: Value) -> String {
    bent(answer, |answer| {
        let data = &mut answer["response"]["clientDataJSON"];
        let bytes = URL_SAFE_NO_PAD.decode(data.as_str().unwrap()).unwrap();
        let mut inner: Value = serde_json::from_slice(&bytes).unwrap();
        inner[name] = value;
        *data = json!(URL_SAFE_NO_PAD.encode(inner.to_string()));
    })
}

impl Browser {
    /// Asks for the question behind a page's button, as the page's script does.
    pub async fn question(&self, page: &Answer) -> Answer {
        let form = page.form("passkey-button");
        self.post(&page.options_url(), &form.fields).await
    }

    /// Sends an answer by the page's form, and follows.
    pub async fn replies(&self, page: &Answer, credential: &str) -> Answer {
        self.submit(page, "passkey-button", &[("credential", credential)]).await
    }

    /// Presses the button of a page that asks for a key, and uses this one.
    pub async fn uses(&self, page: &Answer, key: &Authenticator) -> Answer {
        let question = self.question(page).await;
        assert_eq!(question.status, 200, "{question:?}");
        self.replies(page, &key.signs(&question.json())).await
    }

    /// Presses the button of a page that binds a key, and uses this one.
    pub async fn binds(&self, page: &Answer, key: &Authenticator) -> Answer {
        let question = self.question(page).await;
        assert_eq!(question.status, 200, "{question:?}");
        self.replies(page, &key.creates(&question.json())).await
    }
}

impl Answer {
    /// Where the page's script asks for its question.
    #[track_caller]
    pub fn options_url(&self) -> String {
        let rest = self.body.split(" data-options=\"").nth(1).unwrap();
        Url::parse(&self.url).unwrap().join(rest.split('"').next().unwrap()).unwrap().to_string()
    }
}

impl Rp {
    /// A whole sign-in by a discoverable passkey, for an app that was agreed to.
    pub async fn signs_in_by(&self, browser: &Browser, key: &Authenticator) -> Tokens {
        let page = browser.open(&self.ask().set("prompt", "login").url()).await;
        let page = browser.uses(&page, key).await;
        self.redeem(&Callback::of(&page).code()).await.is_granted()
    }
}
