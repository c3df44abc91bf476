//! The walls of the house, as tests: which room may enter which, where foreign crates live, how a file looks,
//! which licences, duplicates and advisories are accepted. A failure prints the sentence that explains the rule.
//! It reads text and asks `cargo tree`; it knows nothing of what the program does.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

// ---- the tables --------------------------------------------------------------------------------------------

/// The modules of the domain; the word `domain` in a row below stands for all of them.
const DOMAIN: &str = "identity factors policy sessions clients keys consent oidc audit notifications duties";
const PURE: &str = "the domain is pure and layered: architecture.md names the rooms each module may use";

/// A room of `src/`, the rooms it may use, and why no others.
const WALLS: &[(&str, &str, &str)] = &[
    ("base", "", "base holds the words everybody shares, so it knows nothing of this crate"),
    ("identity", "base", PURE),
    ("factors", "base", PURE),
    ("consent", "base", PURE),
    ("keys", "base", PURE),
    ("clients", "base keys", PURE),
    ("sessions", "base factors", PURE),
    ("audit", "base factors", PURE),
    ("notifications", "base factors audit", PURE),
    ("duties", "base", PURE),
    ("policy", "base factors identity clients sessions", PURE),
    ("oidc", "base identity factors policy sessions clients keys consent", PURE),
    ("config", "base", "config turns text into values; whoever needs a setting is handed it"),
    ("store", "base domain", "the store speaks SQL and returns domain values; it decides nothing"),
    ("ephemeral", "base domain", "what may be forgotten has one trait; only embedded.rs leans on the store"),
    (
        "mail",
        "base domain config telemetry",
        "mail is sent behind one trait; only outbox.rs leans on the store, and app hands it the words",
    ),
    (
        "hashing",
        "base config factors",
        "the hashing threads know what is hashed and their queue, nothing else",
    ),
    ("outbound", "base config", "the guarded HTTP client knows addresses, not what is fetched"),
    ("telemetry", "base config", "logs and metrics look at no business value"),
    (
        "flows",
        "base domain config store hashing outbound ephemeral mail telemetry",
        "a use case knows ephemeral and mail by their traits, and never web, cli or app",
    ),
    (
        "web",
        "base domain config flows telemetry",
        "web speaks HTTP and calls one flow; a handler that reached the store would be a second use case",
    ),
    (
        "cli",
        "base domain config flows app telemetry demo",
        "a command calls one flow and prints; only app chooses implementations",
    ),
    ("demo", "base", "the demo app is a relying party like any other; its settings are arguments from app"),
];

/// Single files that may enter one room more than their own room may.
const DOORS: &[(&str, &str)] = &[
    ("ephemeral/embedded", "store"),
    ("mail/outbox", "store"),
    // The demo is the one command that starts the demo app and tells the provider's pages of its people.
    ("cli/demo", "demo"),
    ("cli/demo", "web"),
    // A letter printed at the host is the console's: one page, one wording.
];

/// Parts of an allowed room that stay closed: flows see the traits, not who implements them.
const CLOSED: &[(&str, &str)] = &[
    ("flows", "ephemeral::redis"),
    ("flows", "ephemeral::embedded"),
    ("flows", "mail::smtp"),
    ("flows", "mail::outbox"),
];

