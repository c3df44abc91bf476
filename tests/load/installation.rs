//! An installation made for the benchmark: its folder, databases, key files, settings and clients.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use vouchsafe::app::{App, context, open_stores};
use vouchsafe::audit::Actor;
use vouchsafe::base::Clock;
use vouchsafe::config::Config;
use vouchsafe::duties::Organisation;
use vouchsafe::flows::{clients, keys};
use vouchsafe::keys::{Algorithm, SigningKey};
use vouchsafe::oidc::pkce::Challenge;

use crate::console;
use crate::options::Stack;
use crate::proved::{Keyed, key_set};

/// The verifier of every authorization request; its challenge goes with the request.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// A service that the first app calls.
pub const RECORDS: &str = "https://records.example/";
/// A service that the records call.
pub const LABS: &str = "https://labs.example/";
/// The grant of token exchange (RFC 8693 §2.1), as a form has it.
pub const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// Where codes are sent; nobody listens there.
pub const CALLBACK: &str = "https://app.example/callback";

/// Servers that `./bench` started.
#[derive(Clone, Debug)]
pub struct Servers {
    /// A database of PostgreSQL that others may be created from.
    pub postgres: String,
    /// Redis, without the number of a database.
    pub redis: String,
}

impl Servers {
    /// As the environment names them.
    pub fn named() -> Result<Self> {
        let named =
            |name: &str| std::env::var(name).with_context(|| format!("{name} is not set; use ./bench"));
        Ok(Self { postgres: named("VOUCHSAFE_BENCH_POSTGRES")?, redis: named("VOUCHSAFE_BENCH_REDIS")? })
    }

    /// Runs SQL at the server itself.
    pub async fn administer(&self, sql: &str) -> Result<()> {
        let mut connection = PgConnection::connect(&self.postgres).await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }
}

/// A client and its proof.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// The line of the `Authorization` header.
    pub authorization: String,
}

/// The registered clients.
#[derive(Clone)]
pub struct Clients {
    /// An app with ID tokens by ES256.
    pub es256: Client,
    /// An app with ID tokens by RS256.
    pub rs256: Client,
    /// A service without people.
    pub service: Client,
    /// A service that is called with tokens of the first app, and calls another.
    pub records: Client,
    /// A service that signs assertions.
    pub signing: Keyed,
    /// An app that signs assertions and its requests, and proves its key.
    pub proving: Keyed,
}

/// A migrated installation.
pub struct Installation {
    /// Which stores.
    pub stack: Stack,
    /// Holds everything that is a file.
    pub folder: PathBuf,
    /// The program measured.
    pub binary: PathBuf,
    /// `localhost:PORT`, the host of the issuer.
    pub host: String,
    /// Ports of the public and of the internal listener.
    pub ports: (u16, u16),
    /// `database.url`.
    pub database: String,
    /// `sessions.url`.
    pub sessions: String,
    servers: Option<Servers>,
    name: String,
}

impl Installation {
    /// Makes folder, databases, key files and settings, and migrates.
    pub async fn make(stack: Stack, people: u64, binary: &Path, work: &Path) -> Result<Self> {
        let servers = (stack == Stack::Servers).then(Servers::named).transpose()?;
        let name = format!("vouchsafe_bench_{people}");
        let folder = work.join(format!("{stack:?}-{people}").to_lowercase());
        // What an interrupted run left.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let (database, sessions) = match &servers {
            None => (format!("sqlite:{}", folder.join("v.sqlite").display()), "embedded".to_owned()),
            Some(servers) => {
                servers.administer(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
                servers.administer(&format!("CREATE DATABASE {name}")).await?;
                let mut url = url::Url::parse(&servers.postgres)?;
                url.set_path(&name);
                (url.to_string(), format!("{}/0", servers.redis))
            }
        };
        let ports = (free_port()?, free_port()?);
        let host = format!("localhost:{}", ports.0);
        let binary = binary.to_owned();
        let made = Self { stack, folder, binary, host, ports, database, sessions, servers, name };
        made.empty_redis().await?;
        std::fs::write(made.folder.join("vouchsafe.toml"), made.settings())?;
        made.command("keys generate --master master.key --index index.key")?;
        made.command("migrate")?;
        Ok(made)
    }

