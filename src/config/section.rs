//! `section!`: one list of settings from which the struct, its defaults, its parser, the example file, the
//! schema and the reference are all made. The doc comment on a field IS the reference text.
//!
//! To add a setting, add a field with its doc comment to its section's file and make the two files anew, as the
//! failing test says.

use super::source::Reader;
use super::value::{Kind, Setting};

/// One setting, as every listing of settings sees it.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The section's name; empty for the settings above all sections.
    pub section: &'static str,
    /// The name within the section.
    pub name: &'static str,
    /// The reference text.
    pub doc: &'static str,
    /// The default as text; empty when there is none.
    pub default: &'static str,
    /// A value somebody might set; empty when the default says enough.
    pub example: &'static str,
    /// Whether the value may hold a password.
    pub secret: bool,
    /// How the value is written.
    pub kind: Kind,
    /// The least and the greatest number allowed (seconds for a length of time).
    pub range: Option<(i64, i64)>,
}

impl Key {
    /// A key of type `T`; [`section!`] calls it.
    pub const fn of<T: Setting>(
        place: (&'static str, &'static str),
        doc: &'static str,
        default: &'static str,
        example: &'static str,
        range: Option<(i64, i64)>,
    ) -> Self {
        let (section, name) = place;
        Self {
            section,
            name,
            doc: doc.trim_ascii(),
            default,
            example,
            secret: T::SECRET,
            kind: T::KIND,
            range,
        }
    }

    /// `section.name`, as errors and the TOML file name it.
    pub fn path(&self) -> String {
        if self.section.is_empty() { self.name.to_owned() } else { format!("{}.{}", self.section, self.name) }
    }

    /// `VOUCHSAFE__SECTION__NAME`.
    pub fn variable(&self) -> String {
        format!("{}{}", super::PREFIX, self.path().replace('.', "__").to_uppercase())
    }

    /// The first sentence of the reference text.
    pub fn summary(&self) -> &'static str {
        let end = self.doc.find(". ").map_or(self.doc.len(), |dot| dot + 1);
        self.doc.get(..end).unwrap_or(self.doc)
    }
}

/// A section's list of keys and how to read it.
pub trait Section: Sized {
    /// The section's name in the file.
    const NAME: &'static str;
    /// What the section is about.
    const DOC: &'static str;
    /// Its settings, in the order they are documented.
    const KEYS: &'static [Key];

    /// Reads the section; `None` when a value was wrong, which the reader has noted.
    fn read(reader: &mut Reader) -> Option<Self>;
}

/// A section's struct, and its [`Section`], from one list of documented fields:
/// `name: Type = "default" [example "…"] [range LEAST to MOST];`
macro_rules! section {
    (
        $(#[doc = $section_doc:literal])*
        $section:ident in $place:literal {
            $(
                $(#[doc = $doc:literal])*
                $name:ident: $type:ty = $default:literal
                    $(example $example:literal)? $(range $least:literal to $most:literal)?;
            )*
        }
    ) => {
        $(#[doc = $section_doc])*
        #[derive(Clone, Debug)]
        pub struct $section {
            $($(#[doc = $doc])* pub $name: $type,)*
        }

        impl $crate::config::section::Section for $section {
            const NAME: &'static str = $place;
            const DOC: &'static str = concat!($($section_doc),*).trim_ascii();
            const KEYS: &'static [$crate::config::section::Key] = &[
                $($crate::config::section::Key::of::<$type>(
                    ($place, stringify!($name)),
                    concat!($($doc),*),
                    $default,
                    concat!($($example)?),
                    $crate::config::section::range!($($least, $most)?),
                ),)*
            ];

            fn read(reader: &mut $crate::config::source::Reader) -> Option<Self> {
                let mut keys = Self::KEYS.iter();
                $(let $name = keys.next().and_then(|key| reader.get::<$type>(key));)*
                Some(Self { $($name: $name?,)* })
            }
        }
    };
}

/// A range that may be absent.
macro_rules! range {
    () => {
        None
    };
    ($least:literal, $most:literal) => {
        Some(($least, $most))
    };
}

pub(crate) use {range, section};
