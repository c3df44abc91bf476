//! Secrets and signatures of webhooks, in the format of the Standard Webhooks specification: HMAC-SHA256 over
//! `id.timestamp.body`, so that nobody else's request passes for ours and an old one does not pass twice.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::base::{Entropy, Secret, Timestamp};

const PREFIX: &str = "whsec_";

/// A new secret as its receiver gets it: `whsec_` and 256 random bits in base64.
pub fn new_secret(entropy: &Entropy) -> Secret<String> {
    Secret::new(format!("{PREFIX}{}", STANDARD.encode(entropy.bytes::<32>())))
}

/// One signature, `v1,<base64>`; `None` where the text is no secret.
pub fn signature(secret: &str, id: &str, at: Timestamp, body: &[u8]) -> Option<String> {
    let key = zeroize::Zeroizing::new(STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?);
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key));
    mac.update(format!("{id}.{}.", at.seconds()).as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.sign())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        // The example of the Standard Webhooks specification's reference libraries.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let at = Timestamp::from_seconds(1_614_265_330);
        let signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, br#"{"test": 2432232314}"#);
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn every_part_counts_and_a_text_that_is_no_secret_signs_nothing() {
        let secret = new_secret(&Entropy::system());
        let at = Timestamp::from_seconds(1);
        let signed = signature(secret.expose(), "a", at, b"b");
        assert!(signed.is_some());
        assert_ne!(signed, signature(secret.expose(), "c", at, b"b"));
        assert_ne!(signed, signature(secret.expose(), "a", Timestamp::from_seconds(2), b"b"));
        assert_ne!(signed, signature(secret.expose(), "a", at, b"c"));
        assert_ne!(signed, signature(new_secret(&Entropy::system()).expose(), "a", at, b"b"));
        for bad in ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_?"] {
            assert_eq!(signature(bad, "a", at, b"b"), None, "{bad}");
        }
    }
}
