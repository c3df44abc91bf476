//! Apps: the list, the four questions that register one, and what is changed about one.

use axum::extract::{Path, RawQuery};
use axum::response::Response;
use serde_json::{Value, json};

use super::{Admin, AdminForm, shown};
use crate::base::{ClientId, Digest, GrantType, Timestamp};
use crate::clients::lint::{Finding, Grade};
use crate::clients::secret::{self, Kept};
use crate::clients::wizard::{Answers, AppKind, Framework, Who};
use crate::clients::{Client, ClientState, Origin, Stage};
use crate::duties::Action;
use crate::flows::PageError;
use crate::flows::admin::{Refused, organisations};
use crate::flows::clients::settings::{self, Unchanged, Within};
use crate::flows::clients::{self, NotRegistered, list};
use crate::notifications::logout::{Failed, Hearing};
use crate::oidc::authorize::RawRequest;
use crate::web::error::when;
use crate::web::pages::admin::Done;
use crate::web::pages::admin::apps::{
    AppPage, AppRow, AppStatePage, AppsPage, Choice, FindingRow, GradeWord, HearingShown, KindWord,
    NewAppPage, SecretRow, StandingWord, WhoWord, Wrong,
};
use crate::web::pages::render;
use crate::web::{answers, error, paths};

/// An app's page.
pub(super) fn at(id: &ClientId) -> String {
    format!("{}/{id}", paths::ADMIN_APPS)
}

/// An app's id from a path, or one that no app has.
pub(super) fn client_id(id: &str) -> ClientId {
    let plain = id.len() <= 128 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    ClientId::from_text(if plain { id } else { "" })
}

/// The app behind a path, where the route's action is allowed.
pub(super) async fn found(admin: &Admin, id: &str) -> Result<Client, Refused> {
    Ok(touchable(admin, id).await?.1)
}

/// As [`found`]; also what whoever asks may do to it.
pub(super) async fn touchable(admin: &Admin, id: &str) -> Result<(Within, Client), Refused> {
    let cx = &admin.caller.cx;
    let (actor, client) = list::authorised(cx, &admin.who, admin.action, &client_id(id)).await?;
    Ok((Within::of(&actor), client))
}

/// Where changes of this app are allowed: where it was when that was asked.
pub(super) fn within(client: &Client) -> Within {
    Within::These(vec![client.organisation.clone()])
}

pub(super) fn standing(client: &Client) -> StandingWord {
    match (client.state, client.stage) {
        (ClientState::Disabled, _) => StandingWord::Disabled,
        (ClientState::Enabled, Stage::Test) => StandingWord::Test,
        (ClientState::Enabled, Stage::Live) => StandingWord::Live,
    }
}

fn kind(client: &Client) -> KindWord {
    let native = client.metadata.application_type == crate::clients::metadata::ApplicationType::Native;
    let smart = client.metadata.scope.contains("fhirUser");
    match (client.allows(GrantType::AuthorizationCode), native, client.is_public()) {
        (false, ..) if client.allows(GrantType::DeviceCode) => KindWord::Device,
        (false, ..) if client.allows(GrantType::Ciba) => KindWord::Elsewhere,
        (false, ..) => KindWord::Machine,
        (true, true, _) => KindWord::Phone,
        (true, false, true) if smart => KindWord::SmartBrowser,
        (true, false, true) => KindWord::Browser,
        (true, false, false) if smart => KindWord::SmartServer,
        (true, false, false) => KindWord::Server,
    }
}

// ---- the list

pub(super) async fn all(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let after = parameter(query.as_deref(), "after").map(|after| client_id(&after));
    let page = match list::page(&admin.caller.cx, &admin.who, after.as_ref(), list::PAGE).await {
        Ok(page) => page,
        Err(why) => return admin.refuse(why).await,
    };
    let root = &admin.caller.cx.config.organisation.name;
    let row = |entry: &list::Entry| AppRow {
        name: entry.client.name.clone(),
        url: at(&entry.client.id),
        kind: kind(&entry.client),
        organisation: if entry.organisation.is_empty() { root.clone() } else { entry.organisation.clone() },
        standing: standing(&entry.client),
        used: entry.used_at.map(when),
        problems: entry.problems,
        unused: entry.is_unused,
    };
    let html = AppsPage {
        frame: framed(&admin, query.as_deref()),
        apps: page.entries.iter().map(row).collect(),
        next: page.next.map(|id| format!("{}?after={id}", paths::ADMIN_APPS)),
        may_create: admin.who.may(Action::ClientCreate),
    };
    answers::page(200, render(&html), None)
}

