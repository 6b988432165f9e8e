//! How fast `serve` is beside nginx and `docker-registry` on the same bytes.

use super::{
    load::{Load, Server, Wanted},
    ours::Ours,
    rounds::Results,
    serving::Serving,
};
use crate::{
    measure::{Sample, settle},
    problem::{Result, at, empty_folder, write},
    servers::{Nginx, Tls},
    stand::Stand,
    tools,
    workload::Blob,
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{fs, path::PathBuf, sync::Arc};

/// How often one blob is read in a round.
const TIMES: usize = 5;

/// Both servers, with and without TLS, and the certificate they show.
struct Field<'a> {
    stand: &'a Stand,
    ours: Serving,
    ours_tls: Serving,
    nginx: Nginx,
    nginx_tls: Nginx,
    client: Arc<ClientConfig>,
    /// The largest blob: where we have it, and where nginx has it.
    one: (Wanted, Wanted),
    all: Vec<Wanted>,
}

/// Runs so many rounds.
pub(crate) fn throughput(stand: &Stand, rounds: usize) -> Result<Results> {
    let ours = Ours::set_up(stand)?;
    ours.lock(1)?;
    ours.forget_lock()?;
    ours.cold()?;
    let field = Field::set_up(stand, &ours)?;
    let mut results = Results { encoder: ours.encoder()?, ..Results::default() };
    results.bundle_bytes = fs::metadata(ours.bundle())?.len();
    for _ in 0..rounds {
        field.round(&mut results)?;
    }
    Ok(results)
}

impl<'a> Field<'a> {
    fn set_up(stand: &'a Stand, ours: &Ours<'_>) -> Result<Self> {
        let tls = certificate(stand)?;
        let (blob, repository) = largest(stand);
        let folder = shown_to_nginx(stand, blob)?;
        let program = tools::find("nginx").ok_or("nginx is not installed")?;
        let nginx = |tls| Nginx::start(&program, (&folder, tls), &stand.scratch);
        let wanted = |path| Wanted { path, size: blob.size };
        let path = format!("/v2/{repository}/blobs/sha256:{}", blob.digest);
        let one = (wanted(path), wanted(format!("/files/bench/{}", blob.digest)));
        let field = Self {
            stand,
            ours: ours.site().serve(None)?,
            ours_tls: ours.site().serve(Some(&tls))?,
            nginx: nginx(None)?,
            nginx_tls: nginx(Some(&tls))?,
            client: client(&tls)?,
            one,
            all: image_blobs(stand),
        };
        field.ours.wait_until_intact(None)?;
        field.ours_tls.wait_until_intact(Some(&field.client))?;
        Ok(field)
    }

    fn round(&self, results: &mut Results) -> Result<()> {
        let (here, there) = &self.one;
        let plain = |address| Server { address, tls: None };
        let secure = |address| Server { address, tls: Some(&self.client) };
        let nginx = self.nginx.address().parse()?;
        let nginx_tls = self.nginx_tls.address().parse()?;
        let registry = plain(self.stand.registry.address().parse()?);
        let mut keep = |job, load: Result<Load>| self.keep(results, job, load);
        keep("one blob, HTTP", plain(self.ours.address).one_blob(here, TIMES))?;
        keep("nginx: one blob, HTTP", plain(nginx).one_blob(there, TIMES))?;
        keep("one blob, HTTPS", secure(self.ours_tls.address).one_blob(here, TIMES))?;
        keep("nginx: one blob, HTTPS", secure(nginx_tls).one_blob(there, TIMES))?;
        keep("64 clients", plain(self.ours.address).mixed(&self.all))?;
        keep("docker-registry: 64 clients", registry.mixed(&self.all))
    }

    fn keep(&self, results: &mut Results, job: &'static str, load: Result<Load>) -> Result<()> {
        let Load { seconds, bytes, errors } = load.map_err(|error| format!("{job}: {error}"))?;
        let peak = self.ours.peak();
        results.add(job, Sample { seconds, fetched: bytes, errors, peak, written: 0 });
        settle(self.stand.touch())
    }
}

/// The largest blob of an image and a repository that has it.
fn largest(stand: &Stand) -> (&Blob, &str) {
    let images = stand.workload.contents.images.iter();
    let blobs = images.flat_map(|it| it.blobs.iter().map(|blob| (blob, it.repository.as_str())));
    blobs.max_by_key(|(blob, _)| blob.size).expect("there are twelve images")
}

/// Every distinct blob of every image, by a repository that has it.
fn image_blobs(stand: &Stand) -> Vec<Wanted> {
    let unique = stand.workload.contents.unique();
    let blobs = unique.into_iter().filter(|(_, (_, source))| source.is_blob());
    blobs.map(|(digest, (size, source))| Wanted { path: source.path(digest), size }).collect()
}

/// A folder with the same file that the registry keeps.
fn shown_to_nginx(stand: &Stand, blob: &Blob) -> Result<PathBuf> {
    let folder = empty_folder(stand.scratch.join("one"))?;
    let digest = &blob.digest;
    let kept = format!("docker/registry/v2/blobs/sha256/{}/{digest}/data", &digest[..2]);
    let from = stand.workload.registry().join(kept);
    fs::copy(&from, folder.join(digest)).map_err(at(&from))?;
    Ok(folder)
}

/// A certificate for loopback that lives as long as the benchmark.
fn certificate(stand: &Stand) -> Result<Tls> {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()])?;
    let tls = Tls {
        certificate: stand.scratch.join("certificate.pem"),
        key: stand.scratch.join("key.pem"),
    };
    write(&tls.certificate, &made.cert.pem())?;
    write(&tls.key, &made.signing_key.serialize_pem())?;
    Ok(tls)
}

fn client(tls: &Tls) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&tls.certificate)?)?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}
