//! A small release, its bytes, and a key: what the tests of this crate share.

use crate::{
    Acceptance, Bundle, BundleError, BundlePlan, Draft, KeyId, PublicKey, SbomDocument, Signer,
    Trust,
    format::frame,
    sha256,
    writer::{BlobSource, WriteOptions, write},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use manifests::{
    Algorithm, Arch, Descriptor, Digest,
    event::Silent,
    lockfile::{FileKind, LockedFile, LockedImage, LockedLayer, LockedManifest, Lockfile},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

/// Blobs in memory.
#[derive(Debug, Default, Clone)]
pub(crate) struct Blobs(pub(crate) HashMap<Digest, Vec<u8>>);

impl BlobSource for Blobs {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        let bytes = self.0.get(digest).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(bytes.as_slice()))
    }
}

impl Blobs {
    fn add(&mut self, bytes: Vec<u8>, media_type: &str) -> Descriptor {
        self.add_as(sha256(&bytes), bytes, media_type)
    }

    fn add_as(&mut self, digest: Digest, bytes: Vec<u8>, media_type: &str) -> Descriptor {
        let size = bytes.len() as u64;
        self.0.insert(digest.clone(), bytes);
        Descriptor { digest, size, media_type: media_type.to_owned() }
    }
}

/// A minisign key.
pub(crate) struct Key(minisign::KeyPair);

impl Key {
    pub(crate) fn new() -> Self {
        Self(minisign::KeyPair::generate_unencrypted_keypair().unwrap())
    }

    pub(crate) fn public(&self) -> PublicKey {
        PublicKey::parse(&self.0.pk.to_base64()).unwrap()
    }

    /// The same secret under another id.
    pub(crate) fn renamed(&self, id: u64) -> Self {
        let (pk, sk) = (self.0.pk.to_bytes(), self.0.sk.to_bytes());
        let with_id = |mut bytes: Vec<u8>, at: usize| {
            bytes[at..at + 8].copy_from_slice(&id.to_le_bytes());
            bytes
        };
        let pk = minisign::PublicKey::from_bytes(&with_id(pk, 2)).unwrap();
        let sk = minisign::SecretKey::from_bytes(&with_id(sk, 54)).unwrap();
        Self(minisign::KeyPair { pk, sk })
    }

    /// The secret key as stock minisign reads it.
    pub(crate) fn secret_file(&self) -> String {
        self.0.sk.to_box(None).unwrap().into_string()
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::new(vec![self.public()], 1)
    }
}

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

/// Bytes that look random and do not compress, the same for the same seed.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut out);
    out
}

/// Bytes that compress well and are different everywhere.
pub(crate) fn text(len: usize) -> Vec<u8> {
    (0u64..).flat_map(|n| format!("line {n}\n").into_bytes()).take(len).collect()
}

/// A release with one of everything: a stored layer over several chunks, a
/// compressed file over several frames, an index with an omitted child, an
/// empty blob, and a SHA-512 digest.
pub(crate) fn sample() -> (Lockfile, Blobs) {
    release(9_000_000, text(17_000_000), |_| ())
}

/// The same shape in one chunk, for tests that open it thousands of times.
pub(crate) fn small_sample() -> (Lockfile, Blobs) {
    release(3000, text(9000), |_| ())
}

/// One file and no image: the smallest header there is.
pub(crate) fn tiny_sample() -> (Lockfile, Blobs) {
    let (mut lockfile, blobs) = small_sample();
    lockfile.images.clear();
    lockfile.files.truncate(1);
    (lockfile, blobs)
}

/// A release of one image and two files. The image manifest is as `change`
/// leaves it; the lockfile does not know.
pub(crate) fn release(
    layer: usize,
    kubectl: Vec<u8>,
    change: impl FnOnce(&mut Value),
) -> (Lockfile, Blobs) {
    let mut blobs = Blobs::default();
    let layer = blobs.add(noise(1, layer), "application/vnd.oci.image.layer.v1.tar+gzip");
    let empty = blobs.add(Vec::new(), "application/vnd.oci.image.layer.v1.tar");
    let index = index_image(&mut blobs, &[layer, empty], change);
    let kubectl = blobs.add(kubectl, "application/octet-stream");
    let archive = noise(2, 70_000);
    let digest = sha512(&archive);
    let archive = blobs.add_as(digest, archive, "application/gzip");
    let lockfile = Lockfile {
        format: manifests::lockfile::FORMAT.to_owned(),
        release: "sample".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        serial: 7,
        title: "one of everything".to_owned(),
        arches: vec![Arch::Amd64],
        compression_level: 1,
        sbom: Vec::new(),
        components: Vec::new(),
        files: vec![file("kubernetes", "kubectl", &kubectl), file("tool", "tool.tgz", &archive)],
        images: vec![index],
        systems: Vec::new(),
        exceptions: Vec::new(),
        rules: Vec::new(),
        catalog: Vec::new(),
        acknowledged: Vec::new(),
        profiles: Vec::new(),
        decisions: Vec::new(),
        omitted: Vec::new(),
        overlays: Vec::new(),
    };
    (lockfile, blobs)
}

pub(crate) fn sha512(bytes: &[u8]) -> Digest {
    crate::digest(bytes, Algorithm::Sha512)
}

fn file(component: &str, name: &str, blob: &Descriptor) -> LockedFile {
    LockedFile {
        kind: FileKind::File,
        component: component.parse().unwrap(),
        version: "v1".parse().unwrap(),
        name: name.parse().unwrap(),
        arch: Some(Arch::Amd64),
        source: format!("https://example.org/{name}").parse().unwrap(),
        size: blob.size,
        digest: blob.digest.clone(),
        media_type: blob.media_type.clone(),
        published: None,
        proofs: Vec::new(),
        roles: vec![],
        render: None,
    }
}

