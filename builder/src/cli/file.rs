//! Writes results that are files.

use manifests::{ExitCode, Failure};
use std::{
    fs, io,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// A result could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{path}`")]
pub(super) struct OutputError {
    path: PathBuf,
    source: io::Error,
}

impl Failure for OutputError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Input
    }
}

/// Writes a file in one step: readers see the old text or the new one.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), OutputError> {
    write(path, text).map_err(|source| OutputError { path: path.to_owned(), source })
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    // A rename would put a file in the place of a device or of a link such as `/dev/stdout`.
    if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        return fs::write(path, text);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::Builder::new();
    // A temporary file is private; a result is for everybody who reviews it.
    let file = file.permissions(fs::Permissions::from_mode(0o644));
    let mut file = file.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map(|_| ()).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, "text").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(file).unwrap(), "text");
    }
}
