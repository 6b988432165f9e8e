use super::sshd::{Sshd, connector, connector_with, keygen};
use crate::transport::{
    HostKeyProblem, RemoteCommand, Transport, TransportError,
    ssh::{Credentials, NobodyToAsk},
};
use manifests::{ExitCode, Failure};
use std::{fs, process::Command, sync::Arc};

fn enrolling() -> crate::transport::ssh::Connector {
    connector_with(Credentials::new(None, Vec::new(), Arc::new(NobodyToAsk)), true)
}

fn problem(error: TransportError) -> HostKeyProblem {
    assert_eq!((error.exit_code(), error.is_retryable()), (ExitCode::Host, false));
    match error {
        TransportError::HostKey { problem, .. } => problem,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_unknown_host_is_refused_then_enrolled_then_known() {
    let Some(sshd) = Sshd::start() else { return };
    fs::remove_file(sshd.at("known_hosts")).unwrap();
    let error = connector().connect(&sshd.address()).await.unwrap_err();
    assert!(error.hint().unwrap().contains("--accept-new-host-keys"));
    let HostKeyProblem::Unknown { found, .. } = problem(error) else { panic!("unknown") };
    assert!(found.starts_with("ssh-ed25519 SHA256:"), "{found}");
    assert!(!sshd.at("known_hosts").exists(), "refusing writes nothing");
    enrolling().connect(&sshd.address()).await.unwrap();
    let session = connector().connect(&sshd.address()).await.unwrap();
    assert!(session.run(&RemoteCommand::argv(["true"])).await.unwrap().success());
}

#[tokio::test]
async fn a_changed_host_key_is_refused_with_both_fingerprints_even_when_enrolling() {
    let Some(sshd) = Sshd::start() else { return };
    keygen(&sshd.at("other"), "ed25519", "");
    let other = fs::read_to_string(sshd.at("other.pub")).unwrap();
    let known = format!("# ours\n[127.0.0.1]:{} {other}", sshd.address().port);
    fs::write(sshd.at("known_hosts"), &known).unwrap();
    let error = enrolling().connect(&sshd.address()).await.unwrap_err();
    let HostKeyProblem::Changed { found, recorded, line, .. } = problem(error) else {
        panic!("changed")
    };
    assert_eq!(line, 2);
    assert_eq!(recorded, fingerprint(&sshd.at("other.pub")));
    assert_eq!(found, fingerprint(&sshd.at("host_key.pub")));
    assert_eq!(fs::read_to_string(sshd.at("known_hosts")).unwrap(), known);
}

#[tokio::test]
async fn a_revoked_host_key_is_refused() {
    let Some(sshd) = Sshd::start() else { return };
    let key = fs::read_to_string(sshd.at("host_key.pub")).unwrap();
    let known = fs::read_to_string(sshd.at("known_hosts")).unwrap();
    fs::write(sshd.at("known_hosts"), format!("{known}@revoked * {key}")).unwrap();
    let error = enrolling().connect(&sshd.address()).await.unwrap_err();
    assert!(matches!(problem(error), HostKeyProblem::Revoked { line: 2, .. }));
}

#[tokio::test]
async fn names_hashed_by_ssh_keygen_are_recognised() {
    let Some(sshd) = Sshd::start() else { return };
    let file = sshd.at("known_hosts");
    let hashed = Command::new("ssh-keygen").arg("-Hf").arg(&file).output().unwrap();
    assert!(hashed.status.success());
    assert!(fs::read_to_string(&file).unwrap().starts_with("|1|"));
    connector().connect(&sshd.address()).await.unwrap();
}

#[tokio::test]
async fn a_host_with_several_keys_is_asked_for_the_recorded_one() {
    let Some(sshd) = Sshd::start() else { return };
    keygen(&sshd.at("rsa"), "rsa", "");
    let config = fs::read_to_string(sshd.at("sshd_config")).unwrap();
    let more = format!("{config}HostKey {}\n", sshd.at("rsa").display());
    fs::write(sshd.at("sshd_config"), more).unwrap();
    let key = fs::read_to_string(sshd.at("rsa.pub")).unwrap();
    let port = sshd.address().port;
    fs::write(sshd.at("known_hosts"), format!("[127.0.0.1]:{port} {key}")).unwrap();
    connector().connect(&sshd.address()).await.unwrap();
}

/// As ssh-keygen tells it.
fn fingerprint(public: &std::path::Path) -> String {
    let output = Command::new("ssh-keygen").arg("-lf").arg(public).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    format!("ssh-ed25519 {}", text.split(' ').nth(1).unwrap())
}
