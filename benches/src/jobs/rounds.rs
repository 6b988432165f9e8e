//! Rounds over all jobs, in turns, so that a machine that is slow for a while is
//! slow for everybody; the fastest of each counts.

use super::{
    limits,
    ours::{Ours, fingerprint},
    script::Script,
};
use crate::{
    measure::{Sample, settle},
    problem::{Result, at},
    stand::Stand,
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
};

/// Every measurement by the name of its job, and what was seen besides.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Results {
    pub(crate) samples: BTreeMap<&'static str, Vec<Sample>>,
    pub(crate) bundle_bytes: u64,
    pub(crate) script_bytes: u64,
    /// Whether every build of the same lockfile gave the same bytes.
    pub(crate) identical: bool,
    /// What the bundle says made it.
    pub(crate) encoder: String,
}

/// Who is measured, and what has come out so far.
struct Rounds<'a> {
    stand: &'a Stand,
    ours: &'a Ours<'a>,
    script: &'a Script<'a>,
    results: Results,
    /// What the first build was.
    first: Option<blake3::Hash>,
}

/// Runs so many rounds over everything.
pub(crate) fn run(stand: &Stand, rounds: usize) -> Result<Results> {
    let (ours, script) = (Ours::set_up(stand)?, Script::set_up(stand)?);
    let results = Results { identical: true, ..Results::default() };
    let mut all = Rounds { stand, ours: &ours, script: &script, results, first: None };
    all.measured("lock", || ours.lock(1))?;
    ours.lock(2)?;
    ours.forget_lock()?;
    for round in 1..=rounds {
        writeln!(io::stderr(), "round {round} of {rounds}")?;
        all.creating()?;
        all.verifying()?;
        all.serving()?;
    }
    all.results.encoder = ours.encoder()?;
    Ok(all.results)
}

impl Rounds<'_> {
    fn creating(&mut self) -> Result<()> {
        let Self { stand, ours, script, .. } = *self;
        let bundle = ours.bundle();
        self.measured("get, hash, write", || limits::get_hash_write(stand))?;
        self.measured("script: create", || script.create())?;
        self.measured("script: create again", || script.create_again())?;
        script.forget_sources()?;
        self.perhaps("cold without cache", || ours.cold_without_cache())?;
        self.measured("cold", || ours.cold())?;
        self.compare()?;
        self.measured("cp", || limits::copy(&bundle, &stand.scratch))?;
        self.measured("cp and sync", || limits::copy_and_sync(&bundle, &stand.scratch))?;
        self.measured("again", || ours.again())?;
        self.compare()?;
        self.measured("one image changed", || ours.changed())?;
        self.results.bundle_bytes = fs::metadata(&bundle).map_err(at(&bundle))?.len();
        self.results.script_bytes = fs::metadata(script.file()).map_err(at(&script.file()))?.len();
        ours.forget_cache()
    }

    /// Holds the bundle that is there against the first one of all rounds.
    fn compare(&mut self) -> Result<()> {
        let now = fingerprint(&self.ours.bundle())?;
        self.results.identical &= *self.first.get_or_insert(now) == now;
        Ok(())
    }

    fn verifying(&mut self) -> Result<()> {
        let Self { stand, ours, script, .. } = *self;
        let (bundle, scratch) = (ours.bundle(), &stand.scratch);
        self.measured("verify", || ours.verify())?;
        self.measured("BLAKE3 on all processors", || limits::blake3_on_all(&bundle))?;
        self.measured("script: verify", || script.verify())?;
        self.measured("SHA-256, openssl", || limits::openssl(&bundle, scratch))?;
        self.measured("SHA-256, assembly", || limits::sha256_assembly(&bundle))?;
        self.measured("SHA-256, Rust", || limits::sha256_rust(&bundle))?;
        self.measured("zstd decode", || limits::decode(&bundle, scratch))?;
        self.measured("zstd decode, script's", || limits::decode(&script.file(), scratch))
    }

    fn serving(&mut self) -> Result<()> {
        let Self { ours, script, .. } = *self;
        self.measured("serve", || ours.site().measure(true))?;
        self.measured("serve again", || ours.site().measure(false))?;
        settle(self.stand.touch())?;
        let (served, again) = script.serve()?;
        self.keep("script: serve", served);
        self.keep("script: serve again", again);
        Ok(())
    }

    fn measured(&mut self, job: &'static str, work: impl FnOnce() -> Result<Sample>) -> Result<()> {
        self.perhaps(job, || work().map(Some))
    }

    fn perhaps(
        &mut self,
        job: &'static str,
        work: impl FnOnce() -> Result<Option<Sample>>,
    ) -> Result<()> {
        settle(self.stand.touch())?;
        let sample = work().map_err(|error| format!("{job}: {error}"))?;
        if let Some(sample) = sample {
            self.keep(job, sample);
        }
        Ok(())
    }

    fn keep(&mut self, job: &'static str, sample: Sample) {
        // Whoever waits likes to see that something happens; nobody reads it again.
        let _said = writeln!(io::stderr(), "  {job}: {:.3} s", sample.seconds);
        self.results.add(job, sample);
    }
}

impl Results {
    /// Keeps a measurement.
    pub(crate) fn add(&mut self, job: &'static str, sample: Sample) {
        self.samples.entry(job).or_default().push(sample);
    }

    /// The fastest time of a job, in seconds.
    pub(crate) fn seconds(&self, job: &str) -> Option<f64> {
        self.each(job, |sample| sample.seconds).min_by(f64::total_cmp)
    }

    /// The slowest time of a job, in seconds.
    pub(crate) fn slowest(&self, job: &str) -> Option<f64> {
        self.each(job, |sample| sample.seconds).max_by(f64::total_cmp)
    }

    /// What one job is of another in each round.
    pub(crate) fn ratios(&self, job: &str, of: &str) -> Vec<f64> {
        let times = self.each(job, |it| it.seconds).zip(self.each(of, |it| it.seconds));
        times.map(|(job, of)| job / of).collect()
    }

    /// The most that a job had or did in any round.
    pub(crate) fn most(&self, job: &str, figure: impl Fn(&Sample) -> u64) -> Option<u64> {
        self.each(job, figure).max()
    }

    fn each<T>(&self, job: &str, figure: impl Fn(&Sample) -> T) -> impl Iterator<Item = T> {
        self.samples.get(job).into_iter().flatten().map(figure)
    }
}
