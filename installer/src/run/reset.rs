//! Undoes an installation: workers first, each host by its own ledger, under
//! its lock.

use super::{Interrupts, RunError};
use crate::{
    engine::{EngineError, Locked, break_lock, release, take},
    ledger::{Leaves, LedgerFile, ResetReport, plan_reset, reset},
    plan::{HostName, PackageName, RunId},
    steps::{Hosts, Remote, StepError},
};
use futures_util::{
    StreamExt,
    stream::{self, TryStreamExt},
};
use manifests::event::Reporter;
use std::collections::BTreeSet;

/// What may be undone beside the ledgers.
#[derive(Debug, Clone, Default)]
pub struct ResetScope {
    /// What the release's components leave behind.
    pub leaves: Leaves,
    /// The packages of the bundle; no other is removed.
    pub packages: BTreeSet<PackageName>,
}

/// Everything that one call needs.
#[derive(Debug, Clone, Copy)]
pub struct Resetting<'a> {
    /// The ways to the hosts.
    pub hosts: &'a Hosts,
    /// What may be undone.
    pub scope: &'a ResetScope,
    /// Who holds the locks meanwhile.
    pub run: &'a RunId,
    /// The person behind it.
    pub operator: &'a str,
    /// Hosts whose lock is broken, whoever holds it.
    pub break_locks: &'a [HostName],
    /// At most so many hosts at once.
    pub parallel: usize,
    /// Hears of what is undone.
    pub reporter: &'a dyn Reporter,
}

/// What was done on one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostReset {
    /// The host.
    pub host: HostName,
    /// What was undone and what was kept.
    pub report: ResetReport,
}

/// What was done on all hosts.
pub type Reset = Vec<HostReset>;

impl Resetting<'_> {
    /// Resets each group of hosts when the one before is done. An interrupt is
    /// heeded at once: what was undone has left the ledgers, so the next call
    /// goes on.
    pub async fn go(
        &self,
        groups: &[Vec<HostName>],
        interrupts: &mut Interrupts,
    ) -> Result<Reset, RunError> {
        let done = {
            let mut working = std::pin::pin!(self.groups(groups));
            tokio::select! {
                biased;
                done = &mut working => Some(done),
                Some(()) = interrupts.recv() => None,
            }
        };
        if done.is_none() {
            for host in groups.iter().flatten().filter_map(|name| self.hosts.get(name)) {
                // A host that cannot be asked now keeps the lock of this run.
                let _ = release(host, self.run).await;
            }
        }
        done.unwrap_or(Err(RunError::Interrupted))
    }

    async fn groups(&self, groups: &[Vec<HostName>]) -> Result<Reset, RunError> {
        let mut all = Vec::new();
        for group in groups {
            let work = group.iter().map(|name| self.host(name));
            let of_group: Vec<HostReset> =
                stream::iter(work).buffered(self.parallel.max(1)).try_collect().await?;
            all.extend(of_group);
        }
        Ok(all)
    }

    async fn host(&self, name: &HostName) -> Result<HostReset, RunError> {
        let unknown = || EngineError::UnknownHost { host: name.clone() };
        let host = self.hosts.get(name).ok_or_else(unknown)?;
        let failed = |source| unreset(name, source);
        self.lock(host).await?;
        let done = self.undo(host).await;
        let released = release(host, self.run).await;
        let report = done.map_err(failed)?;
        released.map_err(failed)?;
        Ok(HostReset { host: name.clone(), report })
    }

    async fn lock(&self, host: Remote<'_>) -> Result<(), RunError> {
        let failed = |source| unreset(host.name, source);
        if self.break_locks.contains(host.name) {
            break_lock(host).await.map_err(failed)?;
        }
        match take(host, self.run, self.operator).await.map_err(failed)? {
            Locked::Ours => Ok(()),
            Locked::Held(holder) => {
                Err(EngineError::Locked { host: host.name.clone(), holder }.into())
            }
        }
    }

    async fn undo(&self, host: Remote<'_>) -> Result<ResetReport, StepError> {
        let mut ledger = LedgerFile::load(host).await?;
        let actions = plan_reset(&ledger.ledger, &self.scope.leaves, &self.scope.packages);
        reset(host, &mut ledger, Some(self.run), &actions, self.reporter).await
    }
}

fn unreset(host: &HostName, source: StepError) -> RunError {
    RunError::Reset { host: host.clone(), source: Box::new(source) }
}
