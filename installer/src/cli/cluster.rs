//! What every verb that goes to hosts has in common: the cluster file, which of
//! its hosts are meant, and how they are reached.

use super::CommandError;
use crate::transport::{
    Reach, Secret, Surroundings,
    ssh::{AskPassphrase, Connector, ConnectorOptions, Credentials},
};
use clap::Args;
use console::Console;
use manifests::{
    Digest, ExitCode, Failure,
    cluster::{Asking, Cluster, ClusterErrors, Host, HostName, Sudo},
};
use std::{
    env, fs,
    io::{self, IsTerminal},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::runtime::{Builder, Runtime};

/// A host that is up answers in a fraction of this.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Which hosts, and how to reach them.
#[derive(Debug, Args)]
pub(super) struct ClusterArguments {
    /// The cluster file
    #[arg(long, short = 'f', value_name = "FILE")]
    file: PathBuf,

    /// Only these hosts of it, with commas between
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    hosts: Vec<HostName>,

    /// How many hosts are worked on at once
    #[arg(long, value_name = "N", default_value = "10")]
    pub(super) parallel: NonZeroUsize,

    /// Record the keys of hosts that nobody has met; a changed key is still refused
    #[arg(long)]
    accept_new_host_keys: bool,
}

/// Why no host was touched.
#[derive(Debug, thiserror::Error)]
pub enum ClusterFileError {
    /// The file cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is wrong.
    #[error(transparent)]
    Wrong(#[from] ClusterErrors),
    /// `--hosts` names a stranger.
    #[error("`{path}` has no host `{name}`")]
    NoSuchHost {
        /// The file.
        path: PathBuf,
        /// The name.
        name: HostName,
    },
    /// A cluster is made as a whole.
    #[error("a cluster is planned and installed as a whole, not on some of its hosts")]
    SomeHosts,
    /// The machine has no room for one more program.
    #[error("cannot start the threads that talk to hosts")]
    Threads(#[source] io::Error),
}

impl Failure for ClusterFileError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoSuchHost { .. } | Self::SomeHosts => ExitCode::Usage,
            Self::Read { .. } | Self::Wrong(_) | Self::Threads(_) => ExitCode::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => Some("write one with `bottari-installer init`".to_owned()),
            Self::Wrong(errors) => errors.hint(),
            Self::SomeHosts => Some("leave `--hosts` out".to_owned()),
            Self::NoSuchHost { .. } | Self::Threads(_) => None,
        }
    }
}

impl ClusterArguments {
    /// Reads the cluster file; only the hosts that are meant remain in it.
    pub(super) fn read(&self) -> Result<Cluster, ClusterFileError> {
        let path = &self.file;
        let unreadable = |source| ClusterFileError::Read { path: path.clone(), source };
        let text = fs::read_to_string(path).map_err(unreadable)?;
        let asking = match io::stdin().is_terminal() {
            true => Asking::Possible,
            false => Asking::Impossible,
        };
        let mut cluster = Cluster::parse(path, &text, asking)?;
        let stranger = self.hosts.iter().find(|name| cluster.host(name).is_none());
        if let Some(name) = stranger.cloned() {
            return Err(ClusterFileError::NoSuchHost { path: path.clone(), name });
        }
        let meant = |host: &Host| self.hosts.is_empty() || self.hosts.contains(&host.name);
        cluster.hosts.retain(meant);
        Ok(cluster)
    }

    /// Digest of the cluster file's text.
    pub(super) fn digest(&self) -> Result<Digest, ClusterFileError> {
        let unreadable = |source| ClusterFileError::Read { path: self.file.clone(), source };
        Ok(bundles::sha256(&fs::read(&self.file).map_err(unreadable)?))
    }

    /// Whether no host is left out.
    pub(super) fn names_all_hosts(&self) -> bool {
        self.hosts.is_empty()
    }

    /// For commands that make sense for all hosts only.
    pub(super) fn refuse_some_hosts(&self) -> Result<(), ClusterFileError> {
        if self.names_all_hosts() { Ok(()) } else { Err(ClusterFileError::SomeHosts) }
    }

    /// How its hosts are reached. Asks for the sudo password where one is needed.
    pub(super) fn reaches(
        &self,
        cluster: &Cluster,
        console: &Console,
    ) -> Result<Vec<Reach>, CommandError> {
        let wants_password = cluster.hosts.iter().any(|host| host.sudo == Sudo::Password);
        let password = match wants_password {
            true => Some(console.ask_secret("password for sudo on the hosts: ")),
            false => None,
        };
        let password = password.transpose().map_err(CommandError::Answer)?.map(Secret::new);
        let folder = self.file.parent().unwrap_or(Path::new(""));
        let home = home();
        let around = Surroundings { home: &home, folder, password };
        Ok(cluster.hosts.iter().map(|host| Reach::of(host, &around)).collect())
    }

    /// Opens connections as the operator's own `ssh` would.
    pub(super) fn connector(&self, console: &Console) -> Connector {
        let agent = env::var_os("SSH_AUTH_SOCK").map(PathBuf::from);
        let ask = Arc::new(AskOperator(console.clone()));
        Connector::new(ConnectorOptions {
            accept_new_host_keys: self.accept_new_host_keys,
            credentials: Credentials::of_user(&home(), agent, ask),
            connect_timeout: CONNECT_TIMEOUT,
            reporter: console.reporter(),
        })
    }
}

/// The threads that talk to hosts.
pub(super) fn runtime() -> Result<Runtime, ClusterFileError> {
    Builder::new_multi_thread().enable_all().build().map_err(ClusterFileError::Threads)
}

fn home() -> PathBuf {
    env::home_dir().unwrap_or_else(|| PathBuf::from("/"))
}

/// Asks at the terminal, when there is one.
#[derive(Debug)]
struct AskOperator(Console);

impl AskPassphrase for AskOperator {
    fn ask(&self, key: &Path) -> io::Result<Option<Secret>> {
        if !io::stdin().is_terminal() {
            return Ok(None);
        }
        let question = format!("passphrase of `{}`: ", key.display());
        self.0.ask_secret(&question).map(|answer| Some(Secret::new(answer)))
    }
}
