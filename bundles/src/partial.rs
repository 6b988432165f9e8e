//! Files under way: each is written under a `.partial` name, by one process at a
//! time, and gets its real name in one rename when it is whole.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

const ENDING: &str = ".partial";

/// What a file is called until it is whole.
pub(crate) fn name_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ENDING);
    path.with_file_name(name)
}

/// Whether a file of this name is not whole.
pub(crate) fn is_partial(name: &str) -> bool {
    name.ends_with(ENDING)
}

/// The folder a file lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes renames in the folder of this file survive a power cut.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

/// Opens a file for this process alone, and empties it.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
    own(&file, path)?;
    file.set_len(0)?;
    Ok(file)
}

/// Two that make the same thing would write over each other.
fn own(file: &File, path: &Path) -> io::Result<()> {
    let held = || io::Error::other("another process is writing it");
    file.try_lock().map_err(|_held| held())?;
    // Whoever held it may have ended since it was opened. Then it has its real name,
    // and is the last that anybody should empty.
    let ours = file.metadata()?;
    let there = fs::metadata(path).map_err(|_gone| held())?;
    match (ours.dev(), ours.ino()) == (there.dev(), there.ino()) {
        true => Ok(()),
        false => Err(held()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_writes_is_not_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.partial");
        let file = create(&path).unwrap();
        file.set_len(7).unwrap();
        assert!(create(&path).is_err());
        assert_eq!(file.metadata().unwrap().len(), 7);
        drop(file);
        assert_eq!(create(&path).unwrap().metadata().unwrap().len(), 0);
    }

    #[test]
    fn what_got_its_name_after_it_was_opened_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.partial");
        let opened = File::create(&path).unwrap();
        fs::rename(&path, folder.path().join("b")).unwrap();
        assert!(own(&opened, &path).is_err());
        drop(create(&path).unwrap());
        assert!(own(&opened, &path).is_err(), "another file has its place");
    }
}
