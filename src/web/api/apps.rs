//! Apps: the list, one of them, a new one, what is registered, its stage, its life, its secrets.

use axum::http::HeaderMap;
use axum::http::header::ETAG;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Machine;
use super::input::{Id, Json, Pair, Query};
use super::page::{Asked, List, Page, stale, tag, tagged, unchanged};
use super::problem::Problem;
use super::shown::{app, created, nothing};
use crate::clients::secret::Kept;
use crate::clients::{Client, ClientState, Stage};
use crate::flows::admin::AdminActor;
use crate::flows::clients::settings::{self, Unchanged, Within, revision};
use crate::flows::clients::{self, NotRegistered, list as apps};
use crate::notifications::logout::Hearing;
use crate::web::answers;

/// An app.
#[derive(Serialize, ToSchema)]
pub(super) struct App {
    /// Its `client_id`.
    id: String,
    /// The name administrators know it by.
    name: String,
    /// Whose it is.
    organisation: String,
    /// Whether it may do anything.
    state: ClientState,
    /// Whether people depend on it yet.
    stage: Stage,
    /// When it was registered.
    #[schema(format = DateTime)]
    created_at: String,
    /// What it registered (RFC 7591), with its `policy`.
    #[schema(value_type = Object)]
    registration: Map<String, Value>,
    /// The secrets that are valid, without themselves.
    secrets: Vec<AppSecret>,
}

/// How an app hears that sessions end (OpenID Connect Back-Channel Logout 1.0).
#[derive(Serialize, ToSchema)]
pub(super) struct LogoutStatus {
    /// How many messages wait; 1,001 stands for more than a thousand.
    waiting: i64,
    /// When the first of them is tried.
    #[schema(format = DateTime)]
    next_at: Option<String>,
    /// How many were given up within the last thirty days, counted as far.
    dead: i64,
    /// When one last arrived.
    #[schema(format = DateTime)]
    told_at: Option<String>,
    /// When one last failed that did not arrive since.
    #[schema(format = DateTime)]
    failed_at: Option<String>,
    /// What the app answered then.
    status: Option<u16>,
    /// Why that does not count.
    failure: Option<String>,
}

impl From<Hearing> for LogoutStatus {
    fn from(hearing: Hearing) -> Self {
        let failed = hearing.failed.as_ref();
        Self {
            waiting: hearing.waiting,
            next_at: hearing.next_at.map(|at| at.to_rfc3339()),
            dead: hearing.dead,
            told_at: hearing.told_at.map(|at| at.to_rfc3339()),
            failed_at: failed.map(|failed| failed.at.to_rfc3339()),
            status: failed.and_then(|failed| failed.status),
            failure: failed.map(|failed| failed.why.clone()),
        }
    }
}

/// A secret of an app, without itself.
#[derive(Serialize, ToSchema)]
struct AppSecret {
    /// Its id.
    id: String,
    /// What somebody called it.
    label: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A new app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApp {
    /// Whose it is; the client's own organisation where nothing is said.
    organisation: Option<String>,
    /// Whether people depend on it at once; `test` where nothing is said.
    stage: Option<Stage>,
    /// What it registers (RFC 7591), with its `policy`.
    #[schema(value_type = Object)]
    registration: Map<String, Value>,
}

/// An app that was just registered.
#[derive(Serialize, ToSchema)]
pub(super) struct RegisteredApp {
    /// The app.
    #[serde(flatten)]
    app: App,
    /// Its secret, where it has one. It is told here and nowhere else.
    client_secret: Option<String>,
}

/// Whether people depend on an app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StageChange {
    /// The stage.
    stage: Stage,
}

/// A further secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSecret {
    /// What to call it.
    #[serde(default)]
    #[schema(max_length = 60)]
    label: String,
}

/// A secret that was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeSecret {
    /// Its id.
    id: String,
    /// The secret. It is told here and nowhere else.
    client_secret: String,
}

