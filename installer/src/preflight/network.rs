//! Do addresses and networks fit together?

use super::verdict::{State, Verdict, View};
use manifests::cluster::Network;
use std::net::IpAddr;

pub(super) fn address(view: View<'_>) -> Verdict {
    let wanted = view.host.address;
    let own = &view.facts.addresses;
    if own.is_empty() {
        return Verdict::unknown(wanted.to_string());
    }
    if let Some(there) = own.iter().find(|own| own.address == wanted) {
        return Verdict::ok(format!("{wanted} on {}", there.interface));
    }
    let shown: Vec<String> = own
        .iter()
        .filter(|own| !own.address.is_loopback())
        .map(|own| own.address.to_string())
        .collect();
    Verdict::bad(
        State::Failed,
        shown.join(", "),
        wanted.to_string(),
        "write an address the host itself has into the cluster file; one in front of it will not do",
    )
}

/// Addresses of pods and services must mean nothing else to any host.
pub(super) fn networks(view: View<'_>) -> Verdict {
    for (what, network) in [("pods", view.needs.pods), ("services", view.needs.services)] {
        if let Some(found) = conflict(view, network) {
            let expected = format!("{network} is for {what} alone");
            let fix = format!("choose another network for `{what}` in the cluster file");
            return Verdict::bad(State::Failed, found, expected, fix);
        }
    }
    Verdict::ok("free")
}

fn conflict(view: View<'_>, network: Network) -> Option<String> {
    let inside = |address: &IpAddr| network.contains(*address);
    let host = view.all.iter().find(|(host, _)| inside(&host.address));
    if let Some((host, _)) = host {
        return Some(format!("`{}` has the address {}", host.name, host.address));
    }
    // Of our own pods, when the cluster is there already.
    let ours = |interface: &str| {
        ["cni", "cali", "vxlan.", "tunl", "flannel", "kube-", "nodelocaldns", "lab."]
            .iter()
            .any(|prefix| interface.starts_with(prefix))
    };
    let own = view.facts.addresses.iter().find(|own| inside(&own.address) && !ours(&own.interface));
    if let Some(own) = own {
        return Some(format!("{} has the address {}", own.interface, own.address));
    }
    let server = view.facts.nameservers.iter().find(|server| inside(server));
    if let Some(server) = server {
        return Some(format!("the name server {server} is in it"));
    }
    if is_installed(view) {
        return None;
    }
    let route = view.facts.routes.iter().find(|route| route.overlaps(&network));
    route.map(|route| format!("there is a route to {route}"))
}

/// Whether an installation of ours is on the host: then routes and ports in
/// use are its own.
pub(super) fn is_installed(view: View<'_>) -> bool {
    view.facts.leftovers.paths.iter().any(|path| path == LEDGER)
}

/// What an installation of ours writes first.
const LEDGER: &str = "/var/lib/bottari/ledger.json";

pub(super) fn firewall(view: View<'_>) -> Verdict {
    let active =
        view.facts.units.iter().find(|unit| {
            ["ufw", "firewalld"].contains(&unit.name.as_str()) && unit.active == "active"
        });
    let Some(unit) = active else { return Verdict::ok("none that we know") };
    let ports = view.host.ports.iter();
    let ports: Vec<String> =
        ports.map(|need| format!("{}/{}", need.port, need.protocol.as_str())).collect();
    Verdict::bad(
        State::Warning,
        format!("{} is active", unit.name),
        "open ports between the hosts, and no filter on pod addresses",
        format!(
            "open {} for the other hosts, or run `systemctl disable --now {}`",
            ports.join(" "),
            unit.name
        ),
    )
}
