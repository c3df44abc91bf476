//! The table of the API's routes: router, description and list of actions are gathered in one step, so that none can lack
//! what another has.

use axum::Router;
use axum::routing::MethodRouter;
use utoipa::openapi::path::{Operation, PathItem, Paths};
use utoipa::openapi::{RefOr, Schema};
use utoipa_axum::router::UtoipaMethodRouter;

use super::guard::guarded;
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
        Self { web, router: Router::new(), mounts: Vec::new(), paths: Paths::new(), schemas: Vec::new() }
    }

    /// A route, behind the guard, in the description.
    pub fn mount(mut self, action: Action, (schemas, paths, handler): UtoipaMethodRouter<Web>) -> Self {
        let handler: MethodRouter<Web> = guarded(&self.web, action, say, handler);
        for (path, item) in paths.paths {
            for (method, _) in operations(&item) {
                self.mounts.push(Mount { method, path: path.clone(), action });
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

    /// The routes as a router.
    pub fn into_router(self) -> Router<Web> {
        self.router
    }
}

/// The operations of a path.
pub fn operations(item: &PathItem) -> Vec<(&'static str, &Operation)> {
    let all = [
        ("GET", &item.get),
        ("PUT", &item.put),
        ("POST", &item.post),
        ("DELETE", &item.delete),
        ("PATCH", &item.patch),
    ];
    all.into_iter().filter_map(|(method, found)| found.as_ref().map(|it| (method, it))).collect()
}
