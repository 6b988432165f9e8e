//! The texts that kubeadm reads. No secret stands in them: they lie in plans.

use super::{
    node::Node,
    paths::CRIO_SOCKET,
    site::{KUBERNETES_IMAGES, Site},
};
use manifests::{Role, cluster::CgroupDriver};

/// How the first control plane is made.
pub(super) fn init(site: &Site<'_>, node: &Node<'_>) -> String {
    [
        init_configuration(site, node),
        cluster_configuration(site),
        kubelet_configuration(site),
        proxy_configuration(site),
    ]
    .join("---\n")
}

fn init_configuration(site: &Site<'_>, node: &Node<'_>) -> String {
    let (address, port) = (node.host.address, site.inputs.cluster.api.port);
    // A control plane that is a worker too takes ordinary pods.
    let taints = if node.host.roles.contains(&Role::Worker) { "  taints: []\n" } else { "" };
    format!(
        "apiVersion: kubeadm.k8s.io/v1beta4\n\
         kind: InitConfiguration\n\
         localAPIEndpoint: {{advertiseAddress: \"{address}\", bindPort: {port}}}\n\
         bootstrapTokens: [{{ttl: 1h0m0s}}]\n\
         {}{taints}",
        registration(node.name().as_str(), &address.to_string())
    )
}

/// How a host presents itself. Its address is told, because a host without a
/// default route cannot find it.
fn registration(name: &str, address: &str) -> String {
    format!(
        "nodeRegistration:\n\
         \x20 name: \"{name}\"\n\
         \x20 criSocket: {CRIO_SOCKET}\n\
         \x20 imagePullPolicy: IfNotPresent\n\
         \x20 kubeletExtraArgs: [{{name: node-ip, value: \"{address}\"}}]\n"
    )
}

fn cluster_configuration(site: &Site<'_>) -> String {
    let Site { kubernetes, etcd_tag, coredns_tag, .. } = site;
    let cluster = site.inputs.cluster;
    let (name, endpoint) = (&cluster.name, &cluster.api.endpoint);
    let network = &cluster.network;
    let (pods, services, domain) = (network.pods, network.services, &network.domain);
    format!(
        "apiVersion: kubeadm.k8s.io/v1beta4\n\
         kind: ClusterConfiguration\n\
         clusterName: \"{name}\"\n\
         kubernetesVersion: \"{kubernetes}\"\n\
         imageRepository: {KUBERNETES_IMAGES}\n\
         controlPlaneEndpoint: \"{endpoint}\"\n\
         networking: {{podSubnet: \"{pods}\", serviceSubnet: \"{services}\", dnsDomain: \"{domain}\"}}\n\
         etcd: {{local: {{imageTag: \"{etcd_tag}\"}}}}\n\
         dns: {{imageTag: \"{coredns_tag}\"}}\n"
    )
}

fn kubelet_configuration(site: &Site<'_>) -> String {
    let driver = match site.inputs.cluster.cgroup_driver {
        CgroupDriver::Systemd => "systemd",
        CgroupDriver::Cgroupfs => "cgroupfs",
    };
    // A container sees the swap and the disk of the machine it shares, can
    // change neither, and must not throw pods out for what others use.
    let shared = match site.has_containers {
        true => {
            "failSwapOn: false\n\
             imageGCHighThresholdPercent: 100\n\
             evictionHard: {nodefs.available: \"0%\", nodefs.inodesFree: \"0%\", \
             imagefs.available: \"0%\", memory.available: 100Mi}\n"
        }
        false => "",
    };
    format!(
        "apiVersion: kubelet.config.k8s.io/v1beta1\n\
         kind: KubeletConfiguration\n\
         cgroupDriver: {driver}\n\
         failCgroupV1: false\n\
         serverTLSBootstrap: true\n\
         {shared}"
    )
}

fn proxy_configuration(site: &Site<'_>) -> String {
    // A container cannot change the size of the shared table of connections.
    let shared = if site.has_containers { "conntrack: {maxPerCore: 0, min: 0}\n" } else { "" };
    format!(
        "apiVersion: kubeproxy.config.k8s.io/v1alpha1\n\
         kind: KubeProxyConfiguration\n\
         mode: iptables\n\
         {shared}"
    )
}

/// How a worker joins; `$token` and `$hash` are filled in on the control plane.
pub(super) fn join(site: &Site<'_>, name: &str, address: &str) -> String {
    let endpoint = &site.inputs.cluster.api.endpoint;
    format!(
        "apiVersion: kubeadm.k8s.io/v1beta4\n\
         kind: JoinConfiguration\n\
         {}\
         discovery:\n\
         \x20 bootstrapToken:\n\
         \x20   apiServerEndpoint: \"{endpoint}\"\n\
         \x20   token: \"$token\"\n\
         \x20   caCertHashes: [\"$hash\"]\n",
        registration(name, address)
    )
}
