//! `plan`: what `apply` would do, in order and with reasons.

use super::{CommandError, site::SiteArguments};
use crate::plan::{Replan, extent, render};
use clap::Args;
use console::Console;

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
        let make = || site.make_plan(console, self.site.ways(&site, console)?.survey());
        let plan = stored.map_or_else(make, Ok)?;
        match console.wants_json() {
            true => console.data(&plan.to_json()),
            false => console.data(&render(&plan, console.columns())),
        }
        let (extent, folder) = (extent(&plan), site.folder.path().display());
        console.success(&format!("{extent}; nothing was changed there"));
        console.note(&format!("the plan is in `{folder}`; `apply` walks exactly these steps"));
        Ok(())
    }
}

/// What the flag means.
pub(super) fn replan(flag: bool) -> Replan {
    if flag { Replan::Allow } else { Replan::Refuse }
}
