//! The cluster file that comes out, and what stands in it as comments.

use super::{GOOD, import, mistakes, parsed, unsaid, with};
use manifests::cluster::{Access, Cluster, Host, Sudo, UserPath};
use proptest::prelude::*;

/// Three control planes, etcd beside them, Rook, Kyverno and another address for clients.
const LARGE: &[(&str, &str)] = &[
    ("KUBE_CONTROL_HOSTS=1", "KUBE_CONTROL_HOSTS=3"),
    ("MASTER1_NODE_USER=ubuntu", "MASTER1_NODE_USER=ops"),
    ("PUBLIC_IP=10.77.0.11", "PUBLIC_IP=203.0.113.7"),
    ("MASTER2_NODE_HOSTNAME=", "MASTER2_NODE_HOSTNAME=cp-2"),
    ("MASTER2_NODE_PRIVATE_IP=", "MASTER2_NODE_PRIVATE_IP=10.77.0.31"),
    ("MASTER3_NODE_HOSTNAME=", "MASTER3_NODE_HOSTNAME=cp-3"),
    ("MASTER3_NODE_PRIVATE_IP=", "MASTER3_NODE_PRIVATE_IP=10.77.0.32"),
    ("LOADBALANCER_DOMAIN=", "LOADBALANCER_DOMAIN=10.77.0.10"),
    ("ETCD_TYPE=", "ETCD_TYPE=external"),
    (
        "ETCD1_NODE_HOSTNAME=\nETCD1_NODE_PRIVATE_IP=",
        "ETCD1_NODE_HOSTNAME=etcd-1\nETCD1_NODE_PRIVATE_IP=10.77.0.41\n\
         ETCD2_NODE_HOSTNAME=etcd-2\nETCD2_NODE_PRIVATE_IP=10.77.0.42\n\
         ETCD3_NODE_HOSTNAME=etcd-3\nETCD3_NODE_PRIVATE_IP=10.77.0.43",
    ),
    ("STORAGE_TYPE=nfs", "STORAGE_TYPE=rook-ceph"),
    ("INSTALL_KYVERNO=N", "INSTALL_KYVERNO=Y"),
];

fn text(variables: &str) -> String {
    let import = import(&[("cp-cluster-vars.sh", variables)]).unwrap();
    assert_eq!(import.clusters.len(), 1);
    import.clusters[0].text.clone()
}

fn hosts(cluster: &Cluster) -> Vec<String> {
    let host = |host: &Host| format!("{} {} {:?}", host.name, host.address, host.roles);
    cluster.hosts.iter().map(host).collect()
}

#[test]
fn a_single_cluster_becomes_a_right_cluster_file() {
    let cluster = parsed(&text(GOOD));
    assert_eq!(
        hosts(&cluster),
        [
            "cp-1 10.77.0.11 {ControlPlane}",
            "worker-1 10.77.0.12 {Worker}",
            "worker-2 10.77.0.13 {Worker}",
            "worker-3 10.77.0.14 {Worker}",
        ]
    );
    let network = &cluster.network;
    assert_eq!(network.pods.to_string(), "10.233.64.0/18");
    assert_eq!(network.services.to_string(), "10.233.0.0/18");
    assert_eq!((cluster.name.as_str(), network.plugin.as_str()), ("kpaas", "calico"));
    let Access::Ssh(ssh) = &cluster.hosts[1].access else { panic!("{:?}", cluster.hosts[1]) };
    assert_eq!(ssh.user.as_str(), "ubuntu");
    assert_eq!(ssh.key.as_ref().map(UserPath::as_str), Some("~/.ssh/id_rsa"));
    assert_eq!(cluster.hosts[1].sudo, Sudo::Passwordless);
}

#[test]
fn what_is_left_to_people_stands_at_the_top_of_the_file() {
    let text = text(&with(GOOD, LARGE));
    let top: Vec<_> = text.lines().skip(8).take_while(|line| line.starts_with('#')).collect();
    insta::assert_snapshot!(top.join("\n"));
}

