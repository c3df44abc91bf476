//! The values every sample page shows: one address, one set of codes, one picture, one moment.

use jiff::Timestamp;

use super::words::When;

pub(super) const MAIL: &str = "amara.okafor@riverside.example";

pub(super) const CODES: [&str; 10] = [
    "4K7M-2QXD-9TBW-HJ3C",
    "8WPE-5NRA-1VGZ-6YKF",
    "D2SH-7XJM-QB4T-0CNE",
    "M9FK-3ZAW-8RPY-5GVD",
    "T6CX-1HQN-J7EB-2SKR",
    "0VYG-4PDM-W5ZA-9NTF",
    "H3JB-8KSE-6CXQ-7MRW",
    "Z1RT-5DGV-N2PF-4YHA",
    "Q8NE-9WCK-3TJS-6BXM",
    "5ADP-7FYZ-K0VH-1GQR",
];

/// The corner of a QR code: enough to see its size and its quiet zone.
pub(super) const QR: &str = r##"<?xml version="1.0" standalone="yes"?><svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="168" height="168" viewBox="0 0 21 21" shape-rendering="crispEdges"><path d="M0 0h21v21H0z" fill="#fff"/><path fill="#000" d="M0 0h7v7H0zm1 1v5h5V1zm1 1h3v3H2zM14 0h7v7h-7zm1 1v5h5V1zm1 1h3v3h-3zM0 14h7v7H0zm1 1v5h5v-5zm1 1h3v3H2zM9 1h2v3H9zm3 4h1v4h-1zM8 9h3v2H8zm6 0h2v3h-2zm4 1h3v1h-3zM9 13h4v1H9zm6 2h2v4h-2zm4 1h1v4h-1zM10 17h3v3h-3z"/></svg>"##;

pub(super) fn moment() -> When {
    // 20 September 2026, 14:45 UTC.
    When::utc(Timestamp::from_second(1_789_915_500).unwrap_or(Timestamp::UNIX_EPOCH))
}
