//! What takes two people: the queue, one request, the decision, and asking for a reset.

use axum::extract::{Path, RawQuery};
use axum::response::Response;

use super::organisations::{duty, form_error, status};
use super::people::{about, page_of};
use super::{Admin, AdminForm, shown};
use crate::base::{Secret, Timestamp};
use crate::duties::{Action, Approval, ApprovalKind, ApprovalState, Handing, IdentityCheck, Reason};
use crate::factors::FactorKind;
use crate::flows::account::ways;
use crate::flows::admin::approvals::{self, Brief, Decided, Details, ResetWish, Shown};
use crate::flows::admin::{AdminActor, Refused};
use crate::identity::Account;
use crate::oidc::authorize::RawRequest;
use crate::web::error::when;
use crate::web::pages::admin::Done;
use crate::web::pages::admin::approvals::{
    ApprovalLine, ApprovalPage, ApprovalsPage, CheckWord, CodePage, DecidePage, Facts, HandingWord,
    PersonFacts, ResetPage, StateWord, WhatWord,
};
use crate::web::pages::admin::organisations::FormError;
use crate::web::pages::{Method, render};
use crate::web::steps::show::{method, role};
use crate::web::{answers, paths};

fn page_at(id: &str) -> String {
    format!("{}/{id}", paths::ADMIN_APPROVALS)
}

pub(super) fn after(id: &str, done: Done) -> Response {
    answers::redirect(&format!("{}?done={}", page_at(id), done.word()))
}

fn state(state: ApprovalState) -> StateWord {
    match state {
        ApprovalState::Open => StateWord::Open,
        ApprovalState::Approved => StateWord::Approved,
        ApprovalState::Done => StateWord::Done,
        ApprovalState::Refused => StateWord::Refused,
        ApprovalState::Withdrawn => StateWord::Withdrawn,
        ApprovalState::Expired => StateWord::Expired,
    }
}

fn check(check: IdentityCheck) -> CheckWord {
    match check {
        IdentityCheck::DocumentInPerson => CheckWord::InPerson,
        IdentityCheck::DocumentByVideo => CheckWord::ByVideo,
        IdentityCheck::CalledBack => CheckWord::CalledBack,
        IdentityCheck::KnownColleague => CheckWord::Colleague,
    }
}

fn handing(handing: Handing) -> HandingWord {
    match handing {
        Handing::Mail => HandingWord::Mail,
        Handing::FaceToFace => HandingWord::FaceToFace,
    }
}

fn what(kind: ApprovalKind) -> WhatWord {
    match kind {
        ApprovalKind::FactorsReset => WhatWord::Reset,
        ApprovalKind::DutyGrant => WhatWord::Grant,
        ApprovalKind::DutyRevoke => WhatWord::Revoke,
        ApprovalKind::AccountErase => WhatWord::Erase,
        ApprovalKind::PolicyWeaken => WhatWord::Policy,
    }
}

fn line(shown: &Shown) -> ApprovalLine {
    let approval = &shown.approval;
    let name = |account: &Option<Account>, id: &crate::base::AccountId| match account {
        Some(account) => account.display_name().to_owned(),
        None => id.to_string(),
    };
    ApprovalLine {
        url: page_at(&approval.id),
        what: what(approval.kind),
        duty: approval.wanted.duty.map(duty),
        name: approval.subject().map(|id| name(&shown.account, id)),
        by: name(&shown.requester, &approval.requester),
        until: when(approval.expires_at),
        approved: approval.state == ApprovalState::Approved,
    }
}

/// Requests a page.
const SHOWN: i64 = 50;

pub(super) async fn list(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let given = RawRequest::parse(query.as_deref().unwrap_or_default()).ok();
    let after = given.as_ref().and_then(|given| {
        let (at, id) = given.get("after")?.split_once('.')?;
        Some((Timestamp::from_micros(at.parse().ok()?), shown::plain_id(id).to_owned()))
    });
    match approvals::queue(&admin.caller.cx, &admin.who, after.as_ref(), SHOWN).await {
        Ok(queue) => {
            let page = ApprovalsPage {
                frame: shown::frame(&admin, paths::ADMIN_APPROVALS),
                waiting: queue.shown.iter().map(line).collect(),
                next: queue
                    .next
                    .map(|(at, id)| format!("{}?after={}.{id}", paths::ADMIN_APPROVALS, at.micros())),
                first: after.map(|_| paths::ADMIN_APPROVALS.to_owned()),
            };
            answers::page(200, render(&page), None)
        }
        Err(why) => admin.refuse(why).await,
    }
}

/// The request of a route, where the reader may see it.
async fn found(admin: &Admin, id: &str) -> Result<(AdminActor, Shown), Refused> {
    approvals::see(&admin.caller.cx, &admin.who, admin.action, shown::plain_id(id)).await
}

