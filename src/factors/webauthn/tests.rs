//! Whole ceremonies against a soft authenticator, and every way of bending one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use webauthn_authenticator_rs::WebauthnAuthenticator;
use webauthn_authenticator_rs::prelude::Url;
use webauthn_authenticator_rs::softpasskey::SoftPasskey;
use webauthn_authenticator_rs::softtoken::{AAGUID, SoftToken};

use super::*;
use crate::base::AccountId;
use crate::factors::metadata::Entry;
use crate::factors::model::Aaguid;

const ORIGIN: &str = "https://id.example.org:8443";
const HANDLE: UserHandle = [7; 16];

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_700_000_000 + seconds)
}

fn ceremonies() -> Ceremonies {
    Ceremonies::new(&Issuer::parse(ORIGIN).unwrap(), "Vouchsafe").unwrap()
}

fn owner(handle: UserHandle) -> Owner<'static> {
    Owner { handle, username: "rose", display_name: "Rose" }
}

fn origin() -> Url {
    Url::parse(ORIGIN).unwrap()
}

/// What the browser would answer to a registration. The soft key refuses to be discoverable.
fn created(device: &mut SoftPasskey, options: &Value, origin: &Url) -> String {
    let mut options = options.clone();
    options["publicKey"]["authenticatorSelection"]["requireResidentKey"] = json!(false);
    let options = serde_json::from_value(options).unwrap();
    let answer = device.do_registration(origin.clone(), options).unwrap();
    serde_json::to_string(&answer).unwrap()
}

fn signed(device: &mut SoftPasskey, options: &Value) -> String {
    let options = serde_json::from_value(options.clone()).unwrap();
    serde_json::to_string(&device.do_authentication(origin(), options).unwrap()).unwrap()
}

fn passkey(c: &Ceremonies, device: &mut SoftPasskey, handle: UserHandle) -> StoredKey {
    let started = c.start_passkey_registration(owner(handle), (&[], Telling::Free), at(0)).unwrap();
    let answer = created(device, &started.options, &origin());
    c.finish_passkey_registration(&started.state, &answer, None, at(10)).unwrap()
}

fn security_key(c: &Ceremonies, device: &mut SoftPasskey, handle: UserHandle) -> StoredKey {
    let started = c.start_securitykey_registration(owner(handle), (&[], Telling::Free), at(0)).unwrap();
    let answer = created(device, &started.options, &origin());
    c.finish_securitykey_registration(&started.state, &answer, None, at(10)).unwrap()
}

/// The soft key signs only for keys it is told of: adds the one a discoverable question leaves out.
fn discovered(
    device: &mut SoftPasskey,
    options: &Value,
    key: &StoredKey,
    handle: Option<UserHandle>,
) -> String {
    let mut options = options.clone();
    let id = base64url(&key.credential_id);
    options["publicKey"]["allowCredentials"] = json!([{ "type": "public-key", "id": id }]);
    bent(&signed(device, &options), |answer| {
        answer["response"]["userHandle"] = handle.map_or(Value::Null, |h| json!(base64url(&h)));
    })
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

fn from_base64url(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn bent(answer: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut answer: Value = serde_json::from_str(answer).unwrap();
    change(&mut answer);
    answer.to_string()
}

/// Changes the signed client data, as a bad browser or a man in the middle would.
fn with_client_data(answer: &str, change: impl FnOnce(&mut Value)) -> String {
    bent(answer, |answer| {
        let data = &mut answer["response"]["clientDataJSON"];
        let mut inner: Value = serde_json::from_slice(&from_base64url(data.as_str().unwrap())).unwrap();
        change(&mut inner);
        *data = json!(base64url(inner.to_string().as_bytes()));
    })
}

#[test]
fn a_passkey_is_registered_and_signs_in() {
    let (c, mut device) = (ceremonies(), SoftPasskey::new(true));
    let started = c.start_passkey_registration(owner(HANDLE), (&[], Telling::Free), at(0)).unwrap();
    let options = &started.options["publicKey"];
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["authenticatorSelection"]["requireResidentKey"], true);
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["rp"]["id"], "id.example.org");
    assert_eq!(options["user"]["id"], base64url(&HANDLE));
    let mut key = {
        let answer = created(&mut device, &started.options, &origin());
        c.finish_passkey_registration(&started.state, &answer, None, at(299)).unwrap()
    };
    assert_eq!((key.kind, key.user_handle, key.created), (KeyKind::Passkey, HANDLE, at(299)));
    for round in 1..=3 {
        let stored = serde_json::to_string(&key).unwrap();
        let keys = [serde_json::from_str::<StoredKey>(&stored).unwrap()];
        let started = c.start_authentication(&keys, at(1000)).unwrap();
        assert_eq!(started.options["publicKey"]["userVerification"], "required");
        let answer = signed(&mut device, &started.options);
        let used = c.finish_authentication(&started.state, &answer, &keys, at(1001)).unwrap();
        assert!(used.user_verified);
        assert_eq!((used.counter, used.updated.counter), (round, round));
        assert_eq!(used.credential_id, key.credential_id);
        key = used.updated;
    }
}

