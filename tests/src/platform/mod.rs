//! An upstream of everything that K-PaaS 1.7.0 is made of, for tests of the whole
//! release. It is made from a list of its own (`data/kpaas-1.7.0.txt`) and knows
//! nothing of the component definitions: what a definition gets wrong is not there.
//!
//! Upstream's own manifests are served where they lie beside the checkout, with
//! one change: a digest in the name of an image becomes that of the made-up image.
//! Everything else is small and made up, and the same in every run.

mod list;
mod made_up;

pub use list::{Entry, Kind};

use crate::upstream::{Image, Upstream};
use manifests::ImageRef;
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// Where the list and the overlay lie.
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data");

/// Where upstream's own manifests lie, as host/path, beside some checkouts.
const KNOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/upstream");

/// What K-PaaS 1.7.0 is made of.
#[derive(Debug, Clone)]
pub struct Platform {
    entries: Vec<Entry>,
    images: Vec<(ImageRef, Image)>,
}

impl Platform {
    /// Reads the list and makes its images up.
    pub fn kpaas() -> io::Result<Self> {
        let entries = list::read(&Path::new(DATA).join("kpaas-1.7.0.txt"))?;
        let images = entries.iter().filter(|entry| entry.kind == Kind::Image);
        let images = images.map(|entry| Ok((entry.image()?, made_up::image(&entry.source))));
        let images = images.collect::<io::Result<_>>()?;
        Ok(Self { entries, images })
    }

    /// The release file of K-PaaS.
    pub fn release() -> PathBuf {
        Path::new(DATA).join("../../manifests/releases/kpaas-1.7.0.yaml")
    }

    /// The overlay that takes the digests away to which made-up bytes cannot answer.
    pub fn overlay() -> PathBuf {
        Path::new(DATA).join("kpaas-1.7.0/unpinned.yaml")
    }

    /// Whether upstream's own manifests are at hand. Without them most are made up.
    pub fn has_known_manifests() -> bool {
        Path::new(KNOWN).exists()
    }

    /// Everything on the list.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What a bundle with these profiles holds: theirs and the base.
    pub fn taken<'a>(&'a self, profiles: &'a [&str]) -> impl Iterator<Item = &'a Entry> {
        let taken = |entry: &&Entry| entry.is_base() || profiles.contains(&entry.profile.as_str());
        self.entries.iter().filter(taken)
    }

    /// The profiles on the list.
    pub fn profiles(&self) -> BTreeSet<&str> {
        let optional = self.entries.iter().filter(|entry| !entry.is_base() && !entry.is_left_out());
        optional.map(|entry| entry.profile.as_str()).collect()
    }

    /// Puts everything on an upstream.
    pub fn publish(&self, upstream: &Upstream) -> io::Result<()> {
        for (name, image) in &self.images {
            upstream.put_image(name, image);
        }
        for entry in self.entries.iter().filter(|entry| entry.kind != Kind::Image) {
            upstream.put_file(&unescaped(&entry.source), self.bytes(entry)?);
        }
        Ok(())
    }

    /// The text of a mirrors file that leads to this upstream and to nowhere else.
    pub fn mirrors(&self, upstream: &Upstream) -> String {
        let files = self.entries.iter().filter(|entry| entry.kind != Kind::Image);
        let hosts: BTreeSet<_> = files.filter_map(|entry| entry.source.split('/').nth(2)).collect();
        let registries: BTreeSet<_> = self.images.iter().map(|(name, _)| name.registry()).collect();
        let (hosts, registries): (Vec<_>, Vec<_>) =
            (hosts.into_iter().collect(), registries.into_iter().collect());
        upstream.mirrors(&hosts, &registries)
    }

    /// The bytes of a file, manifest or chart.
    pub fn bytes(&self, entry: &Entry) -> io::Result<Vec<u8>> {
        Ok(match entry.kind {
            Kind::Manifest => self.manifest(entry)?.into_bytes(),
            Kind::Chart => made_up::chart(&entry.source, &entry.names),
            Kind::File | Kind::Image => made_up::file(&entry.source)?,
        })
    }

    /// The text of a manifest, or of what a chart comes to.
    pub fn text(&self, entry: &Entry) -> io::Result<String> {
        match entry.kind {
            Kind::Chart => Ok(made_up::manifest(&entry.names)),
            _ => self.manifest(entry),
        }
    }

    fn manifest(&self, entry: &Entry) -> io::Result<String> {
        let path = entry.source.trim_start_matches("https://");
        let known = Path::new(KNOWN).join(path);
        let name = Path::new(path).file_name().unwrap_or_default();
        let written = Path::new(DATA).join("kpaas-1.7.0").join(name);
        let text = match [known, written].iter().find(|path| path.exists()) {
            Some(path) => fs::read_to_string(path)?,
            None => made_up::manifest(&entry.names),
        };
        Ok(self.images.iter().fold(text, |text, image| with_digest(&text, image)))
    }
}

/// A server resolves escapes before it looks for a file.
fn unescaped(url: &str) -> String {
    url.replace("%2F", "/")
}

/// The same text with the digest of the made-up image wherever the image is named
/// with one.
fn with_digest(text: &str, (name, image): &(ImageRef, Image)) -> String {
    let named = format!("{name}@sha256:");
    let mut parts = text.split(&named);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |before, after| {
        let rest = after.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        format!("{before}{name}@{}{rest}", image.digest())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_manifest_shows_the_images_that_the_list_says() {
        let platform = Platform::kpaas().unwrap();
        let manifests = platform.entries.iter().filter(|entry| entry.kind == Kind::Manifest);
        for entry in manifests {
            let text = platform.manifest(entry).unwrap();
            for name in &entry.names {
                assert!(text.contains(&format!("image: {name}")), "{name} in {}", entry.source);
            }
        }
    }

    #[test]
    fn a_digest_in_a_manifest_is_that_of_the_made_up_image() {
        let name: ImageRef = "a.io/b:v1".parse().unwrap();
        let image = made_up::image("a.io/b:v1");
        let old = format!("image: a.io/b:v1@sha256:{}\nimage: a.io/b:v1\n", "0".repeat(64));
        let new = format!("image: a.io/b:v1@{}\nimage: a.io/b:v1\n", image.digest());
        assert_eq!(with_digest(&old, &(name, image)), new);
    }

    #[test]
    fn a_platform_is_the_same_every_time() {
        let [first, second] = [Platform::kpaas().unwrap(), Platform::kpaas().unwrap()];
        assert!(first.images == second.images);
    }
}
