//! Lists of models in the policy: what they keep out when a key is bound and when it signs in, and who may loosen them.

use serde_json::json;
use vouchsafe::duties::Duty;

use super::*;

const NOT_ALLOWED: &str = "Your clinic does not allow this kind";

#[tokio::test]
async fn a_denied_model_is_neither_bound_nor_does_it_count() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        rp.signs_in(&alice, &browser).await;
        asks(&idp, json!({ "patient.authenticators": { "deny": [MODEL] } })).await;
        // At the account home, and in a sign-in that must set up something.
        let key = Authenticator::of_model(&idp);
        let page = alice.answers(&browser, browser.open(&idp.at("/account/add/security-key")).await).await;
        is_refused(&idp, (&browser, &page, &alice), &key, ("model_denied", NOT_ALLOWED)).await;
        let (nina, fresh) = (newcomer(&idp, "nina").await, idp.browser());
        let page = half_way(&fresh, &rp.ask(), &nina).await;
        let page = fresh.submit(&page, "enrol-passkey", &[]).await;
        let question = fresh.question(&page).await.json();
        assert_eq!(question["publicKey"]["attestation"], "direct", "browsers else hide the model");
        is_refused(&idp, (&fresh, &page, &nina), &key, ("model_denied", NOT_ALLOWED)).await;

        // Without the list the same key is bound, and what it said is kept.
        asks(&idp, json!({})).await;
        let (page, mark) = (browser.open(&idp.at("/account/add/passkey")).await, idp.mark().await);
        let page = alice.answers(&browser, page).await;
        assert_ne!(browser.question(&page).await.json()["publicKey"]["attestation"], "direct");
        alice.answers(&browser, browser.binds(&page, &key).await).await;
        let held = keys(&idp, &alice).await;
        let (model, attested) = (held[0].model.aaguid.unwrap().to_string(), held[0].model.attested);
        assert_eq!((held.len(), model.as_str(), attested), (1, MODEL, false));
        let events = idp.events_since(mark).await;
        let added = events.iter().find(|e| e.kind.as_str() == "factor.added").unwrap();
        assert_eq!(added.detail.as_ref().unwrap()["aaguid"], MODEL);
        rp.signs_in_by(&idp.browser(), &key).await;

        // Denied later, it does not count any more: its owner is told, and signs in by the code.
        asks(&idp, json!({ "patient.authenticators": { "deny": [MODEL] } })).await;
        let (fresh, mark) = (idp.browser(), idp.mark().await);
        let page = fresh.open(&rp.ask().set("prompt", "login").url()).await;
        let page = fresh.uses(&page, &key).await;
        assert!(page.has("password") && page.body.contains(NOT_ALLOWED), "{}", page.body);
        let refused: Vec<_> = idp.events_since(mark).await.into_iter().filter_map(|e| e.reason).collect();
        assert_eq!(refused, ["model_denied"]);
        let done = alice.answers(&fresh, page).await;
        let claims = rp.redeem(&Callback::of(&done).code()).await.is_granted().id_claims();
        assert_eq!(claims["acr"], "urn:vouchsafe:acr:aal2", "the key is not counted");
        let found = policies::simulate(&idp.operator(), &alice.account, None, None).await.unwrap().unwrap();
        assert_eq!(found.unfit.iter().map(|(_, why)| why.as_str()).collect::<Vec<_>>(), ["model_denied"]);
    })
    .await;
}

#[tokio::test]
async fn where_some_models_are_allowed_a_key_counts_once_its_maker_vouched_for_it() {
    let forger = "We could not tell what kind of key this is";
    with_metadata(&[], async |idp, publisher| {
        let rp = idp.rp().public().await;
        let key = Authenticator::of_model(&idp);
        publisher.publishes(2, &[entry(&[key.maker()], "FIDO_CERTIFIED")]);
        models::refresh(&idp.operator()).await.unwrap();
        // Bound before, by somebody's own word alone.
        let (carol, forged) = (newcomer(&idp, "carol").await, Authenticator::of_model(&idp));
        let browser = idp.browser();
        let page = half_way(&browser, &rp.ask(), &carol).await;
        let page = browser.submit(&page, "enrol-passkey", &[]).await;
        Callback::of(&carol.answers(&browser, browser.binds(&page, &forged).await).await).code();

        let only_keys = json!(["passkey", "security_key"]);
        let patch =
            json!({ "patient.authenticators": { "allow": [MODEL] }, "patient.second_factors": only_keys });
        asks(&idp, patch).await;
        let (bob, browser) = (newcomer(&idp, "bob").await, idp.browser());
        let page = half_way(&browser, &rp.ask(), &bob).await;
        let page = browser.submit(&page, "enrol-passkey", &[]).await;
        let bare = Authenticator::new(&idp);
        let page = is_refused(&idp, (&browser, &page, &bob), &bare, ("model_not_allowed", forger)).await;
        let another = Authenticator::of_model(&idp);
        let page = is_refused(&idp, (&browser, &page, &bob), &another, ("model_not_attested", forger)).await;
        let done = bob.answers(&browser, browser.binds(&page, &key).await).await;
        let claims = rp.redeem(&Callback::of(&done).code()).await.is_granted().id_claims();
        assert_eq!(claims["acr"], "urn:vouchsafe:acr:aal2-phr");
        assert!(keys(&idp, &bob).await[0].model.attested);
        rp.signs_in_by(&idp.browser(), &key).await;

        // What was bound before leads into binding what counts; the key itself may be bound anew.
        let (browser, mark) = (idp.browser(), idp.mark().await);
        let page = browser.open(&rp.ask().set("prompt", "login").url()).await;
        let page = browser.uses(&page, &forged).await;
        assert!(page.has("enrol-passkey") && page.body.contains("the kind of key you have"), "{}", page.body);
        let refused: Vec<_> = idp.events_since(mark).await.into_iter().filter_map(|e| e.reason).collect();
        assert_eq!(refused, ["model_not_attested"]);
        let page = browser.submit(&page, "enrol-passkey", &[]).await;
        let question = browser.question(&page).await.json();
        let excluded = question["publicKey"]["excludeCredentials"].as_array();
        assert!(excluded.is_none_or(Vec::is_empty), "{question}");
        let done = carol.answers(&browser, browser.replies(&page, &key.creates(&question)).await).await;
        Callback::of(&done).code();
    })
    .await;
}

