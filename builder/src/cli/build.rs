//! `build`: fetch what the cache lacks, then write and sign the bundle.

use super::{
    Ended,
    earlier::Earlier,
    job,
    key::{AptKeyArgument, Password},
    packing::{Packed, Packing},
    rules::{self, Day},
    sources::Sources,
    split::{self, Carriage, ParityArgument},
};
use crate::{
    build,
    cache::{Cache, CacheError, Ground},
    check,
    fetch::{self, FetchOptions},
    passing::Passing,
    supply::Supply,
};
use bundles::{BundlePlan, Landing};
use clap::Args;
use console::{ByteSize, Console, text};
use manifests::{
    Failure,
    lockfile::{LockedFile, Lockfile},
    rules::Warning,
    yaml,
};
use std::{
    path::{Path, PathBuf},
    time::Instant,
};

/// What the names of folders with files of a build begin with, where there is no cache.
const PASSING: &str = ".bottari-build-";

/// Build the bundle of a lockfile: fetch, check, pack and sign.
#[derive(Debug, Args)]
pub(super) struct Build {
    /// The lockfile.
    lockfile: PathBuf,
    /// Sign with this secret key.
    #[arg(long, value_name = "KEY", required_unless_present = "unsigned")]
    key: Option<PathBuf>,
    #[command(flatten)]
    password: Password,
    #[command(flatten)]
    apt_key: AptKeyArgument,
    /// Leave the bundle unsigned, to be signed elsewhere with `sign`.
    #[arg(long, conflicts_with_all = ["key", "parity"])]
    unsigned: bool,
    /// The bundle, or a folder for it [default: NAME-VERSION-ARCH.bottari.tar.zst]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Leave volumes of at most this size in the place of the bundle, such as `4480MiB`.
    #[arg(long, value_name = "SIZE", conflicts_with = "unsigned")]
    volume_size: Option<ByteSize>,
    #[command(flatten)]
    parity: ParityArgument,
    /// Use the cache alone and ask nobody.
    #[arg(long)]
    offline: bool,
    /// Keep nothing but the bundle: half the writing, but what is interrupted begins
    /// anew, and so does the next build.
    #[arg(long, conflicts_with = "offline")]
    no_cache: bool,
    #[command(flatten)]
    earlier: Earlier,
    #[command(flatten)]
    day: Day,
    #[command(flatten)]
    sources: Sources,
}

