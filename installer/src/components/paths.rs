//! Places on hosts that several files of this folder name.

use crate::plan::ManagedPath;

pub(super) const KUBEADM: &str = "/usr/local/bin/kubeadm";
pub(super) const KUBECTL: &str = "/usr/local/bin/kubectl";
pub(super) const ADMIN: &str = "/etc/kubernetes/admin.conf";
pub(super) const CRIO_SOCKET: &str = "unix:///var/run/crio/crio.sock";

/// A place that is known to be one of ours.
pub(super) fn ours(text: &str) -> ManagedPath {
    text.parse().expect("it lies in one of our places")
}