impl From<&Client> for App {
    fn from(client: &Client) -> Self {
        let registration = client.registered();
        let secret = |secret: &crate::clients::ClientSecret| AppSecret {
            id: secret.id.clone(),
            label: secret.label.clone(),
            created_at: secret.created_at.to_rfc3339(),
        };
        Self {
            id: client.id.to_string(),
            name: client.name.clone(),
            organisation: client.organisation.to_string(),
            state: client.state,
            stage: client.stage,
            created_at: client.created_at.to_rfc3339(),
            registration,
            secrets: client.secrets.iter().map(secret).collect(),
        }
    }
}

impl Machine {
    /// The app of an id, and what this client may do to it.
    async fn app(&self, id: &str) -> Result<(Within, Client), Response> {
        let (actor, client) = self.own_app(id).await?;
        Ok((Within::of(&actor), client))
    }

    async fn own_app(&self, id: &str) -> Result<(AdminActor, Client), Response> {
        self.done(apps::authorised(&self.cx, &self.who, self.action, &app(id)).await)
    }

    /// What became of a change of an app.
    async fn changed<T>(&self, client: &Client, result: Result<T, Unchanged>) -> Result<T, Response> {
        match result {
            Ok(value) => Ok(value),
            Err(Unchanged::Empowers(_)) => {
                let place = &client.organisation;
                let why = settings::may_not_empower(&self.cx, &self.who, place).await;
                Err(match why {
                    crate::flows::admin::Refused::Forbidden => self.problem(&people_only()),
                    other => self.refuse(&other),
                })
            }
            Err(why) => Err(self.unchanged_app(why)),
        }
    }

    fn unchanged_app(&self, why: Unchanged) -> Response {
        match &why {
            Unchanged::Unknown | Unchanged::Secret(Kept::Unknown) => self.problem(&Problem::not_found()),
            Unchanged::Store(error) => self.refuse(&error.clone().into()),
            Unchanged::Stale => stale(self),
            Unchanged::Privileged(_) | Unchanged::Empowers(_) | Unchanged::Held => {
                self.problem(&people_only())
            }
            Unchanged::Secret(Kept::TooMany | Kept::Last | Kept::NoSecrets) | Unchanged::Busy => {
                self.problem(&Problem::new("VS-4090", format!("{why}.")))
            }
            Unchanged::Invalid(_)
            | Unchanged::Sector
            | Unchanged::Lint(_)
            | Unchanged::Secret(Kept::Label) => self.problem(&Problem::new("VS-4000", format!("{why}."))),
        }
    }

    /// The app as it is now, with its tag.
    async fn shows_app(&self, id: &crate::base::ClientId) -> Result<Response, Response> {
        let found = self.done(clients::find(&self.cx, id).await)?;
        let client = found.ok_or_else(|| self.problem(&Problem::not_found()))?;
        Ok(tagged(&HeaderMap::new(), &revision(&client), &App::from(&client)))
    }
}

/// What takes protection away from people, or makes an app an administrator, is no machine's to decide.
pub(super) fn people_only() -> Problem {
    let mut problem = Problem::forbidden(None);
    problem.detail =
        "Apps with admin scopes, without consent or below a role's floor are a person's to decide."
            .to_owned();
    problem
}

/// The apps the client reaches, the newest first.
#[utoipa::path(
    get,
    path = "/api/admin/v1/apps",
    tag = "apps",
    operation_id = "list_apps",
    params(Asked),
    responses((status = 200, description = "A page.", body = Page<App>))
)]
pub(super) async fn list(machine: Machine, Query(asked): Query<Asked>) -> Result<Response, Response> {
    let list = List::of("apps", &());
    let after = list.place(&machine, asked.cursor.as_deref())?.map(|id| app(&id));
    let found = apps::page(&machine.cx, &machine.who, after.as_ref(), asked.limit.items()).await;
    let found = machine.done(found)?;
    let page = Page {
        next: found.next.map(|id| list.cursor(&machine, id.as_str())),
        items: found.entries.iter().map(|entry| App::from(&entry.client)).collect(),
    };
    Ok(answers::json(200, &page))
}

