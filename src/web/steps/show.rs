//! What each step shows.

use axum::extract::Path;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::Response;

use super::{allowed, parse, refused, ways_of};
use crate::base::url;
use crate::base::{InteractionId, Role as AccountRole, Scope};
use crate::clients::{Lent, Origin};
use crate::factors::{FactorKind, assurance};
use crate::flows::authorize::form_binding;
use crate::flows::hub::{self, Page, Scene};
use crate::flows::interaction::{Flash, Interaction, Loaded, Place, Purpose};
use crate::flows::{PageError, account, enrol, passkey, registration};
use crate::oidc::authorize::AuthorizeRequest;
use crate::oidc::authorize::Prompt;
use crate::web::caller::Caller;
use crate::web::details::in_words;
use crate::web::error::when;
use crate::web::pages::account_confirm::{AccountChange, AccountConfirmPage};
use crate::web::pages::choose::{ChoosePage, MethodChoice};
use crate::web::pages::code::{CodeError, CodePage};
use crate::web::pages::consent::ConsentPage;
use crate::web::pages::enrol::{EnrolMethod, EnrolPage, EnrolReason};
use crate::web::pages::enrol_passkey::{EnrolPasskeyError, EnrolPasskeyPage};
use crate::web::pages::enrol_totp::EnrolTotpPage;
use crate::web::pages::locked::{LockedPage, LockedWhat};
use crate::web::pages::password::{PasswordError, PasswordPage};
use crate::web::pages::recovery_code::{RecoveryCodeError, RecoveryCodePage};
use crate::web::pages::recovery_codes::RecoveryCodesPage;
use crate::web::pages::security_key::{SecurityKeyError, SecurityKeyPage};
use crate::web::pages::sign_in::{SignInError, SignInPage};
use crate::web::pages::{AboutApp, KeyKind, Method, PasskeyCall, Shell, StepUpReason, When, render};
use crate::web::paths::Step;
use crate::web::{answers, paths};

/// One step's page, drawn.
pub(super) struct Drawing<'a> {
    pub(super) caller: &'a Caller,
    id: &'a InteractionId,
    step: Step,
    pub(super) state: &'a Interaction,
    pub(super) scene: &'a Scene,
    kinds: &'a [FactorKind],
}

/// Shows a step if the hub allows it now; else leads to the hub.
pub(super) async fn page(caller: Caller, id: InteractionId, step: Step) -> Response {
    match draw(&caller, &id, step).await {
        Ok(response) => response,
        Err(why) => refused(&caller, &id, why).await,
    }
}

async fn draw(caller: &Caller, id: &InteractionId, step: Step) -> Result<Response, PageError> {
    let (loaded, scene, page) = allowed(caller, id).await?;
    let Some(page) = page.filter(|p| step.fits(p)) else {
        return Ok(answers::redirect(&format!("/i/{id}")));
    };
    let kinds: &[FactorKind] = match &page {
        Page::Prove(kinds) | Page::Enrol(kinds) => kinds,
        Page::SignIn | Page::RecoveryCodes | Page::Consent(_) | Page::Stuck => &[],
        Page::FirstFactor | Page::NewPassword | Page::Lesson => &[],
    };
    let mut caller = caller.clone();
    caller.prefer(loaded.state.request().and_then(|request| request.ui_locales.as_deref()));
    let drawing = Drawing { caller: &caller, id, step, state: &loaded.state, scene: &scene, kinds };
    let html = match step {
        Step::SignIn => drawing.sign_in(),
        Step::Password => drawing.password(),
        Step::Code => drawing.code(),
        Step::SecurityKey => drawing.security_key().await?,
        Step::RecoveryCode => drawing.recovery_code(),
        Step::Choose => drawing.choose(),
        Step::Enrol => drawing.enrol().await?,
        Step::EnrolTotp => drawing.enrol_totp(&loaded).await?,
        Step::EnrolPasskey => drawing.enrol_key(KeyKind::Passkey),
        Step::EnrolSecurityKey => drawing.enrol_key(KeyKind::SecurityKey),
        Step::EnrolCodes => drawing.enrol_codes(),
        Step::RecoveryCodes => drawing.recovery_codes(false),
        Step::Consent => drawing.consent(&page),
        Step::Help => drawing.help(),
        Step::NewPassword => drawing.new_password(page == Page::FirstFactor),
        Step::Lesson => drawing.lesson(),
        Step::Forgot => drawing.forgot(),
        Step::Recover => drawing.recover(&loaded).await?,
        Step::Register if registration::is_open(&scene) => drawing.register(),
        Step::Register => return Ok(answers::redirect(&format!("/i/{id}"))),
    };
    let app = scene.destination.as_ref().map(|d| d.form_action());
    Ok(answers::page(200, html, app.as_deref()))
}

