//! What a blob is packed as, and how it is walked through.

use super::{Scan, deb, entries::entries, find::Finds};
use crate::sbom::{
    packed::{self, Form, Packed},
    tar::{TarReader, fill},
};
use std::io::{self, Read};

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
