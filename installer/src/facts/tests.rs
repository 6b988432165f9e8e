//! Answers as hosts really give them, and as no honest host would.

use super::{FactsError, Feature, Protocol, gather, parse};
use crate::transport::{Sudo, fake::FakeHost, local};
use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const UBUNTU: &str = include_str!("recorded/ubuntu-22.04.txt");
const DEBIAN: &str = include_str!("recorded/debian-12-container.txt");

#[test]
fn the_facts_of_an_ubuntu_server() {
    let facts = parse(UBUNTU).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&facts).unwrap());
}

#[test]
fn the_facts_of_a_debian_container() {
    let facts = parse(DEBIAN).unwrap();
    assert!(facts.is_container());
    insta::assert_snapshot!(serde_json::to_string_pretty(&facts).unwrap());
}

#[test]
fn ports_are_told_with_the_program_that_holds_them() {
    let facts = parse(UBUNTU).unwrap();
    let kubelet = facts.listening.iter().find(|port| port.port == 10250).unwrap();
    assert_eq!(kubelet.program.as_deref(), Some("kubelet (pid 990)"));
    assert_eq!((kubelet.protocol, kubelet.address.is_unspecified()), (Protocol::Tcp, true));
    let local = facts.listening.iter().find(|port| port.port == 10089).unwrap();
    assert_eq!((local.address.to_string().as_str(), &local.program), ("127.0.0.1", &None));
}

#[test]
fn facts_survive_being_stored() {
    let facts = parse(UBUNTU).unwrap();
    let text = serde_json::to_string(&facts).unwrap();
    assert_eq!(serde_json::from_str::<super::Facts>(&text).unwrap(), facts);
}

#[test]
fn a_host_without_ip_still_knows_whether_there_is_a_way_out() {
    let tools = tempfile::tempdir().unwrap();
    for tool in ["awk", "sed"] {
        let found = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(tool));
        let found = found.into_iter().find(|path| path.exists()).unwrap();
        std::os::unix::fs::symlink(found, tools.path().join(tool)).unwrap();
    }
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", include_str!("observe.sh")]).env_clear().env("PATH", tools.path());
    let said = shell.output().unwrap();
    let facts = parse(&String::from_utf8(said.stdout).unwrap()).unwrap();
    let routes = fs::read_to_string("/proc/net/route").unwrap();
    let is_default = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        (words[1], words[7]) == ("00000000", "00000000")
    };
    assert_eq!(facts.default_route, routes.lines().skip(1).any(is_default));
}

#[test]
fn a_host_that_tells_nothing_has_no_facts() {
    let facts = parse("== end\n").unwrap();
    assert_eq!(facts, super::Facts::default());
}

#[test]
fn an_answer_cut_anywhere_is_no_answer() {
    for (at, _) in UBUNTU.char_indices().filter(|(at, _)| *at < UBUNTU.len() - 2) {
        assert!(parse(&UBUNTU[..at]).is_none(), "cut at {at}");
    }
}

#[test]
fn hostile_answers_change_only_their_own_fact() {
    let long = "x".repeat(100_000);
    for (section, line) in [
        ("cpus", "-1"),
        ("cpus", "99999999999999999999"),
        ("meminfo", "MemTotal: 18446744073709551615 kB"),
        ("disks", "/ 18446744073709551615 1 /"),
        ("disks", "/"),
        ("ports", "tcp 00000000:FFFFF"),
        ("ports", "tcp :"),
        ("ports", "tcp \u{fffd}"),
        ("listeners", "tcp LISTEN 0 1 *:22 *:* users:((\""),
        ("addresses", "1: lo inet"),
        ("addresses", "1: lo inet 300.0.0.1/8"),
        ("links", ":"),
        ("routes", "10.0.0.1/8 dev eth0"),
        ("routes", "10.0.0.0/99 dev eth0"),
        ("resolvers", "nameserver"),
        ("systemd", "systemd"),
        ("leftover-iptables", "many"),
        ("no-such-section", "x"),
        ("kernel", long.as_str()),
    ] {
        let facts = parse(&format!("== {section}\n| {line}\n== end\n")).unwrap();
        let json = serde_json::to_string(&facts).unwrap();
        assert!(json.len() < 8000, "{section} {line:.40}");
        assert_eq!((facts.cpus, facts.memory, facts.systemd), (None, None, None));
        assert!(facts.disks.is_empty() && facts.listening.is_empty() && facts.routes.is_empty());
    }
}

