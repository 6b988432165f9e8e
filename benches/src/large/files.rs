//! Forty files that differ, and the release that names them.

use crate::problem::{Result, at, make_folder, write};
use std::{
    fmt::Write as _,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
};

/// How many.
const COUNT: u64 = 40;
/// Where they come from, by name.
const URL: &str = "https://files.example.org/";
/// Bytes at the start of each that no other one has; a hole follows.
const HEAD: usize = 4096;

/// Their names. The first one gets compressed; the others are what an ending like
/// theirs promises to be, so they are stored as they are.
pub(super) fn names() -> Vec<String> {
    let packed = (1..COUNT).map(|number| format!("part-{number:02}.tar.gz"));
    ["part-00.bin".to_owned()].into_iter().chain(packed).collect()
}

/// Bytes of all of them.
pub(super) fn bytes(size: u64) -> u64 {
    COUNT * size
}

/// Makes them in a folder that is new.
pub(super) fn make(folder: PathBuf, size: u64) -> Result<PathBuf> {
    let folder = make_folder(folder)?;
    for name in names() {
        let path = folder.join(&name);
        let mut file = File::create(&path).map_err(at(&path))?;
        file.write_all(&head(&name)).map_err(at(&path))?;
        file.set_len(size).map_err(at(&path))?;
    }
    Ok(folder)
}

/// The same on every machine.
fn head(name: &str) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    blake3::Hasher::new().update(name.as_bytes()).finalize_xof().fill(&mut head);
    head
}

/// Writes a release of them, and gives its path.
pub(super) fn release(folder: &Path) -> Result<PathBuf> {
    let component = make_folder(folder.join("components/large"))?;
    write(&component.join("component.yaml"), &definition())?;
    let release = make_folder(folder.join("releases"))?.join("large.yaml");
    let text = "release: large\nversion: 1.0.0\nserial: 1\ntitle: a large bundle\n\
                arches: [amd64]\ncompression-level: 1\n\
                components:\n- name: large\n  version: v1\n";
    write(&release, text)?;
    Ok(release)
}

fn definition() -> String {
    let mut text = format!(
        "component: large\ntitle: a large bundle\nhomepage: {URL}\n\
         licence: Apache-2.0\nversions:\n  v1:\n    files:\n"
    );
    for name in names() {
        writeln!(text, "    - name: {name}\n      url: {URL}{name}\n      roles: [worker]")
            .expect("a text takes any line");
    }
    text
}

/// The mirrors file that leads to the server of the files.
pub(super) fn mirrors(server: &str) -> String {
    format!("urls:\n- from: {URL}\n  to: {server}/\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, os::unix::fs::MetadataExt};

    #[test]
    fn files_differ_and_take_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let folder = make(folder.path().join("files"), 1 << 20).unwrap();
        let files = names().into_iter().map(|name| folder.join(name));
        let heads: BTreeSet<_> = files.clone().map(|file| fs::read(file).unwrap()).collect();
        assert_eq!(heads.len(), 40);
        assert!(heads.iter().all(|bytes| bytes.len() == 1 << 20));
        let blocks: u64 = files.map(|file| fs::metadata(file).unwrap().blocks()).sum();
        assert!(blocks * 512 < 4 << 20, "{blocks}");
    }
}
