//! Who calls: the browser's cookies, the network, the language, and the operation's context made from them.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{ACCEPT_LANGUAGE, ORIGIN, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method};

use super::pages::{Locale, Shell};
use super::{Web, certificate, cookies, paths};
use crate::audit::Actor;
use crate::base::{Digest, Token, TokenKind, device};
use crate::config::Config;
use crate::flows::sessions::Browser;
use crate::flows::{Cx, PageError};
use crate::keys::ClientCertificate;

/// Everything a handler knows about the request besides its path and body.
#[derive(Clone)]
pub struct Caller {
    /// The operation's context.
    pub cx: Cx,
    /// The browser.
    pub browser: Browser,
    /// The browser cookie to set, when the browser sent none.
    pub new_browser: Option<Token>,
    /// The page language so far known (cookie and header; an app may ask for another).
    pub locale: Locale,
    /// The language cookie, if it was sent.
    pub locale_cookie: Option<String>,
    /// The `Accept-Language` header.
    pub accept_language: Option<String>,
    /// The `Origin` header.
    pub origin: Option<String>,
    /// The `Sec-Fetch-Site` header, which no script can set.
    pub fetch_site: Option<String>,
    /// Where to come back to after another language was picked: the path alone, because a page of a refusal must
    /// not repeat what it was sent.
    pub here: String,
    /// The settings of pages.
    pub web: Web,
}

/// What an app's endpoint knows about a request: an app has no cookies and reads no pages.
pub struct AppCaller {
    /// The operation's context.
    pub cx: Cx,
    /// The `Origin` header: the app's own script may be asking.
    pub origin: Option<String>,
    /// The certificate the connection was made with.
    pub certificate: Option<Arc<ClientCertificate>>,
}

impl FromRequestParts<Web> for AppCaller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        let certificate = certificate::of(parts, web, peer(parts));
        Ok(Self { cx: context(parts, web), origin: text(&parts.headers, ORIGIN), certificate })
    }
}

/// The operation's context of a request.
pub(super) fn context(parts: &Parts, web: &Web) -> Cx {
    let services = web.services.clone();
    let now = services.clock.now();
    let peer = peer(parts);
    let request = parts.extensions.get::<Reference>().map_or_else(String::new, |r| r.0.clone());
    let network = network(web, &parts.headers, peer);
    let device = text(&parts.headers, USER_AGENT).as_deref().and_then(device::in_words);
    Cx { services, now, request, network, device, actor: Actor::Anonymous }
}

fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip())
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

impl FromRequestParts<Web> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        let cx = context(parts, web);
        let https = cx.issuer.is_https();
        let sent = cookies::read(&parts.headers, &cookies::browser_name(https))
            .and_then(|text| Token::parse(TokenKind::Browser, text));
        let session = cookies::read(&parts.headers, &cookies::session_name(https))
            .and_then(|text| Token::parse(TokenKind::Session, text));
        let new_browser = sent.is_none().then(|| Token::generate(TokenKind::Browser, &cx.entropy));
        let id = sent.as_ref().or(new_browser.as_ref()).map_or_else(|| Digest::of(""), Token::digest);
        let locale_cookie = cookies::read(&parts.headers, cookies::LOCALE).map(str::to_owned);
        let accept_language = text(&parts.headers, ACCEPT_LANGUAGE);
        let spoken = spoken(&cx.config);
        let locale = Locale::negotiate(None, locale_cookie.as_deref(), accept_language.as_deref(), spoken);
        Ok(Self {
            cx,
            browser: Browser { id, session },
            new_browser,
            locale,
            locale_cookie,
            accept_language,
            origin: text(&parts.headers, ORIGIN),
            fetch_site: text(&parts.headers, HeaderName::from_static("sec-fetch-site")),
            here: here(parts),
            web: web.clone(),
        })
    }
}

fn here(parts: &Parts) -> String {
    let path = parts.uri.path();
    match parts.method == Method::GET && path != paths::AUTHORIZE && path != paths::LOGOUT {
        true => path.to_owned(),
        false => "/".to_owned(),
    }
}

