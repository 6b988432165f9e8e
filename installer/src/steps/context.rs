//! What a step is given.

use super::{Artifacts, Remote, StepError};
use crate::{
    ledger::{LedgerFile, Thing},
    plan::{HostName, RunId, StepId},
    transport::Transport,
};
use manifests::event::Reporter;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// The ways to all hosts of a run.
#[derive(Debug, Clone, Default)]
pub struct Hosts(BTreeMap<HostName, Arc<dyn Transport>>);

impl Hosts {
    /// Hosts by their names.
    pub fn new(hosts: impl IntoIterator<Item = (HostName, Arc<dyn Transport>)>) -> Self {
        Self(hosts.into_iter().collect())
    }

    /// One host.
    pub fn get(&self, name: &HostName) -> Option<Remote<'_>> {
        let (name, transport) = self.0.get_key_value(name)?;
        Some(Remote { name, transport: &**transport })
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = Remote<'_>> {
        self.0.iter().map(|(name, transport)| Remote { name, transport: &**transport })
    }
}

/// Everything a step may use.
#[derive(Debug)]
pub struct StepContext<'a> {
    /// The step.
    pub step: &'a StepId,
    /// The host it works on.
    pub host: Remote<'a>,
    /// What we placed there so far.
    pub ledger: &'a mut LedgerFile,
    /// The other hosts, for what has to be carried between them.
    pub hosts: &'a Hosts,
    /// The bytes of the bundle.
    pub artifacts: &'a dyn Artifacts,
    /// The run, as the lock on the host names it; none when only looking.
    pub run: Option<&'a RunId>,
    /// Hears of uploads.
    pub reporter: &'a dyn Reporter,
    /// How long to wait between two looks at something that takes its time.
    pub pause: Duration,
}

impl StepContext<'_> {
    /// Notes what is about to be placed, on the host, before it is.
    pub(crate) async fn intend(
        &mut self,
        things: impl IntoIterator<Item = Thing>,
    ) -> Result<(), StepError> {
        for thing in things {
            self.ledger.ledger.intend(self.step, thing);
        }
        self.ledger.save(self.host, self.run).await
    }

    /// Notes that all of it is there.
    pub(crate) async fn confirm(&mut self) -> Result<(), StepError> {
        self.ledger.ledger.confirm(self.step);
        self.ledger.save(self.host, self.run).await
    }
}
