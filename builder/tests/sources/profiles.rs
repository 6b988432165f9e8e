//! Releases of which a site takes a part, and components in two versions.

use crate::bench::Bench;
use builder::resolve::{LockError, LockOptions};
use manifests::{
    Arch, ExitCode, Failure, Name,
    catalog::Catalog,
    lockfile::{FileKind, Lockfile},
    release::{Choice, Release},
};
use std::path::Path;

const FIELDS: &str = "title: t\nhomepage: https://a.io\nlicence: MIT\nversions:\n";

const RELEASE: &str = "
release: platform
version: '1'
serial: 1
title: t
arches: [amd64]
profiles:
- {name: nfs, title: volumes on an NFS server}
- {name: edge, title: nodes far away}
components:
- {name: runtime, version: v2, why: the guide says v1}
- {name: storage, version: v4, profiles: [nfs]}
- {name: runtime, version: v1, profiles: [edge], why: far away nothing newer runs}
exceptions:
- {reference: a.io/a, reason: for NFS, profiles: [nfs]}
omitted:
- {what: telnet, why: nobody needs it}
";

/// A runtime in two versions, and a storage that is a chart.
fn platform(bench: &Bench) -> (Release, Catalog) {
    let file = |version: &str, role: &str| {
        bench.upstream.put_file(&url(&format!("runtime-{version}.tgz")), version.to_owned());
        let (name, url) = ("runtime-{version}.tgz", url("runtime-{version}.tgz"));
        format!("  {version}: {{files: [{{name: '{name}', url: '{url}', roles: [{role}]}}]}}\n")
    };
    let runtime = format!("{}{}", file("v2", "worker"), file("v1", "edge"));
    bench.upstream.put_file(&url("storage-4.tgz"), "a chart");
    let chart = url("storage-{bare-version}.tgz");
    let render = "render: {release: storage, namespace: volumes, values: {replicas: 2}}";
    let storage = format!(
        "  v4: {{charts: [{{name: 'storage-{{bare-version}}.tgz', url: '{chart}', {render}}}]}}\n"
    );
    write(bench, RELEASE, &[("runtime", &runtime), ("storage", &storage)])
}

fn url(name: &str) -> String {
    format!("https://download.example.org/{name}")
}

fn write(bench: &Bench, release: &str, components: &[(&str, &str)]) -> (Release, Catalog) {
    let folder = bench.folder.path().join("components");
    for (name, versions) in components {
        std::fs::create_dir_all(folder.join(name)).unwrap();
        let path = folder.join(name).join("component.yaml");
        std::fs::write(path, format!("component: {name}\n{FIELDS}{versions}")).unwrap();
    }
    (Release::parse(Path::new("platform.yaml"), release).unwrap(), Catalog::new(&folder))
}

fn with(bench: &Bench, profiles: &[&str]) -> LockOptions {
    let names = profiles.iter().map(|name| name.parse().unwrap()).collect();
    LockOptions { profiles: Some(Choice::Named(names)), ..bench.lock_options() }
}

async fn lock(bench: &Bench, options: &LockOptions) -> Result<Lockfile, LockError> {
    let (release, catalog) = platform(bench);
    bench.lock((&release, &catalog), options).await
}

fn files(lockfile: &Lockfile) -> Vec<&str> {
    lockfile.files.iter().map(|file| file.name.as_str()).collect()
}

#[tokio::test]
async fn without_a_profile_only_what_every_bundle_has_is_locked_and_asked_for() {
    let bench = Bench::new();
    let lockfile = lock(&bench, &bench.lock_options()).await.unwrap();
    assert_eq!(files(&lockfile), ["runtime-v2.tgz"]);
    assert!(lockfile.profiles.is_empty() && lockfile.exceptions.is_empty());
    let requests = bench.upstream.take_requests();
    assert!(requests.iter().all(|request| request.path.contains("runtime-v2")), "{requests:?}");
}

