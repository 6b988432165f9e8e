//! The patches against upstream's own manifests, where those are at hand.

use crate::data::{at_hand, kpaas, read, resolved};
use manifests::{
    Name,
    component::{Apply, Contents, Step},
    patch::{RenderError, render},
    release::Pick,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// A step of the K-PaaS release with the copy of its manifest.
struct Applied {
    component: Name,
    step: Apply,
    upstream: String,
}

fn applied() -> Vec<Applied> {
    let Some(upstream) = at_hand("../../shared/upstream") else { return Vec::new() };
    let mut applied = Vec::new();
    for (pick, contents) in &kpaas().1 {
        for step in &contents.steps {
            let Some(step) = step.applied() else { continue };
            let copy = read(&copy(&upstream, pick, contents, step));
            applied.push(Applied {
                component: pick.name.clone(),
                step: step.clone(),
                upstream: copy,
            });
        }
    }
    applied
}

fn copy(upstream: &Path, pick: &Pick, contents: &Contents, step: &Apply) -> PathBuf {
    let mut files = contents.manifests.iter().flat_map(|file| resolved(file, pick, &[]));
    let file = files.find(|file| file.name == step.manifest).expect("a step applies what is there");
    upstream.join(file.url.as_str().trim_start_matches("https://"))
}

/// The manifest as it is applied.
fn applied_text(upstream: &str, step: &Apply) -> Result<String, RenderError> {
    let bytes = render(upstream.as_bytes(), &step.patches)?.into_owned();
    Ok(String::from_utf8(bytes).expect("JSON and upstream's text are UTF-8"))
}

/// The objects of a manifest, each under its kind and name.
fn objects(manifest: &str) -> Vec<(String, Value)> {
    let documents = manifest.split("\n---").map(|text| {
        let text = text.trim_start_matches("---");
        manifests::yaml::parse::<Value>(Path::new("manifest"), text)
            .expect("it was rendered or is upstream's")
    });
    let objects = documents.filter(|object| !object.is_null());
    objects
        .map(|object| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let name = text(&object["metadata"]["name"]);
            (format!("{} {name}", text(&object["kind"])), object)
        })
        .collect()
}

#[test]
fn every_patch_fits_and_changes_its_target_alone() {
    for Applied { component, step, upstream } in applied() {
        let rendered =
            applied_text(&upstream, &step).unwrap_or_else(|e| panic!("{component}: {e}"));
        let targets = step.patches.iter();
        let targets: BTreeSet<_> =
            targets.map(|patch| format!("{} {}", patch.target.kind, patch.target.name)).collect();
        let (before, after) = (objects(&upstream), objects(&rendered));
        assert_eq!(before.len(), after.len(), "{component}");
        for ((name, before), (same, after)) in before.iter().zip(&after) {
            assert_eq!(name, same);
            assert_eq!(before != after, targets.contains(name), "{component}: {name}");
        }
    }
}

#[test]
fn calico_tunnels_between_all_nodes_and_is_upstreams_otherwise() {
    let calico = applied().into_iter().find(|applied| applied.component.as_str() == "calico");
    let Some(Applied { step, upstream, .. }) = calico else { return };
    let rendered = applied_text(&upstream, &step).unwrap();
    let daemon = |manifest: &str| {
        let found = objects(manifest).into_iter().find(|(name, _)| name == "DaemonSet calico-node");
        found.unwrap().1
    };
    let (mut before, after) = (daemon(&upstream), daemon(&rendered));
    let env = before["spec"]["template"]["spec"]["containers"][0]["env"].as_array_mut().unwrap();
    let vxlan = env.iter_mut().find(|item| item["name"] == "CALICO_IPV4POOL_VXLAN").unwrap();
    assert_eq!(vxlan["value"], "CrossSubnet");
    vxlan["value"] = "Always".into();
    assert_eq!(before, after);
    // Whatever stands before and after that document has kept its bytes.
    let (first, _) = upstream.split_once("\nkind: DaemonSet\n").unwrap();
    let (first, _) = first.rsplit_once("\n---\n").unwrap();
    assert!(rendered.starts_with(first), "the beginning changed");
    let (_, last) = upstream.rsplit_once("\n---\n").unwrap();
    assert!(rendered.ends_with(last), "the end changed");
}

#[test]
fn what_the_release_waits_for_stands_in_what_it_applies() {
    let manifests = applied();
    for (pick, contents) in &kpaas().1 {
        let upstream = manifests.iter().filter(|applied| applied.component == pick.name);
        let names: BTreeSet<_> =
            upstream.flat_map(|applied| objects(&applied.upstream)).map(|(name, _)| name).collect();
        for step in &contents.steps {
            let (Step::Wait(wait), false) = (step, names.is_empty()) else { continue };
            let text = match &wait.until {
                manifests::component::Until::Rollout(object) => object,
                manifests::component::Until::Condition { of, .. } => of,
            };
            let (kind, name) = text.as_str().split_once('/').unwrap();
            let wanted = format!("{kind} {name}");
            assert!(
                names.iter().any(|found| found.to_lowercase() == wanted),
                "{}: {wanted}",
                pick.name
            );
        }
    }
}
