//! HTTP in and out: speaks axum, calls one flow, answers.
//!
//! `oidc` are the protocol endpoints, `steps` the pages of a sign-in, `pages` the templates' values alone (they
//! know nothing of this crate, so that every state can be rendered as a sample). Never the store.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use tokio_util::task::TaskTracker;

pub mod account;
pub mod admin;
pub mod answers;
pub mod api;
pub mod assets;
pub mod caller;
mod certificate;
pub mod cookies;
pub mod copies;
mod details;
pub mod dev;
mod developers;
pub mod device;
pub mod error;
pub mod form;
pub mod health;
pub mod layers;
pub mod links;
pub mod listen;
pub mod not_me;
pub mod notice;
pub mod oidc;
pub mod pages;
pub mod paths;
pub mod scim;
mod signed_out;
pub mod small;
pub mod steps;
pub mod tls;

use crate::clients::AuthMethod;
use crate::flows::{Services, client_auth, register};
use crate::oidc::discovery;

/// What every handler gets.
#[derive(Clone)]
pub struct Web {
    /// The use cases' services.
    pub services: Arc<Services>,
    /// Set in the demo only: its people, and where its app is.
    pub demo: Option<Arc<dev::Demo>>,
    /// The discovery document, made once.
    pub discovery: axum::body::Bytes,
    /// Requests being answered; the end waits for them.
    pub under_way: TaskTracker,
    /// Large bodies being read.
    pub uploads: api::Uploads,
}

impl Web {
    /// Makes the handlers' state.
    pub fn new(services: Arc<Services>, demo: Option<dev::Demo>) -> Self {
        let locales: Vec<_> = pages::Locale::ALL.iter().map(|l| l.tag()).collect();
        let methods: Vec<_> =
            AuthMethod::ALL.iter().copied().filter(|one| client_auth::offers(&services, *one)).collect();
        let offers = discovery::Offers {
            locales: &locales,
            certificates: services.config.takes_certificates(),
            methods: &methods,
            registration: register::is_usable(services.config.registration.mode),
            certified: services.config.mtls_origin(),
            details: services.details.names().collect(),
        };
        let document = discovery::document(&services.issuer, &paths::ENDPOINTS, &offers);
        let under_way = TaskTracker::new();
        Self {
            services,
            demo: demo.map(Arc::new),
            discovery: document.to_string().into(),
            under_way,
            uploads: api::Uploads::default(),
        }
    }
}

/// The listener that asks for certificates: what apps call themselves, and nothing a browser opens.
pub fn router_for_apps(web: Web) -> Router {
    layers::apply(oidc::routes_of_apps().fallback(small::not_found), web.clone()).with_state(web)
}

/// The public listener: a list of mounts and a list of layers.
pub fn router(web: Web) -> Router {
    let demo = web.demo.is_some();
    let mut router = Router::new()
        .merge(oidc::routes())
        .merge(steps::routes())
        .merge(account::routes())
        .merge(links::routes())
        .merge(device::routes())
        .merge(not_me::routes())
        .merge(admin::routes(web.clone()))
        .merge(api::routes(web.clone()))
        .merge(scim::routes(web.clone()))
        .route("/", get(small::root))
        .route("/assets/{name}", get(small::asset))
        .route("/favicon.ico", get(small::favicon))
        .route(paths::DEVELOPERS, get(developers::show))
        .route("/logos/{name}", get(small::logo))
        .route(paths::LOCALE, post(small::locale))
        .route("/.well-known/change-password", get(small::change_password))
        .route("/.well-known/passkey-endpoints", get(small::passkey_endpoints))
        .route("/.well-known/security.txt", get(small::security_txt));
    if demo {
        router = router.merge(dev::routes(web.clone()));
    }
    layers::apply(router.fallback(small::not_found), web.clone()).with_state(web)
}
