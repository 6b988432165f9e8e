//! What a repair came to, told the same way by both programs.

use crate::{Console, text};
use serde_json::json;
use std::path::PathBuf;

/// Tells which files of a bundle were rebuilt.
pub fn repaired(files: &[PathBuf], console: &Console) {
    if console.wants_json() {
        console.json(&json!({ "repaired": files }));
    }
    for path in files {
        console.success(&format!("{} is whole again", path.display()));
    }
    match files.len() as u64 {
        0 => console.success("nothing is lost, nothing was written"),
        count => console.note(&format!(
            "{} rebuilt; `verify` with the same files shows that nothing is missing",
            text::count(count, "file", "files")
        )),
    }
}