#[test]
fn a_security_key_signs_beside_passkeys_and_its_flag_is_told() {
    let (c, mut touch, mut device) = (ceremonies(), SoftPasskey::new(false), SoftPasskey::new(true));
    let asked = c.start_securitykey_registration(owner(HANDLE), (&[], Telling::Free), at(0)).unwrap().options;
    assert!(!asked.to_string().contains("credentialProtectionPolicy"), "a key without a PIN must do");
    assert_eq!(asked["publicKey"]["authenticatorSelection"]["userVerification"], "preferred");
    let key = security_key(&c, &mut touch, HANDLE);
    let passkey = passkey(&c, &mut device, HANDLE);
    let keys = [passkey, key];
    let started = c.start_authentication(&keys, at(0)).unwrap();
    assert_eq!(started.options["publicKey"]["userVerification"], "preferred");
    assert_eq!(started.options["publicKey"]["allowCredentials"].as_array().unwrap().len(), 2);
    assert!(started.options["publicKey"].get("hints").is_none());
    let used =
        c.finish_authentication(&started.state, &signed(&mut touch, &started.options), &keys, at(1)).unwrap();
    assert_eq!((used.kind, used.user_verified), (KeyKind::SecurityKey, false));
    // The passkey in the same question must verify its user, whatever the question preferred.
    let answer = signed(&mut device, &started.options);
    let refused = c.finish_authentication(&started.state, &answer, &keys, at(1)).unwrap_err();
    assert_eq!(refused, Rejected::NotVerified);
}

#[test]
fn a_discovered_passkey_names_its_person() {
    let (c, mut device) = (ceremonies(), SoftPasskey::new(true));
    let key = passkey(&c, &mut device, HANDLE);
    let keys = [key.clone()];
    let started = c.start_discoverable(at(0)).unwrap();
    assert_eq!(started.options["mediation"], "conditional");
    let answer = discovered(&mut device, &started.options, &key, Some(HANDLE));
    assert_eq!(c.identify(&answer).unwrap(), (HANDLE, key.credential_id.clone()));
    let used = c.finish_discoverable(&started.state, &answer, &keys, at(1)).unwrap();
    assert!(used.user_verified && used.counter == 1);

    for handle in [None, Some([8; 16])] {
        let answer = discovered(&mut device, &started.options, &key, handle);
        let refused = c.finish_discoverable(&started.state, &answer, &keys, at(1)).unwrap_err();
        assert_eq!(refused, Rejected::UnknownCredential);
    }
    let mut touch = SoftPasskey::new(true);
    let second = [security_key(&c, &mut touch, HANDLE)];
    let answer = discovered(&mut touch, &started.options, &second[0], Some(HANDLE));
    let refused = c.finish_discoverable(&started.state, &answer, &second, at(1)).unwrap_err();
    assert_eq!(refused, Rejected::UnknownCredential, "a security key signs nobody in alone");
}

