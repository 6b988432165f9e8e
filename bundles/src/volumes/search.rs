//! Which files are meant: a folder stands for the bundles and volumes in it, and
//! a volume has its siblings beside it.

use crate::{error::BundleError, format::frame, partial};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

/// What the names of bundles and volumes have in them when nobody chose others.
const USUAL: &str = ".bottari.tar.zst";

/// Where the name of the first tar entry stands in a bundle, and what it is.
const NAME_AT: u64 = frame::FRAME_HEADER + 3;
const NAME: &[u8] = b"bottari.json\0";

/// What every zstd file begins with.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Files as they were named; a folder becomes the files in it that are ours.
pub(crate) fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, BundleError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let inside = ours(path).map_err(|source| {
            let path = path.clone();
            BundleError::Read { path, source }
        })?;
        if inside.is_empty() {
            return Err(BundleError::Empty { folder: path.clone() });
        }
        files.extend(inside);
    }
    Ok(files)
}

/// What is ours in the folders of these files, these among them. A folder that
/// cannot be listed has nothing for us.
pub(crate) fn beside<'a>(files: impl Iterator<Item = &'a Path>) -> Vec<PathBuf> {
    let folders: BTreeSet<&Path> = files.map(partial::folder_of).collect();
    folders.into_iter().flat_map(|folder| ours(folder).unwrap_or_default()).collect()
}

/// Whole files of a folder that are named or begin like a bundle, by name. The
/// second finds what was renamed, the first what is damaged at its start. When
/// there is none, it may be renamed and damaged: then any zstd file counts, so that
/// it is told what is wrong with it.
fn ours(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut ours, mut perhaps) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if partial::is_partial(&name) || !path.is_file() {
            continue;
        }
        let usual = name.contains(USUAL);
        let path = path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
        match usual || begins_with(&path, NAME_AT, NAME) {
            true => ours.push(path),
            false if begins_with(&path, 0, &ZSTD) => perhaps.push(path),
            false => {}
        }
    }
    let mut found = if ours.is_empty() { perhaps } else { ours };
    found.sort();
    Ok(found)
}

fn begins_with(path: &Path, at: u64, bytes: &[u8]) -> bool {
    let mut start = vec![0; bytes.len()];
    let read = File::open(path).and_then(|file| file.read_exact_at(&mut start, at));
    read.is_ok() && start == bytes
}
