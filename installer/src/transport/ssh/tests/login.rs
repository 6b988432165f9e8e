use super::sshd::{Sshd, asking, connector, connector_with, keygen};
use crate::transport::{
    RemoteCommand, Secret, Transport,
    ssh::{AskPassphrase, Credentials, HostAddress, NobodyToAsk},
};
use manifests::{ExitCode, Failure};
use std::{
    io,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

#[tokio::test]
async fn every_kind_of_key_opens_the_door() {
    let Some(sshd) = Sshd::start() else { return };
    for kind in ["rsa", "ecdsa", "ed25519"] {
        let key = sshd.at(&format!("id_{kind}"));
        keygen(&key, kind, "");
        sshd.let_in(&key.with_extension("pub"));
        let address = HostAddress { key: Some(key), ..sshd.address() };
        connector().connect(&address).await.unwrap_or_else(|error| panic!("{kind}: {error:?}"));
    }
}

#[tokio::test]
async fn a_refused_key_is_named_and_not_tried_again() {
    let Some(sshd) = Sshd::start() else { return };
    keygen(&sshd.at("stranger"), "ed25519", "");
    let address = HostAddress { key: Some(sshd.at("stranger")), ..sshd.address() };
    let error = connector().connect(&address).await.unwrap_err();
    let expected = format!(
        "cp-1: user `{}` is let in by none of `{}`",
        address.user,
        sshd.at("stranger").display()
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!((error.exit_code(), error.is_retryable()), (ExitCode::Host, false));
}

#[derive(Debug)]
struct Answers {
    words: Vec<&'static str>,
    asked: AtomicUsize,
}

impl AskPassphrase for Answers {
    fn ask(&self, _: &Path) -> io::Result<Option<Secret>> {
        let at = self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(self.words.get(at).map(|word| Secret::new(*word)))
    }
}

fn locked(sshd: &Sshd) -> HostAddress {
    let key = sshd.at("locked");
    keygen(&key, "ed25519", "open sesame");
    sshd.let_in(&sshd.at("locked.pub"));
    HostAddress { key: Some(key), ..sshd.address() }
}

#[tokio::test]
async fn a_locked_key_is_opened_with_the_operators_passphrase_asked_once() {
    let Some(sshd) = Sshd::start() else { return };
    let address = locked(&sshd);
    let ask = Arc::new(Answers { words: vec!["wrong", "open sesame"], asked: 0.into() });
    let connector = asking(ask.clone());
    let (one, two) = tokio::join!(connector.connect(&address), connector.connect(&address));
    one.unwrap();
    two.unwrap();
    assert_eq!(ask.asked.load(Ordering::Relaxed), 2, "one wrong answer and one right one");
}

#[tokio::test]
async fn a_locked_key_without_anybody_to_ask_is_an_error_about_the_key() {
    let Some(sshd) = Sshd::start() else { return };
    let error = connector().connect(&locked(&sshd)).await.unwrap_err();
    assert!(error.to_string().ends_with("locked` cannot be used"), "{error}");
    assert_eq!(error.exit_code(), ExitCode::Input);
}

struct Agent {
    child: Child,
    socket: PathBuf,
}

impl Agent {
    fn start(sshd: &Sshd) -> Self {
        let socket = sshd.at("agent");
        let mut command = Command::new("ssh-agent");
        command.arg("-D").arg("-a").arg(&socket).stdout(Stdio::piped());
        let mut child = command.spawn().expect("ssh-agent comes with ssh");
        let mut first = String::new();
        let output = child.stdout.take().unwrap();
        // It says where it listens when it does.
        BufReader::new(output).read_line(&mut first).unwrap();
        Self { child, socket }
    }

    fn add(&self, key: &Path) {
        let added = Command::new("ssh-add")
            .arg("-q")
            .arg(key)
            .env("SSH_AUTH_SOCK", &self.socket)
            .status()
            .unwrap();
        assert!(added.success());
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test]
async fn the_agent_opens_the_door_with_any_of_its_keys() {
    let Some(sshd) = Sshd::start() else { return };
    let agent = Agent::start(&sshd);
    for kind in ["ecdsa", "rsa"] {
        keygen(&sshd.at(kind), kind, "");
        agent.add(&sshd.at(kind));
    }
    sshd.let_in(&sshd.at("rsa.pub"));
    let credentials =
        Credentials::new(Some(agent.socket.clone()), Vec::new(), Arc::new(NobodyToAsk));
    let address = HostAddress { key: None, ..sshd.address() };
    let session = connector_with(credentials, false).connect(&address).await.unwrap();
    assert!(session.run(&RemoteCommand::argv(["true"])).await.unwrap().success());
}

#[tokio::test]
async fn a_named_key_that_the_agent_holds_asks_nobody() {
    let Some(sshd) = Sshd::start() else { return };
    let agent = Agent::start(&sshd);
    let address = locked(&sshd);
    // The agent gets the same key without its lock.
    let open = sshd.at("opened");
    std::fs::copy(sshd.at("locked"), &open).unwrap();
    let unlocked = Command::new("ssh-keygen")
        .args(["-q", "-p", "-P", "open sesame", "-N", "", "-f"])
        .arg(&open)
        .output()
        .unwrap();
    assert!(unlocked.status.success());
    agent.add(&open);
    let credentials =
        Credentials::new(Some(agent.socket.clone()), Vec::new(), Arc::new(NobodyToAsk));
    connector_with(credentials, false).connect(&address).await.unwrap();
}

#[tokio::test]
async fn without_any_key_the_message_says_so() {
    let Some(sshd) = Sshd::start() else { return };
    let address = HostAddress { key: None, ..sshd.address() };
    let error = connector().connect(&address).await.unwrap_err().to_string();
    assert!(error.contains("neither in an agent nor in the usual files"), "{error}");
}
