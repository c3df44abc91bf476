//! Where a person answers apps that ask for them without a browser (CIBA). A GET answers nothing: the link of a mail leads here, and
//! mail scanners open links too. What a yes leads to is a sign-in like any other, with its own page of what is shared.

use axum::extract::RawQuery;
use axum::response::Response;

use super::{begin, own_session, shell};
use crate::audit::Kind;
use crate::flows::account::Home;
use crate::flows::ciba::{self, Waits};
use crate::flows::elsewhere::{Ended, RUN};
use crate::flows::interaction::Place;
use crate::flows::{PageError, account};
use crate::oidc::authorize::RawRequest;
use crate::web::caller::Caller;
use crate::web::error::when;
use crate::web::form::Form;
use crate::web::pages::account::approve::{AppAsks, ApprovePage, ApproveStep};
use crate::web::pages::render;
use crate::web::{answers, error, paths};

pub(super) async fn show(caller: Caller) -> Response {
    match ciba::waiting(&caller.cx, &caller.browser).await {
        Ok((home, waits)) => {
            let asks = waits.iter().map(shown).collect();
            page(&caller, Some(&home), 200, ApproveStep::Ask { action: paths::APPROVE.to_owned(), asks })
        }
        Err(why) => refused(&caller, &why).await,
    }
}

fn shown(waits: &Waits) -> AppAsks {
    AppAsks {
        id: waits.id.clone(),
        app: waits.client.shown_name().to_owned(),
        message: waits.binding_message.clone(),
        asked: when(waits.asked_at),
        until: when(waits.until),
    }
}

fn page(caller: &Caller, home: Option<&Home>, status: u16, step: ApproveStep) -> Response {
    let shell = match home {
        Some(home) => shell(caller, home, paths::APPROVE),
        None => caller.shell(paths::APPROVE, caller.browser_csrf()),
    };
    answers::page(status, render(&ApprovePage { shell, step }), None)
}

/// With no or half a session: a sign-in first.
async fn refused(caller: &Caller, why: &PageError) -> Response {
    match why {
        PageError::SignedOut => begin(caller, Place::Approvals).await,
        why => error::of(caller, why),
    }
}

pub(super) async fn decide(caller: Caller, Form(form): Form) -> Response {
    if let Err(response) = own_session(&caller, form.get("csrf"), paths::APPROVE).await {
        return *response;
    }
    let id = form.get("request").unwrap_or_default();
    if form.get("decision") == Some("yes") {
        return match ciba::go_on(&caller.cx, &caller.browser, id).await {
            Ok(Some(url)) => answers::redirect(&url),
            Ok(None) => over(&caller).await,
            Err(why) => refused(&caller, &why).await,
        };
    }
    match ciba::refuse(&caller.cx, &caller.browser, id).await {
        Ok(true) => answers::redirect(&format!("{}?done=no", paths::APPROVE_DONE)),
        Ok(false) => over(&caller).await,
        Err(why) => refused(&caller, &why).await,
    }
}

/// What was to be answered waits no longer, or never did.
async fn over(caller: &Caller) -> Response {
    match account::home(&caller.cx, &caller.browser).await {
        Ok(home) => page(caller, Some(&home), 404, ApproveStep::Over),
        Err(why) => refused(caller, &why).await,
    }
}

/// The end of a sign-in for an app: first with its answer, then, without it in the address, with what came of it.
pub(super) async fn done(caller: Caller, RawQuery(query): RawQuery) -> Response {
    let Ok(asked) = RawRequest::parse(query.as_deref().unwrap_or_default()) else {
        caller.cx.note(Kind::InputRefused, None);
        return error::problem(&caller, 400, "VS-4001", None);
    };
    let run = asked.get(RUN).unwrap_or_default();
    if asked.get("code").is_some() || asked.get("error").is_some() {
        return match ciba::arrive(&caller.cx, &caller.browser, &asked).await {
            Ok(true) => answers::redirect(&format!("{}?{RUN}={run}", paths::APPROVE_DONE)),
            Ok(false) => gone(&caller),
            Err(why) => error::of(&caller, &why),
        };
    }
    let ended = match ciba::ended(&caller.cx, &caller.browser, run).await {
        Ok(ended) => ended,
        Err(why) => return error::of(&caller, &why),
    };
    let home = match account::home(&caller.cx, &caller.browser).await {
        Ok(home) => Some(home),
        // How it ended is told this browser all the same; what else waits is not.
        Err(PageError::SignedOut) if ended.is_some() => None,
        Err(why) => return refused(&caller, &why).await,
    };
    let more = match &home {
        Some(home) => match ciba::waits_for(&caller.cx, &home.account.id).await {
            Ok(waits) => !waits.is_empty(),
            Err(why) => return error::of(&caller, &why),
        },
        None => false,
    };
    match ended {
        Some(Ended::Granted) => page(&caller, home.as_ref(), 200, ApproveStep::Done { more }),
        Some(Ended::Refused) => page(&caller, home.as_ref(), 200, ApproveStep::Refused { more }),
        None if asked.get("done") == Some("no") => {
            page(&caller, home.as_ref(), 200, ApproveStep::Refused { more })
        }
        None => gone(&caller),
    }
}

fn gone(caller: &Caller) -> Response {
    caller.cx.note(Kind::InteractionRefused, None);
    error::problem(caller, 404, "VS-4040", None)
}