/// A parameter of a query.
pub(super) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    RawRequest::parse(query.unwrap_or_default()).ok()?.get(name).map(str::to_owned)
}

pub(super) fn framed(admin: &Admin, query: Option<&str>) -> crate::web::pages::admin::AdminShell {
    let mut frame = shown::frame(admin, paths::ADMIN_APPS);
    frame.done = shown::done(query);
    frame
}

// ---- the four questions

pub(super) async fn ask(admin: Admin) -> Response {
    wizard(&admin, &RawRequest::default(), None).await
}

async fn wizard(admin: &Admin, form: &RawRequest, error: Option<Wrong>) -> Response {
    let visible = organisations::visible(&admin.caller.cx, &admin.who, Action::ClientCreate).await;
    let visible = match visible {
        Ok(visible) => visible,
        Err(why) => return admin.refuse(why).await,
    };
    let text = |name: &str| form.get(name).unwrap_or_default();
    let kinds = AppKind::ALL.iter().zip(KindWord::ALL);
    let who = Who::ALL.iter().zip(WhoWord::ALL);
    let chosen = |name: &str, value: &str| text(name) == value;
    let organisation = |o: &crate::duties::Organisation| {
        (o.id.to_string(), o.name.clone(), text("organisation") == o.id.as_str())
    };
    let status = if error.is_some() { 400 } else { 200 };
    let page = NewAppPage {
        frame: shown::frame(admin, paths::ADMIN_APPS),
        organisations: visible.iter().map(organisation).collect(),
        name: text("name").to_owned(),
        kinds: kinds
            .map(|(kind, word)| Choice {
                value: kind.as_str(),
                word: *word,
                chosen: chosen("kind", kind.as_str()),
            })
            .collect(),
        libraries: Framework::ALL
            .iter()
            .map(|library| Choice {
                value: library.as_str(),
                word: library.name(),
                chosen: chosen("library", library.as_str()),
            })
            .collect(),
        callbacks: text("callbacks").to_owned(),
        who: who
            .map(|(who, word)| Choice {
                value: who.as_str(),
                word: *word,
                chosen: chosen("who", who.as_str()),
            })
            .collect(),
        error,
    };
    answers::page(status, render(&page), None)
}

