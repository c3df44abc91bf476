//! The pages of a sign-in: `/i/{interaction}/…`. Each GET shows what the hub allows, each POST calls one flow and
//! ends at the hub again. Steps never link to each other.

mod enrolment;
mod post;
pub mod show;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post as on_post};

use super::caller::Caller;
use super::pages::locked::LockedWhat;
use super::paths::{self, Step};
use super::{Web, account, answers, error};
use crate::base::InteractionId;
use crate::factors::FactorKind;
use crate::flows::hub::{self, Decision, Next, Page};
use crate::flows::{PageError, interaction};

/// Mounts the steps from their table.
pub fn routes() -> Router<Web> {
    let mut router = Router::new().route("/i/{id}", get(at_hub)).route("/i/{id}/", get(at_hub));
    for (step, path) in paths::STEPS {
        let step = *step;
        let show = get(move |caller: Caller, Path(id): Path<String>| show::page(caller, parse(&id), step));
        router = router.route(&format!("/i/{{id}}/{path}"), show);
    }
    router
        .route("/i/{id}/sign-in", on_post(post::sign_in))
        .route("/i/{id}/not-you", on_post(post::not_you))
        .route("/i/{id}/password", on_post(post::password))
        .route("/i/{id}/code", on_post(post::code))
        .route("/i/{id}/recovery-code", on_post(post::recovery_code))
        .route("/i/{id}/passkey", on_post(post::passkey))
        .route("/i/{id}/passkey/options", on_post(post::passkey_options))
        .route("/i/{id}/security-key", on_post(post::security_key))
        .route("/i/{id}/security-key/options", on_post(post::security_key_options))
        .route("/i/{id}/choose", on_post(post::choose))
        .route("/i/{id}/enrol", on_post(post::enrol))
        .route("/i/{id}/enrol/totp", on_post(post::enrol_totp))
        .route("/i/{id}/enrol/passkey", on_post(post::enrol_passkey))
        .route("/i/{id}/enrol/passkey/options", on_post(post::enrol_passkey_options))
        .route("/i/{id}/enrol/security-key", on_post(post::enrol_security_key))
        .route("/i/{id}/enrol/security-key/options", on_post(post::enrol_security_key_options))
        .route("/i/{id}/enrol/recovery-codes", on_post(post::enrol_codes))
        .route("/i/{id}/recovery-codes", on_post(post::codes_seen))
        .route("/i/{id}/recovery-codes.txt", get(show::codes_text))
        .route("/i/{id}/recovery-codes/print", get(show::codes_print))
        .route("/i/{id}/new-password", on_post(enrolment::new_password))
        .route("/i/{id}/lesson", on_post(enrolment::lesson))
        .route("/i/{id}/forgot", on_post(enrolment::forgot))
        .route("/i/{id}/recover", on_post(enrolment::recover))
        .route("/i/{id}/register", on_post(enrolment::register))
        .route("/i/{id}/consent", on_post(post::consent))
        .route("/i/{id}/cancel", on_post(post::cancel))
}

/// An id from a path; anything else than its alphabet is an unknown interaction.
fn parse(id: &str) -> InteractionId {
    let plain = id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    InteractionId::from_text(if plain { id } else { "" })
}

/// The hub's own address: on to the page that is next, or out.
async fn at_hub(State(_): State<Web>, caller: Caller, Path(id): Path<String>) -> Response {
    let id = parse(&id);
    let mut loaded = match interaction::load(&caller.cx, &id, &caller.browser).await {
        Ok(loaded) => loaded,
        Err(why) => return refused(&caller, &id, why).await,
    };
    let next = hub::advance(&caller.cx, &mut loaded, &caller.browser).await;
    go(&caller, &id, next).await
}

/// Where a flow leads.
pub(super) async fn go(caller: &Caller, id: &InteractionId, next: Result<Next, PageError>) -> Response {
    match next {
        Ok(Next::Page(page)) => answers::redirect(&Step::first_of(&page).at(id)),
        Ok(Next::Stay) => answers::redirect(&format!("/i/{id}")),
        Ok(Next::Answer(answer, session)) => answers::to_app(caller, &answer, session.as_ref()),
        Ok(Next::Account(place, session)) => {
            let mut response = answers::redirect(&account::after(&place));
            answers::set_session(caller, &mut response, session.as_ref());
            response
        }
        Ok(Next::Admin(back, session)) => {
            let mut response = answers::redirect(&back);
            answers::set_session(caller, &mut response, session.as_ref());
            response
        }
        Ok(Next::Ready(app, session)) => {
            let mut response = answers::redirect(&super::links::ready_at(app.as_deref()));
            answers::set_session(caller, &mut response, session.as_ref());
            response
        }
        Err(why) => refused(caller, id, why).await,
    }
}

async fn refused(caller: &Caller, id: &InteractionId, why: PageError) -> Response {
    error::of_interaction(caller, id, why, LockedWhat::Password).await
}

/// The ways to prove oneself here. Before anything is proved the list is the same for everybody.
pub async fn ways(caller: &Caller, id: &InteractionId) -> Result<Vec<FactorKind>, PageError> {
    let (loaded, scene, page) = allowed(caller, id).await?;
    let Some(Page::Prove(kinds)) = page else { return Ok(Vec::new()) };
    Ok(ways_of(&kinds, hub::is_own(&loaded.state, &scene)))
}

fn ways_of(kinds: &[FactorKind], is_own_session: bool) -> Vec<FactorKind> {
    match kinds {
        [FactorKind::Password] if !is_own_session => vec![FactorKind::Passkey, FactorKind::Password],
        kinds => kinds.to_vec(),
    }
}

/// The page the hub allows now, with the interaction and its scene.
async fn allowed(
    caller: &Caller,
    id: &InteractionId,
) -> Result<(interaction::Loaded, hub::Scene, Option<Page>), PageError> {
    let loaded = interaction::load(&caller.cx, id, &caller.browser).await?;
    let scene = hub::scene(&caller.cx, &loaded.state, &caller.browser).await?;
    let page = match hub::decide(&caller.cx, &loaded.state, &scene) {
        Decision::Page(page) => Some(page),
        Decision::Issue(_) | Decision::Refuse(_) | Decision::Met => None,
    };
    Ok((loaded, scene, page))
}
