//! Installs OS packages from the bundle's repository with the host's own apt.

use super::{
    Need, Outcome, StepContext, StepError,
    transient::{self, Job},
};
use crate::{
    ledger::{State, Thing},
    packages::{self, Change, Repository, Simulation},
    plan::PackageName,
};
use manifests::packages::{ServiceName, Wish};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;

/// What a host needs of its system, and who brings it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OsPackages {
    /// Where the packages are.
    pub repository: Repository,
    /// What is needed; what is there in such a version stays.
    pub wishes: Vec<Wish>,
    /// Services of new packages that may start; no other does.
    pub start: Vec<ServiceName>,
    /// How long to wait for another package manager to end, in seconds.
    pub lock_seconds: u64,
}

impl OsPackages {
    pub(super) async fn check(&self, cx: &StepContext<'_>) -> Result<Need, StepError> {
        let found = packages::look(cx.host, &self.wishes).await?;
        Ok(match found.is_nothing() {
            true => Need::Satisfied,
            false => Need::because(found.wanting()),
        })
    }

    pub(super) async fn apply(&self, cx: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        packages::prepare(cx.host, &self.repository).await?;
        let begun = transient::known(cx).is_some_and(|known| known.state == State::Intent);
        if begun {
            // Only it can tell what comes of a host in the middle of it. It may bring
            // more than the earlier try: the bundle or the host can be another by now.
            let ahead = packages::simulate_ending(cx.host, &self.wishes).await?;
            self.run(cx, things(&ahead, &Unsettled::of(cx))).await?;
        }
        let simulation = self.patiently(cx, Whom::Repository).await?;
        let reasons = simulation.obstacles();
        if !reasons.is_empty() {
            return Err(StepError::Packages { host: cx.host.name.clone(), reasons });
        }
        if !simulation.is_nothing() {
            transient::again(cx);
            self.run(cx, things(&simulation, &Unsettled::of(cx))).await?;
        }
        let Unsettled { new, raised } = Unsettled::of(cx);
        packages::settle(cx.host, &new, &self.start).await?;
        let outdated = packages::outdated(cx.host, &raised).await?;
        packages::tidy_up(cx.host).await?;
        self.see(cx).await?;
        cx.confirm().await?;
        // Nothing of the site is restarted behind its back.
        Ok(match outdated.is_empty() {
            true => Outcome::Done,
            false => Outcome::DoneWithWarning(packages::advice(&outdated)),
        })
    }

    /// Done is what the host says, not what we did.
    async fn see(&self, cx: &StepContext<'_>) -> Result<(), StepError> {
        let found = self.patiently(cx, Whom::Books).await?;
        match found.is_nothing() {
            true => Ok(()),
            false => Err(StepError::PackagesGone {
                host: cx.host.name.clone(),
                wanting: found.wanting(),
            }),
        }
    }

    /// Waits for others, as apt does: what they have in their hands looks broken.
    async fn patiently(&self, cx: &StepContext<'_>, whom: Whom) -> Result<Simulation, StepError> {
        let began = Instant::now();
        loop {
            let simulation = match whom {
                Whom::Books => packages::look(cx.host, &self.wishes).await?,
                Whom::Repository => packages::simulate(cx.host, &self.wishes).await?,
            };
            if !simulation.is_moving() || began.elapsed().as_secs() >= self.lock_seconds {
                return Ok(simulation);
            }
            tokio::time::sleep(cx.pause).await;
        }
    }

    async fn run(&self, cx: &mut StepContext<'_>, things: Vec<Thing>) -> Result<(), StepError> {
        let script = packages::script(&self.wishes, self.lock_seconds);
        let before_retry = packages::before_retry(self.lock_seconds);
        // Both wait for dpkg, one after the other.
        let deadline = Duration::from_secs(1200 + 2 * self.lock_seconds);
        let job = Job { script: &script, before_retry: Some(&before_retry), deadline };
        let (host, seconds) = (cx.host.name.clone(), self.lock_seconds);
        transient::run(cx, job, things).await.map_err(|error| match error {
            StepError::Command { status: packages::BUSY, log, .. } => {
                StepError::DpkgBusy { host, seconds, log }
            }
            error => error,
        })
    }
}

/// Who knows the answer.
#[derive(Debug, Clone, Copy)]
enum Whom {
    Books,
    Repository,
}

/// What goes on record before anything changes. What is `known` as new stays so:
/// half installed, it looks as if it were there before.
fn things(simulation: &Simulation, known: &Unsettled) -> Vec<Thing> {
    let new = simulation.install.iter().map(|change| Thing::Package {
        package: change.name.clone(),
        had_settings: simulation.settings_only.contains(&change.name),
    });
    let is_old = |change: &&Change| !known.new.contains(&change.name);
    let raised = simulation.upgrade.iter().filter(is_old).filter_map(|change| {
        let (package, from) = (change.name.clone(), change.from.clone()?);
        Some(Thing::RaisedPackage { package, from, to: change.to.clone() })
    });
    new.chain(raised).collect()
}

/// Packages that this step has changed and not yet finished with.
#[derive(Debug, Default)]
struct Unsettled {
    new: Vec<PackageName>,
    raised: Vec<PackageName>,
}

impl Unsettled {
    fn of(cx: &StepContext<'_>) -> Self {
        let mut all = Self::default();
        for entry in &cx.ledger.ledger.entries {
            let is_ours = entry.step == *cx.step && entry.state == State::Intent;
            match &entry.thing {
                Thing::Package { package, .. } if is_ours => all.new.push(package.clone()),
                Thing::RaisedPackage { package, .. } if is_ours => all.raised.push(package.clone()),
                _ => {}
            }
        }
        all
    }
}
