//! Debian packages as files: which package each is, and the programs in it.

use super::{
    dpkg,
    entries::{clean, entries},
    find::{Finds, read_small},
};
use crate::sbom::{
    packed::unpack,
    tar::{TarReader, fill},
};
use std::io::{self, BufRead, Read};

/// What an `ar` archive begins with.
pub(super) const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;
/// Longest control file that is read.
const CONTROL: u64 = 1024 * 1024;

/// Walks through the members of a package.
pub(super) fn members(source: &mut dyn BufRead, finds: &mut Finds) -> io::Result<()> {
    source.consume(MAGIC.len());
    let mut header = [0; HEADER];
    while fill(&mut &mut *source, &mut header)? == HEADER {
        let text = |field: &[u8]| String::from_utf8_lossy(field).trim().to_owned();
        let size: u64 = text(&header[48..58]).parse().map_err(io::Error::other)?;
        let mut content = (&mut *source).take(size);
        match text(&header[..16]) {
            name if name.starts_with("control.tar") => control(&mut content, size, finds)?,
            name if name.starts_with("data.tar") => {
                entries(&mut TarReader::new(unpack(&mut content, size)?.1), finds)?;
            }
            _ => {}
        }
        io::copy(&mut content, &mut io::sink())?;
        // Members begin at even places.
        io::copy(&mut (&mut *source).take(size % 2), &mut io::sink())?;
    }
    Ok(())
}

fn control(content: &mut impl Read, size: u64, finds: &mut Finds) -> io::Result<()> {
    let mut tar = TarReader::new(unpack(content, size)?.1);
    while let Some(entry) = tar.next_entry()? {
        if clean(&entry.path).as_deref() == Some("control") {
            let text = read_small(&mut tar, CONTROL)?;
            finds.is_package(dpkg::packages(&String::from_utf8_lossy(&text)));
        }
    }
    Ok(())
}
