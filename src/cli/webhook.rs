//! `vouchsafe admin webhook …`: who outside is told of events.

use serde_json::json;

use super::duty::refused;
use super::session::{changing, reading};
use super::text::{moment, plain, table};
use super::{Around, Failure, Weight};
use crate::audit::Topic;
use crate::base::OrganisationId;
use crate::duties::Action;
use crate::flows::Cx;
use crate::flows::admin::{self, AdminActor, webhooks};
use crate::notifications::webhook::{HookId, Webhook};

/// The part after `admin webhook`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List webhooks
    List,
    /// Register one; its secret is printed once
    Add {
        /// The https address that is told
        #[arg(long)]
        url: String,
        /// account, factor, duty, approval, app, policy; several separated by commas
        #[arg(long, value_delimiter = ',', value_parser = topic, required = true)]
        topics: Vec<Topic>,
        /// The organisation's id; it is told of what lies below it too
        #[arg(long, default_value = "root", value_name = "ID")]
        organisation: String,
    },
    /// Add a second secret, which is printed once; each request is signed with both
    AddSecret {
        /// The webhook's id
        id: String,
    },
    /// Remove a secret that was replaced
    RemoveSecret {
        /// The webhook's id
        id: String,
        /// The secret's id
        secret: String,
    },
    /// Switch one on; what waited for it is sent, and the host answers for it
    On {
        /// The webhook's id
        id: String,
    },
    /// Switch one off
    Off {
        /// The webhook's id
        id: String,
    },
    /// Remove one, and what waits for it
    Remove {
        /// The webhook's id
        id: String,
    },
}

fn topic(text: &str) -> Result<Topic, String> {
    let all: Vec<_> = Topic::ALL.iter().map(|topic| topic.as_str()).collect();
    Topic::parse(text).ok_or_else(|| format!("use one of {}", all.join(", ")))
}

/// Runs the command.
pub async fn run(command: Command, around: &Around) -> Result<(), Failure> {
    match command {
        Command::List => list(around).await,
        Command::Add { url, topics, organisation } => add(&url, &topics, &organisation, around).await,
        Command::AddSecret { id } => {
            one(around, &id, async |cx, actor, hook| {
                let new = webhooks::add_secret(cx, actor, hook).await.map_err(refused)?;
                secret(around, hook, &new)
            })
            .await
        }
        Command::RemoveSecret { id, secret } => {
            one(around, &id, async |cx, actor, hook| {
                webhooks::remove_secret(cx, actor, hook, &secret).await.map_err(refused)?;
                done(around, hook, "The secret is removed.")
            })
            .await
        }
        Command::On { id } => switch(around, &id, true).await,
        Command::Off { id } => switch(around, &id, false).await,
        Command::Remove { id } => {
            one(around, &id, async |cx, actor, hook| {
                let at = plain(&webhooks::seen(cx, actor, hook).url);
                around.confirm(Weight::Final, &format!("Remove the webhook at {at}?"))?;
                webhooks::remove(cx, actor, hook).await.map_err(refused)?;
                done(around, hook, "The webhook is removed.")
            })
            .await
        }
    }
}

/// Does something to one hook.
async fn one(
    around: &Around,
    id: &str,
    work: impl AsyncFn(&Cx, &AdminActor, &Webhook) -> Result<(), Failure>,
) -> Result<(), Failure> {
    changing(around, async |cx| {
        let who = admin::at_host(cx);
        let id = HookId(id.to_owned());
        let found = webhooks::authorised(cx, &who, Action::WebhookChange, &id).await;
        let (actor, hook) = found.map_err(refused)?;
        work(cx, &actor, &hook).await
    })
    .await
}

async fn switch(around: &Around, id: &str, on: bool) -> Result<(), Failure> {
    one(around, id, async |cx, actor, hook| {
        webhooks::set_on(cx, actor, hook, on).await.map_err(refused)?;
        done(around, hook, if on { "The webhook is on." } else { "The webhook is off." })
    })
    .await
}

fn done(around: &Around, hook: &Webhook, said: &str) -> Result<(), Failure> {
    around.say(said);
    if around.json { around.put(&json!({ "id": hook.id }).to_string()) } else { Ok(()) }
}

fn secret(around: &Around, hook: &Webhook, new: &webhooks::NewSecret) -> Result<(), Failure> {
    around.say("The secret is shown once. Its receiver checks each request with it.");
    if around.json {
        let shown = json!({ "id": hook.id, "secret_id": new.id, "secret": new.secret.expose() });
        return around.put(&shown.to_string());
    }
    around.put(&table(&["WEBHOOK", "SECRET"], &[vec![hook.id.0.clone(), new.secret.expose().clone()]]))
}

async fn add(url: &str, topics: &[Topic], organisation: &str, around: &Around) -> Result<(), Failure> {
    changing(around, async |cx| {
        let who = admin::at_host(cx);
        let organisation = OrganisationId::from_text(organisation);
        let actor = admin::authorise(cx, &who, Action::WebhookChange, &organisation).await;
        let made = webhooks::create(cx, &actor.map_err(refused)?, url, topics).await;
        let (hook, new) = made.map_err(refused)?;
        secret(around, &hook, &new)
    })
    .await
}

async fn list(around: &Around) -> Result<(), Failure> {
    reading(around, async |cx| {
        let hooks = webhooks::visible(cx, &admin::at_host(cx)).await.map_err(refused)?;
        let topics =
            |hook: &Webhook| hook.topics.iter().map(|topic| topic.as_str()).collect::<Vec<_>>().join(",");
        if around.json {
            for webhooks::Seen { hook, url, .. } in &hooks {
                let shown = json!({ "id": hook.id, "url": url, "topics": hook.topics, "state": hook.state,
                    "organisation": hook.organisation, "keeper": hook.keeper.to_text(),
                    "stopped": hook.stopped, "created_at": hook.created_at.to_rfc3339(),
                    "failing_since": hook.failing_since.map(|at| at.to_rfc3339()) });
                around.put(&shown.to_string())?;
            }
            return Ok(());
        }
        let row = |seen: &webhooks::Seen| {
            let hook = &seen.hook;
            vec![
                hook.id.0.clone(),
                hook.stopped.map_or_else(|| hook.state.to_string(), |why| format!("{} ({why})", hook.state)),
                topics(hook),
                plain(&seen.url),
                moment(hook.created_at, cx.now),
            ]
        };
        let rows: Vec<_> = hooks.iter().map(row).collect();
        around.put(&table(&["WEBHOOK", "STATE", "TOPICS", "URL", "SINCE"], &rows))
    })
    .await
}
