//! What is asked of people: the policy, its versions, and what it would ask of one person.

use std::collections::BTreeMap;

use axum::extract::{Path, RawQuery};
use axum::response::Response;

use super::{Admin, AdminForm, models, shown};
use crate::base::{Acr, ClientId, OrganisationId, Role, Seconds};
use crate::duties::{Action, Reason};
use crate::factors::FactorKind;
use crate::flows::admin::{self, Refused, approvals};
use crate::flows::policies::{self, Approval, Simulation};
use crate::oidc::authorize::RawRequest;
use crate::policy::models::Authenticators;
use crate::policy::rules::{AppRule, Change, Preset, Rule, Rules};
use crate::policy::{Kinds, Need};
use crate::web::error::when;
use crate::web::pages::admin::policies::{
    AppPage, AppRow, Because, ChangeRow, FloorWord, KindWord, ModelLists, PoliciesPage, PolicyError,
    PreviewPage, RolePage, RoleRow, RoleWord, SimulationAnswer, SimulationPage, SimulationStep, VersionRow,
};
use crate::web::pages::admin::{AdminShell, Done};
use crate::web::pages::render;
use crate::web::{answers, paths};

/// How many versions the page shows.
const SHOWN: i64 = 20;
const FLOORS: [(Acr, FloorWord); 2] = [(Acr::Aal2, FloorWord::Two), (Acr::Aal2Phr, FloorWord::Resistant)];
const KINDS: [(FactorKind, KindWord); 3] = [
    (FactorKind::Passkey, KindWord::Passkey),
    (FactorKind::SecurityKey, KindWord::SecurityKey),
    (FactorKind::Totp, KindWord::Totp),
];

fn word(role: Role) -> RoleWord {
    match role {
        Role::Patient => RoleWord::Patient,
        Role::Clinician => RoleWord::Clinician,
        Role::Administrator => RoleWord::Administrator,
    }
}

fn floor(acr: Acr) -> FloorWord {
    if acr >= Acr::Aal2Phr { FloorWord::Resistant } else { FloorWord::Two }
}

fn kinds(kinds: Kinds) -> Vec<KindWord> {
    KINDS.iter().filter(|(kind, _)| kinds.has(*kind)).map(|(_, word)| *word).collect()
}

/// What stands in the address; what cannot be read says nothing.
fn asked(query: Option<&str>) -> RawRequest {
    RawRequest::parse(query.unwrap_or_default()).unwrap_or_else(|_| RawRequest::from_pairs(Vec::new()))
}

fn number(seconds: Seconds) -> u32 {
    u32::try_from(seconds).unwrap_or_default()
}

pub(super) fn rows(changes: &[Change]) -> Vec<ChangeRow> {
    let row = |change: &Change| ChangeRow {
        member: change.member.clone(),
        before: change.before.clone(),
        after: change.after.clone(),
        weaker: change.weaker,
    };
    changes.iter().map(row).collect()
}

fn frame(admin: &Admin) -> AdminShell {
    shown::frame(admin, paths::ADMIN_POLICIES)
}

/// The policy holds for the whole installation, so whoever changes it does so at the root.
async fn may_change(admin: &Admin) -> Result<admin::AdminActor, Refused> {
    admin.at(&OrganisationId::root()).await
}

/// The rules in force as they are stored: without the settings' own floor, which no version carries.
async fn stored(admin: &Admin) -> Result<(i64, Rules), Refused> {
    let cx = &admin.caller.cx;
    let newest = policies::history(cx, i64::MAX, 1).await?.into_iter().next();
    Ok(newest.map_or_else(|| (0, Rules::default()), |version| (version.number, version.rules)))
}

// ---- the policy

