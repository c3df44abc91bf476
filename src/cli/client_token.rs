//! `vouchsafe client token …`: tokens by which apps register themselves.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::duty::refused;
use super::session::{changing, reading};
use super::text::{moment, plain, read, table};
use super::{Around, Failure, Weight};
use crate::base::{OrganisationId, Timestamp};
use crate::clients::{ClientToken, Terms};
use crate::duties::Action;
use crate::flows::admin::client_tokens::{self, Wished};
use crate::flows::admin::{self, Refused};

/// The part after `client token`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a token; it is printed once
    Create {
        /// What you call it
        #[arg(long, default_value = "")]
        label: String,
        /// The organisation's id; the apps belong to it
        #[arg(long, default_value = "root", value_name = "ID")]
        organisation: String,
        /// How many apps it registers at most
        #[arg(long, default_value_t = 1)]
        uses: i64,
        /// For how many days
        #[arg(long, default_value_t = 7)]
        days: i64,
        /// What the apps may have, as JSON (see docs/registration.md); `-` for standard input
        #[arg(long, value_name = "FILE")]
        terms: Option<PathBuf>,
    },
    /// List tokens, the newest first
    List,
    /// Take a token back; the apps it registered stay
    Revoke {
        /// The token's id
        id: String,
    },
}

/// Runs the command.
pub async fn run(command: Command, around: &Around) -> Result<(), Failure> {
    match command {
        Command::Create { label, organisation, uses, days, terms } => {
            let terms = given(terms)?;
            create(&organisation, Wished { label, terms, uses, days }, around).await
        }
        Command::List => list(around).await,
        Command::Revoke { id } => revoke(&id, around).await,
    }
}

fn given(file: Option<PathBuf>) -> Result<Terms, Failure> {
    let Some(file) = file else { return Ok(Terms::default()) };
    let document: Value = serde_json::from_str(&read(&file, "--terms")?)
        .map_err(|why| Failure::failed(format!("--terms: {} is no JSON: {why}", file.display())))?;
    Terms::parse(&document).map_err(|why| Failure::failed(format!("--terms: {why}")))
}

async fn create(organisation: &str, wished: Wished, around: &Around) -> Result<(), Failure> {
    changing(around, async |cx| {
        let organisation = OrganisationId::from_text(organisation);
        let who = admin::at_host(cx);
        let actor = admin::authorise(cx, &who, Action::ClientToken, &organisation).await.map_err(refused)?;
        let made = client_tokens::create(cx, &actor, wished).await;
        let (token, shown) = made.map_err(|why| match why {
            Refused::Bad("uses") => {
                Failure::failed(format!("--uses: from 1 to {}", client_tokens::MOST_USES))
            }
            Refused::Bad("days") => {
                Failure::failed(format!("--days: from 1 to {}", client_tokens::MOST_DAYS))
            }
            other => refused(other),
        })?;
        around.say("The token is shown once. Whoever has it registers apps within its terms.");
        if around.json {
            let mut document = document(&token, cx.now);
            if let Some(members) = document.as_object_mut() {
                members.insert("token".to_owned(), shown.expose().into());
            }
            return around.put(&document.to_string());
        }
        around.put(&table(&["ID", "TOKEN"], &[vec![token.id, shown.expose().to_owned()]]))
    })
    .await
}

fn document(token: &ClientToken, now: Timestamp) -> Value {
    json!({ "id": token.id, "organisation": token.organisation, "label": token.label,
        "state": token.standing(now), "uses": token.uses, "used": token.used, "terms": token.terms.to_json(),
        "made_by": token.made_by, "created_at": token.created_at.to_rfc3339(),
        "expires_at": token.expires_at.to_rfc3339() })
}

async fn list(around: &Around) -> Result<(), Failure> {
    reading(around, async |cx| {
        let tokens = client_tokens::visible(cx, &admin::at_host(cx)).await.map_err(refused)?;
        if around.json {
            return tokens.iter().try_for_each(|token| around.put(&document(token, cx.now).to_string()));
        }
        let row = |token: &ClientToken| {
            vec![
                token.id.clone(),
                token.standing(cx.now).to_string(),
                format!("{} of {}", token.used, token.uses),
                plain(token.label.as_deref().unwrap_or_default()),
                moment(token.expires_at, cx.now),
            ]
        };
        let rows: Vec<_> = tokens.iter().map(row).collect();
        around.put(&table(&["ID", "STATE", "USED", "LABEL", "UNTIL"], &rows))
    })
    .await
}

async fn revoke(id: &str, around: &Around) -> Result<(), Failure> {
    changing(around, async |cx| {
        let who = admin::at_host(cx);
        let found = client_tokens::authorised(cx, &who, Action::ClientToken, id).await;
        let (actor, token) = found.map_err(refused)?;
        around.confirm(Weight::Undoable, &format!("Take the token {} back?", token.id))?;
        client_tokens::revoke(cx, &actor, &token).await.map_err(refused)?;
        around.say("The token registers nothing any more.");
        if around.json {
            around.put(&json!({ "id": token.id, "state": "revoked" }).to_string())
        } else {
            Ok(())
        }
    })
    .await
}
