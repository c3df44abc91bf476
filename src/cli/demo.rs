//! `vouchsafe demo`: everything, with nothing to configure. Loopback only.

use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::serve::{bind, stop_on_signal};
use super::{Around, Failure};
use crate::app::{App, Demo, Person, metrics, open_stores, read_key_files};
use crate::base::{ClientId, Clock, Entropy, Role, Secret, Token, TokenKind};
use crate::config::{Config, environment};
use crate::demo;
use crate::flows::invitations::{self, NewInvitation};
use crate::flows::{Cx, accounts, clients};
use crate::keys::seal::{IndexKey, MasterKey};
use crate::telemetry;

/// The flags of `demo`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Where the provider listens (port 0 takes a free one)
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where the demo app listens
    #[arg(long, default_value = "127.0.0.1:8081")]
    app_listen: SocketAddr,
    /// Where health and metrics are
    #[arg(long, default_value = "127.0.0.1:9090")]
    internal_listen: SocketAddr,
    /// Where the demo keeps its data
    #[arg(long, default_value = "./vouchsafe-demo", value_name = "DIR")]
    data: PathBuf,
}

/// What the demo remembers between runs.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Memory {
    client_secret: String,
    people: Vec<Seed>,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Seed {
    username: String,
    name: String,
    email: String,
    role: Role,
    password: String,
    totp: Option<Vec<u8>>,
}

struct Listeners {
    public: TcpListener,
    app: TcpListener,
    internal: TcpListener,
    issuer: String,
    app_origin: String,
}

/// Runs the demo until Ctrl-C.
pub async fn run(options: Options, around: &Around) -> Result<(), Failure> {
    let listeners = listen(&options).await?;
    std::fs::create_dir_all(&options.data)
        .map_err(|why| Failure::failed(format!("--data: cannot make {}: {why}", options.data.display())))?;
    let data = options.data.canonicalize()?;
    let _only = only_demo(&data)?;
    let entropy = Entropy::system();
    write_keys(&data, &entropy)?;
    let config = settings(&data, &listeners)?;
    only_demo_keys(&config)?;
    telemetry::init(&config.log);
    let stores = open_stores(&config).await?;
    stores.migrate().await?;
    let app = App::compose(config, stores, Clock::System, entropy).await?.catching_mail();
    app.start().await?;
    let memory = seed(&app, &data, &listeners.app_origin).await?;
    serve(app, listeners, memory, around).await
}

async fn listen(options: &Options) -> Result<Listeners, Failure> {
    for (address, flag) in [
        (options.listen, "--listen"),
        (options.app_listen, "--app-listen"),
        (options.internal_listen, "--internal-listen"),
    ] {
        if !address.ip().is_loopback() {
            let text = format!("{flag} {address}: the demo has known passwords and listens on loopback only");
            return Err(Failure::refused(text));
        }
    }
    let public = bind(options.listen, "--listen").await?;
    let app = bind(options.app_listen, "--app-listen").await?;
    let internal = bind(options.internal_listen, "--internal-listen").await?;
    let issuer = format!("http://localhost:{}", public.local_addr()?.port());
    let app_origin = format!("http://localhost:{}", app.local_addr()?.port());
    Ok(Listeners { public, app, internal, issuer, app_origin })
}

/// Holds the folder while this demo runs: a second one would move the first one's app.
fn only_demo(data: &Path) -> Result<std::fs::File, Failure> {
    let file = std::fs::File::create(data.join("demo.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => Err(Failure::refused(format!(
            "{} is in use by a demo that runs; give this one a folder of its own with --data",
            data.display()
        ))),
    }
}

/// Makes the demo's key files once; their text says that they are a demo's.
fn write_keys(data: &Path, entropy: &Entropy) -> Result<(), Failure> {
    write_once(&data.join("master.key"), MasterKey::new_file_text(entropy, true).expose())?;
    write_once(&data.join("index.key"), IndexKey::new_file_text(entropy, true).expose())
}

fn write_once(path: &Path, text: &str) -> Result<(), Failure> {
    use std::io::Write;
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match opened {
        Ok(mut file) => Ok(file.write_all(text.as_bytes())?),
        Err(why) if why.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(why) => Err(Failure::failed(format!("cannot write {}: {why}", path.display()))),
    }
}

