//! A GnuPG of our own: keys and signatures as projects make them.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on ends its test")]

use crate::stock::{succeed, tool};
use std::{fs, process::Command};
use tempfile::TempDir;

/// A folder of keys. GnuPG's agent ends when the folder is gone.
#[derive(Debug)]
pub struct Keyring {
    home: TempDir,
}

impl Keyring {
    /// None where there is no GnuPG.
    pub fn new() -> Option<Self> {
        // Not below a long path: the agent's socket has to fit into 107 bytes.
        let home = tempfile::Builder::new().prefix("k").tempdir().unwrap();
        tool("gpg", home.path())?;
        Some(Self { home })
    }

    /// Runs `gpg` on a day, or in a second of it (`20240131T080000`), and gives what it
    /// wrote.
    pub fn gpg(&self, day: &str, arguments: &[&str]) -> Vec<u8> {
        let time = if day.contains('T') { day.into() } else { format!("{day}T120000") };
        let mut gpg: Command = tool("gpg", self.home.path()).unwrap();
        gpg.env("GNUPGHOME", self.home.path());
        gpg.args(["--batch", "--yes", "--quiet", "--no-tty", "--pinentry-mode=loopback"]);
        gpg.args(["--passphrase=", &format!("--faked-system-time={time}!")]);
        succeed(gpg.args(arguments)).stdout
    }

    /// Makes a key that lives as long as `expire` says; returns its fingerprint.
    pub fn make(&self, name: &str, expire: &str) -> String {
        self.gpg("20240101", &["--quick-generate-key", name, "ed25519", "sign", expire]);
        self.fingerprint(name)
    }

    fn fingerprint(&self, name: &str) -> String {
        let listed = self.gpg("20240101", &["--with-colons", "--list-keys", name]);
        let listed = String::from_utf8(listed).unwrap();
        let line = listed.lines().find(|line| line.starts_with("fpr:")).unwrap();
        line.split(':').nth(9).unwrap().to_owned()
    }

    /// Gives the key a subkey, which signs from now on.
    pub fn add_subkey(&self, key: &str) {
        self.gpg("20240102", &["--quick-add-key", key, "rsa2048", "sign", "never"]);
    }

    /// Takes a key back.
    pub fn revoke(&self, key: &str) {
        let path = self.home.path().join(format!("openpgp-revocs.d/{key}.rev"));
        let certificate = fs::read_to_string(&path).unwrap().replace(":-----", "-----");
        fs::write(&path, certificate).unwrap();
        self.gpg("20240201", &["--import", path.to_str().unwrap()]);
    }

    /// The public keys, armored.
    pub fn public(&self, key: &str) -> Vec<u8> {
        self.gpg("20240101", &["--armor", "--export", key])
    }

    /// A detached signature, made on a day.
    pub fn sign(&self, key: &str, day: &str, armor: bool, bytes: &[u8]) -> Vec<u8> {
        let path = self.home.path().join("bytes");
        fs::write(&path, bytes).unwrap();
        let form = if armor { "--armor" } else { "--no-armor" };
        let path = path.to_str().unwrap();
        self.gpg(day, &["--local-user", key, form, "--output=-", "--detach-sign", path])
    }

    /// A text with its signature around it, made on a day.
    pub fn clear_sign(&self, key: &str, day: &str, text: &str) -> String {
        let path = self.home.path().join("text");
        fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        let arguments = ["--local-user", key, "--output=-", "--clear-sign", path];
        String::from_utf8(self.gpg(day, &arguments)).unwrap()
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        let kill = Command::new("gpgconf")
            .args(["--kill", "all"])
            .env("GNUPGHOME", self.home.path())
            .status();
        drop(kill); // an agent that is not there is as good as one that ended
    }
}
