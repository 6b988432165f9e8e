//! Names, digests, architectures and exceptions: what answers what.

use crate::made_up;
use builder::{
    cache::Cache,
    check::{self, Report},
};
use manifests::{
    Arch, Failure,
    lockfile::{FileKind, LockedFile, LockedImage, Lockfile},
    release::Exception,
};
use proptest::prelude::*;

/// A lockfile with one pod of these images, and nothing to answer them.
fn pod(images: &[&str], cache: &Cache) -> Lockfile {
    let container = |image: &&str| format!("{{name: a, image: '{image}'}}");
    let containers: Vec<_> = images.iter().map(container).collect();
    let text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: n}}\nspec: {{containers: [{}]}}\n",
        containers.join(", ")
    );
    manifest(&text, cache)
}

fn manifest(text: &str, cache: &Cache) -> Lockfile {
    let mut lockfile = made_up::lockfile();
    lockfile.files = vec![made_up::file(FileKind::Manifest, "pod.yaml", text.as_bytes(), cache)];
    lockfile
}

fn image(name: &str) -> LockedImage {
    made_up::image(&name.parse().unwrap(), &["linux/amd64"])
}

fn exception(reference: &str) -> Exception {
    let (reference, reason) = (reference.parse().unwrap(), "a test".parse().unwrap());
    Exception { reference, reason, profiles: Vec::new() }
}

fn report(lockfile: &Lockfile, cache: &Cache) -> Report {
    check::check(lockfile, cache).unwrap()
}

/// The message and the hint of a lockfile that is not complete.
fn refusal(lockfile: &Lockfile, cache: &Cache) -> String {
    let error = report(lockfile, cache).complete().unwrap_err();
    format!("{error}\nhint: {}\nexit code {}", error.hint().unwrap(), error.exit_code().number())
}

#[test]
fn short_names_are_understood_as_runtimes_do() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = pod(&["busybox"], &cache);
    lockfile.images = vec![image("docker.io/library/busybox:latest")];
    assert!(report(&lockfile, &cache).complete);
}

#[test]
fn every_mistake_is_told_with_its_place_and_the_closest_name() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = pod(&["quay.io/a/agent:v1.4.3", "UPPER"], &cache);
    lockfile.images = vec![image("quay.io/a/agent:v1.4.2")];
    lockfile.exceptions = vec![exception("quay.io/b:1")];
    insta::assert_snapshot!(refusal(&lockfile, &cache));
}

#[test]
fn a_name_with_a_digest_is_answered_by_the_index_or_a_child() {
    let (_folder, cache) = made_up::cache();
    let locked = image("quay.io/a/b:v1");
    let (index, child) = (locked.digest.clone(), locked.manifests[0].digest.clone());
    for digest in [&index, &child] {
        let mut lockfile = pod(&[&format!("quay.io/a/b:v2@{digest}")], &cache);
        lockfile.images = vec![locked.clone()];
        assert!(report(&lockfile, &cache).complete, "{digest}");
    }
    let mut lockfile = pod(&[&format!("quay.io/a/b:v1@{}", made_up::digest("other"))], &cache);
    lockfile.images = vec![locked];
    insta::assert_snapshot!(refusal(&lockfile, &cache));
}

#[test]
fn every_wanted_architecture_must_be_carried() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = pod(&["quay.io/a/b:v1"], &cache);
    lockfile.arches = vec![Arch::Amd64, Arch::Arm64];
    lockfile.images = vec![image("quay.io/a/b:v1")];
    insta::assert_snapshot!(refusal(&lockfile, &cache));
    lockfile.images =
        vec![made_up::image(&"quay.io/a/b:v1".parse().unwrap(), &["linux/amd64", "linux/arm64"])];
    assert!(report(&lockfile, &cache).complete);
}

#[test]
fn what_is_stated_for_somebody_else_is_not_what_a_program_asks_for() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = made_up::lockfile();
    let crio = made_up::file(FileKind::File, "cri-o.tar.gz", b"cri-o", &cache);
    lockfile.files = vec![LockedFile { component: "cri-o".parse().unwrap(), ..crio }];
    lockfile.images = vec![image("registry.k8s.io/pause:3.10")];
    assert!(report(&lockfile, &cache).complete);
    lockfile.images[0].stated = Some("another program's own".parse().unwrap());
    let missing = report(&lockfile, &cache).missing;
    assert_eq!(missing[0].reference.to_string(), "registry.k8s.io/pause");
}

