//! The table of memory.

use super::{MEMORY, Row, jobs::Site};
use crate::report::mega;
use comfy_table::{Table, presets::ASCII_MARKDOWN};

const HEADER: [&str; 8] =
    ["job", "seconds", "VmHWM", "cgroup max_usage", "failcnt", "bytes", "goal", "met"];

/// Everything for people.
pub(super) fn text(site: &Site, rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_header(HEADER);
    for row in rows {
        table.add_row(cells(row));
    }
    let said = match rows.iter().all(|row| row.account.is_some()) {
        true => "each in a memory cgroup limited to the goal, which counts page cache too",
        false => "WITHOUT A LIMIT: no memory cgroup can be made here; VmHWM was only sampled",
    };
    format!(
        "files: {:.0} MB, bundle: {:.0} MB, served by {}\n{said}\n\n{table}\n",
        mega(site.file_bytes),
        mega(site.bundle_bytes),
        site.server,
    )
}

fn cells(row: &Row) -> [String; 8] {
    let account = row.account;
    let count = |number: Option<u64>| number.map_or_else(|| "–".into(), |it| it.to_string());
    let usage = account.and_then(|account| account.max_usage);
    [
        row.job.to_owned(),
        format!("{:.1}", row.sample.seconds),
        mebibytes(row.sample.peak.resident),
        usage.map_or_else(|| "–".into(), mebibytes),
        count(account.and_then(|account| account.failcnt)),
        format!("{:.0} MB", mega(row.bytes)),
        format!("≤ {}", mebibytes(MEMORY)),
        if row.met { "yes" } else { "NO" }.to_owned(),
    ]
}

/// Upwards, so that nothing above the limit looks like it.
fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}