#[test]
fn another_origin_is_refused() {
    let (c, mut device) = (ceremonies(), SoftPasskey::new(true));
    for other in ["https://id.example.org", "https://id.example.org:8444", "https://www.id.example.org:8443"]
    {
        let started = c.start_passkey_registration(owner(HANDLE), (&[], Telling::Free), at(0)).unwrap();
        let answer = created(&mut device, &started.options, &Url::parse(other).unwrap());
        let refused = c.finish_passkey_registration(&started.state, &answer, None, at(1)).unwrap_err();
        assert_eq!(refused, Rejected::WrongOrigin, "{other}");
    }
    let keys = [passkey(&c, &mut device, HANDLE)];
    let started = c.start_authentication(&keys, at(0)).unwrap();
    let answer = signed(&mut device, &started.options);
    for (field, value) in [
        ("origin", json!("https://id.example.org.evil.example")),
        ("origin", json!("https://evil.example")),
        ("crossOrigin", json!(true)),
        ("topOrigin", json!("https://evil.example")),
    ] {
        let answer = with_client_data(&answer, |data| data[field] = value);
        let refused = c.finish_authentication(&started.state, &answer, &keys, at(1)).unwrap_err();
        assert_eq!(refused, Rejected::WrongOrigin, "{field}");
    }
}

#[test]
fn changed_answers_are_refused() {
    let (c, mut device) = (ceremonies(), SoftPasskey::new(true));
    let keys = [passkey(&c, &mut device, HANDLE)];
    let started = c.start_authentication(&keys, at(0)).unwrap();
    let answer = signed(&mut device, &started.options);
    let try_it = |answer: String| c.finish_authentication(&started.state, &answer, &keys, at(1)).unwrap_err();
    let invalid = |rejected: Rejected| assert!(matches!(rejected, Rejected::Invalid(_)), "{rejected:?}");
    invalid(try_it(with_client_data(&answer, |data| data["challenge"] = json!(base64url(&[1; 32])))));
    invalid(try_it(with_client_data(&answer, |data| data["type"] = json!("webauthn.create"))));
    invalid(try_it(with_client_data(&answer, |data| data["extra"] = json!("unsigned"))));
    let flip = |field: &'static str, byte: usize, bit: u8| {
        bent(&answer, |answer| {
            let mut bytes = from_base64url(answer["response"][field].as_str().unwrap());
            bytes[byte] ^= bit;
            answer["response"][field] = json!(base64url(&bytes));
        })
    };
    invalid(try_it(flip("authenticatorData", 0, 1)));
    invalid(try_it(flip("authenticatorData", 32, 1)));
    assert_eq!(try_it(flip("authenticatorData", 32, 4)), Rejected::NotVerified);
    invalid(try_it(flip("authenticatorData", 36, 8)));
    invalid(try_it(flip("signature", 20, 1)));
    assert_eq!(try_it("{}".to_owned()), Rejected::Malformed);
    assert_eq!(try_it(format!("{answer}{}", " ".repeat(JSON_LIMIT))), Rejected::Malformed);
    assert!(c.finish_authentication(&started.state, &answer, &keys, at(1)).is_ok(), "unchanged it is good");
}

