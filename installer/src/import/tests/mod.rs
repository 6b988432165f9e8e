//! Every rule with variables that keep it and variables that break it.

mod files;
mod high;
mod rules;
mod several;

use super::{Import, ImportErrors, Source, kpaas};
use manifests::cluster::{Asking, Cluster};
use std::path::Path;

/// A single cluster as K-PaaS' own template has it, filled in.
pub(super) const GOOD: &str = include_str!("single.sh");

pub(super) fn import(files: &[(&str, &str)]) -> Result<Import, ImportErrors> {
    let sources: Vec<Source> = files
        .iter()
        .map(|(path, text)| Source { path: (*path).into(), text: (*text).to_owned() })
        .collect();
    kpaas(&sources, &"kpaas".parse().unwrap())
}

/// The mistakes of files, a line each; empty when there is none.
pub(super) fn mistakes(files: &[(&str, &str)]) -> String {
    let Err(errors) = import(files) else { return String::new() };
    errors.mistakes().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What is told although nothing is wrong, a line each.
pub(super) fn unsaid(files: &[(&str, &str)]) -> String {
    let import = import(files).unwrap();
    import.unsaid.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A text with parts replaced, each of which must be there.
pub(super) fn with(text: &str, changes: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replacen(old, new, 1);
    }
    text
}

pub(super) fn parsed(text: &str) -> Cluster {
    Cluster::parse(Path::new("cluster.yaml"), text, Asking::Impossible).unwrap()
}