/// A foreign crate, the paths under `src/` that may name it, and why.
const FOREIGN: &[(&str, &str, &str)] = &[
    ("axum", "web demo", "only web (and the demo app) speaks HTTP in"),
    ("axum_extra", "web demo", "only web (and the demo app) speaks HTTP in"),
    ("hyper_util", "web", "only web serves connections"),
    ("tower_service", "web", "only web serves connections"),
    ("utoipa", "web/api", "only the API is described"),
    ("utoipa_axum", "web/api", "only the API is described"),
    ("askama", "web demo", "pages are rendered in web (and in the demo app)"),
    ("sqlx", "store", "SQL stays in the store: one text, two engines"),
    ("redis", "ephemeral", "Redis is one implementation of Ephemeral"),
    ("webauthn_rs", "factors/webauthn", "one file owns WebAuthn"),
    ("webauthn_rs_proto", "factors/webauthn", "one file owns WebAuthn"),
    ("serde_cbor_2", "factors/webauthn", "one room reads what authenticators write"),
    (
        "rustls_pki_types",
        "factors/metadata keys/certificate web/tls",
        "certificates: of metadata, of clients, our own",
    ),
    (
        "webpki",
        "factors/metadata keys/certificate",
        "one file judges who signed the metadata, one whom a client's names",
    ),
    ("x509_parser", "keys/certificate keys/distinguished", "one room reads the names of certificates"),
    ("tokio_rustls", "web/tls", "one file speaks TLS with whoever connects"),
    ("argon2", "factors/password hashing", "one file owns the password hash, and the threads that run it"),
    ("bcrypt", "factors/password", "one room owns password hashes"),
    ("scrypt", "factors/password", "one room owns password hashes"),
    ("totp_rs", "factors/totp", "one file owns TOTP"),
    ("csv", "identity/roster", "one room reads lists of people"),
    ("zxcvbn", "factors/password", "one file owns passwords"),
    ("rustix", "cli", "only commands know a terminal"),
    ("clap", "cli", "arguments are parsed in cli"),
    ("clap_complete", "cli", "arguments are parsed in cli"),
    ("lettre", "mail", "one room sends mail"),
    ("reqwest", "outbound demo", "whatever leaves the machine passes the guarded client"),
    ("openidconnect", "demo", "the provider has its own types; the demo app is a client like any other"),
    (
        "tokio",
        "app cli demo ephemeral flows hashing mail main outbound store telemetry web",
        "the domain is pure: nothing there waits",
    ),
];

/// Licences we may ship.
const LICENCES: &str = "MIT, MIT-0, Apache-2.0, Apache-2.0 WITH LLVM-exception, BSD-2-Clause, BSD-3-Clause, ISC, \
    Zlib, Unicode-3.0, MPL-2.0, CDLA-Permissive-2.0, BSL-1.0, CC0-1.0, Unlicense, OpenSSL, 0BSD";

/// Crates that are in the tree in several versions, and why that is not ours to mend.
const DUPLICATES: &[(&str, &str)] = &[
    (
        "two RustCrypto generations: the old one by openidconnect, oauth2, sqlx-core and the WebAuthn crates",
        "argon2 blake2 block-buffer const-oid cpufeatures crypto-common der digest hmac \
         password-hash pem-rfc7468 pkcs1 pkcs8 rsa sha2 signature spki",
    ),
    (
        "three rand generations: openidconnect, the metrics crates, and the newest",
        "getrandom rand rand_chacha rand_core",
    ),
    (
        "code generators between syn 2 and 3, which run only while building",
        "darling darling_core darling_macro syn synstructure",
    ),
    (
        "lettre reads addresses with the new nom, the WebAuthn crates read certificates with the old one",
        "nom",
    ),
    ("the WebAuthn and openidconnect crates are a generation behind", "base64 thiserror thiserror-impl"),
    ("zxcvbn's regular expressions and proptest, which is in tests only", "bit-set bit-vec"),
    ("the WebAuthn test authenticator, in tests only", "bitflags"),
    ("sqlx and metrics are a release behind indexmap", "hashbrown"),
    ("reqwest is one release behind us", "tower-http"),
    ("aws-lc-rs and webpki disagree about a 300-line crate", "untrusted"),
];

/// Advisories we accept: id, crate, when we decided, why.
const ADVISORIES: &[(&str, &str, &str, &str)] = &[(
    "RUSTSEC-2023-0071",
    "rsa",
    "2026-11-23",
    "Marvin is about private-key operations; we never give this crate a private key (aws-lc-rs signs)",
)];

