//! Every check can fail, and says what to do when it does.

use super::{
    CHECKS, CheckResult, HostNeeds, Needs, NotReady, PortNeed, Rehearsal, Rehearsals, Report,
    SUPPORTED_SYSTEMS, State, accepted, preflight, problems, summary,
};
use crate::facts::{
    Clock, Disk, Facts, FactsError, Feature, HostAddressFact, Interface, Listening, Memory, Os,
    Protocol, Unit, parse,
};
use crate::packages::{Change, Simulation};
use manifests::{Arch, ExitCode, Failure};
use std::collections::BTreeSet;

const GIB: u64 = 1 << 30;

fn need(name: &str, last: u8) -> HostNeeds {
    let port = |protocol, port, purpose| PortNeed { protocol, port, purpose };
    HostNeeds {
        name: name.to_owned(),
        address: [192, 0, 2, last].into(),
        cpus: 2,
        memory_bytes: 2 * GIB,
        disk_bytes: vec![
            ("/var/lib/etcd", 2 * GIB),
            ("/var/lib/containers", 3 * GIB),
            ("/usr/local", GIB),
        ],
        ports: vec![
            port(Protocol::Tcp, 6443, "API server"),
            port(Protocol::Tcp, 10250, "kubelet"),
            port(Protocol::Udp, 4789, "pod network (VXLAN)"),
        ],
    }
}

fn needs() -> Needs {
    Needs {
        hosts: vec![need("cp-1", 11), need("w-1", 12)],
        systems: SUPPORTED_SYSTEMS,
        arches: vec![Arch::Amd64],
        pods: "10.244.0.0/16".parse().unwrap(),
        services: "10.96.0.0/12".parse().unwrap(),
        rehearsals: Rehearsals::new(),
    }
}

/// A host with nothing to complain about.
fn ready(name: &str, last: u8) -> Facts {
    let recorded = parse(include_str!("../facts/recorded/ubuntu-22.04.txt")).unwrap();
    let mut facts = Facts {
        hostname: Some(name.to_owned()),
        machine_id: Some(format!("{last:032x}")),
        swap: Vec::new(),
        clock: Some(Clock { ahead_ms: 20, uncertainty_ms: 3 }),
        units: Vec::new(),
        listening: Vec::new(),
        leftovers: crate::facts::Leftovers::default(),
        ..recorded
    };
    let address = [192, 0, 2, last].into();
    facts.addresses = vec![HostAddressFact { interface: "ens3".into(), address }];
    let tools = ["df", "grep", "mount", "sed", "stat"];
    facts.tools.extend(tools.map(str::to_owned));
    facts
}

/// The verdict of one check about `w-1`, whose facts were changed.
fn verdict(check: &str, change: impl FnOnce(&mut Facts)) -> CheckResult {
    let mut worker = ready("w-1", 12);
    change(&mut worker);
    let facts = [("cp-1".to_owned(), Ok(ready("cp-1", 11))), ("w-1".to_owned(), Ok(worker))];
    let mut results = preflight(&needs(), &facts).into_iter();
    results.find(|result| result.host == "w-1" && result.check == check).unwrap()
}

#[track_caller]
fn expect(check: &str, state: State, found: &str, change: impl FnOnce(&mut Facts)) {
    let result = verdict(check, change);
    assert_eq!((result.state, result.found.as_str()), (state, found), "{result:?}");
    assert_eq!(result.fix.is_empty(), state == State::Ok, "{result:?}");
}

#[test]
fn a_ready_cluster_passes_every_check() {
    let facts =
        [("cp-1".to_owned(), Ok(ready("cp-1", 11))), ("w-1".to_owned(), Ok(ready("w-1", 12)))];
    let results = preflight(&needs(), &facts);
    assert_eq!(results.len(), 2 * CHECKS.len());
    let bad: Vec<_> = results.iter().filter(|result| result.state != State::Ok).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(Report { results, accepted: BTreeSet::new() }.ready(), Ok(()));
}

