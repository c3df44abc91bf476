//! `vouchsafe account …`: people, as an administrator helps them.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::session::{changing, reading};
use super::text::{moment, new_password, pairs, plain, read, table};
use super::{Around, Failure, Weight};
use crate::base::{AccountId, Role, Timestamp};
use crate::factors::FactorKind;
use crate::flows::Cx;
use crate::flows::account::{Way, ways};
use crate::flows::accounts::{self, NewAccount, Place, Refused};
use crate::identity::{Account, State};

/// The part after `account`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Create a person with a first password
    Create(Create),
    /// List people, oldest first
    List(List),
    /// Show a person and their ways to sign in
    Show {
        /// Their id, username or verified e-mail address
        who: String,
    },
    /// Stop a person from signing in; everything they have open ends
    Disable {
        /// Their id, username or verified e-mail address
        who: String,
    },
    /// Let a disabled person sign in again
    Enable {
        /// Their id, username or verified e-mail address
        who: String,
    },
    /// End every session and token of a person
    EndSessions {
        /// Their id, username or verified e-mail address
        who: String,
    },
    /// Remove a way to sign in (a lost phone); the person is told, and everything they have open ends
    RemoveFactor {
        /// Their id, username or verified e-mail address
        who: String,
        /// The factor's id, as `account show` prints it
        factor: String,
    },
    /// Make everything known of a person unreadable, for good
    Erase {
        /// Their id, username or verified e-mail address
        who: String,
    },
}

/// The flags of `account create`.
#[derive(Debug, clap::Args)]
pub struct Create {
    /// What they type to sign in
    #[arg(long)]
    username: String,
    /// Where notices go; signs in too, since you vouch for it
    #[arg(long)]
    email: Option<String>,
    /// patient, clinician or administrator
    #[arg(long, value_parser = role)]
    role: Role,
    /// A JSON object with standard claims (name, birthdate, …)
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
    /// Take the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

/// The flags of `account list`.
#[derive(Debug, clap::Args)]
pub struct List {
    /// As many at most
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    limit: i64,
    /// Go on behind this place, as the page before named it
    #[arg(long, value_name = "PLACE", value_parser = place)]
    after: Option<Place>,
}

/// Rows read at once.
const PAGE: i64 = 200;

pub(super) fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "use patient, clinician or administrator".to_owned())
}

fn place(text: &str) -> Result<Place, String> {
    let wrong = || "copy it from the page before".to_owned();
    let (at, id) = text.split_once('.').ok_or_else(wrong)?;
    Ok((Timestamp::from_micros(at.parse().map_err(|_| wrong())?), AccountId::from_text(id)))
}

/// Runs the command.
pub async fn run(command: Command, around: &Around) -> Result<(), Failure> {
    match command {
        Command::Create(options) => create(options, around).await,
        Command::List(options) => list(options, around).await,
        Command::Show { who } => show(&who, around).await,
        Command::Disable { who } => set_state(&who, State::Disabled, around).await,
        Command::Enable { who } => set_state(&who, State::Active, around).await,
        Command::EndSessions { who } => end_sessions(&who, around).await,
        Command::RemoveFactor { who, factor } => remove_factor(&who, &factor, around).await,
        Command::Erase { who } => erase(&who, around).await,
    }
}

async fn create(options: Create, around: &Around) -> Result<(), Failure> {
    let claims = match &options.claims {
        Some(path) => claims(&read(path, "--claims")?)?,
        None => Map::new(),
    };
    let new = NewAccount {
        username: options.username,
        email: options.email,
        role: options.role,
        claims,
        password: new_password(options.password_stdin)?,
        totp: None,
    };
    let account = changing(around, async |cx| accounts::create(cx, new).await.map_err(refused)).await?;
    around.say(&format!("{} is created, and sets up what is missing at the first sign-in.", name(&account)));
    if account.profile.email.is_none() {
        around.say("Without an e-mail address they are not told when their ways to sign in change.");
    }
    match around.json {
        true => around.put(&json_of(&account).to_string()),
        false => around.put(account.id.as_str()),
    }
}

pub(super) fn claims(text: &str) -> Result<Map<String, Value>, Failure> {
    match serde_json::from_str(text) {
        Ok(Value::Object(claims)) => Ok(claims),
        Ok(_) => Err(Failure::failed("--claims: the file must hold one JSON object")),
        Err(why) => Err(Failure::failed(format!("--claims: the file is no JSON: {why}"))),
    }
}