/// A folder beside the bundle, for what is read as files while it is made.
fn beside(bundle: &Path) -> Result<Passing, CacheError> {
    let parent = bundle.parent().filter(|folder| !folder.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    Passing::within(parent, PASSING).map_err(|source| CacheError::Io {
        action: "create a folder in",
        path: parent.into(),
        source,
    })
}

impl Build {
    pub(super) fn run(self, console: &Console) -> Ended {
        let began = Instant::now();
        let text = yaml::read(&self.lockfile)?;
        let lockfile = Lockfile::parse(&self.lockfile, &text)?;
        let plan = build::plan(&lockfile, &text, &[], &[])?;
        let carriage = self.volume_size.map(|size| Carriage { size, parity: self.parity });
        carriage.map(|carriage| carriage.check(&plan)).transpose()?;
        // A password is asked for now, not after an hour of downloads.
        let key = self.key.as_deref().map(|key| self.password.load(key, console));
        let key = key.transpose()?;
        let apt_key = self.apt_key.load(&lockfile, console)?;
        let path = self.path(&plan);
        let passing = self.no_cache.then(|| beside(&path)).transpose()?;
        let cache = match &passing {
            Some(folder) => Cache::open(folder.path())?,
            None => self.sources.cache()?,
        };
        let named = self.earlier.named(key.as_ref())?;
        let supply = Supply::with(&cache, named.as_ref());
        let packing = Packing {
            lockfile: &lockfile,
            text: &text,
            plan: &plan,
            supply,
            no_cache: self.no_cache,
            earlier: &self.earlier,
            path: &path,
            key: key.as_ref(),
            apt_key: apt_key.as_ref(),
            // Downloads wait for the network; packing has only the processors.
            jobs: self.sources.jobs.min(job::default_jobs()),
            console,
        };
        let landing = packing.begin()?;
        self.fetch_complete(&packing, landing.as_ref())?;
        let packed = packing.run(landing)?;
        let volumes = match carriage {
            Some(carriage) => split::in_place_of(&path, carriage, !packed.is_as_before, console)?,
            None => Vec::new(),
        };
        let signer = key.as_ref().map(|key| key.public().id().to_string());
        let built = Built { path: &path, packed, signer, volumes };
        let warnings = self.day.warnings(&lockfile);
        built.tell(&lockfile, &warnings, began, console);
        Ok(rules::warn(&warnings, console))
    }

    /// Fetches what is missing and refuses a lockfile that is not complete: before
    /// hours of downloads, when `lock` has left the manifests here.
    fn fetch_complete(
        &self,
        packing: &Packing<'_>,
        landing: Option<&Landing<'_>>,
    ) -> Result<(), Box<dyn Failure>> {
        let (lockfile, cache) = (packing.lockfile, packing.supply.cache());
        let complete = || -> Result<(), Box<dyn Failure>> {
            let report = job::run_blocking(|stop| check::check_until(lockfile, cache, stop))??;
            Ok(report.complete().map(drop)?)
        };
        let needed = check::needed(lockfile).files;
        packing.supply.unpack(needed.iter().map(LockedFile::descriptor))?;
        let is_at_hand = check::is_at_hand(lockfile, cache);
        if is_at_hand {
            complete()?;
        }
        let needed = needed.into_iter().map(|file| file.digest).collect();
        let cached = self.no_cache.then_some(&needed);
        self.fetch(packing, landing.map(|landing| Ground { landing, cached }))?;
        if !is_at_hand {
            complete()?;
        }
        Ok(())
    }

    fn fetch(
        &self,
        packing: &Packing<'_>,
        ground: Option<Ground<'_>>,
    ) -> Result<(), Box<dyn Failure>> {
        let options = FetchOptions { network: self.sources.network()?, offline: self.offline };
        let reporter = packing.console.reporter();
        let (lockfile, supply) = (packing.lockfile, packing.supply);
        job::run(fetch::fetch(lockfile, &options, supply, ground, reporter.as_ref())).map(drop)
    }

    fn path(&self, plan: &BundlePlan) -> PathBuf {
        match &self.output {
            None => plan.file_name().into(),
            Some(folder) if folder.is_dir() => folder.join(plan.file_name()),
            Some(file) => file.clone(),
        }
    }
}

/// What came out.
struct Built<'a> {
    path: &'a Path,
    packed: Packed,
    signer: Option<String>,
    /// What lies in its place.
    volumes: Vec<PathBuf>,
}

impl Built<'_> {
    fn tell(&self, lockfile: &Lockfile, warnings: &[Warning], began: Instant, console: &Console) {
        if console.wants_json() {
            console.json(&serde_json::json!({
                "bundle": self.path,
                "volumes": self.volumes,
                "size": self.packed.size,
                "unchanged": self.packed.is_as_before,
                "release": lockfile.release,
                "version": lockfile.version,
                "serial": lockfile.serial,
                "sbom": lockfile.sbom,
                "signed-by": self.signer,
                "warnings": warnings,
            }));
        }
        let (path, size) = (self.path.display(), text::size(self.packed.size));
        let took = text::duration(began.elapsed());
        console.success(&match self.packed.is_as_before {
            true => format!("{path} is as it would be built now: {size} checked in {took}"),
            false => format!("built {path}: {size} in {took}"),
        });
        split::tell(&self.volumes, console);
        match &self.signer {
            Some(key) => console.note(&format!("signed by key {key}; carry the bundle, `bottari-installer` and the key's .pub inside, its fingerprint on paper")),
            None => console.note(&format!("it is not signed: `bottari-builder sign {path} --key KEY`")),
        }
    }
}