#[test]
fn packages_that_would_do_harm_are_told_with_what_to_do() {
    let told = |rehearsal| {
        let needs = Needs { rehearsals: [("w-1".to_owned(), rehearsal)].into(), ..needs() };
        let facts = [("w-1".to_owned(), Ok(ready("w-1", 12)))];
        let mut results = preflight(&needs, &facts).into_iter();
        let result = results.find(|result| result.check == "preflight/packages").unwrap();
        (result.state, result.found, result.fix)
    };
    let change = |name: &str| Change {
        name: name.parse().unwrap(),
        from: None,
        to: "1.4-1".parse().unwrap(),
    };
    let good = Simulation { install: vec![change("conntrack")], ..Simulation::default() };
    let harmful = Simulation {
        remove: vec!["ntp".parse().unwrap()],
        unmet: vec!["`haproxy` needs `libc6 (>= 2.38)`, but 2.36 is to be installed".into()],
        ..good.clone()
    };
    assert_eq!(told(Rehearsal::Told(good.into())), (State::Ok, "1 new".into(), String::new()));
    let (state, found, fix) = told(Rehearsal::Told(harmful.into()));
    assert_eq!(
        (state, found.as_str()),
        (
            State::Failed,
            "packages of the site would be removed: ntp; \
             `haproxy` needs `libc6 (>= 2.38)`, but 2.36 is to be installed"
        )
    );
    assert!(fix.contains("`bottari-installer facts --packages`"), "{fix}");
    let half = vec!["ntp".into()];
    let moving = Simulation { busy: true, half_done: half, ..Simulation::default() };
    let (_, found, fix) = told(Rehearsal::Told(moving.into()));
    assert_eq!(found, "another package manager is at work");
    assert!(fix.starts_with("wait for its end"), "{fix}");
    let (state, found, _) = told(Rehearsal::Foreign("Ubuntu 20.04 on x86_64".into()));
    assert_eq!(state, State::Failed);
    assert_eq!(found, "the bundle has no packages for Ubuntu 20.04 on x86_64");
    let (state, found, fix) = told(Rehearsal::Failed("no gpgv".into()));
    assert_eq!((state, found.as_str()), (State::Failed, "no gpgv"));
    assert!(fix.contains("gpgv"));
}

#[test]
fn system_checks_find_what_is_wrong() {
    let os = |id: &str, version: &str| Os {
        id: id.into(),
        version: version.into(),
        name: format!("{id} {version}"),
    };
    let id = "preflight/system";
    expect(id, State::Failed, "fedora 41", |facts| facts.os = Some(os("fedora", "41")));
    expect(id, State::Warning, "ubuntu 20.04", |facts| facts.os = Some(os("ubuntu", "20.04")));
    expect(id, State::Warning, "not known", |facts| facts.os = None);
    expect(id, State::Ok, "debian 12", |facts| facts.os = Some(os("debian", "12")));
    expect("preflight/root", State::Failed, "an ordinary user", |facts| facts.as_root = false);
    let found = "systemd 219, first process: systemd";
    expect("preflight/systemd", State::Failed, found, |facts| facts.systemd = Some(219));
    let found = "no systemd, first process: tini";
    expect("preflight/systemd", State::Failed, found, |facts| {
        (facts.systemd, facts.init) = (None, Some("tini".into()));
    });
    expect("preflight/tools", State::Failed, "missing: tar", |facts| {
        facts.tools.remove("tar");
    });
}

#[test]
fn machine_checks_find_what_is_wrong() {
    expect("preflight/arch", State::Failed, "aarch64", |facts| {
        facts.machine = Some("aarch64".into());
    });
    expect("preflight/arch", State::Failed, "riscv64", |facts| {
        facts.machine = Some("riscv64".into());
    });
    expect("preflight/cpu", State::Failed, "1", |facts| facts.cpus = Some(1));
    expect("preflight/memory", State::Failed, "1.0 GiB", |facts| {
        facts.memory = Some(Memory { total_bytes: GIB, available_bytes: GIB });
    });
    expect("preflight/swap", State::Ok, "/swap.img: will be turned off", |facts| {
        facts.swap = vec!["/swap.img".into()];
    });
    expect("preflight/swap", State::Warning, "/dev/zram0", |facts| {
        facts.swap = vec!["/dev/zram0".into()];
    });
    expect("preflight/hostname", State::Failed, "localhost", |facts| {
        facts.hostname = Some("localhost".into());
    });
    expect("preflight/hostname", State::Ok, "W-1.site.example", |facts| {
        facts.hostname = Some("W-1.site.example".into());
    });
    let twin = format!("{:032x}, as `cp-1` has", 11);
    expect("preflight/machine-id", State::Failed, &twin, |facts| {
        facts.machine_id = Some(format!("{:032x}", 11));
    });
    expect("preflight/machine-id", State::Failed, "none", |facts| facts.machine_id = None);
}

