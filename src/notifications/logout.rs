//! What we say to an app when a session ends that signed in to it (OpenID Connect Back-Channel Logout 1.0): one message on its
//! way, how long it is tried, and how an app stands. Pure; the token itself is `oidc::logout`'s.

use super::doubling;
use super::webhook::Standing;
use crate::base::{ClientId, Seconds, SessionId, Timestamp};

/// How long an app that does not answer is told again, in seconds. Who signed in a day ago signs in again anyway.
const TOLD_FOR: Seconds = 24 * 3600;

/// One app on its way to hear that one session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logout {
    /// The session, `sid` of the app's ID tokens.
    pub session: SessionId,
    /// The app.
    pub client: ClientId,
    /// The app's name for the person; forgotten when the app was told, or given up.
    pub sub: Option<String>,
    /// When the session ended.
    pub ended_at: Timestamp,
    /// How often it was tried, a running attempt included.
    pub attempts: i64,
    /// How it stands.
    pub standing: Standing,
    /// What the app answered last.
    pub status: Option<u16>,
    /// Why there was no answer, or none that counts; a word.
    pub failure: Option<String>,
}

/// How an app hears of ended sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hearing {
    /// How many messages wait; counted to 1,001.
    pub waiting: i64,
    /// When the first of them is tried.
    pub next_at: Option<Timestamp>,
    /// How many were given up within the last thirty days; counted to 1,001.
    pub dead: i64,
    /// When one last arrived.
    pub told_at: Option<Timestamp>,
    /// The last failure of what did not arrive since.
    pub failed: Option<Failed>,
}

/// A failed attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// When.
    pub at: Timestamp,
    /// What the app answered.
    pub status: Option<u16>,
    /// Why that does not count; a word.
    pub why: String,
}

/// How long a message waits after so many failed attempts: ten seconds, doubling to an hour. `None` when the pauses so far make
/// a day: then it is given up.
pub fn retry_after(attempts: i64) -> Option<Seconds> {
    doubling(attempts, 10, TOLD_FOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_told_again_soon_and_given_up_after_a_day() {
        let first: Vec<_> = (1..=10).filter_map(retry_after).collect();
        assert_eq!(first, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]);
        let total: Seconds = (1..).map_while(retry_after).sum();
        assert!((TOLD_FOR..TOLD_FOR + 3600).contains(&total), "{total}");
    }
}
