//! The people of the benchmark: everything about number `n` follows from `n`, so nothing about a million of them
//! is kept. Sealed with the program's own functions under keys of their own.

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use vouchsafe::audit::chain::{self, link};
use vouchsafe::audit::{Actor, Kind, Outcome};
use vouchsafe::base::{
    AccountId, Digest, Entropy, EventId, FactorId, Role, SessionId, Timestamp, Token, TokenKind, text,
};
use vouchsafe::duties::Organisation;
use vouchsafe::ephemeral::{Embedded, Space};
use vouchsafe::factors::password::{self, Blocks, Params};
use vouchsafe::factors::{FactorKind, Proof, totp};
use vouchsafe::flows::admin::enrolments::name_words;
use vouchsafe::flows::codes::Totp;
use vouchsafe::identity::{Account, Profile, State};
use vouchsafe::keys::seal::{DataKey, IndexKey, MasterKey};
use vouchsafe::policy::Arms;
use vouchsafe::policy::enrolment::{Strongest, stage, strongest};
use vouchsafe::sessions::{BrowserSession, limits};
use vouchsafe::store::{accounts, enrolments, factors};

use crate::rows::{Chunk, Dialect, Row};

/// How many passwords, and precomputed hashes, everybody shares.
pub const PASSWORDS: u64 = 10;
/// How long ago the accounts were created; long enough that a new browser is worth a notice.
const AGE: i64 = 86_400;

/// Of so many people one was only invited; they come after everybody else.
pub const INVITED: u64 = 100;

const GIVEN: [&str; 32] = [
    "Ada", "Amara", "Anna", "Béla", "Carmen", "Chidi", "David", "Elif", "Fatima", "Georg", "Hana", "Ida",
    "Ines", "Ivan", "Jana", "José", "Karim", "Lars", "Leila", "Maria", "Mehmet", "Nadia", "Noor", "Olga",
    "Paul", "Priya", "Rosa", "Samir", "Sofia", "Tomás", "Yusuf", "Zoë",
];
const SYLLABLES: [&str; 24] = [
    "ba", "cor", "dan", "el", "far", "gold", "har", "in", "ka", "lind", "mar", "nor", "o", "pet", "ren",
    "sal", "schmid", "tar", "ul", "ven", "wal", "xi", "ya", "zim",
];

/// What is known of person `n`.
#[derive(Clone, Copy, Debug)]
pub struct Person(pub u64);

impl Person {
    /// What they type.
    pub fn username(self) -> String {
        format!("person{:07}", self.0)
    }

    /// What they are called: 32 given names and 13,824 family names.
    pub fn name(self) -> String {
        let mixed = self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 24;
        let part = |list: &[&'static str], by: u64| {
            let many = list.len() as u64;
            usize::try_from(mixed / by % many).ok().and_then(|at| list.get(at).copied()).unwrap_or_default()
        };
        let family = [part(&SYLLABLES, 32), part(&SYLLABLES, 768), part(&SYLLABLES, 18_432)].concat();
        format!(
            "{} {}{}",
            part(&GIVEN, 1),
            family.get(..1).unwrap_or_default().to_uppercase(),
            family.get(1..).unwrap_or_default()
        )
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
    /// Where people belong, in turn.
    pub organisations: Vec<Organisation>,
    /// The chain of what these people did, and its head so far.
    pub chain: Chain,
}

/// A chain of events in the making.
pub struct Chain {
    /// Its name.
    pub id: String,
    /// How many events it has.
    pub seq: i64,
    /// The hash of the last one.
    pub hash: Digest,
}

impl Chain {
    /// Without events.
    pub fn begin(id: &str) -> Self {
        Self { id: id.to_owned(), seq: 0, hash: chain::origin(id) }
    }
}

impl Sealer {
    /// Rows of the people `from..to` of `count`.
    pub fn chunk(&mut self, from: u64, to: u64, count: u64) -> Result<Chunk> {
        let mut chunk = Chunk::default();
        for n in from..to {
            let age = i64::try_from((count - n) * 1_000)?;
            self.person(Person(n), age, &mut chunk)?;
            if n.is_multiple_of(INVITED) {
                self.invited(Person(count + n / INVITED), age + 500, &mut chunk)?;
            }
        }
        Ok(chunk)
    }

