//! Can the kernel do what containers need?

use super::verdict::{State, Verdict, View};
use crate::facts::Feature;

/// Without these no pod starts or none is reached.
const REQUIRED: [&str; 4] = ["overlay", "br_netfilter", "nf_conntrack", "vxlan"];
/// Control groups that the kubelet insists on.
const CONTROLLERS: [&str; 4] = ["cpu", "cpuset", "memory", "pids"];

pub(super) fn features(view: View<'_>) -> Verdict {
    let state = |name: &str| view.facts.features.get(name).copied();
    let absent: Vec<&str> = REQUIRED
        .into_iter()
        .filter(|name| !matches!(state(name), Some(Feature::Working | Feature::Loadable)))
        .collect();
    if absent.is_empty() {
        return Verdict::ok("all there or loadable");
    }
    let found = format!("missing: {}", absent.join(", "));
    let expected = REQUIRED.join(", ");
    match view.facts.is_container() {
        // It may be built in, and from inside nobody can tell.
        true => Verdict::bad(
            State::Warning,
            found,
            expected,
            "load the modules on the machine that this container runs on, if they are not built in",
        ),
        false => Verdict::bad(
            State::Failed,
            found,
            expected,
            "install the kernel's full set of modules (linux-modules-extra), or another kernel",
        ),
    }
}

pub(super) fn cgroup(view: View<'_>) -> Verdict {
    let cgroup = &view.facts.cgroup;
    let expected = format!("version 2 with {}", CONTROLLERS.join(", "));
    let Some(version) = cgroup.version else { return Verdict::unknown(expected) };
    let missing: Vec<&str> =
        CONTROLLERS.into_iter().filter(|name| !cgroup.controllers.contains(*name)).collect();
    if !missing.is_empty() {
        let found = format!("version {version} without {}", missing.join(", "));
        let fix = "enable them on the kernel's command line, such as `cgroup_enable=memory`";
        return Verdict::bad(State::Failed, found, expected, fix);
    }
    match version {
        2 => Verdict::ok("version 2"),
        _ => Verdict::bad(
            State::Warning,
            format!("version {version}"),
            expected,
            "start the host with `systemd.unified_cgroup_hierarchy=1`: Kubernetes gives version 1 up",
        ),
    }
}

pub(super) fn selinux(view: View<'_>) -> Verdict {
    match view.facts.selinux.as_deref() {
        Some("Enforcing") => Verdict::bad(
            State::Warning,
            "enforcing",
            "permissive or absent",
            "nobody has tried this: run `setenforce 0`, and set `SELINUX=permissive` in /etc/selinux/config",
        ),
        state => Verdict::ok(state.unwrap_or("absent")),
    }
}
