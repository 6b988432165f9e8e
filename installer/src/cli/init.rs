//! `init`: a commented cluster file to begin with.

use super::{CommandError, this_machine};
use clap::Args;
use console::{Console, text};
use manifests::{
    ExitCode, Failure, Name,
    cluster::{Asking, Cluster, ClusterErrors, Starter, StarterHost, schema},
};
use serde_json::json;
use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    str::FromStr,
};

/// Write a cluster file with comments, to be changed by hand
///
/// The first host becomes the control plane, the others workers; a host that is alone is both.
/// Without hosts the file shows documentation addresses. With --local the first host is the machine
/// this runs on. A file that is there already stays as it is.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The file to write
    #[arg(long, short, value_name = "FILE", default_value = "cluster.yaml")]
    output: PathBuf,

    /// The cluster's name [default: demo]
    #[arg(long, value_name = "NAME")]
    name: Option<Name>,

    /// Hosts that are known already, with commas between
    #[arg(long, value_name = "NAME=ADDRESS", value_delimiter = ',')]
    hosts: Vec<KnownHost>,

    /// Begin with this machine, which is reached without SSH
    #[arg(long)]
    local: bool,

    /// The component of the release that connects pods [default: calico]
    #[arg(long, value_name = "COMPONENT")]
    network: Option<Name>,

    /// Print the file's JSON schema, for an editor, and write nothing
    #[arg(long, conflicts_with_all = ["output", "name", "hosts", "local", "network"])]
    schema: bool,
}

/// `NAME=ADDRESS` on the command line.
#[derive(Debug, Clone)]
struct KnownHost(StarterHost);

impl FromStr for KnownHost {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("`{text}`: expected NAME=ADDRESS such as `cp-1=192.0.2.11`");
        let (name, address) = text.split_once('=').ok_or_else(expected)?;
        let name = name.parse().map_err(|error| format!("{error}"))?;
        let address = address.parse().ok().ok_or_else(expected)?;
        Ok(Self(StarterHost { name, address }))
    }
}

/// Why no cluster file was written.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// Somebody's work may be in it.
    #[error("`{0}` is there already and stays as it is")]
    Exists(PathBuf),
    /// The disk or the rights.
    #[error("cannot write `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nobody could reach it.
    #[error("this machine has no address but its loopback one")]
    NoAddress,
}

impl Failure for InitError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Exists(_) | Self::Write { .. } => ExitCode::Input,
            Self::NoAddress => ExitCode::Host,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Exists(_) => Some("choose another file with `-o FILE`".to_owned()),
            Self::Write { .. } => None,
            Self::NoAddress => {
                Some("connect it to a network, or leave `--local` out and name it with `--hosts NAME=ADDRESS`".to_owned())
            }
        }
    }
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        if self.schema {
            console.data(&schema());
            return Ok(());
        }
        let path = self.output.clone();
        let text = self.starter()?.text();
        write_new(&path, &text)?;
        tell(console, &path, Cluster::parse(&path, &text, Asking::Possible));
        Ok(())
    }

    fn starter(self) -> Result<Starter, InitError> {
        let this = self.local.then(this_host).transpose()?;
        let hosts = this.into_iter().chain(self.hosts.into_iter().map(|host| host.0)).collect();
        Ok(Starter {
            cluster: self.name,
            plugin: self.network,
            hosts,
            local: self.local,
            ..Starter::default()
        })
    }
}

fn this_host() -> Result<StarterHost, InitError> {
    let address = this_machine::address().ok_or(InitError::NoAddress)?;
    Ok(StarterHost { name: this_machine::name(), address })
}

pub(super) fn write_new(path: &Path, text: &str) -> Result<(), InitError> {
    let written = File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => InitError::Exists(path.to_owned()),
        _ => InitError::Write { path: path.to_owned(), source },
    })
}

/// Hosts from the command line may contradict each other or the defaults; the
/// file is where that is put right, so it is written all the same.
fn tell(console: &Console, path: &Path, read: Result<Cluster, ClusterErrors>) {
    let shown = path.display();
    if console.wants_json() {
        console.json(&json!({ "cluster-file": path, "usable": read.is_ok() }));
    }
    match read {
        Ok(cluster) => {
            let hosts = text::count(cluster.hosts.len() as u64, "host", "hosts");
            console.success(&format!(
                "wrote `{shown}` with {hosts} and no mistake: now make it yours"
            ));
        }
        Err(errors) => {
            console.success(&format!("wrote `{shown}`"));
            console.warn(&format!("{errors}"));
        }
    }
}