#[test]
fn a_state_serves_its_own_ceremony_for_five_minutes() {
    let (c, mut device) = (ceremonies(), SoftPasskey::new(true));
    let keys = [passkey(&c, &mut device, HANDLE)];
    let first = c.start_authentication(&keys, at(0)).unwrap();
    let second = c.start_authentication(&keys, at(0)).unwrap();
    let answer = signed(&mut device, &first.options);
    let finish = |state: &str, now| c.finish_authentication(state, &answer, &keys, now);
    for late in [at(300), at(100_000), at(-1)] {
        assert_eq!(finish(&first.state, late).unwrap_err(), Rejected::Expired);
    }
    assert!(matches!(finish(&second.state, at(1)), Err(Rejected::Invalid(_))), "another question's answer");
    let discover = c.start_discoverable(at(0)).unwrap();
    let register = c.start_passkey_registration(owner(HANDLE), (&[], Telling::Free), at(0)).unwrap();
    for other in [discover.state.as_str(), &register.state, "", "{}"] {
        assert_eq!(finish(other, at(1)).unwrap_err(), Rejected::WrongCeremony);
    }
    let new = created(&mut device, &register.options, &origin());
    let as_second = c.finish_securitykey_registration(&register.state, &new, None, at(1)).unwrap_err();
    assert_eq!(as_second, Rejected::WrongCeremony);
    // A replay of the whole ceremony meets the counter that was stored meanwhile.
    let used = finish(&first.state, at(299)).unwrap();
    let again = c.finish_authentication(&first.state, &answer, &[used.updated], at(299)).unwrap_err();
    assert_eq!(again, Rejected::CounterWentBack);
}

#[test]
fn other_peoples_and_removed_keys_are_refused() {
    let (c, mut hers, mut his) = (ceremonies(), SoftPasskey::new(true), SoftPasskey::new(true));
    let (rose, jack) = ([passkey(&c, &mut hers, HANDLE)], [passkey(&c, &mut his, [9; 16])]);
    let for_rose = c.start_authentication(&rose, at(0)).unwrap();
    let for_jack = c.start_authentication(&jack, at(0)).unwrap();
    let jacks = signed(&mut his, &for_jack.options);
    let unknown = |state: &str, answer: &str, keys: &[StoredKey]| {
        let refused = c.finish_authentication(state, answer, keys, at(1)).unwrap_err();
        assert_eq!(refused, Rejected::UnknownCredential);
    };
    unknown(&for_rose.state, &jacks, &rose);
    unknown(&for_rose.state, &jacks, &jack);
    unknown(&for_jack.state, &jacks, &rose);
    unknown(&for_jack.state, &jacks, &[]);
    unknown(
        &for_jack.state,
        &bent(&jacks, |a| a["response"]["userHandle"] = json!(base64url(&HANDLE))),
        &jack,
    );
    assert_eq!(c.start_authentication(&[], at(0)).unwrap_err(), Rejected::UnknownCredential);
    assert!(c.finish_authentication(&for_jack.state, &jacks, &jack, at(1)).is_ok());
}

#[test]
fn a_copied_key_is_noticed() {
    let (c, mut device) = (ceremonies(), SoftPasskey::new(true));
    let mut key = passkey(&c, &mut device, HANDLE);
    let started = c.start_authentication(std::slice::from_ref(&key), at(0)).unwrap();
    let answer = signed(&mut device, &started.options);
    for stored in [1, 2, 50] {
        key.counter = stored;
        let keys = [key.clone()];
        let refused = c.finish_authentication(&started.state, &answer, &keys, at(1)).unwrap_err();
        assert_eq!(refused, Rejected::CounterWentBack);
    }
}

#[test]
fn a_registration_without_user_verification_is_no_passkey() {
    let (c, mut device) = (ceremonies(), SoftPasskey::new(true));
    let started = c.start_passkey_registration(owner(HANDLE), (&[], Telling::Free), at(0)).unwrap();
    // A browser that lowers the question: the answer's flag is what counts.
    let mut options = started.options.clone();
    options["publicKey"]["authenticatorSelection"]["userVerification"] = json!("preferred");
    let answer = created(&mut device, &options, &origin());
    let refused = c.finish_passkey_registration(&started.state, &answer, None, at(1)).unwrap_err();
    assert_eq!(refused, Rejected::NotVerified);
}

