//! Which files of a blob are worth a look, and what was found in them.

use super::{
    Covers, Database, Found, GoBuild, OsPackage, PackageKind, Scan, System, Unread, apk, covers,
    dpkg, go, rpm,
};
use crate::sbom::{limits, tar::fill};
use std::{
    collections::BTreeMap,
    io::{self, Read},
};

/// Enough of a program for its table of segments.
const HEAD: usize = 4096;
/// How often a blob is told about before it is enough.
const NOTES: usize = 20;

/// A scan under way.
#[derive(Debug, Default)]
pub(super) struct Finds {
    pub(super) covers: Covers,
    found: BTreeMap<String, Found>,
    unread: Vec<Unread>,
    held: u64,
}

/// What a path alone tells.
enum Interest {
    Dpkg,
    Apk,
    RpmSqlite,
    /// An RPM database of another make, which is not read.
    RpmOther,
    /// Changes that are not in the database yet.
    RpmPending,
    System,
    Maybe,
}

fn interest(path: &str) -> Interest {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match (folder, name) {
        ("var/lib/dpkg", "status") => Interest::Dpkg,
        ("var/lib/dpkg/status.d", name) if !name.ends_with(".md5sums") => Interest::Dpkg,
        ("lib/apk/db" | "usr/lib/apk/db", "installed") => Interest::Apk,
        ("etc" | "usr/lib", "os-release") => Interest::System,
        ("var/lib/rpm" | "usr/lib/sysimage/rpm" | "usr/share/rpm", name) => match name {
            "rpmdb.sqlite" => Interest::RpmSqlite,
            "rpmdb.sqlite-wal" => Interest::RpmPending,
            "Packages" | "Packages.db" => Interest::RpmOther,
            _ => Interest::Maybe,
        },
        _ => Interest::Maybe,
    }
}

impl Finds {
    pub(super) fn finish(mut self) -> Scan {
        self.unread.sort();
        self.unread.dedup();
        Scan { found: self.found, covers: self.covers, unread: self.unread }
    }

    pub(super) fn unread(&mut self, path: &str, why: String) {
        if self.unread.len() < NOTES {
            self.unread.push(Unread::new(path, why));
        }
    }

    pub(super) fn entries(&self) -> usize {
        self.covers.len()
    }

    /// A later entry of one name is the one that counts.
    pub(super) fn replace(&mut self, path: &str) {
        self.covers.other(path);
        self.found.remove(path);
    }

    /// Takes a path away from the layers below; `false` when it is no whiteout.
    pub(super) fn whiteout(&mut self, path: &str) -> bool {
        let is_one = covers::is_whiteout(path);
        if is_one && self.hold(path, 0) {
            self.covers.whiteout(path);
        }
        is_one
    }

    /// A hard link is what it stands for.
    pub(super) fn link(&mut self, path: &str, target: Option<&str>) {
        if let Some(found) = target.and_then(|target| self.found.get(target)).cloned()
            && self.hold(path, size_of(&found))
        {
            self.found.insert(path.to_owned(), found);
        }
    }

    pub(super) fn file(
        &mut self,
        path: &str,
        size: u64,
        content: &mut impl Read,
    ) -> io::Result<()> {
        match interest(path) {
            Interest::Dpkg => self.database(path, size, content, |bytes| {
                Ok((PackageKind::Deb, dpkg::packages(&String::from_utf8_lossy(bytes))))
            }),
            Interest::Apk => self.database(path, size, content, |bytes| {
                Ok((PackageKind::Apk, apk::packages(&String::from_utf8_lossy(bytes))))
            }),
            Interest::RpmSqlite => self.database(path, size, content, |bytes| {
                rpm::packages(bytes).map(|packages| (PackageKind::Rpm, packages))
            }),
            Interest::RpmOther => {
                let why = "an RPM database in a form that is not read: packages are missing here";
                self.unread(path, why.to_owned());
                Ok(())
            }
            Interest::RpmPending if size > 0 => {
                let why = "changes of an RPM database that are not read: packages may differ";
                self.unread(path, why.to_owned());
                Ok(())
            }
            Interest::RpmPending => Ok(()),
            Interest::System => self.system(path, content),
            Interest::Maybe => self.maybe(path, content),
        }
    }

    fn database(
        &mut self,
        path: &str,
        size: u64,
        content: &mut impl Read,
        parse: impl Fn(&[u8]) -> Result<(PackageKind, Vec<OsPackage>), String>,
    ) -> io::Result<()> {
        if !self.hold(path, size) {
            return Ok(());
        }
        match parse(&read_small(content, size)?) {
            Ok((kind, packages)) => {
                if packages.len() >= limits::PACKAGES {
                    self.unread(path, "it has too many packages: not all are listed".to_owned());
                }
                self.found.insert(path.to_owned(), Found::Packages(Database { kind, packages }));
            }
            Err(why) => self.unread(path, format!("packages are missing here: {why}")),
        }
        Ok(())
    }

    fn system(&mut self, path: &str, content: &mut impl Read) -> io::Result<()> {
        let bytes = read_small(content, limits::SYSTEM)?;
        if let Some(system) = System::parse(&String::from_utf8_lossy(&bytes)) {
            self.found.insert(path.to_owned(), Found::System(system));
        }
        Ok(())
    }

    fn maybe(&mut self, path: &str, content: &mut impl Read) -> io::Result<()> {
        let mut magic = [0; 4];
        match fill(content, &mut magic)? {
            4 if magic == *b"\x7fELF" => self.program(path, &mut (&magic[..]).chain(content)),
            _ => Ok(()),
        }
    }

    /// What the blob itself is, when it is a package.
    pub(super) fn is_package(&mut self, packages: Vec<OsPackage>) {
        let database = Database { kind: PackageKind::Deb, packages };
        self.found.insert(String::new(), Found::Packages(database));
    }

    /// A program, from its first byte on.
    pub(super) fn program(&mut self, path: &str, content: &mut impl Read) -> io::Result<()> {
        let mut head = vec![0; HEAD];
        let count = fill(content, &mut head)?;
        let Some(build) = go::find(&head[..count], content)? else { return Ok(()) };
        if build.go.is_none() {
            let why = "a Go program whose build info is of before Go 1.18, which is not read";
            self.unread(path, why.to_owned());
        }
        if self.hold(path, build_size(&build)) {
            self.found.insert(path.to_owned(), Found::Program(build));
        }
        Ok(())
    }

    /// Whether there is room for so many bytes more; else it is noted.
    fn hold(&mut self, path: &str, size: u64) -> bool {
        let held = self.held.saturating_add(size).saturating_add(path.len() as u64);
        if held > limits::HELD {
            self.unread(path, "there is more to list than is looked at in one blob".to_owned());
            return false;
        }
        self.held = held;
        true
    }
}

fn size_of(found: &Found) -> u64 {
    match found {
        Found::Program(build) => build_size(build),
        Found::Packages(database) => 256 * database.packages.len() as u64,
        Found::System(_) => limits::SYSTEM,
    }
}

fn build_size(build: &GoBuild) -> u64 {
    256 * (build.modules.len() + build.settings.len() + 1) as u64
}

/// Reads at most `limit` bytes, for what is small.
pub(super) fn read_small(content: &mut impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    content.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
