//! `vouchsafe admin …`: inviting people and helping them back in, as the console does.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::account::{claims, find, name, refused, role};
use super::session::{changing, reading};
use super::text::{moment, pairs, plain, read, table};
use super::{Around, Failure, Weight};
use crate::app;
use crate::base::{ClientId, Role};
use crate::duties::Reason;
use crate::factors::FactorKind;
use crate::flows::Cx;
use crate::flows::invitations::{self, Letter, NewInvitation};
use crate::flows::recovery;
use crate::flows::reset::{self, Handover};
use crate::identity::Account;

/// The part after `admin`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Invite somebody: a mail where there is an address, a letter to print where there is none
    Invite(Invite),
    /// Send an invitation once more, to the same address
    Resend {
        /// Their id, username or reference
        who: String,
    },
    /// Print another letter; the one before works no more
    Letter {
        /// Their id, username or reference
        who: String,
        /// A page for a browser's printer instead of text
        #[arg(long)]
        html: bool,
    },
    /// Take an invitation back
    Revoke {
        /// Their id, username or reference
        who: String,
    },
    /// List people who asked for help to sign in
    Requests,
    /// Close a request that was answered or turned down
    CloseRequest {
        /// Their id, username or verified e-mail address
        who: String,
    },
    /// Help somebody who lost their second factor: it goes, and a link or a code lets them set up a new one
    Recover(Recover),
    /// Webhooks: who outside is told of events
    #[command(subcommand)]
    Webhook(super::webhook::Command),
    /// Duties
    #[command(flatten)]
    Duty(super::duty::Command),
}

/// The flags of `admin invite`.
#[derive(Debug, clap::Args)]
pub struct Invite {
    /// What they will type to sign in [default: the address, else a reference that is drawn]
    #[arg(long)]
    username: Option<String>,
    /// Where the invitation goes
    #[arg(long)]
    email: Option<String>,
    /// Another address for notices
    #[arg(long)]
    second_email: Option<String>,
    /// patient, clinician or administrator
    #[arg(long, value_parser = role)]
    role: Role,
    /// A JSON object with standard claims (name, birthdate, …)
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
    /// The language of what is sent (en, de, es, fr, ar)
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// The app they are led to when they are ready
    #[arg(long, value_name = "CLIENT_ID")]
    app: Option<String>,
    /// Print a letter as well, although there is an address
    #[arg(long)]
    letter: bool,
    /// The letter as a page for a browser's printer instead of text
    #[arg(long)]
    html: bool,
}

/// The flags of `admin recover`.
#[derive(Debug, clap::Args)]
pub struct Recover {
    /// Their id, username or verified e-mail address
    who: String,
    /// Print a code to be shown face to face, instead of sending a link
    #[arg(long)]
    face_to_face: bool,
    /// The password goes as well; the link or the code then sets a new one
    #[arg(long)]
    password_too: bool,
    /// Why, in 5 to 500 characters; stands sealed in the audit trail, so name no illness and no one else
    #[arg(long)]
    reason: String,
}

/// Runs the command.
pub async fn run(command: Command, around: &Around) -> Result<(), Failure> {
    match command {
        Command::Invite(options) => invite(options, around).await,
        Command::Resend { who } => resend(&who, around).await,
        Command::Letter { who, html } => letter(&who, html, around).await,
        Command::Revoke { who } => revoke(&who, around).await,
        Command::Requests => requests(around).await,
        Command::CloseRequest { who } => close_request(&who, around).await,
        Command::Recover(options) => recover(options, around).await,
        Command::Webhook(command) => super::webhook::run(command, around).await,
        Command::Duty(command) => super::duty::run(command, around).await,
    }
}

async fn invite(options: Invite, around: &Around) -> Result<(), Failure> {
    let claims = match &options.claims {
        Some(path) => claims(&read(path, "--claims")?)?,
        None => Map::new(),
    };
    let prints = options.letter || options.email.is_none();
    let new = NewInvitation {
        username: options.username,
        email: options.email,
        second_email: options.second_email,
        claims,
        locale: options.locale,
        client: options.app.map(ClientId::from_text),
        ..NewInvitation::of(options.role)
    };
    changing(around, async |cx| {
        let account = invitations::invite(cx, new).await.map_err(refused)?;
        let letter = match prints {
            true => Some(invitations::letter(cx, &account.id).await.map_err(refused)?),
            false => None,
        };
        if account.profile.email.is_some() {
            around.say(&format!("{} is invited; the mail is on its way.", name(&account)));
        }
        invited(cx, around, &account, letter.as_ref(), options.html)
    })
    .await
}

/// Says who was invited; the letter, where there is one, goes to standard output and nowhere else.
fn invited(
    cx: &Cx,
    around: &Around,
    account: &Account,
    letter: Option<&Letter>,
    html: bool,
) -> Result<(), Failure> {
    if around.json {
        let printed = letter.map(|letter| {
            json!({ "reference": letter.reference, "code": letter.code.expose(), "address": letter.address,
                "until": letter.until.to_rfc3339() })
        });
        let answer = json!({ "id": account.id, "username": account.profile.username,
            "email": account.profile.email, "role": account.role, "state": account.state, "letter": printed });
        return around.put(&answer.to_string());
    }
    match letter {
        Some(letter) => put_letter(cx, around, letter, html),
        None => around.put(account.id.as_str()),
    }
}

