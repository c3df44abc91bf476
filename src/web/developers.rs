//! The page for developers: where discovery is, code to begin with, and where the rest is told.

use axum::extract::State;
use axum::response::Response;
use serde_json::Value;

use super::caller::Caller;
use super::pages::admin::apps::KindWord;
use super::pages::developers::{DevelopersPage, KindOfApp, LevelWord, Snippet};
use super::pages::{Locale, render};
use super::{Web, answers, paths};
use crate::base::Acr;
use crate::clients::snippet::{self, Filling};
use crate::clients::wizard::{Answers, AppKind, Framework, Who};
use crate::flows::{Cx, clients};

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
        kinds: AppKind::ALL
            .iter()
            .zip(KindWord::ALL)
            .filter(|(kind, _)| !kind.is_smart())
            .map(|(kind, word)| KindOfApp { id: kind.as_str(), word: *word, snippets: snippets(cx, *kind) })
            .collect(),
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

/// Code for an app of a kind, a library each.
fn snippets(cx: &Cx, kind: AppKind) -> Vec<Snippet> {
    let suiting = Framework::ALL.iter().filter(|framework| framework.suits(kind));
    suiting.filter_map(|framework| code(cx, kind, *framework)).collect()
}

/// Code for an app that nobody registered.
fn code(cx: &Cx, kind: AppKind, framework: Framework) -> Option<Snippet> {
    let callback = match (kind, framework) {
        (AppKind::Machine | AppKind::Device, _) => None,
        // Any port of the person's own device (RFC 8252 §7.3).
        (AppKind::Phone, _) => Some("http://127.0.0.1/callback"),
        (_, Framework::AuthJs) => Some("https://app.example/auth/callback/vouchsafe"),
        _ => Some("https://app.example/callback"),
    };
    let answers = Answers {
        name: "Your app".to_owned(),
        kind,
        framework,
        callbacks: callback.into_iter().map(str::to_owned).collect(),
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