    /// The account of a person created so many microseconds before the youngest, with everything but factors.
    fn account(
        &self,
        person: Person,
        age: i64,
        state: State,
        held: &[FactorKind],
        chunk: &mut Chunk,
    ) -> Result<(Account, DataKey)> {
        let created = Timestamp::from_micros(self.now.plus(-AGE).micros() - age);
        let (username, email) = (person.username(), format!("{}@riverside.example", person.username()));
        let claims = json!({ "name": person.name(), "birthdate": "1950-02-01", "locale": "en" });
        let profile =
            Profile::new(&username, Some(&email), true, claims.as_object().cloned().unwrap_or_default())?;
        let many = self.organisations.len() as u64;
        let home = self.organisations.get(usize::try_from(person.0 % many)?).context("organisation")?;
        let account = Account {
            id: AccountId::new(created, &self.entropy),
            organisation: home.id.clone(),
            role: Role::Patient,
            state,
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
        self.listed(&account, home, held, chunk);
        Ok((account, key))
    }

    /// Their place in the lists, and what they are found by.
    fn listed(&self, account: &Account, home: &Organisation, held: &[FactorKind], chunk: &mut Chunk) {
        let number = enrolments::number(&account.id);
        let arms = Arms { enabled: held.to_vec(), ..Arms::default() };
        let (stage, strongest) = (stage(account.role, account.state, &arms), strongest(&arms));
        let mut row = Row::of(self.dialect).text(account.id.as_str()).number(number).text(home.id.as_str());
        let mut places = home.path.ids().skip(1);
        for _ in 0..4 {
            row = row.text(places.next().as_ref().map_or("", |id| id.as_str()));
        }
        row = row.text(account.role.as_str()).text(account.state.as_str()).text(stage.as_str());
        row = row.text(strongest.as_str()).truth(true);
        let at = account.created_at.micros();
        let reached = strongest != Strongest::Nothing;
        row = if reached { row.number(at).number(at) } else { row.null().null() };
        chunk.enrolments.push(&row.null().null().null().number(at));
        for word in name_words(&self.index, &account.profile) {
            chunk.name_words.push(&Row::of(self.dialect).number(word).number(number));
        }
    }

    /// Somebody who was invited and has not come yet.
    fn invited(&mut self, person: Person, age: i64, chunk: &mut Chunk) -> Result<()> {
        let (account, _) = self.account(person, age, State::Invited, &[], chunk)?;
        self.event(Kind::InvitationSent, &account, chunk);
        Ok(())
    }

    fn person(&mut self, person: Person, age: i64, chunk: &mut Chunk) -> Result<()> {
        let held = [FactorKind::Password, FactorKind::Totp];
        let (account, key) = self.account(person, age, State::Active, &held, chunk)?;
        let hash = self.hashes.get(usize::try_from(person.0 % PASSWORDS)?).context("hash")?;
        let app = Totp {
            secret: person.totp().expose().to_vec(),
            label: String::new(),
            hash: totp::Hash::default(),
        };
        let password = self.factor(FactorKind::Password, hash, &account, &key, chunk)?;
        let totp = self.factor(FactorKind::Totp, &app, &account, &key, chunk)?;
        self.event(Kind::SessionSignedIn, &account, chunk);
        self.session(person, &account, [(FactorKind::Password, password), (FactorKind::Totp, totp)], chunk)
    }

    /// Something that somebody did when their account was made, linked into this sealer's chain.
    fn event(&mut self, kind: Kind, account: &Account, chunk: &mut Chunk) {
        let row = chain::Row {
            id: EventId::new(account.created_at, &self.entropy).to_string(),
            at: account.created_at.micros(),
            kind: kind.as_str().to_owned(),
            outcome: Outcome::Ok.as_str().to_owned(),
            organisation: account.organisation.to_string(),
            actor: Actor::Account(account.id.clone()).to_text(),
            account: Some(account.id.to_string()),
            client: None,
            session: None,
            network: Some("192.0.2.0/24".to_owned()),
            request: None,
            reason: None,
            detail: None,
            sealed: None,
        };
        self.chain.seq += 1;
        self.chain.hash = link(self.chain.hash, &row.bytes());
        let cells = Row::of(self.dialect).text(&row.id).number(row.at).text(&row.kind).text(&row.outcome);
        let cells = cells.text(&row.organisation).text(&row.actor).text(account.id.as_str()).null().null();
        let cells = cells.text("192.0.2.0/24").null().null().null().null().text(&self.chain.id);
        let cells = cells.text(&self.chain.id).number(self.chain.seq).bytes(self.chain.hash.as_bytes());
        chunk.events.push(&cells);
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
