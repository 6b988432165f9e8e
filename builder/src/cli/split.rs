//! `split`: a bundle becomes volumes that fit on the medium.

use super::{Ended, job, verify::Keys};
use bundles::{Acceptance, Bundle, Cut, SplitError, SplitOptions, split};
use clap::Args;
use console::{Console, text};
use manifests::{ExitCode, Failure};
use serde_json::json;
use std::{
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

/// Split a bundle into volumes that fit on media. Every byte is checked on its
/// way; each volume is checked by the bundle's signature and read where it lies.
#[derive(Debug, Args)]
pub(super) struct Split {
    /// The bundle, or volumes of another size.
    bundle: PathBuf,
    /// The most bytes of a volume, such as `4480MiB` (DVD), `4095MiB` (FAT32) or `650MB`.
    #[arg(long, value_name = "SIZE")]
    volume_size: VolumeSize,
    /// The folder for the volumes [default: beside the bundle]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    keys: Keys,
}

/// A size on the command line, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VolumeSize(pub(super) u64);

/// A text that is no size.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no size: expected a number with KiB, MiB, GiB, KB, MB or GB, such as `4480MiB`")]
pub(super) struct VolumeSizeError(String);

impl FromStr for VolumeSize {
    type Err = VolumeSizeError;

    fn from_str(text: &str) -> Result<Self, VolumeSizeError> {
        const UNITS: [(&str, u64); 7] = [
            ("KiB", 1 << 10),
            ("MiB", 1 << 20),
            ("GiB", 1 << 30),
            ("KB", 1000),
            ("MB", 1_000_000),
            ("GB", 1_000_000_000),
            ("", 1),
        ];
        let unit = UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, bytes)));
        let size = unit.and_then(|(number, bytes)| {
            let digits = number.bytes().all(|byte| byte.is_ascii_digit());
            number.parse::<u64>().ok().filter(|_| digits)?.checked_mul(*bytes)
        });
        size.map(Self).ok_or_else(|| VolumeSizeError(text.to_owned()))
    }
}

impl Split {
    pub(super) fn run(self, console: &Console) -> Ended {
        let trust = self.keys.trust()?;
        let acceptance = trust.as_ref().map_or(Acceptance::AnySigner, Acceptance::Trusted);
        let bundle = Bundle::open(&self.bundle, acceptance)?;
        let beside = || bundle.path().parent().unwrap_or(Path::new("")).to_owned();
        let folder = self.output.clone().unwrap_or_else(beside);
        let volumes = into_volumes(&bundle, self.volume_size, &folder, console)?;
        if console.wants_json() {
            console.json(&json!({ "volumes": volumes }));
        }
        tell(&volumes, console);
        Ok(ExitCode::Done)
    }
}

/// Writes the volumes of a bundle into a folder, which is made when it is not there.
pub(super) fn into_volumes(
    bundle: &Bundle,
    size: VolumeSize,
    folder: &Path,
    console: &Console,
) -> Result<Vec<PathBuf>, Box<dyn Failure>> {
    let cut = Cut::new(bundle, size.0)?;
    make(folder).map_err(|source| SplitError::Write { path: folder.to_owned(), source })?;
    let reporter = console.reporter();
    let split = job::run_blocking(|stop| {
        split(
            bundle,
            cut,
            folder,
            SplitOptions {
                parity: 0,
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
    size: VolumeSize,
    was_made_for_this: bool,
    console: &Console,
) -> Result<Vec<PathBuf>, Box<dyn Failure>> {
    let bundle = Bundle::open(path, Acceptance::AnySigner)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let volumes = into_volumes(&bundle, size, folder, console)?;
    if was_made_for_this {
        let write = |source| SplitError::Write { path: path.to_owned(), source };
        fs::remove_file(path).map_err(write)?;
    }
    Ok(volumes)
}

fn make(folder: &Path) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let sizes = [
            ("4480MiB", 4480 << 20),
            ("2GiB", 2 << 30),
            ("64KiB", 64 << 10),
            ("650MB", 650_000_000),
            ("25GB", 25_000_000_000),
            ("1000KB", 1_000_000),
            ("12345678", 12_345_678),
        ];
        for (text, bytes) in sizes {
            assert_eq!(text.parse::<VolumeSize>().unwrap(), VolumeSize(bytes), "{text}");
        }
        for text in ["", "MiB", "4.7GB", "-1MiB", "+1MiB", "1 MiB", "1mib", "99999999999GiB"] {
            assert!(text.parse::<VolumeSize>().is_err(), "{text}");
        }
    }
}
