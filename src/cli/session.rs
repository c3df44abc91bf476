//! What commands share: the settings loaded, the stores opened, the actor named.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Around, Failure};
use crate::app::{App, Stores, open_stores, read_key_files};
use crate::audit::Actor;
use crate::config::{Config, DatabaseUrl, Engine, environment};
use crate::flows::{Cx, keys};
use crate::keys::seal::{IndexKey, MasterKey};
use crate::keys::{Algorithm, KeyUse};

/// The settings, or every problem with them.
pub fn config(around: &Around) -> Result<Config, Failure> {
    match Config::load(around.file.as_deref(), environment()) {
        Ok(loaded) => Ok(loaded.config),
        Err(problems) => {
            let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
            Err(Failure::configuration(lines.join("\n")))
        }
    }
}

/// The two keys the settings name; without them nothing can be read.
pub fn key_files(config: &Config) -> Result<(MasterKey, IndexKey), Failure> {
    read_key_files(config).map_err(|why| {
        Failure::configuration(format!(
            "{why:#}; put the copies of this installation's keys there, or name the settings with --config; only for \
             a new installation: vouchsafe keys generate --master FILE --index FILE"
        ))
    })
}

/// The file of a SQLite database that is not there: opening it would make an empty one.
pub fn missing_file(url: &DatabaseUrl) -> Option<PathBuf> {
    if url.engine() != Engine::Sqlite {
        return None;
    }
    let path = url.expose().strip_prefix("sqlite:")?;
    let path = Path::new(path.strip_prefix("//").unwrap_or(path));
    (!path.exists()).then(|| path.to_owned())
}

/// Refuses stores that lack migrations.
pub async fn migrated(stores: &Stores) -> Result<(), Failure> {
    let pending = stores.pending().await?;
    if pending.is_empty() {
        return Ok(());
    }
    let lacks = pending.join(", ");
    Err(Failure::refused(format!("the database lacks {lacks}; run: vouchsafe migrate")))
}

/// Runs a command that reads, beside a server that may be running.
pub async fn reading<T>(
    around: &Around,
    work: impl AsyncFnOnce(&Cx) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let app = beside(around).await?;
    let done = work(&app.cx(actor())).await;
    app.close().await;
    done
}

/// Runs a command that changes something, as a writer of its own: a running server sees it within a second. Links
/// what it recorded into the audit trail.
pub async fn changing<T>(
    around: &Around,
    work: impl AsyncFnOnce(&Cx) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let app = beside(around).await?;
    let cx = app.cx(actor());
    let done = work(&cx).await;
    // The signing key has to be at hand when the checkpoint is signed.
    let ready =
        cx.signing.ring(&cx).await.is_ok_and(|ring| ring.active(KeyUse::Trail, Algorithm::Es256).is_some());
    if done.is_ok()
        && ready
        && let Ok(mut sealer) = app.sealer().await
    {
        // What cannot be linked now is adopted by the next process.
        let _ = sealer.finish().await;
    }
    app.close().await;
    done
}

async fn beside(around: &Around) -> Result<App, Failure> {
    let config = config(around)?;
    key_files(&config)?;
    for (key, url) in [("database.url", &config.database.url), ("keys.url", &config.keys_url())] {
        if let Some(path) = missing_file(url) {
            let path = path.display();
            return Err(Failure::refused(format!("{key}: {path} does not exist; run: vouchsafe migrate")));
        }
    }
    let stores = open_stores(&config).await?;
    migrated(&stores).await?;
    let app = App::compose_beside(config, stores)?;
    own_master(&app).await?;
    Ok(app)
}

/// Refuses another installation's master key: what was written with it nobody could read afterwards.
pub async fn own_master(app: &App) -> Result<(), Failure> {
    if keys::is_own_master(&app.cx(actor())).await.map_err(anyhow::Error::from)? {
        return Ok(());
    }
    Err(Failure::configuration(
        "secrets.master_key_file: not the key this database was made with; put its copy back",
    ))
}

/// `host:<user>`, as the trail names whoever runs a command: the process's user, or who became root by sudo.
pub fn actor() -> Actor {
    let uid = std::fs::metadata("/proc/self").map(|me| me.uid()).ok();
    let sudo = std::env::var("SUDO_USER").ok().filter(|user| uid == Some(0) && !user.is_empty());
    let user = sudo.or_else(|| uid.map(|uid| user_name(uid).unwrap_or_else(|| uid.to_string())));
    let user = user.or_else(|| std::env::var("USER").ok()).unwrap_or_else(|| "unknown".to_owned());
    Actor::Host(user.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(64).collect())
}

/// The name of a user of this machine.
fn user_name(uid: u32) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, id) = (fields.next()?, fields.nth(1)?);
        (id.parse() == Ok(uid)).then(|| name.to_owned())
    })
}
