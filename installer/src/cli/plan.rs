//! `plan`: what `apply` would do, in order and with reasons.

use super::{
    CommandError,
    site::{Site, SiteArguments},
};
use crate::{
    plan::{Plan, Replan, extent, render},
    preflight::NotReady,
};
use clap::Args;
use console::Console;
use std::collections::BTreeSet;

/// Show and store the steps that make a cluster of a bundle
///
/// Looks at the hosts and changes nothing on them. `apply` walks the very list that is shown here.
/// While a run is unfinished, its plan is shown.
#[derive(Debug, Args)]
// A cluster is made as a whole; who says otherwise is told so.
#[command(mut_arg("hosts", |hosts| hosts.hide(true)))]
pub(super) struct Arguments {
    /// Plan anew, also when a run is unfinished or was begun with another bundle
    #[arg(long)]
    replan: bool,
    #[command(flatten)]
    site: SiteArguments,
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        self.site.cluster.refuse_some_hosts()?;
        let site = self.site.open(console)?;
        let stored = site.stored_plan(console, replan(self.replan))?;
        let (plan, ready) = match stored {
            Some(plan) => (plan, Ok(())),
            None => self.make(&site, console)?,
        };
        match console.wants_json() {
            true => console.data(&plan.to_json()),
            false => console.data(&render(&plan, console.columns())),
        }
        let (extent, folder) = (extent(&plan), site.folder.path().display());
        console.success(&format!("{extent}; nothing was changed there"));
        console.note(&format!("the plan is in `{folder}`; `apply` walks exactly these steps"));
        if let Err(not_ready) = ready {
            let next = "`preflight` tells what to do before `apply` can begin";
            console.warn(&format!("{not_ready}; {next}"));
        }
        Ok(())
    }

    /// A plan is worth reading before the hosts are ready for it.
    fn make(
        &self,
        site: &Site,
        console: &Console,
    ) -> Result<(Plan, Result<(), NotReady>), CommandError> {
        let ways = self.site.ways(site, console)?;
        let gathered = ways.survey();
        let rehearsals = ways.rehearse(site, &gathered)?;
        let ready = site.report((&gathered, rehearsals), BTreeSet::new()).ready();
        Ok((site.make_plan(console, gathered)?, ready))
    }
}

/// What the flag means.
pub(super) fn replan(flag: bool) -> Replan {
    if flag { Replan::Allow } else { Replan::Refuse }
}
