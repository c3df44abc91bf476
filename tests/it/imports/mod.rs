//! People brought from elsewhere by a list: looked at, staged, worked off, and signing in afterwards.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod bringers;
mod hashes;
mod jobs;
mod looks;

use std::time::{Duration, Instant};

use vouchsafe::base::{ImportId, OrganisationId};
use vouchsafe::duties::Action;
use vouchsafe::flows::Cx;
use vouchsafe::flows::admin::{self, AdminActor};
use vouchsafe::flows::imports::{self, Job, Options};
use vouchsafe::store::accounts;

use crate::idp::TestIdp;

/// A list of `count` patients with ids of the other system.
pub fn patients(count: usize) -> String {
    let rows = (0..count).map(|i| format!("ext-{i};p{i};p{i}@elsewhere.example;patient;Person {i}\r\n"));
    "external_id;username;email;role;name\r\n".to_owned() + &rows.collect::<String>()
}

/// Whoever brings lists at the host.
pub async fn bringer(cx: &Cx) -> AdminActor {
    let who = admin::at_host(cx);
    admin::authorise(cx, &who, Action::ImportRun, &OrganisationId::root()).await.unwrap()
}

impl TestIdp {
    /// Stages a list and says go.
    pub async fn brings(&self, list: &str) -> ImportId {
        let cx = self.operator();
        let actor = bringer(&cx).await;
        let (id, _) = imports::stage(&cx, &actor, list.as_bytes(), &Options::default()).await.unwrap();
        imports::apply(&cx, &actor, &id).await.unwrap();
        id
    }

    /// How far a list has come.
    pub async fn import(&self, id: &ImportId) -> Job {
        let cx = self.operator();
        imports::status(&cx, &bringer(&cx).await, id).await.unwrap()
    }

    /// Waits until the nodes have worked a list off.
    pub async fn worked_off(&self, id: &ImportId) -> Job {
        let begun = Instant::now();
        loop {
            let job = self.import(id).await;
            if job.state.is_over() {
                return job;
            }
            assert!(begun.elapsed() < Duration::from_secs(540), "still at {job:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How many people there are.
    pub async fn people(&self) -> usize {
        accounts::list(&self.app.services.store, None, 100_000).await.unwrap().len()
    }
}

/// Created, skipped and failed.
pub fn counts(job: &Job) -> (i64, i64, i64) {
    assert_eq!(job.done, job.created + job.skipped + job.failed);
    (job.created, job.skipped, job.failed)
}
