//! The demo's own pages: caught mail, the seeded people with their codes, every page as a sample. They exist only
//! where `web.demo` is set, which `serve` never does.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, HOST};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use base64::Engine;

use super::caller::Caller;
use super::error::when;
use super::pages::dev_mail::{DevMail, DevMailPage, DevMessage};
use super::pages::dev_people::{DevPeoplePage, DevPerson};
use super::pages::{Sample, render};
use super::{Web, answers, error, notice};
use crate::base::{Digest, Role};
use crate::factors::totp;
use crate::flows::PageError;
use crate::flows::notify::{self, Kept};

/// What the demo's pages show.
#[derive(Clone, Debug)]
pub struct Demo {
    /// The demo app's address.
    pub app: String,
    /// The seeded people.
    pub people: Vec<Person>,
}

/// A seeded person, password and all: the demo's alone.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// What they type.
    pub username: String,
    /// Their password.
    pub password: String,
    /// What they are.
    pub role: Role,
    /// The key of their code app, 20 bytes.
    pub totp: Option<Vec<u8>>,
}

/// Mounts the demo's pages.
pub fn routes(web: Web) -> Router<Web> {
    Router::new()
        .route("/dev/mail", get(mail))
        .route("/dev/mail/{id}", get(message))
        .route("/dev/mail/{id}/html", get(message_html))
        .route("/dev/people", get(people))
        .route("/dev/samples", get(samples))
        .route("/dev/samples/{name}/{locale}", get(sample))
        .layer(from_fn_with_state(web, at_home))
}

/// Only under the demo's own names: a page of another site that lets its name lead to this machine (DNS rebinding)
/// must not read the passwords.
async fn at_home(State(_): State<Web>, caller: Caller, request: Request, next: Next) -> Response {
    let asked = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = asked.rsplit_once(':').map_or(asked, |(name, _)| name);
    match name {
        "localhost" | "127.0.0.1" | "[::1]" => next.run(request).await,
        _ => error::of(&caller, &PageError::NotFound),
    }
}

async fn mail(caller: Caller) -> Response {
    show_mail(&caller, None).await
}

async fn message(caller: Caller, Path(id): Path<String>) -> Response {
    show_mail(&caller, Some(&id)).await
}

async fn show_mail(caller: &Caller, open: Option<&str>) -> Response {
    let kept = match notify::mailbox(&caller.cx, 100).await {
        Ok(kept) => kept,
        Err(why) => return error::of(caller, &why.into()),
    };
    let shell = caller.shell("/dev/mail", caller.browser_csrf());
    let mut mails = Vec::new();
    let mut opened = None;
    for Kept { id, message, sent_at } in kept {
        let letter = notice::letter(notice::Sender::of(&caller.cx.config), &message);
        if open == Some(id.as_str()) {
            opened = Some(DevMessage {
                to: message.to.clone(),
                subject: letter.subject.clone(),
                at: when(message.at),
                body: letter.text,
                html: format!("/dev/mail/{id}/html"),
                links: message.link.iter().chain(&message.not_me).cloned().collect(),
                back: "/dev/mail".to_owned(),
            });
        }
        mails.push(DevMail {
            url: format!("/dev/mail/{id}"),
            to: message.to,
            subject: letter.subject,
            at: when(message.at),
            caught: sent_at.is_some(),
        });
    }
    if open.is_some() && opened.is_none() {
        return error::of(caller, &PageError::NotFound);
    }
    answers::page(200, render(&DevMailPage { shell, mails, open: opened, refresh: None }), None)
}

/// The HTML part as it is sent.
async fn message_html(caller: Caller, Path(id): Path<String>) -> Response {
    let kept = match notify::mailbox(&caller.cx, 100).await {
        Ok(kept) => kept,
        Err(why) => return error::of(&caller, &why.into()),
    };
    match kept.into_iter().find(|kept| kept.id == id) {
        Some(kept) => as_mail(notice::letter(notice::Sender::of(&caller.cx.config), &kept.message).html),
        None => error::of(&caller, &PageError::NotFound),
    }
}

/// An HTML part as a page: its own style is the one thing it may use, and is named by its digest.
fn as_mail(html: String) -> Response {
    let style =
        html.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).map_or("", |(s, _)| s);
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
        base64::engine::general_purpose::STANDARD.encode(Digest::of(style).as_bytes())
    );
    let mut response = answers::page(200, html, None);
    answers::put(&mut response, CONTENT_SECURITY_POLICY, &policy);
    response
}

async fn people(caller: Caller) -> Response {
    let Some(demo) = &caller.web.demo else { return error::of(&caller, &PageError::NotFound) };
    let people = demo.people.iter().map(|p| DevPerson {
        name: p.name.clone(),
        username: p.username.clone(),
        password: p.password.clone(),
        role: super::steps::show::role(p.role),
        code: p.totp.as_deref().and_then(totp::Secret::from_slice).map(|s| s.code(totp::step(caller.cx.now))),
    });
    let page = DevPeoplePage {
        shell: caller.shell("/dev/people", caller.browser_csrf()),
        people: people.collect(),
        app_url: Some(demo.app.clone()),
        refresh: None,
    };
    answers::page(200, render(&page), None)
}

/// Rendered once: they are fixed, and there are hundreds.
static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(super::pages::samples);

/// Every notice as a mail, as [`SAMPLES`].
static MAILS: LazyLock<Vec<Sample>> = LazyLock::new(notice::samples);

async fn samples() -> Response {
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Samples</title></head><body><main>\
         <h1>Every page in every state</h1><ul>",
    );
    for sample in SAMPLES.iter().chain(MAILS.iter()) {
        let address = format!("/dev/samples/{}/{}", sample.name, sample.locale.tag());
        html.push_str(&format!("<li><a href=\"{address}\">{} {}</a></li>", sample.name, sample.locale.tag()));
    }
    html.push_str("</ul></main></body></html>");
    answers::page(200, html, None)
}

async fn sample(caller: Caller, Path((name, locale)): Path<(String, String)>) -> Response {
    let of = |samples: &'static [Sample]| samples.iter().find(|s| s.name == name && s.locale.tag() == locale);
    match (of(&SAMPLES), of(&MAILS)) {
        (Some(page), _) => answers::page(200, page.html.clone(), None),
        (None, Some(mail)) => as_mail(mail.html.clone()),
        (None, None) => error::of(&caller, &PageError::NotFound),
    }
}
