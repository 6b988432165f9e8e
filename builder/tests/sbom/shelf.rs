//! A shelf of blobs, and a lockfile that names them.

use builder::{
    cache::Cache,
    sbom::{self, Blobs, Graph, ItemKind, Options, SbomError, Subject},
};
use bundles::BlobSource;
use flate2::{Compression, write::GzEncoder};
use journeys::debs;
use manifests::{Digest, SbomFormat, event::Silent, lockfile::Lockfile};
use serde_json::Value;
use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{self, Cursor, Read, Write as _},
    path::Path,
    sync::atomic::AtomicBool,
    time::UNIX_EPOCH,
};
use tar::{Builder, EntryType, Header};

pub(crate) const STATUS: &str = "var/lib/dpkg/status";
pub(crate) const OS_RELEASE: (&str, &str) = ("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");

/// Blobs by digest, and lines of a lockfile.
#[derive(Default)]
pub(crate) struct Shelf {
    blobs: HashMap<Digest, Vec<u8>>,
    files: String,
    images: String,
    more: String,
    systems: String,
}

impl BlobSource for Shelf {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        let blob = self.blobs.get(digest).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(blob)))
    }
}

impl Shelf {
    /// An image for amd64 of these layers, the lowest first.
    pub(crate) fn image(mut self, name: &str, layers: Vec<Vec<u8>>) -> Self {
        let manifest = bundles::sha256(name.as_bytes());
        write!(
            self.images,
            "- name: {name}\n  component: demo\n  version: v1\n  digest: {manifest}\n  size: 9\n  \
             media-type: m\n  manifests:\n  - platform: linux/amd64\n    digest: {manifest}\n    \
             size: 9\n    media-type: m\n    config: {{digest: {manifest}, size: 9, media-type: c}}\n    layers:\n"
        )
        .unwrap();
        for layer in layers {
            let digest = bundles::sha256(&layer);
            let size = layer.len();
            writeln!(self.images, "    - {{digest: {digest}, size: {size}, media-type: t}}")
                .unwrap();
            self.blobs.insert(digest, layer);
        }
        self
    }

    pub(crate) fn file(mut self, name: &str, bytes: Vec<u8>) -> Self {
        let (digest, size) = (bundles::sha256(&bytes), bytes.len());
        writeln!(
            self.files,
            "- {{kind: file, component: demo, version: v1, name: {name}, arch: amd64, \
             source: 'https://example.org/{name}', size: {size}, digest: '{digest}', media-type: t}}"
        )
        .unwrap();
        self.blobs.insert(digest, bytes);
        self
    }

    pub(crate) fn licence(mut self, licence: &str) -> Self {
        self.more = format!(
            "catalog:\n- {{component: demo, version: v1, title: T, homepage: 'https://d.io', licence: {licence}}}\n"
        );
        self
    }

    /// Two packages for hosts with Debian 12.
    pub(crate) fn packages(mut self) -> Self {
        self.systems += "systems:\n";
        self.systems += &debs::system("debian-12", "amd64", UNIX_EPOCH);
        for naming in [("conntrack", "1:1.4.7-1+b2", "amd64"), ("adduser", "3.134", "all")] {
            let source = format!("https://debian.example/{}.deb", naming.0);
            let digest = bundles::sha256(naming.0.as_bytes()).to_string();
            self.systems += &debs::package(naming, &source, 1000, &digest);
        }
        self
    }

    /// Other bytes under the name of those that are there.
    pub(crate) fn damage(&mut self) {
        self.blobs.values_mut().for_each(|blob| *blob.last_mut().unwrap() ^= 1);
    }

    pub(crate) fn clear(&mut self) {
        self.blobs.clear();
    }

    fn text(&self) -> String {
        let list = |name: &str, lines: &str| match lines {
            "" => format!("{name}: []\n"),
            lines => format!("{name}:\n{lines}"),
        };
        format!(
            "format: bottari.lock/v1\nrelease: demo\nversion: '1'\nserial: 1\ntitle: Demo\n\
             arches: [amd64]\ncompression-level: 3\n{}{}{}{}",
            self.more,
            self.systems,
            list("files", &self.files),
            list("images", &self.images)
        )
    }

