//! Signing keys at the console: thrown away with a reason and a fresh proof, and what they signed with them.

use vouchsafe::audit::Kind;
use vouchsafe::base::OrganisationId;
use vouchsafe::duties::Duty;
use vouchsafe::flows::{audit, keys};
use vouchsafe::keys::{Algorithm, KeyUse, SigningKey};
use vouchsafe::store::audit as trail;

use crate::actors::{Callback, Person, header};
use crate::api::ALL;
use crate::cli::{Host, Ran};
use crate::faults::trail::verified;
use crate::idp::{TestIdp, on_each_engine};
use crate::servers::command;

/// How the console says that an event stands as it was written, and under a signature.
const SEALED: &str = "Verified just now";
/// How it says that it does not.
const BROKEN: &str = "Broken. It is not as it was written";

fn revoke_form(kid: &str) -> String {
    format!("/admin/keys/{kid}/revoke")
}

fn kid(token: &str) -> String {
    header(token)["kid"].as_str().unwrap().to_owned()
}

async fn signs(idp: &TestIdp, usage: KeyUse) -> SigningKey {
    let cx = idp.operator();
    cx.signing.active(&cx, usage, Algorithm::Es256).await.unwrap()
}

#[tokio::test]
async fn a_key_is_thrown_away_with_a_reason_and_everything_it_signed_with_it() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let officer = idp.admin("olga", &[(Duty::SecurityOfficer, &root)]).await;
        let (rp, alice, browser) = (idp.rp().basic().await, idp.person("alice").await, idp.browser());
        let machine = idp.machine(ALL, &root).await;
        let tokens = rp.signs_in(&alice, &browser).await;
        let (access, answers) = (kid(&tokens.access()), kid(&tokens.id()));
        let list = officer.get("/admin/keys").await;
        assert!(list.body.contains(&access) && list.body.contains(&answers), "{}", list.body);

        let mark = idp.mark().await;
        assert_eq!(officer.posts(&revoke_form(&access), &[("reason", "no")]).await.status, 400);
        assert_eq!(officer.posts(&revoke_form("none"), &[("reason", "It was lost")]).await.status, 404);
        assert!(idp.kinds_since(mark).await.is_empty());
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);

        for kid in [&access, &answers] {
            let mark = idp.mark().await;
            let answer = officer.posts(&revoke_form(kid), &[("reason", "A backup was lost")]).await;
            assert_eq!(answer.location().unwrap(), idp.at("/admin/keys?done=key-revoked"));
            let events = idp.events_since(mark).await;
            let told = |kind| events.iter().find(|event| event.kind == kind);
            assert!(events.len() == 2 && told(Kind::KeyCreated).is_some(), "{events:?}");
            let by = format!("account:{}", officer.person.account);
            assert!(events.iter().all(|event| event.actor.to_text() == by));
            let detail = told(Kind::KeyRevoked).unwrap().detail.clone().unwrap();
            assert_eq!((&detail["kid"], &detail["why"]), (&kid.as_str().into(), &"A backup was lost".into()));
            assert!(!idp.http.get("/jwks").await.body.contains(kid.as_str()), "at once at this node");
            assert_eq!(officer.posts(&revoke_form(kid), &[("reason", "Once more")]).await.status, 404);
        }
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        assert_eq!(rp.introspect(&tokens.access()).await.json()["active"], false);
        assert_eq!(machine.gets("/people").await.status, 401);
        let hinted = rp.ask().set("prompt", "none").set("id_token_hint", &tokens.id());
        assert!(!Callback::of(&browser.get(&hinted.url()).await).params.contains_key("code"));
        let after = rp.refresh(&tokens.refresh()).await.is_granted();
        assert_eq!(rp.userinfo(&after.access()).await.status, 200);
        let hinted = rp.ask().set("prompt", "none").set("id_token_hint", &after.id());
        Callback::of(&browser.get(&hinted.url()).await).code();

        // A key takes a fresh proof: the form leads to one, and the key stays.
        idp.advance(301);
        let mark = idp.mark().await;
        let answer = officer.posts(&revoke_form(&kid(&after.access())), &[("reason", "It was lost")]).await;
        assert!(answer.location().unwrap().contains("/i/"), "{answer:?}");
        assert!(idp.kinds_since(mark).await.is_empty());
        assert!(idp.http.get("/jwks").await.body.contains(&kid(&after.access())));
    })
    .await;
}