#[tokio::test]
async fn a_lockfile_says_which_profiles_it_has_and_what_was_decided() {
    let bench = Bench::new();
    let text = lock(&bench, &with(&bench, &["nfs"])).await.unwrap().render();
    let (_, head) = text.split_once("title: t\n").unwrap();
    let (head, rest) = head.split_once("\nfiles:\n").unwrap();
    let (_, notes) = rest.split_once("images: []\n").unwrap();
    insta::assert_snapshot!(format!("{head}\n…\n{notes}"), @r"
    arches:
    - amd64
    compression-level: 3
    profiles:
    - name: nfs
      title: volumes on an NFS server
    catalog:
    - component: runtime
      version: v2
      title: t
      homepage: https://a.io/
      licence: MIT
    - component: storage
      version: v4
      title: t
      homepage: https://a.io/
      licence: MIT
    …
    exceptions:
    - reference: a.io/a
      reason: for NFS
    decisions:
    - component: runtime
      version: v2
      why: the guide says v1
    omitted:
    - what: telnet
      why: nobody needs it
    ");
}

#[tokio::test]
async fn two_versions_of_a_component_are_locked_side_by_side() {
    let bench = Bench::new();
    let options = LockOptions { profiles: Some(Choice::All), ..bench.lock_options() };
    let lockfile = lock(&bench, &options).await.unwrap();
    assert_eq!(files(&lockfile), ["runtime-v1.tgz", "runtime-v2.tgz", "storage-4.tgz"]);
    let decided: Vec<_> = lockfile.decisions.iter().map(|it| it.version.as_str()).collect();
    assert_eq!(decided, ["v2", "v1"]);
    assert_eq!(lockfile, lock(&bench, &with(&bench, &["edge", "nfs"])).await.unwrap());
    assert_eq!(Lockfile::parse(Path::new("x.lock"), &lockfile.render()).unwrap(), lockfile);
}

#[tokio::test]
async fn a_chart_is_locked_as_what_helm_calls_it_and_as_it_is() {
    let bench = Bench::new();
    let lockfile = lock(&bench, &with(&bench, &["nfs"])).await.unwrap();
    let chart = &lockfile.files[1];
    assert_eq!((chart.kind, chart.arch), (FileKind::Chart, None));
    let render = chart.render.as_ref().unwrap();
    assert_eq!((render.release.as_str(), render.namespace.as_str()), ("storage", "volumes"));
    assert_eq!(render.values["replicas"], 2);
    assert_eq!(chart.media_type, "application/vnd.cncf.helm.chart.content.v1.tar+gzip");
    assert_eq!(chart.artifact_name(), "files/storage/storage-4.tgz:v4");
    assert_eq!(bench.blob(&chart.digest), b"a chart");
}

#[tokio::test]
async fn an_unknown_profile_is_refused_with_those_that_exist() {
    let bench = Bench::new();
    let error = lock(&bench, &with(&bench, &["ceph"])).await.unwrap_err();
    assert_eq!(error.to_string(), "the release has no profile `ceph`; it has: nfs, edge");
    assert_eq!(error.exit_code(), ExitCode::Input);
}

#[tokio::test]
async fn versions_that_would_stand_in_for_each_other_are_refused_before_a_byte_is_asked_for() {
    let bench = Bench::new();
    let (release, catalog) = platform(&bench);
    let path = bench.folder.path().join("components/runtime/component.yaml");
    let text = std::fs::read_to_string(&path).unwrap().replace("[edge]", "[edge, worker]");
    std::fs::write(&path, text).unwrap();
    let error = bench.lock((&release, &catalog), &with(&bench, &["edge"])).await.unwrap_err();
    let expected = "`runtime`: worker hosts want its files in v2 and in v1";
    assert!(error.to_string().contains(expected), "{error}");
    assert_eq!(error.exit_code(), ExitCode::Input);
    assert!(bench.upstream.take_requests().is_empty());
}

#[tokio::test]
async fn an_image_name_stands_for_one_image() {
    let bench = Bench::new();
    bench.one_image("amd64", &journeys::fixtures::images::multi_arch(b"one"));
    let versions = "  v1: {images: [{name: 'registry.example.org/one:v1'}]}\n  v2: {images: [{name: 'registry.example.org/one:v1'}]}\n";
    let release = RELEASE
        .replace("runtime", "one")
        .replace("- {name: storage, version: v4", "- {name: one, version: v2");
    let release = release.replace("- {name: one, version: v2, why: the guide says v1}\n", "");
    let (release, catalog) = write(&bench, &release, &[("one", versions)]);
    let options = LockOptions { profiles: Some(Choice::All), ..bench.lock_options() };
    let error = bench.lock((&release, &catalog), &options).await.unwrap_err();
    assert!(error.to_string().contains("`registry.example.org/one:v1` is locked twice"), "{error}");
}

fn update(bench: &Bench, name: &str, previous: &Lockfile) -> LockOptions {
    let update: Vec<Name> = vec![name.parse().unwrap()];
    LockOptions { update, previous: Some(previous.clone()), ..bench.lock_options() }
}

#[tokio::test]
async fn an_update_keeps_the_profiles_and_moves_all_versions_of_its_component() {
    let bench = Bench::new();
    let all = LockOptions { profiles: Some(Choice::All), ..bench.lock_options() };
    let previous = lock(&bench, &all).await.unwrap();
    let (release, catalog) = platform(&bench);
    for name in ["runtime-v1.tgz", "runtime-v2.tgz", "storage-4.tgz"] {
        bench.upstream.put_file(&url(name), "moved");
    }
    let options = update(&bench, "runtime", &previous);
    let updated = bench.lock((&release, &catalog), &options).await.unwrap();
    assert_eq!(files(&updated), files(&previous));
    let moved = |(now, before): (&_, &_)| now != before;
    let moved: Vec<_> = updated.files.iter().zip(&previous.files).map(moved).collect();
    assert_eq!(moved, [true, true, false]);
}

#[tokio::test]
async fn an_update_with_other_profiles_or_of_a_component_outside_them_is_refused() {
    let bench = Bench::new();
    let previous = lock(&bench, &with(&bench, &["edge"])).await.unwrap();
    let mut options = update(&bench, "storage", &previous);
    let error = lock(&bench, &options).await.unwrap_err();
    let expected = "component `storage` is only in profiles that are not taken, such as `nfs`";
    assert_eq!(error.to_string(), expected);
    assert!(error.hint().unwrap().contains("--profile nfs"));
    options.profiles = Some(Choice::All);
    let error = lock(&bench, &options).await.unwrap_err();
    assert!(error.to_string().contains("it was locked with other profiles"), "{error}");
    assert_eq!(error.exit_code(), ExitCode::Input);
}

#[tokio::test]
async fn a_site_takes_one_of_two_architectures_and_an_update_stays_with_it() {
    let bench = Bench::new();
    let (release, catalog) = platform(&bench);
    let both = Release { arches: vec![Arch::Amd64, Arch::Arm64], ..release };
    let one = LockOptions { arches: vec![Arch::Arm64], ..bench.lock_options() };
    let lockfile = bench.lock((&both, &catalog), &one).await.unwrap();
    assert_eq!(lockfile.arches, [Arch::Arm64]);
    let update = vec!["runtime".parse().unwrap()];
    let again = LockOptions { previous: Some(lockfile.clone()), update, ..bench.lock_options() };
    assert_eq!(bench.lock((&both, &catalog), &again).await.unwrap(), lockfile);
    let none = Release { arches: vec![Arch::Amd64], ..both };
    let error = bench.lock((&none, &catalog), &one).await.unwrap_err();
    assert_eq!(
        (error.exit_code(), error.to_string().as_str()),
        (ExitCode::Input, "the release has no arm64; it has: amd64")
    );
}
