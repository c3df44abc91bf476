//! Where data lives: URLs of databases and of the session store, which may hold passwords and never show them.

use std::fmt;

use url::Url;

use super::value::{Kind, Setting};
use crate::base::Secret;

/// The schema of the key store when it shares a PostgreSQL database.
pub const KEYS_SCHEMA: &str = "vouchsafe_keys";

/// Which SQL engine a URL names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// One file on this machine.
    Sqlite,
    /// A server.
    Postgres,
}

/// `sqlite:path` or `postgres://…`. `Display` and `Debug` hide the password.
#[derive(Clone)]
pub struct DatabaseUrl {
    text: Secret<String>,
    engine: Engine,
}

impl DatabaseUrl {
    /// The engine the URL names.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The URL with its password, for the driver only.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// Where the key store lies unless `keys.url` says otherwise: a sibling file, or a schema of the same database.
    pub fn beside(&self) -> Self {
        let text = self.text.expose();
        let text = match self.engine {
            Engine::Sqlite => sibling(text),
            Engine::Postgres => {
                let glue = if text.contains('?') { '&' } else { '?' };
                format!("{text}{glue}options[search_path]={KEYS_SCHEMA}")
            }
        };
        Self { text: Secret::new(text), engine: self.engine }
    }
}

/// `sqlite:a/b.sqlite?x` becomes `sqlite:a/b-keys.sqlite?x`.
fn sibling(url: &str) -> String {
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let name = path.rfind(['/', ':']).map_or(0, |at| at + 1);
    let dot = path.rfind('.').filter(|dot| *dot > name).unwrap_or(path.len());
    let (stem, extension) = path.split_at(dot);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{stem}-keys{extension}{query}")
}

impl Setting for DatabaseUrl {
    const KIND: Kind = Kind::Url;
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let engine = match text.split_once(':') {
            Some(("sqlite", path)) => sqlite_path(path).map(|()| Engine::Sqlite)?,
            Some(("postgres" | "postgresql", _)) => postgres(text).map(|()| Engine::Postgres)?,
            _ => {
                return Err(
                    "must begin with `sqlite:` or `postgres://`, e.g. sqlite:vouchsafe.sqlite".to_owned()
                );
            }
        };
        Ok(Self { text: Secret::new(text.to_owned()), engine })
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

fn sqlite_path(path: &str) -> Result<(), String> {
    let path = path.split('?').next().unwrap_or_default();
    match path.trim_start_matches('/') {
        "" => Err("names no file; write e.g. sqlite:/var/lib/vouchsafe/vouchsafe.sqlite".to_owned()),
        ":memory:" => Err("must be a file: what is kept in memory is lost at the next restart".to_owned()),
        _ => Ok(()),
    }
}

fn postgres(text: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|e| {
        format!("is no URL ({e}); write postgres://user:password@host/database, special characters as %XX")
    })?;
    if url.path().len() < 2 {
        return Err("names no database; write postgres://user:password@host/database".to_owned());
    }
    Ok(())
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redacted(self.text.expose()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// Where sessions, sign-ins and codes live: a table of the database, or Redis.
#[derive(Clone, Debug)]
pub enum SessionsUrl {
    /// A table in `database.url`.
    Embedded,
    /// One Redis server, or a cluster.
    Redis(RedisUrl),
}

/// A Redis URL. `Display` and `Debug` hide the password.
#[derive(Clone)]
pub struct RedisUrl {
    text: Secret<String>,
    nodes: Vec<Secret<String>>,
    cluster: bool,
}

impl RedisUrl {
    /// Whether the nodes form a cluster.
    pub fn is_cluster(&self) -> bool {
        self.cluster
    }

    /// The URL as it was written, with its password.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// One `redis://` or `rediss://` URL a node, with the password, as the client wants them; never empty.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(|node| node.expose().as_str())
    }

    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            "must be `embedded`, redis://[:password@]host[:port][/db], rediss://… (TLS), or \
             redis-cluster://host1,host2 or rediss-cluster://…"
                .to_owned()
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let (scheme, cluster) = match scheme {
            "redis" | "rediss" => (scheme, false),
            "redis-cluster" => ("redis", true),
            "rediss-cluster" => ("rediss", true),
            _ => return Err(wrong()),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (user, hosts) = authority.rsplit_once('@').map_or(("", authority), |(user, hosts)| (user, hosts));
        let at = if user.is_empty() { "" } else { "@" };
        let nodes: Vec<String> =
            hosts.split(',').map(|host| format!("{scheme}://{user}{at}{host}{tail}")).collect();
        if nodes.len() > 1 && !cluster {
            return Err("names several hosts; a cluster is written redis-cluster://host1,host2".to_owned());
        }
        for node in &nodes {
            let url = Url::parse(node).map_err(|e| format!("is no URL ({e}); special characters as %XX"))?;
            if url.host_str().is_none_or(str::is_empty) {
                return Err("lacks a host, e.g. redis://127.0.0.1:6379".to_owned());
            }
        }
        let nodes = nodes.into_iter().map(Secret::new).collect();
        Ok(Self { text: Secret::new(text.to_owned()), nodes, cluster })
    }
}

impl Setting for SessionsUrl {
    const KIND: Kind = Kind::Url;
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "embedded" => Ok(Self::Embedded),
            text => RedisUrl::parse(text).map(Self::Redis),
        }
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl fmt::Display for SessionsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::Redis(url) => url.fmt(f),
        }
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redacted(self.text.expose()))
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({self})")
    }
}

