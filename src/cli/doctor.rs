//! `vouchsafe doctor`: every part of an installation in the order it is needed, each with the way to mend it.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde_json::json;

use super::session::{actor, missing_file};
use super::{Around, Failure, Paint};
use crate::app::{App, Stores, is_away, open_stores, read_key_files, try_mail, try_sessions};
use crate::base::{Clock, Timestamp};
use crate::config::{Config, environment};
use crate::flows::{Cx, accounts, audit, clients, models};
use crate::keys::Slot;

/// No machine that runs this has a clock before its release.
const RELEASED: Timestamp = Timestamp::from_seconds(1_767_225_600);
/// Seconds another machine's clock may be ahead of ours.
const AHEAD: i64 = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Ok,
    Warn,
    Fail,
}

/// The checks so far, printed as they are made.
struct Report<'a> {
    around: &'a Around,
    failed: bool,
    away: bool,
}

impl Report<'_> {
    fn ok(&self, what: &str, told: &str) -> Result<(), Failure> {
        self.line(Mark::Ok, what, told, "")
    }

    fn warn(&self, what: &str, told: &str, fix: &str) -> Result<(), Failure> {
        self.line(Mark::Warn, what, told, fix)
    }

    fn fail(&mut self, what: &str, told: &str, fix: &str) -> Result<(), Failure> {
        self.failed = true;
        self.line(Mark::Fail, what, told, fix)
    }

    /// A failure of a store: away is another exit code than broken.
    fn store(&mut self, what: &str, error: anyhow::Error, fix: &str) -> Result<(), Failure> {
        self.away |= is_away(&error);
        self.fail(what, &format!("{error:#}"), fix)
    }

    fn line(&self, mark: Mark, what: &str, told: &str, fix: &str) -> Result<(), Failure> {
        let (word, paint) = match mark {
            Mark::Ok => ("ok", Paint::Green),
            Mark::Warn => ("warn", Paint::Yellow),
            Mark::Fail => ("fail", Paint::Red),
        };
        if self.around.json {
            let fix = Some(fix).filter(|fix| !fix.is_empty());
            return self
                .around
                .put(&json!({ "check": what, "state": word, "told": told, "fix": fix }).to_string());
        }
        let word = self.around.paint(paint, &format!("{word:<4}"));
        self.around.put(&format!("{word}  {what}: {told}"))?;
        if fix.is_empty() { Ok(()) } else { self.around.put(&format!("      {fix}")) }
    }

    fn code(&self) -> u8 {
        match (self.away, self.failed) {
            (true, _) => 4,
            (false, true) => 1,
            (false, false) => 0,
        }
    }
}

/// Checks everything; 0 when nothing failed, 1 when something did, 3 for the settings, 4 when a store is away.
pub async fn run(around: &Around) -> Result<u8, Failure> {
    let mut report = Report { around, failed: false, away: false };
    let Some(config) = settings(&mut report)? else { return Ok(3) };
    let keyed = key_files(&config, &mut report)?;
    if let Some(stores) = stores(&config, &mut report).await? {
        if keyed {
            installation(config, stores, &mut report).await?;
        } else {
            stores.store.close().await;
            stores.keys.close().await;
        }
    }
    Ok(report.code())
}

fn settings(report: &mut Report<'_>) -> Result<Option<Config>, Failure> {
    let file = report.around.file.clone();
    match Config::load(file.as_deref(), environment()) {
        Ok(loaded) => {
            let read =
                file.map_or_else(|| "no file, only defaults".to_owned(), |file| file.display().to_string());
            report.ok("settings", &format!("{read} and the environment"))?;
            // Key files and the telephone number have checks of their own.
            for warning in loaded.warnings.iter().filter(|w| !["secrets", "support.phone"].contains(&w.key)) {
                report.warn(warning.key, warning.message, "")?;
            }
            Ok(Some(loaded.config))
        }
        Err(problems) => {
            for problem in &problems {
                report.fail("settings", &problem.to_string(), "docs/configuration.md explains each key")?;
            }
            Ok(None)
        }
    }
}

