//! Links, new passwords and recovery as samples.

use super::super::device::{DeviceError, DevicePage, DeviceStep};
use super::super::fixtures::{MAIL, moment};
use super::super::i18n::Locale;
use super::super::link::{LinkPage, LinkWhat};
use super::super::link_over::{LinkOver, LinkOverPage};
use super::super::new_password::{Advice, NewPasswordError, NewPasswordPage, NewPasswordWhy};
use super::super::shell::Shell;
use super::super::{forgot, lesson, letter, other_person, ready, recover, register, short_code};
use super::Gallery;

impl Gallery {
    pub(super) fn enrolment(&mut self) {
        self.links();
        self.new_passwords();
        self.lost();
        self.beginnings();
    }

    fn links(&mut self) {
        for what in LinkWhat::ALL {
            let page = LinkPage {
                shell: self.alone(),
                what: *what,
                name: Some("Amara Okafor".to_owned()),
                moment: Some(moment()),
                action: "/activate/sample".to_owned(),
            };
            self.add(what.key(), &page);
        }
        for state in LinkOver::ALL {
            let page = LinkOverPage {
                shell: self.alone(),
                state: *state,
                ask: (*state == LinkOver::Expired).then(|| "/activate/sample/again".to_owned()),
                sign_in: (*state == LinkOver::Used).then(|| "/account/".to_owned()),
                reference: "7F3K-92QD".to_owned(),
            };
            self.add(state.key(), &page);
        }
        let page = other_person::OtherPersonPage {
            shell: self.alone(),
            signed_in: "Amara Okafor".to_owned(),
            sent_to: "Rose Adams".to_owned(),
            switch: "/activate/sample/switch".to_owned(),
            back: "/account/".to_owned(),
        };
        self.add("other-person", &page);
        let page = short_code::ShortCodePage {
            shell: self.alone(),
            action: "/activate".to_owned(),
            username: String::new(),
            error: None,
        };
        self.add("short-code", &page);
        self.devices();
        for error in short_code::ShortCodeError::ALL {
            let page = short_code::ShortCodePage {
                username: "7F3K-92QD".to_owned(),
                error: Some(*error),
                ..page.clone()
            };
            self.add(error.key(), &page);
        }
    }

    fn devices(&mut self) {
        let ask =
            |error| DeviceStep::Ask { action: "/device".to_owned(), code: "7F3K-92QD".to_owned(), error };
        let confirm =
            DeviceStep::Confirm { action: "/device/confirm".to_owned(), code: "7F3K-92QD".to_owned() };
        let steps = [
            ("device", ask(None)),
            ("device-empty", ask(Some(DeviceError::Empty))),
            ("device-wrong", ask(Some(DeviceError::Wrong))),
            ("device-confirm", confirm),
            ("device-done", DeviceStep::Done),
            ("device-refused", DeviceStep::Refused),
        ];
        for (name, step) in steps {
            self.add(name, &DevicePage { shell: self.shell(), step });
        }
    }

    fn new_passwords(&mut self) {
        let page = NewPasswordPage {
            shell: self.shell(),
            action: "/i/sample/new-password".to_owned(),
            who: MAIL.to_owned(),
            why: NewPasswordWhy::First,
            shortest: 12,
            passkey: Some("/i/sample/enrol/passkey".to_owned()),
            error: None,
            advice: None,
        };
        for why in NewPasswordWhy::ALL {
            let passkey = page.passkey.clone().filter(|_| *why == NewPasswordWhy::First);
            self.add(why.key(), &NewPasswordPage { why: *why, passkey, ..page.clone() });
        }
        for error in NewPasswordError::ALL {
            self.add(error.key(), &NewPasswordPage { error: Some(*error), ..page.clone() });
        }
        for advice in Advice::ALL {
            let error = Some(NewPasswordError::Short);
            self.add(advice.key(), &NewPasswordPage { error, advice: Some(*advice), ..page.clone() });
        }
    }

    fn lost(&mut self) {
        let page = forgot::ForgotPage {
            shell: self.shell(),
            action: "/i/sample/forgot".to_owned(),
            who: MAIL.to_owned(),
            sent: None,
            error: None,
            back: "/i/sample/password".to_owned(),
            recover: "/i/sample/recover".to_owned(),
        };
        self.add("forgot", &page);
        let sent = forgot::ForgotPage { sent: Some(moment()), ..page };
        self.add("forgot-sent", &sent);
        let error = Some(forgot::ForgotError::TooSoon);
        self.add("forgot-error-soon", &forgot::ForgotPage { error, ..sent });
        let page = recover::RecoverPage {
            shell: self.shell(),
            action: "/i/sample/recover".to_owned(),
            who: MAIL.to_owned(),
            codes: None,
            wait: false,
            until: None,
            asked: false,
            back: "/i/sample".to_owned(),
        };
        self.add("recover", &page);
        let codes = Some("/i/sample/recovery-code".to_owned());
        self.add("recover-all", &recover::RecoverPage { codes, wait: true, ..page.clone() });
        self.add("recover-asked", &recover::RecoverPage { asked: true, ..page.clone() });
        self.add("recover-waits", &recover::RecoverPage { until: Some(moment()), ..page });
    }

    fn beginnings(&mut self) {
        let page = register::RegisterPage {
            shell: self.shell(),
            action: "/i/sample/register".to_owned(),
            sent: None,
            error: None,
            back: "/i/sample/sign-in".to_owned(),
        };
        self.add("register", &page);
        self.add("register-sent", &register::RegisterPage { sent: Some(moment()), ..page.clone() });
        for (name, error) in [
            ("register-error-empty", register::RegisterError::Empty),
            ("register-error-address", register::RegisterError::NoAddress),
            ("register-error-soon", register::RegisterError::TooSoon),
        ] {
            self.add(name, &register::RegisterPage { error: Some(error), ..page.clone() });
        }
        let page = lesson::LessonPage {
            shell: self.shell(),
            action: "/i/sample/lesson".to_owned(),
            host: "https://id.riverside.example".to_owned(),
        };
        self.add("lesson", &page);
        let app = Some("https://visits.riverside.example".to_owned());
        let account = "/account/".to_owned();
        let shell = Shell { cancel: None, ..self.shell() };
        self.add("ready", &ready::ReadyPage { shell, app, account: account.clone() });
        self.add("ready-alone", &ready::ReadyPage { shell: self.alone(), app: None, account });
        let page = letter::LetterPage {
            shell: self.alone(),
            name: "Rose Adams".to_owned(),
            address: "https://id.riverside.example/activate".to_owned(),
            reference: "K3PM-0T7X".to_owned(),
            code: "7F3K-92QD".to_owned(),
            until: moment(),
            around: None,
        };
        self.add("letter", &page);
        let around = letter::Around {
            shell: Shell { locale: Locale::En, ..self.alone() },
            back: "/admin/people/1".to_owned(),
            name: "Rose Adams".to_owned(),
        };
        self.add("letter-screen", &letter::LetterPage { around: Some(around), ..page });
    }
}
