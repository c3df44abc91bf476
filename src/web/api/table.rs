//! The table of the API's routes: router, description and list of actions are gathered in one step, so that none can lack
//! what another has.

use axum::Router;
use utoipa::openapi::path::{Operation, PathItem, Paths};
use utoipa::openapi::{RefOr, Schema};
use utoipa_axum::router::UtoipaMethodRouter;

use super::describe::{self, About};
use super::guard::{guarded, guarded_once};
use super::problem::say;
use crate::duties::Action;
use crate::web::Web;

/// A route of the API: what the table test walks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path, as the router knows it.
    pub path: String,
    /// What it is about.
    pub action: Action,
}

/// The API's routes, gathered one by one.
pub struct Api {
    web: Web,
    router: Router<Web>,
    mounts: Vec<Mount>,
    paths: Paths,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl Api {
    /// Without any route.
    pub fn new(web: Web) -> Self {
        let router = Router::new();
        Self { web, router, mounts: Vec::new(), paths: Paths::new(), schemas: Vec::new() }
    }

    /// A route, behind the guard, in the description.
    pub fn mount(self, action: Action, (schemas, paths, handler): UtoipaMethodRouter<Web>) -> Self {
        let handler = guarded(&self.web, action, say, handler);
        self.add(action, false, (schemas, paths, handler))
    }

    /// As [`Api::mount`], for what makes something: done once for an `Idempotency-Key`.
    pub fn create(self, action: Action, (schemas, paths, handler): UtoipaMethodRouter<Web>) -> Self {
        let handler = guarded_once(&self.web, action, say, handler);
        self.add(action, true, (schemas, paths, handler))
    }

    fn add(mut self, action: Action, once: bool, (schemas, paths, handler): UtoipaMethodRouter<Web>) -> Self {
        for (path, mut item) in paths.paths {
            for (method, operation) in operations_mut(&mut item) {
                self.mounts.push(Mount { method, path: path.clone(), action });
                describe::complete(operation, &About { action, once, has_id: path.contains('{') });
            }
            self.router = self.router.route(&path, handler.clone());
            match self.paths.paths.get_mut(&path) {
                Some(known) => known.merge_operations(item),
                None => {
                    self.paths.paths.insert(path, item);
                }
            }
        }
        self.schemas.extend(schemas);
        self
    }

    /// Every route, in order.
    pub fn list(&self) -> &[Mount] {
        &self.mounts
    }

    /// The routes as a router, and their description.
    pub fn into_parts(self) -> (Router<Web>, utoipa::openapi::OpenApi) {
        let document = describe::document(self.web.services.issuer.as_str(), self.paths, self.schemas);
        (self.router, document)
    }
}

fn operations_mut(item: &mut PathItem) -> Vec<(&'static str, &mut Operation)> {
    let all = [
        ("GET", &mut item.get),
        ("PUT", &mut item.put),
        ("POST", &mut item.post),
        ("DELETE", &mut item.delete),
        ("PATCH", &mut item.patch),
    ];
    all.into_iter().filter_map(|(method, found)| found.as_mut().map(|it| (method, it))).collect()
}