/// One app.
#[utoipa::path(
    get,
    path = "/api/admin/v1/apps/{id}",
    tag = "apps",
    operation_id = "get_app",
    params(("id" = String, Path, description = "Its client_id.")),
    responses(
        (status = 200, description = "The app.", body = App, headers(("ETag" = String))),
        (status = 304, description = "The client has this version.")
    )
)]
pub(super) async fn get(machine: Machine, headers: HeaderMap, Id(id): Id) -> Result<Response, Response> {
    let (_, client) = machine.app(&id).await?;
    Ok(tagged(&headers, &revision(&client), &App::from(&client)))
}

/// Whether an app hears that sessions end.
#[utoipa::path(
    get,
    path = "/api/admin/v1/apps/{id}/logouts",
    tag = "apps",
    operation_id = "get_app_logouts",
    params(("id" = String, Path, description = "Its client_id.")),
    responses((status = 200, description = "How it stands.", body = LogoutStatus))
)]
pub(super) async fn logouts(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    let (_, client) = machine.app(&id).await?;
    let hearing = machine.done(apps::hearing(&machine.cx, &client.id).await)?;
    Ok(answers::json(200, &LogoutStatus::from(hearing)))
}

/// Register an app. Its secret is told in the answer.
#[utoipa::path(
    post,
    path = "/api/admin/v1/apps",
    tag = "apps",
    operation_id = "create_app",
    request_body = NewApp,
    responses((
        status = 201,
        description = "It is registered.",
        body = RegisteredApp,
        headers(("Location" = String), ("ETag" = String))
    ))
)]
pub(super) async fn create(machine: Machine, Json(new): Json<NewApp>) -> Result<Response, Response> {
    let actor = machine.at(&machine.place_of(new.organisation.as_deref())).await?;
    let stage = new.stage.unwrap_or(Stage::Test);
    let document = Value::Object(new.registration);
    let made = match clients::enlist(&machine.cx, &actor, &document, stage).await {
        Ok(made) => made,
        Err(NotRegistered::Store(error)) => return Err(machine.refuse(&error.into())),
        Err(NotRegistered::Beyond(Unchanged::Empowers(_))) => {
            let place = actor.organisation();
            let why = settings::may_not_empower(&machine.cx, &machine.who, place).await;
            return Err(match why {
                crate::flows::admin::Refused::Forbidden => machine.problem(&people_only()),
                other => machine.refuse(&other),
            });
        }
        Err(NotRegistered::Beyond(why)) => return Err(machine.unchanged_app(why)),
        Err(why @ NotRegistered::Id("is taken")) => {
            return Err(machine.problem(&Problem::new("VS-4090", format!("{why}."))));
        }
        Err(why) => return Err(machine.problem(&Problem::new("VS-4000", format!("registration: {why}.")))),
    };
    let text = |name: &str| made.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = app(&text("client_id").unwrap_or_default());
    let found = machine.done(clients::find(&machine.cx, &id).await)?;
    let client = found.ok_or_else(|| machine.problem(&Problem::not_found()))?;
    let registered = RegisteredApp { app: App::from(&client), client_secret: text("client_secret") };
    let mut response = created(&format!("apps/{id}"), &registered);
    answers::put(&mut response, ETAG, &tag(&revision(&client)));
    Ok(response)
}

/// Replace what an app registered, as a whole.
#[utoipa::path(
    put,
    path = "/api/admin/v1/apps/{id}/registration",
    tag = "apps",
    operation_id = "change_app",
    params(("id" = String, Path, description = "Its client_id.")),
    request_body = Object,
    responses(
        (status = 200, description = "It is registered so.", body = App, headers(("ETag" = String))),
        (status = 409), (status = 412), (status = 428)
    )
)]
pub(super) async fn change(
    machine: Machine,
    headers: HeaderMap,
    Id(id): Id,
    Json(registration): Json<Map<String, Value>>,
) -> Result<Response, Response> {
    let (within, client) = machine.app(&id).await?;
    let seen = revision(&client);
    unchanged(&machine, &headers, &seen)?;
    let document = Value::Object(registration);
    let changed = settings::change_from(&machine.cx, &within, &client.id, Some(seen), &document).await;
    machine.changed(&client, changed).await?;
    machine.shows_app(&client.id).await
}

