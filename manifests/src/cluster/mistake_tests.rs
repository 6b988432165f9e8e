//! Every rule with a file that keeps it and one that breaks it, and the words
//! people then read.

use super::{
    Access, Asking, CgroupDriver, Cluster, Place, Sudo,
    testing::{FULL, GOOD, mistakes, parse, with},
};
use crate::{ExitCode, Failure, Role};
use std::path::Path;

/// Each pair: what replaces what in a right file, and what is said then.
fn say(changes: &[(&str, &str)]) -> String {
    let said = changes.iter().map(|(old, new)| mistakes(&with(old, new)));
    said.collect::<Vec<_>>().join("\n")
}

/// Nothing is said about any of these changes.
fn silent(changes: &[(&str, &str)]) {
    for (old, new) in changes {
        assert_eq!(mistakes(&with(old, new)), "", "{new}");
    }
}

#[test]
fn a_small_file_is_filled_with_defaults() {
    let cluster = parse(GOOD).unwrap();
    insta::assert_snapshot!(crate::yaml::render(&cluster));
}

#[test]
fn a_full_file_is_read_to_its_last_field() {
    let cluster = parse(FULL).unwrap();
    insta::assert_snapshot!(crate::yaml::render(&cluster));
}

#[test]
fn writing_the_defaults_out_changes_nothing() {
    let plain = parse(GOOD).unwrap();
    let written = format!(
        "{GOOD}  pods: 10.244.0.0/16\n  services: 10.96.0.0/12\n  domain: cluster.local
ssh: {{user: root, port: 22, known-hosts: ~/.ssh/known_hosts, direct: false}}
sudo: none
api: {{port: 6443, endpoint: 10.77.0.11:6443}}
registry: {{port: 5443, tls: true}}
allowed-networks: []
kubernetes: {{cgroup-driver: systemd}}
"
    );
    assert_eq!(parse(&written).unwrap(), plain);
    assert_eq!(plain.cgroup_driver, CgroupDriver::Systemd);
    let sections_without_values = format!("{GOOD}ssh:\napi: ~\nregistry: null\n");
    assert_eq!(parse(&sections_without_values).unwrap(), plain);
}

#[test]
fn a_host_changes_only_what_it_says() {
    let cluster = parse(FULL).unwrap();
    let ssh = |name: &str| match &cluster.host(&name.parse().unwrap()).unwrap().access {
        Access::Ssh(ssh) => ssh.clone(),
        Access::Local => panic!("{name} is local"),
    };
    assert_eq!(ssh("worker-1").jump.unwrap().user.as_str(), "gate");
    assert_eq!(ssh("worker-2").jump, None);
    let inherited = ssh("worker-3").jump.unwrap();
    assert_eq!((inherited.user.as_str(), inherited.port.number()), ("ops", 22));
    assert_eq!(inherited.key, ssh("worker-3").key);
    assert_eq!(cluster.hosts_with(Role::ControlPlane).count(), 1);
}

#[test]
fn who_logs_in_decides_how_to_become_root() {
    let sudo = |text: &str| parse(text).unwrap().hosts[1].sudo;
    assert_eq!(sudo(GOOD), Sudo::None);
    assert_eq!(sudo(&format!("{GOOD}ssh: {{user: ops}}\n")), Sudo::Passwordless);
    assert_eq!(sudo(&format!("{GOOD}ssh: {{user: ops}}\nsudo: password\n")), Sudo::Password);
}

#[test]
fn a_text_that_looks_like_a_number_stays_text() {
    let cluster = parse(&with("worker-1", "1e3").replace("seoul-1", "0010")).unwrap();
    assert_eq!((cluster.hosts[1].name.as_str(), cluster.name.as_str()), ("1e3", "0010"));
}

#[test]
fn every_mistake_of_a_file_is_told_at_once() {
    let text = "\
cluster: Seoul 1
hosts:
- name: cp-1
  adress: 10.96.0.11
  roles: [control_plane, wroker, edge]
  ssh: {port: 70000, user: ops, kye: ~/.ssh/id}
- name: cp-1
  address: 10.96.3.4
  roles: [worker]
  transport: telnet
- address: 10.77.0.300
  roles: worker
- worker-4
netwrok:
  pods: 10.100.1.1/16
  domain: Cluster.local
registry: {port: 0, tls: yes}
allowed-networks: [0.0.0.0/0, 10.77.0.0]
kubernetes: {cgroup-driver: systemctl}
colour: blue
sudo: sometimes
sudo: none
";
    let errors = parse(text).unwrap_err();
    insta::assert_snapshot!(errors);
    assert_eq!(errors.exit_code(), ExitCode::Input);
    insta::assert_snapshot!(errors.hint().unwrap());
    assert!(errors.mistakes().is_sorted());
}

