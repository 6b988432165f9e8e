//! `bottari-installer serve` as a process, and when it can be used.

use crate::{
    http::Client,
    measure::{Peak, Sample, written_bytes},
    parallel,
    problem::{Result, remove_folder},
    programs::Programs,
    servers::{Running, Tls},
    stand::Stand,
};
use rustls::ClientConfig;
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};

/// How often it is looked whether the port is open.
const LOOK: Duration = Duration::from_micros(500);
/// Longest time to start.
const PATIENCE: Duration = Duration::from_mins(1);
/// Longest time to check every byte in the background, of a large bundle too.
const PATIENCE_TO_CHECK: Duration = Duration::from_mins(10);
/// Where it says which port it took.
const PORT_FILE: &str = "port";
/// Clients that read every blob once, to see how much memory that takes.
pub(crate) const READERS: usize = 8;

/// What is served, and from where.
#[derive(Debug, Clone)]
pub(crate) struct Site<'a> {
    pub(crate) stand: &'a Stand,
    pub(crate) folder: &'a Path,
    pub(crate) bundle: PathBuf,
}

/// A server that listens.
#[derive(Debug)]
pub(crate) struct Serving {
    running: Running,
    pub(crate) address: SocketAddr,
}

impl Site<'_> {
    /// Starts to serve; returns when the port is open.
    pub(crate) fn serve(&self, tls: Option<&Tls>) -> Result<Serving> {
        let mut command = serve_command(&self.stand.programs, self.folder, &self.bundle);
        if let Some(Tls { certificate, key }) = tls {
            command.arg("--tls-cert").arg(certificate).arg("--tls-key").arg(key);
        }
        Serving::start(&mut command, self.folder)
    }

    /// From its start until the manifest of every image is answered by name.
    pub(crate) fn until_servable(&self) -> Result<(Serving, f64)> {
        let began = Instant::now();
        let serving = self.serve(None)?;
        let mut client = Client::connect(serving.address, None)?;
        for image in &self.stand.workload.contents.images {
            client.get(&format!("/v2/{}/manifests/{}", image.repository, image.tag), |_| Ok(()))?;
        }
        Ok((serving, began.elapsed().as_secs_f64()))
    }

    /// The time until it is servable, and what it takes to check and to send every
    /// byte after that. `fresh` means that this machine has never served it.
    pub(crate) fn measure(&self, fresh: bool) -> Result<Sample> {
        if fresh {
            remove_folder(&self.folder.join("state"))?;
        }
        let (serving, seconds) = self.until_servable()?;
        let images = &self.stand.workload.contents.images;
        let paths: Vec<_> = images
            .iter()
            .flat_map(|image| image.blobs.iter().map(move |blob| (image, blob)))
            .map(|(image, blob)| format!("/v2/{}/blobs/sha256:{}", image.repository, blob.digest))
            .collect();
        parallel::on(READERS, &paths, |_, path| {
            Client::connect(serving.address, None)?.drain(path)
        })?;
        serving.wait_until_intact(None)?;
        let written = written_bytes(serving.running.id())?;
        Ok(Sample { seconds, written, peak: serving.peak(), ..Sample::default() })
    }
}

/// Serves a bundle on any port, with the key and the state of a folder.
pub(crate) fn serve_command(programs: &Programs, folder: &Path, bundle: &Path) -> Command {
    let mut command = programs.installer("serve", folder);
    command.arg(bundle).args(["--listen", "127.0.0.1:0", "--quiet"]);
    command.args(["--trust", "release.pub", "--state-dir", "state", "--port-file", PORT_FILE]);
    command
}

impl Serving {
    /// Runs a [`serve_command`] of this folder; returns when the port is open.
    pub(crate) fn start(command: &mut Command, folder: &Path) -> Result<Self> {
        let port_file = folder.join(PORT_FILE);
        let _none = fs::remove_file(&port_file);
        let mut running = Running::spawn(command.stdout(Stdio::null()))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = fs::read_to_string(&port_file).unwrap_or_default();
            if let Ok(port) = text.trim().parse() {
                return Ok(Self { running, address: (Ipv4Addr::LOCALHOST, port).into() });
            }
            if !running.lives() || Instant::now() > deadline {
                return Err("`serve` does not start".into());
            }
            sleep(LOOK);
        }
    }

    /// Its memory so far.
    pub(crate) fn peak(&self) -> Peak {
        let mut peak = Peak::default();
        peak.look(self.running.id(), false);
        peak
    }

    /// Waits until the pass in the background has seen every byte.
    pub(crate) fn wait_until_intact(&self, tls: Option<&Arc<ClientConfig>>) -> Result<()> {
        let mut client = Client::connect(self.address, tls)?;
        let deadline = Instant::now() + PATIENCE_TO_CHECK;
        loop {
            let mut text = Vec::new();
            client.get("/healthz", |piece| {
                text.extend_from_slice(piece);
                Ok(())
            })?;
            match String::from_utf8_lossy(&text) {
                text if text.contains("intact") => return Ok(()),
                text if Instant::now() > deadline => return Err(text.into_owned().into()),
                _ => sleep(Duration::from_millis(5)),
            }
        }
    }
}
