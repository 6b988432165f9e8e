//! A cluster file to break in tests.

use super::{Asking, Cluster, ClusterErrors};
use std::path::Path;

/// Small and right.
pub(super) const GOOD: &str = "\
cluster: seoul-1
hosts:
- name: cp-1
  address: 10.77.0.11
  roles: [control-plane]
- name: worker-1
  address: 10.77.0.12
  roles: [worker]
network:
  plugin: calico
";

/// Says everything that can be said.
pub(super) const FULL: &str = include_str!("full.yaml");

pub(super) fn parse(text: &str) -> Result<Cluster, ClusterErrors> {
    Cluster::parse(Path::new("cluster.yaml"), text, Asking::Possible)
}

/// What is said about a text, without the headline; empty when it is right.
pub(super) fn mistakes(text: &str) -> String {
    let Err(errors) = parse(text) else { return String::new() };
    let text = errors.to_string();
    text.split_once('\n').map_or("", |(_, lines)| lines).to_owned()
}

/// `GOOD` with a part replaced, which must be there.
pub(super) fn with(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "{old}");
    GOOD.replacen(old, new, 1)
}
