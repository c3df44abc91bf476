//! What no page may get wrong, asked of all of them at once: words in every language, ids, labels, the
//! content security policy, the words patients never read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::{Locale, Sample, samples};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder with this ending, with its text.
fn files(folder: &Path, extension: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path, extension));
        } else if path.extension().is_some_and(|ending| ending == extension) {
            let text = fs::read_to_string(&path).unwrap();
            files.push((path, text));
        }
    }
    files.sort();
    files
}

fn is_console(key: &str) -> bool {
    key.starts_with("admin-")
}

/// Key → text of one language, by the file's own lines.
fn messages(locale: Locale) -> BTreeMap<String, String> {
    let text: String = locale.sources().iter().map(|(_, text)| *text).collect();
    let mut messages: BTreeMap<String, String> = BTreeMap::new();
    let mut last = String::new();
    for line in text.lines() {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        if line.starts_with([' ', '}']) {
            messages.get_mut(&last).unwrap().push_str(line);
            continue;
        }
        let (key, text) = line.split_once(" =").unwrap();
        last = key.to_owned();
        assert!(messages.insert(last.clone(), text.trim().to_owned()).is_none(), "{key} stands twice");
    }
    messages
}

/// The words between quotes in the templates and in the page files.
fn quoted() -> BTreeSet<String> {
    let mut texts: Vec<(PathBuf, String)> = files(&root().join("templates"), "html");
    texts.extend(
        files(&root().join("src/web/pages"), "rs")
            .into_iter()
            .filter(|(path, _)| !path.to_string_lossy().contains("/samples")),
    );
    texts.push((PathBuf::from("notice.rs"), fs::read_to_string(root().join("src/web/notice.rs")).unwrap()));
    texts.iter().flat_map(|(_, text)| text.split('"').map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The first literal of every call of `t`, `t1`, `t2`, `title` in the templates.
fn called() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (_, text) in files(&root().join("templates"), "html") {
        for call in ["shell.t(\"", "shell.t1(\"", "shell.t2(\"", "shell.title(\"", "heading(shell, \""] {
            keys.extend(
                text.split(call).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned),
            );
        }
    }
    keys
}

#[test]
fn every_language_says_everything_and_nothing_else() {
    let english: Vec<String> = messages(Locale::En).into_keys().collect();
    for locale in Locale::ALL {
        let own: Vec<String> = messages(locale).into_keys().filter(|key| !is_console(key)).collect();
        let wanted: Vec<&String> = english.iter().filter(|key| !is_console(key)).collect();
        assert_eq!(own.iter().collect::<Vec<_>>(), wanted, "{}", locale.tag());
    }
    for key in called() {
        assert!(english.contains(&key), "{key} is asked for and said nowhere");
    }
    let quoted = quoted();
    let unused: Vec<&String> = english.iter().filter(|key| !quoted.contains(*key)).collect();
    assert!(unused.is_empty(), "nobody says {unused:?}");
}

#[test]
fn every_language_parses_and_uses_the_same_values() {
    let english = messages(Locale::En);
    let values = |text: &str| -> BTreeSet<String> {
        text.split('$').skip(1).filter_map(|rest| rest.split([' ', '}']).next()).map(str::to_owned).collect()
    };
    for locale in Locale::ALL {
        for (area, text) in locale.sources() {
            let parsed = fluent_bundle::FluentResource::try_new((*text).to_owned());
            assert!(parsed.is_ok(), "{} {area}: {:?}", locale.tag(), parsed.err().map(|(_, errors)| errors));
        }
        for (key, text) in messages(locale) {
            assert_eq!(values(&text), values(&english[&key]), "{} {key}", locale.tag());
        }
    }
}

#[test]
fn no_language_is_a_copy_of_english() {
    let english = messages(Locale::En);
    for locale in Locale::ALL.into_iter().skip(1) {
        let copied: Vec<String> = messages(locale)
            .into_iter()
            .filter(|(key, text)| {
                english[key] == *text && text.split(' ').count() > 2 && !text.starts_with('{')
            })
            .map(|(key, _)| key)
            .collect();
        assert!(copied.is_empty(), "{} copies {copied:?}", locale.tag());
    }
}

