//! CRI-O: its settings and its service.

use super::{
    error::PlanningError,
    node::{Draft, Node},
    paths::ours,
    registries::{self, NOWHERE},
    site::Site,
};
use crate::{
    plan::PlannedStep,
    steps::{Action, PlaceFile, Start, Unit},
};
use manifests::cluster::CgroupDriver;

const SETTINGS: &str = "/etc/crio/crio.conf.d/10-bottari.conf";

pub(super) fn steps(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let (title, why) = (
        "configure CRI-O".to_owned(),
        "it and the kubelet must agree on cgroups and the pause image",
    );
    let draft = Draft { phase: "runtime", name: "settings", title, why };
    let settings = Action::PlaceFile(PlaceFile::text(ours(SETTINGS), settings(site)));
    let mut watches = vec![ours("/usr/local/bin/crio"), ours(SETTINGS)];
    watches.extend(registries::files(site)?);
    let unit =
        Unit { unit: "crio.service".parse()?, text: unit_text(site), watches, start: Start::Now };
    let (title, why) = ("start CRI-O".to_owned(), "the kubelet runs every container through it");
    let service = Draft { phase: "runtime", name: "crio", title, why };
    Ok(vec![node.step(draft, settings)?, node.step(service, Action::Unit(unit))?])
}

/// A file of a later name replaces the whole table of a runtime, so each writes
/// it whole.
fn settings(site: &Site<'_>) -> String {
    let (manager, cgroup) = match site.inputs.cluster.cgroup_driver {
        CgroupDriver::Systemd => ("systemd", "system.slice"),
        CgroupDriver::Cgroupfs => ("cgroupfs", "pod"),
    };
    let pause = site.pause;
    format!(
        r#"[crio.runtime]
default_runtime = "runc"
cgroup_manager = "{manager}"
conmon_cgroup = "{cgroup}"
pinns_path = "/usr/local/bin/pinns"

[crio.runtime.runtimes.runc]
runtime_path = "/usr/libexec/crio/runc"
monitor_path = "/usr/libexec/crio/conmon"
monitor_cgroup = "{cgroup}"

[crio.image]
pause_image = "{pause}"

[crio.network]
plugin_dirs = ["/opt/cni/bin"]
"#
    )
}

/// Upstream's unit, with proxies that lead nowhere: whatever name is asked for,
/// nothing but our registry is spoken to, and no name server is asked for a
/// proxy's address.
fn unit_text(site: &Site<'_>) -> String {
    let registry = site.control_plane.address;
    format!(
        "[Unit]\n\
         Description=Container Runtime Interface for OCI (CRI-O)\n\
         Documentation=https://github.com/cri-o/cri-o\n\
         Wants=network-online.target\n\
         Before=kubelet.service\n\
         After=network-online.target\n\
         \n\
         [Service]\n\
         Type=notify\n\
         Environment=GOTRACEBACK=crash\n\
         Environment=HTTP_PROXY=http://{NOWHERE} HTTPS_PROXY=http://{NOWHERE} NO_PROXY={registry}\n\
         ExecStart=/usr/local/bin/crio\n\
         ExecReload=/bin/kill -s HUP $MAINPID\n\
         TasksMax=infinity\n\
         LimitNPROC=1048576\n\
         LimitCORE=infinity\n\
         OOMScoreAdjust=-999\n\
         TimeoutStartSec=0\n\
         Restart=on-failure\n\
         RestartSec=10\n\
         WatchdogSec=60s\n\
         \n\
         [Install]\n\
         WantedBy=multi-user.target\n"
    )
}
