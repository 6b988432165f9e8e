//! A bundle with OS packages meets this machine: its own apt says what it would do
//! with them, and nothing of that stays.

use crate::office::Office;
use journeys::debs::{self, Naming};
use serde_json::Value;
use std::{fs, path::Path, time::SystemTime};

const TOOL: Naming<'_> = ("demo-tool", "1:2.0-3", "amd64");
const DATA: Naming<'_> = ("demo-data", "1.0-1", "all");

/// `debian-12`: what releases call this machine's system.
fn system() -> String {
    let text = fs::read_to_string("/etc/os-release").unwrap();
    let field = |name: &str| {
        let mut values = text.lines().filter_map(|line| line.strip_prefix(name));
        values.next().unwrap_or_default().trim_matches('"').to_owned()
    };
    format!("{}-{}", field("ID="), field("VERSION_ID="))
}

/// What the check of packages says of this machine, when the tool needs this.
fn rehearsed(system: &str, needs: &str) -> Option<Value> {
    let office = Office::open();
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    let mut lockfile = String::from_utf8(office.read("releases/demo.lock")).unwrap();
    let sets =
        "sets:\n  - set: nodes\n    roles: [control-plane, worker]\n    names: [demo-tool]\n";
    lockfile += "systems:\n";
    lockfile += &debs::system(system, "amd64", SystemTime::now()).replace("sets: []\n", sets);
    for (naming, more) in [(DATA, ""), (TOOL, needs)] {
        let bytes = debs::deb(&office.path("."), naming, more);
        let source = format!("https://packages.lab.example/pool/{}.deb", naming.0);
        let digest = bundles::sha256(&bytes).to_string();
        lockfile += &debs::package(naming, &source, bytes.len(), &digest);
        office.upstream.put_file(&source, bytes);
    }
    fs::write(office.path("packages.lock"), lockfile).unwrap();
    office.builder("key generate --apt --no-password");
    let keys = "--key release.key --apt-key apt.key";
    office.builder(&format!("build packages.lock --mirrors mirrors.yaml {keys} -o demo.bundle"));
    // A machine that is on no network has nothing to install.
    let begun = office.installer("init --local --network network");
    if begun.code == Some(50) {
        assert!(begun.stderr.contains("no address but its loopback one"), "{}", begun.stderr);
        return None;
    }
    let told = office
        .installer("preflight -f cluster.yaml --bundle demo.bundle --trust release.pub --json");
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    let results = report["results"].as_array().unwrap();
    Some(results.iter().find(|one| one["check"] == "preflight/packages").unwrap().clone())
}

fn ours_in_run() -> usize {
    let entries = fs::read_dir("/run").unwrap().map_while(Result::ok);
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("bottari-apt.")).count()
}

#[test]
fn this_machine_rehearses_the_packages_of_a_bundle() {
    let status = fs::read("/var/lib/dpkg/status").unwrap();
    let Some(good) = rehearsed(&system(), "Depends: demo-data (>= 1.0)\n") else { return };
    assert_eq!((&good["state"], &good["found"]), (&"ok".into(), &"2 new".into()), "{good}");
    let bad = rehearsed(&system(), "Depends: demo-data (>= 2.0)\n").unwrap();
    assert_eq!(bad["state"], "failed");
    let found = "`demo-tool` needs `demo-data (>= 2.0)`, \
                 which is too old in the repository, or excluded by what is there";
    assert_eq!(bad["found"], found);
    assert!(bad["fix"].as_str().unwrap().contains("facts --packages"), "{bad}");
    let foreign = rehearsed("other-1", "").unwrap();
    assert!(foreign["found"].as_str().unwrap().starts_with("the bundle has no packages for "));
    assert!(fs::read("/var/lib/dpkg/status").unwrap() == status, "dpkg's books have changed");
    assert!(!Path::new("/var/cache/bottari").exists());
    assert_eq!(ours_in_run(), 0);
}
