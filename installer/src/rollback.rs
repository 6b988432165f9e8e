//! The highest serial of each release that was used on this host. An attacker
//! who cannot sign can still hand over an old bundle whose holes are known; a
//! bundle with a lower serial is therefore refused.
//!
//! The file is replaced in one rename, under a lock, and never goes down.

use bundles::{Bundle, BundleError};
use manifests::{ExitCode, Failure, Name};
use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    str::FromStr,
};

const FILE: &str = "serials.json";

/// Why the serials are not known or not kept.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// The bundle is older than what was used here.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// There is no place to keep them.
    #[error("there is no place to remember serials: neither `XDG_STATE_HOME` nor `HOME` is set")]
    NoPlace,
    /// The file cannot be read.
    #[error("cannot read the serials seen on this host from `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("`{path}` does not hold the serials seen on this host")]
    Content {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The file cannot be written.
    #[error("cannot remember a serial in `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Failure for RollbackError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Bundle(error) => error.exit_code(),
            _ => ExitCode::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Bundle(error) => error.hint(),
            Self::NoPlace | Self::Write { .. } => {
                Some("name a folder that you can write with `--state-dir`".into())
            }
            Self::Content { path, .. } => Some(format!(
                "look at `{}`: it maps release names to numbers, as in {{\"kpaas\": 12}}; put it right rather than removing it",
                path.display()
            )),
            Self::Read { .. } => None,
        }
    }
}

/// `NAME@SERIAL`: a release that may go back, and how far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedRollback {
    release: Name,
    serial: u64,
}

/// A text that is not `NAME@SERIAL`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected NAME@SERIAL, as in `kpaas@11`")]
pub struct AllowedRollbackError;

impl FromStr for AllowedRollback {
    type Err = AllowedRollbackError;
    fn from_str(text: &str) -> Result<Self, AllowedRollbackError> {
        let (release, serial) = text.split_once('@').ok_or(AllowedRollbackError)?;
        let (release, serial) = (release.parse().ok(), serial.parse().ok());
        let (release, serial) = release.zip(serial).ok_or(AllowedRollbackError)?;
        Ok(Self { release, serial })
    }
}

/// The memory of one host.
#[derive(Debug, Clone)]
pub struct Serials {
    folder: PathBuf,
}

impl Serials {
    /// Keeps them in this folder.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Keeps them where the system wants them: `/var/lib/bottari` for root,
    /// else `$XDG_STATE_HOME/bottari` or `~/.local/state/bottari`.
    pub fn in_default_place() -> Result<Self, RollbackError> {
        let env = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        default_folder(is_root(), env).map(|folder| Self { folder }).ok_or(RollbackError::NoPlace)
    }

    /// Where they are kept, beside other things that outlive a command.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Refuses bundles that are older than what was used here. Of several
    /// bundles of one release only the newest counts: an older one beside it
    /// serves what still runs, and cannot take the newer one's place.
    pub fn check(
        &self,
        bundles: &[Bundle],
        allowed: &[AllowedRollback],
    ) -> Result<(), RollbackError> {
        let seen = self.read()?;
        for bundle in newest(bundles).into_values() {
            let manifest = bundle.manifest();
            let may = |one: &AllowedRollback| {
                one.release == manifest.release && one.serial == manifest.serial
            };
            match seen.get(&manifest.release) {
                Some(highest) if *highest > manifest.serial && !allowed.iter().any(may) => {
                    Err(BundleError::RolledBack {
                        path: bundle.path().to_owned(),
                        release: manifest.release.to_string(),
                        found: manifest.serial,
                        highest: *highest,
                    })?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes note that these bundles are used here.
    pub fn remember(&self, bundles: &[Bundle]) -> Result<(), RollbackError> {
        let path = self.path();
        let failed = |source| RollbackError::Write { path: path.clone(), source };
        fs::create_dir_all(&self.folder).map_err(failed)?;
        // Two programs at once must not forget what the other has seen.
        let lock = File::create(self.folder.join("serials.lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut seen = self.read()?;
        let before = seen.clone();
        for (release, bundle) in newest(bundles) {
            let highest = seen.entry(release.clone()).or_default();
            *highest = bundle.manifest().serial.max(*highest);
        }
        if seen == before { Ok(()) } else { self.write(&seen).map_err(failed) }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    fn read(&self) -> Result<BTreeMap<Name, u64>, RollbackError> {
        let path = self.path();
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|source| RollbackError::Content { path, source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(source) => Err(RollbackError::Read { path, source }),
        }
    }

    fn write(&self, seen: &BTreeMap<Name, u64>) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        serde_json::to_writer_pretty(&mut file, seen)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(self.path())?;
        File::open(&self.folder)?.sync_all()
    }
}

/// The newest bundle of each release.
fn newest(bundles: &[Bundle]) -> BTreeMap<&Name, &Bundle> {
    let mut newest: BTreeMap<&Name, &Bundle> = BTreeMap::new();
    for bundle in bundles {
        let manifest = bundle.manifest();
        let held = newest.entry(&manifest.release).or_insert(bundle);
        if held.manifest().serial < manifest.serial {
            *held = bundle;
        }
    }
    newest
}

fn default_folder(is_root: bool, env: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if is_root {
        return Some("/var/lib/bottari".into());
    }
    let state = env("XDG_STATE_HOME").map(PathBuf::from);
    let home = || Some(PathBuf::from(env("HOME")?).join(".local/state"));
    Some(state.or_else(home)?.join("bottari"))
}

/// Whether this process may write where the system keeps its things.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rollback_is_allowed_by_name_and_serial() {
        let allowed: AllowedRollback = "kpaas@11".parse().unwrap();
        assert_eq!((allowed.release.as_str(), allowed.serial), ("kpaas", 11));
        for text in ["", "kpaas", "kpaas@", "@1", "kpaas@-1", "kpaas@1@2", "K@1"] {
            assert!(text.parse::<AllowedRollback>().is_err(), "{text}");
        }
    }

    #[test]
    fn serials_are_kept_where_the_system_wants_them() {
        let home = |name: &str| (name == "HOME").then(|| OsString::from("/home/a"));
        let both = |name: &str| match name {
            "XDG_STATE_HOME" => Some(OsString::from("/state")),
            name => home(name),
        };
        assert_eq!(default_folder(true, both), Some("/var/lib/bottari".into()));
        assert_eq!(default_folder(false, home), Some("/home/a/.local/state/bottari".into()));
        assert_eq!(default_folder(false, both), Some("/state/bottari".into()));
        assert_eq!(default_folder(false, |_| None), None);
    }

    #[test]
    fn a_file_that_cannot_be_understood_is_never_taken_for_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let serials = Serials::new(folder.path());
        assert_eq!(serials.read().unwrap(), BTreeMap::new());
        for text in ["", "{}x", "[]", "{\"a\":-1}", "{\"../a\":1}"] {
            fs::write(folder.path().join(FILE), text).unwrap();
            assert!(
                matches!(serials.check(&[], &[]), Err(RollbackError::Content { .. })),
                "{text}"
            );
        }
    }
}
