//! TLS with the certificate that the site gave to this host, and with the next
//! one when it is renewed: each connection gets what is newest when it begins.

use super::error::ServeError;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};
use tokio_rustls::TlsAcceptor;

/// Where certificate chain and key are, both in PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The host's certificate, then those between it and the site's CA.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The certificate that is shown today.
pub(crate) struct Tls {
    files: TlsFiles,
    today: RwLock<TlsAcceptor>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Tls {
    /// Begins with the files as they are now.
    pub(crate) fn new(files: TlsFiles) -> Result<Self, ServeError> {
        let today = RwLock::new(acceptor(&files)?);
        Ok(Self { files, today })
    }

    /// For a connection that begins now.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.today.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the files again and shows what is in them from now on; when that is
    /// no certificate with its key, nothing changes.
    pub(crate) fn reload(&self) -> Result<String, ServeError> {
        let new = acceptor(&self.files)?;
        *self.today.write().unwrap_or_else(PoisonError::into_inner) = new;
        let path = self.files.certificate.display();
        Ok(format!("read `{path}` again: new connections are shown this certificate"))
    }
}

/// Reads both files and makes sure that they belong together.
fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, ServeError> {
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| bad(&files.key, error))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider);
    let mut config = builder
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|source| ServeError::Tls { path: files.certificate.clone(), source })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ServeError> {
    let read = || CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>();
    let chain = read().map_err(|error| bad(path, error))?;
    match chain.is_empty() {
        true => Err(bad(path, pem::Error::NoItemsFound)),
        false => Ok(chain),
    }
}

fn bad(path: &Path, source: pem::Error) -> ServeError {
    ServeError::Pem { path: path.to_owned(), source }
}
