//! Every page in every state and language, with fixed data: what tests look at without a database.

mod accounts;
mod admin;
mod apps;
mod client_tokens;
mod enrolling;
mod enrolment;
mod keys;
mod mails;
mod watch;
mod webhooks;

use askama::Template;

use super::consent::DetailWord as Word;
use super::fixtures::{CODES, MAIL, QR, moment};
use super::i18n::Locale;
use super::shell::{Shell, render};
use super::words::{AboutApp, KeyKind, Method, PasskeyCall, Role, StepUpReason};
use super::{
    choose, code, consent, dev_mail, dev_people, enrol, enrol_passkey, enrol_totp, form_post, locked,
    password, problem, recovery_code, recovery_codes, security_key, sign_in, sign_out, signed_out, stale,
};

/// One page rendered.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The page and its state, e.g. `code-error-wrong`.
    pub name: &'static str,
    /// Its language.
    pub locale: Locale,
    /// The whole document.
    pub html: String,
}

/// Every page × every state × every language.
pub fn samples() -> Vec<Sample> {
    Locale::ALL.into_iter().flat_map(|locale| Gallery::of(locale).samples).collect()
}

/// What an app may do beyond scopes.
fn details() -> Vec<consent::DetailShown> {
    let row = |what, values: &[&str]| consent::DetailRow {
        what,
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    vec![consent::DetailShown {
        title: "Medicines".to_owned(),
        rows: vec![
            row(Word::Actions, &["renew", "read"]),
            row(
                Word::Locations,
                &["https://pharmacy.riverside.example/a-rather-long-address/of-the-service"],
            ),
            row(Word::Datatypes, &["MedicationRequest"]),
            row(Word::Identifier, &["Amoxicillin 500 mg <b>"]),
            row(Word::Privileges, &["patient"]),
        ],
    }]
}

struct Gallery {
    locale: Locale,
    samples: Vec<Sample>,
}

impl Gallery {
    fn of(locale: Locale) -> Self {
        let mut gallery = Self { locale, samples: Vec::new() };
        gallery.first_steps();
        gallery.second_steps();
        gallery.choices();
        gallery.set_ups();
        gallery.codes();
        gallery.consents();
        gallery.endings();
        gallery.accounts();
        gallery.enrolment();
        gallery.mails();
        gallery.console();
        gallery.waits();
        gallery.problems();
        gallery.demo();
        gallery
    }

    fn add(&mut self, name: &'static str, page: &impl Template) {
        self.samples.push(Sample { name, locale: self.locale, html: render(page) });
    }

    /// A page inside a sign-in.
    fn shell(&self) -> Shell {
        Shell {
            locale: self.locale,
            csrf: "c2FtcGxl".to_owned(),
            organisation: "Riverside Video Clinic".to_owned(),
            app_name: Some("Riverside Visits".to_owned()),
            elsewhere: false,
            account_name: None,
            support_phone: Some("+44 20 7946 0018".to_owned()),
            urgent_help: Some("If this is an emergency, call 112.".to_owned()),
            demo: false,
            path: "/i/sample/sign-in".to_owned(),
            cancel: Some("/i/sample/cancel".to_owned()),
            theme: None,
        }
    }

    /// A page outside any sign-in.
    fn alone(&self) -> Shell {
        Shell { app_name: None, cancel: None, ..self.shell() }
    }

    fn first_steps(&mut self) {
        let page = sign_in::SignInPage {
            shell: self.shell(),
            action: "/i/sample/sign-in".to_owned(),
            username: String::new(),
            passkey_options_url: "/i/sample/passkey/options".to_owned(),
            passkey_action: "/i/sample/passkey".to_owned(),
            error: None,
            register: None,
            reason: None,
            about: AboutApp::default(),
        };
        self.add("sign-in", &page);
        let about = self.about_app(true);
        self.add("sign-in-about-app", &sign_in::SignInPage { about, ..page.clone() });
        let demo = Shell { demo: true, support_phone: None, urgent_help: None, ..self.shell() };
        self.add("sign-in-demo", &sign_in::SignInPage { shell: demo, ..page.clone() });
        let register = Some("/i/sample/register".to_owned());
        self.add("sign-in-register", &sign_in::SignInPage { register, ..page.clone() });
        self.add("sign-in-hint", &sign_in::SignInPage { username: MAIL.to_owned(), ..page.clone() });
        for reason in StepUpReason::ALL {
            self.add(reason.key(), &sign_in::SignInPage { reason: Some(*reason), ..page.clone() });
        }
        for error in sign_in::SignInError::ALL {
            self.add(error.key(), &sign_in::SignInPage { error: Some(*error), ..page.clone() });
        }
        let page = password::PasswordPage {
            shell: self.shell(),
            action: "/i/sample/password".to_owned(),
            who: MAIL.to_owned(),
            not_you: Some("/i/sample/sign-in".to_owned()),
            choose_another: Some("/i/sample/choose".to_owned()),
            passkey: None,
            error: None,
            forgot: Some("/i/sample/forgot".to_owned()),
            reason: None,
        };
        self.add("password", &page);
        let call = PasskeyCall {
            options_url: "/i/sample/passkey/options".into(),
            action: "/i/sample/passkey".into(),
        };
        let reason = Some(StepUpReason::Prescription);
        self.add("password-step-up", &password::PasswordPage { passkey: Some(call), reason, ..page.clone() });
        for error in [password::PasswordError::Empty, password::PasswordError::Mismatch] {
            self.add(error.key(), &password::PasswordPage { error: Some(error), ..page.clone() });
        }
    }

    fn second_steps(&mut self) {
        let page = code::CodePage {
            shell: Shell { account_name: Some("Amara Okafor".to_owned()), ..self.shell() },
            action: "/i/sample/code".to_owned(),
            entry: Some("Riverside Video Clinic: amara".to_owned()),
            choose_another: Some("/i/sample/choose".to_owned()),
            clock_help: false,
            error: None,
            reason: None,
        };
        self.add("code", &page);
        let reason = Some(StepUpReason::Stronger);
        self.add("code-step-up", &code::CodePage { entry: None, reason, ..page.clone() });
        for error in code::CodeError::ALL {
            self.add(error.key(), &code::CodePage { clock_help: true, error: Some(*error), ..page.clone() });
        }
        let page = security_key::SecurityKeyPage {
            shell: page.shell,
            kind: KeyKind::SecurityKey,
            options_url: "/i/sample/security-key/options".to_owned(),
            action: "/i/sample/security-key".to_owned(),
            names: vec!["Blue key".to_owned(), "Spare key".to_owned()],
            choose_another: page.choose_another,
            error: None,
            reason: None,
        };
        self.add("security-key", &page);
        let names = vec!["Phone".to_owned()];
        self.add(
            "security-key-passkey",
            &security_key::SecurityKeyPage { kind: KeyKind::Passkey, names, ..page.clone() },
        );
        for error in security_key::SecurityKeyError::ALL {
            let denied = *error == security_key::SecurityKeyError::Denied;
            let name = if denied { "key-model-denied" } else { error.key() };
            self.add(name, &security_key::SecurityKeyPage { error: Some(*error), ..page.clone() });
        }
        let page = recovery_code::RecoveryCodePage {
            shell: page.shell,
            action: "/i/sample/recovery-code".to_owned(),
            choose_another: page.choose_another,
            error: None,
            reason: None,
        };
        self.add("recovery-code", &page);
        for error in recovery_code::RecoveryCodeError::ALL {
            self.add(error.key(), &recovery_code::RecoveryCodePage { error: Some(*error), ..page.clone() });
        }
    }

    fn choices(&mut self) {
        let choice = |method: &Method| choose::MethodChoice { method: *method, name: None, last_used: None };
        let mut page = choose::ChoosePage {
            shell: self.shell(),
            action: "/i/sample/choose".to_owned(),
            methods: Method::ALL.iter().map(choice).collect(),
            error: None,
            recover: Some("/i/sample/recover".to_owned()),
            reason: None,
        };
        self.add("choose", &page);
        for error in choose::ChooseError::ALL {
            self.add(error.key(), &choose::ChoosePage { error: Some(*error), ..page.clone() });
        }
        for method in &mut page.methods {
            method.last_used = Some(moment());
        }
        self.add("choose-known", &page);
        let page = enrol::EnrolPage {
            shell: self.shell(),
            action: "/i/sample/enrol".to_owned(),
            methods: enrol::EnrolMethod::ALL.to_vec(),
            recommended: Some(enrol::EnrolMethod::Passkey),
            reason: enrol::EnrolReason::Required,
            recovery_codes_left: None,
            back: None,
            error: None,
        };
        for reason in enrol::EnrolReason::ALL {
            let recovery_codes_left = (*reason == enrol::EnrolReason::Recovered).then_some(4);
            self.add(
                reason.key(),
                &enrol::EnrolPage { reason: *reason, recovery_codes_left, ..page.clone() },
            );
        }
        for error in enrol::EnrolError::ALL {
            self.add(error.key(), &enrol::EnrolPage { error: Some(*error), ..page.clone() });
        }
    }

    fn set_ups(&mut self) {
        let page = enrol_totp::EnrolTotpPage {
            shell: self.shell(),
            action: "/i/sample/enrol/totp".to_owned(),
            qr_svg: QR.to_owned(),
            key: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".to_owned(),
            otpauth_url: "otpauth://totp/Riverside:amara?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".to_owned(),
            label: String::new(),
            back: Some("/i/sample/enrol".to_owned()),
            error: None,
        };
        self.add("enrol-totp", &page);
        let error = Some(code::CodeError::Wrong);
        self.add("enrol-totp-wrong", &enrol_totp::EnrolTotpPage { error, ..page.clone() });
        let page = enrol_passkey::EnrolPasskeyPage {
            shell: page.shell,
            kind: KeyKind::Passkey,
            options_url: "/i/sample/enrol/passkey/options".to_owned(),
            action: "/i/sample/enrol/passkey".to_owned(),
            label: String::new(),
            back: page.back,
            error: None,
        };
        self.add("enrol-passkey", &page);
        for error in enrol_passkey::EnrolPasskeyError::ALL {
            let out_of_use = *error == enrol_passkey::EnrolPasskeyError::Unsafe;
            let name = if out_of_use { "enrol-model-unsafe" } else { error.key() };
            self.add(name, &enrol_passkey::EnrolPasskeyPage { error: Some(*error), ..page.clone() });
        }
        let kind = KeyKind::SecurityKey;
        self.add("enrol-security-key", &enrol_passkey::EnrolPasskeyPage { kind, ..page });
    }

    fn codes(&mut self) {
        let page = recovery_codes::RecoveryCodesPage {
            shell: self.shell(),
            action: "/i/sample/recovery-codes".to_owned(),
            codes: CODES.iter().map(|code| (*code).to_owned()).collect(),
            who: "amara".to_owned(),
            made: moment(),
            replaces: false,
            download_url: Some("/i/sample/recovery-codes.txt".to_owned()),
            print_url: Some("/i/sample/recovery-codes/print".to_owned()),
            for_print: false,
        };
        self.add("recovery-codes", &page);
        self.add(
            "recovery-codes-replaced",
            &recovery_codes::RecoveryCodesPage { replaces: true, ..page.clone() },
        );
        let shell = Shell { cancel: None, ..self.shell() };
        self.add(
            "recovery-codes-print",
            &recovery_codes::RecoveryCodesPage { shell, for_print: true, ..page },
        );
    }

    fn consents(&mut self) {
        let scopes = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let page = consent::ConsentPage {
            shell: self.shell(),
            action: "/i/sample/consent".to_owned(),
            who: "Amara Okafor".to_owned(),
            not_you: Some("/i/sample/not-you".to_owned()),
            scopes: scopes(&["openid", "profile", "email", "phone", "address"]),
            details: Vec::new(),
            only_new: false,
            offline_until: None,
            apis: Vec::new(),
            message: None,
            app_host: Some("visits.riverside.example".to_owned()),
            about: self.about_app(false),
        };
        self.add("consent", &page);
        let about = self.about_app(true);
        self.add("consent-unchecked", &consent::ConsentPage { about, ..page.clone() });
        let records = scopes(&[
            "openid",
            "fhirUser",
            "launch/patient",
            "offline_access",
            "patient/Observation.rs",
            "patient/MedicationRequest.cruds",
            "patient/*.read",
            "user/Patient.rs",
            "visits.book",
        ]);
        let offline_until = Some(moment());
        let elsewhere = consent::ConsentPage {
            shell: Shell { elsewhere: true, ..self.shell() },
            message: Some("Visit 47-11".to_owned()),
            app_host: None,
            ..page.clone()
        };
        self.add("consent-elsewhere", &elsewhere);
        let (apis, scopes) =
            (vec!["https://records.example".to_owned()], vec!["openid".to_owned(), "read".to_owned()]);
        self.add("consent-api", &consent::ConsentPage { apis, scopes, ..page.clone() });
        self.add("consent-details", &consent::ConsentPage { details: details(), ..page.clone() });
        let new = consent::ConsentPage { scopes: records, only_new: true, offline_until, ..page };
        self.add("consent-new", &new);
    }

    fn about_app(&self, unchecked: bool) -> AboutApp {
        AboutApp {
            logo: Some(self.shell().asset("favicon.svg")),
            privacy_url: Some("https://visits.riverside.example/privacy".to_owned()),
            terms_url: Some("https://visits.riverside.example/terms".to_owned()),
            unchecked,
        }
    }

    fn endings(&mut self) {
        let page = sign_out::SignOutPage {
            shell: self.alone(),
            action: "/logout".to_owned(),
            fields: vec![("state".to_owned(), "s".to_owned())],
            who: Some("Amara Okafor".to_owned()),
            told: Vec::new(),
            untold: Vec::new(),
            stay: Some("/account".to_owned()),
        };
        self.add("sign-out", &page);
        let shell = Shell { app_name: self.shell().app_name, ..self.alone() };
        let page = sign_out::SignOutPage {
            shell,
            told: vec!["Riverside Visits".to_owned(), "Riverside Messages".to_owned()],
            untold: vec!["Riverside Results".to_owned()],
            ..page
        };
        self.add("sign-out-from-app", &page);
        let page = signed_out::SignedOutPage {
            shell: self.alone(),
            ended: Vec::new(),
            unreachable: Vec::new(),
            frames: Vec::new(),
            back_to: None,
            unchecked: None,
            sign_in: Some("/account".to_owned()),
        };
        self.add("signed-out", &page);
        let unchecked = signed_out::SignedOutPage {
            back_to: Some(("https://visits.example/".to_owned(), "Visits".to_owned())),
            unchecked: Some("https://visits.example".to_owned()),
            sign_in: None,
            ..page.clone()
        };
        self.add("signed-out-unchecked", &unchecked);
        let full = signed_out::SignedOutPage {
            ended: vec!["Riverside Visits".to_owned(), "Riverside Messages".to_owned()],
            unreachable: vec!["Riverside Results".to_owned()],
            back_to: Some(("https://visits.riverside.example/".to_owned(), "Riverside Visits".to_owned())),
            ..page
        };
        self.add("signed-out-apps", &full);
        let page = form_post::FormPostPage {
            shell: Shell { cancel: None, ..self.shell() },
            action: "https://visits.riverside.example/callback".to_owned(),
            fields: vec![("code".to_owned(), "sample".to_owned()), ("state".to_owned(), "\"><".to_owned())],
        };
        self.add("form-post", &page);
    }

    fn waits(&mut self) {
        for what in locked::LockedWhat::ALL {
            let ends = *what != locked::LockedWhat::Disabled;
            let page = locked::LockedPage {
                shell: self.shell(),
                what: *what,
                until: ends.then(moment),
                methods: if ends { vec![Method::Passkey, Method::RecoveryCode] } else { Vec::new() },
                action: "/i/sample/choose".to_owned(),
                recover: Some("/i/sample/recover".to_owned()),
                again: ends.then(|| "/i/sample/password".to_owned()),
                reference: "7F3K-92QD".to_owned(),
            };
            self.add(what.key(), &page);
        }
        for state in stale::Stale::ALL {
            let page = stale::StalePage {
                shell: Shell { cancel: None, ..self.shell() },
                state: *state,
                way_out: (*state != stale::Stale::UnknownClient).then(|| "/account".to_owned()),
                reference: Some("7F3K-92QD".to_owned()),
            };
            self.add(state.key(), &page);
        }
    }

    fn problems(&mut self) {
        let page = problem::ProblemPage {
            shell: self.alone(),
            status: 500,
            reference: "7F3K-92QD".to_owned(),
            code: "VS-1203".to_owned(),
            at: Some(moment()),
            way_out: None,
            unchecked: None,
            developer: None,
        };
        for (name, status) in [
            ("problem-request", 400),
            ("problem-forbidden", 403),
            ("problem-not-found", 404),
            ("problem-too-many", 429),
            ("problem-ours", 500),
            ("problem-busy", 503),
        ] {
            let way_out = (status < 500).then(|| "/account".to_owned());
            self.add(name, &problem::ProblemPage { status, way_out, ..page.clone() });
        }
        let shell = Shell { app_name: Some("Visits".to_owned()), ..self.alone() };
        let unchecked = Some("https://visits.example".to_owned());
        let way_out = Some("https://visits.example/callback?error=invalid_request".to_owned());
        let leads = problem::ProblemPage { shell, status: 400, unchecked, way_out, ..page.clone() };
        self.add("problem-unchecked", &leads);
        let compared = problem::Compared {
            name: "redirect_uri".to_owned(),
            expected: "https://visits.riverside.example/callback".to_owned(),
            received: "https://visits.riverside.example/calback/".to_owned(),
        };
        let detail = problem::DeveloperDetail {
            message: "redirect_uri is not one of the client's registered URIs.".to_owned(),
            compared: vec![compared],
            fix: Some("Send the registered URI letter by letter, or register this one.".to_owned()),
        };
        self.add("problem-developer", &problem::ProblemPage { status: 400, developer: Some(detail), ..page });
    }

    fn demo(&mut self) {
        let shell = Shell { demo: true, ..self.alone() };
        let mail = dev_mail::DevMail {
            url: "/dev/mail/1".to_owned(),
            to: MAIL.to_owned(),
            subject: "A new way to sign in was added".to_owned(),
            at: moment(),
            caught: true,
        };
        let refresh = |on: bool| Some(dev_mail::Refresh { on, url: "?pause=1".to_owned() });
        let page = dev_mail::DevMailPage {
            shell: shell.clone(),
            mails: vec![mail.clone(), dev_mail::DevMail { caught: false, ..mail }],
            open: None,
            refresh: refresh(true),
        };
        self.add("dev-mail", &page);
        self.add(
            "dev-mail-empty",
            &dev_mail::DevMailPage { mails: Vec::new(), refresh: refresh(false), ..page.clone() },
        );
        let message = dev_mail::DevMessage {
            to: MAIL.to_owned(),
            subject: "A new way to sign in was added".to_owned(),
            at: moment(),
            body: "Hello Amara,\n\nsomeone added a passkey to your account.\n".to_owned(),
            html: "/dev/mail/1/html".to_owned(),
            links: vec!["http://localhost:8080/account".to_owned()],
            back: "/dev/mail".to_owned(),
        };
        self.add("dev-mail-open", &dev_mail::DevMailPage { open: Some(message), ..page });
        let person = |name: &str, role: Role, code: Option<&str>| dev_people::DevPerson {
            name: name.to_owned(),
            username: name.to_lowercase(),
            password: "correct-horse-battery".to_owned(),
            role,
            code: code.map(str::to_owned),
        };
        let people = vec![
            person("Mary", Role::Patient, None),
            person("Amara", Role::Clinician, Some("492 039")),
            person("Noor", Role::Administrator, Some("118 205")),
        ];
        let app_url = Some("http://localhost:8081/".to_owned());
        self.add("dev-people", &dev_people::DevPeoplePage { shell, people, app_url, refresh: refresh(true) });
    }
}
