//! Hosts that do not go together: names, addresses, roles.

use super::{
    document::Field,
    file::{ClusterFile, HostEntry, HostRole},
    mistakes::{Mistakes, Place},
};
use std::{collections::HashMap, hash::Hash, net::IpAddr};

pub(super) fn check(file: &ClusterFile, mistakes: &Mistakes) {
    if file.hosts.get().is_some_and(Vec::is_empty) {
        mistakes.add(file.hosts.place, "`hosts`: expected at least one host, found none");
        return;
    }
    names_differ(file, mistakes);
    addresses_differ(file, mistakes);
    for (_, host) in file.hosts.items() {
        address_is_a_machines(host, mistakes);
        roles_are_a_set(host, mistakes);
    }
    one_control_plane(file, mistakes);
}

impl HostEntry {
    /// The host in a message, also when its name is not usable.
    pub(super) fn title(&self) -> String {
        self.name.get().map_or_else(|| "this host".to_owned(), |name| format!("host `{name}`"))
    }
}

fn names_differ(file: &ClusterFile, mistakes: &Mistakes) {
    let names = file.hosts.items().filter_map(|(_, host)| placed(&host.name));
    for ((place, name), first) in repeated(names) {
        mistakes.add(place, format!("host `{name}` is listed twice, first in line {}", first.line));
    }
}

fn addresses_differ(file: &ClusterFile, mistakes: &Mistakes) {
    let addresses = file.hosts.items().filter_map(|(_, host)| {
        host.address.get().map(|address| (host.address.place, (address.0, host.title())))
    });
    let mut owners: HashMap<IpAddr, String> = HashMap::new();
    for (place, (address, title)) in addresses {
        if let Some(owner) = owners.get(&address) {
            mistakes.add(place, format!("{title}: address {address} already belongs to {owner}"));
        } else {
            owners.insert(address, title);
        }
    }
}

/// A value with its place.
fn placed<T>(field: &Field<T>) -> Option<(Place, &T)> {
    field.get().map(|value| (field.place, value))
}

/// Each later occurrence of a value, with the place of the first.
fn repeated<T: Copy + Eq + Hash>(
    values: impl Iterator<Item = (Place, T)>,
) -> Vec<((Place, T), Place)> {
    let mut firsts = HashMap::new();
    let mut again = Vec::new();
    for (place, value) in values {
        match firsts.get(&value) {
            Some(first) => again.push(((place, value), *first)),
            None => drop(firsts.insert(value, place)),
        }
    }
    again
}

fn address_is_a_machines(host: &HostEntry, mistakes: &Mistakes) {
    let Some(address) = host.address.get() else { return };
    let why = match address.0 {
        IpAddr::V6(_) => "is IPv6: this version installs IPv4 clusters only",
        IpAddr::V4(v4) if v4.is_loopback() => "is a loopback address: other hosts cannot reach it",
        IpAddr::V4(v4) if v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast() => {
            "belongs to no single machine"
        }
        IpAddr::V4(_) => return,
    };
    mistakes.add(host.address.place, format!("{}: address {} {why}", host.title(), address.0));
}

fn roles_are_a_set(host: &HostEntry, mistakes: &Mistakes) {
    let Some(roles) = host.roles.get() else { return };
    let title = host.title();
    if roles.is_empty() {
        let message =
            format!("{title}: expected `control-plane`, `worker` or both as roles, found none");
        mistakes.add(host.roles.place, message);
    }
    for (index, (place, role)) in host.roles.items().enumerate() {
        if host.roles.items().take(index).any(|(_, earlier)| earlier == role) {
            mistakes.add(place, format!("{title}: a role is listed twice"));
        }
    }
}

/// One is what this version installs; even numbers stay wrong later, too.
fn one_control_plane(file: &ClusterFile, mistakes: &Mistakes) {
    let every_role_is_known = file.hosts.get().is_some_and(|hosts| {
        hosts.iter().all(|host| {
            let roles = host.get().and_then(|host| host.roles.get());
            roles.is_some_and(|roles| roles.iter().all(|role| role.get().is_some()))
        })
    });
    let is_control_plane =
        |host: &HostEntry| host.roles.items().any(|(_, role)| *role == HostRole::ControlPlane);
    let planes: Vec<_> =
        file.hosts.items().map(|(_, host)| host).filter(|host| is_control_plane(host)).collect();
    match planes.as_slice() {
        [] if every_role_is_known => {
            let message = "no control plane: expected one host with the role `control-plane`";
            mistakes.add(file.hosts.place, message);
        }
        [] | [_] => {}
        [_, second, ..] => mistakes.add(second.roles.place, too_many(planes.len())),
    }
}

fn too_many(planes: usize) -> String {
    let today = "this version installs exactly one; more come with a later release";
    match planes % 2 {
        0 => format!("{planes} control planes: etcd needs an odd number, and {today}"),
        _ => format!("{planes} control planes: {today}"),
    }
}