async fn list(options: List, around: &Around) -> Result<(), Failure> {
    let (mut left, mut after) = (options.limit, options.after);
    reading(around, async |cx| {
        let mut rows = Vec::new();
        while left > 0 {
            let asked = left.min(PAGE);
            let (page, next) = accounts::page(cx, after, asked).await.map_err(anyhow::Error::from)?;
            (left, after) = (left - asked, next);
            for account in &page {
                match around.json {
                    true => around.put(&json_of(account).to_string())?,
                    false => rows.push(row(account)),
                }
            }
            if after.is_none() {
                break;
            }
        }
        if !around.json {
            around.put(&table(&["ID", "USERNAME", "E-MAIL", "ROLE", "STATE", "CREATED"], &rows))?;
        }
        if let Some((at, id)) = &after {
            around.say(&format!("There are more: --after {}.{id}", at.micros()));
        }
        Ok(())
    })
    .await
}

async fn show(named: &str, around: &Around) -> Result<(), Failure> {
    reading(around, async |cx| {
        let account = find(cx, named).await?;
        let ways = ways(cx, &account.id).await.map_err(anyhow::Error::from)?;
        if around.json {
            let mut shown = json_of(&account);
            if let Some(members) = shown.as_object_mut() {
                members.insert("factors".to_owned(), ways.iter().map(json_of_way).collect());
            }
            return around.put(&shown.to_string());
        }
        let profile = &account.profile;
        let email = profile.email.as_deref().map(plain).unwrap_or_default();
        let mut told = vec![
            ("id", account.id.to_string()),
            ("username", plain(&profile.username)),
            ("e-mail", if profile.email_verified { format!("{email} (verified)") } else { email }),
            ("role", account.role.to_string()),
            ("state", account.state.to_string()),
            ("created", moment(account.created_at, cx.now)),
        ];
        told.extend(profile.claims.iter().map(|(name, value)| (name.as_str(), plain(&text_of(value)))));
        around.put(&pairs(&told))?;
        let rows: Vec<_> = ways.iter().map(|way| row_of_way(way, cx.now)).collect();
        around.put(&format!("\n{}", table(&["FACTOR", "KIND", "NAME", "ADDED", "USED", "NOTE"], &rows)))
    })
    .await
}

async fn set_state(named: &str, state: State, around: &Around) -> Result<(), Failure> {
    changing(around, async |cx| {
        let account = find(cx, named).await?;
        let (question, done) = match state {
            State::Disabled => (
                "Disable {}? Everything they have open ends.",
                "is disabled; everything they had open has ended",
            ),
            State::Active | State::Invited => ("Enable {}?", "is enabled"),
        };
        if account.state != state {
            around.confirm(Weight::Undoable, &question.replace("{}", &name(&account)))?;
        }
        let changed = accounts::set_state(cx, &account.id, state).await.map_err(refused)?;
        let done = if changed {
            format!("{} {done}.", name(&account))
        } else {
            format!("{} was {state} already.", name(&account))
        };
        told(around, &account, &done, json!({ "state": state, "changed": changed }))
    })
    .await
}

async fn end_sessions(named: &str, around: &Around) -> Result<(), Failure> {
    changing(around, async |cx| {
        let account = find(cx, named).await?;
        around.confirm(Weight::Undoable, &format!("End every session and token of {}?", name(&account)))?;
        accounts::end_sessions(cx, &account.id).await.map_err(anyhow::Error::from)?;
        let done = format!("Everything {} had open has ended.", name(&account));
        told(around, &account, &done, json!({ "sessions_ended": true }))
    })
    .await
}

