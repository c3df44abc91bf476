//! Organisations, and who holds which duty there.

use axum::extract::{Path, RawQuery};
use axum::response::Response;

use super::{Admin, AdminForm, shown};
use crate::base::OrganisationId;
use crate::duties::{self as rules, Action, Duty, Grant, Organisation, Reason};
use crate::flows::admin::duties::Changed;
use crate::flows::admin::{self, AdminActor, Refused, duties, organisations};
use crate::web::error::when;
use crate::web::pages::admin::organisations::{
    Branch, FormError, GrantPage, Holder, OrganisationPage, OrganisationsPage, RevokePage,
};
use crate::web::pages::admin::{Done, DutyWord};
use crate::web::pages::render;
use crate::web::{answers, paths};

/// The word for a duty.
pub(super) fn duty(duty: Duty) -> DutyWord {
    match duty {
        Duty::Owner => DutyWord::Owner,
        Duty::SecurityOfficer => DutyWord::SecurityOfficer,
        Duty::RegistrationOfficer => DutyWord::RegistrationOfficer,
        Duty::AppDeveloper => DutyWord::AppDeveloper,
        Duty::Auditor => DutyWord::Auditor,
        Duty::PrivacyOfficer => DutyWord::PrivacyOfficer,
        Duty::HelpDesk => DutyWord::HelpDesk,
    }
}

/// An organisation's page.
pub(super) fn at(id: &OrganisationId) -> String {
    format!("{}/{id}", paths::ADMIN_ORGANISATIONS)
}

fn after(id: &OrganisationId, done: Done) -> Response {
    answers::redirect(&format!("{}?done={}", at(id), done.word()))
}

/// What a form may be told about, beside the pages of refusals.
pub(super) fn form_error(why: &Refused) -> Option<FormError> {
    Some(match why {
        Refused::Bad("name") => FormError::Name,
        Refused::Bad("too_deep") => FormError::TooDeep,
        Refused::Bad("unknown_person") => FormError::Person,
        Refused::Bad("duty") => FormError::Duty,
        Refused::Reason(_) => FormError::Reason,
        Refused::Already => FormError::Already,
        Refused::LastOwner => FormError::LastOwner,
        Refused::UnderWay => FormError::UnderWay,
        Refused::Bad("kinds") => FormError::Kinds,
        Refused::Bad("checked") => FormError::Checked,
        Refused::Bad("handing") => FormError::Handing,
        Refused::Bad("no_address") => FormError::NoAddress,
        Refused::Oneself => FormError::Oneself,
        Refused::TwoPeople => FormError::TwoPeople,
        Refused::Bad(_)
        | Refused::SignIn { .. }
        | Refused::Forbidden
        | Refused::OutOfSight(_)
        | Refused::NotFound
        | Refused::TooOften
        | Refused::Busy
        | Refused::Unavailable => return None,
    })
}

pub(super) fn status(error: Option<FormError>) -> u16 {
    match error {
        None => 200,
        Some(FormError::Already | FormError::UnderWay) => 409,
        Some(FormError::LastOwner | FormError::Oneself | FormError::TwoPeople) => 403,
        Some(_) => 400,
    }
}

// ---- the tree

pub(super) async fn list(admin: Admin) -> Response {
    tree(&admin, String::new(), None).await
}

async fn tree(admin: &Admin, name: String, error: Option<FormError>) -> Response {
    let cx = &admin.caller.cx;
    let found = match organisations::visible(cx, &admin.who, Action::OrganisationRead).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    let may = |o: &&Organisation| admin.who.may_at(Action::OrganisationCreate, &o.path);
    let top = found.iter().map(|o| o.path.depth()).min().unwrap_or_default();
    let page = OrganisationsPage {
        frame: shown::frame(admin, paths::ADMIN_ORGANISATIONS),
        tree: found.iter().map(|o| branch(o, top)).collect(),
        parents: found.iter().filter(may).map(|o| (o.id.to_string(), o.name.clone())).collect(),
        name,
        error,
    };
    answers::page(status(error), render(&page), None)
}

fn branch(organisation: &Organisation, top: usize) -> Branch {
    Branch {
        name: organisation.name.clone(),
        url: at(&organisation.id),
        depth: organisation.path.depth().saturating_sub(top),
    }
}

