//! What commands share: the settings loaded, the stores opened, the actor named.

use super::{Around, Failure};
use crate::app::{App, open_stores};
use crate::audit::Actor;
use crate::base::{Clock, Entropy};
use crate::config::{Config, environment};
use crate::flows::Cx;

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

/// The program composed beside a server that may be running: a writer of its own, seen within a second.
pub struct Beside {
    app: App,
}

impl Beside {
    /// Opens the stores of the settings; refuses a database that is not migrated.
    pub async fn open(around: &Around) -> Result<Self, Failure> {
        let config = config(around)?;
        let stores = open_stores(&config).await?;
        let pending = stores.pending().await?;
        if !pending.is_empty() {
            return Err(Failure::refused(format!(
                "the database lacks {}; run: vouchsafe migrate",
                pending.join(", ")
            )));
        }
        let app = App::compose(config, stores, Clock::System, Entropy::system()).await?;
        Ok(Self { app })
    }

    /// A context whose actor is the person at this host.
    pub fn cx(&self) -> Cx {
        self.app.cx(actor())
    }

    /// Links what was recorded and closes the stores.
    pub async fn close(self) -> Result<(), Failure> {
        let cx = self.cx();
        // The signing key has to be at hand when the checkpoint is signed.
        let ready =
            cx.signing.ring(&cx).await.is_ok_and(|ring| ring.active(crate::keys::Algorithm::Es256).is_some());
        if ready && let Ok(mut sealer) = self.app.sealer().await {
            // What cannot be linked now is adopted by the next process.
            let _ = sealer.finish().await;
        }
        self.app.close().await;
        Ok(())
    }
}

/// `host:<user>`, as the trail names whoever runs a command.
pub fn actor() -> Actor {
    let user =
        std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_else(|_| "root".to_owned());
    Actor::Host(user.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(64).collect())
}
