//! Loading, refusing, showing, and the two files made from the list of keys.

use std::path::{Path, PathBuf};

use super::*;

fn env(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect::<Vec<_>>()
        .into_iter()
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vouchsafe.toml");
    std::fs::write(&path, text).unwrap();
    (dir, path)
}

fn load_file(text: &str) -> Result<Loaded, Vec<Problem>> {
    let (_dir, path) = file(text);
    Config::load(Some(&path), env(&[]))
}

/// Problems without the folder's name, one a line.
fn problems(text: &str) -> String {
    let (dir, path) = file(text);
    let problems = Config::load(Some(&path), env(&[])).unwrap_err();
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n").replace(&format!("{}/", dir.path().display()), "")
}

#[test]
fn nothing_needs_to_be_set() {
    let loaded = Config::load(None, env(&[])).unwrap();
    let config = &loaded.config;
    assert_eq!(config.issuer.as_str(), "http://localhost:8080");
    assert_eq!(config.server.internal_listen.to_string(), "127.0.0.1:9090");
    assert_eq!(config.keys_url().expose(), "sqlite:vouchsafe-keys.sqlite");
    assert_eq!(config.keys.rotation_period.seconds(), 90 * 86_400);
    assert_eq!(
        (config.hashing.memory_kib, config.hashing.iterations, config.hashing.parallelism),
        (19_456, 2, 1)
    );
    assert!(loaded.effective.iter().all(|value| value.origin == Origin::Default));
    assert_eq!(loaded.effective.len(), keys().count());
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_defaults() {
    let (_dir, path) =
        file("issuer = 'https://id.example'\n[support]\nphone = '1'\nurgent_help = 'Call 112.'\n");
    let loaded = Config::load(
        Some(&path),
        env(&[
            ("VOUCHSAFE__SUPPORT__PHONE", "2"),
            ("VOUCHSAFE__SUPPORT__URGENT_HELP", ""),
            ("VOUCHSAFE__SERVER__TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8"),
            ("VOUCHSAFE_OTHER", "not ours"),
            ("PATH", "/bin"),
        ]),
    )
    .unwrap();
    let config = &loaded.config;
    assert_eq!(config.support.phone.as_deref(), Some("2"));
    assert_eq!(config.support.urgent_help.as_deref(), Some("Call 112."));
    assert!(config.server.trusted_proxies.contains([10, 1, 1, 1].into()));
    let shown = show(&loaded.effective);
    for part in [
        "issuer = \"https://id.example\"",
        "vouchsafe.toml:1",
        "environment VOUCHSAFE__SUPPORT__PHONE",
        "trusted_proxies = [\"127.0.0.1/32\", \"10.0.0.0/8\"]",
        "# default",
        "# url is not set",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
}

#[test]
fn of_a_variable_given_twice_the_later_wins() {
    let name = "VOUCHSAFE__SERVER__LISTEN";
    let config = Config::load(None, env(&[(name, "127.0.0.1:0"), (name, "127.0.0.1:7")])).unwrap().config;
    assert_eq!(config.server.listen.port(), 7);
}

#[test]
fn every_problem_is_told_at_once_with_its_line_and_a_way_out() {
    let text = "isuer = 'https://id.example'\n\
                listen = '0.0.0.0:1'\n\
                [server]\nlisten = 'here'\ntrusted_proxies = '10.0.0.0/8'\n\
                [databse]\nurl = 'sqlite:x'\n\
                [hashing]\nmemory_kib = 4096\nqueue = '64'\n\
                [keys]\nrotation_period = 90\noverlap = '1w'\n\
                [policy]\nclinician_floor = 'aal1'\n\
                [wholly.unheard]\nof = true\n";
    let told = problems(text);
    for line in [
        "vouchsafe.toml:1: isuer: there is no such key; did you mean `issuer`?",
        "vouchsafe.toml:2: listen: there is no such key; did you mean `server.listen`?",
        "vouchsafe.toml:4: server.listen: `here` is no address and port; write e.g. 127.0.0.1:8080",
        "vouchsafe.toml:5: server.trusted_proxies: must be a list of strings, e.g. [\"127.0.0.1\"]",
        "vouchsafe.toml:7: databse.url: there is no such key; did you mean `database.url`?",
        "vouchsafe.toml:9: hashing.memory_kib: must lie between 19456 and 1048576",
        "vouchsafe.toml:10: hashing.queue: must be a number without quotes",
        "vouchsafe.toml:12: keys.rotation_period: must be a length of time in quotes",
        "vouchsafe.toml:13: keys.overlap: `1w` is no length of time",
        "vouchsafe.toml:15: policy.clinician_floor: `aal1` is none of aal2, aal2-phr",
        "vouchsafe.toml:17: wholly.unheard.of: must not be of type boolean",
    ] {
        assert!(told.contains(line), "{line}\nis not in\n{told}");
    }
    assert_eq!(told.lines().count(), 11, "{told}");
}

#[test]
fn text_that_is_no_toml_is_told_with_its_line() {
    let told = problems("issuer = 'http://localhost'\n[server\nlisten = 1\n");
    assert!(told.starts_with("vouchsafe.toml:2: is no TOML: "), "{told}");
    assert!(problems("issuer = 'http://a'\nissuer = 'http://b'\n").contains("vouchsafe.toml:2"));
    let missing = Config::load(Some(Path::new("/nowhere/vouchsafe.toml")), env(&[])).unwrap_err();
    assert!(missing[0].message.contains("cannot be read"), "{missing:?}");
}

#[test]
fn a_secret_may_come_from_a_file_and_is_never_shown() {
    let (_dir, path) = file("postgres://vouchsafe:hunter2@db/vouchsafe\n");
    let path = path.to_str().unwrap();
    let loaded = Config::load(None, env(&[("VOUCHSAFE__DATABASE__URL_FILE", path)])).unwrap();
    assert_eq!(loaded.config.database.url.expose(), "postgres://vouchsafe:hunter2@db/vouchsafe");
    assert!(loaded.config.keys_url().expose().ends_with("?options[search_path]=vouchsafe_keys"));
    for text in [show(&loaded.effective), format!("{loaded:?}")] {
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("vouchsafe:***@db/vouchsafe"), "{text}");
    }
    assert!(loaded.warnings.iter().any(|warning| warning.key == "sessions.url"));
    let (_dir, path) = file("smtps://post:hunter2@mail.example\n");
    let given = [
        ("VOUCHSAFE__MAIL__SMTP_URL_FILE", path.to_str().unwrap()),
        ("VOUCHSAFE__MAIL__FROM", "no-reply@id.example"),
    ];
    let loaded = Config::load(None, env(&given)).unwrap();
    assert_eq!(loaded.config.mail.smtp_url.as_ref().unwrap().credentials(), Some(("post", "hunter2")));
    assert!(!format!("{loaded:?}").contains("hunter2") && !show(&loaded.effective).contains("hunter2"));
}

#[test]
fn variables_that_make_no_sense_are_refused() {
    let table: [(&[(&str, &str)], &str); 5] = [
        (&[("VOUCHSAFE__SERVER__LISEN", "x")], "did you mean `server.listen`?"),
        (&[("VOUCHSAFE__SUPPORT__PHONE_FILE", "/x")], "only secrets are read from files"),
        (&[("VOUCHSAFE__DATABASE__URL_FILE", "/nowhere/x")], "cannot be read"),
        (
            &[("VOUCHSAFE__DATABASE__URL_FILE", "/x"), ("VOUCHSAFE__DATABASE__URL", "sqlite:x")],
            "is set twice; drop this or VOUCHSAFE__DATABASE__URL",
        ),
        (&[("VOUCHSAFE__DATABASE__URL", "mysql://u:hunter2@h/db")], "must begin with `sqlite:`"),
    ];
    for (variables, part) in table {
        let problems = Config::load(None, env(variables)).unwrap_err();
        let told = problems[0].to_string();
        assert!(told.contains(part) && !told.contains("hunter2"), "{told}");
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    for (text, key) in [
        ("[server]\nlisten = '127.0.0.1:1'\ninternal_listen = '127.0.0.1:1'", "server.internal_listen"),
        ("[keys]\nrotation_period = '1d'\noverlap = '1d'", "keys.overlap"),
        ("[keys]\nurl = 'sqlite:vouchsafe.sqlite'", "keys.url"),
        ("[secrets]\nmaster_key_file = '/k'\nindex_key_file = '/k'", "secrets.index_key_file"),
        ("[mail]\nsmtp_url = 'smtps://mail.example'", "mail.from"),
    ] {
        assert_eq!(load_file(text).unwrap_err()[0].key, key);
    }
    assert!(load_file("[server]\nlisten = '127.0.0.1:0'\ninternal_listen = '127.0.0.1:0'").is_ok());
}

#[test]
fn a_complete_configuration_warns_of_nothing() {
    let text = "issuer = 'https://id.example'\n[server]\ntrusted_proxies = ['127.0.0.1']\n\
                [database]\nurl = 'postgres://db/v'\n[keys]\nurl = 'postgres://db/k'\n[sessions]\nurl = 'redis://r'\n\
                [secrets]\nmaster_key_file = '/m'\nindex_key_file = '/i'\n\
                [support]\nphone = '1'\nurgent_help = 'Call 112.'\n\
                [mail]\nsmtp_url = 'smtps://mail.example'\nfrom = 'no-reply@id.example'\n";
    let warnings: Vec<_> = load_file(text).unwrap().warnings.iter().map(|warning| warning.key).collect();
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn every_example_can_be_used() {
    let mut variables: Vec<(String, String)> = Vec::new();
    for key in keys() {
        assert!(!key.doc.is_empty(), "{}", key.path());
        assert!(!key.default.is_empty() || !key.example.is_empty(), "{}", key.path());
        if !key.example.is_empty() {
            variables.push((key.variable(), key.example.to_owned()));
        }
    }
    Config::load(None, variables.into_iter()).unwrap();
}

#[test]
fn the_example_file_with_its_comments_taken_off_is_a_configuration() {
    let is_setting = |line: &str| line.split_once(" = ").is_some_and(|(name, _)| !name.contains(' '));
    let uncommented: Vec<String> = example()
        .lines()
        .map(|line| {
            let bare = line.trim_start_matches("# ");
            if line.starts_with('[') || is_setting(bare) { bare.to_owned() } else { String::new() }
        })
        .collect();
    let settings = uncommented.iter().filter(|line| line.contains(" = ")).count();
    assert_eq!(settings, keys().count());
    load_file(&uncommented.join("\n")).unwrap();
    assert!(settings <= 60);
}

/// Compares a file of the repository with what the program makes; `UPDATE_DOCS=1` writes it.
fn is_up_to_date(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "{name} is out of date; run `UPDATE_DOCS=1 cargo test --lib config::` and commit it"
    );
}

#[test]
fn the_example_and_the_reference_are_up_to_date() {
    is_up_to_date("deploy/vouchsafe.example.toml", &example());
    is_up_to_date("docs/configuration.md", &reference());
}

#[test]
fn the_schema_names_every_key() {
    let schema = schema();
    for key in keys() {
        let pointer = match key.section {
            "" => format!("/properties/{}/description", key.name),
            section => {
                let place = section.replace('.', "/properties/");
                format!("/properties/{place}/properties/{}/description", key.name)
            }
        };
        assert_eq!(schema.pointer(&pointer).and_then(serde_json::Value::as_str), Some(key.doc));
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_loading_panic(text in "\\PC{0,200}", value in "\\PC{0,60}") {
        let _ = load_file(&text);
        for key in keys() {
            let _ = Config::load(None, env(&[(&key.variable(), &value)]));
        }
    }
}