    fn settings(&self) -> String {
        let Self { host, ports, database, sessions, .. } = self;
        format!(
            "issuer = \"http://{host}\"\n[organisation]\nname = \"Riverside Health\"\n\
             [server]\nlisten = \"127.0.0.1:{}\"\ninternal_listen = \"127.0.0.1:{}\"\n\
             trusted_proxies = [\"127.0.0.1\"]\n[database]\nurl = \"{database}\"\n[sessions]\nurl = \"{sessions}\"\n\
             [secrets]\nmaster_key_file = \"master.key\"\nindex_key_file = \"index.key\"\n",
            ports.0, ports.1
        )
    }

    /// The program, about to be run in the folder.
    pub fn program(&self, words: &str) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("VOUCHSAFE_") {
                command.env_remove(name);
            }
        }
        command.args(words.split(' ')).current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    fn command(&self, words: &str) -> Result<()> {
        let done = self.program(words).output().with_context(|| self.binary.display().to_string())?;
        if !done.status.success() {
            bail!("vouchsafe {words}: {}", String::from_utf8_lossy(&done.stderr));
        }
        Ok(())
    }

    /// The settings, for the library.
    pub fn config(&self) -> Result<Config> {
        let text = std::fs::read_to_string(self.folder.join("vouchsafe.toml"))?;
        let path = self.folder.join("absolute.toml");
        let absolute = |name: &str| format!("\"{}\"", self.folder.join(name).display());
        let text = text.replace("\"master.key\"", &absolute("master.key"));
        std::fs::write(&path, text.replace("\"index.key\"", &absolute("index.key")))?;
        let loaded = Config::load(Some(&path), std::iter::empty());
        loaded.map(|loaded| loaded.config).map_err(|problems| anyhow!("{problems:?}"))
    }

    /// Makes the signing keys and the organisations, and registers the clients.
    pub async fn register(&self) -> Result<(Clients, Vec<Organisation>)> {
        let config = self.config()?;
        let stores = open_stores(&config).await?;
        let app = App::compose_beside(config, stores)?;
        let cx = context(&app.services, Actor::Host("bench".to_owned()));
        keys::rotate_by_schedule(&cx).await?;
        let person_facing = |name: &str, algorithm: &str| {
            json!({
                "client_name": name, "redirect_uris": [CALLBACK],
                "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile email",
                "token_endpoint_auth_method": "client_secret_basic", "id_token_signed_response_alg": algorithm,
                "policy": { "consent": "skip", "resources": [RECORDS] },
            })
        };
        let records = json!({
            "client_name": "Records", "grant_types": [EXCHANGE], "scope": "openid profile",
            "token_endpoint_auth_method": "client_secret_basic",
            "policy": { "serves": [RECORDS], "resources": [LABS], "exchange": true },
        });
        let service = json!({
            "client_name": "Service", "grant_types": ["client_credentials"], "scope": "prescriptions",
            "token_endpoint_auth_method": "client_secret_basic",
        });
        let signing = keyed(|keys| {
            json!({
                "client_name": "Signing service", "grant_types": ["client_credentials"], "scope": "prescriptions",
                "token_endpoint_auth_method": "private_key_jwt", "jwks": keys,
            })
        });
        let proving = keyed(|keys| {
            json!({
                "client_name": "App three", "redirect_uris": [CALLBACK], "jwks": keys,
                "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile email",
                "token_endpoint_auth_method": "private_key_jwt", "id_token_signed_response_alg": "ES256",
                "request_object_signing_alg": "ES256", "require_signed_request_object": true,
                "require_pushed_authorization_requests": true, "dpop_bound_access_tokens": true,
                "policy": { "consent": "skip" },
            })
        });
        let mut keyed = Vec::new();
        for (key, document) in [signing?, proving?] {
            let registered = clients::create(&cx, &document).await?;
            keyed.push(Keyed { id: member(&registered, "client_id")?.to_owned(), key });
        }
        let [signing, proving] = <[Keyed; 2]>::try_from(keyed).map_err(|_| anyhow!("two keys"))?;
        let mut made = Vec::new();
        for document in
            [person_facing("App one", "ES256"), person_facing("App two", "RS256"), service, records]
        {
            made.push(client(&clients::create(&cx, &document).await?)?);
        }
        let organisations = console::grow(&cx).await?;
        app.close().await;
        let [es256, rs256, service, records] =
            <[Client; 4]>::try_from(made).map_err(|_| anyhow!("four clients"))?;
        Ok((Clients { es256, rs256, service, records, signing, proving }, organisations))
    }

    /// The id of PostgreSQL's first process; `None` where there is none.
    pub async fn postgres(&self) -> Result<Option<u32>> {
        if self.stack == Stack::Embedded {
            return Ok(None);
        }
        let mut connection = PgConnection::connect(&self.database).await?;
        let id: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        connection.close().await?;
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1));
        Ok(parent.and_then(|text| text.parse().ok()))
    }

    /// Empties the database of Redis that is used.
    async fn empty_redis(&self) -> Result<()> {
        if self.stack == Stack::Servers {
            let mut connection = self.redis().await?;
            redis::cmd("FLUSHDB").exec_async(&mut connection).await?;
        }
        Ok(())
    }

    /// A connection to the session store.
    pub async fn redis(&self) -> Result<redis::aio::MultiplexedConnection> {
        let client = redis::Client::open(self.sessions.as_str())?;
        // To empty it may take a while.
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(60)));
        Ok(client.get_multiplexed_async_connection_with_config(&config).await?)
    }

    /// Removes everything again.
    pub async fn remove(self) -> Result<()> {
        self.empty_redis().await?;
        if let Some(servers) = &self.servers {
            servers.administer(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await?;
        }
        Ok(std::fs::remove_dir_all(&self.folder)?)
    }
}

