//! A Debian package as a file: its control file, read from its bytes alone. What is
//! not as `dpkg` takes it is refused, and no package decides how much memory it fills.

use crate::sbom::{EntryKind, Form, TarReader, fill, unpack};
use std::io::{self, BufRead, Read};

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;
/// What each header ends with.
const END: &[u8] = b"`\n";
/// Longest part that is read in front of the one with the package's files. The
/// largest of Debian are a few MiB.
const PACKED: u64 = 16 * 1024 * 1024;
/// Most that may come out of it.
const PLAIN: u64 = 128 * 1024 * 1024;
/// Longest control file.
const CONTROL: u64 = 1024 * 1024;

/// Why bytes are not a package.
#[derive(Debug, thiserror::Error)]
pub enum DebError {
    /// Something else altogether, or another format of packages.
    #[error("it is not a Debian package of format 2")]
    NotAPackage,
    /// The parts are not those of a package, in their order.
    #[error("it has a part `{0}` where its control files should be")]
    Part(String),
    /// Larger than any real one.
    #[error("its control files are larger than {PACKED} bytes")]
    TooLarge,
    /// They cannot be unpacked.
    #[error("its control files cannot be unpacked")]
    Unpack(#[from] io::Error),
    /// There is no control file, or there are several.
    #[error("expected one file `control`, found {0}")]
    Control(usize),
    /// Something that is neither a file nor a folder, or leads out of its own.
    #[error("it has `{0}` among its control files: expected plain files of one folder")]
    Odd(String),
    /// It is no text.
    #[error("its file `control` is not UTF-8, or longer than {CONTROL} bytes")]
    Text,
}

/// One part of the archive.
struct Part {
    name: String,
    size: u64,
}

/// The text of the control file. No more is read than it takes.
pub fn control(mut deb: impl Read) -> Result<String, DebError> {
    let mut magic = [0; MAGIC.len()];
    if fill(&mut deb, &mut magic)? != magic.len() || magic != *MAGIC {
        return Err(DebError::NotAPackage);
    }
    let first = part(&mut deb)?;
    let version = content(&mut deb, &first)?;
    if first.name != "debian-binary" || !version.starts_with(b"2.") {
        return Err(DebError::NotAPackage);
    }
    let mut next = part(&mut deb)?;
    // So that others may add to the format, says dpkg.
    while next.name.starts_with('_') {
        content(&mut deb, &next)?;
        next = part(&mut deb)?;
    }
    let form = form(&next.name).ok_or(DebError::Part(next.name.clone()))?;
    from_tar(&content(&mut deb, &next)?, form)
}

fn part(deb: &mut impl Read) -> Result<Part, DebError> {
    let mut header = [0; HEADER];
    if fill(deb, &mut header)? != HEADER || !header.ends_with(END) {
        return Err(DebError::NotAPackage);
    }
    let text = |field: &[u8]| String::from_utf8_lossy(field).trim_end().to_owned();
    let size = text(&header[48..58]).parse().map_err(|_error| DebError::NotAPackage)?;
    let name = text(&header[..16]);
    // As GNU's ar ends a name.
    Ok(Part { name: name.strip_suffix('/').unwrap_or(&name).to_owned(), size })
}

fn content(deb: &mut impl Read, part: &Part) -> Result<Vec<u8>, DebError> {
    if part.size > PACKED {
        return Err(DebError::TooLarge);
    }
    let mut bytes = Vec::new();
    // Parts begin at even places.
    let with_padding = part.size + part.size % 2;
    deb.take(with_padding).read_to_end(&mut bytes)?;
    match bytes.len() as u64 == with_padding {
        true => bytes.truncate(bytes.len() - usize::from(part.size % 2 == 1)),
        false => return Err(cut_off().into()),
    }
    Ok(bytes)
}

/// How dpkg unpacks the control files, by the name of their part.
fn form(name: &str) -> Option<Form> {
    match name {
        "control.tar" => Some(Form::Plain),
        "control.tar.gz" => Some(Form::Gzip),
        "control.tar.xz" => Some(Form::Xz),
        "control.tar.zst" => Some(Form::Zstd),
        _ => None,
    }
}

fn from_tar(packed: &[u8], expected: Form) -> Result<String, DebError> {
    let (form, plain) = unpack(packed, packed.len() as u64)?;
    if form != expected {
        return Err(wrong("they are packed in another way than their name says").into());
    }
    let mut tar = TarReader::new(Bounded { inner: plain, left: PLAIN });
    let mut found = Vec::new();
    while let Some(entry) = tar.next_entry()? {
        let plain = matches!(entry.kind, EntryKind::File | EntryKind::Folder);
        let name = name(&entry.path).filter(|_| plain).ok_or(DebError::Odd(entry.path))?;
        if name == "control" {
            let mut text = Vec::new();
            (&mut tar).take(CONTROL + 1).read_to_end(&mut text)?;
            found.push((entry.kind, text));
        }
    }
    // dpkg takes the last of several: nobody but an attacker has them.
    let [(EntryKind::File, text)] = &found[..] else { return Err(DebError::Control(found.len())) };
    match String::from_utf8(text.clone()) {
        Ok(text) if text.len() as u64 <= CONTROL => Ok(text),
        _ => Err(DebError::Text),
    }
}

/// Where dpkg would unpack an entry, whichever of the many ways it is written in.
fn name(path: &str) -> Option<String> {
    let parts: Vec<_> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    (!parts.contains(&"..")).then(|| parts.join("/"))
}

/// Ends with an error where too much comes out.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.left {
            0 => Err(wrong("far more comes out of them than any package has")),
            _ => self.inner.fill_buf(),
        }
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count as u64);
        self.inner.consume(count);
    }
}

fn cut_off() -> io::Error {
    wrong("the file is cut off")
}

fn wrong(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
