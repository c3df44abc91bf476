//! Claims in words: levels, methods, moments and tokens as a person reads them. Pure.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::Value;

/// Two different ways of proving who one is.
pub(super) const AAL2: &str = "urn:vouchsafe:acr:aal2";
/// The same, with a method no impostor site can pass on.
pub(super) const AAL2_PHR: &str = "urn:vouchsafe:acr:aal2-phr";

/// The levels the sign-in service publishes, weakest first.
const LADDER: [(&str, &str); 4] = [
    ("urn:vouchsafe:acr:aal1", "one proof"),
    (AAL2, "two proofs"),
    (AAL2_PHR, "two proofs, safe from look-alike sites"),
    ("urn:vouchsafe:acr:aal3", "two proofs, one of them a certified device"),
];

/// Whether the level reached is the wanted one or a stronger one. A level we never heard of reaches nothing.
pub(super) fn reaches(reached: Option<&str>, wanted: &str) -> bool {
    let rung = |level: &str| LADDER.iter().position(|(name, _)| *name == level);
    match (reached.and_then(rung), rung(wanted)) {
        (Some(reached), Some(wanted)) => reached >= wanted,
        _ => false,
    }
}

/// What an `acr` means.
pub(super) fn level(acr: Option<&str>) -> &'static str {
    let Some(acr) = acr else { return "the sign-in service did not say" };
    LADDER.iter().find(|(name, _)| *name == acr).map_or("a level this app does not know", |(_, words)| words)
}

/// What one `amr` value means (RFC 8176); one we do not know speaks for itself.
pub(super) fn method(amr: &str) -> &str {
    match amr {
        "pwd" => "a password",
        "otp" => "a one-time code",
        "swk" => "a passkey or key",
        "hwk" => "a certified security key",
        "pop" => "proof of holding a key",
        "user" => "a touch, to show somebody is there",
        "pin" => "a PIN",
        "fpt" => "a fingerprint",
        "face" => "a face",
        "mfa" => "more than one kind of proof",
        "kba" => "something only they know",
        "mca" => "another device",
        "sc" => "a smart card",
        other => other,
    }
}

/// How long ago `then` was, in the largest whole unit.
pub(super) fn ago(then: i64, now: i64) -> String {
    let seconds = now.saturating_sub(then);
    match seconds {
        ..-1 => format!("in {}", span(seconds.saturating_neg())),
        -1..=1 => "just now".into(),
        _ => format!("{} ago", span(seconds)),
    }
}

fn span(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// A moment as people write it, with its zone: `14:45:10 UTC, 20 Sep 2026`.
pub(super) fn moment(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .map_or_else(|_| seconds.to_string(), |t| t.strftime("%H:%M:%S UTC, %-d %b %Y").to_string())
}

/// A moment as `<time datetime>` wants it.
pub(super) fn machine_moment(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| String::new(), |t| t.to_string())
}

/// The readable parts of a signed token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// The JOSE header, indented.
    pub(super) header: String,
    /// The claims, indented.
    pub(super) claims: String,
}

/// Opens a JWT to show it, which proves nothing about it; `None` for an opaque token.
pub(super) fn decode(token: &str) -> Option<Decoded> {
    let mut parts = token.split('.');
    let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    match parts.next() {
        Some(_) => None,
        None => Some(Decoded { header: part(header)?, claims: part(claims)? }),
    }
}

fn part(text: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let value: Value = serde_json::from_slice(&bytes).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_largest_whole_unit() {
        for (then, words) in [
            (1_000_000, "just now"),
            (999_999, "just now"),
            (999_998, "2 seconds ago"),
            (999_941, "59 seconds ago"),
            (999_940, "1 minute ago"),
            (996_401, "59 minutes ago"),
            (996_400, "1 hour ago"),
            (913_601, "23 hours ago"),
            (1_000_000 - 3 * 86_400, "3 days ago"),
            (1_000_300, "in 5 minutes"),
        ] {
            assert_eq!(ago(then, 1_000_000), words, "{then}");
        }
        assert_eq!(ago(i64::MIN, i64::MAX), ago(0, i64::MAX));
        assert_eq!(moment(1_789_915_510), "14:45:10 UTC, 20 Sep 2026");
        assert_eq!(machine_moment(1_789_915_510), "2026-09-20T14:45:10Z");
        assert_eq!(moment(i64::MAX), i64::MAX.to_string());
    }

    #[test]
    fn a_level_reaches_itself_and_those_below() {
        for (reached, wanted, holds) in [
            (Some(AAL2), AAL2, true),
            (Some(AAL2_PHR), AAL2, true),
            (Some("urn:vouchsafe:acr:aal3"), AAL2_PHR, true),
            (Some(AAL2), AAL2_PHR, false),
            (Some("urn:vouchsafe:acr:aal1"), AAL2, false),
            (Some("gold"), AAL2, false),
            (None, AAL2, false),
        ] {
            assert_eq!(reaches(reached, wanted), holds, "{reached:?} for {wanted}");
        }
    }

    #[test]
    fn a_token_opens_only_if_it_is_one() {
        let token =
            format!("{}.{}.x", URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256"}"#), URL_SAFE_NO_PAD.encode("{}"));
        assert_eq!(
            decode(&token),
            Some(Decoded { header: "{\n  \"alg\": \"ES256\"\n}".into(), claims: "{}".into() })
        );
        for odd in ["", "opaque", "a.b", "a.b.c", &format!("{token}.y")] {
            assert_eq!(decode(odd), None, "{odd}");
        }
    }
}
