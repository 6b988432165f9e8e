//! Edge nodes, which no cluster file knows today.

use super::{
    check::inside,
    cluster::Described,
    findings::Findings,
    settings::{Settings, Value, differs, host_name},
};
use manifests::cluster::HostName;
use std::{collections::HashMap, net::Ipv4Addr};

/// Names that changed between the guide and 1.7.0.
struct Words {
    count: &'static str,
    private: &'static str,
    public: &'static str,
    address: &'static str,
    profile: &'static str,
}

const TODAY: Words = Words {
    count: "EDGE_HOSTS",
    private: "CLOUDCORE_PRIVATE_IP",
    public: "CLOUDCORE_PUBLIC_IP",
    address: "PUBLIC_IP",
    profile: "edge",
};

/// Of the guide, whose versions are older, too.
const GUIDE: Words = Words {
    count: "EDGE_NODE_CNT",
    private: "CLOUDCORE_PRIVATE_VIP",
    public: "CLOUDCORE_VIP",
    address: "PUBLIC_IP",
    profile: "edge-guide",
};

/// Checks the file against the cluster, tells that nothing of it is done, and
/// gives the profile that carries it.
pub(super) fn check(settings: &Settings<'_>, cluster: &Described) -> &'static str {
    let words = words(settings);
    let why = "edge nodes reach the cluster there";
    let cloudcore = settings.address(words.private, why);
    let public = settings.address(words.public, why);
    let count = settings.count(words.count, "it is the number of edge nodes");
    let mut known = Known::of(cluster);
    let numbers = 1..=count.as_ref().map_or(0, |count| count.is);
    let nodes: Vec<String> =
        numbers.filter_map(|n| node(settings, &words, n, &mut known)).collect();
    if let Some(cloudcore) = &cloudcore {
        pools_differ(cloudcore, cluster, settings.findings);
        known.address(cloudcore, settings.findings);
    }
    for address in cloudcore.iter().chain(&public) {
        outside_the_cluster(address, settings.findings);
    }
    copies_of_cloudcore(settings);
    if let (Some(count), Some(cloudcore), Some(public)) = (count, cloudcore, public) {
        let message = format!(
            "K-PaaS joins edge nodes by KubeEdge, whose cloudcore has {} (outside {}): {}; this \
             version does not: profile `{}` carries it",
            cloudcore.is,
            public.is,
            nodes.join(", "),
            words.profile
        );
        settings.findings.unsaid(count.spot, None, message);
    }
    words.profile
}

fn outside_the_cluster(address: &Value<Ipv4Addr>, findings: &Findings) {
    if let Some(what) = inside(address.is) {
        let message = format!("`{}`: {} lies in the {what} of K-PaaS", address.name, address.is);
        findings.mistake(address.spot, message);
    }
}

/// The older guide says where cloudcore runs.
fn copies_of_cloudcore(settings: &Settings<'_>) {
    for number in 1..=2 {
        let given = settings.given(&format!("CLOUDCORE{number}_NODE_HOSTNAME"));
        let host = settings.read(given, host_name);
        if let Some(host) = host {
            let message = format!("K-PaaS runs cloudcore on `{}`; this version does not", host.is);
            settings.findings.unsaid(host.spot, None, message);
        }
    }
}

fn words(settings: &Settings<'_>) -> Words {
    let is_set = |name: &str| settings.script.last(name).is_some();
    match is_set(GUIDE.count) || is_set(GUIDE.private) || is_set(GUIDE.public) {
        true => {
            let private = is_set("EDGE1_NODE_PRIVATE_IP") && !is_set("EDGE1_NODE_PUBLIC_IP");
            let count = if is_set(GUIDE.count) { GUIDE.count } else { TODAY.count };
            Words { count, address: if private { "PRIVATE_IP" } else { "PUBLIC_IP" }, ..GUIDE }
        }
        false => TODAY,
    }
}

/// The node with its address, as far as it is right.
fn node(settings: &Settings<'_>, words: &Words, n: usize, known: &mut Known) -> Option<String> {
    let why = format!("`{}` counts it", words.count);
    let name = settings.host_name(&format!("EDGE{n}_NODE_HOSTNAME"), &why);
    let address = settings.address(&format!("EDGE{n}_NODE_{}", words.address), &why);
    if let Some(name) = &name {
        differs(name, &mut known.names, settings.findings);
    }
    if let Some(address) = &address {
        known.address(address, settings.findings);
    }
    Some(format!("{} {}", name?.is, address?.is))
}

/// What the hosts of the cluster have already.
struct Known {
    names: HashMap<HostName, String>,
    addresses: HashMap<Ipv4Addr, String>,
}

impl Known {
    fn of(cluster: &Described) -> Self {
        let names = cluster.machines().filter_map(|machine| machine.name.as_ref());
        let addresses = cluster.machines().filter_map(|machine| machine.address.as_ref());
        let more = cluster.ingress.iter();
        Self {
            names: names.map(|name| (name.is.clone(), name.name.clone())).collect(),
            addresses: addresses.chain(more).map(|a| (a.is, a.name.clone())).collect(),
        }
    }

    fn address(&mut self, address: &Value<Ipv4Addr>, findings: &Findings) {
        differs(address, &mut self.addresses, findings);
    }
}

/// MetalLB keeps a pool of its own for it.
fn pools_differ(cloudcore: &Value<Ipv4Addr>, cluster: &Described, findings: &Findings) {
    if let Some(pool) = cluster.pool.as_ref().filter(|pool| pool.is.contains(cloudcore.is)) {
        let message =
            format!("`{}`: {} lies in `{}`, {}", cloudcore.name, cloudcore.is, pool.name, pool.is);
        findings.mistake(cloudcore.spot, message);
    }
}
