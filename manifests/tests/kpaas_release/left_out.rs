//! What the research notes have and the release does not have in that form.

/// Why an entry of the notes is not in the release as it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LeftOut {
    /// Left out, as the release says under this `what` of its `omitted`.
    Omitted(&'static str),
    /// Carried in another form: from this URL.
    Instead(&'static str),
    /// Asked for by a program and left out: an exception of the release.
    Excepted(&'static str),
}

use LeftOut::{Excepted, Instead, Omitted};

const ANSIBLE: LeftOut = Omitted("Kubespray, Ansible and their Python packages");
const CLOUDS: LeftOut = Omitted("load balancer controllers of NHN and NAVER, and OpenBao");
const EDGE_OPTIONS: LeftOut = Omitted("KubeEdge's controller-manager and admission");
const INGRESS: LeftOut = Instead(
    "https://raw.githubusercontent.com/kubernetes/ingress-nginx/controller-v1.13.3/deploy/static/provider/baremetal/deploy.yaml",
);
const KARMADA_OWN: LeftOut = Omitted("API server and controller manager of Karmada");
const OLD_CRIO: LeftOut = Omitted("CRI-O 1.24.0 and 1.30.3");
const PORTAL: LeftOut = Omitted("the portal and its charts");
const ROOK_OPTIONS: LeftOut = Omitted("Rook's CSI add-ons and object storage by COSI");

/// How an entry begins (`component kind name version`), and why it is here.
pub(crate) const LEFT_OUT: &[(&str, LeftOut)] = &[
    ("calico manifest calico source archive", Omitted("the source archive of Calico")),
    (
        "calico manifest calico-node, ",
        Instead(
            "https://raw.githubusercontent.com/projectcalico/calico/v3.30.3/manifests/calico-vxlan.yaml",
        ),
    ),
    ("cri-o file cri-o.amd64.v1.24.0", OLD_CRIO),
    ("cri-o file cri-o.arm64.v1.24.0", OLD_CRIO),
    ("cri-o file cri-o.amd64.v1.30.3", OLD_CRIO),
    ("cri-o file cri-o.arm64.v1.30.3", OLD_CRIO),
    (
        "dns manifest ",
        Omitted("manifests of CoreDNS, nodelocaldns, dns-autoscaler and nginx-proxy"),
    ),
    ("edgemesh manifest ", Omitted("manifests of EdgeMesh")),
    ("gateway-api manifest ", Omitted("Gateway API")),
    (
        "helm file helm-v3.17.4-linux-amd64",
        Instead("https://get.helm.sh/helm-v3.18.4-linux-amd64.tar.gz"),
    ),
    (
        "helm file helm-v3.17.4-linux-arm64",
        Instead("https://get.helm.sh/helm-v3.18.4-linux-arm64.tar.gz"),
    ),
    ("ingress-nginx chart ", INGRESS),
    ("ingress-nginx manifest ", INGRESS),
    (
        "istio manifest ",
        Omitted("overlays of Istio's profiles and expose-services.yaml as K-PaaS has them"),
    ),
    ("k-paas file cp-deployment ", Omitted("the archive of K-PaaS/cp-deployment")),
    ("k-paas file cp-portal-deployment", PORTAL),
    ("k-paas file edge/security.bin", Omitted("security.bin")),
    ("k-paas file security.bin", Omitted("security.bin")),
    (
        "karmada file karmadactl (installed by hack/install-cli.sh)",
        Instead(
            "https://github.com/karmada-io/karmada/releases/download/v1.15.2/karmadactl-linux-amd64.tgz",
        ),
    ),
    ("karmada image registry.k8s.io/kube-apiserver", KARMADA_OWN),
    ("karmada image registry.k8s.io/kube-controller-manager", KARMADA_OWN),
    (
        "kubeedge chart cloudcore (embedded in keadm)",
        Instead(
            "https://github.com/kubeedge/kubeedge/releases/download/v1.20.0/keadm-v1.20.0-linux-amd64.tar.gz",
        ),
    ),
    ("kubeedge image docker.io/kubeedge/admission", EDGE_OPTIONS),
    ("kubeedge image docker.io/kubeedge/controller-manager", EDGE_OPTIONS),
    ("kubeflow manifest ", Omitted("manifests of Kubeflow")),
    ("kubernetes image registry.k8s.io/etcd 3.5.21-0", Excepted("registry.k8s.io/etcd")),
    ("kubespray file ", ANSIBLE),
    (
        "kyverno manifest ",
        Instead(
            "https://raw.githubusercontent.com/K-PaaS/cp-deployment/f8c4b3f028a641e8d918f39d96d4a701b815bb28/applications/kyverno-1.15.2/kyverno.yaml",
        ),
    ),
    (
        "metallb manifest ",
        Instead(
            "https://raw.githubusercontent.com/metallb/metallb/v0.14.9/config/manifests/metallb-native.yaml",
        ),
    ),
    (
        "metrics-server manifest ",
        Instead(
            "https://github.com/kubernetes-sigs/metrics-server/releases/download/v0.8.0/components.yaml",
        ),
    ),
    ("naver-lb image ", CLOUDS),
    (
        "nfs-provisioner chart ",
        Instead(
            "https://github.com/kubernetes-sigs/nfs-subdir-external-provisioner/releases/download/nfs-subdir-external-provisioner-4.0.18/nfs-subdir-external-provisioner-4.0.18.tgz",
        ),
    ),
    ("nhn-lb image ", CLOUDS),
    ("openbao ", CLOUDS),
    ("openssh file ", Omitted("OpenSSH 9.8p1 from source")),
    ("opentofu file tofu_1.10.6_linux_amd64.zip", Omitted("the zip archive of OpenTofu")),
    ("podman file ", Omitted("Podman 3.4.7 from source")),
    ("portal ", PORTAL),
    ("python file ", ANSIBLE),
    ("registry image ", Omitted("the registry image 2.8.1")),
    ("rook image gcr.io/k8s-staging-sig-storage/objectstorage-sidecar", ROOK_OPTIONS),
    ("rook image quay.io/ceph/cosi", ROOK_OPTIONS),
    ("rook image quay.io/csiaddons/k8s-sidecar", ROOK_OPTIONS),
    (
        "rook manifest ",
        Instead("https://raw.githubusercontent.com/rook/rook/v1.18.5/deploy/examples/crds.yaml"),
    ),
    ("skopeo file ", Omitted("skopeo")),
];

/// What the release leaves out and the notes have in their text only.
pub(crate) const IN_THE_TEXT: &[&str] = &[
    "Kyverno policies of K-PaaS itself",
    "chrony",
    "further images of KubeEdge 1.14.4",
    "packages of Ubuntu that Ansible, Kubespray's builds and its debugging need",
];
