//! Clients that prove themselves by a certificate, and tokens bound to one (RFC 8705): as a proxy tells it, and over our
//! own listener.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use vouchsafe::keys::CertificateDigest;
use vouchsafe::web::tls::{Door, Identity};
use vouchsafe::web::{self, Web, listen};

use crate::actors::{Answer, Rp, claims, encoded, pairs};
use crate::faults::stores::{Asked, Rests, on_each_store};
use crate::idp::{TestIdp, on_each_engine_with};

const HEADER: &str = "client-cert";

/// A certificate and its key.
struct Certificate {
    der: Vec<u8>,
    key: KeyPair,
}

impl Certificate {
    /// As RFC 9440 writes it.
    fn header(&self) -> String {
        format!(":{}:", STANDARD.encode(&self.der))
    }

    fn pem(&self) -> String {
        pem(&self.der)
    }

    fn bound(&self) -> Value {
        json!({ "x5t#S256": CertificateDigest::of(&self.der).as_str() })
    }

    /// What a key set says of it.
    fn jwks(&self) -> Value {
        json!({ "keys": [{ "kty": "EC", "crv": "P-384", "x": "x", "y": "y", "x5c": [STANDARD.encode(&self.der)] }] })
    }
}

fn pem(der: &[u8]) -> String {
    armoured("CERTIFICATE", der)
}

fn key_pem(key: &KeyPair) -> String {
    armoured("PRIVATE KEY", &key.serialize_der())
}

fn armoured(what: &str, der: &[u8]) -> String {
    format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", STANDARD.encode(der))
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![format!("{name}.apps.example")]).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "DE");
    params.distinguished_name.push(DnType::OrganizationName, "St. Anna, Ltd");
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

/// Somebody who vouches for apps.
struct Authority(Issuer<'static, KeyPair>);

impl Authority {
    /// A new one, whose certificate is kept in a file.
    fn new(file: &Path) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        std::fs::write(file, pem(params.self_signed(&key).unwrap().der())).unwrap();
        Self(Issuer::new(params, key))
    }

    fn vouches(&self, params: &CertificateParams) -> Certificate {
        let key = KeyPair::generate().unwrap();
        Certificate { der: params.signed_by(&key, &self.0).unwrap().der().to_vec(), key }
    }
}

fn by_itself(params: &CertificateParams) -> Certificate {
    let key = KeyPair::generate().unwrap();
    Certificate { der: params.self_signed(&key).unwrap().der().to_vec(), key }
}

async fn posts(rp: &Rp, path: &str, form: &[(&str, &str)], certificates: &[&str]) -> Answer {
    let (_, mut all) = rp.proof();
    all.extend(pairs(form));
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
    headers.extend(certificates.iter().map(|value| (HEADER, *value)));
    rp.idp().http.send("POST", path, &headers, encoded(&all)).await
}

async fn redeems(rp: &Rp, code: &str, certificates: &[&str]) -> Answer {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &rp.redirect_uri),
        ("code_verifier", crate::actors::VERIFIER),
    ];
    posts(rp, "/token", &form, certificates).await
}

async fn refreshes(rp: &Rp, token: &str, certificates: &[&str]) -> Answer {
    posts(rp, "/token", &[("grant_type", "refresh_token"), ("refresh_token", token)], certificates).await
}

async fn userinfo(rp: &Rp, token: &str, certificates: &[&str]) -> Answer {
    let shown = format!("Bearer {token}");
    let mut headers = vec![("authorization", shown.as_str())];
    headers.extend(certificates.iter().map(|value| (HEADER, *value)));
    rp.idp().http.send("GET", "/userinfo", &headers, "").await
}

/// An app that proves itself by a certificate somebody vouches for, and binds its tokens to it.
async fn vouched(idp: &TestIdp) -> Rp {
    let rp = idp.rp().with("tls_client_auth_subject_dn", "cn=APP, o=St. Anna\\, Ltd,C=DE");
    let rp = rp.with("tls_client_certificate_bound_access_tokens", true);
    rp.by_certificate("tls_client_auth").await
}

