//! The commented cluster file that `init` writes.

use super::{
    file::{PODS, SERVICES, USER},
    network::Network,
    words::{Endpoint, HostName, UserName, UserPath},
};
use crate::Name;
use std::{fmt::Write, net::Ipv4Addr};

const TEMPLATE: &str = include_str!("starter.yaml");

/// The columns that a line of a comment has.
const WIDTH: usize = 100;

/// Networks to choose from, the usual ones first. No two overlap.
const POD_NETWORKS: [&str; 3] = [PODS, "172.30.0.0/16", "10.32.0.0/16"];
const SERVICE_NETWORKS: [&str; 3] = [SERVICES, "172.24.0.0/14", "10.48.0.0/12"];

/// What is known before the file is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Starter {
    /// The cluster's name.
    pub cluster: Option<Name>,
    /// The component that connects pods.
    pub plugin: Option<Name>,
    /// The hosts. The first becomes the control plane, and a worker too when it
    /// is alone. Without any, documentation addresses (192.0.2.0/24) show the form.
    pub hosts: Vec<StarterHost>,
    /// Whether the first of them is the machine that the installer runs on.
    pub local: bool,
    /// Hosts that stand in the file as comments, each with its role.
    pub waiting: Vec<(StarterHost, &'static str)>,
    /// Addresses of pods and of services; left out: networks that hold no host.
    pub networks: Option<(Network, Network)>,
    /// Who logs in, with which key; left out: root, with the SSH agent.
    pub login: Option<(UserName, UserPath)>,
    /// Where clients and nodes reach the API server.
    pub endpoint: Option<Endpoint>,
    /// What a reader has to know first, a paragraph each; one that begins with
    /// two blanks is a line to copy. None can end the comment.
    pub remarks: Vec<String>,
}

/// A host that is known before the file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StarterHost {
    /// Its name.
    pub name: HostName,
    /// Its address.
    pub address: Ipv4Addr,
}

impl Starter {
    /// The cluster file with comments. Its networks hold none of the hosts.
    pub fn text(&self) -> String {
        let word =
            |name: &Option<Name>, usual: &str| name.as_ref().map_or(usual, Name::as_str).to_owned();
        let (pods, services) = match self.networks {
            Some((pods, services)) => (pods.to_string(), services.to_string()),
            None => {
                (self.network(POD_NETWORKS).to_owned(), self.network(SERVICE_NETWORKS).to_owned())
            }
        };
        let user = self.login.as_ref().map_or(USER, |(user, _)| user.as_str());
        TEMPLATE
            .replace("{cluster}", &word(&self.cluster, "demo"))
            .replace("{plugin}", &word(&self.plugin, "calico"))
            .replace("{pods}", &pods)
            .replace("{services}", &services)
            .replace("{user}", user)
            .replace("{key}", &self.key())
            .replace("{sudo}", if user == USER { "none" } else { "passwordless" })
            .replace("{api}\n", &self.api())
            .replace("{hosts}\n", &self.hosts())
            .replace("{waiting}\n", &self.waiting())
            .replace("{remarks}\n", &self.remarks())
    }

    fn key(&self) -> String {
        let usual = "# key: ~/.ssh/id_ed25519    # left out: the SSH agent";
        self.login.as_ref().map_or(usual.to_owned(), |(_, key)| format!("key: {key}"))
    }

    fn api(&self) -> String {
        let meaning = "such as a virtual address; left out: the control plane itself";
        match &self.endpoint {
            Some(endpoint) => {
                format!("api:\n  # port: 6443\n  endpoint: {endpoint} # {meaning}\n")
            }
            None => {
                format!("# api:\n#   port: 6443\n#   endpoint: 192.0.2.10:6443 # {meaning}\n")
            }
        }
    }

    fn remarks(&self) -> String {
        let comments = self.remarks.iter().map(|remark| format!("#\n{}", comment(remark)));
        comments.collect()
    }

    fn waiting(&self) -> String {
        let mut lines = String::new();
        for (host, role) in &self.waiting {
            push(&mut lines, host.name.as_str(), host.address, role);
        }
        lines.split_inclusive('\n').flat_map(|line| ["# ", line]).collect()
    }

    fn hosts(&self) -> String {
        let mut lines = String::new();
        if self.hosts.is_empty() {
            push(&mut lines, "cp-1", Ipv4Addr::new(192, 0, 2, 11), "control-plane");
            push(&mut lines, "worker-1", Ipv4Addr::new(192, 0, 2, 12), "worker");
        }
        for (n, host) in self.hosts.iter().enumerate() {
            let roles = match (n, self.hosts.len()) {
                (0, 1) => "control-plane, worker",
                (0, _) => "control-plane",
                _ => "worker",
            };
            push(&mut lines, host.name.as_str(), host.address, roles);
            if n == 0 && self.local {
                lines.push_str("  transport: local          # this machine\n");
            }
        }
        lines
    }

    /// The first that holds no host; when all do, the file's reader says so.
    fn network(&self, choice: [&'static str; 3]) -> &'static str {
        let holds =
            |network: &Network| self.hosts.iter().any(|host| network.contains(host.address.into()));
        let free = |text: &&str| text.parse().is_ok_and(|network| !holds(&network));
        choice.into_iter().find(free).unwrap_or(choice[0])
    }
}

fn push(lines: &mut String, name: &str, address: Ipv4Addr, roles: &str) {
    write!(lines, "- name: {name}\n  address: {address}\n  roles: [{roles}]\n")
        .expect("writing to a String cannot fail");
}

/// A paragraph as lines of a comment, without characters that could end it.
fn comment(text: &str) -> String {
    if text.starts_with("  ") {
        return format!("# {}\n", text.replace(char::is_control, " "));
    }
    let mut lines = String::new();
    let mut line = String::from("#");
    for word in text.split(|c: char| c.is_control() || c == ' ').filter(|word| !word.is_empty()) {
        if line.len() > 1 && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}
