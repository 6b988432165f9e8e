//! Makes the hosts of a plan ready: each is locked for the run, and its ledger
//! read.

use super::{Engine, EngineError, Locked, StepEvent, lock, recorder::Recorder};
use crate::{
    ledger::LedgerFile,
    plan::{HostName, RunId},
    steps::{Remote, StepError},
};
use futures_util::future::join_all;
use std::collections::BTreeMap;

/// The ledgers of the hosts; a host's own is out while a step works with it.
pub(super) type Ledgers<'a> = BTreeMap<&'a HostName, LedgerFile>;

impl<'a> Engine<'a> {
    /// The hosts of the plan and the ways to them.
    pub(super) fn remotes(&self) -> Result<Vec<Remote<'a>>, EngineError> {
        let way = |name: &HostName| {
            let unknown = || EngineError::UnknownHost { host: name.clone() };
            self.hosts.get(name).ok_or_else(unknown)
        };
        self.plan.hosts().into_iter().map(way).collect()
    }

    /// Takes every lock or none.
    pub(super) async fn lock(
        &self,
        run: &RunId,
        remotes: &[Remote<'a>],
        recorder: &mut Recorder<'_>,
    ) -> Result<(), EngineError> {
        let answers = join_all(remotes.iter().map(|host| self.lock_one(*host, run))).await;
        let refused = answers.into_iter().find_map(Result::err);
        if let Some(error) = refused {
            self.release(run, remotes).await;
            return Err(error);
        }
        for host in remotes {
            recorder.record(&StepEvent::HostLocked { host: host.name.clone() })?;
        }
        Ok(())
    }

    async fn lock_one(&self, host: Remote<'a>, run: &RunId) -> Result<(), EngineError> {
        let failed = |source| unready(host, source);
        if self.break_locks.contains(host.name) {
            lock::break_lock(host).await.map_err(failed)?;
        }
        match lock::take(host, run, self.operator).await.map_err(failed)? {
            Locked::Ours => Ok(()),
            Locked::Held(holder) => Err(EngineError::Locked { host: host.name.clone(), holder }),
        }
    }

    /// Gives all locks back. A host that cannot be asked now keeps its lock; the
    /// same run takes it over, and so does nobody else by accident.
    pub(super) async fn release(&self, run: &RunId, remotes: &[Remote<'a>]) {
        join_all(remotes.iter().map(|host| lock::release(*host, run))).await;
    }

    /// Reads every host's ledger.
    pub(super) async fn ledgers(&self, remotes: &[Remote<'a>]) -> Result<Ledgers<'a>, EngineError> {
        let load = |host: &Remote<'a>| {
            let host = *host;
            async move {
                let ledger = LedgerFile::load(host).await;
                ledger.map(|ledger| (host.name, ledger)).map_err(|source| unready(host, source))
            }
        };
        join_all(remotes.iter().map(load)).await.into_iter().collect()
    }
}

fn unready(host: Remote<'_>, source: StepError) -> EngineError {
    EngineError::Host { host: host.name.clone(), source: Box::new(source) }
}
