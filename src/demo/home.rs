//! The front page: the door for strangers; for the person signed in, who they are and how we know.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::App;
use super::pages::render;
use super::session::{Latest, Level, Session};
use super::words::{self, Decoded};

#[derive(Template)]
#[template(path = "demo/door.html")]
struct Door;

#[derive(Template)]
#[template(path = "demo/home.html")]
struct Home<'a> {
    session: &'a Session,
    news: News,
    acr: &'a str,
    level: &'static str,
    amr: String,
    methods: Vec<&'a str>,
    auth_time: Option<Moment>,
    issued: Moment,
    expires: Moment,
    id_token: Option<Decoded>,
    access_token: Option<Decoded>,
}

/// What just happened, as the page leads with it.
struct News {
    id: &'static str,
    heading: &'static str,
    text: String,
    is_good: bool,
}

/// One moment, three ways.
struct Moment {
    raw: i64,
    machine: String,
    words: String,
    ago: String,
}

/// `GET /`.
pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let Some(current) = app.current(&headers) else { return render(StatusCode::OK, &Door) };
    render(StatusCode::OK, &home(&current.session, app.now()))
}

fn home(session: &Session, now: i64) -> Home<'_> {
    let person = &session.person;
    Home {
        session,
        news: news(session),
        acr: person.acr.as_deref().unwrap_or_default(),
        level: words::level(person.acr.as_deref()),
        amr: person.amr.join(" "),
        methods: person.amr.iter().map(|amr| words::method(amr)).collect(),
        auth_time: person.auth_time.map(|at| moment(at, now)),
        issued: moment(person.issued, now),
        expires: moment(person.expires, now),
        id_token: words::decode(&person.id_token.to_string()),
        access_token: words::decode(person.access_token.secret()),
    }
}

fn moment(at: i64, now: i64) -> Moment {
    Moment { raw: at, machine: words::machine_moment(at), words: words::moment(at), ago: words::ago(at, now) }
}

fn news(session: &Session) -> News {
    match &session.latest {
        Latest::SignedIn => News {
            id: "signed-in",
            heading: "You are signed in",
            text: format!("Good to see you, {}. Your video room is open.", session.person.name),
            is_good: true,
        },
        Latest::Prescribed { at, level } => News {
            id: "prescription-signed",
            heading: "Prescription signed",
            text: format!(
                "Signed at {}, after a fresh check with {}.",
                words::moment(*at),
                words::level(Some(level.acr()))
            ),
            is_good: true,
        },
        Latest::NotPrescribed(why) => News {
            id: "prescription-refused",
            heading: "Prescription not signed",
            text: why.clone(),
            is_good: false,
        },
        Latest::Renewed { at, issued_before, expires_before } => News {
            id: "refreshed",
            heading: "Tokens refreshed",
            text: renewal(session, *at, *issued_before, *expires_before),
            is_good: true,
        },
    }
}

fn renewal(session: &Session, at: i64, issued_before: i64, expires_before: i64) -> String {
    let person = &session.person;
    format!(
        "Refreshed at {}. The ID token was issued at {} and is now of {}; it ended at {} and now ends at {}. \
         sub and auth_time are unchanged: you are the same person, and refreshing is not signing in.",
        words::moment(at),
        words::moment(issued_before),
        words::moment(person.issued),
        words::moment(expires_before),
        words::moment(person.expires),
    )
}

impl Home<'_> {
    /// The two buttons that sign: their ids, levels and words.
    fn prescriptions(&self) -> [(&'static str, &'static str, &'static str); 2] {
        [
            ("prescribe", level_name(Level::Aal2), "Prescribe"),
            ("prescribe-phr", level_name(Level::Aal2Phr), "Prescribe with a passkey or security key"),
        ]
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Aal2 => "aal2",
        Level::Aal2Phr => "aal2-phr",
    }
}
