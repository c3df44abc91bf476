//! The page for developers of machine clients: the API's description as a document to read.

use askama::Template;

use super::shell::Shell;

/// The description of the API, drawn without any script.
#[derive(Debug, Clone, Template)]
#[template(path = "developers.html")]
pub struct DevelopersPage {
    /// The frame.
    pub shell: Shell,
    /// Where the document itself is.
    pub document: String,
    /// What the API is for.
    pub about: String,
    /// The operations by their noun.
    pub groups: Vec<Group>,
    /// Every code of a problem: code, status, what it means.
    pub codes: Vec<(String, u16, String)>,
    /// What is sent and answered.
    pub values: Vec<ValueOf>,
}

impl DevelopersPage {
    fn title(&self) -> String {
        let step = self.shell.t("admin-api-title");
        self.shell.t2("admin-title", ("step", &step), ("organisation", &self.shell.organisation))
    }
}

/// The operations about one noun.
#[derive(Debug, Clone)]
pub struct Group {
    /// The noun.
    pub name: String,
    /// Its operations.
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its stable name.
    pub id: String,
    /// The method, in capitals.
    pub method: String,
    /// The path.
    pub path: String,
    /// What it does.
    pub summary: String,
    /// The scope it takes; none where no machine may do it.
    pub scope: Option<String>,
    /// What is sent beside the body: name, where, what.
    pub parameters: Vec<(String, String, String)>,
    /// What the body is called.
    pub body: Option<String>,
    /// What is answered: status, what it means.
    pub answers: Vec<(String, String)>,
}

/// A value that is sent or answered.
#[derive(Debug, Clone)]
pub struct ValueOf {
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: String,
    /// Its members: name, type, what.
    pub members: Vec<(String, String, String)>,
}
