//! The page for developers: where discovery is, code to begin with, and where the rest is told.

use axum::extract::State;
use axum::response::Response;
use serde_json::Value;

use super::caller::Caller;
use super::pages::developers::{DevelopersPage, LevelWord, Snippet};
use super::pages::{Locale, render};
use super::{Web, answers, paths};
use crate::base::Acr;
use crate::clients::snippet::{self, Filling};
use crate::clients::wizard::{Answers, AppKind, Framework, Who};
use crate::flows::{Cx, clients};

/// The kinds of apps that code is shown for; the first that goes with a library.
const KINDS: [AppKind; 2] = [AppKind::Server, AppKind::Browser];

pub(super) async fn show(State(web): State<Web>, caller: Caller) -> Response {
    let cx = &caller.cx;
    let mut shell = caller.shell(paths::DEVELOPERS, caller.browser_csrf());
    // As the console, it speaks English alone.
    shell.locale = Locale::En;
    let page = DevelopersPage {
        shell,
        issuer: cx.issuer.as_str().to_owned(),
        discovery: cx.issuer.join(paths::OPENID_CONFIGURATION),
        endpoints: endpoints(&web),
        levels: Acr::ALL.iter().filter_map(|acr| Some((acr.as_str(), level(*acr)?))).collect(),
        snippets: Framework::ALL.iter().filter_map(|framework| code(cx, *framework)).collect(),
        scim: paths::SCIM_CONFIG.to_owned(),
    };
    answers::page(200, render(&page), None)
}

/// What discovery says of where things are.
fn endpoints(web: &Web) -> Vec<(String, String)> {
    let document: Value = serde_json::from_slice(&web.discovery).unwrap_or_default();
    let address = |(name, value): (&String, &Value)| {
        let is_one = name.ends_with("_endpoint") || name == "jwks_uri";
        is_one.then(|| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
    };
    document.as_object().into_iter().flatten().filter_map(address).collect()
}

/// What a level means; `None` for what nobody reaches yet.
fn level(acr: Acr) -> Option<LevelWord> {
    match acr {
        Acr::Aal1 => Some(LevelWord::One),
        Acr::Aal2 => Some(LevelWord::Two),
        Acr::Aal2Phr => Some(LevelWord::Resistant),
        Acr::Aal3 => None,
    }
}

/// Code for an app that nobody registered.
fn code(cx: &Cx, framework: Framework) -> Option<Snippet> {
    let answers = Answers {
        name: "Your app".to_owned(),
        kind: KINDS.into_iter().find(|kind| framework.suits(*kind))?,
        framework,
        callbacks: vec!["https://app.example/callback".to_owned()],
        who: Who::Both,
    };
    let mut document = answers.metadata().ok()?;
    document.as_object_mut()?.insert("client_id".to_owned(), "your-client-id".into());
    let client = clients::sketch(cx, &document).ok()?;
    let step_up = snippet::usual_step_up(&client);
    let filling = Filling { client: &client, issuer: cx.issuer.as_str(), step_up };
    let code = snippet::fill(framework, &filling).ok()?;
    Some(Snippet { id: framework.as_str(), name: framework.name(), file: framework.file(), code })
}