#[test]
fn english_sentences_are_short_and_free_of_jargon() {
    const NEVER: [&str; 14] = [
        "mfa",
        "2fa",
        "totp",
        "otp",
        "authenticator",
        "credential",
        "token",
        "webauthn",
        "session",
        "invalid",
        "failed",
        "illegal",
        "factor",
        "denied",
    ];
    for (key, text) in messages(Locale::En).into_iter().filter(|(key, _)| !is_console(key)) {
        let lower = text.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
        for never in NEVER {
            assert!(!words.contains(&never), "{key} says {never}");
        }
        assert!(!text.contains('!'), "{key} shouts");
        for sentence in text.split(['.', '?', '[']) {
            assert!(sentence.split_whitespace().count() <= 20, "{key}: {sentence}");
        }
    }
}

#[test]
fn the_language_is_the_apps_then_the_persons_then_the_browsers() {
    use Locale::{Ar, De, En, Es, Fr};
    /// `ui_locales`, cookie, `Accept-Language`, and what they lead to.
    type Row = (Option<&'static str>, Option<&'static str>, Option<&'static str>, Locale);
    let table: [Row; 13] = [
        (None, None, None, En),
        (Some("fr-CA fr en"), Some("de"), Some("es"), Fr),
        (Some("pl"), Some("de"), Some("es"), De),
        (None, Some("xx"), Some("es"), Es),
        (None, None, Some("de-AT,de;q=0.9,en;q=0.8"), De),
        (None, None, Some("en;q=0.1, ar-EG;q=0.9"), Ar),
        (None, None, Some("en;q=0, es"), Es),
        (None, None, Some("pl, fr;q=0.2, *;q=0.1"), Fr),
        (None, None, Some("fr;q=nonsense, de;q=0.2"), De),
        (None, None, Some(";;,,q=1"), En),
        (Some(""), Some(""), Some(""), En),
        (None, None, Some("ar"), Ar),
        (Some("ES"), None, None, Es),
    ];
    for (ui_locales, cookie, accept, expected) in table {
        assert_eq!(
            Locale::negotiate(ui_locales, cookie, accept, En),
            expected,
            "{ui_locales:?} {cookie:?} {accept:?}"
        );
    }
    assert_eq!(Locale::negotiate(None, None, Some("pl"), De), De, "nothing of ours: what the clinic speaks");
    assert_eq!(Locale::negotiate(None, None, Some("en"), De), En);
}

/// Values of an attribute, in the order they stand.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    html.split(&format!(" {name}=\"")).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn all(check: impl Fn(&Sample)) {
    let samples = samples();
    assert!(samples.len() > 400);
    samples.iter().for_each(check);
}

#[test]
fn samples_have_names_of_their_own() {
    let mut seen = BTreeSet::new();
    all(|sample| assert!(!sample.html.is_empty(), "{} is empty", sample.name));
    for sample in samples() {
        assert!(seen.insert((sample.name, sample.locale.tag())), "{} stands twice", sample.name);
    }
}

#[test]
fn every_page_is_whole_and_keeps_to_the_policy() {
    all(|sample| {
        let Sample { name, html, locale } = sample;
        assert!(html.starts_with("<!DOCTYPE html>\n"), "{name}");
        assert!(
            html.contains(&format!("<html lang=\"{}\" dir=\"{}\"", locale.tag(), locale.dir())),
            "{name}"
        );
        assert_eq!(html.matches("<h1").count(), 1, "{name} has one h1");
        assert_eq!(html.matches("<main").count(), 1, "{name}");
        assert!(!html.contains(" style=") && !html.contains("<style"), "{name} has inline style");
        assert!(!html.contains(" disabled") && !html.contains(" placeholder="), "{name}");
        assert_eq!(html.matches("<script").count(), html.matches("<script src=\"/assets/").count(), "{name}");
        for attribute in html.split([' ', '\n']) {
            assert!(!attribute.starts_with("onclick") && !attribute.starts_with("onload"), "{name}");
        }
        let most = if is_console(name) { 80 * 1024 } else { 16 * 1024 };
        assert!(html.len() < most, "{name} is {} bytes", html.len());
    });
}

