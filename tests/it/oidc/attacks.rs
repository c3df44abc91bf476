//! What somebody tries who holds a piece of somebody else's: nothing passes for what it is not, and nothing is spent by trying.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use vouchsafe::base::{ClientId, OrganisationId, Token, TokenKind};
use vouchsafe::clients::ClientState;
use vouchsafe::flows::{accounts, clients};
use vouchsafe::keys::{Algorithm, SigningKey};
use vouchsafe::oidc::pkce::Challenge;

use super::is_shown;
use crate::actors::{Answer, Auth, Browser, Callback, DpopKey, Rp, RpBuilder, VERIFIER, encoded, pairs};
use crate::idp::{TestIdp, on_each_engine, on_each_engine_with};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const CIBA: &str = "urn:openid:params:grant-type:ciba";
const PUSHED: &str = "urn:ietf:params:oauth:request_uri:";

/// An app of every grant that people have a part in.
fn versatile(idp: &TestIdp) -> RpBuilder {
    idp.rp()
        .with("grant_types", json!(["authorization_code", "refresh_token", DEVICE, CIBA]))
        .with("backchannel_token_delivery_mode", "poll")
        // To a device nothing is sent: it takes no host's names for people.
        .with("subject_type", "public")
}

fn owned(form: &[(String, String)]) -> Vec<(&str, &str)> {
    form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// Where one of the things is taken that are good once or stand for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Code,
    Refresh,
    Device,
    Ciba,
    RequestUri,
    Register,
    Registration,
    Session,
    Secret,
    Userinfo,
    Api,
    Introspection,
    Revocation,
}

impl Door {
    const ALL: [Self; 13] = [
        Self::Code,
        Self::Refresh,
        Self::Device,
        Self::Ciba,
        Self::RequestUri,
        Self::Register,
        Self::Registration,
        Self::Session,
        Self::Secret,
        Self::Userinfo,
        Self::Api,
        Self::Introspection,
        Self::Revocation,
    ];

    /// The kind of token that opens it.
    fn kind(self) -> Option<TokenKind> {
        match self {
            Self::Code => Some(TokenKind::Code),
            Self::Refresh => Some(TokenKind::Refresh),
            Self::Device => Some(TokenKind::Device),
            Self::Ciba => Some(TokenKind::Ciba),
            Self::RequestUri => Some(TokenKind::Pushed),
            Self::Register => Some(TokenKind::InitialAccess),
            Self::Registration => Some(TokenKind::Registration),
            Self::Session => Some(TokenKind::Session),
            Self::Secret => Some(TokenKind::ClientSecret),
            Self::Userinfo | Self::Api | Self::Introspection | Self::Revocation => None,
        }
    }
}

/// Somebody's whole pocket: one thing of each kind, all of them good.
struct Pocket {
    rp: Rp,
    browser: Browser,
    /// Each thing, its kind and the door it is for.
    things: Vec<(Door, TokenKind, String)>,
    access: String,
    id: String,
    /// The path of an app that registered itself.
    registered: String,
}

impl Pocket {
    async fn of(idp: &TestIdp) -> Self {
        let rp = versatile(idp).basic().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let root = OrganisationId::root();
        let (initial, used) = (idp.client_token(&root).await.1, idp.client_token(&root).await.1);
        let document = json!({ "redirect_uris": ["https://self.example/cb"] });
        let made = idp.registers(Some(&used), &document).await;
        let tokens = rp.signs_in(&alice, &browser).await;
        let device = rp.posts("/device_authorization", &[("scope", "openid")]).await.member("device_code");
        let asked = rp.posts("/bc-authorize", &[("scope", "openid"), ("login_hint", "alice")]).await;
        let ask = rp.ask();
        let pushed = rp.posts("/par", &owned(&ask.pairs)).await.member("request_uri");
        let code = alice.authorizes(&browser, &ask).await.code();
        let things = vec![
            (Door::Code, TokenKind::Code, code),
            (Door::Refresh, TokenKind::Refresh, tokens.refresh()),
            (Door::Device, TokenKind::Device, device),
            (Door::Ciba, TokenKind::Ciba, asked.member("auth_req_id")),
            (Door::RequestUri, TokenKind::Pushed, pushed.strip_prefix(PUSHED).unwrap().to_owned()),
            (Door::Register, TokenKind::InitialAccess, initial.expose().to_owned()),
            (Door::Registration, TokenKind::Registration, made.member("registration_access_token")),
            (Door::Session, TokenKind::Session, browser.cookies()["vouchsafe-session"].clone()),
            (
                Door::Secret,
                TokenKind::ClientSecret,
                rp.registered["client_secret"].as_str().unwrap().to_owned(),
            ),
        ];
        let registered = made.member("registration_client_uri").replace(&idp.issuer, "");
        Self { rp, browser, things, access: tokens.access(), id: tokens.id(), registered }
    }