#[test]
fn keys_already_held_are_excluded_and_transports_told() {
    let (c, mut device) = (ceremonies(), SoftPasskey::new(true));
    let mut key = passkey(&c, &mut device, HANDLE);
    key.transports = vec!["internal".to_owned(), "hybrid".to_owned()];
    let keys = [key];
    let id = base64url(&keys[0].credential_id);
    let started = c.start_passkey_registration(owner(HANDLE), (&keys, Telling::Free), at(0)).unwrap();
    assert_eq!(started.options["publicKey"]["excludeCredentials"][0]["id"], id);
    let started = c.start_authentication(&keys, at(0)).unwrap();
    let allowed = &started.options["publicKey"]["allowCredentials"][0];
    assert_eq!(*allowed, json!({ "type": "public-key", "id": id, "transports": ["internal", "hybrid"] }));
}

#[test]
fn handles_are_the_accounts_ids() {
    let account = AccountId::new(at(0), &crate::base::Entropy::system());
    let handle = user_handle(&account).unwrap();
    assert_eq!(account_of(&handle), account);
    assert_eq!(user_handle(&AccountId::from_text("rose")), None);
    assert!(Ceremonies::new(&Issuer::parse("http://127.0.0.1:8080").unwrap(), "V").is_err());
    assert!(Ceremonies::new(&Issuer::parse("http://localhost:8080").unwrap(), "V").is_ok());
}

/// What metadata would say of a token's model, with a root that vouches for it or another's.
fn metadata(roots: &SoftToken) -> Metadata {
    let root = serde_json::to_value(roots).unwrap()["ca_cert"].as_str().unwrap().to_owned();
    let root = URL_SAFE_NO_PAD.decode(root).unwrap();
    let entry = Entry { name: "Soft Token".to_owned(), distrusted: None, roots: vec![root] };
    let models = [(Aaguid::parse(&AAGUID.to_string()).unwrap(), entry)].into();
    Metadata { number: 1, next_update: String::new(), stale_at: at(0), models }
}

#[test]
fn a_key_says_what_it_is_and_its_maker_vouches_for_it_or_not() {
    let c = ceremonies();
    let (mut token, _) = SoftToken::new(true).unwrap();
    let (strange, _) = SoftToken::new(true).unwrap();
    let told = Aaguid::parse(&AAGUID.to_string()).unwrap();
    let (good, others) = (metadata(&token), metadata(&strange));
    for (metadata, attested) in [(Some(&good), true), (Some(&others), false), (None, false)] {
        for kind in [KeyKind::Passkey, KeyKind::SecurityKey] {
            let asked = (&[] as &[StoredKey], Telling::Asked);
            let passkey = kind == KeyKind::Passkey;
            let started = match passkey {
                true => c.start_passkey_registration(owner(HANDLE), asked, at(0)).unwrap(),
                false => c.start_securitykey_registration(owner(HANDLE), asked, at(0)).unwrap(),
            };
            assert_eq!(started.options["publicKey"]["attestation"], "direct");
            let mut options = started.options.clone();
            options["publicKey"]["authenticatorSelection"]["requireResidentKey"] = json!(false);
            let options = serde_json::from_value(options).unwrap();
            let answer = token.do_registration(origin(), options).unwrap();
            let answer = serde_json::to_string(&answer).unwrap();
            let key = match passkey {
                true => c.finish_passkey_registration(&started.state, &answer, metadata, at(1)),
                false => c.finish_securitykey_registration(&started.state, &answer, metadata, at(1)),
            };
            let model = key.unwrap().model;
            assert_eq!(model, Model { aaguid: Some(told), attested }, "{kind:?}");
        }
    }
    // Zeros say nothing, whoever vouches.
    let key = passkey(&c, &mut SoftPasskey::new(true), HANDLE);
    assert_eq!(key.model, Model::default());
}
