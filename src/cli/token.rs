//! `vouchsafe token inspect`: what a token says, for somebody who wonders why it was refused. The token comes on
//! standard input, never as an argument, which others on the machine could read.

use serde_json::{Map, Value, json};

use super::session::reading;
use super::text::{moment, pairs, plain, read};
use super::{Around, Failure};
use crate::base::{Acr, Clock, Timestamp, Token, TokenKind};
use crate::flows::living::living;
use crate::flows::token::ACCESS_TYP;
use crate::keys::jwt::{Inspected, Signature, inspect};

/// The part after `token`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Take a token apart; it is read from standard input
    Inspect {
        /// Nothing but `-`
        #[arg(default_value = "-", hide = true)]
        from: String,
    },
}

/// What could be found out with the installation's own keys.
struct Checked {
    signature: Result<Option<Signature>, String>,
    active: Option<bool>,
}

/// Runs the command; the exit code is 1 for a signature that does not verify.
pub async fn run(command: Command, around: &Around) -> Result<u8, Failure> {
    let Command::Inspect { from } = command;
    if from != "-" {
        return Err(Failure::usage("a token is read from standard input, never from the arguments"));
    }
    let text = read(std::path::Path::new("-"), "-")?;
    let text = text.trim().trim_start_matches("Bearer ").trim();
    let now = Clock::System.now();
    if let Some(words) = opaque(text) {
        return match around.json {
            true => around.put(&json!({ "opaque": words }).to_string()).map(|()| 0),
            false => around.put(&format!("An opaque token of Vouchsafe: {words}.")).map(|()| 0),
        };
    }
    let token =
        inspect(None, text).map_err(|why| Failure::failed(format!("{why}; it must be a signed JWT")))?;
    let checked = check(text, around).await;
    match around.json {
        true => around.put(&json_of(&token, &checked, now).to_string())?,
        false => around.put(&words(&token, &checked, now))?,
    }
    Ok(u8::from(matches!(checked.signature, Ok(Some(Signature::Bad)))))
}

/// Asks the installation, if there is one here; says why it could not.
async fn check(text: &str, around: &Around) -> Checked {
    let asked = reading(around, async |cx| {
        let ring = cx.signing.ring(cx).await.map_err(anyhow::Error::from)?;
        let inspected = inspect(Some(&ring), text).map_err(anyhow::Error::from)?;
        let ours = matches!(inspected.signature, Some(Signature::Ours(..)));
        let access = inspected.header.get("typ").and_then(Value::as_str) == Some(ACCESS_TYP);
        let active = match ours && access {
            true => living(cx, text).await.ok().map(|found| found.is_some()),
            false => None,
        };
        Ok((inspected.signature, active))
    });
    match asked.await {
        Ok((signature, active)) => Checked { signature: Ok(signature), active },
        Err(failure) => Checked { signature: Err(failure.message), active: None },
    }
}

fn opaque(text: &str) -> Option<&'static str> {
    let kinds = [
        (TokenKind::Code, "an authorization code"),
        (TokenKind::Refresh, "a refresh token"),
        (TokenKind::ClientSecret, "a client secret"),
        (TokenKind::Session, "a session cookie"),
        (TokenKind::Browser, "a browser cookie"),
        (TokenKind::Parked, "a parked request"),
        (TokenKind::InitialAccess, "a token by which apps register themselves"),
        (TokenKind::Registration, "an app's key to its own registration"),
    ];
    let (kind, words) = kinds.into_iter().find(|(kind, _)| text.starts_with(kind.prefix()))?;
    Some(match Token::parse(kind, text) {
        Some(_) => words,
        None => "mistyped or cut short (its checksum is wrong)",
    })
}

fn signature_words(checked: &Checked) -> (&'static str, String) {
    match &checked.signature {
        Ok(Some(Signature::Ours(kid, state))) => {
            ("valid", format!("made by our key {kid}, which is {state}"))
        }
        Ok(Some(Signature::Bad)) => {
            ("bad", "does not verify with the key it names: forged or damaged".to_owned())
        }
        Ok(Some(Signature::UnknownKey)) => {
            ("unknown_key", "no key of ours has its kid: another issuer's, or a key removed since".to_owned())
        }
        Ok(None) => ("not_checked", "there are no keys to check it with".to_owned()),
        Err(why) => ("not_checked", format!("the keys could not be read: {why}")),
    }
}

fn times(token: &Inspected, now: Timestamp) -> Vec<(&'static str, String)> {
    let named = [("iat", "issued"), ("nbf", "not before"), ("exp", "expires"), ("auth_time", "proved")];
    let shown = |(claim, name)| Some((name, moment(token.claims.time(claim).ok()??, now)));
    named.into_iter().filter_map(shown).collect()
}

fn meaning(token: &Inspected) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    if let Some(acr) = token.claims.text("acr") {
        found.push((format!("acr {}", plain(acr)), Acr::parse(acr).map_or("no level of ours", acr_words)));
    }
    for method in token.claims.get("amr").and_then(Value::as_array).into_iter().flatten() {
        let method = method.as_str().unwrap_or_default();
        found.push((format!("amr {}", plain(method)), amr_words(method)));
    }
    found
}

fn acr_words(acr: Acr) -> &'static str {
    match acr {
        Acr::Aal1 => "one factor: a password, or a recovery code beside it",
        Acr::Aal2 => "two factors",
        Acr::Aal2Phr => "two factors, one of them phishing-resistant (a passkey or a security key)",
        Acr::Aal3 => "two factors, one of them attested hardware",
    }
}

/// RFC 8176 §2.
fn amr_words(method: &str) -> &'static str {
    match method {
        "pwd" => "a password",
        "otp" => "a one-time code",
        "swk" => "a key, not attested as hardware",
        "hwk" => "a key in attested hardware",
        "user" => "the person was there",
        "mfa" => "several factors",
        "pop" => "a key was proved, not shown",
        _ => "no method of ours",
    }
}

fn words(token: &Inspected, checked: &Checked, now: Timestamp) -> String {
    let (state, why) = signature_words(checked);
    let mut told = vec![("signature", format!("{}: {why}", state.replace('_', " ")))];
    if let Some(active) = checked.active {
        let words = if active { "yes" } else { "no: expired, revoked, or what it rests on has ended" };
        told.push(("active", words.to_owned()));
    }
    told.extend(times(token, now));
    let meaning = meaning(token);
    told.extend(meaning.iter().map(|(name, words)| (name.as_str(), (*words).to_owned())));
    let (header, claims) =
        (Value::Object(token.header.clone()), Value::Object(token.claims.as_map().clone()));
    format!("{}\n\nheader {header:#}\nclaims {claims:#}", pairs(&told))
}

fn json_of(token: &Inspected, checked: &Checked, now: Timestamp) -> Value {
    let (state, why) = signature_words(checked);
    let object = |pairs: Vec<(String, String)>| {
        pairs.into_iter().map(|(name, words)| (name, words.into())).collect::<Map<_, _>>()
    };
    json!({
        "header": token.header,
        "claims": token.claims.as_map(),
        "signature": { "state": state, "why": why },
        "active": checked.active,
        "times": object(times(token, now).into_iter().map(|(n, w)| (n.to_owned(), w)).collect()),
        "meaning": object(meaning(token).into_iter().map(|(n, w)| (n, w.to_owned())).collect()),
    })
}
