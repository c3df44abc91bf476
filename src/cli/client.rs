//! `vouchsafe client …`: the apps that send people here to sign in.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::session::{changing, reading};
use super::text::{moment, pairs, plain, read, table};
use super::{Around, Failure, Weight, client_token};
use crate::base::ClientId;
use crate::clients::snippet::{self, Filling};
use crate::clients::wizard::Framework;
use crate::clients::{Client, ClientState};
use crate::flows::Cx;
use crate::flows::clients::{self, NotRegistered};

/// The part after `client`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Register an app; its secret is shown once, here
    Create {
        /// RFC 7591 metadata with an optional `policy`, as JSON; `-` for standard input
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
    },
    /// List apps, oldest first
    List,
    /// Show what an app registered and what is asked of it
    Show {
        /// Its client_id
        client_id: String,
    },
    /// Print code that signs people in to the app, filled in with what it registered
    Snippet {
        /// Its client_id
        client_id: String,
        /// The library it is written with: openid-client, oauth4webapi, auth.js, authlib, oidc-client-ts, openidconnect
        /// or curl
        #[arg(long, value_name = "LIBRARY", value_parser = library)]
        lang: Framework,
    },
    /// Tokens by which apps register themselves
    #[command(subcommand)]
    Token(client_token::Command),
    /// Refuse an app from now on; every token of it ends
    Disable {
        /// Its client_id
        client_id: String,
    },
    /// Serve a disabled app again
    Enable {
        /// Its client_id
        client_id: String,
    },
}

/// Runs the command.
pub async fn run(command: Command, around: &Around) -> Result<(), Failure> {
    match command {
        Command::Create { from } => create(&from, around).await,
        Command::List => list(around).await,
        Command::Show { client_id } => show(&client_id, around).await,
        Command::Snippet { client_id, lang } => snippet(&client_id, lang, around).await,
        Command::Token(command) => client_token::run(command, around).await,
        Command::Disable { client_id } => set_state(&client_id, ClientState::Disabled, around).await,
        Command::Enable { client_id } => set_state(&client_id, ClientState::Enabled, around).await,
    }
}

async fn create(from: &std::path::Path, around: &Around) -> Result<(), Failure> {
    let document: Value = serde_json::from_str(&read(from, "--from")?)
        .map_err(|why| Failure::failed(format!("--from: {} is no JSON: {why}", from.display())))?;
    let answer = changing(around, async |cx| {
        clients::create(cx, &document).await.map_err(|why| match why {
            NotRegistered::Store(error) => anyhow::Error::from(error).into(),
            NotRegistered::Invalid(_) | NotRegistered::Id(_) | NotRegistered::Beyond(_) => {
                Failure::failed(format!("--from: {why}"))
            }
        })
    })
    .await?;
    let id = answer.get("client_id").and_then(Value::as_str).unwrap_or_default();
    around.say(&format!("{id} is registered."));
    if answer.contains_key("client_secret") {
        around.say("Its client_secret is shown here once and kept nowhere: put it where the app finds it.");
    }
    let answer = Value::Object(answer);
    around.put(&if around.json { answer.to_string() } else { format!("{answer:#}") })
}

async fn list(around: &Around) -> Result<(), Failure> {
    reading(around, async |cx| {
        let clients = clients::list(cx).await.map_err(anyhow::Error::from)?;
        if around.json {
            return clients.iter().try_for_each(|client| around.put(&document(client).to_string()));
        }
        let row = |client: &Client| {
            vec![
                client.id.to_string(),
                plain(&client.name),
                client.state.to_string(),
                client.metadata.token_endpoint_auth_method.to_string(),
                client.created_at.to_rfc3339(),
            ]
        };
        let rows: Vec<_> = clients.iter().map(row).collect();
        around.put(&table(&["CLIENT_ID", "NAME", "STATE", "AUTHENTICATION", "CREATED"], &rows))
    })
    .await
}

async fn show(id: &str, around: &Around) -> Result<(), Failure> {
    reading(around, async |cx| {
        let client = find(cx, id).await?;
        if around.json {
            return around.put(&document(&client).to_string());
        }
        let told = [
            ("client_id", client.id.to_string()),
            ("name", plain(&client.name)),
            ("state", client.state.to_string()),
            ("stage", client.stage.to_string()),
            ("created", moment(client.created_at, cx.now)),
            ("secrets", client.secrets.len().to_string()),
        ];
        let policy = client.policy.to_json();
        let metadata = Value::Object(client.metadata.to_json());
        around.put(&format!("{}\n\nmetadata {metadata:#}\npolicy {policy:#}", pairs(&told)))
    })
    .await
}

/// Reads the name of a library.
fn library(text: &str) -> Result<Framework, String> {
    Framework::parse(text).ok_or_else(|| {
        let all: Vec<_> = Framework::ALL.iter().map(|framework| framework.as_str()).collect();
        format!("use one of {}", all.join(", "))
    })
}

async fn snippet(id: &str, framework: Framework, around: &Around) -> Result<(), Failure> {
    reading(around, async |cx| {
        let client = find(cx, id).await?;
        let filling =
            Filling { client: &client, issuer: cx.issuer.as_str(), step_up: snippet::usual_step_up(&client) };
        let code = snippet::fill(framework, &filling).map_err(|why| Failure::failed(why.to_string()))?;
        if !around.json {
            return around.put(code.trim_end());
        }
        let environment = snippet::environment(&filling, None);
        let answer =
            serde_json::json!({ "file": framework.file(), "code": code, "environment": environment });
        around.put(&answer.to_string())
    })
    .await
}

async fn set_state(id: &str, state: ClientState, around: &Around) -> Result<(), Failure> {
    changing(around, async |cx| {
        let client = find(cx, id).await?;
        let (question, done) = match state {
            ClientState::Disabled => {
                ("Disable {}? Nobody can sign in to it, and every token of it ends.", "is disabled")
            }
            ClientState::Enabled => ("Enable {}?", "is enabled"),
        };
        if client.state != state {
            around.confirm(Weight::Undoable, &question.replace("{}", client.id.as_str()))?;
        }
        let changed = clients::set_state(cx, &client.id, state).await.map_err(anyhow::Error::from)?;
        around.say(&match changed {
            true => format!("{} {done}.", client.id),
            false => format!("{} was {state} already.", client.id),
        });
        if !around.json {
            return Ok(());
        }
        let answer = serde_json::json!({ "client_id": client.id, "state": state, "changed": changed });
        around.put(&answer.to_string())
    })
    .await
}

async fn find(cx: &Cx, id: &str) -> Result<Client, Failure> {
    let found = clients::find(cx, &ClientId::from_text(id)).await.map_err(anyhow::Error::from)?;
    found.ok_or_else(|| {
        Failure::failed(format!("no app is registered as `{}`; see: vouchsafe client list", plain(id)))
    })
}

/// The client as its registration was answered, without the secret, and with its state.
fn document(client: &Client) -> Value {
    let mut document = Map::new();
    document.insert("client_id".to_owned(), client.id.as_str().into());
    document.insert("client_id_issued_at".to_owned(), client.created_at.seconds().into());
    document.insert("state".to_owned(), client.state.as_str().into());
    document.extend(client.registered());
    Value::Object(document)
}