#[tokio::test]
async fn a_key_for_one_use_is_believed_for_no_other() {
    on_each_engine(async |idp| {
        let rp = idp.rp().with("id_token_signed_response_alg", "ES256").basic().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let tokens = rp.signs_in(&alice, &browser).await;
        let [answers, access, trail] = [
            signs(&idp, KeyUse::Answers).await,
            signs(&idp, KeyUse::Access).await,
            signs(&idp, KeyUse::Trail).await,
        ];
        assert_eq!((kid(&tokens.id()), kid(&tokens.access())), (answers.kid().into(), access.kid().into()));
        let published = idp.http.get("/jwks").await.body;
        assert!(published.contains(answers.kid()) && published.contains(access.kid()));
        assert!(!published.contains(trail.kid()));
        // What anybody who held one of the other keys could make.
        for key in [&answers, &trail] {
            let forged = key.sign("at+jwt", &crate::actors::claims(&tokens.access())).unwrap();
            let mark = idp.mark().await;
            assert_eq!(rp.userinfo(&forged).await.status, 401);
            assert_eq!(idp.kinds_since(mark).await, ["userinfo.refused"]);
            assert_eq!(rp.introspect(&forged).await.json()["active"], false);
        }
        for key in [&access, &trail] {
            let forged = key.sign("JWT", &crate::actors::claims(&tokens.id())).unwrap();
            let hinted = rp.ask().set("prompt", "none").set("id_token_hint", &forged);
            assert!(!Callback::of(&browser.get(&hinted.url()).await).params.contains_key("code"));
        }
        let hinted = rp.ask().set("prompt", "none").set("id_token_hint", &tokens.id());
        Callback::of(&browser.get(&hinted.url()).await).code();
    })
    .await;
}

/// Takes a copy of the trail and the public keys elsewhere, where there is nothing else, and examines it.
fn examined_elsewhere(idp: &TestIdp) -> Ran {
    let elsewhere = Host::bare();
    std::fs::remove_file(elsewhere.path("vouchsafe.toml")).unwrap();
    for (words, file) in [("audit export --signed", "copy.ndjson"), ("audit keys", "keys.json")] {
        let ran = command(&idp.place, words, &[]).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        elsewhere.write(file, &String::from_utf8(ran.stdout).unwrap());
    }
    elsewhere.run("audit verify --file copy.ndjson --keys keys.json --json")
}

/// Insists that both commands name this checkpoint as the first that is wrong: the one at the host, and the one that knows a
/// copy and the public keys alone.
fn is_named(idp: &TestIdp, seq: i64, why: &str) {
    let (code, told) = verified(&idp.place);
    let bad = &told["first_bad"];
    assert_eq!((code, &bad["chain"], &bad["seq"]), (1, &"checkpoints".into(), &seq.into()), "{told}");
    assert!(bad["why"].as_str().unwrap().starts_with(why), "{told}");
    examined_elsewhere(idp).is(1).says(&format!("line {}: {why}", seq + 1));
}

