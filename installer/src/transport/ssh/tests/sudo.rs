use super::sshd::{Sshd, connector, skip};
use crate::transport::{
    HostPath, RemoteCommand, Secret, Sudo, Transport, TransportError, Upload, ssh::HostAddress,
};
use manifests::event::Silent;
use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

/// A user of this machine for the time of a test.
struct User {
    name: String,
    rule: PathBuf,
}

impl User {
    /// None where this test may not make users.
    fn make(rule: &str, password: &str) -> Option<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("bottari-{}-{number}", std::process::id());
        let able = PathBuf::from("/usr/bin/sudo").exists()
            && Command::new("useradd")
                .args(["-M", "-s", "/bin/sh"])
                .arg(&name)
                .output()
                .ok()?
                .status
                .success();
        if !able {
            skip("making a user needs root and sudo");
            return None;
        }
        let user = Self { rule: PathBuf::from("/etc/sudoers.d").join(&name), name };
        fs::write(&user.rule, format!("{} ALL=(ALL) {rule}\n", user.name)).unwrap();
        let mut chpasswd = Command::new("chpasswd").stdin(Stdio::piped()).spawn().unwrap();
        writeln!(chpasswd.stdin.take().unwrap(), "{}:{password}", user.name).unwrap();
        assert!(chpasswd.wait().unwrap().success());
        Some(user)
    }

    fn at(&self, sshd: &Sshd, sudo: Sudo) -> HostAddress {
        HostAddress { user: self.name.clone(), sudo, ..open_folder(sshd) }
    }
}

/// The user must be able to read the keys that let it in.
fn open_folder(sshd: &Sshd) -> HostAddress {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(sshd.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    sshd.address()
}

impl Drop for User {
    fn drop(&mut self) {
        fs::remove_file(&self.rule).ok();
        // By force: its sshd may still be saying goodbye.
        Command::new("userdel").args(["-f", self.name.as_str()]).output().ok();
    }
}

async fn is_root_where_it_should(address: &HostAddress, sshd: &Sshd) {
    let session = connector().connect(address).await.unwrap();
    let who = RemoteCommand::argv(["id", "-u"]);
    assert_eq!(session.run(&who).await.unwrap().text(), "0\n");
    assert_ne!(session.run(&who.clone().as_login_user()).await.unwrap().text(), "0\n");
    let echo = RemoteCommand::argv(["cat"]).stdin("only this\n");
    assert_eq!(session.run(&echo).await.unwrap().text(), "only this\n");
    let path: HostPath = sshd.at("by-root").to_str().unwrap().parse().unwrap();
    let upload = Upload::text(path.clone(), 0o600, "of root");
    session.upload(&upload, &Silent).await.unwrap();
    assert_eq!(session.read_file(&path, 99).await.unwrap().unwrap(), b"of root");
}

#[tokio::test]
async fn root_is_reached_without_a_password() {
    let Some(sshd) = Sshd::start() else { return };
    let Some(user) = User::make("NOPASSWD: ALL", "x") else { return };
    is_root_where_it_should(&user.at(&sshd, Sudo::Passwordless), &sshd).await;
}

#[tokio::test]
async fn root_is_reached_with_a_password_that_never_reaches_the_command() {
    let Some(sshd) = Sshd::start() else { return };
    let Some(user) = User::make("ALL", "it's s3same") else { return };
    let sudo = Sudo::Password(Secret::new("it's s3same"));
    is_root_where_it_should(&user.at(&sshd, sudo.clone()), &sshd).await;
    // A rule that asks for no password leaves it unread.
    let Some(lax) = User::make("NOPASSWD: ALL", "x") else { return };
    is_root_where_it_should(&lax.at(&sshd, sudo), &sshd).await;
}

#[tokio::test]
async fn a_user_who_may_not_is_told_at_once_and_the_password_stays_hidden() {
    let Some(sshd) = Sshd::start() else { return };
    let Some(user) = User::make("ALL", "right") else { return };
    for sudo in [Sudo::Passwordless, Sudo::Password(Secret::new("wr0ng"))] {
        let error = connector().connect(&user.at(&sshd, sudo)).await.unwrap_err();
        assert!(matches!(error, TransportError::Sudo { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("wr0ng"));
    }
}