// ---- the rules ---------------------------------------------------------------------------------------------

#[test]
fn every_room_keeps_to_its_walls() {
    let mut broken = Vec::new();
    for file in sources("src") {
        for (path, why) in entered_against_the_walls(&file.name, &file.text) {
            broken.push(format!("src/{} uses crate::{path}: {why}", file.name));
        }
    }
    report(broken);
}

#[test]
fn every_room_of_the_house_has_its_walls() {
    let rooms: BTreeSet<String> = sources("src").iter().map(|file| room(&file.name).to_owned()).collect();
    let walled: BTreeSet<&str> = WALLS.iter().map(|(room, ..)| *room).collect();
    report(
        rooms
            .iter()
            .filter(|room| {
                !walled.contains(room.as_str()) && !["app", "lib", "main"].contains(&room.as_str())
            })
            .map(|room| format!("src/{room}: a new room needs a row in WALLS of tests/tidy.rs"))
            .collect(),
    );
}

#[test]
fn foreign_crates_stay_in_their_room() {
    let mut broken = Vec::new();
    for file in sources("src") {
        for (name, why) in foreign_out_of_place(&file.name, &file.text) {
            broken.push(format!("src/{} uses {name}: {why}", file.name));
        }
    }
    report(broken);
}

#[test]
fn every_file_reads_well() {
    let forbidden = [
        (concat!("#[al", "low("), "use #[expect(…, reason = \"…\")], which ends by itself"),
        (concat!("#![al", "low("), "use #![expect(…, reason = \"…\")], which ends by itself"),
        (concat!("TO", "DO"), "do it, or write an issue"),
        (concat!("FIX", "ME"), "mend it, or write an issue"),
        (concat!("to", "do!("), "do it, or leave it out"),
        (concat!("unimple", "mented!("), "do it, or leave it out"),
        (concat!("#[ig", "nore"), "a test that does not run proves nothing"),
    ];
    let (mut broken, mut long) = (Vec::new(), Vec::new());
    let files: Vec<Source> = ["src", "tests"].iter().flat_map(|folder| sources(folder)).collect();
    for file in &files {
        let lines = file.text.lines().count();
        if !file.text.starts_with("//!") {
            broken
                .push(format!("{}: open with //!: what the file owns and what it must not know", file.path));
        }
        if lines > 600 {
            broken.push(format!("{}: {lines} lines; a file is read in one sitting, 600 at most", file.path));
        }
        if lines > 500 {
            long.push(format!("{} ({lines})", file.path));
        }
        for (word, instead) in forbidden {
            for (at, _) in file.text.lines().enumerate().filter(|(_, line)| line.contains(word)) {
                broken.push(format!("{}:{}: {word} — {instead}", file.path, at + 1));
            }
        }
    }
    if long.len() * 20 > files.len() {
        broken.push(format!("more than one file in twenty is over 500 lines: {}", long.join(", ")));
    }
    report(broken);
}

#[test]
fn every_licence_is_one_we_may_ship() {
    report(
        compiled()
            .into_iter()
            .filter(|(_, _, licence)| !licence_is_accepted(licence))
            .map(|(name, version, licence)| {
                format!("{name} {version}: licence {licence:?} is not on the list")
            })
            .collect(),
    );
}

#[test]
fn every_duplicate_has_its_reason() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, version, _) in compiled() {
        versions.entry(name).or_default().insert(version);
    }
    versions.retain(|_, found| found.len() > 1);
    let known: BTreeSet<&str> = DUPLICATES.iter().flat_map(|(_, names)| names.split(' ')).collect();
    let mut broken: Vec<String> = versions
        .iter()
        .filter(|(name, _)| !known.contains(name.as_str()))
        .map(|(name, found)| {
            format!("{name} is compiled as {found:?}: unify it, or give DUPLICATES its reason")
        })
        .collect();
    broken.extend(
        known
            .iter()
            .filter(|name| !versions.contains_key(**name))
            .map(|name| format!("{name} is no duplicate any more: take it off DUPLICATES")),
    );
    report(broken);
}

