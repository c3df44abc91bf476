//! A1, the console's first page.

use askama::Template;

use super::super::words::Role;
use super::people::StageWord;
use super::{AdminShell, DutyWord};

/// The overview.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/overview.html")]
pub struct OverviewPage {
    /// The frame.
    pub frame: AdminShell,
    /// How people come along; absent where the reader sees no people.
    pub funnel: Option<FunnelChart>,
    /// What this administrator is charged with.
    pub duties: Vec<Held>,
    /// Says that one owner alone answers for the installation.
    pub one_owner: bool,
    /// Says that people who cannot get in find no number to call.
    pub no_support_phone: bool,
}

/// How many people reached each stage.
#[derive(Debug, Clone)]
pub struct FunnelChart {
    /// A row a stage: how many reached it, of each role and in all.
    pub rows: Vec<FunnelRow>,
    /// The columns of the table.
    pub roles: [Role; 3],
}

/// A stage of the funnel.
#[derive(Debug, Clone)]
pub struct FunnelRow {
    /// Which.
    pub stage: StageWord,
    /// How many of each role, as told.
    pub by_role: [String; 3],
    /// How many in all, as told.
    pub all: String,
    /// The bar's length, of 400.
    pub length: i64,
    /// The list of those who stand there.
    pub url: String,
}

impl FunnelChart {
    /// Where a row's bar begins.
    fn top(&self, index: &usize) -> usize {
        index * 36
    }

    fn height(&self) -> usize {
        self.rows.len() * 36
    }

    fn told(&self, index: usize) -> &str {
        self.rows.get(index).map_or("0", |row| row.all.as_str())
    }
}

impl OverviewPage {
    fn described(&self, chart: &FunnelChart) -> String {
        use super::super::i18n::{self, Arg};
        let told = [0, 1, 2, 3, 4].map(|index| chart.told(index).to_owned());
        let [all, activated, factor, spare, ready] = &told;
        let args: [(&str, &dyn Arg); 5] =
            [("all", all), ("activated", activated), ("factor", factor), ("spare", spare), ("ready", ready)];
        i18n::text(self.frame.shell.locale, "admin-funnel-desc", &args)
    }
}

/// A duty of the reader's own.
#[derive(Debug, Clone)]
pub struct Held {
    /// What.
    pub duty: DutyWord,
    /// Where, by name.
    pub organisation: String,
    /// That organisation's page.
    pub url: String,
}
