//! Tar entries as they pass by, with a bound on everything that is held.
//!
//! The `tar` crate keeps long names and pax records whole in memory, of any
//! size a header claims, which a layer from outside must not decide. So this is
//! a reader of its own for the little that is needed: names, kinds and contents
//! in the order of the archive, with ustar prefixes, pax and GNU long names.

use std::io::{self, BufRead, Read};

const BLOCK: usize = 512;
/// Longest name or set of pax records that is read.
const MAX_RECORDS: u64 = 1024 * 1024;

/// What an entry is, as far as anybody here asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    HardLink,
    Folder,
    /// Symbolic links, devices, pipes.
    Other,
}

/// The head of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// As the archive writes it.
    pub(crate) path: String,
    pub(crate) kind: EntryKind,
    /// What a hard link stands for.
    pub(crate) target: String,
    /// Bytes of content.
    pub(crate) size: u64,
}

/// What pax records and long names say of the entry behind them.
#[derive(Debug, Default)]
struct Extended {
    path: Option<String>,
    target: Option<String>,
    size: Option<u64>,
}

/// Reads entries one after the other.
#[derive(Debug)]
pub(crate) struct TarReader<R> {
    inner: R,
    /// Content of the current entry that nobody has read.
    left: u64,
    padding: u64,
}

impl<R: BufRead> TarReader<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, left: 0, padding: 0 }
    }

    /// The next entry, skipping what was not read of the one before; `None` at
    /// the end of the archive.
    pub(crate) fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        let mut extended = Extended::default();
        loop {
            self.skip_rest()?;
            let Some(header) = self.header()? else { return Ok(None) };
            self.enter(number(&header[124..136])?);
            match header[156] {
                b'x' => pax(&self.records()?, &mut extended)?,
                b'L' => extended.path = Some(text(&self.records()?)),
                b'K' => extended.target = Some(text(&self.records()?)),
                b'g' => {}
                kind => return self.entry(kind, &header, extended).map(Some),
            }
        }
    }

    fn enter(&mut self, size: u64) {
        self.left = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
    }

    fn entry(&mut self, kind: u8, header: &[u8; BLOCK], extended: Extended) -> io::Result<Entry> {
        if kind == b'S' {
            self.skip_sparse_map(header)?;
        }
        if let Some(size) = extended.size {
            self.enter(size);
        }
        let path = extended.path.unwrap_or_else(|| name(header));
        let kind = match kind {
            b'5' => EntryKind::Folder,
            // Before there were kinds, a folder was a name that ends in a slash.
            0 if path.ends_with('/') => EntryKind::Folder,
            b'0' | 0 | b'7' | b'S' => EntryKind::File,
            b'1' => EntryKind::HardLink,
            _ => EntryKind::Other,
        };
        if matches!(header[156], b'1'..=b'6') {
            // Links of old archives give the size of what they stand for.
            self.enter(0);
        }
        let target = extended.target.unwrap_or_else(|| text(&header[157..257]));
        Ok(Entry { path, kind, target, size: self.left })
    }

    fn header(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        match fill(&mut self.inner, &mut block)? {
            0 => return Ok(None),
            BLOCK => {}
            _ => return Err(wrong("the archive is cut off")),
        }
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let sum = |block: &[u8]| block.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        let found = sum(&block[..148]) + sum(&block[156..]) + 8 * u64::from(b' ');
        match number(&block[148..156])? == found {
            true => Ok(Some(block)),
            false => Err(wrong("a header has another checksum")),
        }
    }

    /// GNU's sparse files have more blocks of header, which no size counts.
    fn skip_sparse_map(&mut self, header: &[u8; BLOCK]) -> io::Result<()> {
        let mut more = header[482] != 0;
        let mut block = [0; BLOCK];
        while more {
            self.inner.read_exact(&mut block)?;
            more = block[504] != 0;
        }
        Ok(())
    }

    fn records(&mut self) -> io::Result<Vec<u8>> {
        if self.left > MAX_RECORDS {
            return Err(wrong("a name or its records are too long"));
        }
        let mut bytes = Vec::new();
        let left = self.left;
        self.by_ref().take(left).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn skip_rest(&mut self) -> io::Result<()> {
        let mut rest = self.left.saturating_add(self.padding);
        (self.left, self.padding) = (0, 0);
        while rest > 0 {
            let here = self.inner.fill_buf()?.len();
            if here == 0 {
                return Err(wrong("the archive is cut off"));
            }
            let step = usize::try_from(rest).map_or(here, |rest| rest.min(here));
            self.inner.consume(step);
            rest -= step as u64;
        }
        Ok(())
    }
}

impl<R: BufRead> Read for TarReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let count = self.inner.read(&mut buffer[..wanted])?;
        if count == 0 && wanted > 0 {
            return Err(wrong("the archive is cut off"));
        }
        self.left -= count as u64;
        Ok(count)
    }
}

/// Fills a buffer as far as the source goes.
pub(crate) fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

fn name(header: &[u8; BLOCK]) -> String {
    let name = text(&header[..100]);
    let is_ustar = &header[257..263] == b"ustar\0";
    match text(&header[345..500]) {
        prefix if is_ustar && !prefix.is_empty() => format!("{prefix}/{name}"),
        _ => name,
    }
}

/// Up to the first zero byte.
fn text(bytes: &[u8]) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// An octal number, or GNU's binary form of a large one.
fn number(field: &[u8]) -> io::Result<u64> {
    if field[0] & 0x80 != 0 {
        let digits = std::iter::once(field[0] & 0x7f).chain(field[1..].iter().copied());
        let value = digits.fold(0u128, |value, byte| value << 8 | u128::from(byte));
        return u64::try_from(value)
            .ok()
            .filter(|size| *size < 1 << 62)
            .ok_or_else(|| wrong("a size is absurd"));
    }
    let digits = text(field);
    match digits.trim() {
        "" => Ok(0),
        digits => u64::from_str_radix(digits, 8).ok().ok_or_else(|| wrong("a number is none")),
    }
}

/// `LENGTH KEY=VALUE\n`, again and again.
fn pax(mut records: &[u8], extended: &mut Extended) -> io::Result<()> {
    let bad = || wrong("a pax record is none");
    while !records.is_empty() {
        let space = memchr::memchr(b' ', records).ok_or_else(bad)?;
        let length: usize = text(&records[..space]).parse().ok().ok_or_else(bad)?;
        let record = records.get(space + 1..length.saturating_sub(1)).ok_or_else(bad)?;
        let equals = memchr::memchr(b'=', record).ok_or_else(bad)?;
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        match key {
            b"path" | b"GNU.sparse.name" => extended.path = Some(text(value)),
            b"linkpath" => extended.target = Some(text(value)),
            b"size" => {
                let size: u64 = text(value).parse().ok().ok_or_else(bad)?;
                extended.size = Some(Some(size).filter(|size| *size < 1 << 62).ok_or_else(bad)?);
            }
            _ => {}
        }
        records = &records[length..];
    }
    Ok(())
}

fn wrong(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