#[test]
fn every_accepted_advisory_still_concerns_us() {
    let lock = read(&root().join("Cargo.lock"));
    report(
        ADVISORIES
            .iter()
            .filter(|(_, name, ..)| !lock.contains(&format!("name = \"{name}\"\n")))
            .map(|(id, name, date, _)| {
                format!("{id} ({name}, accepted {date}): the crate is gone, so take it off")
            })
            .collect(),
    );
}

// ---- the rules themselves are tried --------------------------------------------------------------------------

#[test]
fn a_breach_is_seen_however_it_is_written() {
    let breach = |file: &str, text: &str| !entered_against_the_walls(file, text).is_empty();
    assert!(breach("web/oidc/token.rs", "use crate::store::Store;"));
    assert!(breach("web/oidc/token.rs", "use crate::{flows::Cx, store};"));
    assert!(breach(
        "web/oidc/token.rs",
        "use crate::{\n    flows::{token, Cx},\n    store::{self, Store},\n};"
    ));
    assert!(breach("web/oidc/token.rs", "fn f() { crate::store::open() }"));
    assert!(breach("web/mod.rs", "use super::store::Store;"));
    assert!(breach("flows/token.rs", "use super::super::web::paths;"));
    assert!(breach("flows/token.rs", "use crate::ephemeral::redis::Redis;"));
    assert!(breach("base/id.rs", "use crate::keys::Jwk;"));
    assert!(!breach(
        "web/oidc/token.rs",
        "use crate::flows::{self, Cx};\n// crate::store\n/* crate::store */"
    ));
    assert!(!breach("web/oidc/token.rs", "const A: &str = \"crate::store\";"));
    assert!(!breach("ephemeral/embedded.rs", "use crate::store::Store;"));
    assert!(!breach("flows/token.rs", "use crate::ephemeral::Ephemeral;"));
    assert!(!breach("flows/token.rs", "#[cfg(test)]\nmod tests { use crate::app::App; }"));
}

#[test]
fn a_foreign_crate_is_told_from_a_module_of_the_same_name() {
    let breach = |file: &str, text: &str| !foreign_out_of_place(file, text).is_empty();
    assert!(breach("flows/token.rs", "use sqlx::Row;"));
    assert!(breach("flows/token.rs", "fn f(row: &sqlx::Row) {}"));
    assert!(breach("policy/mod.rs", "use {tokio::sync::Mutex, serde::Serialize};"));
    assert!(!breach("app.rs", "use crate::ephemeral::{embedded, redis};\nfn f() { redis::open() }"));
    assert!(!breach("app.rs", "fn f() { crate::ephemeral::redis::open() }"));
    assert!(!breach("store/mod.rs", "use sqlx::Row;"));
}

#[test]
fn a_licence_expression_is_evaluated() {
    assert!(licence_is_accepted("MIT OR GPL-3.0-only"));
    assert!(licence_is_accepted("MIT/Apache-2.0"));
    assert!(licence_is_accepted("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(licence_is_accepted("Apache-2.0 WITH LLVM-exception OR GPL-2.0-only"));
    assert!(!licence_is_accepted("GPL-3.0-only WITH Classpath-exception-2.0"));
    assert!(!licence_is_accepted("MIT AND (GPL-2.0-only OR AGPL-3.0-only)"));
    assert!(!licence_is_accepted(""));
}

// ---- reading -------------------------------------------------------------------------------------------------

struct Source {
    /// From the repository's root, for messages.
    path: String,
    /// From the folder that was listed.
    name: String,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn sources(folder: &str) -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() && !entry.ends_with("node_modules") {
                walk(&entry, found);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                found.push(entry);
            }
        }
    }
    let base = root().join(folder);
    let mut found = Vec::new();
    walk(&base, &mut found);
    found.sort();
    let relative = |path: &Path, base: &Path| path.strip_prefix(base).unwrap().display().to_string();
    found
        .iter()
        .map(|path| Source { path: relative(path, &root()), name: relative(path, &base), text: read(path) })
        .collect()
}

