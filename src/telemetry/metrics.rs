//! Numbers for Prometheus. Every metric is one row of [`METRICS`] and one function; labels are `&'static str`, so
//! that no request can invent one.

use std::sync::OnceLock;

use ::metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// What a metric measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Only rises.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Seconds, in buckets.
    Seconds,
}

/// Name, shape and meaning of every metric; dashboards and alert rules are checked against it.
pub const METRICS: &[(&str, Shape, &str)] = &[
    (BUILD_INFO, Shape::Gauge, "Always 1; the version is a label"),
    (LOGIN_ATTEMPTS, Shape::Counter, "Factors tried, by method and result"),
    (AUTHORIZE_REQUESTS, Shape::Counter, "Authorization requests, by kind of client and result"),
    (TOKEN_REQUESTS, Shape::Counter, "Token requests, by grant and result"),
    (LOCKOUTS, Shape::Counter, "Delays and disablings of an authenticator, by method"),
    (HTTP_DURATION, Shape::Seconds, "What a request took, by route and status code"),
    (HASHING_WAITING, Shape::Gauge, "Password hashes waiting for a thread"),
    (HASHING_REFUSED, Shape::Counter, "Password hashes refused because the queue was full"),
    (KEY_AGE, Shape::Gauge, "Age of the signing key in use, in seconds"),
    (AUDIT_UNLINKED, Shape::Gauge, "Audit events not yet linked into a chain"),
    (MAIL_QUEUE, Shape::Gauge, "Mails waiting to be sent"),
    (MAIL_SENT, Shape::Counter, "Mails handed to the server"),
    (MAIL_FAILED, Shape::Counter, "Attempts to hand over a mail that failed, by what follows: again or dead"),
    (WEBHOOK_QUEUE, Shape::Gauge, "Deliveries of webhooks waiting to be sent"),
    (LOGOUT_QUEUE, Shape::Gauge, "Apps waiting to be told that a session ended"),
    (
        LOGOUTS,
        Shape::Counter,
        "Attempts to tell an app that a session ended, by what came of it: sent, again or dead",
    ),
    (
        PINGS,
        Shape::Counter,
        "Attempts to tell an app that its person has answered, by what came of it: sent, again or dead",
    ),
    (WEBHOOKS, Shape::Counter, "Attempts to deliver a webhook, by what came of it: sent, again or dead"),
];

const BUILD_INFO: &str = "vouchsafe_build_info";
const LOGIN_ATTEMPTS: &str = "vouchsafe_login_attempts_total";
const AUTHORIZE_REQUESTS: &str = "vouchsafe_authorize_requests_total";
const TOKEN_REQUESTS: &str = "vouchsafe_token_requests_total";
const LOCKOUTS: &str = "vouchsafe_lockouts_total";
const HTTP_DURATION: &str = "vouchsafe_http_request_duration_seconds";
const HASHING_WAITING: &str = "vouchsafe_hashing_waiting";
const HASHING_REFUSED: &str = "vouchsafe_hashing_refused_total";
const KEY_AGE: &str = "vouchsafe_signing_key_age_seconds";
const AUDIT_UNLINKED: &str = "vouchsafe_audit_unlinked_events";
const MAIL_QUEUE: &str = "vouchsafe_mail_queue_depth";
const MAIL_SENT: &str = "vouchsafe_mail_sent_total";
const MAIL_FAILED: &str = "vouchsafe_mail_failed_total";
const LOGOUT_QUEUE: &str = "vouchsafe_logout_queue_depth";
const LOGOUTS: &str = "vouchsafe_logout_attempts_total";
const PINGS: &str = "vouchsafe_ping_attempts_total";
const WEBHOOK_QUEUE: &str = "vouchsafe_webhook_queue_depth";
const WEBHOOKS: &str = "vouchsafe_webhook_attempts_total";

/// From a cached answer to a queue's last place, in seconds.
const BUCKETS: [f64; 12] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// The recorder's other end: what `/metrics` answers.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

/// Installs the process's recorder, or answers the one that is there. Without it every function here does nothing.
pub fn install() -> Result<Metrics, metrics_exporter_prometheus::BuildError> {
    static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = INSTALLED.get() {
        return Ok(Metrics { handle: handle.clone() });
    }
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), &BUCKETS)?;
    let handle = match builder.install_recorder() {
        Ok(handle) => INSTALLED.get_or_init(|| handle).clone(),
        // Another thread was faster between the two looks; its recorder is the process's.
        Err(error) => INSTALLED.get().cloned().ok_or(error)?,
    };
    describe();
    gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(Metrics { handle })
}

fn describe() {
    for (name, shape, help) in METRICS {
        match shape {
            Shape::Counter => describe_counter!(*name, *help),
            Shape::Gauge => describe_gauge!(*name, *help),
            Shape::Seconds => describe_histogram!(*name, *help),
        }
    }
}

