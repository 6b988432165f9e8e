//! Copies everything a bundle holds into an existing registry, names, tags and
//! digests as they are.
//!
//! What it promises: nothing is sent that the registry has, and nothing twice; a
//! byte is checked against the bundle's signature right before it leaves; a push
//! that was killed or cut off goes on inside a blob where the registry keeps what
//! it got; nothing has a name there before it is whole; and no packet goes to
//! anything but the registry that was named and the token service that was allowed.

mod attempts;
mod contents;
mod document;
mod error;
mod feed;
mod http;
mod login;
mod look;
mod manifest;
mod names;
mod registry;
mod remembered;
mod stop;
mod target;
#[cfg(test)]
mod tests;
mod upload;

pub use attempts::Retry;
pub use error::{PushError, Said};
pub use login::{LoginFileError, LoginFiles};
pub use stop::Stop;
pub use target::{Target, TargetError};

use axum::http::uri::Authority;
use bundles::Bundle;
use contents::Contents;
use futures_util::{Stream, StreamExt, stream};
use http::{Place, Pool, authorities};
use login::Gate;
use look::Missing;
use manifests::{
    Digest,
    event::{Event, Reporter},
};
use registry::Registry;
use remembered::Uploads;
use std::{path::PathBuf, time::Duration};
use tokio::time::{Instant, timeout_at};
use upload::{Moved, Upload};

/// Time that uploads have to tell how far they are, when something ends them.
pub const LAST_MOMENT: Duration = Duration::from_secs(15);

/// Chunks of 4 MiB that are kept while manifests and small blobs are read, over all
/// bundles: many lie in the same one.
const KEPT: usize = 4;

/// Where to and how.
#[derive(Debug, Clone)]
pub struct PushOptions {
    /// The registry.
    pub target: Target,
    /// How to speak to it.
    pub line: LineOptions,
    /// How many blobs are sent at once; at least 1.
    pub jobs: usize,
    /// Send indexes too whose children the bundle leaves out.
    pub sparse: bool,
    /// Only look at what is there.
    pub dry_run: bool,
    /// Where unfinished uploads are remembered.
    pub uploads: PathBuf,
    /// How often and after what time failures are tried again.
    pub retry: Retry,
}

/// How to speak to a registry.
#[derive(Debug, Clone, Default)]
pub struct LineOptions {
    /// The CAs that its certificate may be by, in PEM; else those of this machine.
    pub ca: Option<PathBuf>,
    /// Speak HTTP without TLS.
    pub plain_http: bool,
    /// Send passwords and tokens also over plain HTTP to other machines.
    pub login_over_http: bool,
    /// Hosts that tokens may be asked of, besides the registry.
    pub token_hosts: Vec<Authority>,
    /// Where logins are.
    pub logins: LoginFiles,
}

/// What is done, or with a dry run what is to be done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pushed {
    /// Blobs that a repository had.
    pub there: u64,
    /// Blobs that were mounted from another repository.
    pub mounted: u64,
    /// Blobs that were sent.
    pub sent: u64,
    /// Their bytes as they went over the line, with those that were sent again.
    pub sent_bytes: u64,
    /// Manifests that were there.
    pub manifests_there: u64,
    /// Manifests that were sent.
    pub manifests_sent: u64,
    /// Tags that were there.
    pub tags_there: u64,
    /// Tags that were set.
    pub tags_set: u64,
    /// Repositories that all of that is in.
    pub repositories: u64,
}

/// Reads a host that tokens may be asked of: `HOST` or `HOST:PORT`.
pub fn token_host(text: &str) -> Result<Authority, TargetError> {
    target::authority(text).ok_or_else(|| TargetError::Host(text.to_owned()))
}

/// Brings everything in these bundles into a registry. What it cannot take is
/// found before the first request. May block while a credential helper runs.
pub async fn push(
    bundles: &[Bundle],
    options: &PushOptions,
    stop: Stop,
    reporter: &dyn Reporter,
) -> Result<Pushed, PushError> {
    for bundle in bundles {
        bundle.keep_chunks((KEPT / bundles.len()).max(1));
    }
    let contents = Contents::of(bundles, &options.target, options.sparse)?;
    for text in &contents.remarks {
        reporter.report(&Event::Warning { text: text.clone() });
    }
    let registry = registry(options, stop, reporter)?;
    registry.greet().await?;
    let missing = look::look(&contents, &registry).await?;
    let mut pushed = Pushed::found(&contents, &missing);
    if options.dry_run {
        return Ok(pushed.planned(&contents, &missing));
    }
    let uploads = Uploads::new(&options.uploads, options.target.authority());
    let job =
        Job { contents: &contents, missing: &missing, registry: &registry, uploads: &uploads };
    job.blobs(options.jobs, &mut pushed).await?;
    manifest::manifests(&contents, &missing, &registry).await?;
    manifest::tags(&contents, &missing, &registry).await?;
    Ok(pushed)
}