/// The demo's settings, under the environment's; written down so that the other commands find this demo.
fn settings(data: &Path, listeners: &Listeners) -> Result<Config, Failure> {
    let text = |path: &str| data.join(path).display().to_string();
    let own = [
        ("issuer", "VOUCHSAFE__ISSUER", listeners.issuer.clone()),
        ("organisation.name", "VOUCHSAFE__ORGANISATION__NAME", "Riverside Health".to_owned()),
        ("server.listen", "VOUCHSAFE__SERVER__LISTEN", listeners.public.local_addr()?.to_string()),
        (
            "server.internal_listen",
            "VOUCHSAFE__SERVER__INTERNAL_LISTEN",
            listeners.internal.local_addr()?.to_string(),
        ),
        ("database.url", "VOUCHSAFE__DATABASE__URL", format!("sqlite:{}", text("vouchsafe.sqlite"))),
        ("sessions.url", "VOUCHSAFE__SESSIONS__URL", "embedded".to_owned()),
        ("secrets.master_key_file", "VOUCHSAFE__SECRETS__MASTER_KEY_FILE", text("master.key")),
        ("secrets.index_key_file", "VOUCHSAFE__SECRETS__INDEX_KEY_FILE", text("index.key")),
        ("support.phone", "VOUCHSAFE__SUPPORT__PHONE", "+44 20 7946 0123".to_owned()),
        ("support.urgent_help", "VOUCHSAFE__SUPPORT__URGENT_HELP", "In an emergency call 112.".to_owned()),
        ("log.level", "VOUCHSAFE__LOG__LEVEL", "warn".to_owned()),
    ];
    let mut file = String::from(
        "# Written by `vouchsafe demo`, so that other commands find it. Demo secrets: never serve people with it.\n",
    );
    let mut section = "";
    for (key, _, value) in &own {
        let (head, name) = key.split_once('.').unwrap_or(("", key));
        if head != section {
            file.push_str(&format!("\n[{head}]\n"));
            section = head;
        }
        file.push_str(&format!("{name} = {}\n", Value::from(value.as_str())));
    }
    std::fs::write(data.join("vouchsafe.toml"), file)?;
    let defaults = own.into_iter().map(|(_, name, value)| (name.to_owned(), value));
    match Config::load(None, defaults.chain(environment())) {
        Ok(loaded) => Ok(loaded.config),
        Err(problems) => {
            let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
            Err(Failure::configuration(lines.join("\n")))
        }
    }
}

/// Known passwords never go where real keys are: an environment meant for `serve` stops here, before anything is
/// opened.
fn only_demo_keys(config: &Config) -> Result<(), Failure> {
    let (master, index) = read_key_files(config)?;
    if master.is_demo() && index.is_demo() {
        return Ok(());
    }
    Err(Failure::configuration(
        "secrets.master_key_file, secrets.index_key_file: these are keys of a real installation, and the demo has known \
         passwords; unset VOUCHSAFE__SECRETS__MASTER_KEY_FILE and VOUCHSAFE__SECRETS__INDEX_KEY_FILE"
            .to_owned(),
    ))
}

/// Seeds the people and the app once; later runs find them again.
async fn seed(app: &App, data: &Path, app_origin: &str) -> Result<Memory, Failure> {
    let cx = app.cx(super::session::actor());
    let path = data.join("demo.json");
    let memory = match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).map_err(|why| {
            Failure::failed(format!("{} cannot be read ({why}); delete it and its folder", path.display()))
        })?,
        Err(_) => {
            let memory = invent(&cx);
            write_once(&path, &serde_json::to_string_pretty(&memory).map_err(anyhow::Error::from)?)?;
            memory
        }
    };
    let secret = Token::parse(TokenKind::ClientSecret, &memory.client_secret).ok_or_else(|| {
        Failure::failed(format!("{} holds no client secret; delete the folder", path.display()))
    })?;
    clients::ensure(&cx, &demo::registration(app_origin), &secret)
        .await
        .map_err(|why| Failure::failed(format!("the demo app: {why}")))?;
    for person in &memory.people {
        seed_person(&cx, person).await?;
    }
    seed_invitation(&cx).await?;
    for person in memory.people.iter().filter(|person| person.role == Role::Administrator) {
        super::duty::make_owner(&cx, &person.username).await?;
    }
    Ok(memory)
}

/// Somebody who was invited and has not come yet: the mail lies in the demo's mailbox.
async fn seed_invitation(cx: &Cx) -> Result<(), Failure> {
    const WHO: &str = "ida@riverside.example";
    if accounts::find(cx, "ida").await.map_err(anyhow::Error::from)?.is_some() {
        return Ok(());
    }
    let claims = json!({ "name": "Ida Novak", "given_name": "Ida", "family_name": "Novak", "locale": "en" });
    let new = NewInvitation {
        username: Some("ida".to_owned()),
        email: Some(WHO.to_owned()),
        claims: claims.as_object().cloned().unwrap_or_default(),
        client: Some(ClientId::from_text("demo-clinic")),
        ..NewInvitation::of(Role::Patient)
    };
    invitations::invite(cx, new).await.map_err(|why| Failure::failed(format!("ida: {why}")))?;
    Ok(())
}

async fn seed_person(cx: &Cx, person: &Seed) -> Result<(), Failure> {
    if accounts::find(cx, &person.username).await.map_err(anyhow::Error::from)?.is_some() {
        return Ok(());
    }
    let claims = json!({
        "name": person.name,
        "given_name": person.name.split(' ').find(|word| *word != "Dr").unwrap_or_default(),
        "family_name": person.name.split(' ').next_back().unwrap_or_default(),
        "locale": "en",
    });
    let new = accounts::NewAccount {
        username: person.username.clone(),
        email: Some(person.email.clone()),
        role: person.role,
        claims: claims.as_object().cloned().unwrap_or_default(),
        password: Secret::new(person.password.clone()),
        totp: person.totp.clone(),
    };
    accounts::create(cx, new).await.map_err(|why| Failure::failed(format!("{}: {why}", person.username)))?;
    Ok(())
}