fn key_files(config: &Config, report: &mut Report<'_>) -> Result<bool, Failure> {
    let what = "key files";
    let generate = "put the copies of this installation's keys there; only for a new installation: vouchsafe keys \
                    generate --master FILE --index FILE";
    let (master, index) = match read_key_files(config) {
        Ok(keys) => keys,
        Err(why) => return report.fail(what, &format!("{why:#}"), generate).map(|()| false),
    };
    let paths = [&config.secrets.master_key_file, &config.secrets.index_key_file];
    let open: Vec<_> = paths.into_iter().flatten().filter(|path| others_may_read(path)).collect();
    for path in &open {
        let path = path.display();
        report.fail(what, &format!("{path} can be read by others"), &format!("chmod 600 {path}"))?;
    }
    if master.is_demo() || index.is_demo() {
        report.fail(what, "they are a demo's, and `serve` refuses them", generate)?;
    } else if open.is_empty() {
        report.ok(what, "readable by their owner alone")?;
    }
    Ok(true)
}

fn others_may_read(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.mode() & 0o077 != 0)
}

async fn stores(config: &Config, report: &mut Report<'_>) -> Result<Option<Stores>, Failure> {
    let what = "database and key store";
    for (key, url) in [("database.url", &config.database.url), ("keys.url", &config.keys_url())] {
        if let Some(path) = missing_file(url) {
            let told = format!("{key}: {} does not exist", path.display());
            return report.fail(what, &told, "run: vouchsafe migrate").map(|()| None);
        }
    }
    let fix = "see that the server runs, and that the URL, user and password are right";
    let stores = match open_stores(config).await {
        Ok(stores) => stores,
        Err(why) => return report.store(what, why, fix).map(|()| None),
    };
    match stores.pending().await {
        Ok(pending) if pending.is_empty() => {
            report.ok(what, &format!("{} answers, at this version", config.database.url))?;
            Ok(Some(stores))
        }
        Ok(pending) => {
            let told = format!("it lacks {}", pending.join(", "));
            report.fail(what, &told, "run: vouchsafe migrate").map(|()| None)
        }
        Err(why) => report.store(what, why, fix).map(|()| None),
    }
}

async fn installation(config: Config, stores: Stores, report: &mut Report<'_>) -> Result<(), Failure> {
    match try_sessions(&config, &stores).await {
        Ok(()) => {
            report.ok("sessions", &format!("{} answers and forgets nothing early", config.sessions.url))?
        }
        Err(why) => {
            report.store("sessions", why, "see sessions.url; Redis needs: maxmemory-policy noeviction")?
        }
    }
    mail(&config, report).await?;
    let app = App::compose_beside(config, stores)?;
    let cx = app.cx(actor());
    let checked = async {
        signing_keys(&cx, report).await?;
        clock(&cx, report).await?;
        apps(&cx, report).await?;
        support(&cx, report)?;
        key_models(&cx, report).await?;
        erasures(&cx, report).await
    };
    let checked = checked.await;
    app.close().await;
    checked
}

/// Speaks with the mail server as far as signing in; nothing is sent. That none is named was said with the settings.
async fn mail(config: &Config, report: &mut Report<'_>) -> Result<(), Failure> {
    let Some(url) = &config.mail.smtp_url else { return Ok(()) };
    match try_mail(config).await {
        Ok(encrypted) => {
            let how = if encrypted == Some(true) { "encrypted" } else { "not encrypted" };
            let who = if url.credentials().is_some() { ", takes our user and password" } else { "" };
            report.ok("mail", &format!("{url} answers, {how}{who}"))
        }
        Err(why) => {
            let fix =
                "see mail.smtp_url; a certificate of your own goes into mail.ca_file. Until then mail waits";
            report.store("mail", why, fix)
        }
    }
}

async fn signing_keys(cx: &Cx, report: &mut Report<'_>) -> Result<(), Failure> {
    let what = "signing keys";
    let ring = match cx.signing.ring(cx).await {
        Ok(ring) => ring,
        Err(why) => {
            let fix = "the master key must be the one this database was made with; look for its copy";
            return report.store(what, why.into(), fix);
        }
    };
    let lacking: Vec<_> = Slot::all()
        .filter(|slot| ring.active(slot.usage, slot.algorithm).is_none())
        .map(|slot| slot.to_string())
        .collect();
    if lacking.is_empty() {
        return report
            .ok(what, &format!("{} in all, one active for each use and algorithm", ring.keys().len()));
    }
    let told = format!("none is active for {}", lacking.join(", "));
    report.warn(what, &told, "`vouchsafe serve` makes them when it starts; or run: vouchsafe keys rotate")
}

