//! A download under way: a file that grows, the hash of what is in it, and a
//! note that says where the bytes came from. All of it survives a kill; what
//! was written is hashed again before anything is appended.

use super::{Cache, CacheError, Destination, KeyLock, files};
use bundles::{BlobHasher, Place};
use manifests::{Algorithm, Digest};
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};
use url::Url;

/// Where the bytes of a partial download came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Note {
    /// The URL that was asked, after mirrors.
    pub url: Url,
    /// What `If-Range` must say for the rest to belong to the same bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validator: Option<String>,
    /// Which boot of this machine wrote them: a power cut may leave holes that
    /// only a digest known beforehand can reveal.
    pub boot: String,
}

impl Note {
    /// A note of this boot.
    pub fn new(url: &Url, validator: Option<String>) -> Self {
        Self { url: url.clone(), validator, boot: this_boot() }
    }

    /// Whether the machine has run without a break since.
    pub fn is_of_this_boot(&self) -> bool {
        self.boot == this_boot()
    }
}

/// A download under way. Blocking: use it on a thread that may block.
#[derive(Debug)]
pub struct Partial {
    cache: Cache,
    path: PathBuf,
    /// None when the bytes go to `place` alone.
    file: Option<File>,
    hasher: BlobHasher,
    algorithm: Algorithm,
    note: Option<Note>,
    /// Where the bytes go too. When the cache has them as well, a bundle that
    /// cannot be written is told about when it is packed.
    place: Option<Place>,
    _lock: KeyLock,
}

impl Partial {
    /// Opens or begins the download of a key and hashes what is there already.
    /// Every byte goes to the destination.
    pub fn open(
        cache: &Cache,
        key: &str,
        lock: KeyLock,
        algorithm: Algorithm,
        destination: Destination,
    ) -> Result<Self, CacheError> {
        let path = cache.root().join("partial").join(key);
        let Destination { place, only_there } = destination;
        let (hasher, cache) = (BlobHasher::new(algorithm), cache.clone());
        let (file, note) = (None, None);
        let mut partial = Self { cache, path, file, hasher, algorithm, note, place, _lock: lock };
        if !only_there {
            partial.take_what_is_here()?;
        }
        Ok(partial)
    }

    fn take_what_is_here(&mut self) -> Result<(), CacheError> {
        let mut options = OpenOptions::new();
        let options = options.create(true).truncate(false).read(true).write(true);
        let mut file = options.open(&self.path).map_err(CacheError::io("create", &self.path))?;
        self.note = read_note(&self.path);
        let mut buffer = vec![0; 1 << 20];
        loop {
            match file.read(&mut buffer).map_err(CacheError::io("read", &self.path))? {
                0 => break,
                read => self.take(&buffer[..read])?,
            }
        }
        self.file = Some(file);
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), CacheError> {
        self.hasher.update(bytes);
        let Some(place) = &mut self.place else { return Ok(()) };
        match place.append(bytes) {
            Err(source) if self.file.is_none() => Err(CacheError::Landing(source)),
            Err(_) => {
                self.place = None;
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// How many bytes are here.
    pub fn size(&self) -> u64 {
        self.hasher.bytes()
    }

    /// Where they came from; none when nothing is here.
    pub fn note(&self) -> Option<&Note> {
        self.note.as_ref().filter(|_| self.size() > 0)
    }

    /// Begins anew: what was here does not belong to what comes.
    pub fn restart(&mut self, note: Note) -> Result<(), CacheError> {
        self.hasher = BlobHasher::new(self.algorithm);
        self.place.iter_mut().for_each(Place::restart);
        if let Some(file) = &mut self.file {
            let emptied = file.set_len(0).and_then(|()| file.rewind());
            emptied.map_err(CacheError::io("truncate", &self.path))?;
            let text = serde_json::to_vec(&note).expect("a note is plain text");
            files::write_whole(&note_path(&self.path), &text)?;
        }
        self.note = Some(note);
        Ok(())
    }

    /// Appends bytes.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), CacheError> {
        if let Some(file) = &mut self.file {
            file.write_all(bytes).map_err(CacheError::io("write", &self.path))?;
        }
        self.take(bytes)
    }

    /// Makes it a blob, once every byte is here. Bytes that are not what was
    /// expected are thrown away, for no continuation can make them right.
    /// Gives its digest and its size in bytes.
    pub fn commit(self, expected: Option<&Digest>) -> Result<(Digest, u64), CacheError> {
        let size = self.size();
        let (found, sha256) = self.hasher.clone().finish();
        match expected {
            Some(expected) if *expected != found => {
                let expected = expected.clone();
                self.discard()?;
                Err(CacheError::WrongBytes { expected, found, size })
            }
            _ => {
                let landed = self.place.map_or(Ok(()), |place| place.done(&sha256));
                if self.file.is_some() {
                    // One that has not landed is packed out of the cache.
                    files::rename(&self.path, &self.cache.place(&found))?;
                    files::remove(&note_path(&self.path))?;
                } else {
                    landed.map_err(CacheError::Landing)?;
                }
                Ok((found, size))
            }
        }
    }

    /// Throws the bytes away.
    pub fn discard(self) -> Result<(), CacheError> {
        if self.file.is_none() {
            return Ok(());
        }
        files::remove(&self.path)?;
        files::remove(&note_path(&self.path))
    }
}

/// The kernel's name for this boot; the same for all where it tells none.
fn this_boot() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

fn note_path(path: &Path) -> PathBuf {
    path.with_added_extension("json")
}

/// Bytes without a readable note are bytes from anywhere: not worth keeping.
fn read_note(path: &Path) -> Option<Note> {
    serde_json::from_slice(&std::fs::read(note_path(path)).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn open(cache: &Cache) -> Partial {
        let lock = KeyLock::acquire(cache, "k").await.unwrap();
        Partial::open(cache, "k", lock, Algorithm::Sha256, Destination::default()).unwrap()
    }

    fn note() -> Note {
        Note::new(&"https://example.org/a".parse().unwrap(), Some("\"1\"".into()))
    }

    #[tokio::test]
    async fn a_download_continues_where_a_killed_builder_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let mut first = open(&cache).await;
        first.restart(note()).unwrap();
        first.append(b"hel").unwrap();
        drop(first);
        let mut second = open(&cache).await;
        assert_eq!((second.size(), second.note()), (3, Some(&note())));
        second.append(b"lo").unwrap();
        let expected = bundles::sha256(b"hello");
        second.commit(Some(&expected)).unwrap();
        assert_eq!(std::fs::read(cache.blob_path(&expected).unwrap()).unwrap(), b"hello");
        assert_eq!(std::fs::read_dir(folder.path().join("partial")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn wrong_bytes_never_become_a_blob_and_are_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let mut partial = open(&cache).await;
        partial.restart(note()).unwrap();
        partial.append(b"evil").unwrap();
        let expected = bundles::sha256(b"good");
        let error = partial.commit(Some(&expected)).unwrap_err();
        assert!(matches!(error, CacheError::WrongBytes { size: 4, .. }), "{error}");
        assert_eq!(cache.blob_path(&expected), None);
        assert_eq!(open(&cache).await.size(), 0);
    }
}