    pub(crate) fn look(&self, jobs: usize, cache: Option<&Cache>) -> Result<Seen, SbomError> {
        let text = self.text();
        let lockfile = Lockfile::parse(Path::new("demo.lock"), &text).unwrap();
        let digest = bundles::sha256(text.as_bytes());
        let subject = Subject { lockfile: &lockfile, digest: &digest };
        let (stop, reporter) = (AtomicBool::new(false), Silent);
        let options = Options { jobs, stop: &stop, reporter: &reporter };
        let graph = sbom::graph(subject, Blobs { source: self, cache }, options)?;
        let formats = [SbomFormat::Cyclonedx, SbomFormat::Spdx];
        let documents = formats.map(|format| sbom::document(subject, &graph, format).text);
        Ok(Seen { graph, documents })
    }

    pub(crate) fn seen(&self) -> Seen {
        self.look(2, None).unwrap()
    }
}

/// What came out.
pub(crate) struct Seen {
    pub(crate) graph: Graph,
    /// `CycloneDX` and SPDX.
    pub(crate) documents: [Vec<u8>; 2],
}

impl Seen {
    pub(crate) fn cyclonedx(&self) -> Value {
        serde_json::from_slice(&self.documents[0]).unwrap()
    }

    pub(crate) fn spdx(&self) -> Value {
        serde_json::from_slice(&self.documents[1]).unwrap()
    }

    /// Names of a kind, sorted.
    pub(crate) fn names(&self, kind: ItemKind) -> Vec<String> {
        let items = self.graph.items().filter(|(_, item)| item.kind == kind);
        let mut names: Vec<_> = items.map(|(_, item)| item.name.clone()).collect();
        names.sort();
        names
    }

    pub(crate) fn purls(&self, kind: ItemKind) -> Vec<String> {
        let items = self.graph.items().filter(|(_, item)| item.kind == kind);
        items.filter_map(|(_, item)| item.purl.clone()).collect()
    }

    pub(crate) fn unread(&self) -> Vec<String> {
        self.graph.incomplete().flat_map(|(_, item)| item.unread.clone()).collect()
    }
}

/// A plain tar archive of files.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        tar.append_data(&mut header, path, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

/// A tar archive with one entry that has no content.
pub(crate) fn special(kind: EntryType, path: &str, target: &str) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(0);
    let mut tar = Builder::new(Vec::new());
    match target {
        "" => tar.append_data(&mut header, path, io::empty()).unwrap(),
        target => tar.append_link(&mut header, path, target).unwrap(),
    }
    tar.into_inner().unwrap()
}

pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// A gzipped layer of files.
pub(crate) fn layer(files: &[(&str, &[u8])]) -> Vec<u8> {
    gzip(&tar(files))
}

/// The status file of installed packages.
pub(crate) fn status(names: &[&str]) -> Vec<u8> {
    let stanza = |name: &&str| {
        format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2-3+b1\n\n"
        )
    };
    names.iter().map(stanza).collect::<String>().into_bytes()
}

/// A small 64-bit ELF file of which the writable segment begins with Go's build
/// info, behind `before` bytes of something else.
pub(crate) fn go_program(modules: &str, before: usize) -> Vec<u8> {
    let list = format!("0123456789abcdef{modules}0123456789abcdef");
    let mut data = vec![0u8; before.next_multiple_of(16)];
    data.extend_from_slice(b"\xff Go buildinf:\x08\x02");
    data.resize(data.len() + 16, 0);
    for text in ["go1.25.4", &list] {
        let mut length = text.len();
        while length >= 0x80 {
            data.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            length >>= 7;
        }
        data.push(u8::try_from(length).unwrap());
        data.extend_from_slice(text.as_bytes());
    }
    elf(&data)
}

/// An ELF file with one segment, which is writable and holds `data`.
pub(crate) fn elf(data: &[u8]) -> Vec<u8> {
    const START: usize = 8192;
    let mut elf = vec![0; START];
    elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
    let mut put = |at: usize, value: u64, length: usize| {
        elf[at..at + length].copy_from_slice(&value.to_le_bytes()[..length]);
    };
    put(32, 64, 8);
    put(54, 56, 2);
    put(56, 1, 2);
    put(64, 1, 4);
    put(68, 6, 4);
    put(72, START as u64, 8);
    put(96, data.len() as u64, 8);
    elf.extend_from_slice(data);
    elf
}
