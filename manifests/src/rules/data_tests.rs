//! The rules of this repository, each with versions that go and versions that do
//! not. A rule without a case fails.

use super::{Picked, RuleBook, judge, tests::picked};
use crate::{catalog::Catalog, release::Release, yaml};
use std::{collections::BTreeSet, path::Path};

/// The day that these cases are judged on.
const DAY: &str = "2026-11-21";

/// A rule, what it has nothing against, what it warns of, and the warning.
type Case<'a> = (&'a str, &'a [&'a str], &'a [&'a str], &'a str);

const CASES: [Case<'_>; 22] = [
    (
        "calico-kubernetes",
        &["calico v3.30.3", "kubernetes v1.33.5"],
        &["calico v3.30.3", "kubernetes v1.30.7"],
        "calico v3.30.3: expected kubernetes 1.31 to 1.35, found v1.30.7",
    ),
    (
        "ceph-support",
        &["quay.io/ceph/ceph:v20.2.5"],
        &["quay.io/ceph/ceph:v19.2.3"],
        "quay.io/ceph/ceph v19.2.3: support of 19.x ended on 2026-10-31",
    ),
    (
        "cri-o-minor",
        &["cri-o v1.33.5", "kubernetes v1.33.5"],
        &["cri-o v1.34.0", "kubernetes v1.33.13"],
        "cri-o v1.34.0: expected kubernetes 1.34, found v1.33.13",
    ),
    (
        "cri-o-support",
        &["cri-o v1.35.2"],
        &["cri-o v1.30.0"],
        "cri-o v1.30.0: support of 1.30.x ended on 2025-07-15",
    ),
    (
        "etcd-support",
        &["etcd v3.5.23"],
        &["etcd v3.4.37"],
        "etcd v3.4.37: support of 3.4.x ended on 2026-06-01",
    ),
    (
        "helm-kubernetes",
        &["helm v3.18.4", "kubernetes v1.33.5"],
        &["helm v3.17.4-lab", "kubernetes v1.33.13"],
        "helm v3.17.4-lab: expected kubernetes 1.29 to 1.32, found v1.33.13",
    ),
    (
        "ingress-nginx-kubernetes",
        &["ingress-nginx v1.13.3", "kubernetes v1.33.5"],
        &["ingress-nginx v1.13.3", "kubernetes v1.34.1"],
        "ingress-nginx v1.13.3: expected kubernetes 1.29 to 1.33, found v1.34.1",
    ),
    (
        "ingress-nginx-retired",
        &["nginx-proxy 1.28.0-alpine"],
        &["ingress-nginx v1.15.1"],
        "ingress-nginx v1.15.1: retired, looked after until 2026-03-31; instead: Gateway API, or another Ingress controller",
    ),
    (
        "istio-kubernetes",
        &["docker.io/istio/pilot:1.27.3", "kubernetes v1.33.5"],
        &["docker.io/istio/pilot:1.16.0", "kubernetes v1.33.5"],
        "docker.io/istio/pilot 1.16.0: expected kubernetes 1.22 to 1.25, found v1.33.5",
    ),
    (
        "istio-support",
        &["docker.io/istio/pilot:1.30.1"],
        &["docker.io/istio/pilot:1.27.3"],
        "docker.io/istio/pilot 1.27.3: support of 1.27.x ended on 2026-04-07",
    ),
    (
        "istioctl-support",
        &["istioctl 1.30.1"],
        &["istioctl 1.27.3"],
        "istioctl 1.27.3: support of 1.27.x ended on 2026-04-07",
    ),
    (
        "karmada-kubernetes",
        &["karmada v1.15.2", "kubernetes v1.33.5"],
        &["karmada v1.15.2", "kubernetes v1.34.0"],
        "karmada v1.15.2: expected kubernetes 1.24 to 1.33, found v1.34.0",
    ),
    (
        "karmada-support",
        &["karmada v1.18.2"],
        &["karmada v1.15.2"],
        "karmada v1.15.2: support of 1.15.x ended on 2026-05-30",
    ),
    (
        "kubeedge-kubernetes",
        &["kubeedge v1.14.4", "kubernetes v1.24.17"],
        &["kubeedge v1.20.0", "kubernetes v1.33.5"],
        "kubeedge v1.20.0: expected kubernetes 1.25 to 1.30, found v1.33.5",
    ),
    (
        "kubeflow-kubernetes",
        &["kubeflow 1.7.0", "kubernetes v1.25.16"],
        &["kubeflow 1.7.0", "kubernetes v1.33.5"],
        "kubeflow 1.7.0: expected kubernetes 1.25 or older, found v1.33.5",
    ),
    (
        "kubelet-skew",
        &["kubernetes v1.33.5", "kubernetes v1.30.7"],
        &["kubernetes v1.33.5", "kubernetes v1.29.0"],
        "kubernetes v1.29.0: expected kubernetes 1.29 to 1.32, found v1.33.5",
    ),
    (
        "kubernetes-support",
        &["kubernetes v1.36.4"],
        &["kubernetes v1.33.5"],
        "kubernetes v1.33.5: support of 1.33.x ended on 2026-06-28",
    ),
    (
        "kyverno-kubernetes",
        &["kyverno v1.15.2", "kubernetes v1.33.5"],
        &["kyverno v1.15.2", "kubernetes v1.34.0"],
        "kyverno v1.15.2: expected kubernetes 1.30 to 1.33, found v1.34.0",
    ),
    (
        "kyverno-support",
        &["kyverno v1.19.0"],
        &["kyverno v1.15.2"],
        "kyverno v1.15.2: support of 1.15.x ended on 2026-04-29",
    ),
    (
        "metrics-server-kubernetes",
        &["metrics-server v0.8.0", "kubernetes v1.33.5"],
        &["metrics-server v0.8.0", "kubernetes v1.30.7"],
        "metrics-server v0.8.0: expected kubernetes 1.31 or newer, found v1.30.7",
    ),
    (
        "rook-ceph",
        &["rook v1.18.5", "quay.io/ceph/ceph:v19.2.3"],
        &["rook v1.18.5", "quay.io/ceph/ceph:v20.2.5"],
        "rook v1.18.5: expected quay.io/ceph/ceph 18.2 to 19.2, found v20.2.5",
    ),
    (
        "rook-kubernetes",
        &["rook v1.18.5", "kubernetes v1.33.5"],
        &["rook v1.18.5", "kubernetes v1.35.1"],
        "rook v1.18.5: expected kubernetes 1.29 to 1.34, found v1.35.1",
    ),
];

