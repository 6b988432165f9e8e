//! Did somebody install something here before?

use super::{
    network::is_installed,
    verdict::{State, Verdict, View},
};

/// Services that would fight with ours.
const RIVALS: [&str; 9] = [
    "kubelet",
    "crio",
    "etcd",
    "k3s",
    "k3s-agent",
    "rke2-server",
    "rke2-agent",
    "microk8s",
    "snap.microk8s.daemon-kubelite",
];
/// Interfaces that pod networks leave behind.
const INTERFACES: [&str; 8] = [
    "cni0",
    "flannel.1",
    "vxlan.calico",
    "tunl0",
    "kube-ipvs0",
    "nodelocaldns",
    "cilium_host",
    "weave",
];

pub(super) fn leftovers(view: View<'_>) -> Verdict {
    if is_installed(view) {
        return Verdict::ok("an installation of ours, which will be continued");
    }
    let facts = view.facts;
    let units = facts.units.iter().filter(|unit| RIVALS.contains(&unit.name.as_str()));
    let mut found: Vec<String> = units.map(|unit| format!("service {}", unit.name)).collect();
    found.extend(facts.leftovers.paths.iter().filter(|path| is_rival(path)).cloned());
    let interfaces = facts.interfaces.iter().filter(|one| INTERFACES.contains(&one.name.as_str()));
    found.extend(interfaces.map(|one| format!("interface {}", one.name)));
    if facts.leftovers.iptables_lines > 0 {
        found.push(format!("{} iptables lines", facts.leftovers.iptables_lines));
    }
    if !found.is_empty() {
        return Verdict::bad(
            State::Failed,
            found.join(", "),
            "nothing of another Kubernetes",
            "remove it the way it was installed, such as `kubeadm reset`; then delete what it leaves and restart the host",
        );
    }
    let mut neighbours: Vec<&str> = facts
        .units
        .iter()
        .filter(|unit| ["docker", "containerd"].contains(&unit.name.as_str()))
        .map(|unit| unit.name.as_str())
        .collect();
    neighbours.extend(facts.leftovers.paths.iter().map(String::as_str));
    match neighbours.is_empty() {
        true => Verdict::ok("nothing"),
        false => Verdict::bad(
            State::Warning,
            neighbours.join(", "),
            "no other container tool",
            "it can stay when somebody needs it; networks in /etc/cni/net.d that sort first would be used by pods",
        ),
    }
}

/// Folders that other container tools use as well prove nothing.
fn is_rival(path: &str) -> bool {
    const SHARED: [&str; 4] =
        ["/etc/cni/net.d", "/var/lib/cni", "/var/lib/containers/storage", "/var/lib/containerd"];
    !SHARED.contains(&path)
}
