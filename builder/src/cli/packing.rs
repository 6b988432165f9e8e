//! The second half of `build`: from blobs that are here to a bundle that is
//! signed.

use super::{earlier::Earlier, job};
use crate::{
    apt::AptKey,
    build,
    keys::SigningKey,
    sbom::{Options, Subject},
    supply::Supply,
};
use bundles::{
    Bundle, BundlePlan, BundleSignature, Landing, Repository, Reuse, SbomDocument, WriteOptions,
};
use console::{Console, text};
use manifests::{ExitCode, Failure, lockfile::Lockfile};
use std::path::Path;

/// What a bundle is made of, and where it goes.
pub(super) struct Packing<'a> {
    pub(super) lockfile: &'a Lockfile,
    /// The lockfile's file, which travels inside.
    pub(super) text: &'a str,
    /// The bundle without documents, which are made when everything is here.
    pub(super) plan: &'a BundlePlan,
    pub(super) supply: Supply<'a>,
    /// Whether what has landed is nowhere else.
    pub(super) no_cache: bool,
    pub(super) earlier: &'a Earlier,
    pub(super) path: &'a Path,
    pub(super) key: Option<&'a SigningKey>,
    /// What signs repositories; none when there are no OS packages.
    pub(super) apt_key: Option<&'a AptKey>,
    /// How many threads.
    pub(super) jobs: usize,
    pub(super) console: &'a Console,
}

/// A bundle that is whole.
pub(super) struct Packed {
    /// Its bytes.
    pub(super) size: u64,
    /// It was there already, and every byte of it is as it would be made now.
    pub(super) is_as_before: bool,
}

type Ended<T> = Result<T, Box<dyn Failure>>;

impl<'a> Packing<'a> {
    /// Begins the bundle, for blobs to land in while they arrive; `None` when
    /// documents or repositories are wanted: they move what comes behind them, and
    /// are made of what is fetched.
    pub(super) fn begin(&self) -> Ended<Option<Landing<'a>>> {
        let places_are_known = self.lockfile.sbom.is_empty() && self.lockfile.systems.is_empty();
        Ok(places_are_known.then(|| build::begin(self.plan, self.path)).transpose()?)
    }

    /// Completes what has landed, or packs everything.
    pub(super) fn run(&self, landing: Option<Landing<'_>>) -> Ended<Packed> {
        let (repositories, documents) = (self.repositories()?, self.documents()?);
        if documents.is_empty() && repositories.is_empty() {
            return self.complete(self.plan, landing);
        }
        let plan = build::plan(self.lockfile, self.text, &documents, &repositories)?;
        self.complete(&plan, landing)
    }

    fn complete(&self, plan: &BundlePlan, landing: Option<Landing<'_>>) -> Ended<Packed> {
        if let Some(named) = self.supply.earlier() {
            return self.pack(plan, landing, Some(named));
        }
        let replaced = self.earlier.replaced(self.key, self.path);
        if let Some(same) = replaced.as_ref().filter(|reuse| reuse.is_of(plan))
            && self.is_intact(same.bundle())
        {
            return Ok(Packed { size: same.bundle().file_size(), is_as_before: true });
        }
        // A second attempt needs what has landed from elsewhere, and next to nothing
        // is left to copy then.
        let can_repeat = landing.is_none() || !self.no_cache;
        let reuse = replaced.as_ref().filter(|_| can_repeat);
        match self.pack(plan, landing, reuse) {
            // It is there by chance: when it is damaged, it is left out of account.
            Err(error) if reuse.is_some() && error.exit_code() == ExitCode::Untrusted => {
                self.pack(plan, None, None)
            }
            packed => packed,
        }
    }

    /// Whether this is the bundle of this key alone, and undamaged.
    fn is_intact(&self, bundle: &Bundle) -> bool {
        let signers = bundle.signatures().iter().map(BundleSignature::key_id);
        let ours = self.key.map(|key| key.public().id());
        let reporter = self.console.reporter();
        signers.eq(ours) && bundle.verify(self.jobs, reporter.as_ref()).is_ok()
    }

    fn pack(
        &self,
        plan: &BundlePlan,
        landing: Option<Landing<'_>>,
        reuse: Option<&Reuse>,
    ) -> Ended<Packed> {
        let reporter = self.console.reporter();
        let size = job::run_blocking(|stop| {
            let options =
                WriteOptions { jobs: self.jobs, stop, reporter: reporter.as_ref(), reuse };
            let landing = landing.map_or_else(|| build::begin(plan, self.path), Ok)?;
            build::pack(landing, self.supply, self.key, options)
        })??;
        Ok(Packed { size, is_as_before: false })
    }

    /// The repositories of OS packages that travel inside.
    fn repositories(&self) -> Ended<Vec<Repository>> {
        let Some(key) = self.apt_key else { return Ok(Vec::new()) };
        let reporter = self.console.reporter();
        let made = job::run_blocking(|stop| {
            let options = Options { jobs: self.jobs, stop, reporter: reporter.as_ref() };
            build::repositories(self.lockfile, self.supply, key, options)
        });
        Ok(made??)
    }

    /// The bills of materials that travel inside. Parts that could not be read
    /// are said in them, so here a word is enough.
    fn documents(&self) -> Ended<Vec<SbomDocument>> {
        let digest = bundles::sha256(self.text.as_bytes());
        let subject = Subject { lockfile: self.lockfile, digest: &digest };
        let reporter = self.console.reporter();
        let documents = job::run_blocking(|stop| {
            let options = Options { jobs: self.jobs, stop, reporter: reporter.as_ref() };
            build::documents(subject, self.supply, options)
        })??;
        let Some((graph, documents)) = documents else { return Ok(Vec::new()) };
        let unread = graph.incomplete().count() as u64;
        if unread > 0 {
            let things = text::count(unread, "thing", "things");
            self.console.note(&format!("the bills of materials say of {things} that not all of it could be read; `bottari-builder sbom` names them"));
        }
        Ok(documents)
    }
}
