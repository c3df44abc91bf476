//! Limits on guessing, as a table (SP 800-63B-4 §3.2.2). The store applies it in one guarded statement.

use crate::base::{Seconds, Timestamp};

/// Failures that cost nothing.
pub const FREE: i64 = 4;
/// The failure that disables the authenticator.
pub const LAST: i64 = 100;
/// Seconds within which an attempt is looked at: as long as a request may take. Then it counts as failed, whatever became of it.
pub const LOOKING: Seconds = 10;
/// Length of the network's window in seconds; how many failures it takes is a setting.
pub const NETWORK_WINDOW: Seconds = 600;
/// Mails with a link that may be asked for one person within [`MAIL_WINDOW`].
pub const MAILS: u64 = 3;
/// Length of that window in seconds.
pub const MAIL_WINDOW: Seconds = 3600;
/// Mails that tell one person that apps ask for them within [`MAIL_WINDOW`], of all apps; [`MAILS`] of each.
pub const MAILS_OF_APPS: u64 = 9;
/// Length of the window in which a machine's requests are counted, in seconds; how many it takes is a setting.
pub const MACHINE_WINDOW: Seconds = 60;
/// Requests of one app for people who are elsewhere within [`MACHINE_WINDOW`].
pub const ASKED: u64 = 120;
/// How often one person says no to one app within [`NETWORK_WINDOW`] until its requests are not shown to them any more.
pub const NOES: u64 = 10;
/// Request objects fetched for one app within [`MACHINE_WINDOW`], whoever's browser asks.
pub const FETCHES: u64 = 120;
/// What an app may do to its own registration within [`MACHINE_WINDOW`].
pub const OWN_REGISTRATION: u64 = 30;
/// Refusals of a machine within [`MACHINE_WINDOW`] that are told one by one; the rest are counted.
pub const MACHINE_REFUSALS: u64 = 20;
/// Refusals of a person at the console within [`NETWORK_WINDOW`] that are told one by one; the rest are counted.
pub const PERSON_REFUSALS: u64 = 20;
/// Names of people elsewhere that one who invites or brings people may find taken within [`NAMES_WINDOW`].
pub const NAMES: u64 = 100;
/// As many for everybody together who looks from one organisation right below the root, or from below it.
pub const NAMES_OF_BRANCH: u64 = 300;
/// Length of that window in seconds.
pub const NAMES_WINDOW: Seconds = 3600;
/// How long an unknown name's failures are remembered after the last, in seconds: so long that waiting for it tells
/// nobody in practice whether a name is known. A known one's are kept until a success.
pub const REMEMBERED: Seconds = 90 * 24 * 3600;

crate::base::words::words! {
    /// Budgets are separate, so that guessing at one method leaves the others open.
    Budget {
        /// The password.
        Password = "password",
        /// Codes from an app and recovery codes together.
        SecondFactor = "second_factor",
        /// Short codes: of a letter, or shown face to face.
        ShortCode = "short_code",
    }
}

/// Seconds to wait after the `n`th consecutive failure: nothing up to the 4th, then 30 s · 2^(n−5), at most 1 h.
pub fn delay(failures: i64) -> Seconds {
    if failures <= FREE {
        return 0;
    }
    let doublings = u32::try_from(failures - FREE - 1).unwrap_or(u32::MAX).min(12);
    (30_i64 << doublings).min(3600)
}

/// What the counter said when an attempt was reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// Go on; this would be the `n`th consecutive failure.
    Attempt(i64),
    /// Inside a delay: not evaluated, not counted.
    Wait(Timestamp),
    /// As many are being looked at as may fail: not evaluated, not counted. One of them may turn out right.
    Pending,
    /// The authenticator is disabled.
    Disabled,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_an_hour() {
        let want = [
            (0, 0),
            (4, 0),
            (5, 30),
            (6, 60),
            (7, 120),
            (11, 1920),
            (12, 3600),
            (99, 3600),
            (i64::MAX, 3600),
        ];
        for (n, seconds) in want {
            assert_eq!(delay(n), seconds, "{n}");
        }
    }
}