impl Drawing<'_> {
    pub(super) fn id(&self) -> &InteractionId {
        self.id
    }

    pub(super) fn at(&self, rest: &str) -> String {
        format!("/i/{}/{rest}", self.id)
    }

    pub(super) fn shell(&self) -> Shell {
        let csrf = self.caller.cx.csrf(&form_binding(self.id, &self.caller.browser));
        let mut shell = self.caller.shell(&self.step.at(self.id), csrf);
        shell.app_name = self.scene.client().map(|c| c.shown_name().to_owned());
        shell.elsewhere = self.lent().is_some();
        shell.cancel = Some(self.at("cancel"));
        if self.scene.proofs(self.state).iter().any(|p| self.state.proofs.contains(p))
            || self.is_own_session()
        {
            shell.account_name = self.scene.account.as_ref().map(|a| a.display_name().to_owned());
        }
        shell
    }

    /// Our own address, where we stand in for the app.
    fn lent(&self) -> Option<&Lent> {
        self.scene.client()?.lent.as_ref()
    }

    fn is_own_session(&self) -> bool {
        hub::is_own(self.state, self.scene)
    }

    /// Why somebody who is signed in is asked again.
    fn reason(&self) -> Option<StepUpReason> {
        if !self.is_own_session() {
            return None;
        }
        let found = self.scene.session.as_ref()?;
        let reached = assurance(&self.scene.proofs(self.state)).map(|a| a.acr);
        if let Purpose::Admin { .. } = self.state.purpose {
            return Some(StepUpReason::Administration);
        }
        let Some(request) = self.state.request() else {
            let adds = matches!(
                self.state.purpose,
                Purpose::Account { place: Place::Add(_) | Place::Change(_) | Place::Password }
            );
            return Some(if adds { StepUpReason::AccountChange } else { StepUpReason::Idle });
        };
        Some(if found.idle_since().is_some() {
            StepUpReason::Idle
        } else if request.prompts(Prompt::Login) {
            StepUpReason::AppAsks
        } else if request.acr_values.iter().chain(request.essential_acr.iter().flatten()).min().copied()
            > reached
        {
            StepUpReason::Stronger
        } else if request.max_age.is_some() {
            StepUpReason::TooLongAgo
        } else {
            StepUpReason::AppAsks
        })
    }

    pub(super) fn who(&self) -> String {
        match &self.state.identifier {
            Some(typed) => typed.clone(),
            None => self.scene.account.as_ref().map(|a| a.display_name().to_owned()).unwrap_or_default(),
        }
    }

    /// "Another way", where there is one; and where there is none, what is left to somebody who proved something.
    fn another(&self) -> Option<String> {
        (self.ways().len() > 1 || self.has_proved()).then(|| self.at("choose"))
    }

    fn ways(&self) -> Vec<FactorKind> {
        ways_of(self.kinds, self.is_own_session())
    }

    fn has_proved(&self) -> bool {
        self.is_own_session() || !self.state.proofs.is_empty()
    }

    fn sign_in(&self) -> String {
        let hint = self.state.request().and_then(|r| r.login_hint.clone());
        render(&SignInPage {
            shell: self.shell(),
            action: self.at("sign-in"),
            username: self.state.identifier.clone().or(hint).unwrap_or_default(),
            passkey_options_url: self.at("passkey/options"),
            passkey_action: self.at("passkey"),
            error: match self.state.flash {
                Some(Flash::Empty) => Some(SignInError::Empty),
                Some(Flash::KeyRefused | Flash::KeyUnverified) => Some(SignInError::PasskeyWrong),
                Some(Flash::KeyUnknown) => Some(SignInError::PasskeyUnknown),
                Some(Flash::KeyUnsafe) => Some(SignInError::PasskeyUnsafe),
                Some(Flash::KeyLate) => Some(SignInError::PasskeyLate),
                _ => None,
            },
            reason: self.reason(),
            register: registration::is_open(self.scene).then(|| self.at("register")),
            about: self.about(),
        })
    }

    /// Where the APIs are that the app asks for, beside ours.
    fn apis(&self, request: &AuthorizeRequest) -> Vec<String> {
        let issuer = self.caller.cx.issuer.as_str();
        let others = request.resources.iter().filter(|name| name.as_str() != issuer);
        let mut hosts: Vec<String> =
            others.map(|name| url::form_action_source(name).unwrap_or_else(|| name.clone())).collect();
        hosts.dedup();
        hosts
    }

    /// What the app shows of itself.
    fn about(&self) -> AboutApp {
        let Some(client) = self.scene.client() else { return AboutApp::default() };
        AboutApp {
            logo: client.logo.as_ref().map(|name| format!("{}/{name}", paths::LOGOS)),
            privacy_url: client.metadata.policy_uri.clone(),
            terms_url: client.metadata.tos_uri.clone(),
            unchecked: client.origin == Origin::Open,
        }
    }

    fn password(&self) -> String {
        render(&PasswordPage {
            shell: self.shell(),
            action: self.at("password"),
            who: self.who(),
            not_you: (!self.state.is_fixed()).then(|| self.at("not-you")),
            choose_another: self.another(),
            forgot: Some(self.at("forgot")),
            passkey: Some(PasskeyCall {
                options_url: self.at("passkey/options"),
                action: self.at("passkey"),
            }),
            error: match self.state.flash {
                Some(Flash::Empty) => Some(PasswordError::Empty),
                Some(Flash::WrongPassword) => Some(PasswordError::Mismatch),
                Some(Flash::KeyRefused | Flash::KeyUnverified) => Some(PasswordError::PasskeyWrong),
                Some(Flash::KeyUnknown) => Some(PasswordError::PasskeyUnknown),
                Some(Flash::KeyUnsafe) => Some(PasswordError::PasskeyUnsafe),
                Some(Flash::KeyBarred) => Some(PasswordError::PasskeyDenied),
                Some(Flash::KeyLate) => Some(PasswordError::PasskeyLate),
                _ => None,
            },
            reason: self.reason(),
        })
    }

    fn code(&self) -> String {
        render(&CodePage {
            shell: self.shell(),
            action: self.at("code"),
            entry: Some(self.caller.cx.config.organisation.name.clone()),
            choose_another: self.another(),
            clock_help: matches!(self.state.flash, Some(Flash::ClockOff)),
            error: code_error(self.state.flash),
            reason: self.reason(),
        })
    }

    /// Before anything is proved the page asks for whatever passkey there is, the same for everybody.
    async fn security_key(&self) -> Result<String, PageError> {
        let keys: Vec<_> = self.kinds.iter().copied().filter(|kind| kind.is_webauthn()).collect();
        let kind = match keys.as_slice() {
            [FactorKind::SecurityKey] => KeyKind::SecurityKey,
            _ => KeyKind::Passkey,
        };
        let names = match &self.scene.account {
            Some(account) if self.has_proved() => passkey::names(&self.caller.cx, &account.id, &keys).await?,
            _ => Vec::new(),
        };
        let path = if keys.is_empty() { "passkey" } else { "security-key" };
        Ok(render(&SecurityKeyPage {
            shell: self.shell(),
            kind,
            options_url: self.at(&format!("{path}/options")),
            action: self.at(path),
            names,
            choose_another: self.another(),
            error: match self.state.flash {
                Some(Flash::Empty) => Some(SecurityKeyError::Empty),
                Some(Flash::KeyRefused) => Some(SecurityKeyError::Wrong),
                Some(Flash::KeyUnknown) => Some(SecurityKeyError::Unknown),
                Some(Flash::KeyUnverified) => Some(SecurityKeyError::NeedsPin),
                Some(Flash::KeyLate) => Some(SecurityKeyError::Late),
                Some(Flash::KeyBarred) => Some(SecurityKeyError::Denied),
                _ => None,
            },
            reason: self.reason(),
        }))
    }

    fn recovery_code(&self) -> String {
        render(&RecoveryCodePage {
            shell: self.shell(),
            action: self.at("recovery-code"),
            choose_another: self.another(),
            error: match self.state.flash {
                Some(Flash::Empty) => Some(RecoveryCodeError::Empty),
                Some(Flash::WrongRecoveryCode) => Some(RecoveryCodeError::Wrong),
                _ => None,
            },
            reason: self.reason(),
        })
    }

    fn choose(&self) -> String {
        let methods = self.ways().into_iter().map(|kind| MethodChoice {
            method: method(kind),
            name: None,
            last_used: self.last_used(kind),
        });
        render(&ChoosePage {
            shell: self.shell(),
            action: self.at("choose"),
            methods: methods.collect(),
            recover: Some(self.at("recover")),
            error: None,
            reason: self.reason(),
        })
    }

    /// When a way was last used; only told to somebody who has proved something.
    fn last_used(&self, kind: FactorKind) -> Option<When> {
        let own = self.scene.factors.iter().filter(|row| row.kind == kind && self.has_proved());
        own.filter_map(|row| row.last_used_at).max().map(when)
    }

    async fn enrol(&self) -> Result<String, PageError> {
        let methods: Vec<_> = self.kinds.iter().filter_map(|k| enrol_method(*k)).collect();
        let recovered = self.state.proofs.iter().any(|p| p.method == FactorKind::RecoveryCodes);
        let stronger = self.scene.arms.best() > Some(crate::base::Acr::Aal1);
        Ok(render(&EnrolPage {
            shell: self.shell(),
            action: self.at("enrol"),
            recommended: methods.first().copied(),
            methods,
            reason: match (recovered, stronger) {
                (true, _) => EnrolReason::Recovered,
                (false, _) if !self.scene.arms.barred.is_empty() => EnrolReason::Model,
                (false, true) => EnrolReason::Stronger,
                (false, false) => EnrolReason::Required,
            },
            recovery_codes_left: match recovered {
                true => account::codes_left(&self.caller.cx, &self.scene.factors).await?,
                false => None,
            },
            back: None,
            error: None,
        }))
    }

    async fn enrol_totp(&self, loaded: &Loaded) -> Result<String, PageError> {
        let fresh;
        let loaded = match &loaded.state.totp {
            Some(_) => loaded,
            None => {
                enrol::begin_totp(&self.caller.cx, self.id, &self.caller.browser).await?;
                fresh =
                    crate::flows::interaction::load(&self.caller.cx, self.id, &self.caller.browser).await?;
                &fresh
            }
        };
        let link = enrol::link(&self.caller.cx, loaded, self.scene).await?.ok_or(PageError::Expired)?;
        Ok(render(&EnrolTotpPage {
            shell: self.shell(),
            action: self.at("enrol/totp"),
            qr_svg: link.qr_svg,
            key: link.key.replace(' ', ""),
            otpauth_url: link.uri,
            label: String::new(),
            back: (self.kinds.len() > 1).then(|| self.at("enrol")),
            error: code_error(self.state.flash),
        }))
    }

    fn enrol_key(&self, kind: KeyKind) -> String {
        let path = if kind.is_passkey() { "enrol/passkey" } else { "enrol/security-key" };
        render(&EnrolPasskeyPage {
            shell: self.shell(),
            kind,
            options_url: self.at(&format!("{path}/options")),
            action: self.at(path),
            label: String::new(),
            back: match (self.kinds.len(), self.kinds.is_empty()) {
                (_, true) => Some(self.at("new-password")),
                (count, false) => (count > 1).then(|| self.at("enrol")),
            },
            error: match self.state.flash {
                Some(Flash::Empty) => Some(EnrolPasskeyError::Empty),
                Some(Flash::KeyKnown) => Some(EnrolPasskeyError::Twice),
                Some(Flash::KeyRefused | Flash::KeyUnknown) => Some(EnrolPasskeyError::Wrong),
                Some(Flash::KeyUnverified) => Some(EnrolPasskeyError::NeedsPin),
                Some(Flash::KeyLate) => Some(EnrolPasskeyError::Late),
                Some(Flash::KeyNotHere) => Some(EnrolPasskeyError::NotHere),
                Some(Flash::KeyUnsafe) => Some(EnrolPasskeyError::Unsafe),
                Some(Flash::KeyUntold) => Some(EnrolPasskeyError::Untold),
                Some(Flash::KeyUnchecked) => Some(EnrolPasskeyError::Unchecked),
                _ if self.is_unchecked() => Some(EnrolPasskeyError::Unchecked),
                _ => None,
            },
        })
    }

    fn enrol_codes(&self) -> String {
        render(&AccountConfirmPage {
            shell: self.shell(),
            change: AccountChange::NewRecoveryCodes,
            action: self.at("enrol/recovery-codes"),
            back: paths::ACCOUNT.to_owned(),
        })
    }

    fn recovery_codes(&self, for_print: bool) -> String {
        render(&self.codes_page(for_print))
    }

    fn codes_page(&self, for_print: bool) -> RecoveryCodesPage {
        let mut shell = self.shell();
        shell.cancel = None;
        RecoveryCodesPage {
            shell,
            action: self.at("recovery-codes"),
            codes: self.state.codes.clone().unwrap_or_default(),
            who: self.who(),
            made: when(self.caller.cx.now),
            replaces: false,
            download_url: Some(self.at("recovery-codes.txt")),
            print_url: Some(self.at("recovery-codes/print")),
            for_print,
        }
    }

    fn consent(&self, page: &Page) -> String {
        let Page::Consent(scopes) = page else { return String::new() };
        let request = self.state.request();
        let before = self.scene.consent.as_ref().map(|consent| &consent.scopes);
        let new = scopes.filter(|scope| !before.is_some_and(|before| before.contains(scope)));
        let only_new = before.is_some() && !new.is_empty();
        let scopes = if only_new { &new } else { scopes };
        let offline = scopes.has(Scope::OfflineAccess);
        render(&ConsentPage {
            shell: self.shell(),
            action: self.at("consent"),
            who: self.scene.account.as_ref().map(|a| a.display_name().to_owned()).unwrap_or_default(),
            not_you: Some(self.at("not-you")),
            scopes: scopes.iter().map(str::to_owned).collect(),
            details: request
                .map(|request| in_words(&self.caller.cx.details, self.shell().locale, &request.details))
                .unwrap_or_default(),
            only_new,
            apis: request.map(|request| self.apis(request)).unwrap_or_default(),
            offline_until: offline.then(|| when(self.caller.cx.now.plus(90 * 24 * 3600))),
            message: self.lent().and_then(|lent| lent.message.clone()),
            // Where we stand in for the app there is no address of its own to show.
            app_host: request
                .filter(|_| self.lent().is_none())
                .and_then(|r| url::form_action_source(&r.redirect_uri)),
            about: self.about(),
        })
    }

    /// Whether only keys count that nothing here could vouch for.
    fn is_unchecked(&self) -> bool {
        self.scene.models(self.state).is_closed() && self.caller.cx.models.metadata().is_none()
    }

    fn help(&self) -> String {
        let off = |of_model: bool| {
            let mut off = self.scene.factors.iter().filter(|row| !row.is_usable());
            off.any(|row| row.distrusted.is_some() == of_model)
        };
        render(&LockedPage {
            shell: self.shell(),
            what: if off(true) && !off(false) { LockedWhat::Model } else { LockedWhat::Disabled },
            until: None,
            methods: Vec::new(),
            action: self.at("choose"),
            again: None,
            recover: Some(self.at("recover")),
            reference: self.caller.cx.request.clone(),
        })
    }
}