#[test]
fn further_control_planes_stand_in_the_file_and_do_nothing() {
    let text = text(&with(GOOD, LARGE));
    let cluster = parsed(&text);
    assert_eq!(hosts(&cluster).len(), 4);
    assert_eq!(cluster.api.endpoint.as_str(), "10.77.0.10:6443");
    let (_, waiting) = text.split_once("  address: 10.77.0.14\n  roles: [worker]\n").unwrap();
    let waiting: Vec<_> =
        waiting.lines().take_while(|line| !line.contains("What a host")).collect();
    insta::assert_snapshot!(waiting.join("\n"), @"
    # - name: cp-2
    #   address: 10.77.0.31
    #   roles: [control-plane]
    # - name: cp-3
    #   address: 10.77.0.32
    #   roles: [control-plane]
    # - name: etcd-1
    #   address: 10.77.0.41
    #   roles: [etcd]
    # - name: etcd-2
    #   address: 10.77.0.42
    #   roles: [etcd]
    # - name: etcd-3
    #   address: 10.77.0.43
    #   roles: [etcd]
    ");
}

#[test]
fn profiles_are_those_that_the_cluster_needs() {
    let profiles = |changes: &[(&str, &str)]| {
        let import = import(&[("vars.sh", &with(GOOD, changes))]).unwrap();
        assert!(
            import.lock.starts_with("bottari-builder lock manifests/releases/kpaas-1.7.0.yaml")
        );
        import.profiles.join(" ")
    };
    assert_eq!(profiles(&[]), "storage-nfs");
    assert_eq!(profiles(LARGE), "kyverno storage-rook");
}

#[test]
fn every_profile_that_is_named_is_one_of_the_release() {
    let release = include_str!("../../../../manifests/releases/kpaas-1.7.0.yaml");
    let named =
        ["storage-nfs", "storage-rook", "kyverno", "multi", "federation", "edge", "edge-guide"];
    for profile in named {
        assert!(release.contains(&format!("\n- name: {profile}\n  title:")), "{profile}");
    }
}

#[test]
fn variables_beyond_the_count_are_told_and_not_lost_silently() {
    let said = unsaid(&[("vars.sh", &with(GOOD, &[("WORKER_HOSTS=3", "WORKER_HOSTS=2")]))]);
    assert!(said.contains("vars.sh:27:1: `WORKER3_NODE_HOSTNAME` is set, and with these settings K-PaaS does not read it"), "{said}");
}

#[test]
fn a_pool_far_from_every_host_is_worth_a_look() {
    let said =
        |range: &str| unsaid(&[("vars.sh", &with(GOOD, &[("10.77.0.150-10.77.0.160", range)]))]);
    let far = "no host has an address near";
    assert!(said("10.78.0.150-10.78.0.160").contains(far));
    assert!(!said("10.77.0.150-10.77.0.160").contains(far));
}

#[test]
fn credentials_are_neither_shown_nor_written() {
    let cloud = [
        ("CSP_TYPE=", "CSP_TYPE=NHN"),
        ("NHN_USERNAME=", "NHN_USERNAME=somebody"),
        ("NHN_PASSWORD=", "NHN_PASSWORD=opensesame"),
        ("NHN_TENANT_ID=", "NHN_TENANT_ID=tenant"),
        ("NHN_VIP_SUBNET_ID=", "NHN_VIP_SUBNET_ID=subnet"),
    ];
    let good = with(GOOD, &cloud);
    let all = text(&good) + &unsaid(&[("vars.sh", &good)]);
    let bad = with(&good, &[("opensesame", "open sesame"), ("CSP_TYPE=NHN", "CSP_TYPE=")]);
    let acts = with(&good, &[("opensesame", "open$sesame;x")]);
    let all = all + &mistakes(&[("vars.sh", &bad)]) + &mistakes(&[("vars.sh", &acts)]);
    assert!(all.contains("holds what a shell would act on: put it in single quotes"), "{all}");
    assert!(
        all.contains("no release carries it") && all.contains("put a value with blanks in quotes")
    );
    for secret in ["sesame", "somebody", "tenant", "subnet"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}

#[test]
fn nothing_of_the_variables_can_end_a_comment() {
    let path = "vars\nhosts: []\n.sh";
    let import = import(&[(path, GOOD)]).unwrap();
    assert_eq!(parsed(&import.clusters[0].text).hosts.len(), 4);
}

#[test]
fn the_template_as_it_is_shipped_lacks_what_must_be_filled_in() {
    let empty = with(
        GOOD,
        &[
            ("KUBE_CONTROL_HOSTS=1", "KUBE_CONTROL_HOSTS="),
            ("KUBE_WORKER_HOSTS=3", "KUBE_WORKER_HOSTS="),
        ],
    );
    let empty = with(
        &empty,
        &[("STORAGE_TYPE=nfs", "STORAGE_TYPE="), ("INSTALL_KYVERNO=N", "INSTALL_KYVERNO=")],
    );
    assert_eq!(mistakes(&[("vars.sh", &empty)]).lines().count(), 4);
}

/// Values that are right, wrong, empty, or something that a shell would run.
fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[1-5]",
        "10\\.(77|233)\\.[0-9]{1,2}\\.[0-9]{1,3}",
        "10\\.77\\.0\\.[0-9]{1,2}-10\\.77\\.0\\.1[0-9]{2}",
        "(nfs|rook-ceph|Y|N|NHN|stacked|external|api\\.site)",
        "[a-z0-9-]{1,8}",
        "\\PC{0,20}",
    ]
}

