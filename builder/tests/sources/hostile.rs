//! Every way to misbehave, for everything that is asked for, in `lock` and in
//! `fetch`: each ends in time, with one code, and names what was asked for, where,
//! and what was wrong with it.

use crate::bench::{Bench, mebibyte, quick};
use builder::{
    fetch::{FetchOptions, fetch},
    http::HttpOptions,
    network::NetworkOptions,
    resolve::LockOptions,
    supply::Supply,
};
use futures_util::{StreamExt, stream};
use journeys::{
    fixtures::images,
    upstream::{ALWAYS, Fault, blob_path, file_path},
};
use manifests::{
    Digest, ExitCode, Failure, ImageRef, catalog::Catalog, lockfile::Lockfile, release::Release,
    with_causes,
};
use std::time::Duration;
use tokio::time::timeout;

const FILE: &str = "https://download.example.org/big";
const IMAGE: &str = "registry.example.org/one:v1";

/// Longest time that anything may take here; in earnest every wait is longer.
const BOUND: Duration = Duration::from_secs(30);

/// How many are tried at the same time.
const AT_ONCE: usize = 8;

/// What misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    File,
    Manifest,
    Config,
    Layer,
}

/// When it misbehaves: before there is a lockfile, or afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Lock,
    Fetch,
}

