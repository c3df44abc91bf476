//! The console: every page that its router knows, read by an owner among all these people.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;
use vouchsafe::app::{App, context, open_stores, read_key_files};
use vouchsafe::audit::{Actor, Topic};
use vouchsafe::base::{
    AccountId, Clock, Entropy, FactorId, OrganisationId, Role, Secret, SessionId, Token, TokenKind,
};
use vouchsafe::duties::{Action, Duty, Organisation, Reason};
use vouchsafe::ephemeral::{Embedded, Ephemeral, Redis, Space};
use vouchsafe::factors::webauthn::StoredKey;
use vouchsafe::factors::{FactorKind, Proof};
use vouchsafe::flows::Cx;
use vouchsafe::flows::accounts::{self, NewAccount};
use vouchsafe::flows::admin::{self, duties, organisations, webhooks};
use vouchsafe::flows::imports;
use vouchsafe::sessions::{BrowserSession, limits};
use vouchsafe::store::factors::{self, NewFactor};
use vouchsafe::web::Web;
use vouchsafe::web::admin::mounts;

use crate::http::{self, Connection};
use crate::installation::Installation;
use crate::options::Stack;
use crate::population::Person;
use crate::server::Server;

/// Connections that ask at once: some administrators, not a crowd.
pub const READERS: usize = 4;
/// Requests of a page before those that count.
pub const FIRST: Duration = Duration::from_millis(200);

/// Regions below the root, and practices in each.
const REGIONS: [&str; 4] = ["North", "East", "South", "West"];
const PRACTICES: usize = 8;
/// A name that thirty thousand of a million people have, and its first letters, which more have.
const SEARCHES: [&str; 3] = ["?q=sofia", "?q=mar", "?q=sofia+bacor"];

fn host(app: &App) -> Cx {
    context(&app.services, Actor::Host("bench".to_owned()))
}

/// Makes the tree of organisations; answers those where people belong.
pub async fn grow(cx: &Cx) -> Result<Vec<Organisation>> {
    let mut practices = Vec::new();
    for region in REGIONS {
        let above = plant(cx, region, &OrganisationId::root()).await?;
        for n in 1..=PRACTICES {
            practices.push(plant(cx, &format!("Practice {region} {n}"), &above.id).await?);
        }
    }
    Ok(practices)
}

async fn plant(cx: &Cx, name: &str, above: &OrganisationId) -> Result<Organisation> {
    let who = admin::at_host(cx);
    let actor = admin::authorise(cx, &who, Action::OrganisationCreate, above).await?;
    Ok(organisations::create(cx, &actor, name).await?)
}

/// An owner at a browser, and everything they look at.
pub struct Reader {
    app: App,
    account: vouchsafe::identity::Account,
    factors: [FactorId; 2],
    cookie: Token,
    sessions: Box<dyn Ephemeral>,
}

/// A path with the placeholder replaced by what stands there in a link of these pages.
fn filled(path: &str, bodies: &str) -> Option<String> {
    let Some((before, rest)) = path.split_once('{') else { return Some(path.to_owned()) };
    let after = rest.split_once('}').map_or("", |(_, after)| after);
    let ends = |c: char| matches!(c, '"' | '/' | '?' | '#' | '&');
    let start = format!("href=\"{before}");
    let links = bodies.split(start.as_str()).skip(1);
    let mut ids = links.filter_map(|link| link.split(ends).next());
    // A page beside the examples, as the one that makes a new one, is none of them.
    let id = ids.find(|id| {
        id.len() > 1 && !["new", "invite", "import", "simulate", "apps", "export", "tokens"].contains(id)
    })?;
    Some(format!("{before}{id}{after}"))
}

