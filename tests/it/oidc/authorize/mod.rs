//! `/authorize`: where an answer may go, what may be asked, and what happens without a page.

mod destination;
mod form_post;
mod jarm;
mod prompt;
mod request;
