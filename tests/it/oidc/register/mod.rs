//! Apps that register themselves, and their own registrations afterwards.

mod own;
mod terms;
mod tokens;

use serde_json::{Value, json};
use vouchsafe::base::{ClientId, OrganisationId, Token};
use vouchsafe::clients::{Client, ClientToken, Terms};
use vouchsafe::duties::Action;
use vouchsafe::flows::admin::AdminActor;
use vouchsafe::flows::admin::client_tokens::{self, Wished};
use vouchsafe::flows::{admin, clients};

use crate::actors::Answer;
use crate::idp::TestIdp;

/// Settings by which anybody registers.
pub const OPEN: [(&str, &str); 1] = [("VOUCHSAFE__REGISTRATION__MODE", "open")];

impl TestIdp {
    /// A token for one app within the usual terms.
    pub async fn client_token(&self, organisation: &OrganisationId) -> (ClientToken, Token) {
        self.client_token_for(organisation, 1, json!({})).await
    }

    /// A token for so many apps within these terms.
    pub async fn client_token_for(
        &self,
        organisation: &OrganisationId,
        uses: i64,
        terms: Value,
    ) -> (ClientToken, Token) {
        let cx = self.operator();
        let actor = admin::authorise(&cx, &admin::at_host(&cx), Action::ClientToken, organisation).await;
        self.client_token_by(&actor.unwrap(), uses, terms).await
    }

    /// A token that this administrator makes.
    pub async fn client_token_by(&self, actor: &AdminActor, uses: i64, terms: Value) -> (ClientToken, Token) {
        let terms = Terms::parse(&terms).unwrap();
        let wished = Wished { label: "test".to_owned(), terms, uses, days: 7 };
        let made = client_tokens::create(&self.operator(), actor, wished).await.unwrap();
        self.tick();
        made
    }

    /// Registers an app by HTTP.
    pub async fn registers(&self, token: Option<&Token>, document: &Value) -> Answer {
        let header = token.map(|token| format!("Bearer {}", token.expose()));
        self.asks_register("POST", "/register", header.as_deref(), Some(document)).await
    }

    /// A request to the registration endpoint or below it.
    pub async fn asks_register(
        &self,
        method: &str,
        path: &str,
        authorization: Option<&str>,
        document: Option<&Value>,
    ) -> Answer {
        let mut headers: Vec<_> = authorization.iter().map(|value| ("authorization", *value)).collect();
        headers.extend(document.map(|_| ("content-type", "application/json")));
        let body = document.map(Value::to_string).unwrap_or_default();
        self.http.send(method, path, &headers, body).await
    }

    /// The app of an id, as it is kept.
    pub async fn kept_client(&self, id: &str) -> Option<Client> {
        clients::find(&self.operator(), &ClientId::from_text(id)).await.unwrap()
    }

    /// How many apps there are.
    pub async fn apps(&self) -> usize {
        clients::list(&self.operator()).await.unwrap().len()
    }
}

/// What most apps register.
fn app() -> Value {
    json!({ "client_name": "Self-made", "redirect_uris": ["https://self.example/cb"] })
}

fn with(more: Value) -> Value {
    let mut document = app();
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    document
}

/// Insists on a refused token: 401, the scheme, and never a page.
#[track_caller]
fn is_unauthorized(answer: &Answer) {
    answer.is_refused("invalid_token");
    assert!(answer.header("www-authenticate").starts_with("Bearer "), "{answer:?}");
}

/// An app that registered itself.
struct Made {
    id: String,
    path: String,
    key: String,
    answer: Value,
}

impl Made {
    fn of(idp: &TestIdp, answer: &Answer) -> Self {
        assert_eq!(answer.status, 201, "{answer:?}");
        let uri = answer.member("registration_client_uri");
        let path = uri.strip_prefix(&idp.issuer).unwrap().to_owned();
        let key = format!("Bearer {}", answer.member("registration_access_token"));
        Self { id: answer.member("client_id"), path, key, answer: answer.json() }
    }

    async fn new(idp: &TestIdp, terms: Value, document: &Value) -> Self {
        let (_, token) = idp.client_token_for(&OrganisationId::root(), 1, terms).await;
        Self::of(idp, &idp.registers(Some(&token), document).await)
    }

    async fn asks(&self, idp: &TestIdp, method: &str, document: Option<&Value>) -> Answer {
        idp.asks_register(method, &self.path, Some(&self.key), document).await
    }

    /// What it registered with its id, as RFC 7592 wants it sent.
    fn again(&self, more: Value) -> Value {
        let mut document = with(more);
        document["client_id"] = self.id.as_str().into();
        document
    }
}
