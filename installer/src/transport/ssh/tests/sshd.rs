//! A real sshd on loopback, one process per connection, as inetd would do it:
//! our own listener has the port, and killing the processes is cutting the line.

use crate::transport::{
    Sudo,
    ssh::{AskPassphrase, Connector, ConnectorOptions, Credentials, HostAddress, NobodyToAsk},
};
use manifests::event::Silent;
use std::{
    env, fs,
    io::{self, Write},
    net::{TcpListener, TcpStream},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use tempfile::TempDir;

const PROGRAM: &str = "/usr/sbin/sshd";

/// A folder with keys, and the sshd that believes them.
pub(super) struct Sshd {
    pub(super) folder: TempDir,
    port: u16,
    children: Arc<Mutex<Vec<Child>>>,
}

impl Sshd {
    /// None, and a line on the terminal, where there is no sshd. Where `CI` is
    /// set the gate has installed it.
    pub(super) fn start() -> Option<Self> {
        Self::start_with("")
    }

    /// With more lines of `sshd_config`.
    pub(super) fn start_with(more: &str) -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            assert!(env::var_os("CI").is_none(), "`{PROGRAM}` must be installed where CI is set");
            skip("`/usr/sbin/sshd` is not installed");
            return None;
        }
        // Where its own service never ran, the folder for its children is absent.
        fs::create_dir_all("/run/sshd").ok();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        keygen(&at("host_key"), "ed25519", "");
        keygen(&at("id"), "ed25519", "");
        fs::copy(at("id.pub"), at("authorized_keys")).unwrap();
        let config = format!(
            // bash reads a user's start-up file only in the outermost shell.
            "{more}\nSetEnv SHLVL=1\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPidFile none\n\
             PermitRootLogin yes\nPasswordAuthentication no\nUseDNS no\nLogLevel ERROR\n",
            at("host_key").display(),
            at("authorized_keys").display(),
        );
        fs::write(at("sshd_config"), config).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let children = Arc::default();
        let sshd = Self { folder, port, children };
        sshd.trust_host_key();
        sshd.serve(listener);
        Some(sshd)
    }

    fn serve(&self, listener: TcpListener) {
        let (config, children) = (self.at("sshd_config"), self.children.clone());
        thread::spawn(move || {
            // Ends with the test's process.
            for stream in listener.incoming().map_while(Result::ok) {
                if let Some(child) = answer(&config, stream) {
                    children.lock().unwrap().push(child);
                }
            }
        });
    }

    /// A file of the folder.
    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Records the host's key, as an operator would have done.
    pub(super) fn trust_host_key(&self) {
        let key = fs::read_to_string(self.at("host_key.pub")).unwrap();
        fs::write(self.at("known_hosts"), format!("[127.0.0.1]:{} {key}", self.port)).unwrap();
    }

    /// How the test's own user logs in.
    pub(super) fn address(&self) -> HostAddress {
        let ip = "127.0.0.1".parse().unwrap();
        HostAddress {
            port: self.port,
            user: current_user(),
            key: Some(self.at("id")),
            sudo: Sudo::None,
            ..HostAddress::new("cp-1", ip, self.at("known_hosts"))
        }
    }

    /// Lets another key in.
    pub(super) fn let_in(&self, public: &Path) {
        let mut all = fs::read_to_string(self.at("authorized_keys")).unwrap();
        all.push_str(&fs::read_to_string(public).unwrap());
        fs::write(self.at("authorized_keys"), all).unwrap();
    }

    /// Cuts every connection now.
    pub(super) fn cut(&self) -> usize {
        cut(&self.children)
    }

    /// Something that cuts every connection later, from any thread.
    pub(super) fn scissors(&self) -> impl Fn() + Send + Sync + 'static {
        let children = self.children.clone();
        move || {
            cut(&children);
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.cut();
    }
}

fn cut(children: &Mutex<Vec<Child>>) -> usize {
    let mut children = children.lock().unwrap();
    for child in children.iter_mut() {
        child.kill().ok();
        child.wait().ok();
    }
    children.drain(..).count()
}

fn answer(config: &Path, stream: TcpStream) -> Option<Child> {
    let input: OwnedFd = stream.try_clone().ok()?.into();
    let output: OwnedFd = stream.into();
    let mut sshd = Command::new(PROGRAM);
    sshd.arg("-i").arg("-f").arg(config);
    sshd.stdin(Stdio::from(input)).stdout(Stdio::from(output)).stderr(Stdio::null());
    sshd.spawn().ok()
}

/// Says that a test did nothing, past the capture of its output.
pub(super) fn skip(why: &str) {
    let _said = writeln!(io::stderr(), "\nSKIPPED: {why}\n");
}

/// Makes a key pair; an empty passphrase is none.
pub(super) fn keygen(path: &Path, kind: &str, passphrase: &str) {
    let output = Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-N", passphrase, "-C", "", "-f"])
        .arg(path)
        .output()
        .expect("ssh-keygen comes with sshd");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

pub(super) fn current_user() -> String {
    let output = Command::new("id").arg("-un").output().expect("id is a standard program");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A connector that enrols nobody and asks nobody.
pub(super) fn connector() -> Connector {
    connector_with(Credentials::new(None, Vec::new(), Arc::new(NobodyToAsk)), false)
}

pub(super) fn asking(ask: Arc<dyn AskPassphrase>) -> Connector {
    connector_with(Credentials::new(None, Vec::new(), ask), false)
}

pub(super) fn connector_with(credentials: Credentials, accept_new_host_keys: bool) -> Connector {
    Connector::new(ConnectorOptions {
        accept_new_host_keys,
        credentials,
        connect_timeout: Duration::from_secs(20),
        reporter: Arc::new(Silent),
    })
}
