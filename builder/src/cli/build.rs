//! `build`: fetch what the cache lacks, then write and sign the bundle.

use super::{
    Ended,
    earlier::Earlier,
    job,
    key::Password,
    rules::{self, Day},
    sources::Sources,
};
use crate::{
    build, check,
    fetch::{self, FetchOptions},
    keys::SigningKey,
    sbom::{Options, Subject},
    supply::Supply,
};
use bundles::{BundlePlan, Landing, Reuse, SbomDocument, WriteOptions};
use clap::Args;
use console::{Console, text};
use manifests::{
    ExitCode, Failure,
    lockfile::{LockedFile, Lockfile},
    rules::Warning,
    yaml,
};
use std::{
    path::{Path, PathBuf},
    time::Instant,
};

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
    /// Leave the bundle unsigned, to be signed elsewhere with `sign`.
    #[arg(long, conflicts_with = "key")]
    unsigned: bool,
    /// The bundle, or a folder for it [default: NAME-VERSION-ARCH.bottari.tar.zst]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Use the cache alone and ask nobody.
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    earlier: Earlier,
    #[command(flatten)]
    day: Day,
    #[command(flatten)]
    sources: Sources,
}

impl Build {
    pub(super) fn run(self, console: &Console) -> Ended {
        let began = Instant::now();
        let text = yaml::read(&self.lockfile)?;
        let lockfile = Lockfile::parse(&self.lockfile, &text)?;
        let plan = build::plan(&lockfile, &text, &[])?;
        // A password is asked for now, not after an hour of downloads.
        let key = self.key.as_deref().map(|key| self.password.load(key, console));
        let key = key.transpose()?;
        let cache = self.sources.cache()?;
        let named = self.earlier.named(key.as_ref())?;
        let supply = Supply::with(&cache, named.as_ref());
        let path = self.path(&plan);
        // Documents move what comes behind them, and are made of what is fetched.
        let places_are_known = lockfile.sbom.is_empty();
        let landing = places_are_known.then(|| build::begin(&plan, &path)).transpose()?;
        self.fetch_complete(&lockfile, supply, landing.as_ref(), console)?;
        let documents = self.documents(&lockfile, &text, supply, console)?;
        let with_documents = build::plan(&lockfile, &text, &documents)?;
        let plan = if landing.is_some() { &plan } else { &with_documents };
        let packing = Packing { plan, supply, path: &path, key: key.as_ref() };
        let size = self.pack(&packing, landing, console)?;
        let signer = key.as_ref().map(|key| key.public().id().to_string());
        let built = Built { path: &path, size, signer };
        let warnings = self.day.warnings(&lockfile);
        built.tell(&lockfile, &warnings, began, console);
        Ok(rules::warn(&warnings, console))
    }

    /// Fetches what is missing and refuses a lockfile that is not complete: before
    /// hours of downloads, when `lock` has left the manifests here.
    fn fetch_complete(
        &self,
        lockfile: &Lockfile,
        supply: Supply<'_>,
        landing: Option<&Landing<'_>>,
        console: &Console,
    ) -> Result<(), Box<dyn Failure>> {
        let cache = supply.cache();
        let complete = || -> Result<(), Box<dyn Failure>> {
            let report = job::run_blocking(|stop| check::check_until(lockfile, cache, stop))??;
            Ok(report.complete().map(drop)?)
        };
        supply.unpack(check::needed(lockfile).files.iter().map(LockedFile::descriptor))?;
        let is_at_hand = check::is_at_hand(lockfile, cache);
        if is_at_hand {
            complete()?;
        }
        self.fetch(lockfile, supply, landing, console)?;
        if !is_at_hand {
            complete()?;
        }
        Ok(())
    }

    fn fetch(
        &self,
        lockfile: &Lockfile,
        supply: Supply<'_>,
        landing: Option<&Landing<'_>>,
        console: &Console,
    ) -> Result<(), Box<dyn Failure>> {
        let options = FetchOptions { network: self.sources.network()?, offline: self.offline };
        let reporter = console.reporter();
        job::run(fetch::fetch(lockfile, &options, supply, landing, reporter.as_ref())).map(|_| ())
    }

