//! `split`: a bundle becomes volumes that fit on the medium.

use super::{Ended, job, verify::Keys};
use bundles::{
    Acceptance, Bundle, BundlePlan, Cut, MAX_PARITY, SizeError, SplitError, SplitOptions, split,
};
use clap::{Args, value_parser};
use console::{ByteSize, Console, text};
use manifests::{ExitCode, Failure};
use serde_json::json;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Split a bundle into volumes that fit on media. Every byte is checked on its
/// way; each volume is checked by the bundle's signature and read where it lies.
#[derive(Debug, Args)]
pub(super) struct Split {
    /// The bundle, or volumes of another size.
    bundle: PathBuf,
    /// The most bytes of a volume, such as `4480MiB` (DVD), `4095MiB` (FAT32) or `650MB`.
    #[arg(long, value_name = "SIZE")]
    volume_size: ByteSize,
    #[command(flatten)]
    parity: ParityArgument,
    /// The folder for the volumes [default: beside the bundle]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    keys: Keys,
}

/// How much may be lost on the way.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct ParityArgument {
    /// Write N parity volumes too: any N volumes that are lost or damaged can be rebuilt
    /// by `repair`, on either side.
    #[arg(long, value_name = "N", requires = "volume_size", default_value_t = 0,
        hide_default_value = true, value_parser = value_parser!(u64).range(0..=MAX_PARITY))]
    parity: u64,
}

/// How a bundle is to be cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carriage {
    pub(super) size: ByteSize,
    pub(super) parity: ParityArgument,
}

impl Carriage {
    /// Refuses what cannot be, before anything is fetched.
    pub(super) fn check(self, plan: &BundlePlan) -> Result<(), SizeError> {
        plan.check_volume_size(self.size.0, self.parity.parity)
    }

    fn cut(self, bundle: &Bundle) -> Result<Cut, SizeError> {
        match self.parity.parity {
            0 => Cut::new(bundle, self.size.0),
            _ => Cut::beside_parity(bundle, self.size.0),
        }
    }
}

impl Split {
    pub(super) fn run(self, console: &Console) -> Ended {
        let trust = self.keys.trust()?;
        let acceptance = trust.as_ref().map_or(Acceptance::AnySigner, Acceptance::Trusted);
        let bundle = Bundle::open(&self.bundle, acceptance)?;
        let beside = || bundle.path().parent().unwrap_or(Path::new("")).to_owned();
        let folder = self.output.clone().unwrap_or_else(beside);
        let volumes = into_volumes(&bundle, self.carriage(), &folder, console)?;
        if console.wants_json() {
            console.json(&json!({ "volumes": volumes }));
        }
        tell(&volumes, console);
        Ok(ExitCode::Done)
    }

    fn carriage(&self) -> Carriage {
        Carriage { size: self.volume_size, parity: self.parity }
    }
}

/// Writes the volumes of a bundle into a folder, which is made when it is not there.
pub(super) fn into_volumes(
    bundle: &Bundle,
    carriage: Carriage,
    folder: &Path,
    console: &Console,
) -> Result<Vec<PathBuf>, Box<dyn Failure>> {
    let cut = carriage.cut(bundle)?;
    make(folder).map_err(|source| SplitError::Write { path: folder.to_owned(), source })?;
    let reporter = console.reporter();
    let split = job::run_blocking(|stop| {
        split(
            bundle,
            cut,
            folder,
            SplitOptions {
                parity: carriage.parity.parity,
                jobs: job::default_jobs(),
                stop,
                reporter: reporter.as_ref(),
            },
        )
    })?;
    Ok(split?)
}

/// Splits a bundle that was just built, beside itself. When it was made for this
/// alone, it goes away: its volumes are all that it was.
pub(super) fn in_place_of(
    path: &Path,
    carriage: Carriage,
    was_made_for_this: bool,
    console: &Console,
) -> Result<Vec<PathBuf>, Box<dyn Failure>> {
    let bundle = Bundle::open(path, Acceptance::AnySigner)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let volumes = into_volumes(&bundle, carriage, folder, console)?;
    if was_made_for_this {
        let write = |source| SplitError::Write { path: path.to_owned(), source };
        fs::remove_file(path).map_err(write)?;
    }
    Ok(volumes)
}

pub(super) fn make(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() { Ok(()) } else { fs::create_dir_all(folder) }
}

/// Says what was written, and what to do with it.
pub(super) fn tell(volumes: &[PathBuf], console: &Console) {
    let (Some(first), Some(last)) = (volumes.first(), volumes.last()) else { return };
    let count = text::count(volumes.len() as u64, "volume", "volumes");
    let last = if volumes.len() == 1 { String::new() } else { format!(" to {}", last.display()) };
    console.success(&format!("wrote {count}, {}{last}", first.display()));
    console.note("carry all of them; `bottari-installer verify DIR` reads them where they lie and names each that is damaged or missing");
}