#[test]
fn control_characters_do_not_reach_the_screen() {
    let facts = parse("== hostname\n| \u{1b}[31mroot\u{7}\n== end\n").unwrap();
    assert_eq!(facts.hostname.unwrap(), "\u{fffd}[31mroot\u{fffd}");
}

#[tokio::test]
async fn this_machine_tells_its_facts() {
    let facts = gather(&local("here", Sudo::None), &SystemTime::now).await.unwrap();
    assert!(facts.cpus.unwrap() > 0 && facts.memory.unwrap().total_bytes > 0);
    assert!(facts.disks["/"].total_bytes > 0);
    assert!(facts.tools.contains("tar") && facts.features.contains_key("overlay"));
    assert_eq!(facts.hostname, Some(uname()));
    let clock = facts.clock.unwrap();
    assert!(clock.ahead_ms.unsigned_abs() <= clock.uncertainty_ms, "{clock:?}");
}

fn uname() -> String {
    let output = std::process::Command::new("uname").arg("-n").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_script_ends_well_where_hardly_any_tool_is_installed() {
    let folder = tempfile::tempdir().unwrap();
    for tool in ["sed", "cat"] {
        let real = ["/usr/bin", "/bin"].map(|bin| std::path::Path::new(bin).join(tool));
        let real = real.iter().find(|path| path.exists()).unwrap();
        std::os::unix::fs::symlink(real, folder.path().join(tool)).unwrap();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/facts/observe.sh");
    let output = std::process::Command::new("/bin/sh")
        .arg(script)
        .env_clear()
        .env("PATH", folder.path())
        .output()
        .unwrap();
    let facts = parse(&String::from_utf8(output.stdout).unwrap()).unwrap();
    assert_eq!((facts.tools.len(), facts.cpus, facts.hostname), (1, None, None));
    assert!(facts.os.is_some(), "what can be read is read");
    assert!(facts.features.values().all(|feature| *feature != Feature::Loadable));
}

#[tokio::test]
async fn the_clock_is_compared_by_the_quickest_of_three_answers() {
    let host = FakeHost::new("cp-1");
    host.answer("gather facts", 0, "== end\n");
    host.answer("+%s%N", 0, "1000000000\n");
    let times = std::sync::Mutex::new([0, 9000, 9000, 9010, 9010, 20000].into_iter());
    let now = || UNIX_EPOCH + Duration::from_millis(times.lock().unwrap().next().unwrap());
    let facts = gather(&host.connect().unwrap(), &now).await.unwrap();
    let clock = facts.clock.unwrap();
    assert_eq!((clock.ahead_ms, clock.uncertainty_ms), (-8005, 6));
}

#[tokio::test]
async fn a_cut_answer_is_an_error_and_a_missing_date_is_not() {
    let host = FakeHost::new("cp-1");
    host.answer("gather facts", 0, "== hostname\n| cp-1\n");
    let error = gather(&host.connect().unwrap(), &SystemTime::now).await.unwrap_err();
    assert!(matches!(error, FactsError::Incomplete { .. }));
    host.answer("gather facts", 0, "== hostname\n| cp-1\n== end\n");
    host.answer("+%s%N", 127, "");
    let facts = gather(&host.connect().unwrap(), &SystemTime::now).await.unwrap();
    assert_eq!((facts.hostname.as_deref(), facts.clock), (Some("cp-1"), None));
}
