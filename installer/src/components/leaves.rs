//! What running components leave on hosts, beside what the ledger lists.

use super::{
    error::PlanningError,
    paths::{CRIO_SOCKET, KUBEADM, ours},
};
use crate::{
    ledger::{LeaveCommand, Leaves},
    plan::WordError,
};
use manifests::{component, lockfile::Lockfile};

const MOUNTS: [&str; 2] = ["/var/lib/kubelet", "/var/lib/containers"];

/// Folders that Kubernetes, CRI-O and our registry fill.
const PATHS: [&str; 12] = [
    "/etc/crio/policies",
    "/etc/kubernetes",
    "/var/lib/etcd",
    "/var/lib/kubelet",
    "/var/lib/cni",
    "/var/lib/containers",
    "/var/lib/crio",
    "/etc/cni",
    "/opt/cni",
    "/root/.kube",
    "/var/lib/bottari/registry",
    "/var/log/bottari",
];

/// Ends all containers. Nothing of it may be missing for the rest to go on.
const RESET: &str = r#"
[ -x "$kubeadm" ] || exit 0
"$kubeadm" reset --force --cri-socket "$socket"
"#;

/// What CRI-O and the kubelet keep outside of our places. Empty folders go unless a
/// package owns them: the static pods of kubeadm make `/etc/ssl/certs` on a minimal host.
const TRACES: &str = r"
systemctl stop kubelet.service crio.service 2>/dev/null || :
systemctl stop 'kubepods*.slice' 2>/dev/null || :
for place in /run/netns /run/ipcns /run/utsns; do
  awk -v below=$place/ 'index($2, below) == 1 { print $2 }' /proc/mounts |
    while read -r point; do umount $point; done
  rm -rf --one-file-system $place
done
rm -rf --one-file-system /run/crio /var/log/pods /var/log/containers /usr/libexec/kubernetes
[ -e /usr/bin/podman ] || rm -rf --one-file-system /run/containers
for folder in /usr/share/containers/oci/hooks.d /usr/share/containers/oci /usr/share/containers \
  /usr/lib/modules /etc/ssl/certs /etc/ssl; do
  dpkg-query -S $folder >/dev/null 2>&1 || rmdir $folder 2>/dev/null || :
done
";

/// Rules of kube-proxy and of the portmap plugin; then tables of nft that only
/// iptables has made and that hold nothing but chains without rules.
const FILTERS: &str = r#"
for family in iptables ip6tables; do
  command -v $family-save > /dev/null 2>&1 || continue
  $family-save 2>/dev/null | grep -vE '(KUBE|CNI)-' | $family-restore
done
command -v nft > /dev/null 2>&1 || exit 0
for family in ip ip6; do
  for table in filter nat mangle; do
    held=$(nft list table $family $table 2>/dev/null) || continue
    printf '%s\n' "$held" | grep -vE '^[[:space:]]*(#|table |chain [A-Z]+ [{]|type .* policy accept;|[}]|$)' |
      grep -q . || nft delete table $family $table
  done
done
"#;

/// What `reset` undoes beside the ledger, on the hosts of this release. What
/// belongs to the engine stands here, the rest in component definitions.
pub fn leaves(lockfile: &Lockfile) -> Result<Leaves, PlanningError> {
    let kubeadm = format!("kubeadm={KUBEADM}\nsocket={CRIO_SOCKET}{RESET}");
    let mut leaves = Leaves {
        commands: vec![
            command("let kubeadm end all pods", &kubeadm),
            command("remove traces of the container runtime", TRACES),
            command("remove packet filters of Services", FILTERS),
        ],
        mounts: MOUNTS.map(ours).to_vec(),
        paths: PATHS.map(ours).to_vec(),
        ..Leaves::default()
    };
    for component in &lockfile.components {
        add(&mut leaves, &component.leaves).map_err(|source| PlanningError::Leaves {
            component: component.name.to_string(),
            source,
        })?;
    }
    Ok(leaves)
}

/// Adds what a component declares, as far as these are words and places of ours.
fn add(leaves: &mut Leaves, declared: &component::Leaves) -> Result<(), WordError> {
    for name in &declared.interfaces {
        leaves.interfaces.push(name.as_str().parse()?);
    }
    for prefix in &declared.chains {
        leaves.chains.push(prefix.as_str().parse()?);
    }
    for path in &declared.mounts {
        leaves.mounts.push(path.as_str().parse()?);
    }
    for path in &declared.paths {
        leaves.paths.push(path.as_str().parse()?);
    }
    Ok(())
}

fn command(title: &str, script: &str) -> LeaveCommand {
    LeaveCommand { title: title.into(), script: script.into() }
}
