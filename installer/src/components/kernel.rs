//! What the kernel has to do for pods: modules, settings, no swap, and a way to
//! Service addresses.
//!
//! Some settings are made by the kubelet and kube-proxy anyway. They stand here
//! so that what they were before is on record, for `reset`.

use super::{
    error::PlanningError,
    node::{Draft, Node},
    paths::ours,
    site::Site,
};
use crate::{
    facts::Feature,
    plan::PlannedStep,
    steps::{Action, KernelModules, Start, SwapOff, Sysctl, Unit},
};
use std::collections::BTreeMap;

/// Modules, and settings that only exist when they are there.
const MODULES: [(&str, &[(&str, &str)]); 3] = [
    ("overlay", &[]),
    (
        "br_netfilter",
        &[
            ("net.bridge.bridge-nf-call-iptables", "1"),
            ("net.bridge.bridge-nf-call-ip6tables", "1"),
        ],
    ),
    (
        "nf_conntrack",
        &[
            ("net.netfilter.nf_conntrack_tcp_timeout_established", "86400"),
            ("net.netfilter.nf_conntrack_tcp_timeout_close_wait", "3600"),
        ],
    ),
];

/// Settings that every kernel has.
const ALWAYS: [(&str, &str); 2] =
    [("net.ipv4.ip_forward", "1"), ("net.ipv4.conf.all.route_localnet", "1")];

/// Settings of the kubelet, made where the kernel has them.
const KUBELET: [(&str, &str); 6] = [
    ("kernel.keys.root_maxbytes", "25000000"),
    ("kernel.keys.root_maxkeys", "1000000"),
    ("kernel.panic", "10"),
    ("kernel.panic_on_oops", "1"),
    ("vm.overcommit_memory", "1"),
    ("vm.panic_on_oom", "0"),
];

pub(super) fn steps(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let mut steps = Vec::new();
    // A container has the kernel and the swap of another machine.
    if !node.facts.is_container() {
        steps.extend([modules(node)?, swap(node)?]);
    }
    steps.push(settings(node)?);
    if !node.facts.default_route {
        steps.push(service_route(site, node)?);
    }
    Ok(steps)
}

fn modules(node: &Node<'_>) -> Result<PlannedStep, PlanningError> {
    let names: Vec<_> = MODULES.iter().map(|(name, _)| *name).collect();
    let title = format!("load {}", names.join(", "));
    let why = "images are stacked with overlay, and packets of pods pass the other two";
    let draft = Draft { phase: "prepare", name: "modules", title, why };
    let modules = names.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
    let file = ours("/etc/modules-load.d/bottari.conf");
    node.step(draft, Action::KernelModules(KernelModules { file, modules }))
}

fn settings(node: &Node<'_>) -> Result<PlannedStep, PlanningError> {
    let mut values = BTreeMap::new();
    let has =
        |module: &str| !matches!(node.facts.features.get(module), None | Some(Feature::Absent));
    let of_modules = MODULES.iter().filter(|(name, _)| has(name)).flat_map(|(_, values)| *values);
    let of_kubelet = KUBELET.iter().filter(|(key, _)| node.facts.sysctls.contains_key(*key));
    for (key, value) in ALWAYS.iter().chain(of_modules).chain(of_kubelet) {
        values.insert(key.parse()?, value.parse()?);
    }
    let title = format!("set {} kernel settings", values.len());
    let why = "packets of pods are forwarded and filtered; what Kubernetes itself sets is on record, \
               for `reset`";
    let draft = Draft { phase: "prepare", name: "settings", title, why };
    node.step(draft, Action::Sysctl(Sysctl { file: ours("/etc/sysctl.d/99-bottari.conf"), values }))
}

fn swap(node: &Node<'_>) -> Result<PlannedStep, PlanningError> {
    let why = "the kubelet does not start beside swap";
    let title = "turn swap off".into();
    node.step(Draft { phase: "prepare", name: "swap", title, why }, Action::SwapOff(SwapOff {}))
}

/// Routes are looked at before packets are rewritten to a pod's address, so a
/// host without a default route needs one to addresses that are nowhere.
fn service_route(site: &Site<'_>, node: &Node<'_>) -> Result<PlannedStep, PlanningError> {
    let address = node.host.address;
    let found = node.facts.addresses.iter().find(|fact| fact.address == address);
    let nic = found.map(|fact| fact.interface.as_str()).filter(|nic| is_plain(nic));
    let host = || node.name().clone();
    let nic = nic.ok_or_else(|| PlanningError::NoInterface { host: host(), address })?;
    let services = site.inputs.cluster.network.services;
    let text = format!(
        "[Unit]\n\
         Description=Route to Service addresses on a host without a default route\n\
         Wants=network-online.target\n\
         After=network-online.target\n\
         Before=kubelet.service\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         RemainAfterExit=yes\n\
         ExecStart=ip route replace {services} dev {nic} scope link\n\
         ExecStop=ip route del {services} dev {nic} scope link\n\
         \n\
         [Install]\n\
         WantedBy=multi-user.target\n"
    );
    let unit = "bottari-routes.service".parse()?;
    let why = "without a default route, programs of the host find no way to Services";
    let title = format!("route {services} to {nic}");
    let draft = Draft { phase: "prepare", name: "routes", title, why };
    node.step(draft, Action::Unit(Unit { unit, text, watches: Vec::new(), start: Start::Now }))
}

/// The name goes into a unit: only what interfaces are called in practice.
fn is_plain(nic: &str) -> bool {
    !nic.is_empty() && nic.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-@".contains(&b))
}
