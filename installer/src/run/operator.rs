//! Who works here, and what their run is called.

use crate::plan::RunId;
use std::{
    env, fs, process,
    time::{SystemTime, UNIX_EPOCH},
};

/// The user and the machine, for locks on hosts: `kim@console-1`.
pub fn operator() -> String {
    let user = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| env::var(name).ok());
    let machine = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let or_unknown =
        |text: &str| if text.is_empty() { "unknown".to_owned() } else { text.to_owned() };
    format!("{}@{}", or_unknown(&user.unwrap_or_default()), or_unknown(machine.trim()))
}

/// A name that no other run has: when it began, and in which process.
pub fn new_run(now: SystemTime) -> RunId {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let text = format!("run-{seconds}-{}", process::id());
    text.parse().expect("letters, digits and dashes, and short")
}
