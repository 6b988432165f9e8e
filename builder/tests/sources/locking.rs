//! Locking whole releases.

use crate::bench::{Bench, mebibyte};
use builder::resolve::LockError;
use journeys::upstream::{Fault, file_path, manifest_path};
use manifests::{
    Arch, ExitCode, Failure,
    lockfile::{FileKind, Lockfile},
};
use std::path::Path;

#[tokio::test]
async fn a_release_is_locked_to_what_the_sources_hold() {
    let bench = Bench::new();
    let (demo, release, catalog) = bench.demo();
    let lockfile = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    assert_eq!(lockfile.files.len(), demo.files.len());
    for file in &lockfile.files {
        let source = file.source.as_str();
        let (_, bytes) = demo.files.iter().find(|(url, _)| url == source).unwrap();
        assert_eq!((&bench.blob(&file.digest), file.size), (&bytes.to_vec(), bytes.len() as u64));
    }
    let names: Vec<_> = lockfile.images.iter().map(|image| image.name.to_string()).collect();
    assert!(names.is_sorted() && names.len() == demo.images.len(), "{names:?}");
    let pause = lockfile.images.iter().find(|image| image.name.repository() == "pause").unwrap();
    assert_eq!(pause.also, ["registry.k8s.io/pause:3.10".parse().unwrap()]);
    let text = lockfile.render();
    assert_eq!(Lockfile::parse(Path::new("x.lock"), &text).unwrap(), lockfile);
}

#[tokio::test]
async fn the_lockfile_records_the_original_sources_and_never_the_mirror() {
    let bench = Bench::new();
    let (_, release, catalog) = bench.demo();
    let text = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap().render();
    assert!(!text.contains("127.0.0.1"), "{text}");
    assert!(text.contains("https://download.example.org/network/v1.4.2/network.yaml"));
}

#[tokio::test]
async fn manifests_and_configs_are_here_after_a_lock_and_layers_are_not() {
    let bench = Bench::new();
    let (_, release, catalog) = bench.demo();
    let lockfile = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    for image in &lockfile.images {
        assert!(bench.cache.has(&image.root()));
        for manifest in image.manifests.iter().filter(|manifest| !manifest.omitted) {
            assert!(bench.cache.has(manifest.config.as_ref().unwrap()));
            assert!(!manifest.layers.iter().any(|layer| bench.cache.has(&layer.descriptor())));
        }
    }
}

#[tokio::test]
async fn a_second_lock_moves_no_body_and_gives_the_same_lockfile() {
    let bench = Bench::new();
    let (_, release, catalog) = bench.demo();
    let first = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    bench.upstream.take_requests();
    let second = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    assert_eq!(first, second);
    let requests = bench.upstream.take_requests();
    assert_eq!(requests.len(), first.files.len() + first.images.len(), "{requests:#?}");
    for request in requests {
        assert_eq!(request.body_bytes, 0, "{request:?}");
    }
}

#[tokio::test]
async fn a_registry_that_knows_no_head_is_asked_with_a_get() {
    let bench = Bench::new();
    let (demo, release, catalog) = bench.demo();
    let first = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    for (name, _) in &demo.images {
        bench.upstream.inject(&manifest_path(name), 1, [Fault::Status(405, None)]);
    }
    assert_eq!(bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap(), first);
}

#[tokio::test]
async fn jobs_and_faults_have_no_part_in_the_result() {
    let mut bench = Bench::new();
    let (demo, release, catalog) = bench.demo();
    let mut options = bench.lock_options();
    options.network.http.jobs = 1;
    let one = bench.lock((&release, &catalog), &options).await.unwrap();
    bench.empty_cache();
    options.network.http.jobs = 16;
    for (url, bytes) in &demo.files {
        bench.upstream.inject(&file_path(url), 1, [Fault::CutAfter(bytes.len() as u64 / 2)]);
    }
    for (name, _) in &demo.images {
        bench.upstream.inject(&manifest_path(name), 1, [Fault::Status(503, None)]);
    }
    assert_eq!(bench.lock((&release, &catalog), &options).await.unwrap(), one);
}

#[tokio::test]
async fn a_file_that_is_not_as_published_ends_the_lock_and_names_the_publisher() {
    let bench = Bench::new();
    let (demo, release, catalog) = bench.demo();
    bench.upstream.put_file(&demo.files[0].0, mebibyte());
    let error = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap_err();
    let LockError::Published { artifact, publisher, expected, found } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(artifact, "node-tools/node-agent-v1.33.5-linux-amd64");
    assert_eq!(publisher, "node-agent.sha256 beside the file");
    assert_ne!(expected, found);
    assert_eq!(error.exit_code(), ExitCode::Source);
}

#[tokio::test]
async fn a_file_that_changed_since_the_last_lock_is_still_compared_with_what_was_published() {
    let bench = Bench::new();
    let (demo, release, catalog) = bench.demo();
    bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    bench.upstream.put_file(&demo.files[0].0, mebibyte());
    let error = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap_err();
    assert!(matches!(error, LockError::Published { .. }), "{error:?}");
}

#[tokio::test]
async fn a_published_sha512_is_what_the_lockfile_says() {
    let bench = Bench::new();
    let digest = journeys::upstream::sha512(b"hello");
    bench.upstream.put_file("https://download.example.org/hello", "hello");
    let contents = format!(
        "    manifests:\n    - name: hello\n      url: https://download.example.org/hello\n      published: {{trust: primary, source: s, any: '{digest}'}}\n"
    );
    let (release, catalog) = bench.write_release("amd64, arm64", &contents);
    let lockfile = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    let [file] = &lockfile.files[..] else { panic!("{lockfile:?}") };
    assert_eq!((&file.digest, file.kind), (&digest, FileKind::Manifest));
    assert_eq!((file.media_type.as_str(), file.arch), ("application/yaml", None::<Arch>));
}

#[tokio::test]
async fn a_source_that_is_gone_is_named_with_its_artifact() {
    let bench = Bench::new();
    let (demo, release, catalog) = bench.demo();
    bench.upstream.remove_file(&demo.files[0].0);
    let error = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap_err();
    assert_eq!(error.to_string(), "`node-tools/node-agent-v1.33.5-linux-amd64` cannot be locked");
    assert_eq!(error.exit_code(), ExitCode::Source);
}
