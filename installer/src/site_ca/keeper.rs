//! A key and its certificate in the folder: found, made, or renewed. The key is
//! written first and stays, so whatever stops this, the next call goes on.

use super::{
    SiteCaError, end,
    folder::{PUBLIC, PkiFolder, SECRET},
    issue::{Pair, Signer, Wanted},
    judge,
};
use manifests::event::{Event, Reporter};
use rcgen::KeyPair;
use rustls::pki_types::CertificateDer;
use std::time::SystemTime;

/// Keeps the pairs of one folder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keeper<'a> {
    pub(super) folder: &'a PkiFolder,
    pub(super) now: SystemTime,
    pub(super) reporter: &'a dyn Reporter,
}

impl Keeper<'_> {
    /// The pair as it is to be.
    pub(super) fn keep(
        self,
        wanted: &Wanted,
        signer: Option<Signer<'_>>,
    ) -> Result<Pair, SiteCaError> {
        let found = self.folder.certificate(&wanted.certificate)?;
        let key = self.key(wanted, found.as_ref())?;
        let fresh = wanted.sign(&key, signer, self.now)?;
        let why = match found {
            None => "there was none",
            Some(found) => match judge::flaw(&found, fresh.der(), wanted, signer, self.now) {
                None => return Ok(Pair { key, certificate: found }),
                Some(why) => why,
            },
        };
        self.folder.write(&wanted.certificate, PUBLIC, &fresh.pem())?;
        self.tell(wanted, fresh.der(), why);
        Ok(Pair { key, certificate: fresh.into() })
    }

    /// The key of the certificate that was found, or one for a new certificate.
    fn key(
        self,
        wanted: &Wanted,
        found: Option<&CertificateDer<'_>>,
    ) -> Result<KeyPair, SiteCaError> {
        let key = self.folder.key(&wanted.key)?;
        let paths = || (self.folder.path(&wanted.certificate), self.folder.path(&wanted.key));
        match (key, found) {
            (Some(key), Some(found)) if !judge::is_for(found, &key) => {
                let (certificate, key) = paths();
                Err(SiteCaError::Mismatch { certificate, key })
            }
            (Some(key), _) => Ok(key),
            (None, Some(_)) => {
                let (certificate, key) = paths();
                Err(SiteCaError::NoKey { certificate, key })
            }
            (None, None) => {
                let key = wanted.new_key()?;
                self.folder.write(&wanted.key, SECRET, &key.serialize_pem())?;
                Ok(key)
            }
        }
    }

    fn tell(self, wanted: &Wanted, made: &CertificateDer<'_>, why: &str) {
        let end = end::of(made, self.now).map(|end| end.to_string()).unwrap_or_default();
        let text = format!("made the {}, valid until {end:.10}: {why}", wanted.what);
        self.reporter.report(&Event::Notice { text });
    }
}
