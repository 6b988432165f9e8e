//! The releases of this repository: with the manifests of upstream, their own
//! definitions are complete, and without any one image that something names they
//! are not.

use crate::made_up;
use builder::{cache::Cache, check};
use manifests::{
    ImageRef,
    catalog::Catalog,
    component::{Contents, FileSource, ImageSource, ResolvedFile},
    lockfile::{FileKind, LockedComponent, LockedFile, LockedImage, Lockfile},
    release::{Choice, Pick, Release},
    yaml,
};
use std::{fs, path::Path, time::Instant};

/// The bytes of the manifest at a URL.
type Upstream<'a> = &'a dyn Fn(&str) -> Vec<u8>;

/// The one manifest of the K-PaaS base that is not at hand, as far as its image goes.
const METRICS_SERVER: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: metrics-server}
spec: {template: {spec: {containers: [
  {name: metrics-server, image: registry.k8s.io/metrics-server/metrics-server:v0.8.0}]}}}
";

/// A lockfile of a release without profiles, with upstream's manifests and
/// made-up everything else.
fn locked(release: &str, upstream: Upstream<'_>, cache: &Cache) -> Lockfile {
    let path = made_up::path("manifests/releases").join(release);
    let release = Release::parse(&path, &yaml::read(&path).unwrap()).unwrap();
    let release = release.with(&Choice::default()).unwrap();
    let picks = Catalog::beside(&path).contents(&release).unwrap();
    let mut lockfile = made_up::lockfile();
    lockfile.exceptions.clone_from(&release.exceptions);
    for (pick, contents) in &picks {
        lockfile.components.extend(LockedComponent::of(pick, contents));
        lockfile.files.extend(files(pick, contents, upstream, cache));
        lockfile.images.extend(contents.images.iter().map(|source| image(&release, pick, source)));
    }
    let text = lockfile.render();
    Lockfile::parse(Path::new("made-up.lock"), &text).unwrap()
}

fn files(
    pick: &Pick,
    contents: &Contents,
    upstream: Upstream<'_>,
    cache: &Cache,
) -> Vec<LockedFile> {
    let resolved =
        |source: &FileSource| source.resolve(&pick.version, &made_up::lockfile().arches).unwrap();
    let locked = |kind, file: ResolvedFile| {
        let url = file.url.as_str();
        let bytes = if kind == FileKind::File { url.as_bytes().to_vec() } else { upstream(url) };
        let (component, version) = (pick.name.clone(), pick.version.clone());
        let locked = made_up::file(kind, file.name.as_str(), &bytes, cache);
        LockedFile { component, version, source: file.url, arch: file.arch, ..locked }
    };
    let files = contents.files.iter().flat_map(resolved).map(|file| locked(FileKind::File, file));
    let manifests = contents.manifests.iter().flat_map(resolved);
    files.chain(manifests.map(|file| locked(FileKind::Manifest, file))).collect()
}

fn image(release: &Release, pick: &Pick, source: &ImageSource) -> LockedImage {
    let carried = |name: &&ImageRef| release.extra_names.iter().any(|n| n == name.registry());
    let image = made_up::image(&source.name, &["linux/amd64"]);
    let published = source.published.as_ref().and_then(|published| published.any.clone());
    LockedImage {
        component: pick.name.clone(),
        version: pick.version.clone(),
        also: source.also.iter().filter(carried).cloned().collect(),
        digest: published.unwrap_or_else(|| image.digest.clone()),
        stated: source.stated.clone(),
        ..image
    }
}

/// The K-PaaS base with the manifests of a folder laid out as host/path.
fn kpaas(upstream: &Path, cache: &Cache) -> Lockfile {
    let read = |url: &str| match url.contains("/metrics-server/") {
        true => METRICS_SERVER.into(),
        false => fs::read(upstream.join(url.trim_start_matches("https://"))).unwrap(),
    };
    locked("kpaas-1.7.0.yaml", &read, cache)
}

/// The manifest of the lab's network as the lab puts it together.
fn lab_network() -> Vec<u8> {
    let read = |name: &str| {
        fs::read_to_string(made_up::path("tests/lab/data/lab-network").join(name)).unwrap()
    };
    let mut manifest = read("lab-network.yaml");
    for name in ["conflist", "keep.sh"] {
        let (key, text) = (format!("  {name}: |"), read(name));
        let lines: Vec<_> = text.lines().map(|line| format!("    {line}")).collect();
        manifest.extend([&key, "\n", &lines.join("\n"), "\n"]);
    }
    manifest.into_bytes()
}

#[test]
fn the_release_of_the_lab_is_complete() {
    let (_folder, cache) = made_up::cache();
    let lockfile = locked("lab.yaml", &|_| lab_network(), &cache);
    let report = check::check(&lockfile, &cache).unwrap();
    assert!(report.complete, "{report:#?}");
    assert!(report.exceptions.is_empty());
}

#[test]
fn the_kpaas_release_is_complete_and_checked_within_seconds() {
    let Some(upstream) = made_up::upstream() else { return };
    let (_folder, cache) = made_up::cache();
    let lockfile = kpaas(&upstream, &cache);
    let began = Instant::now();
    let report = check::check(&lockfile, &cache).unwrap();
    assert!(report.complete, "{report:#?}");
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    let row = |name: &str| report.components.iter().find(|row| row.component.as_str() == name);
    let counts = row("calico").map(|row| (row.found, row.locked, row.stated));
    assert_eq!(counts, Some((3, 3, 0)));
    assert_eq!(report.exceptions.len(), 1);
}

#[test]
fn without_any_one_image_that_is_named_the_release_is_not_complete() {
    let Some(upstream) = made_up::upstream() else { return };
    let (_folder, cache) = made_up::cache();
    let whole = kpaas(&upstream, &cache);
    let mut only_stated = Vec::new();
    for index in 0..whole.images.len() {
        let mut lockfile = whole.clone();
        let gone = lockfile.images.remove(index);
        let report = check::check(&lockfile, &cache).unwrap();
        if gone.stated.is_some() {
            assert!(report.complete, "{}", gone.name);
            only_stated.push(gone.component.to_string());
            continue;
        }
        let [missing] = &report.missing[..] else { panic!("{}: {report:#?}", gone.name) };
        let repository = gone.name.repository().rsplit('/').next().unwrap();
        assert!(missing.reference.to_string().contains(repository), "{missing:?}");
        assert!(!missing.places.is_empty());
    }
    only_stated.sort();
    assert_eq!(only_stated, ["dns-autoscaler", "nginx-proxy", "nodelocaldns"]);
}

#[test]
fn a_stray_image_makes_the_release_incomplete() {
    let Some(upstream) = made_up::upstream() else { return };
    let (_folder, cache) = made_up::cache();
    let mut lockfile = kpaas(&upstream, &cache);
    let stray: ImageRef = "quay.io/stray/image:v1".parse().unwrap();
    lockfile.images.push(made_up::image(&stray, &["linux/amd64"]));
    let report = check::check(&lockfile, &cache).unwrap();
    let [unexplained] = &report.unexplained[..] else { panic!("{report:#?}") };
    assert_eq!(unexplained.image, stray);
}
