//! People: the list, one of them, and what is done for them.

use axum::extract::{Path, RawQuery};
use axum::response::Response;

use super::organisations::{at, duty, form_error, status};
use super::{Admin, AdminForm, shown};
use crate::base::{AccountId, OrganisationId, Role, SessionId};
use crate::duties::{Action, Reason};
use crate::flows::account::Way;
use crate::flows::account::devices::SignedIn;
use crate::flows::admin::enrolments::{self, Asked, Entry};
use crate::flows::admin::people::{self, Seen};
use crate::flows::admin::{self, AdminActor, Refused, approvals, organisations, reminders};
use crate::identity::{Account, State};
use crate::oidc::authorize::RawRequest;
use crate::policy::enrolment::{Missing, Stage, Strongest};
use crate::web::error::when;
use crate::web::pages::admin::Done;
use crate::web::pages::admin::invitations::InvitationBlock;
use crate::web::pages::admin::organisations::FormError;
use crate::web::pages::admin::people::{
    AccountWord, Deed, EVERY, Filter, Milestone, MissingWord, PeoplePage, PersonLine, PersonPage, PersonWay,
    ReasonPage, SessionLine, StageWord, StrongestWord,
};
use crate::web::pages::render;
use crate::web::steps::show::{method, role};
use crate::web::{answers, paths};

/// Counts above this are not told.
const MOST_TOLD: i64 = 1_000;

/// The word for a stage.
pub(super) fn stage(stage: Stage) -> StageWord {
    match stage {
        Stage::Invited => StageWord::Invited,
        Stage::Activated => StageWord::Activated,
        Stage::Factor => StageWord::Factor,
        Stage::Spare => StageWord::Spare,
        Stage::Ready => StageWord::Ready,
    }
}

/// The word for a strongest way.
pub(super) fn strongest(strongest: Strongest) -> StrongestWord {
    match strongest {
        Strongest::Nothing => StrongestWord::Nothing,
        Strongest::Password => StrongestWord::Password,
        Strongest::CodeApp => StrongestWord::CodeApp,
        Strongest::SecurityKey => StrongestWord::SecurityKey,
        Strongest::Passkey => StrongestWord::Passkey,
    }
}

fn missing(missing: Missing) -> MissingWord {
    match missing {
        Missing::Suspended => MissingWord::Suspended,
        Missing::Activation => MissingWord::Activation,
        Missing::SecondFactor => MissingWord::SecondFactor,
        Missing::StrongerFactor => MissingWord::StrongerFactor,
        Missing::Spare => MissingWord::Spare,
        Missing::SwitchedOff => MissingWord::SwitchedOff,
    }
}

/// A count as it is told: "1,000+" above a thousand.
pub(super) fn told(count: i64) -> String {
    if count > MOST_TOLD { "1,000+".to_owned() } else { count.max(0).to_string() }
}

/// A person's page.
pub(super) fn page_of(id: &AccountId) -> String {
    format!("{}/{id}", paths::ADMIN_PEOPLE)
}

// ---- the list

/// Reads the query of the list; what is none of its words counts as nothing.
fn asked(query: &str) -> Asked {
    let Ok(given) = RawRequest::parse(query) else { return Asked::default() };
    let get = |name: &str| given.get(name).unwrap_or_default();
    Asked {
        query: get("q").chars().take(100).collect(),
        stage: Stage::parse(get("stage")),
        role: Role::parse(get("role")),
        state: State::parse(get("state")),
        strongest: Strongest::parse(get("strongest")),
        organisation: Some(shown::organisation(get("organisation"))).filter(|id| !id.as_str().is_empty()),
        before: get("before").parse().ok(),
        limit: None,
    }
}

/// The address of the list with these filters.
fn address(asked: &Asked, before: Option<i64>) -> String {
    let organisation = asked.organisation.as_ref().map(OrganisationId::as_str);
    let before = before.map(|number| number.to_string());
    let pairs = [
        ("q", Some(asked.query.as_str())),
        ("stage", asked.stage.map(Stage::as_str)),
        ("role", asked.role.map(Role::as_str)),
        ("state", asked.state.map(State::as_str)),
        ("strongest", asked.strongest.map(Strongest::as_str)),
        ("organisation", organisation),
        ("before", before.as_deref()),
    ];
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            query.append_pair(name, value);
        }
    }
    format!("{}?{}", paths::ADMIN_PEOPLE, query.finish())
}