proptest! {
    #[test]
    fn whatever_is_imported_is_a_right_cluster_file(
        changes in prop::collection::vec((0..40_usize, any_value()), 0..4)
    ) {
        let set = GOOD.lines().enumerate().filter(|(_, line)| line.contains('='));
        let set: Vec<usize> = set.map(|(number, _)| number).collect();
        let mut lines: Vec<String> = GOOD.lines().map(str::to_owned).collect();
        for (choice, value) in changes {
            let line = &mut lines[set[choice % set.len()]];
            let (name, _) = line.split_once('=').unwrap();
            *line = format!("{name}={value}");
        }
        if let Ok(import) = import(&[("vars.sh", &lines.join("\n"))]) {
            prop_assert!(import.clusters.len() == 1);
            parsed(&import.clusters[0].text);
        }
    }

    #[test]
    fn no_text_makes_the_import_panic(text in "(CLUSTER[0-9]{1,2}_|EDGE1_|KUBE_WORKER_HOSTS|METALLB_IP_RANGE|=|[0-9.-]{1,9}|\n|\\PC)*") {
        drop(import(&[("vars.sh", &text), ("more.sh", GOOD)]));
    }
}

/// What is said to be missing is missing: whoever changes that finds these words.
#[test]
fn the_components_still_lack_what_is_said_to_be_left_to_people() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../manifests/components");
    let read =
        |name: &str| std::fs::read_to_string(folder.join(name).join("component.yaml")).unwrap();
    let uninstalled =
        ["nfs-subdir-external-provisioner", "rook", "kyverno", "istio", "karmada", "kubeedge"];
    for name in uninstalled {
        assert!(!read(name).contains("\n    steps:"), "{name} is installed now");
    }
    for name in ["metallb", "ingress-nginx"] {
        let text = read(name);
        assert!(text.contains("\n    steps:"), "{name} is not installed any more");
        assert!(!text.contains("IPAddressPool"), "{name} has a pool now");
    }
    let etcd = read("etcd");
    let picked = etcd.split("\n  v3.5.23:\n").nth(1).unwrap().split("\n  v").next().unwrap();
    assert!(!picked.contains("images:"), "etcd of kpaas-1.7.0 brings its image now");
    assert!(!read("kubernetes").contains("/etcd"), "kubernetes brings the image of etcd now");
}