pub(super) async fn show(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let drawn = async {
        let (actor, seen) = found(&admin, &id).await?;
        let details = approvals::details(&admin.caller.cx, &admin.who, &seen).await?;
        let mut frame = shown::frame(&admin, paths::ADMIN_APPROVALS);
        frame.done = shown::done(query.as_deref());
        Ok::<_, Refused>(draw(&admin, &actor, &seen, &details, frame))
    };
    match drawn.await {
        Ok(page) => answers::page(200, render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

fn draw(
    admin: &Admin,
    actor: &AdminActor,
    seen: &Shown,
    details: &Details,
    frame: crate::web::pages::admin::AdminShell,
) -> ApprovalPage {
    let approval = &seen.approval;
    let at = page_at(&approval.id);
    let under_way = approval.is_under_way(admin.caller.cx.now);
    let requester = actor.account() == Some(&approval.requester);
    let own = requester || actor.account() == approval.subject();
    let open = under_way && approval.state == ApprovalState::Open;
    let approved = under_way && approval.state == ApprovalState::Approved;
    let may_decide = admin.who.may_at(Action::ApprovalDecide, actor.place());
    let activity = approval.subject().filter(|_| admin.who.may_at(Action::AuditRead, actor.place()));
    ApprovalPage {
        frame,
        facts: facts(admin, actor, seen, details),
        decide: (open && !own && may_decide).then(|| format!("{at}/decide")),
        carry_out: (approved && requester).then(|| format!("{at}/carry-out")),
        withdraw: (open && requester).then(|| format!("{at}/withdraw")),
        own,
        stale: open && details.stale,
        activity: activity.map(|id| {
            format!("{}?organisation={}&person={id}", paths::ADMIN_ACTIVITY, approval.organisation)
        }),
    }
}

fn facts(admin: &Admin, actor: &AdminActor, seen: &Shown, details: &Details) -> Facts {
    let approval = &seen.approval;
    let under_way = approval.is_under_way(admin.caller.cx.now);
    let expired = !under_way && matches!(approval.state, ApprovalState::Open | ApprovalState::Approved);
    let somebody = |brief: &Option<Brief>| brief.as_ref().map(|brief| person(admin, actor, brief));
    Facts {
        what: what(approval.kind),
        duty: approval.wanted.duty.map(duty),
        organisation: details.organisation.clone(),
        subject: somebody(&details.subject),
        requester: somebody(&details.requester),
        methods: kinds(approval).into_iter().map(method).collect(),
        checked: approval.wanted.checked.map(check),
        handing: approval.wanted.handing.map(handing),
        reason: seen.reason.clone(),
        policy: approval
            .wanted
            .policy
            .as_ref()
            .map(|wish| (wish.base.to_string(), super::policies::rows(&details.changes))),
        asked: when(approval.asked_at),
        until: when(approval.expires_at),
        state: state(if expired { ApprovalState::Expired } else { approval.state }),
        decider: details.decider.clone(),
    }
}

fn person(admin: &Admin, actor: &AdminActor, brief: &Brief) -> PersonFacts {
    let account = &brief.account;
    // Of the same organisation; whoever belongs elsewhere has a page only for those who may go there.
    let here = account.organisation == *actor.organisation();
    let url = here && admin.who.may_at(Action::AccountRead, actor.place());
    PersonFacts {
        name: account.display_name().to_owned(),
        username: account.profile.username.clone(),
        url: url.then(|| page_of(&account.id)),
        role: role(account.role),
        organisation: brief.organisation.clone(),
        duties: brief.duties.iter().map(|(each, place)| (duty(*each), place.clone())).collect(),
        ways: brief.ways.iter().map(|way| (method(way.kind), way.label.clone(), way.disabled)).collect(),
    }
}

fn kinds(approval: &Approval) -> Vec<FactorKind> {
    approval.wanted.kinds.iter().filter_map(|kind| FactorKind::parse(kind)).collect()
}

// ---- deciding

pub(super) async fn ask_decide(admin: Admin, Path(id): Path<String>) -> Response {
    let drawn = async {
        let (actor, seen) = found(&admin, &id).await?;
        let details = approvals::details(&admin.caller.cx, &admin.who, &seen).await?;
        let at = page_at(&seen.approval.id);
        Ok::<_, Refused>(DecidePage {
            frame: shown::frame(&admin, paths::ADMIN_APPROVALS),
            facts: facts(&admin, &actor, &seen, &details),
            stale: details.stale,
            action: format!("{at}/decide"),
            back: at,
        })
    };
    match drawn.await {
        Ok(page) => answers::page(200, render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

pub(super) async fn decide(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let decided = async {
        let (actor, seen) = found(&admin, &id).await?;
        let agrees = match form.get("decision") {
            Some("approve") => true,
            Some("refuse") => false,
            _ => return Err(Refused::Bad("decision")),
        };
        approvals::decide(&admin.caller.cx, &actor, &seen.approval, agrees).await
    };
    match decided.await {
        Ok(Decided::Done) => after(&id, Done::CarriedOut),
        Ok(Decided::Approved) => after(&id, Done::Approved),
        Ok(Decided::Refused) => after(&id, Done::Refused),
        Ok(Decided::Stale) => after(&id, Done::Stale),
        Err(why) => admin.refuse(why).await,
    }
}

pub(super) async fn withdraw(Path(id): Path<String>, AdminForm { admin, .. }: AdminForm) -> Response {
    let withdrawn = async {
        let (actor, seen) = found(&admin, &id).await?;
        approvals::withdraw(&admin.caller.cx, &actor, &seen.approval).await
    };
    match withdrawn.await {
        Ok(()) => after(&id, Done::Withdrawn),
        Err(why) => admin.refuse(why).await,
    }
}

pub(super) async fn carry_out(Path(id): Path<String>, AdminForm { admin, .. }: AdminForm) -> Response {
    let carried = async {
        let (actor, seen) = found(&admin, &id).await?;
        let code = approvals::carry_out(&admin.caller.cx, &actor, &seen.approval).await?;
        Ok::<_, Refused>((seen, code))
    };
    match carried.await {
        // Shown in this answer alone: it is kept nowhere, so there is nothing to be led to.
        Ok((seen, Some(code))) => code_page(&admin, &seen, &code),
        Ok((_, None)) => after(&id, Done::CarriedOut),
        Err(why) => admin.refuse(why).await,
    }
}

fn code_page(admin: &Admin, seen: &Shown, code: &Secret<String>) -> Response {
    let (name, username) = match &seen.account {
        Some(account) => (account.display_name().to_owned(), account.profile.username.clone()),
        None => (String::new(), String::new()),
    };
    let page = CodePage {
        frame: shown::frame(admin, paths::ADMIN_APPROVALS),
        name,
        username,
        code: code.expose().clone(),
        address: format!("{}{}", admin.caller.cx.issuer.as_str(), crate::flows::reset::PATH),
        back: page_of(&seen.approval.account),
    };
    answers::page(200, render(&page), None)
}

// ---- asking for a reset

/// What was typed.
#[derive(Default)]
struct Wish {
    kinds: Vec<FactorKind>,
    checked: String,
    handing: String,
    reason: String,
}

impl Wish {
    fn read(form: &RawRequest) -> Self {
        let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
        let asked = |kind: &FactorKind| form.get(&format!("kind-{kind}")).is_some();
        Self {
            kinds: RESETTABLE.iter().copied().filter(asked).collect(),
            checked: text("checked"),
            handing: text("handing"),
            reason: text("reason"),
        }
    }
}

/// What a reset may take away; recovery codes go with any of them, and a password is replaced by its own way.
const RESETTABLE: [FactorKind; 3] = [FactorKind::Totp, FactorKind::Passkey, FactorKind::SecurityKey];

pub(super) async fn ask_reset(admin: Admin, Path(id): Path<String>) -> Response {
    match about(&admin, &id).await {
        Ok((_, account)) => reset_form(&admin, &account, Wish::default(), None).await,
        Err(why) => admin.refuse(why).await,
    }
}

async fn reset_form(admin: &Admin, account: &Account, wish: Wish, error: Option<FormError>) -> Response {
    let held = match ways(&admin.caller.cx, &account.id).await {
        Ok(ways) => ways,
        Err(why) => return admin.refuse(why.into()).await,
    };
    let has = |kind: &FactorKind| held.iter().any(|way| way.kind == *kind);
    let methods: Vec<(&'static str, Method, bool)> = RESETTABLE
        .iter()
        .filter(|kind| has(kind))
        .map(|kind| (kind.as_str(), method(*kind), wish.kinds.contains(kind)))
        .collect();
    let back = page_of(&account.id);
    let page = ResetPage {
        frame: shown::frame(admin, paths::ADMIN_PEOPLE),
        name: account.display_name().to_owned(),
        action: format!("{back}/reset"),
        back,
        methods,
        checks: IdentityCheck::ALL
            .iter()
            .map(|each| (each.as_str(), check(*each), each.as_str() == wish.checked))
            .collect(),
        handings: Handing::ALL
            .iter()
            .map(|each| (each.as_str(), handing(*each), each.as_str() == wish.handing))
            .collect(),
        reason: wish.reason,
        error,
    };
    answers::page(status(error), render(&page), None)
}

pub(super) async fn reset(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let (actor, account) = match about(&admin, &id).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    let wish = Wish::read(&form);
    match asked(&admin, &actor, &account, &wish).await {
        Ok(approval) => after(&approval.id, Done::Asked),
        Err(why) => match form_error(&why) {
            Some(error) => reset_form(&admin, &account, wish, Some(error)).await,
            None => admin.refuse(why).await,
        },
    }
}

async fn asked(
    admin: &Admin,
    actor: &AdminActor,
    account: &Account,
    wish: &Wish,
) -> Result<Approval, Refused> {
    let wanted = ResetWish {
        kinds: wish.kinds.clone(),
        checked: IdentityCheck::parse(&wish.checked).ok_or(Refused::Bad("checked"))?,
        handing: Handing::parse(&wish.handing).ok_or(Refused::Bad("handing"))?,
        reason: Reason::parse(&wish.reason)?,
    };
    approvals::ask_reset(&admin.caller.cx, actor, account, wanted).await
}
