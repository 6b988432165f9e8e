//! Several clusters, edge nodes, and which files go together.

use super::{
    GOOD, Source, import, kpaas, mistakes, parsed,
    rules::{hold, rule},
    unsaid,
};

/// One of several clusters, as the template has it.
fn cluster(number: usize) -> String {
    let own: String = GOOD
        .replace("=10.77.0.", &format!("=10.{}.0.", 70 + number))
        .replace("-10.77.0.", &format!("-10.{}.0.", 70 + number))
        .replace("=cp-1", &format!("=cp-{number}1"))
        .replace("=worker-", &format!("=worker-{number}"))
        .replace("INSTALL_KYVERNO=N\n", "");
    let lines = own.lines().filter(|line| line.contains('=') && !line.starts_with('#'));
    let mut lines: Vec<_> = lines.map(|line| format!("CLUSTER{number}_{line}")).collect();
    let address = format!("10.{}.0.141", 70 + number);
    lines.push(format!("CLUSTER{number}_ISTIO_GATEWAY_PRIVATE_IP={address}"));
    lines.push(format!("CLUSTER{number}_ISTIO_GATEWAY_PUBLIC_IP={address}"));
    lines.join("\n") + "\n"
}

fn several() -> String {
    format!("#!/bin/bash\nexport CLUSTER_CNT=2\n{}{}", cluster(1), cluster(2))
}

const EDGE: &str = "\
CLOUDCORE_PRIVATE_IP=10.77.0.170
CLOUDCORE_PUBLIC_IP=203.0.113.9
EDGE_HOSTS=2
EDGE1_NODE_HOSTNAME=edge-1
EDGE1_NODE_PUBLIC_IP=198.51.100.1
EDGE2_NODE_HOSTNAME=edge-2
EDGE2_NODE_PUBLIC_IP=198.51.100.2
";