/// The codes as a text file.
pub(super) async fn codes_text(caller: Caller, Path(id): Path<String>) -> Response {
    codes(caller, parse(&id), true).await
}

/// The codes as a page to print.
pub(super) async fn codes_print(caller: Caller, Path(id): Path<String>) -> Response {
    codes(caller, parse(&id), false).await
}

async fn codes(mut caller: Caller, id: InteractionId, text: bool) -> Response {
    let (loaded, scene, page) = match allowed(&caller, &id).await {
        Ok(allowed) => allowed,
        Err(why) => return refused(&caller, &id, why).await,
    };
    if page != Some(Page::RecoveryCodes) {
        return answers::redirect(&format!("/i/{id}"));
    }
    caller.prefer(loaded.state.request().and_then(|request| request.ui_locales.as_deref()));
    let step = Step::RecoveryCodes;
    let drawing = Drawing { caller: &caller, id: &id, step, state: &loaded.state, scene: &scene, kinds: &[] };
    if !text {
        return answers::page(200, drawing.recovery_codes(true), None);
    }
    let mut response = answers::plain(200, "text/plain; charset=utf-8", drawing.codes_page(false).as_text());
    answers::put(&mut response, CONTENT_DISPOSITION, "attachment; filename=\"recovery-codes.txt\"");
    answers::put(&mut response, axum::http::header::CACHE_CONTROL, "no-store");
    response
}

