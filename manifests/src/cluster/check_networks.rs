//! Networks that are too small, in each other's way, or hide real machines.

use super::{
    defaults::within,
    document::{Field, given},
    file::ClusterFile,
    mistakes::{Mistakes, Place},
    network::Network,
};
use std::net::IpAddr;

/// Each host's pods get a network of this many leading bits.
const HOST_PREFIX: u8 = 24;

/// A network inside the cluster.
struct Inside {
    what: &'static str,
    network: Network,
    place: Place,
    /// Says where a value comes from that nobody wrote.
    origin: &'static str,
}

pub(super) fn check(file: &ClusterFile, mistakes: &Mistakes) {
    let inside = networks_inside(file);
    for network in &inside {
        is_ipv4(network, mistakes);
    }
    if let [pods, services] = inside.as_slice()
        && pods.network.overlaps(&services.network)
    {
        mistakes.add(pods.place, format!("{} overlaps {}", pods.title(), services.title()));
    }
    pods_suffice(file, mistakes);
    services_fit(file, mistakes);
    for network in &inside {
        hides_no_machine(file, network, mistakes);
    }
    allowed_networks(file, &inside, mistakes);
}

impl Inside {
    fn title(&self) -> String {
        format!("the {} network {}{}", self.what, self.network, self.origin)
    }
}

fn networks_inside(file: &ClusterFile) -> Vec<Inside> {
    let Some(section) = file.network.get() else { return Vec::new() };
    let inside = |what, network: Option<Network>, field: Option<&Field<Network>>| {
        let place = field.map_or(file.network.place, |field| field.place);
        let origin = if field.is_some() { "" } else { " (the default)" };
        network.map(|network| Inside { what, network, place, origin })
    };
    let pods = inside("pod", section.pods(), section.pods.as_ref());
    let services = inside("service", section.services(), section.services.as_ref());
    pods.into_iter().chain(services).collect()
}

fn is_ipv4(inside: &Inside, mistakes: &Mistakes) {
    if inside.network.address().is_ipv6() {
        let message =
            format!("{} is IPv6: this version installs IPv4 clusters only", inside.title());
        mistakes.add(inside.place, message);
    }
}

fn pods_suffice(file: &ClusterFile, mistakes: &Mistakes) {
    let Some(field) = file.network.get().and_then(|section| section.pods.as_ref()) else { return };
    let Some(pods) = field.get().filter(|pods| pods.address().is_ipv4()) else { return };
    let hosts = file.hosts.get().map_or(0, Vec::len);
    let needed = HOST_PREFIX.saturating_sub(bits_for(hosts));
    if pods.prefix() > needed {
        let message = format!(
            "the pod network {pods} is too small for a /24 on each of {hosts} hosts: \
             expected /{needed} or larger"
        );
        mistakes.add(field.place, message);
    }
    if pods.prefix() < 8 {
        mistakes.add(
            field.place,
            format!("the pod network {pods} is too large: expected /8 or smaller"),
        );
    }
}

/// How many bits number this many things.
fn bits_for(count: usize) -> u8 {
    let bits = usize::BITS - count.saturating_sub(1).leading_zeros();
    u8::try_from(bits).unwrap_or(u8::MAX)
}

/// Kubernetes takes no more than 20 bits of services, kubeadm no fewer than 10
/// addresses.
fn services_fit(file: &ClusterFile, mistakes: &Mistakes) {
    let Some(field) = file.network.get().and_then(|section| section.services.as_ref()) else {
        return;
    };
    let Some(services) = field.get().filter(|services| services.address().is_ipv4()) else {
        return;
    };
    if !(12..=28).contains(&services.prefix()) {
        let message =
            format!("the service network {services} has the wrong size: expected /12 to /28");
        mistakes.add(field.place, message);
    }
}

/// A host, jump host or endpoint inside a cluster network cannot be reached
/// from pods, and often not at all.
fn hides_no_machine(file: &ClusterFile, inside: &Inside, mistakes: &Mistakes) {
    for (place, title, address) in machines(file) {
        if inside.network.contains(address) {
            mistakes
                .add(place, format!("{title}: address {address} lies inside {}", inside.title()));
        }
    }
}

fn machines(file: &ClusterFile) -> Vec<(Place, String, IpAddr)> {
    let mut machines = Vec::new();
    let mut sections: Vec<_> = file.ssh.iter().collect();
    for (_, host) in file.hosts.items() {
        machines.extend(
            host.address.get().map(|address| (host.address.place, host.title(), address.0)),
        );
        sections.extend(&host.ssh);
    }
    let jumps = sections.into_iter().filter_map(|ssh| given(within(Some(ssh), |ssh| &ssh.jump)));
    machines.extend(jumps.filter_map(|jump| {
        Some((jump.address.place, "jump host".to_owned(), jump.address.get()?.0))
    }));
    let endpoint = within(file.api.as_ref(), |section| &section.endpoint);
    machines.extend(
        endpoint.and_then(|field| {
            Some((field.place, "`endpoint`".to_owned(), field.get()?.address()?))
        }),
    );
    machines
}

fn allowed_networks(file: &ClusterFile, inside: &[Inside], mistakes: &Mistakes) {
    let allowed: Vec<_> = file.allowed_networks.iter().flat_map(Field::items).collect();
    for (index, (place, network)) in allowed.iter().enumerate() {
        if network.prefix() == 0 {
            let message =
                format!("{network} allows every address, so nothing would count as egress");
            mistakes.add(*place, message);
            continue;
        }
        if allowed.iter().take(index).any(|(_, earlier)| earlier == network) {
            mistakes.add(*place, format!("{network} is listed twice"));
        }
        for other in inside.iter().filter(|other| other.network.overlaps(network)) {
            let message = format!("allowed network {network} overlaps {}", other.title());
            mistakes.add(*place, message);
        }
    }
}