#[test]
fn ids_are_unique_and_references_lead_somewhere() {
    all(|sample| {
        let ids = attributes(&sample.html, "id");
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{}: {ids:?}", sample.name);
        for name in ["for", "aria-describedby", "aria-controls"] {
            for id in attributes(&sample.html, name).into_iter().flat_map(str::split_whitespace) {
                assert!(unique.contains(id), "{}: {name}={id} leads nowhere", sample.name);
            }
        }
        for href in attributes(&sample.html, "href") {
            if let Some(id) = href.strip_prefix('#') {
                assert!(unique.contains(id), "{}: #{id} leads nowhere", sample.name);
            }
        }
    });
}

#[test]
fn every_form_that_posts_here_carries_the_csrf_value() {
    all(|sample| {
        for form in sample.html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap();
            let elsewhere = attributes(form, "action").iter().any(|action| action.starts_with("https://"));
            if elsewhere || attributes(form, "method") == ["get"] {
                continue;
            }
            assert!(form.contains("name=\"csrf\" value=\"c2FtcGxl\""), "{}: {form}", sample.name);
        }
    });
}

#[test]
fn the_elements_people_rely_on_are_there() {
    let samples = samples();
    let has = |name: &str, ids: &[&str]| {
        let sample = samples.iter().find(|sample| sample.name == name).unwrap();
        for id in ids {
            assert!(attributes(&sample.html, "id").contains(id), "{name} lacks {id}");
        }
    };
    has("sign-in", &["username", "sign-in-submit", "passkey-button", "cancel"]);
    has("password", &["password", "sign-in-submit", "choose-another", "cancel"]);
    has("code", &["code", "code-submit", "choose-another"]);
    has("security-key", &["passkey-button", "choose-another"]);
    has("recovery-code", &["recovery-code", "recovery-submit"]);
    has(
        "choose",
        &["choose-totp", "choose-passkey", "choose-recovery-code", "choose-password", "choose-security-key"],
    );
    has("enrol-reason-required", &["enrol-totp", "enrol-passkey", "enrol-security-key"]);
    has("enrol-totp", &["totp-key", "code", "code-submit"]);
    has("enrol-passkey", &["passkey-button"]);
    has("recovery-codes", &["recovery-codes", "continue"]);
    has("consent", &["consent-allow", "consent-deny"]);
    has("sign-out", &["sign-out-confirm"]);
}

#[test]
fn an_error_is_in_the_title_the_summary_and_the_field() {
    let samples = samples();
    let page = samples.iter().find(|sample| sample.name == "code-error-wrong").unwrap();
    assert!(page.html.contains("<title>Error: Enter your code – Riverside Video Clinic sign-in</title>"));
    assert!(page.html.contains("role=\"alert\""));
    assert!(page.html.contains("aria-invalid=\"true\""));
    assert!(page.html.contains("aria-describedby=\"code-hint error\""));
}

#[test]
fn what_comes_from_outside_is_escaped() {
    let samples = samples();
    let page = samples.iter().find(|sample| sample.name == "form-post").unwrap();
    assert!(page.html.contains("name=\"state\" value=\"&#34;&#62;&#60;\""));
}

#[test]
fn samples_can_be_written_to_a_folder() {
    let Some(folder) = std::env::var_os("VOUCHSAFE_SAMPLES").map(PathBuf::from) else { return };
    let assets = folder.join("assets");
    fs::create_dir_all(&assets).unwrap();
    for name in ["vouchsafe.css", "admin.css", "webauthn.js", "form_post.js", "favicon.svg"] {
        let url = crate::web::assets::url(name);
        let hashed = url.rsplit('/').next().unwrap();
        fs::write(assets.join(hashed), crate::web::assets::find(hashed).unwrap().bytes).unwrap();
    }
    for sample in samples() {
        let html = sample.html.replace("\"/assets/", "\"assets/");
        fs::write(folder.join(format!("{}.{}.html", sample.name, sample.locale.tag())), html).unwrap();
    }
}
