//! Who works here, and what their run is called.

use crate::plan::RunId;
use std::{
    env, fs,
    os::unix::fs::MetadataExt,
    process,
    time::{SystemTime, UNIX_EPOCH},
};

/// The user and the machine, for locks on hosts: `kim@console-1`.
pub fn operator() -> String {
    let user = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| env::var(name).ok());
    let machine = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}@{}", user.unwrap_or_else(user_by_number), machine.trim())
}

/// For programs that were started without a user's environment.
fn user_by_number() -> String {
    match fs::metadata("/proc/self").map(|process| process.uid()) {
        Ok(0) => "root".to_owned(),
        Ok(number) => format!("user {number}"),
        Err(_) => "somebody".to_owned(),
    }
}

/// A name that no other run has: when it began, and in which process.
pub fn new_run(now: SystemTime) -> RunId {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let text = format!("run-{seconds}-{}", process::id());
    text.parse().expect("letters, digits and dashes, and short")
}
