//! A registry that takes pushes beside its bundles: what it promises when it is
//! killed, full, attacked or asked to forget.

mod beside;
mod crashes;
mod garbage;
mod hostile;
mod pushes;
mod room;
mod stock;

use crate::{
    client::{Answer, read},
    fixture::World,
    image::noise,
    process::{LIMIT, Serving},
};
use bundles::{MANIFEST_TYPE, sha256};
use manifests::Digest;
use serde_json::{Value, json};
use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    ops::Deref,
    path::{Path, PathBuf},
};

/// A registry, as its clients see it.
#[derive(Clone, Copy)]
struct Registry(SocketAddr);

/// A server that may be written.
struct Pushing {
    serving: Serving,
    registry: Registry,
}

impl Deref for Pushing {
    type Target = Registry;
    fn deref(&self) -> &Registry {
        &self.registry
    }
}

/// A small image: its manifest and its blobs.
struct Pushed {
    manifest: Vec<u8>,
    blobs: Vec<Vec<u8>>,
}

impl Pushing {
    fn start(world: &World) -> Self {
        Self::with(world, &[])
    }

    fn with(world: &World, more: &[&str]) -> Self {
        let bundle = world.bundle.to_str().unwrap();
        let arguments = [&[bundle, "--writable", "overlay"], more].concat();
        Self::to(Serving::with(world, arguments))
    }

    fn to(serving: Serving) -> Self {
        let registry = Registry(serving.address);
        Self { serving, registry }
    }
}

impl Registry {
    fn address(&self) -> SocketAddr {
        self.0
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_send(method, path, headers, body).expect("an answer")
    }

    /// A request with a body; none when the server goes away over it.
    fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Option<Answer> {
        let mut stream = TcpStream::connect(self.0).ok()?;
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let lines: Vec<_> =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let (more, length) = (lines.concat(), body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}Content-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).ok()?;
        // A server that refuses early does not read the rest.
        let _ = stream.write_all(body);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        bytes.windows(4).any(|four| four == b"\r\n\r\n").then(|| read(&bytes[..]))
    }

    fn status(&self, method: &str, path: &str) -> u16 {
        self.send(method, path, &[], b"").status
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    /// Begins an upload; gives its path.
    fn begin(&self, repository: &str) -> String {
        let begun = self.send("POST", &format!("/v2/{repository}/blobs/uploads/"), &[], b"");
        assert_eq!(begun.status, 202, "{}", begun.text());
        begun.header("location").unwrap().to_owned()
    }

    /// Pushes a blob in one request.
    fn push_blob(&self, repository: &str, bytes: &[u8]) -> Answer {
        let path = format!("/v2/{repository}/blobs/uploads/?digest={}", sha256(bytes));
        self.send("POST", &path, &[], bytes)
    }

    fn push_manifest(&self, repository: &str, reference: &str, manifest: &[u8]) -> Answer {
        let path = format!("/v2/{repository}/manifests/{reference}");
        self.send("PUT", &path, &[("Content-Type", MANIFEST_TYPE)], manifest)
    }

    fn push(&self, repository: &str, tag: &str, image: &Pushed) {
        self.try_push(repository, tag, image).expect("an answer");
    }

    /// Pushes an image; none when the server goes away over it.
    fn try_push(&self, repository: &str, tag: &str, image: &Pushed) -> Option<()> {
        for blob in &image.blobs {
            let path = format!("/v2/{repository}/blobs/uploads/?digest={}", sha256(blob));
            let pushed = self.try_send("POST", &path, &[], blob)?;
            assert_eq!(pushed.status, 201, "{}", pushed.text());
        }
        let path = format!("/v2/{repository}/manifests/{tag}");
        let put =
            self.try_send("PUT", &path, &[("Content-Type", MANIFEST_TYPE)], &image.manifest)?;
        assert_eq!(put.status, 201, "{}", put.text());
        Some(())
    }

    /// That everything of an image is there and right.
    fn assert_whole(&self, repository: &str, reference: &str, image: &Pushed) {
        let manifest = self.get(&format!("/v2/{repository}/manifests/{reference}"));
        assert!(manifest.body == image.manifest, "{}", manifest.text());
        for blob in &image.blobs {
            let got = self.get(&format!("/v2/{repository}/blobs/{}", sha256(blob)));
            assert!(got.status == 200 && got.body == *blob, "{}", got.status);
        }
    }
}

impl Pushed {
    /// One that differs with its seed, with a layer of so many bytes.
    fn new(seed: u64, layer: usize) -> Self {
        Self::of(&format!("{{\"seed\":{seed}}}").into_bytes(), &noise(seed, layer), &json!({}))
    }

    fn of(config: &[u8], layer: &[u8], more: &Value) -> Self {
        let blobs = vec![config.to_vec(), layer.to_vec()];
        let entry = |kind: &str, bytes: &[u8]| json!({ "mediaType": kind, "digest": sha256(bytes), "size": bytes.len() });
        let mut manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": entry("application/vnd.oci.image.config.v1+json", config),
            "layers": [entry("application/vnd.oci.image.layer.v1.tar", layer)],
        });
        for (name, value) in more.as_object().unwrap() {
            manifest[name] = value.clone();
        }
        Self { manifest: manifest.to_string().into_bytes(), blobs }
    }

    fn digest(&self) -> Digest {
        sha256(&self.manifest)
    }

    fn descriptor(&self) -> Value {
        json!({ "mediaType": MANIFEST_TYPE, "digest": self.digest(), "size": self.manifest.len() })
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}
