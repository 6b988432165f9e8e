//! `--update`: one component moves, the others stay.

use crate::bench::Bench;
use builder::resolve::{LockError, LockOptions};
use journeys::fixtures::images;
use manifests::{
    ExitCode, Failure,
    lockfile::{LockedFile, Lockfile},
    release::Release,
};

fn update(bench: &Bench, name: &str, previous: &Lockfile) -> LockOptions {
    let update = vec![name.parse().unwrap()];
    LockOptions { update, previous: Some(previous.clone()), ..bench.lock_options() }
}

#[tokio::test]
async fn an_update_moves_its_component_and_asks_for_no_other() {
    let bench = Bench::new();
    let (demo, release, catalog) = bench.demo();
    let previous = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    // Tags of two components move; only the network is updated.
    let moved = images::on_shared_base(b"moved");
    for index in [1, 3] {
        bench.upstream.put_image(&demo.images[index].0, &moved);
    }
    bench.upstream.take_requests();
    let options = update(&bench, "network", &previous);
    let updated = bench.lock((&release, &catalog), &options).await.unwrap();
    let digest = |lockfile: &Lockfile, index: usize| {
        let name = &demo.images[index].0;
        lockfile.images.iter().find(|image| image.name == *name).unwrap().digest.clone()
    };
    assert_eq!(digest(&updated, 1), *moved.digest());
    assert_eq!(digest(&updated, 3), digest(&previous, 3));
    let strangers = |path: &str| path.contains("toolbox") || path.contains("node-tools");
    let requests = bench.upstream.take_requests();
    assert!(!requests.is_empty() && !requests.iter().any(|request| strangers(&request.path)));
}

#[tokio::test]
async fn an_update_describes_only_its_component_anew() {
    let bench = Bench::new();
    let (_, release, catalog) = bench.demo();
    let mut previous = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    previous.catalog.iter_mut().for_each(|entry| "as before".clone_into(&mut entry.title));
    // Written by a tool that knew no catalog yet.
    previous.catalog.retain(|entry| entry.component.as_str() != "node-tools");
    let options = update(&bench, "network", &previous);
    let updated = bench.lock((&release, &catalog), &options).await.unwrap();
    for entry in &updated.catalog {
        let is_kept = !matches!(entry.component.as_str(), "network" | "node-tools");
        assert_eq!(entry.title == "as before", is_kept, "{entry:?}");
    }
    assert!(updated.catalog.iter().any(|entry| entry.component.as_str() == "node-tools"));
}

#[tokio::test]
async fn an_update_of_a_lockfile_that_does_not_fit_the_release_is_refused() {
    let bench = Bench::new();
    let (_, release, catalog) = bench.demo();
    let previous = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    let refuse = async |release: &Release, previous: &Lockfile, expected: &str| {
        let options = update(&bench, "network", previous);
        let error = bench.lock((release, &catalog), &options).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.exit_code(), ExitCode::Input);
    };
    let mut older = previous.clone();
    let tools = |file: &LockedFile| file.component.as_str() == "node-tools";
    for file in older.files.iter_mut().filter(|file| tools(file)) {
        file.version = "v0".parse().unwrap();
    }
    refuse(&release, &older, "`node-tools` v0 is only in the lockfile").await;
    let mut fewer = previous.clone();
    fewer.files.retain(|file| !tools(file));
    refuse(&release, &fewer, "`node-tools` v1.33.5 is only in the release").await;
    let mut narrower = release.clone();
    narrower.arches.pop();
    refuse(&narrower, &previous, "other architectures").await;
}

#[tokio::test]
async fn an_update_needs_a_lockfile_and_a_component_of_the_release() {
    let bench = Bench::new();
    let (_, release, catalog) = bench.demo();
    let update = |name: &str| vec![name.parse().unwrap()];
    let options = LockOptions { update: update("network"), ..bench.lock_options() };
    let error = bench.lock((&release, &catalog), &options).await.unwrap_err();
    assert!(matches!(error, LockError::NothingToUpdate), "{error:?}");
    let options = LockOptions { update: update("stranger"), ..bench.lock_options() };
    let error = bench.lock((&release, &catalog), &options).await.unwrap_err();
    assert_eq!(error.to_string(), "the release has no component or system `stranger`");
}
