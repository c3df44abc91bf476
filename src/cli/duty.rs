//! `vouchsafe admin grant|take-back|duties`: who administers the service.

use serde_json::json;

use super::session::{changing, reading};
use super::text::{moment, plain, table};
use super::{Around, Failure, Weight};
use crate::base::OrganisationId;
use crate::duties::{Action, Duty, Reason};
use crate::flows::Cx;
use crate::flows::admin::{self, Refused, duties, organisations};

/// The part after `admin` that is about duties.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Grant a duty; the first owner of an installation is made by this
    Grant(Grant),
    /// Take a duty back
    TakeBack {
        /// The grant's id, as `admin duties` prints it
        grant: String,
        /// Why; auditors read it
        #[arg(long, value_parser = reason)]
        reason: Reason,
    },
    /// List who holds which duty where
    Duties,
}

/// The flags of `admin grant`.
#[derive(Debug, clap::Args)]
pub struct Grant {
    /// Their id, username or verified e-mail address
    #[arg(long, value_name = "WHO")]
    to: String,
    /// owner, security_officer, registration_officer, app_developer, auditor, privacy_officer or help_desk
    #[arg(long, value_parser = duty)]
    duty: Duty,
    /// The organisation's id; what lies below it is covered too
    #[arg(long, default_value = "root", value_name = "ID")]
    organisation: String,
    /// Why; auditors read it
    #[arg(long, value_parser = reason)]
    reason: Reason,
}

fn duty(text: &str) -> Result<Duty, String> {
    let all: Vec<_> = Duty::ALL.iter().map(|duty| duty.as_str()).collect();
    Duty::parse(text).ok_or_else(|| format!("use one of {}", all.join(", ")))
}

fn reason(text: &str) -> Result<Reason, String> {
    Reason::parse(text).map_err(|why| why.to_string())
}

/// Runs the command.
pub async fn run(command: Command, around: &Around) -> Result<(), Failure> {
    match command {
        Command::Grant(options) => grant(options, around).await,
        Command::TakeBack { grant, reason } => revoke(&grant, &reason, around).await,
        Command::Duties => list(around).await,
    }
}

/// What a refusal says at the command line.
pub fn refused(why: Refused) -> Failure {
    match why {
        Refused::Unavailable => Failure::unreachable("a store did not answer"),
        Refused::NotFound => Failure::failed("there is no such organisation, person, grant or webhook"),
        Refused::Already => Failure::failed("it is so already; nothing was changed"),
        Refused::LastOwner => Failure::refused("this is the last owner; grant somebody else that duty first"),
        Refused::Bad("unknown_person") => Failure::failed(
            "nobody is known by that name here; give an id, a username or a verified e-mail address, as `vouchsafe \
             account list` shows them",
        ),
        Refused::Bad(what) => Failure::failed(format!("cannot be used: {}", what.replace('_', " "))),
        Refused::Reason(why) => Failure::failed(format!("--reason: {why}")),
        Refused::SignIn { .. }
        | Refused::Forbidden
        | Refused::OutOfSight(_)
        | Refused::UnderWay
        | Refused::Oneself
        | Refused::TooOften
        | Refused::Busy
        | Refused::TwoPeople => Failure::refused(why.to_string()),
    }
}

/// Grants an installation's owner their duty, unless they hold it; for the demo.
pub async fn make_owner(cx: &Cx, username: &str) -> Result<(), Failure> {
    let who = admin::at_host(cx);
    let root = OrganisationId::root();
    let actor = admin::authorise(cx, &who, Action::DutyGrant, &root).await.map_err(refused)?;
    let account = duties::find_person(cx, &actor, username).await.map_err(refused)?;
    let reason = Reason::parse("the demo's administrator").map_err(|why| refused(why.into()))?;
    match duties::grant(cx, &actor, &account.id, Duty::Owner, &reason).await {
        Ok(_) | Err(Refused::Already) => Ok(()),
        Err(why) => Err(refused(why)),
    }
}

async fn grant(options: Grant, around: &Around) -> Result<(), Failure> {
    changing(around, async |cx| {
        let who = admin::at_host(cx);
        let organisation = OrganisationId::from_text(&options.organisation);
        let actor = admin::authorise(cx, &who, Action::DutyGrant, &organisation).await.map_err(refused)?;
        let account = duties::find_person(cx, &actor, &options.to).await.map_err(refused)?;
        let name = plain(&account.profile.username);
        around.confirm(Weight::Undoable, &format!("Grant {name} the duty {}?", options.duty))?;
        duties::grant(cx, &actor, &account.id, options.duty, &options.reason).await.map_err(refused)?;
        around.say(&format!("{name} holds the duty {} now.", options.duty));
        let held = duties::of(cx, &account.id).await.map_err(refused)?;
        let fits = |g: &&crate::duties::Grant| g.duty == options.duty && g.organisation == organisation;
        match (held.iter().find(fits), around.json) {
            (Some(granted), true) => around.put(&json_of(granted).to_string()),
            (Some(granted), false) => around.put(&granted.id.0),
            (None, _) => Ok(()),
        }
    })
    .await
}

async fn revoke(id: &str, reason: &Reason, around: &Around) -> Result<(), Failure> {
    changing(around, async |cx| {
        let found = duties::find(cx, id).await.map_err(refused)?;
        let found = found.ok_or_else(|| refused(Refused::NotFound))?;
        let who = admin::at_host(cx);
        let at = &found.organisation;
        let actor = admin::authorise(cx, &who, Action::DutyRevoke, at).await.map_err(refused)?;
        around.confirm(Weight::Undoable, &format!("Take the duty {} back?", found.duty))?;
        duties::revoke(cx, &actor, &found, reason).await.map_err(refused)?;
        around.say("The duty is taken back.");
        match around.json {
            true => around.put(&json_of(&found).to_string()),
            false => Ok(()),
        }
    })
    .await
}

fn json_of(grant: &crate::duties::Grant) -> serde_json::Value {
    json!({
        "id": grant.id.0,
        "account": grant.account,
        "duty": grant.duty,
        "organisation": grant.organisation,
        "granted_by": grant.granted_by,
        "granted_at": grant.granted_at.to_rfc3339(),
    })
}

async fn list(around: &Around) -> Result<(), Failure> {
    reading(around, async |cx| {
        let who = admin::at_host(cx);
        let mut rows = Vec::new();
        let all = organisations::visible(cx, &who, Action::DutyRead).await.map_err(refused)?;
        for organisation in all {
            let actor = admin::authorise(cx, &who, Action::DutyRead, &organisation.id).await;
            for held in duties::holders(cx, &actor.map_err(refused)?).await.map_err(refused)? {
                if around.json {
                    around.put(&json_of(&held.grant).to_string())?;
                    continue;
                }
                let name =
                    held.account.map_or_else(|| held.grant.account.to_string(), |a| a.profile.username);
                rows.push(vec![
                    held.grant.id.0,
                    held.grant.duty.to_string(),
                    plain(&name),
                    plain(&organisation.name),
                    moment(held.grant.granted_at, cx.now),
                ]);
            }
        }
        if !around.json {
            around.put(&table(&["GRANT", "DUTY", "USERNAME", "ORGANISATION", "SINCE"], &rows))?;
        }
        if has_no_owner(&rows) && !around.json {
            around.say("There is no owner: vouchsafe admin grant --to WHO --duty owner --reason \"…\"");
        }
        Ok(())
    })
    .await
}

fn has_no_owner(rows: &[Vec<String>]) -> bool {
    !rows.iter().any(|row| row.get(1).is_some_and(|duty| duty == Duty::Owner.as_str()))
}