pub(super) async fn show(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let mut frame = frame(&admin);
    frame.done = shown::done(query.as_deref());
    match draw(&admin, frame).await {
        Ok(page) => answers::page(200, render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

async fn draw(admin: &Admin, frame: AdminShell) -> Result<PoliciesPage, Refused> {
    let cx = &admin.caller.cx;
    let current = cx.policies.current(cx).await?;
    // Names of apps and who decided what are the whole installation's.
    let whole = admin.who.may_at(Action::PolicyRead, &crate::duties::Path::root());
    let history = if whole { policies::history(cx, i64::MAX, SHOWN).await? } else { Vec::new() };
    let may = admin.who.may_at(Action::PolicyChange, &crate::duties::Path::root());
    let role = |role: &Role| {
        let rule = current.rules.of(*role);
        RoleRow {
            role: word(*role),
            floor: floor(rule.floor),
            overall: number(rule.overall / 60),
            idle: number(rule.idle / 60),
            kinds: kinds(Kinds::of(&rule.second_factors)),
            models: models::cell(&rule.authenticators),
            change: may.then(|| format!("{}/roles/{role}", paths::ADMIN_POLICIES)),
        }
    };
    let mut apps = Vec::new();
    for (at, rule) in current.rules.apps.iter().enumerate().filter(|_| whole) {
        let client = cx.clients.find(cx, &rule.app).await?;
        apps.push(AppRow {
            app: client.map_or_else(|| rule.app.to_string(), |client| client.shown_name().to_owned()),
            role: rule.role.map(word),
            floor: rule.floor.map(floor),
            max_age: rule.max_age.map(number),
            kinds: rule.second_factors.as_deref().map(|list| kinds(Kinds::of(list))),
            models: models::cell(&rule.authenticators),
            remove: may.then_some(at),
        });
    }
    // The same few people change it again and again.
    let mut people = BTreeMap::new();
    for version in &history {
        if !people.contains_key(&version.actor) {
            people.insert(version.actor.clone(), shown::actor(admin, &version.actor).await?);
        }
    }
    Ok(PoliciesPage {
        frame,
        version: current.version,
        roles: Role::ALL.iter().map(role).collect(),
        apps,
        add: may.then_some(paths::ADMIN_POLICY_APPS),
        history: history
            .iter()
            .map(|version| VersionRow {
                number: version.number,
                at: when(version.created_at),
                who: people.get(&version.actor).cloned().unwrap_or_default(),
                reason: version.reason.clone(),
                changes: rows(&version.changes),
                again: (may && version.number != current.version)
                    .then(|| format!("{}/versions/{}", paths::ADMIN_POLICIES, version.number)),
            })
            .collect(),
    })
}

// ---- one role

pub(super) async fn ask_role(admin: Admin, Path(role): Path<String>) -> Response {
    let asked = async {
        may_change(&admin).await?;
        let role = Role::parse(&role).ok_or(Refused::NotFound)?;
        Ok::<_, Refused>((role, stored(&admin).await?.1.of(role).clone()))
    };
    match asked.await {
        Ok((role, rule)) => {
            let (overall, idle) = ((rule.overall / 60).to_string(), (rule.idle / 60).to_string());
            let lists = models::lists(&admin, &rule.authenticators);
            role_form(&admin, role, &rule, (overall, idle, lists), None)
        }
        Err(why) => admin.refuse(why).await,
    }
}

fn role_form(
    admin: &Admin,
    role: Role,
    rule: &Rule,
    (overall, idle, models): (String, String, ModelLists),
    error: Option<(PolicyError, String)>,
) -> Response {
    let page = RolePage {
        frame: frame(admin),
        role: word(role),
        action: format!("{}/roles/{role}", paths::ADMIN_POLICIES),
        floors: FLOORS.map(|(acr, word)| (acr.as_str(), word, acr == rule.floor)).to_vec(),
        overall,
        idle,
        kinds: KINDS.map(|(kind, word)| (word, rule.second_factors.contains(&kind))).to_vec(),
        models,
        error: error.as_ref().map(|(error, _)| *error),
        detail: error.map(|(_, detail)| detail).unwrap_or_default(),
    };
    answers::page(if page.error.is_some() { 400 } else { 200 }, render(&page), None)
}

pub(super) async fn role(Path(role): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let found = async {
        may_change(&admin).await?;
        let role = Role::parse(&role).ok_or(Refused::NotFound)?;
        Ok::<_, Refused>((role, stored(&admin).await?))
    };
    let (role, (base, mut rules)) = match found.await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let minutes = |name: &str| text(name).trim().parse::<Seconds>().map_or(-1, |n| n.saturating_mul(60));
    let (authenticators, unread) = models::typed(&form);
    let rule = Rule {
        floor: Acr::parse(&text("floor")).unwrap_or(Acr::Aal1),
        overall: minutes("overall"),
        idle: minutes("idle"),
        second_factors: ticked(&form),
        authenticators,
    };
    let lists = models::as_typed(&admin, &form, &rule.authenticators);
    if let Some(why) = unread {
        let typed = (text("overall"), text("idle"), lists);
        return role_form(&admin, role, &rule, typed, Some((PolicyError::Rules, why)));
    }
    *match role {
        Role::Patient => &mut rules.patient,
        Role::Clinician => &mut rules.clinician,
        Role::Administrator => &mut rules.administrator,
    } = rule.clone();
    match previewed(&admin, base, &rules).await {
        Ok(page) => page,
        Err(Failed::Form(error, detail)) => {
            role_form(&admin, role, &rule, (text("overall"), text("idle"), lists), Some((error, detail)))
        }
        Err(Failed::Refused(why)) => admin.refuse(why).await,
    }
}

fn ticked(form: &RawRequest) -> Vec<FactorKind> {
    let ticked = |(_, word): &&(FactorKind, KindWord)| form.get(word.value()) == Some("yes");
    KINDS.iter().filter(ticked).map(|(kind, _)| *kind).collect()
}

// ---- one app

pub(super) async fn ask_app(admin: Admin, RawQuery(query): RawQuery) -> Response {
    if let Err(why) = may_change(&admin).await {
        return admin.refuse(why).await;
    }
    let query = asked(query.as_deref());
    let app = ClientId::from_text(query.get("app").unwrap_or_default());
    let rule = match query.get("preset").and_then(Preset::parse) {
        Some(preset) => preset.app_rule(app, Some(Role::Clinician)),
        None => AppRule {
            app,
            role: None,
            floor: None,
            max_age: None,
            second_factors: Some(KINDS.map(|(kind, _)| kind).to_vec()),
            authenticators: Authenticators::default(),
        },
    };
    let age = rule.max_age.map_or_else(String::new, |age| age.to_string());
    let lists = models::lists(&admin, &rule.authenticators);
    app_form(&admin, &rule, (age, lists), None)
}

fn app_form(
    admin: &Admin,
    rule: &AppRule,
    (max_age, models): (String, ModelLists),
    error: Option<(PolicyError, String)>,
) -> Response {
    let mut roles = vec![("", RoleWord::Everybody, rule.role.is_none())];
    roles.extend(Role::ALL.iter().map(|role| (role.as_str(), word(*role), rule.role == Some(*role))));
    let has = |kind| rule.second_factors.as_ref().is_none_or(|list| list.contains(&kind));
    let page = AppPage {
        frame: frame(admin),
        app: rule.app.to_string(),
        roles,
        floors: FLOORS.map(|(acr, word)| (acr.as_str(), word, rule.floor == Some(acr))).to_vec(),
        max_age,
        kinds: KINDS.map(|(kind, word)| (word, has(kind))).to_vec(),
        models,
        error: error.as_ref().map(|(error, _)| *error),
        detail: error.map(|(_, detail)| detail).unwrap_or_default(),
    };
    answers::page(if page.error.is_some() { 400 } else { 200 }, render(&page), None)
}

pub(super) async fn app(AdminForm { admin, form }: AdminForm) -> Response {
    let found = async {
        may_change(&admin).await?;
        stored(&admin).await
    };
    let (base, mut rules) = match found.await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
    let removed = text("remove").parse::<usize>().ok().filter(|at| *at < rules.apps.len());
    let age = text("max_age");
    let (authenticators, unread) = models::typed(&form);
    let rule = AppRule {
        app: ClientId::from_text(text("app")),
        role: Role::parse(&text("role")),
        floor: Acr::parse(&text("floor")),
        max_age: (!age.is_empty()).then(|| age.parse().unwrap_or(-1)),
        second_factors: Some(ticked(&form)),
        authenticators,
    };
    let typed = (age, models::as_typed(&admin, &form, &rule.authenticators));
    if let (Some(why), None) = (unread, removed) {
        return app_form(&admin, &rule, typed, Some((PolicyError::Rules, why)));
    }
    match removed {
        Some(at) => drop(rules.apps.remove(at)),
        None => match admin.caller.cx.clients.find(&admin.caller.cx, &rule.app).await {
            Ok(Some(_)) => {
                rules.apps.retain(|known| (&known.app, known.role) != (&rule.app, rule.role));
                rules.apps.push(rule.clone());
            }
            Ok(None) => return app_form(&admin, &rule, typed, Some((PolicyError::App, String::new()))),
            Err(why) => return admin.refuse(why.into()).await,
        },
    }
    match previewed(&admin, base, &rules).await {
        Ok(page) => page,
        Err(Failed::Form(error, detail)) => app_form(&admin, &rule, typed, Some((error, detail))),
        Err(Failed::Refused(why)) => admin.refuse(why).await,
    }
}

// ---- putting it in force

/// Why a change was not made.
enum Failed {
    /// The form says why.
    Form(PolicyError, String),
    /// A page of its own does.
    Refused(Refused),
}

impl From<policies::Refused> for Failed {
    fn from(why: policies::Refused) -> Self {
        match why {
            policies::Refused::Rules(bad) => Self::Form(PolicyError::Rules, bad.to_string()),
            policies::Refused::Unchanged => Self::Form(PolicyError::Unchanged, String::new()),
            policies::Refused::Stale(_) => Self::Form(PolicyError::Stale, String::new()),
            policies::Refused::Weaker(_) => Self::Form(PolicyError::Weaker, String::new()),
            policies::Refused::Admin(Refused::UnderWay) => Self::Form(PolicyError::UnderWay, String::new()),
            policies::Refused::Admin(why) => Self::Refused(why),
            policies::Refused::Store(why) => Self::Refused(why.into()),
        }
    }
}

async fn previewed(admin: &Admin, base: i64, rules: &Rules) -> Result<Response, Failed> {
    let document = serde_json::to_string(rules).map_err(|_| Failed::Refused(Refused::Bad("document")))?;
    let changes = policies::preview(&admin.caller.cx, base, &document).await?;
    Ok(preview_page(admin, base, document, &changes, String::new(), None))
}

fn preview_page(
    admin: &Admin,
    base: i64,
    document: String,
    changes: &[Change],
    reason: String,
    error: Option<PolicyError>,
) -> Response {
    let page = PreviewPage {
        frame: frame(admin),
        weaker: changes.iter().any(|change| change.weaker),
        changes: rows(changes),
        models: models::named(admin, changes),
        base,
        document,
        reason,
        error,
    };
    let status = match error {
        None => 200,
        Some(PolicyError::Weaker) => 403,
        Some(PolicyError::Stale | PolicyError::UnderWay) => 409,
        Some(_) => 400,
    };
    answers::page(status, render(&page), None)
}

pub(super) async fn apply(AdminForm { admin, form }: AdminForm) -> Response {
    let cx = &admin.caller.cx;
    let base = form.get("base").and_then(|text| text.parse().ok()).unwrap_or(-1);
    let document = form.get("document").unwrap_or_default();
    let typed = form.get("reason").unwrap_or_default();
    let done = async {
        let actor = may_change(&admin).await.map_err(Failed::Refused)?;
        let reason = Reason::parse(typed).map_err(|_| Failed::Form(PolicyError::Reason, String::new()))?;
        Ok::<_, Failed>(policies::change(cx, &actor, base, document, &reason, Approval::None).await?)
    };
    match done.await {
        Ok(_) => answers::redirect(&format!("{}?done={}", paths::ADMIN_POLICIES, Done::PolicyChanged.word())),
        Err(Failed::Refused(why)) => admin.refuse(why).await,
        Err(Failed::Form(error, _)) => {
            let changes = policies::preview(cx, base, document).await.unwrap_or_default();
            preview_page(&admin, base, document.to_owned(), &changes, typed.to_owned(), Some(error))
        }
    }
}

pub(super) async fn weaken(AdminForm { admin, form }: AdminForm) -> Response {
    let cx = &admin.caller.cx;
    let base = form.get("base").and_then(|text| text.parse().ok()).unwrap_or(-1);
    let document = form.get("document").unwrap_or_default();
    let typed = form.get("reason").unwrap_or_default();
    let asked = async {
        let actor = may_change(&admin).await.map_err(Failed::Refused)?;
        let reason = Reason::parse(typed).map_err(|_| Failed::Form(PolicyError::Reason, String::new()))?;
        Ok::<_, Failed>(approvals::ask_policy(cx, &actor, base, document, &reason).await?)
    };
    match asked.await {
        Ok(approval) => super::approvals::after(&approval.id, Done::Asked),
        Err(Failed::Refused(why)) => admin.refuse(why).await,
        Err(Failed::Form(error, _)) => {
            let changes = policies::preview(cx, base, document).await.unwrap_or_default();
            preview_page(&admin, base, document.to_owned(), &changes, typed.to_owned(), Some(error))
        }
    }
}

pub(super) async fn again(Path(version): Path<String>, AdminForm { admin, .. }: AdminForm) -> Response {
    let cx = &admin.caller.cx;
    let found = async {
        may_change(&admin).await?;
        let document = match version.parse() {
            Ok(number) => policies::again(cx, number).await?,
            Err(_) => None,
        };
        Ok::<_, Refused>((stored(&admin).await?.0, document.ok_or(Refused::NotFound)?))
    };
    let (base, document) = match found.await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    match policies::preview(cx, base, &document).await.map_err(Failed::from) {
        Ok(changes) => preview_page(&admin, base, document, &changes, String::new(), None),
        Err(Failed::Form(error, _)) => preview_page(&admin, base, document, &[], String::new(), Some(error)),
        Err(Failed::Refused(why)) => admin.refuse(why).await,
    }
}

// ---- simulation

pub(super) async fn simulate(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let query = asked(query.as_deref());
    let text = |name: &str| query.get(name).unwrap_or_default().trim().to_owned();
    let (person, app) = (text("person"), text("app"));
    let (answer, error) = match simulated(&admin, &person, &app).await {
        Ok(answer) => (answer, None),
        Err(Failed::Form(error, _)) => (None, Some(error)),
        Err(Failed::Refused(why)) => return admin.refuse(why).await,
    };
    let page = SimulationPage { frame: frame(&admin), person, app, answer, error };
    answers::page(if error.is_some() { 400 } else { 200 }, render(&page), None)
}

async fn simulated(admin: &Admin, person: &str, app: &str) -> Result<Option<SimulationAnswer>, Failed> {
    if person.is_empty() {
        return Ok(None);
    }
    let cx = &admin.caller.cx;
    let found = crate::flows::accounts::find(cx, person).await.map_err(|e| Failed::Refused(e.into()))?;
    // Of somebody elsewhere nothing is said, not even that they exist: nobody is looked for in the same way.
    let id = found.map_or_else(|| crate::base::AccountId::from_text(""), |found| found.id);
    let found = match admin::authorise_about(cx, &admin.who, Action::AccountRead, &id).await {
        Ok((_, found)) => found,
        Err(Refused::NotFound) => return Err(Failed::Form(PolicyError::Person, String::new())),
        Err(why) => return Err(Failed::Refused(why)),
    };
    let app = (!app.is_empty()).then(|| ClientId::from_text(app));
    if let Some(app) = &app {
        match crate::flows::clients::list::authorised(cx, &admin.who, Action::ClientRead, app).await {
            Ok(_) => {}
            Err(Refused::NotFound | Refused::Forbidden) => {
                return Err(Failed::Form(PolicyError::App, String::new()));
            }
            Err(why) => return Err(Failed::Refused(why)),
        }
    }
    let answer = policies::simulate(cx, &found.id, app.as_ref(), None).await;
    let answer = answer.map_err(|e| Failed::Refused(e.into()))?;
    let answer = answer.ok_or_else(|| Failed::Form(PolicyError::App, String::new()))?;
    Ok(Some(told(found.display_name(), &answer)))
}

fn told(name: &str, answer: &Simulation) -> SimulationAnswer {
    let mut because = Vec::new();
    if answer.rule.role_floor >= answer.acr {
        because.push((Because::Role, 0));
    }
    if answer.rule.app_floor.is_some_and(|floor| floor >= answer.acr) {
        because.push((Because::App, 0));
    }
    if answer.client_floor.is_some_and(|floor| floor >= answer.acr) {
        because.push((Because::Client, 0));
    }
    if let Some(age) = answer.rule.max_age {
        because.push((Because::Age, number(age)));
    }
    let mut steps = Vec::new();
    steps.extend(step(&answer.first));
    let second = matches!(&answer.first, Need::Prove(kinds) if kinds.contains(&FactorKind::Password));
    if second && matches!(answer.then, Need::Met(_)) {
        steps.push(SimulationStep::Second);
    }
    if !matches!(answer.first, Need::Stuck) {
        steps.extend(step(&answer.then));
        if matches!(answer.then, Need::Enrol(_)) {
            steps.push(SimulationStep::In);
        }
    }
    let unfit = answer.unfit.iter().map(|(model, why)| (model.clone(), models::unfit(*why))).collect();
    SimulationAnswer { name: name.to_owned(), floor: floor(answer.acr), because, unfit, steps }
}

fn step(need: &Need) -> Option<SimulationStep> {
    Some(match need {
        Need::Met(_) => SimulationStep::In,
        Need::Enrol(_) => SimulationStep::Enrol,
        Need::Stuck => SimulationStep::Stuck,
        Need::Prove(kinds) => match kinds.as_slice() {
            [FactorKind::RecoveryCodes] => SimulationStep::Recovery,
            kinds if kinds.contains(&FactorKind::Passkey) => SimulationStep::Passkey,
            kinds if kinds.contains(&FactorKind::Password) => SimulationStep::Password,
            _ => SimulationStep::Second,
        },
    })
}
