//! `bundle`: from a release to images that can be pulled.

use crate::{
    Options,
    jobs::{self, Results},
    problem::{Result, remove_folder, write},
    report::{self, Machine, Row},
    stand::Stand,
};
use serde_json::json;

/// Measures everything and prints it.
pub(crate) fn run(options: &Options) -> Result<()> {
    let stand = Stand::set_up(&options.work, options.scale())?;
    let results = jobs::run(&stand, usize::try_from(options.rounds)?)?;
    let (machine, rows) = (Machine::here(), report::rows(&results, &stand.workload.contents));
    report::print(&text(&stand, &machine, &results, &rows))?;
    keep_json(options, &stand, (&machine, &results, &rows))?;
    remove_folder(&stand.scratch)
}

/// Writes everything that was measured where the operator wants it.
pub(crate) fn keep_json(
    options: &Options,
    stand: &Stand,
    (machine, results, rows): (&Machine, &Results, &[Row]),
) -> Result<()> {
    let Some(path) = &options.json else { return Ok(()) };
    let value = json!({
        "machine": machine,
        "scale": options.scale(),
        "unique-bytes": stand.workload.contents.bytes(),
        "changed-bytes": stand.workload.contents.changed_bytes(),
        "rows": rows,
        "results": results,
    });
    write(path, &serde_json::to_string_pretty(&value)?)
}

fn text(stand: &Stand, machine: &Machine, results: &Results, rows: &[Row]) -> String {
    let contents = &stand.workload.contents;
    let limits = report::limits(results);
    let limits =
        limits.into_iter().map(|(job, time, speed)| format!("{job}: {time}, {speed:.0} MB/s\n"));
    format!(
        "{}workload ({}): {} images, {} files, {:.0} MB in distinct blobs; files by {}\n\
         bundle: {:.0} MB, encoder {}, level 1; the script's file: {:.0} MB by `zstd -T0 -3`\n\
         fastest round counts, the slowest in parentheses; bytes written are `write_bytes` of \
         /proc/PID/io, memory is VmHWM of ours and RssAnon of the script's processes\n\n{}\n{}",
        machine.text(),
        stand.scale.name(),
        contents.images.len(),
        contents.files.len(),
        report::mega(contents.bytes()),
        stand.files.name(),
        report::mega(results.bundle_bytes),
        results.encoder,
        report::mega(results.script_bytes),
        report::goals_table(rows, "the script"),
        limits.collect::<String>(),
    )
}
