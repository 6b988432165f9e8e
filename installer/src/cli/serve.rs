//! `serve`: bundles become a registry, from where they lie.

use super::{
    CommandError,
    arguments::{Keys, RollbackArguments, TrustArguments},
};
use crate::serve::{
    AccessOptions, Asked, Limits, OpenLog, RepositoryName, ServeError, ServeOptions, Server, Stock,
    Supply, SupplyError, TlsFiles, Watched, WritableOptions, runtime,
};
use bundles::Bundle;
use clap::Args;
use console::{ByteSize, Console, text};
use std::{
    fs::{self, File},
    io::Write,
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

/// Time that readers of a cut connection have to notice.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// Serve bundles as a registry and file server, in place
///
/// Images keep their original names behind the address: `registry.k8s.io/pause:3.10` is
/// ADDRESS/registry.k8s.io/pause:3.10. Plain files are listed at /files/, OS packages at /apt/,
/// health is at /healthz. Nothing is unpacked: every byte is read from the bundle, checked and
/// sent. When a name is in two bundles, the higher serial of the same release serves it, or else
/// the bundle named later; so it is with the packages of a system.
/// With --writable a site pushes images of its own beside them; a bundle's names stay the bundle's.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The bundles: files, volumes in any order, or folders that hold them
    #[arg(value_name = "BUNDLE", required = true)]
    bundles: Vec<PathBuf>,

    /// Address and port to listen on; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:5000")]
    listen: SocketAddr,

    /// Answer to every name behind this prefix as well: PREFIX/registry.k8s.io/pause
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<RepositoryName>,

    /// Certificate chain of this host, in PEM; turns TLS on
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// Private key of this host, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Serve only the users in this file: htpasswd, bcrypt alone (`htpasswd -B`)
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,

    /// Let everybody read all the same; only writing needs a user
    #[arg(long, requires = "users")]
    anonymous_pull: bool,

    /// Take pushes too, and keep them in this folder; without --users only on loopback
    #[arg(long, value_name = "DIR")]
    writable: Option<PathBuf>,

    /// The most that pushed images may take in all, such as `50GiB`
    #[arg(long, value_name = "SIZE", requires = "writable")]
    quota: Option<ByteSize>,

    /// Let everybody who reaches this registry push, without a name
    #[arg(long, requires = "writable", conflicts_with = "users")]
    anonymous_push: bool,

    /// Connections at once; whoever is too many is told to come again
    #[arg(long, value_name = "N", default_value = "2048")]
    max_connections: NonZeroUsize,

    /// Connections at once from one address
    #[arg(long, value_name = "N", default_value = "256")]
    max_connections_per_client: NonZeroUsize,

    /// Append a line of JSON for each request to this file; `-` is stdout
    #[arg(long, value_name = "FILE")]
    access_log: Option<PathBuf>,

    /// Write the port into this file once it is open
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArguments,
    #[command(flatten)]
    rollback: RollbackArguments,
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let watched = Watched::new(self.bundles.clone());
        let mut folders = Folders {
            paths: self.bundles.clone(),
            keys: self.trust.keys()?,
            rollback: self.rollback.clone(),
            console: console.clone(),
        };
        let bundles = folders.open()?;
        let options = self.options(console);
        let runtime = runtime()?;
        let serials = self.rollback.serials()?;
        let stock = Stock::new(watched, bundles.clone(), Box::new(folders));
        let server = {
            let _inside = runtime.enter();
            Server::start(stock, options, console.reporter())?
        };
        let asked = Asked { stops: stop_signals(&runtime)?, reloads: reload_signals(&runtime)? };
        serials.remember(&bundles)?;
        self.port_file.as_deref().map_or(Ok(()), |path| write_port(path, server.address()))?;
        announce(console, &server);
        runtime.block_on(server.run(asked));
        runtime.shutdown_timeout(LAST_MOMENT);
        console.note("stopped");
        Ok(())
    }

    fn options(&self, console: &Console) -> ServeOptions {
        let tls = self.tls_cert.clone().zip(self.tls_key.clone());
        let tls = tls.map(|(certificate, key)| TlsFiles { certificate, key });
        let access_log = self.access_log.clone().map(|path| log_to(path, console));
        let access =
            AccessOptions { users: self.users.clone(), anonymous_pull: self.anonymous_pull };
        let writable = self.writable.clone().map(|folder| WritableOptions {
            folder,
            quota: self.quota.map(|size| size.0),
            anonymous_push: self.anonymous_push,
        });
        let limits = Limits {
            connections: self.max_connections.get(),
            per_client: self.max_connections_per_client.get(),
        };
        ServeOptions {
            listen: self.listen,
            prefix: self.prefix.clone(),
            tls,
            limits,
            access,
            access_log,
            writable,
        }
    }
}

