//! Apps that see something of a person.

use askama::Template;

use super::super::consent;
use super::super::shell::Shell;
use super::super::words::When;
use super::AccountNotice;

/// The apps a person shares with.
#[derive(Debug, Clone, Template)]
#[template(path = "account_apps.html")]
pub struct AppsPage {
    /// The frame.
    pub shell: Shell,
    /// What just happened.
    pub notice: Option<AccountNotice>,
    /// The apps, the newest first.
    pub apps: Vec<App>,
    /// Takes `client`, the app to stop sharing with.
    pub action: String,
}

/// One app.
#[derive(Debug, Clone)]
pub struct App {
    /// Names the app in the form.
    pub id: String,
    /// Its name; absent where the app is gone.
    pub name: Option<String>,
    /// Who publishes it, as a host.
    pub publisher: Option<String>,
    /// What was agreed to, as on the wire.
    pub scopes: Vec<String>,
    /// What it may do beyond these.
    pub details: Vec<consent::DetailShown>,
    /// When the person last agreed.
    pub since: When,
    /// When it was last used.
    pub used: Option<When>,
    /// Begins a sign-in at the app (OpenID Connect Core §4).
    pub opens: Option<String>,
}

impl AppsPage {
    fn name(&self, app: &App) -> String {
        app.name.clone().unwrap_or_else(|| self.shell.t("apps-gone"))
    }

    fn will(&self, app: &App) -> Vec<String> {
        consent::will(&self.shell, &app.scopes, None)
    }
}
