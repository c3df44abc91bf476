//! What every page has: the organisation, the app the person is on the way to, help, the language picker
//! and the words of its language. It knows no page.

use askama::Template;

use super::i18n::{self, Arg, Locale};
use super::words::{Method, StepUpReason, When};
use crate::web::assets;

/// The frame around a page, the same on every screen so that help is always in the same place.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The language of the whole page.
    pub locale: Locale,
    /// The value of the hidden field `csrf` in every form of the page.
    pub csrf: String,
    /// The organisation's name, in the header and the title.
    pub organisation: String,
    /// The app the person is on the way to, for "to continue to …".
    pub app_name: Option<String>,
    /// Whether that app is not in this browser, so that nothing here leads back to it.
    pub elsewhere: bool,
    /// Who is signing in, once that is known.
    pub account_name: Option<String>,
    /// The telephone number of the organisation's help desk, as people dial it.
    pub support_phone: Option<String>,
    /// What to do when care cannot wait, in the organisation's own words.
    pub urgent_help: Option<String>,
    /// Says on top of the page that nothing here is real.
    pub demo: bool,
    /// Where the language form returns to: this page's path.
    pub path: String,
    /// Where the cancel button posts to; absent where there is nothing to cancel.
    pub cancel: Option<String>,
    /// A person's choice against the browser's own light or dark setting.
    pub theme: Option<Theme>,
}

/// Light or dark, where a person chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark text on white.
    Light,
    /// Light text on near black.
    Dark,
}

impl Theme {
    /// The value of `data-theme` on the root element.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Shell {
    /// The message `key` in the page's language; templates escape it.
    pub fn t(&self, key: &str) -> String {
        i18n::text(self.locale, key, &[])
    }

    /// As [`Shell::t`], with one value; a number chooses the plural.
    pub fn t1(&self, key: &str, name: &str, value: impl Arg) -> String {
        i18n::text(self.locale, key, &[(name, &value)])
    }

    /// As [`Shell::t1`], with two values.
    pub fn t2(&self, key: &str, first: (&str, impl Arg), second: (&str, impl Arg)) -> String {
        i18n::text(self.locale, key, &[(first.0, &first.1), (second.0, &second.1)])
    }

    /// The text of `<title>`: the step named by `key`, and "Error: " before it where a field is wrong, which
    /// is how a reload without scripts is noticed.
    pub fn title(&self, key: &str, wrong: bool) -> String {
        let name = if wrong { "page-title-error" } else { "page-title" };
        self.t2(name, ("step", &self.t(key)), ("organisation", &self.organisation))
    }

    /// The app the person is on the way to, in words.
    pub fn app(&self) -> String {
        self.app_name.clone().unwrap_or_else(|| self.t("an-app"))
    }

    /// The app that leaving leads back to.
    pub fn back_to(&self) -> Option<&str> {
        self.app_name.as_deref().filter(|_| !self.elsewhere)
    }

    /// A day and a time of day with its zone, e.g. "14:45 UTC, Tue 20 September 2026".
    pub fn moment(&self, when: &When) -> String {
        moment(self.locale, when)
    }

    /// A day, e.g. "Tue 20 September 2026".
    pub fn day(&self, when: &When) -> String {
        day(self.locale, when)
    }

    /// The URL of a file of `static/`, with its digest.
    pub fn asset(&self, name: &str) -> String {
        assets::url(name)
    }

    /// The telephone number without what `tel:` links must not hold.
    pub fn tel(&self, phone: &str) -> String {
        phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
    }

    /// Every language, for the picker.
    pub fn locales(&self) -> [Locale; 5] {
        Locale::ALL
    }

    /// The name of a way to sign in.
    pub fn method(&self, method: &Method) -> String {
        self.t(method.name_key())
    }

    /// Why the person is asked again, as a sentence.
    pub fn reason(&self, reason: &StepUpReason) -> String {
        self.t(reason.key())
    }
}

/// As [`Shell::moment`], where there is no page.
pub fn moment(locale: Locale, when: &When) -> String {
    i18n::text(locale, "date-and-time", &[("time", &when.time()), ("date", &day(locale, when))])
}

fn day(locale: Locale, when: &When) -> String {
    let say = |key| i18n::text(locale, key, &[]);
    let (weekday, month) = (say(when.weekday_key()), say(when.month_key()));
    let (day, year) = (when.day(), when.year());
    let args: [(&str, &dyn Arg); 4] =
        [("weekday", &weekday), ("day", &day), ("month", &month), ("year", &year)];
    i18n::text(locale, "date-long", &args)
}

/// Renders a page. A template only fails where writing to memory does, which leaves the page short.
pub fn render(page: &impl Template) -> String {
    let mut html = String::with_capacity(8 * 1024);
    if page.render_into(&mut html).is_err() {
        html.clear();
    }
    html
}
