//! Whom an event belongs to: a hook is told of its own organisation and what lies below it, and of nobody else.
use serde_json::json;
use vouchsafe::audit::Topic;
use vouchsafe::base::OrganisationId;
use vouchsafe::clients::Stage;
use vouchsafe::duties::Duty;
use vouchsafe::flows::{accounts, clients};
use vouchsafe::identity::State;
use vouchsafe::notifications::webhook::Webhook;

use super::NEAR;
use crate::idp::{TestIdp, on_each_engine_with};

/// An address nobody answers at: what waits is looked at, and nothing need arrive.
const URL: &str = "http://127.0.0.1:9/hook";

async fn told(idp: &TestIdp, hook: &Webhook) -> Vec<(&'static str, String)> {
    let all = idp.deliveries(hook).await;
    all.iter().map(|d| (d.told.kind.as_str(), d.told.organisation.to_string())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_hears_of_its_own_organisation_and_below_and_of_no_other() {
    on_each_engine_with(&NEAR, async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let ward = idp.organisation("Ward", &north).await;
        let (here, there, far) =
            (idp.person("nora").await, idp.person("silas").await, idp.person("wanda").await);
        for (person, at) in [(&here, &north), (&there, &south), (&far, &ward)] {
            idp.moves(person, at).await;
        }
        let (hook, _) = idp.hook(URL, Topic::ALL, &north).await;
        let (above, _) = idp.hook(URL, &[Topic::Account], &root).await;
        let (deaf, _) = idp.hook(URL, &[Topic::Policy], &root).await;
        // What a person or the host does names no organisation: it belongs to the person's.
        for person in [&here, &there, &far] {
            idp.end_sessions(&person.account).await;
        }
        let document = json!({ "redirect_uris": ["https://north.example/cb"] });
        for at in [&north, &south] {
            clients::register(&idp.operator(), &document, at.clone(), Stage::Live).await.unwrap();
            idp.tick();
        }
        idp.grants(&here, Duty::HelpDesk, &root).await;
        idp.grants(&there, Duty::HelpDesk, &ward).await;
        let (n, w) = (north.to_string(), ward.to_string());
        let expected = [
            ("account.sessions_ended", n.clone()),
            ("account.sessions_ended", w.clone()),
            ("client.created", n.clone()),
            ("duty.granted", w.clone()),
        ];
        assert_eq!(told(&idp, &hook).await, expected);
        let kinds: Vec<_> = told(&idp, &above).await.into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["account.sessions_ended"; 3]);
        assert!(told(&idp, &deaf).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_still_belongs_to_their_organisation_while_it_is_told() {
    on_each_engine_with(&NEAR, async |idp| {
        let north = idp.organisation("North", &OrganisationId::root()).await;
        let nora = idp.person("nora").await;
        idp.moves(&nora, &north).await;
        let (hook, _) = idp.hook(URL, &[Topic::Account], &north).await;
        idp.set_account(&nora.account, State::Disabled).await;
        accounts::erase(&idp.operator(), &nora.account).await.unwrap();
        let expected = ["account.disabled", "account.erased"].map(|kind| (kind, north.to_string()));
        assert_eq!(told(&idp, &hook).await, expected);
    })
    .await;
}
