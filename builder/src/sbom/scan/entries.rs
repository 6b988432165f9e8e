//! Walks through the entries of a tar archive.

use super::{Unread, find::Finds};
use crate::sbom::{
    limits,
    tar::{Entry, EntryKind, TarReader},
};
use std::io::{self, BufRead};

/// Every entry, each with what is in it.
pub(super) fn entries<R: BufRead>(tar: &mut TarReader<R>, finds: &mut Finds) -> io::Result<()> {
    while let Some(entry) = tar.next_entry()? {
        let Some(path) = clean(&entry.path) else {
            finds.unread("", format!("an entry `{}` is outside", shown(&entry.path)));
            continue;
        };
        if !path.is_empty() {
            take(tar, &entry, &path, finds)?;
        }
        if finds.entries() > limits::ENTRIES {
            return Err(io::Error::other("it has too many entries"));
        }
    }
    Ok(())
}

fn take<R: BufRead>(
    tar: &mut TarReader<R>,
    entry: &Entry,
    path: &str,
    finds: &mut Finds,
) -> io::Result<()> {
    match entry.kind {
        _ if finds.whiteout(path) => Ok(()),
        EntryKind::Folder => {
            finds.covers.folder(path);
            Ok(())
        }
        kind => {
            finds.replace(path);
            match kind {
                EntryKind::File => finds.file(path, entry.size, tar),
                EntryKind::HardLink => {
                    finds.link(path, clean(&entry.target).as_deref());
                    Ok(())
                }
                EntryKind::Folder | EntryKind::Other => Ok(()),
            }
        }
    }
}

/// A path without `./` and slashes around it; `None` when it leads outside.
pub(super) fn clean(path: &str) -> Option<String> {
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    let parts: Vec<&str> = parts.collect();
    let is_fine = !parts.contains(&"..") && path.len() <= limits::PATH;
    is_fine.then(|| parts.join("/"))
}

/// As much of a name from outside as fits into a note.
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}

impl Unread {
    pub(super) fn new(path: &str, why: String) -> Self {
        Self { path: shown(path), why }
    }
}
