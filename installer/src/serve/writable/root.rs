//! Files below one folder and nowhere else: the kernel itself refuses a symbolic
//! link on any part of the way. A document appears whole or not at all, and stays
//! when the power fails.

use super::place::{Place, TEMPORARY};
use rustix::fs::{self, AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags};
use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

/// Largest document: larger ones are not ours.
const DOCUMENT: u64 = 5 << 20;

/// A folder that is open.
#[derive(Debug)]
pub(super) struct Root {
    folder: OwnedFd,
    path: PathBuf,
    documents: AtomicU64,
}

/// What is known of a file without reading it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) size: u64,
    pub(super) changed: SystemTime,
}

impl Root {
    /// Opens a folder that exists.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = fs::openat(CWD, path, flags, Mode::empty())?;
        Ok(Self { folder, path: path.to_owned(), documents: AtomicU64::new(0) })
    }

    /// Where it is, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A file to read.
    pub(super) fn read(&self, place: &Place) -> io::Result<File> {
        // A pipe in its place must not keep us waiting.
        let file = File::from(self.reach(place.as_str(), OFlags::RDONLY | OFlags::NONBLOCK)?);
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::other("this is no file")),
        }
    }

    /// A file to go on with.
    pub(super) fn write(&self, place: &Place) -> io::Result<File> {
        let file = File::from(self.reach(place.as_str(), OFlags::RDWR | OFlags::NONBLOCK)?);
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::other("this is no file")),
        }
    }

    /// A new file; its folder is made where there is none.
    pub(super) fn create(&self, place: &Place) -> io::Result<File> {
        self.with_folder(place, || {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
            Ok(File::from(self.reach(place.as_str(), flags)?))
        })
    }

    /// A small file as a whole; `None` when there is none.
    pub(super) fn document(&self, place: &Place) -> io::Result<Option<Vec<u8>>> {
        let file = match self.read(place) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(DOCUMENT + 1).read_to_end(&mut bytes)?;
        match bytes.len() as u64 > DOCUMENT {
            true => Err(io::ErrorKind::FileTooLarge.into()),
            false => Ok(Some(bytes)),
        }
    }

    /// Puts a small file there, in one step, in place of what was there.
    pub(super) fn put(&self, place: &Place, bytes: &[u8]) -> io::Result<()> {
        let partial = Place::temporary(self.documents.fetch_add(1, Ordering::Relaxed));
        let mut file = self.create(&partial)?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        let put = written.and_then(|()| self.rename(&partial, place));
        if put.is_err() {
            // What matters is the first error; the next start removes it as well.
            let _ = self.remove(&partial);
        }
        put
    }

    /// Moves a file to its final name; when this returns it stays there.
    pub(super) fn rename(&self, from: &Place, to: &Place) -> io::Result<()> {
        let (_, old) = from.split();
        let (_, new) = to.split();
        let source = self.parent(from)?;
        self.with_folder(to, || {
            let target = self.parent(to)?;
            fs::renameat(&source, old, &target, new)?;
            Ok(fs::fsync(&target)?)
        })
    }

    /// Removes a file; whether there was one.
    pub(super) fn remove(&self, place: &Place) -> io::Result<bool> {
        self.unlink(place, AtFlags::empty())
    }

    /// Removes an empty folder; one that is not empty stays.
    pub(super) fn remove_folder(&self, place: &Place) -> io::Result<bool> {
        match self.unlink(place, AtFlags::REMOVEDIR) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(false),
            other => other,
        }
    }

    fn unlink(&self, place: &Place, flags: AtFlags) -> io::Result<bool> {
        let removed = self.parent(place).and_then(|parent| {
            fs::unlinkat(&parent, place.split().1, flags)?;
            Ok(fs::fsync(&parent)?)
        });
        match removed {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The names in a folder, sorted; none when there is no such folder.
    pub(super) fn list(&self, place: &Place) -> io::Result<Vec<String>> {
        let folder = match self.reach(place.as_str(), OFlags::RDONLY | OFlags::DIRECTORY) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in fs::Dir::read_from(&folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name != "." && name != ".." {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Size and time of a file; `None` when there is none.
    pub(super) fn look(&self, place: &Place) -> io::Result<Option<Look>> {
        let found = self.parent(place).and_then(|parent| {
            Ok(fs::statat(&parent, place.split().1, AtFlags::SYMLINK_NOFOLLOW)?)
        });
        match found {
            Ok(found) if FileType::from_raw_mode(found.st_mode) == FileType::RegularFile => {
                let seconds = u64::try_from(found.st_mtime).unwrap_or(0);
                let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
                Ok(Some(Look { size: u64::try_from(found.st_size).unwrap_or(0), changed }))
            }
            Ok(_) => Err(io::Error::other(format!("`{}` is no file", place.as_str()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a folder and those around it.
    pub(super) fn make_folder(&self, path: &str) -> io::Result<()> {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            let (parent, name) = path[..end].rsplit_once('/').unwrap_or((".", &path[..end]));
            let parent = self.reach(parent, OFlags::RDONLY | OFlags::DIRECTORY)?;
            match fs::mkdirat(&parent, name, Mode::from_raw_mode(0o700)) {
                Err(error) if error == rustix::io::Errno::EXIST => {}
                made => made.map_err(io::Error::from).and_then(|()| Ok(fs::fsync(&parent)?))?,
            }
        }
        Ok(())
    }

    /// Removes documents that were never finished.
    pub(super) fn tidy(&self) -> io::Result<()> {
        let folder = Place::top(TEMPORARY);
        self.list(&folder)?.iter().try_for_each(|name| self.remove(&folder.below(name)).map(|_| ()))
    }

    /// Does something that needs the folder around a place; makes that folder
    /// when it turns out to be missing.
    fn with_folder<T>(&self, place: &Place, act: impl Fn() -> io::Result<T>) -> io::Result<T> {
        match act() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.make_folder(place.split().0.unwrap_or("."))?;
                act()
            }
            other => other,
        }
    }

    fn parent(&self, place: &Place) -> io::Result<OwnedFd> {
        self.reach(place.split().0.unwrap_or("."), OFlags::RDONLY | OFlags::DIRECTORY)
    }

    fn reach(&self, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
        let mode = match flags.contains(OFlags::CREATE) {
            true => Mode::from_raw_mode(0o600),
            false => Mode::empty(),
        };
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        Ok(fs::openat2(self.folder.as_fd(), path, flags, mode, within)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use manifests::Digest;
    use std::os::unix::fs::symlink;

    fn digest() -> Digest {
        Digest::from_sha256(&[7; 32])
    }

    #[test]
    fn a_document_is_put_read_replaced_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::open(folder.path()).unwrap();
        let place = Place::blob(&digest());
        assert_eq!(root.document(&place).unwrap(), None);
        root.put(&place, b"one").unwrap();
        root.put(&place, b"two").unwrap();
        assert_eq!(root.document(&place).unwrap().unwrap(), b"two");
        assert_eq!(root.look(&place).unwrap().unwrap().size, 3);
        assert!(root.remove(&place).unwrap() && !root.remove(&place).unwrap());
        assert_eq!(root.list(&Place::top(TEMPORARY)).unwrap(), [""; 0]);
    }

    #[test]
    fn a_symbolic_link_is_refused_wherever_it_stands() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = Root::open(folder.path()).unwrap();
        let place = Place::blob(&digest());
        symlink(outside.path(), folder.path().join("blobs")).unwrap();
        assert!(root.put(&place, b"x").is_err());
        assert!(root.create(&place).is_err() && root.read(&place).is_err());
        std::fs::remove_file(folder.path().join("blobs")).unwrap();
        root.put(&place, b"x").unwrap();
        let path = folder.path().join(place.as_str());
        std::fs::remove_file(&path).unwrap();
        symlink("/etc/passwd", &path).unwrap();
        assert!(root.read(&place).is_err() && root.document(&place).is_err());
        assert!(root.look(&place).is_err());
        root.put(&place, b"mine").unwrap();
        assert_eq!(root.document(&place).unwrap().unwrap(), b"mine");
        assert_eq!(outside.path().read_dir().unwrap().count(), 0);
    }
}
