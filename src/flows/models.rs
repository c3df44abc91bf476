//! What is known of models of passkeys and security keys: the FIDO metadata file, read at start and again when it
//! changes, and what follows from it for somebody's keys.

use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::SystemTime;

use super::{Cx, policies};
use crate::base::{AccountId, Amr, ClientId, FactorId, Timestamp};
use crate::config::Config;
use crate::factors::metadata::{Metadata, Root, Unusable};
use crate::factors::model::{Aaguid, Model};
use crate::factors::{FactorKind, assurance};
use crate::oidc::token::Entitlement;
use crate::policy::models::{self as lists, Unfit};
use crate::store::factors::{self, FactorRow};
use crate::store::{self, accounts, metadata};

/// Why a metadata file is not used. Each says which file, why, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// A file cannot be read.
    #[error(
        "{key}: cannot read {path} ({why}): see that it is there and that the service's user may read it"
    )]
    Unreadable {
        /// The setting.
        key: &'static str,
        /// The file.
        path: String,
        /// What the system says.
        why: String,
    },
    /// It was read and will not do.
    #[error("webauthn.metadata_file: {path} cannot be used: {why}")]
    Unusable {
        /// The file.
        path: String,
        /// Why.
        why: Unusable,
    },
    /// A newer one was read before.
    #[error(
        "webauthn.metadata_file: {path} is number {number}, and number {seen} was read before: somebody put an older \
         file in its place. Download the newest from https://mds3.fidoalliance.org/"
    )]
    RolledBack {
        /// The file.
        path: String,
        /// Its number.
        number: i64,
        /// The highest number read.
        seen: i64,
    },
    /// Another node has read a newer one.
    #[error(
        "webauthn.metadata_file: {path} is number {number}, and another node has read number {newest}: until this node has \
         that file as well it lets no key count whose model was told"
    )]
    Outdated {
        /// The file.
        path: String,
        /// Its number.
        number: i64,
        /// The highest number read.
        newest: i64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Trouble {
    /// The setting it is about.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Unreadable { key, .. } => key,
            Self::Unusable { .. } | Self::RolledBack { .. } | Self::Outdated { .. } | Self::Store(_) => {
                "webauthn.metadata_file"
            }
        }
    }
}

/// A file as it was read, and below which root.
pub struct Read {
    /// What it says.
    pub metadata: Metadata,
    /// The fingerprint of the root.
    pub root: String,
}

/// Reads and verifies the file of the settings; `None` where none is named. Looks at nothing else, and keeps nothing.
pub fn read(config: &Config, now: Timestamp) -> Result<Option<Read>, Trouble> {
    let Some(path) = &config.webauthn.metadata_file else { return Ok(None) };
    let unusable = |why| Trouble::Unusable { path: path.display().to_string(), why };
    let root = match &config.webauthn.metadata_root_file {
        Some(path) => Root::from_pem(&contents("webauthn.metadata_root_file", path)?),
        None => Root::fido(),
    };
    let root = root.map_err(unusable)?;
    let metadata =
        Metadata::read(&contents("webauthn.metadata_file", path)?, &root, now).map_err(unusable)?;
    Ok(Some(Read { metadata, root: root.fingerprint() }))
}

fn contents(key: &'static str, path: &Path) -> Result<Vec<u8>, Trouble> {
    std::fs::read(path).map_err(|why| Trouble::Unreadable {
        key,
        path: path.display().to_string(),
        why: why.to_string(),
    })
}

/// Whether a file is older than one that was read before, as commands look at it; notes nothing.
pub async fn rolled_back(cx: &Cx, read: &Read) -> Result<Option<i64>, store::Error> {
    let highest = metadata::highest(&cx.store, &read.root).await?;
    Ok(highest.filter(|highest| *highest > read.metadata.number))
}

/// Length and time of a file: another one is read.
type Stamp = Option<(u64, SystemTime)>;

#[derive(Default)]
struct Kept {
    /// Of the file that was read last, whether it would do or not.
    stamp: Stamp,
    metadata: Option<Arc<Metadata>>,
    /// Below which root it was read.
    root: String,
    /// The highest number any node has read below that root, as of the last look.
    newest: i64,
}

/// The metadata in force.
#[derive(Default)]
pub struct Models {
    kept: RwLock<Kept>,
}

impl Models {
    /// What the file says; `None` where there is none.
    pub fn metadata(&self) -> Option<Arc<Metadata>> {
        self.kept.read().ok().and_then(|kept| kept.metadata.clone())
    }

    /// What its maker calls a model; nothing where nobody knows.
    pub fn known(&self, aaguid: Aaguid) -> Option<String> {
        self.metadata()?.name(aaguid).map(str::to_owned)
    }

    /// The number of this node's file and of the newest one, where another node has read a newer file.
    pub fn outdated(&self) -> Option<(i64, i64)> {
        let kept = self.kept.read().ok()?;
        let number = kept.metadata.as_ref()?.number;
        (number < kept.newest).then_some((number, kept.newest))
    }

    /// Insists that enough is known to judge a model: where another node knows more, nothing is.
    pub fn insist(&self, model: &Model) -> Result<(), store::Error> {
        match self.outdated().filter(|_| model.aaguid.is_some()) {
            Some((number, newest)) => Err(store::Error::Unavailable(format!(
                "the FIDO metadata file is number {number}, and another node has read number {newest}"
            ))),
            None => Ok(()),
        }
    }

    /// What its maker calls a model; its AAGUID where nobody knows.
    pub fn name(&self, aaguid: Aaguid) -> String {
        self.known(aaguid).unwrap_or_else(|| aaguid.to_string())
    }

