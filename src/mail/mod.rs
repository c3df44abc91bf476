//! Mail on its way out: one trait, and two who do it. `smtp` hands it to a server; `catcher` lets the demo keep it.
//! `outbox` takes what is due out of SQL and brings it to one of them. Nothing here knows words or people: letters come
//! rendered, and failures name no address.

use std::fmt;
use std::pin::Pin;

mod catcher;
mod envelope;
mod outbox;
mod smtp;

pub use catcher::Catcher;
pub use envelope::{Outgoing, Sender};
pub use outbox::{Outbox, Render, Swept};
pub use smtp::{Smtp, Unusable};

/// A future in a box, so that the traits can be objects.
pub type Sending<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// Who brings mail out.
pub trait Mailer: Send + Sync {
    /// Opens a line, on which several mails go one after the other.
    fn open(&self) -> Sending<'_, Box<dyn Line>>;
}

/// An open line to whoever takes the mail.
pub trait Line: Send {
    /// Hands one mail over. `Ok` means that the other side answers for it from now on.
    fn send<'a>(&'a mut self, mail: &'a Outgoing) -> Sending<'a, ()>;

    /// Says goodbye; whatever comes of that changes nothing.
    fn close(self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

crate::base::words::words! {
    /// Where it failed.
    Stage {
        /// The server does not answer, or another one does.
        Connect = "connect",
        /// The connection cannot be encrypted as the settings ask.
        Tls = "tls",
        /// The server does not take our user and password.
        SignIn = "sign_in",
        /// It does not let us send, or not from this address.
        Sender = "sender",
        /// It does not take mail for this address.
        Recipient = "recipient",
        /// It does not take this mail.
        Content = "content",
        /// It took too long.
        Silence = "silence",
        /// The program is about to end.
        Stopping = "stopping",
    }
}

/// Why a mail did not go out. What a server said is not kept: it likes to repeat the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where it failed.
    pub stage: Stage,
    /// What the server answered, if it did (RFC 5321 §4.2).
    pub code: Option<u16>,
}

impl Failure {
    /// A failure without an answer.
    pub const fn at(stage: Stage) -> Self {
        Self { stage, code: None }
    }

    /// Whether trying again is of no use: the server refuses this mail or its address for good. A server that refuses
    /// *us* may do so because of a setting, so that mail waits.
    pub fn is_lasting(&self) -> bool {
        matches!(self.stage, Stage::Recipient | Stage::Content) && self.code.is_some_and(|code| code >= 500)
    }

    /// Whether the next mail on this line could fare better.
    pub fn leaves_the_line(&self) -> bool {
        matches!(self.stage, Stage::Recipient | Stage::Content) && self.code.is_some_and(|code| code != 421)
    }

    /// Whether the server was not there at all.
    pub fn is_away(&self) -> bool {
        matches!(self.stage, Stage::Connect | Stage::Silence) && self.code.is_none()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::Connect => "the mail server does not answer as one",
            Stage::Tls => "the connection to the mail server cannot be encrypted as the settings ask",
            Stage::SignIn => "the mail server does not take our user and password",
            Stage::Sender => "the mail server does not let us send from mail.from",
            Stage::Recipient => "the mail server does not take mail for this person",
            Stage::Content => "the mail server does not take this mail",
            Stage::Silence => "the mail server fell silent",
            Stage::Stopping => "the program is about to end",
        })?;
        match self.code {
            Some(code) => write!(f, " ({code})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_mail_refused_for_good_is_given_up() {
        let of = |stage, code| Failure { stage, code: Some(code) };
        for lasting in [of(Stage::Recipient, 550), of(Stage::Content, 554)] {
            assert!(lasting.is_lasting(), "{lasting}");
        }
        for waits in [
            of(Stage::Recipient, 450),
            of(Stage::Content, 452),
            of(Stage::Connect, 554),
            of(Stage::SignIn, 535),
            of(Stage::Sender, 550),
            Failure::at(Stage::Content),
            Failure::at(Stage::Tls),
        ] {
            assert!(!waits.is_lasting(), "{waits}");
        }
    }
}
