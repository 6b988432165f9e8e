//! The kubelet's service. kubeadm writes the kubelet's settings and starts it.

use super::{
    error::PlanningError,
    node::{Draft, Node},
    paths::ours,
};
use crate::{
    plan::PlannedStep,
    steps::{Action, PlaceFile, Start, Unit},
};

/// Where kubeadm expects to be able to say how the kubelet runs.
const DROP_IN: &str = "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf";

const ARGUMENTS: &str = r#"[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=
ExecStart=/usr/local/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS
"#;

const UNIT: &str = "[Unit]
Description=kubelet, the node agent of Kubernetes
Wants=network-online.target
After=network-online.target crio.service
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/bin/kubelet
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
";

pub(super) fn steps(node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let title = "tell the kubelet where its settings are".into();
    let why = "kubeadm writes them there";
    let draft = Draft { phase: "runtime", name: "kubelet-arguments", title, why };
    let arguments = Action::PlaceFile(PlaceFile::text(ours(DROP_IN), ARGUMENTS));
    let title = "enable the kubelet".into();
    let why = "it starts with the host from now on; the first time kubeadm starts it";
    let service = Draft { phase: "runtime", name: "kubelet", title, why };
    let unit = Unit {
        unit: "kubelet.service".parse()?,
        text: UNIT.into(),
        watches: vec![ours(DROP_IN)],
        start: Start::Later,
    };
    Ok(vec![node.step(draft, arguments)?, node.step(service, Action::Unit(unit))?])
}
