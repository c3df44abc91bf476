//! `vouchsafe audit …`: the trail, proved whole or taken elsewhere.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::duty::refused;
use super::session::{changing, reading};
use super::text::read;
use super::{Around, Failure};
use crate::audit::export::{Examiner, Whole};
use crate::audit::{Actor, Kind, Outcome};
use crate::base::{AccountId, ClientId, OrganisationId, Timestamp};
use crate::duties::Action;
use crate::flows::Cx;
use crate::flows::admin::{self, AdminActor};
use crate::flows::audit::{self, Copy, Filter, Format, Signed};
use crate::keys::Algorithm;
use crate::keys::client_jwks::ClientJwks;

/// The part after `audit`.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Command {
    /// Examine every chain and name the first row that is not as it was linked; or a signed copy, anywhere
    Verify {
        /// A copy made by `audit export --signed`; neither settings nor a database are needed
        #[arg(long, value_name = "EXPORT", requires = "keys")]
        file: Option<PathBuf>,
        /// The public keys, as `audit keys` printed them; keep them apart from the copies
        #[arg(long, value_name = "JWKS", requires = "file")]
        keys: Option<PathBuf>,
    },
    /// Print events, the newest first: as JSON, one a line, or as CSV
    Export(Export),
    /// Print the public halves of the keys that ever signed checkpoints, to examine signed copies with
    ///
    /// Those are the keys of use `trail` and, from before there were any, `answers`; never those of `access`. Each
    /// says in `vouchsafe_use` what it was made for, and in `vouchsafe_state` whether it is next, active, retired,
    /// removed or revoked. Of a revoked one `vouchsafe_revoked` says where in the trail: what it signed from there on
    /// does not count.
    Keys,
}

/// The flags of `audit export`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Export {
    /// Not before this: 2026-11-23, or 2026-11-23T14:45:00Z
    #[arg(long, value_parser = moment)]
    from: Option<Timestamp>,
    /// Before this
    #[arg(long, value_parser = moment)]
    until: Option<Timestamp>,
    /// About this account, by its id
    #[arg(long)]
    account: Option<String>,
    /// Done by: account:ID, client:ID, host:USER, system, anonymous
    #[arg(long, value_parser = actor)]
    actor: Option<String>,
    /// About this app, or through it
    #[arg(long)]
    client: Option<String>,
    /// Of this kind: password.refused
    #[arg(long, value_parser = kind)]
    kind: Option<Kind>,
    /// ok, refused or failed
    #[arg(long, value_parser = outcome)]
    outcome: Option<Outcome>,
    /// From this network, as the trail keeps it
    #[arg(long)]
    network: Option<String>,
    /// Of the request with this reference, as error pages show it
    #[arg(long)]
    request: Option<String>,
    /// Of this organisation, by its id
    #[arg(long)]
    organisation: Option<String>,
    /// For spreadsheets instead of JSON
    #[arg(long)]
    csv: bool,
    /// The whole trail with its chains and checkpoints, as a file that `audit verify --file` examines anywhere
    #[arg(long, conflicts_with_all = ["from", "until", "account", "actor", "client", "kind", "outcome", "network",
        "request", "organisation", "csv"])]
    signed: bool,
}

fn actor(text: &str) -> Result<String, String> {
    let known = Actor::parse(text).map(|actor| actor.to_text());
    known.ok_or_else(|| "write account:ID, client:ID, host:USER, system or anonymous".to_owned())
}

fn kind(text: &str) -> Result<Kind, String> {
    Kind::parse(text)
        .ok_or_else(|| "no kind of event; `audit export` shows them, as password.refused".to_owned())
}

fn outcome(text: &str) -> Result<Outcome, String> {
    Outcome::parse(text).ok_or_else(|| "write ok, refused or failed".to_owned())
}

fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "write 2026-11-23 or 2026-11-23T14:45:00Z".to_owned())
}

