//! What a browser gets after a sign-out, whoever asked for it: the page that names the apps, or the way back to one.

use axum::http::HeaderName;
use axum::response::Response;

use super::caller::Caller;
use super::pages::render;
use super::pages::signed_out::SignedOutPage;
use super::{answers, paths};
use crate::base::url;
use crate::flows::logout::Goodbye;

/// Leads back to the app at once, unless the browser has other apps to tell first or its person reads where it would go. The
/// page stands at `path`.
pub fn answer(caller: &Caller, path: &str, goodbye: Goodbye) -> Response {
    let Goodbye { back, browser, apps } = goodbye;
    let mut response = match back {
        Some(back) if apps.frames.is_empty() && !back.unchecked => answers::redirect(&back.url),
        back => {
            let origins: Vec<_> = apps.frames.iter().filter_map(|url| url::form_action_source(url)).collect();
            let page = SignedOutPage {
                shell: caller.shell(path, caller.browser_csrf()),
                ended: apps.told,
                unreachable: apps.untold,
                frames: apps.frames,
                unchecked: back
                    .as_ref()
                    .filter(|back| back.unchecked)
                    .and_then(|back| url::form_action_source(&back.url)),
                sign_in: back.is_none().then(|| paths::ACCOUNT.to_owned()),
                back_to: back.map(|back| (back.url, back.app)),
            };
            answers::page_with_frames(200, render(&page), origins)
        }
    };
    answers::clear_session(caller, &mut response, browser.as_ref());
    answers::put(&mut response, HeaderName::from_static("clear-site-data"), "\"cache\"");
    response
}