fn put_letter(cx: &Cx, around: &Around, letter: &Letter, html: bool) -> Result<(), Failure> {
    around.say("The code is shown once. Give the letter to nobody else.");
    around.put(&app::letter(cx, letter, html))
}

async fn resend(who: &str, around: &Around) -> Result<(), Failure> {
    changing(around, async |cx| {
        let account = find(cx, who).await?;
        invitations::resend(cx, &account.id).await.map_err(refused)?;
        around.say(&format!(
            "Another mail to {} is on its way; the link before works no more.",
            name(&account)
        ));
        done(around, &account, json!({ "sent": true }))
    })
    .await
}

async fn letter(who: &str, html: bool, around: &Around) -> Result<(), Failure> {
    changing(around, async |cx| {
        let account = find(cx, who).await?;
        let letter = invitations::letter(cx, &account.id).await.map_err(refused)?;
        invited(cx, around, &account, Some(&letter), html)
    })
    .await
}

async fn revoke(who: &str, around: &Around) -> Result<(), Failure> {
    changing(around, async |cx| {
        let account = find(cx, who).await?;
        around.confirm(Weight::Undoable, &format!("Take the invitation of {} back?", name(&account)))?;
        let revoked = invitations::revoke(cx, &account.id).await.map_err(refused)?;
        around.say(&match revoked {
            true => format!("The invitation of {} works no more.", name(&account)),
            false => format!("{} had no invitation that worked.", name(&account)),
        });
        done(around, &account, json!({ "revoked": revoked }))
    })
    .await
}

async fn requests(around: &Around) -> Result<(), Failure> {
    reading(around, async |cx| {
        let asked = recovery::requests(cx, 1_000).await.map_err(anyhow::Error::from)?;
        if around.json {
            for one in &asked {
                let shown = json!({ "id": one.account.id, "username": one.account.profile.username,
                    "asked_at": one.at.to_rfc3339(), "password_proved": one.proved, "call": one.call });
                around.put(&shown.to_string())?;
            }
            return Ok(());
        }
        let row = |one: &recovery::Asked| {
            let proved = if one.proved { "proved" } else { "not proved" };
            let call = one.call.as_deref().map(plain).unwrap_or_default();
            vec![name(&one.account), moment(one.at, cx.now), proved.to_owned(), call]
        };
        let rows: Vec<_> = asked.iter().map(row).collect();
        around.put(&table(&["USERNAME", "ASKED", "PASSWORD", "NUMBER GIVEN"], &rows))?;
        around.say("Whoever asked may not be the person: call a number on file, and look at a photo ID.");
        Ok(())
    })
    .await
}

async fn close_request(who: &str, around: &Around) -> Result<(), Failure> {
    changing(around, async |cx| {
        let account = find(cx, who).await?;
        let closed = recovery::close_request(cx, &account.id).await.map_err(anyhow::Error::from)?;
        around.say(&match closed {
            true => format!("The request of {} is closed.", name(&account)),
            false => format!("{} had asked for nothing.", name(&account)),
        });
        done(around, &account, json!({ "closed": closed }))
    })
    .await
}

async fn recover(options: Recover, around: &Around) -> Result<(), Failure> {
    let reason = Reason::parse(&options.reason).map_err(|why| Failure::usage(format!("--reason: {why}")))?;
    changing(around, async |cx| {
        let account = find(cx, &options.who).await?;
        let question = format!(
            "Remove the second factors of {}? Be sure who asks: look at a photo ID, or call a number on file.",
            name(&account)
        );
        around.confirm(Weight::Undoable, &question)?;
        let mut kinds = vec![FactorKind::Totp, FactorKind::Passkey, FactorKind::SecurityKey];
        kinds.extend(options.password_too.then_some(FactorKind::Password));
        let handover = if options.face_to_face { Handover::FaceToFace } else { Handover::Mail };
        let code = reset::reset_with_reason(cx, &account.id, &kinds, handover, json!({}), Some(&reason))
            .await
            .map_err(refused)?;
        let Some(code) = code else {
            around.say(&format!("A link is on its way to {}; everything they had open has ended.", name(&account)));
            return done(around, &account, json!({ "handover": "mail" }));
        };
        around.say("The code is shown once, and works for a day. Show it to nobody else.");
        let address = cx.issuer.join(invitations::PATH);
        if around.json {
            let shown = json!({ "handover": "face_to_face", "code": code.expose(), "address": address });
            return done(around, &account, shown);
        }
        let until = moment(cx.now.plus(crate::identity::LinkKind::FactorReset.lifetime()), cx.now);
        around.put(&pairs(&[
            ("address", address),
            ("username", name(&account)),
            ("code", code.expose().clone()),
            ("works until", until),
        ]))
    })
    .await
}

/// With `--json` what was done, with the person's id.
fn done(around: &Around, account: &Account, mut answer: Value) -> Result<(), Failure> {
    if !around.json {
        return Ok(());
    }
    if let Some(members) = answer.as_object_mut() {
        members.insert("id".to_owned(), account.id.as_str().into());
    }
    around.put(&answer.to_string())
}
