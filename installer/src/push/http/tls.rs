//! TLS, and whom it trusts: the CAs of `--ca`, or else those of this machine and
//! those that container tools keep for this registry.

use super::Place;
use crate::push::{error::PushError, target};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// Where systems keep the CAs they trust.
const SYSTEM: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
];

/// Where container tools keep the CA of one registry.
const BY_REGISTRY: [&str; 2] = ["/etc/containers/certs.d", "/etc/docker/certs.d"];

/// Whom to trust, and where that is from.
#[derive(Debug, Clone)]
pub(crate) struct Authorities {
    roots: Arc<RootCertStore>,
    /// The certificates themselves: a registry may show one of them as its own.
    shown: Arc<[CertificateDer<'static>]>,
    known: Arc<str>,
}

/// The CAs in this file, or else those of the machine.
pub(crate) fn authorities(file: Option<&Path>, registry: &str) -> Result<Authorities, PushError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = file {
        let bad = |source| PushError::Ca { path: path.to_owned(), source };
        let read = || CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>();
        let found = read().map_err(bad)?;
        if roots.add_parsable_certificates(found.iter().cloned()).0 == 0 {
            return Err(bad(rustls::pki_types::pem::Error::NoItemsFound));
        }
        return Ok(Authorities::new(roots, found, format!("`{}`", path.display())));
    }
    let (mut known, mut all) = (Vec::new(), Vec::new());
    for path in files(registry) {
        let Ok(certificates) = CertificateDer::pem_file_iter(&path) else { continue };
        // A machine's store may hold some that cannot be read: they count for nothing.
        let found: Vec<_> = certificates.flatten().collect();
        if roots.add_parsable_certificates(found.iter().cloned()).0 > 0 {
            known.push(format!("`{}`", path.display()));
        }
        all.extend(found);
    }
    let known = if known.is_empty() { "this machine (none)".into() } else { known.join(", ") };
    Ok(Authorities::new(roots, all, known))
}

/// One file of the system, and every `.crt` of this registry.
fn files(registry: &str) -> Vec<PathBuf> {
    let system = SYSTEM.iter().map(PathBuf::from).find(|path| path.exists());
    let folders = BY_REGISTRY.map(|folder| Path::new(folder).join(registry));
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let entries = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut own: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "crt")).collect();
    own.sort();
    system.into_iter().chain(own).collect()
}

impl Authorities {
    fn new(roots: RootCertStore, shown: Vec<CertificateDer<'static>>, known: String) -> Self {
        Self { roots: Arc::new(roots), shown: shown.into(), known: known.into() }
    }

    /// Makes a connection private, and sure of who is at its other end.
    pub(super) async fn secure(
        &self,
        place: &Place,
        tcp: TcpStream,
    ) -> Result<TlsStream<TcpStream>, PushError> {
        let host = place.authority.to_string();
        let broken =
            |why: String| PushError::Tls { host: host.clone(), source: io::Error::other(why) };
        let name = ServerName::try_from(target::host(&place.authority).to_owned());
        let name = name.map_err(|error| broken(error.to_string()))?;
        let verifier = Arc::new(self.verifier().map_err(broken)?);
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| broken(error.to_string()))?
            .dangerous() // only to see the certificate that was refused
            .with_custom_certificate_verifier(Arc::clone(&verifier) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth();
        let connected = TlsConnector::from(Arc::new(config)).connect(name, tcp).await;
        connected.map_err(|source| self.why(&host, source, &verifier))
    }

    fn verifier(&self) -> Result<Looking, String> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        // A store without any CA cannot judge; nobody is trusted then anyway.
        let roots = Arc::clone(&self.roots);
        let judge = match roots.is_empty() {
            true => None,
            false => Some(
                WebPkiServerVerifier::builder_with_provider(roots, provider)
                    .build()
                    .map_err(|error| error.to_string())?,
            ),
        };
        Ok(Looking { judge, shown: Arc::clone(&self.shown), refused: Mutex::default() })
    }

    /// In words, what is wrong with a certificate.
    fn why(&self, host: &str, source: io::Error, verifier: &Looking) -> PushError {
        use CertificateError as E;
        let error = source.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let refused = verifier.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = refused.as_ref().and_then(|der| X509Certificate::from_der(der).ok());
        let host = host.to_owned();
        match (error, refused) {
            // One that signed itself is told by its being a CA's, before its signer is looked at.
            (Some(rustls::Error::InvalidCertificate(why)), Some((_, found)))
                if matches!(why, E::UnknownIssuer)
                    || (matches!(why, E::Other(_)) && found.issuer() == found.subject()) =>
            {
                let (issuer, known) = (found.issuer().to_string(), self.known.to_string());
                PushError::UnknownCa { host, issuer, known }
            }
            (
                Some(rustls::Error::InvalidCertificate(
                    E::NotValidForName | E::NotValidForNameContext { .. },
                )),
                Some((_, found)),
            ) => PushError::OtherHost { host, names: names(&found) },
            (Some(rustls::Error::InvalidCertificate(_)), _) => {
                PushError::Certificate { host, source }
            }
            _ => PushError::Tls { host, source },
        }
    }
}

/// The names that a certificate is for.
fn names(certificate: &X509Certificate<'_>) -> String {
    let known = certificate.subject_alternative_name().ok().flatten();
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(format!("`{name}`")),
        GeneralName::IPAddress([a, b, c, d]) => Some(format!("`{a}.{b}.{c}.{d}`")),
        _ => None,
    };
    let names = known.map(|known| known.value.general_names.iter().filter_map(name).collect());
    let names: Vec<String> = names.unwrap_or_default();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}

/// The usual verifier, which remembers the certificate that it refused.
#[derive(Debug)]
struct Looking {
    judge: Option<Arc<WebPkiServerVerifier>>,
    shown: Arc<[CertificateDer<'static>]>,
    refused: Mutex<Option<CertificateDer<'static>>>,
}

impl Looking {
    fn judge(&self) -> Result<&WebPkiServerVerifier, rustls::Error> {
        let nobody = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        self.judge.as_deref().ok_or(nobody)
    }

    /// A certificate that signs itself is what many registries show, and `webpki`
    /// wants none that could be a CA's. It counts when it is, byte for byte, one of
    /// those that are trusted, for this name and at this time.
    fn judge_shown(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Option<Result<ServerCertVerified, rustls::Error>> {
        let is_known = |known: &CertificateDer<'_>| known.as_ref() == certificate.as_ref();
        if !self.shown.iter().any(is_known) {
            return None;
        }
        let (_, found) = X509Certificate::from_der(certificate).ok()?;
        let now = i64::try_from(now.as_secs()).ok()?;
        let (first, last) = (found.validity().not_before, found.validity().not_after);
        if !(first.timestamp()..=last.timestamp()).contains(&now) {
            return Some(Err(rustls::Error::InvalidCertificate(CertificateError::Expired)));
        }
        let parsed = ParsedCertificate::try_from(certificate).ok()?;
        Some(verify_server_name(&parsed, name).map(|()| ServerCertVerified::assertion()))
    }
}

impl ServerCertVerifier for Looking {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = self
            .judge()
            .and_then(|judge| judge.verify_server_cert(end_entity, intermediates, name, ocsp, now));
        let judged =
            judged.or_else(|why| self.judge_shown(end_entity, name, now).unwrap_or(Err(why)));
        judged.inspect_err(|_why| {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            *refused = Some(end_entity.clone().into_owned());
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge()?.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge()?.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
