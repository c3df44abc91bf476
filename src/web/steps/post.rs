//! What each step's form does: check that it is ours, call one flow, follow where it leads.

use axum::extract::Path;
use axum::response::Response;
use serde_json::Value;

use super::{go, parse, refused};
use crate::base::{InteractionId, Secret};
use crate::factors::FactorKind;
use crate::flows::authorize::form_binding;
use crate::flows::consent::{self, Decision};
use crate::flows::hub::Next;
use crate::flows::{PageError, codes, enrol as enrolment, passkey as keys, password as passwords};
use crate::oidc::authorize::RawRequest;
use crate::web::caller::Caller;
use crate::web::form::Form;
use crate::web::pages::Method;
use crate::web::pages::enrol::EnrolMethod;
use crate::web::pages::locked::LockedWhat;
use crate::web::paths::Step;
use crate::web::{answers, error};

/// The interaction, if the form came from one of its own pages.
pub(super) async fn own(
    caller: &Caller,
    id: &str,
    form: &RawRequest,
) -> Result<InteractionId, Box<Response>> {
    let id = parse(id);
    let Err(why) = caller.check_form(form.get("csrf"), &form_binding(&id, &caller.browser)) else {
        return Ok(id);
    };
    // A browser without our cookie cannot have a page of ours: say what it needs.
    Err(Box::new(match caller.new_browser {
        Some(_) => refused(caller, &id, PageError::OtherBrowser).await,
        None => error::of_form(caller, &why, Some(format!("/i/{id}"))),
    }))
}

pub(super) async fn finish(
    caller: &Caller,
    id: &InteractionId,
    next: Result<Next, PageError>,
    what: LockedWhat,
) -> Response {
    match next {
        Err(why) => error::of_interaction(caller, id, why, what).await,
        ok => go(caller, id, ok).await,
    }
}

pub(super) async fn sign_in(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let typed = form.get("username").unwrap_or_default();
    let next = passwords::identify(&caller.cx, &id, &caller.browser, typed).await;
    finish(&caller, &id, next, LockedWhat::Password).await
}

pub(super) async fn not_you(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    match passwords::forget_person(&caller.cx, &id, &caller.browser).await {
        Ok(()) => answers::redirect(&Step::SignIn.at(&id)),
        Err(why) => refused(&caller, &id, why).await,
    }
}

pub(super) async fn password(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let typed = Secret::new(form.get("password").unwrap_or_default().to_owned());
    let next = passwords::submit(&caller.cx, &id, &caller.browser, typed).await;
    finish(&caller, &id, next, LockedWhat::Password).await
}

pub(super) async fn code(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let typed = form.get("code").unwrap_or_default();
    let next = codes::submit_totp(&caller.cx, &id, &caller.browser, typed).await;
    stay_at(&caller, &id, next, Step::Code).await
}

pub(super) async fn recovery_code(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let typed = form.get("recovery_code").unwrap_or_default();
    let next = codes::submit_recovery(&caller.cx, &id, &caller.browser, typed).await;
    stay_at(&caller, &id, next, Step::RecoveryCode).await
}

/// A step that was refused is shown again with its error.
async fn stay_at(caller: &Caller, id: &InteractionId, next: Result<Next, PageError>, step: Step) -> Response {
    match next {
        Ok(Next::Stay) => answers::redirect(&step.at(id)),
        other => finish(caller, id, other, LockedWhat::Code).await,
    }
}

pub(super) async fn passkey_options(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    options(&caller, &id, keys::discover(&caller.cx, &id, &caller.browser).await).await
}

pub(super) async fn passkey(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let answer = form.get("credential").unwrap_or_default();
    let next = keys::discovered(&caller.cx, &id, &caller.browser, answer).await;
    finish(&caller, &id, next, LockedWhat::Password).await
}

pub(super) async fn security_key_options(
    caller: Caller,
    Path(id): Path<String>,
    Form(form): Form,
) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    options(&caller, &id, keys::options(&caller.cx, &id, &caller.browser).await).await
}

pub(super) async fn security_key(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let answer = form.get("credential").unwrap_or_default();
    let next = keys::submit(&caller.cx, &id, &caller.browser, answer).await;
    stay_at(&caller, &id, next, Step::SecurityKey).await
}

