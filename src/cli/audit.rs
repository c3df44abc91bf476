//! `vouchsafe audit …`: the trail, proved whole or taken elsewhere.

use serde_json::{Value, json};

use super::session::reading;
use super::{Around, Failure};
use crate::audit::Event;
use crate::base::Timestamp;
use crate::flows::audit;

/// The part after `audit`.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub enum Command {
    /// Examine every chain and name the first row that is not as it was linked
    Verify,
    /// Print events as JSON, one a line, the newest first
    Export {
        /// Not before this: 2026-11-23, or 2026-11-23T14:45:00Z
        #[arg(long, value_parser = moment)]
        from: Option<Timestamp>,
        /// Before this
        #[arg(long, value_parser = moment)]
        until: Option<Timestamp>,
    },
}

/// Events read at once.
const PAGE: i64 = 500;

fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "write 2026-11-23 or 2026-11-23T14:45:00Z".to_owned())
}

/// Runs the command; the exit code is 1 where the trail is not whole.
pub async fn run(command: Command, around: &Around) -> Result<u8, Failure> {
    match command {
        Command::Verify => verify(around).await,
        Command::Export { from, until } => export(from, until, around).await.map(|()| 0),
    }
}

async fn verify(around: &Around) -> Result<u8, Failure> {
    let told = reading(around, async |cx| {
        let tell = |events| around.progress(&format!("{events} events"));
        let told = audit::verify(cx, &tell).await.map_err(anyhow::Error::from);
        around.progress("");
        Ok(told?)
    })
    .await?;
    let bad = told.first_bad.as_ref();
    if around.json {
        let bad = bad.map(|b| json!({ "chain": b.chain, "seq": b.seq, "event": b.event, "why": b.why }));
        let line = json!({
            "ok": bad.is_none(),
            "chains": told.chains,
            "events": told.events,
            "unlinked": told.unlinked,
            "checkpoints": told.checkpoints,
            "first_bad": bad,
        });
        around.put(&line.to_string())?;
    }
    around.say(&format!(
        "Examined {} events in {} chains and {} signed checkpoints; {} events are not linked yet.",
        told.events, told.chains, told.checkpoints, told.unlinked
    ));
    let Some(bad) = bad else {
        around.say("The trail is whole.");
        return Ok(0);
    };
    let event = bad.event.as_ref().map(|id| format!(" (event {id})")).unwrap_or_default();
    Err(Failure::failed(format!(
        "the audit trail is not whole: chain {}, row {}{event}: {}. Keep the database as it is, and compare with a \
         backup",
        bad.chain, bad.seq, bad.why
    )))
}

async fn export(from: Option<Timestamp>, until: Option<Timestamp>, around: &Around) -> Result<(), Failure> {
    reading(around, async |cx| {
        let (mut after, mut count) = (None, 0_usize);
        loop {
            let page = audit::page(cx, (from, until), after, PAGE).await.map_err(anyhow::Error::from)?;
            for event in &page {
                around.put(&json_of(event).to_string())?;
            }
            count += page.len();
            after = page.last().map(|last| (last.at, last.id.clone()));
            if page.len() < usize::try_from(PAGE).unwrap_or_default() {
                break;
            }
        }
        around.say(&format!("{count} events."));
        Ok(())
    })
    .await
}

fn json_of(event: &Event) -> Value {
    json!({
        "id": event.id,
        "at": event.at.to_rfc3339(),
        "at_micros": event.at.micros(),
        "kind": event.kind,
        "severity": event.kind.severity(),
        "outcome": event.outcome,
        "organisation": event.organisation,
        "actor": event.actor.to_text(),
        "account": event.account,
        "client": event.client,
        "session": event.session,
        "network": event.network,
        "request": event.request,
        "reason": event.reason,
        "detail": event.detail,
        "sealed": event.sealed.is_some(),
    })
}