fn invent(cx: &Cx) -> Memory {
    let person = |username: &str, name: &str, role, totp| Seed {
        username: username.to_owned(),
        name: name.to_owned(),
        email: format!("{username}@riverside.example"),
        role,
        password: passphrase(&cx.entropy),
        totp,
    };
    Memory {
        client_secret: Token::generate(TokenKind::ClientSecret, &cx.entropy).expose().to_owned(),
        people: vec![
            person("rose", "Rose Adams", Role::Patient, None),
            person("okafor", "Dr Ada Okafor", Role::Clinician, Some(accounts::new_totp_secret(cx))),
            person("sam", "Sam Lindqvist", Role::Administrator, None),
        ],
    }
}

/// Four short words and a number: 30 bits, easy to copy from a terminal and enough on loopback.
fn passphrase(entropy: &Entropy) -> String {
    const WORDS: [&str; 32] = [
        "amber", "birch", "cedar", "cloud", "coral", "delta", "ember", "fern", "field", "frost", "grove",
        "harbor", "hazel", "iris", "juniper", "lake", "linen", "maple", "meadow", "mist", "olive", "opal",
        "pearl", "pine", "plum", "quartz", "reed", "sage", "slate", "stone", "tulip", "willow",
    ];
    let bytes = entropy.bytes::<6>();
    let [a, b, c, d, e, f] = bytes.map(usize::from);
    let word = |i: usize| WORDS.get(i % WORDS.len()).copied().unwrap_or("stone");
    format!("{}-{}-{}-{}-{:03}", word(a), word(b), word(c), word(d), (e * 256 + f) % 1000)
}

async fn serve(app: App, listeners: Listeners, memory: Memory, around: &Around) -> Result<(), Failure> {
    let Listeners { public, app: app_listener, internal, issuer, app_origin } = listeners;
    let internal_url = format!("http://{}", internal.local_addr()?);
    let settings = demo::Settings {
        issuer: issuer.clone(),
        client_id: "demo-clinic".to_owned(),
        client_secret: Some(memory.client_secret.clone()),
        origin: app_origin.clone(),
        now: || Clock::System.now().seconds(),
    };
    let stop = app.stopper();
    let clinic = tokio::spawn(demo::serve(app_listener, settings, async move { stop.cancelled().await }));
    stop_on_signal(&app);
    let people = memory.people.iter().map(|p| Person {
        name: p.name.clone(),
        username: p.username.clone(),
        password: p.password.clone(),
        role: p.role,
        totp: p.totp.clone(),
    });
    let shown = Demo { app: app_origin.clone(), people: people.collect() };
    // The listeners accept already: what is printed can be opened.
    announce(&issuer, &app_origin, &internal_url, &memory, around)?;
    let listeners = crate::app::Listeners { public, internal, certified: None };
    app.serve(listeners, metrics()?, Some(shown)).await?;
    app.close().await;
    clinic.await.map_err(anyhow::Error::from)??;
    Ok(())
}

fn announce(
    issuer: &str,
    app: &str,
    internal: &str,
    memory: &Memory,
    around: &Around,
) -> Result<(), Failure> {
    let mail = format!("{issuer}/dev/mail");
    let key = |totp: &[u8]| crate::factors::totp::Secret::from_slice(totp).map(|s| s.base32());
    if around.json {
        let people: Vec<_> = memory
            .people
            .iter()
            .map(|p| {
                let mut person = serde_json::Map::new();
                person.insert("username".to_owned(), p.username.clone().into());
                person.insert("password".to_owned(), p.password.clone().into());
                person.insert("role".to_owned(), p.role.as_str().into());
                if let Some(key) = p.totp.as_deref().and_then(key) {
                    person.insert("totp_key".to_owned(), key.into());
                }
                Value::Object(person)
            })
            .collect();
        let line =
            json!({ "issuer": issuer, "app": app, "internal": internal, "mail": mail, "people": people });
        return around.put(&line.to_string());
    }
    let mut text = format!(
        "Vouchsafe demo (loopback only, known passwords: never for real people)\n\n  \
         Open the demo app     {app}\n  The provider          {issuer}\n  \
         People and codes      {issuer}/dev/people\n  Caught mail           {mail}\n  \
         Health and metrics    {internal}\n\n"
    );
    for p in &memory.people {
        let second = match (&p.totp, p.role) {
            (Some(_), _) => "code: see People and codes",
            (None, Role::Administrator) => "sets up a passkey at first sign-in",
            (None, Role::Patient | Role::Clinician) => "sets up a second way at first sign-in",
        };
        text.push_str(&format!("  {:<14} {:<8} {:<30} {second}\n", p.role.as_str(), p.username, p.password));
    }
    text.push_str("\nStop with Ctrl-C.");
    around.put(&text)
}
