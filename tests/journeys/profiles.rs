//! A release of which a site takes a part, from the lock to the bundle on site.

use crate::office::{Office, words};
use journeys::run::Program;
use std::fs;

const PROFILES: &str = "\
profiles:
- {name: storage-nfs, title: volumes on an NFS server}
- {name: far-away, title: tools of another age}
omitted:
- {what: the demo's database, why: nobody asked for one}
components:
- {name: storage, version: v4.0.18, profiles: [storage-nfs], why: the newest chart}
- {name: node-tools, version: v1.0.0, profiles: [far-away]}
";

const STORAGE: &str = "\
component: storage
title: volumes
homepage: https://download.example.org/storage
licence: Apache-2.0
versions:
  v4.0.18:
    charts:
    - name: storage-{bare-version}.tgz
      url: https://download.example.org/storage-{bare-version}.tgz
      render: {release: storage, namespace: storage}
";

/// The older version of a component that every bundle has.
const OLD_TOOLS: &str = "  v1.0.0:
    files:
    - name: node-tools-{version}.txt
      url: https://download.example.org/node-tools-{version}.txt
      roles: [edge]
";

/// An office whose release has two profiles, one of them with a chart and one
/// with an older version of what the base has.
fn office() -> Office {
    let office = Office::open();
    let release = fs::read_to_string(office.path("releases/demo.yaml")).unwrap();
    fs::write(office.path("releases/demo.yaml"), release.replace("components:\n", PROFILES))
        .unwrap();
    fs::create_dir_all(office.path("components/storage")).unwrap();
    fs::write(office.path("components/storage/component.yaml"), STORAGE).unwrap();
    let tools = office.path("components/node-tools/component.yaml");
    let text = fs::read_to_string(&tools).unwrap();
    fs::write(tools, format!("{text}{OLD_TOOLS}")).unwrap();
    for name in ["storage-4.0.18.tgz", "node-tools-v1.0.0.txt"] {
        office.upstream.put_file(&format!("https://download.example.org/{name}"), name.to_owned());
    }
    office
}

/// The lines of a text that speak of this.
fn lines<'a>(text: &'a str, of: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.contains(of)).map(str::trim_end).collect()
}

#[test]
fn a_lock_without_a_profile_says_that_there_are_some() {
    let office = office();
    let outcome = office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    let told = lines(&outcome.stderr, "profiles");
    assert_eq!(told.len(), 1, "{}", outcome.stderr);
    assert!(told[0].ends_with("with none of the release's profiles: storage-nfs, far-away"));
    let lockfile = fs::read_to_string(office.path("releases/demo.lock")).unwrap();
    assert!(!lockfile.contains("storage-4.0.18"), "{lockfile}");
}

#[test]
fn profiles_notes_and_charts_reach_whoever_opens_the_bundle() {
    let office = office();
    let line = "lock releases/demo.yaml --mirrors mirrors.yaml --all-profiles";
    let told = office.builder(line).stderr;
    assert!(told.contains("with profile `storage-nfs` (volumes on an NFS server)"), "{told}");
    let checked = office.builder("check releases/demo.lock --mirrors mirrors.yaml").stdout;
    let [row, line] = lines(&checked, "storage")[..] else { panic!("{checked}") };
    assert!(row.ends_with("0  1 chart not looked into"), "{row}");
    assert!(
        line.starts_with("not looked into: storage/storage-4.0.18.tgz (no Helm for "),
        "{line}"
    );
    office.builder("build releases/demo.lock --mirrors mirrors.yaml --key release.key -o b");
    let builder = office.builder("inspect b").stdout;
    let installer = words("inspect --trust release.pub b");
    let installer = office.sandbox.run(Program::Installer, &installer);
    assert_eq!(installer.code, Some(0), "{}", installer.stderr);
    for listed in [builder, installer.stdout] {
        assert_eq!(
            lines(&listed, "profiles   "),
            ["profiles   storage-nfs  volumes on an NFS server"]
        );
        assert_eq!(lines(&listed, "tools of"), ["           far-away     tools of another age"]);
        assert!(listed.contains("  storage v4.0.18\n    the newest chart\n"), "{listed}");
        assert!(listed.contains("  the demo's database\n    nobody asked for one\n"), "{listed}");
        let tools = lines(&listed, "node-tools  ");
        assert!(tools[0].starts_with("node-tools   v1.0.0 "), "{listed}");
        assert!(tools[1].starts_with("node-tools   v1.33.5 "), "{listed}");
        assert!(lines(&listed, "storage-4.0.18.tgz")[0].contains(" chart "), "{listed}");
        assert!(listed.contains("manifest, 1 chart"), "{listed}");
    }
    let json = office.builder("--json inspect b").stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["lockfile"]["profiles"][1]["name"], "far-away");
    let names = json["manifest"]["names"].as_array().unwrap();
    let chart = names.iter().find(|name| name["kind"] == "chart").unwrap();
    assert_eq!(chart["name"], "files/storage/storage-4.0.18.tgz:v4.0.18");
}

#[test]
fn an_unknown_profile_is_refused_and_both_wishes_together_too() {
    let office = office();
    let refusal = office.refusal("-q lock releases/demo.yaml --mirrors mirrors.yaml --profile nfs");
    let expected = "error: the release has no profile `nfs`; it has: storage-nfs, far-away\n";
    assert_eq!(refusal, format!("{expected}exit code 20"));
    let refusal = office.refusal("lock releases/demo.yaml --profile storage-nfs --all-profiles");
    assert!(refusal.contains("cannot be used with") && refusal.ends_with("exit code 2"));
}

#[test]
fn an_update_keeps_the_profiles_that_are_locked() {
    let office = office();
    let lock = "lock releases/demo.yaml --mirrors mirrors.yaml";
    office.builder(&format!("{lock} --profile storage-nfs"));
    let before = office.read("releases/demo.lock");
    office.builder(&format!("{lock} --update node-tools"));
    assert_eq!(office.read("releases/demo.lock"), before);
    let refusal = office.refusal(&format!("-q {lock} --update node-tools --all-profiles"));
    assert!(refusal.contains("it was locked with other profiles"), "{refusal}");
}
