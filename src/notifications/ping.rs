//! What an app is told once its person has answered elsewhere (CIBA Core 1.0 §10.2): that asking is worth it. Pure.

use super::doubling;
use crate::base::{ClientId, Digest, Seconds, Timestamp};

/// One message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// What stands for the request.
    pub id: Digest,
    /// The app.
    pub client: ClientId,
    /// What is sent, sealed; nothing where it was sent.
    pub telling: Option<Vec<u8>>,
    /// How often it was tried, a running attempt included.
    pub attempts: i64,
    /// When the request ends.
    pub until: Timestamp,
}

/// Most seconds an app is told again.
const TOLD_FOR: Seconds = 1800;

impl Ping {
    /// When a message that failed is tried again: after five seconds, doubling, while the app could still get anything for it.
    pub fn next_at(&self, now: Timestamp) -> Option<Timestamp> {
        doubling(self.attempts, 5, TOLD_FOR).map(|pause| now.plus(pause)).filter(|next| *next < self.until)
    }
}

/// Whether an app that answered so may take the message later (CIBA §10.2, RFC 9110 §15): whatever else it says of the request
/// is its last word.
pub fn is_worth_repeating(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_told_again_while_there_is_anything_to_get() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let ping = |attempts, left| Ping {
            id: Digest::of(""),
            client: ClientId::from_text("app"),
            telling: None,
            attempts,
            until: now.plus(left),
        };
        let pauses: Vec<_> = (1..=4).map(|n| ping(n, 600).next_at(now).map(|at| at.since(now))).collect();
        assert_eq!(pauses, [Some(5), Some(10), Some(20), Some(40)]);
        assert_eq!((ping(1, 5).next_at(now), ping(60, 600).next_at(now)), (None, None));
    }

    #[test]
    fn what_an_app_says_of_the_request_is_its_last_word() {
        for status in [301, 302, 400, 401, 403, 404, 410] {
            assert!(!is_worth_repeating(status), "{status}");
        }
        for status in [408, 425, 429, 500, 502, 503] {
            assert!(is_worth_repeating(status), "{status}");
        }
    }
}