pub(super) async fn create(AdminForm { admin, form }: AdminForm) -> Response {
    let name = form.get("name").unwrap_or_default();
    let parent = shown::organisation(form.get("parent").unwrap_or_default());
    let made = async {
        let actor = admin.at(&parent).await?;
        organisations::create(&admin.caller.cx, &actor, name).await
    };
    match made.await {
        Ok(made) => after(&made.id, Done::OrganisationCreated),
        Err(why) => match form_error(&why) {
            Some(error) => tree(&admin, name.to_owned(), Some(error)).await,
            None => admin.refuse(why).await,
        },
    }
}

// ---- one organisation

pub(super) async fn show(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let mut frame = shown::frame(&admin, paths::ADMIN_ORGANISATIONS);
    frame.done = shown::done(query.as_deref());
    one(&admin, &id, frame, None).await
}

async fn one(
    admin: &Admin,
    id: &str,
    frame: crate::web::pages::admin::AdminShell,
    error: Option<(FormError, String)>,
) -> Response {
    match draw(admin, &shown::organisation(id), frame, error).await {
        Ok(page) => answers::page(status(page.error), render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

async fn draw(
    admin: &Admin,
    id: &OrganisationId,
    frame: crate::web::pages::admin::AdminShell,
    error: Option<(FormError, String)>,
) -> Result<OrganisationPage, Refused> {
    let (cx, who) = (&admin.caller.cx, &admin.who);
    let actor = admin::authorise(cx, who, Action::OrganisationRead, id).await?;
    let organisation = organisations::get(cx, &actor).await?;
    let path = &organisation.path;
    let holders = match who.may_at(Action::DutyRead, path) {
        true => {
            let actor = admin::authorise(cx, who, Action::DutyRead, id).await?;
            Some(duties::holders(cx, &actor).await?.iter().map(|held| holder(admin, held)).collect())
        }
        false => None,
    };
    let below = rules::Organisation::clone(&organisation);
    let mut parts = organisations::visible(cx, who, Action::OrganisationRead).await?;
    parts.retain(|o| o.parent.as_ref() == Some(&below.id));
    Ok(OrganisationPage {
        frame,
        id: organisation.id.to_string(),
        name: error.as_ref().map_or_else(|| organisation.name.clone(), |(_, typed)| typed.clone()),
        title: organisation.name.clone(),
        since: (organisation.created_at.micros() > 0).then(|| when(organisation.created_at)),
        below: parts.iter().map(|o| branch(o, o.path.depth())).collect(),
        holders,
        rename: who.may_at(Action::OrganisationChange, path).then(|| at(&organisation.id)),
        grant: who.may_at(Action::DutyGrant, path).then(|| format!("{}/grant", at(&organisation.id))),
        error: error.map(|(error, _)| error),
    })
}

fn holder(admin: &Admin, held: &duties::Holder) -> Holder {
    let grant = &held.grant;
    let revocable = admin.who.may_at(Action::DutyRevoke, &grant.path)
        && admin.who.account() != Some(&grant.account)
        && duties::grantable(&admin.who, &grant.path).contains(&grant.duty);
    let (name, username) = match &held.account {
        Some(account) => (account.display_name().to_owned(), account.profile.username.clone()),
        None => (String::new(), grant.account.to_string()),
    };
    Holder {
        name,
        username,
        duty: duty(grant.duty),
        since: when(grant.granted_at),
        revoke: revocable.then(|| format!("/admin/grants/{}/revoke", grant.id.0)),
    }
}

pub(super) async fn rename(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let id = shown::organisation(&id);
    let name = form.get("name").unwrap_or_default();
    let renamed = async {
        let actor = admin.at(&id).await?;
        organisations::rename(&admin.caller.cx, &actor, name).await
    };
    match renamed.await {
        Ok(()) | Err(Refused::Already) => after(&id, Done::OrganisationChanged),
        Err(why) => match form_error(&why) {
            Some(error) => {
                let frame = shown::frame(&admin, paths::ADMIN_ORGANISATIONS);
                one(&admin, id.as_str(), frame, Some((error, name.to_owned()))).await
            }
            None => admin.refuse(why).await,
        },
    }
}

// ---- granting

/// What was typed into the form for a grant.
#[derive(Default)]
struct Wish {
    person: String,
    duty: String,
    reason: String,
}

pub(super) async fn ask_grant(admin: Admin, Path(id): Path<String>) -> Response {
    match admin.at(&shown::organisation(&id)).await {
        Ok(actor) => grant_form(&admin, &actor, Wish::default(), None).await,
        Err(why) => admin.refuse(why).await,
    }
}

async fn grant_form(admin: &Admin, actor: &AdminActor, wish: Wish, error: Option<FormError>) -> Response {
    let organisation = match organisations::get(&admin.caller.cx, actor).await {
        Ok(organisation) => organisation,
        Err(why) => return admin.refuse(why).await,
    };
    let page = GrantPage {
        frame: shown::frame(admin, paths::ADMIN_ORGANISATIONS),
        organisation: organisation.name.clone(),
        action: format!("{}/grant", at(&organisation.id)),
        back: at(&organisation.id),
        duties: duties::grantable(&admin.who, actor.place())
            .into_iter()
            .map(|word| (word.as_str(), duty(word), word.as_str() == wish.duty))
            .collect(),
        person: wish.person,
        reason: wish.reason,
        error,
    };
    answers::page(status(error), render(&page), None)
}

pub(super) async fn grant(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let wish = Wish { person: text("person"), duty: text("duty"), reason: text("reason") };
    let actor = match admin.at(&shown::organisation(&id)).await {
        Ok(actor) => actor,
        Err(why) => return admin.refuse(why).await,
    };
    match granted(&admin, &actor, &wish).await {
        Ok(Changed::Done) => after(actor.organisation(), Done::DutyGranted),
        Ok(Changed::Waits(approval)) => super::approvals::after(&approval.id, Done::Asked),
        Err(why) => match form_error(&why) {
            Some(error) => grant_form(&admin, &actor, wish, Some(error)).await,
            None => admin.refuse(why).await,
        },
    }
}

async fn granted(admin: &Admin, actor: &AdminActor, wish: &Wish) -> Result<Changed, Refused> {
    let cx = &admin.caller.cx;
    let person = duties::find_person(cx, actor, &wish.person).await?;
    let duty = Duty::parse(&wish.duty).ok_or(Refused::Bad("duty"))?;
    let reason = Reason::parse(&wish.reason)?;
    duties::grant(cx, actor, &person.id, duty, &reason).await
}

// ---- revoking

/// A grant in force, and the proof that it may be revoked where it lies.
async fn revocable(admin: &Admin, id: &str) -> Result<(AdminActor, Grant), Refused> {
    let found = duties::find(&admin.caller.cx, shown::plain_id(id)).await?;
    // A grant that does not exist is refused as one elsewhere.
    let place = found.as_ref().map_or_else(|| OrganisationId::from_text(""), |g| g.organisation.clone());
    let actor = admin.at(&place).await?;
    found.map(|grant| (actor, grant)).ok_or(Refused::NotFound)
}

pub(super) async fn ask_revoke(admin: Admin, Path(id): Path<String>) -> Response {
    match revocable(&admin, &id).await {
        Ok((_, grant)) => revoke_form(&admin, &grant, String::new(), None).await,
        Err(why) => admin.refuse(why).await,
    }
}

async fn revoke_form(admin: &Admin, grant: &Grant, reason: String, error: Option<FormError>) -> Response {
    let holder = match duties::holder(&admin.caller.cx, grant).await {
        Ok(holder) => holder,
        Err(why) => return admin.refuse(why).await,
    };
    let page = RevokePage {
        frame: shown::frame(admin, paths::ADMIN_ORGANISATIONS),
        name: holder.map_or_else(|| grant.account.to_string(), |a| a.display_name().to_owned()),
        duty: duty(grant.duty),
        action: format!("/admin/grants/{}/revoke", grant.id.0),
        back: at(&grant.organisation),
        reason,
        error,
    };
    answers::page(status(error), render(&page), None)
}

pub(super) async fn revoke(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let (actor, grant) = match revocable(&admin, &id).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    let typed = form.get("reason").unwrap_or_default();
    let revoked = async {
        let reason = Reason::parse(typed)?;
        duties::revoke(&admin.caller.cx, &actor, &grant, &reason).await
    };
    match revoked.await {
        Ok(Changed::Done) => after(&grant.organisation, Done::DutyRevoked),
        Ok(Changed::Waits(approval)) => super::approvals::after(&approval.id, Done::Asked),
        Err(why) => match form_error(&why) {
            Some(error) => revoke_form(&admin, &grant, typed.to_owned(), Some(error)).await,
            None => admin.refuse(why).await,
        },
    }
}
