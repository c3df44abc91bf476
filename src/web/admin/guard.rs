//! What stands before every route of the console: who asks, whether they may at all, and whether a form is ours.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::handler::Handler;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};

use super::refused;
use crate::base::OrganisationId;
use crate::duties::Action;
use crate::flows::admin::{self, AdminActor, Person, Refused, Who};
use crate::flows::hub::Next as Step;
use crate::flows::{PageError, authorize};
use crate::oidc::authorize::RawRequest;
use crate::web::caller::Caller;
use crate::web::form::Form;
use crate::web::{Web, answers, error, paths};

/// A route of the console: what the table test walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mount {
    /// GET or POST.
    pub method: &'static str,
    /// The path, as the router knows it.
    pub path: &'static str,
    /// What it is about.
    pub action: Action,
}

/// The console's routes, gathered one by one.
pub struct Console {
    web: Web,
    router: Router<Web>,
    mounts: Vec<Mount>,
}

impl Console {
    /// Without any route.
    pub fn new(web: Web) -> Self {
        Self { web, router: Router::new(), mounts: Vec::new() }
    }

    /// A page.
    pub fn get<H, T>(self, path: &'static str, action: Action, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: 'static,
    {
        self.mount(Mount { method: "GET", path, action }, get(handler))
    }

    /// A change, sent by a form of ours.
    pub fn post<H, T>(self, path: &'static str, action: Action, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: 'static,
    {
        self.mount(Mount { method: "POST", path, action }, post(handler))
    }

    fn mount(mut self, mount: Mount, handler: MethodRouter<Web>) -> Self {
        // A form stands at its own path, or on the page above it.
        let has_page = self.mounts.iter().any(|known| known.path == mount.path && known.method == "GET");
        let gate = Gate { web: self.web.clone(), action: mount.action, has_page };
        self.mounts.push(mount);
        self.router = self.router.route(mount.path, handler.route_layer(from_fn_with_state(gate, guard)));
        self
    }

    /// Every route, in order.
    pub fn list(&self) -> &[Mount] {
        &self.mounts
    }

    /// The routes as a router.
    pub fn into_router(self) -> Router<Web> {
        self.router
    }
}

#[derive(Clone)]
struct Gate {
    web: Web,
    action: Action,
    has_page: bool,
}

/// Whoever asks for a page of the console; only the guard makes it.
#[derive(Clone)]
pub struct Admin {
    /// The request, its context in the administrator's name.
    pub caller: Caller,
    /// Who asks, and what they are charged with.
    pub who: Who,
    /// What the route is about.
    pub action: Action,
    /// The page they come back to from a sign-in.
    back: String,
    /// How many requests wait for their decision.
    pub waiting: usize,
    person: Arc<Person>,
}

/// A form of the console that carries the session's anti-forgery value.
pub struct AdminForm {
    /// Who sent it.
    pub admin: Admin,
    /// What it says.
    pub form: RawRequest,
}

async fn guard(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(mut caller) = Caller::from_request_parts(&mut parts, &gate.web).await;
    let back = back(&parts, gate.has_page);
    let who = match admin::at_browser(&caller.cx, &caller.browser).await {
        Ok(who) => who,
        Err(why) => return refused(&caller, &back, why).await,
    };
    if let Err(why) = admin::allow(&caller.cx, &who, gate.action).await {
        return refused(&caller, &back, why).await;
    }
    let Who::Person(person) = who.clone() else { return error::of(&caller, &PageError::NotFound) };
    caller.cx.actor = who.actor();
    let waiting = match admin::approvals::waiting(&caller.cx, &who).await {
        Ok(waiting) => waiting,
        Err(why) => return refused(&caller, &back, why).await,
    };
    parts.extensions.insert(Admin { caller, who, action: gate.action, back, waiting, person });
    next.run(Request::from_parts(parts, body)).await
}

/// Where a sign-in comes back to: the page asked for, or the one the form stood on.
fn back(parts: &Parts, has_page: bool) -> String {
    let uri = &parts.uri;
    match parts.method == axum::http::Method::GET {
        true => uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string),
        false if has_page => uri.path().to_owned(),
        false => uri.path().rsplit_once('/').map_or(paths::ADMIN, |(above, _)| above).to_owned(),
    }
}

/// Leads into a sign-in as administrators need it.
pub(super) async fn sign_in(caller: &Caller, back: &str, fresh: bool) -> Response {
    let begun = authorize::begin_admin(&caller.cx, &caller.browser, back, fresh).await;
    let mut response = match begun {
        Ok((id, Step::Page(page))) => answers::redirect(&paths::Step::first_of(&page).at(&id)),
        Ok((id, Step::Stay)) => answers::redirect(&format!("/i/{id}")),
        Ok((_, Step::Admin(back, session))) => {
            let mut response = answers::redirect(&back);
            answers::set_session(caller, &mut response, session.as_ref());
            response
        }
        Ok((_, Step::Answer(..) | Step::Account(..) | Step::Ready(..))) => {
            error::of(caller, &PageError::Bad("purpose"))
        }
        Err(why) => error::of(caller, &why),
    };
    answers::set_session(caller, &mut response, None);
    response
}

impl FromRequestParts<Web> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Response> {
        if let Some(admin) = parts.extensions.get::<Self>() {
            return Ok(admin.clone());
        }
        // A handler that stands outside the console's table: nobody may use it.
        tracing::error!(path = parts.uri.path(), "a page of the console stands in no table");
        let Ok(caller) = Caller::from_request_parts(parts, web).await;
        Err(error::of(&caller, &PageError::NotFound))
    }
}

impl FromRequest<Web> for AdminForm {
    type Rejection = Response;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let admin = Admin::from_request_parts(&mut parts, web).await?;
        let Form(form) = Form::from_request(Request::from_parts(parts, body), web).await?;
        if !admin.is_own_form(form.get("csrf")) {
            return Err(error::of(&admin.caller, &PageError::Forged));
        }
        Ok(Self { admin, form })
    }
}

impl Admin {
    /// The person who asks.
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// Whether a form carries this session's anti-forgery value.
    pub fn is_own_form(&self, csrf: Option<&str>) -> bool {
        self.caller.is_own_form(csrf, self.person.session.digest())
    }

    /// The anti-forgery value of the console's forms.
    pub fn csrf(&self) -> String {
        self.caller.cx.csrf(self.person.session.digest())
    }

    /// The proof that they may do what the route is about, at an organisation.
    pub async fn at(&self, organisation: &OrganisationId) -> Result<AdminActor, Refused> {
        admin::authorise(&self.caller.cx, &self.who, self.action, organisation).await
    }

    /// The answer to a refusal.
    pub async fn refuse(&self, why: Refused) -> Response {
        refused(&self.caller, &self.back, why).await
    }
}