#[tokio::test]
async fn a_certificate_that_an_authority_vouches_for_proves_its_client_and_binds_its_tokens() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    let authority = Authority::new(&file);
    let settings = [
        ("VOUCHSAFE__SERVER__CLIENT_CERTIFICATE_HEADER", HEADER),
        ("VOUCHSAFE__SERVER__CLIENT_CA_FILE", file.to_str().unwrap()),
    ];
    on_each_engine_with(&settings, async |idp| {
        let (own, other) = (authority.vouches(&params("app")), authority.vouches(&params("other")));
        let stranger = by_itself(&params("app"));
        let mut for_servers = params("app");
        for_servers.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let for_servers = authority.vouches(&for_servers);
        let mut over = params("app");
        over.not_after = rcgen::date_time_ymd(2020, 1, 1);
        let over = authority.vouches(&over);

        let offered = idp.http.get("/.well-known/openid-configuration").await.json();
        let methods = offered["token_endpoint_auth_methods_supported"].as_array().unwrap();
        assert!(methods.contains(&json!("tls_client_auth")), "{methods:?}");
        assert_eq!(offered["tls_client_certificate_bound_access_tokens"], true);
        assert_eq!(offered.get("mtls_endpoint_aliases"), None, "the endpoints are the same");

        let rp = vouched(&idp).await;
        assert_eq!(rp.registered["policy"]["sender_constraint"], "mtls");
        let alice = idp.person("alice").await;
        let code = alice.authorizes(&idp.browser(), &rp.ask()).await.code();
        let own_header = own.header();
        let tries = [
            ("no certificate", vec![]),
            ("another's", vec![other.header()]),
            ("of nobody, with the name", vec![stranger.header()]),
            ("for servers", vec![for_servers.header()]),
            ("over", vec![over.header()]),
            ("twice", vec![own_header.clone(), own_header.clone()]),
            ("cut", vec![own_header[..200].to_owned() + ":"]),
            ("garbage", vec!["-----BEGIN CERTIFICATE-----%zz".to_owned()]),
        ];
        for (name, given) in &tries {
            let mark = idp.mark().await;
            let given: Vec<&str> = given.iter().map(String::as_str).collect();
            redeems(&rp, &code, &given).await.is_refused("invalid_client");
            assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"], "{name}");
        }
        // Nothing was spent by that; and a certificate may come as proxies write it.
        let nginx =
            own.pem().replace('\n', "%0A").replace('+', "%2B").replace(' ', "%20").replace('=', "%3D");
        let tokens = redeems(&rp, &code, &[&nginx]).await.is_granted();
        let access = tokens.access();
        assert_eq!((&tokens.0["token_type"], &claims(&access)["cnf"]), (&json!("Bearer"), &own.bound()));

        assert_eq!(userinfo(&rp, &access, &[&own_header]).await.status, 200);
        for given in [vec![], vec![other.header()], vec![own_header.clone(), own_header.clone()]] {
            let mark = idp.mark().await;
            let given: Vec<&str> = given.iter().map(String::as_str).collect();
            let answer = userinfo(&rp, &access, &given).await;
            assert_eq!((answer.status, answer.json()["error"].as_str()), (401, Some("invalid_token")));
            assert_eq!(idp.kinds_since(mark).await, ["userinfo.refused"]);
        }
        let seen = posts(&rp, "/introspect", &[("token", &access)], &[&own_header]).await.json();
        assert_eq!((&seen["active"], &seen["cnf"]), (&json!(true), &own.bound()));
        refreshes(&rp, &tokens.refresh(), &[&other.header()]).await.is_refused("invalid_client");
        let next = refreshes(&rp, &tokens.refresh(), &[&own_header]).await.is_granted();
        assert_eq!(claims(&next.access())["cnf"], own.bound());
    })
    .await;
}

