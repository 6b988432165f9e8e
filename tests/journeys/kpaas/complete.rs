//! `check` on the whole platform: what is shown, under which names, and what only
//! its definition states.

use super::Works;
use journeys::{platform::Kind, run::Program};
use manifests::lockfile::{LockedImage, Lockfile};
use std::{collections::BTreeSet, env::consts};

#[test]
fn an_image_must_answer_to_the_very_name_that_a_manifest_shows() {
    let works = Works::open();
    let whole = works.lock("kpaas", &["--all-profiles"]);
    let manifests = works.platform.entries().iter().filter(|entry| entry.kind == Kind::Manifest);
    let shown: BTreeSet<_> = manifests.flat_map(|entry| &entry.names).collect();
    let also: Vec<_> = shown.into_iter().filter(|name| is_other_name(&whole, name)).collect();
    assert_eq!(also.len(), 9, "Calico's at Docker Hub, Ceph's moving tag, Kyverno's at K-PaaS");
    for name in also {
        let mut lockfile = whole.clone();
        for image in &mut lockfile.images {
            image.also.retain(|other| other.to_string() != *name);
        }
        let refusal = works.refused("unnamed", &lockfile);
        assert!(refusal.contains(name), "{name}: {refusal}");
    }
}

#[test]
fn what_nothing_shows_is_stated_by_its_definition() {
    let works = Works::open();
    let mut lockfile = works.lock("kpaas", &["--all-profiles"]);
    let stated = lockfile.images.iter().filter(|image| !is_shown(&works, image));
    let stated: Vec<_> =
        stated.map(|image| format!("{} {}", image.component, image.name)).collect();
    insta::assert_snapshot!("stated", stated.join("\n"));
    lockfile.images.retain(|image| is_shown(&works, image));
    let file = works.write("shown", &lockfile);
    works.builder(&["-q", "check", &file, "--offline"]);
}

#[test]
fn a_lock_for_machines_of_another_kind_passes_and_tells_its_chart_as_not_looked_into() {
    let works = Works::open();
    let other = if consts::ARCH == "x86_64" { "arm64" } else { "amd64" };
    works.lock("other", &["--profile", "storage-nfs", "--arch", other]);
    let told = works.builder(&["check", "other.lock", "--offline"]).stdout;
    let chart = "nfs-subdir-external-provisioner/nfs-subdir-external-provisioner-4.0.18.tgz";
    assert!(told.contains(&format!("not looked into: {chart} (no Helm for linux-")), "{told}");
    works.lock("both", &["--profile", "storage-nfs"]);
    let told = works.builder(&["check", "both.lock", "--offline"]).stdout;
    let expected = format!("rendered: {chart} (by Helm v3.18.4 for Kubernetes v1.33.5: ");
    assert!(told.contains(&expected), "{told}");
}

#[test]
fn a_stray_image_is_refused_by_its_name_and_there_is_no_bundle() {
    let works = Works::open();
    let mut lockfile = works.lock("kpaas", &[]);
    let mut stray = lockfile.images[0].clone();
    stray.name = "quay.io/stray/image:v1".parse().unwrap();
    (stray.also, stray.stated) = (Vec::new(), None);
    lockfile.images.push(stray);
    let refusal = works.refused("stray", &lockfile);
    assert!(refusal.contains("quay.io/stray/image:v1"), "{refusal}");
    let build = ["-q", "build", "stray.lock", "--mirrors", "mirrors.yaml", "--unsigned", "-o", "b"];
    let outcome = works.sandbox.run(Program::Builder, &build);
    assert_eq!(outcome.code, Some(20), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("quay.io/stray/image:v1"), "{}", outcome.stderr);
    assert!(!works.sandbox.path("b").exists());
}

/// Whether a manifest, a chart or a program names an image. What a chart shows is
/// stated too, for machines that cannot render it.
pub(super) fn is_shown(works: &Works, image: &LockedImage) -> bool {
    let charts = works.platform.entries().iter().filter(|entry| entry.kind == Kind::Chart);
    let mut names = charts.flat_map(|entry| &entry.names);
    image.stated.is_none() || names.any(|name| *name == image.name.to_string())
}

/// Whether some image answers to this name beside its own.
fn is_other_name(lockfile: &Lockfile, name: &str) -> bool {
    lockfile.images.iter().flat_map(|image| &image.also).any(|other| other.to_string() == name)
}