    async fn shows(&self, door: Door, value: &str) -> Answer {
        let rp = &self.rp;
        let bearer = format!("Bearer {value}");
        let http = &rp.idp().http;
        let get = async |path: &str| http.send("GET", path, &[("authorization", bearer.as_str())], "").await;
        match door {
            Door::Code => rp.redeem(value).await,
            Door::Refresh => rp.refresh(value).await,
            Door::Device => rp.posts("/token", &[("grant_type", DEVICE), ("device_code", value)]).await,
            Door::Ciba => rp.posts("/token", &[("grant_type", CIBA), ("auth_req_id", value)]).await,
            Door::RequestUri => {
                let named = rp.ask().bringing(&[("request_uri", &format!("{PUSHED}{value}"))]);
                rp.idp().browser().open(&named.url()).await
            }
            Door::Register => {
                let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
                let document = json!({ "redirect_uris": ["https://thief.example/cb"] }).to_string();
                http.send("POST", "/register", &headers, document).await
            }
            Door::Registration => get(&self.registered).await,
            Door::Session => {
                let browser = self.browser.stolen();
                browser.set_cookie("vouchsafe-session", Some(value));
                browser.get(&rp.ask().set("prompt", "none").url()).await
            }
            Door::Secret => rp.by(Auth::Basic(value.to_owned())).refresh("x").await,
            Door::Userinfo => rp.userinfo(value).await,
            Door::Api => get("/api/admin/v1/organisations").await,
            Door::Introspection => rp.introspect(value).await,
            Door::Revocation => rp.revoke(value).await,
        }
    }

    /// Insists that a door stays shut for a thing, that the trail says so once, and says nothing else.
    async fn is_shut(&self, door: Door, value: &str) {
        let idp = self.rp.idp();
        let mark = idp.mark().await;
        let answer = self.shows(door, value).await;
        let kind = match door {
            Door::Code | Door::Device | Door::Ciba => {
                answer.is_refused("invalid_grant");
                "code.refused"
            }
            Door::Refresh => {
                answer.is_refused("invalid_grant");
                "refresh.refused"
            }
            Door::RequestUri => {
                is_shown(&answer, "/authorize");
                "authorize.refused"
            }
            Door::Register | Door::Registration => {
                answer.is_refused("invalid_token");
                "client_registration.refused"
            }
            Door::Session => {
                Callback::of(&answer).is_refused("login_required");
                "authorize.refused"
            }
            Door::Secret => {
                answer.is_refused("invalid_client");
                "client_auth.refused"
            }
            Door::Userinfo => {
                answer.is_refused("invalid_token");
                "userinfo.refused"
            }
            Door::Api => {
                assert_eq!((answer.status, answer.member("code").as_str()), (401, "VS-4011"), "{answer:?}");
                "admin.refused"
            }
            Door::Introspection => {
                assert_eq!((answer.status, answer.json()), (200, json!({ "active": false })), "{value}");
                ""
            }
            Door::Revocation => {
                assert_eq!((answer.status, answer.body.as_str()), (200, "{}"), "{value}");
                ""
            }
        };
        let kinds = idp.kinds_since(mark).await;
        let wanted: Vec<&str> = Some(kind).filter(|kind| !kind.is_empty()).into_iter().collect();
        assert_eq!(kinds, wanted, "{door:?}: {value}");
    }
}

