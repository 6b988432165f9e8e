//! A small signed bundle with one of everything, in a folder of its own.

use crate::image::{Blobs, Image, Recipe, entry, image, index, noise};
use base64::{Engine, prelude::BASE64_STANDARD};
use bundles::{
    BlobHasher, BlobRecord, Bundle, BundlePlan, KeyId, PublicKey, Repository, Signer, Trust,
    WriteOptions, write,
};
use manifests::{
    Algorithm, Arch, Descriptor, Digest,
    event::Silent,
    lockfile::{Decision, FileKind, LockedFile, Lockfile},
    release::{Omission, Profile},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};
use tempfile::TempDir;

/// Bytes of the file `kubectl`: two compressed frames.
pub(crate) const KUBECTL_SIZE: usize = 9_000_000;

/// A key pair.
pub(crate) struct Key(minisign::KeyPair);

impl Key {
    pub(crate) fn new() -> Self {
        Self(minisign::KeyPair::generate_unencrypted_keypair().unwrap())
    }

    pub(crate) fn public(&self) -> PublicKey {
        PublicKey::parse(&self.0.pk.to_base64()).unwrap()
    }

    /// The public key as a file.
    pub(crate) fn write(&self, path: &Path) {
        fs::write(path, self.public().render()).unwrap();
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

/// What tests vary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variant {
    pub(crate) release: &'static str,
    pub(crate) serial: u64,
    /// Differs in the content of `registry.k8s.io/pause:3.10` and of the manifest.
    pub(crate) content: u64,
}

pub(crate) const DEMO: Variant = Variant { release: "demo", serial: 3, content: 1 };

/// The folder with the key, trusted, and a bundle.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) key: Key,
    pub(crate) bundle: PathBuf,
    pub(crate) release: Release,
}

/// What is in the bundle.
pub(crate) struct Release {
    pub(crate) lockfile: Lockfile,
    pub(crate) pause: Image,
    pub(crate) big: Image,
    blobs: Blobs,
}

impl World {
    /// With the demo release.
    pub(crate) fn new() -> Self {
        Self::of(release(DEMO))
    }

    /// The same with so many bytes in the layer of its big image.
    pub(crate) fn with_layer(bytes: usize) -> Self {
        Self::of(release_with(DEMO, bytes))
    }

    fn of(release: Release) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = Key::new();
        fs::create_dir(folder.path().join("trust")).unwrap();
        key.write(&folder.path().join("trust/test.pub"));
        let bundle = folder.path().join("demo.bottari.tar.zst");
        write_bundle(&release, &bundle, &[&key]);
        Self { folder, key, bundle, release }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Another bundle in the same folder.
    pub(crate) fn another(&self, name: &str, variant: Variant) -> PathBuf {
        let path = self.path(name);
        write_bundle(&release(variant), &path, &[&self.key]);
        path
    }

