//! `vouchsafe keys …`: the signing keys of tokens, and the two key files everything sealed rests on.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::duty::refused;
use super::session::{changing, reading};
use super::text::{moment, table};
use super::{Around, Failure, Weight};
use crate::base::{Entropy, OrganisationId};
use crate::duties::{Action, Reason};
use crate::flows::{admin, keys};
use crate::keys::seal::{IndexKey, MasterKey};
use crate::keys::{Algorithm, Change, KeyUse};

/// The part after `keys`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make the two key files of a new installation; never overwrites
    Generate {
        /// Where the master key goes (secrets.master_key_file)
        #[arg(long, value_name = "FILE")]
        master: PathBuf,
        /// Where the index key goes (secrets.index_key_file)
        #[arg(long, value_name = "FILE")]
        index: PathBuf,
    },
    /// List the signing keys
    List,
    /// Let other keys sign from now on; what the old ones signed is still believed. The schedule does so by itself
    Rotate {
        /// answers (what apps read), access (access tokens) or trail (checkpoints) alone
        #[arg(long = "use", value_name = "USE", value_parser = usage)]
        usage: Option<KeyUse>,
        /// RS256, PS256, ES256 or EdDSA alone; keys of access and trail are ES256
        #[arg(long, value_parser = algorithm)]
        algorithm: Option<Algorithm>,
    },
    /// Throw a key away that others may know: nothing it signed is believed any more, and where it signed, another does
    Revoke {
        /// The key's id, as `keys list` shows it
        kid: String,
        /// Why, for the audit trail
        #[arg(long, value_parser = reason)]
        reason: Reason,
    },
}

fn usage(text: &str) -> Result<KeyUse, String> {
    let all = || KeyUse::ALL.iter().map(|u| u.as_str()).collect::<Vec<_>>().join(", ");
    KeyUse::parse(text).ok_or_else(|| format!("use one of {}", all()))
}

fn reason(text: &str) -> Result<Reason, String> {
    Reason::parse(text).map_err(|why| why.to_string())
}

fn algorithm(text: &str) -> Result<Algorithm, String> {
    let all = || Algorithm::ALL.iter().map(|a| a.as_str()).collect::<Vec<_>>().join(", ");
    Algorithm::parse(text).ok_or_else(|| format!("use one of {}", all()))
}

/// Runs the command.
pub async fn run(command: Command, around: &Around) -> Result<(), Failure> {
    match command {
        Command::Generate { master, index } => generate(&master, &index, around),
        Command::List => list(around).await,
        Command::Rotate { usage, algorithm } => rotate(usage, algorithm, around).await,
        Command::Revoke { kid, reason } => revoke(&kid, &reason, around).await,
    }
}

fn generate(master: &Path, index: &Path, around: &Around) -> Result<(), Failure> {
    if master == index {
        return Err(Failure::usage("--master and --index must name two files"));
    }
    let entropy = Entropy::system();
    for (path, flag) in [(master, "--master"), (index, "--index")] {
        if path.symlink_metadata().is_ok() {
            return Err(exists(path, flag));
        }
    }
    write_new(master, "--master", MasterKey::new_file_text(&entropy, false).expose())?;
    if let Err(failure) = write_new(index, "--index", IndexKey::new_file_text(&entropy, false).expose()) {
        // Half a pair is of no use, and would stand in the way of the next try.
        let _ = std::fs::remove_file(master);
        return Err(failure);
    }
    around.say(
        "Two key files are written, readable by their owner alone. Give them to the service's user, name them in \
         secrets.master_key_file and secrets.index_key_file, and keep copies off this machine: without them the \
         data are unreadable.",
    );
    match around.json {
        true => around.put(&json!({ "master": master, "index": index }).to_string()),
        false => Ok(()),
    }
}

fn write_new(path: &Path, flag: &str, text: &str) -> Result<(), Failure> {
    let options = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = options.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|why| match why.kind() {
        std::io::ErrorKind::AlreadyExists => exists(path, flag),
        _ => Failure::failed(format!("{flag}: cannot write {}: {why}", path.display())),
    })
}

fn exists(path: &Path, flag: &str) -> Failure {
    let path = path.display();
    Failure::refused(format!(
        "{flag}: {path} exists; a key that sealed data is never overwritten, name another file"
    ))
}