    /// The bills of materials that travel inside. Parts that could not be read
    /// are said in them, so here a word is enough.
    fn documents(
        &self,
        lockfile: &Lockfile,
        text: &str,
        supply: Supply<'_>,
        console: &Console,
    ) -> Result<Vec<SbomDocument>, Box<dyn Failure>> {
        let digest = bundles::sha256(text.as_bytes());
        let subject = Subject { lockfile, digest: &digest };
        let reporter = console.reporter();
        let jobs = self.processors();
        let documents = job::run_blocking(|stop| {
            build::documents(subject, supply, Options { jobs, stop, reporter: reporter.as_ref() })
        })??;
        let Some((graph, documents)) = documents else { return Ok(Vec::new()) };
        let unread = graph.incomplete().count() as u64;
        if unread > 0 {
            let things = text::count(unread, "thing", "things");
            console.note(&format!("the bills of materials say of {things} that not all of it could be read; `bottari-builder sbom` names them"));
        }
        Ok(documents)
    }

    /// Downloads wait for the network; reading and packing have only the
    /// processors.
    fn processors(&self) -> usize {
        self.sources.jobs.min(job::default_jobs())
    }

    fn path(&self, plan: &BundlePlan) -> PathBuf {
        match &self.output {
            None => plan.file_name().into(),
            Some(folder) if folder.is_dir() => folder.join(plan.file_name()),
            Some(file) => file.clone(),
        }
    }

    /// Packs with the help of the bundle that is named or replaced. The second is
    /// only there by chance: when it turns out to be damaged, it is left out.
    fn pack(
        &self,
        packing: &Packing<'_>,
        landing: Option<Landing<'_>>,
        console: &Console,
    ) -> Result<u64, Box<dyn Failure>> {
        if let Some(named) = packing.supply.earlier() {
            return self.pack_with(packing, landing, Some(named), console);
        }
        let replaced = self.earlier.replaced(packing.key, packing.path);
        match self.pack_with(packing, landing, replaced.as_ref(), console) {
            Err(error) if replaced.is_some() && error.exit_code() == ExitCode::Untrusted => {
                self.pack_with(packing, None, None, console)
            }
            packed => packed,
        }
    }

    fn pack_with(
        &self,
        packing: &Packing<'_>,
        landing: Option<Landing<'_>>,
        reuse: Option<&Reuse>,
        console: &Console,
    ) -> Result<u64, Box<dyn Failure>> {
        let landing = landing.map_or_else(|| build::begin(packing.plan, packing.path), Ok)?;
        let (reporter, jobs) = (console.reporter(), self.processors());
        let size = job::run_blocking(|stop| {
            let options = WriteOptions { jobs, stop, reporter: reporter.as_ref(), reuse };
            build::pack(landing, packing.supply, packing.key, options)
        })?;
        Ok(size?)
    }
}

/// Everything a bundle is made of.
struct Packing<'a> {
    plan: &'a BundlePlan,
    supply: Supply<'a>,
    path: &'a Path,
    key: Option<&'a SigningKey>,
}

/// What came out.
struct Built<'a> {
    path: &'a Path,
    size: u64,
    signer: Option<String>,
}

impl Built<'_> {
    fn tell(&self, lockfile: &Lockfile, warnings: &[Warning], began: Instant, console: &Console) {
        if console.wants_json() {
            console.json(&serde_json::json!({
                "bundle": self.path,
                "size": self.size,
                "release": lockfile.release,
                "version": lockfile.version,
                "serial": lockfile.serial,
                "sbom": lockfile.sbom,
                "signed-by": self.signer,
                "warnings": warnings,
            }));
        }
        let (path, size) = (self.path.display(), text::size(self.size));
        console.success(&format!("built {path}: {size} in {}", text::duration(began.elapsed())));
        match &self.signer {
            Some(key) => console.note(&format!("signed by key {key}; carry the bundle, `bottari-installer` and the key's .pub inside, its fingerprint on paper")),
            None => console.note(&format!("it is not signed: `bottari-builder sign {path} --key KEY`")),
        }
    }
}
