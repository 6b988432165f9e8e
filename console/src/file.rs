//! Results that go into a file instead of to stdout.

use std::{
    fs::{self, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

/// Writes a file in one step, for everybody to read: readers see the old content
/// or the new one.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    // A rename would put a file in the place of a device or of a link such as `/dev/stdout`.
    if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        return fs::write(path, content);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::Builder::new();
    // A temporary file is private; a result is for everybody who reviews it.
    let file = file.permissions(Permissions::from_mode(0o644));
    let mut file = file.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, b"text").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(file).unwrap(), b"text");
    }
}