fn report(broken: Vec<String>) {
    assert!(broken.is_empty(), "\n  {}\n", broken.join("\n  "));
}

/// The room a file under `src/` lies in: its folder, or for a file at the top its own name.
fn room(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

fn entered_against_the_walls(file: &str, text: &str) -> Vec<(String, &'static str)> {
    let own = room(file);
    let Some((_, may, why)) = WALLS.iter().find(|(room, ..)| *room == own) else { return Vec::new() };
    let stem = file.trim_end_matches(".rs");
    let depth = stem.trim_end_matches("/mod").split('/').count();
    let mut found = BTreeSet::new();
    for path in paths(&code(text)) {
        let mut words: Vec<&str> = path.split("::").collect();
        let ups = words.iter().take_while(|word| **word == "super").count();
        if ups >= depth && ups > 0 {
            words.drain(..ups);
        } else if words.first() == Some(&"crate") {
            words.remove(0);
        } else {
            continue;
        }
        let Some(&entered) = words.first() else { continue };
        let is_room = WALLS.iter().any(|(room, ..)| *room == entered) || entered == "app";
        let closed = CLOSED.iter().any(|(room, part)| {
            *room == own && part.split("::").zip(&words).filter(|(wanted, word)| wanted == *word).count() == 2
        });
        let by_door = DOORS.contains(&(stem, entered));
        if is_room && entered != own && !by_door && (closed || !allowed(may, entered)) {
            found.insert((words.join("::"), *why));
        }
    }
    found.into_iter().collect()
}

fn allowed(may: &str, entered: &str) -> bool {
    may.split(' ')
        .any(|room| room == entered || room == "domain" && DOMAIN.split(' ').any(|part| part == entered))
}

fn foreign_out_of_place(file: &str, text: &str) -> Vec<(&'static str, &'static str)> {
    let stem = file.trim_end_matches(".rs");
    let code = code(text);
    let paths = paths(&code);
    let mut found = BTreeSet::new();
    for (name, rooms, why) in FOREIGN {
        let at_home = rooms.split(' ').any(|room| stem == room || stem.starts_with(&format!("{room}/")));
        let ours = code.contains(&format!("mod {name}"))
            || paths.iter().any(|path| {
                ["crate", "self", "super"].contains(&path.split("::").next().unwrap())
                    && path.ends_with(&format!("::{name}"))
            });
        if !at_home && !ours && paths.iter().any(|path| path.split("::").next() == Some(name)) {
            found.insert((*name, *why));
        }
    }
    found.into_iter().collect()
}

/// The program text without comments, string contents, and the tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['/', '"', '\'']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(string) = rest.strip_prefix('"') {
            let raw = out.ends_with('r') || out.ends_with("r#");
            let end = if out.ends_with("r#") {
                string.find("\"#").map(|end| end + 1)
            } else if raw {
                string.find('"').map(|end| end + 1)
            } else {
                end_of_string(string)
            };
            end.map_or(rest.len(), |end| end + 1)
        } else if rest.starts_with("'\"'") || rest.starts_with("'/'") {
            3
        } else if let Some(escaped) = rest.strip_prefix("'\\") {
            escaped.find('\'').map_or(1, |end| end + 3)
        } else {
            out.push_str(&rest[..1]);
            1
        };
        rest = &rest[skipped..];
    }
    out + rest
}