#[test]
fn one_mistake_is_called_one() {
    let errors = parse(&with("calico", "Calico")).unwrap_err();
    assert!(errors.to_string().starts_with("`cluster.yaml` has 1 mistake\n"), "{errors}");
}

#[test]
fn missing_fields_are_named_where_they_belong() {
    insta::assert_snapshot!(say(&[
        ("cluster: seoul-1\n", ""),
        ("  address: 10.77.0.12\n", ""),
        ("  roles: [worker]\n", ""),
        ("  plugin: calico", "  domain: cluster.local"),
        ("network:\n  plugin: calico\n", ""),
        ("name: cp-1", "name:"),
    ]));
    insta::assert_snapshot!(mistakes(""));
    insta::assert_snapshot!(mistakes("just a text"));
}

#[test]
fn wrong_kinds_of_values_say_what_was_expected() {
    insta::assert_snapshot!(say(&[
        ("calico", "[calico]"),
        ("[worker]", "{worker: true}"),
        ("[worker]", "[[worker]]"),
        ("calico\n", "calico\nregistry: {port: '5443'}\n"),
        ("calico\n", "calico\nregistry: {port: many}\n"),
        ("calico\n", "calico\nregistry: {port: -1}\n"),
        ("calico\n", "calico\nregistry: 5443\n"),
        ("calico\n", "calico\nregistry: {tls: 'true'}\n"),
        ("calico\n", "calico\nssh: {user: -oProxyCommand=x, key: ~ops/id}\n"),
        ("calico\n", "calico\napi: {endpoint: 'https://192.0.2.1:6443'}\n"),
    ]));
}

#[test]
fn yaml_that_hides_what_a_line_means_is_refused() {
    insta::assert_snapshot!(say(&[
        ("10.77.0.12", "&a 10.77.0.12\n  ssh: *a"),
        ("calico", "!!str calico"),
        ("calico", "calico\n---\ncluster: second"),
        ("calico", "calico\n  ? [a]\n  : b"),
        ("calico", "calico\n  plugin: flannel"),
    ]));
    let deep = format!("cluster: {}", "[".repeat(10_000));
    assert!(mistakes(&deep).starts_with("cluster.yaml:1:"), "{}", mistakes(&deep));
}

#[test]
fn a_text_that_is_no_yaml_stops_at_its_first_mistake() {
    insta::assert_snapshot!(say(&[
        ("[worker]", "[worker"),
        ("calico", "\"calico"),
        ("  plugin", "\tplugin"),
    ]));
}

#[test]
fn there_is_exactly_one_control_plane() {
    silent(&[("[control-plane]", "[worker, control-plane]")]);
    let three = with("[worker]", "[control-plane]").replace(
        "network:",
        "- name: cp-3\n  address: 10.77.0.13\n  roles: [control-plane]\nnetwork:",
    );
    insta::assert_snapshot!(
        say(&[("[control-plane]", "[worker]"), ("[worker]", "[control-plane]"),])
            + "\n"
            + &mistakes(&three)
    );
    // Whoever mistyped the role has one mistake, not two.
    assert_eq!(mistakes(&with("control-plane", "contrl-plane")).lines().count(), 1);
}

#[test]
fn hosts_are_there_and_differ() {
    insta::assert_snapshot!(say(&[
        ("hosts:", "hosts: []\nhost:"),
        ("worker-1", "cp-1"),
        ("10.77.0.12", "10.77.0.11"),
        ("[worker]", "[]"),
        ("[worker]", "[worker, worker]"),
        ("worker-1", "Worker_1"),
        ("worker-1", "worker-1.site"),
    ]));
}

#[test]
fn an_address_belongs_to_one_machine_that_others_reach() {
    insta::assert_snapshot!(say(&[
        ("10.77.0.12", "fd00::12"),
        ("10.77.0.12", "127.0.0.1"),
        ("10.77.0.12", "0.0.0.0"),
        ("10.77.0.12", "224.0.0.1"),
        ("10.77.0.12", "worker-1"),
        ("10.77.0.12", "10.77.0.012"),
    ]));
}

#[test]
fn cluster_networks_hide_no_machine() {
    silent(&[("10.77.0.12", "10.95.255.255"), ("10.77.0.12", "10.112.0.0")]);
    insta::assert_snapshot!(say(&[
        ("10.77.0.12", "10.96.3.4"),
        ("10.77.0.12", "10.244.3.4"),
        ("calico", "calico\n  services: 10.77.0.0/24"),
        ("calico", "calico\nssh: {jump: {address: 10.244.0.2}}"),
        ("calico", "calico\napi: {endpoint: '10.96.0.1:6443'}"),
    ]));
}

