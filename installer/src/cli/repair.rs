//! `repair`: what is lost of a bundle comes back from parity or from pieces.

use super::{
    CommandError,
    arguments::{JobsArguments, TrustArguments},
};
use bundles::RepairOptions;
use clap::Args;
use console::Console;
use std::{
    fs, io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
};

/// Rebuild lost and damaged volumes from parity volumes, or a bundle from pieces sent again
///
/// Only bytes that match the signed hashes are written. Everything that is there of the bundle
/// helps: damaged volumes, copies of them, parity, and what `bottari-builder resend` made.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// All that is there of one bundle: files, or folders that hold them
    #[arg(value_name = "BUNDLE", required = true)]
    bundle: Vec<PathBuf>,

    /// The folder for what is rebuilt [default: in the place of what is damaged]
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    jobs: JobsArguments,
    #[command(flatten)]
    trust: TrustArguments,
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let bundle = self.trust.keys()?.look_at_one(&self.bundle)?;
        let (jobs, reporter) = (self.jobs.count(), console.reporter());
        let survey = bundle.survey(jobs, &*reporter);
        if let Some(folder) = &self.output {
            let write = |source| CommandError::Write { path: folder.clone(), source };
            fs::create_dir_all(folder).map_err(write)?;
        }
        let (stop, _listening) = stop_flag().map_err(CommandError::Signals)?;
        let options = RepairOptions { jobs, stop: &stop, reporter: &*reporter };
        let repaired = survey.repair(self.output.as_deref(), options)?;
        console::repaired(&repaired, console);
        Ok(())
    }
}

/// A flag that rises when the operator wants an end. The runtime listens as long as
/// it lives.
fn stop_flag() -> io::Result<(Arc<AtomicBool>, Runtime)> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_io().build()?;
    let stop = Arc::new(AtomicBool::new(false));
    let inside = runtime.enter();
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        let (mut signals, raise) = (signal(kind)?, Arc::clone(&stop));
        runtime.spawn(async move {
            signals.recv().await;
            raise.store(true, Ordering::Relaxed);
        });
    }
    drop(inside);
    Ok((stop, runtime))
}
