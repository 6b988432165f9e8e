//! Whether a certificate that lies there is as good as one made now.

use super::{
    end,
    issue::{Signer, Wanted},
};
use rcgen::{KeyPair, PublicKeyData};
use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, UnixTime},
};
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};
use x509_parser::{certificate::X509Certificate, parse_x509_certificate};

/// Whether the certificate names this very key.
pub(super) fn is_for(certificate: &CertificateDer<'_>, key: &KeyPair) -> bool {
    let parsed = parse_x509_certificate(certificate);
    parsed.is_ok_and(|(_, parsed)| parsed.public_key().raw == key.subject_public_key_info())
}

/// Why it has to be made again; nothing when it is good. `fresh` is what would
/// be made now.
pub(super) fn flaw(
    found: &CertificateDer<'_>,
    fresh: &CertificateDer<'_>,
    wanted: &Wanted,
    signer: Option<Signer<'_>>,
    now: SystemTime,
) -> Option<&'static str> {
    if !says_the_same(found, fresh) {
        return Some("what it has to say has changed");
    }
    if end::of(found, now).is_none_or(|end| end.due) {
        return Some("less than a third of its time was left");
    }
    match signer {
        Some(signer) if !holds(found, wanted, signer, now) => Some("the site CA did not sign it"),
        _ => None,
    }
}

/// Everything but the time, the number and the signature.
fn says_the_same(found: &CertificateDer<'_>, fresh: &CertificateDer<'_>) -> bool {
    let (Ok((_, found)), Ok((_, fresh))) =
        (parse_x509_certificate(found), parse_x509_certificate(fresh))
    else {
        return false;
    };
    let names =
        |of: &X509Certificate<'_>| [of.issuer(), of.subject()].map(|name| name.as_raw().to_owned());
    names(&found) == names(&fresh) && found.extensions() == fresh.extensions()
}

/// Asks as a client does that trusts the CA and nobody else.
fn holds(found: &CertificateDer<'_>, wanted: &Wanted, signer: Signer<'_>, now: SystemTime) -> bool {
    let mut roots = RootCertStore::empty();
    let since = UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).unwrap_or_default());
    let provider = Arc::new(aws_lc_rs::default_provider());
    let trusted = roots.add(signer.pair.certificate.clone()).is_ok();
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    let (true, Ok(verifier), Some(address)) = (trusted, verifier, wanted.address) else {
        return false;
    };
    verifier.verify_server_cert(found, &[], &address.into(), &[], since).is_ok()
}