#[test]
fn networks_stay_out_of_each_others_way() {
    silent(&[
        ("calico", "calico\n  pods: 10.112.0.0/12"),
        ("calico", "calico\nallowed-networks: [10.77.0.0/24, 192.0.2.53/32, 'fd00::/64']"),
    ]);
    insta::assert_snapshot!(say(&[
        ("calico", "calico\n  pods: 10.100.0.0/16"),
        ("calico", "calico\n  pods: 10.0.0.0/24\n  services: 10.0.0.128/25"),
        ("calico", "calico\nallowed-networks: [10.96.0.0/16]"),
        ("calico", "calico\nallowed-networks: [0.0.0.0/0, 192.0.2.0/24, 192.0.2.0/24]"),
    ]));
}

#[test]
fn networks_have_a_size_that_works() {
    silent(&[
        ("calico", "calico\n  pods: 10.244.0.0/23"),
        ("calico", "calico\n  services: 10.96.0.0/28"),
    ]);
    insta::assert_snapshot!(say(&[
        ("calico", "calico\n  pods: 10.244.0.0/24"),
        ("calico", "calico\n  pods: 10.244.0.0/25"),
        ("calico", "calico\n  pods: 128.0.0.0/4"),
        ("calico", "calico\n  services: 172.0.0.0/11"),
        ("calico", "calico\n  services: 10.96.0.0/29"),
        ("calico", "calico\n  pods: fd00::/48"),
    ]));
}

#[test]
fn two_services_of_a_host_have_two_ports() {
    silent(&[
        ("calico", "calico\nregistry: {port: 5000}\napi: {port: 443}"),
        // Only control planes serve the registry.
        ("12\n", "12\n  ssh: {port: 5443}\n"),
        ("12\n", "12\n  ssh: {port: 2379}\n"),
    ]);
    insta::assert_snapshot!(say(&[
        ("calico", "calico\nregistry: {port: 6443}"),
        ("calico", "calico\napi: {port: 5443}"),
        ("calico", "calico\nregistry: {port: 22}"),
        ("11\n", "11\n  ssh: {port: 6443}\n"),
        ("calico", "calico\nregistry: {port: 10250}"),
        ("calico", "calico\napi: {port: 2379}"),
        ("12\n", "12\n  ssh: {port: 10250}\n"),
        ("calico", "calico\nregistry: {port: 30500}"),
    ]));
}

#[test]
fn the_installer_runs_on_one_host_at_most() {
    silent(&[("11\n", "11\n  transport: local\n")]);
    let two = with("11\n", "11\n  transport: local\n").replace("12\n", "12\n  transport: local\n");
    insta::assert_snapshot!(mistakes(&two));
    insta::assert_snapshot!(say(&[("11\n", "11\n  transport: local\n  ssh: {user: ops}\n")]));
}

#[test]
fn a_jump_host_leads_somewhere_else() {
    silent(&[
        ("calico", "calico\nssh: {jump: {address: 10.77.0.2}}"),
        ("calico", "calico\nssh: {jump: {address: 10.77.0.11, port: 2222}}"),
        ("12\n", "12\n  ssh: {jump: {address: 10.77.0.11}}\n"),
    ]);
    insta::assert_snapshot!(say(&[
        ("calico", "calico\nssh: {jump: {address: 10.77.0.11}}"),
        ("12\n", "12\n  ssh: {direct: true, jump: {address: 10.77.0.2}}\n"),
    ]));
    let advice =
        with("11\n", "11\n  ssh: {direct: true}\n") + "ssh: {jump: {address: 10.77.0.11}}\n";
    assert_eq!(mistakes(&advice), "");
}

#[test]
fn a_user_who_is_not_root_needs_sudo() {
    silent(&[("calico", "calico\nssh: {user: ops}\nsudo: passwordless")]);
    insta::assert_snapshot!(say(&[
        ("calico", "calico\nssh: {user: ops}\nsudo: none"),
        ("12\n", "12\n  ssh: {user: ops}\n  sudo: none\n"),
    ]));
}

#[test]
fn a_password_needs_somebody_to_ask() {
    let text = with("12\n", "12\n  ssh: {user: ops}\n  sudo: password\n");
    assert_eq!(mistakes(&text), "");
    let alone = |text: &str| Cluster::parse(Path::new("c.yaml"), text, Asking::Impossible);
    insta::assert_snapshot!(alone(&text).unwrap_err());
    assert!(alone(GOOD).is_ok());
}

#[test]
fn a_file_that_was_cut_anywhere_is_answered_with_places_inside_it() {
    for end in (0..FULL.len()).filter(|end| FULL.is_char_boundary(*end)) {
        let text = &FULL[..end];
        let Err(errors) = parse(text) else { continue };
        assert!(!errors.mistakes().is_empty(), "{end}");
        let last = text.lines().count() as u64 + 1;
        let inside = |place: Place| (1..=last).contains(&place.line) && place.column > 0;
        assert!(errors.mistakes().iter().all(|mistake| inside(mistake.place)), "{end}: {errors}");
    }
}
