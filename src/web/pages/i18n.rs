//! The languages people read: which there are, which one a browser gets, and the words, which live in
//! `templates/locales/<tag>/*.ftl` and are embedded in the binary. It knows no page.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use unic_langid::LanguageIdentifier;

macro_rules! sources {
    ($tag:literal: $($area:literal),*) => {
        &[$(($area, include_str!(concat!("../../../templates/locales/", $tag, "/", $area, ".ftl")))),*]
    };
}

/// A language every page is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Locale {
    /// English, which also stands in where nothing else fits.
    En,
    /// German.
    De,
    /// Spanish.
    Es,
    /// French.
    Fr,
    /// Arabic, written from right to left.
    Ar,
}

impl Locale {
    /// Every language, in the order of the picker.
    pub const ALL: [Self; 5] = [Self::En, Self::De, Self::Es, Self::Fr, Self::Ar];

    /// The BCP 47 tag, as in `lang`, in cookies and in `ui_locales_supported`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Es => "es",
            Self::Fr => "fr",
            Self::Ar => "ar",
        }
    }

    /// The value of the `dir` attribute.
    pub fn dir(self) -> &'static str {
        match self {
            Self::En | Self::De | Self::Es | Self::Fr => "ltr",
            Self::Ar => "rtl",
        }
    }

    /// The language's name for itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
            Self::Es => "Español",
            Self::Fr => "Français",
            Self::Ar => "العربية",
        }
    }

    /// The language of an exact tag, as the picker posts it; nothing is guessed.
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|locale| locale.tag() == tag)
    }

    /// The language for one page: the app's `ui_locales` (OpenID Connect Core §3.1.2.1), else the person's
    /// cookie, else the browser's `Accept-Language` with its weights, else what the installation speaks. A source
    /// that names no language of ours counts as absent.
    pub fn negotiate(
        ui_locales: Option<&str>,
        cookie: Option<&str>,
        accept_language: Option<&str>,
        otherwise: Self,
    ) -> Self {
        let asked = ui_locales.map(|tags| tags.split_ascii_whitespace().map(str::to_owned).collect());
        let kept = cookie.map(|tag| vec![tag.trim().to_owned()]);
        let accepted = accept_language.map(by_weight);
        [asked, kept, accepted].into_iter().flatten().find_map(best).unwrap_or(otherwise)
    }

    /// The files of `templates/locales/<tag>/`. The console speaks English alone.
    pub(super) fn sources(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::En => sources!("en": "main", "account", "enrolment", "mail", "admin"),
            Self::De => sources!("de": "main", "account", "enrolment", "mail"),
            Self::Es => sources!("es": "main", "account", "enrolment", "mail"),
            Self::Fr => sources!("fr": "main", "account", "enrolment", "mail"),
            Self::Ar => sources!("ar": "main", "account", "enrolment", "mail"),
        }
    }
}

/// A value a message may hold: a text, or a number that chooses a plural.
pub trait Arg {
    /// The value as Fluent reads it.
    fn value(&self) -> FluentValue<'_>;
}

impl Arg for str {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self)
    }
}

impl Arg for String {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self.as_str())
    }
}

impl Arg for u32 {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(*self)
    }
}

impl Arg for usize {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(*self)
    }
}

impl<T: Arg + ?Sized> Arg for &T {
    fn value(&self) -> FluentValue<'_> {
        (**self).value()
    }
}

/// The message `key` in `locale`. A missing message falls back to English and then to its key: a test keeps
/// both from happening.
pub fn text(locale: Locale, key: &str, args: &[(&str, &dyn Arg)]) -> String {
    let values: FluentArgs<'_> = args.iter().map(|(name, arg)| (*name, arg.value())).collect();
    format(locale, key, &values)
        .or_else(|| format(Locale::En, key, &values))
        .unwrap_or_else(|| key.to_owned())
}

fn format(locale: Locale, key: &str, args: &FluentArgs<'_>) -> Option<String> {
    let (_, bundle) = BUNDLES.iter().find(|(of, _)| *of == locale)?;
    let pattern = bundle.get_message(key)?.value()?;
    Some(bundle.format_pattern(pattern, Some(args), &mut Vec::new()).into_owned())
}

static BUNDLES: LazyLock<Vec<(Locale, FluentBundle<FluentResource>)>> =
    LazyLock::new(|| Locale::ALL.into_iter().map(|locale| (locale, bundle(locale))).collect());

fn bundle(locale: Locale) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![identifier(locale)]);
    // The isolation marks keep a Latin name or number in place inside an Arabic sentence.
    bundle.set_use_isolating(locale.dir() == "rtl");
    for (_, source) in locale.sources() {
        // A resource with a mistake still holds every message without one; the tests refuse the mistake.
        let resource = match FluentResource::try_new((*source).to_owned()) {
            Ok(resource) => resource,
            Err((resource, _)) => resource,
        };
        bundle.add_resource_overriding(resource);
    }
    bundle
}

fn identifier(locale: Locale) -> LanguageIdentifier {
    locale.tag().parse().unwrap_or_default()
}

fn best(tags: Vec<String>) -> Option<Locale> {
    let available = Locale::ALL.map(identifier);
    // One at a time: the order is the person's preference, and a region we lack must not lose its place.
    tags.iter().filter_map(|tag| tag.parse::<LanguageIdentifier>().ok()).find_map(|asked| {
        let found = negotiate_languages(&[asked], &available, None, NegotiationStrategy::Lookup);
        found.first().and_then(|id| Locale::parse(id.language.as_str()))
    })
}

/// The tags of an `Accept-Language` header (RFC 9110 §12.5.4), best first; weight 0 means "not this one".
fn by_weight(header: &str) -> Vec<String> {
    let mut tags: Vec<(u16, String)> = header
        .split(',')
        .take(32)
        .filter_map(|part| {
            let mut fields = part.split(';').map(str::trim);
            let tag = fields.next().filter(|tag| !tag.is_empty())?;
            let weight = match fields.find_map(|field| field.strip_prefix("q=")) {
                Some(text) => text.parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q))?,
                None => 1.0,
            };
            // Three decimals are all the grammar allows.

            let thousandths = (weight * 1000.0) as u16;
            (thousandths > 0).then(|| (thousandths, tag.to_owned()))
        })
        .collect();
    tags.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    tags.into_iter().map(|(_, tag)| tag).collect()
}