fn code_error(flash: Option<Flash>) -> Option<CodeError> {
    match flash? {
        Flash::Empty => Some(CodeError::Empty),
        Flash::WrongCode => Some(CodeError::Wrong),
        Flash::ReusedCode => Some(CodeError::Used),
        Flash::ClockOff => Some(CodeError::Clock),
        Flash::KeyBarred => Some(CodeError::KeyDenied),
        Flash::WrongPassword
        | Flash::WrongRecoveryCode
        | Flash::KeyRefused
        | Flash::KeyLate
        | Flash::KeyUnverified
        | Flash::KeyUnknown
        | Flash::KeyKnown
        | Flash::KeyNotHere
        | Flash::KeyUnsafe
        | Flash::KeyUntold
        | Flash::KeyUnchecked
        | Flash::PasswordShort
        | Flash::PasswordLong
        | Flash::PasswordCommon
        | Flash::PasswordName
        | Flash::TooSoon
        | Flash::NoAddress => None,
    }
}

/// A factor as pages name it.
pub fn method(kind: FactorKind) -> Method {
    match kind {
        FactorKind::Password => Method::Password,
        FactorKind::Totp => Method::Totp,
        FactorKind::Passkey => Method::Passkey,
        FactorKind::SecurityKey => Method::SecurityKey,
        FactorKind::RecoveryCodes => Method::RecoveryCode,
    }
}

fn enrol_method(kind: FactorKind) -> Option<EnrolMethod> {
    match kind {
        FactorKind::Totp => Some(EnrolMethod::Totp),
        FactorKind::Passkey => Some(EnrolMethod::Passkey),
        FactorKind::SecurityKey => Some(EnrolMethod::SecurityKey),
        FactorKind::Password | FactorKind::RecoveryCodes => None,
    }
}

/// A role as pages name it.
pub fn role(role: AccountRole) -> crate::web::pages::Role {
    match role {
        AccountRole::Patient => crate::web::pages::Role::Patient,
        AccountRole::Clinician => crate::web::pages::Role::Clinician,
        AccountRole::Administrator => crate::web::pages::Role::Administrator,
    }
}