impl Reader {
    /// Makes the owner of an installation whose people are loaded.
    pub async fn arrive(installation: &Installation) -> Result<Self> {
        let config = installation.config()?;
        let stores = open_stores(&config).await?;
        let key = read_key_files(&config)?.0.derive("ephemeral");
        let sessions: Box<dyn Ephemeral> = match installation.stack {
            Stack::Embedded => Box::new(Embedded::new(stores.store.clone(), key, Entropy::system())),
            Stack::Servers => Box::new(Redis::open(&installation.sessions, key, Entropy::system()).await?),
        };
        let app = App::compose_beside(config, stores)?;
        let cx = host(&app);
        let new = NewAccount {
            username: "owner".to_owned(),
            email: None,
            role: Role::Administrator,
            claims: json!({ "name": "Olivia Owner" }).as_object().cloned().unwrap_or_default(),
            password: Secret::new("twelve lanterns over the meadow".to_owned()),
            totp: None,
        };
        let account = accounts::create(&cx, new).await?;
        let who = admin::at_host(&cx);
        let actor = admin::authorise(&cx, &who, Action::DutyGrant, &OrganisationId::root()).await?;
        let reason = Reason::parse("somebody has to read")?;
        duties::grant(&cx, &actor, &account.id, Duty::Owner, &reason).await?;
        let password = accounts_factor(&cx, &account).await?;
        let passkey = bind(&cx, &account).await?;
        let cookie = Token::generate(TokenKind::Session, &cx.entropy);
        Ok(Self { app, account, factors: [password, passkey], cookie, sessions })
    }

    /// Every page of the console, with the first example that another page leads to in the place of each id; and the
    /// lists as people narrow them.
    pub async fn places(&self, server: &Server, host: &str) -> Result<Vec<String>> {
        let cx = self::host(&self.app);
        let person = accounts::find(&cx, &Person(0).username()).await?.context("nobody is loaded")?;
        self.asks_for_a_reset(server, host, person.id.as_str()).await?;
        leave_examples(&cx, &person.id).await?;
        let known = mounts(Web::new(self.app.services.clone(), None)).list().to_vec();
        let mut waiting: Vec<String> =
            known.iter().filter(|mount| mount.method == "GET").map(|mount| mount.path.to_owned()).collect();
        let (mut found, mut bodies) = (Vec::new(), String::new());
        loop {
            let before = waiting.len();
            for path in std::mem::take(&mut waiting) {
                // One of those who were loaded, not the reader, whose passkey is none.
                let path = path.replacen("/people/{id}", &format!("/people/{}", person.id), 1);
                let Some(real) = filled(&path, &bodies) else {
                    waiting.push(path);
                    continue;
                };
                // Forms about what was not asked for answer otherwise.
                if let Some(body) = self.page(server, host, &real).await? {
                    bodies.push_str(&body);
                    found.push(real);
                }
            }
            if waiting.len() == before {
                break;
            }
        }
        for path in waiting {
            eprintln!("  no page leads to an example of {path}");
        }
        let narrowed = [
            "?stage=invited".to_owned(),
            format!("?organisation={}", person.organisation),
            format!("?organisation={}&stage=invited", person.organisation),
            format!("?before={}", vouchsafe::store::enrolments::number(&person.id)),
        ];
        let lists = narrowed.iter().map(String::as_str).chain(SEARCHES);
        found.extend(lists.map(|query| format!("/admin/people{query}")));
        Ok(found)
    }

    /// So that something waits for a decision.
    async fn asks_for_a_reset(&self, server: &Server, host: &str, person: &str) -> Result<()> {
        let asking = format!("/admin/people/{person}/reset");
        let page = self.page(server, host, &asking).await?.context("the reset cannot be asked for")?;
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let csrf = csrf.context("the page has no form")?;
        let form = format!(
            "csrf={csrf}&kind-totp=on&checked=called_back&handing=mail&reason=The+phone+fell+into+a+lake"
        );
        let headers = format!("{}origin: http://{host}\r\n", self.cookie_line());
        let mut out = Vec::new();
        http::post(&mut out, host, &asking, &headers, &form);
        Connection::open(server.address).await?.exchange(&out).await?.is(303)?;
        Ok(())
    }