pub(super) async fn list(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let asked = asked(query.as_deref().unwrap_or_default());
    match draw_list(&admin, &asked).await {
        Ok(page) => answers::page(200, render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

async fn draw_list(admin: &Admin, asked: &Asked) -> Result<PeoplePage, Refused> {
    let cx = &admin.caller.cx;
    let found = enrolments::list(cx, &admin.who, asked).await?;
    let places = organisations::visible(cx, &admin.who, Action::AccountList).await?;
    let nothing = Asked::default();
    let narrowed = Asked { before: None, ..asked.clone() } != nothing;
    Ok(PeoplePage {
        frame: shown::frame(admin, paths::ADMIN_PEOPLE),
        query: asked.query.clone(),
        filters: filters(admin, asked, &places),
        shown: found.people.len(),
        people: found.people.iter().map(line).collect(),
        total: found.total.map(told),
        too_short: found.too_short,
        narrowed,
        next: found.next.map(|number| address(asked, Some(number))),
        first: asked.before.map(|_| address(asked, None)),
        invite: admin.who.may(Action::AccountInvite),
        imports: admin.who.may(Action::ImportRead),
        remind: asked
            .stage
            .filter(|stage| reminders::STAGES.contains(stage) && admin.who.may(Action::AccountRemind))
            .map(|stage| format!("/admin/people/remind?stage={stage}")),
    })
}

fn filters(admin: &Admin, asked: &Asked, places: &[crate::duties::Organisation]) -> Vec<Filter> {
    let shell = shown::frame(admin, paths::ADMIN_PEOPLE).shell;
    let all = || (String::new(), shell.t(EVERY), false);
    let choices = |rest: Vec<(String, String, bool)>| [vec![all()], rest].concat();
    let mut filters = vec![
        Filter {
            name: "stage",
            label: "admin-filter-stage",
            choices: choices(
                Stage::ALL
                    .iter()
                    .map(|s| (s.to_string(), shell.t(stage(*s).key()), asked.stage == Some(*s)))
                    .collect(),
            ),
        },
        Filter {
            name: "role",
            label: "admin-filter-role",
            choices: choices(
                Role::ALL
                    .iter()
                    .map(|r| (r.to_string(), shell.t(role(*r).key()), asked.role == Some(*r)))
                    .collect(),
            ),
        },
        Filter {
            name: "strongest",
            label: "admin-filter-strongest",
            choices: choices(
                Strongest::ALL
                    .iter()
                    .map(|s| (s.to_string(), shell.t(strongest(*s).key()), asked.strongest == Some(*s)))
                    .collect(),
            ),
        },
        Filter {
            name: "state",
            label: "admin-filter-state",
            choices: choices(vec![
                ("active".to_owned(), shell.t(AccountWord::Active.key()), asked.state == Some(State::Active)),
                (
                    "disabled".to_owned(),
                    shell.t(AccountWord::Suspended.key()),
                    asked.state == Some(State::Disabled),
                ),
            ]),
        },
    ];
    if places.len() > 1 {
        filters.push(Filter {
            name: "organisation",
            label: "admin-filter-organisation",
            choices: choices(
                places
                    .iter()
                    .map(|o| (o.id.to_string(), o.name.clone(), asked.organisation.as_ref() == Some(&o.id)))
                    .collect(),
            ),
        });
    }
    filters
}

fn line(entry: &Entry) -> PersonLine {
    PersonLine {
        url: page_of(&entry.account.id),
        name: entry.account.display_name().to_owned(),
        username: entry.account.profile.username.clone(),
        role: role(entry.account.role),
        organisation: entry.organisation.clone(),
        stage: stage(entry.stage),
        strongest: strongest(entry.strongest),
        suspended: entry.account.state == State::Disabled,
    }
}

// ---- one person

fn person(id: &str) -> AccountId {
    AccountId::from_text(shown::plain_id(id))
}

/// The proof that the route's action may be done to a person, and who it is.
pub(super) async fn about(admin: &Admin, id: &str) -> Result<(AdminActor, Account), Refused> {
    admin::authorise_about(&admin.caller.cx, &admin.who, admin.action, &person(id)).await
}

pub(super) async fn show(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let drawn = async {
        let (actor, account) = about(&admin, &id).await?;
        let seen = people::see(&admin.caller.cx, &actor, &account).await?;
        let mut page = draw_person(&admin, &actor, &account, &seen).await?;
        page.frame.done = shown::done(query.as_deref());
        Ok::<_, Refused>(page)
    };
    match drawn.await {
        Ok(page) => answers::page(200, render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

async fn draw_person(
    admin: &Admin,
    actor: &AdminActor,
    account: &Account,
    seen: &Seen,
) -> Result<PersonPage, Refused> {
    let cx = &admin.caller.cx;
    let may = |action| admin.who.may_at(action, actor.place());
    let url = page_of(&account.id);
    let to = |action, rest: &str| may(action).then(|| format!("{url}/{rest}"));
    let suspended = account.state == State::Disabled;
    let mut duties = Vec::new();
    for grant in &seen.grants {
        duties.push((duty(grant.duty), enrolments::organisation_name(cx, &grant.organisation).await?));
    }
    Ok(PersonPage {
        frame: shown::frame(admin, paths::ADMIN_PEOPLE),
        name: account.display_name().to_owned(),
        username: account.profile.username.clone(),
        email: account.profile.email.clone(),
        role: role(account.role),
        organisation: (
            enrolments::organisation_name(cx, &account.organisation).await?,
            at(&account.organisation),
        ),
        suspended,
        timeline: Stage::ALL.iter().map(|stage| milestone(account, seen, *stage)).collect(),
        missing: seen.missing.iter().map(|m| missing(*m)).collect(),
        ways: seen.ways.iter().map(way).collect(),
        duties,
        invitation: invitation(account, seen, &to),
        remind: to(Action::AccountRemind, "remind")
            .filter(|_| seen.closing.is_none() && seen.may_be_reminded(cx, account)),
        reminded: seen.progress.as_ref().and_then(|progress| progress.reminded_at).map(when),
        sessions: seen.sessions.iter().map(session).collect(),
        end_session: to(Action::AccountEndSessions, "end-session")
            .filter(|_| actor.account() != Some(&account.id)),
        recovery: seen.recovery.as_ref().map(|recovery| when(recovery.ready_at)),
        stop_recovery: to(Action::RecoveryStop, "stop-recovery").filter(|_| seen.recovery.is_some()),
        activity: may(Action::AuditRead).then(|| {
            format!("{}?organisation={}&person={}", paths::ADMIN_ACTIVITY, account.organisation, account.id)
        }),
        suspend: to(Action::AccountSuspend, "suspend").filter(|_| !suspended),
        enable: to(Action::AccountEnable, "enable").filter(|_| suspended),
        end_sessions: to(Action::AccountEndSessions, "end-sessions"),
        reset: to(Action::FactorsResetRequest, "reset")
            .filter(|_| account.state == State::Active && seen.closing.is_none()),
        erase: to(Action::AccountErase, "erase")
            .filter(|_| seen.closing.is_none() && actor.account() != Some(&account.id)),
        closing: seen.closing.map(when),
        due: seen.due.filter(|_| !seen.missing.is_empty()).map(when),
    })
}

/// How somebody's invitation stands, and what may be done with it.
fn invitation(
    account: &Account,
    seen: &Seen,
    to: &dyn Fn(Action, &str) -> Option<String>,
) -> Option<InvitationBlock> {
    let status = seen.invitation.as_ref()?;
    let invites = |rest: &str| to(Action::AccountInvite, rest);
    Some(InvitationBlock {
        mail: status.mail.as_ref().map(super::invitations::sent),
        letter: status.letter.as_ref().map(super::invitations::sent),
        resend: invites("resend").filter(|_| account.profile.email.is_some()),
        print: invites("letter"),
        revoke: invites("revoke").filter(|_| status.is_open()),
    })
}

fn session(session: &SignedIn) -> SessionLine {
    SessionLine {
        id: session.id.to_string(),
        device: session.device.clone(),
        network: session.network.clone(),
        began: when(session.began),
        seen: when(session.seen),
    }
}

fn milestone(account: &Account, seen: &Seen, at: Stage) -> Milestone {
    let when_reached = match at {
        Stage::Invited => Some(account.created_at),
        Stage::Activated | Stage::Factor | Stage::Spare | Stage::Ready => seen.reached(at),
    };
    let done = seen.stage() >= at;
    Milestone { stage: stage(at), at: when_reached.filter(|_| done).map(when), done }
}

fn way(way: &Way) -> PersonWay {
    PersonWay {
        method: method(way.kind),
        name: way.label.clone(),
        added: when(way.added),
        used: way.used.map(when),
        switched_off: way.disabled,
        model: way.model.clone(),
        out_of_use: way.distrusted.is_some(),
        left: way.left.and_then(|left| u32::try_from(left).ok()),
    }
}

// ---- what is done for them

pub(super) fn after(id: &AccountId, done: Done) -> Response {
    answers::redirect(&format!("{}?done={}", page_of(id), done.word()))
}

fn reason_page(
    admin: &Admin,
    what: Deed,
    account: &Account,
    reason: &str,
    error: Option<FormError>,
) -> Response {
    let back = page_of(&account.id);
    let rest = match what {
        Deed::Suspend => "suspend",
        Deed::Enable => "enable",
        Deed::Erase => "erase",
    };
    let page = ReasonPage {
        frame: shown::frame(admin, paths::ADMIN_PEOPLE),
        what,
        name: account.display_name().to_owned(),
        action: format!("{back}/{rest}"),
        back,
        reason: reason.to_owned(),
        error,
    };
    answers::page(status(error), render(&page), None)
}

async fn ask(admin: Admin, id: &str, what: Deed) -> Response {
    match about(&admin, id).await {
        Ok((_, account)) => reason_page(&admin, what, &account, "", None),
        Err(why) => admin.refuse(why).await,
    }
}

pub(super) async fn ask_suspend(admin: Admin, Path(id): Path<String>) -> Response {
    ask(admin, &id, Deed::Suspend).await
}

pub(super) async fn ask_enable(admin: Admin, Path(id): Path<String>) -> Response {
    ask(admin, &id, Deed::Enable).await
}

async fn act(admin: Admin, id: &str, form: &RawRequest, what: Deed) -> Response {
    let (actor, account) = match about(&admin, id).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    let typed = form.get("reason").unwrap_or_default();
    let cx = &admin.caller.cx;
    let acted = async {
        let reason = Reason::parse(typed)?;
        match what {
            Deed::Suspend => people::suspend(cx, &actor, &account, &reason).await?,
            Deed::Enable => people::enable(cx, &actor, &account, &reason).await?,
            Deed::Erase => {
                let approval = approvals::ask_erasure(cx, &actor, &account, &reason).await?;
                return Ok(super::approvals::after(&approval.id, Done::Asked));
            }
        }
        let done = if what == Deed::Suspend { Done::Suspended } else { Done::Enabled };
        Ok::<_, Refused>(after(&account.id, done))
    };
    match acted.await {
        Ok(response) => response,
        Err(why) => match form_error(&why) {
            Some(error) => reason_page(&admin, what, &account, typed, Some(error)),
            None => admin.refuse(why).await,
        },
    }
}

pub(super) async fn suspend(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    act(admin, &id, &form, Deed::Suspend).await
}

pub(super) async fn enable(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    act(admin, &id, &form, Deed::Enable).await
}

pub(super) async fn ask_erase(admin: Admin, Path(id): Path<String>) -> Response {
    ask(admin, &id, Deed::Erase).await
}

pub(super) async fn erase(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    act(admin, &id, &form, Deed::Erase).await
}

pub(super) async fn end_sessions(Path(id): Path<String>, AdminForm { admin, .. }: AdminForm) -> Response {
    let ended = async {
        let (actor, account) = about(&admin, &id).await?;
        people::end_sessions(&admin.caller.cx, &actor, &account).await?;
        Ok::<_, Refused>(account.id)
    };
    match ended.await {
        Ok(id) => after(&id, Done::SessionsEnded),
        Err(why) => admin.refuse(why).await,
    }
}

pub(super) async fn end_session(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let ended = async {
        let (actor, account) = about(&admin, &id).await?;
        let session = SessionId::from_text(shown::plain_id(form.get("session").unwrap_or_default()));
        people::end_session(&admin.caller.cx, &actor, &account, &session).await?;
        Ok::<_, Refused>(account.id)
    };
    match ended.await {
        Ok(id) => after(&id, Done::SessionEnded),
        Err(why) => admin.refuse(why).await,
    }
}
