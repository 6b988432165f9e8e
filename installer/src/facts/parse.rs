//! From the script's answer to facts. Pure; what makes no sense is left out.

use super::{
    answer::Answer,
    parse_network as network,
    words::{Cgroup, Disk, Facts, Feature, Leftovers, Memory, Os, Unit},
};
use std::collections::BTreeMap;

/// Reads what the script printed; `None` when its end is missing.
pub fn parse(text: &str) -> Option<Facts> {
    let answer = Answer::read(text)?;
    let routes = network::routes(&answer);
    Some(Facts {
        hostname: answer.word("hostname"),
        machine_id: answer.word("machine-id"),
        product_uuid: answer.word("product-uuid").map(|id| id.to_ascii_lowercase()),
        os: os(&answer),
        kernel: answer.word("kernel"),
        machine: answer.word("arch"),
        cpus: answer.number("cpus"),
        memory: memory(&answer),
        swap: first_words(&answer, "swaps"),
        virtualization: answer.word("virtualization"),
        init: answer.word("init"),
        systemd: systemd(&answer),
        as_root: answer.word("uid").as_deref() == Some("0"),
        disks: disks(&answer),
        cgroup: cgroup(&answer),
        time_synchronized: answer.word("time-synchronized").map(|word| word == "yes"),
        clock: None,
        addresses: network::addresses(&answer),
        interfaces: network::interfaces(&answer),
        routes: routes.networks,
        default_route: routes.default,
        nameservers: network::nameservers(&answer),
        listening: network::listening(&answer),
        features: features(&answer),
        security_modules: security_modules(&answer),
        selinux: answer.word("selinux").filter(|state| state != "Disabled"),
        sysctls: sysctls(&answer),
        tools: first_words(&answer, "tools").into_iter().collect(),
        packages: packages(&answer),
        units: units(&answer),
        leftovers: Leftovers {
            paths: answer.lines("leftover-paths").to_vec(),
            iptables_lines: answer.number("leftover-iptables").unwrap_or(0),
        },
    })
}

fn first_words(answer: &Answer, section: &str) -> Vec<String> {
    answer.words(section).filter_map(|words| words.first().map(|word| (*word).to_owned())).collect()
}

fn os(answer: &Answer) -> Option<Os> {
    let pairs = answer.lines("os-release").iter().filter_map(|line| line.split_once('='));
    let fields: BTreeMap<&str, &str> =
        pairs.map(|(key, value)| (key.trim(), value.trim().trim_matches(['"', '\'']))).collect();
    let field = |key| fields.get(key).map(|value| (*value).to_owned());
    let id = field("ID")?;
    let name = field("PRETTY_NAME").unwrap_or_else(|| id.clone());
    Some(Os { id, version: field("VERSION_ID").unwrap_or_default(), name })
}

fn memory(answer: &Answer) -> Option<Memory> {
    let bytes = |key: &str| {
        let mut words = answer.words("meminfo");
        let found = words.find(|words| words.first().is_some_and(|word| *word == key))?;
        found.get(1)?.parse::<u64>().ok()?.checked_mul(1024)
    };
    let total_bytes = bytes("MemTotal:")?;
    Some(Memory { total_bytes, available_bytes: bytes("MemAvailable:").unwrap_or(0) })
}

/// `systemd 252 (252.39-1)`.
fn systemd(answer: &Answer) -> Option<u32> {
    let line = answer.word("systemd")?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// `FOLDER TOTAL-KIB FREE-KIB MOUNT`.
fn disks(answer: &Answer) -> BTreeMap<String, Disk> {
    let disk = |words: Vec<&str>| {
        let [folder, total, free, mount] = words[..] else { return None };
        let bytes = |kib: &str| kib.parse::<u64>().ok()?.checked_mul(1024);
        let mounted_on = mount.to_owned();
        let disk = Disk { total_bytes: bytes(total)?, free_bytes: bytes(free)?, mounted_on };
        Some((folder.to_owned(), disk))
    };
    answer.words("disks").filter_map(disk).collect()
}

fn cgroup(answer: &Answer) -> Cgroup {
    let version = match answer.word("cgroup-filesystem").as_deref() {
        Some("cgroup2fs") => Some(2),
        Some("tmpfs") => Some(1),
        _ => None,
    };
    let controllers = answer.words("cgroup-controllers").flatten().map(str::to_owned).collect();
    Cgroup { version, controllers }
}

fn features(answer: &Answer) -> BTreeMap<String, Feature> {
    let feature = |words: Vec<&str>| {
        let [name, state] = words[..] else { return None };
        let state = match state {
            "working" => Feature::Working,
            "loadable" => Feature::Loadable,
            _ => Feature::Absent,
        };
        Some((name.to_owned(), state))
    };
    answer.words("kernel-features").filter_map(feature).collect()
}

fn security_modules(answer: &Answer) -> Vec<String> {
    let list = answer.word("lsm").unwrap_or_default();
    let mut modules: Vec<String> =
        list.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let apparmor = answer.word("apparmor").as_deref() == Some("Y");
    if apparmor && !modules.iter().any(|name| name == "apparmor") {
        modules.push("apparmor".to_owned());
    }
    modules
}

fn sysctls(answer: &Answer) -> BTreeMap<String, String> {
    let pairs = answer.lines("sysctls").iter().filter_map(|line| line.split_once(' '));
    pairs.map(|(key, value)| (key.to_owned(), value.trim().replace('\t', " "))).collect()
}

/// `NAME VERSION ARCHITECTURE STATUS`; removed packages have no version.
fn packages(answer: &Answer) -> BTreeMap<String, String> {
    let package = |words: Vec<&str>| match words[..] {
        [name, version, _, "installed"] => Some((name.to_owned(), version.to_owned())),
        _ => None,
    };
    answer.words("packages").filter_map(package).collect()
}

fn units(answer: &Answer) -> Vec<Unit> {
    let unit = |words: Vec<&str>| {
        let [name, active, enabled] = words[..] else { return None };
        let [name, active, enabled] = [name, active, enabled].map(str::to_owned);
        Some(Unit { name, active, enabled })
    };
    answer.words("units").filter_map(unit).collect()
}