fn end_of_string(string: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in string.char_indices() {
        match c {
            '"' if !escaped => return Some(at + 1),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

/// Every path the code names: those of `use` trees written out, and the others as they stand.
fn paths(code: &str) -> Vec<String> {
    fn is_word(c: char) -> bool {
        c.is_alphanumeric() || c == '_'
    }
    fn expand(tree: &str, before: &str, found: &mut Vec<String>) {
        let (mut depth, mut start, mut open) = (0, 0, None);
        for (at, c) in tree.char_indices().chain([(tree.len(), ',')]) {
            match c {
                '{' => {
                    open = open.or(Some(at));
                    depth += 1;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    if let Some(open) = open.take() {
                        let stem = tree[start..open].trim();
                        let inner = tree[open + 1..at].trim().trim_end_matches('}');
                        expand(inner, &format!("{before}{stem}"), found);
                    } else if !tree[start..at].trim().is_empty() {
                        let leaf = tree[start..at].split(" as ").next().unwrap().trim();
                        found.push(format!("{before}{leaf}").trim_end_matches("::self").to_owned());
                    }
                    start = at + 1;
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    let mut rest = code;
    let mut previous = ' ';
    while let Some(c) = rest.chars().next() {
        if !is_word(c) || is_word(previous) {
            previous = c;
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let path_end = rest.find(|c| !is_word(c) && c != ':').unwrap_or(rest.len());
        let word = &rest[..path_end];
        let mut used = path_end;
        if word == "use" {
            used = rest.find(';').unwrap_or(rest.len());
            let tree: String = rest[path_end..used].split_whitespace().collect::<Vec<_>>().join(" ");
            expand(tree.trim_start_matches("::"), "", &mut found);
        } else if word.contains("::") && previous != ':' && previous != '.' {
            found.push(word.trim_end_matches(':').to_owned());
        }
        previous = rest[..used].chars().last().unwrap_or(' ');
        rest = &rest[used..];
    }
    found
}

/// Name, version and licence of every crate this machine compiles for us, tests included.
fn compiled() -> Vec<(String, String, String)> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--prefix", "none", "--edges", "normal,build,dev"])
        .args(["--format", "{p}\t{l}"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let lines: BTreeSet<String> =
        String::from_utf8(tree.stdout).unwrap().lines().map(str::to_owned).collect();
    lines
        .iter()
        .filter_map(|line| line.split_once('\t'))
        .map(|(package, licence)| {
            let mut words = package.split_whitespace();
            let (name, version) = (words.next().unwrap(), words.next().unwrap());
            (name.to_owned(), version.to_owned(), licence.trim_end_matches("(*)").trim().to_owned())
        })
        .collect()
}

/// Evaluates an SPDX expression: AND binds tighter than OR, WITH belongs to its licence, `/` is an old OR.
fn licence_is_accepted(expression: &str) -> bool {
    fn alternatives(words: &mut std::iter::Peekable<std::vec::IntoIter<String>>) -> bool {
        let mut accepted = conjunction(words);
        while words.next_if(|word| word == "OR").is_some() {
            accepted |= conjunction(words);
        }
        accepted
    }
    fn conjunction(words: &mut std::iter::Peekable<std::vec::IntoIter<String>>) -> bool {
        let mut accepted = single(words);
        while words.next_if(|word| word == "AND").is_some() {
            accepted &= single(words);
        }
        accepted
    }
    fn single(words: &mut std::iter::Peekable<std::vec::IntoIter<String>>) -> bool {
        let Some(mut word) = words.next() else { return false };
        if word == "(" {
            let accepted = alternatives(words);
            return words.next_if(|word| word == ")").is_some() && accepted;
        }
        if words.next_if(|word| word == "WITH").is_some() {
            word = format!("{word} WITH {}", words.next().unwrap_or_default());
        }
        LICENCES.split(", ").any(|accepted| accepted == word)
    }
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().map(str::to_owned).collect::<Vec<_>>().into_iter().peekable();
    alternatives(&mut words) && words.next().is_none()
}