#[test]
fn two_hosts_that_call_themselves_alike_both_fail() {
    let mut needs = needs();
    needs.hosts[1].name = "cp-1.b".into();
    let facts = [
        ("cp-1".to_owned(), Ok(ready("cp-1", 11))),
        ("cp-1.b".to_owned(), Ok(ready("cp-1.b", 12))),
    ];
    let results = preflight(&needs, &facts);
    let names = results.iter().filter(|result| result.check == "preflight/hostname");
    assert!(names.into_iter().all(|result| result.state == State::Failed));
}

#[test]
fn folders_on_one_disk_need_the_sum() {
    let free = |facts: &mut Facts, gib: u64| {
        for disk in facts.disks.values_mut() {
            let mounted_on = "/".to_owned();
            *disk = Disk { total_bytes: 99 * GIB, free_bytes: gib * GIB, mounted_on };
        }
    };
    let result = verdict("preflight/disk", |facts| free(facts, 5));
    assert_eq!(result.state, State::Failed);
    assert_eq!(result.found, "5.0 GiB free on `/`");
    assert_eq!(result.expected, "6.0 GiB for /var/lib/etcd, /var/lib/containers, /usr/local");
    assert_eq!(verdict("preflight/disk", |facts| free(facts, 6)).state, State::Ok);
    assert_eq!(verdict("preflight/disk", |facts| facts.disks.clear()).state, State::Warning);
}

#[test]
fn clocks_may_differ_by_five_seconds_and_no_more() {
    let clock = |ahead_ms, uncertainty_ms| {
        move |facts: &mut Facts| facts.clock = Some(Clock { ahead_ms, uncertainty_ms })
    };
    let id = "preflight/clock";
    assert_eq!(verdict(id, clock(5000, 3)).state, State::Ok);
    expect(id, State::Failed, "41.9 s ahead of `cp-1`", clock(42_000, 3));
    expect(id, State::Failed, "42.0 s behind `cp-1`", clock(-42_000, 3));
    assert_eq!(verdict(id, clock(7000, 3000)).state, State::Ok, "a slow line proves nothing");
    expect(id, State::Warning, "not known", |facts| facts.clock = None);
}

#[test]
fn hosts_that_agree_against_us_are_a_warning() {
    let late = |name, last| {
        let mut facts = ready(name, last);
        facts.clock = Some(Clock { ahead_ms: -3_600_000, uncertainty_ms: 2 });
        (name.to_owned(), Ok(facts))
    };
    let results = preflight(&needs(), &[late("cp-1", 11), late("w-1", 12)]);
    let clock = results.iter().find(|result| result.check == "preflight/clock").unwrap();
    assert_eq!(
        (clock.state, clock.found.as_str()),
        (State::Warning, "3600.0 s behind this machine")
    );
}

#[test]
fn kernel_checks_find_what_is_wrong() {
    let without = |facts: &mut Facts| {
        facts.features.insert("br_netfilter".into(), Feature::Absent);
    };
    let id = "preflight/kernel-features";
    expect(id, State::Failed, "missing: br_netfilter", without);
    expect(id, State::Warning, "missing: br_netfilter", |facts| {
        without(facts);
        facts.virtualization = Some("systemd-nspawn".into());
    });
    expect("preflight/cgroup", State::Warning, "version 1", |facts| facts.cgroup.version = Some(1));
    expect("preflight/cgroup", State::Failed, "version 2 without memory", |facts| {
        facts.cgroup.controllers.remove("memory");
    });
    expect("preflight/selinux", State::Warning, "enforcing", |facts| {
        facts.selinux = Some("Enforcing".into());
    });
}

