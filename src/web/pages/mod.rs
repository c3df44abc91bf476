//! What a person sees: one file per page, with the template's values. The words are in
//! `templates/locales/<tag>/*.ftl`, the markup in `templates/`.
//!
//! A new page: the struct here, `templates/<page>.html`, its states in `samples.rs`, its words in every
//! language. The tests name whatever was forgotten.

pub mod account;
pub mod account_confirm;
pub mod admin;
pub mod choose;
pub mod code;
pub mod consent;
pub mod dev_mail;
pub mod dev_people;
pub mod developers;
pub mod device;
pub mod enrol;
pub mod enrol_passkey;
pub mod enrol_totp;
mod fixtures;
pub mod forgot;
pub mod form_post;
pub mod i18n;
pub mod lesson;
pub mod letter;
pub mod link;
pub mod link_over;
pub mod locked;
pub mod mail;
pub mod new_password;
pub mod not_me;
pub mod other_person;
pub mod password;
pub mod problem;
pub mod ready;
pub mod recover;
pub mod recovery_code;
pub mod recovery_codes;
pub mod register;
mod samples;
pub mod security_key;
pub mod shell;
pub mod short_code;
pub mod sign_in;
pub mod sign_out;
pub mod signed_out;
pub mod stale;
#[cfg(test)]
mod tests;
pub mod words;

pub use i18n::Locale;
pub use samples::{Sample, samples};
pub use shell::{Shell, Theme, render};
pub use words::{AboutApp, KeyKind, Method, PasskeyCall, Role, StepUpReason, When};
