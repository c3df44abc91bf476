//! `response_mode=form_post`: a page that posts itself, for codes and errors alike.

use serde_json::json;

use crate::actors::Callback;
use crate::idp::on_each_engine;

#[tokio::test]
async fn a_code_and_an_error_travel_in_a_form_and_nothing_in_the_url() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let ask = rp.ask().set("response_mode", "form_post").set("state", "\"><script>x</script>");
        let page = browser.open(&ask.url()).await;
        let page = alice.answers(&browser, page).await;
        let callback = Callback::of(&page);
        assert!(callback.by_post && callback.uri == rp.redirect_uri && page.location().is_none());
        assert_eq!(callback.get("state"), "\"><script>x</script>");
        assert!(!page.body.contains("<script>x"), "escaped");
        assert_eq!(callback.get("iss"), idp.issuer);
        let csp = page.header("content-security-policy");
        assert!(csp.contains("form-action 'self' https://") && !csp.contains("unsafe"), "{csp}");
        assert_eq!(page.header("cache-control"), "no-store");
        rp.redeem(&callback.code()).await.is_granted();

        for (changed, value, code) in [
            ("prompt", "none", "login_required"),
            ("response_type", "token", "unsupported_response_type"),
            ("scope", "unknown", "invalid_scope"),
        ] {
            let page = idp.browser().open(&ask.clone().set(changed, value).url()).await;
            let callback = Callback::of(&page);
            assert!(callback.by_post && page.location().is_none());
            callback.is_refused(code);
        }
        let page = idp.browser().open(&ask.without("response_type").url()).await;
        Callback::of(&page).is_refused("invalid_request");
    })
    .await;
}

#[tokio::test]
async fn a_mode_nobody_knows_or_registered_is_refused_in_the_query() {
    on_each_engine(async |idp| {
        let rp = idp.rp().with("response_modes", json!(["query"])).public().await;
        for mode in ["fragment", "jwt", "query.jwt", "web_message", "form_post"] {
            let mark = idp.mark().await;
            let callback =
                Callback::of(&idp.browser().open(&rp.ask().set("response_mode", mode).url()).await);
            assert!(!callback.by_post, "{mode}");
            callback.is_refused("invalid_request");
            assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"]);
        }
    })
    .await;
}