/// A fault that never ends, and what the message has to say besides who and where.
type Lie = (Fault, &'static str);

/// Nobody can tell how large a file is before it is locked: one that is wrong from
/// the first moment on is what there is to lock.
fn is_a_lie(target: Target, moment: Moment, fault: &Fault) -> bool {
    let is_other_content = matches!(fault, Fault::PromiseLess(_) | Fault::WrongBytes);
    !(is_other_content && (target, moment) == (Target::File, Moment::Lock))
}

fn lies() -> Vec<Lie> {
    vec![
        (Fault::StallAfter(0), "sent nothing for"),
        (Fault::CutAfter(0), "cut"),
        (Fault::PromiseMore(7), ""),
        (Fault::PromiseLess(7), "expected"),
        (Fault::WrongBytes, "expected"),
        (Fault::Status(429, Some(3600)), "answered 429"),
        (Fault::Status(500, None), "answered 500"),
        (Fault::Status(503, Some(1)), "answered 503"),
        (Fault::Status(404, None), ""),
        (Fault::Redirect("*".into()), "redirects more than 10 times"),
    ]
}

/// A release of one file and one image, and an upstream that has them.
struct Case {
    bench: Bench,
    release: (Release, Catalog),
    image: journeys::upstream::Image,
}

impl Case {
    fn new() -> Self {
        let bench = Bench::new();
        bench.upstream.put_file(FILE, mebibyte());
        let image = images::single("amd64", b"one");
        bench.upstream.put_image(&name(), &image);
        let contents = format!(
            "    files:\n    - name: big\n      url: {FILE}\n    images:\n    - name: {IMAGE}\n"
        );
        let release = bench.write_release("amd64", &contents);
        Self { bench, release, image }
    }

    fn network(&self) -> NetworkOptions {
        let http = HttpOptions { stall_timeout: Duration::from_millis(1500), ..quick() };
        NetworkOptions { http, ..self.bench.network() }
    }

    /// Where the target is asked for; the manifest by tag or by digest.
    fn path(&self, target: Target) -> String {
        match target {
            Target::File => file_path(FILE),
            Target::Manifest => "/v2/registry.example.org/one/manifests/*".into(),
            Target::Config => blob_path(&name(), &self.image.blobs[0].digest),
            Target::Layer => blob_path(&name(), &self.image.blobs[1].digest),
        }
    }

    fn misbehave(&self, target: Target, fault: &Fault) {
        let fault = match fault {
            Fault::Redirect(_) => Fault::Redirect(self.path(target).replace('*', "v1")),
            other => other.clone(),
        };
        self.bench.upstream.inject(&self.path(target), ALWAYS, [fault]);
    }

    async fn lock(&self) -> Result<Lockfile, Box<dyn Failure>> {
        let options = LockOptions { network: self.network(), ..LockOptions::default() };
        let (release, catalog) = &self.release;
        Ok(self.bench.lock((release, catalog), &options).await?)
    }

    async fn fetch(&self, lockfile: &Lockfile) -> Result<(), Box<dyn Failure>> {
        let options = FetchOptions { network: self.network(), offline: false };
        let supply = Supply::of(&self.bench.cache);
        fetch(lockfile, &options, supply, None, &self.bench.log).await?;
        Ok(())
    }

    /// What is in the cache under the name of a digest has it.
    fn caches_nothing_wrong(&self) {
        for entry in std::fs::read_dir(self.bench.cache.root().join("blobs/sha256")).unwrap() {
            let path = entry.unwrap().path();
            let found = bundles::sha256(&std::fs::read(&path).unwrap());
            assert_eq!(path.file_name().unwrap().to_str().unwrap(), found.hex());
        }
    }
}

fn name() -> ImageRef {
    IMAGE.parse().unwrap()
}

/// What came of one fault; none when it concerned nothing that was asked for.
async fn meet(target: Target, moment: Moment, fault: &Fault) -> Option<Box<dyn Failure>> {
    let mut case = Case::new();
    let before = match moment {
        Moment::Lock => None,
        Moment::Fetch => Some(case.lock().await.unwrap()),
    };
    if before.is_some() {
        case.bench.empty_cache();
    }
    case.misbehave(target, fault);
    case.bench.upstream.take_requests();
    let met = async {
        match &before {
            None => case.lock().await.map(drop),
            Some(lockfile) => case.fetch(lockfile).await,
        }
    };
    let met = timeout(BOUND, met).await.expect("it ends in time");
    case.caches_nothing_wrong();
    let path = case.path(target).replace('*', "");
    let was_asked = case.bench.upstream.requests().iter().any(|one| one.path.starts_with(&path));
    assert!(met.is_err() || !was_asked, "{target:?} {moment:?} {fault:?} went unnoticed");
    met.err()
}

/// What an error lacks of all that its reader needs.
fn complaints(target: Target, moment: Moment, lie: &Lie, error: &dyn Failure) -> Vec<String> {
    let (fault, told) = lie;
    let text = with_causes(error);
    let artifact = if target == Target::File { "one/big" } else { "registry.example.org/one" };
    let found = if *told == "expected" { "found" } else { "" };
    let parts = [artifact, "http://127.0.0.1:", told, found].into_iter();
    let missing = parts.filter(|part| !text.contains(part)).map(|part| format!("no `{part}`"));
    let code = error.exit_code();
    let code = (code != ExitCode::Source).then(|| format!("exit code {}", code.number()));
    let complaint = |what| format!("{target:?}, {moment:?}, {fault:?}: {what} in `{text}`");
    missing.chain(code).map(complaint).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_source_does_ends_in_time_and_is_told_with_artifact_and_place() {
    let targets = [Target::File, Target::Manifest, Target::Config, Target::Layer];
    let cases = targets.into_iter().flat_map(|target| {
        let moments = [Moment::Lock, Moment::Fetch].into_iter();
        moments.flat_map(move |moment| lies().into_iter().map(move |lie| (target, moment, lie)))
    });
    let cases = cases.filter(|(target, moment, (fault, _))| is_a_lie(*target, *moment, fault));
    let met = stream::iter(cases).map(|(target, moment, lie)| async move {
        let error = meet(target, moment, &lie.0).await?;
        Some(complaints(target, moment, &lie, &*error))
    });
    let met = met.buffer_unordered(AT_ONCE).filter_map(std::future::ready);
    let met: Vec<_> = met.collect().await;
    assert!(met.len() > 60, "only {} faults were met", met.len());
    let complaints = met.concat();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[tokio::test]
async fn what_a_lockfile_says_of_a_digest_is_all_that_is_ever_in_the_cache() {
    let mut case = Case::new();
    let lockfile = case.lock().await.unwrap();
    let moved = images::single("amd64", b"another");
    case.bench.empty_cache();
    case.bench.upstream.put_image(&name(), &moved);
    case.bench.upstream.put_file(FILE, vec![7; 1 << 20]);
    let error = case.fetch(&lockfile).await.unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Source, "{error}");
    assert!(with_causes(&*error).contains("one/big"), "{error}");
    let is_cached = |digest: &Digest| case.bench.cache.blob_path(digest).is_some();
    assert!(!is_cached(&bundles::sha256(&vec![7; 1 << 20])) && !is_cached(&moved.root.digest));
}
