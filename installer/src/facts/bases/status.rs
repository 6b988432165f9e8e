//! What dpkg says of one host, read as far as it tells hosts apart.

use crate::facts::FactsError;
use manifests::{Arch, Digest};

/// The packages of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPackages {
    /// The system: `ubuntu-22.04`.
    pub system: String,
    /// The architecture that its packages are for.
    pub arch: Arch,
    /// How many packages are installed.
    pub installed: usize,
    /// Packages that their owner keeps in their version.
    pub held: Vec<String>,
    /// Hosts whose packages are equal have equal digests, whatever else their
    /// files say.
    pub digest: Digest,
    /// The status file, byte for byte.
    pub status: Vec<u8>,
}

/// One paragraph of a status file.
struct Paragraph<'a> {
    name: &'a str,
    version: &'a str,
    arch: &'a str,
    wish: &'a str,
    flag: &'a str,
    state: &'a str,
}

impl HostPackages {
    /// Reads a status file. A host with packages that are half installed says
    /// nothing of value: whatever ends them may install more.
    pub(super) fn read(
        host: &str,
        system: String,
        arch: Arch,
        status: Vec<u8>,
    ) -> Result<Self, FactsError> {
        let text = String::from_utf8_lossy(&status);
        let paragraphs: Vec<_> = text.split("\n\n").filter_map(Paragraph::read).collect();
        refuse_half_installed(host, &paragraphs)?;
        let mut installed: Vec<_> = paragraphs.iter().filter(|one| one.is_installed()).collect();
        installed.sort_by_key(|one| (one.name, one.arch));
        let lines = installed.iter().map(|one| one.line()).collect::<String>();
        let held = installed.iter().filter(|one| one.wish == "hold");
        let held = held.map(|one| one.name.to_owned()).collect();
        let (installed, digest) = (installed.len(), bundles::sha256(lines.as_bytes()));
        Ok(Self { system, arch, installed, held, digest, status })
    }
}

fn refuse_half_installed(host: &str, paragraphs: &[Paragraph<'_>]) -> Result<(), FactsError> {
    let name = |one: &Paragraph<'_>| one.name.to_owned();
    let unfinished: Vec<_> =
        paragraphs.iter().filter(|one| one.is_unfinished()).map(name).collect();
    let broken: Vec<_> = paragraphs.iter().filter(|one| one.is_broken()).map(name).collect();
    match unfinished.is_empty() && broken.is_empty() {
        true => Ok(()),
        false => Err(FactsError::HalfInstalled { host: host.to_owned(), unfinished, broken }),
    }
}

impl<'a> Paragraph<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let field = |name: &str| {
            let mut values = text.lines().filter_map(|line| line.strip_prefix(name));
            values.next().map(str::trim)
        };
        let mut words = field("Status:")?.split_whitespace();
        let (wish, flag, state) = (words.next()?, words.next()?, words.next()?);
        let (version, arch) = (field("Version:"), field("Architecture:"));
        Some(Self {
            name: field("Package:")?,
            version: version.unwrap_or_default(),
            arch: arch.unwrap_or_default(),
            wish,
            flag,
            state,
        })
    }

    /// Also when it waits for the triggers of another one: they bring nothing.
    fn is_installed(&self) -> bool {
        matches!(self.state, "installed" | "triggers-awaited" | "triggers-pending")
    }

    /// `dpkg --configure -a` ends it.
    fn is_unfinished(&self) -> bool {
        !self.is_broken() && matches!(self.state, "unpacked" | "half-configured")
    }

    /// Only the package itself, or its removal, ends it.
    fn is_broken(&self) -> bool {
        self.state == "half-installed" || self.flag == "reinstreq"
    }

    fn line(&self) -> String {
        let Self { name, version, arch, wish, .. } = self;
        format!("{name} {version} {arch} {wish}\n")
    }
}