async fn list(around: &Around) -> Result<(), Failure> {
    reading(around, async |cx| {
        let ring = cx.signing.ring(cx).await.map_err(anyhow::Error::from)?;
        if around.json {
            return ring.keys().iter().try_for_each(|key| {
                let line = json!({
                    "kid": key.kid(),
                    "use": key.usage,
                    "algorithm": key.algorithm(),
                    "state": key.state,
                    "since": key.state_since.to_rfc3339(),
                    "created_at": key.created_at.to_rfc3339(),
                });
                around.put(&line.to_string())
            });
        }
        let rows: Vec<_> = ring
            .keys()
            .iter()
            .map(|key| {
                let since = moment(key.state_since, cx.now);
                let (usage, algorithm) = (key.usage.to_string(), key.algorithm().to_string());
                vec![usage, algorithm, key.state.to_string(), since, key.kid().to_owned()]
            })
            .collect();
        around.put(&table(&["USE", "ALGORITHM", "STATE", "SINCE", "KID"], &rows))?;
        if rows.is_empty() {
            around.say("There are none yet; `vouchsafe serve` makes them when it starts.");
        }
        Ok(())
    })
    .await
}

async fn rotate(usage: Option<KeyUse>, algorithm: Option<Algorithm>, around: &Around) -> Result<(), Failure> {
    if let (Some(usage), Some(algorithm)) = (usage, algorithm)
        && !usage.algorithms().contains(&algorithm)
    {
        return Err(Failure::usage(no_such(usage, algorithm)));
    }
    let which = match (usage, algorithm) {
        (None, None) => "every signing key".to_owned(),
        (Some(usage), None) => format!("the signing keys of {usage}"),
        (None, Some(algorithm)) => format!("the signing keys of {algorithm}"),
        (Some(usage), Some(algorithm)) => format!("the signing key of {usage} by {algorithm}"),
    };
    around.confirm(
        Weight::Undoable,
        &format!("Replace {which} now? Apps that cached the key set fail until they fetch it again."),
    )?;
    changing(around, async |cx| {
        let changes = keys::rotate_now(cx, usage, algorithm).await.map_err(anyhow::Error::from)?;
        tell(&changes, around)
    })
    .await
}

/// There is no key for this; what there are keys for.
fn no_such(usage: KeyUse, algorithm: Algorithm) -> String {
    let there = |usage: &KeyUse| {
        let all: Vec<_> = usage.algorithms().iter().map(|one| one.as_str()).collect();
        format!("{usage} by {}", all.join(", "))
    };
    let all: Vec<_> = KeyUse::ALL.iter().map(there).collect();
    format!("no key of {usage} signs by {algorithm}; there are {}", all.join("; "))
}

async fn revoke(kid: &str, reason: &Reason, around: &Around) -> Result<(), Failure> {
    let unknown = || Failure::failed(format!("there is no key {kid}; `vouchsafe keys list` lists them"));
    changing(around, async |cx| {
        let ring = cx.signing.ring(cx).await.map_err(anyhow::Error::from)?;
        if !ring.keys().iter().any(|key| key.kid() == kid) {
            return Err(unknown());
        }
        around.confirm(
            Weight::Final,
            &format!(
                "Throw the key {kid} away? Nothing it signed is believed any more, here at once, and elsewhere when others \
                 fetch the key set again."
            ),
        )?;
        let who = admin::at_host(cx);
        let actor = admin::authorise(cx, &who, Action::KeyRevoke, &OrganisationId::root()).await;
        match keys::revoke(cx, &actor.map_err(refused)?, kid, reason).await {
            Ok(changes) => tell(&changes, around),
            Err(admin::Refused::NotFound) => Err(unknown()),
            Err(why) => Err(refused(why)),
        }
    })
    .await
}

/// Says what was done to which key.
fn tell(changes: &[Change], around: &Around) -> Result<(), Failure> {
    for change in changes {
        let (done, text, key) = match change {
            Change::Generate(slot, state) => (
                "generated",
                format!("a new key of {} by {} is {state}", slot.usage, slot.algorithm),
                json!({ "use": slot.usage, "algorithm": slot.algorithm, "state": state }),
            ),
            Change::Activate(kid) => ("activated", format!("{kid} signs"), json!({ "kid": kid })),
            Change::Retire(kid) => (
                "retired",
                format!("{kid} signs no more, and verifies what it signed"),
                json!({ "kid": kid }),
            ),
            Change::Remove(kid) => ("removed", format!("{kid} is deleted"), json!({ "kid": kid })),
            Change::Discard(kid) => (
                "revoked",
                format!("{kid} is deleted; nothing it signed is believed any more"),
                json!({ "kid": kid }),
            ),
        };
        around.say(&text);
        if around.json {
            around.put(&json!({ "done": done, "key": key }).to_string())?;
        }
    }
    Ok(())
}
