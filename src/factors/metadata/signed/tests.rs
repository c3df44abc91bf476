//! Files of a publisher of our own, and every way of bending one.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use serde_json::{Value, json};

use super::super::Metadata;
use super::*;
use crate::factors::model::Aaguid;

const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);
const GOOD: &str = "2fc0579f-8113-47ea-b116-bb5a8db9202a";
const BAD: &str = "0fb9bcbc-a0d4-4042-bbb0-559bc1631e28";

/// Somebody who publishes metadata below a root of their own.
struct Publisher {
    root: CertificateDer<'static>,
    signer: CertificateDer<'static>,
    key: KeyPair,
}

impl Publisher {
    fn new(name: &str) -> Self {
        let own = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&own).unwrap().der().clone();
        let issuer = Issuer::new(params, own);
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(2027, 1, 1);
        let signer = params.signed_by(&key, &issuer).unwrap().der().clone();
        Self { root, signer, key }
    }

    fn root(&self) -> Root {
        Root { certificate: self.root.clone(), name: None }
    }

    fn signs(&self, header: &Value, payload: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(header), part(payload));
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.key.serialize_der()).unwrap();
        let signature = key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn header(&self) -> Value {
        json!({ "alg": "ES256", "typ": "JWT", "x5c": [STANDARD.encode(&self.signer)] })
    }

    fn publishes(&self, payload: &Value) -> String {
        self.signs(&self.header(), payload)
    }
}

fn payload() -> Value {
    let report = |status: &str, day: &str| json!({ "status": status, "effectiveDate": day });
    json!({
        "legalHeader": "…", "no": 42, "nextUpdate": "2026-12-01",
        "entries": [
            { "aaguid": GOOD, "timeOfLastStatusChange": "2020-01-01",
              "metadataStatement": { "description": " Good\u{7} Keys <5> ", "icon": "data:…",
                  "attestationRootCertificates": ["AAEC\nAwQ=", "no base64 %"] },
              "statusReports": [report("FIDO_CERTIFIED_L1", "2020-01-01"), report("USER_KEY_PHYSICAL_COMPROMISE", "2024-01-01"),
                  report("REVOKED", "2030-01-01")] },
            { "aaguid": BAD, "metadataStatement": { "description": "Bad Keys" },
              "statusReports": [report("USER_VERIFICATION_BYPASS", "2024-01-01"), report("UPDATE_AVAILABLE", "2025-01-01")] },
            { "aaid": "1234#5678", "statusReports": [] },
            { "aaguid": "00000000-0000-0000-0000-000000000000", "statusReports": [] },
        ],
    })
}

#[test]
fn a_signed_file_tells_names_reports_and_who_vouches() {
    let publisher = Publisher::new("metadata.example");
    let text = format!("{}\n", publisher.publishes(&payload()));
    let read = Metadata::read(text.as_bytes(), &publisher.root(), NOW).unwrap();
    assert_eq!((read.number, read.next_update.as_str(), read.models.len()), (42, "2026-12-01", 2));
    let (good, bad) = (Aaguid::parse(GOOD).unwrap(), Aaguid::parse(BAD).unwrap());
    assert_eq!((read.name(good), read.distrusted(good)), (Some("Good Keys <5>"), None));
    assert_eq!((read.name(bad), read.distrusted(bad)), (Some("Bad Keys"), Some("USER_VERIFICATION_BYPASS")));
    assert_eq!(read.models[&good].roots, [vec![0, 1, 2, 3, 4]]);
    // The day itself is still good.
    let day = Timestamp::parse("2026-12-01").unwrap();
    assert!(!read.is_stale(day.plus(86_399)) && read.is_stale(day.plus(86_400)));
    // A report that begins later counts from then on.
    let later = Timestamp::parse("2026-12-31T00:00:00Z").unwrap();
    assert_eq!(Metadata::read(text.as_bytes(), &publisher.root(), later).unwrap().distrusted(good), None);
}

#[test]
fn whatever_was_changed_or_signed_by_another_is_refused() {
    let publisher = Publisher::new("metadata.example");
    let good = publisher.publishes(&payload());
    let read = |text: &str, root: &Root, now| Metadata::read(text.as_bytes(), root, now).unwrap_err();
    let parts: Vec<&str> = good.split('.').collect();
    let mut changed = payload();
    changed["no"] = json!(43);
    let changed = URL_SAFE_NO_PAD.encode(changed.to_string());
    let forged = format!("{}.{changed}.{}", parts[0], parts[2]);
    assert_eq!(read(&forged, &publisher.root(), NOW), Unusable::Signature);

    let another = Publisher::new("metadata.example");
    assert!(matches!(read(&good, &another.root(), NOW), Unusable::Chain(_)));
    assert!(matches!(read(&good, &Root::fido().unwrap(), NOW), Unusable::Chain(_)));
    let expired = Timestamp::parse("2027-02-01").unwrap();
    assert!(matches!(read(&good, &publisher.root(), expired), Unusable::Chain(_)));
    // Signed by a key that is not the certificate's.
    let mut header = publisher.header();
    assert_eq!(read(&another.signs(&header, &payload()), &publisher.root(), NOW), Unusable::Signature);

    for alg in ["none", "HS256", "RS512"] {
        header["alg"] = json!(alg);
        let text = publisher.signs(&header, &payload());
        assert_eq!(read(&text, &publisher.root(), NOW), Unusable::Algorithm(alg.to_owned()));
    }
    header["alg"] = json!("RS256");
    assert_eq!(read(&publisher.signs(&header, &payload()), &publisher.root(), NOW), Unusable::Signature);
    let mut critical = publisher.header();
    critical["crit"] = json!(["b64"]);
    let bare = json!({ "alg": "ES256", "x5c": [] });
    let mut timeless = payload();
    timeless["nextUpdate"] = json!("soon");
    let junk = [
        String::new(),
        "a.b".to_owned(),
        "a.b.c".to_owned(),
        publisher.signs(&critical, &payload()),
        publisher.signs(&bare, &payload()),
        publisher.publishes(&json!({ "no": 1 })),
        publisher.publishes(&timeless),
    ];
    for text in junk {
        assert!(matches!(read(&text, &publisher.root(), NOW), Unusable::Malformed(_)), "{text}");
    }
    assert!(matches!(Metadata::read(&[0xff], &publisher.root(), NOW), Err(Unusable::Malformed(_))));
}

#[test]
fn below_a_public_root_the_metadata_service_alone_is_believed() {
    for (name, believed) in [("mds.fidoalliance.org", true), ("www.example.com", false)] {
        let publisher = Publisher::new(name);
        let root = Root { name: Some(FIDO_NAME), ..publisher.root() };
        let read = Metadata::read(publisher.publishes(&payload()).as_bytes(), &root, NOW);
        assert_eq!(read.is_ok(), believed, "{name}: {read:?}");
        assert!(believed || read == Err(Unusable::Name));
    }
}

#[test]
fn the_built_in_root_is_the_one_that_is_published() {
    let published = "cbb522d7b7f127ad6a0113865bdf1cd4102e7d0759af635a7cf4720dc963c53b";
    assert_eq!(Root::fido().unwrap().fingerprint(), published);
    assert!(matches!(Root::from_pem(b"no certificate"), Err(Unusable::Root(_))));
}
