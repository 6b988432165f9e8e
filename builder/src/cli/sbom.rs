//! `sbom`: everything in a release, in a form that scanners read.

use super::{
    Ended,
    file::{self, OutputError},
    job,
    sources::Sources,
    verify::Keys,
};
use crate::{
    cache::Cache,
    fetch::{self, FetchOptions},
    sbom::{self, Blobs, Graph, ItemKind, Options, Subject},
    supply::Supply,
};
use bundles::{Acceptance, BlobSource, Bundle};
use clap::Args;
use console::{Console, SbomFormatName, text};
use manifests::{Digest, ExitCode, Failure, lockfile::Lockfile, yaml};
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    time::Instant,
};

/// List everything in a bundle: files, images with their OS packages, and the
/// modules of Go programs.
#[derive(Debug, Args)]
pub(super) struct Sbom {
    /// The lockfile, or a bundle.
    #[arg(value_name = "LOCK|BUNDLE")]
    input: PathBuf,
    /// The format of the document.
    #[arg(long, value_enum)]
    format: SbomFormatName,
    /// The document's file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Use the cache alone and ask nobody.
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    sources: Sources,
}

/// A lockfile, and where its blobs are.
struct Opened {
    lockfile: Lockfile,
    digest: Digest,
    cache: Cache,
    bundle: Option<Bundle>,
}

impl Sbom {
    pub(super) fn run(self, console: &Console) -> Ended {
        let began = Instant::now();
        let opened = match is_bundle(&self.input) {
            true => self.open_bundle()?,
            false => self.open_lockfile(console)?,
        };
        let subject = Subject { lockfile: &opened.lockfile, digest: &opened.digest };
        let graph = self.look(&opened, console)?;
        let document = sbom::document(subject, &graph, self.format.into());
        self.put(&document.text, console)?;
        console.success(&format!("{} in {}", summary(&graph), text::duration(began.elapsed())));
        Ok(warn(&graph, console))
    }

    fn open_bundle(&self) -> Result<Opened, Box<dyn Failure>> {
        let trust = self.keys.trust()?;
        let acceptance = trust.as_ref().map_or(Acceptance::AnySigner, Acceptance::Trusted);
        let bundle = Bundle::open(&self.input, acceptance)?;
        let (lockfile, digest) = (bundle.lockfile()?, bundle.manifest().lockfile.clone());
        Ok(Opened { lockfile, digest, cache: self.sources.cache()?, bundle: Some(bundle) })
    }

    fn open_lockfile(&self, console: &Console) -> Result<Opened, Box<dyn Failure>> {
        let text = yaml::read(&self.input)?;
        let lockfile = Lockfile::parse(&self.input, &text)?;
        let digest = bundles::sha256(text.as_bytes());
        let cache = self.sources.cache()?;
        let options = FetchOptions { network: self.sources.network()?, offline: self.offline };
        let reporter = console.reporter();
        job::run(fetch::fetch(&lockfile, &options, Supply::of(&cache), None, reporter.as_ref()))?;
        Ok(Opened { lockfile, digest, cache, bundle: None })
    }

    fn look(&self, opened: &Opened, console: &Console) -> Result<Graph, Box<dyn Failure>> {
        let subject = Subject { lockfile: &opened.lockfile, digest: &opened.digest };
        let cache = &opened.cache;
        let reporter = console.reporter();
        let jobs = self.sources.jobs.min(job::default_jobs());
        let graph = job::run_blocking(|stop| {
            let options = Options { jobs, stop, reporter: reporter.as_ref() };
            match &opened.bundle {
                Some(bundle) => {
                    let source = InBundle(bundle);
                    sbom::graph(subject, Blobs { source: &source, cache: Some(cache) }, options)
                }
                None => sbom::graph_of(subject, Supply::of(cache), options),
            }
        })?;
        Ok(graph?)
    }

    fn put(&self, document: &[u8], console: &Console) -> Result<(), OutputError> {
        let text = String::from_utf8_lossy(document);
        if let Some(path) = &self.output {
            return file::replace(path, &text);
        }
        console.data(&text);
        Ok(())
    }
}

/// A bundle as a source of blobs.
struct InBundle<'a>(&'a Bundle);

impl BlobSource for InBundle<'_> {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        let reader = self.0.read(digest, 0..u64::MAX).map_err(io::Error::other)?;
        Ok(Box::new(reader))
    }
}

/// Whether a file begins as a bundle does. One that cannot be read is told
/// about by whoever opens it next.
fn is_bundle(path: &Path) -> bool {
    let mut start = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == [0x28, 0xb5, 0x2f, 0xfd]
}

fn summary(graph: &Graph) -> String {
    let count = |kind, one, many| text::count(graph.count(kind) as u64, one, many);
    format!(
        "listed {}, {}, {}, {} and {}",
        count(ItemKind::Component, "component", "components"),
        count(ItemKind::File, "file", "files"),
        count(ItemKind::PlatformImage, "image", "images"),
        count(ItemKind::Package, "OS package", "OS packages"),
        count(ItemKind::Module, "Go module", "Go modules"),
    )
}

/// A list with holes is not passed over in silence.
fn warn(graph: &Graph, console: &Console) -> ExitCode {
    let mut code = ExitCode::Done;
    for (_, item) in graph.incomplete() {
        for why in &item.unread {
            console.warn(&format!("{}: {why}", item.name));
            code = ExitCode::Warnings;
        }
    }
    code
}
