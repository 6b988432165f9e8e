//! Fetching a lockfile's blobs.

use crate::bench::{Bench, mebibyte};
use builder::{
    fetch::{FetchError, FetchOptions, FetchSummary, fetch},
    supply::Supply,
};
use journeys::{
    fixtures::images,
    upstream::{ALWAYS, Fault, blob_path, file_path, manifest_path},
};
use manifests::{ExitCode, Failure, lockfile::Lockfile};
use std::error::Error;

/// The demo, locked; then with an empty cache.
async fn locked() -> (Bench, journeys::fixtures::Demo, Lockfile) {
    let mut bench = Bench::new();
    let (demo, release, catalog) = bench.demo();
    let lockfile = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    bench.empty_cache();
    bench.upstream.take_requests();
    (bench, demo, lockfile)
}

#[tokio::test]
async fn every_blob_is_fetched_once_and_then_never_again() {
    let (bench, _, lockfile) = locked().await;
    let blobs = lockfile.blobs().unwrap();
    let summary = bench.fetch(&lockfile).await.unwrap();
    assert_eq!((summary.fetched, summary.cached), (blobs.len() as u64, 0));
    assert_eq!(summary.bytes, blobs.values().map(|blob| blob.descriptor.size).sum::<u64>());
    assert!(blobs.values().all(|blob| bench.cache.has(&blob.descriptor)));
    let requests = bench.upstream.take_requests();
    assert_eq!(requests.len(), blobs.len(), "shared layers are asked for once");
    let again = bench.fetch(&lockfile).await.unwrap();
    let cached = blobs.len() as u64;
    assert_eq!(again, FetchSummary { fetched: 0, cached, bytes: 0 });
    assert_eq!(bench.upstream.requests(), []);
}

#[tokio::test]
async fn a_tag_that_moves_between_lock_and_fetch_changes_nothing() {
    let (bench, demo, lockfile) = locked().await;
    bench.upstream.put_image(&demo.images[0].0, &images::multi_arch(b"moved"));
    bench.fetch(&lockfile).await.unwrap();
    let pause = lockfile.images.iter().find(|image| image.name == demo.images[0].0).unwrap();
    assert_eq!(bench.blob(&pause.digest), demo.images[0].1.root.bytes);
}

#[tokio::test]
async fn a_file_that_changed_since_the_lock_is_refused_with_the_way_out() {
    let (bench, demo, lockfile) = locked().await;
    let size = demo.files[0].1.len();
    bench.upstream.put_file(&demo.files[0].0, vec![7; size]);
    let error = bench.fetch(&lockfile).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`node-tools/node-agent-v1.33.5-linux-amd64` has changed at its source"
    );
    let cause = error.source().unwrap().to_string();
    assert!(cause.contains("expected sha256:") && cause.contains("found sha256:"), "{cause}");
    assert!(error.hint().unwrap().contains("lock RELEASE.yaml --update node-tools"));
    assert_eq!(error.exit_code(), ExitCode::Source);
}

#[tokio::test]
async fn a_layer_with_wrong_bytes_is_refused_and_names_every_user() {
    let (bench, demo, lockfile) = locked().await;
    let shared = images::base_layer().blob.digest;
    for (name, _) in &demo.images {
        bench.upstream.inject(&blob_path(name, &shared), ALWAYS, [Fault::WrongBytes]);
    }
    let error = bench.fetch(&lockfile).await.unwrap_err();
    assert!(matches!(error, FetchError::Changed { .. }), "{error:?}");
    assert!(error.to_string().contains("network/agent:v1.4.2 and 1 other"), "{error}");
    assert_eq!(bench.cache.blob_path(&shared), None);
}

#[tokio::test]
async fn a_shared_layer_is_asked_for_elsewhere_when_one_repository_lost_it() {
    let (bench, demo, lockfile) = locked().await;
    let shared = images::base_layer().blob.digest;
    bench.upstream.inject(
        &blob_path(&demo.images[1].0, &shared),
        ALWAYS,
        [Fault::Status(404, None)],
    );
    bench.fetch(&lockfile).await.unwrap();
    assert!(bench.cache.blob_path(&shared).is_some());
}

#[tokio::test]
async fn an_image_that_is_gone_says_what_to_do() {
    let (bench, demo, lockfile) = locked().await;
    let name = &demo.images[0].0;
    let path = manifest_path(name).replace("3.10", "*");
    bench.upstream.inject(&path, ALWAYS, [Fault::Status(404, None)]);
    let error = bench.fetch(&lockfile).await.unwrap_err();
    assert!(error.to_string().starts_with("`base-images/registry.example.org/pause"), "{error}");
    assert!(error.hint().unwrap().contains("no longer has it"), "{error:?}");
}

#[tokio::test]
async fn cut_layers_and_files_are_resumed() {
    let (bench, demo, lockfile) = locked().await;
    let (agent, bytes) = &demo.files[0];
    bench.upstream.inject(&file_path(agent), 1, [Fault::CutAfter(bytes.len() as u64 / 2)]);
    let layer = demo.images[1].1.blobs.iter().max_by_key(|blob| blob.bytes.len()).unwrap();
    for (name, _) in &demo.images {
        let path = blob_path(name, &layer.digest);
        bench.upstream.inject(&path, 1, [Fault::CutAfter(layer.bytes.len() as u64 / 2)]);
    }
    bench.fetch(&lockfile).await.unwrap();
    let requests = bench.upstream.requests();
    assert_eq!(requests.iter().filter(|request| request.status == 206).count(), 2);
}

#[tokio::test]
async fn a_cached_blob_of_the_wrong_size_is_fetched_again() {
    let (bench, demo, lockfile) = locked().await;
    bench.fetch(&lockfile).await.unwrap();
    let digest = &lockfile.files[0].digest;
    std::fs::write(bench.cache.blob_path(digest).unwrap(), b"short").unwrap();
    let summary = bench.fetch(&lockfile).await.unwrap();
    assert_eq!(summary.fetched, 1);
    assert!(demo.files.iter().any(|(_, bytes)| *bytes == bench.blob(digest)));
}

#[tokio::test]
async fn offline_asks_nobody_and_lists_everything_that_is_missing() {
    let (bench, _, lockfile) = locked().await;
    let offline = FetchOptions { network: bench.network(), offline: true };
    let error =
        fetch(&lockfile, &offline, Supply::of(&bench.cache), None, &bench.log).await.unwrap_err();
    let FetchError::Offline { count, list, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*count, lockfile.blobs().unwrap().len());
    assert!(list.contains("node-tools/node-agent-v1.33.5-linux-amd64  sha256:"), "{list}");
    assert!(error.hint().unwrap().contains("without --offline"));
    assert_eq!((error.exit_code(), bench.upstream.requests()), (ExitCode::Source, vec![]));
    bench.fetch(&lockfile).await.unwrap();
    fetch(&lockfile, &offline, Supply::of(&bench.cache), None, &bench.log).await.unwrap();
}

#[tokio::test]
async fn a_file_fetched_without_its_lock_partials_is_right_too() {
    let bench = Bench::new();
    let bytes = mebibyte();
    bench.upstream.put_file("https://download.example.org/big", bytes.clone());
    let contents = "    files:\n    - name: big\n      url: https://download.example.org/big\n";
    let (release, catalog) = bench.write_release("amd64", contents);
    let lockfile = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    assert_eq!(bench.fetch(&lockfile).await.unwrap().cached, 1, "lock has brought it");
    assert_eq!(bench.blob(&lockfile.files[0].digest), bytes);
}
