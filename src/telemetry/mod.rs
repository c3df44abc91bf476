//! Logs, metrics and word to systemd: what operators see. It looks at no business value; callers hand it words
//! from closed lists, so that neither a log nor a label can hold a name.

pub mod logs;
pub mod metrics;
pub mod systemd;

pub use logs::init;
pub use metrics::{
    Metrics, audit_unlinked, authorize_request, hashing_refused, hashing_waiting, http_request, install,
    lockout, login_attempt, logout, logouts_waiting, mail_failed, mail_sent, mail_waiting, ping,
    signing_key_age, token_request, webhook, webhooks_waiting,
};
