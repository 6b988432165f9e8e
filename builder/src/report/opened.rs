//! Opens what a report is of: a bundle or a lockfile, told apart by its first
//! bytes. A bundle goes the way it goes in `verify`: signatures first, when there
//! are keys, then every byte.

use super::{
    ReportError,
    agreement::Agreement,
    signatures::TrustedKey,
    subject::{BundleFacts, Subject},
};
use bundles::{Acceptance, BlobHasher, Bundle, Trust};
use manifests::{
    Algorithm, Digest,
    event::{Outcome, Reporter, Transfer},
    lockfile::Lockfile,
    yaml,
};
use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::Path,
};

/// How a zstd frame begins, and so a bundle.
const BUNDLE_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const BUFFER: usize = 1 << 20;

/// How bundles are read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Whose signatures count; without any, none is checked.
    pub keys: Vec<TrustedKey>,
    /// How many of them must have signed.
    pub require: usize,
    /// How many threads check bytes.
    pub jobs: usize,
}

/// A file that was read and checked.
#[derive(Debug, Clone)]
pub struct Opened {
    pub(super) subject: Subject,
    pub(super) lockfile: Lockfile,
    pub(super) bundle: Option<Bundle>,
    pub(super) agreement: Option<Agreement>,
    pub(super) reading: Reading,
}

impl Opened {
    /// What it holds.
    pub fn lockfile(&self) -> &Lockfile {
        &self.lockfile
    }

    /// Opens a bundle or a lockfile and checks every byte of it.
    pub fn open(
        path: &Path,
        reading: Reading,
        reporter: &dyn Reporter,
    ) -> Result<Self, ReportError> {
        let read = |source| ReportError::Read { path: path.to_owned(), source };
        match begins_like_a_bundle(path).map_err(read)? {
            true => Self::bundle(path, reading, reporter),
            false => Self::of_lockfile(path, reading),
        }
    }

    fn bundle(path: &Path, reading: Reading, reporter: &dyn Reporter) -> Result<Self, ReportError> {
        let read = |source| ReportError::Read { path: path.to_owned(), source };
        let before = state(path).map_err(read)?;
        let keys = reading.keys.iter().map(|one| one.key.clone()).collect();
        let trust = Trust::new(keys, reading.require);
        let acceptance = match reading.keys.is_empty() {
            true => Acceptance::AnySigner,
            false => Acceptance::Trusted(&trust),
        };
        let bundle = Bundle::open(path, acceptance)?;
        bundle.require_whole()?;
        bundle.verify(reading.jobs, reporter)?;
        let lockfile = bundle.lockfile()?;
        let agreement = Some(Agreement::of(&bundle, &lockfile)?);
        let (size, sha256) = whole(path, bundle.file_size(), reporter).map_err(read)?;
        if size != bundle.file_size() || state(path).map_err(read)? != before {
            return Err(ReportError::Changed { path: path.to_owned() });
        }
        let manifest = bundle.manifest();
        let facts = BundleFacts {
            format: manifest.format.clone(),
            opens_with: manifest.opens_with.clone(),
            encoder: manifest.encoder.clone(),
        };
        let (lock, bundle_facts) = (manifest.lockfile.clone(), Some(facts));
        let file = name(path);
        let subject = Subject { file, size, sha256, lockfile: lock, bundle: bundle_facts };
        Ok(Self { subject, lockfile, bundle: Some(bundle), agreement, reading })
    }

    fn of_lockfile(path: &Path, reading: Reading) -> Result<Self, ReportError> {
        let text = yaml::read(path)?;
        let lockfile = Lockfile::parse(path, &text)?;
        let sha256 = bundles::sha256(text.as_bytes());
        let (file, size) = (name(path), text.len() as u64);
        let subject = Subject { file, size, lockfile: sha256.clone(), sha256, bundle: None };
        Ok(Self { subject, lockfile, bundle: None, agreement: None, reading })
    }
}

fn begins_like_a_bundle(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(BUNDLE_MAGIC.len() as u64).read_to_end(&mut start)?;
    Ok(start == BUNDLE_MAGIC)
}

/// What is other as soon as somebody writes to a file or puts another in its place.
fn state(path: &Path) -> io::Result<impl PartialEq> {
    let now = fs::metadata(path)?;
    Ok((now.dev(), now.ino(), now.ctime(), now.ctime_nsec()))
}

/// Size and SHA-256 of a file, which may be larger than memory.
fn whole(path: &Path, expected: u64, reporter: &dyn Reporter) -> io::Result<(u64, Digest)> {
    let (mut file, mut hasher) = (File::open(path)?, BlobHasher::new(Algorithm::Sha256));
    let transfer = Transfer::start(reporter, &format!("SHA-256 of {}", name(path)), Some(expected));
    let (mut buffer, mut size) = (vec![0; BUFFER], 0);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        transfer.advance(read as u64);
        size += read as u64;
    }
    transfer.finish(Outcome::Done);
    Ok((size, hasher.finish().0))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
