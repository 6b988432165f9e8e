//! What a certificate says. ECDSA on P-256, which validated modules have.

use super::SiteCaError;
use aws_lc_rs::rand;
use manifests::cluster::{Cluster, Host};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CidrSubnet, DnType,
    ExtendedKeyUsagePurpose::ServerAuth, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints, PKCS_ECDSA_P256_SHA256, SanType, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use std::{
    net::IpAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const DAY: Duration = Duration::from_hours(24);
/// A certificate is valid for so long before it is made: hosts' clocks may be
/// slow, and nobody is there to ask for the time.
const BEFORE: Duration = DAY.saturating_mul(2);
/// Ten years.
const AUTHORITY: Duration = DAY.saturating_mul(3653);
/// Three years: a third of that is one year, and at least once a year somebody
/// comes for the certificates of Kubernetes, which end then.
const SERVER: Duration = DAY.saturating_mul(1096);

/// A certificate that there should be.
#[derive(Debug)]
pub(super) struct Wanted {
    /// What it is, for people.
    pub(super) what: String,
    /// The file of its key.
    pub(super) key: String,
    /// Its own file.
    pub(super) certificate: String,
    /// The address clients know it by; the CA has none.
    pub(super) address: Option<IpAddr>,
    lifetime: Duration,
    params: CertificateParams,
}

/// A key with the certificate that is for it.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) key: KeyPair,
    pub(super) certificate: CertificateDer<'static>,
}

/// The CA that signs; absent for the CA itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signer<'a> {
    pub(super) wanted: &'a Wanted,
    pub(super) pair: &'a Pair,
}

impl Wanted {
    /// The CA. Whoever steals its key, or trusts it somewhere else by mistake,
    /// gets no farther than these hosts.
    pub(super) fn authority(cluster: &Cluster, hosts: &[&Host]) -> Self {
        let mut wanted = Self::new("site CA".into(), "ca", AUTHORITY);
        let name = &mut wanted.params.distinguished_name;
        name.push(DnType::OrganizationName, cluster.name.as_str());
        name.push(DnType::CommonName, "Bottari site CA");
        wanted.params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        wanted.params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let addresses = hosts.iter().map(|host| GeneralSubtree::IpAddress(only(host.address)));
        let names = hosts.iter().filter_map(|host| dns_name(host));
        let permitted_subtrees = addresses.chain(names.map(GeneralSubtree::DnsName)).collect();
        wanted.params.name_constraints =
            Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
        wanted
    }

    /// The certificate of the registry on a host.
    pub(super) fn server(cluster: &Cluster, host: &Host) -> Result<Self, SiteCaError> {
        let what = format!("certificate of the registry on host `{}`", host.name);
        let mut wanted = Self::new(what, &format!("registry-{}", host.name), SERVER);
        let name = &mut wanted.params.distinguished_name;
        name.push(DnType::OrganizationName, cluster.name.as_str());
        name.push(DnType::CommonName, host.name.as_str());
        wanted.address = Some(host.address);
        wanted.params.subject_alt_names = vec![SanType::IpAddress(host.address)];
        if let Some(name) = dns_name(host) {
            let name = name.try_into().map_err(|source| wanted.failed(source))?;
            wanted.params.subject_alt_names.push(SanType::DnsName(name));
        }
        wanted.params.is_ca = IsCa::ExplicitNoCa;
        wanted.params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        wanted.params.extended_key_usages = vec![ServerAuth];
        wanted.params.use_authority_key_identifier_extension = true;
        Ok(wanted)
    }

    fn new(what: String, stem: &str, lifetime: Duration) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        let (key, certificate) = (format!("{stem}.key"), format!("{stem}.crt"));
        Self { what, key, certificate, address: None, lifetime, params }
    }

    /// A new key for it.
    pub(super) fn new_key(&self) -> Result<KeyPair, SiteCaError> {
        KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|source| self.failed(source))
    }

    /// The certificate, signed by the CA or, when it is the CA, by itself.
    pub(super) fn sign(
        &self,
        key: &KeyPair,
        signer: Option<Signer<'_>>,
        now: SystemTime,
    ) -> Result<Certificate, SiteCaError> {
        let mut params = self.params.clone();
        params.not_before = now.checked_sub(BEFORE).unwrap_or(UNIX_EPOCH).into();
        params.not_after = (now + self.lifetime).into();
        params.serial_number = Some(self.serial()?);
        let made = match signer {
            None => params.self_signed(key),
            Some(Signer { wanted, pair }) => {
                params.signed_by(key, &Issuer::from_params(&wanted.params, &pair.key))
            }
        };
        made.map_err(|source| self.failed(source))
    }

    /// By chance, for a renewed certificate must not have the number of the old
    /// one. Positive, and never shorter.
    fn serial(&self) -> Result<SerialNumber, SiteCaError> {
        let mut bytes = [0; 16];
        rand::fill(&mut bytes)
            .map_err(|_unspecified| self.failed(rcgen::Error::RingUnspecified))?;
        bytes[0] = bytes[0] & 0x7f | 0x40;
        Ok(SerialNumber::from_slice(&bytes))
    }

    fn failed(&self, source: rcgen::Error) -> SiteCaError {
        SiteCaError::Make { what: self.what.clone(), source }
    }
}

/// This address and no other.
fn only(address: IpAddr) -> CidrSubnet {
    CidrSubnet::from_addr_prefix(address, if address.is_ipv4() { 32 } else { 128 })
}

/// A host's name, when it can be one of DNS: clients refuse a certificate with
/// one that is all digits.
fn dns_name(host: &Host) -> Option<String> {
    let name = host.name.as_str();
    name.contains(|c: char| c.is_ascii_alphabetic()).then(|| name.to_owned())
}
