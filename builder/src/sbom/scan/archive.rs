//! Walks through the entries of a blob, whatever it is packed as.

use super::{Scan, Unread, deb, find::Finds};
use crate::sbom::{
    limits,
    packed::{self, Form, Packed},
    tar::{Entry, EntryKind, TarReader, fill},
};
use std::io::{self, BufRead, Read};

/// Enough to tell what something is: one block of tar.
const HEAD: usize = 512;

/// Scans a blob of `size` packed bytes. An error is one of reading it; what is
/// wrong with the bytes themselves is noted in the scan.
pub(in crate::sbom) fn scan(packed: &mut Packed<'_>, size: u64) -> Scan {
    let mut finds = Finds::default();
    if let Err(error) = walk(packed, size, &mut finds) {
        finds.unread("", format!("not read to its end: {error}"));
    }
    finds.finish()
}

fn walk(packed: &mut Packed<'_>, size: u64, finds: &mut Finds) -> io::Result<()> {
    let (form, mut plain) = packed::unpack(&mut *packed, size)?;
    // One read may give less, as at the end of a member of gzip.
    let mut head = [0; HEAD];
    let count = fill(&mut plain, &mut head)?;
    let head = &head[..count];
    let mut plain = head.chain(plain);
    match head {
        [0x7f, b'E', b'L', b'F', ..] => finds.program("", &mut plain),
        _ if is_tar(head) => entries(&mut TarReader::new(plain), finds),
        _ if head.starts_with(deb::MAGIC) => deb::members(&mut plain, finds),
        [b'P', b'K', 3, 4, ..] if form == Form::Plain => {
            finds.unread("", "a zip archive, which is not looked into".to_owned());
            Ok(())
        }
        b"" => Ok(()),
        _ => {
            other(form, head, finds);
            Ok(())
        }
    }
}

/// Nothing that holds programs in a form that is read here, such as text. What
/// may hold some all the same is noted.
fn other(form: Form, head: &[u8], finds: &mut Finds) {
    let is_empty_tar = head.len() >= 512 && head[..512].iter().all(|byte| *byte == 0);
    let archive = match head {
        [b'B', b'Z', b'h', ..] => Some("a bzip2 archive"),
        _ if form != Form::Plain && !is_empty_tar => Some("packed, but no tar archive"),
        _ => None,
    };
    if let Some(archive) = archive {
        finds.unread("", format!("{archive}, which is not looked into"));
    }
}

fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar") || {
        // Archives of before POSIX have no magic, only a checksum that fits.
        let mut start = TarReader::new(head.get(..512).unwrap_or_default());
        matches!(start.next_entry(), Ok(Some(entry)) if !entry.path.is_empty())
    }
}

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

/// Reads at most `limit` bytes, for what is small.
pub(super) fn read_small(content: &mut impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    content.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
