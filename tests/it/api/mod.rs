//! `/api/admin/v1/…`: machines with tokens, and what they may not do.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod apps;
mod away;
mod document;
mod guard;
mod once;
mod people;
mod resources;
mod scopes;
mod table;
mod trail;
mod uploads;
mod webhooks;

use serde_json::{Value, json};
use vouchsafe::base::{ClientId, OrganisationId};
use vouchsafe::clients::Stage;
use vouchsafe::flows::clients;

use crate::actors::{Answer, basic};
use crate::idp::TestIdp;

/// Every scope a machine can have.
pub const ALL: &str = "admin:read admin:accounts admin:import admin:clients admin:audit admin:policy";

/// A machine client with a token.
#[derive(Clone)]
pub struct Machine {
    /// Its id.
    pub id: ClientId,
    /// Its secret.
    pub secret: String,
    /// A token of it.
    pub token: String,
    idp: TestIdp,
}

impl TestIdp {
    /// A machine of an organisation, registered at the host, with a token of all its scopes.
    pub async fn machine(&self, scopes: &str, organisation: &OrganisationId) -> Machine {
        let document = json!({
            "client_name": "A machine",
            "grant_types": ["client_credentials"],
            "redirect_uris": [],
            "scope": scopes,
            "token_endpoint_auth_method": "client_secret_basic",
        });
        let made = clients::register(&self.operator(), &document, organisation.clone(), Stage::Live).await;
        let made = made.unwrap();
        self.tick();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        let id = ClientId::from_text(text("client_id"));
        let secret = text("client_secret");
        let mut machine = Machine { id, secret, token: String::new(), idp: self.clone() };
        machine.token = machine.takes_token(scopes).await;
        machine
    }
}

impl Machine {
    /// A token of some of its scopes.
    pub async fn takes_token(&self, scopes: &str) -> String {
        let header = basic(self.id.as_str(), &self.secret);
        let headers =
            [("authorization", header.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let form = format!("grant_type=client_credentials&scope={}", scopes.replace(' ', "+"));
        let answer = self.idp.http.send("POST", "/token", &headers, form).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// The same machine, asking at another node.
    pub fn at(&self, idp: &TestIdp) -> Self {
        let (id, secret, token) = (self.id.clone(), self.secret.clone(), self.token.clone());
        Self { id, secret, token, idp: idp.clone() }
    }

    /// A request with more headers, and a body of JSON where there is one.
    pub async fn sends(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        self.asks(method, &format!("/api/admin/v1{path}"), headers, ("application/json", body)).await
    }

    /// A request at any path, with a body of a type where there is one.
    pub async fn asks(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        (media, body): (&str, Option<&Value>),
    ) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", bearer.as_str())];
        if body.is_some() {
            all.push(("content-type", media));
        }
        all.extend(headers);
        let body = body.map(ToString::to_string).unwrap_or_default();
        self.idp.http.send(method, path, &all, body).await
    }

    /// POST of a list of people.
    pub async fn sends_list(&self, path: &str, list: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "text/csv")];
        self.idp.http.send("POST", &format!("/api/admin/v1{path}"), &headers, list).await
    }

    /// GET.
    pub async fn gets(&self, path: &str) -> Answer {
        self.sends("GET", path, &[], None).await
    }

    /// POST of JSON.
    pub async fn posts(&self, path: &str, body: &Value) -> Answer {
        self.sends("POST", path, &[], Some(body)).await
    }
}

/// Insists on a problem of this code, with everything a problem has.
#[track_caller]
pub fn is_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json", "{answer:?}");
    let body = answer.json();
    assert_eq!(body["code"], code, "{answer:?}");
    assert_eq!(body["status"], status, "{answer:?}");
    assert!(body["type"].as_str().unwrap().ends_with(&format!("/developers/api#{code}")), "{answer:?}");
    for member in ["title", "detail", "instance"] {
        assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {answer:?}");
    }
    assert!(body["instance"].as_str().unwrap().ends_with(answer.header("x-request-id")), "{answer:?}");
}
