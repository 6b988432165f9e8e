//! The guide for whoever comes from K-PaaS, held against the programs: what it
//! says can be typed can be typed, in both languages, and what can run here runs.

use crate::office::{Office, words};
use journeys::run::{Outcome, Program, Sandbox};
use manifests::cluster::{Asking, Cluster};
use std::{fs, path::Path};

const ENGLISH: &str = include_str!("../../docs/guide/from-kpaas.md");
const KOREAN: &str = include_str!("../../docs/guide/from-kpaas.ko.md");
const SINGLE: &str = include_str!("../../installer/src/import/tests/single.sh");

const EDGE: &str = "\
CLOUDCORE_PRIVATE_IP=10.77.0.170
CLOUDCORE_PUBLIC_IP=10.77.0.170
EDGE_HOSTS=1
EDGE1_NODE_HOSTNAME=edge-1
EDGE1_NODE_PUBLIC_IP=198.51.100.1
";

/// What the guide says can be typed.
fn commands(guide: &str) -> Vec<&str> {
    let blocks = guide.split("```console\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap());
    blocks.flat_map(str::lines).map(|line| line.strip_prefix("$ ").unwrap()).collect()
}

/// `bottari-installer trust add x --flag` → the program and the rest.
fn program(command: &str) -> (Program, Vec<&str>) {
    let words = words(command);
    let program = [Program::Builder, Program::Installer];
    let program = program.into_iter().find(|program| program.name() == words[0]).unwrap();
    (program, words[1..].to_vec())
}

/// A folder with every file that the guide names.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new().unwrap();
    let write = |name: &str, text: &str| fs::write(sandbox.path(name), text).unwrap();
    let several = format!("CLUSTER_CNT=2\n{}{}", member(1), member(2));
    fs::create_dir(sandbox.path("multi")).unwrap();
    write("cp-cluster-vars.sh", SINGLE);
    write("host-cp-cluster-vars.sh", SINGLE);
    write("multi/cp-cluster-vars.sh", &several);
    write("member-cp-cluster-vars.sh", &several);
    write("cp-edge-vars.sh", EDGE);
    write("istio-vars-mc.sh", "ISTIO_VERSION=\"1.28.0\"\nCTX=$(touch it-ran)\n");
    sandbox
}

/// The single cluster as one of several, on a network of its own.
fn member(number: u8) -> String {
    let set = SINGLE.lines().filter(|line| line.contains('=') && !line.contains("KYVERNO"));
    let set = set.map(|line| format!("CLUSTER{number}_{}", line.replace("10.77.", "10.78.")));
    let gateways = ["PRIVATE", "PUBLIC"]
        .map(|side| format!("CLUSTER{number}_ISTIO_GATEWAY_{side}_IP=10.78.{number}.141"));
    set.chain(gateways)
        .map(|line| line.replace("10.78.0.", &format!("10.78.{number}.")) + "\n")
        .collect()
}

fn cluster(path: &Path) -> Cluster {
    let text = fs::read_to_string(path).unwrap();
    Cluster::parse(path, &text, Asking::Impossible).unwrap()
}

fn help(sandbox: &Sandbox, program: Program, verb: &[&str]) -> Outcome {
    sandbox.run(program, &[verb, &["--help"]].concat())
}

#[test]
fn both_languages_type_the_same() {
    assert_eq!(commands(ENGLISH), commands(KOREAN));
    assert!(commands(ENGLISH).len() >= 16);
    let tables = |guide: &str| guide.lines().filter(|line| line.starts_with('|')).count();
    assert_eq!(tables(ENGLISH), tables(KOREAN));
}

#[test]
fn every_verb_and_every_option_of_the_guide_exists() {
    let sandbox = Sandbox::new().unwrap();
    for command in commands(ENGLISH) {
        let (program, words) = program(command);
        let verb = match words[..] {
            ["trust" | "import" | "key", second, ..] => vec![words[0], second],
            _ => vec![words[0]],
        };
        let help = help(&sandbox, program, &verb);
        assert_eq!(help.code, Some(0), "{command}: {}", help.stderr);
        for option in words.iter().filter(|word| word.starts_with('-')) {
            let known = [format!("{option} "), format!("{option}, ")];
            assert!(known.iter().any(|known| help.stdout.contains(known)), "{command}: {option}");
        }
    }
}

#[test]
fn every_import_of_the_guide_writes_cluster_files_and_runs_nothing() {
    let sandbox = sandbox();
    let imports = commands(ENGLISH).into_iter().filter(|command| command.contains(" import "));
    for command in imports {
        let (program, words) = program(command);
        let outcome = sandbox.run(program, &words);
        assert_eq!(outcome.code, Some(10), "{command}: {}", outcome.stderr);
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(sandbox.path(".")).unwrap().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|ending| ending == "yaml") {
            let name = entry.file_name().into_string().unwrap();
            names.push(format!("{name}: {}", cluster(&entry.path()).name));
        }
    }
    names.sort();
    insta::assert_snapshot!(names.join("\n"), @"
    cluster.yaml: kpaas
    edge.yaml: kpaas
    federation-host.yaml: kpaas-host
    federation-member1.yaml: kpaas-member1
    federation-member2.yaml: kpaas-member2
    istio-1.yaml: kpaas-1
    istio-2.yaml: kpaas-2
    mesh-1.yaml: kpaas-1
    mesh-2.yaml: kpaas-2
    ");
    assert!(!sandbox.path("it-ran").exists());
}

#[test]
fn the_mistakes_that_the_guide_shows_are_told_so() {
    let sandbox = sandbox();
    let wrong = SINGLE.replace("STORAGE_TYPE", "STORGE_TYPE").replace("0.140", "0.150");
    fs::write(sandbox.path("cp-cluster-vars.sh"), wrong).unwrap();
    let outcome = sandbox.run(Program::Installer, &words("import kpaas cp-cluster-vars.sh"));
    assert_eq!(outcome.code, Some(20));
    assert!(!sandbox.path("cluster.yaml").exists());
    for guide in [ENGLISH, KOREAN] {
        let shown = guide.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
        assert!(outcome.stderr.starts_with(shown), "{}", outcome.stderr);
    }
}

#[test]
fn the_bundle_of_the_guide_is_trusted_and_verified_by_its_commands() {
    let office = Office::with_bundle();
    fs::rename(office.path("demo.bundle"), office.path("kpaas.bottari.tar.zst")).unwrap();
    let paper = office.builder("key show release.pub").stdout;
    let fingerprint = paper.split_once("fingerprint").unwrap().1.lines().next().unwrap().trim();
    let trust = ["trust", "add", "release.pub", "--fingerprint", fingerprint];
    let trusted = office.sandbox.run(Program::Installer, &trust);
    assert_eq!(trusted.code, Some(0), "{}", trusted.stderr);
    let command = commands(ENGLISH).into_iter().find(|command| command.contains(" verify "));
    let (program, words) = program(command.unwrap());
    let verified = office.sandbox.run(program, &words);
    assert_eq!(verified.code, Some(0), "{}", verified.stderr);
}

#[test]
fn the_guide_names_every_profile_of_the_release() {
    let release = include_str!("../../manifests/releases/kpaas-1.7.0.yaml");
    let profiles = release.split("\nprofiles:\n").nth(1).unwrap().split("\ncomponents:").next();
    let names = profiles.unwrap().lines().filter_map(|line| line.strip_prefix("- name: "));
    for name in names {
        for guide in [ENGLISH, KOREAN] {
            assert!(guide.contains(&format!("`{name}`")), "{name}");
        }
    }
}