/// The lines of a field, without empty ones.
fn lines(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default()
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

fn wrong(field: &'static str, text: impl ToString) -> Wrong {
    Wrong { field, text: text.to_string() }
}

fn answers_of(form: &RawRequest) -> Result<Answers, Wrong> {
    let word = |name: &str| form.get(name).unwrap_or_default();
    Ok(Answers {
        name: word("name").to_owned(),
        kind: AppKind::parse(word("kind")).ok_or_else(|| wrong("kind", "Choose what kind of app it is."))?,
        framework: Framework::parse(word("library")).ok_or_else(|| wrong("library", "Choose a library."))?,
        callbacks: lines(form.get("callbacks")),
        who: Who::parse(word("who")).ok_or_else(|| wrong("who", "Choose who signs in."))?,
    })
}

pub(super) async fn create(AdminForm { admin, form }: AdminForm) -> Response {
    let (library, document) = match answers_of(&form).and_then(|given| {
        use crate::clients::wizard::Misfit;
        let field = |misfit: &Misfit| match misfit {
            Misfit::Name => "name",
            Misfit::Framework => "library",
            Misfit::NoCallback | Misfit::Callback => "callbacks",
        };
        given.metadata().map(|it| (given.framework, it)).map_err(|misfit| wrong(field(&misfit), misfit))
    }) {
        Ok(meant) => meant,
        Err(error) => return wizard(&admin, &form, Some(error)).await,
    };
    let cx = &admin.caller.cx;
    let place = shown::organisation(form.get("organisation").unwrap_or_default());
    let actor = match admin.at(&place).await {
        Ok(actor) => actor,
        Err(why) => return admin.refuse(why).await,
    };
    let made = match clients::enlist(cx, &actor, &document, Stage::Test).await {
        Ok(made) => made,
        Err(NotRegistered::Store(why)) => return admin.refuse(why.into()).await,
        Err(why) => {
            let field = if why.to_string().starts_with("client_name") { "name" } else { "callbacks" };
            return wizard(&admin, &form, Some(wrong(field, why))).await;
        }
    };
    let text = |name: &str| made.get(name).and_then(Value::as_str).unwrap_or_default();
    let id = client_id(text("client_id"));
    show_code(&admin, &id, library, made.get("client_secret").and_then(Value::as_str)).await
}

/// Leads to the app's code, where its new secret is shown once.
async fn show_code(admin: &Admin, id: &ClientId, library: Framework, secret: Option<&str>) -> Response {
    let mut url = format!("{}/code?lang={library}", at(id));
    if let Some(secret) = secret {
        match clients::shown::keep(&admin.caller.cx, &admin.person().session.session, id.as_str(), secret)
            .await
        {
            Ok(ticket) => url = format!("{url}&ticket={}", ticket.expose()),
            Err(why) => return error::of(&admin.caller, &why),
        }
    }
    answers::redirect(&url)
}

// ---- one app

pub(super) async fn show(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    match found(&admin, &id).await {
        Ok(client) => one(&admin, &client, query.as_deref(), None, None).await,
        Err(why) => admin.refuse(why).await,
    }
}

async fn one(
    admin: &Admin,
    client: &Client,
    query: Option<&str>,
    form: Option<&RawRequest>,
    error: Option<(u16, Wrong)>,
) -> Response {
    match draw(admin, client, query, form, &error).await {
        Ok(page) => answers::page(error.map_or(200, |(status, _)| status), render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

async fn draw(
    admin: &Admin,
    client: &Client,
    query: Option<&str>,
    form: Option<&RawRequest>,
    error: &Option<(u16, Wrong)>,
) -> Result<AppPage, Refused> {
    let cx = &admin.caller.cx;
    let (actor, _) = list::authorised(cx, &admin.who, Action::ClientRead, &client.id).await?;
    let organisation = organisations::get(cx, &actor).await?;
    let uses = clients::uses(cx, &client.id).await?;
    let consents = list::consents(cx, &client.id).await?;
    let hearing = match client.metadata.logout.back {
        Some(_) => Some(list::hearing(cx, &client.id).await?),
        None => None,
    };
    let may = |action| admin.who.may_at(action, &organisation.path);
    let texts = |uris: &[crate::clients::RedirectUri]| {
        uris.iter().map(|uri| uri.as_str().to_owned()).collect::<Vec<_>>().join("\n")
    };
    let typed = |name: &str, kept: String| match form {
        Some(form) => form.get(name).unwrap_or_default().to_owned(),
        None => kept,
    };
    Ok(AppPage {
        frame: framed(admin, query),
        title: client.name.clone(),
        url: at(&client.id),
        id: client.id.to_string(),
        activity: may(Action::AuditRead).then(|| super::activity::of_app(&client.organisation, &client.id)),
        standing: standing(client),
        kind: kind(client),
        facts: facts(client),
        used: used(&uses, "").map(when),
        people: counted(consents.people),
        since: consents.since.map(when),
        hearing: hearing.map(heard),
        findings: settings::findings(client).iter().map(finding).collect(),
        secrets: secret::uses_secrets(client).then(|| secrets(client, &uses)),
        may_add: client.secrets.len() < secret::MOST,
        may_change: may(Action::ClientChange),
        may_disable: may(Action::ClientDisable),
        may_keep_secrets: may(Action::ClientSecret),
        has_people: client.allows(GrantType::AuthorizationCode),
        machine: super::app_scopes::of(admin, client, &organisation.path),
        name: typed("name", client.name.clone()),
        callbacks: typed("callbacks", texts(&client.metadata.redirect_uris)),
        homes: typed("homes", texts(&client.metadata.post_logout_redirect_uris)),
        back: typed("back", client.metadata.logout.back.clone().unwrap_or_default()),
        front: typed("front", client.metadata.logout.front.clone().unwrap_or_default()),
        organisation: organisation.name,
        seen: settings::revision(client).to_base64url(),
        error: error.as_ref().map(|(_, wrong)| wrong.clone()),
    })
}

/// A number that was counted to 1,001.
fn counted(number: i64) -> String {
    if number > 1000 { "1,000+".to_owned() } else { number.to_string() }
}

fn heard(hearing: Hearing) -> HearingShown {
    let failed = |failed: Failed| {
        let why = match failed.status {
            Some(status) => format!("{} {status}", failed.why),
            None => failed.why,
        };
        (when(failed.at), why)
    };
    HearingShown {
        told: hearing.told_at.map(when),
        failed: hearing.failed.map(failed),
        waiting: counted(hearing.waiting),
        next: hearing.next_at.map(when),
        dead: counted(hearing.dead),
    }
}

fn used(uses: &[(String, Timestamp)], what: &str) -> Option<Timestamp> {
    uses.iter().find(|(known, _)| known == what).map(|(_, at)| *at)
}

fn secrets(client: &Client, uses: &[(String, Timestamp)]) -> Vec<SecretRow> {
    let row = |secret: &crate::clients::ClientSecret| SecretRow {
        id: secret.id.clone(),
        label: secret.label.clone(),
        since: when(secret.created_at),
        used: used(uses, &secret.id).map(when),
    };
    client.secrets.iter().map(row).collect()
}

fn finding(finding: &Finding) -> FindingRow {
    let grade = match finding.grade {
        Grade::Notice => GradeWord::Notice,
        Grade::Warning => GradeWord::Warning,
        Grade::Error => GradeWord::Error,
    };
    FindingRow { grade, uri: finding.uri.clone(), what: finding.what.clone(), fix: finding.fix.clone() }
}

/// What is registered, in the words of the specifications.
fn facts(client: &Client) -> Vec<(&'static str, String)> {
    let metadata = &client.metadata;
    let joined = |words: Vec<&str>| words.join(" ");
    let mut facts = vec![
        ("token_endpoint_auth_method", metadata.token_endpoint_auth_method.to_string()),
        ("grant_types", joined(metadata.grant_types.iter().map(|grant| grant.as_str()).collect())),
        ("scope", metadata.scope.to_string()),
    ];
    if client.origin != Origin::Administrators {
        facts.push(("origin", client.origin.to_string()));
    }
    if client.allows(GrantType::AuthorizationCode) {
        facts
            .push(("redirect_uris", joined(metadata.redirect_uris.iter().map(|uri| uri.as_str()).collect())));
        facts.push(("id_token_signed_response_alg", metadata.id_token_signed_response_alg.to_string()));
        facts.push(("subject_type", metadata.subject_type.to_string()));
        facts.push(("consent", client.policy.consent.to_string()));
        facts.push(("min_acr", client.policy.min_acr.map_or_else(|| "–".to_owned(), |acr| acr.to_string())));
    }
    facts
}

/// What a refusal of a change means for the page: its status and what is wrong, or an answer of its own.
fn refusal(why: Unchanged) -> Result<(u16, Wrong), Refused> {
    let status = match &why {
        Unchanged::Unknown | Unchanged::Secret(Kept::Unknown) => return Err(Refused::NotFound),
        Unchanged::Store(error) => return Err(error.clone().into()),
        Unchanged::Privileged(_) | Unchanged::Empowers(_) | Unchanged::Held => 403,
        Unchanged::Secret(Kept::TooMany | Kept::Last | Kept::NoSecrets)
        | Unchanged::Busy
        | Unchanged::Stale => 409,
        Unchanged::Invalid(_) | Unchanged::Sector | Unchanged::Lint(_) | Unchanged::Secret(Kept::Label) => {
            400
        }
    };
    let field = match &why {
        Unchanged::Secret(Kept::Label) => "label",
        Unchanged::Secret(_) => "secrets",
        Unchanged::Invalid(invalid) => match invalid.to_string().split(':').next() {
            Some("client_name") => "name",
            Some("backchannel_logout_uri") => "back",
            Some("frontchannel_logout_uri") => "front",
            _ => "callbacks",
        },
        Unchanged::Sector | Unchanged::Lint(_) => "callbacks",
        Unchanged::Privileged(_)
        | Unchanged::Empowers(_)
        | Unchanged::Busy
        | Unchanged::Stale
        | Unchanged::Held
        | Unchanged::Unknown
        | Unchanged::Store(_) => "main",
    };
    Ok((status, wrong(field, why)))
}

pub(super) async fn after(
    admin: &Admin,
    client: &Client,
    done: Done,
    changed: Result<(), Unchanged>,
    form: Option<&RawRequest>,
) -> Response {
    if let Err(Unchanged::Empowers(_)) = changed {
        let why = settings::may_not_empower(&admin.caller.cx, &admin.who, &client.organisation).await;
        return admin.refuse(why).await;
    }
    match changed.map_err(refusal) {
        Ok(()) => answers::redirect(&format!("{}?done={}", at(&client.id), done.word())),
        Err(Ok(error)) => one(admin, client, None, form, Some(error)).await,
        Err(Err(why)) => admin.refuse(why).await,
    }
}

pub(super) async fn change(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let (within, client) = match touchable(&admin, &id).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    let mut document = Value::Object(client.registered());
    if let Some(members) = document.as_object_mut() {
        members.insert("client_name".to_owned(), form.get("name").unwrap_or_default().into());
        if client.allows(GrantType::AuthorizationCode) {
            members.insert("redirect_uris".to_owned(), json!(lines(form.get("callbacks"))));
            members.insert("post_logout_redirect_uris".to_owned(), json!(lines(form.get("homes"))));
            for (member, field) in [("backchannel_logout_uri", "back"), ("frontchannel_logout_uri", "front")]
            {
                let typed = form.get(field).map(str::trim).filter(|typed| !typed.is_empty());
                members.insert(member.to_owned(), json!(typed));
            }
        }
    }
    let seen = form.get("seen").and_then(Digest::from_base64url).unwrap_or_else(|| Digest::of(""));
    let changed = settings::change_from(&admin.caller.cx, &within, &client.id, Some(seen), &document).await;
    after(&admin, &client, Done::AppChanged, changed, Some(&form)).await
}

pub(super) async fn set_stage(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let client = match found(&admin, &id).await {
        Ok(client) => client,
        Err(why) => return admin.refuse(why).await,
    };
    let Some(stage) = form.get("stage").and_then(Stage::parse) else {
        return error::of(&admin.caller, &PageError::Bad("stage"));
    };
    let changed = settings::set_stage(&admin.caller.cx, &within(&client), &client.id, stage).await;
    after(&admin, &client, Done::AppChanged, changed, None).await
}

pub(super) async fn ask_state(admin: Admin, Path(id): Path<String>) -> Response {
    match found(&admin, &id).await {
        Ok(client) => {
            let page = AppStatePage {
                frame: shown::frame(&admin, paths::ADMIN_APPS),
                title: client.name.clone(),
                url: at(&client.id),
                disables: client.is_enabled(),
            };
            answers::page(200, render(&page), None)
        }
        Err(why) => admin.refuse(why).await,
    }
}

pub(super) async fn set_state(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let (within, client) = match touchable(&admin, &id).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    let Some(state) = form.get("state").and_then(ClientState::parse) else {
        return error::of(&admin.caller, &PageError::Bad("state"));
    };
    let done = match state {
        ClientState::Disabled => Done::AppDisabled,
        ClientState::Enabled => Done::AppEnabled,
    };
    let actor = match admin.at(&client.organisation).await {
        Ok(actor) => actor,
        Err(why) => return admin.refuse(why).await,
    };
    let changed = settings::set_state(&admin.caller.cx, &actor, &within, &client, state).await;
    after(&admin, &client, done, changed, None).await
}

pub(super) async fn add_secret(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let (within, client) = match touchable(&admin, &id).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    let made = match form.get("label") {
        Some(label) => settings::add_secret(&admin.caller.cx, &within, &client.id, label).await,
        None => Err(Kept::Label.into()),
    };
    match made {
        Ok(made) => show_code(&admin, &client.id, Framework::Curl, Some(made.token.expose())).await,
        Err(why) => after(&admin, &client, Done::AppChanged, Err(why), None).await,
    }
}

pub(super) async fn remove_secret(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let client = match found(&admin, &id).await {
        Ok(client) => client,
        Err(why) => return admin.refuse(why).await,
    };
    let name = form.get("secret").unwrap_or_default();
    let removed = settings::remove_secret(&admin.caller.cx, &within(&client), &client.id, name).await;
    after(&admin, &client, Done::AppSecretRemoved, removed, None).await
}