    /// What the trail says of a key's model.
    pub fn told(&self, kind: FactorKind, model: &Model) -> serde_json::Value {
        serde_json::json!({
            "kind": kind,
            "aaguid": model.aaguid,
            "attested": model.attested,
            "reported": self.distrusted(model),
        })
    }

    /// The report that takes a model out of use.
    pub fn distrusted(&self, model: &Model) -> Option<&'static str> {
        self.metadata()?.distrusted(model.aaguid?)
    }
}

/// Reads the file again if it changed, and looks whether another node has read a newer one. One that will not do leaves the last
/// good one in force, and is looked at again when it changes once more.
pub async fn refresh(cx: &Cx) -> Result<(), Trouble> {
    let Some(path) = cx.config.webauthn.metadata_file.clone() else { return Ok(()) };
    let stamp = std::fs::metadata(&path).ok().and_then(|found| Some((found.len(), found.modified().ok()?)));
    if stamp.is_some() && cx.models.kept.read().is_ok_and(|kept| kept.stamp == stamp) {
        return compare(cx, &path).await;
    }
    let (services, now) = (cx.services.clone(), cx.now);
    let read = tokio::task::spawn_blocking(move || read(&services.config, now)).await;
    let outcome = match read {
        Ok(Ok(Some(read))) => {
            let root = read.root.clone();
            noted(cx, &path, read).await.map(|metadata| (metadata, root))
        }
        Ok(Ok(None)) => return Ok(()),
        Ok(Err(why)) => Err(why),
        Err(_) => Err(Trouble::Unusable {
            path: path.display().to_string(),
            why: Unusable::Malformed("reading it failed"),
        }),
    };
    // A store that is away says nothing of the file: it is read again.
    let is_read = !matches!(outcome, Err(Trouble::Store(_)));
    if let (true, Ok(mut kept)) = (is_read, cx.models.kept.write()) {
        kept.stamp = stamp;
        if let Ok((metadata, root)) = &outcome {
            (kept.metadata, kept.root) = (Some(metadata.clone()), root.clone());
        }
    }
    let compared = compare(cx, &path).await;
    outcome?;
    compared
}

/// Looks whether another node has read a newer file than this one.
async fn compare(cx: &Cx, path: &Path) -> Result<(), Trouble> {
    let root = cx.models.kept.read().map(|kept| kept.root.clone()).unwrap_or_default();
    let newest = metadata::highest(&cx.store, &root).await?.unwrap_or_default();
    if let Ok(mut kept) = cx.models.kept.write() {
        kept.newest = newest;
    }
    match cx.models.outdated() {
        Some((number, newest)) => Err(Trouble::Outdated { path: path.display().to_string(), number, newest }),
        None => Ok(()),
    }
}

/// Notes the number of a file that was read, and refuses one that is older than another.
async fn noted(cx: &Cx, path: &Path, read: Read) -> Result<Arc<Metadata>, Trouble> {
    let number = read.metadata.number;
    let change = (read.root, number, cx.now);
    let seen = cx.store.write(change, |w, (root, number, now)| {
        Box::pin(async move { metadata::read(w, root, *number, *now).await })
    });
    let seen = seen.await?;
    if seen > number {
        return Err(Trouble::RolledBack { path: path.display().to_string(), number, seen });
    }
    let metadata = read.metadata;
    let (models, next) = (metadata.models.len(), metadata.next_update.as_str());
    if metadata.is_stale(cx.now) {
        tracing::warn!(number, models, next, "the FIDO metadata file is out of date: a newer one is out");
    } else {
        tracing::info!(number, models, next, "the FIDO metadata file was read");
    }
    Ok(Arc::new(metadata))
}

/// Every factor of an account, oldest first; keys of models that are out of use say so.
pub async fn factors_of(cx: &Cx, account: &AccountId) -> Result<Vec<FactorRow>, store::Error> {
    let mut rows = factors::of_account(&cx.store, account).await?;
    if let Some(metadata) = cx.models.metadata() {
        for row in &mut rows {
            cx.models.insist(&row.model)?;
            row.distrusted = row.model.aaguid.and_then(|aaguid| metadata.distrusted(aaguid));
        }
    }
    Ok(rows)
}

/// Why a key does not count, by its model: for what was reported of it, or for what a policy says.
pub fn unfit(row: &FactorRow, models: &lists::Models) -> Option<Unfit> {
    match row.distrusted {
        Some(_) => Some(Unfit::OutOfUse),
        None => models.judge(&row.model).err(),
    }
}

/// Why what was granted does not hold any more: a key it rests on does not count, and without it its level is not reached. A grant
/// from before proofs were kept may rest on any key of its person.
pub async fn unmade(cx: &Cx, e: &Entitlement) -> Result<Option<Unfit>, store::Error> {
    if !e.assurance.amr.contains(&Amr::Pop) {
        return Ok(None);
    }
    let Some(account) = accounts::find(&cx.store, &e.account).await? else { return Ok(None) };
    let client = ClientId::from_text(&e.client);
    let rule = policies::effective(cx, account.role, Some(&client)).await?;
    let rows = factors_of(cx, &e.account).await?;
    let keys = rows.iter().filter(|row| row.kind.is_webauthn());
    let unfit: Vec<_> = keys.filter_map(|row| Some((&row.id, unfit(row, &rule.models)?))).collect();
    let of = |factor: &FactorId| unfit.iter().find(|(id, _)| *id == factor).map(|(_, why)| *why);
    if e.proofs.is_empty() {
        return Ok(unfit.first().map(|(_, why)| *why));
    }
    let counted: Vec<_> = e.proofs.iter().filter(|proof| of(&proof.factor).is_none()).cloned().collect();
    let holds = assurance(&counted).is_some_and(|left| left.acr >= e.assurance.acr);
    Ok(e.proofs.iter().find_map(|proof| of(&proof.factor)).filter(|_| !holds))
}
