//! One cluster as the variables of K-PaaS describe it.
//!
//! Whatever is missing or wrong was told when it was read, and is `None` here.

use super::{
    settings::{Settings, Value},
    values::{self, Range, word},
};
use manifests::cluster::{Endpoint, HostName, UserName};
use std::net::Ipv4Addr;

/// Whether a cluster is the only one, and what else comes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// One cluster, also that which spreads work over others.
    Single,
    /// One of several in a mesh.
    Meshed,
    /// One of several that work is spread over.
    Member,
}

/// A cluster that K-PaaS would make.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) control_planes: Option<Value<usize>>,
    pub(super) masters: Vec<Machine>,
    pub(super) etcd: Vec<Machine>,
    pub(super) workers: Vec<Machine>,
    pub(super) user: Option<Value<UserName>>,
    pub(super) public_address: Option<Value<Ipv4Addr>>,
    pub(super) balancer: Option<Value<Endpoint>>,
    pub(super) storage: Option<Value<Storage>>,
    pub(super) nfs_server: Option<Value<Ipv4Addr>>,
    pub(super) cloud: Option<Value<Cloud>>,
    pub(super) pool: Option<Value<Range>>,
    pub(super) ingress: Option<Value<Ipv4Addr>>,
    pub(super) gateway: Option<Value<Ipv4Addr>>,
    pub(super) gateway_outside: Option<Value<Ipv4Addr>>,
    pub(super) kyverno: Option<Value<bool>>,
}

/// A host with a name and an address.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) name: Option<Value<HostName>>,
    pub(super) address: Option<Value<Ipv4Addr>>,
}

/// Where volumes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    Nfs,
    Rook,
}

/// A cloud with load balancers of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cloud {
    Nhn,
    Naver,
}

/// Who keeps the state of the cluster when there are several control planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EtcdType {
    Stacked,
    External,
}

impl Described {
    /// Everything that can be read of it.
    pub(super) fn of(settings: &Settings<'_>, mode: Mode) -> Self {
        let control_planes =
            settings.count("KUBE_CONTROL_HOSTS", "it is the number of control planes");
        let several = control_planes.as_ref().is_some_and(|count| count.is > 1);
        let cloud = cloud(settings);
        let storage = storage(settings);
        let nfs = storage.as_ref().is_some_and(|storage| storage.is == Storage::Nfs);
        let in_cloud = settings.given("CSP_TYPE").is_some();
        Self {
            masters: machines(settings, "MASTER", control_planes.as_ref()),
            etcd: etcd(settings, control_planes.as_ref()),
            workers: workers(settings),
            user: settings.read(settings.given("MASTER1_NODE_USER"), user),
            public_address: settings
                .address("MASTER1_NODE_PUBLIC_IP", "clients reach the API server there"),
            balancer: several.then(|| balancer(settings)).flatten(),
            nfs_server: nfs.then(|| nfs_server(settings)).flatten(),
            pool: (!in_cloud).then(|| pool(settings)).flatten(),
            ingress: (!in_cloud).then(|| ingress(settings)).flatten(),
            gateway: gateway(settings, "PRIVATE", mode, in_cloud),
            gateway_outside: gateway(settings, "PUBLIC", mode, in_cloud),
            kyverno: (mode == Mode::Single).then(|| kyverno(settings)).flatten(),
            control_planes,
            storage,
            cloud,
        }
    }

    /// Every host of it.
    pub(super) fn machines(&self) -> impl Iterator<Item = &Machine> {
        self.masters.iter().chain(&self.etcd).chain(&self.workers)
    }
}

fn machines(settings: &Settings<'_>, kind: &str, count: Option<&Value<usize>>) -> Vec<Machine> {
    let Some(count) = count else { return Vec::new() };
    let why = because(count);
    let machine = |n: usize| Machine {
        name: settings.host_name(&format!("{kind}{n}_NODE_HOSTNAME"), &why),
        address: settings.address(&format!("{kind}{n}_NODE_PRIVATE_IP"), &why),
    };
    (1..=count.is).map(machine).collect()
}

