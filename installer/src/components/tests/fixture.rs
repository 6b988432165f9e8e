//! A release like the lab's, small enough to read, and two hosts it fits.

use super::super::*;
use crate::{
    facts::{Facts, Feature, HostAddressFact},
    plan::HostName,
    site_ca::{ServerFiles, SiteCertificates},
};
use bundles::PublicKey;
use manifests::{
    Arch, Descriptor, Digest, Role,
    cluster::{Asking, Cluster},
    lockfile::{FileKind, LockedFile, LockedImage, LockedManifest},
};
use std::{collections::BTreeMap, path::Path};

const BOTH: [Role; 2] = [Role::ControlPlane, Role::Worker];

/// Everything a plan follows from, owned.
#[derive(Debug, Clone)]
pub(super) struct Fixture {
    pub(super) cluster: Cluster,
    pub(super) lockfile: Lockfile,
    pub(super) contents: Contents,
    pub(super) facts: BTreeMap<HostName, Facts>,
    pub(super) keys: Vec<PublicKey>,
    pub(super) certificates: SiteCertificates,
}

/// A digest that is different for each text.
pub(super) fn digest(text: &str) -> Digest {
    bundles::sha256(text.as_bytes())
}

impl Fixture {
    pub(super) fn lab() -> Self {
        let lockfile = lockfile();
        let contents = contents(&lockfile);
        let facts = [("h1", "10.86.0.11"), ("h2", "10.86.0.12")]
            .map(|(name, address)| (name.parse().unwrap(), isolated(address)));
        let key = minisign::KeyPair::generate_unencrypted_keypair().unwrap().pk;
        let key = PublicKey::parse(&key.to_box().unwrap().to_string()).unwrap();
        let cluster = cluster("registry: {port: 5000}\n");
        let (facts, keys, certificates) = (facts.into(), vec![key], certificates());
        Self { cluster, lockfile, contents, facts, keys, certificates }
    }

    pub(super) fn plan(&self) -> Result<Plan, PlanningError> {
        plan(&PlanInputs {
            cluster: &self.cluster,
            cluster_file: &digest("cluster file"),
            lockfile: &self.lockfile,
            bundle: &digest("bundle"),
            contents: &self.contents,
            facts: &self.facts,
            installer: &local("bottari-installer"),
            bundle_file: &BundleFile::Whole(local("lab.bottari.tar.zst")),
            keys: &self.keys,
            certificates: Some(&self.certificates),
        })
    }

    /// Takes a component out of the bundle.
    pub(super) fn without(mut self, component: &str) -> Self {
        self.lockfile.components.retain(|it| it.name.as_str() != component);
        self.lockfile.files.retain(|file| file.component.as_str() != component);
        self.lockfile.images.retain(|image| image.component.as_str() != component);
        self
    }

    pub(super) fn facts_of(&mut self, host: &str) -> &mut Facts {
        self.facts.get_mut(&host.parse().unwrap()).unwrap()
    }
}

fn local(name: &str) -> LocalFile {
    let path = Path::new("/media/site").join(name);
    LocalFile { path, sha256: digest(name), size: 5_000_000 }
}

fn certificates() -> SiteCertificates {
    let file = |name| local(name).content();
    let (certificate, key) = (file("pki/registry-h1.crt"), file("pki/registry-h1.key"));
    let servers = [("h1".parse().unwrap(), ServerFiles { certificate, key })].into();
    SiteCertificates { authority: file("pki/ca.crt"), servers }
}

/// The lab's cluster file with some more lines.
pub(super) fn cluster(more: &str) -> Cluster {
    let text = format!(
        "cluster: lab\n\
         hosts:\n\
         - {{name: h1, address: 10.86.0.11, roles: [control-plane]}}\n\
         - {{name: h2, address: 10.86.0.12, roles: [worker]}}\n\
         network: {{plugin: lab-network}}\n{more}"
    );
    Cluster::parse(Path::new("cluster.yaml"), &text, Asking::Impossible).unwrap()
}

/// A host behind the gap: no default route, no name server.
fn isolated(address: &str) -> Facts {
    let address = address.parse().unwrap();
    let interface = "eth0".to_owned();
    Facts {
        machine: Some("x86_64".into()),
        virtualization: Some("kvm".into()),
        addresses: vec![HostAddressFact { interface, address }],
        features: [("br_netfilter", Feature::Loadable), ("nf_conntrack", Feature::Working)]
            .map(|(name, state)| (name.to_owned(), state))
            .into(),
        sysctls: [("kernel.panic".to_owned(), "0".to_owned())].into(),
        ..Facts::default()
    }
}

