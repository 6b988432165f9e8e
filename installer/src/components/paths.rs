//! Places on hosts that several files of this folder name.

use crate::plan::ManagedPath;

pub(super) const KUBEADM: &str = "/usr/local/bin/kubeadm";
pub(super) const KUBECTL: &str = "/usr/local/bin/kubectl";
pub(super) const ADMIN: &str = "/etc/kubernetes/admin.conf";
pub(super) const CRIO_SOCKET: &str = "unix:///var/run/crio/crio.sock";

/// What the registry shows its clients.
pub(super) const REGISTRY_CERTIFICATE: &str = "/etc/bottari/pki/registry.crt";
pub(super) const REGISTRY_KEY: &str = "/etc/bottari/pki/registry.key";

/// A place that is known to be one of ours.
pub(super) fn ours(text: &str) -> ManagedPath {
    text.parse().expect("it lies in one of our places")
}
