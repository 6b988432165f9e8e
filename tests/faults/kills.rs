//! `kill -9` at any moment of a build: the next one continues from the cache, gives
//! the same bytes and clears up behind the one that was killed.

use crate::{
    effort::{chance, count, tell},
    registry::Registry,
};
use journeys::{
    fixtures::Options,
    office::{Office, words},
    run::Program,
    upstream::blob_path,
};
use manifests::{Digest, lockfile::Lockfile};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    process::Stdio,
    thread,
};

/// The ways to build, in turns.
const WAYS: [&str; 4] = ["", "--no-cache", "--volume-size 5MiB", "--jobs 1"];

/// A release that is locked, and what a build of it leaves when nothing goes wrong.
struct Bench {
    office: Office,
    /// It answers as long as somebody holds it.
    _registry: Option<Registry>,
    /// For each way: the result, and how much a build has written in its end.
    expected: BTreeMap<&'static str, (Files, u64)>,
    /// The names of what is in a cache that one build has filled.
    cached: BTreeSet<String>,
}

/// Names with their bytes.
type Files = BTreeMap<String, Vec<u8>>;

fn build(way: &str) -> String {
    format!("build releases/demo.lock --mirrors mirrors.yaml --key release.key -o out/b {way}")
}

impl Bench {
    /// None when there is no real registry to ask where one is wanted.
    fn new(wants_registry: bool) -> Option<Self> {
        let office = Office::with(&Options { size_mib: 12, ..Options::default() });
        let release = String::from_utf8(office.read("releases/demo.yaml")).unwrap();
        let without = release.replace("sbom: [cyclonedx, spdx]\n", "");
        fs::write(office.path("releases/demo.yaml"), without).unwrap();
        let registry = wants_registry.then(|| Registry::in_place_of(&office));
        if let Some(None) = registry {
            return None;
        }
        office.builder("lock releases/demo.yaml --mirrors mirrors.yaml --cache locking");
        let (expected, cached) = (BTreeMap::new(), BTreeSet::new());
        let mut bench = Self { office, _registry: registry.flatten(), expected, cached };
        bench.office.sandbox.set("TMPDIR", bench.office.path("tmp").to_str().unwrap());
        for way in WAYS {
            bench.clear();
            bench.office.builder(&build(way));
            let written = bench.written();
            bench.expected.insert(way, (bench.files("out"), written));
            if way.is_empty() {
                bench.cached = bench.names("cache");
            }
        }
        Some(bench)
    }

    /// An empty place to build in.
    fn clear(&self) {
        for folder in ["cache", "out", "tmp"] {
            let path = self.office.path(folder);
            if path.exists() {
                fs::remove_dir_all(&path).unwrap();
            }
            fs::create_dir(&path).unwrap();
        }
        self.office.upstream.take_requests();
    }

    fn files(&self, folder: &str) -> Files {
        let names = self.names(folder).into_iter();
        let bytes = |name: &String| fs::read(self.office.path(folder).join(name)).unwrap();
        names.map(|name| (name.clone(), bytes(&name))).collect()
    }

    fn names(&self, folder: &str) -> BTreeSet<String> {
        let folder = self.office.path(folder);
        let mut names = BTreeSet::new();
        below(&folder, &folder, &mut names);
        names
    }

    /// Bytes that lie on the disk, holes apart.
    fn written(&self) -> u64 {
        ["cache", "out"].iter().map(|folder| on_disk(&self.office.path(folder))).sum()
    }

    /// Starts a build and kills it when it has written so much; whether it was still
    /// running. Each machine is as fast as it is, so the time says nothing.
    fn kill_after(&self, way: &str, written: u64) -> bool {
        let line = build(way);
        let mut command = self.office.sandbox.command(Program::Builder, &words(&line));
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        while self.written() < written && child.try_wait().unwrap().is_none() {
            thread::yield_now();
        }
        let was_running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        was_running
    }

    /// Blobs that are whole in the cache.
    fn cached_blobs(&self) -> BTreeSet<Digest> {
        let names = self.names("cache").into_iter();
        let hex = names.filter_map(|name| name.strip_prefix("blobs/sha256/").map(str::to_owned));
        hex.filter_map(|hex| format!("sha256:{hex}").parse().ok()).collect()
    }

    /// Fails when a blob that was in the cache was fetched once more.
    fn asked_for_none_of(&self, cached: &BTreeSet<Digest>) {
        let lockfile = String::from_utf8(self.office.read("releases/demo.lock")).unwrap();
        let lockfile = Lockfile::parse(Path::new("demo.lock"), &lockfile).unwrap();
        let mut paths = BTreeSet::new();
        for file in lockfile.files.iter().filter(|file| cached.contains(&file.digest)) {
            paths.insert(journeys::upstream::file_path(file.source.as_str()));
        }
        for image in &lockfile.images {
            paths.extend(cached.iter().map(|digest| blob_path(&image.name, digest)));
        }
        let requests = self.office.upstream.take_requests();
        let again = requests.iter().find(|request| paths.contains(&request.path));
        assert_eq!(again, None, "a blob that was in the cache was fetched again");
    }
}

/// What the files below a folder take; files may come and go meanwhile.
fn on_disk(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let paths = entries.flatten().map(|entry| entry.path());
    let size = |path: &Path| path.symlink_metadata().map_or(0, |facts| facts.blocks() * 512);
    paths.map(|path| if path.is_dir() { on_disk(&path) } else { size(&path) }).sum()
}

/// The names of all files below a folder.
fn below(root: &Path, folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(root, &path, names);
        } else {
            names.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
        }
    }
}

/// Kills builds at so many moments, each followed by one that goes on.
fn kill(bench: &Bench, moments: usize, registry: &str) {
    let (mut killed, mut kept) = (0, 0);
    for number in 0..moments {
        let way = WAYS[number % WAYS.len()];
        let (expected, written) = &bench.expected[way];
        bench.clear();
        let moment = chance(number).u64(..=*written);
        killed += usize::from(bench.kill_after(way, moment));
        // A name is given to whole files alone.
        for (name, bytes) in bench.files("out") {
            if let Some(right) = expected.get(&name) {
                assert!(bytes == *right, "{way}: {name} is not whole");
            }
        }
        bench.office.upstream.take_requests();
        let cached = bench.cached_blobs();
        kept += cached.len();
        bench.office.builder(&build(way));
        bench.asked_for_none_of(&cached);
        assert!(bench.files("out") == *expected, "{way}: {:?}", bench.names("out"));
        assert_eq!(bench.names("tmp"), BTreeSet::new(), "{way}");
        let more: Vec<_> = bench.names("cache").difference(&bench.cached).cloned().collect();
        assert!(more.is_empty(), "{way}: left in the cache: {more:?}");
    }
    assert!(2 * killed > moments, "only {killed} of {moments} builds were still running");
    tell(&format!(
        "kill -9 with {registry}: {moments} moments, {killed} builds were still running, {kept} \
         blobs lay in caches and were not fetched again"
    ));
}

#[test]
fn a_build_killed_at_any_moment_is_continued_and_gives_the_same_bytes() {
    let bench = Bench::new(false).expect("no tool is asked for");
    kill(&bench, count(8, 50), "our upstream");
}

#[test]
fn a_killed_build_is_continued_from_a_real_registry_too() {
    if let Some(bench) = Bench::new(true) {
        kill(&bench, count(2, 50), "docker-registry");
    }
}
