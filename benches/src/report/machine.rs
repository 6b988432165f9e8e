//! What a figure was measured on: without it, it says nothing.

use crate::{parallel, tools};
use serde::Serialize;
use std::fs;

/// The machine and the tools on it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) processor: String,
    /// MiB.
    pub(crate) memory: u64,
    pub(crate) kernel: String,
    pub(crate) tools: Vec<String>,
}

impl Machine {
    pub(crate) fn here() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let tools = [
            ("skopeo", "--version"),
            ("docker-registry", "--version"),
            ("nginx", "-v"),
            ("openssl", "version"),
            ("zstd", "--version"),
            ("go", "version"),
        ];
        let tools = tools.map(|(name, argument)| tools::first_line(name, &[argument]));
        Self {
            cores: parallel::cores(),
            processor: value(&read("/proc/cpuinfo"), "model name"),
            memory: value(&read("/proc/meminfo"), "MemTotal")
                .trim_end_matches(" kB")
                .parse::<u64>()
                .unwrap_or(0)
                / 1024,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            tools: tools.into_iter().filter(|line| !line.is_empty()).collect(),
        }
    }

    pub(crate) fn text(&self) -> String {
        let Self { cores, processor, memory, kernel, tools } = self;
        let tools = tools.join("; ");
        format!(
            "machine: {cores} cores of {processor}, {memory} MiB, Linux {kernel}\ntools: {tools}\n"
        )
    }
}

/// `NAME : VALUE` of the files that the kernel makes for people.
fn value(text: &str, name: &str) -> String {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    let mut values = lines.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim());
    values.next().unwrap_or_default().to_owned()
}
