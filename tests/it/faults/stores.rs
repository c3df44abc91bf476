//! A store taken away from a provider that runs, whichever it is: the database or the session store behind a proxy, or a file of
//! SQLite that another program holds. What rests on it waits in time, the rest goes on, and what waited leaves nothing behind.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use sqlx::{Connection, SqliteConnection};
use vouchsafe::base::Timestamp;
use vouchsafe::flows::upkeep;

use super::{all_at_once, is_away, postgres_away, redis_away};
use crate::actors::Answer;
use crate::idp::TestIdp;
use crate::installation::Installation;
use crate::servers::{Proxy, Weather, soon};

/// What can be taken away.
pub enum Store<'p> {
    /// The one file of everything, held by another program: it is read, and nothing is written.
    File(String),
    /// The session store alone.
    Sessions(&'p Proxy),
    /// The database.
    Database(&'p Proxy),
}

/// What a request rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rests {
    /// It reads facts.
    Facts,
    /// It changes facts, or the trail.
    Change,
    /// It reads what is remembered for a while.
    Session,
    /// It writes what is remembered for a while, or reads that and changes facts.
    Both,
}

/// A request that is about to be made, and what comes of it where nothing stops it.
pub struct Asked {
    name: &'static str,
    rests: Rests,
    status: u16,
    tells: Option<&'static str>,
    call: Pin<Box<dyn Future<Output = Answer> + Send>>,
}

impl Asked {
    /// A request that is answered with 200.
    pub fn new(
        name: &'static str,
        rests: Rests,
        call: impl Future<Output = Answer> + Send + 'static,
    ) -> Self {
        Self { name, rests, status: 200, tells: None, call: Box::pin(call) }
    }

    /// It is answered with another status.
    pub fn answered(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// It leaves this event in the trail.
    pub fn telling(self, kind: &'static str) -> Self {
        Self { tells: Some(kind), ..self }
    }
}

/// Runs `test` on a provider of its own for each store that can go away.
pub async fn on_each_store(settings: &[(&str, &str)], test: impl AsyncFn(TestIdp, &Store<'_>)) {
    let place = Arc::new(Installation::sqlite(settings));
    let file = format!("sqlite://{}", place.database_file().unwrap().display());
    let idp = TestIdp::start(place).await;
    test(idp.clone(), &Store::File(file)).await;
    idp.stop().await;
    if let Some((idp, proxy)) = redis_away::behind_a_proxy_with(settings).await {
        test(idp.clone(), &Store::Sessions(&proxy)).await;
        idp.stop().await;
    }
    postgres_away::behind_a_proxy_with(settings, async |idp, proxy| {
        test(idp, &Store::Database(proxy)).await;
    })
    .await;
}

impl Store<'_> {
    /// Whether a request waits while this is away.
    pub fn stops(&self, rests: Rests) -> bool {
        match self {
            Self::File(_) => matches!(rests, Rests::Change | Rests::Both),
            Self::Sessions(_) => matches!(rests, Rests::Session | Rests::Both),
            Self::Database(_) => true,
        }
    }

    /// Takes it away in a way that leaves nothing in doubt while something is done: connections are refused, a lock is held.
    pub async fn refuses<T>(&self, idp: &TestIdp, meanwhile: impl AsyncFnOnce() -> T) -> T {
        match self {
            Self::File(url) => {
                idp.advance(2);
                let mut holder = SqliteConnection::connect(url).await.unwrap();
                sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();
                let done = meanwhile().await;
                sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
                holder.close().await.unwrap();
                done
            }
            Self::Sessions(proxy) | Self::Database(proxy) => {
                under(proxy, Weather::Refusing, idp, meanwhile).await
            }
        }
    }

    /// Makes these requests while it is away, once: those that rest on it are told to come again, the others are answered as
    /// ever, and the trail holds nothing but what those leave there. What was answered.
    pub async fn meets(&self, idp: &TestIdp, asked: Vec<Asked>) -> Vec<(&'static str, Answer)> {
        let mark = idp.mark().await;
        let (answered, may) = self.refuses(idp, async || self.judged(asked).await).await;
        told_at_most(idp, mark, &may).await;
        answered
    }

    /// As [`Self::meets`], and again while it is silent, where it can be: whatever is asked then may be done in the dark, and
    /// must be something that can be asked again.
    pub async fn away(&self, idp: &TestIdp, asks: impl Fn() -> Vec<Asked>) -> Vec<(&'static str, Answer)> {
        let mut answered = self.meets(idp, asks()).await;
        if let Self::Sessions(proxy) | Self::Database(proxy) = self {
            let mark = idp.mark().await;
            let (more, may) = under(proxy, Weather::Silent, idp, async || self.judged(asks()).await).await;
            told_at_most(idp, mark, &may).await;
            answered.extend(more);
        }
        answered
    }

    /// Makes requests all at once; those that were answered, and how often each event may stand in the trail by them.
    async fn judged(
        &self,
        asked: Vec<Asked>,
    ) -> (Vec<(&'static str, Answer)>, BTreeMap<&'static str, usize>) {
        let (mut wanted, mut calls) = (BTreeMap::new(), Vec::new());
        for Asked { name, rests, status, tells, call } in asked {
            assert!(wanted.insert(name, (rests, status, tells)).is_none(), "{name} twice");
            calls.push((name, call));
        }
        let (mut answered, mut may) = (Vec::new(), BTreeMap::new());
        for (name, answer) in all_at_once(calls).await {
            let (rests, status, tells) = wanted[name];
            if self.stops(rests) {
                is_away(name, &answer);
                continue;
            }
            assert_eq!(answer.status, status, "{name}: {answer:?}");
            answered.push((name, answer));
            if let Some(kind) = tells {
                *may.entry(kind).or_default() += 1;
            }
        }
        (answered, may)
    }
}

/// Does something in a weather; when it is fair again, waits until everything is found again.
async fn under<T>(proxy: &Proxy, weather: Weather, idp: &TestIdp, meanwhile: impl AsyncFnOnce() -> T) -> T {
    proxy.turns(weather);
    // Nothing that is remembered for a second counts any more.
    idp.advance(2);
    let done = meanwhile().await;
    proxy.turns(Weather::Fair);
    soon("the store", async || {
        let parts = upkeep::readiness(&idp.app.services).await;
        parts.iter().all(|(_, word)| *word != "away")
    })
    .await;
    done
}

/// Insists that the trail holds no more than this since a mark.
async fn told_at_most(idp: &TestIdp, mark: Timestamp, may: &BTreeMap<&'static str, usize>) {
    for (kind, count) in idp.counts_since(mark).await {
        assert!(count <= may.get(kind).copied().unwrap_or_default(), "{count} times {kind}: {may:?}");
    }
}