impl Metrics {
    /// The text `/metrics` answers, `text/plain; version=0.0.4`.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Folds what was measured since the last call into the buckets; call it every few seconds, or samples pile up
    /// until somebody asks for `/metrics`.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

/// A factor was tried: `method` as the factor's own word, `result` such as `ok`, `wrong`, `delayed`.
pub fn login_attempt(method: &'static str, result: &'static str) {
    counter!(LOGIN_ATTEMPTS, "method" => method, "result" => result).increment(1);
}

/// An authorization request ended: `ok`, or the error code it was answered with.
pub fn authorize_request(client_type: &'static str, result: &'static str) {
    counter!(AUTHORIZE_REQUESTS, "client_type" => client_type, "result" => result).increment(1);
}

/// A token request ended: `ok`, or the error code; `grant` is `unknown` for anything we do not speak.
pub fn token_request(grant: &'static str, result: &'static str) {
    counter!(TOKEN_REQUESTS, "grant" => grant, "result" => result).increment(1);
}

/// An authenticator was delayed or disabled.
pub fn lockout(method: &'static str) {
    counter!(LOCKOUTS, "method" => method).increment(1);
}

/// A request was answered; `route` is the pattern of the router, never the path that was asked.
pub fn http_request(route: &'static str, code: u16, seconds: f64) {
    histogram!(HTTP_DURATION, "route" => route, "code" => status(code)).record(seconds);
}

/// The status as a label; what we never send shares one word.
fn status(code: u16) -> &'static str {
    const KNOWN: [(u16, &str); 20] = [
        (200, "200"),
        (201, "201"),
        (204, "204"),
        (302, "302"),
        (303, "303"),
        (304, "304"),
        (400, "400"),
        (401, "401"),
        (403, "403"),
        (404, "404"),
        (405, "405"),
        (409, "409"),
        (410, "410"),
        (413, "413"),
        (414, "414"),
        (415, "415"),
        (422, "422"),
        (429, "429"),
        (500, "500"),
        (503, "503"),
    ];
    KNOWN.iter().find(|(known, _)| *known == code).map_or("other", |(_, word)| word)
}

/// Password hashes waiting for a thread, now.
pub fn hashing_waiting(waiting: usize) {
    gauge!(HASHING_WAITING).set(u32::try_from(waiting).map_or(f64::MAX, f64::from));
}

/// The hashing queue was full and a sign-in was answered 503.
pub fn hashing_refused() {
    counter!(HASHING_REFUSED).increment(1);
}

/// Seconds since the signing key in use became active.
pub fn signing_key_age(seconds: u32) {
    gauge!(KEY_AGE).set(f64::from(seconds));
}

/// Audit events not yet linked into a chain, now.
pub fn audit_unlinked(events: u32) {
    gauge!(AUDIT_UNLINKED).set(f64::from(events));
}

/// Mails waiting to be sent, now.
pub fn mail_waiting(mails: u32) {
    gauge!(MAIL_QUEUE).set(f64::from(mails));
}

/// A mail was handed to the server.
pub fn mail_sent() {
    counter!(MAIL_SENT).increment(1);
}

/// A mail could not be handed over: it will be tried `again`, or it is `dead`.
pub fn mail_failed(follows: &'static str) {
    counter!(MAIL_FAILED, "follows" => follows).increment(1);
}

/// Apps waiting to be told that a session ended, now.
pub fn logouts_waiting(apps: u32) {
    gauge!(LOGOUT_QUEUE).set(f64::from(apps));
}

/// An app was to be told that a session ended: it was `sent`, will be tried `again`, or is `dead`.
pub fn logout(came: &'static str) {
    counter!(LOGOUTS, "result" => came).increment(1);
}

/// An app was to be told that its person has answered: it was `sent`, will be tried `again`, or is `dead`.
pub fn ping(came: &'static str) {
    counter!(PINGS, "result" => came).increment(1);
}

/// Deliveries of webhooks waiting to be sent, now.
pub fn webhooks_waiting(deliveries: u32) {
    gauge!(WEBHOOK_QUEUE).set(f64::from(deliveries));
}

/// A delivery of a webhook was tried: it was `sent`, will be tried `again`, or is `dead`.
pub fn webhook(came: &'static str) {
    counter!(WEBHOOKS, "result" => came).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_rendered_under_its_name() {
        let metrics = install().unwrap();
        login_attempt("totp", "ok");
        http_request("/token", 200, 0.003);
        http_request("/token", 299, 0.003);
        let again = install().unwrap();
        again.upkeep();
        let text = metrics.render();
        for line in [
            "vouchsafe_build_info{version=\"",
            "# HELP vouchsafe_login_attempts_total Factors tried",
            "vouchsafe_login_attempts_total{method=\"totp\",result=\"ok\"} 1",
            "vouchsafe_http_request_duration_seconds_bucket{route=\"/token\",code=\"200\",le=\"0.005\"} 1",
            "code=\"other\"",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn every_name_is_ours_and_says_its_unit() {
        for (name, shape, _) in METRICS {
            assert!(name.starts_with("vouchsafe_"));
            assert_eq!(*shape == Shape::Counter, name.ends_with("_total"), "{name}");
            assert_eq!(*shape == Shape::Seconds, name.ends_with("_duration_seconds"), "{name}");
        }
    }
}
