//! Pushes of one image, known by SHA-512, into a registry that answers as a test
//! wants it to.

use super::{
    LineOptions, LoginFiles, PushError, PushOptions, Pushed, Retry, Stop, feed::Feed, push,
    remembered::Uploads,
};
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, Response, StatusCode},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use bundles::{
    Acceptance, BlobHasher, BlobSource, Bundle, BundlePlan, KeyId, MANIFEST_TYPE, PublicKey,
    Signer, Trust, WriteOptions, sha256, write,
};
use futures_util::StreamExt;
use manifests::{
    Algorithm, Arch, Descriptor, Digest,
    event::Silent,
    lockfile::{LockedImage, LockedLayer, LockedManifest, Lockfile},
};
use serde_json::json;
use std::{
    collections::HashMap,
    fs,
    io::{self, Read},
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch};

struct Key(minisign::KeyPair);

impl Signer for Key {
    type Error = minisign::PError;

    fn key_id(&self) -> KeyId {
        self.public().id()
    }

    fn sign(&self, manifest: &[u8], comment: &str) -> Result<[[u8; 64]; 2], Self::Error> {
        let signature =
            minisign::sign(None, &self.0.sk, manifest, Some(comment), None)?.into_string();
        let line = |n: usize| BASE64_STANDARD.decode(signature.lines().nth(n).unwrap()).unwrap();
        Ok([line(1)[10..].try_into().unwrap(), line(3).try_into().unwrap()])
    }
}

impl Key {
    fn public(&self) -> PublicKey {
        PublicKey::parse(&self.0.pk.to_base64()).unwrap()
    }
}

struct Blobs(HashMap<Digest, Vec<u8>>);

impl BlobSource for Blobs {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        let bytes = self.0.get(digest).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(bytes.as_slice()))
    }
}

impl Blobs {
    fn add(&mut self, bytes: Vec<u8>, algorithm: Algorithm, media_type: &str) -> Descriptor {
        let mut hasher = BlobHasher::new(algorithm);
        hasher.update(&bytes);
        let (digest, size) = (hasher.finish().0, bytes.len() as u64);
        self.0.insert(digest.clone(), bytes);
        Descriptor { digest, size, media_type: media_type.to_owned() }
    }
}

const REPOSITORY: &str = "registry.site/a";

/// A bundle with one image.
struct World {
    folder: TempDir,
    bundle: Bundle,
    /// So large that its upload is remembered.
    layer: Digest,
    /// The manifest's SHA-256, which it is not known by.
    sha256: Digest,
}

impl World {
    fn new() -> Self {
        let mut blobs = Blobs(HashMap::new());
        let config = blobs.add(
            b"{}".to_vec(),
            Algorithm::Sha256,
            "application/vnd.oci.image.config.v1+json",
        );
        let layer = "application/vnd.oci.image.layer.v1.tar";
        let layer = blobs.add(vec![7; 5 << 20], Algorithm::Sha256, layer);
        let pointer = |blob: &Descriptor| json!({ "mediaType": blob.media_type, "digest": blob.digest, "size": blob.size });
        let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST_TYPE,
            "config": pointer(&config), "layers": [pointer(&layer)] });
        let manifest = manifest.to_string().into_bytes();
        let sha256 = sha256(&manifest);
        let root = blobs.add(manifest, Algorithm::Sha512, MANIFEST_TYPE);
        let folder = tempfile::tempdir().unwrap();
        let bundle = bundle(&lockfile(image(&root, config, &layer)), &blobs, folder.path());
        Self { folder, bundle, layer: layer.digest, sha256 }
    }

    fn uploads(&self, registry: &str) -> Uploads {
        Uploads::new(&self.folder.path().join("push"), registry)
    }

    async fn push(&self, registry: &str) -> Result<Pushed, PushError> {
        fs::write(self.folder.path().join("auth.json"), "{}").unwrap();
        let options = PushOptions {
            target: registry.parse().unwrap(),
            line: LineOptions {
                plain_http: true,
                logins: LoginFiles::named(self.folder.path().join("auth.json")),
                ..LineOptions::default()
            },
            jobs: 1,
            sparse: false,
            dry_run: false,
            uploads: self.folder.path().join("push"),
            retry: Retry { attempts: 1, ..Retry::default() },
        };
        let (_operator, wanted) = watch::channel(false);
        push(std::slice::from_ref(&self.bundle), &options, Stop::new(wanted), &Silent).await
    }
}

fn bundle(lockfile: &Lockfile, blobs: &Blobs, folder: &Path) -> Bundle {
    static GO_ON: AtomicBool = AtomicBool::new(false);
    let key = Key(minisign::KeyPair::generate_unencrypted_keypair().unwrap());
    let plan = BundlePlan::new(lockfile, &lockfile.render(), &[]).unwrap();
    let options = WriteOptions { jobs: 1, stop: &GO_ON, reporter: &Silent, reuse: None };
    let path = folder.join("one.bottari.tar.zst");
    let mut draft = write(&plan, blobs, &path, options).unwrap();
    draft.sign(&key).unwrap();
    draft.finish().unwrap();
    let trust = Trust::new(vec![key.public()], 1);
    Bundle::open(&path, Acceptance::Trusted(&trust)).unwrap()
}

