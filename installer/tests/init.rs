//! `init` with the real binary: the file it writes is one that can be used.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use manifests::cluster::{Asking, Cluster};
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn init(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bottari-installer"));
    command.current_dir(folder).arg("init").args(arguments).env("NO_COLOR", "1");
    command.output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn read(path: &Path) -> Cluster {
    let text = fs::read_to_string(path).unwrap();
    Cluster::parse(path, &text, Asking::Possible).unwrap()
}

#[test]
fn what_init_writes_is_a_right_cluster_file() {
    let folder = tempfile::tempdir().unwrap();
    let output = init(folder.path(), &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(read(&folder.path().join("cluster.yaml")).hosts.len(), 2);
    insta::assert_snapshot!(stderr(&output), @"wrote `cluster.yaml` with 2 hosts and no mistake: now make it yours");
}

#[test]
fn hosts_of_the_command_line_stand_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let hosts = "cp-1=10.77.0.11,worker-1=10.77.0.12";
    let output = init(folder.path(), &["-o", "site.yaml", "--name", "seoul-1", "--hosts", hosts]);
    assert!(output.status.success(), "{}", stderr(&output));
    let cluster = read(&folder.path().join("site.yaml"));
    assert_eq!(cluster.name.as_str(), "seoul-1");
    assert_eq!(cluster.hosts[1].address.to_string(), "10.77.0.12");
}

#[test]
fn a_file_that_is_there_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cluster.yaml");
    fs::write(&path, "mine\n").unwrap();
    let output = init(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(20));
    insta::assert_snapshot!(stderr(&output), @"
    error: `cluster.yaml` is there already and stays as it is
    hint: choose another file with `-o FILE`
    ");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine\n");
    assert_eq!(init(folder.path(), &["-o", "no/such/folder.yaml"]).status.code(), Some(20));
}

#[test]
fn hosts_that_do_not_go_together_are_written_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let output = init(folder.path(), &["--hosts", "a=192.0.2.1,a=192.0.2.2,b=192.0.2.1"]);
    assert!(output.status.success(), "{}", stderr(&output));
    insta::assert_snapshot!(stderr(&output), @"
    wrote `cluster.yaml`
    warning: `cluster.yaml` has 2 mistakes
    cluster.yaml:20:9: host `a` is listed twice, first in line 17
    cluster.yaml:24:12: host `b`: address 192.0.2.1 already belongs to host `a`
    ");
    assert!(folder.path().join("cluster.yaml").exists());
}

#[test]
fn a_host_on_the_command_line_is_a_name_and_an_address() {
    let folder = tempfile::tempdir().unwrap();
    for wrong in ["cp-1", "cp-1=", "CP=192.0.2.1", "cp-1=fd00::1", "=192.0.2.1"] {
        let output = init(folder.path(), &["--hosts", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_schema_is_printed_where_there_is_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let output = init(folder.path(), &["--schema"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), manifests::cluster::schema());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
