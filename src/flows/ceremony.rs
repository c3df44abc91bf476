//! A WebAuthn question under way. Each challenge is a record of its own that is taken once, so that asking anew
//! (autofill first, then the button) disturbs neither the sign-in nor the question before.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Cx, PageError, throttle};
use crate::base::{AccountId, Digest, InteractionId};
use crate::ephemeral::{Space, Taken};
use crate::factors::FactorKind;
use crate::factors::webauthn::{CEREMONY_LIFETIME, Started};

/// What was asked, and of whom; an answer counts only for exactly that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Whoever holds a passkey.
    Anybody,
    /// A key of this person.
    Person(AccountId),
    /// A new key for this person.
    NewKey(AccountId, FactorKind),
}

#[derive(Serialize, Deserialize)]
struct Record {
    asked: Asked,
    state: String,
}

/// Keeps a question until its answer comes, and gives back what the browser needs.
pub async fn keep(cx: &Cx, id: &InteractionId, asked: Asked, started: Started) -> Result<Value, PageError> {
    let challenge = started.options.pointer("/publicKey/challenge").and_then(Value::as_str);
    let key = challenge.map(|c| key(id, c)).ok_or(PageError::Bad("challenge"))?;
    let record = Record { asked, state: started.state };
    let value = serde_json::to_vec(&record).map_err(|_| PageError::Bad("ceremony"))?;
    throttle::begin(cx).await?;
    cx.ephemeral.put_once(Space::Ceremony, &key, &value, b"", CEREMONY_LIFETIME, cx.now).await?;
    Ok(started.options)
}

/// Takes the question this answer names: tried once, right or wrong. `None` when there is no such question (any
/// more). An answer that was sent twice is a double submit: the first one counts.
pub async fn take(
    cx: &Cx,
    id: &InteractionId,
    asked: &Asked,
    answer: &str,
) -> Result<Option<String>, PageError> {
    let Some(challenge) = challenge_of(answer) else { return Ok(None) };
    let key = key(id, &challenge);
    match cx.ephemeral.take(Space::Ceremony, &key, CEREMONY_LIFETIME, cx.now).await? {
        Taken::Fresh(value) => {
            let record: Option<Record> = serde_json::from_slice(&value).ok();
            Ok(record.filter(|r| r.asked == *asked).map(|r| r.state))
        }
        Taken::Replayed(_) => Err(PageError::Bad("double_submit")),
        Taken::Unknown => Ok(None),
    }
}

fn key(id: &InteractionId, challenge: &str) -> Digest {
    Digest::of(format!("ceremony.{id}.{challenge}"))
}

/// The challenge an answer says it is for; unverified, good for the look-up alone.
fn challenge_of(answer: &str) -> Option<String> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    let data = answer.pointer("/response/clientDataJSON")?.as_str()?;
    let data = URL_SAFE_NO_PAD.decode(data.trim_end_matches('=')).ok()?;
    let data: Value = serde_json::from_slice(&data).ok()?;
    Some(data.get("challenge")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_names_its_challenge_or_none() {
        let data = URL_SAFE_NO_PAD.encode(r#"{"type":"webauthn.get","challenge":"abc-_1"}"#);
        let answer = format!(r#"{{"id":"x","response":{{"clientDataJSON":"{data}"}}}}"#);
        assert_eq!(challenge_of(&answer).as_deref(), Some("abc-_1"));
        for bad in ["", "[]", "{}", r#"{"response":{"clientDataJSON":"%"}}"#, r#"{"response":{}}"#] {
            assert_eq!(challenge_of(bad), None, "{bad}");
        }
    }
}