/// The URL with `***` for the password, wherever one may stand; hides too much rather than too little.
pub fn redacted(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let rest = match rest.rsplit_once('@') {
        None => rest.to_owned(),
        Some((user, hosts)) => match user.split_once(':') {
            Some((name, _)) => format!("{name}:***@{hosts}"),
            None => format!("{user}@{hosts}"),
        },
    };
    let rest = match rest.split_once('?') {
        None => rest,
        Some((head, query)) => {
            let hide = |pair: &str| match pair.split_once('=') {
                Some((name, _)) if name.to_lowercase().contains("pass") => format!("{name}=***"),
                _ => pair.to_owned(),
            };
            format!("{head}?{}", query.split('&').map(hide).collect::<Vec<_>>().join("&"))
        }
    };
    if scheme.is_empty() { rest } else { format!("{scheme}://{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_store_lies_beside_the_database() {
        let table = [
            ("sqlite:vouchsafe.sqlite", "sqlite:vouchsafe-keys.sqlite"),
            ("sqlite:/a.b/data", "sqlite:/a.b/data-keys"),
            ("sqlite:///a/b.db?mode=rwc", "sqlite:///a/b-keys.db?mode=rwc"),
            ("sqlite:.hidden", "sqlite:.hidden-keys"),
            ("postgres://u:p@h/db", "postgres://u:p@h/db?options[search_path]=vouchsafe_keys"),
            (
                "postgres://h/db?sslmode=require",
                "postgres://h/db?sslmode=require&options[search_path]=vouchsafe_keys",
            ),
        ];
        for (url, keys) in table {
            assert_eq!(DatabaseUrl::parse(url).unwrap().beside().expose(), keys);
        }
    }

    #[test]
    fn databases_that_cannot_work_are_refused_without_repeating_a_password() {
        for bad in [
            "",
            "mysql://u:hunter2@h/db",
            "sqlite:",
            "sqlite::memory:",
            "sqlite://?mode=memory",
            "postgres://u:hunter2@h",
            "postgres://u:hunter2@h:port/db",
        ] {
            let error = DatabaseUrl::parse(bad).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn sessions_live_in_the_database_or_in_redis() {
        let nodes = |text: &str| match SessionsUrl::parse(text) {
            Ok(SessionsUrl::Redis(url)) => url.nodes().map(str::to_owned).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert!(matches!(SessionsUrl::parse("embedded"), Ok(SessionsUrl::Embedded)));
        assert_eq!(nodes("redis://h:6379/2"), ["redis://h:6379/2"]);
        assert_eq!(nodes("rediss-cluster://:p@h1:1,h2:2"), ["rediss://:p@h1:1", "rediss://:p@h2:2"]);
        for bad in
            ["", "redis", "redis://", "redis://h1,h2", "http://h", "redis-cluster://h1,,h2", "redis://h:x"]
        {
            assert!(SessionsUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        let table = [
            ("postgres://u:hunter2@h/db", "postgres://u:***@h/db"),
            ("postgres://u:hun@ter2@h/db", "postgres://u:***@h/db"),
            ("postgres://u@h/db?password=hunter2&x=1", "postgres://u@h/db?password=***&x=1"),
            ("redis://:hunter2@h", "redis://:***@h"),
            ("sqlite:a.sqlite", "sqlite:a.sqlite"),
        ];
        for (url, shown) in table {
            assert_eq!(redacted(url), shown);
        }
        assert_eq!(
            format!("{:?}", DatabaseUrl::parse("postgres://u:hunter2@h/db").unwrap()),
            "DatabaseUrl(postgres://u:***@h/db)"
        );
    }
}
