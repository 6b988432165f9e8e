//! Blobs over 8 GiB, whose size no longer fits into a tar header. Nothing here
//! writes that much: files are sparse, and archives end behind their headers.

use crate::{
    Acceptance, Bundle, BundleManifest, BundlePlan, CHUNK_SIZE, Encoding,
    format::{entry, frame},
    sha256,
    testing::{Written, small_sample, written_of},
};
use std::{fs, io::Read, os::unix::fs::FileExt, process::Command};

const GIB: u64 = 1 << 30;

/// The plan of the small sample with a gzip file of this size in it.
fn planned(size: u64) -> Result<BundlePlan, crate::PlanError> {
    let (mut lockfile, _) = small_sample();
    lockfile.files[1].size = size;
    BundlePlan::new(&lockfile, &lockfile.render(), &[])
}

/// The SHA-256 of the lockfile's large file is anything: it is never read.
fn large(manifest: &BundleManifest) -> &crate::BlobRecord {
    manifest.blobs.iter().max_by_key(|blob| blob.size).unwrap()
}

#[test]
fn the_place_of_what_follows_a_large_blob_is_exact() {
    for (size, prefix) in [(8 * GIB - 1, 1536), (8 * GIB, 1536), (100 * GIB, 1536)] {
        let plan = planned(size).unwrap();
        let blobs = &plan.manifest.blobs;
        let at = blobs.iter().position(|blob| blob.size == size).unwrap();
        let entry_len = prefix + size.next_multiple_of(512);
        let stored = 14 + entry_len + 3 * entry_len.div_ceil(128 * 1024);
        assert_eq!(blobs[at].frames, [stored]);
        assert_eq!(blobs[at].encoding, Encoding::Stored);
        assert_eq!(blobs[at + 1].offset, blobs[at].offset + stored);
        plan.manifest.check().unwrap();
    }
}

#[test]
fn a_release_that_no_header_can_describe_is_refused_before_memory_is_taken() {
    for size in [1 << 43, 1 << 60, u64::MAX] {
        let error = planned(size).unwrap_err();
        assert_eq!(error.to_string(), "the release is larger than a bundle can be");
    }
}

#[test]
fn a_release_whose_table_of_contents_is_too_large_is_refused() {
    let (mut lockfile, _) = small_sample();
    lockfile.title = "x".repeat(crate::MAX_HEADER as usize);
    let error = BundlePlan::new(&lockfile, "", &[]).unwrap_err().to_string();
    assert!(error.starts_with("the release is too large: its table of contents needs"), "{error}");
}

#[test]
fn gnu_tar_reads_sizes_from_8_gib_on() {
    let folder = tempfile::tempdir().unwrap();
    for size in [8 * GIB - 1, 8 * GIB, 10 * GIB + 1] {
        let name = sha256(b"large").layout_path();
        let archive = [entry::prefix(&name, size), vec![0; 10_240]].concat();
        fs::write(folder.path().join("archive"), archive).unwrap();
        // The archive ends in the middle of the content, and tar says so.
        let tar = ["-tvf", "archive", "--occurrence=1", &name];
        let output = Command::new("tar").args(tar).current_dir(folder.path()).output().unwrap();
        let listing = String::from_utf8(output.stdout).unwrap();
        assert!(
            listing.contains(&format!(" {size} 1970-01-01")) && listing.contains(&name),
            "{listing}"
        );
    }
}

/// A signed bundle with a file of 9 GiB that is all zeros but for one byte.
fn sparse() -> (Written, BundleManifest, u64) {
    let written = written_of(&small_sample());
    let mut plan = planned(9 * GIB).unwrap();
    let blob = large(&plan.manifest);
    let marker = 8 * GIB + 12_345;
    let at = blob.offset + frame::stored_offset(blob.prefix_len() + marker);
    let manifest = &mut plan.manifest;
    let zeros = vec![0; CHUNK_SIZE as usize];
    let hash = |chunk: &[u8]| blake3::hash(chunk).to_hex().to_string();
    manifest.chunks.fill(hash(&zeros));
    let mut chunk = zeros;
    chunk[(at % CHUNK_SIZE) as usize] = 7;
    manifest.chunks[(at / CHUNK_SIZE) as usize] = hash(&chunk);
    let last = (manifest.payload_size % CHUNK_SIZE) as usize;
    *manifest.chunks.last_mut().unwrap() = hash(&vec![0; last]);
    let signature = crate::BundleSignature::make(&written.key, manifest).unwrap();
    let header = crate::format::header::render(manifest, &[signature]).unwrap();
    let header = frame::store(&header);
    let file = written.file();
    file.set_len(0).unwrap();
    file.set_len(header.len() as u64 + manifest.payload_size).unwrap();
    file.write_all_at(&header, 0).unwrap();
    file.write_all_at(&[7], header.len() as u64 + at).unwrap();
    (written, plan.manifest, marker)
}

#[test]
fn a_byte_beyond_8_gib_is_read_in_place() {
    let (written, manifest, marker) = sparse();
    let digest = large(&manifest).digest.clone();
    let bundle = Bundle::open(&written.path, Acceptance::Trusted(&written.key.trust())).unwrap();
    let mut around = Vec::new();
    bundle.read(&digest, marker - 2..marker + 3).unwrap().read_to_end(&mut around).unwrap();
    assert_eq!(around, [0, 0, 7, 0, 0]);
    assert_eq!(bundle.read(&digest, 9 * GIB - 1..u64::MAX).unwrap().remaining(), 1);
}
