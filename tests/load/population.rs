//! The people of the benchmark: everything about number `n` follows from `n`, so nothing about a million of them
//! is kept. Sealed with the program's own functions under keys of their own.

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use vouchsafe::base::{
    AccountId, Digest, Entropy, FactorId, OrganisationId, Role, SessionId, Timestamp, Token, TokenKind, text,
};
use vouchsafe::ephemeral::{Embedded, Space};
use vouchsafe::factors::password::{self, Blocks, Params};
use vouchsafe::factors::{FactorKind, Proof, totp};
use vouchsafe::flows::codes::Totp;
use vouchsafe::identity::{Account, Profile, State};
use vouchsafe::keys::seal::{DataKey, IndexKey, MasterKey};
use vouchsafe::sessions::{BrowserSession, limits};
use vouchsafe::store::{accounts, factors};

use crate::rows::{Chunk, Dialect, Row};

/// How many passwords, and precomputed hashes, everybody shares.
pub const PASSWORDS: u64 = 10;
/// How long ago the accounts were created; long enough that a new browser is worth a notice.
const AGE: i64 = 86_400;

/// What is known of person `n`.
#[derive(Clone, Copy, Debug)]
pub struct Person(pub u64);

impl Person {
    /// What they type.
    pub fn username(self) -> String {
        format!("person{:07}", self.0)
    }

    /// Their password, one of ten.
    pub fn password(self) -> String {
        format!("quartz lantern {} meadow", self.0 % PASSWORDS)
    }

    /// The key of their code app.
    pub fn totp(self) -> totp::Secret {
        let bytes = *Digest::of(format!("code app of {}", self.0)).as_bytes();
        totp::Secret::from_bytes(bytes.first_chunk::<20>().copied().unwrap_or_default())
    }

    /// The value of the session cookie they came with.
    pub fn session(self) -> Token {
        let body = Digest::of(format!("session of {}", self.0));
        Token::seal(TokenKind::Session, &URL_SAFE_NO_PAD.encode(body.as_bytes()))
    }
}

/// The ten hashes at the default cost.
pub fn hashes() -> Result<Vec<String>> {
    let mut blocks = Blocks::new();
    let hash = |n| password::hash_into(&mut blocks, &Person(n).password(), &[7; 16], &Params::default());
    (0..PASSWORDS).map(hash).collect::<Result<_, _>>().context("no memory for a hash")
}

/// Seals people with the keys of an installation.
pub struct Sealer {
    /// Wraps data keys.
    pub master: MasterKey,
    /// Digests names.
    pub index: IndexKey,
    /// The ten hashes.
    pub hashes: Vec<String>,
    /// The moment of loading.
    pub now: Timestamp,
    /// How the database's text looks.
    pub dialect: Dialect,
    /// Seals sessions as rows, where they are kept in the database.
    pub embedded: Option<Embedded>,
    /// The source of keys and nonces.
    pub entropy: Entropy,
}

impl Sealer {
    /// Rows of the people `from..to` of `count`.
    pub fn chunk(&self, from: u64, to: u64, count: u64) -> Result<Chunk> {
        let mut chunk = Chunk::default();
        for n in from..to {
            self.person(Person(n), count, &mut chunk)?;
        }
        Ok(chunk)
    }

    fn person(&self, person: Person, count: u64, chunk: &mut Chunk) -> Result<()> {
        let age = i64::try_from(count - person.0)?;
        let created = Timestamp::from_micros(self.now.plus(-AGE).micros() - age * 1_000);
        let (username, email) = (person.username(), format!("{}@riverside.example", person.username()));
        let claims =
            json!({ "name": format!("Person {}", person.0), "birthdate": "1950-02-01", "locale": "en" });
        let profile =
            Profile::new(&username, Some(&email), true, claims.as_object().cloned().unwrap_or_default())?;
        let account = Account {
            id: AccountId::new(created, &self.entropy),
            organisation: OrganisationId::root(),
            role: Role::Patient,
            state: State::Active,
            profile,
            valid_after: created,
            created_at: created,
            reset_at: None,
        };
        let (id, at) = (account.id.as_str(), created.micros());
        let key = DataKey::generate(&self.entropy);
        let row = || Row::of(self.dialect);
        chunk.data_keys.push(&row().text(id).bytes(&key.wrap(&self.master, &account.id)).number(at));
        let sealed = accounts::sealed_profile(&account, &key)?;
        let words = (account.organisation.as_str(), account.role.as_str(), account.state.as_str());
        let line = row().text(id).text(words.0).text(words.1).text(words.2).bytes(&sealed);
        chunk.accounts.push(&line.number(at).number(at).number(at));
        for (typed, kind) in [(&username, "username"), (&email, "email")] {
            let canonical = text::canonical_identifier(typed).context("identifier")?;
            let digest = self.index.digest("identifier", &canonical);
            chunk.identifiers.push(&row().bytes(digest.as_bytes()).text(id).text(kind));
        }
        let hash = self.hashes.get(usize::try_from(person.0 % PASSWORDS)?).context("hash")?;
        let app = Totp {
            secret: person.totp().expose().to_vec(),
            label: String::new(),
            hash: totp::Hash::default(),
        };
        let password = self.factor(FactorKind::Password, hash, &account, &key, chunk)?;
        let totp = self.factor(FactorKind::Totp, &app, &account, &key, chunk)?;
        self.session(person, &account, [(FactorKind::Password, password), (FactorKind::Totp, totp)], chunk)
    }

    fn factor<T: serde::Serialize>(
        &self,
        kind: FactorKind,
        payload: &T,
        account: &Account,
        key: &DataKey,
        chunk: &mut Chunk,
    ) -> Result<FactorId> {
        let id = FactorId::new(account.created_at, &self.entropy);
        let sealed = factors::seal(payload, &id, key)?;
        let row = Row::of(self.dialect)
            .text(id.as_str())
            .text(account.id.as_str())
            .text(kind.as_str())
            .bytes(&sealed);
        chunk.factors.push(&row.null().null().number(1).number(account.created_at.micros()).null().null());
        Ok(id)
    }

    /// A session as a finished sign-in leaves it.
    fn session(
        &self,
        person: Person,
        account: &Account,
        proved: [(FactorKind, FactorId); 2],
        chunk: &mut Chunk,
    ) -> Result<()> {
        let proofs =
            proved.map(|(method, factor)| Proof { method, at: self.now, factor, user_verified: false });
        let sid = SessionId::new(self.now, &self.entropy);
        let session = BrowserSession::begin(sid, account.id.clone(), account.role, proofs.to_vec(), self.now);
        let value = serde_json::to_vec(&session)?;
        let id = person.session().digest();
        let Some(embedded) = &self.embedded else {
            chunk.sessions.push((id, value, session.remaining(limits(session.role), self.now)));
            return Ok(());
        };
        let kept = embedded.kept(Space::Session, &id, &value, b"", session.until(limits(session.role)))?;
        let row =
            Row::of(self.dialect).text(Space::Session.as_str()).bytes(id.as_bytes()).number(kept.version);
        chunk.ephemeral.push(&row.bytes(&kept.value).bytes(&kept.note).number(kept.expires_at.micros()));
        Ok(())
    }
}
