//! `import kpaas` with the real binary: variables of K-PaaS become cluster files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use manifests::cluster::{Asking, Cluster};
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

const SINGLE: &str = include_str!("../src/import/tests/single.sh");

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cp-cluster-vars.sh"), SINGLE).unwrap();
    folder
}

fn import(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bottari-installer"));
    command.current_dir(folder).args(["import", "kpaas"]).args(arguments).env("NO_COLOR", "1");
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn read(path: &Path) -> Cluster {
    let text = fs::read_to_string(path).unwrap();
    Cluster::parse(path, &text, Asking::Possible).unwrap()
}

#[test]
fn a_single_cluster_is_written_with_all_that_is_left_to_people() {
    let folder = folder();
    let output = import(folder.path(), &["cp-cluster-vars.sh"]);
    assert_eq!(output.status.code(), Some(10));
    assert_eq!(read(&folder.path().join("cluster.yaml")).hosts.len(), 4);
    insta::assert_snapshot!(text(&output.stderr));
}

#[test]
fn every_mistake_is_told_at_once_and_nothing_is_written() {
    let folder = folder();
    let wrong = SINGLE
        .replace("KUBE_WORKER_HOSTS=3", "KUBE_WORKER_HOSTS=$(touch run; nproc)")
        .replace("=10.77.0.140", "=10.77.0.150")
        .replace("STORAGE_TYPE", "STORGE_TYPE");
    fs::write(folder.path().join("cp-cluster-vars.sh"), wrong).unwrap();
    let output = import(folder.path(), &["cp-cluster-vars.sh"]);
    assert_eq!(output.status.code(), Some(20));
    insta::assert_snapshot!(text(&output.stderr));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_is_there_stays_as_it_is() {
    let folder = folder();
    let path = folder.path().join("mine.yaml");
    fs::write(&path, "mine\n").unwrap();
    let output = import(folder.path(), &["cp-cluster-vars.sh", "-o", "mine.yaml"]);
    assert_eq!(output.status.code(), Some(20));
    insta::assert_snapshot!(text(&output.stderr), @"
    error: `mine.yaml` is there already and stays as it is
    hint: choose another file with `-o FILE`
    ");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine\n");
}

#[test]
fn programs_read_the_same_as_json() {
    let folder = folder();
    let output = import(folder.path(), &["cp-cluster-vars.sh", "--name", "seoul-1", "--json"]);
    assert_eq!(output.status.code(), Some(10));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["files"][0]["cluster-file"], "cluster.yaml");
    assert_eq!(said["profiles"], serde_json::json!(["storage-nfs"]));
    let finding = &said["not-done"][1];
    assert_eq!(
        (finding["file"].as_str(), finding["line"].as_u64()),
        (Some("cp-cluster-vars.sh"), Some(30))
    );
    assert_eq!(read(&folder.path().join("cluster.yaml")).name.as_str(), "seoul-1");
}

#[test]
fn a_file_that_cannot_be_variables_is_not_read_to_its_end() {
    let folder = folder();
    fs::write(folder.path().join("large.sh"), vec![b'#'; 300 * 1024]).unwrap();
    let output = import(folder.path(), &["large.sh"]);
    assert_eq!(output.status.code(), Some(20));
    assert!(text(&output.stderr).contains("larger than any file of variables"));
    assert_eq!(import(folder.path(), &["none.sh"]).status.code(), Some(20));
    assert_eq!(import(folder.path(), &[]).status.code(), Some(2));
}

#[test]
fn comments_in_an_older_korean_encoding_are_passed_over() {
    let folder = folder();
    let bytes = [b"# \xb3\xeb\xb5\xe5\n".as_slice(), SINGLE.as_bytes()].concat();
    fs::write(folder.path().join("cp-cluster-vars.sh"), bytes).unwrap();
    assert_eq!(import(folder.path(), &["cp-cluster-vars.sh"]).status.code(), Some(10));
}