/// What the installation speaks to those who name no language of ours.
pub(super) fn spoken(config: &Config) -> Locale {
    Locale::parse(config.policy.default_locale.as_str()).unwrap_or(Locale::En)
}

/// The reference of a request, e.g. `7F3K-92QD`: short enough to be read out on the telephone.
#[derive(Clone, Debug)]
pub struct Reference(pub String);

impl Caller {
    /// The frame of a page.
    pub fn shell(&self, path: &str, csrf: String) -> Shell {
        let config = &self.cx.config;
        Shell {
            locale: self.locale,
            csrf,
            organisation: config.organisation.name.clone(),
            app_name: None,
            elsewhere: false,
            account_name: None,
            support_phone: config.support.phone.clone(),
            urgent_help: config.support.urgent_help.clone(),
            demo: self.web.demo.is_some(),
            path: path.to_owned(),
            cancel: None,
            theme: None,
        }
    }

    /// Follows an app's `ui_locales`, unless the person picked a language.
    pub fn prefer(&mut self, ui_locales: Option<&str>) {
        if self.locale_cookie.is_none() {
            let spoken = spoken(&self.cx.config);
            self.locale = Locale::negotiate(ui_locales, None, self.accept_language.as_deref(), spoken);
        }
    }

    /// The anti-forgery value for forms that belong to the browser as such.
    pub fn browser_csrf(&self) -> String {
        self.cx.csrf(&self.browser.id)
    }

    /// Whether a form came from our own pages: the value fits, and the browser, where it says, agrees.
    pub fn is_own_form(&self, given: Option<&str>, bound_to: &Digest) -> bool {
        self.check_form(given, bound_to).is_ok()
    }

    /// As [`Caller::is_own_form`], with what to say otherwise. A value as we make them, from a page of ours as far as the
    /// browser tells, is of an earlier sign-in; it is worth as little as none.
    pub fn check_form(&self, given: Option<&str>, bound_to: &Digest) -> Result<(), PageError> {
        // Under `no-referrer` a browser sends `Origin: null` with our own forms too: then it must say more.
        let own_origin = match (self.origin.as_deref(), self.fetch_site.as_deref()) {
            (_, Some(site)) => site == "same-origin",
            (None | Some("null"), None) => true,
            (Some(origin), None) => origin == self.cx.issuer.as_str(),
        };
        let wanted = self.cx.csrf(bound_to);
        let fits = crate::base::secret::same_bytes(given.unwrap_or_default().as_bytes(), wanted.as_bytes());
        match given.and_then(Digest::from_base64url) {
            _ if own_origin && fits => Ok(()),
            Some(_) if own_origin => Err(PageError::StaleForm),
            _ => Err(PageError::Forged),
        }
    }
}

/// The caller's network: /32 or /64. A forwarded address counts only from a trusted proxy, and only the last
/// one the proxies added; what cannot be read falls back to the peer, never to nobody.
fn network(web: &Web, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<String> {
    let peer = peer?.to_canonical();
    let trusted = &web.services.config.server.trusted_proxies;
    let mut address = peer;
    if trusted.contains(peer) {
        let forwarded: Vec<_> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.split(','))
            .collect();
        for hop in forwarded.iter().rev() {
            let Ok(ip) = hop.trim().parse::<IpAddr>() else { break };
            address = ip.to_canonical();
            if !trusted.contains(address) {
                break;
            }
        }
    }
    Some(prefix(address))
}

fn prefix(address: IpAddr) -> String {
    match address {
        IpAddr::V4(ip) => format!("{ip}/32"),
        IpAddr::V6(ip) => {
            let head = ip.to_bits() >> 64 << 64;
            format!("{}/64", std::net::Ipv6Addr::from_bits(head))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_prefixes() {
        assert_eq!(prefix("192.0.2.7".parse().unwrap()), "192.0.2.7/32");
        assert_eq!(prefix("2001:db8:1:2:3:4:5:6".parse().unwrap()), "2001:db8:1:2::/64");
    }
}
