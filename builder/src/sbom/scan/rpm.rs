//! Packages of Red Hat's family, out of `rpmdb.sqlite`: one header per package.

use super::{OsPackage, sqlite};

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const LICENCE: u32 = 1014;
const ARCH: u32 = 1022;
const SOURCE: u32 = 1044;
/// Keys are kept like packages, and are none.
const KEY: &str = "gpg-pubkey";

/// Every package of a database.
pub(super) fn packages(file: &[u8]) -> Result<Vec<OsPackage>, String> {
    let headers = sqlite::second_column(file, "Packages")?;
    let packages = headers.iter().map(|header| {
        package(header).ok_or_else(|| "a header of the RPM database is damaged".to_owned())
    });
    let mut packages: Vec<_> = packages.collect::<Result<_, _>>()?;
    packages.retain(|package| package.name != KEY);
    Ok(packages)
}

fn package(bytes: &[u8]) -> Option<OsPackage> {
    let header = Header::new(bytes)?;
    let (version, release) = (header.text(VERSION)?, header.text(RELEASE)?);
    Some(OsPackage {
        name: header.text(NAME)?,
        version: format!("{version}-{release}"),
        epoch: header.number(EPOCH),
        arch: header.text(ARCH),
        source: header.text(SOURCE),
        licence: header.text(LICENCE),
    })
}

/// An index of tags, and the bytes it points into.
struct Header<'a> {
    index: &'a [[u8; 16]],
    data: &'a [u8],
}

impl<'a> Header<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let count = usize::try_from(number_at(bytes, 0)?).ok()?;
        let size = usize::try_from(number_at(bytes, 4)?).ok()?;
        let (index, data) = bytes.get(8..)?.split_at_checked(count.checked_mul(16)?)?;
        Some(Self { index: index.as_chunks().0, data: data.get(..size)? })
    }

    /// Where the value of a tag begins.
    fn value(&self, tag: u32) -> Option<&'a [u8]> {
        let entry = self.index.iter().find(|entry| number_at(&entry[..], 0) == Some(tag))?;
        self.data.get(usize::try_from(number_at(entry, 8)?).ok()?..)
    }

    fn text(&self, tag: u32) -> Option<String> {
        let value = self.value(tag)?;
        let end = memchr::memchr(0, value)?;
        Some(String::from_utf8_lossy(&value[..end]).into_owned())
    }

    fn number(&self, tag: u32) -> Option<u32> {
        number_at(self.value(tag)?, 0)
    }
}

fn number_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}
