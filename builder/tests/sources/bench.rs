//! What every test here stands on: an upstream, a cache, quick options, and a
//! log of events.

use builder::{
    cache::{Answer, Cache},
    environment::Environment,
    fetch::{FetchError, FetchOptions, FetchSummary, fetch},
    http::{Download, Expected, HttpClient, HttpError, HttpOptions, Request, Retry},
    mirrors::Mirrors,
    network::NetworkOptions,
    resolve::{LockError, LockOptions, lock},
    supply::Supply,
};
use journeys::{
    fixtures::{Demo, HOSTS, Options, REGISTRIES, demo},
    upstream::{Image, Upstream},
};
use manifests::{
    Digest,
    catalog::Catalog,
    event::{Event, Reporter},
    lockfile::Lockfile,
    release::Release,
};
use std::{path::Path, sync::Mutex, time::Duration};
use tempfile::TempDir;

pub(crate) struct Bench {
    pub(crate) upstream: Upstream,
    pub(crate) folder: TempDir,
    pub(crate) cache: Cache,
    pub(crate) log: Log,
}

/// Every event so far.
#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<Vec<Event>>);

impl Reporter for Log {
    fn report(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Log {
    pub(crate) fn waits_ms(&self) -> Vec<u64> {
        let wait = |event: &Event| match event {
            Event::Retrying { wait_ms, .. } => Some(*wait_ms),
            _ => None,
        };
        self.0.lock().unwrap().iter().filter_map(wait).collect()
    }

    pub(crate) fn moved_bytes(&self) -> u64 {
        let moved = |event: &Event| match event {
            Event::TransferAdvanced { bytes, .. } => Some(*bytes),
            _ => None,
        };
        self.0.lock().unwrap().iter().filter_map(moved).sum()
    }
}

/// Timeouts and waits that make tests quick and still tell them apart.
pub(crate) fn quick() -> HttpOptions {
    HttpOptions {
        connect_timeout: Duration::from_secs(2),
        stall_timeout: Duration::from_secs(1),
        retry: Retry {
            attempts: 3,
            first: Duration::from_millis(1),
            longest: Duration::from_millis(4),
            longest_asked: Duration::from_millis(20),
        },
        ..HttpOptions::default()
    }
}

/// An upstream. It starts a runtime of its own, which no thread of ours may do.
pub(crate) fn upstream() -> Upstream {
    std::thread::spawn(|| Upstream::start().unwrap()).join().unwrap()
}

pub(crate) fn client() -> HttpClient {
    HttpClient::new(quick(), &Environment::default()).unwrap()
}

/// A mebibyte in which no two places look alike.
pub(crate) fn mebibyte() -> Vec<u8> {
    (0..1_u32 << 18).flat_map(|word| word.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("cache")).unwrap();
        Self { upstream: upstream(), folder, cache, log: Log::default() }
    }

    /// Forgets all that was cached.
    pub(crate) fn empty_cache(&mut self) {
        let root = self.cache.root().to_owned();
        std::fs::remove_dir_all(&root).unwrap();
        self.cache = Cache::open(&root).unwrap();
    }

    /// Downloads a file of the upstream, as `lock` does it: conditionally.
    pub(crate) async fn download(
        &self,
        client: &HttpClient,
        path: &str,
        digest: Option<Digest>,
    ) -> Result<Answer, HttpError> {
        let expected = Expected { digest, size: None };
        self.download_expecting(client, path, &expected).await
    }

    pub(crate) async fn download_expecting(
        &self,
        client: &HttpClient,
        path: &str,
        expected: &Expected,
    ) -> Result<Answer, HttpError> {
        let request = &Request::new(&self.upstream.url(path).parse().unwrap(), false);
        let download =
            Download { request, name: path, key: "key", expected, conditional: true, ground: None };
        Ok(client.download(download, &self.cache, &self.log).await?.answer)
    }

    pub(crate) fn blob(&self, digest: &Digest) -> Vec<u8> {
        self.cache.read(digest).unwrap().expect("the cache has it")
    }

    /// Mirrors that lead the fixtures' hosts here.
    pub(crate) fn network(&self) -> NetworkOptions {
        let text = self.upstream.mirrors(&HOSTS, &REGISTRIES);
        let mirrors = Mirrors::parse(Path::new("mirrors.yaml"), &text).unwrap();
        NetworkOptions { mirrors, http: quick(), environment: Environment::default() }
    }

    pub(crate) fn lock_options(&self) -> LockOptions {
        LockOptions { network: self.network(), ..LockOptions::default() }
    }

    /// Writes the demo release and puts all it needs on the upstream.
    pub(crate) fn demo(&self) -> (Demo, Release, Catalog) {
        let options = Options { size_mib: 1, ..Options::default() };
        let demo = demo(&self.folder.path().join("demo"), &options).unwrap();
        demo.publish(&self.upstream);
        let release = read_release(&demo.release);
        let catalog = Catalog::beside(&demo.release);
        (demo, release, catalog)
    }

    /// A release of one component with one image, put on the upstream.
    pub(crate) fn one_image(&self, arches: &str, image: &Image) -> (Release, Catalog) {
        self.upstream.put_image(&"registry.example.org/one:v1".parse().unwrap(), image);
        let images = "\n    - name: registry.example.org/one:v1\n";
        self.write_release(arches, &format!("    images:{images}"))
    }

    /// A release of the component `one`, with these contents.
    pub(crate) fn write_release(&self, arches: &str, contents: &str) -> (Release, Catalog) {
        let component = self.folder.path().join("components/one");
        std::fs::create_dir_all(&component).unwrap();
        let head =
            "component: one\ntitle: t\nhomepage: https://a.io\nlicence: MIT\nversions:\n  v1:\n";
        std::fs::write(component.join("component.yaml"), format!("{head}{contents}")).unwrap();
        let release = format!(
            "release: one\nversion: '1'\nserial: 1\ntitle: t\narches: [{arches}]\ncomponents: [{{name: one, version: v1}}]\n"
        );
        let release = Release::parse(Path::new("one.yaml"), &release).unwrap();
        (release, Catalog::new(&self.folder.path().join("components")))
    }

    pub(crate) async fn lock(
        &self,
        (release, catalog): (&Release, &Catalog),
        options: &LockOptions,
    ) -> Result<Lockfile, LockError> {
        lock(release, catalog, options, &self.cache, &self.log).await
    }

    pub(crate) async fn fetch(&self, lockfile: &Lockfile) -> Result<FetchSummary, FetchError> {
        let options = FetchOptions { network: self.network(), offline: false };
        fetch(lockfile, &options, Supply::of(&self.cache), None, &self.log).await
    }
}

pub(crate) fn read_release(path: &Path) -> Release {
    Release::parse(path, &std::fs::read_to_string(path).unwrap()).unwrap()
}
