//! A blob of the overlay, piece by piece: each chunk is read as a whole and held
//! against its hash, and only what was just hashed is handed on.

use super::{
    fingerprint::{CHUNK, Fingerprint, HASH},
    place::Place,
    root::Root,
};
use bytes::Bytes;
use manifests::Digest;
use std::{fs::File, io, ops::Range, os::unix::fs::FileExt};

/// Why a blob cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// The disk says no.
    #[error("cannot read {digest} of the overlay")]
    Read {
        /// The blob.
        digest: Digest,
        /// Why.
        source: io::Error,
    },
    /// Not the bytes that were pushed.
    #[error(
        "{digest} of the overlay is damaged at byte {at}; delete it from its repositories and push it again"
    )]
    Damaged {
        /// The blob.
        digest: Digest,
        /// Where the chunk begins, in bytes.
        at: u64,
    },
}

/// A blob that is there.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) digest: Digest,
    pub(super) size: u64,
    file: File,
    hashes: File,
}

impl Stored {
    /// Opens a blob; `None` when it is not there.
    pub(super) fn open(root: &Root, digest: &Digest) -> Result<Option<Self>, ReadError> {
        let cannot = |source| ReadError::Read { digest: digest.clone(), source };
        let file = match root.read(&Place::blob(digest)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(cannot(error)),
        };
        let size = file.metadata().map_err(cannot)?.len();
        let hashes = match root.read(&Place::chunks(digest)) {
            // The collector of garbage removes the blob first: it is not damaged, it is gone.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match root.look(&Place::blob(digest)).map_err(cannot)? {
                    Some(_) => return Err(cannot(error)),
                    None => return Ok(None),
                }
            }
            other => other.map_err(cannot)?,
        };
        let expected = size.div_ceil(CHUNK as u64) * HASH as u64;
        if hashes.metadata().map_err(cannot)?.len() != expected {
            return Err(ReadError::Damaged { digest: digest.clone(), at: 0 });
        }
        Ok(Some(Self { digest: digest.clone(), size, file, hashes }))
    }

    /// All of it in memory, held against its digest; for manifests.
    pub(super) fn bytes(self, limit: u64) -> Result<Vec<u8>, ReadError> {
        let damaged = ReadError::Damaged { digest: self.digest.clone(), at: 0 };
        if self.size > limit {
            return Err(damaged);
        }
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < self.size {
            bytes.extend_from_slice(&self.chunk(bytes.len() as u64)?);
        }
        match bundles::digest(&bytes, self.digest.algorithm()) == self.digest {
            true => Ok(bytes),
            false => Err(damaged),
        }
    }

    /// Bytes of it, to be sent.
    pub(super) fn pieces(self, range: Range<u64>) -> StoredPieces {
        StoredPieces { stored: self, left: range }
    }

    /// The chunk that begins at this byte.
    fn chunk(&self, at: u64) -> Result<Vec<u8>, ReadError> {
        let length = usize::try_from((self.size - at).min(CHUNK as u64)).expect("at most a chunk");
        let (mut bytes, mut expected) = (vec![0; length], [0; HASH]);
        let place = at / CHUNK as u64 * HASH as u64;
        let read = self.file.read_exact_at(&mut bytes, at);
        let read = read.and_then(|()| self.hashes.read_exact_at(&mut expected, place));
        read.map_err(|source| ReadError::Read { digest: self.digest.clone(), source })?;
        match Fingerprint::of_chunk(&bytes) == expected {
            true => Ok(bytes),
            false => Err(ReadError::Damaged { digest: self.digest.clone(), at }),
        }
    }
}

/// The bytes of a range, one chunk after the other.
#[derive(Debug)]
pub(super) struct StoredPieces {
    stored: Stored,
    left: Range<u64>,
}

impl StoredPieces {
    /// The next ones, at most a MiB; `None` at the end.
    pub(super) fn next_piece(&mut self) -> Result<Option<Bytes>, ReadError> {
        if self.left.is_empty() {
            return Ok(None);
        }
        let start = self.left.start / CHUNK as u64 * CHUNK as u64;
        let chunk = Bytes::from(self.stored.chunk(start)?);
        let first = usize::try_from(self.left.start - start).expect("inside a chunk");
        let end = (self.left.end - start).min(chunk.len() as u64);
        let end = usize::try_from(end).expect("inside a chunk");
        self.left.start = start + end as u64;
        Ok(Some(chunk.slice(first..end)))
    }
}