#[tokio::test]
async fn a_registered_certificate_needs_nobody_to_vouch_for_it() {
    on_each_engine_with(&[("VOUCHSAFE__SERVER__CLIENT_CERTIFICATE_HEADER", HEADER)], async |idp| {
        let (own, other) = (by_itself(&params("app")), by_itself(&params("app")));
        let rp = idp
            .rp()
            .with("jwks", own.jwks())
            .with("grant_types", json!(["client_credentials"]))
            .with("redirect_uris", json!([]))
            .with("scope", "ward.read")
            .by_certificate("self_signed_tls_client_auth")
            .await;
        let form = [("grant_type", "client_credentials")];
        posts(&rp, "/token", &form, &[&own.header()]).await.is_granted();
        let mark = idp.mark().await;
        posts(&rp, "/token", &form, &[&other.header()]).await.is_refused("invalid_client");
        assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"]);
        // Without an authority that way of proving does not exist, whatever was registered.
        let vouched = idp
            .rp()
            .with("tls_client_auth_san_dns", "app.apps.example")
            .by_certificate("tls_client_auth")
            .await;
        posts(&vouched, "/token", &form, &[&own.header()]).await.is_refused("invalid_client");
        let offered = idp.http.get("/.well-known/openid-configuration").await.json();
        let methods = offered["token_endpoint_auth_methods_supported"].as_array().unwrap();
        let offers = |name: &str| methods.contains(&json!(name));
        assert!(offers("self_signed_tls_client_auth") && !offers("tls_client_auth"), "{methods:?}");
        // A secret proves nothing where a certificate is registered.
        let form = [("grant_type", "client_credentials"), ("client_secret", "guess")];
        posts(&rp, "/token", &form, &[&own.header()]).await.is_refused("invalid_client");
    })
    .await;
}

