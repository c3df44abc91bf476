//! What the developer of an app works with: its code, the requests it sends, and a sign-in tried with its settings.

use axum::extract::{Path, RawQuery};
use axum::http::HeaderName;
use axum::response::Response;

use super::apps::{at, found, framed, parameter, within};
use super::imports::sentence;
use super::{Admin, AdminForm};
use crate::base::GrantType;
use crate::clients::snippet::{self, Filling};
use crate::clients::wizard::Framework;
use crate::clients::{Client, Stage};
use crate::duties::Action;
use crate::flows::clients::settings::{self, Unchanged};
use crate::flows::clients::trial::{self, Attempt, Report};
use crate::flows::clients::{list, shown, watch};
use crate::flows::{PageError, admin::Refused};
use crate::oidc::authorize::RawRequest;
use crate::oidc::watch::{Seen, Verdict, fix};
use crate::web::error::when;
use crate::web::pages::admin::apps::{
    AppCodePage, AppTryPage, AppWatchPage, AttemptWord, MistakeRow, ReportView, SeenRow, VerdictWord,
};
use crate::web::pages::render;
use crate::web::{answers, error};

/// How often a watch page asks again by itself, in seconds.
const EVERY: u32 = 5;
/// After how many times it stops: by itself it keeps nobody signed in for longer than ten minutes.
const TIMES: u32 = 120;

/// The client behind a path, or the answer to the refusal.
async fn client(admin: &Admin, id: &str) -> Result<Client, Response> {
    match found(admin, id).await {
        Ok(client) => Ok(client),
        Err(why) => Err(admin.refuse(why).await),
    }
}

/// Whether the reader may change this app.
async fn may_change(admin: &Admin, client: &Client) -> bool {
    let cx = &admin.caller.cx;
    match list::authorised(cx, &admin.who, Action::ClientRead, &client.id).await {
        Ok((actor, _)) => admin.who.may_at(Action::ClientChange, actor.place()),
        Err(_) => false,
    }
}

// ---- code

pub(super) async fn code(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let client = match client(&admin, &id).await {
        Ok(client) => client,
        Err(refused) => return refused,
    };
    let (cx, query) = (&admin.caller.cx, query.as_deref());
    let ticket = parameter(query, "ticket").unwrap_or_default();
    let secret = match shown::look(cx, &admin.person().session.session, client.id.as_str(), &ticket).await {
        Ok(secret) => secret,
        Err(why) => return error::of(&admin.caller, &why),
    };
    let filling =
        Filling { client: &client, issuer: cx.issuer.as_str(), step_up: snippet::usual_step_up(&client) };
    let fits = |framework: &&Framework| snippet::fill(**framework, &filling).is_ok();
    let usual =
        || [Framework::Curl].iter().chain(Framework::ALL).find(fits).copied().unwrap_or(Framework::Curl);
    let wished = parameter(query, "lang").and_then(|lang| Framework::parse(&lang)).unwrap_or_else(usual);
    let hold = if secret.is_some() { format!("&ticket={ticket}") } else { String::new() };
    let url = at(&client.id);
    let libraries = Framework::ALL.iter().filter(fits);
    let libraries = libraries.map(|one| (one.name(), format!("{url}/code?lang={one}{hold}"), *one == wished));
    let page = AppCodePage {
        frame: framed(&admin, query),
        title: client.name.clone(),
        libraries: libraries.collect(),
        file: wished.file(),
        code: snippet::fill(wished, &filling).map_err(|why| sentence(&why.to_string())),
        environment: snippet::environment(&filling, secret.as_deref()),
        secret: secret.map(|secret| (secret, ticket)),
        url,
    };
    answers::page(200, render(&page), None)
}

/// The secret is in its place: it is not shown again.
pub(super) async fn kept(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let client = match client(&admin, &id).await {
        Ok(client) => client,
        Err(refused) => return refused,
    };
    let ticket = form.get("ticket").unwrap_or_default();
    match shown::forget(&admin.caller.cx, &admin.person().session.session, client.id.as_str(), ticket).await {
        Ok(true) => answers::redirect(&at(&client.id)),
        Ok(false) => error::of(&admin.caller, &PageError::Bad("ticket")),
        Err(why) => error::of(&admin.caller, &why),
    }
}

// ---- watch

pub(super) async fn watched(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let client = match client(&admin, &id).await {
        Ok(client) => client,
        Err(refused) => return refused,
    };
    let cx = &admin.caller.cx;
    let seen = match watch::seen(cx, &client.id).await {
        Ok(seen) => seen,
        Err(why) => return error::of(&admin.caller, &why.into()),
    };
    let on = client.is_watched(cx.now);
    let times = parameter(query.as_deref(), "n").and_then(|n| n.parse::<u32>().ok()).unwrap_or_default();
    let paused = parameter(query.as_deref(), "pause").is_some() || times >= TIMES;
    let url = at(&client.id);
    let page = AppWatchPage {
        frame: framed(&admin, query.as_deref()),
        title: client.name.clone(),
        url: url.clone(),
        on,
        until: (client.stage == Stage::Live && on).then(|| when(client.watched_until)),
        paused,
        may_change: may_change(&admin, &client).await,
        seen: seen.iter().map(row).collect(),
    };
    let mut response = answers::page(200, render(&page), None);
    if on && !paused {
        let again = format!("{EVERY}; url={url}/watch?n={}", times.saturating_add(1));
        answers::put(&mut response, HeaderName::from_static("refresh"), &again);
    }
    response
}

