//! What waits because somebody lost a way to sign in, and stopping it.

use axum::extract::Path;
use axum::response::Response;

use super::people::{about, after, page_of};
use super::{Admin, AdminForm, shown};
use crate::base::AccountId;
use crate::flows::admin::Refused;
use crate::flows::admin::recoveries::{self, Waiting, What};
use crate::oidc::authorize::RawRequest;
use crate::web::error::when;
use crate::web::pages::admin::Done;
use crate::web::pages::admin::recoveries::{RecoveriesPage, WaitingLine, WaitingWord};
use crate::web::pages::render;
use crate::web::{answers, paths};

pub(super) async fn list(admin: Admin, axum::extract::RawQuery(query): axum::extract::RawQuery) -> Response {
    match recoveries::list(&admin.caller.cx, &admin.who).await {
        Ok(waiting) => {
            let mut frame = shown::frame(&admin, paths::ADMIN_RECOVERIES);
            frame.done = shown::done(query.as_deref());
            let page = RecoveriesPage { frame, waiting: waiting.iter().map(line).collect() };
            answers::page(200, render(&page), None)
        }
        Err(why) => admin.refuse(why).await,
    }
}

fn line(waiting: &Waiting) -> WaitingLine {
    let url = page_of(&waiting.account.id);
    let (what, ready, call, stop) = match &waiting.what {
        What::Help { proved, call } => {
            let what = if *proved { WaitingWord::Help } else { WaitingWord::HelpUnproved };
            (what, None, call.clone(), Some("close-request"))
        }
        What::Cooling(ready) => (WaitingWord::Cooling, Some(when(*ready)), None, Some("stop-recovery")),
        What::Reset => (WaitingWord::Reset, None, None, None),
    };
    WaitingLine {
        name: waiting.account.display_name().to_owned(),
        username: waiting.account.profile.username.clone(),
        what,
        since: when(waiting.since),
        ready,
        call,
        stop: stop.map(|rest| format!("{url}/{rest}")),
        url,
    }
}

/// Back to the page the button stood on.
fn back(form: &RawRequest, id: &AccountId, done: Done) -> Response {
    match form.get("back") {
        Some("recoveries") => answers::redirect(&format!("{}?done={}", paths::ADMIN_RECOVERIES, done.word())),
        _ => after(id, done),
    }
}

pub(super) async fn stop(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let stopped = async {
        let (actor, account) = about(&admin, &id).await?;
        recoveries::stop(&admin.caller.cx, &actor, &account).await?;
        Ok::<_, Refused>(account.id)
    };
    match stopped.await {
        Ok(id) => back(&form, &id, Done::RecoveryStopped),
        Err(why) => admin.refuse(why).await,
    }
}

pub(super) async fn close(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let closed = async {
        let (actor, account) = about(&admin, &id).await?;
        recoveries::close(&admin.caller.cx, &actor, &account).await?;
        Ok::<_, Refused>(account.id)
    };
    match closed.await {
        Ok(id) => back(&form, &id, Done::RequestClosed),
        Err(why) => admin.refuse(why).await,
    }
}