fn lockfile() -> Lockfile {
    let amd64 = Some(Arch::Amd64);
    let program = |name| file("kubernetes", "v1.33.13", name, amd64, &BOTH);
    let manifest = |component, version, name| {
        let file = file(component, version, name, None, &[Role::ControlPlane]);
        LockedFile { kind: FileKind::Manifest, ..file }
    };
    Lockfile {
        format: manifests::lockfile::FORMAT.into(),
        release: "lab".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        serial: 1,
        title: "a small Kubernetes for the lab".into(),
        arches: vec![Arch::Amd64],
        compression_level: 3,
        sbom: Vec::new(),
        components: super::inside::components(),
        files: vec![
            file("cni-plugins", "v1.8.0-lab", "cni-plugins-linux-amd64-v1.8.0.tgz", amd64, &BOTH),
            file("cri-o", "v1.34.0", "cri-o.amd64.v1.34.0.tar.gz", amd64, &BOTH),
            program("kubeadm"),
            program("kubelet"),
            file("kubernetes", "v1.33.13", "kubectl", amd64, &[Role::ControlPlane]),
            file("lab-runtime-shim", "v1.0.0", "conntrack.deb", amd64, &BOTH),
            file("lab-runtime-shim", "v1.0.0", "edge-only.deb", amd64, &[Role::Edge]),
            manifest("lab-network", "v1.0.0", "lab-network.yaml"),
            manifest("spare-network", "v1.0.0", "spare-network.yaml"),
            manifest("web-gate", "v2.0.0", "web-gate.yaml"),
        ],
        images: images(),
        systems: Vec::new(),
        exceptions: Vec::new(),
        rules: Vec::new(),
        catalog: Vec::new(),
        acknowledged: Vec::new(),
        profiles: Vec::new(),
        decisions: Vec::new(),
        omitted: Vec::new(),
        overlays: Vec::new(),
    }
}

fn images() -> Vec<LockedImage> {
    let kubernetes = ["kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler"];
    let kubernetes = kubernetes
        .map(|name| image("kubernetes", &format!("registry.k8s.io/{name}:v1.33.13"), &[]));
    let mut images = kubernetes.to_vec();
    images.extend([
        image("etcd", "registry.k8s.io/etcd:3.5.21-0", &[]),
        image("coredns", "registry.k8s.io/coredns/coredns:v1.12.0", &[]),
        image("pause", "registry.lab.example/pause:3.10", &["registry.k8s.io/pause:3.10"]),
    ]);
    images
}

fn file(
    component: &str,
    version: &str,
    name: &str,
    arch: Option<Arch>,
    roles: &[Role],
) -> LockedFile {
    LockedFile {
        kind: FileKind::File,
        component: component.parse().unwrap(),
        version: version.parse().unwrap(),
        name: name.parse().unwrap(),
        arch,
        source: format!("https://packages.lab.example/{name}").parse().unwrap(),
        size: 1000,
        digest: digest(name),
        media_type: "application/octet-stream".into(),
        published: None,
        proofs: Vec::new(),
        roles: roles.to_vec(),
        render: None,
    }
}

fn image(component: &str, name: &str, also: &[&str]) -> LockedImage {
    let media_type = "application/vnd.oci.image.manifest.v1+json".to_owned();
    let config = Descriptor { digest: digest("config"), size: 2, media_type: media_type.clone() };
    let manifest = LockedManifest {
        platform: Some("linux/amd64".parse().unwrap()),
        digest: digest(name),
        size: 400,
        media_type: media_type.clone(),
        omitted: false,
        config: Some(config),
        layers: Vec::new(),
    };
    LockedImage {
        name: name.parse().unwrap(),
        component: component.parse().unwrap(),
        version: "v1".parse().unwrap(),
        also: also.iter().map(|name| name.parse().unwrap()).collect(),
        digest: digest(name),
        size: 400,
        media_type,
        published: None,
        roles: BOTH.to_vec(),
        stated: None,
        manifests: vec![manifest],
    }
}

fn contents(lockfile: &Lockfile) -> Contents {
    let mut contents = Contents::default();
    let bytes = |name: &str| (name.to_owned(), Bytes { sha256: digest(name), size: 9 });
    for file in &lockfile.files {
        let members: &[&str] = match file.component.as_str() {
            "cri-o" => &["cri-o/bin/conmon", "cri-o/bin/crio", "cri-o/bin/pinns", "cri-o/bin/runc"],
            "cni-plugins" => &["LICENSE", "README.md", "bridge", "host-local"],
            "lab-runtime-shim" => {
                let name = file.name.as_str().trim_end_matches(".deb").parse().unwrap();
                let deb = DebName { name, version: "1.0-1".parse().unwrap() };
                contents.packages.insert(file.digest.clone(), deb);
                continue;
            }
            _ => continue,
        };
        let members = members.iter().map(|name| bytes(name)).collect();
        contents.archives.insert(file.digest.clone(), members);
    }
    contents
}
