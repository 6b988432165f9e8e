//! `pki/` of a run folder: for its owner alone, each file whole or not there.

use super::{FOLDER, SiteCaError};
use crate::steps::FileContent;
use rcgen::KeyPair;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf, absolute},
};

/// Only the owner gets in.
const CLOSED: u32 = 0o700;
/// Only the owner reads it.
pub(super) const SECRET: u32 = 0o600;
/// Everybody may read it.
pub(super) const PUBLIC: u32 = 0o644;

/// The folder, which is there and nobody else's to look into.
#[derive(Debug)]
pub(super) struct PkiFolder {
    path: PathBuf,
}

impl PkiFolder {
    /// Opens it, and makes it when it is not there. A plan names its files from
    /// the root, because `apply` may be called from another place.
    pub(super) fn open(run_folder: &Path) -> Result<Self, SiteCaError> {
        let failed = |source| file_error(run_folder, source);
        let path = absolute(run_folder).map_err(failed)?.join(FOLDER);
        match DirBuilder::new().mode(CLOSED).create(&path) {
            Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
                return Err(file_error(&path, source));
            }
            _ => closed(&path, CLOSED)?,
        }
        Ok(Self { path })
    }

    /// Where a file of it is.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A key, when it is there.
    pub(super) fn key(&self, name: &str) -> Result<Option<KeyPair>, SiteCaError> {
        let path = self.path(name);
        let Some(text) = read(&path)? else { return Ok(None) };
        closed(&path, SECRET)?;
        KeyPair::from_pem(&text).map(Some).map_err(|source| SiteCaError::Broken {
            path,
            expected: "private key",
            source: Box::new(source),
        })
    }

    /// A certificate, when it is there.
    pub(super) fn certificate(
        &self,
        name: &str,
    ) -> Result<Option<CertificateDer<'static>>, SiteCaError> {
        let path = self.path(name);
        let Some(text) = read(&path)? else { return Ok(None) };
        let broken = |source| SiteCaError::Broken { path, expected: "certificate", source };
        match CertificateDer::from_pem_slice(text.as_bytes()) {
            Ok(der) => match x509_parser::parse_x509_certificate(&der) {
                Ok(_) => Ok(Some(der)),
                Err(source) => Err(broken(Box::new(source))),
            },
            Err(source) => Err(broken(Box::new(source))),
        }
    }

    /// Writes a file aside and gives it its name when it is on the disk.
    pub(super) fn write(&self, name: &str, mode: u32, text: &str) -> Result<(), SiteCaError> {
        let path = self.path(name);
        let write = || {
            let mut file = tempfile::NamedTempFile::new_in(&self.path)?;
            file.as_file().set_permissions(Permissions::from_mode(mode))?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            File::open(&self.path)?.sync_all()
        };
        write().map_err(|source| file_error(&path, source))
    }

    /// A file as a plan names it.
    pub(super) fn file(&self, name: &str) -> Result<FileContent, SiteCaError> {
        let path = self.path(name);
        let bytes = fs::read(&path).map_err(|source| file_error(&path, source))?;
        let (sha256, size) = (bundles::sha256(&bytes), bytes.len() as u64);
        Ok(FileContent::Here { path, sha256, size })
    }
}

fn read(path: &Path) -> Result<Option<String>, SiteCaError> {
    match fs::read(path) {
        // What is no text is no PEM either, and told as such.
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(file_error(path, source)),
    }
}

fn closed(path: &Path, expected: u32) -> Result<(), SiteCaError> {
    let mode = fs::metadata(path).map_err(|source| file_error(path, source))?.mode() & 0o7777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(SiteCaError::Exposed { path: path.to_owned(), mode, expected }),
    }
}

fn file_error(path: &Path, source: io::Error) -> SiteCaError {
    SiteCaError::File { path: path.to_owned(), source }
}
