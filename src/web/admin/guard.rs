//! What stands before every route of the console: who asks, whether they may at all, and whether a form is ours.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::handler::Handler;
use axum::http::Method;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};

use super::refused;
use crate::base::OrganisationId;
use crate::duties::Action;
use crate::flows::admin::{self, AdminActor, Person, Refused, Who};
use crate::flows::hub::Next as Step;
use crate::flows::parking::{self, Held};
use crate::flows::sessions::{self, Found};
use crate::flows::{PageError, authorize};
use crate::oidc::authorize::RawRequest;
use crate::web::caller::Caller;
use crate::web::form::{self, Form};
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
    /// The form they sent, kept where they have to sign in first.
    sent: Option<Arc<Held>>,
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
    let who = match allowed(&caller, gate.action).await {
        Ok(who) => who,
        Err(why @ Refused::SignIn { .. }) if parts.method == Method::POST => {
            let back = again(&caller, sent(&parts, body, &back).await.as_ref(), back).await;
            return refused(&caller, &back, why).await;
        }
        Err(why) => return refused(&caller, &back, why).await,
    };
    let Who::Person(person) = who.clone() else { return error::of(&caller, &PageError::NotFound) };
    caller.cx.actor = who.actor();
    let waiting = match admin::approvals::waiting(&caller.cx, &who).await {
        Ok(waiting) => waiting,
        Err(why) => return refused(&caller, &back, why).await,
    };
    parts.extensions.insert(Admin { caller, who, action: gate.action, back, waiting, person, sent: None });
    next.run(Request::from_parts(parts, body)).await
}

/// Whoever sits at this browser, if they may do this anywhere.
async fn allowed(caller: &Caller, action: Action) -> Result<Who, Refused> {
    let who = admin::at_browser(&caller.cx, &caller.browser).await?;
    admin::allow(&caller.cx, &who, action).await?;
    Ok(who)
}

/// The form that was sent, where it is a plain one: with its anti-forgery value, to be looked at.
async fn sent(parts: &Parts, body: Body, page: &str) -> Option<(String, Held)> {
    let form = form::peek(&parts.headers, body).await?;
    let csrf = form.get("csrf")?.to_owned();
    Some((csrf, held(parts.uri.path(), page, &form)))
}

fn held(path: &str, page: &str, form: &RawRequest) -> Held {
    let fields = form.pairs().iter().filter(|(name, _)| name != "csrf").cloned().collect();
    Held { path: path.to_owned(), page: page.to_owned(), fields }
}

/// Where a sign-in comes back to from a form: to the form as it was sent, where it was this session's own, else to the
/// page it stood on. A session that is idle is still the one it was.
async fn again(caller: &Caller, sent: Option<&(String, Held)>, page: String) -> String {
    let Some((csrf, held)) = sent else { return page };
    match sessions::find(&caller.cx, &caller.browser).await {
        Ok(Some(found)) if caller.is_own_form(Some(csrf), found.form_binding()) => {
            kept(caller, &found, held).await.unwrap_or(page)
        }
        _ => page,
    }
}

/// The address that brings a form back; `None` where it could not be kept.
async fn kept(caller: &Caller, session: &Found, held: &Held) -> Option<String> {
    let ticket = parking::hold(&caller.cx, session, held).await.ok().flatten()?;
    Some(format!("{}?ticket={}", paths::ADMIN_AGAIN, ticket.expose()))
}

/// Where a sign-in comes back to: the page asked for, or the one the form stood on.
fn back(parts: &Parts, has_page: bool) -> String {
    let uri = &parts.uri;
    match parts.method == Method::GET {
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
        let mut admin = Admin::from_request_parts(&mut parts, web).await?;
        let path = parts.uri.path().to_owned();
        let Form(form) = Form::from_request(Request::from_parts(parts, body), web).await?;
        admin.own_form(form.get("csrf")).map_err(|response| *response)?;
        admin.sent = Some(Arc::new(held(&path, &admin.back, &form)));
        Ok(Self { admin, form })
    }
}

impl Admin {
    /// The person who asks.
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// Insists that a form carries this session's anti-forgery value.
    pub fn own_form(&self, csrf: Option<&str>) -> Result<(), Box<Response>> {
        let checked = self.caller.check_form(csrf, self.person.session.form_binding());
        checked.map_err(|why| Box::new(error::of_form(&self.caller, &why, Some(self.back.clone()))))
    }

    /// The anti-forgery value of the console's forms.
    pub fn csrf(&self) -> String {
        self.caller.cx.csrf(self.person.session.form_binding())
    }

    /// The proof that they may do what the route is about, at an organisation.
    pub async fn at(&self, organisation: &OrganisationId) -> Result<AdminActor, Refused> {
        admin::authorise(&self.caller.cx, &self.who, self.action, organisation).await
    }

    /// The answer to a refusal.
    pub async fn refuse(&self, why: Refused) -> Response {
        let back = match (&why, &self.sent) {
            (Refused::SignIn { .. }, Some(sent)) => kept(&self.caller, &self.person.session, sent).await,
            _ => None,
        };
        refused(&self.caller, back.as_ref().unwrap_or(&self.back), why).await
    }
}
