//! Reads what a Debian package calls itself. A package is an `ar` archive whose
//! second member, `control.tar.*`, holds a file `control`.

use crate::plan::{DebVersion, PackageName};
use flate2::read::MultiGzDecoder;
use liblzma::read::XzDecoder;
use std::{
    io::{self, Read},
    path::Path,
};

const MAGIC: &[u8; 8] = b"!<arch>\n";

/// Largest `control.tar` that is read, packed and unpacked, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// What dpkg knows a package by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebName {
    /// Its name.
    pub name: PackageName,
    /// Its version.
    pub version: DebVersion,
}

/// Reads the name and version of a package.
pub(super) fn read(mut reader: impl Read) -> io::Result<DebName> {
    let mut magic = [0; 8];
    reader.read_exact(&mut magic)?;
    if magic != *MAGIC {
        return Err(odd("it is not a Debian package"));
    }
    loop {
        let (name, size) = member(&mut reader)?;
        if name.starts_with("control.tar") {
            let mut packed = Vec::new();
            reader.take(size.min(LARGEST)).read_to_end(&mut packed)?;
            return control(&name, &packed);
        }
        // Members begin at even places.
        io::copy(&mut (&mut reader).take(size + size % 2), &mut io::sink())?;
    }
}

/// The name and size of the next member: 60 bytes of text in columns.
fn member(reader: &mut impl Read) -> io::Result<(String, u64)> {
    let mut header = [0; 60];
    reader.read_exact(&mut header)?;
    let column = |from, to| std::str::from_utf8(&header[from..to]).ok().map(str::trim);
    let name = column(0, 16).map(|name| name.trim_end_matches('/').to_owned());
    let size = column(48, 58).and_then(|size| size.parse().ok());
    name.zip(size).ok_or_else(|| odd("its archive is damaged"))
}

fn control(name: &str, packed: &[u8]) -> io::Result<DebName> {
    let tar: Box<dyn Read + '_> = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("xz") => Box::new(XzDecoder::new(packed)),
        Some("gz") => Box::new(MultiGzDecoder::new(packed)),
        Some("zst") => Box::new(zstd::Decoder::new(packed)?),
        _ => Box::new(packed),
    };
    let mut archive = tar::Archive::new(tar.take(LARGEST));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        if path.strip_prefix("./").unwrap_or(&path) == Path::new("control") {
            let mut text = String::new();
            entry.read_to_string(&mut text)?;
            return parse(&text);
        }
    }
    Err(odd("it has no file `control`"))
}

fn parse(text: &str) -> io::Result<DebName> {
    let field = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.map(str::trim).ok_or_else(|| odd("its `control` names no package and version"))
    };
    let name = field("Package")?.parse().map_err(io::Error::other)?;
    let version = field("Version")?.parse().map_err(io::Error::other)?;
    Ok(DebName { name, version })
}

fn odd(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    const CONTROL: &str = "Package: socat\nVersion: 1:1.7.4-1+b1\nArchitecture: amd64\n";

    fn tar() -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(CONTROL.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, "./control", CONTROL.as_bytes()).unwrap();
        tar.into_inner().unwrap()
    }

    fn deb(name: &str, control: &[u8]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for (name, content) in [("debian-binary", &b"2.0"[..]), (name, control)] {
            let size = content.len();
            bytes
                .extend(format!("{name:<16}0           0     0     100644  {size:<10}`\n").bytes());
            bytes.extend(content);
            bytes.extend(vec![b'\n'; size % 2]);
        }
        bytes
    }

    #[test]
    fn a_package_says_its_name_and_version_however_it_is_packed() {
        let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
        gz.write_all(&tar()).unwrap();
        let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
        xz.write_all(&tar()).unwrap();
        for (name, packed) in [
            ("control.tar", tar()),
            ("control.tar.gz", gz.finish().unwrap()),
            ("control.tar.xz", xz.finish().unwrap()),
            ("control.tar.zst", zstd::encode_all(&tar()[..], 1).unwrap()),
        ] {
            let found = read(&deb(name, &packed)[..]).unwrap();
            assert_eq!((found.name.as_str(), found.version.as_str()), ("socat", "1:1.7.4-1+b1"));
        }
    }

    #[test]
    fn what_is_no_package_is_refused() {
        let foreign = deb("control.tar", &tar());
        for bytes in [&b"PK\x03\x04 and more"[..], &b"!<arch>\n"[..], &foreign[..100], b""] {
            assert!(read(bytes).is_err());
        }
        assert!(read(&deb("control.tar.xz", b"not xz")[..]).is_err());
    }
}
