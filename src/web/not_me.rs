//! “This was not me”: one page with one button. It works in any browser, without a cookie and without a session.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;

use super::caller::Caller;
use super::form::Form;
use super::pages::not_me::{NotMePage, NotMeState};
use super::pages::render;
use super::{Web, answers, error, paths};
use crate::flows::PageError;
use crate::flows::not_me::{self, Answer, Standing};

/// Mounts the page.
pub fn routes() -> Router<Web> {
    Router::new().route(&format!("{}/{{token}}", paths::NOT_ME), get(show).post(press))
}

async fn show(caller: Caller, Path(token): Path<String>) -> Response {
    match not_me::look(&caller.cx, &token).await {
        Ok(Standing::Open(digest)) => {
            let action = format!("{}/{token}", paths::NOT_ME);
            page(&caller, NotMeState::Ask, caller.cx.csrf(&digest), action)
        }
        Ok(Standing::Said) => told(&caller, NotMeState::Again),
        Ok(Standing::Over) => told(&caller, NotMeState::Over),
        Err(why) => error::of(&caller, &why),
    }
}

/// The value of the form is bound to the link, not to a cookie: a browser that keeps none may press the button too.
async fn press(caller: Caller, Path(token): Path<String>, Form(form): Form) -> Response {
    let digest = crate::base::Digest::of(&token);
    if !caller.is_own_form(form.get("csrf"), &digest) {
        return error::of(&caller, &PageError::Forged);
    }
    match not_me::deny(&caller.cx, &token).await {
        Ok(Answer::Done) => told(&caller, NotMeState::Done),
        Ok(Answer::Said) => told(&caller, NotMeState::Again),
        Ok(Answer::Over) => told(&caller, NotMeState::Over),
        Err(why) => error::of(&caller, &why),
    }
}

fn told(caller: &Caller, state: NotMeState) -> Response {
    page(caller, state, caller.browser_csrf(), String::new())
}

fn page(caller: &Caller, state: NotMeState, csrf: String, action: String) -> Response {
    // Another language comes back to the question; what a stranger made up is not repeated.
    let here = if state == NotMeState::Ask { caller.here.as_str() } else { "/" };
    let shell = caller.shell(here, csrf);
    let status = if state == NotMeState::Over { 404 } else { 200 };
    let page = NotMePage { shell, state, action, account: paths::ACCOUNT.to_owned() };
    answers::page(status, render(&page), None)
}
