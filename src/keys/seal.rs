//! Envelope encryption: a master key wraps a data key per person, the data key seals what is known of them.
//!
//! Sealed form: one version byte, a random 96-bit nonce, AES-256-GCM ciphertext and tag. The context (what it
//! is and whose) is authenticated, so a sealed value moved to another row does not open. Deleting a data key
//! makes everything under it unreadable.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::base::{AccountId, Digest, Entropy, Secret};

/// First byte of everything sealed; another value is another format.
const VERSION: u8 = 1;

/// A sealed value did not open: another key, another context, or changed bytes. Never says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value does not open")]
pub struct NotOpened;

/// A key file's text is not of the wanted form; never repeats what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key file holds one line `{wanted}<43 characters of base64url>`")]
pub struct NoKeyFile {
    wanted: &'static str,
}

const MASTER: [&str; 2] = ["vouchsafe-master-key:v1:", "vouchsafe-demo-master-key:v1:"];
const INDEX: [&str; 2] = ["vouchsafe-index-key:v1:", "vouchsafe-demo-index-key:v1:"];

/// The key over all data keys, from `secrets.master_key_file`. Cheap to clone.
#[derive(Clone)]
pub struct MasterKey {
    key: std::sync::Arc<Zeroizing<[u8; 32]>>,
    demo: bool,
}

impl MasterKey {
    /// Reads the text of a key file: `vouchsafe-master-key:v1:<base64url of 32 bytes>`.
    pub fn from_file_text(text: &str) -> Result<Self, NoKeyFile> {
        let (key, demo) = read_key_file(text, MASTER)?;
        Ok(Self { key: std::sync::Arc::new(key), demo })
    }

    /// The text of a new key file; `demo` marks a key that `serve` refuses.
    pub fn new_file_text(entropy: &Entropy, demo: bool) -> Secret<String> {
        new_key_file(entropy, MASTER, demo)
    }

    /// Whether it is a key of the demo, which anybody may know.
    pub fn is_demo(&self) -> bool {
        self.demo
    }

    /// A key for one purpose (HKDF-SHA256, RFC 5869); equal labels give equal keys.
    pub fn derive(&self, label: &str) -> [u8; 32] {
        let mut out = [0; 32];
        let prk = Salt::new(HKDF_SHA256, b"vouchsafe").extract(self.key.as_slice());
        let info = [b"v1:", label.as_bytes()];
        let filled = prk.expand(&info, HKDF_SHA256).and_then(|okm| okm.fill(&mut out));
        fail_closed(filled);
        out
    }

    /// Seals what belongs to no person: signing keys, client secrets.
    pub fn seal(&self, context: &str, plaintext: &[u8]) -> Vec<u8> {
        seal(&Zeroizing::new(self.derive("seal")), context, plaintext)
    }

    /// Opens what [`Self::seal`] made under the same context.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, NotOpened> {
        open(&Zeroizing::new(self.derive("seal")), context, sealed)
    }

    fn wrapping(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.derive("wrap data keys"))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// The key over one person's data; kept wrapped in the key store and nowhere else.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// Draws a new key.
    pub fn generate(entropy: &Entropy) -> Self {
        Self(Zeroizing::new(entropy.bytes()))
    }

    /// The form the key store keeps; bound to `person`.
    pub fn wrap(&self, master: &MasterKey, person: &AccountId) -> Vec<u8> {
        seal(&master.wrapping(), &wrap_context(person), self.0.as_slice())
    }

    /// Opens what [`Self::wrap`] made for the same person.
    pub fn unwrap(master: &MasterKey, person: &AccountId, wrapped: &[u8]) -> Result<Self, NotOpened> {
        let bytes = open(&master.wrapping(), &wrap_context(person), wrapped)?;
        let key = bytes.expose().as_slice().try_into().map_err(|_| NotOpened)?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// Seals `plaintext`; `context` says what it is and whose (`email:<account>`), and is needed to open it.
    pub fn seal(&self, context: &str, plaintext: &[u8]) -> Vec<u8> {
        seal(&self.0, context, plaintext)
    }

    /// Opens what [`Self::seal`] made under the same context.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, NotOpened> {
        open(&self.0, context, sealed)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(…)")
    }
}

