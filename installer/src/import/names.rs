//! The variables of K-PaaS 1.7.0, and what each file is told by them.

use super::shell::Script;

/// Of one cluster. `n` stands for a number from 1.
pub(super) const CLUSTER: &[&str] = &[
    "KUBE_CONTROL_HOSTS",
    "MASTERn_NODE_HOSTNAME",
    "MASTERn_NODE_USER",
    "MASTERn_NODE_PRIVATE_IP",
    "MASTERn_NODE_PUBLIC_IP",
    "LOADBALANCER_DOMAIN",
    "ETCD_TYPE",
    "ETCDn_NODE_HOSTNAME",
    "ETCDn_NODE_PRIVATE_IP",
    "KUBE_WORKER_HOSTS",
    "WORKERn_NODE_HOSTNAME",
    "WORKERn_NODE_PRIVATE_IP",
    "STORAGE_TYPE",
    "NFS_SERVER_PRIVATE_IP",
    "METALLB_IP_RANGE",
    "INGRESS_NGINX_IP",
    "CSP_TYPE",
    "NHN_USERNAME",
    "NHN_PASSWORD",
    "NHN_TENANT_ID",
    "NHN_VIP_SUBNET_ID",
    "NHN_API_BASE_URL",
    "NAVER_CLOUD_API_KEY",
    "NAVER_CLOUD_API_SECRET",
    "NAVER_CLOUD_REGION",
    "NAVER_CLOUD_VPC_NO",
    "NAVER_CLOUD_SUBNET_NO",
];
/// Of a single cluster alone.
const ALONE: &[&str] = &["INSTALL_KYVERNO"];
/// Of each of several clusters.
const EACH: &[&str] = &["ISTIO_GATEWAY_PRIVATE_IP", "ISTIO_GATEWAY_PUBLIC_IP"];
/// Of edge nodes; the older names are those of the edge guide.
const EDGE: &[&str] = &[
    "CLOUDCORE_PRIVATE_IP",
    "CLOUDCORE_PUBLIC_IP",
    "EDGE_HOSTS",
    "EDGEn_NODE_HOSTNAME",
    "EDGEn_NODE_PUBLIC_IP",
    "CLOUDCORE_PRIVATE_VIP",
    "CLOUDCORE_VIP",
    "CLOUDCOREn_NODE_HOSTNAME",
    "EDGE_NODE_CNT",
    "EDGEn_NODE_PRIVATE_IP",
];
/// Of the portal's scripts for a mesh.
const MESH: &[&str] =
    &["KUBECTL_VERSION", "HELM_VERSION", "STEP_VERSION", "ISTIO_VERSION", "ISTIO_NAMESPACE"];
/// Of the portal.
const PORTAL: &[&str] = &[
    "K8S_MASTER_NODE_IP",
    "K8S_CLUSTER_API_SERVER",
    "K8S_STORAGECLASS",
    "HOST_CLUSTER_IAAS_TYPE",
    "HOST_DOMAIN",
    "TLS_CERT_AUTO_GENERATED",
    "TLS_CERT_PATH",
    "TLS_KEY_PATH",
];
/// How many clusters there are.
pub(super) const COUNT: &str = "CLUSTER_CNT";

/// What a file of variables is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One cluster.
    One,
    /// Several clusters, each with its prefix.
    Several,
    /// Edge nodes of one cluster.
    Edge,
    /// The mesh between several clusters.
    Mesh,
    /// The portal.
    Portal,
}

impl Kind {
    const ALL: [Self; 5] = [Self::One, Self::Several, Self::Edge, Self::Mesh, Self::Portal];

    /// What a file is about: that which most of its variables belong to.
    pub(super) fn of(script: &Script) -> Option<Self> {
        let belong = |kind: &Self| {
            script.assignments.iter().filter(|assignment| kind.has(&assignment.name)).count()
        };
        Self::ALL.into_iter().rev().max_by_key(belong).filter(|kind| belong(kind) > 0)
    }

    /// Whether such a file has this variable.
    pub(super) fn has(self, name: &str) -> bool {
        let listed = |lists: &[&[&str]], name: &str| {
            lists.iter().any(|list| list.contains(&general(name).as_str()))
        };
        match self {
            Self::One => listed(&[CLUSTER, ALONE], name),
            Self::Several => {
                name == COUNT
                    || of_cluster(name).is_some_and(|(_, name)| listed(&[CLUSTER, EACH], name))
            }
            Self::Edge => listed(&[EDGE], name),
            Self::Mesh => {
                listed(&[MESH], name)
                    || of_cluster(name).is_some_and(|(_, rest)| rest.starts_with("CONFIG["))
            }
            Self::Portal => listed(&[PORTAL], name),
        }
    }

    /// A variable that somebody may have meant, a slip in one letter of four at most.
    pub(super) fn nearest(self, name: &str) -> Option<String> {
        let lists: &[&[&str]] = match self {
            Self::One => &[CLUSTER, ALONE],
            Self::Several => &[CLUSTER, EACH],
            Self::Edge => &[EDGE],
            Self::Mesh => &[MESH],
            Self::Portal => return None,
        };
        let (prefix, bare) = match of_cluster(name) {
            Some((number, bare)) if self == Self::Several => (format!("CLUSTER{number}_"), bare),
            _ => (String::new(), name),
        };
        let found = general(&bare.to_uppercase());
        let distance = |word: &str| strsim::damerau_levenshtein(&found, word);
        let near = lists.concat().into_iter().min_by_key(|word| distance(word))?;
        let number = numbers(bare).next().unwrap_or("n");
        (distance(near) <= near.len() / 4).then(|| prefix + &near.replacen('n', number, 1))
    }
}

/// Whether a name that K-PaaS does not know stands where this one was meant, so
/// that a slip is one mistake and not two.
pub(super) fn is_slip(found: &str, meant: &str) -> bool {
    let known = Kind::ALL.into_iter().any(|kind| kind.has(found));
    let distance = strsim::damerau_levenshtein(&found.to_uppercase(), meant);
    !known && distance <= meant.len() / 4 && numbers(found).eq(numbers(meant))
}

/// `CLUSTER1_WORKER12_NODE_HOSTNAME` → 1, 12
fn numbers(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty())
}

/// `WORKER12_NODE_HOSTNAME` → `WORKERn_NODE_HOSTNAME`
pub(super) fn general(name: &str) -> String {
    for kind in ["MASTER", "WORKER", "ETCD", "EDGE", "CLOUDCORE"] {
        if let Some((_, rest)) = name.strip_prefix(kind).and_then(numbered) {
            return format!("{kind}n{rest}");
        }
    }
    name.to_owned()
}

/// `CLUSTER2_STORAGE_TYPE` → 2, `STORAGE_TYPE`
pub(super) fn of_cluster(name: &str) -> Option<(usize, &str)> {
    let (number, rest) = name.strip_prefix("CLUSTER").and_then(numbered)?;
    Some((number, rest.strip_prefix('_')?))
}

/// The number from 1 that a text begins with, and what follows; `01` is none.
fn numbered(text: &str) -> Option<(usize, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, rest) = text.split_at_checked(end)?;
    let number = digits.parse().ok().filter(|number| *number > 0)?;
    (!digits.starts_with('0') && rest.starts_with('_')).then_some((number, rest))
}
