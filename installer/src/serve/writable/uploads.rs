//! What is still arriving. Every byte goes to a file at once, so an upload goes on
//! after a restart of client or server; the hashes are worked out on the way, or
//! once more from the file when they were lost.

use super::{
    fingerprint::Fingerprint,
    overlay::Overlay,
    place::{self, Place, UPLOADS, UploadId},
    refusal::WriteRefusal,
    root::Root,
};
use crate::serve::names::RepositoryName;
use aws_lc_rs::rand;
use bytes::Bytes;
use manifests::{Algorithm, Digest};
use std::{
    collections::HashMap,
    io::{self, Write},
    os::unix::fs::FileExt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};
use tokio::sync::Mutex as AsyncMutex;

/// How long an upload may be left alone.
pub(super) const AGE: Duration = Duration::from_hours(24);
/// How long when many others are open.
const IDLE: Duration = Duration::from_mins(15);
/// Uploads that may be open at once.
const OPEN: usize = 256;
/// Bytes that are hashed once more before others get their turn.
const STEP: usize = 8 << 20;

/// All uploads that are open.
#[derive(Debug)]
pub(super) struct Uploads(Mutex<HashMap<Key, Shared>>);

type Key = (RepositoryName, UploadId);

/// An upload that several requests may ask for; one at a time gets it.
pub(super) type Shared = Arc<AsyncMutex<Upload>>;

/// A blob that is not all there yet.
#[derive(Debug)]
pub(super) struct Upload {
    place: Place,
    key: Key,
    /// Bytes that have arrived.
    pub(super) length: u64,
    /// Behind them when hashing has to begin anew.
    fingerprint: Fingerprint,
    touched: SystemTime,
    open: bool,
}

impl Uploads {
    /// Those that an earlier server left.
    pub(super) fn find(root: &Root) -> io::Result<Self> {
        let mut found = HashMap::new();
        let all = Place::top(UPLOADS);
        for folder in root.list(&all)? {
            let Some(name) = place::decoded(&folder) else { continue };
            for file in root.list(&all.below(&folder))? {
                let Ok(id) = file.parse::<UploadId>() else { continue };
                let Some(look) = root.look(&Place::upload(&name, &id))? else { continue };
                let upload = Upload::new(&name, &id, look.size, look.changed);
                found.insert((name.clone(), id), Arc::new(AsyncMutex::new(upload)));
            }
        }
        Ok(Self(Mutex::new(found)))
    }