#[tokio::test]
async fn without_metadata_a_list_of_allowed_models_lets_nobody_bind_a_key_and_says_so() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        asks(&idp, json!({ "patient.authenticators": { "allow": [MODEL] } })).await;
        let (bob, browser) = (newcomer(&idp, "bob").await, idp.browser());
        let page = half_way(&browser, &rp.ask(), &bob).await;
        let page = browser.submit(&page, "enrol-passkey", &[]).await;
        assert!(page.body.contains("We cannot check keys right now"), "{}", page.body);
        let mark = idp.mark().await;
        assert_eq!(browser.question(&page).await.status, 409);
        let told: Vec<_> = idp.events_since(mark).await.into_iter().filter_map(|e| e.reason).collect();
        assert!(told.contains(&"no_metadata".to_owned()), "{told:?}");
        // Asked again while the page says so, it is told no more.
        for _ in 0..3 {
            assert_eq!(browser.question(&page).await.status, 409);
        }
        assert_eq!(idp.events_since(mark).await.len(), told.len());
        assert!(keys(&idp, &bob).await.is_empty());
        // Another way is still open.
        let page = half_way(&idp.browser(), &rp.ask(), &bob).await;
        assert!(page.has("enrol-totp"), "{}", page.body);
    })
    .await;
}

#[tokio::test]
async fn whoever_holds_a_duty_is_asked_for_the_model_of_a_key_by_the_lists_of_the_console() {
    on_each_engine(async |idp| {
        asks(&idp, json!({ "administrator.authenticators": { "deny": [MODEL] } })).await;
        let (clara, carl) = (
            idp.person_as("clara", Role::Clinician, true, json!({})).await,
            idp.person_as("carl", Role::Clinician, true, json!({})).await,
        );
        idp.grants(&clara, Duty::Auditor, &OrganisationId::root()).await;
        let rp = idp.rp().public().await;
        for (person, told) in [(&clara, true), (&carl, false)] {
            let browser = idp.browser();
            rp.signs_in(person, &browser).await;
            let page = browser.open(&idp.at("/account/add/passkey")).await;
            let page = person.answers(&browser, page).await;
            let question = browser.question(&page).await.json();
            assert_eq!(question["publicKey"]["attestation"] == "direct", told, "{question}");
        }
    })
    .await;
}

#[tokio::test]
async fn loosening_a_list_takes_a_second_person_and_entries_that_name_no_model_are_named() {
    on_each_engine(async |idp| {
        let other = "2fc0579f-8113-47ea-b116-bb5a8db9202a";
        let list = |allow: &[&str], deny: &[&str]| {
            json!({ "clinician.authenticators": { "allow": allow, "deny": deny } })
        };
        rules(&idp, list(&[], &[MODEL]), Approval::None).await.unwrap();
        rules(&idp, list(&[other], &[MODEL]), Approval::None).await.unwrap();
        for weaker in [list(&[], &[MODEL]), list(&[other, "fbfc3007-154e-4ecc-8c0b-6e020557d7bd"], &[MODEL])] {
            let refused = rules(&idp, weaker, Approval::None).await;
            assert!(matches!(refused, Err(Refused::Weaker(_))), "{refused:?}");
        }
        let root = OrganisationId::root();
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let page = stella.get("/admin/policies/roles/clinician").await;
        assert!(page.body.contains(other) && page.body.contains(MODEL), "{}", page.body);
        let zero = "00000000-0000-0000-0000-000000000000";
        let many: Vec<_> = (1..=501_u128).map(|n| uuid::Uuid::from_u128(n).to_string()).collect();
        let rows = [
            ("my key", "authenticators.deny: `my` is no AAGUID".to_owned()),
            (zero, format!("authenticators.deny: {zero} names no model")),
            (&*format!("{other}\n{other}"), format!("clinician.authenticators.deny: names {other} twice")),
            (&*many.join("\n"), "clinician.authenticators.deny: 501 models".to_owned()),
        ];
        let base = [
            ("floor", "urn:vouchsafe:acr:aal2"),
            ("overall", "720"),
            ("idle", "15"),
            ("passkey", "yes"),
            ("security_key", "yes"),
            ("totp", "yes"),
        ];
        for (typed, told) in rows {
            let form = [&base[..], &[("allow", ""), ("deny", typed)]].concat();
            let page = stella.posts("/admin/policies/roles/clinician", &form).await;
            let told = told.replace('`', "&#96;");
            let body = page.body.replace('`', "&#96;");
            assert!(page.status == 400 && body.contains(&told), "{told}: {}", page.body);
        }
        // Both lists taken out: what would change is shown, and goes to a second person.
        let form = [&base[..], &[("allow", ""), ("deny", "")]].concat();
        let page = stella.posts("/admin/policies/roles/clinician", &form).await;
        assert!(page.body.contains("action=\"/admin/policies/weaken\""), "{}", page.body);
        assert!(page.body.contains("clinician.authenticators.deny"), "{}", page.body);
        let shown = stella.get("/admin/policies").await;
        assert!(shown.body.contains("1 allowed") && shown.body.contains("1 denied"), "{}", shown.body);
    })
    .await;
}