#[tokio::test]
async fn tokens_bound_to_a_certificate_do_not_depend_on_how_the_client_proves_itself() {
    on_each_engine_with(&[("VOUCHSAFE__SERVER__CLIENT_CERTIFICATE_HEADER", HEADER)], async |idp| {
        let (own, next) = (by_itself(&params("app")), by_itself(&params("app")));
        let rp = idp.rp().policy("sender_constraint", "mtls").policy("refresh_rotation", "none");
        let rp = rp.private_key_jwt().await;
        assert_eq!(rp.registered["tls_client_certificate_bound_access_tokens"], true);
        let alice = idp.person("alice").await;
        let code = alice.authorizes(&idp.browser(), &rp.ask()).await.code();
        let mark = idp.mark().await;
        redeems(&rp, &code, &[]).await.is_refused("invalid_request");
        assert_eq!(idp.kinds_since(mark).await, ["token.refused"]);
        let tokens = redeems(&rp, &code, &[&own.header()]).await.is_granted();
        assert_eq!(claims(&tokens.access())["cnf"], own.bound());
        // Its refresh tokens are bound by its key, so it may change its certificate; and stay good where it says so.
        let first = tokens.refresh();
        let mut asking = JoinSet::new();
        for _ in 0..64 {
            let (rp, first, header) = (rp.clone(), first.clone(), next.header());
            asking.spawn(async move { refreshes(&rp, &first, &[&header]).await.is_granted().refresh() });
        }
        assert!(asking.join_all().await.iter().all(|token| *token == first));
        idp.advance(3_600);
        let tokens = refreshes(&rp, &first, &[&next.header()]).await.is_granted();
        assert_eq!(claims(&tokens.access())["cnf"], next.bound());
        assert_eq!(userinfo(&rp, &tokens.access(), &[&own.header()]).await.status, 401);
        assert_eq!(userinfo(&rp, &tokens.access(), &[&next.header()]).await.status, 200);
        assert_eq!(rp.revoke(&first).await.status, 200);
        refreshes(&rp, &first, &[&next.header()]).await.is_refused("invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn a_certificate_is_believed_from_trusted_proxies_alone() {
    let settings = [
        ("VOUCHSAFE__SERVER__CLIENT_CERTIFICATE_HEADER", HEADER),
        ("VOUCHSAFE__SERVER__TRUSTED_PROXIES", "192.0.2.0/24"),
    ];
    on_each_engine_with(&settings, async |idp| {
        let own = by_itself(&params("app"));
        let rp = machine(&idp, &own).await;
        let mark = idp.mark().await;
        let form = [("grant_type", "client_credentials")];
        posts(&rp, "/token", &form, &[&own.header()]).await.is_refused("invalid_client");
        assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"]);
    })
    .await;
}

async fn machine(idp: &TestIdp, own: &Certificate) -> Rp {
    let rp = idp.rp().with("jwks", own.jwks()).with("grant_types", json!(["client_credentials"]));
    let rp = rp.with("redirect_uris", json!([])).with("scope", "ward.read");
    let rp = rp.with("tls_client_certificate_bound_access_tokens", true);
    rp.by_certificate("self_signed_tls_client_auth").await
}

/// A client of the listener, with or without a certificate.
fn connecting(address: SocketAddr, authority: &Path, own: Option<&Certificate>) -> reqwest::Client {
    let root = reqwest::Certificate::from_pem(&std::fs::read(authority).unwrap()).unwrap();
    let client =
        reqwest::Client::builder().tls_certs_only([root]).no_proxy().resolve("apps.example", address);
    let client = match own {
        None => client,
        Some(own) => {
            let both = own.pem() + &key_pem(&own.key);
            client.identity(reqwest::Identity::from_pem(both.as_bytes()).unwrap())
        }
    };
    client.build().unwrap()
}

/// Opens a node's own listener for apps.
async fn listens(idp: &TestIdp, identity: &Arc<Identity>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = web::router_for_apps(Web::new(idp.app.services.clone(), None));
    let door = Door::asking(identity).unwrap();
    tokio::spawn(listen::serve(listener, router, Some(door), idp.app.stopper()));
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_one_nodes_listener_is_good_at_anothers_with_its_certificate_alone() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let authority = Authority::new(&at("ca.pem"));
    let server = authority.vouches(&CertificateParams::new(vec!["apps.example".to_owned()]).unwrap());
    std::fs::write(at("server.pem"), server.pem()).unwrap();
    std::fs::write(at("server.key"), key_pem(&server.key)).unwrap();
    let identity = Identity::open(&at("server.pem"), &at("server.key")).unwrap();
    let settings = [
        ("VOUCHSAFE__SERVER__CLIENT_CERTIFICATE_HEADER", HEADER),
        ("VOUCHSAFE__SERVER__MTLS_ORIGIN", "https://apps.example:8444"),
    ];
    on_each_engine_with(&settings, async |one| {
        let two = one.another().await;
        let (own, other) = (by_itself(&params("app")), by_itself(&params("app")));
        let rp = one.rp().with("jwks", own.jwks()).with("tls_client_certificate_bound_access_tokens", true);
        let rp = rp.by_certificate("self_signed_tls_client_auth").await;
        let code = one.person("alice").await.authorizes(&one.browser(), &rp.ask()).await.code();
        let buys = async |address: SocketAddr, certificate: &Certificate, form: &[(&str, &str)]| {
            let client = connecting(address, &at("ca.pem"), Some(certificate));
            let body = encoded(&[pairs(&[("client_id", &rp.id)]), pairs(form)].concat());
            let asked = client.post(format!("https://apps.example:{}/token", address.port()));
            let typed = asked.header("content-type", "application/x-www-form-urlencoded");
            let answer = typed.body(body).send().await.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
        };
        let shows = async |address: SocketAddr, certificate: Option<&Certificate>, access: &str| {
            let client = connecting(address, &at("ca.pem"), certificate);
            let asked = client.get(format!("https://apps.example:{}/userinfo", address.port()));
            asked.bearer_auth(access).send().await.unwrap().status().as_u16()
        };
        let (here, there) = (listens(&one, &identity).await, listens(&two, &identity).await);
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &rp.redirect_uri),
            ("code_verifier", crate::actors::VERIFIER),
        ];
        let (status, tokens) = buys(here, &own, &form).await;
        assert_eq!(status, 200, "{tokens}");
        let (access, refresh) =
            (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
        assert_eq!(claims(access)["cnf"], own.bound());
        assert_eq!(shows(there, Some(&own), access).await, 200);
        let is_refused_at = async |node: &TestIdp, address: SocketAddr| {
            for given in [None, Some(&other)] {
                let mark = node.mark().await;
                assert_eq!(shows(address, given, access).await, 401);
                assert_eq!(node.kinds_since(mark).await, ["userinfo.refused"]);
            }
            let again = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
            let mark = node.mark().await;
            let (status, why) = buys(address, &other, &again).await;
            assert_eq!((status, &why["error"]), (401, &json!("invalid_client")));
            assert_eq!(node.kinds_since(mark).await, ["client_auth.refused"]);
        };
        is_refused_at(&two, there).await;

        // The node that gave it begins anew.
        one.stop().await;
        let three = one.another().await;
        let back = listens(&three, &identity).await;
        assert_eq!(shows(back, Some(&own), access).await, 200);
        is_refused_at(&three, back).await;
        let again = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        let (status, tokens) = buys(back, &own, &again).await;
        assert_eq!((status, &claims(tokens["access_token"].as_str().unwrap())["cnf"]), (200, &own.bound()));
        two.stop().await;
        three.stop().await;
    })
    .await;
}

#[tokio::test]
async fn our_own_listener_asks_for_a_certificate_and_answers_apps_alone() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let authority = Authority::new(&at("ca.pem"));
    let server = |name: &str| {
        let server = authority.vouches(&CertificateParams::new(vec![name.to_owned()]).unwrap());
        std::fs::write(at("server.pem"), server.pem()).unwrap();
        std::fs::write(at("server.key"), key_pem(&server.key)).unwrap();
    };
    server("apps.example");
    let settings = [
        ("VOUCHSAFE__SERVER__CLIENT_CERTIFICATE_HEADER", HEADER),
        ("VOUCHSAFE__SERVER__MTLS_ORIGIN", "https://apps.example:8444"),
    ];
    on_each_engine_with(&settings, async |idp| {
        let identity = Identity::open(&at("server.pem"), &at("server.key")).unwrap();
        let address = listens(&idp, &identity).await;
        let url = |path: &str| format!("https://apps.example:{}{path}", address.port());

        let (own, other) = (by_itself(&params("app")), by_itself(&params("app")));
        let rp = machine(&idp, &own).await;
        let form = encoded(&pairs(&[("grant_type", "client_credentials"), ("client_id", &rp.id)]));
        let asks = async |client: &reqwest::Client| {
            let typed =
                client.post(url("/token")).header("content-type", "application/x-www-form-urlencoded");
            let answer = typed.body(form.clone()).send().await.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
        };
        let client = connecting(address, &at("ca.pem"), Some(&own));
        let (status, tokens) = asks(&client).await;
        assert_eq!(status, 200, "{tokens}");
        let access = tokens["access_token"].as_str().unwrap();
        assert_eq!(claims(access)["cnf"], own.bound());
        for given in [None, Some(&other)] {
            let (status, why) = asks(&connecting(address, &at("ca.pem"), given)).await;
            assert_eq!((status, &why["error"]), (401, &json!("invalid_client")));
        }
        for path in ["/", "/authorize", "/account", "/admin/", "/logout"] {
            assert_eq!(client.get(url(path)).send().await.unwrap().status(), 404, "{path}");
        }
        let aliases =
            &idp.http.get("/.well-known/openid-configuration").await.json()["mtls_endpoint_aliases"];
        assert_eq!(aliases["token_endpoint"], "https://apps.example:8444/token");

        // Another certificate in the files is taken without a restart, and one that does not fit its key is not.
        assert_eq!(identity.refresh(), Ok(false));
        std::fs::write(at("server.key"), key_pem(&KeyPair::generate().unwrap())).unwrap();
        assert!(identity.refresh().unwrap_err().contains("server.tls.key_file"));
        let (status, _) = asks(&connecting(address, &at("ca.pem"), Some(&own))).await;
        assert_eq!(status, 200);
        server("moved.example");
        assert_eq!(identity.refresh(), Ok(true));
        assert!(connecting(address, &at("ca.pem"), Some(&own)).get(url("/token")).send().await.is_err());
        server("apps.example");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_store_is_away_no_certificate_proves_what_needs_it_and_none_is_believed_without() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    let authority = Authority::new(&file);
    let settings = [
        ("VOUCHSAFE__SERVER__CLIENT_CERTIFICATE_HEADER", HEADER),
        ("VOUCHSAFE__SERVER__CLIENT_CA_FILE", file.to_str().unwrap()),
    ];
    on_each_store(&settings, async |idp, store| {
        let (own, other) = (authority.vouches(&params("app")), authority.vouches(&params("other")));
        let (own, other, bound) = (own.header(), other.header(), own.bound());
        let rp = vouched(&idp).await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let asking = async || alice.authorizes(&browser, &rp.ask()).await.code();
        let tokens = redeems(&rp, &asking().await, &[&own]).await.is_granted();
        let code = asking().await;
        let met = vec![Asked::new("a code", Rests::Both, {
            let (rp, code, own) = (rp.clone(), code.clone(), own.clone());
            async move { redeems(&rp, &code, &[&own]).await }
        })];
        assert!(store.meets(&idp, met).await.is_empty());
        let asks = || {
            let [looks, renews, claims] = ["/introspect", "/token", "/userinfo"].map(|path| {
                let (rp, tokens) = (rp.clone(), tokens.clone());
                move |certificate: Option<&String>| {
                    let (rp, tokens, given) = (rp.clone(), tokens.clone(), certificate.cloned());
                    async move {
                        let given: Vec<&str> = given.iter().map(String::as_str).collect();
                        match path {
                            "/introspect" => posts(&rp, path, &[("token", &tokens.access())], &given).await,
                            "/token" => refreshes(&rp, &tokens.refresh(), &given).await,
                            _ => userinfo(&rp, &tokens.access(), &given).await,
                        }
                    }
                }
            });
            vec![
                Asked::new("a refresh", Rests::Change, renews(Some(&own))).telling("refresh.rotated"),
                Asked::new("a refresh by another", Rests::Facts, renews(Some(&other)))
                    .answered(401)
                    .telling("client_auth.refused"),
                Asked::new("claims", Rests::Facts, claims(Some(&own))),
                Asked::new("claims for another", Rests::Facts, claims(Some(&other)))
                    .answered(401)
                    .telling("userinfo.refused"),
                Asked::new("claims for nobody", Rests::Facts, claims(None))
                    .answered(401)
                    .telling("userinfo.refused"),
                Asked::new("an introspection", Rests::Facts, looks(Some(&own))),
                Asked::new("one by another", Rests::Facts, looks(Some(&other)))
                    .answered(401)
                    .telling("client_auth.refused"),
            ]
        };
        for (name, answer) in store.away(&idp, asks).await {
            match name {
                "a refresh" => assert_eq!(claims(&answer.is_granted().access())["cnf"], bound),
                "an introspection" => {
                    let told = answer.json();
                    assert_eq!((&told["active"], &told["cnf"]), (&json!(true), &bound));
                }
                "claims" => assert_eq!(answer.json()["sub"], claims(&tokens.access())["sub"]),
                _ => assert!(answer.json().get("error").is_some_and(|why| why != "temporarily_unavailable")),
            }
        }
        redeems(&rp, &code, &[&other]).await.is_refused("invalid_client");
        let tokens = redeems(&rp, &code, &[&own]).await.is_granted();
        assert_eq!(claims(&tokens.access())["cnf"], bound);
        assert_eq!(userinfo(&rp, &tokens.access(), &[&own]).await.status, 200);
        assert_eq!(userinfo(&rp, &tokens.access(), &[&other]).await.status, 401);
        assert_eq!(
            claims(&refreshes(&rp, &tokens.refresh(), &[&own]).await.is_granted().access())["cnf"],
            bound
        );
    })
    .await;
}
