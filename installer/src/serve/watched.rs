//! Files that may be replaced while the server runs. They are looked at again
//! and again rather than watched by the kernel, because that works the same for
//! links, mounted secrets and files on network storage.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// What tells one state of a file from another without reading it: device, inode,
/// size, and when it was written and changed, in seconds and nanoseconds. `None`
/// when it cannot be seen.
pub(crate) type Print = Option<[u64; 7]>;

/// Files as they were at one moment.
type Look = BTreeMap<PathBuf, Print>;

/// Files that are used together, and all that lie in folders.
#[derive(Debug)]
pub struct Watched {
    paths: Vec<PathBuf>,
    used: Look,
    seen: Look,
}

impl Watched {
    /// To be made before the files are read for the first time, so that no change
    /// falls between.
    pub fn new(paths: Vec<PathBuf>) -> Self {
        let used = look(&paths);
        Self { paths, seen: used.clone(), used }
    }

    /// Whether they are others than those that were used, and have been left alone
    /// since the last look: a pair is rarely replaced in one moment, and a large file
    /// is long in coming. Asked a second time about the same files, it says no.
    pub(crate) fn changed(&mut self) -> bool {
        let now = look(&self.paths);
        let settled = now == self.seen;
        self.seen = now;
        if settled && self.seen != self.used {
            self.used.clone_from(&self.seen);
            return true;
        }
        false
    }

    /// Takes the files as they are now for used: somebody asked to read them at once.
    pub(crate) fn taken(&mut self) {
        self.used = look(&self.paths);
        self.seen.clone_from(&self.used);
    }
}

fn look(paths: &[PathBuf]) -> Look {
    let mut look = Look::new();
    for path in paths {
        match fs::read_dir(path) {
            Ok(folder) => {
                let entries = folder.flatten().map(|entry| entry.path());
                look.extend(entries.map(|path| (path.clone(), print(&path).ok())));
            }
            Err(_no_folder) => {
                look.insert(path.clone(), print(path).ok());
            }
        }
    }
    look
}

/// See [`Print`].
pub(crate) fn print(path: &Path) -> io::Result<[u64; 7]> {
    let file = fs::metadata(path)?;
    let times = [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()];
    let [written, written_nanos, changed, changed_nanos] = times.map(i64::cast_unsigned);
    Ok([file.dev(), file.ino(), file.size(), written, written_nanos, changed, changed_nanos])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once_and_only_when_it_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "1").unwrap();
        let mut files = Watched::new(vec![path("a"), path("b")]);
        assert!(!files.changed());
        fs::write(path("a"), "22").unwrap();
        assert!(!files.changed(), "it may go on");
        fs::write(path("b"), "1").unwrap();
        assert!(!files.changed(), "it went on");
        assert!(files.changed() && !files.changed());
        fs::remove_file(path("b")).unwrap();
        assert!(!files.changed() && files.changed());
        fs::write(path("a"), "333").unwrap();
        files.taken();
        assert!(!files.changed() && !files.changed());
    }
}
