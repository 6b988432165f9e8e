//! `sbom`: the bill of materials that a bundle carries.

use super::{CommandError, arguments::TrustArguments};
use clap::{Args, ValueEnum};
use console::Console;
use manifests::{ExitCode, Failure, SbomFormat};
use std::{
    fs::{self, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    slice,
};

/// Take the bill of materials out of a bundle
///
/// The one that was made when the bundle was built, checked like everything in it: nothing is looked
/// into here. It is what `bottari-builder sbom` makes of the same bundle.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,

    /// The format of the document
    #[arg(long, value_enum, default_value = "cyclonedx")]
    format: Kind,

    /// The document's file [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArguments,
}

/// Formats by their names on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// `CycloneDX` 1.6 in JSON.
    Cyclonedx,
    /// SPDX 2.3 in JSON.
    Spdx,
}

impl From<Kind> for SbomFormat {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Cyclonedx => Self::Cyclonedx,
            Kind::Spdx => Self::Spdx,
        }
    }
}

/// A bundle that was built without the document.
#[derive(Debug, thiserror::Error)]
#[error("bundle `{path}` carries no bill of materials in {}", format.title())]
pub struct NoSbom {
    path: PathBuf,
    format: SbomFormat,
}

impl Failure for NoSbom {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Input
    }

    fn hint(&self) -> Option<String> {
        Some(format!(
            "`bottari-builder sbom {} --format {}` makes one of the bundle; a release that says `sbom: [{}]` brings it along",
            self.path.display(),
            self.format,
            self.format
        ))
    }
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let format = SbomFormat::from(self.format);
        let bundle = self.trust.keys()?.open_one(slice::from_ref(&self.bundle), console)?;
        let missing = || NoSbom { path: self.bundle.clone(), format };
        let document = bundle.sbom(format)?.ok_or_else(missing)?;
        self.put(&document.text, console)
    }

    fn put(&self, document: &[u8], console: &Console) -> Result<(), CommandError> {
        let Some(path) = &self.output else {
            console.data(&String::from_utf8_lossy(document));
            return Ok(());
        };
        let failed = |source| CommandError::Write { path: path.clone(), source };
        replace(path, document).map_err(failed)?;
        console.success(&format!("wrote `{}`", path.display()));
        Ok(())
    }
}

/// Writes a file in one step, for everybody to read.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    // A rename would put a file in the place of a device or of a link such as `/dev/stdout`.
    if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        return fs::write(path, content);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    let builder = builder.permissions(Permissions::from_mode(0o644));
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
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