impl Client {
    /// The path of an authorization request; `more` is added to its query.
    pub fn authorize(&self, more: &str) -> String {
        let challenge = Challenge::of(VERIFIER);
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &self.id)
            .append_pair("redirect_uri", CALLBACK)
            .append_pair("response_type", "code")
            .append_pair("scope", "openid profile email")
            .append_pair("state", "af0ifjsldkj")
            .append_pair("nonce", "n-0S6_WzA2Mj")
            .append_pair("code_challenge", challenge.as_str())
            .append_pair("code_challenge_method", "S256")
            .finish();
        format!("/authorize?{query}{more}")
    }

    /// The form that redeems a code.
    pub fn redemption(code: &str) -> String {
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", CALLBACK)
            .append_pair("code_verifier", VERIFIER)
            .finish()
    }
}

/// A client from the answer to its registration.
fn client(registered: &serde_json::Map<String, Value>) -> Result<Client> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let (id, secret) = (member(registered, "client_id")?, member(registered, "client_secret")?);
    let proof = STANDARD.encode(format!("{id}:{secret}"));
    Ok(Client { id: id.to_owned(), authorization: format!("authorization: Basic {proof}\r\n") })
}

fn member<'a>(registered: &'a serde_json::Map<String, Value>, name: &str) -> Result<&'a str> {
    registered.get(name).and_then(Value::as_str).with_context(|| name.to_owned())
}

/// A key, and the registration that names it.
fn keyed(document: impl FnOnce(Value) -> Value) -> Result<(Arc<SigningKey>, Value)> {
    let (key, _) = SigningKey::generate(Algorithm::Es256, Clock::System.now())?;
    let keys = key_set(&key)?;
    Ok((Arc::new(key), document(keys)))
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