#[test]
fn network_checks_find_what_is_wrong() {
    expect("preflight/address", State::Failed, "198.51.100.7", |facts| {
        facts.addresses[0].address = [198, 51, 100, 7].into();
    });
    let id = "preflight/networks";
    expect(id, State::Failed, "there is a route to 10.0.0.0/8", |facts| {
        facts.routes.push("10.0.0.0/8".parse().unwrap());
    });
    expect(id, State::Failed, "the name server 10.96.0.10 is in it", |facts| {
        facts.nameservers.push([10, 96, 0, 10].into());
    });
    let own = |interface: &str| HostAddressFact {
        interface: interface.into(),
        address: [10, 244, 1, 1].into(),
    };
    expect(id, State::Failed, "ens4 has the address 10.244.1.1", |facts| {
        facts.addresses.push(own("ens4"));
    });
    expect(id, State::Ok, "free", |facts| facts.addresses.push(own("cni0")));
    expect("preflight/firewall", State::Warning, "ufw is active", |facts| {
        facts.units.push(unit("ufw"));
    });
}

#[test]
fn an_address_of_any_host_inside_the_pod_network_fails_everywhere() {
    let mut needs = needs();
    needs.hosts[0].address = [10, 244, 0, 9].into();
    let facts =
        [("cp-1".to_owned(), Ok(ready("cp-1", 11))), ("w-1".to_owned(), Ok(ready("w-1", 12)))];
    let results = preflight(&needs, &facts);
    let networks: Vec<_> =
        results.iter().filter(|result| result.check == "preflight/networks").collect();
    assert_eq!(networks.len(), 2);
    assert!(networks.iter().all(|result| result.found == "`cp-1` has the address 10.244.0.9"));
}

fn unit(name: &str) -> Unit {
    Unit { name: name.into(), active: "active".into(), enabled: "enabled".into() }
}

fn listening(port: u16, program: Option<&str>) -> Listening {
    let program = program.map(str::to_owned);
    Listening { protocol: Protocol::Tcp, address: [0, 0, 0, 0].into(), port, program }
}

#[test]
fn a_port_in_use_is_told_with_its_holder() {
    let id = "preflight/ports";
    let found = "6443 (API server) is used by haproxy (pid 77)";
    expect(id, State::Failed, found, |facts| {
        facts.listening.push(listening(6443, Some("haproxy (pid 77)")));
    });
    expect(id, State::Failed, "10250 (kubelet) is used by somebody we could not see", |facts| {
        facts.listening.push(listening(10250, None));
    });
    expect(id, State::Ok, "free", |facts| facts.listening.push(listening(22, None)));
}

#[test]
fn our_own_installation_is_no_obstacle_and_others_stay_one() {
    let ours = |facts: &mut Facts| {
        facts.leftovers.paths =
            vec!["/etc/kubernetes/kubelet.conf".into(), "/var/lib/bottari/ledger.json".into()];
        facts.units.push(unit("kubelet"));
        facts.listening.push(listening(10250, Some("kubelet (pid 9)")));
        facts.routes.push("10.244.1.0/24".parse().unwrap());
    };
    for check in CHECKS {
        assert_eq!(verdict(check.id, ours).state, State::Ok, "{}", check.id);
    }
    let stranger = verdict("preflight/ports", |facts| {
        ours(facts);
        facts.listening.push(listening(6443, Some("nginx (pid 3)")));
    });
    assert_eq!(stranger.state, State::Failed);
}

