//! What an installation leaves behind that no file of ours is: what running
//! components made. Each component declares it.

use crate::plan::{ManagedPath, word_type};
use serde::{Deserialize, Serialize};

/// What `reset` undoes beside the ledger. Read from component definitions, so
/// as trusted as the release; paths are held to our places all the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Leaves {
    /// Run first, while everything is still there: `kubeadm reset`.
    pub commands: Vec<LeaveCommand>,
    /// Folders below which nothing may stay mounted.
    pub mounts: Vec<ManagedPath>,
    /// Network interfaces.
    pub interfaces: Vec<InterfaceName>,
    /// Beginnings of the names of iptables chains.
    pub chains: Vec<ChainPrefix>,
    /// Folders and files that running components filled.
    pub paths: Vec<ManagedPath>,
}

/// A script that cleans up, and may fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LeaveCommand {
    /// What it does, for messages.
    pub title: String,
    /// A script for `sh -eu`.
    pub script: String,
}

word_type!(
    /// A network interface: `cni0`, `vxlan.calico`.
    InterfaceName,
    "a network interface",
    "1 to 15 of letters, digits, `.`, `_` and `-`",
    |text| (1..=15).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
);

word_type!(
    /// How the names of a component's iptables chains begin: `KUBE-`, `cali-`.
    ChainPrefix,
    "the beginning of a chain's name",
    "3 to 20 letters, ending in `-`",
    |text| {
        let letters = text.strip_suffix('-').unwrap_or_default();
        (3..=20).contains(&text.len()) && letters.bytes().all(|b| b.is_ascii_alphanumeric())
            && !letters.is_empty()
    }
);
