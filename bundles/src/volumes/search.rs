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
/// second finds what was renamed, the first what is damaged at its start.
fn ours(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let whole = !partial::is_partial(&name);
        if whole && path.is_file() && (name.contains(USUAL) || begins_like_a_bundle(&path)) {
            found.push(path.strip_prefix(".").map(Path::to_owned).unwrap_or(path));
        }
    }
    found.sort();
    Ok(found)
}

fn begins_like_a_bundle(path: &Path) -> bool {
    let mut start = [0; NAME.len()];
    let read = File::open(path).and_then(|file| file.read_exact_at(&mut start, NAME_AT));
    read.is_ok() && start == NAME
}