/// The files and folders that were named, looked at as at the start.
struct Folders {
    paths: Vec<PathBuf>,
    keys: Keys,
    rollback: RollbackArguments,
    console: Console,
}

impl Folders {
    fn open(&mut self) -> Result<Vec<Bundle>, CommandError> {
        let bundles = self.keys.open(&self.paths, &self.console)?;
        self.rollback.check(&bundles)?;
        Ok(bundles)
    }
}

impl Supply for Folders {
    fn open(&mut self) -> Result<Vec<Bundle>, SupplyError> {
        Ok(Self::open(self)?)
    }

    fn remember(&mut self, bundles: &[Bundle]) -> Result<(), SupplyError> {
        Ok(self.rollback.serials()?.remember(bundles)?)
    }
}

fn log_to(path: PathBuf, console: &Console) -> OpenLog {
    let console = console.clone();
    Box::new(move || {
        if path == Path::new("-") {
            let console = console.clone();
            return Ok(Box::new(move |line| {
                console.data(line);
                Ok(())
            }));
        }
        let file = File::options().append(true).create(true).open(&path);
        let mut file = file.map_err(|source| ServeError::Write { path: path.clone(), source })?;
        Ok(Box::new(move |line| file.write_all(line.as_bytes())))
    })
}

/// A message for each signal that asks for an end: a service manager's, or the
/// operator's Ctrl-C.
pub(super) fn stop_signals(runtime: &Runtime) -> Result<mpsc::Receiver<()>, ServeError> {
    // A third signal while two are waiting asks for nothing more.
    signals(runtime, 2, &[SignalKind::terminate(), SignalKind::interrupt()])
}

/// A message for each signal that asks to read again what may have changed.
fn reload_signals(runtime: &Runtime) -> Result<mpsc::Receiver<()>, ServeError> {
    signals(runtime, 1, &[SignalKind::hangup()])
}

fn signals(
    runtime: &Runtime,
    waiting: usize,
    kinds: &[SignalKind],
) -> Result<mpsc::Receiver<()>, ServeError> {
    let (send, received) = mpsc::channel(waiting);
    let _inside = runtime.enter();
    for kind in kinds {
        let mut signals = signal(*kind).map_err(ServeError::Start)?;
        let send = send.clone();
        runtime.spawn(async move {
            while signals.recv().await.is_some() {
                // What is already waiting asks for the same.
                let _ = send.try_send(());
            }
        });
    }
    Ok(received)
}

/// In one rename, so that whoever waits for the file never reads half a number.
fn write_port(path: &Path, address: SocketAddr) -> Result<(), ServeError> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let written = fs::write(&partial, format!("{}\n", address.port()));
    let written = written.and_then(|()| fs::rename(&partial, path));
    written.map_err(|source| ServeError::Write { path: path.to_owned(), source })
}

fn announce(console: &Console, server: &Server) {
    let (repositories, blobs) = server.counts();
    let repositories = text::count(repositories as u64, "repository", "repositories");
    let blobs = text::count(blobs as u64, "blob", "blobs");
    let (scheme, address) = (server.scheme(), server.address());
    let verify = if scheme == "http" { " --tls-verify=false" } else { "" };
    let example = server.example();
    let example = example.map(|name| format!("; try `podman pull{verify} {address}/{name}`"));
    console.success(&format!(
        "serving {repositories}, {blobs} on {scheme}://{address}{}",
        example.unwrap_or_default()
    ));
}
