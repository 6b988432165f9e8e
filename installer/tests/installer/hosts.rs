//! `facts` and `preflight` with the real binary, on this machine as its host.

use crate::{
    fixture::World,
    process::{Said, run},
};
use serde_json::Value;
use std::{fs, net::TcpListener};

const LOCAL: &str = "\
cluster: demo
hosts:
- name: no-such-name
  address: 192.0.2.11
  roles: [control-plane, worker]
  transport: local
network:
  plugin: calico
  pods: 10.244.0.0/16
  services: 10.96.0.0/12
";

fn world() -> World {
    let world = World::new();
    fs::write(world.path("cluster.yaml"), LOCAL).unwrap();
    world
}

fn preflight(world: &World, more: &[&str]) -> Said {
    let fixed = ["preflight", "-f", "cluster.yaml", "--bundle", "demo.bottari.tar.zst"];
    run(world, fixed.iter().chain(more))
}

#[test]
fn facts_are_a_table_or_json() {
    let world = world();
    let said = run(&world, ["facts", "-f", "cluster.yaml"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stdout.starts_with("host ") && said.stdout.contains("no-such-name"));
    let said = run(&world, ["facts", "-f", "cluster.yaml", "--json"]);
    let facts: Value = serde_json::from_str(&said.stdout).unwrap();
    assert!(facts["no-such-name"]["cpus"].as_u64().unwrap() > 0, "{facts}");
}

#[test]
fn the_packages_of_the_hosts_become_files_for_the_builder() {
    let world = world();
    let status = fs::read("/var/lib/dpkg/status").unwrap();
    let said = run(&world, ["facts", "-f", "cluster.yaml", "--packages", "site"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let files = fs::read_dir(world.path("site")).unwrap();
    let names: Vec<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let [name] = &names[..] else { panic!("{names:?}") };
    assert!(name.ends_with(".status"), "{name}");
    assert_eq!(fs::read(world.path("site").join(name)).unwrap(), status);
    let line = said.stdout.lines().nth(1).unwrap();
    assert!(line.starts_with(&format!("site/{name} ")) && line.ends_with("no-such-name"), "{line}");
    assert!(said.stderr.contains("`bottari-builder lock RELEASE --base "), "{}", said.stderr);
    assert!(said.stderr.contains(&format!("=site/{name}`")), "{}", said.stderr);
    // Again, into this folder: the name is the same.
    let said = run(&world, ["facts", "-f", "cluster.yaml", "--packages", "--json"]);
    let json: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(json["files"][0]["file"], **name, "{json}");
    assert_eq!(json["files"][0]["hosts"], serde_json::json!(["no-such-name"]));
    assert!(json["files"][0]["packages"].as_u64().unwrap() > 0);
    assert_eq!(fs::read(world.path(name)).unwrap(), status);
}

#[test]
fn preflight_says_which_check_failed_and_what_to_do() {
    let world = world();
    let said = preflight(&world, &[]);
    assert_eq!(said.code, 50, "{}", said.stderr);
    assert!(said.stdout.contains("hostnamectl set-hostname no-such-name"), "{}", said.stdout);
    assert!(
        said.stderr.starts_with("error: host `no-such-name` is not ready: "),
        "{}",
        said.stderr
    );
    let json = preflight(&world, &["--json", "--accept", "cgroup"]);
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    let results = report["results"].as_array().unwrap();
    let hostname = results.iter().find(|one| one["check"] == "preflight/hostname").unwrap();
    assert_eq!(
        (&hostname["state"], &hostname["expected"]),
        (&"failed".into(), &"no-such-name".into())
    );
    assert_eq!(report["accepted"], serde_json::json!(["preflight/cgroup"]));
}

#[test]
fn hosts_that_cannot_be_reached_are_all_named() {
    let world = World::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!(
        "cluster: demo\nhosts:\n- {{name: cp-1, address: 192.0.2.11, roles: [control-plane]}}\n\
         - {{name: w-1, address: 192.0.2.12, roles: [worker]}}\nssh: {{jump: {{address: 127.0.0.1, port: {port}}}}}\n\
         network: {{plugin: calico, pods: 10.244.0.0/16, services: 10.96.0.0/12}}\n"
    );
    fs::write(world.path("cluster.yaml"), text).unwrap();
    let said = run(&world, ["facts", "-f", "cluster.yaml"]);
    assert_eq!(said.code, 50, "{}", said.stderr);
    for host in ["cp-1", "w-1"] {
        assert!(
            said.stderr.contains(&format!("{host}: its jump host cannot be used")),
            "{}",
            said.stderr
        );
    }
    let said = preflight(&world, &[]);
    assert_eq!(said.code, 50);
    assert!(said.stdout.contains("w-1   reachable  failed"), "{}", said.stdout);
}

#[test]
fn mistakes_are_told_before_any_host_is_touched() {
    let world = world();
    let said = preflight(&world, &["--accept", "clok"]);
    assert_eq!(
        (said.code, said.stderr.lines().next()),
        (2, Some("error: there is no check `clok`"))
    );
    let said = preflight(&world, &["--hosts", "w-9"]);
    assert_eq!(said.code, 2, "{}", said.stderr);
    assert!(said.stderr.contains("`cluster.yaml` has no host `w-9`"), "{}", said.stderr);
    let said = run(&world, ["facts", "-f", "absent.yaml"]);
    assert_eq!(said.code, 20);
    assert!(said.stderr.contains("bottari-installer init"), "{}", said.stderr);
    fs::write(world.path("cluster.yaml"), "cluster: 7\n").unwrap();
    assert_eq!(run(&world, ["facts", "-f", "cluster.yaml"]).code, 20);
}
