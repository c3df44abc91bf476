//! The sector a client's `sub` values belong to (OpenID Connect Core §8.1). Pure: a `sector_identifier_uri` was fetched and
//! verified by whoever registered it.

use url::Url;

use super::fields::{Invalid, invalid};
use super::metadata::{Metadata, SubjectType};
use super::redirect::RedirectUri;
use crate::base::{ClientId, GrantType};

impl Metadata {
    /// Whether the one host of its redirect URIs names its sector.
    pub fn is_of_one_host(&self) -> bool {
        self.subject_type == SubjectType::Pairwise && self.sector_identifier_uri.is_none()
    }

    /// The one host that stands for the client; `None` where its `client_id` does.
    ///
    /// Loopback hosts belong to nobody: they stand only where there is no other, and only one of them.
    pub(super) fn sector_host(&self) -> Result<Option<String>, &'static str> {
        if self.subject_type == SubjectType::Public {
            return Ok(None);
        }
        if let Some(uri) = &self.sector_identifier_uri {
            let host = Url::parse(uri).ok().and_then(|url| url.host_str().map(str::to_owned));
            return host.map(Some).ok_or("sector_identifier_uri names no host");
        }
        let hosts = |loopback: bool| {
            let of_kind = self.redirect_uris.iter().filter(move |uri| uri.is_loopback() == loopback);
            let mut hosts: Vec<_> = of_kind.filter_map(RedirectUri::host).collect();
            hosts.sort_unstable();
            hosts.dedup();
            hosts
        };
        match (hosts(false).as_slice(), hosts(true).as_slice()) {
            ([host], _) | ([], [host]) => Ok(Some((*host).to_owned())),
            ([], _) => Ok(None),
            _ => Err("they have several hosts, so no pairwise sub can be made; use one host, a \
                 sector_identifier_uri, or subject_type public"),
        }
    }
}

/// Refuses what would take a host's sector without being that host's: an address on the person's own device, or a scheme
/// that any app may claim, beside a web host (OpenID Connect Core §8.1 wants a `sector_identifier_uri` there). Asked of what
/// is registered or changed; what was registered before goes on.
pub fn refuse_mixed(metadata: &Metadata) -> Result<(), Invalid> {
    let of_a_host = |uri: &&RedirectUri| uri.host().is_some() && !uri.is_loopback();
    let all = &metadata.redirect_uris;
    let hosts = all.iter().filter(of_a_host).count();
    if !metadata.is_of_one_host() || hosts == 0 || hosts == all.len() {
        return Ok(());
    }
    let why = "they mix a web host with addresses of no host (localhost, a scheme of an app), so no pairwise sub can be \
               made; give a sector_identifier_uri, register two apps, or subject_type public";
    Err(Invalid::RedirectUri(format!("redirect_uris: {why}")))
}

/// Refuses the sector of a host to an app that gets tokens without anything ever being sent to that host: a device's app, or one
/// that asks for people who are elsewhere, could name any (RFC 8628 and CIBA have no redirect URI).
pub fn refuse_unproved(metadata: &Metadata) -> Result<(), Invalid> {
    let pairwise = metadata.subject_type == SubjectType::Pairwise;
    let unsent = [GrantType::DeviceCode, GrantType::Ciba].into_iter().find(|grant| metadata.allows(*grant));
    if let Some(grant) = unsent.filter(|_| pairwise && is_of_a_web_host(metadata)) {
        let why = "goes with no host's pairwise sub, as nothing is sent to that host: register an app for it \
                   by itself, without redirect_uris and sector_identifier_uri, or subject_type public";
        let why = format!("{grant} {why}");
        return Err(invalid("grant_types", why));
    }
    if pairwise && metadata.sector_identifier_uri.is_some() && metadata.redirect_uris.is_empty() {
        return Err(invalid("sector_identifier_uri", "needs redirect_uris that its host lists"));
    }
    Ok(())
}

/// Whether a sector is one of a host: a web host, and none of a person's own device.
pub fn is_of_a_web_host(metadata: &Metadata) -> bool {
    let of_a_host = |uri: &RedirectUri| uri.host().is_some() && !uri.is_loopback();
    metadata.sector_identifier_uri.is_some() || metadata.redirect_uris.iter().any(of_a_host)
}

/// The sector a client's `sub` belongs to: a text to be stored and compared, not shown. `host:`, `client:` and `public` keep
/// a `client_id` that looks like a host out of that host's sector.
pub fn sector(metadata: &Metadata, client: &ClientId) -> Result<String, Invalid> {
    if metadata.subject_type == SubjectType::Public {
        return Ok("public".to_owned());
    }
    match metadata.sector_host() {
        Ok(Some(host)) => Ok(format!("host:{host}")),
        Ok(None) => Ok(format!("client:{client}")),
        Err(why) => Err(invalid("redirect_uris", why)),
    }
}
