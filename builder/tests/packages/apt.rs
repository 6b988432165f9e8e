//! The machine's apt, asked without touching the machine: its indexes are read, and
//! what is installed is a status file of the test.

use builder::debian::{Base, Package, Universe, read_index};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

const HELPER: &str = "/usr/lib/apt/apt-helper";
const LISTS: &str = "/var/lib/apt/lists";

/// The architecture of this machine, as dpkg calls it.
pub(crate) fn arch() -> String {
    text(&succeed(Command::new("dpkg").arg("--print-architecture"))).trim().to_owned()
}

/// The indexes of this machine's apt, as texts.
static INDEXES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let read = |path| succeed(Command::new(HELPER).arg("cat-file").arg(path)).stdout;
    indexes().iter().map(|path| String::from_utf8(read(path)).unwrap()).collect()
});

/// Their paragraphs, by name and version.
static PARAGRAPHS: LazyLock<BTreeMap<(&str, &str), &str>> = LazyLock::new(|| {
    let paragraphs = INDEXES.iter().flat_map(|index| index.split("\n\n"));
    let named = paragraphs.filter_map(|paragraph| {
        let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name));
        Some(((field("Package: ")?, field("Version: ")?), paragraph))
    });
    named.collect()
});

/// All packages that this machine's apt knows; none when it has no indexes.
pub(crate) fn universe() -> Option<Universe> {
    let packages: Vec<_> = INDEXES.iter().flat_map(|index| read_index(index).unwrap()).collect();
    (!packages.is_empty()).then(|| Universe::new(packages))
}

fn indexes() -> Vec<PathBuf> {
    let entries = fs::read_dir(LISTS).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    let is_index = |path: &PathBuf| path.to_string_lossy().contains("_Packages");
    let mut indexes: Vec<_> = paths.filter(is_index).collect();
    indexes.sort();
    indexes
}

/// A host with these packages, for apt and for us.
pub(crate) struct Host {
    folder: tempfile::TempDir,
    pub(crate) base: Base,
}

impl Host {
    pub(crate) fn new(paragraphs: &str, arch: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("archives/partial")).unwrap();
        fs::write(folder.path().join("status"), paragraphs).unwrap();
        Self { folder, base: Base::read(paragraphs, arch).unwrap() }
    }

    /// What dpkg says of it.
    pub(crate) fn status(&self) -> String {
        fs::read_to_string(self.folder.path().join("status")).unwrap()
    }

    /// Whether a package of this name is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.base.names().any(|known| known == name)
    }

    /// What `dose-debcheck` has against these packages beside what is installed, all
    /// of them together; nothing when it agrees, or is not here.
    pub(crate) fn debcheck<'a>(
        &self,
        packages: impl Iterator<Item = &'a Package>,
    ) -> Option<String> {
        let packages: Vec<_> = packages.collect();
        let all: Vec<_> =
            packages.iter().map(|one| format!("{} (= {})", one.name, one.version)).collect();
        let together = format!(
            "Package: together\nVersion: 1\nArchitecture: all\nDepends: {}\n",
            all.join(", ")
        );
        let replaced = |name: &str| packages.iter().any(|package| package.name == name);
        let installed = self.status();
        let kept = installed.split("\n\n").filter(|paragraph| {
            let name = paragraph.lines().find_map(|line| line.strip_prefix("Package: "));
            name.is_some_and(|name| !replaced(name))
        });
        let kept = kept.map(|paragraph| format!("{paragraph}\n\n")).collect::<Vec<_>>().concat();
        let file = tempfile::NamedTempFile::new_in(self.folder.path()).unwrap();
        fs::write(file.path(), format!("{kept}{}{together}", status(packages.into_iter())))
            .unwrap();
        let mut command = Command::new("dose-debcheck");
        let done = command
            .args(["--explain", "--failures", "--checkonly", "together"])
            .arg(file.path())
            .output()
            .ok()?;
        (!done.status.success()).then(|| text(&done) + &String::from_utf8_lossy(&done.stderr))
    }

    /// What apt would install, by name and version; what it says when it would not.
    pub(crate) fn apt(&self, wanted: &[&str]) -> Result<BTreeMap<String, String>, String> {
        let option = |name: &str, path: &Path| format!("{name}={}", path.display());
        let mut command = Command::new("apt-get");
        command.env("LC_ALL", "C").args(["-s", "--no-install-recommends", "install"]);
        command.args(["-o", &option("Dir::State::status", &self.folder.path().join("status"))]);
        command.args(["-o", &option("Dir::Cache", self.folder.path())]);
        // Without it apt reads all indexes again for each set.
        let cache = self.folder.path().join("pkgcache.bin");
        command.args(["-o", &option("Dir::Cache::pkgcache", &cache)]);
        command.args(["-o", "Acquire::Check-Date=true", "-o", "Acquire::Check-Valid-Until=true"]);
        let done = command.args(wanted).output().unwrap();
        match done.status.success() {
            true => Ok(text(&done).lines().filter_map(installed).collect()),
            false => Err(text(&done) + &String::from_utf8_lossy(&done.stderr)),
        }
    }
}

/// `Inst socat (1.7.4.4-2 Debian:12 [amd64])`, also with the old version in brackets.
fn installed(line: &str) -> Option<(String, String)> {
    let (name, rest) = line.strip_prefix("Inst ")?.split_once(' ')?;
    let version = rest.split_once('(')?.1.split_whitespace().next()?;
    Some((name.to_owned(), version.to_owned()))
}

/// A status file that has these packages installed, as apt's own indexes have them.
pub(crate) fn status<'a>(packages: impl Iterator<Item = &'a Package>) -> String {
    let installed = packages.map(|package| {
        format!("{}\nStatus: install ok installed\n\n", paragraph(package).trim_end())
    });
    installed.collect()
}

/// What apt's own indexes say of a package.
pub(crate) fn paragraph(package: &Package) -> &'static str {
    PARAGRAPHS[&(&*package.name, &*package.version.to_string())]
}

fn succeed(command: &mut Command) -> Output {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    done
}

fn text(done: &Output) -> String {
    String::from_utf8(done.stdout.clone()).unwrap()
}
