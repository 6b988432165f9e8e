//! The bytes of a blob on their way: hashed as they pass, with the blob's size as
//! a ceiling; and its tar entry, which has more in front and behind.

use super::WriteError;
use crate::{
    format::{entry, manifest::BlobRecord},
    hash::BlobHasher,
};
use manifests::Digest;
use std::io::{self, Cursor, Read, Take};

/// The bytes of a blob.
pub(super) struct Content<'a> {
    source: Take<Box<dyn Read + Send + 'a>>,
    hasher: BlobHasher,
    record: &'a BlobRecord,
}

impl<'a> Content<'a> {
    pub(super) fn new(record: &'a BlobRecord, source: Box<dyn Read + Send + 'a>) -> Self {
        let hasher = BlobHasher::new(record.digest.algorithm());
        Self { source: source.take(record.size), hasher, record }
    }

    /// Compares what passed with what the record says; gives the SHA-256.
    pub(super) fn finish(mut self) -> Result<Digest, WriteError> {
        let (record, mut more) = (self.record, [0; 1]);
        let mut rest = self.source.into_inner();
        if self.hasher.bytes() == record.size && rest.read(&mut more).is_ok_and(|n| n > 0) {
            self.hasher.update(&more);
        }
        let found_size = self.hasher.bytes();
        let (found, sha256) = self.hasher.finish();
        if found == record.digest && found_size == record.size {
            return Ok(sha256);
        }
        Err(WriteError::Differs {
            user: record.first_user().to_owned(),
            expected: record.digest.clone(),
            expected_size: record.size,
            found,
            found_size,
        })
    }
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

/// The tar entry of a blob: prefix, content, padding.
pub(super) struct EntryReader<'a> {
    prefix: Cursor<Vec<u8>>,
    content: Content<'a>,
    padding: Take<io::Repeat>,
}

impl<'a> EntryReader<'a> {
    pub(super) fn new(content: Content<'a>) -> Self {
        let record = content.record;
        Self {
            prefix: Cursor::new(entry::prefix(&record.digest.layout_path(), record.size)),
            content,
            padding: io::repeat(0).take(entry::padding(record.size)),
        }
    }

    /// See [`Content::finish`].
    pub(super) fn finish(self) -> Result<Digest, WriteError> {
        self.content.finish()
    }
}

impl Read for EntryReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let prefix = self.prefix.read(buffer)?;
        if prefix > 0 || buffer.is_empty() {
            return Ok(prefix);
        }
        let content = self.content.read(buffer)?;
        if content > 0 {
            return Ok(content);
        }
        // A source that ends early is told by `finish`; padding it would only
        // hide that from whoever reads on.
        match self.content.source.limit() {
            0 => self.padding.read(buffer),
            _ => Ok(0),
        }
    }
}