#[test]
fn an_image_that_nothing_names_needs_a_reason() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = made_up::lockfile();
    lockfile.images = vec![image("quay.io/a/b:v1")];
    insta::assert_snapshot!(refusal(&lockfile, &cache));
    lockfile.images[0].stated = Some("compiled into the operator".parse().unwrap());
    assert!(report(&lockfile, &cache).complete);
}

#[test]
fn exceptions_let_both_directions_pass_and_must_be_needed() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = pod(&["quay.io/missing:v1"], &cache);
    lockfile.images = vec![image("docker.io/library/stray:latest")];
    lockfile.exceptions = vec![exception("quay.io/missing:v1"), exception("stray")];
    let passed = report(&lockfile, &cache);
    assert!(passed.complete && passed.exceptions.len() == 2, "{passed:?}");
    lockfile.images[0].stated = Some("now it is".parse().unwrap());
    let unused = report(&lockfile, &cache).unused_exceptions;
    assert_eq!(unused, ["stray".parse().unwrap()]);
}

#[test]
fn a_url_that_would_be_fetched_is_answered_by_the_source_of_a_file() {
    let (_folder, cache) = made_up::cache();
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  run.sh: |\n    curl -O https://example.org/tool.tgz\n";
    let mut lockfile = manifest(text, &cache);
    insta::assert_snapshot!(refusal(&lockfile, &cache));
    lockfile.files.push(made_up::file(FileKind::File, "tool.tgz", b"tool", &cache));
    assert!(report(&lockfile, &cache).complete);
}

#[test]
fn kubeadm_and_cri_o_ask_for_what_the_installer_lets_them_ask_for() {
    let (_folder, cache) = made_up::cache();
    let mut lockfile = made_up::lockfile();
    for (component, name) in [("kubernetes", "kubeadm"), ("cri-o", "cri-o.tar.gz")] {
        let mut file = made_up::file(FileKind::File, name, b"", &cache);
        (file.component, file.version) = (component.parse().unwrap(), "v1.33.5".parse().unwrap());
        lockfile.files.push(file);
    }
    let missing = report(&lockfile, &cache).missing;
    let mut names: Vec<_> = missing.iter().map(|missing| missing.reference.to_string()).collect();
    names.sort();
    let expected = [
        "registry.k8s.io/coredns/coredns",
        "registry.k8s.io/etcd",
        "registry.k8s.io/kube-apiserver:v1.33.5",
        "registry.k8s.io/kube-controller-manager:v1.33.5",
        "registry.k8s.io/kube-proxy:v1.33.5",
        "registry.k8s.io/kube-scheduler:v1.33.5",
        "registry.k8s.io/pause",
    ];
    assert_eq!(names, expected);
    let pause = missing.iter().find(|missing| missing.reference.to_string().ends_with("pause"));
    assert_eq!(pause.unwrap().places.len(), 2, "kubeadm and CRI-O both ask");
    lockfile.images = names.iter().map(|name| image(name)).collect();
    assert!(report(&lockfile, &cache).complete);
}

#[test]
fn a_manifest_that_cannot_be_read_is_named() {
    let (_folder, cache) = made_up::cache();
    let lockfile = manifest("kind: Pod\nspec: [unclosed\n", &cache);
    let error = check::check(&lockfile, &cache).unwrap_err();
    assert_eq!(error.to_string(), "`made-up/pod.yaml` cannot be read");
    assert_eq!(error.exit_code().number(), 20);
}

/// Pieces that YAML is made of, in any order.
fn any_yaml() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "apiVersion: v1\n",
        "kind: List\n",
        "kind: Secret\n",
        "items:\n",
        "- ",
        "  ",
        "image: ",
        "&a ",
        "*a",
        "<<: ",
        "containers:\n",
        "name: x\n",
        "data:\n",
        "k: |\n",
        "{",
        "}",
        "[",
        "]",
        "'",
        "\"",
        "---\n",
        "...\n",
        "!!binary ",
        "? ",
        ": ",
        "#",
        "\t",
        "a/b:1.2",
        "https://a.io/x.sh",
        "\u{feff}",
        "metadata: {annotations: {a: b}}\n",
        "null",
        "\n",
        "\0",
        "한글",
        "%YAML 1.2\n",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any_yaml()) {
        let (component, version) = ("any".parse().unwrap(), "1".parse().unwrap());
        let file = "any.yaml".parse().unwrap();
        let name = check::ManifestName { component: &component, version: &version, file: &file };
        let _ = check::read_manifest(name, text.as_bytes(), &[]);
    }
}
