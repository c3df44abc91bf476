//! The console's pages about webhooks as samples.

use super::super::admin::Done;
use super::super::admin::webhooks::{
    DeliveryRow, DeliveryWord, HookError, HookRow, HookSecretRow, HookWord, TopicChoice, TopicWord,
    WebhookPage, WebhookRemovePage, WebhooksPage,
};
use super::super::fixtures::moment;
use super::Gallery;

const URL: &str = "/admin/webhooks/0199";

fn topics() -> Vec<TopicChoice> {
    let choice = |word: &TopicWord| TopicChoice {
        value: word.key().strip_prefix("admin-hook-topic-").unwrap_or_default(),
        word: *word,
        kinds: "account.created, account.disabled, account.enabled".to_owned(),
        chosen: matches!(word, TopicWord::Account | TopicWord::Factor),
    };
    TopicWord::ALL.iter().map(choice).collect()
}

impl Gallery {
    pub(super) fn webhooks(&mut self) {
        let row = |standing: &HookWord| HookRow {
            host: "hooks.clinic.example".to_owned(),
            url: URL.to_owned(),
            organisation: "North".to_owned(),
            topics: TopicWord::ALL.to_vec(),
            standing: *standing,
        };
        let page = WebhooksPage {
            frame: self.frame("/admin/webhooks"),
            hooks: HookWord::ALL.iter().map(row).collect(),
            organisations: vec![
                ("root".to_owned(), "Riverside Video Clinic".to_owned(), false),
                ("north".to_owned(), "North".to_owned(), true),
            ],
            typed: String::new(),
            topics: topics(),
            error: None,
        };
        self.add("admin-webhooks", &page);
        let error = Some(HookError::NotAllowed);
        let typed = "https://10.0.0.1/hook".to_owned();
        self.add("admin-webhooks-error", &WebhooksPage { error, typed, ..page.clone() });
        let mut nobody =
            WebhooksPage { hooks: Vec::new(), organisations: Vec::new(), frame: page.frame.clone(), ..page };
        nobody.frame.done = Some(Done::HookRemoved);
        self.add("admin-webhooks-none", &nobody);
        self.one_webhook();
    }

    fn one_webhook(&mut self) {
        let delivery = |standing: &DeliveryWord| DeliveryRow {
            event: "019a1c2e-7d1f-7a42-9c0e-5f1d2b3a4c5d".to_owned(),
            kind: "account.disabled".to_owned(),
            at: moment(),
            standing: *standing,
            next: (*standing == DeliveryWord::Waits).then(moment),
            attempts: 3,
            said: if *standing == DeliveryWord::Done { "204" } else { "timeout" }.to_owned(),
        };
        let secret =
            || HookSecretRow { id: "019a1c2e-0000-7a42-9c0e-5f1d2b3a4c5d".to_owned(), since: moment() };
        let page = WebhookPage {
            frame: self.frame("/admin/webhooks"),
            title: "hooks.clinic.example".to_owned(),
            url: URL.to_owned(),
            organisation: "North".to_owned(),
            standing: HookWord::Trouble,
            failing: Some(moment()),
            secret: None,
            secrets: vec![secret()],
            may_add: true,
            typed: "https://hooks.clinic.example/vouchsafe".to_owned(),
            topics: topics(),
            deliveries: DeliveryWord::ALL.iter().map(delivery).collect(),
            may_change: true,
            error: None,
        };
        self.add("admin-webhook", &page);
        let shown = Some(("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(), "vspk_x".to_owned()));
        let new = WebhookPage {
            secret: shown,
            deliveries: Vec::new(),
            standing: HookWord::On,
            failing: None,
            ..page.clone()
        };
        self.add("admin-webhook-secret", &new);
        let failing = WebhookPage {
            standing: HookWord::Failing,
            failing: None,
            secrets: vec![secret(), secret()],
            may_add: false,
            error: Some(HookError::TooManySecrets),
            ..page.clone()
        };
        self.add("admin-webhook-failing", &failing);
        let unkept = WebhookPage { standing: HookWord::LostRight, failing: None, ..page.clone() };
        self.add("admin-webhook-unkept", &unkept);
        self.add("admin-webhook-read", &WebhookPage { may_change: false, ..page.clone() });
        let remove = WebhookRemovePage {
            frame: self.frame("/admin/webhooks"),
            title: page.title.clone(),
            url: URL.to_owned(),
        };
        self.add("admin-webhook-remove", &remove);
    }
}
