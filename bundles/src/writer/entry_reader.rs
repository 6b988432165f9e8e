//! The tar entry of a blob as a stream: prefix, content, padding. The content
//! is hashed as it passes, and its size is a ceiling.

use super::WriteError;
use crate::{
    format::{entry, manifest::BlobRecord},
    hash::BlobHasher,
};
use manifests::Digest;
use std::io::{self, Cursor, Read, Take};

pub(super) struct EntryReader<'a> {
    prefix: Cursor<Vec<u8>>,
    content: Take<Box<dyn Read + Send + 'a>>,
    hasher: BlobHasher,
    size: u64,
    padding: Take<io::Repeat>,
}

impl<'a> EntryReader<'a> {
    pub(super) fn new(record: &BlobRecord, content: Box<dyn Read + Send + 'a>) -> Self {
        let size = record.size;
        Self {
            prefix: Cursor::new(entry::prefix(&record.digest.layout_path(), size)),
            content: content.take(size),
            hasher: BlobHasher::new(record.digest.algorithm()),
            size,
            padding: io::repeat(0).take(entry::padding(size)),
        }
    }

    /// Compares what passed with what the record says; gives the SHA-256 when
    /// another algorithm names the blob.
    pub(super) fn finish(
        mut self,
        record: &BlobRecord,
    ) -> Result<Option<(Digest, Digest)>, WriteError> {
        let mut more = [0; 1];
        let mut rest = self.content.into_inner();
        let too_long =
            self.hasher.bytes() == self.size && rest.read(&mut more).is_ok_and(|n| n > 0);
        if too_long {
            self.hasher.update(&more);
        }
        let found_size = self.hasher.bytes();
        let (found, sha256) = self.hasher.finish();
        if found != record.digest || found_size != record.size {
            return Err(WriteError::Differs {
                user: record.first_user().to_owned(),
                expected: record.digest.clone(),
                expected_size: record.size,
                found,
                found_size,
            });
        }
        Ok((sha256 != found).then_some((found, sha256)))
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
            self.hasher.update(&buffer[..content]);
            return Ok(content);
        }
        // A source that ends early is told by `finish`; padding it would only
        // hide that from whoever reads on.
        match self.content.limit() {
            0 => self.padding.read(buffer),
            _ => Ok(0),
        }
    }
}
