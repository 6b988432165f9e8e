//! What the Go linker writes into every program: the modules it is made of.
//!
//! The build info is a blob that begins with a mark, aligned to 16 bytes, in a
//! writable segment of the program. It is looked for while the program passes
//! by, so that none is held; `go version -m` looks in the same place.

use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    io::{self, Read},
    ops::Range,
};

use crate::sbom::tar::fill;

const MARK: &[u8] = b"\xff Go buildinf:";
const ALIGN: usize = 16;
/// The mark, the size of a pointer, flags, and room that old forms used.
const HEADER: usize = 32;
/// Both texts are in the blob and do not have to be looked for elsewhere.
const INLINE: u8 = 2;
/// Around the list of modules; the loader finds it by them.
const FRAME: usize = 16;
/// Longest build info that is read. That of the kubelet has 13 KiB.
const MAX_INFO: usize = 1024 * 1024;
/// More marks with nothing behind them are an attempt to keep us busy.
const MAX_MARKS: usize = 16;
const WINDOW: usize = 256 * 1024;

/// One module of a program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GoModule {
    /// Its path.
    pub path: String,
    /// Its version; `(devel)` when it was built out of a folder.
    pub version: String,
    /// Its `h1:` sum, when the program has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<String>,
}

/// How a program was built.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoBuild {
    /// The version of Go without `go` in front; none in the form of before Go
    /// 1.18, which is not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go: Option<String>,
    /// The package of `main`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The module it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main: Option<GoModule>,
    /// What it is linked with; what replaced a module stands in its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<GoModule>,
    /// Settings that tell where it comes from: revision, tags, platform.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

/// Looks for build info in a program of which `head` was read already. Reads
/// no further than it must.
pub(super) fn find(head: &[u8], rest: &mut impl Read) -> io::Result<Option<GoBuild>> {
    // Where the table lies elsewhere, all of the program is looked through.
    let everything = std::iter::once(0..u64::MAX).collect();
    let segments: Vec<_> = writable_segments(head).unwrap_or(everything);
    let mut search = Search { source: head.chain(rest), at: 0, buffer: Vec::new() };
    for segment in segments {
        if let Some(found) = search.within(segment)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Where a program keeps what it may write, in ascending order.
fn writable_segments(head: &[u8]) -> Option<Vec<Range<u64>>> {
    const LOAD: u64 = 1;
    const WRITABLE: u64 = 2;
    let is_64_bit = *head.get(4)? == 2;
    let elf = Elf { head, is_64_bit, is_big: *head.get(5)? == 2 };
    let [table, size, count, offset, length, flags] = match is_64_bit {
        true => [32, 54, 56, 8, 32, 4],
        false => [28, 42, 44, 4, 16, 24],
    };
    let table = usize::try_from(elf.word(table)?).ok()?;
    let (size, count) = (usize::from(elf.half(size)?), usize::from(elf.half(count)?));
    head.get(table..table.checked_add(size * count)?)?;
    let headers = (0..count).filter_map(|n| {
        let at = table + n * size;
        let is_data = elf.quarter(at)? == LOAD && elf.quarter(at + flags)? & WRITABLE != 0;
        let start = elf.word(at + offset)?;
        is_data.then_some(start..start.checked_add(elf.word(at + length)?)?)
    });
    let mut segments: Vec<_> = headers.filter(|segment| !segment.is_empty()).collect();
    segments.sort_by_key(|segment| segment.start);
    Some(segments)
}

/// Numbers out of the first bytes of an ELF file.
struct Elf<'a> {
    head: &'a [u8],
    is_64_bit: bool,
    is_big: bool,
}

impl Elf<'_> {
    fn number(&self, at: usize, length: usize) -> Option<u64> {
        let bytes = self.head.get(at..at.checked_add(length)?)?;
        let join = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Some(match self.is_big {
            true => bytes.iter().fold(0, join),
            false => bytes.iter().rev().fold(0, join),
        })
    }

    fn half(&self, at: usize) -> Option<u16> {
        self.number(at, 2).and_then(|value| u16::try_from(value).ok())
    }

    fn quarter(&self, at: usize) -> Option<u64> {
        self.number(at, 4)
    }

    fn word(&self, at: usize) -> Option<u64> {
        self.number(at, if self.is_64_bit { 8 } else { 4 })
    }
}

/// A window that moves over a program.
struct Search<R> {
    source: R,
    /// Where the next byte of the source lies.
    at: u64,
    /// The bytes before that. They begin at a multiple of 16, where marks lie.
    buffer: Vec<u8>,
}

