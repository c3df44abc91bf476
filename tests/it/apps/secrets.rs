//! Two secrets at most, the last one of a live app kept, each shown once.

use vouchsafe::base::ClientId;
use vouchsafe::clients::Stage;
use vouchsafe::clients::secret::Kept;
use vouchsafe::flows::clients;
use vouchsafe::flows::clients::settings::{self, Unchanged, Within};

use super::{at_once, client, with_secret};
use crate::actors::{Auth, Rp};
use crate::idp::{TestIdp, on_each_engine};

const OWN: [(&str, &str); 1] = [("grant_type", "client_credentials")];

async fn machine(idp: &TestIdp) -> Rp {
    let grants = serde_json::json!(["client_credentials"]);
    idp.rp()
        .with("grant_types", grants)
        .with("redirect_uris", serde_json::json!([]))
        .with("scope", "")
        .basic()
        .await
}

fn id(rp: &Rp) -> ClientId {
    ClientId::from_text(rp.id.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_replaced_without_an_outage() {
    on_each_engine(async |idp| {
        let rp = machine(&idp).await;
        let mark = idp.mark().await;
        let made = settings::add_secret(&idp.operator(), &Within::All, &id(&rp), " next ").await.unwrap();
        idp.advance(1);
        let next = with_secret(&rp, made.token.expose());
        for app in [&rp, &next] {
            app.posts("/token", &OWN).await.is_granted();
        }
        let before = client(&idp, &rp).await;
        assert_eq!(before.secrets.len(), 2);
        assert_eq!(before.secrets[1].label.as_deref(), Some("next"));

        settings::remove_secret(&idp.operator(), &Within::All, &id(&rp), &before.secrets[0].id)
            .await
            .unwrap();
        idp.advance(1);
        rp.posts("/token", &OWN).await.is_refused("invalid_client");
        next.posts("/token", &OWN).await.is_granted();
        let kinds = idp.kinds_since(mark).await;
        for kind in ["client_secret.added", "client_secret.removed", "client_auth.refused"] {
            assert!(kinds.contains(&kind), "{kinds:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_adds_at_once_leave_two_secrets() {
    on_each_engine(async |idp| {
        let rp = machine(&idp).await;
        let mark = idp.mark().await;
        let (cx, name) = (idp.operator(), id(&rp));
        let add = || {
            let (cx, name) = (cx.clone(), name.clone());
            async move { settings::add_secret(&cx, &Within::All, &name, "").await }
        };
        let done = at_once((0..64).map(|_| add())).await;
        assert_eq!(done.iter().filter(|added| added.is_ok()).count(), 1);
        for refused in done.iter().filter_map(|added| added.as_ref().err()) {
            assert!(matches!(refused, Unchanged::Secret(Kept::TooMany)), "{refused}");
        }
        assert_eq!(client(&idp, &rp).await.secrets.len(), 2);
        assert_eq!(idp.counts_since(mark).await.get("client_secret.added"), Some(&1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_secret_of_a_live_app_stays_even_when_two_remove_at_once() {
    on_each_engine(async |idp| {
        let rp = machine(&idp).await;
        let (cx, name) = (idp.operator(), id(&rp));
        let first = client(&idp, &rp).await.secrets[0].id.clone();
        let last = settings::remove_secret(&cx, &Within::All, &name, &first).await;
        assert!(matches!(last, Err(Unchanged::Secret(Kept::Last))), "{last:?}");

        let second = settings::add_secret(&cx, &Within::All, &name, "").await.unwrap().id;
        let both = [first, second.clone()];
        let remove = |one: String| {
            let (cx, name) = (cx.clone(), name.clone());
            async move { settings::remove_secret(&cx, &Within::All, &name, &one).await }
        };
        let done = at_once(both.into_iter().map(remove)).await;
        assert_eq!(done.iter().filter(|removed| removed.is_ok()).count(), 1, "{done:?}");
        assert_eq!(client(&idp, &rp).await.secrets.len(), 1);

        settings::set_stage(&cx, &Within::All, &name, Stage::Test).await.unwrap();
        let rest = client(&idp, &rp).await.secrets[0].id.clone();
        settings::remove_secret(&cx, &Within::All, &name, &rest).await.unwrap();
        let live = settings::set_stage(&cx, &Within::All, &name, Stage::Live).await;
        assert!(matches!(live, Err(Unchanged::Secret(Kept::Last))), "{live:?}");
        idp.advance(1);
        rp.posts("/token", &OWN).await.is_refused("invalid_client");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_secret_gets_none_and_a_label_is_a_label() {
    on_each_engine(async |idp| {
        let public = idp.rp().public().await;
        let refused = settings::add_secret(&idp.operator(), &Within::All, &id(&public), "").await;
        assert!(matches!(refused, Err(Unchanged::Secret(Kept::NoSecrets))), "{refused:?}");
        let rp = machine(&idp).await;
        let refused = settings::add_secret(&idp.operator(), &Within::All, &id(&rp), &"x".repeat(61)).await;
        assert!(matches!(refused, Err(Unchanged::Secret(Kept::Label))), "{refused:?}");
        let refused = settings::remove_secret(&idp.operator(), &Within::All, &id(&rp), "nothing").await;
        assert!(matches!(refused, Err(Unchanged::Secret(Kept::Unknown))), "{refused:?}");
        assert_eq!(client(&idp, &rp).await.secrets.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_use_of_an_app_and_of_its_secret_is_written_once_a_minute() {
    on_each_engine(async |idp| {
        let rp = machine(&idp).await;
        let cx = idp.operator();
        let name = id(&rp);
        let uses = async || {
            idp.app.services.later.close();
            idp.app.services.later.wait().await;
            idp.app.services.later.reopen();
            clients::uses(&cx, &name).await.unwrap()
        };
        assert!(uses().await.is_empty());
        rp.posts("/token", &OWN).await.is_granted();
        let first = uses().await;
        let secret = client(&idp, &rp).await.secrets[0].id.clone();
        let mut whats: Vec<_> = first.iter().map(|(what, _)| what.as_str()).collect();
        whats.sort_unstable();
        assert_eq!(whats, ["", secret.as_str()]);
        rp.posts("/token", &OWN).await.is_granted();
        assert_eq!(uses().await, first, "written again within a minute");
        idp.advance(61);
        rp.posts("/token", &OWN).await.is_granted();
        assert!(uses().await.iter().all(|(_, at)| *at > first[0].1));
        let Auth::Basic(right) = &rp.auth else { panic!("no secret") };
        idp.advance(61);
        let before = uses().await;
        with_secret(&rp, &right.to_uppercase()).posts("/token", &OWN).await.is_refused("invalid_client");
        assert_eq!(uses().await, before, "a wrong secret counts as a use");
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_kept_sealed_while_assertions_are_made_with_it_and_no_longer() {
    on_each_engine(async |idp| {
        let rp = idp.rp().secret_jwt().await;
        let (cx, name) = (idp.operator(), id(&rp));
        let second = settings::add_secret(&cx, &Within::All, &name, "").await.unwrap();
        idp.advance(1);
        let next = rp.by(Auth::SecretJwt(second.token.expose().to_owned()));
        for app in [&rp, &next] {
            app.refresh("x").await.is_refused("invalid_grant");
        }
        let kept = client(&idp, &rp).await;
        assert!(kept.secrets.iter().all(|secret| secret.sealed.is_some()));
        let mut document = kept.registered();
        document.insert("token_endpoint_auth_method".to_owned(), "client_secret_post".into());
        settings::change(&cx, &Within::All, &name, &document.clone().into()).await.unwrap();
        let kept = client(&idp, &rp).await;
        assert!(kept.secrets.len() == 2 && kept.secrets.iter().all(|secret| secret.sealed.is_none()));
        idp.advance(1);
        let by_form = rp.by(Auth::Post(second.token.expose().to_owned()));
        by_form.refresh("x").await.is_refused("invalid_grant");
        next.refresh("x").await.is_refused("invalid_client");
        // A digest makes no assertion: the app needs a new secret when it comes back.
        document.insert("token_endpoint_auth_method".to_owned(), "client_secret_jwt".into());
        settings::change(&cx, &Within::All, &name, &document.into()).await.unwrap();
        assert!(client(&idp, &rp).await.secrets.is_empty());
    })
    .await;
}
