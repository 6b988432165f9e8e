//! `serve`: how fast a bundle is read over the network.

use crate::{
    Options, bundle, jobs,
    problem::{Result, remove_folder},
    report::{self, Machine},
    stand::Stand,
};

/// Measures and prints it.
pub(crate) fn run(options: &Options) -> Result<()> {
    let stand = Stand::set_up(&options.work, options.scale())?;
    let results = jobs::throughput(&stand, usize::try_from(options.rounds)?)?;
    let (machine, rows) = (Machine::here(), report::serve_rows(&results));
    let table = report::goals_table(&rows, "theirs");
    report::print(&format!(
        "{}workload ({}), bundle {:.0} MB; fastest round counts\n\n{table}",
        machine.text(),
        stand.scale.name(),
        report::mega(results.bundle_bytes),
    ))?;
    bundle::keep_json(options, &stand, (&machine, &results, &rows))?;
    remove_folder(&stand.scratch)
}