fn registry<'a>(
    options: &PushOptions,
    stop: Stop,
    reporter: &'a dyn Reporter,
) -> Result<Registry<'a>, PushError> {
    let PushOptions { target, line, retry, .. } = options;
    let authorities = authorities(line.ca.as_deref(), target.authority())?;
    let authority = target.authority().parse().expect("a target holds one");
    let place = Place { authority, plain: line.plain_http, authorities };
    let login = line.logins.find(target.authority(), target.prefix())?;
    let hosts = line.token_hosts.clone();
    let gate = Gate::new(place.clone(), login, hosts, line.login_over_http);
    Ok(Registry { pool: Pool::new(place), gate, retry: *retry, stop, reporter })
}

impl Pushed {
    fn found(contents: &Contents, missing: &Missing) -> Self {
        Self {
            there: missing.blobs_there,
            manifests_there: missing.manifests_there,
            manifests_sent: missing.manifests.len() as u64,
            tags_there: missing.tags_there,
            tags_set: missing.tags.len() as u64,
            repositories: contents.repositories.len() as u64,
            ..Self::default()
        }
    }

    /// Each blob that is nowhere is sent once; all others can be mounted.
    fn planned(mut self, contents: &Contents, missing: &Missing) -> Self {
        for (digest, repositories) in &missing.blobs {
            let size = contents.source(digest).map_or(0, |(_, blob)| blob.size);
            let sent = u64::from(!missing.there.contains_key(digest));
            self.sent += sent;
            self.sent_bytes += sent * size;
            self.mounted += repositories.len() as u64 - sent;
        }
        self
    }

    fn count(&mut self, moved: Moved) {
        match moved {
            Moved::Mounted => self.mounted += 1,
            Moved::Sent(bytes) => {
                self.sent += 1;
                self.sent_bytes += bytes;
            }
        }
    }
}

/// The next one, or none when there are no more or the time is over.
async fn next<T>(many: &mut (impl Stream<Item = T> + Unpin), last: Option<Instant>) -> Option<T> {
    match last {
        None => many.next().await,
        Some(last) => timeout_at(last, many.next()).await.unwrap_or(None),
    }
}

struct Job<'a> {
    contents: &'a Contents,
    missing: &'a Missing,
    registry: &'a Registry<'a>,
    uploads: &'a Uploads,
}

impl Job<'_> {
    /// Brings every blob to every repository that lacks it, the largest first.
    async fn blobs(&self, jobs: usize, pushed: &mut Pushed) -> Result<(), PushError> {
        let mut blobs: Vec<_> = self.missing.blobs.iter().collect();
        if blobs.is_empty() {
            return Ok(());
        }
        let size = |digest: &Digest| self.contents.source(digest).map_or(0, |(_, blob)| blob.size);
        blobs.sort_by_key(|(digest, _)| std::cmp::Reverse(size(digest)));
        let bytes = Some(blobs.iter().map(|(digest, _)| size(digest)).sum());
        let (title, items) = ("pushing".to_owned(), blobs.len() as u64);
        self.registry.reporter.report(&Event::PhaseStarted { title: title.clone(), items, bytes });
        let mut moved = stream::iter(blobs)
            .map(|(digest, repositories)| self.blob(digest, repositories))
            .buffer_unordered(jobs.max(1));
        let mut failed: Option<(PushError, Instant)> = None;
        while let Some(moved) = next(&mut moved, failed.as_ref().map(|(_, last)| *last)).await {
            match moved {
                Ok(moved) => moved.into_iter().for_each(|one| pushed.count(one)),
                // The others end in good order, so that the next push goes on with them.
                Err(error) => {
                    self.registry.stop.end();
                    failed.get_or_insert_with(|| (error, Instant::now() + LAST_MOMENT));
                }
            }
        }
        failed.map_or(Ok(()), |(error, _)| Err(error))?;
        self.registry.reporter.report(&Event::PhaseFinished { title });
        Ok(())
    }

    /// One blob: sent to the first repository unless another one has it, then
    /// mounted from there.
    async fn blob(
        &self,
        digest: &Digest,
        repositories: &[String],
    ) -> Result<Vec<Moved>, PushError> {
        let (bundle, blob) = self.contents.source(digest).expect("it was found in a bundle");
        let mut from = self.missing.there.get(digest).map(String::as_str);
        let mut moved = Vec::new();
        for repository in repositories {
            let (registry, uploads) = (self.registry, self.uploads);
            let upload = Upload { registry, uploads, bundle, blob, repository, from };
            moved.push(upload.run().await?);
            from = from.or(Some(repository));
        }
        Ok(moved)
    }
}