fn book() -> RuleBook {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    RuleBook::read(&[folder]).unwrap()
}

/// What one rule says of these.
fn told(id: &str, things: &[&str], day: &str) -> Vec<String> {
    let warnings = judge(book().rules(), &picked(things), day.parse().unwrap());
    let ours = warnings.into_iter().filter(|warning| warning.rule.as_str() == id);
    ours.map(|warning| warning.message).collect()
}

#[test]
fn each_rule_knows_what_goes_and_what_does_not() {
    for (id, good, bad, message) in CASES {
        assert_eq!(told(id, good, DAY), Vec::<String>::new(), "{id}: {good:?}");
        assert_eq!(told(id, bad, DAY), [message], "{id}: {bad:?}");
    }
}

#[test]
fn the_releases_acknowledge_all_that_goes_against_a_rule_and_nothing_else() {
    for file in ["kpaas-1.7.0.yaml", "lab.yaml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("releases").join(file);
        let release = Release::parse(&path, &yaml::read(&path).unwrap()).unwrap();
        let catalog = Catalog::beside(&path);
        let picked = Picked::of_contents(&catalog.contents(&release).unwrap());
        let mut open = judge(catalog.rules().unwrap().rules(), &picked, DAY.parse().unwrap());
        open.retain(|warning| !release.acknowledged.iter().any(|one| one.meets(warning)));
        assert_eq!(open, [], "{file}");
        assert_eq!(book().check(&release.acknowledged, &[picked]), Ok(()), "{file}");
    }
}

#[test]
fn security_fixes_for_helm_3_end_in_february() {
    let on = |day| told("helm-support", &["helm v3.18.4"], day);
    assert_eq!(on("2027-02-10"), Vec::<String>::new());
    assert_eq!(on("2027-02-11"), ["helm v3.18.4: support of 3.x ended on 2027-02-10"]);
}

#[test]
fn each_rule_has_a_case() {
    let mut cases: BTreeSet<_> = CASES.iter().map(|(id, ..)| (*id).to_owned()).collect();
    cases.insert("helm-support".to_owned());
    let rules: BTreeSet<_> = book().rules().iter().map(|rule| rule.id.to_string()).collect();
    assert_eq!(cases, rules);
}
