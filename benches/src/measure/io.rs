//! Bytes that a process writes, by the kernel's own account of it: `write_bytes` of
//! `/proc/PID/io` counts a page when it becomes dirty, so it also counts what a copy
//! within the kernel writes, and what is removed again before it reaches the disk.
//! Children count when they have been waited for.

use crate::problem::{Result, at};
use std::{fs, path::PathBuf};

/// What a process has written so far; also of one that has ended and was not waited
/// for.
pub(crate) fn written_bytes(process: u32) -> Result<u64> {
    let path = PathBuf::from(format!("/proc/{process}/io"));
    let text = fs::read_to_string(&path).map_err(at(&path))?;
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("write_bytes: "));
    let written = lines.next().and_then(|number| number.parse().ok());
    written.ok_or_else(|| format!("`{}` has no `write_bytes`", path.display()).into())
}
