//! The list: one thing per line, with what it is for.

use manifests::ImageRef;
use std::{fs, io, path::Path};

/// What a line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A program or archive.
    File,
    /// A Kubernetes manifest.
    Manifest,
    /// A Helm chart.
    Chart,
    /// A container image.
    Image,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The profile that takes it, `base`, or `-` when the release leaves it out.
    pub profile: String,
    /// What it is.
    pub kind: Kind,
    /// The URL, or the image's name at its project.
    pub source: String,
    /// Other names of an image; the images that a manifest or chart shows.
    pub names: Vec<String>,
}

impl Entry {
    /// Whether every bundle has it.
    pub fn is_base(&self) -> bool {
        self.profile == "base"
    }

    /// Whether no bundle has it.
    pub fn is_left_out(&self) -> bool {
        self.profile == "-"
    }

    /// The name of an image, read.
    pub fn image(&self) -> io::Result<ImageRef> {
        self.source.parse().map_err(io::Error::other)
    }
}

/// Reads a list.
pub(super) fn read(path: &Path) -> io::Result<Vec<Entry>> {
    let text = fs::read_to_string(path)?;
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(entry).collect()
}

fn entry(line: &str) -> io::Result<Entry> {
    let mut words = line.split_whitespace().map(str::to_owned);
    let (profile, kind, source) = (words.next(), words.next(), words.next());
    let kind = match kind.as_deref() {
        Some("file") => Some(Kind::File),
        Some("manifest") => Some(Kind::Manifest),
        Some("chart") => Some(Kind::Chart),
        Some("image") => Some(Kind::Image),
        _ => None,
    };
    match (profile, kind, source) {
        (Some(profile), Some(kind), Some(source)) => {
            Ok(Entry { profile, kind, source, names: words.collect() })
        }
        _ => Err(io::Error::other(format!("`{line}` is no line of the list"))),
    }
}
