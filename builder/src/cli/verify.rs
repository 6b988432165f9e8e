//! `verify`: what the site will do first, done before the bundle leaves.

use super::{
    Ended,
    file::{self, OutputError},
    job,
};
use crate::{
    keys::{self, KeyError},
    report::TrustedKey,
};
use bundles::{Acceptance, Bundle, Cut, Gaps, Survey, Trust};
use clap::Args;
use console::{Console, text};
use manifests::ExitCode;
use std::{path::PathBuf, time::Instant};

/// Check the signatures and every byte of bundles, as the site will. Of volumes
/// every one that is missing, damaged or foreign is named.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Bundles: files, volumes in any order, or folders that hold them.
    #[arg(required = true)]
    bundle: Vec<PathBuf>,
    /// Write a list of what is missing or damaged, for `resend`.
    #[arg(long, value_name = "FILE")]
    resend_list: Option<PathBuf>,
    #[command(flatten)]
    keys: Keys,
}

/// The keys to check signatures against.
#[derive(Debug, Args)]
pub(super) struct Keys {
    /// A public key to trust; may be given several times.
    #[arg(long, value_name = "PUB")]
    trust: Vec<PathBuf>,
    /// How many of the trusted keys must have signed.
    #[arg(long, value_name = "N", default_value_t = 1)]
    require: usize,
}

impl Keys {
    /// What to trust; `None` when no key was given.
    pub(super) fn trust(&self) -> Result<Option<Trust>, KeyError> {
        let keys: Vec<_> = self.named()?.into_iter().map(|named| named.key).collect();
        Ok((!keys.is_empty()).then(|| Trust::new(keys, self.require)))
    }

    /// The keys that were given, with the names of their files.
    pub(super) fn named(&self) -> Result<Vec<TrustedKey>, KeyError> {
        let named = |path: &PathBuf| {
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Ok(TrustedKey { file, key: keys::to_trust(path)? })
        };
        self.trust.iter().map(named).collect()
    }

    /// How many of them must have signed.
    pub(super) fn require(&self) -> usize {
        self.require
    }
}

impl Verify {
    pub(super) fn run(self, console: &Console) -> Ended {
        let trust = self.keys.trust()?.unwrap_or(Trust::new(vec![], 1));
        // A whole bundle and its own volumes are two, and each has to be right.
        for bundle in Bundle::open_all(&self.bundle, Acceptance::Trusted(&trust), Gaps::Tell)? {
            let began = Instant::now();
            let reporter = console.reporter();
            let survey = bundle.survey(job::default_jobs(), reporter.as_ref());
            self.write_list(&survey, console)?;
            survey.judge(reporter.as_ref())?;
            tell(&bundle, began, console);
        }
        Ok(ExitCode::Done)
    }

    fn write_list(&self, survey: &Survey, console: &Console) -> Result<(), OutputError> {
        let Some(list) = survey.resend_list() else { return Ok(()) };
        let Some(path) = &self.resend_list else {
            console.note("`--resend-list FILE` writes down what is missing, for `resend`");
            return Ok(());
        };
        file::replace(path, &list.to_string())?;
        console.note(&format!("{} lists what to send again", path.display()));
        Ok(())
    }
}

fn tell(bundle: &Bundle, began: Instant, console: &Console) {
    if console.wants_json() {
        console.json(&serde_json::json!({
            "path": bundle.path(),
            "size": bundle.file_size(),
            "volumes": bundle.volumes().map(Cut::count),
            "signed-by": bundle.signed_by().iter().map(ToString::to_string).collect::<Vec<_>>(),
            "release": bundle.manifest().release,
            "version": bundle.manifest().version,
            "serial": bundle.manifest().serial,
        }));
    }
    let keys: Vec<_> = bundle.signed_by().iter().map(ToString::to_string).collect();
    console.success(&format!(
        "{} is whole and signed by {}: {}{} checked in {}",
        bundle.path().display(),
        keys.join(", "),
        text::size(bundle.file_size()),
        in_volumes(bundle),
        text::duration(began.elapsed())
    ));
}

/// ` in 9 volumes`, or nothing when it is one file.
pub(super) fn in_volumes(bundle: &Bundle) -> String {
    let volumes = |cut: Cut| format!(" in {}", text::count(cut.count(), "volume", "volumes"));
    bundle.volumes().map_or_else(String::new, volumes)
}
