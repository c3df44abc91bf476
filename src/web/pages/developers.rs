//! The pages for developers: how an app is connected, and the administrators' API as a document to read.

use askama::Template;

use super::admin::apps::KindWord;
use super::shell::Shell;
use super::words::messages;

/// How an app, a machine, a directory or a receiver of events is connected.
#[derive(Debug, Clone, Template)]
#[template(path = "developers.html")]
pub struct DevelopersPage {
    /// The frame.
    pub shell: Shell,
    /// The issuer identifier.
    pub issuer: String,
    /// Where discovery is.
    pub discovery: String,
    /// The endpoints as discovery names them.
    pub endpoints: Vec<(String, String)>,
    /// The levels an app may ask for, weakest first.
    pub levels: Vec<(&'static str, LevelWord)>,
    /// Code to begin with, by the kind of app.
    pub kinds: Vec<KindOfApp>,
    /// What SCIM can do here.
    pub scim: String,
}

/// Code for a kind of app, a library each.
#[derive(Debug, Clone)]
pub struct KindOfApp {
    /// Its word, which names it in the address.
    pub id: &'static str,
    /// What people call it.
    pub word: KindWord,
    /// The code.
    pub snippets: Vec<Snippet>,
}

/// Code for a library.
#[derive(Debug, Clone)]
pub struct Snippet {
    /// The library's word, which names it in the address.
    pub id: &'static str,
    /// Its own name.
    pub name: &'static str,
    /// What the file is called.
    pub file: &'static str,
    /// What is in it.
    pub code: String,
}

messages! {
    /// What a level says about a sign-in.
    pub enum LevelWord {
        /// One factor.
        One => "admin-dev-level-one",
        /// Two factors.
        Two => "admin-dev-level-two",
        /// Two factors, phishing-resistant.
        Resistant => "admin-dev-level-resistant",
    }
}

messages! {
    /// What else an app may ask for, where a snippet is too short to show it.
    pub enum MoreWord {
        /// Somebody who is elsewhere.
        Ciba => "admin-dev-more-ciba",
        /// A token for another.
        Exchange => "admin-dev-more-exchange",
        /// What exactly is asked for.
        Rich => "admin-dev-more-rich",
    }
}

impl MoreWord {
    /// The message that names it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ciba => "admin-dev-more-ciba-title",
            Self::Exchange => "admin-dev-more-exchange-title",
            Self::Rich => "admin-dev-more-rich-title",
        }
    }

    /// The file of the product's documentation that has all of it.
    pub fn file(self) -> &'static str {
        match self {
            Self::Ciba => "docs/ciba.md",
            Self::Exchange => "docs/token-exchange.md",
            Self::Rich => "docs/requests.md",
        }
    }
}

impl DevelopersPage {
    fn more(&self) -> &'static [MoreWord] {
        MoreWord::ALL
    }

    fn title(&self) -> String {
        let step = self.shell.t("admin-dev-title");
        self.shell.t2("admin-title", ("step", &step), ("organisation", &self.shell.organisation))
    }
}

/// The description of the API, drawn without any script.
#[derive(Debug, Clone, Template)]
#[template(path = "developers_api.html")]
pub struct ApiPage {
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

/// A text in parts, and whether each is code: what stands between backticks is.
fn marked(text: &str) -> impl Iterator<Item = (&str, bool)> {
    text.split('`').enumerate().filter(|(_, part)| !part.is_empty()).map(|(nth, part)| (part, nth % 2 == 1))
}

impl ApiPage {
    fn marked<'t>(&self, text: &'t str) -> Vec<(&'t str, bool)> {
        marked(text).collect()
    }

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

impl Operation {
    /// What it does, without marks.
    fn plain(&self) -> String {
        self.summary.replace('`', "")
    }
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

#[cfg(test)]
mod tests {
    use super::marked;

    #[test]
    fn what_stands_between_backticks_is_code() {
        let parts = |text| marked(text).collect::<Vec<_>>();
        assert_eq!(parts("Send `If-Match`."), [("Send ", false), ("If-Match", true), (".", false)]);
        assert_eq!(parts("`a` `b`"), [("a", true), (" ", false), ("b", true)]);
        assert_eq!(parts("plain"), [("plain", false)]);
    }
}
