//! `/admin/webhooks`: registered by a form, its secret shown once, what it was sent, and who may not.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use vouchsafe::audit::{Kind, Topic};
use vouchsafe::base::OrganisationId;
use vouchsafe::duties::Duty;
use vouchsafe::notifications::webhook::{HookState, Webhook};

use super::{NEAR, is_signed_with};
use crate::actors::Answer;
use crate::admin::refusal;
use crate::idp::{TestIdp, on_each_engine, on_each_engine_with};
use crate::outbound::receiver::{Manners, Receiver};

/// The text of the element with this id.
fn text(page: &Answer, id: &str) -> String {
    let from = page.body.split_once(&format!(" id=\"{id}\"")).unwrap().1;
    from.split_once('>').unwrap().1.split('<').next().unwrap().to_owned()
}

async fn hooks(idp: &TestIdp) -> Vec<Webhook> {
    let place = vouchsafe::duties::Path::root();
    let found = vouchsafe::store::webhooks::below(&idp.app.services.store, &place).await.unwrap();
    found.into_iter().map(|(hook, _)| hook).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_registers_a_hook_whose_secret_is_shown_once_and_here() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        let root = OrganisationId::root();
        let owner = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let other = idp.admin("otto", &[(Duty::Owner, &root)]).await;
        let url = receiver.url();
        let form = [("url", url.as_str()), ("organisation", "root"), ("topic-account", "yes")];
        let mark = idp.mark().await;
        for (wrong, status) in [
            ([("url", "https://10.0.0.1/"), form[1], form[2]], 400),
            ([("url", "none"), form[1], form[2]], 400),
            ([form[0], form[1], ("x", "y")], 400),
            ([form[0], ("organisation", "no-such"), form[2]], 404),
        ] {
            assert_eq!(owner.posts("/admin/webhooks", &wrong).await.status, status, "{wrong:?}");
        }
        assert!(hooks(&idp).await.is_empty());
        let made = owner.posts("/admin/webhooks", &form).await;
        assert_eq!(made.status, 303, "{made:?}");
        let [hook] = &hooks(&idp).await[..] else { unreachable!() };
        assert_eq!(hook.topics, [Topic::Account]);
        let events = idp.events_since(mark).await;
        let event = events.iter().find(|e| e.kind == Kind::WebhookChanged).unwrap();
        assert_eq!(event.actor.to_text(), format!("account:{}", owner.person.account));
        assert_eq!(event.detail.as_ref().unwrap()["host"], "127.0.0.1");

        let shown = made.location().unwrap();
        let page = owner.browser.get(&shown).await;
        let secret = text(&page, "hook-secret");
        assert!(secret.starts_with("whsec_"), "{secret}");
        assert!(!other.browser.get(&shown).await.body.contains(&secret), "another browser reads it");
        let at = format!("/admin/webhooks/{}", hook.id.0);
        let ticket = shown.split_once("ticket=").unwrap().1.to_owned();
        let kept = owner.posts(&format!("{at}/secret-kept"), &[("ticket", &ticket)]).await;
        assert_eq!(kept.status, 303, "{kept:?}");
        assert!(!owner.browser.get(&shown).await.body.contains(&secret), "it is shown once");

        idp.person("alice").await;
        idp.settles().await;
        let [request] = &receiver.received()[..] else { unreachable!("{:?}", receiver.received()) };
        assert!(is_signed_with(request, &secret));
        let page = owner.get(&at).await;
        assert!(page.body.contains("account.created") && page.body.contains("204"), "{}", page.body);
        let event = request.header("webhook-id").to_owned();
        assert!(page.body.contains(&event));
        assert_eq!(owner.posts(&format!("{at}/send-again"), &[("event", &event)]).await.status, 303);
        idp.settles().await;
        let received = receiver.received();
        assert_eq!((received.len(), received[1].header("webhook-id")), (2, event.as_str()));
        assert_eq!(owner.posts(&format!("{at}/send-again"), &[("event", "none")]).await.status, 409);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_was_switched_off_by_itself_says_so_until_it_is_switched_on() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        receiver.behave(Manners::status(410));
        let root = OrganisationId::root();
        let owner = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let (hook, _) = idp.hook(&receiver.url(), &[Topic::Account], &root).await;
        let at = format!("/admin/webhooks/{}", hook.id.0);
        idp.person("alice").await;
        idp.settles().await;
        for path in ["/admin/webhooks", at.as_str()] {
            let page = owner.get(path).await;
            assert!(page.body.contains("Switched off: it failed for days"), "{path}: {}", page.body);
        }
        receiver.behave(Manners::status(204));
        assert_eq!(owner.posts(&format!("{at}/state"), &[("state", "on")]).await.status, 303);
        assert_eq!(idp.hook_now(&hook).await.state, HookState::On);
        assert!(!owner.get("/admin/webhooks").await.body.contains("Switched off"));
        assert_eq!(owner.posts(&format!("{at}/remove"), &[]).await.status, 400);
        assert_eq!(owner.posts(&format!("{at}/remove"), &[("remove", "yes")]).await.status, 303);
        assert!(hooks(&idp).await.is_empty());
        assert_eq!(owner.get(&at).await.status, 404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_help_desk_adds_no_hook_and_a_developer_only_looks() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let desk = idp.admin("hana", &[(Duty::HelpDesk, &root)]).await;
        let developer = idp.admin("devi", &[(Duty::AppDeveloper, &north)]).await;
        let url = "https://203.0.114.1/hook";
        let (here, new) = idp.hook(url, &[Topic::App], &north).await;
        let (there, _) = idp.hook(url, &[Topic::App], &south).await;
        let form = [("url", url), ("organisation", "root"), ("topic-account", "yes")];
        for (admin, path) in [
            (&desk, "/admin/webhooks".to_owned()),
            (&developer, "/admin/webhooks".to_owned()),
            (&developer, format!("/admin/webhooks/{}", here.id.0)),
            (&developer, format!("/admin/webhooks/{}/remove", here.id.0)),
        ] {
            let mark = idp.mark().await;
            assert_eq!(admin.posts(&path, &form).await.status, 403, "{path}");
            assert_eq!(refusal(&idp, mark).await.0, "missing_duty");
        }
        assert_eq!(hooks(&idp).await, [here.clone(), there.clone()]);
        assert_eq!(desk.get("/admin/webhooks").await.status, 403);
        let list = developer.get("/admin/webhooks").await;
        assert!(list.body.contains(&here.id.0) && !list.body.contains(&there.id.0), "{}", list.body);
        let page = developer.get(&format!("/admin/webhooks/{}", here.id.0)).await;
        assert!(page.status == 200 && !page.body.contains(new.secret.expose()));
        assert!(!page.body.contains("/remove-secret"), "{}", page.body);
        assert_eq!(developer.get(&format!("/admin/webhooks/{}", there.id.0)).await.status, 404);
    })
    .await;
}