#[tokio::test]
async fn each_thing_opens_its_own_door_and_no_other_however_it_is_dressed_up() {
    let many = [("VOUCHSAFE__LIMITS__NETWORK_REGISTRATIONS", "1000")];
    on_each_engine_with(&many, async |idp| {
        let it = Pocket::of(&idp).await;
        let apps = idp.apps().await;
        for (own, kind, thing) in &it.things {
            let known = Token::parse(*kind, thing).unwrap();
            for door in Door::ALL.into_iter().filter(|door| door != own) {
                // What belongs to a refresh token is asked about and given back by its app.
                if *own == Door::Refresh && matches!(door, Door::Introspection | Door::Revocation) {
                    continue;
                }
                it.is_shut(door, thing).await;
                // The same with the name of what belongs there, and the checksum put right.
                if let Some(other) = door.kind() {
                    it.is_shut(door, Token::seal(other, known.body()).expose()).await;
                }
            }
            // Nor is a piece of it good, or more than it.
            for cut in [&thing[..thing.len() - 1], &thing[1..], known.body(), &format!("{thing}A")] {
                it.is_shut(*own, cut).await;
            }
        }
        for jwt in [&it.access, &it.id] {
            for door in Door::ALL {
                let takes_it = [Door::Userinfo, Door::Introspection, Door::Revocation].contains(&door);
                if !(takes_it && jwt == &it.access) {
                    it.is_shut(door, jwt).await;
                }
            }
        }
        assert_eq!(idp.apps().await, apps);

        // Every one of them is as good as before.
        for (door, _, thing) in &it.things {
            let answer = it.shows(*door, thing).await;
            match door {
                Door::Code | Door::Refresh => drop(answer.is_granted()),
                Door::Device | Door::Ciba => drop(answer.is_refused("authorization_pending")),
                Door::RequestUri => assert!(answer.has("username"), "{answer:?}"),
                Door::Register => assert_eq!(answer.status, 201, "{answer:?}"),
                Door::Registration => assert_eq!(answer.status, 200, "{answer:?}"),
                Door::Session => drop(Callback::of(&answer).code()),
                _ => drop(answer.is_refused("invalid_grant")),
            }
        }
        assert_eq!(it.rp.userinfo(&it.access).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_used_code_in_other_hands_ends_nothing_of_its_owners() {
    on_each_engine(async |idp| {
        let (rp, other, public) = (idp.rp().basic().await, idp.rp().basic().await, idp.rp().public().await);
        let alice = idp.person("alice").await;
        let code = alice.authorizes(&idp.browser(), &rp.ask()).await.code();
        let tokens = rp.redeem(&code).await.is_granted();
        for thief in [&other, &public] {
            let mark = idp.mark().await;
            thief.redeem(&code).await.is_refused("invalid_grant");
            assert_eq!(idp.kinds_since(mark).await, ["code.refused"]);
        }
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
        rp.refresh(&tokens.refresh()).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn at_every_endpoint_of_apps_the_registered_way_alone_proves_one() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let app = || versatile(&idp);
        let all = [
            app().basic().await,
            app().post().await,
            app().private_key_jwt().await,
            app().secret_jwt().await,
        ];
        let key = || Auth::Key(Arc::new(SigningKey::generate(Algorithm::Es256, idp.now()).unwrap().0));
        let ways = |rp: &Rp| {
            let secret = rp.registered.get("client_secret").and_then(Value::as_str).unwrap_or("secret");
            let wrong = "x".repeat(64);
            let mut ways =
                vec![Auth::Public, key(), Auth::Basic(wrong.clone()), Auth::SecretJwt(wrong.clone())];
            ways.push(Auth::Post(wrong));
            // The right secret, shown in another way.
            let shown = [
                Auth::Basic(secret.to_owned()),
                Auth::Post(secret.to_owned()),
                Auth::SecretJwt(secret.to_owned()),
            ];
            let same = |way: &Auth| std::mem::discriminant(way) == std::mem::discriminant(&rp.auth);
            ways.extend(shown.into_iter().filter(|way| !same(way)));
            ways
        };
        for rp in &all {
            let tokens = rp.signs_in(&alice, &idp.browser()).await;
            let (access, refresh) = (tokens.access(), tokens.refresh());
            let ask = rp.ask();
            let mut pushed = owned(&ask.pairs);
            pushed.retain(|(name, _)| *name != "client_id");
            let token = [("token", access.as_str())];
            let doors: [(&str, &[(&str, &str)]); 6] = [
                ("/token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]),
                ("/par", &pushed),
                ("/introspect", &token),
                ("/device_authorization", &[("scope", "openid")]),
                ("/bc-authorize", &[("scope", "openid"), ("login_hint", "alice")]),
                ("/revoke", &token),
            ];
            let begun = idp.place.count("SELECT count(*) FROM ciba_requests").await;
            for (path, form) in doors {
                for way in ways(rp) {
                    let mark = idp.mark().await;
                    rp.by(way).posts(path, form).await.is_refused("invalid_client");
                    assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"], "{path}");
                }
            }
            assert_eq!(idp.place.count("SELECT count(*) FROM ciba_requests").await, begun);
            assert_eq!(rp.userinfo(&access).await.status, 200, "nothing was given back");
            for (path, form) in doors {
                let answer = rp.posts(path, form).await;
                assert!([200, 201].contains(&answer.status), "{path}: {answer:?}");
            }
            assert_eq!(rp.userinfo(&access).await.status, 401);
        }
    })
    .await;
}

/// What a thief would like the request to be.
fn wishes(other: &Rp) -> Vec<(&str, &str)> {
    vec![
        ("client_id", other.id.as_str()),
        ("redirect_uri", "https://evil.example/"),
        ("response_type", "token"),
        ("response_mode", "form_post"),
        ("scope", "openid email phone offline_access"),
        ("state", "changed"),
        ("nonce", "changed"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "plain"),
        ("acr_values", "urn:vouchsafe:acr:aal1"),
        ("claims", r#"{"userinfo":{"email":null}}"#),
        ("dpop_jkt", "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"),
        ("request_uri", "urn:ietf:params:oauth:request_uri:x"),
    ]
}

#[tokio::test]
async fn no_form_of_a_sign_in_changes_what_the_app_asked_for() {
    on_each_engine(async |idp| {
        let (rp, other) = (idp.rp().basic().await, idp.rp().basic().await);
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let wishes = wishes(&other);
        let beside = encoded(&pairs(&wishes));
        let mark = idp.mark().await;
        let sends = async |page: &Answer, id: &str, own: &[(&str, &str)]| {
            let form =
                own.iter().chain(&wishes).fold(page.form(id), |form, (name, value)| form.with(name, value));
            browser.follow(browser.post(&format!("{}?{beside}", form.action), &form.fields).await).await
        };
        let page = browser.open(&rp.ask().url()).await;
        let page = sends(&page, "sign-in-submit", &[("username", "alice")]).await;
        let page = sends(&page, "sign-in-submit", &[("password", &alice.password)]).await;
        let page = sends(&page, "code-submit", &[("code", &alice.next_code())]).await;
        let callback = Callback::of(&sends(&page, "consent-allow", &[]).await);
        assert_eq!((callback.uri.as_str(), callback.by_post), (rp.redirect_uri.as_str(), false));
        assert_eq!((callback.get("state"), callback.params.len()), ("state of the app", 3));
        let granted: Vec<_> = idp
            .events_since(mark)
            .await
            .into_iter()
            .filter(|e| e.kind.as_str() == "authorize.granted")
            .collect();
        assert_eq!(granted.len(), 1);
        assert_eq!(granted[0].client, Some(ClientId::from_text(&*rp.id)));
        let tokens = rp.redeem(&callback.code()).await.is_granted();
        let id = tokens.id_claims();
        assert_eq!((&tokens.0["scope"], &tokens.0["token_type"]), (&json!("openid"), &json!("Bearer")));
        assert_eq!((&id["aud"], &id["nonce"]), (&json!(rp.id), &json!("n-0S6_WzA2Mj")));
        assert_eq!(id["acr"], "urn:vouchsafe:acr:aal2");
        assert_eq!(rp.userinfo(&tokens.access()).await.json(), json!({ "sub": id["sub"] }));
        Callback::of(&browser.get(&rp.ask().set("prompt", "none").set("scope", "openid email").url()).await)
            .is_refused("consent_required");
    })
    .await;
}

#[tokio::test]
async fn what_was_pushed_stands_in_no_address_cookie_or_page() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let ask = rp.ask().set("state", "state-4711").set("nonce", "nonce-4711");
        let challenge = Challenge::of(VERIFIER).as_str().to_owned();
        let hides = |answer: &Answer| {
            let cookies = format!("{:?}", browser.cookies());
            for hidden in ["state-4711", "nonce-4711", challenge.as_str(), VERIFIER] {
                let said = format!("{} {:?} {} {cookies}", answer.url, answer.headers, answer.body);
                assert!(!said.contains(hidden), "{}: {hidden}", answer.url);
            }
        };
        let name = rp.posts("/par", &owned(&ask.pairs)).await.member("request_uri");
        let mut page = browser.get(&ask.bringing(&[("request_uri", &name)]).url()).await;
        while let Some(to) = page.location() {
            hides(&page);
            page = browser.get(&to).await;
        }
        let mut pages = 0;
        while page.location().is_none() {
            hides(&page);
            pages += 1;
            page = alice.answer(&browser, &page).await.unwrap();
        }
        assert!(pages >= 4, "{pages}");
        assert_eq!(Callback::of(&page).get("state"), "state-4711", "told to the app alone");
    })
    .await;
}

#[tokio::test]
async fn what_a_clock_ahead_of_ours_signed_is_good_once_until_it_is_too_old() {
    on_each_engine(async |idp| {
        let machine = || {
            let rp = idp.rp().with("grant_types", json!(["client_credentials"])).with("scope", "reports");
            rp.with("redirect_uris", json!([])).with("post_logout_redirect_uris", json!([]))
        };
        let form = [("grant_type", "client_credentials")];
        let key = DpopKey::new(&idp).await;
        // Marks of what was used count from a minute before what is signed now.
        idp.advance(90);

        let (rp, now) = (machine().private_key_jwt().await, idp.now().seconds());
        let until = now + 300;
        let assertion = rp.assertion(&json!({ "iat": now + 55, "exp": until }));
        let typ = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let shown = [form[0], ("client_assertion_type", typ), ("client_assertion", &assertion)];
        idp.http.post("/token", &pairs(&shown)).await.is_granted();
        for _ in 0..20 {
            idp.advance(19);
            let mark = idp.mark().await;
            let kind = if idp.now().seconds() < until { "assertion.replayed" } else { "client_auth.refused" };
            idp.http.post("/token", &pairs(&shown)).await.is_refused("invalid_client");
            assert_eq!(idp.kinds_since(mark).await, [kind]);
        }

        let (rp, now) = (machine().basic().await, idp.now().seconds());
        let proof = key.proof("POST", "/token", &json!({ "iat": now + 14 }));
        rp.posts_with("/token", &form, &[&proof]).await.is_granted();
        for _ in 0..20 {
            idp.advance(9);
            let mark = idp.mark().await;
            let passes = idp.now().seconds() < now + 14 + 60;
            rp.posts_with("/token", &form, &[&proof]).await.is_refused("invalid_dpop_proof");
            let kind = if passes { "assertion.replayed" } else { "token.refused" };
            assert_eq!(idp.kinds_since(mark).await, [kind]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_redemptions_and_a_stop_at_once_nothing_lives_on() {
    on_each_engine(async |one| {
        let rp = one.rp().basic().await;
        let (alice, browser) = (one.person("alice").await, one.browser());
        let first = rp.signs_in(&alice, &browser).await;
        let mut codes = Vec::new();
        for _ in 0..8 {
            codes.push(alice.authorizes(&browser, &rp.ask()).await.code());
        }
        let two = one.another().await;
        let mark = one.mark().await;
        let mut all = JoinSet::new();
        for (i, code) in codes.iter().cloned().enumerate() {
            let (rp, refresh) = (rp.at(if i % 2 == 0 { &one } else { &two }), first.refresh());
            let stops = (i == 4).then(|| (one.operator(), ClientId::from_text(&*rp.id)));
            all.spawn(async move {
                if let Some((cx, id)) = stops {
                    assert!(clients::set_state(&cx, &id, ClientState::Disabled).await.unwrap());
                }
                [rp.redeem(&code).await, rp.refresh(&refresh).await]
            });
        }
        let answers: Vec<_> = all.join_all().await.into_iter().flatten().collect();
        let won: Vec<_> =
            answers.iter().filter(|answer| answer.status == 200).map(Answer::is_granted).collect();
        for lost in answers.iter().filter(|answer| answer.status != 200) {
            assert!(["invalid_client", "invalid_grant"].contains(&lost.member("error").as_str()), "{lost:?}");
        }
        assert_eq!(one.counts_since(mark).await["client.disabled"], 1);
        one.advance(1);
        let are_dead = async |refused: &str| {
            for node in [&one, &two] {
                for tokens in won.iter().chain([&first]) {
                    assert_eq!(rp.at(node).userinfo(&tokens.access()).await.status, 401);
                    rp.at(node).refresh(&tokens.refresh()).await.is_refused(refused);
                }
                for code in &codes {
                    rp.at(node).redeem(code).await.is_refused(refused);
                }
            }
        };
        are_dead("invalid_client").await;
        // Nor does anything come back to life when the app may go on.
        let (cx, id) = (one.operator(), ClientId::from_text(&*rp.id));
        assert!(clients::set_state(&cx, &id, ClientState::Enabled).await.unwrap());
        one.advance(1);
        are_dead("invalid_grant").await;
        rp.at(&two).signs_in(&alice.at(&two), &browser.at(&two)).await;
        two.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_app_that_is_called_what_a_person_is_called_is_nobody() {
    on_each_engine(async |idp| {
        let rp = idp.rp().with("subject_type", "public").basic().await;
        let alice = idp.person("alice").await;
        let tokens = rp.signs_in(&alice, &idp.browser()).await;
        let sub = tokens.id_claims()["sub"].clone();
        let machine =
            idp.rp().with("client_id", sub.clone()).with("grant_types", json!(["client_credentials"]));
        let machine = machine.with("redirect_uris", json!([])).with("post_logout_redirect_uris", json!([]));
        let machine = machine.with("scope", "openid profile rooms:read").basic().await;
        let own = machine.posts("/token", &[("grant_type", "client_credentials")]).await.is_granted();
        assert_eq!(own.0["scope"], "rooms:read");
        let mark = idp.mark().await;
        machine.userinfo(&own.access()).await.is_refused("insufficient_scope");
        assert_eq!(idp.kinds_since(mark).await, ["userinfo.refused"]);
        // And what is alice's stays alice's and her app's.
        for token in [tokens.access(), tokens.refresh()] {
            assert_eq!(machine.introspect(&token).await.json(), json!({ "active": false }));
            assert_eq!(machine.revoke(&token).await.status, 200);
        }
        assert_eq!(rp.userinfo(&tokens.access()).await.json(), json!({ "sub": sub }));
        rp.refresh(&tokens.refresh()).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn whoever_gets_an_erased_persons_name_is_somebody_else_to_every_app() {
    on_each_engine(async |idp| {
        let (rp, public) = (idp.rp().basic().await, idp.rp().with("subject_type", "public").basic().await);
        let (first, browser) = (idp.person("alice").await, idp.browser());
        let before = [rp.signs_in(&first, &browser).await, public.signs_in(&first, &browser).await];
        accounts::erase(&idp.operator(), &first.account).await.unwrap();
        idp.advance(1);
        // The same name and the same address.
        let second = idp.person("alice").await;
        for (rp, before) in [&rp, &public].into_iter().zip(&before) {
            let after = rp.signs_in(&second, &idp.browser()).await;
            assert_ne!(after.id_claims()["sub"], before.id_claims()["sub"]);
            assert_eq!(rp.userinfo(&before.access()).await.status, 401);
            let mark = idp.mark().await;
            rp.refresh(&before.refresh()).await.is_refused("invalid_grant");
            assert_eq!(idp.kinds_since(mark).await, ["refresh.refused"]);
            let silent = rp.ask().set("prompt", "none").set("id_token_hint", &before.id()).url();
            Callback::of(&browser.get(&silent).await).is_refused("login_required");
        }
    })
    .await;
}
