//! Charts: what they come to counts like a manifest, and one that nobody can render
//! here is told. A shell script stands in Helm's place, because what is tried here
//! is what `check` makes of its answers; the journeys run Helm itself.

use crate::made_up;
use builder::{
    cache::Cache,
    check::{self, CheckError, Report, Unknown},
};
use journeys::fixtures::{TarFile, tar_gz};
use manifests::{
    Arch, Failure,
    component::Rendering,
    lockfile::{FileKind, LockedFile, LockedImage, Lockfile},
};
use std::{env::consts, error::Error, fs};

const IMAGE: &str = "registry.example.org/nfs:v4.0.2";

/// The architecture that the tests run on.
fn here() -> Arch {
    if consts::ARCH == "aarch64" { Arch::Arm64 } else { Arch::Amd64 }
}

/// An archive whose Helm is this script.
fn helm(script: &str, arch: Arch, cache: &Cache) -> LockedFile {
    let program = format!("#!/bin/sh\n{script}\n");
    let path = format!("linux-{arch}/helm");
    let archive = tar_gz(&[TarFile::program(&path, program.as_bytes())]);
    let name = format!("helm-v3.18.4-linux-{arch}.tar.gz");
    let file = made_up::file(FileKind::File, &name, &archive, cache);
    let (component, version) = ("helm".parse().unwrap(), "v3.18.4".parse().unwrap());
    LockedFile { component, version, arch: Some(arch), ..file }
}

fn chart(name: &str, release: &str, cache: &Cache) -> LockedFile {
    let render = Rendering {
        release: release.parse().unwrap(),
        namespace: "storage".parse().unwrap(),
        values: serde_json::Map::new(),
    };
    let file = made_up::file(FileKind::Chart, name, name.as_bytes(), cache);
    LockedFile { render: Some(render), ..file }
}

/// A lockfile with one chart, which comes to whatever the script says.
fn with_chart(script: &str, cache: &Cache) -> Lockfile {
    let mut lockfile = made_up::lockfile();
    lockfile.files = vec![helm(script, here(), cache), chart("nfs-4.0.18.tgz", "nfs", cache)];
    lockfile
}

/// Says what Helm says of a chart with a pod.
fn pod(image: &str) -> String {
    format!(
        "echo '---
# Source: nfs/templates/pod.yaml
apiVersion: v1
kind: Pod
metadata: {{name: p}}
spec: {{containers: [{{name: a, image: \"{image}\"}}]}}'"
    )
}

fn image(name: &str) -> LockedImage {
    made_up::image(&name.parse().unwrap(), &["linux/amd64"])
}

fn report(lockfile: &Lockfile, cache: &Cache) -> Report {
    check::check(lockfile, cache).unwrap()
}

fn error(lockfile: &Lockfile, cache: &Cache) -> CheckError {
    check::check(lockfile, cache).unwrap_err()
}

/// An error with its causes.
fn told(error: &CheckError) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[test]
fn what_a_chart_comes_to_is_told_with_chart_template_object_and_field() {
    let (_folder, cache) = made_up::cache();
    let lockfile = with_chart(&pod(IMAGE), &cache);
    let incomplete = report(&lockfile, &cache).complete().unwrap_err();
    let place = "nfs-4.0.18.tgz, templates/pod.yaml, Pod p, spec.containers[0].image";
    assert!(incomplete.to_string().contains(place), "{incomplete}");
    assert_eq!(incomplete.exit_code().number(), 20);
}

#[test]
fn a_chart_explains_an_image_and_may_be_stated_too() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = with_chart(&pod(IMAGE), &cache);
    lockfile.images = vec![image(IMAGE)];
    let shown = report(&lockfile, &cache);
    assert!(shown.complete && shown.unread.is_empty(), "{shown:?}");
    lockfile.images[0].stated = Some("values of the chart".parse().unwrap());
    assert!(report(&lockfile, &cache).complete);
    lockfile.images.push(image("quay.io/stray/image:v1"));
    assert_eq!(report(&lockfile, &cache).unexplained.len(), 1);
}

#[test]
fn a_rendered_chart_has_its_line_for_people_and_for_programs() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = with_chart(&pod(IMAGE), &cache);
    let kubeadm = made_up::file(FileKind::File, "kubeadm", b"", &cache);
    let (component, version) = ("kubernetes".parse().unwrap(), "v1.33.5".parse().unwrap());
    lockfile.files.push(LockedFile { component, version, ..kubeadm });
    let told = serde_json::to_value(report(&lockfile, &cache)).unwrap();
    let expected = serde_json::json!([{
        "component": "made-up", "version": "1", "file": "nfs-4.0.18.tgz",
        "helm": "v3.18.4", "kubernetes": "v1.33.5", "objects": 1,
    }]);
    assert_eq!((&told["rendered"], &told["unread"]), (&expected, &serde_json::json!([])));
    let places = told["missing"].as_array().unwrap().iter().map(|missing| &missing["places"][0]);
    let templates: Vec<_> = places.filter_map(|place| place["template"].as_str()).collect();
    assert_eq!(templates, ["templates/pod.yaml"]);
}

#[test]
fn without_a_helm_for_this_machine_a_chart_is_told_as_not_looked_into() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = with_chart(&pod(IMAGE), &cache);
    let other = if here() == Arch::Amd64 { Arch::Arm64 } else { Arch::Amd64 };
    lockfile.files[0] = helm(&pod(IMAGE), other, &cache);
    lockfile.images = vec![image(IMAGE)];
    lockfile.images[0].stated = Some("values of the chart".parse().unwrap());
    let passed = report(&lockfile, &cache);
    let [unread] = &passed.unread[..] else { panic!("{passed:?}") };
    assert_eq!((unread.component.as_str(), unread.file.as_str()), ("made-up", "nfs-4.0.18.tgz"));
    let machine = format!("linux-{}", here());
    assert_eq!(unread.why, Unknown::NoHelm { machine });
    let row = passed.components.iter().find(|row| row.component.as_str() == "made-up").unwrap();
    assert_eq!((passed.complete, row.found, row.unread, row.problems), (true, 0, 1, 0));
    lockfile.images[0].stated = None;
    assert!(!report(&lockfile, &cache).complete, "nobody knows whether the chart names it");
    assert!(check::needed(&lockfile).files.is_empty());
}

#[test]
fn a_chart_of_an_older_lockfile_is_told_as_not_looked_into() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = with_chart("exit 1", &cache);
    lockfile.files[1].render = None;
    let passed = report(&lockfile, &cache);
    let [unread] = &passed.unread[..] else { panic!("{passed:?}") };
    assert!(passed.complete && unread.why == Unknown::NoSettings);
    assert!(check::needed(&lockfile).files.is_empty());
}

#[test]
fn helm_is_needed_only_where_there_is_a_chart() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = with_chart(&pod(IMAGE), &cache);
    assert_eq!(check::needed(&lockfile).files, lockfile.files);
    lockfile.files.truncate(1);
    assert!(check::needed(&lockfile).files.is_empty());
    assert!(check::is_at_hand(&lockfile, &cache));
}

