//! When a certificate ends, and whether it is time to renew it.

use crate::serve::rfc3339;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use x509_parser::{parse_x509_certificate, time::ASN1Time};

/// The end of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// When it ends.
    pub at: SystemTime,
    /// Whether less than a third of its time is left, or it has not begun.
    pub due: bool,
}

/// The end of a certificate in PEM, when it is one.
pub fn end(pem: &[u8], now: SystemTime) -> Option<End> {
    of(&CertificateDer::from_pem_slice(pem).ok()?, now)
}

pub(super) fn of(der: &CertificateDer<'_>, now: SystemTime) -> Option<End> {
    let (_, certificate) = parse_x509_certificate(der).ok()?;
    let [begin, at] =
        [certificate.validity().not_before, certificate.validity().not_after].map(time);
    let third = at.duration_since(begin).unwrap_or_default() / 3;
    let left = at.duration_since(now).unwrap_or_default();
    Some(End { at, due: now < begin || left < third })
}

fn time(time: ASN1Time) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(time.timestamp().try_into().unwrap_or_default())
}

/// RFC 3339 to the second, as kubeadm tells it.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.19}Z", rfc3339(self.at))
    }
}