async fn clock(cx: &Cx, report: &mut Report<'_>) -> Result<(), Failure> {
    let (what, now) = ("clock", Clock::System.now());
    let fix = "set the clock, e.g. timedatectl set-ntp true";
    let told = now.to_rfc3339();
    if now < RELEASED {
        return report.fail(what, &format!("it says {told}, which is before this version was made"), fix);
    }
    match audit::newest(cx).await {
        Err(why) => report.store(what, why.into(), "see the database"),
        Ok(newest) => match newest.filter(|event| event.at > now.plus(AHEAD)) {
            None => report.ok(what, &told),
            Some(event) => {
                let told = format!("it says {told}, but the newest event is of {}", event.at.to_rfc3339());
                report.fail(what, &told, fix)
            }
        },
    }
}

async fn apps(cx: &Cx, report: &mut Report<'_>) -> Result<(), Failure> {
    let what = "apps";
    let clients = match clients::list(cx).await {
        Ok(clients) => clients,
        Err(why) => return report.store(what, why.into(), "see the database"),
    };
    for client in clients.iter().filter(|client| client.is_enabled() && client.policy.lower_role_floor) {
        let level = client.policy.min_acr.map_or_else(|| "no level".to_owned(), |acr| acr.to_string());
        let told = format!("{} lowers the floor of patients and clinicians to {level}", client.id);
        let fix = "register it without policy.lower_role_floor unless somebody answers for it";
        report.warn(what, &told, fix)?;
    }
    report.ok(what, &format!("{} registered", clients.len()))
}

fn support(cx: &Cx, report: &mut Report<'_>) -> Result<(), Failure> {
    match cx.config.support.phone {
        Some(_) => report.ok("support phone", "is set"),
        None => {
            let told = "is not set: people who are locked out see no number";
            report.warn("support phone", told, "set support.phone")
        }
    }
}

/// What is known of models of keys, and whether a policy needs to know it.
async fn key_models(cx: &Cx, report: &mut Report<'_>) -> Result<(), Failure> {
    let what = "FIDO metadata";
    let now = Clock::System.now();
    let read = match models::read(&cx.config, now) {
        Ok(read) => read,
        Err(why) => return report.fail(what, &why.to_string(), "`vouchsafe serve` does not start with it"),
    };
    let Some(read) = read else {
        return match cx.policies.current(cx).await {
            Ok(current) if current.rules.close_models() => {
                let told = "the policy lets listed models of keys count alone, and none is known: nobody can add a key";
                report.warn(what, told, "set webauthn.metadata_file")
            }
            Ok(_) => Ok(()),
            Err(why) => report.store(what, why.into(), "see the policy's newest version"),
        };
    };
    let told = read.metadata.told();
    match models::rolled_back(cx, &read).await {
        Ok(Some(seen)) => {
            let fix = "put the newest file of https://mds3.fidoalliance.org/ there; `vouchsafe serve` does not start \
                       with this one";
            report.fail(what, &format!("{told}; number {seen} was read before"), fix)
        }
        Ok(None) if read.metadata.is_stale(now) => {
            report.warn(what, &told, "a newer one is out at https://mds3.fidoalliance.org/")
        }
        Ok(None) => report.ok(what, &told),
        Err(why) => report.store(what, why.into(), "see the database"),
    }
}

async fn erasures(cx: &Cx, report: &mut Report<'_>) -> Result<(), Failure> {
    match accounts::erasures_to_reapply(cx).await {
        Ok(0) => report.ok("erasures", "both lists agree"),
        Ok(count) => {
            let told = format!("{count} people were erased and are back, as after a restored backup");
            report.warn("erasures", &told, "`vouchsafe serve` erases them again when it starts")
        }
        Err(why) => report.store("erasures", why.into(), "see the key store"),
    }
}