async fn options(caller: &Caller, id: &InteractionId, made: Result<Value, PageError>) -> Response {
    match made {
        Ok(options) => answers::json(200, &options),
        Err(PageError::Unavailable) => answers::json(503, &serde_json::json!({ "error": "unavailable" })),
        Err(PageError::Bad(_)) => answers::json(409, &serde_json::json!({ "error": "not_now" })),
        Err(why) => refused(caller, id, why).await,
    }
}

pub(super) async fn choose(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let Some(method) = form.get("method").and_then(Method::parse) else {
        return answers::redirect(&Step::Choose.at(&id));
    };
    let step = match method {
        Method::Password => Step::Password,
        Method::Totp => Step::Code,
        Method::Passkey | Method::SecurityKey => Step::SecurityKey,
        Method::RecoveryCode => Step::RecoveryCode,
    };
    match super::allowed(&caller, &id).await {
        Ok((_, _, Some(page))) if step.fits(&page) => answers::redirect(&step.at(&id)),
        Ok(_) => answers::redirect(&format!("/i/{id}")),
        Err(why) => refused(&caller, &id, why).await,
    }
}

pub(super) async fn enrol(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let step = match form.get("method").and_then(EnrolMethod::parse) {
        Some(EnrolMethod::Passkey) => Step::EnrolPasskey,
        Some(EnrolMethod::Totp) => Step::EnrolTotp,
        Some(EnrolMethod::SecurityKey) => Step::EnrolSecurityKey,
        None => Step::Enrol,
    };
    answers::redirect(&step.at(&id))
}

pub(super) async fn enrol_totp(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let (typed, label) = (form.get("code").unwrap_or_default(), form.get("label").unwrap_or_default());
    let next = enrolment::finish_totp(&caller.cx, &id, &caller.browser, typed, label).await;
    stay_at(&caller, &id, next, Step::EnrolTotp).await
}

pub(super) async fn enrol_passkey_options(
    caller: Caller,
    Path(id): Path<String>,
    Form(form): Form,
) -> Response {
    new_key_options(caller, &id, &form, FactorKind::Passkey).await
}

pub(super) async fn enrol_security_key_options(
    caller: Caller,
    Path(id): Path<String>,
    Form(form): Form,
) -> Response {
    new_key_options(caller, &id, &form, FactorKind::SecurityKey).await
}

async fn new_key_options(caller: Caller, id: &str, form: &RawRequest, kind: FactorKind) -> Response {
    let id = match own(&caller, id, form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    options(&caller, &id, enrolment::key_options(&caller.cx, &id, &caller.browser, kind).await).await
}

pub(super) async fn enrol_passkey(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    new_key(caller, &id, &form, FactorKind::Passkey, Step::EnrolPasskey).await
}

pub(super) async fn enrol_security_key(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    new_key(caller, &id, &form, FactorKind::SecurityKey, Step::EnrolSecurityKey).await
}

async fn new_key(caller: Caller, id: &str, form: &RawRequest, kind: FactorKind, step: Step) -> Response {
    let id = match own(&caller, id, form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let (answer, label) = (form.get("credential").unwrap_or_default(), form.get("label").unwrap_or_default());
    let next = enrolment::finish_key(&caller.cx, &id, &caller.browser, kind, answer, label).await;
    stay_at(&caller, &id, next, step).await
}

pub(super) async fn enrol_codes(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let next = enrolment::new_codes(&caller.cx, &id, &caller.browser).await;
    finish(&caller, &id, next, LockedWhat::Code).await
}

pub(super) async fn codes_seen(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let next = enrolment::codes_seen(&caller.cx, &id, &caller.browser).await;
    finish(&caller, &id, next, LockedWhat::Code).await
}

pub(super) async fn consent(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let decision = match form.get("decision") {
        Some("allow") => Decision::Allow,
        Some("deny") => Decision::Deny,
        _ => return answers::redirect(&Step::Consent.at(&id)),
    };
    let next = consent::decide(&caller.cx, &id, &caller.browser, decision).await;
    finish(&caller, &id, next, LockedWhat::Password).await
}

pub(super) async fn cancel(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let next = consent::cancel(&caller.cx, &id, &caller.browser).await;
    finish(&caller, &id, next, LockedWhat::Password).await
}
