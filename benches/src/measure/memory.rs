//! Memory of a job without the page cache, sampled while it runs.

use serde::Serialize;
use std::{fs, process};

/// The most memory at one time, in bytes. The first figure is of one process and is
/// the kernel's own maximum, with the pages of its program file; the second one is
/// sampled over all processes of the job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Peak {
    /// `VmHWM` of the process that was started.
    pub(crate) resident: u64,
    /// `RssAnon` of all processes of the job together.
    pub(crate) anonymous: u64,
}

impl Peak {
    /// Looks at a job; its processes are those of its process group.
    pub(crate) fn look(&mut self, leader: u32, whole_group: bool) {
        let own = status(leader);
        self.resident = self.resident.max(field(&own, "VmHWM:"));
        let mut anonymous = field(&own, "RssAnon:");
        if whole_group {
            let others = group(leader).into_iter().filter(|process| *process != leader);
            anonymous += others.map(|process| field(&status(process), "RssAnon:")).sum::<u64>();
        }
        self.anonymous = self.anonymous.max(anonymous);
    }

    /// The larger of two.
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            resident: self.resident.max(other.resident),
            anonymous: self.anonymous.max(other.anonymous),
        }
    }
}

fn status(process: u32) -> String {
    fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default()
}

/// A field in kB, as bytes; zero for a process that has ended.
fn field(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    number.unwrap_or(0) * 1024
}

/// Every process of a group.
fn group(leader: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers
        .filter(|process| *process != process::id() && group_of(*process) == Some(leader))
        .collect()
}

/// The group of a process: the third field behind its name.
fn group_of(process: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    fields.split(' ').nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_runs_has_memory() {
        let mut peak = Peak::default();
        peak.look(process::id(), false);
        assert!(peak.resident > 0 && peak.anonymous > 0, "{peak:?}");
    }

    #[test]
    fn a_field_is_told_in_bytes() {
        assert_eq!(field("VmHWM:\t    2048 kB\nRssAnon: 1 kB\n", "VmHWM:"), 2 << 20);
        assert_eq!(field("", "VmHWM:"), 0);
    }
}