fn row(seen: &Seen) -> SeenRow {
    SeenRow {
        at: when(seen.at),
        endpoint: seen.endpoint.as_str(),
        verdict: match seen.verdict {
            Verdict::Good => VerdictWord::Good,
            Verdict::Begun => VerdictWord::Begun,
            Verdict::Refused => VerdictWord::Refused,
        },
        code: seen.code.clone(),
        fix: fix(&seen.detail),
        told: seen.told.clone(),
        reference: seen.reference.clone(),
    }
}

pub(super) async fn set_watched(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let client = match client(&admin, &id).await {
        Ok(client) => client,
        Err(refused) => return refused,
    };
    let on = match form.get("watch") {
        Some("on") => true,
        Some("off") => false,
        _ => return error::of(&admin.caller, &PageError::Bad("watch")),
    };
    match settings::set_watched(&admin.caller.cx, &within(&client), &client.id, on).await {
        Ok(()) => answers::redirect(&format!("{}/watch", at(&client.id))),
        Err(Unchanged::Store(why)) => admin.refuse(why.into()).await,
        Err(_) => admin.refuse(Refused::NotFound).await,
    }
}

// ---- test this app

pub(super) async fn attempts(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let client = match client(&admin, &id).await {
        Ok(client) => client,
        Err(refused) => return refused,
    };
    let Ok(raw) = RawRequest::parse(query.as_deref().unwrap_or_default()) else {
        return error::of(&admin.caller, &PageError::Bad("query"));
    };
    let (cx, browser) = (&admin.caller.cx, &admin.caller.browser);
    let account = &admin.person().account.id;
    let url = at(&client.id);
    if let Some(run) = raw.get(trial::RUN).filter(|_| raw.get("code").is_some() || raw.get("error").is_some())
    {
        return match trial::arrive(cx, browser, account, &client.id, &raw).await {
            Ok(()) => answers::redirect(&format!("{url}/try?{}={run}", trial::RUN)),
            Err(why) => error::of(&admin.caller, &why),
        };
    }
    let run = raw.get(trial::RUN).unwrap_or_default();
    let report = match trial::find_report(cx, browser, account, &client.id, run).await {
        Ok(report) => report,
        Err(why) => return error::of(&admin.caller, &why),
    };
    let can_try = client.is_enabled() && client.allows(GrantType::AuthorizationCode);
    let page = AppTryPage {
        frame: framed(&admin, query.as_deref()),
        title: client.name.clone(),
        url,
        can_try,
        may_change: may_change(&admin, &client).await,
        report: report.map(view),
        mistakes: mistakes(&admin, client),
    };
    answers::page(200, render(&page), None)
}

fn mistakes(admin: &Admin, client: Client) -> Vec<MistakeRow> {
    let refused = trial::refusals(&admin.caller.cx, &std::sync::Arc::new(client));
    let row =
        |one: trial::Refused| MistakeRow { what: one.what, code: one.code, to_app: one.to_app, fix: one.fix };
    refused.into_iter().map(row).collect()
}

fn view(report: Report) -> ReportView {
    let pretty = |value: &serde_json::Value| format!("{value:#}");
    let mut documents = Vec::new();
    let tokens = [("ID token", &report.id_token), ("Access token", &report.access_token)];
    for (name, token) in tokens {
        if let Some(token) = token {
            documents.push((name, format!("{}\n{}", pretty(&token.header), pretty(&token.claims))));
        }
    }
    if !report.userinfo.is_empty() {
        documents.push(("Userinfo", pretty(&serde_json::Value::Object(report.userinfo))));
    }
    ReportView {
        attempt: match report.attempt {
            Attempt::SignIn => AttemptWord::SignIn,
            Attempt::StepUp => AttemptWord::StepUp,
            Attempt::Deny => AttemptWord::Deny,
            Attempt::UnknownScope => AttemptWord::UnknownScope,
        },
        error: report.error,
        checks: report.checks.into_iter().map(|check| (check.what, check.good)).collect(),
        asked: report.asked,
        received: report.received,
        documents,
    }
}

pub(super) async fn begin(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let client = match client(&admin, &id).await {
        Ok(client) => client,
        Err(refused) => return refused,
    };
    let Some(attempt) = form.get("attempt").and_then(Attempt::parse) else {
        return error::of(&admin.caller, &PageError::Bad("attempt"));
    };
    let account = &admin.person().account.id;
    let here = format!("{}/try", at(&client.id));
    let begun = trial::begin(&admin.caller.cx, &admin.caller.browser, account, &client, attempt, &here);
    match begun.await {
        Ok(url) => answers::redirect(&url),
        Err(why) => error::of(&admin.caller, &why),
    }
}