    /// The bundle with one byte of a blob changed, under another name.
    pub(crate) fn damaged(&self, digest: &Digest, at: impl Fn(&BlobRecord) -> u64) -> PathBuf {
        let opened = self.open();
        let record = opened.blob(digest).unwrap();
        let start = opened.file_size() - opened.manifest().payload_size;
        let mut bytes = fs::read(&self.bundle).unwrap();
        let place = usize::try_from(start + record.offset + at(record)).unwrap();
        bytes[place] ^= 1;
        let path = self.path("damaged.bottari.tar.zst");
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The bundle, opened by the library.
    pub(crate) fn open(&self) -> Bundle {
        let trust = Trust::new(vec![self.key.public()], 1);
        Bundle::open(&self.bundle, bundles::Acceptance::Trusted(&trust)).unwrap()
    }
}

pub(crate) fn write_bundle(release: &Release, path: &Path, keys: &[&Key]) {
    write_bundle_with(release, &[], path, keys);
}

/// A bundle that carries repositories of OS packages too.
pub(crate) fn write_bundle_with(
    release: &Release,
    repositories: &[Repository],
    path: &Path,
    keys: &[&Key],
) {
    static GO_ON: AtomicBool = AtomicBool::new(false);
    let text = release.lockfile.render();
    let plan = BundlePlan::with_repositories(&release.lockfile, &text, &[], repositories).unwrap();
    let options = WriteOptions { jobs: 2, stop: &GO_ON, reporter: &Silent, reuse: None };
    let mut draft = write(&plan, &release.blobs, path, options).unwrap();
    for key in keys {
        draft.sign(*key).unwrap();
    }
    draft.finish().unwrap();
}

pub(crate) fn release(variant: Variant) -> Release {
    release_with(variant, 10 << 20)
}

fn release_with(variant: Variant, layer: usize) -> Release {
    let mut blobs = Blobs::default();
    let plain = |platform, content| Recipe { platform, content, docker: false, subject: None };
    let text = variant.content.to_string();
    let pause = image(&mut blobs, plain("linux/amd64", text.as_bytes()));
    let signature = Recipe { subject: Some(&pause.root), ..plain("linux/amd64", b"signature") };
    let signature = image(&mut blobs, signature);
    let nginx = image(&mut blobs, Recipe { docker: true, ..plain("linux/amd64", b"nginx") });
    let layer = noise(1, layer);
    let big = image(&mut blobs, plain("linux/amd64", &layer));
    let arm = image(&mut blobs, plain("linux/arm64", b"arm64"));
    let (server, server_manifests) = index(&mut blobs, &[big.clone(), arm.clone()], true);
    let (whole, whole_manifests) = index(&mut blobs, &[pause.clone(), arm], false);
    let mut server = entry("app", "quay.io/app/server:v1", &server, server_manifests);
    server.also = vec!["k-paas.example.org/app/server:v1".parse().unwrap()];
    let lockfile = Lockfile {
        format: manifests::lockfile::FORMAT.to_owned(),
        release: variant.release.parse().unwrap(),
        version: format!("1.{}.0", variant.serial).parse().unwrap(),
        serial: variant.serial,
        title: "a demonstration".to_owned(),
        arches: vec![Arch::Amd64, Arch::Arm64],
        compression_level: 1,
        sbom: Vec::new(),
        components: Vec::new(),
        files: files(&mut blobs, variant),
        images: vec![
            nginx.named("nginx", "docker.io/library/nginx:1.27"),
            entry("app", "quay.io/app/whole:v1", &whole, whole_manifests),
            server,
            pause.named("kubernetes", "registry.k8s.io/pause:3.10"),
            signature.named("kubernetes", "registry.k8s.io/pause:signature"),
        ],
        systems: Vec::new(),
        exceptions: Vec::new(),
        rules: Vec::new(),
        catalog: Vec::new(),
        acknowledged: Vec::new(),
        profiles: vec![Profile {
            name: "web".parse().unwrap(),
            title: "a server for pages".parse().unwrap(),
        }],
        decisions: vec![Decision {
            component: "calico".parse().unwrap(),
            version: "v1".parse().unwrap(),
            why: "The guide names two versions; this is the one its code installs."
                .parse()
                .unwrap(),
        }],
        omitted: vec![Omission {
            what: "a nameserver".parse().unwrap(),
            why: "the site has its own.".parse().unwrap(),
        }],
        overlays: Vec::new(),
    };
    Release { lockfile, pause, big, blobs }
}

fn files(blobs: &mut Blobs, variant: Variant) -> Vec<LockedFile> {
    let kubectl = (0u64..).flat_map(|n| format!("line {n}\n").into_bytes());
    let kubectl: Vec<u8> = kubectl.take(KUBECTL_SIZE).collect();
    let mut arm = kubectl.clone();
    arm.truncate(20_000);
    let tool = noise(2, 70_000);
    let mut hasher = BlobHasher::new(Algorithm::Sha512);
    hasher.update(&tool);
    let sha512 = hasher.finish().0;
    let yaml = format!("kind: ConfigMap\ndata: {{ content: '{}' }}\n", variant.content);
    let binary = "application/octet-stream";
    let kubectl = blobs.add(kubectl, binary);
    let arm = blobs.add(arm, binary);
    let tool = blobs.add_as(sha512, tool, "application/gzip");
    let yaml = blobs.add(yaml.into_bytes(), "application/yaml");
    let manifest =
        LockedFile { kind: FileKind::Manifest, ..file("calico", "calico.yaml", None, &yaml) };
    vec![
        manifest,
        file("kubernetes", "kubectl", Some(Arch::Amd64), &kubectl),
        file("kubernetes", "kubectl", Some(Arch::Arm64), &arm),
        file("tool", "Tool-v1+2.tgz", None, &tool),
    ]
}

fn file(component: &str, name: &str, arch: Option<Arch>, blob: &Descriptor) -> LockedFile {
    let folder = arch.map_or("all", Arch::as_str);
    LockedFile {
        kind: FileKind::File,
        component: component.parse().unwrap(),
        version: "v1".parse().unwrap(),
        name: name.parse().unwrap(),
        arch,
        source: format!("https://dl.example.org/{folder}/{name}").parse().unwrap(),
        size: blob.size,
        digest: blob.digest.clone(),
        media_type: blob.media_type.clone(),
        published: None,
        proofs: Vec::new(),
        roles: vec![],
        render: None,
    }
}
