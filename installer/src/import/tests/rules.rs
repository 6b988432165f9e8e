//! The rules of one cluster. Each row: what keeps the rule, what breaks it, and
//! the words people then read.

use super::{GOOD, mistakes, with};

pub(super) type Changes = &'static [(&'static str, &'static str)];

pub(super) struct Rule {
    name: &'static str,
    good: Changes,
    bad: Changes,
    said: &'static str,
}

pub(super) const fn rule(
    name: &'static str,
    good: Changes,
    bad: Changes,
    said: &'static str,
) -> Rule {
    Rule { name, good, bad, said }
}

const RULES: &[Rule] = &[
    rule(
        "a number of control planes",
        &[("KUBE_CONTROL_HOSTS=1", "KUBE_CONTROL_HOSTS=\"1\"")],
        &[("KUBE_CONTROL_HOSTS=1", "KUBE_CONTROL_HOSTS=one")],
        "vars.sh:4:1: `KUBE_CONTROL_HOSTS`: expected a number from 1 to 64, found `one`",
    ),
    rule(
        "one control plane at least",
        &[],
        &[("KUBE_CONTROL_HOSTS=1", "KUBE_CONTROL_HOSTS=0")],
        "vars.sh:4:1: `KUBE_CONTROL_HOSTS`: expected a number from 1 to 64, found `0`",
    ),
    rule(
        "control planes are counted",
        &[],
        &[("KUBE_CONTROL_HOSTS=1\n", "")],
        "vars.sh:5:1: `KUBE_CONTROL_HOSTS` is missing: it is the number of control planes",
    ),
    rule(
        "workers are counted",
        &[],
        &[("KUBE_WORKER_HOSTS=3", "KUBE_WORKER_HOSTS=")],
        "vars.sh:22:1: `KUBE_WORKER_HOSTS` is empty: it is the number of workers",
    ),
    rule(
        "one worker at least",
        &[("KUBE_WORKER_HOSTS=3", "KUBE_WORKER_HOSTS=1")],
        &[("KUBE_WORKER_HOSTS=3", "KUBE_WORKER_HOSTS=-1")],
        "vars.sh:22:1: `KUBE_WORKER_HOSTS`: expected a number from 1 to 64, found `-1`",
    ),
    rule(
        "workers are as many as counted",
        &[("KUBE_WORKER_HOSTS=3", "KUBE_WORKER_HOSTS=2")],
        &[("KUBE_WORKER_HOSTS=3", "KUBE_WORKER_HOSTS=4")],
        "vars.sh:4:1: `WORKER4_NODE_HOSTNAME` is missing: `KUBE_WORKER_HOSTS` is 4\n\
         vars.sh:4:1: `WORKER4_NODE_PRIVATE_IP` is missing: `KUBE_WORKER_HOSTS` is 4",
    ),
    rule(
        "a host name is a label",
        &[("HOSTNAME=worker-1", "HOSTNAME=node1")],
        &[("HOSTNAME=worker-1", "HOSTNAME=Worker_1")],
        "vars.sh:23:1: `WORKER1_NODE_HOSTNAME`: `Worker_1` is not a host name: expected 1 to 63 of a-z, 0-9 and `-`, beginning and ending with a letter or digit",
    ),
    rule(
        "host names differ",
        &[],
        &[("HOSTNAME=worker-2", "HOSTNAME=cp-1")],
        "vars.sh:25:1: `WORKER2_NODE_HOSTNAME`: cp-1 is `MASTER1_NODE_HOSTNAME` too",
    ),
    rule(
        "an address has four numbers up to 255",
        &[("=10.77.0.12", "=10.77.0.254")],
        &[("=10.77.0.12", "=10.77.0.256")],
        "vars.sh:24:1: `WORKER1_NODE_PRIVATE_IP`: `10.77.0.256` is not an IPv4 address: expected one such as `192.0.2.11`",
    ),
    rule(
        "an address is a machine's",
        &[],
        &[("=10.77.0.12", "=127.0.0.1")],
        "vars.sh:24:1: `WORKER1_NODE_PRIVATE_IP`: address 127.0.0.1 is a loopback address: other hosts cannot reach it",
    ),
    rule(
        "an address is good for more than one cable",
        &[],
        &[("=10.77.0.12", "=169.254.25.10")],
        "vars.sh:24:1: `WORKER1_NODE_PRIVATE_IP`: address 169.254.25.10 is a link-local address: it is reached over one cable only",
    ),
    rule(
        "an address belongs to one machine",
        &[("=10.77.0.12", "=223.255.255.254")],
        &[("=10.77.0.12", "=224.0.0.1")],
        "vars.sh:24:1: `WORKER1_NODE_PRIVATE_IP`: address 224.0.0.1 belongs to no single machine",
    ),
    rule(
        "addresses differ",
        &[],
        &[("=10.77.0.13", "=10.77.0.12")],
        "vars.sh:26:1: `WORKER2_NODE_PRIVATE_IP`: 10.77.0.12 is `WORKER1_NODE_PRIVATE_IP` too",
    ),
    rule(
        "the address of clients is there",
        &[("PUBLIC_IP=10.77.0.11", "PUBLIC_IP=203.0.113.7")],
        &[("PUBLIC_IP=10.77.0.11", "PUBLIC_IP=")],
        "vars.sh:9:1: `MASTER1_NODE_PUBLIC_IP` is empty: clients reach the API server there",
    ),
    rule(
        "the user can be one",
        &[("USER=ubuntu", "USER=ops")],
        &[("USER=ubuntu", "USER=-oProxyCommand=x")],
        "vars.sh:7:1: `MASTER1_NODE_USER`: `-oProxyCommand=x` is not a user name: expected 1 to 64 of letters, digits, `.`, `_`, `-`, `@` and `\\`, beginning with a letter or `_`",
    ),
    rule(
        "hosts are outside the pod network",
        &[("=10.77.0.12", "=10.233.128.12")],
        &[("=10.77.0.12", "=10.233.100.12")],
        "vars.sh:24:1: `WORKER1_NODE_PRIVATE_IP`: 10.233.100.12 lies in the pod network 10.233.64.0/18 of K-PaaS",
    ),
    rule(
        "hosts are outside the service network",
        &[],
        &[("=10.77.0.12", "=10.233.0.12")],
        "vars.sh:24:1: `WORKER1_NODE_PRIVATE_IP`: 10.233.0.12 lies in the service network 10.233.0.0/18 of K-PaaS",
    ),
    rule(
        "storage is said",
        &[("STORAGE_TYPE=nfs", "STORAGE_TYPE=rook-ceph"), ("NFS_SERVER_PRIVATE_IP=10.77.0.20", "")],
        &[("STORAGE_TYPE=nfs", "STORAGE_TYPE=")],
        "vars.sh:30:1: `STORAGE_TYPE` is empty: it says where volumes are",
    ),
    rule(
        "storage is nfs or rook-ceph",
        &[],
        &[("STORAGE_TYPE=nfs", "STORAGE_TYPE=NFS")],
        "vars.sh:30:1: `STORAGE_TYPE`: expected `nfs` or `rook-ceph`, found `NFS`",
    ),
    rule(
        "nfs has a server",
        &[],
        &[("NFS_SERVER_PRIVATE_IP=10.77.0.20", "NFS_SERVER_PRIVATE_IP=")],
        "vars.sh:31:1: `NFS_SERVER_PRIVATE_IP` is empty: `STORAGE_TYPE` is nfs",
    ),
    rule(
        "the nfs server is outside the pool",
        &[("=10.77.0.20", "=10.77.0.11")],
        &[("=10.77.0.20", "=10.77.0.155")],
        "vars.sh:31:1: `NFS_SERVER_PRIVATE_IP`: 10.77.0.155 lies in `METALLB_IP_RANGE`, 10.77.0.150-10.77.0.160",
    ),
    rule(
        "rook has three workers",
        &[("STORAGE_TYPE=nfs", "STORAGE_TYPE=rook-ceph")],
        &[("STORAGE_TYPE=nfs", "STORAGE_TYPE=rook-ceph"), ("WORKER_HOSTS=3", "WORKER_HOSTS=2")],
        "vars.sh:30:1: `STORAGE_TYPE`: rook-ceph keeps three copies: expected 3 workers or more, found 2",
    ),
    rule(
        "the pool is there",
        &[],
        &[("METALLB_IP_RANGE=10.77.0.150-10.77.0.160", "METALLB_IP_RANGE=")],
        "vars.sh:33:1: `METALLB_IP_RANGE` is empty: MetalLB gives these addresses to services",
    ),
    rule(
        "the pool is a range",
        &[("150-10.77.0.160", "150-10.77.0.150")],
        &[("150-10.77.0.160", "150-160")],
        "vars.sh:33:1: `METALLB_IP_RANGE`: `160` is not an IPv4 address: expected one such as `192.0.2.11`",
    ),
    rule(
        "the pool has two ends",
        &[],
        &[("10.77.0.150-10.77.0.160", "10.77.0.0/24")],
        "vars.sh:33:1: `METALLB_IP_RANGE`: `10.77.0.0/24` is not a range: expected `192.0.2.150-192.0.2.160`",
    ),
    rule(
        "the pool begins before it ends",
        &[],
        &[("150-10.77.0.160", "150-10.77.0.140")],
        "vars.sh:33:1: `METALLB_IP_RANGE`: 10.77.0.150-10.77.0.140 ends before it begins",
    ),
    rule(
        "the pool holds no host",
        &[("=10.77.0.14", "=10.77.0.161")],
        &[("=10.77.0.14", "=10.77.0.160")],
        "vars.sh:28:1: `WORKER3_NODE_PRIVATE_IP`: 10.77.0.160 lies in `METALLB_IP_RANGE`, 10.77.0.150-10.77.0.160",
    ),
    rule(
        "the pool holds no network of the cluster",
        &[],
        &[("10.77.0.150-10.77.0.160", "10.100.0.0-10.250.0.0")],
        "vars.sh:33:1: `METALLB_IP_RANGE`: 10.100.0.0-10.250.0.0 holds 10.233.0.0/18 of K-PaaS\n\
         vars.sh:33:1: `METALLB_IP_RANGE`: 10.100.0.0-10.250.0.0 holds 10.233.64.0/18 of K-PaaS",
    ),
    rule(
        "the ingress has an address",
        &[],
        &[("INGRESS_NGINX_IP=10.77.0.140", "INGRESS_NGINX_IP=")],
        "vars.sh:34:1: `INGRESS_NGINX_IP` is empty: it is the address of the ingress",
    ),
    rule(
        "the ingress is outside the pool",
        &[("=10.77.0.140", "=10.77.0.149")],
        &[("=10.77.0.140", "=10.77.0.150")],
        "vars.sh:34:1: `INGRESS_NGINX_IP`: 10.77.0.150 lies in `METALLB_IP_RANGE`, 10.77.0.150-10.77.0.160",
    ),
    rule(
        "the ingress is no host",
        &[],
        &[("=10.77.0.140", "=10.77.0.11")],
        "vars.sh:34:1: `INGRESS_NGINX_IP`: 10.77.0.11 is `MASTER1_NODE_PRIVATE_IP` too",
    ),
    rule(
        "policies are wanted or not",
        &[("INSTALL_KYVERNO=N", "INSTALL_KYVERNO=Y")],
        &[("INSTALL_KYVERNO=N", "INSTALL_KYVERNO=yes")],
        "vars.sh:36:1: `INSTALL_KYVERNO`: expected `Y` or `N`, found `yes`",
    ),
    rule(
        "somebody said whether policies are wanted",
        &[],
        &[("INSTALL_KYVERNO=N", "INSTALL_KYVERNO=")],
        "vars.sh:36:1: `INSTALL_KYVERNO` is empty: it says whether there are policies",
    ),
    rule(
        "a cloud is one that K-PaaS knows",
        &[],
        &[("CSP_TYPE=", "CSP_TYPE=AWS")],
        "vars.sh:38:1: `CSP_TYPE`: expected `NHN` or `NAVER`, found `AWS`",
    ),
    rule(
        "NHN has credentials",
        &[
            ("CSP_TYPE=", "CSP_TYPE=NHN"),
            ("NHN_USERNAME=", "NHN_USERNAME=u"),
            ("NHN_PASSWORD=", "NHN_PASSWORD=p"),
            ("NHN_TENANT_ID=", "NHN_TENANT_ID=t"),
            ("NHN_VIP_SUBNET_ID=", "NHN_VIP_SUBNET_ID=s"),
            ("METALLB_IP_RANGE=10.77.0.150-10.77.0.160", "METALLB_IP_RANGE="),
            ("INGRESS_NGINX_IP=10.77.0.140", "INGRESS_NGINX_IP="),
        ],
        &[
            ("CSP_TYPE=", "CSP_TYPE=NHN"),
            ("NHN_USERNAME=", "NHN_USERNAME=u"),
            ("NHN_TENANT_ID=", "NHN_TENANT_ID=t"),
            ("NHN_VIP_SUBNET_ID=", "NHN_VIP_SUBNET_ID=s"),
        ],
        "vars.sh:40:1: `NHN_PASSWORD` is empty: the load balancers of that cloud need it",
    ),
    rule(
        "NAVER has credentials",
        &[
            ("CSP_TYPE=", "CSP_TYPE=NAVER"),
            ("NAVER_CLOUD_API_KEY=", "NAVER_CLOUD_API_KEY=k"),
            ("NAVER_CLOUD_API_SECRET=", "NAVER_CLOUD_API_SECRET=s"),
            ("NAVER_CLOUD_VPC_NO=", "NAVER_CLOUD_VPC_NO=1"),
            ("NAVER_CLOUD_SUBNET_NO=", "NAVER_CLOUD_SUBNET_NO=2"),
        ],
        &[
            ("CSP_TYPE=", "CSP_TYPE=NAVER"),
            ("NAVER_CLOUD_API_KEY=", "NAVER_CLOUD_API_KEY=k"),
            ("NAVER_CLOUD_VPC_NO=", "NAVER_CLOUD_VPC_NO=1"),
            ("NAVER_CLOUD_SUBNET_NO=", "NAVER_CLOUD_SUBNET_NO=2"),
        ],
        "vars.sh:45:1: `NAVER_CLOUD_API_SECRET` is empty: the load balancers of that cloud need it",
    ),
    rule(
        "every variable is known",
        &[("KUBE_CONTROL_HOSTS", "NET=10.77.0\nKUBE_CONTROL_HOSTS"), ("=10.77.0.14", "=$NET.14")],
        &[("INSTALL_KYVERNO=N", "INSTALL_KYVERNOO=Y\nINSTALL_KYVERNO=N")],
        "vars.sh:36:1: unknown variable `INSTALL_KYVERNOO`; did you mean `INSTALL_KYVERNO`?",
    ),
    rule(
        "a slip is one mistake",
        &[],
        &[("WORKER2_NODE_HOSTNAME", "WORKER2_NODE_HOST_NAME")],
        "vars.sh:25:1: unknown variable `WORKER2_NODE_HOST_NAME`; did you mean `WORKER2_NODE_HOSTNAME`?",
    ),
    rule(
        "a slip hides no other variable that is missing",
        &[],
        &[("WORKER2_NODE_HOSTNAME", "WORKER1_NODE_HOST_NAME")],
        "vars.sh:4:1: `WORKER2_NODE_HOSTNAME` is missing: `KUBE_WORKER_HOSTS` is 3\n\
         vars.sh:25:1: unknown variable `WORKER1_NODE_HOST_NAME`; did you mean `WORKER1_NODE_HOSTNAME`?",
    ),
    rule(
        "a variable is set once",
        &[],
        &[("INSTALL_KYVERNO=N", "INSTALL_KYVERNO=Y\nINSTALL_KYVERNO=N")],
        "vars.sh:37:1: `INSTALL_KYVERNO` is set twice, first in line 36",
    ),
    rule(
        "nothing is run",
        &[("=10.77.0.11\n", "='10.77.0.11'\n")],
        &[("KUBE_WORKER_HOSTS=3", "KUBE_WORKER_HOSTS=$(nproc)")],
        "vars.sh:22:19: `$(…)` would run a command for its output: write the value itself",
    ),
];

