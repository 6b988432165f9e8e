//! `verify`: is every byte of a bundle what somebody we trust has signed?

use super::{
    CommandError,
    arguments::{JobsArguments, Keys, RollbackArguments, TrustArguments},
};
use bundles::{Bundle, Cut, Survey};
use clap::Args;
use console::{Console, Counts, text};
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    slice,
    time::{Duration, Instant},
};

/// Check every byte of a bundle against its signatures
///
/// Reads everything once. Every damaged place is told, with the image or file it belongs to; of
/// volumes every one that is missing, damaged or foreign.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The bundles: files, volumes in any order, or folders that hold them
    #[arg(value_name = "BUNDLE", required = true)]
    bundles: Vec<PathBuf>,
    /// Write a list of what is missing or damaged, for `bottari-builder resend`
    #[arg(long, value_name = "FILE")]
    resend_list: Option<PathBuf>,
    #[command(flatten)]
    jobs: JobsArguments,
    #[command(flatten)]
    trust: TrustArguments,
    #[command(flatten)]
    rollback: RollbackArguments,
}

/// A bundle that is as it should be.
struct Verified<'a> {
    bundle: &'a Bundle,
    keys: &'a Keys,
    counts: Counts,
    took: Duration,
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let keys = self.trust.keys()?;
        let bundles = keys.look(&self.bundles)?;
        for bundle in &bundles {
            // Each for itself: here nothing is served beside something newer.
            self.rollback.check(slice::from_ref(bundle))?;
            let start = Instant::now();
            let survey = bundle.survey(self.jobs.count(), &*console.reporter());
            self.write_list(&survey, console)?;
            survey.judge(&*console.reporter())?;
            let took = start.elapsed();
            let counts = Counts::of(&bundle.lockfile()?);
            let verified = Verified { bundle, keys: &keys, counts, took };
            match console.wants_json() {
                true => console.json(&verified.json()),
                false => console.data(&verified.text()),
            }
            console.success(&format!("bundle `{}` is intact and trusted", bundle.path().display()));
        }
        Ok(())
    }

    fn write_list(&self, survey: &Survey, console: &Console) -> Result<(), CommandError> {
        let Some(list) = survey.resend_list() else { return Ok(()) };
        let Some(path) = &self.resend_list else {
            console.note(
                "`--resend-list FILE` writes down what is missing, so that no more is sent again",
            );
            return Ok(());
        };
        console::replace(path, list.to_string().as_bytes())
            .map_err(|source| CommandError::Write { path: path.clone(), source })?;
        console.note(&format!(
            "{} lists what to send again: carry it out, `bottari-builder resend` makes exactly that",
            path.display()
        ));
        Ok(())
    }
}

impl Verified<'_> {
    fn text(&self) -> String {
        let manifest = self.bundle.manifest();
        let signers = self.bundle.signed_by().iter().map(|id| self.keys.describe(*id));
        let signers = signers.collect::<Vec<_>>().join("\n           ");
        format!(
            "release    {} {}, serial {}\n\
             title      {}\n\
             signed by  {signers}\n\
             holds      {}, {}\n\
             size       {}{}\n\
             checked    in {}, {:.0} MiB/s\n",
            manifest.release,
            manifest.version,
            manifest.serial,
            text::one_line(&manifest.title),
            self.counts,
            text::count(manifest.blobs.len() as u64, "blob", "blobs"),
            text::size(self.bundle.file_size()),
            in_volumes(self.bundle),
            text::duration(self.took),
            self.mebibytes_per_second(),
        )
    }

    fn json(&self) -> Value {
        let manifest = self.bundle.manifest();
        let signers: Vec<_> =
            self.bundle.signed_by().iter().map(|id| self.keys.json(*id)).collect();
        json!({
            "path": self.bundle.path(),
            "release": manifest.release,
            "version": manifest.version,
            "serial": manifest.serial,
            "title": manifest.title,
            "arches": manifest.arches,
            "signed-by": signers,
            "size": self.bundle.file_size(),
            "volumes": self.bundle.volumes().map(Cut::count),
            "images": self.counts.images,
            "files": self.counts.files,
            "manifests": self.counts.manifests,
            "blobs": manifest.blobs.len(),
            "seconds": self.took.as_secs_f64(),
            "mib-per-second": self.mebibytes_per_second(),
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "a speed for people")]
    fn mebibytes_per_second(&self) -> f64 {
        let mebibytes = self.bundle.file_size() as f64 / f64::from(1 << 20);
        mebibytes / self.took.as_secs_f64().max(1e-6)
    }
}

/// ` in 9 volumes`, or nothing when it is one file.
pub(super) fn in_volumes(bundle: &Bundle) -> String {
    let volumes = |cut: Cut| format!(" in {}", text::count(cut.count(), "volume", "volumes"));
    bundle.volumes().map_or_else(String::new, volumes)
}
