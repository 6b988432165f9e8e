//! What lies inside a bundle's files is read from the bytes themselves.

use super::{super::*, fixture::Fixture};
use crate::{steps::Artifacts, transport::Content};
use flate2::{Compression, write::GzEncoder};
use manifests::Digest;
use std::sync::Arc;

/// The same bytes for every blob.
#[derive(Debug)]
struct Same(Option<Vec<u8>>);

impl Artifacts for Same {
    fn blob(&self, _: &Digest) -> Option<Arc<dyn Content>> {
        let bytes = bytes::Bytes::from(self.0.clone()?);
        Some(Arc::new(bytes))
    }
}

fn archive() -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(5);
    tar.append_data(&mut header, "./bridge", &b"first"[..]).unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}

#[test]
fn an_archive_is_listed_with_the_digest_of_each_file() {
    let lockfile = Fixture::lab().without("lab-runtime-shim").lockfile;
    let contents = Contents::read(&Same(Some(archive())), &lockfile).unwrap();
    let members = contents.archives.values().next().unwrap();
    let bridge = Bytes { sha256: bundles::sha256(b"first"), size: 5 };
    assert_eq!(*members, [("bridge".to_owned(), bridge)].into());
    assert_eq!(contents.archives.len(), 2, "only archives that programs are taken from");
}

#[test]
fn a_file_that_is_not_what_its_name_says_is_told() {
    let lockfile = Fixture::lab().lockfile;
    let error = Contents::read(&Same(Some(archive())), &lockfile).unwrap_err().to_string();
    assert_eq!(error, "`lab-runtime-shim/conntrack.deb` of the bundle cannot be read");
    let error = Contents::read(&Same(None), &lockfile).unwrap_err().to_string();
    assert!(error.ends_with("is not in the bundle"), "{error}");
}
