//! How long a document takes, against unpacking every layer on all processors:
//! `cargo bench -p bottari-builder --bench sbom -- LOCK CACHE`, with a cache that
//! has every blob of the lockfile. Prints times and ratios.

use builder::{
    cache::Cache,
    sbom::{self, Blobs, Options, Subject},
};
use flate2::bufread::MultiGzDecoder;
use manifests::{SbomFormat, event::Silent, lockfile::Lockfile};
use std::{
    collections::BTreeSet,
    env,
    error::Error,
    fs::File,
    io::{self, BufReader, Read, Write, copy, sink, stdout},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How often each is timed; the fastest counts.
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo itself adds `--bench`.
    let arguments: Vec<_> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let [lockfile, cache] = &arguments[..] else {
        // So that `cargo test --benches` and `cargo bench` of everything pass.
        writeln!(stdout(), "give a lockfile and a cache")?;
        return Ok(());
    };
    let text = std::fs::read_to_string(lockfile)?;
    let lockfile = Lockfile::parse(Path::new(lockfile), &text)?;
    let digest = bundles::sha256(text.as_bytes());
    let cache = Cache::open(Path::new(cache))?;
    measure(Subject { lockfile: &lockfile, digest: &digest }, &cache)
}

fn measure(subject: Subject<'_>, cache: &Cache) -> Result<(), Box<dyn Error>> {
    let jobs = thread::available_parallelism()?.get();
    let blobs = packed(subject.lockfile, cache);
    let (mut unpack, mut cold, mut warm) = (Duration::MAX, Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        unpack = unpack.min(timed(|| gunzip(&blobs, jobs))?);
        cold = cold.min(timed(|| document(subject, cache, None, jobs))?);
        document(subject, cache, Some(cache), jobs)?;
        warm = warm.min(timed(|| document(subject, cache, Some(cache), jobs))?);
    }
    let ratio = |time: Duration| time.as_secs_f64() / unpack.as_secs_f64();
    let mut out = stdout();
    writeln!(out, "{} packed blobs on {jobs} threads, fastest of {ROUNDS}", blobs.len())?;
    writeln!(out, "gunzip alone  {:7.3} s", unpack.as_secs_f64())?;
    writeln!(out, "sbom, cold    {:7.3} s  {:.2}x", cold.as_secs_f64(), ratio(cold))?;
    writeln!(out, "sbom, warm    {:7.3} s  {:.3}x", warm.as_secs_f64(), ratio(warm))?;
    Ok(())
}

fn timed(work: impl FnOnce() -> Result<(), Box<dyn Error>>) -> Result<Duration, Box<dyn Error>> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed())
}

/// Every blob that is gzip, the largest first: as fair as it gets.
fn packed(lockfile: &Lockfile, cache: &Cache) -> Vec<PathBuf> {
    let layers = lockfile.images.iter().flat_map(|image| &image.manifests).flat_map(|m| &m.layers);
    let files = lockfile.files.iter().map(|file| &file.digest);
    let digests: BTreeSet<_> = layers.map(|layer| &layer.digest).chain(files).collect();
    let paths = digests.into_iter().filter_map(|digest| cache.blob_path(digest));
    let mut paths: Vec<_> = paths.filter(|path| is_gzip(path)).collect();
    paths.sort_by_key(|path| std::cmp::Reverse(path.metadata().map_or(0, |data| data.len())));
    paths
}

fn is_gzip(path: &Path) -> bool {
    let mut start = [0; 2];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == [0x1f, 0x8b]
}

fn gunzip(paths: &[PathBuf], jobs: usize) -> Result<(), Box<dyn Error>> {
    let next = AtomicUsize::new(0);
    let one_thread = || -> io::Result<()> {
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            let packed = BufReader::with_capacity(128 * 1024, File::open(path)?);
            let mut plain = BufReader::with_capacity(128 * 1024, MultiGzDecoder::new(packed));
            copy(&mut plain, &mut sink())?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(one_thread)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("gunzip does not panic"))
    })?;
    Ok(())
}

fn document(
    subject: Subject<'_>,
    cache: &Cache,
    scans: Option<&Cache>,
    jobs: usize,
) -> Result<(), Box<dyn Error>> {
    let (stop, reporter) = (AtomicBool::new(false), Silent);
    let blobs = Blobs { source: cache, cache: scans };
    let graph = sbom::graph(subject, blobs, Options { jobs, stop: &stop, reporter: &reporter })?;
    sbom::document(subject, &graph, SbomFormat::Cyclonedx);
    Ok(())
}
