//! The page where the code of another device is typed (RFC 8628 §3.3). Nothing goes on before the person was shown which app
//! asks and compared the code: a link may hold it, and may be anybody's.

use axum::Router;
use axum::extract::RawQuery;
use axum::response::Response;
use axum::routing::{get, post};

use super::caller::Caller;
use super::form::Form;
use super::links::own;
use super::pages::device::{DeviceError, DevicePage, DeviceStep};
use super::pages::render;
use super::{Web, answers, error, paths};
use crate::audit::Kind;
use crate::flows::device;
use crate::flows::elsewhere::{self, Ended};
use crate::oidc::authorize::RawRequest;

/// Mounts the pages.
pub fn routes() -> Router<Web> {
    Router::new()
        .route(paths::DEVICE, get(ask).post(typed))
        .route(paths::DEVICE_CONFIRM, post(confirmed))
        .route(paths::DEVICE_DONE, get(done))
}

fn page(caller: &Caller, step: DeviceStep, app: Option<String>) -> String {
    let mut shell = caller.shell(paths::DEVICE, caller.browser_csrf());
    shell.app_name = app;
    render(&DevicePage { shell, step })
}

fn asking(caller: &Caller, code: &str, error: Option<DeviceError>) -> Response {
    let step = DeviceStep::Ask { action: paths::DEVICE.to_owned(), code: code.to_owned(), error };
    let status = if error.is_some() { 422 } else { 200 };
    let mut response = answers::page(status, page(caller, step, None), None);
    answers::set_session(caller, &mut response, None);
    response
}

async fn ask(caller: Caller, RawQuery(query): RawQuery) -> Response {
    let Ok(asked) = RawRequest::parse(query.as_deref().unwrap_or_default()) else {
        caller.cx.note(Kind::InputRefused, None);
        return error::problem(&caller, 400, "VS-4001", None);
    };
    // Only what looks like a code stands in the field again.
    let code = asked.get("user_code").filter(|code| device::is_code(code)).unwrap_or_default();
    asking(&caller, code, None)
}

async fn typed(caller: Caller, Form(form): Form) -> Response {
    if let Err(response) = own(&caller, &form) {
        return *response;
    }
    let code = form.get("user_code").unwrap_or_default().trim();
    if code.is_empty() {
        return asking(&caller, "", Some(DeviceError::Empty));
    }
    match device::look(&caller.cx, code).await {
        Ok(Some(seen)) => {
            let action = paths::DEVICE_CONFIRM.to_owned();
            let step = DeviceStep::Confirm { action, code: seen.user_code };
            let name = seen.client.shown_name().to_owned();
            answers::page(200, page(&caller, step, Some(name)), None)
        }
        Ok(None) => asking(&caller, code, Some(DeviceError::Wrong)),
        Err(why) => error::of(&caller, &why),
    }
}

async fn confirmed(caller: Caller, Form(form): Form) -> Response {
    if let Err(response) = own(&caller, &form) {
        return *response;
    }
    let code = form.get("user_code").unwrap_or_default();
    if form.get("decision") != Some("yes") {
        return match device::refuse(&caller.cx, &caller.browser, code).await {
            Ok(true) => answers::page(200, page(&caller, DeviceStep::Refused, None), None),
            Ok(false) => asking(&caller, code, Some(DeviceError::Wrong)),
            Err(why) => error::of(&caller, &why),
        };
    }
    match device::go_on(&caller.cx, &caller.browser, code).await {
        Ok(Some(url)) => answers::redirect(&url),
        Ok(None) => asking(&caller, code, Some(DeviceError::Wrong)),
        Err(why) => error::of(&caller, &why),
    }
}

/// The end of a sign-in for a device: first with its answer, then, without it in the address, with what came of it.
async fn done(caller: Caller, RawQuery(query): RawQuery) -> Response {
    let Ok(asked) = RawRequest::parse(query.as_deref().unwrap_or_default()) else {
        caller.cx.note(Kind::InputRefused, None);
        return error::problem(&caller, 400, "VS-4001", None);
    };
    let run = asked.get(elsewhere::RUN).unwrap_or_default();
    if asked.get("code").is_some() || asked.get("error").is_some() {
        return match device::arrive(&caller.cx, &caller.browser, &asked).await {
            Ok(true) => answers::redirect(&format!("{}?{}={run}", paths::DEVICE_DONE, elsewhere::RUN)),
            Ok(false) => gone(&caller),
            Err(why) => error::of(&caller, &why),
        };
    }
    match device::ended(&caller.cx, &caller.browser, run).await {
        Ok(Some(Ended::Granted)) => answers::page(200, page(&caller, DeviceStep::Done, None), None),
        Ok(Some(Ended::Refused)) => answers::page(200, page(&caller, DeviceStep::Refused, None), None),
        Ok(None) => gone(&caller),
        Err(why) => error::of(&caller, &why),
    }
}

fn gone(caller: &Caller) -> Response {
    caller.cx.note(Kind::InteractionRefused, None);
    error::problem(caller, 404, "VS-4040", None)
}
