//! Decides whether a host is who it should be, and enrols new ones when asked.

use super::known_hosts::{self, Verdict};
use crate::transport::TransportError;
use russh::keys::{Algorithm, HashAlg, PublicKey};
use std::{
    fmt, fs, io,
    io::Write,
    net::IpAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Mutex,
};

/// The file of known hosts and what to do about new ones.
#[derive(Debug)]
pub(super) struct HostKeys {
    path: PathBuf,
    accept_new: bool,
    writing: Mutex<()>,
}

/// What is wrong with the key a host showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostKeyProblem {
    /// Nobody has recorded it.
    Unknown {
        /// The key as `ssh-ed25519 SHA256:…`.
        found: String,
        /// The file it should be in.
        file: PathBuf,
    },
    /// Another one is recorded.
    Changed {
        /// The key the host showed.
        found: String,
        /// The key on record.
        recorded: String,
        /// The file.
        file: PathBuf,
        /// The line of the record, from 1.
        line: usize,
    },
    /// It is marked as revoked.
    Revoked {
        /// The key.
        found: String,
        /// The file.
        file: PathBuf,
        /// The line of the mark, from 1.
        line: usize,
    },
    /// The host showed a certificate, and no authority is accepted.
    Certificate,
}

impl fmt::Display for HostKeyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { found, file } => {
                write!(f, "its host key {found} is not in `{}`", file.display())
            }
            Self::Changed { found, recorded, file, line } => write!(
                f,
                "its host key has changed: expected {recorded} (line {line} of `{}`), found {found}",
                file.display()
            ),
            Self::Revoked { found, file, line } => {
                write!(f, "its host key {found} is revoked by line {line} of `{}`", file.display())
            }
            Self::Certificate => f.write_str("it shows a host certificate where a key is expected"),
        }
    }
}

impl HostKeyProblem {
    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Unknown { .. } => {
                "compare the fingerprint on the host's console (`ssh-keygen -lf \
                /etc/ssh/ssh_host_ed25519_key.pub`), then run again with `--accept-new-host-keys`"
                    .into()
            }
            Self::Changed { file, line, .. } => format!(
                "somebody may be in between: find out why it changed; if the host was reinstalled, \
                 delete line {line} of `{}`",
                file.display()
            ),
            Self::Revoked { .. } => "give the host a new key".into(),
            Self::Certificate => "let the host's sshd offer a plain host key".into(),
        }
    }
}

/// Why a host's key was not accepted.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Because of the key.
    Problem(HostKeyProblem),
    /// Because of the file.
    File(io::Error),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl HostKeys {
    /// Hosts recorded in `path`; new ones are added only with `accept_new`.
    pub(super) fn new(path: PathBuf, accept_new: bool) -> Self {
        Self { path, accept_new, writing: Mutex::default() }
    }

    /// Which kinds of key to ask a host for: the recorded ones, or any.
    pub(super) fn algorithms(
        &self,
        address: IpAddr,
        port: u16,
    ) -> Result<Vec<Algorithm>, TransportError> {
        let text = self.read().map_err(|source| self.unusable(source))?;
        Ok(known_hosts::algorithms(&text, address, port))
    }

    /// Accepts the key, or says why not. Returns the fingerprint when the host
    /// was enrolled just now.
    pub(super) fn check(
        &self,
        address: IpAddr,
        port: u16,
        key: &PublicKey,
    ) -> Result<Option<String>, Refusal> {
        let _one_at_a_time = self.writing.lock().expect("no thread panics with the lock");
        let text = self.read()?;
        let (file, found) = (self.path.clone(), shown(key));
        match known_hosts::judge(&text, address, port, key) {
            Verdict::Known => Ok(None),
            Verdict::Unknown if self.accept_new => {
                self.enrol(text, &known_hosts::line(address, port, key))?;
                Ok(Some(found))
            }
            Verdict::Unknown => Err(Refusal::Problem(HostKeyProblem::Unknown { found, file })),
            Verdict::Changed { line, recorded } => {
                let recorded = shown(&recorded);
                Err(Refusal::Problem(HostKeyProblem::Changed { found, recorded, file, line }))
            }
            Verdict::Revoked { line } => {
                Err(Refusal::Problem(HostKeyProblem::Revoked { found, file, line }))
            }
        }
    }

    /// Says that the file is to blame.
    pub(super) fn unusable(&self, source: io::Error) -> TransportError {
        TransportError::KnownHosts { path: self.path.clone(), source }
    }

    fn read(&self) -> io::Result<String> {
        match fs::read(&self.path) {
            // A comment in another encoding must not hide the keys.
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(error),
        }
    }

    /// Adds a line: whole or not at all, and through a link to the real file.
    fn enrol(&self, mut text: String, line: &str) -> io::Result<()> {
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(line);
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        let mode = fs::metadata(&path).map_or(0o600, |old| old.permissions().mode());
        file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        fs::File::open(folder)?.sync_all()
    }
}

/// A key as OpenSSH shows it: `ssh-ed25519 SHA256:…`.
fn shown(key: &PublicKey) -> String {
    format!("{} {}", key.algorithm(), key.fingerprint(HashAlg::Sha256))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    #[test]
    fn enrolling_adds_one_line_and_keeps_the_rest_the_mode_and_the_link() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "# no line end").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let keys = HostKeys::new(link.clone(), true);
        let key = russh::keys::parse_public_key_base64(KEY).unwrap();
        let ip = "10.0.0.7".parse().unwrap();
        assert!(keys.check(ip, 22, &key).unwrap().unwrap().starts_with("ssh-ed25519 SHA256:"));
        assert_eq!(keys.check(ip, 22, &key).unwrap(), None);
        let expected = format!("# no line end\n10.0.0.7 ssh-ed25519 {KEY}\n");
        assert_eq!(fs::read_to_string(&real).unwrap(), expected);
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");
    }

    #[test]
    fn the_message_shows_both_fingerprints() {
        let file = PathBuf::from("known_hosts");
        let problem = HostKeyProblem::Changed {
            found: "ssh-ed25519 SHA256:b".into(),
            recorded: "ssh-ed25519 SHA256:a".into(),
            file,
            line: 3,
        };
        insta::assert_snapshot!(problem, @"its host key has changed: expected ssh-ed25519 SHA256:a (line 3 of `known_hosts`), found ssh-ed25519 SHA256:b");
        insta::assert_snapshot!(problem.hint(), @"somebody may be in between: find out why it changed; if the host was reinstalled, delete line 3 of `known_hosts`");
    }
}
