//! The cache as a source of blobs.

use super::Cache;
use bundles::BlobSource;
use manifests::Digest;
use std::{
    fs::File,
    io::{self, Read},
};

impl BlobSource for Cache {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        let path = self.blob_path(digest).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(File::open(path)?))
    }
}