/// Each rule is kept by `good` and, in exactly the words of `said`, broken by `bad`.
pub(super) fn hold(beside: &[(&str, &str)], text: &str, rules: &[Rule]) {
    let mut wrong = Vec::new();
    for Rule { name, good, bad, said } in rules {
        for (changes, expected) in [(good, ""), (bad, *said)] {
            let text = with(text, changes);
            let found = mistakes(&[beside, &[("vars.sh", &text)]].concat());
            if found != expected {
                wrong.push(format!("{name}: found\n{found}\nexpected\n{expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn rules_of_one_control_plane_are_kept_and_broken() {
    hold(&[], GOOD, RULES);
}

#[test]
fn the_pod_network_has_room_for_so_many_hosts_and_no_more() {
    let with_workers = |count: u8| {
        let count_line = format!("KUBE_WORKER_HOSTS={count}");
        let more = (4..=count).map(|n| {
            format!("WORKER{n}_NODE_HOSTNAME=worker-{n}\nWORKER{n}_NODE_PRIVATE_IP=10.77.1.{n}\n")
        });
        let text = with(GOOD, &[("KUBE_WORKER_HOSTS=3", &count_line)]);
        mistakes(&[("vars.sh", &(text + &more.collect::<Vec<_>>().concat()))])
    };
    assert_eq!(with_workers(63), "");
    assert_eq!(
        with_workers(64),
        "vars.sh:169:1: 65 hosts: the pod network 10.233.64.0/18 has room for 64; write a larger one with `init`"
    );
}
