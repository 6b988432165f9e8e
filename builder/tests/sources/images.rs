//! Locking images of every shape.

use crate::bench::Bench;
use builder::resolve::LockError;
use journeys::{
    fixtures::{images, index, media},
    upstream::{Blob, Image, sha256},
};
use manifests::{Digest, ExitCode, Failure, component::Trust, lockfile::LockedImage};

/// The image that a bench has.
const NAME: &str = "registry.example.org/one:v1";

async fn lock(bench: &Bench, arches: &str, image: &Image) -> Result<LockedImage, LockError> {
    let (release, catalog) = bench.one_image(arches, image);
    let lockfile = bench.lock((&release, &catalog), &bench.lock_options()).await?;
    Ok(lockfile.images.into_iter().next().unwrap())
}

#[tokio::test]
async fn every_shape_is_locked_to_the_digest_of_its_bytes() {
    for (shape, image) in images::every_shape() {
        let locked = lock(&Bench::new(), "amd64", &image).await.unwrap();
        assert_eq!(locked.root(), image.root.descriptor(), "{shape}");
        assert_eq!(locked.is_index(), !image.children.is_empty(), "{shape}");
        let carried = locked.manifests.iter().filter(|manifest| !manifest.omitted);
        assert_eq!(carried.count(), 1, "{shape}");
    }
}

#[tokio::test]
async fn only_wanted_platforms_are_carried_and_all_are_named() {
    let image = images::multi_arch(b"x");
    let locked = lock(&Bench::new(), "arm64", &image).await.unwrap();
    let shown: Vec<_> = locked
        .manifests
        .iter()
        .map(|manifest| (manifest.platform.as_ref().unwrap().to_string(), manifest.omitted))
        .collect();
    let expected = [("linux/amd64", true), ("linux/arm64/v8", false), ("unknown/unknown", true)];
    assert_eq!(shown, expected.map(|(platform, omitted)| (platform.to_owned(), omitted)));
}

#[tokio::test]
async fn all_platforms_carries_attestations_too() {
    let bench = Bench::new();
    let (release, catalog) = bench.one_image("amd64", &images::multi_arch(b"x"));
    let mut options = bench.lock_options();
    options.all_platforms = true;
    let lockfile = bench.lock((&release, &catalog), &options).await.unwrap();
    assert!(lockfile.images[0].manifests.iter().all(|manifest| !manifest.omitted));
    bench.fetch(&lockfile).await.unwrap();
}

#[tokio::test]
async fn a_missing_platform_is_an_error_that_lists_what_exists() {
    let single = images::single("amd64", b"x");
    let list = index(media::INDEX, vec![("linux/amd64", single.clone())]);
    for image in [single, list] {
        let error = lock(&Bench::new(), "amd64, arm64", &image).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "image `registry.example.org/one:v1`: expected a manifest for linux/arm64, found linux/amd64"
        );
        assert_eq!(error.exit_code(), ExitCode::Input);
    }
}

#[tokio::test]
async fn a_foreign_layer_keeps_its_address_and_is_fetched_there() {
    let bench = Bench::new();
    let (image, layer) = images::foreign_layer();
    bench.upstream.put_file(images::FOREIGN_URL, layer.bytes.clone());
    let (release, catalog) = bench.one_image("amd64", &image);
    let lockfile = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    let urls: Vec<_> = lockfile.images[0].manifests[0].layers[0].urls.iter().collect();
    assert_eq!(urls, [&images::FOREIGN_URL.parse::<url::Url>().unwrap()]);
    bench.fetch(&lockfile).await.unwrap();
    assert_eq!(bench.blob(&layer.digest), layer.bytes);
}

#[tokio::test]
async fn an_index_of_indexes_is_refused() {
    let inner = index(media::INDEX, vec![("linux/amd64", images::single("amd64", b"x"))]);
    let outer = index(media::INDEX, vec![("linux/amd64", inner)]);
    let error = lock(&Bench::new(), "amd64", &outer).await.unwrap_err();
    assert!(error.to_string().contains("found another index sha256:"), "{error}");
    assert_eq!(error.exit_code(), ExitCode::Source);
}

#[tokio::test]
async fn docker_schema_one_is_refused_by_name() {
    let bytes = r#"{"schemaVersion": 1, "fsLayers": []}"#;
    let root = Blob::new(media::MANIFEST, bytes);
    let image = Image { root, children: vec![], blobs: vec![] };
    let error = lock(&Bench::new(), "amd64", &image).await.unwrap_err();
    let LockError::Manifest { source, .. } = &error else { panic!("{error:?}") };
    assert!(source.to_string().ends_with("found Docker schema 1"), "{source}");
}

#[tokio::test]
async fn an_image_that_is_not_as_published_ends_the_lock_and_names_the_publisher() {
    let (bench, image) = (Bench::new(), images::multi_arch(b"x"));
    let lock = async |digest: &Digest| {
        bench.one_image("amd64", &image);
        let published = format!(
            "      published: {{trust: third-party, source: the notes, any: '{digest}'}}\n"
        );
        let contents = format!("    images:\n    - name: {NAME}\n{published}");
        let (release, catalog) = bench.write_release("amd64", &contents);
        bench.lock((&release, &catalog), &bench.lock_options()).await
    };
    let locked = lock(image.digest()).await.unwrap();
    assert_eq!(locked.images[0].published, Some(Trust::ThirdParty));
    let other = sha256(b"other bytes");
    let error = lock(&other).await.unwrap_err();
    let LockError::Published { artifact, publisher, expected, found } = &error else {
        panic!("{error:?}")
    };
    assert_eq!((artifact, publisher.as_str()), (&format!("one/{NAME}"), "the notes"));
    assert_eq!((expected, found), (&other, image.digest()));
    assert_eq!(error.exit_code(), ExitCode::Source);
}

#[tokio::test]
async fn a_digest_in_the_name_must_be_the_digest_of_the_bytes() {
    let bench = Bench::new();
    let (right, other) = (images::single("amd64", b"x"), images::single("amd64", b"y"));
    bench.upstream.put_image(&"registry.example.org/one:v1".parse().unwrap(), &right);
    let contents =
        |digest| format!("    images:\n    - name: registry.example.org/one:v1@{digest}\n");
    let (release, catalog) = bench.write_release("amd64", &contents(right.digest()));
    bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap();
    let (release, catalog) = bench.write_release("amd64", &contents(other.digest()));
    let error = bench.lock((&release, &catalog), &bench.lock_options()).await.unwrap_err();
    assert!(matches!(error, LockError::Source { .. }), "{error:?}");
}
