//! Are the ports free that our services will take?

use super::{
    network::is_installed,
    verdict::{State, Verdict, View},
};
use crate::facts::Listening;

/// Programs of ours, by the first 15 letters of their names, as the kernel
/// keeps them.
const OURS: [&str; 8] = [
    "kubelet",
    "kube-apiserver",
    "kube-controller",
    "kube-scheduler",
    "kube-proxy",
    "etcd",
    "crio",
    "bottari-install",
];

pub(super) fn ports(view: View<'_>) -> Verdict {
    let installed = is_installed(view);
    let ours = |used: &Listening| {
        let program = used.program.as_deref().unwrap_or_default();
        // The kernel itself listens for VXLAN and has no name.
        installed && (program.is_empty() || OURS.iter().any(|name| program.starts_with(name)))
    };
    let holder = |need: &super::PortNeed| {
        let same = |used: &&Listening| used.protocol == need.protocol && used.port == need.port;
        view.facts.listening.iter().filter(same).find(|used| !ours(used)).map(|used| {
            let program = used.program.as_deref().unwrap_or("somebody we could not see");
            format!("{} ({}) is used by {program}", need.port, need.purpose)
        })
    };
    let held: Vec<String> = view.host.ports.iter().filter_map(holder).collect();
    if held.is_empty() {
        return Verdict::ok(if installed { "free or used by our own services" } else { "free" });
    }
    let list: Vec<String> = view.host.ports.iter().map(|need| need.port.to_string()).collect();
    let fix = "stop what uses them, or choose other ports in the cluster file where it names them";
    Verdict::bad(State::Failed, held.join(", "), format!("free: {}", list.join(" ")), fix)
}
