//! The person agrees or does not; and walks away.

use super::hub::{self, Next, Page};
use super::sessions::Browser;
use super::{Cx, PageError, finish, interaction};
use crate::audit::Kind;
use crate::base::InteractionId;
use crate::oidc::{Code, Error};

/// What the person pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Share.
    Allow,
    /// Do not share.
    Deny,
}

/// Applies the decision on the consent page.
pub async fn decide(
    cx: &Cx,
    id: &InteractionId,
    browser: &Browser,
    decision: Decision,
) -> Result<Next, PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let scene = hub::expect(cx, &loaded, browser, |page| matches!(page, Page::Consent(_))).await?;
    let hub::Decision::Page(Page::Consent(scopes)) = hub::decide(cx, &loaded.state, &scene) else {
        return Err(PageError::Bad("step"));
    };
    match decision {
        Decision::Allow => {
            loaded.state.agreed = Some(scopes);
            interaction::save(cx, &mut loaded).await?;
            hub::advance(cx, &mut loaded, browser).await
        }
        Decision::Deny => {
            if let (Some(account), Some(client)) = (&scene.account, scene.client()) {
                let mut event = cx.refusal(Kind::ConsentDenied, "person");
                (event.account, event.client) = (Some(account.id.clone()), Some(client.id.clone()));
                cx.record(event).await?;
            }
            let denied = Error::new(Code::AccessDenied, "The person did not agree.", "denied");
            finish::refuse(cx, &mut loaded, &scene, denied).await
        }
    }
}

/// "Cancel": back to the app with the error it expects; at the person's own pages, just away.
pub async fn cancel(cx: &Cx, id: &InteractionId, browser: &Browser) -> Result<Next, PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let scene = hub::scene(cx, &loaded.state, browser).await?;
    let Some(request) = loaded.state.request() else {
        interaction::finish(cx, &mut loaded).await?;
        return Ok(Next::Account(interaction::Place::Home, None));
    };
    let error = match request.essential_acr {
        Some(_) => Error::new(
            Code::UnmetAuthenticationRequirements,
            "The level asked for was not reached.",
            "cancelled",
        ),
        None => Error::new(Code::AccessDenied, "The person stopped.", "cancelled"),
    };
    finish::refuse(cx, &mut loaded, &scene, error).await
}
