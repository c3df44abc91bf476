//! The steps around a new or a lost credential: what they show, and what their forms do.

use axum::extract::Path;
use axum::response::Response;

use super::post::{finish, own};
use super::show::Drawing;
use crate::base::Secret;
use crate::flows::interaction::{Flash, Loaded, Purpose};
use crate::flows::{PageError, activation, new_password as passwords, recovery, registration};
use crate::identity::LinkKind;
use crate::web::answers;
use crate::web::caller::Caller;
use crate::web::error::when;
use crate::web::form::Form;
use crate::web::pages::forgot::{ForgotError, ForgotPage};
use crate::web::pages::lesson::LessonPage;
use crate::web::pages::locked::LockedWhat;
use crate::web::pages::new_password::{Advice, NewPasswordError, NewPasswordPage, NewPasswordWhy};
use crate::web::pages::recover::RecoverPage;
use crate::web::pages::register::{RegisterError, RegisterPage};
use crate::web::pages::render;
use crate::web::paths::Step;

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
                Purpose::Account { .. } | Purpose::Admin { .. } | Purpose::Authorize(_) => {
                    NewPasswordWhy::Change
                }
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

    /// A forgotten password: the same for a name nobody has.
    pub(super) fn forgot(&self) -> String {
        let lifetime = LinkKind::PasswordReset.lifetime();
        render(&ForgotPage {
            shell: self.shell(),
            action: self.at("forgot"),
            who: self.who(),
            sent: self.state.mailed.map(|at| when(at.plus(lifetime))),
            error: matches!(self.state.flash, Some(Flash::TooSoon)).then_some(ForgotError::TooSoon),
            back: self.at("password"),
            recover: self.at("recover"),
        })
    }

    /// What is left where nothing can be used.
    pub(super) async fn recover(&self, loaded: &Loaded) -> Result<String, PageError> {
        let ways = recovery::ways(&self.caller.cx, loaded, self.scene).await?;
        Ok(render(&RecoverPage {
            shell: self.shell(),
            action: self.at("recover"),
            who: self.who(),
            codes: ways.codes.then(|| self.at("recovery-code")),
            wait: ways.wait,
            until: ways.waits_until.map(when),
            asked: self.state.asked,
            back: format!("/i/{}", self.id()),
        }))
    }

    /// An account made by oneself.
    pub(super) fn register(&self) -> String {
        let lifetime = LinkKind::Invitation.lifetime();
        render(&RegisterPage {
            shell: self.shell(),
            action: self.at("register"),
            sent: self.state.mailed.map(|at| when(at.plus(lifetime))),
            error: match self.state.flash {
                Some(Flash::Empty) => Some(RegisterError::Empty),
                Some(Flash::NoAddress) => Some(RegisterError::NoAddress),
                Some(Flash::TooSoon) => Some(RegisterError::TooSoon),
                _ => None,
            },
            back: self.at("sign-in"),
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

pub(super) async fn forgot(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    match recovery::forgot(&caller.cx, &id, &caller.browser).await {
        Ok(()) => answers::redirect(&Step::Forgot.at(&id)),
        Err(why) => finish(&caller, &id, Err(why), LockedWhat::Password).await,
    }
}

pub(super) async fn recover(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let call = form.get("call").unwrap_or_default();
    let done = match form.get("way") {
        Some("clinic") => recovery::ask_clinic(&caller.cx, &id, &caller.browser, call).await,
        Some("wait") => recovery::wait(&caller.cx, &id, &caller.browser).await,
        _ => Ok(()),
    };
    match done {
        Ok(()) => answers::redirect(&Step::Recover.at(&id)),
        Err(why) => finish(&caller, &id, Err(why), LockedWhat::Code).await,
    }
}

pub(super) async fn register(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = match own(&caller, &id, &form).await {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let (typed, locale) = (form.get("email").unwrap_or_default(), caller.locale.tag());
    match registration::begin(&caller.cx, &id, &caller.browser, typed, locale).await {
        Ok(()) => answers::redirect(&Step::Register.at(&id)),
        Err(why) => finish(&caller, &id, Err(why), LockedWhat::Password).await,
    }
}