async fn remove_factor(named: &str, factor: &str, around: &Around) -> Result<(), Failure> {
    changing(around, async |cx| {
        let account = find(cx, named).await?;
        let ways = ways(cx, &account.id).await.map_err(anyhow::Error::from)?;
        let way = ways.iter().find(|way| way.id.as_str() == factor).ok_or_else(|| {
            let name = name(&account);
            Failure::failed(format!(
                "{name} has no factor `{}`; see: vouchsafe account show {name}",
                plain(factor)
            ))
        })?;
        if way.kind == FactorKind::Password {
            return Err(Failure::refused(
                "a password is replaced, not removed; to lock somebody out, disable them",
            ));
        }
        let what = way.kind.as_str().replace('_', " ");
        let question = format!(
            "Remove the {what} of {}? They are told, and everything they have open ends.",
            name(&account)
        );
        around.confirm(Weight::Undoable, &question)?;
        accounts::remove_factor(cx, &account.id, &way.id).await.map_err(refused)?;
        let done =
            format!("The {what} of {} is removed; everything they had open has ended.", name(&account));
        told(around, &account, &done, json!({ "removed": way.id, "kind": way.kind }))
    })
    .await
}

async fn erase(named: &str, around: &Around) -> Result<(), Failure> {
    changing(around, async |cx| {
        let account = find(cx, named).await?;
        let question = format!("Erase {} for good? Nobody can bring it back.", name(&account));
        around.confirm(Weight::Final, &question)?;
        accounts::erase(cx, &account.id).await.map_err(refused)?;
        let done = format!(
            "{} is erased. Backups of the key store older than now still open their data: let them expire.",
            account.id
        );
        told(around, &account, &done, json!({ "erased": true }))
    })
    .await
}

/// Says what was done; with `--json` as an object with the person's id.
fn told(around: &Around, account: &Account, done: &str, mut answer: Value) -> Result<(), Failure> {
    around.say(done);
    if !around.json {
        return Ok(());
    }
    if let Some(members) = answer.as_object_mut() {
        members.insert("id".to_owned(), account.id.as_str().into());
    }
    around.put(&answer.to_string())
}

pub(super) async fn find(cx: &Cx, named: &str) -> Result<Account, Failure> {
    let found = accounts::find(cx, named).await.map_err(anyhow::Error::from)?;
    found.ok_or_else(|| {
        let named = plain(named);
        Failure::failed(format!(
            "nobody is known as `{named}`; give an id, a username or a verified e-mail address, as `vouchsafe account \
             list` shows them"
        ))
    })
}

pub(super) fn refused(why: Refused) -> Failure {
    match why {
        Refused::Store(error) => anyhow::Error::from(error).into(),
        Refused::PasswordByMail
        | Refused::LastFactor
        | Refused::LastOwner
        | Refused::Held
        | Refused::NotInvited
        | Refused::NoAddress => Failure::refused(why.to_string()),
        Refused::Profile(_) | Refused::Weak(_) | Refused::Taken | Refused::Unknown | Refused::Busy(_) => {
            Failure::failed(why.to_string())
        }
    }
}

pub(super) fn name(account: &Account) -> String {
    plain(&account.profile.username)
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn row(account: &Account) -> Vec<String> {
    vec![
        account.id.to_string(),
        name(account),
        account.profile.email.as_deref().map(plain).unwrap_or_default(),
        account.role.to_string(),
        account.state.to_string(),
        account.created_at.to_rfc3339(),
    ]
}

fn json_of(account: &Account) -> Value {
    json!({
        "id": account.id,
        "organisation": account.organisation,
        "username": account.profile.username,
        "email": account.profile.email,
        "email_verified": account.profile.email_verified,
        "role": account.role,
        "state": account.state,
        "claims": account.profile.claims,
        "created_at": account.created_at.to_rfc3339(),
    })
}

fn row_of_way(way: &Way, now: Timestamp) -> Vec<String> {
    let note = match (way.disabled, way.left, way.synced) {
        (true, ..) => "disabled after too many failures".to_owned(),
        (false, Some(left), _) => format!("{left} left"),
        (false, None, Some(true)) => "synced between devices".to_owned(),
        (false, None, Some(false) | None) => String::new(),
    };
    let used = way.used.map(|at| moment(at, now)).unwrap_or_default();
    let kind = way.kind.as_str().to_owned();
    vec![way.id.to_string(), kind, plain(&way.label), way.added.to_rfc3339(), used, note]
}

fn json_of_way(way: &Way) -> Value {
    json!({
        "id": way.id,
        "kind": way.kind,
        "label": way.label,
        "added_at": way.added.to_rfc3339(),
        "used_at": way.used.map(Timestamp::to_rfc3339),
        "disabled": way.disabled,
        "synced": way.synced,
        "left": way.left,
    })
}