    /// An open upload.
    pub(super) fn get(&self, name: &RepositoryName, id: &UploadId) -> Result<Shared, WriteRefusal> {
        let found = self.all().get(&(name.clone(), id.clone())).cloned();
        found.ok_or(WriteRefusal::UploadUnknown)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Key, Shared>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Overlay {
    /// Begins an upload; those that were left alone too long make room for it.
    pub(super) fn begin(
        &self,
        name: &RepositoryName,
        algorithm: Algorithm,
    ) -> Result<(UploadId, Shared), WriteRefusal> {
        let now = SystemTime::now();
        self.sweep(now, if self.uploads.all().len() < OPEN { AGE } else { IDLE });
        let mut random = [0; 16];
        let filled = rand::fill(&mut random);
        filled.map_err(|_unspecified| self.broken(&io::Error::other("no random numbers")))?;
        let id = UploadId::new(random);
        let mut upload = Upload::new(name, &id, 0, SystemTime::now());
        upload.fingerprint = Fingerprint::new(algorithm);
        let shared = Arc::new(AsyncMutex::new(upload));
        let mut all = self.uploads.all();
        if all.len() >= OPEN {
            return Err(WriteRefusal::TooMany);
        }
        self.root.create(&Place::upload(name, &id)).map_err(|error| self.broken(&error))?;
        all.insert((name.clone(), id.clone()), Arc::clone(&shared));
        Ok((id, shared))
    }

    /// Forgets uploads that nobody has touched for long.
    pub(super) fn sweep(&self, now: SystemTime, patience: Duration) {
        let all: Vec<_> = self.uploads.all().values().cloned().collect();
        for shared in all {
            // Whoever has it now is at work on it.
            let Ok(mut upload) = shared.try_lock() else { continue };
            if now.duration_since(upload.touched).is_ok_and(|age| age > patience) {
                self.cancel(&mut upload);
            }
        }
    }

    /// Forgets an upload and what has arrived of it.
    pub(super) fn cancel(&self, upload: &mut Upload) {
        if !std::mem::take(&mut upload.open) {
            return;
        }
        self.uploads.all().remove(&upload.key);
        match self.root.remove(&upload.place) {
            Ok(_) => self.quota.give_back(upload.length),
            // It stays until the next start or the collector removes it.
            Err(error) => drop(self.broken(&error)),
        }
    }

    /// Appends bytes. When they cannot be kept the upload is over: half of them
    /// would be worth nothing, and would take the room of others.
    pub(super) fn append(&self, upload: &mut Upload, pieces: &[Bytes]) -> Result<(), WriteRefusal> {
        if !upload.open {
            return Err(WriteRefusal::UploadUnknown);
        }
        let more: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        let kept = self
            .quota
            .grow(&self.root, upload.length, upload.length + more)
            .and_then(|()| upload.append(&self.root, pieces).map_err(|error| self.lost(&error)));
        if kept.is_err() {
            self.cancel(upload);
        }
        kept
    }

    /// What a client hears when its upload cannot be gone on with. The collector of
    /// garbage may have removed it.
    fn lost(&self, error: &io::Error) -> WriteRefusal {
        match error.kind() {
            io::ErrorKind::NotFound => WriteRefusal::UploadUnknown,
            _ => self.broken(error),
        }
    }

    /// Hashes anew what was not hashed on the way, a few bytes at a time; whether
    /// that is done.
    pub(super) fn catch_up(
        &self,
        upload: &mut Upload,
        algorithm: Algorithm,
    ) -> Result<bool, WriteRefusal> {
        if !upload.open {
            return Err(WriteRefusal::UploadUnknown);
        }
        if !upload.fingerprint.tells(algorithm) {
            upload.fingerprint = Fingerprint::new(algorithm);
        }
        upload.catch_up(&self.root).map_err(|error| self.lost(&error))
    }

    /// Makes a blob of an upload whose hashes are all there.
    pub(super) fn finish(&self, upload: &mut Upload, digest: &Digest) -> Result<(), WriteRefusal> {
        let fingerprint = Fingerprint::new(digest.algorithm());
        let (found, chunks) = std::mem::replace(&mut upload.fingerprint, fingerprint).finish();
        if found != *digest {
            self.cancel(upload);
            return Err(WriteRefusal::Digest(format!(
                "the bytes that arrived are {found}, not {digest}; they were not kept"
            )));
        }
        let kept = self.settle(upload, digest, &chunks);
        if kept.is_err() {
            self.cancel(upload);
        }
        upload.open = false;
        self.uploads.all().remove(&upload.key);
        kept
    }

    /// The hashes of the chunks come first: a blob that can be seen can be read.
    fn settle(&self, upload: &Upload, digest: &Digest, chunks: &[u8]) -> Result<(), WriteRefusal> {
        let broken = |error: io::Error| self.broken(&error);
        self.root.write(&upload.place).and_then(|file| file.sync_all()).map_err(broken)?;
        self.put(&Place::chunks(digest), chunks)?;
        let place = Place::blob(digest);
        let before = self.root.look(&place).map_err(broken)?;
        self.root.rename(&upload.place, &place).map_err(broken)?;
        if let Some(before) = before {
            self.quota.give_back(before.size);
        }
        Ok(())
    }
}

impl Upload {
    fn new(name: &RepositoryName, id: &UploadId, length: u64, touched: SystemTime) -> Self {
        Self {
            place: Place::upload(name, id),
            key: (name.clone(), id.clone()),
            length,
            fingerprint: Fingerprint::new(Algorithm::Sha256),
            touched,
            open: true,
        }
    }

    fn append(&mut self, root: &Root, pieces: &[Bytes]) -> io::Result<()> {
        let mut file = root.write(&self.place)?;
        // Whatever a write that failed left behind the last good byte goes away.
        file.set_len(self.length)?;
        io::Seek::seek(&mut file, io::SeekFrom::Start(self.length))?;
        let in_step = self.fingerprint.bytes() == self.length;
        for piece in pieces {
            file.write_all(piece)?;
            self.length += piece.len() as u64;
            if in_step {
                self.fingerprint.update(piece);
            }
        }
        self.touched = SystemTime::now();
        Ok(())
    }

    fn catch_up(&mut self, root: &Root) -> io::Result<bool> {
        let behind = self.length - self.fingerprint.bytes();
        if behind == 0 {
            return Ok(true);
        }
        let count = usize::try_from(behind).unwrap_or(STEP).min(STEP);
        let mut bytes = vec![0; count];
        root.read(&self.place)?.read_exact_at(&mut bytes, self.fingerprint.bytes())?;
        self.fingerprint.update(&bytes);
        Ok(self.fingerprint.bytes() == self.length)
    }
}
