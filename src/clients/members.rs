//! Members of a registration that take more than a line to read; every refusal names the member and how to mend it.

use super::fields::{Fields, Invalid};
use super::redirect::RedirectUri;
use crate::base::{Acr, GrantType, ResponseMode, Scope, Scopes, Seconds};

pub(super) fn redirect_uris(fields: &Fields<'_>) -> Result<Vec<RedirectUri>, Invalid> {
    uris(fields, "redirect_uris").map_err(|e| match e {
        Invalid::Metadata(why) | Invalid::RedirectUri(why) => Invalid::RedirectUri(why),
    })
}

pub(super) fn post_logout_redirect_uris(fields: &Fields<'_>) -> Result<Vec<RedirectUri>, Invalid> {
    uris(fields, "post_logout_redirect_uris")
}

fn uris(fields: &Fields<'_>, name: &str) -> Result<Vec<RedirectUri>, Invalid> {
    let mut uris = Vec::new();
    for text in fields.texts(name, 100)?.unwrap_or_default() {
        let uri = RedirectUri::parse(text).map_err(|why| fields.refuse(name, why))?;
        if !uris.contains(&uri) {
            uris.push(uri);
        }
    }
    Ok(uris)
}

pub(super) fn grant_types(fields: &Fields<'_>) -> Result<Vec<GrantType>, Invalid> {
    match fields.word_list("grant_types")? {
        None => Ok(vec![GrantType::AuthorizationCode]),
        Some(grants) if grants.is_empty() => {
            Err(fields.refuse("grant_types", "must name at least one grant"))
        }
        Some(grants) => Ok(grants),
    }
}

pub(super) fn response_types(fields: &Fields<'_>, with_codes: bool) -> Result<(), Invalid> {
    match fields.texts("response_types", 8)?.as_deref() {
        None => Ok(()),
        Some([]) if !with_codes => Ok(()),
        Some(["code"]) if with_codes => Ok(()),
        Some(["code"]) => Err(fields.refuse("response_types", "`code` needs the authorization_code grant")),
        Some(_) => {
            Err(fields.refuse("response_types", "only `code` is supported; implicit and hybrid are not"))
        }
    }
}

pub(super) fn response_modes(fields: &Fields<'_>) -> Result<Vec<ResponseMode>, Invalid> {
    let listed = fields.word_list("response_modes")?.filter(|modes| !modes.is_empty());
    Ok(listed.unwrap_or_else(|| ResponseMode::ALL.to_vec()))
}

pub(super) fn scope(fields: &Fields<'_>, with_codes: bool) -> Result<Scopes, Invalid> {
    let text = fields.text("scope")?.unwrap_or(if with_codes { Scope::Openid.as_str() } else { "" });
    if text.len() > 1000 || !Scopes::is_valid(text) {
        return Err(fields.refuse("scope", "must be names separated by spaces, 1,000 characters at most"));
    }
    Ok(Scopes::parse(text))
}

pub(super) fn default_max_age(fields: &Fields<'_>) -> Result<Option<Seconds>, Invalid> {
    const TEN_YEARS: Seconds = 315_360_000;
    match fields.get("default_max_age") {
        None => Ok(None),
        Some(value) => match value.as_i64() {
            Some(seconds) if (0..=TEN_YEARS).contains(&seconds) => Ok(Some(seconds)),
            Some(_) | None => {
                Err(fields.refuse("default_max_age", "must be whole seconds, 0 to 315360000, not in quotes"))
            }
        },
    }
}

pub(super) fn default_acr_values(fields: &Fields<'_>) -> Result<Vec<Acr>, Invalid> {
    let mut values = Vec::new();
    for text in fields.texts("default_acr_values", 16)?.unwrap_or_default() {
        match Acr::parse(text) {
            Some(acr) if acr != Acr::Aal3 => values.push(acr),
            Some(_) | None => {
                return Err(fields.refuse("default_acr_values", "holds a level that is not in discovery"));
            }
        }
    }
    values.dedup();
    Ok(values)
}

pub(super) fn client_name(fields: &Fields<'_>) -> Result<Option<String>, Invalid> {
    let Some(text) = fields.text("client_name")? else { return Ok(None) };
    let name = text.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(crate::base::text::is_hidden) {
        return Err(fields.refuse("client_name", "must be 1 to 100 visible characters"));
    }
    Ok(Some(name.to_owned()))
}

pub(super) fn contacts(fields: &Fields<'_>) -> Result<Vec<String>, Invalid> {
    let contacts = fields.texts("contacts", 10)?.unwrap_or_default();
    if contacts.iter().any(|text| text.is_empty() || text.len() > 254 || text.chars().any(char::is_control)) {
        return Err(fields.refuse("contacts", "must be addresses of 1 to 254 characters"));
    }
    Ok(contacts.into_iter().map(str::to_owned).collect())
}