/// Puts another checkpoint in a place, as somebody who may write to the database can.
async fn puts(idp: &TestIdp, seq: i64, body: &str, (kid, signature): (&str, &[u8])) {
    let hex = signature.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let bytes = if idp.engine == "sqlite" { format!("x'{hex}'") } else { format!("'\\x{hex}'") };
    let set = format!("body = '{body}', kid = '{kid}', signature = {bytes}");
    idp.place.sql(&format!("UPDATE audit_checkpoints SET {set} WHERE seq = {seq}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_counts_if_its_key_was_believed_when_it_was_signed() {
    on_each_engine(async |idp| {
        // One that the trail remembers; those the tests begin with it does not.
        keys::rotate_now(&idp.operator(), Some(KeyUse::Trail), None).await.unwrap();
        let old = signs(&idp, KeyUse::Trail).await;
        let alice = idp.person("alice").await;
        // Whoever ends signs.
        idp.stop().await;
        let idp = idp.another().await;
        let officer = idp.admin("olga", &[(Duty::SecurityOfficer, &OrganisationId::root())]).await;
        let answer = officer.posts(&revoke_form(old.kid()), &[("reason", "A backup was lost")]).await;
        assert_eq!(answer.status, 303);
        idp.advance(120);
        let bob = idp.person("bob").await;
        idp.stop().await;
        let idp = idp.another().await;
        let store = idp.app.services.store.clone();
        let all = trail::checkpoints_since(&store, crate::stacks::NOW, 0, 20).await.unwrap();
        let (seq, body, kid, _) = all.last().unwrap();
        assert!(all.iter().any(|(_, _, kid, _)| kid == old.kid()) && kid != old.kid());
        let verdict = async || audit::verify(&idp.operator(), &|_| ()).await.unwrap();
        assert_eq!(verdict().await.first_bad, None);
        // At the console each event is shown with the signature it stands under.
        let events = idp.events_since(crate::stacks::NOW).await;
        let looked = async |person: &Person| {
            let made = events
                .iter()
                .find(|e| e.kind == Kind::AccountCreated && e.account == Some(person.account.clone()));
            let page = idp.at(&format!("/admin/activity/{}", made.unwrap().id));
            officer.browser.at(&idp).get(&page).await.body
        };
        for person in [&alice, &bob] {
            let page = looked(person).await;
            assert!(page.contains(SEALED) && !page.contains(BROKEN), "{page}");
        }
        examined_elsewhere(&idp).is(0);

        // Whoever has the key, and may write to the database, signs the last one anew, with whatever hour they like.
        let mut earlier: serde_json::Value = serde_json::from_str(body).unwrap();
        earlier["at"] = crate::stacks::NOW.micros().into();
        let printed = audit::public_keys(&idp.operator()).await.unwrap();
        let printed = printed["keys"].as_array().unwrap();
        let marked = |kid: &str| printed.iter().find(|key| key["kid"] == kid).unwrap();
        let now = signs(&idp, KeyUse::Trail).await;
        assert_eq!(
            (&marked(old.kid())["vouchsafe_state"], &marked(now.kid())["vouchsafe_state"]),
            (&"revoked".into(), &"active".into())
        );
        assert!(
            printed.iter().all(|key| ["trail", "answers"].contains(&key["vouchsafe_use"].as_str().unwrap()))
        );
        let (first, before, kid, signature) = all.iter().find(|(_, _, kid, _)| kid == old.kid()).unwrap();
        assert!(audit::counts_for(marked(kid), before.as_bytes()), "what it signed before");
        // What it signed before the report cannot be signed anew: the checkpoint behind it names the one there was.
        let mut anew: serde_json::Value = serde_json::from_str(before).unwrap();
        anew["at"] = (anew["at"].as_i64().unwrap() - 1).into();
        let anew = anew.to_string();
        puts(&idp, *first, &anew, (kid, &old.sign_bytes(anew.as_bytes()).unwrap())).await;
        is_named(&idp, first + 1, "it does not follow the one before it");
        puts(&idp, *first, before, (kid, signature)).await;
        assert_eq!(verified(&idp.place).0, 0);

        for body in [body.clone(), earlier.to_string()] {
            puts(&idp, *seq, &body, (kid, &old.sign_bytes(body.as_bytes()).unwrap())).await;
            let bad = verdict().await.first_bad.unwrap();
            assert_eq!(
                (bad.chain.as_str(), bad.seq, bad.why),
                ("checkpoints", *seq, "its signature is not right")
            );
            assert!(!audit::counts_for(marked(kid), body.as_bytes()), "in a copy");
            is_named(&idp, *seq, "its signature is not right");
            let page = looked(&bob).await;
            assert!(page.contains(BROKEN) && page.contains("the signature of its checkpoint"), "{page}");
            assert!(looked(&alice).await.contains(SEALED), "what it signed before");
        }
        idp.stop().await;
    })
    .await;
}