/// The key under which names and addresses are looked up, from `secrets.index_key_file`.
#[derive(Clone)]
pub struct IndexKey {
    key: std::sync::Arc<Zeroizing<[u8; 32]>>,
    demo: bool,
}

impl IndexKey {
    /// Reads the text of a key file: `vouchsafe-index-key:v1:<base64url of 32 bytes>`.
    pub fn from_file_text(text: &str) -> Result<Self, NoKeyFile> {
        let (key, demo) = read_key_file(text, INDEX)?;
        Ok(Self { key: std::sync::Arc::new(key), demo })
    }

    /// The text of a new key file; `demo` marks a key that `serve` refuses.
    pub fn new_file_text(entropy: &Entropy, demo: bool) -> Secret<String> {
        new_key_file(entropy, INDEX, demo)
    }

    /// Whether it is a key of the demo, which anybody may know.
    pub fn is_demo(&self) -> bool {
        self.demo
    }

    /// What is stored to find `text` again; equal texts of different kinds have different digests.
    ///
    /// The caller brings `text` to its canonical form first.
    pub fn digest(&self, kind: &str, text: &str) -> Digest {
        Digest::from_bytes(derive_mac(&self.key, &[b"index", kind.as_bytes(), text.as_bytes()]))
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexKey(…)")
    }
}

/// HMAC-SHA256 over `parts`, each behind its length, so that no two lists of parts give the same input.
pub fn derive_mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(mac.sign().as_ref());
    out
}

fn wrap_context(person: &AccountId) -> String {
    format!("data-key:{person}")
}

fn seal(key: &[u8; 32], context: &str, plaintext: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plaintext.len() + 16);
    let mut body = Vec::with_capacity(plaintext.len() + 16);
    body.extend_from_slice(plaintext);
    let nonce = RandomizedNonceKey::new(&AES_256_GCM, key)
        .and_then(|key| key.seal_in_place_append_tag(aad(context), &mut body));
    let nonce = fail_closed(nonce);
    sealed.push(VERSION);
    sealed.extend_from_slice(nonce.as_ref());
    sealed.append(&mut body);
    sealed
}

fn open(key: &[u8; 32], context: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, NotOpened> {
    let rest = sealed.strip_prefix(&[VERSION]).ok_or(NotOpened)?;
    let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(NotOpened)?;
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| NotOpened)?;
    let mut body = Zeroizing::new(body.to_vec());
    let plaintext = key
        .open_in_place(Nonce::assume_unique_for_key(*nonce), aad(context), &mut body)
        .map_err(|_| NotOpened)?;
    Ok(Secret::new(plaintext.to_vec()))
}

fn aad(context: &str) -> Aad<Vec<u8>> {
    Aad::from([&[VERSION], context.as_bytes()].concat())
}

/// Sealing fails only when the random generator does: going on without it would be worse than ending.
fn fail_closed<T, E>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|_| std::process::abort())
}

fn read_key_file(text: &str, kinds: [&'static str; 2]) -> Result<(Zeroizing<[u8; 32]>, bool), NoKeyFile> {
    let [real, demo] = kinds;
    let refused = NoKeyFile { wanted: real };
    let line = text.trim();
    let (body, is_demo) = match (line.strip_prefix(real), line.strip_prefix(demo)) {
        (Some(body), _) => (body, false),
        (None, Some(body)) => (body, true),
        (None, None) => return Err(refused),
    };
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(body).map_err(|_| refused)?);
    let key = bytes.as_slice().try_into().map_err(|_| refused)?;
    Ok((Zeroizing::new(key), is_demo))
}

