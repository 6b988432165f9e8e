//! OS packages of a release: for each system and architecture everything that a host
//! may lack, solved against what the hosts have.
//!
//! Promises: all sets of a system go together on one host; what several status files
//! lack is carried together; the answer depends on archives, bases and release alone.

mod base;
mod conflict;
mod error;
mod kept;
mod plan;
mod solve;

pub use base::SiteBase;
pub use error::SystemError;
pub(super) use kept::kept;
pub(super) use plan::{SystemPlan, plan};

use super::Context;
use crate::debian::Archives;
use futures_util::{StreamExt, TryStreamExt, stream};
use manifests::{
    event::Event,
    packages::{LockedIndex, LockedSystem},
};
use std::time::SystemTime;

/// How many architectures are solved at once: each holds all packages of its archives
/// in memory, some hundred MiB for Ubuntu.
const AT_ONCE: usize = 2;

/// Locks every system that is planned. `before` is what an earlier lock saw.
pub(super) async fn lock(
    plans: Vec<SystemPlan>,
    before: &[LockedSystem],
    context: &Context<'_>,
) -> Result<Vec<LockedSystem>, SystemError> {
    if plans.is_empty() {
        return Ok(Vec::new());
    }
    let title = "resolving OS packages".to_owned();
    context.reporter.report(&Event::PhaseStarted { title: title.clone(), items: 0, bytes: None });
    let before: Vec<&LockedIndex> = before.iter().flat_map(|system| &system.indexes).collect();
    let archives = Archives {
        network: context.network,
        cache: context.cache,
        reporter: context.reporter,
        now: SystemTime::now(),
        before: &before,
    };
    let mut locked = Vec::new();
    for plan in plans {
        locked.extend(lock_one(plan, archives).await?);
    }
    context.reporter.report(&Event::PhaseFinished { title });
    Ok(locked)
}

/// One system for all architectures: they are of one word of the archives, so that
/// what is for all of them is the same for each.
async fn lock_one(
    plan: SystemPlan,
    archives: Archives<'_>,
) -> Result<Vec<LockedSystem>, SystemError> {
    let failed = |source| SystemError::archive(&plan.definition.system, source);
    let words = archives.words(&plan.definition).await.map_err(failed)?;
    stream::iter(&plan.tasks)
        .map(|task| async {
            let stock = archives.stock(&words, task.arch).await.map_err(failed)?;
            let task = task.clone();
            // Seconds of work; the threads that drive the network have better to do.
            let solved = tokio::task::spawn_blocking(move || solve::solve(&task, stock)).await;
            solved.expect("solving does not panic")
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await
}
