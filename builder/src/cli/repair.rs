//! `repair`: what is lost of a bundle comes back from parity or from pieces.

use super::{Ended, job, split, verify::Keys};
use bundles::{Acceptance, Bundle, Gaps, RepairOptions, SplitError, Trust};
use clap::Args;
use console::Console;
use manifests::ExitCode;
use std::path::PathBuf;

/// Rebuild lost and damaged volumes from parity volumes, or a damaged bundle from the
/// pieces that `resend` made. Only bytes that match the signed hashes are written.
#[derive(Debug, Args)]
pub(super) struct Repair {
    /// All that is there of one bundle: files, or folders that hold them.
    #[arg(required = true)]
    bundle: Vec<PathBuf>,
    /// The folder for what is rebuilt [default: in the place of what is damaged]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    keys: Keys,
}

impl Repair {
    pub(super) fn run(self, console: &Console) -> Ended {
        // The header goes into what is rebuilt: its signature has to hold.
        let trust = self.keys.trust()?.unwrap_or(Trust::new(vec![], 1));
        let bundle = Bundle::open_one(&self.bundle, Acceptance::Trusted(&trust), Gaps::Tell)?;
        let reporter = console.reporter();
        let reporter = reporter.as_ref();
        let jobs = job::default_jobs();
        let survey = bundle.survey(jobs, reporter);
        if let Some(folder) = &self.output {
            split::make(folder)
                .map_err(|source| SplitError::Write { path: folder.clone(), source })?;
        }
        let repair = job::run_blocking(|stop| {
            survey.repair(self.output.as_deref(), RepairOptions { jobs, stop, reporter })
        })?;
        console::repaired(&repair?, console);
        Ok(ExitCode::Done)
    }
}
