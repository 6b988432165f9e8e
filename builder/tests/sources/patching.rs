//! What components do inside a cluster, from their definitions into the lockfile.

use crate::bench::Bench;
use builder::resolve::{LockError, LockOptions};
use manifests::{
    ExitCode, Failure,
    lockfile::{LockedComponent, Lockfile},
};
use std::{error::Error, path::Path};

const URL: &str = "https://download.example.org/net.yaml";

const NET: &str = "
    manifests:
    - name: net.yaml
      url: https://download.example.org/net.yaml
    steps:
    - apply: net.yaml
      patches:
      - target: {kind: ConfigMap, namespace: demo, name: net}
        why: the guide says so
        merge: {data: {mode: Always}}
    leaves: {interfaces: [net0]}
";

fn net(mode: &str) -> String {
    format!(
        "kind: ConfigMap\nmetadata: {{name: net, namespace: demo}}\ndata: {{mode: {mode}}}\n---\nkind: Secret\n"
    )
}

async fn lock(bench: &Bench, contents: &str) -> Result<Lockfile, LockError> {
    let (release, catalog) = bench.write_release("amd64", contents.trim_start_matches('\n'));
    bench.lock((&release, &catalog), &bench.lock_options()).await
}

/// The message and its causes in one line.
fn told(error: &LockError) -> String {
    let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{cause}")
}

#[tokio::test]
async fn steps_and_leaves_travel_in_the_lockfile_in_the_order_of_the_release() {
    let bench = Bench::new();
    let (_, release, catalog) = bench.demo();
    let lockfile = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    let order: Vec<_> = release.components.iter().map(|pick| &pick.name).collect();
    let place = |component: &LockedComponent| order.iter().position(|n| **n == component.name);
    let places: Vec<_> = lockfile.components.iter().map(place).collect();
    assert!(!places.is_empty() && places.is_sorted(), "{places:?}");
    let network = lockfile.components.iter().find(|c| c.name.as_str() == "network").unwrap();
    assert_eq!((network.steps.len(), network.leaves.interfaces.len()), (2, 1));
    assert_eq!(Lockfile::parse(Path::new("x.lock"), &lockfile.render()).unwrap(), lockfile);
}

#[tokio::test]
async fn a_patch_that_changes_nothing_any_more_is_named_with_its_manifest_and_its_target() {
    let bench = Bench::new();
    bench.upstream.put_file(URL, net("CrossSubnet"));
    let lockfile = lock(&bench, NET).await.unwrap();
    assert_eq!(lock(&bench, NET).await.unwrap().render(), lockfile.render());
    bench.upstream.put_file(URL, net("Always"));
    let error = lock(&bench, NET).await.unwrap_err();
    assert_eq!(
        told(&error),
        "component `one`: `net.yaml` cannot be patched as its definition says: \
         the patch of ConfigMap demo/net changes nothing"
    );
    assert_eq!(error.exit_code(), ExitCode::Input);
    assert!(error.hint().unwrap().contains("correct `patches:` in the definition of `one`"));
}

#[tokio::test]
async fn a_patch_whose_object_is_gone_is_named() {
    let bench = Bench::new();
    bench.upstream.put_file(URL, net("CrossSubnet").replace("name: net", "name: network"));
    let error = lock(&bench, NET).await.unwrap_err();
    assert!(told(&error).ends_with("the manifest holds no ConfigMap demo/net"), "{error:?}");
    assert_eq!(error.exit_code(), ExitCode::Input);
}

#[tokio::test]
async fn a_step_that_applies_an_unknown_manifest_is_refused_with_the_place() {
    let bench = Bench::new();
    let (release, catalog) =
        bench.write_release("amd64", &NET[1..].replace("apply: net", "apply: web"));
    let error = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap_err();
    let told = told(&error);
    assert!(told.contains("one/component.yaml`: version v1: a step applies `web.yaml`"), "{told}");
    assert_eq!(error.exit_code(), ExitCode::Input);
}

#[tokio::test]
async fn an_update_moves_the_steps_of_its_component_alone() {
    let bench = Bench::new();
    let (_, release, catalog) = bench.demo();
    let mut previous = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    let network = |lockfile: &Lockfile| {
        lockfile.components.iter().find(|c| c.name.as_str() == "network").unwrap().clone()
    };
    let current = network(&previous);
    let place = previous.components.iter().position(|c| *c == current).unwrap();
    previous.components[place].steps.pop();
    let update = async |name: &str| {
        let (update, previous) = (vec![name.parse().unwrap()], Some(previous.clone()));
        let options = LockOptions { update, previous, ..bench.lock_options() };
        network(&bench.lock((&release, &catalog), &options).await.unwrap())
    };
    assert_eq!(update("base-images").await, previous.components[place]);
    assert_eq!(update("network").await, current);
}
