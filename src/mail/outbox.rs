//! The sweeper: takes due mail out of SQL, opens and renders it, hands it over, and notes what came of it. A mail is
//! marked sent after it was handed over, so a crash between sends it twice and never loses it.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Failure, Line, Mailer, Outgoing, Sender, Stage};
use crate::audit::{Actor, Event, Kind, Outcome};
use crate::base::{Clock, Entropy, Seconds, Timestamp};
use crate::notifications::{Letter, Message, retry_after};
use crate::store::outbox::{self, OutboxRow};
use crate::store::vault::Vault;
use crate::store::{Error, Store};
use crate::telemetry;

/// How many mails are taken at once, and sent on one line.
const HANDFUL: i64 = 20;

/// How long a mail that is under way may take when the program is about to end.
const GRACE: Duration = Duration::from_secs(3);

/// Puts a message into words; whoever composes the program hands it in, because words are no business of mail.
pub type Render = Box<dyn Fn(&Message) -> Letter + Send + Sync>;

/// What waits, and who brings it out.
pub struct Outbox {
    /// Where it waits.
    pub store: Store,
    /// Opens it.
    pub vault: Vault,
    /// Time.
    pub clock: Clock,
    /// Chance.
    pub entropy: Entropy,
    /// Who brings it out.
    pub mailer: Arc<dyn Mailer>,
    /// Who writes.
    pub sender: Sender,
    /// Puts it into words.
    pub render: Render,
    /// Ends a sweep early.
    pub stop: CancellationToken,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Mails handed over.
    pub sent: u32,
    /// Mails that will be tried again.
    pub again: u32,
    /// Mails given up.
    pub dead: u32,
}

/// What is to be done with a mail.
enum Fate {
    Sent,
    Again(Seconds, Failure),
    Dead(&'static str, Option<u16>),
}

impl Outbox {
    /// Sends whatever is due now. A failure of the store ends it; what was claimed comes back by itself.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        let mut swept = Swept::default();
        loop {
            let now = self.clock.now();
            if self.stop.is_cancelled() || !outbox::is_due(&self.store, now).await? {
                return Ok(swept);
            }
            let claimed = self.store.write(now, |w, now| Box::pin(outbox::claim(w, HANDFUL, *now))).await?;
            if claimed.is_empty() {
                return Ok(swept);
            }
            self.deliver(claimed, &mut swept).await?;
        }
    }

    /// Brings a handful out on one line. A line that breaks, or cannot be opened, fails the rest of them alike.
    async fn deliver(&self, rows: Vec<OutboxRow>, swept: &mut Swept) -> Result<(), Error> {
        let mut line: Option<Result<Box<dyn Line>, Failure>> = None;
        for row in rows {
            let fate = match self.open(&row).await? {
                Ok(mail) => self.fate(&row, self.hand_over(&mut line, &mail).await),
                Err(reason) => Fate::Dead(reason, None),
            };
            match &fate {
                Fate::Sent => swept.sent += 1,
                Fate::Again(..) => swept.again += 1,
                Fate::Dead(..) => swept.dead += 1,
            }
            self.note(row, fate).await?;
        }
        if let Some(Ok(line)) = line {
            line.close().await;
        }
        Ok(())
    }

    /// The mail of a row, or the word for why there is none: its person's key is gone, or it was sealed by a later version.
    async fn open(&self, row: &OutboxRow) -> Result<Result<Outgoing, &'static str>, Error> {
        let Some(key) = self.vault.find(&row.account, self.clock.now()).await? else {
            return Ok(Err("no_key"));
        };
        let Ok(plain) = key.open(&format!("outbox.{}", row.id), &row.sealed) else {
            return Ok(Err("unreadable"));
        };
        let Ok(message) = serde_json::from_slice::<Message>(plain.expose()) else {
            return Ok(Err("unreadable"));
        };
        let letter = (self.render)(&message);
        let mail = Outgoing::new(&self.sender, &row.id, &message.to, &letter, row.created_at);
        Ok(mail.map_err(|failure| failure.stage.as_str()))
    }

    async fn hand_over(
        &self,
        line: &mut Option<Result<Box<dyn Line>, Failure>>,
        mail: &Outgoing,
    ) -> Result<(), Failure> {
        let handing = async {
            if line.is_none() {
                *line = Some(self.mailer.open().await);
            }
            match line {
                Some(Ok(open)) => open.send(mail).await,
                Some(Err(failure)) => Err(*failure),
                None => Err(Failure::at(Stage::Connect)),
            }
        };
        let ending = async {
            self.stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        let handed = tokio::select! {
            handed = handing => handed,
            () = ending => Err(Failure::at(Stage::Stopping)),
        };
        if let Err(failure) = handed
            && !failure.leaves_the_line()
        {
            *line = Some(Err(failure));
        }
        handed
    }

    fn fate(&self, row: &OutboxRow, handed: Result<(), Failure>) -> Fate {
        match handed {
            Ok(()) => Fate::Sent,
            Err(failure) if failure.stage == Stage::Stopping => Fate::Again(0, failure),
            Err(failure) if failure.is_lasting() => Fate::Dead(failure.stage.as_str(), failure.code),
            Err(failure) => match retry_after(row.attempts) {
                Some(pause) => Fate::Again(pause, failure),
                None => Fate::Dead(failure.stage.as_str(), failure.code),
            },
        }
    }

    /// Writes down what came of a mail; a mail given up stands in the trail, which names the account and no address.
    async fn note(&self, row: OutboxRow, fate: Fate) -> Result<(), Error> {
        let now = self.clock.now();
        match fate {
            Fate::Sent => {
                telemetry::mail_sent();
                let marked = (row.id, now);
                self.store.write(marked, |w, (id, now)| Box::pin(outbox::sent(w, id, *now))).await?;
            }
            Fate::Again(pause, failure) => {
                telemetry::mail_failed("again");
                tracing::warn!(mail = row.id, attempts = row.attempts, %failure, "a mail will be tried again");
                let marked = (row.id, now.plus(pause));
                self.store.write(marked, |w, (id, next)| Box::pin(outbox::again(w, id, *next))).await?;
            }
            Fate::Dead(reason, code) => {
                telemetry::mail_failed("dead");
                tracing::error!(mail = row.id, attempts = row.attempts, reason, code, "a mail was given up");
                let event = self.given_up(&row, reason, code, now);
                self.store
                    .write((row.id, now, event), |w, (id, now, event)| {
                        Box::pin(async move {
                            if outbox::bury(w, id, *now).await? {
                                w.record(event).await?;
                            }
                            Ok::<_, Error>(())
                        })
                    })
                    .await?;
            }
        }
        Ok(())
    }

    fn given_up(&self, row: &OutboxRow, reason: &str, code: Option<u16>, now: Timestamp) -> Event {
        let mut event = Event::new(Kind::NoticeFailed, Outcome::Failed, Actor::System, now, &self.entropy);
        event.account = Some(row.account.clone());
        event.reason = Some(reason.to_owned());
        event.detail = Some(serde_json::json!({
            "mail": row.id, "notice": row.notice, "attempts": row.attempts, "code": code }));
        event
    }
}
