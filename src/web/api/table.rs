//! The table of the API's routes: router, description and list of actions are gathered in one step, so that none can lack
//! what another has.

use axum::Router;
use utoipa::openapi::path::{Operation, PathItem, Paths};
use utoipa::openapi::{RefOr, Schema};
use utoipa_axum::router::UtoipaMethodRouter;

use super::describe::{self, About};
use super::guard::{Takes, guarded};
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
    pub fn mount(self, action: Action, routes: UtoipaMethodRouter<Web>) -> Self {
        self.add(action, Takes::USUAL, routes)
    }

    /// As [`Api::mount`], with bodies of up to `bytes`, a few at once.
    pub fn mount_large(self, action: Action, bytes: usize, routes: UtoipaMethodRouter<Web>) -> Self {
        self.add(action, Takes { once: false, bytes }, routes)
    }

    /// As [`Api::mount`], for what makes something: done once for an `Idempotency-Key`.
    pub fn create(self, action: Action, routes: UtoipaMethodRouter<Web>) -> Self {
        self.add(action, Takes { once: true, ..Takes::USUAL }, routes)
    }

    /// As [`Api::create`], with bodies of up to `bytes`, a few at once.
    pub fn create_large(self, action: Action, bytes: usize, routes: UtoipaMethodRouter<Web>) -> Self {
        self.add(action, Takes { once: true, bytes }, routes)
    }

    fn add(
        mut self,
        action: Action,
        takes: Takes,
        (schemas, paths, handler): UtoipaMethodRouter<Web>,
    ) -> Self {
        let handler = guarded(&self.web, action, say, takes, handler);
        for (path, mut item) in paths.paths {
            for (method, operation) in operations_mut(&mut item) {
                self.mounts.push(Mount { method, path: path.clone(), action });
                describe::complete(
                    operation,
                    &About { action, once: takes.once, has_id: path.contains('{') },
                );
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

    /// Names that two different values have in the description: there must be none.
    pub fn clashes(&self) -> Vec<&str> {
        let mut clashes = Vec::new();
        for (at, (name, schema)) in self.schemas.iter().enumerate() {
            let mut before = self.schemas.iter().take(at).filter(|(known, _)| known == name);
            if before.any(|(_, known)| known != schema) {
                clashes.push(name.as_str());
            }
        }
        clashes
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