/// An index with a carried amd64 child and an omitted arm64 one.
fn index_image(
    blobs: &mut Blobs,
    layers: &[Descriptor],
    change: impl FnOnce(&mut Value),
) -> LockedImage {
    let oci =
        |d: &Descriptor| json!({ "mediaType": d.media_type, "digest": d.digest, "size": d.size });
    let config = blobs.add(
        b"{\"architecture\":\"amd64\",\"os\":\"linux\"}".to_vec(),
        "application/vnd.oci.image.config.v1+json",
    );
    let layer_list: Vec<_> = layers.iter().map(oci).collect();
    let mut manifest = json!({ "schemaVersion": 2, "mediaType": crate::MANIFEST_TYPE, "config": oci(&config), "layers": layer_list });
    change(&mut manifest);
    let manifest = blobs.add(manifest.to_string().into_bytes(), crate::MANIFEST_TYPE);
    let absent = Descriptor {
        digest: sha256(b"arm64"),
        size: 500,
        media_type: crate::MANIFEST_TYPE.to_owned(),
    };
    let children: Vec<_> = [&manifest, &absent].map(oci).to_vec();
    let index =
        json!({ "schemaVersion": 2, "mediaType": crate::INDEX_TYPE, "manifests": children });
    let index = blobs.add(index.to_string().into_bytes(), crate::INDEX_TYPE);
    let locked = |d: &Descriptor, omitted| LockedManifest {
        platform: None,
        digest: d.digest.clone(),
        size: d.size,
        media_type: d.media_type.clone(),
        omitted,
        config: None,
        layers: vec![],
    };
    let carried = LockedManifest {
        config: Some(config),
        layers: layers.iter().cloned().map(locked_layer).collect(),
        ..locked(&manifest, false)
    };
    LockedImage {
        name: "registry.example.org/app:1".parse().unwrap(),
        component: "app".parse().unwrap(),
        version: "1".parse().unwrap(),
        also: vec!["k-paas.example.org/app:1".parse().unwrap()],
        digest: index.digest,
        size: index.size,
        media_type: index.media_type,
        published: None,
        roles: vec![],
        stated: None,
        manifests: vec![carried, locked(&absent, true)],
    }
}

fn locked_layer(layer: Descriptor) -> LockedLayer {
    let Descriptor { digest, size, media_type } = layer;
    LockedLayer { digest, size, media_type, urls: vec![] }
}

/// A folder that goes away with the test, and a bundle in it.
pub(crate) struct Written {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
    pub(crate) key: Key,
}

impl Written {
    pub(crate) fn open(&self) -> Result<Bundle, BundleError> {
        Bundle::open(&self.path, Acceptance::Trusted(&self.key.trust()))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }

    /// The bundle with another header in front of the same payload.
    pub(crate) fn with_header(&self, header: &[u8]) -> PathBuf {
        let payload = self.bytes().split_off(self.payload_start());
        let path = self.folder.path().join("hostile");
        fs::write(&path, [frame::store(header), payload].concat()).unwrap();
        path
    }

    pub(crate) fn payload_start(&self) -> usize {
        let bundle = self.open().unwrap();
        (bundle.file_size() - bundle.manifest().payload_size) as usize
    }

    /// The file, to change it in place.
    pub(crate) fn file(&self) -> File {
        File::options().read(true).write(true).open(&self.path).unwrap()
    }

    /// Fails when anything but the bundle is in its folder.
    pub(crate) fn nothing_else_is_there(&self) {
        let paths = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        assert_eq!(paths.collect::<Vec<_>>(), std::slice::from_ref(&self.path));
    }
}

/// Write with this many threads and tell nobody.
pub(crate) fn options(jobs: usize) -> WriteOptions<'static> {
    static GO_ON: AtomicBool = AtomicBool::new(false);
    WriteOptions { jobs, stop: &GO_ON, reporter: &Silent, reuse: None }
}

pub(crate) fn draft(path: &Path, jobs: usize) -> Draft {
    draft_of(&sample(), path, jobs)
}

pub(crate) fn draft_of(release: &(Lockfile, Blobs), path: &Path, jobs: usize) -> Draft {
    draft_with(release, &[], path, jobs)
}

fn draft_with(
    (lockfile, blobs): &(Lockfile, Blobs),
    documents: &[SbomDocument],
    path: &Path,
    jobs: usize,
) -> Draft {
    let plan = BundlePlan::new(lockfile, &lockfile.render(), documents).unwrap();
    write(&plan, blobs, path, options(jobs)).unwrap()
}

/// A release as a signed bundle.
pub(crate) fn written_of(release: &(Lockfile, Blobs)) -> Written {
    written_with(release, &[])
}

/// A release as a signed bundle that carries these documents.
pub(crate) fn written_with(release: &(Lockfile, Blobs), documents: &[SbomDocument]) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sample.bottari.tar.zst");
    let key = Key::new();
    let mut draft = draft_with(release, documents, &path, 2);
    draft.sign(&key).unwrap();
    draft.finish().unwrap();
    Written { folder, path, key }
}

/// The sample release as a signed bundle.
pub(crate) fn written() -> Written {
    written_of(&sample())
}

/// The small sample release as a signed bundle.
pub(crate) fn written_small() -> Written {
    written_of(&small_sample())
}
