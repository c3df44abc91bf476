//! The files under `static/`, embedded in the binary and served under a name that holds their content's
//! digest, so that a browser may keep them for ever. It knows bytes and names, not HTTP.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use rust_embed::RustEmbed;

/// Where hashed files are served; a hashed name follows.
pub const PREFIX: &str = "/assets/";

/// One file ready to be sent; its URL changes with its content, so it may be cached as `immutable`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The file's content.
    pub bytes: Cow<'static, [u8]>,
    /// The media type, with `charset=utf-8` where it is text.
    pub mime: String,
}

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// Plain name and hashed name of every file, worked out once.
static NAMES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let named = |name: Cow<'static, str>| {
        let digest = Files::get(&name)?.metadata.sha256_hash();
        let mut hex = String::with_capacity(16);
        for byte in digest.iter().take(8) {
            write!(hex, "{byte:02x}").ok()?;
        }
        let hashed = match name.rsplit_once('.') {
            Some((stem, extension)) => format!("{stem}.{hex}.{extension}"),
            None => format!("{name}.{hex}"),
        };
        Some((name.into_owned(), hashed))
    };
    Files::iter().filter_map(named).collect()
});

/// The URL of a file of `static/` by its plain name, e.g. `vouchsafe.css` → `/assets/vouchsafe.0a1b….css`.
/// A name that is not there keeps its plain form, which [`find`] answers with nothing.
pub fn url(name: &str) -> String {
    let hashed = NAMES.iter().find(|(plain, _)| plain == name).map_or(name, |(_, hashed)| hashed.as_str());
    format!("{PREFIX}{hashed}")
}

/// The file behind a hashed name: the part of the path after [`PREFIX`]. Plain names find nothing.
pub fn find(hashed: &str) -> Option<Asset> {
    let (plain, _) = NAMES.iter().find(|(_, name)| name == hashed)?;
    let file = Files::get(plain)?;
    let mime = mime_of(plain, file.metadata.mimetype());
    Some(Asset { bytes: file.data, mime })
}

fn mime_of(name: &str, guessed: &str) -> String {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8".to_owned(),
        _ if guessed.starts_with("text/") => format!("{guessed}; charset=utf-8"),
        _ => guessed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashed_url_leads_back_to_its_bytes() {
        for (name, mime) in [
            ("vouchsafe.css", "text/css; charset=utf-8"),
            ("webauthn.js", "text/javascript; charset=utf-8"),
            ("form_post.js", "text/javascript; charset=utf-8"),
            ("favicon.svg", "image/svg+xml"),
        ] {
            let url = url(name);
            let hashed = url.strip_prefix(PREFIX).unwrap();
            assert_ne!(hashed, name);
            let asset = find(hashed).unwrap();
            assert_eq!(asset.mime, mime);
            assert!(!asset.bytes.is_empty());
        }
    }

    #[test]
    fn plain_and_unknown_names_find_nothing() {
        for name in ["vouchsafe.css", "", "../Cargo.toml", "vouchsafe.0000000000000000.css"] {
            assert_eq!(find(name), None, "{name}");
        }
        assert_eq!(url("missing.css"), "/assets/missing.css");
    }

    #[test]
    fn files_stay_within_their_budget() {
        for (name, most) in [
            ("vouchsafe.css", 12 * 1024),
            ("admin.css", 12 * 1024),
            ("webauthn.js", 6 * 1024),
            ("form_post.js", 512),
        ] {
            let asset = find(url(name).strip_prefix(PREFIX).unwrap()).unwrap();
            assert!(asset.bytes.len() < most, "{name} is {} bytes", asset.bytes.len());
        }
    }
}