/// As the portal ships it: the second half asks `kubectl`.
const MESH: &str = "\
#!/bin/bash
KUBECTL_VERSION=\"1.33.4\"
ISTIO_VERSION=\"1.28.0\"
ISTIO_NAMESPACE=\"istio-system\"
declare -A CLUSTER1_CONFIG
CLUSTER1_CONFIG[CTX]=\"one\"
export CLUSTER_CNT=$((kubectl config get-contexts | wc -l) 2>/dev/null)
for IDX in $(seq 1 \"$CLUSTER_CNT\"); do
  eval \"declare -A CLUSTER${IDX}_CONFIG\"
  CTX=$(kubectl config get-contexts | awk 'NR==1 {print $1}')
done
";

#[test]
fn several_clusters_become_a_file_each() {
    let import = import(&[("vars.sh", &several())]).unwrap();
    let labels: Vec<_> = import.clusters.iter().map(|cluster| cluster.label.as_deref()).collect();
    assert_eq!(labels, [Some("1"), Some("2")]);
    assert_eq!(import.profiles, ["multi", "storage-nfs"]);
    let second = parsed(&import.clusters[1].text);
    assert_eq!((second.name.as_str(), second.hosts.len()), ("kpaas-2", 4));
    assert_eq!(second.hosts[0].address.to_string(), "10.72.0.11");
}

#[test]
fn each_file_says_only_what_is_about_its_cluster_or_all() {
    let import = import(&[("vars.sh", &several())]).unwrap();
    let first = &import.clusters[0].text;
    assert!(first.contains("10.71.0.141 (outside 10.71.0.141)"), "{first}");
    assert!(!first.contains("10.72.0.141"), "{first}");
    assert!(import.clusters.iter().all(|cluster| cluster.text.contains("by a mesh of Istio")));
}

#[test]
fn a_federation_is_a_host_and_its_members() {
    let members = several().replace("_IP=10.71.0.141", "_IP=").replace("_IP=10.72.0.141", "_IP=");
    let files =
        [("member-cp-cluster-vars.sh", members.as_str()), ("host-cp-cluster-vars.sh", GOOD)];
    let import = import(&files).unwrap();
    let names: Vec<_> = import
        .clusters
        .iter()
        .map(|cluster| (cluster.label.clone().unwrap(), parsed(&cluster.text).name.to_string()))
        .collect();
    let expected =
        [("host", "kpaas-host"), ("member1", "kpaas-member1"), ("member2", "kpaas-member2")];
    assert_eq!(names, expected.map(|(label, name)| (label.to_owned(), name.to_owned())));
    assert_eq!(import.profiles, ["federation", "storage-nfs"]);
    assert!(unsaid(&files).contains("by Karmada; this version does not: profile `federation`"));
}

#[test]
fn edge_nodes_are_told_and_their_profile_named() {
    let import = import(&[("vars.sh", GOOD), ("edge.sh", EDGE)]).unwrap();
    assert_eq!(import.profiles, ["edge", "storage-nfs"]);
    let said = unsaid(&[("vars.sh", GOOD), ("edge.sh", EDGE)]);
    let nodes = "10.77.0.170 (outside 203.0.113.9): edge-1 198.51.100.1, edge-2 198.51.100.2";
    assert!(said.contains(nodes), "{said}");
}

#[test]
fn variables_of_the_older_edge_guide_are_read_too() {
    let older = EDGE
        .replace("CLOUDCORE_PRIVATE_IP", "CLOUDCORE_PRIVATE_VIP")
        .replace("CLOUDCORE_PUBLIC_IP", "CLOUDCORE_VIP")
        .replace("EDGE_HOSTS", "CLOUDCORE1_NODE_HOSTNAME=cp-1\nEDGE_NODE_CNT")
        .replace("NODE_PUBLIC_IP", "NODE_PRIVATE_IP");
    let import = import(&[("vars.sh", GOOD), ("edge.sh", &older)]).unwrap();
    assert_eq!(import.profiles, ["edge-guide", "storage-nfs"]);
    assert!(unsaid(&[("vars.sh", GOOD), ("edge.sh", &older)]).contains("runs cloudcore on `cp-1`"));
}

#[test]
fn the_file_of_a_mesh_is_read_as_far_as_nothing_must_be_run() {
    let said = unsaid(&[("vars.sh", &several()), ("istio-vars-mc.sh", MESH)]);
    let mesh: Vec<_> = said.lines().filter(|line| line.starts_with("istio")).collect();
    insta::assert_snapshot!(mesh.join("\n"), @"
    istio-vars-mc.sh:2:1: `KUBECTL_VERSION` is 1.33.4: here the release says which version comes
    istio-vars-mc.sh:3:1: `ISTIO_VERSION` is 1.28.0: here the release says which version comes
    istio-vars-mc.sh:4:1: `ISTIO_NAMESPACE` is not read: no mesh is made
    istio-vars-mc.sh:6:1: `CLUSTER1_CONFIG[CTX]` is not read: no mesh is made
    istio-vars-mc.sh:7:20: not read and not needed: `$((…))` would be computed: write the result, and 4 more lines like it
    ");
}

#[test]
fn rules_of_several_clusters_are_kept_and_broken() {
    let rules = [
        rule(
            "clusters are counted",
            &[],
            &[("CLUSTER_CNT=2", "CLUSTER_CNT=")],
            "vars.sh:2:8: `CLUSTER_CNT` is empty: it is the number of clusters",
        ),
        rule(
            "a mesh has two ends",
            &[],
            &[("CLUSTER_CNT=2", "CLUSTER_CNT=1")],
            "vars.sh:2:8: `CLUSTER_CNT`: a mesh joins 2 clusters or more, found 1",
        ),
        rule(
            "rules of one cluster hold for each",
            &[("CLUSTER2_STORAGE_TYPE=nfs", "CLUSTER2_STORAGE_TYPE=rook-ceph")],
            &[("CLUSTER2_STORAGE_TYPE=nfs", "CLUSTER2_STORAGE_TYPE=disk")],
            "vars.sh:60:1: `CLUSTER2_STORAGE_TYPE`: expected `nfs` or `rook-ceph`, found `disk`",
        ),
        rule(
            "the gateway of a mesh has an address",
            &[],
            &[("GATEWAY_PRIVATE_IP=10.71.0.141", "GATEWAY_PRIVATE_IP=")],
            "vars.sh:38:1: `CLUSTER1_ISTIO_GATEWAY_PRIVATE_IP` is empty: other clusters reach this one there",
        ),
        rule(
            "the gateway is reached from outside",
            &[("GATEWAY_PUBLIC_IP=10.71.0.141", "GATEWAY_PUBLIC_IP=203.0.113.4")],
            &[("GATEWAY_PUBLIC_IP=10.71.0.141", "GATEWAY_PUBLIC_IP=gate")],
            "vars.sh:39:1: `CLUSTER1_ISTIO_GATEWAY_PUBLIC_IP`: `gate` is not an IPv4 address: expected one such as `192.0.2.11`",
        ),
        rule(
            "the gateway is outside the pool",
            &[],
            &[("GATEWAY_PRIVATE_IP=10.71.0.141", "GATEWAY_PRIVATE_IP=10.71.0.151")],
            "vars.sh:38:1: `CLUSTER1_ISTIO_GATEWAY_PRIVATE_IP`: 10.71.0.151 lies in `CLUSTER1_METALLB_IP_RANGE`, 10.71.0.150-10.71.0.160",
        ),
        rule(
            "the gateway is not the ingress",
            &[],
            &[("GATEWAY_PRIVATE_IP=10.71.0.141", "GATEWAY_PRIVATE_IP=10.71.0.140")],
            "vars.sh:38:1: `CLUSTER1_ISTIO_GATEWAY_PRIVATE_IP`: 10.71.0.140 is `CLUSTER1_INGRESS_NGINX_IP` too",
        ),
        rule(
            "every variable of each is known",
            &[],
            &[("CLUSTER2_STORAGE_TYPE=nfs", "CLUSTER2_STORAGE_TYPE=nfs\nCLUSTER2_STORAGE_TYP=nfs")],
            "vars.sh:61:1: unknown variable `CLUSTER2_STORAGE_TYP`; did you mean `CLUSTER2_STORAGE_TYPE`?",
        ),
    ];
    hold(&[], &several(), &rules);
}

#[test]
fn rules_of_edge_nodes_are_kept_and_broken() {
    let rules = [
        rule(
            "edge nodes are counted",
            &[("EDGE_HOSTS=2", "EDGE_HOSTS=1")],
            &[("EDGE_HOSTS=2", "EDGE_HOSTS=0")],
            "vars.sh:3:1: `EDGE_HOSTS`: expected a number from 1 to 64, found `0`",
        ),
        rule(
            "edge nodes are as many as counted",
            &[],
            &[("EDGE2_NODE_HOSTNAME=edge-2", "EDGE2_NODE_HOSTNAME=")],
            "vars.sh:6:1: `EDGE2_NODE_HOSTNAME` is empty: `EDGE_HOSTS` counts it",
        ),
        rule(
            "names of edge nodes are labels",
            &[],
            &[("edge-2", "edge_2")],
            "vars.sh:6:1: `EDGE2_NODE_HOSTNAME`: `edge_2` is not a host name: expected 1 to 63 of a-z, 0-9 and `-`, beginning and ending with a letter or digit",
        ),
        rule(
            "names of edge nodes are nobody else's",
            &[],
            &[("edge-2", "worker-1")],
            "vars.sh:6:1: `EDGE2_NODE_HOSTNAME`: worker-1 is `WORKER1_NODE_HOSTNAME` too",
        ),
        rule(
            "addresses of edge nodes are nobody else's",
            &[],
            &[("198.51.100.2", "198.51.100.1")],
            "vars.sh:7:1: `EDGE2_NODE_PUBLIC_IP`: 198.51.100.1 is `EDGE1_NODE_PUBLIC_IP` too",
        ),
        rule(
            "cloudcore has an address",
            &[("CLOUDCORE_PUBLIC_IP=203.0.113.9", "CLOUDCORE_PUBLIC_IP=10.77.0.170")],
            &[("CLOUDCORE_PUBLIC_IP=203.0.113.9", "CLOUDCORE_PUBLIC_IP=")],
            "vars.sh:2:1: `CLOUDCORE_PUBLIC_IP` is empty: edge nodes reach the cluster there",
        ),
        rule(
            "cloudcore is outside the pool",
            &[],
            &[("10.77.0.170", "10.77.0.160")],
            "vars.sh:1:1: `CLOUDCORE_PRIVATE_IP`: 10.77.0.160 lies in `METALLB_IP_RANGE`, 10.77.0.150-10.77.0.160",
        ),
        rule(
            "cloudcore is no host and not the ingress",
            &[],
            &[("10.77.0.170", "10.77.0.140")],
            "vars.sh:1:1: `CLOUDCORE_PRIVATE_IP`: 10.77.0.140 is `INGRESS_NGINX_IP` too",
        ),
        rule(
            "cloudcore is outside the networks of the cluster",
            &[],
            &[("10.77.0.170", "10.233.70.1")],
            "vars.sh:1:1: `CLOUDCORE_PRIVATE_IP`: 10.233.70.1 lies in the pod network 10.233.64.0/18 of K-PaaS",
        ),
    ];
    hold(&[("first.sh", GOOD)], EDGE, &rules);
}

#[test]
fn files_that_do_not_go_together_are_told_so() {
    let several = several();
    let portal = "K8S_MASTER_NODE_IP=10.77.0.11\nHOST_DOMAIN=site.example\n";
    for (files, said) in [
        (
            vec![("a.sh", EDGE)],
            "a.sh:1:1: edge nodes join a single cluster: import its cp-cluster-vars.sh with it",
        ),
        (
            vec![("a.sh", several.as_str()), ("b.sh", EDGE)],
            "b.sh:1:1: edge nodes join a single cluster: import its cp-cluster-vars.sh with it",
        ),
        (
            vec![("a.sh", GOOD), ("b.sh", &several), ("c.sh", EDGE)],
            "c.sh:1:1: K-PaaS has edge nodes for a single cluster alone, not in a federation",
        ),
        (
            vec![("a.sh", GOOD), ("b.sh", MESH)],
            "b.sh:1:1: a mesh joins several clusters: import their cp-cluster-vars.sh with it",
        ),
        (
            vec![("a.sh", GOOD), ("b.sh", GOOD)],
            "b.sh:1:1: an earlier file is of the same kind: import one at a time",
        ),
        (
            vec![("a.sh", GOOD), ("b.sh", portal)],
            "b.sh:1:1: these are variables of the portal, which no release carries: leave the file out",
        ),
        (
            vec![(
                "a.sh",
                "CLUSTER_CNT=2\nfor I in $(seq 1 2); do\ncat <<EOF > vars.sh\nX=\nEOF\ndone\n",
            )],
            "a.sh:3:1: this script writes files of variables: run it yourself, as the guide of K-PaaS says, and import what it wrote",
        ),
        (vec![("a.sh", GOOD), ("b.sh", "A=1\n")], "b.sh:1:1: no variable of K-PaaS is set here"),
        (vec![("a.sh", "")], "a.sh:1:1: no variable of K-PaaS is set here"),
    ] {
        assert_eq!(mistakes(&files), said);
    }
    for good in [
        vec![("a.sh", GOOD), ("b.sh", EDGE)],
        vec![("a.sh", several.as_str()), ("b.sh", MESH)],
        vec![("a.sh", several.as_str()), ("b.sh", GOOD)],
    ] {
        assert_eq!(mistakes(&good), "");
    }
}

#[test]
fn clusters_may_share_addresses_but_not_unnoticed() {
    let same = several().replace("10.72.0.", "10.71.0.").replace("=cp-21", "=cp-11");
    assert_eq!(mistakes(&[("vars.sh", &same)]), "");
    let said = unsaid(&[("vars.sh", &same)]);
    for words in [
        "`CLUSTER2_MASTER1_NODE_HOSTNAME`: cp-11 is `CLUSTER1_MASTER1_NODE_HOSTNAME` too, in another cluster",
        "`CLUSTER2_MASTER1_NODE_PRIVATE_IP`: 10.71.0.11 is `CLUSTER1_MASTER1_NODE_PRIVATE_IP` too, in another cluster",
        "`CLUSTER2_METALLB_IP_RANGE`: 10.71.0.150-10.71.0.160 overlaps `CLUSTER1_METALLB_IP_RANGE`",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert!(!unsaid(&[("vars.sh", &several())]).contains("in another cluster"));
}

#[test]
fn clusters_beyond_the_count_are_told() {
    let three = several() + &cluster(3);
    let said = unsaid(&[("vars.sh", &three)]);
    assert!(
        said.contains("`CLUSTER3_KUBE_CONTROL_HOSTS` is not read: `CLUSTER_CNT` is 2"),
        "{said}"
    );
}

#[test]
fn rules_of_a_mesh_are_kept_and_broken() {
    let rules = [rule(
        "versions of tools are versions",
        &[("\"1.28.0\"", "1.27.3")],
        &[("\"1.28.0\"", "\"{version}\"")],
        "vars.sh:3:1: `ISTIO_VERSION`: expected a version such as `1.27.3`, found `{version}`",
    )];
    hold(&[("first.sh", &several())], MESH, &rules);
}

#[test]
fn names_of_several_clusters_are_not_too_long() {
    let source = Source { path: "vars.sh".into(), text: several() };
    let name = |length: usize| "a".repeat(length).parse().unwrap();
    assert_eq!(kpaas(std::slice::from_ref(&source), &name(61)).unwrap().clusters.len(), 2);
    let said = kpaas(std::slice::from_ref(&source), &name(62)).unwrap_err().to_string();
    assert!(said.contains("is too long for a cluster's name: shorten `--name`"), "{said}");
}
