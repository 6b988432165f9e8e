//! `gc`: gives back the room of pushed images that nothing needs any more.

use super::CommandError;
use crate::serve::{Garbage, GarbageOptions, Removed, ServeError, collect_garbage};
use clap::Args;
use console::{Console, Table, text};
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

/// Remove what pushed images no longer need from the folder of `serve --writable`
///
/// A registry that uses the folder may go on: pulls notice nothing, pushes wait until this is
/// done. Whatever is younger than --older-than stays, because a push that is under way may still
/// need it. Bundles are never touched.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder that `serve --writable` was given
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Only tell what would go
    #[arg(long)]
    dry_run: bool,

    /// Also manifests that no tag leads to, such as those whose tag was pushed again
    #[arg(long)]
    untagged: bool,

    /// Only what has lain there for so many hours
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    older_than: u32,
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let options = GarbageOptions {
            dry_run: self.dry_run,
            untagged: self.untagged,
            keep: Duration::from_hours(self.older_than.into()),
            now: SystemTime::now(),
        };
        let garbage = collect_garbage(&self.folder, options).map_err(ServeError::Writable)?;
        self.tell(console, &garbage);
        Ok(())
    }

    fn tell(&self, console: &Console, garbage: &Garbage) {
        if console.wants_json() {
            console.json(&json!({
                "dry-run": self.dry_run,
                "removed": garbage.removed.iter().map(as_json).collect::<Vec<_>>(),
                "freed-bytes": garbage.freed_bytes,
                "kept-blobs": garbage.kept_blobs,
                "kept-bytes": garbage.kept_bytes,
            }));
        } else if !garbage.removed.is_empty() {
            let mut table = Table::new(["what", "where", "digest", "size"]).numbers(&[3]);
            garbage.removed.iter().for_each(|one| table.row(as_row(one)));
            console.table(&table);
        }
        let kept = text::count(garbage.kept_blobs, "blob stays", "blobs stay");
        let kept = format!("{kept} ({})", text::size(garbage.kept_bytes));
        let freed = text::size(garbage.freed_bytes);
        console.success(&match (garbage.removed.len(), self.dry_run) {
            (0, _) if self.older_than == 0 => format!("nothing to remove; {kept}"),
            (0, _) => format!("nothing to remove that is {} h old; {kept}", self.older_than),
            (_, true) => format!("{freed} would be free; {kept}; without --dry-run it goes"),
            (_, false) => format!("freed {freed}; {kept}"),
        });
    }
}

fn as_row(one: &Removed) -> [String; 4] {
    let (what, place, digest, size) = match one {
        Removed::Manifest { repository, digest } => {
            ("manifest", repository.as_str(), digest.to_string(), None)
        }
        Removed::Link { repository, digest } => {
            ("claim", repository.as_str(), digest.to_string(), None)
        }
        Removed::Blob { digest, size } => ("blob", "", digest.to_string(), Some(*size)),
        Removed::Upload { repository, size } => {
            ("upload", repository.as_str(), String::new(), Some(*size))
        }
    };
    [what.into(), place.into(), digest, size.map(text::size).unwrap_or_default()]
}

fn as_json(one: &Removed) -> Value {
    match one {
        Removed::Manifest { repository, digest } => {
            json!({ "kind": "manifest", "repository": repository, "digest": digest })
        }
        Removed::Link { repository, digest } => {
            json!({ "kind": "claim", "repository": repository, "digest": digest })
        }
        Removed::Blob { digest, size } => json!({ "kind": "blob", "digest": digest, "size": size }),
        Removed::Upload { repository, size } => {
            json!({ "kind": "upload", "repository": repository, "size": size })
        }
    }
}
