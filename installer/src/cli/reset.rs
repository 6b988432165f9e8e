//! `reset`: undoes an installation.

use super::{
    CommandError,
    confirm::confirm,
    site::{Site, SiteArguments, Ways},
};
use crate::{
    components::leaves,
    journal,
    plan::{HostName, RunId},
    run::{HostReset, ResetScope, Resetting, RunError, forget, new_run, operator},
};
use clap::Args;
use console::{Console, Table, text};
use manifests::{Role, cluster::Host};
use serde_json::json;
use std::time::SystemTime;

/// Undo what was installed on the hosts, and nothing else
///
/// Each host is undone by the ledger it keeps; what was changed there since by somebody else stays
/// and is told. Workers go first. Whatever stops it, run the same command again.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Do not ask before hosts are changed
    #[arg(long, short)]
    yes: bool,

    /// Take a host over from a run that is dead; can be given several times
    #[arg(long, value_name = "HOST")]
    break_lock: Vec<HostName>,
    #[command(flatten)]
    site: SiteArguments,
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let site = self.site.open(console)?;
        let packages = site.contents()?.package_names(&site.lockfile);
        let scope = ResetScope { leaves: leaves(&site.lockfile)?, packages };
        let mut ways = self.site.ways(&site, console)?;
        confirm(console, self.yes, &question(&site), site.cluster.name.as_str())?;
        let reset = self.reset(console, &site, &scope, &mut ways)?;
        if self.site.cluster.names_all_hosts() {
            forget(&site.folder)?;
        }
        tell(console, &reset);
        Ok(())
    }

    fn reset(
        &self,
        console: &Console,
        site: &Site,
        scope: &ResetScope,
        ways: &mut Ways,
    ) -> Result<Vec<HostReset>, CommandError> {
        let hosts = ways.open()?;
        let resetting = Resetting {
            hosts: &hosts,
            scope,
            run: &run(site)?,
            operator: &operator(),
            break_locks: &self.break_lock,
            parallel: ways.parallel,
            reporter: &*console.reporter(),
        };
        let groups = groups(&site.cluster.hosts);
        Ok(ways.runtime.block_on(resetting.go(&groups, &mut ways.interrupts))?)
    }
}

/// The run whose locks may still lie on the hosts: it is dead, or this folder
/// would not be ours.
fn run(site: &Site) -> Result<RunId, RunError> {
    let contents = journal::read(&site.folder.journal())?;
    Ok(contents.map_or_else(|| new_run(SystemTime::now()), |contents| contents.header.run))
}

/// Workers, then control planes: a node leaves a cluster that still answers.
fn groups(hosts: &[Host]) -> [Vec<HostName>; 2] {
    let (last, first): (Vec<_>, Vec<_>) =
        hosts.iter().partition(|host| host.roles.contains(&Role::ControlPlane));
    [first, last].map(|group| group.into_iter().map(|host| host.name.clone()).collect())
}

fn question(site: &Site) -> String {
    let names: Vec<_> = site.cluster.hosts.iter().map(|host| host.name.as_str()).collect();
    let name = &site.cluster.name;
    format!(
        "cluster `{name}` and all data in it will be gone from {}. Type `{name}` to go on:",
        names.join(", ")
    )
}

fn tell(console: &Console, reset: &[HostReset]) {
    let undone: usize = reset.iter().map(|host| host.report.undone).sum();
    if console.wants_json() {
        let host = |host: &HostReset| json!({ "host": host.host, "undone": host.report.undone, "kept": host.report.kept });
        console.json(&reset.iter().map(host).collect::<Vec<_>>());
    } else {
        let mut table = Table::new(["host", "undone", "kept"]).numbers(&[1, 2]);
        for HostReset { host, report } in reset {
            table.row([host.to_string(), report.undone.to_string(), report.kept.len().to_string()]);
        }
        console.table(&table);
    }
    for HostReset { host, report } in reset {
        report.kept.iter().for_each(|kept| console.warn(&format!("{host}: kept: {kept}")));
    }
    let kept: usize = reset.iter().map(|host| host.report.kept.len()).sum();
    console.success(&match (undone, kept) {
        (0, 0) => "nothing of ours was there".to_owned(),
        (_, 0) => "the hosts are as they were before".to_owned(),
        (_, kept) => {
            let things = text::count(kept as u64, "thing", "things");
            format!("the hosts are as they were before, except for {things} that stayed")
        }
    });
}
