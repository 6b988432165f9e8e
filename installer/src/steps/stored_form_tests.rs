//! How steps look in a stored plan. A change here is a new plan format.

use super::*;

const PATCHES: &str = r#"[
    {"target":{"kind":"Job","namespace":"web","name":"make"},"why":"w","merge":{"spec":{"ttl":null}}},
    {"target":{"kind":"Job","name":"make"},"why":"w","json":[{"op":"remove","path":"/spec"}]}
]"#;

fn lines(actions: &[Action]) -> String {
    let line = |action: &Action| {
        let json = serde_json::to_string(action).unwrap();
        assert_eq!(serde_json::from_str::<Action>(&json).unwrap(), *action);
        json + "\n"
    };
    actions.iter().map(line).collect()
}

fn parse(text: &str) -> Result<Action, serde_json::Error> {
    serde_json::from_str(text)
}

#[test]
fn every_kind_of_step_is_stored_as_a_person_would_write_it() {
    let sum = format!("sha256:{}", "0a".repeat(32)).parse::<manifests::Digest>().unwrap();
    let archive = FileContent::Artifact { blob: sum.clone(), sha256: sum.clone(), size: 9 };
    let crio = Unpacked {
        member: "bin/crio".into(),
        path: "/usr/local/bin/crio".parse().unwrap(),
        sha256: sum,
        size: 7,
    };
    let network = KubectlApply {
        kubectl: "/usr/local/bin/kubectl".parse().unwrap(),
        kubeconfig: "/etc/kubernetes/admin.conf".parse().unwrap(),
        content: FileContent::OtherHost {
            host: "cp-1".parse().unwrap(),
            path: "/etc/kubernetes/net.yaml".parse().unwrap(),
        },
        patches: serde_json::from_str(PATCHES).unwrap(),
    };
    let unit = Unit {
        unit: "crio.service".parse().unwrap(),
        text: "[Service]\n".into(),
        watches: vec!["/usr/local/bin/crio".parse().unwrap()],
        start: Start::Now,
    };
    let run = RunUnit {
        script: "kubeadm init".into(),
        done_when: Some("test -f /etc/kubernetes/admin.conf".into()),
        before_retry: None,
        deadline_seconds: 600,
    };
    let wait = WaitFor { script: "true".into(), expected: "it is so".into(), deadline_seconds: 9 };
    let packages = OsPackages {
        repository: crate::packages::Repository {
            url: "https://10.0.0.1:5000/apt/debian-12".parse().unwrap(),
            arch: manifests::Arch::Amd64,
            key: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n".into(),
            authority: None,
            in_release: Some(bundles::sha256(b"the index")),
        },
        wishes: vec!["conntrack".parse().unwrap(), "socat (>= 1.7)".parse().unwrap()],
        start: vec!["chrony.service".parse().unwrap()],
        lock_seconds: 300,
    };
    let actions = [
        Action::PlaceFile(PlaceFile::text("/etc/crio/crio.conf".parse().unwrap(), "[crio]\n")),
        Action::Unpack(Unpack::programs(archive, vec![crio])),
        Action::SwapOff(SwapOff {}),
        Action::Unit(unit),
        Action::RunUnit(run),
        Action::OsPackages(packages),
        Action::KubectlApply(network),
        Action::WaitFor(wait),
    ];
    insta::assert_snapshot!(lines(&actions), @r#"
    {"kind":"place-file","path":"/etc/crio/crio.conf","mode":"0644","owner":"root:root","content":{"from":"text","text":"[crio]\n"}}
    {"kind":"unpack","archive":{"from":"artifact","blob":"sha256:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a","sha256":"sha256:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a","size":9},"mode":"0755","owner":"root:root","files":[{"member":"bin/crio","path":"/usr/local/bin/crio","sha256":"sha256:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a","size":7}]}
    {"kind":"swap-off"}
    {"kind":"unit","unit":"crio.service","text":"[Service]\n","watches":["/usr/local/bin/crio"],"start":"now"}
    {"kind":"run-unit","script":"kubeadm init","done-when":"test -f /etc/kubernetes/admin.conf","deadline-seconds":600}
    {"kind":"os-packages","repository":{"url":"https://10.0.0.1:5000/apt/debian-12","arch":"amd64","key":"-----BEGIN PGP PUBLIC KEY BLOCK-----\n","in-release":"sha256:2814ba1ae47e21f6f49e55683952d32eecba42333f12c643494aa1abcc173a0a"},"wishes":["conntrack","socat (>= 1.7)"],"start":["chrony.service"],"lock-seconds":300}
    {"kind":"kubectl-apply","kubectl":"/usr/local/bin/kubectl","kubeconfig":"/etc/kubernetes/admin.conf","content":{"from":"other-host","host":"cp-1","path":"/etc/kubernetes/net.yaml"},"patches":[{"target":{"kind":"Job","namespace":"web","name":"make"},"why":"w","merge":{"spec":{"ttl":null}}},{"target":{"kind":"Job","name":"make"},"why":"w","json":[{"op":"remove","path":"/spec"}]}]}
    {"kind":"wait-for","script":"true","expected":"it is so","deadline-seconds":9}
    "#);
}

#[test]
fn a_step_with_a_field_nobody_knows_is_refused() {
    assert!(parse(r#"{"kind":"swap-off"}"#).is_ok());
    assert!(parse(r#"{"kind":"swap-off","zram":true}"#).is_err());
    assert!(parse(r#"{"kind":"swap-on"}"#).is_err());
}

#[test]
fn a_plan_of_before_says_nothing_of_the_index_of_packages() {
    let text = r#"{"kind":"os-packages","repository":{"url":"http://10.0.0.1:5000/apt/debian-12","arch":"amd64","key":"k"},"wishes":[],"start":[],"lock-seconds":300}"#;
    let Action::OsPackages(packages) = parse(text).unwrap() else { unreachable!() };
    assert_eq!(packages.repository.in_release, None);
}
