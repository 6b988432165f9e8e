//! The rules of several control planes.

use super::{
    GOOD,
    rules::{Changes, Rule, hold, rule},
    with,
};

/// Three control planes with etcd on them.
const HIGH: Changes = &[
    ("KUBE_CONTROL_HOSTS=1", "KUBE_CONTROL_HOSTS=3"),
    ("MASTER2_NODE_HOSTNAME=", "MASTER2_NODE_HOSTNAME=cp-2"),
    ("MASTER2_NODE_PRIVATE_IP=", "MASTER2_NODE_PRIVATE_IP=10.77.0.31"),
    ("MASTER3_NODE_HOSTNAME=", "MASTER3_NODE_HOSTNAME=cp-3"),
    ("MASTER3_NODE_PRIVATE_IP=", "MASTER3_NODE_PRIVATE_IP=10.77.0.32"),
    ("LOADBALANCER_DOMAIN=", "LOADBALANCER_DOMAIN=10.77.0.10"),
    ("ETCD_TYPE=", "ETCD_TYPE=stacked"),
];

/// Where each of them is not what it was.
const HIGH_RULES: &[Rule] = &[
    rule(
        "the load balancer is there",
        &[("=10.77.0.10\n", "=api.site.example\n")],
        &[("LOADBALANCER_DOMAIN=10.77.0.10", "LOADBALANCER_DOMAIN=")],
        "vars.sh:15:1: `LOADBALANCER_DOMAIN` is empty: several control planes are reached through a load balancer",
    ),
    rule(
        "the load balancer is an address or a name",
        &[("=10.77.0.10\n", "=api\n")],
        &[("=10.77.0.10\n", "=https://api:6443\n")],
        "vars.sh:15:1: `LOADBALANCER_DOMAIN`: `https://api:6443` is neither an IPv4 address nor a name in lower case such as `api.site.example`",
    ),
    rule(
        "the load balancer is no host",
        &[],
        &[("=10.77.0.10\n", "=10.77.0.11\n")],
        "vars.sh:15:1: `LOADBALANCER_DOMAIN`: 10.77.0.11 is `MASTER1_NODE_PRIVATE_IP` too",
    ),
    rule(
        "the load balancer is outside the pool",
        &[("=10.77.0.10\n", "=10.77.0.149\n")],
        &[("=10.77.0.10\n", "=10.77.0.150\n")],
        "vars.sh:15:1: `LOADBALANCER_DOMAIN`: 10.77.0.150 lies in `METALLB_IP_RANGE`, 10.77.0.150-10.77.0.160",
    ),
    rule(
        "where etcd runs is said",
        &[],
        &[("ETCD_TYPE=stacked", "ETCD_TYPE=")],
        "vars.sh:18:1: `ETCD_TYPE` is empty: `KUBE_CONTROL_HOSTS` is 3",
    ),
    rule(
        "etcd is stacked or external",
        &[],
        &[("ETCD_TYPE=stacked", "ETCD_TYPE=outside")],
        "vars.sh:18:1: `ETCD_TYPE`: expected `external` or `stacked`, found `outside`",
    ),
    rule(
        "hosts of etcd are there",
        &[
            ("ETCD_TYPE=stacked", "ETCD_TYPE=external"),
            (
                "ETCD1_NODE_HOSTNAME=\nETCD1_NODE_PRIVATE_IP=",
                "ETCD1_NODE_HOSTNAME=etcd-1\nETCD1_NODE_PRIVATE_IP=10.77.0.41\n\
                 ETCD2_NODE_HOSTNAME=etcd-2\nETCD2_NODE_PRIVATE_IP=10.77.0.42\n\
                 ETCD3_NODE_HOSTNAME=etcd-3\nETCD3_NODE_PRIVATE_IP=10.77.0.43",
            ),
        ],
        &[
            ("ETCD_TYPE=stacked", "ETCD_TYPE=external"),
            (
                "ETCD1_NODE_HOSTNAME=\nETCD1_NODE_PRIVATE_IP=",
                "ETCD1_NODE_HOSTNAME=etcd-1\nETCD1_NODE_PRIVATE_IP=10.77.0.41\n\
                 ETCD2_NODE_HOSTNAME=etcd-2\nETCD2_NODE_PRIVATE_IP=\n\
                 ETCD3_NODE_HOSTNAME=etcd-3\nETCD3_NODE_PRIVATE_IP=10.77.0.43",
            ),
        ],
        "vars.sh:22:1: `ETCD2_NODE_PRIVATE_IP` is empty: `KUBE_CONTROL_HOSTS` is 3",
    ),
    rule(
        "control planes are as many as counted",
        &[],
        &[("MASTER3_NODE_HOSTNAME=cp-3", "MASTER3_NODE_HOSTNAME=")],
        "vars.sh:12:1: `MASTER3_NODE_HOSTNAME` is empty: `KUBE_CONTROL_HOSTS` is 3",
    ),
    rule(
        "etcd is odd",
        &[],
        &[("KUBE_CONTROL_HOSTS=3", "KUBE_CONTROL_HOSTS=2")],
        "vars.sh:4:1: `KUBE_CONTROL_HOSTS`: etcd needs an odd number of members, found 2: with 2 it bears no more failures than with 1",
    ),
];

#[test]
fn rules_of_several_control_planes_are_kept_and_broken() {
    hold(&[], &with(GOOD, HIGH), HIGH_RULES);
}
