//! `fetch`: every blob of a lockfile comes into the cache, each once.
//!
//! Promises: a byte that differs from the lockfile ends the fetch and names
//! the artifact; whatever arrived before an error or an interruption is kept
//! and continued; offline means that nothing is asked at all.

mod error;
mod plan;

pub use error::FetchError;

use crate::{
    cache::{Cache, Ground},
    http::{Download, Downloaded, Expected, HttpError},
    network::{Network, NetworkOptions},
    registry::{Registries, Wanted},
    supply::Supply,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use manifests::{
    event::{Event, Reporter},
    lockfile::Lockfile,
};
use plan::{Missing, Plan, Source};

/// How to fetch.
#[derive(Debug, Clone, Default)]
pub struct FetchOptions {
    /// How sources are reached.
    pub network: NetworkOptions,
    /// Ask nobody; the cache must have everything.
    pub offline: bool,
}

/// What a fetch did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FetchSummary {
    /// Blobs that were fetched.
    pub fetched: u64,
    /// Blobs that were here already.
    pub cached: u64,
    /// Bytes of the blobs that were fetched.
    pub bytes: u64,
}

/// Brings every distinct blob of a lockfile that is nowhere here into the cache,
/// and while they arrive into the bundle that is under way.
pub async fn fetch(
    lockfile: &Lockfile,
    options: &FetchOptions,
    supply: Supply<'_>,
    ground: Option<Ground<'_>>,
    reporter: &dyn Reporter,
) -> Result<FetchSummary, FetchError> {
    let plan = Plan::new(lockfile, supply).map_err(FetchError::Lockfile)?;
    if options.offline && !plan.missing.is_empty() {
        return Err(FetchError::offline(&plan));
    }
    let before = FetchSummary { cached: plan.cached, ..FetchSummary::default() };
    if plan.missing.is_empty() {
        return Ok(before);
    }
    let network = Network::open(&options.network).map_err(FetchError::setup)?;
    let registries = network.registries().map_err(FetchError::setup)?;
    let cache = supply.cache();
    let fetcher = Fetcher { network: &network, registries: &registries, cache, ground, reporter };
    fetcher.run(plan, before).await
}

struct Fetcher<'a> {
    network: &'a Network,
    registries: &'a Registries<'a>,
    cache: &'a Cache,
    ground: Option<Ground<'a>>,
    reporter: &'a dyn Reporter,
}

impl Fetcher<'_> {
    async fn run(&self, plan: Plan<'_>, before: FetchSummary) -> Result<FetchSummary, FetchError> {
        let title = "fetching".to_owned();
        let (items, bytes) = (plan.missing.len() as u64, Some(plan.bytes()));
        self.reporter.report(&Event::PhaseStarted { title: title.clone(), items, bytes });
        let (lane, rest) = self.lane(plan.missing);
        let (lane, rest) =
            tokio::try_join!(self.all(lane, 1), self.all(rest, self.network.tasks()))?;
        self.reporter.report(&Event::PhaseFinished { title });
        Ok(before.plus(lane).plus(rest))
    }

    /// Takes out what must come one after the other, in that order.
    fn lane<'p>(&self, missing: Vec<Missing<'p>>) -> (Vec<Missing<'p>>, Vec<Missing<'p>>) {
        let order = self.ground.map(|ground| ground.in_order()).unwrap_or_default();
        let place = |missing: &Missing<'_>| {
            order.iter().position(|digest| **digest == missing.blob.descriptor.digest)
        };
        let (mut lane, rest): (Vec<_>, Vec<_>) =
            missing.into_iter().partition(|missing| place(missing).is_some());
        lane.sort_by_key(place);
        (lane, rest)
    }

    async fn all(
        &self,
        missing: Vec<Missing<'_>>,
        at_once: usize,
    ) -> Result<FetchSummary, FetchError> {
        stream::iter(missing)
            .map(|missing| self.one(missing))
            .buffer_unordered(at_once)
            .try_fold(FetchSummary::default(), |sum, one| async move { Ok(sum.plus(one)) })
            .await
    }

    /// Tries the sources of a blob in turn; the first one's failure is told.
    async fn one(&self, missing: Missing<'_>) -> Result<FetchSummary, FetchError> {
        let name = missing.name();
        let mut first = None;
        for source in &missing.sources {
            match self.bring(&missing, source, &name).await {
                Ok(downloaded) => return Ok(FetchSummary::of(&missing, downloaded.moved)),
                Err(error) => {
                    first.get_or_insert(error);
                }
            }
        }
        Err(FetchError::source(&missing, first))
    }

    async fn bring(
        &self,
        missing: &Missing<'_>,
        source: &Source<'_>,
        name: &str,
    ) -> Result<Downloaded, HttpError> {
        let blob = &missing.blob.descriptor;
        match source {
            Source::Registry(image) => {
                let ground = self.ground;
                let wanted = Wanted { image, blob, name, ground };
                self.registries.bring(wanted, self.cache, self.reporter).await
            }
            Source::Url(url) => {
                let request = &self.network.request(url);
                let (key, digest) = (blob.digest.hex(), Some(blob.digest.clone()));
                let expected = &Expected { digest, size: Some(blob.size) };
                let ground = self.ground;
                let download =
                    Download { request, name, key, expected, conditional: false, ground };
                self.network.client.download(download, self.cache, self.reporter).await
            }
        }
    }
}

impl FetchSummary {
    fn of(missing: &Missing<'_>, moved: bool) -> Self {
        match moved {
            true => Self { fetched: 1, cached: 0, bytes: missing.blob.descriptor.size },
            false => Self { cached: 1, ..Self::default() },
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            fetched: self.fetched + other.fetched,
            cached: self.cached + other.cached,
            bytes: self.bytes + other.bytes,
        }
    }
}