#[test]
fn a_chart_that_helm_refuses_fails_the_check_with_helms_words() {
    let (_folder, cache) = made_up::cache();
    let lockfile = with_chart("echo 'Error: nfs.server is needed' >&2; exit 1", &cache);
    let error = error(&lockfile, &cache);
    let expected = "chart `made-up/nfs-4.0.18.tgz` cannot be rendered: helm ended with exit status: 1: Error: nfs.server is needed";
    assert_eq!((told(&error).as_str(), error.exit_code().number()), (expected, 20));
    assert!(error.hint().unwrap().contains("`render` of this chart"));
}

#[test]
fn what_is_no_manifest_fails_the_check_too() {
    let (_folder, cache) = made_up::cache();
    let error = error(&with_chart("echo 'a: [unclosed'", &cache), &cache);
    let expected =
        "chart `made-up/nfs-4.0.18.tgz` cannot be rendered: what helm made of it is no manifest: ";
    assert!(told(&error).starts_with(expected), "{}", told(&error));
    assert_eq!(error.exit_code().number(), 20);
}

#[test]
fn a_helm_or_a_chart_with_other_bytes_is_never_used() {
    for index in [0, 1] {
        let (folder, cache) = made_up::cache();
        let lockfile = with_chart(&pod(IMAGE), &cache);
        let digest = &lockfile.files[index].digest;
        let blob = folder.path().join(digest.layout_path());
        let mut bytes = fs::read(&blob).unwrap();
        bytes[0] ^= 1;
        fs::write(&blob, bytes).unwrap();
        let error = error(&lockfile, &cache);
        assert!(matches!(error, CheckError::Gone { .. }), "{error}");
        assert!(cache.blob_path(digest).is_none(), "it is fetched again");
    }
}

#[test]
fn an_archive_without_helm_in_it_is_named() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = with_chart(&pod(IMAGE), &cache);
    let archive = tar_gz(&[TarFile::program("bin/helm", b"#!/bin/sh\n")]);
    let name = lockfile.files[0].name.as_str();
    let digest = made_up::file(FileKind::File, name, &archive, &cache).digest;
    lockfile.files[0].digest = digest;
    let error = error(&lockfile, &cache);
    let (arch, name) = (here(), lockfile.files[0].name.as_str());
    let expected =
        format!("`helm/{name}` cannot be unpacked: the archive holds no `linux-{arch}/helm`");
    assert_eq!((told(&error), error.exit_code().number()), (expected, 20));
}

/// A definition of a custom resource, as a shell writes it.
const DEFINITION: &str = "kind: CustomResourceDefinition
metadata: {name: things.a.io}
spec: {group: a.io, names: {kind: Thing}, versions: [{name: v1, served: true}]}
";

/// Says what Helm says of a chart that looks for a custom resource.
fn looks_for_things() -> String {
    let (with, without) = (pod("quay.io/with/things:v1"), pod("quay.io/without/things:v1"));
    format!("case \"$*\" in *--api-versions=a.io/v1/Thing*) {with} ;; *) {without} ;; esac")
}

fn missing(lockfile: &Lockfile, cache: &Cache) -> Vec<String> {
    let missing = report(lockfile, cache).missing;
    missing.iter().map(|missing| missing.reference.to_string()).collect()
}

#[test]
fn a_chart_is_rendered_with_the_api_that_the_manifests_add() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = with_chart(&looks_for_things(), &cache);
    assert_eq!(missing(&lockfile, &cache), ["quay.io/without/things:v1"]);
    let definition = DEFINITION.as_bytes();
    lockfile.files.push(made_up::file(FileKind::Manifest, "crds.yaml", definition, &cache));
    assert_eq!(missing(&lockfile, &cache), ["quay.io/with/things:v1"]);
}

#[test]
fn a_chart_is_rendered_with_the_api_that_other_charts_add() {
    let (_folder, cache) = made_up::cache();
    let script =
        format!("case \"$2\" in crds) echo '{DEFINITION}' ;; *) {} ;; esac", looks_for_things());
    let mut lockfile = with_chart(&script, &cache);
    lockfile.files.push(chart("things-1.tgz", "crds", &cache));
    assert_eq!(missing(&lockfile, &cache), ["quay.io/with/things:v1"]);
}
