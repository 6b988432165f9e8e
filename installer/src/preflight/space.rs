//! Is there room for what the bundle brings?

use super::verdict::{State, Verdict, View};
use console::text::size;
use std::collections::BTreeMap;

/// Folders on one filesystem need the sum of what each needs.
pub(super) fn disk(view: View<'_>) -> Verdict {
    let mut wanted: BTreeMap<&str, (u64, u64, Vec<&str>)> = BTreeMap::new();
    for (folder, bytes) in &view.host.disk_bytes {
        let Some(disk) = view.facts.disks.get(*folder) else {
            return Verdict::unknown(format!("{} in `{folder}`", size(*bytes)));
        };
        let entry = wanted.entry(&disk.mounted_on).or_insert((0, disk.free_bytes, Vec::new()));
        entry.0 = entry.0.saturating_add(*bytes);
        entry.1 = entry.1.min(disk.free_bytes);
        entry.2.push(folder);
    }
    if let Some((mount, (needed, free, folders))) =
        wanted.iter().find(|(_, (needed, free, _))| free < needed)
    {
        return Verdict::bad(
            State::Failed,
            format!("{} free on `{mount}`", size(*free)),
            format!("{} for {}", size(*needed), folders.join(", ")),
            format!("make room on `{mount}`, or mount a larger disk at one of these folders"),
        );
    }
    let shown = |(mount, (needed, free, _)): (&&str, &(u64, u64, _))| {
        format!("{} free on `{mount}` for {}", size(*free), size(*needed))
    };
    Verdict::ok(wanted.iter().map(shown).collect::<Vec<_>>().join(", "))
}