/// Runs the command; the exit code is 1 where the trail is not whole.
pub async fn run(command: Command, around: &Around) -> Result<u8, Failure> {
    match command {
        Command::Verify { file: Some(file), keys: Some(keys) } => examine(&file, &keys, around),
        Command::Verify { .. } => verify(around).await,
        Command::Export(wanted) if wanted.signed => signed(around).await.map(|()| 0),
        Command::Export(wanted) => export(wanted, around).await.map(|()| 0),
        Command::Keys => keys(around).await.map(|()| 0),
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

/// Whoever is at the host may take all of it.
async fn exporter(cx: &Cx) -> Result<AdminActor, Failure> {
    let at_host = admin::at_host(cx);
    admin::authorise(cx, &at_host, Action::AuditExport, &OrganisationId::root()).await.map_err(refused)
}

async fn export(wanted: Export, around: &Around) -> Result<(), Failure> {
    let format = if wanted.csv { Format::Csv } else { Format::Ndjson };
    let filter = Filter {
        account: wanted.account.map(AccountId::from_text),
        kinds: wanted.kind.into_iter().collect(),
        actor: wanted.actor,
        client: wanted.client.map(ClientId::from_text),
        outcome: wanted.outcome,
        network: wanted.network,
        request: wanted.request,
        organisation: wanted.organisation.map(OrganisationId::from_text),
        from: wanted.from,
        until: wanted.until,
        ..Filter::default()
    };
    changing(around, async |cx| {
        let actor = exporter(cx).await?;
        let mut copy = Copy::begin(cx, &actor, filter, format).await.map_err(refused)?;
        let mut count = 0;
        while let Some((lines, events)) = copy.next(cx).await.map_err(refused)? {
            count += events;
            if let Some(lines) = lines.strip_suffix('\n') {
                around.put(lines)?;
            }
        }
        around.say(&format!("{count} events."));
        Ok(())
    })
    .await
}

async fn signed(around: &Around) -> Result<(), Failure> {
    changing(around, async |cx| {
        let mut copy = Signed::begin(cx, &exporter(cx).await?).await.map_err(refused)?;
        while let Some(lines) = copy.next(cx).await.map_err(refused)? {
            if let Some(lines) = lines.strip_suffix('\n') {
                around.put(lines)?;
            }
        }
        let events = copy.events();
        around.say(&format!(
            "{events} events. Examine them anywhere: vouchsafe audit verify --file EXPORT --keys JWKS"
        ));
        Ok(())
    })
    .await
}

async fn keys(around: &Around) -> Result<(), Failure> {
    let keys =
        reading(around, async |cx| Ok(audit::public_keys(cx).await.map_err(anyhow::Error::from)?)).await?;
    around.put(&keys.to_string())
}

/// Examines a copy with nothing but public keys.
fn examine(file: &Path, keys: &Path, around: &Around) -> Result<u8, Failure> {
    let wrong = |why: String| Failure::failed(format!("--keys: {why}"));
    let set: serde_json::Value =
        serde_json::from_str(&read(keys, "--keys")?).map_err(|why| wrong(format!("no JSON: {why}")))?;
    let listed = set.get("keys").and_then(serde_json::Value::as_array);
    let listed = listed.ok_or_else(|| wrong("no key set: an object with an array `keys`".to_owned()))?;
    // Key by key: there may be more than an app may register.
    let parsed = |key| Some((ClientJwks::parse(&json!({ "keys": [key] })).ok()?, key));
    let known: Vec<(ClientJwks, &serde_json::Value)> = listed.iter().filter_map(parsed).collect();
    let check = |kid: &str, body: &[u8], signature: &[u8]| {
        let signed = |known: &ClientJwks| known.verifies(Algorithm::Es256, kid, body, signature);
        known.iter().any(|(known, key)| signed(known) && audit::counts_for(key, body))
    };
    let mut examiner = Examiner::new(&check);
    let opened = std::fs::File::open(file)
        .map_err(|why| Failure::failed(format!("--file: cannot read {}: {why}", file.display())))?;
    let looked = std::io::BufReader::new(opened).lines().try_for_each(|line| {
        let line = line.map_err(|why| Failure::failed(format!("--file: {why}")))?;
        examiner.feed(&line).map_err(|bad| Failure::failed(bad.to_string()))
    });
    match looked.and_then(|()| examiner.finish().map_err(|bad| Failure::failed(bad.to_string()))) {
        Ok(whole) => told(&whole, around).map(|()| 0),
        Err(bad) => {
            if around.json {
                around.put(&json!({ "ok": false, "first_bad": bad.message }).to_string())?;
            }
            Err(Failure::failed(format!("the copy is not whole: {}", bad.message)))
        }
    }
}

fn told(whole: &Whole, around: &Around) -> Result<(), Failure> {
    if around.json {
        let line = json!({
            "ok": true,
            "issuer": whole.issuer,
            "chains": whole.chains,
            "events": whole.events,
            "checkpoints": whole.checkpoints,
            "unsigned": whole.unsigned,
        });
        around.put(&line.to_string())?;
    }
    around.say(&format!(
        "The copy is whole: {} events in {} chains and {} signed checkpoints of {}. {} events stand behind the last \
         checkpoint; whether more followed them no signature says.",
        whole.events, whole.chains, whole.checkpoints, whole.issuer, whole.unsigned
    ));
    Ok(())
}