/// Let people depend on an app, or take it back to its developers.
#[utoipa::path(
    post,
    path = "/api/admin/v1/apps/{id}/stage",
    tag = "apps",
    operation_id = "set_app_stage",
    params(("id" = String, Path, description = "Its client_id.")),
    request_body = StageChange,
    responses(
        (status = 200, description = "It is there.", body = App, headers(("ETag" = String))),
        (status = 409)
    )
)]
pub(super) async fn set_stage(
    machine: Machine,
    Id(id): Id,
    Json(change): Json<StageChange>,
) -> Result<Response, Response> {
    let (within, client) = machine.app(&id).await?;
    let changed = settings::set_stage(&machine.cx, &within, &client.id, change.stage).await;
    machine.changed(&client, changed).await?;
    machine.shows_app(&client.id).await
}

/// Stop an app: every token of it ends.
#[utoipa::path(
    post,
    path = "/api/admin/v1/apps/{id}/disable",
    tag = "apps",
    operation_id = "disable_app",
    params(("id" = String, Path, description = "Its client_id.")),
    responses((status = 200, description = "It is stopped.", body = App, headers(("ETag" = String))))
)]
pub(super) async fn disable(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    set_state(&machine, &id, ClientState::Disabled).await
}

/// Let an app go on.
#[utoipa::path(
    post,
    path = "/api/admin/v1/apps/{id}/enable",
    tag = "apps",
    operation_id = "enable_app",
    params(("id" = String, Path, description = "Its client_id.")),
    responses((status = 200, description = "It goes on.", body = App, headers(("ETag" = String))))
)]
pub(super) async fn enable(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    set_state(&machine, &id, ClientState::Enabled).await
}

async fn set_state(machine: &Machine, id: &str, state: ClientState) -> Result<Response, Response> {
    let (actor, client) = machine.own_app(id).await?;
    let changed = settings::set_state(&machine.cx, &actor, &Within::of(&actor), &client, state).await;
    machine.changed(&client, changed).await?;
    machine.shows_app(&client.id).await
}

/// Give an app a further secret, beside the one that is valid.
#[utoipa::path(
    post,
    path = "/api/admin/v1/apps/{id}/secrets",
    tag = "apps",
    operation_id = "create_app_secret",
    params(("id" = String, Path, description = "Its client_id.")),
    request_body = NewSecret,
    responses((status = 201, description = "The secret.", body = MadeSecret, headers(("Location" = String))))
)]
pub(super) async fn add_secret(
    machine: Machine,
    Id(id): Id,
    Json(new): Json<NewSecret>,
) -> Result<Response, Response> {
    let (within, client) = machine.app(&id).await?;
    let made = settings::add_secret(&machine.cx, &within, &client.id, &new.label).await;
    let made = machine.changed(&client, made).await?;
    let shown = MadeSecret { id: made.id, client_secret: made.token.expose().to_owned() };
    Ok(created(&format!("apps/{}/secrets/{}", client.id, shown.id), &shown))
}

/// Take a secret away from an app.
#[utoipa::path(
    delete,
    path = "/api/admin/v1/apps/{id}/secrets/{secret}",
    tag = "apps",
    operation_id = "remove_app_secret",
    params(
        ("id" = String, Path, description = "Its client_id."),
        ("secret" = String, Path, description = "The secret's id.")
    ),
    responses((status = 204, description = "It is gone."), (status = 409))
)]
pub(super) async fn remove_secret(machine: Machine, Pair(id, secret): Pair) -> Result<Response, Response> {
    let (within, client) = machine.app(&id).await?;
    let removed = settings::remove_secret(&machine.cx, &within, &client.id, &secret).await;
    machine.changed(&client, removed).await?;
    Ok(nothing())
}