fn workers(settings: &Settings<'_>) -> Vec<Machine> {
    let count = settings.count("KUBE_WORKER_HOSTS", "it is the number of workers");
    machines(settings, "WORKER", count.as_ref())
}

fn etcd(settings: &Settings<'_>, control_planes: Option<&Value<usize>>) -> Vec<Machine> {
    let Some(count) = control_planes.filter(|count| count.is > 1) else { return Vec::new() };
    let words = [("external", EtcdType::External), ("stacked", EtcdType::Stacked)];
    let given = settings.required("ETCD_TYPE", &because(count));
    let kind = settings.read(given, |text| word(&words, text));
    let external = kind.is_some_and(|kind| kind.is == EtcdType::External);
    machines(settings, "ETCD", external.then_some(count))
}

fn because(count: &Value<usize>) -> String {
    format!("`{}` is {}", count.name, count.is)
}

fn user(text: &str) -> Result<UserName, String> {
    text.parse().map_err(|error| format!("{error}"))
}

fn balancer(settings: &Settings<'_>) -> Option<Value<Endpoint>> {
    let why = "several control planes are reached through a load balancer";
    settings.read(settings.required("LOADBALANCER_DOMAIN", why), values::balancer)
}

fn storage(settings: &Settings<'_>) -> Option<Value<Storage>> {
    let words = [("nfs", Storage::Nfs), ("rook-ceph", Storage::Rook)];
    let given = settings.required("STORAGE_TYPE", "it says where volumes are");
    settings.read(given, |text| word(&words, text))
}

fn nfs_server(settings: &Settings<'_>) -> Option<Value<Ipv4Addr>> {
    settings.address("NFS_SERVER_PRIVATE_IP", "`STORAGE_TYPE` is nfs")
}

fn pool(settings: &Settings<'_>) -> Option<Value<Range>> {
    let why = "MetalLB gives these addresses to services";
    settings.read(settings.required("METALLB_IP_RANGE", why), values::range)
}

fn ingress(settings: &Settings<'_>) -> Option<Value<Ipv4Addr>> {
    settings.address("INGRESS_NGINX_IP", "it is the address of the ingress")
}

/// A mesh needs it; members of a federation may have one.
fn gateway(
    settings: &Settings<'_>,
    side: &str,
    mode: Mode,
    in_cloud: bool,
) -> Option<Value<Ipv4Addr>> {
    let name = format!("ISTIO_GATEWAY_{side}_IP");
    match mode {
        Mode::Single => None,
        Mode::Meshed if !in_cloud => settings.address(&name, "other clusters reach this one there"),
        Mode::Meshed | Mode::Member => settings.read(settings.given(&name), values::address),
    }
}

fn kyverno(settings: &Settings<'_>) -> Option<Value<bool>> {
    let given = settings.required("INSTALL_KYVERNO", "it says whether there are policies");
    settings.read(given, |text| word(&[("Y", true), ("N", false)], text))
}

/// The values of credentials are never looked at, and so never shown.
fn cloud(settings: &Settings<'_>) -> Option<Value<Cloud>> {
    // Two that the template of K-PaaS fills in for everybody.
    settings.given("NHN_API_BASE_URL");
    settings.given("NAVER_CLOUD_REGION");
    let words = [("NHN", Cloud::Nhn), ("NAVER", Cloud::Naver)];
    let cloud = settings.read(settings.given("CSP_TYPE"), |text| word(&words, text))?;
    let needed = match cloud.is {
        Cloud::Nhn => ["NHN_USERNAME", "NHN_PASSWORD", "NHN_TENANT_ID", "NHN_VIP_SUBNET_ID"],
        Cloud::Naver => [
            "NAVER_CLOUD_API_KEY",
            "NAVER_CLOUD_API_SECRET",
            "NAVER_CLOUD_VPC_NO",
            "NAVER_CLOUD_SUBNET_NO",
        ],
    };
    for name in needed {
        settings.required(name, "the load balancers of that cloud need it");
    }
    Some(cloud)
}
