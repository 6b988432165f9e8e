//! `preflight`: are the hosts ready for this bundle?

use super::{
    CommandError,
    arguments::TrustArguments,
    cluster::{ClusterArguments, runtime},
};
use crate::{
    facts::survey,
    packages::Carried,
    preflight::{Appetite, Needs, Rehearsing, Report, accepted, preflight, problems, summary},
};
use clap::Args;
use console::Console;
use std::path::PathBuf;

/// Check that the hosts are ready for a bundle
///
/// Changes nothing on any host. Each problem is shown with what to do about it; failures have to
/// be put right, warnings can be acknowledged.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    cluster: ClusterArguments,

    /// The bundle that shall be installed, or a folder or volumes that hold it
    #[arg(long, value_name = "BUNDLE", required = true)]
    bundle: Vec<PathBuf>,

    /// Acknowledge the warnings of a check, such as `cgroup`; can be given several times
    #[arg(long, value_name = "CHECK")]
    accept: Vec<String>,
    #[command(flatten)]
    trust: TrustArguments,
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let accepted = accepted(&self.accept)?;
        let cluster = self.cluster.read()?;
        let bundle = self.trust.keys()?.open_one(&self.bundle, console)?;
        let lockfile = bundle.lockfile()?;
        let appetite = Appetite::of(&lockfile, bundle.file_size());
        let reaches = self.cluster.reaches(&cluster, console)?;
        let connector = self.cluster.connector(console);
        let asking = survey(&connector, &reaches, self.cluster.parallel.get());
        let runtime = runtime()?;
        let gathered = runtime.block_on(asking);
        let repositories = &Carried::read(std::slice::from_ref(&bundle))?;
        let rehearsing = Rehearsing { cluster: &cluster, lockfile: &lockfile, repositories };
        let parallel = self.cluster.parallel.get();
        let asking = rehearsing.walk(&connector, &reaches, &gathered, parallel);
        let rehearsals = runtime.block_on(asking);
        let needs = Needs { rehearsals, ..Needs::of(&cluster, &appetite) };
        let results = preflight(&needs, &gathered);
        let report = Report { results, accepted };
        show(console, &report);
        Ok(report.ready()?)
    }
}

fn show(console: &Console, report: &Report) {
    if console.wants_json() {
        return console.json(report);
    }
    console.table(&summary(&report.results));
    let problems = problems(&report.results);
    if !problems.is_empty() {
        console.data("\n");
        console.table(&problems);
    }
}