#[test]
fn leftovers_of_others_are_found_wherever_they_are() {
    let id = "preflight/leftovers";
    expect(id, State::Failed, "service k3s", |facts| facts.units.push(unit("k3s")));
    expect(id, State::Failed, "/var/lib/etcd", |facts| {
        facts.leftovers.paths.push("/var/lib/etcd".into());
    });
    expect(id, State::Failed, "interface cni0", |facts| {
        facts.interfaces.push(Interface { name: "cni0".into(), mac: None });
    });
    expect(id, State::Failed, "31 iptables lines", |facts| facts.leftovers.iptables_lines = 31);
    expect(id, State::Warning, "docker, /etc/cni/net.d", |facts| {
        facts.units.push(unit("docker"));
        facts.leftovers.paths.push("/etc/cni/net.d".into());
    });
}

#[test]
fn a_host_that_tells_nothing_passes_no_check_by_chance() {
    let facts =
        [("cp-1".to_owned(), Ok(Facts::default())), ("w-1".to_owned(), Ok(Facts::default()))];
    let results = preflight(&needs(), &facts);
    let passed: Vec<&str> = results
        .iter()
        .filter(|result| result.host == "w-1" && result.state == State::Ok)
        .map(|result| result.check)
        .collect();
    // What is found by its presence cannot be told from what could not be seen.
    insta::assert_snapshot!(passed.join("\n"), @r"
    preflight/reachable
    preflight/swap
    preflight/selinux
    preflight/networks
    preflight/firewall
    preflight/ports
    preflight/packages
    preflight/leftovers
    ");
}

#[test]
fn a_host_that_cannot_be_asked_fails_one_check_and_the_others_go_on() {
    let lost = FactsError::Incomplete { host: "cp-1".into() };
    let facts = [("cp-1".to_owned(), Err(lost)), ("w-1".to_owned(), Ok(ready("w-1", 12)))];
    let results = preflight(&needs(), &facts);
    assert_eq!(results.len(), 1 + CHECKS.len());
    assert_eq!((results[0].check, results[0].state), ("preflight/reachable", State::Failed));
}

#[test]
fn the_report_says_what_to_do() {
    let mut recorded = parse(include_str!("../facts/recorded/ubuntu-22.04.txt")).unwrap();
    recorded.clock = Some(Clock { ahead_ms: 41_000, uncertainty_ms: 2 });
    let facts = [("cp-1".to_owned(), Ok(recorded)), ("w-1".to_owned(), Ok(ready("w-1", 12)))];
    let results = preflight(&needs(), &facts);
    insta::assert_snapshot!(format!(
        "{}\n{}",
        summary(&results).render(None),
        problems(&results).render(None)
    ));
    let error = Report { results, accepted: BTreeSet::new() }.ready().unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Host);
    insta::assert_snapshot!(error);
}

#[test]
fn warnings_can_be_acknowledged_and_failures_cannot() {
    let mut worker = ready("w-1", 12);
    worker.cgroup.version = Some(1);
    let facts =
        [("cp-1".to_owned(), Ok(ready("cp-1", 11))), ("w-1".to_owned(), Ok(worker.clone()))];
    let report = |facts: &[_], names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Report { results: preflight(&needs(), facts), accepted: accepted(&names).unwrap() }
    };
    let error = report(&facts, &[]).ready().unwrap_err();
    assert_eq!(error, NotReady::Warnings { checks: vec!["preflight/cgroup"] });
    assert_eq!(error.exit_code(), ExitCode::Warnings);
    assert!(error.hint().unwrap().contains("--accept preflight/cgroup"));
    assert_eq!(report(&facts, &["cgroup"]).ready(), Ok(()));
    assert_eq!(report(&facts, &["preflight/cgroup"]).ready(), Ok(()));
    worker.cgroup.controllers.clear();
    let facts = [("cp-1".to_owned(), Ok(ready("cp-1", 11))), ("w-1".to_owned(), Ok(worker))];
    assert!(matches!(report(&facts, &["cgroup"]).ready(), Err(NotReady::Failed { .. })));
}

#[test]
fn only_checks_that_exist_can_be_acknowledged() {
    let error = accepted(&["clok".to_owned()]).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Usage);
    assert!(error.hint().unwrap().contains("preflight/clock"));
    let ids: BTreeSet<&str> = CHECKS.iter().map(|check| check.id).collect();
    assert_eq!(ids.len(), CHECKS.len(), "ids are unique");
}
