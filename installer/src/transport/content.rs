//! Where the bytes of an upload come from.

use bundles::Bundle;
use bytes::{Buf, Bytes};
use manifests::Digest;
use std::{
    fmt::Debug,
    fs::File,
    io::{self, Read},
    path::PathBuf,
};

/// Bytes that can be read more than once, always the same: an upload that was
/// cut reads them again from the start.
pub trait Content: Send + Sync + Debug {
    /// Begins at the first byte. Called and read on a blocking thread.
    fn open(&self) -> io::Result<Box<dyn Read + Send>>;
}

/// A small file that was made up here.
impl Content for Bytes {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(self.clone().reader()))
    }
}

/// A file on the operator's machine.
impl Content for PathBuf {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(self)?))
    }
}

/// A bundle as one file, each chunk verified as it is read, also out of volumes.
impl Content for Bundle {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(self.joined()))
    }
}

/// A blob of a bundle, read in place and verified as it is read.
#[derive(Debug, Clone)]
pub struct BundleBlob {
    /// The bundle.
    pub bundle: Bundle,
    /// Which of its blobs.
    pub digest: Digest,
}

impl Content for BundleBlob {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let reader = self.bundle.read(&self.digest, 0..u64::MAX).map_err(io::Error::other)?;
        Ok(Box::new(reader))
    }
}
