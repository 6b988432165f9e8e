//! Two services of one host on the same port.

use super::{
    defaults::within,
    file::{ClusterFile, HostEntry, HostRole, Transport},
    mistakes::{Mistakes, Place},
    words::Port,
};

/// Ports that Kubernetes takes on hosts, with who takes them.
const ON_EVERY_HOST: [(u16, &str); 4] = [
    (10248, "the kubelet's health check"),
    (10249, "kube-proxy's metrics"),
    (10250, "the kubelet"),
    (10256, "kube-proxy's health check"),
];
const ON_CONTROL_PLANES: [(u16, &str); 5] = [
    (2379, "etcd"),
    (2380, "etcd"),
    (2381, "etcd's metrics"),
    (10257, "the controller manager"),
    (10259, "the scheduler"),
];
/// Services of type `NodePort` get theirs from here.
const NODE_PORTS: std::ops::RangeInclusive<u16> = 30000..=32767;

/// A port somebody chose, or its default.
#[derive(Clone, Copy)]
struct Taken {
    port: Port,
    by: &'static str,
    /// Where it is written; a default cannot be the mistake of two.
    place: Option<Place>,
}

pub(super) fn check(file: &ClusterFile, mistakes: &Mistakes) {
    for (_, host) in file.hosts.items() {
        let taken = taken(file, host);
        for (index, one) in taken.iter().enumerate() {
            not_of_kubernetes(host, one, mistakes);
            for other in taken.iter().take(index).filter(|other| other.port == one.port) {
                if let Some(place) = one.place.or(other.place) {
                    let (title, port) = (host.title(), one.port);
                    mistakes.add(
                        place,
                        format!("{title}: {} and {} want the same port {port}", other.by, one.by),
                    );
                }
            }
        }
    }
}

fn is_control_plane(host: &HostEntry) -> bool {
    host.roles.items().any(|(_, role)| *role == HostRole::ControlPlane)
}

/// The ports of a host that the file can change.
fn taken(file: &ClusterFile, host: &HostEntry) -> Vec<Taken> {
    let mut taken = Vec::new();
    if host.transport() == Some(Transport::Ssh) {
        let (port, field) = file.ssh_port(host);
        taken.extend(port.map(|port| Taken {
            port,
            by: "SSH",
            place: field.map(|field| field.place),
        }));
    }
    if is_control_plane(host) {
        let api = within(file.api.as_ref(), |section| &section.port).map(|field| field.place);
        let registry =
            within(file.registry.as_ref(), |section| &section.port).map(|field| field.place);
        taken.extend(file.api_port().map(|port| Taken { port, by: "the API server", place: api }));
        taken.extend(file.registry_port().map(|port| Taken {
            port,
            by: "the registry",
            place: registry,
        }));
    }
    taken
}

fn not_of_kubernetes(host: &HostEntry, taken: &Taken, mistakes: &Mistakes) {
    let (Some(place), port) = (taken.place, taken.port.number()) else { return };
    let on_control_plane = ON_CONTROL_PLANES.iter().filter(|_| is_control_plane(host));
    let fixed = ON_EVERY_HOST.iter().chain(on_control_plane);
    let owner = fixed.into_iter().find(|(fixed, _)| *fixed == port).map(|(_, owner)| *owner);
    let owner = owner.or_else(|| NODE_PORTS.contains(&port).then_some("services of type NodePort"));
    if let Some(owner) = owner {
        mistakes.add(
            place,
            format!("{}: port {port} for {} belongs to {owner}", host.title(), taken.by),
        );
    }
}
