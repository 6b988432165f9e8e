//! `sbom`: the bill of materials that a bundle carries.

use super::{CommandError, arguments::TrustArguments};
use clap::Args;
use console::{Console, SbomFormatName};
use manifests::{ExitCode, Failure, SbomFormat};
use std::{path::PathBuf, slice};

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
    format: SbomFormatName,

    /// The document's file [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArguments,
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
        console::replace(path, document).map_err(failed)?;
        console.success(&format!("wrote `{}`", path.display()));
        Ok(())
    }
}
