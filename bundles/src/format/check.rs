//! What a manifest must satisfy beyond its grammar. A reader refuses what fails
//! here, whoever signed it; the writer asks too, before it begins.

use super::{
    CHUNK_SIZE, FRAME_PLAIN, MAX_HEADER, entry, frame,
    manifest::{BlobRecord, BundleManifest, Encoding, Kind, NameRecord, frame_plain_sizes},
    repository,
};
use manifests::{Algorithm, ImageRef};
use std::collections::{BTreeMap, BTreeSet};

impl BundleManifest {
    /// The text says what is wrong.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.check_texts()?;
        self.check_sizes()?;
        self.check_layout()?;
        self.check_names()?;
        let blobs = self.blobs.iter().map(|blob| &blob.digest).collect();
        repository::check(&self.repositories, &blobs)?;
        self.check_omitted()
    }

    /// Texts end up in files for people, on screens and in HTTP headers.
    fn check_texts(&self) -> Result<(), String> {
        let blobs = self.blobs.iter();
        let inside = blobs.flat_map(|blob| blob.users.iter().chain([&blob.media_type]));
        let mut texts = [&self.opens_with, &self.encoder, &self.title].into_iter().chain(inside);
        match texts.find(|text| text.contains(char::is_control)) {
            Some(text) => Err(format!("{text:?} holds a control character")),
            None => Ok(()),
        }
    }

    fn check_sizes(&self) -> Result<(), String> {
        // That it is the right size is found when the header is made again.
        if self.header_size > MAX_HEADER {
            return Err(format!("a header of {} bytes is out of bounds", self.header_size));
        }
        let chunks = self.payload_size.div_ceil(CHUNK_SIZE);
        if self.chunks.len() as u64 != chunks {
            let found = self.chunks.len();
            return Err(format!("expected {chunks} chunk hashes, found {found}"));
        }
        let hex = |hash: &String| {
            hash.len() == 64 && hash.bytes().all(|b| b"0123456789abcdef".contains(&b))
        };
        match self.chunks.iter().find(|hash| !hex(hash)) {
            Some(hash) => Err(format!("`{hash}` is not a chunk hash")),
            None => Ok(()),
        }
    }

    /// Frames lie end to end, in the one order and of the one size that the
    /// encoding allows, and the archive's end fills the rest.
    fn check_layout(&self) -> Result<(), String> {
        let mut next = 0u64;
        let mut seen = BTreeSet::new();
        let mut last = None;
        for blob in &self.blobs {
            let fault = |what: &str| Err(format!("blob {}: {what}", blob.digest));
            if !seen.insert(&blob.digest) {
                return fault("it is listed twice");
            }
            let place = (blob.encoding, &blob.digest);
            if last.replace(place).is_some_and(|last| last >= place) {
                return fault("it is out of order");
            }
            if blob.offset != next {
                return fault("its frames do not follow those before it");
            }
            if !frames_fit(blob) {
                return fault("its frames cannot hold it");
            }
            if !sums_fit(blob) {
                return fault("a SHA-256 stands beside another digest, and only there");
            }
            match blob.stored_size().and_then(|size| next.checked_add(size)) {
                Some(end) if end <= self.payload_size => next = end,
                _ => return fault("it ends after the payload"),
            }
        }
        let end = frame::stored_len(entry::END).expect("1024 fits");
        match self.payload_size.checked_sub(next) {
            Some(rest) if rest == end => Ok(()),
            _ => Err(format!("expected {end} bytes after the last blob")),
        }
    }

    fn check_names(&self) -> Result<(), String> {
        let blobs: BTreeMap<_, _> = self.blobs.iter().map(|blob| (&blob.digest, blob)).collect();
        if !self.names.is_sorted_by(|a, b| a.name < b.name) {
            return Err("names are not sorted, or one is there twice".into());
        }
        if let Some(name) = self.names.iter().find(|name| !is_name(name)) {
            return Err(format!("{:?} is not a name for {}", name.name, name.digest));
        }
        match self.names.iter().find(|name| !blobs.contains_key(&name.digest)) {
            Some(name) => {
                Err(format!("`{}` stands for {}, which is not here", name.name, name.digest))
            }
            None if !blobs.contains_key(&self.lockfile) => Err("the lockfile is not here".into()),
            None => Ok(()),
        }
    }

    fn check_omitted(&self) -> Result<(), String> {
        if !self.omitted.is_sorted_by(|a, b| a < b) {
            return Err("what is omitted is not sorted, or is there twice".into());
        }
        let blobs: BTreeSet<_> = self.blobs.iter().map(|blob| &blob.digest).collect();
        match self.omitted.iter().find(|digest| blobs.contains(digest)) {
            Some(digest) => Err(format!("{digest} is called omitted and is here")),
            None => Ok(()),
        }
    }
}

/// Images bear the whole name they are pulled by; everything else a name
/// without a registry, which no image can have.
fn is_name(record: &NameRecord) -> bool {
    let Ok(name) = record.name.parse::<ImageRef>() else { return false };
    let printed = name.to_string();
    let digest = name.digest().is_none_or(|digest| *digest == record.digest);
    digest
        && match record.kind {
            Kind::Image => printed == record.name,
            _ => printed.strip_prefix("docker.io/") == Some(&record.name),
        }
}

fn sums_fit(blob: &BlobRecord) -> bool {
    match &blob.sha256 {
        None => blob.digest.algorithm() == Algorithm::Sha256,
        Some(sum) => {
            blob.digest.algorithm() != Algorithm::Sha256 && sum.algorithm() == Algorithm::Sha256
        }
    }
}

fn frames_fit(blob: &BlobRecord) -> bool {
    let Some(len) = blob.entry_len() else { return false };
    match blob.encoding {
        Encoding::Stored => frame::stored_len(len).is_some_and(|size| blob.frames == [size]),
        Encoding::Zstd => {
            let plain = frame_plain_sizes(len);
            let bound = |plain: u64| zstd::zstd_safe::compress_bound(plain as usize) as u64;
            blob.frames.len() as u64 == len.div_ceil(FRAME_PLAIN)
                && blob
                    .frames
                    .iter()
                    .zip(plain)
                    .all(|(size, plain)| (1..=bound(plain)).contains(size))
        }
    }
}