    /// Signs in anew, as whoever has just shown their passkey.
    pub async fn sign_in(&self) -> Result<()> {
        let now = Clock::System.now();
        let kinds = [FactorKind::Password, FactorKind::Passkey];
        let proofs = kinds.into_iter().zip(&self.factors).map(|(method, factor)| Proof {
            method,
            at: now,
            factor: factor.clone(),
            user_verified: method == FactorKind::Passkey,
        });
        let services = &self.app.services;
        let sid = SessionId::new(now, &services.entropy);
        let session =
            BrowserSession::begin(sid, self.account.id.clone(), self.account.role, proofs.collect(), now);
        let value = serde_json::to_vec(&session)?;
        let life = session.remaining(limits(session.role), now);
        Ok(self.sessions.put(Space::Session, &self.cookie.digest(), &value, life, now).await?)
    }

    fn cookie_line(&self) -> String {
        format!("cookie: vouchsafe-session={}\r\n", self.cookie.expose())
    }

    /// The request for a page.
    pub fn request(&self, host: &str, path: &str) -> Vec<u8> {
        let mut out = Vec::new();
        http::get(&mut out, host, path, &self.cookie_line());
        out
    }

    async fn page(&self, server: &Server, host: &str, path: &str) -> Result<Option<String>> {
        let mut connection = Connection::open(server.address).await?;
        let answer = connection.exchange(&self.request(host, path)).await?;
        match answer.status {
            200 => Ok(Some(answer.body.to_owned())),
            400 | 404 => Ok(None),
            status => bail!("{path} answers {status}: {}", answer.body),
        }
    }

    /// Closes what was opened.
    pub async fn leave(self) {
        self.app.close().await;
    }
}

/// What pages show and nobody who was loaded has: a duty, a webhook that is never told anything, and a list that waits with
/// a line to mend.
async fn leave_examples(cx: &Cx, person: &AccountId) -> Result<()> {
    let (who, root) = (admin::at_host(cx), OrganisationId::root());
    let reason = Reason::parse("somebody has to help")?;
    let actor = admin::authorise(cx, &who, Action::DutyGrant, &root).await?;
    duties::grant(cx, &actor, person, Duty::HelpDesk, &reason).await?;
    let actor = admin::authorise(cx, &who, Action::WebhookChange, &root).await?;
    webhooks::create(cx, &actor, "https://nobody.invalid/hook", &[Topic::Policy]).await?;
    let actor = admin::authorise(cx, &who, Action::ImportRun, &root).await?;
    let list = b"username,name,email\nlist.one,Lena One,\nlist.two,Lena Two,no address\n";
    imports::stage(cx, &actor, list, &imports::Options::default()).await?;
    Ok(())
}

async fn accounts_factor(cx: &Cx, account: &vouchsafe::identity::Account) -> Result<FactorId> {
    let held = factors::of_account(&cx.store, &account.id).await?;
    held.into_iter().next().map(|row| row.id).context("no password")
}

/// A passkey that nobody will ask to sign: the session says that it did.
async fn bind(cx: &Cx, account: &vouchsafe::identity::Account) -> Result<FactorId> {
    let key = cx.vault.find(&account.id, cx.now).await?.context("no key")?;
    let id = FactorId::new(cx.now, &cx.entropy);
    let stored: StoredKey = serde_json::from_value(json!({
        "kind": "passkey", "credential_id": [1], "label": "Key", "created": cx.now, "transports": [],
        "backup_eligible": false, "backup_state": false, "counter": 0,
        "user_handle": cx.entropy.bytes::<16>(), "credential": {},
    }))?;
    let sealed = factors::seal(&stored, &id, &key)?;
    let new = NewFactor {
        id: id.clone(),
        kind: FactorKind::Passkey,
        sealed,
        credential: None,
        last_step: None,
        model: Default::default(),
    };
    let input = (account.id.clone(), new, cx.now);
    cx.store
        .write(input, |w, (account, new, now)| {
            Box::pin(async move { factors::insert(w, account, new, *now).await })
        })
        .await?;
    Ok(id)
}