impl<R: Read> Search<R> {
    fn within(&mut self, segment: Range<u64>) -> io::Result<Option<GoBuild>> {
        self.skip_to(segment.start)?;
        for _ in 0..MAX_MARKS {
            if !self.find_mark(segment.end)? {
                return Ok(None);
            }
            self.fill(segment.end, MAX_INFO)?;
            if let Some(build) = parse_blob(&self.buffer) {
                return Ok(Some(build));
            }
            self.buffer.drain(..ALIGN.min(self.buffer.len()));
        }
        Ok(Some(GoBuild::default()))
    }

    /// Segments that overlap have been seen as far as the last one went.
    fn skip_to(&mut self, start: u64) -> io::Result<()> {
        self.buffer.clear();
        let align = ALIGN as u64;
        let start = (start / align * align).max(self.at.div_ceil(align).saturating_mul(align));
        let gap = start.saturating_sub(self.at);
        self.at += io::copy(&mut self.source.by_ref().take(gap), &mut io::sink())?;
        Ok(())
    }

    /// Moves the window until it begins with a mark.
    fn find_mark(&mut self, end: u64) -> io::Result<bool> {
        let finder = Finder::new(MARK);
        loop {
            self.fill(end, WINDOW)?;
            let mark = finder.find_iter(&self.buffer).find(|at| at % ALIGN == 0);
            let held = self.buffer.len();
            self.buffer.drain(..mark.unwrap_or(held - held % ALIGN));
            if mark.is_some() || held < WINDOW {
                return Ok(mark.is_some());
            }
        }
    }

    /// Fills the window up to `length` bytes, but not beyond the segment.
    fn fill(&mut self, end: u64, length: usize) -> io::Result<()> {
        let held = self.buffer.len();
        let left = usize::try_from(end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = length.saturating_sub(held).min(left);
        self.buffer.resize(held + wanted, 0);
        let count = fill(&mut self.source, &mut self.buffer[held..])?;
        self.buffer.truncate(held + count);
        self.at += count as u64;
        Ok(())
    }
}

/// Reads the blob behind a mark; `None` when it only looks like one.
fn parse_blob(blob: &[u8]) -> Option<GoBuild> {
    if blob.get(15)? & INLINE == 0 {
        return Some(GoBuild::default());
    }
    let (go, rest) = text(blob.get(HEADER..)?)?;
    let (modules, _) = text(rest).unwrap_or_default();
    let version = str::from_utf8(go).ok()?.to_owned();
    let list = modules.len().checked_sub(FRAME).and_then(|end| modules.get(FRAME..end));
    let list = list.and_then(|list| str::from_utf8(list).ok()).unwrap_or_default();
    let build = parse_list(list);
    let version = version.split(' ').next().unwrap_or_default();
    Some(GoBuild { go: Some(version.trim_start_matches("go").to_owned()), ..build })
}

/// A text with its length in front, and what follows it.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut length, mut used) = (0usize, 0);
    loop {
        let byte = *bytes.get(used)?;
        length |= usize::from(byte & 0x7f) << (7 * used);
        used += 1;
        if byte & 0x80 == 0 {
            break;
        }
        if used == 4 {
            return None;
        }
    }
    bytes.get(used..)?.split_at_checked(length)
}

/// Lines such as `dep<TAB>path<TAB>version<TAB>sum`.
pub(super) fn parse_list(list: &str) -> GoBuild {
    let mut build = GoBuild::default();
    for line in list.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            ["path", package] => build.package = Some(package.to_owned()),
            ["mod", path, version, ref sum @ ..] => build.main = Some(module(path, version, sum)),
            ["dep", path, version, ref sum @ ..] => build.modules.push(module(path, version, sum)),
            ["=>", path, version, ref sum @ ..] => {
                // What it replaces was named in the line before.
                build.modules.pop();
                build.modules.push(module(path, version, sum));
            }
            ["build", setting] => keep(setting, &mut build.settings),
            _ => {}
        }
    }
    build.modules.sort();
    build
}

fn module(path: &str, version: &str, sum: &[&str]) -> GoModule {
    let sum = sum.first().filter(|sum| !sum.is_empty()).map(|sum| (*sum).to_owned());
    GoModule { path: path.to_owned(), version: version.to_owned(), sum }
}

fn keep(setting: &str, settings: &mut BTreeMap<String, String>) {
    const KEPT: [&str; 7] =
        ["-tags", "CGO_ENABLED", "GOARCH", "GOFIPS140", "GOOS", "vcs.modified", "vcs.revision"];
    if let Some((key, value)) = setting.split_once('=')
        && KEPT.contains(&key)
    {
        settings.insert(key.to_owned(), value.trim_matches('"').to_owned());
    }
}
