//! The steps around a new or a lost credential: what they show, and what their forms do.

use axum::extract::Path;
use axum::response::Response;

use super::post::{finish, own};
use super::show::Drawing;
use crate::base::Secret;
use crate::flows::interaction::{Flash, Purpose};
use crate::flows::{activation, new_password as passwords};
use crate::identity::LinkKind;
use crate::web::caller::Caller;
use crate::web::form::Form;
use crate::web::pages::lesson::LessonPage;
use crate::web::pages::locked::LockedWhat;
use crate::web::pages::new_password::{Advice, NewPasswordError, NewPasswordPage, NewPasswordWhy};
use crate::web::pages::render;

impl Drawing<'_> {
    /// A new password; at the beginning of an account also the way to a passkey instead.
    pub(super) fn new_password(&self, first: bool) -> String {
        let account = self.scene.account.as_ref();
        render(&NewPasswordPage {
            shell: self.shell(),
            action: self.at("new-password"),
            who: account.map(|a| a.profile.username.clone()).unwrap_or_default(),
            why: match &self.state.purpose {
                Purpose::Link { kind: LinkKind::Invitation | LinkKind::Letter, .. } => NewPasswordWhy::First,
                Purpose::Link { .. } => NewPasswordWhy::Lost,
                Purpose::Account { .. } | Purpose::Authorize(_) => NewPasswordWhy::Change,
            },
            shortest: passwords::shortest(&self.caller.cx),
            passkey: first.then(|| self.at("enrol/passkey")),
            error: match self.state.flash {
                Some(Flash::Empty) => Some(NewPasswordError::Empty),
                Some(Flash::PasswordShort) => Some(NewPasswordError::Short),
                Some(Flash::PasswordLong) => Some(NewPasswordError::Long),
                Some(Flash::PasswordCommon) => Some(NewPasswordError::Common),
                Some(Flash::PasswordName) => Some(NewPasswordError::Name),
                _ => None,
            },
            advice: self.state.advice.as_deref().and_then(Advice::parse),
        })
    }

    /// What a false page looks like.
    pub(super) fn lesson(&self) -> String {
        render(&LessonPage {
            shell: self.shell(),
            action: self.at("lesson"),
            host: self.caller.cx.issuer.as_str().to_owned(),
        })
    }
}

pub(super) async fn new_password(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let typed = Secret::new(form.get("password").unwrap_or_default().to_owned());
    let next = passwords::set(&caller.cx, &id, &caller.browser, typed).await;
    finish(&caller, &id, next, LockedWhat::Password).await
}

pub(super) async fn lesson(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let next = activation::taught(&caller.cx, &id, &caller.browser).await;
    finish(&caller, &id, next, LockedWhat::Password).await
}