fn new_key_file(entropy: &Entropy, [real, demo]: [&'static str; 2], is_demo: bool) -> Secret<String> {
    let key = Zeroizing::new(entropy.bytes::<32>());
    let prefix = if is_demo { demo } else { real };
    Secret::new(format!("{prefix}{}\n", URL_SAFE_NO_PAD.encode(key.as_slice())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn master() -> MasterKey {
        MasterKey::from_file_text(MasterKey::new_file_text(&Entropy::system(), false).expose()).unwrap()
    }

    #[test]
    fn key_files_are_read_back_and_say_whether_they_are_the_demos() {
        let entropy = Entropy::system();
        for demo in [false, true] {
            let master = MasterKey::new_file_text(&entropy, demo);
            assert_eq!(MasterKey::from_file_text(master.expose()).unwrap().is_demo(), demo);
            assert!(IndexKey::from_file_text(master.expose()).is_err());
            let index = IndexKey::new_file_text(&entropy, demo);
            assert_eq!(IndexKey::from_file_text(index.expose()).unwrap().is_demo(), demo);
            assert!(MasterKey::from_file_text(index.expose()).is_err());
        }
        for bad in ["", "vouchsafe-master-key:v1:", "vouchsafe-master-key:v1:AAAA", "AAAA"] {
            let refused = MasterKey::from_file_text(bad).unwrap_err().to_string();
            assert!(refused.contains("vouchsafe-master-key:v1:"));
        }
    }

    #[test]
    fn a_sealed_value_opens_under_its_key_context_and_bytes_alone() {
        let key = DataKey::generate(&Entropy::system());
        let sealed = key.seal("email:1", b"rose@example.org");
        assert_eq!(key.open("email:1", &sealed).unwrap().expose(), b"rose@example.org");
        assert!(key.open("email:2", &sealed).is_err());
        assert!(DataKey::generate(&Entropy::system()).open("email:1", &sealed).is_err());
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(key.open("email:1", &changed).is_err());
            assert!(key.open("email:1", &sealed[..place]).is_err());
        }
        assert_ne!(sealed, key.seal("email:1", b"rose@example.org"));
    }

    #[test]
    fn a_data_key_unwraps_for_its_person_alone() {
        let (master, key) = (master(), DataKey::generate(&Entropy::system()));
        let (rose, tom) = (AccountId::from_text("rose"), AccountId::from_text("tom"));
        let wrapped = key.wrap(&master, &rose);
        let again = DataKey::unwrap(&master, &rose, &wrapped).unwrap();
        assert!(again.open("x", &key.seal("x", b"y")).is_ok());
        assert!(DataKey::unwrap(&master, &tom, &wrapped).is_err());
        assert!(DataKey::unwrap(&self::master(), &rose, &wrapped).is_err());
        assert!(master.open("data-key:rose", &wrapped).is_err());
    }

    #[test]
    fn derivations_differ_by_label_and_parts() {
        let master = master();
        assert_eq!(master.derive("a"), master.derive("a"));
        assert_ne!(master.derive("a"), master.derive("b"));
        let key = [7; 32];
        assert_ne!(derive_mac(&key, &[b"ab", b"c"]), derive_mac(&key, &[b"a", b"bc"]));
        assert_ne!(derive_mac(&key, &[b"ab"]), derive_mac(&key, &[b"ab", b""]));
        let index =
            IndexKey::from_file_text(IndexKey::new_file_text(&Entropy::system(), true).expose()).unwrap();
        assert_eq!(index.digest("email", "a"), index.digest("email", "a"));
        assert_ne!(index.digest("email", "a"), index.digest("username", "a"));
        assert_ne!(index.digest("email", "a"), index.digest("emaila", ""));
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(context in ".{0,40}", text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let key = DataKey::generate(&Entropy::system());
            let opened = key.open(&context, &key.seal(&context, &text)).unwrap();
            prop_assert_eq!(opened.expose(), &text);
        }

        #[test]
        fn rubbish_never_opens(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(DataKey::generate(&Entropy::system()).open("", &bytes).is_err());
        }
    }
}