fn image(root: &Descriptor, config: Descriptor, layer: &Descriptor) -> LockedImage {
    let layer = LockedLayer {
        digest: layer.digest.clone(),
        size: layer.size,
        media_type: layer.media_type.clone(),
        urls: vec![],
    };
    let manifest = LockedManifest {
        platform: "linux/amd64".parse().ok(),
        digest: root.digest.clone(),
        size: root.size,
        media_type: root.media_type.clone(),
        omitted: false,
        config: Some(config),
        layers: vec![layer],
    };
    LockedImage {
        name: format!("{REPOSITORY}:1").parse().unwrap(),
        component: "a".parse().unwrap(),
        version: "v1".parse().unwrap(),
        also: vec![],
        digest: root.digest.clone(),
        size: root.size,
        media_type: root.media_type.clone(),
        published: None,
        roles: vec![],
        stated: None,
        manifests: vec![manifest],
    }
}

fn lockfile(image: LockedImage) -> Lockfile {
    Lockfile {
        format: manifests::lockfile::FORMAT.to_owned(),
        release: "one".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        serial: 1,
        title: "one image".to_owned(),
        arches: vec![Arch::Amd64],
        compression_level: 1,
        sbom: Vec::new(),
        components: Vec::new(),
        files: Vec::new(),
        images: vec![image],
        systems: Vec::new(),
        exceptions: Vec::new(),
        rules: Vec::new(),
        catalog: Vec::new(),
        acknowledged: Vec::new(),
        profiles: Vec::new(),
        decisions: Vec::new(),
        omitted: Vec::new(),
        overlays: Vec::new(),
    }
}

/// A status, and one header.
type Said = (u16, Option<(&'static str, String)>);

/// A registry that answers like this, and else with 200, and its address.
async fn registry(says: impl Fn(&Method, &str) -> Option<Said> + Send + Sync + 'static) -> String {
    let says = Arc::new(says);
    let answer = move |request: Request| {
        let (status, header) = says(request.method(), request.uri().path()).unwrap_or((200, None));
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, HeaderValue::try_from(value).unwrap());
        }
        std::future::ready(response)
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let app = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

#[tokio::test]
async fn an_upload_is_forgotten_only_where_the_registry_has_nothing_of_it() {
    let world = World::new();
    let address = format!("/v2/{REPOSITORY}/blobs/uploads/1");
    let is_kept = async |said: Said| {
        let (layer, asked) = (world.layer.to_string(), address.clone());
        let to = registry(move |method, path| match *method {
            Method::HEAD if path.ends_with(&layer) => Some((404, None)),
            Method::GET if path == asked => Some(said.clone()),
            // Whoever begins anew ends here.
            Method::POST => Some((507, None)),
            _ => None,
        });
        let to = to.await;
        let uploads = world.uploads(&to);
        uploads.put(REPOSITORY, &world.layer, &address).unwrap();
        let error = world.push(&to).await.unwrap_err();
        let kept = uploads.get(REPOSITORY, &world.layer).is_some();
        assert_eq!(kept, !matches!(error, PushError::Full { .. }), "{error}");
        kept
    };
    for status in [301, 400, 401, 403, 405, 416, 429, 451, 500, 503] {
        assert!(is_kept((status, None)).await, "{status}");
    }
    for said in [(404, None), (410, None), (204, None), (204, Some(("range", "0-0".to_owned())))] {
        assert!(!is_kept(said.clone()).await, "{said:?}");
    }
}

#[tokio::test]
async fn a_manifest_of_sha512_may_be_known_by_its_sha256() {
    let world = World::new();
    let tag = format!("/v2/{REPOSITORY}/manifests/1");
    let pushed = async |there: bool, digest: &Digest| {
        let (tag, digest) = (tag.clone(), digest.to_string());
        let to = registry(move |method, path| {
            let digest = Some(("docker-content-digest", digest.clone()));
            match *method {
                Method::HEAD if path == tag && there => Some((200, digest)),
                Method::HEAD if path == tag => Some((404, None)),
                Method::PUT if path == tag => Some((201, digest)),
                Method::PUT => Some((201, None)),
                _ => None,
            }
        });
        world.push(&to.await).await.map(|pushed| (pushed.tags_there, pushed.tags_set))
    };
    // The lockfile has the other tag, for which this registry tells no digest.
    assert_eq!(pushed(true, &world.sha256).await.unwrap(), (1, 1));
    assert_eq!(pushed(false, &world.sha256).await.unwrap(), (0, 2));
    let error = pushed(false, &sha256(b"another")).await.unwrap_err();
    assert!(matches!(error, PushError::OtherDigest { .. }), "{error}");
}

#[tokio::test]
async fn a_feed_tells_what_was_sent_of_the_newest_body() {
    let (world, feed) = (World::new(), Feed::new());
    let body = || feed.body(&world.bundle, (&world.layer, 0..5 << 20), None).unwrap();
    let mut refused = body().into_data_stream();
    let first = refused.next().await.unwrap().unwrap().len() as u64;
    let mut taken = body().into_data_stream();
    assert_eq!((feed.sent(), feed.sent_last()), (first, 0));
    let second = taken.next().await.unwrap().unwrap().len() as u64;
    let late = refused.next().await.unwrap().unwrap().len() as u64;
    assert_eq!((feed.sent(), feed.sent_last()), (first + second + late, second));
}
