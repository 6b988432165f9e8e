//! A host in a folder.

use super::Archive;
use crate::{
    plan::HostName,
    steps::Remote,
    transport::{
        Captured, Finished, HostPath, RemoteCommand, Transport, TransportError, Upload, Uploaded,
    },
};
use async_trait::async_trait;
use manifests::event::Reporter;
use std::{
    fs,
    io::Write,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
    time::Duration,
};

/// `$1` the folder; what is to be run behind it. All of it is gone when the first
/// process is, as after a power cut.
const ENTER: &str = r#"
set -e
folder=$1
root=$1/root
shift
mount -t overlay overlay -o "lowerdir=/usr,upperdir=$folder/upper,workdir=$folder/work" "$root/usr"
rm -f "$root/usr/sbin/policy-rc.d"
mount --bind /proc "$root/proc"
for device in null urandom; do mount --bind "/dev/$device" "$root/dev/$device"; done
cd /
exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
  http_proxy=http://127.0.0.1:1/ "$@"
"#;

const FOLDERS: &[&str] = &[
    "upper",
    "upper/bin",
    "work",
    "root/usr",
    "root/dev",
    "root/etc/apt/apt.conf.d",
    "root/etc/apt/sources.list.d",
    "root/etc/apt/preferences.d",
    "root/etc/systemd/system",
    "root/opt",
    "root/proc",
    "root/root",
    "root/run",
    "root/srv",
    "root/tmp",
    "root/var/cache/apt",
    "root/var/lib/apt/lists",
    "root/var/lib/dpkg/info",
    "root/var/lib/dpkg/updates",
    "root/var/lib/dpkg/triggers",
    "root/var/log/apt",
];

/// The site's own apt, which must neither matter nor change. Its proxy leads
/// nowhere, its pin would keep everything of ours away.
const SITE: &[(&str, &str)] = &[
    (
        "etc/apt/apt.conf.d/00site",
        "Acquire::http::Proxy \"http://127.0.0.1:1/\";\nDPkg::Pre-Invoke { \"false\"; };\n",
    ),
    ("etc/apt/sources.list", "deb http://mirror.example/debian bookworm main\n"),
    ("etc/apt/preferences.d/site", "Package: *\nPin: release n=bottari\nPin-Priority: -1\n"),
    ("var/lib/apt/lists/mirror.example_Packages", "Package: of-the-site\n"),
    ("var/lib/apt/extended_states", "Package: old\nArchitecture: amd64\nAuto-Installed: 1\n\n"),
];

/// Says what it is asked for. What starts and stops is noted, unless systemd is
/// not to be asked, as the real one does.
const SYSTEMCTL: &str = r#"#!/bin/sh
now=no
for word; do
  case $word in
    --now) now=yes ;;
    -*) ;;
    SubState|MainPID) property=$word ;;
    *) if [ -z "$verb" ]; then verb=$word; else unit=$word; fi ;;
  esac
done
wants=/etc/systemd/system/multi-user.target.wants
asked=${SYSTEMD_OFFLINE:-0}
case $verb in
  show)
    looks=/srv/looks-$unit
    if [ "$property" = MainPID ]; then cat "/srv/pid-$unit" 2>/dev/null || { [ ! -e "/srv/active-$unit" ] || echo 7; }
    elif [ -s "$looks" ]; then head -n 1 "$looks"; sed -i 1d "$looks"
    else rm -f "$looks"; echo dead
    fi ;;
  is-enabled) [ -L "$wants/$unit" ] && echo enabled || exit 1 ;;
  is-active) [ -e "/srv/active-$unit" ] ;;
  enable|preset) mkdir -p "$wants"; ln -sf "/lib/systemd/system/$unit" "$wants/$unit"
    [ $now = no ] || : > "/srv/active-$unit" ;;
  disable) rm -f "$wants/$unit"
    [ $now = no ] || rm -f "/srv/active-$unit" ;;
  start|restart) [ "$asked" = 1 ] || : > "/srv/active-$unit" ;;
  stop) [ ! -e "/srv/looks-$unit" ] || : > "/srv/stopped-$unit"
    [ "$asked" = 1 ] || rm -f "/srv/active-$unit" ;;
esac
"#;

/// Runs the command at once, in front.
const SYSTEMD_RUN: &str = r#"#!/bin/sh
while :; do case $1 in --*) shift ;; *) break ;; esac; done
"$@" || :
"#;

/// A host. Its folder goes when it is dropped.
#[derive(Debug)]
pub(crate) struct AptHost {
    name: HostName,
    folder: tempfile::TempDir,
    cut_when: Mutex<Option<PathBuf>>,
}

impl AptHost {
    /// A host with these packages of the site, each a name and a version.
    pub(crate) fn new(packages: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("bottari-apt-").tempdir().unwrap();
        let host = Self { name: "w-1".parse().unwrap(), folder, cut_when: Mutex::default() };
        host.furnish();
        host.bring(packages);
        host
    }

    /// Somebody installs packages of the site.
    pub(crate) fn bring(&self, packages: &[(&str, &str)]) {
        for (name, version) in packages {
            let deb = fs::read(Archive::get().of_site(name, version)).unwrap();
            self.write("srv/package.deb", deb);
            let said = self.sh("dpkg -i /srv/package.deb 2>&1");
            assert!(said.success(), "{}", said.text());
        }
    }

    /// The power goes once, as soon as this file is there.
    pub(crate) fn cut_when(&self, path: &str) {
        *self.cut_when.lock().unwrap() = Some(self.path(path));
    }

    /// Lets a program run to its end, or to the power cut.
    fn wait(&self, mut child: Child) -> Finished {
        let sign = self.cut_when.lock().unwrap().clone();
        while sign.is_some() && child.try_wait().unwrap().is_none() {
            if sign.as_ref().is_some_and(|sign| sign.exists()) {
                child.kill().unwrap();
                *self.cut_when.lock().unwrap() = None;
            }
            thread::sleep(Duration::from_millis(10));
        }
        finish(child)
    }

    fn furnish(&self) {
        let at = |path: &str| self.folder.path().join(path);
        for folder in FOLDERS {
            fs::create_dir_all(at(folder)).unwrap();
        }
        for link in ["bin", "sbin", "lib", "lib64"] {
            symlink(format!("usr/{link}"), at("root").join(link)).unwrap();
        }
        for (name, text) in [("systemctl", SYSTEMCTL), ("systemd-run", SYSTEMD_RUN)] {
            fs::write(at("upper/bin").join(name), text).unwrap();
            fs::set_permissions(at("upper/bin").join(name), fs::Permissions::from_mode(0o755))
                .unwrap();
        }
        fs::set_permissions(at(""), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(at("root/tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
        for file in ["passwd", "group"] {
            fs::copy(format!("/etc/{file}"), at("root/etc").join(file)).unwrap();
        }
        // awk and others are links to here.
        let copied =
            Command::new("cp").args(["-a", "/etc/alternatives"]).arg(at("root/etc")).status();
        assert!(copied.unwrap().success());
        for file in ["dev/null", "dev/urandom", "var/lib/dpkg/status", "var/lib/dpkg/available"] {
            self.write(file, "");
        }
        for (path, text) in SITE {
            self.write(path, text);
        }
    }

    /// A path of the host as this machine sees it.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("root").join(path.trim_start_matches('/'))
    }

    /// The text of a file, or nothing.
    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }

    /// Writes a file, behind everybody's back.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(path), text).unwrap();
    }

    /// This host, as a step takes it.
    pub(crate) fn remote(&self) -> Remote<'_> {
        Remote { name: &self.name, transport: self }
    }

    /// Runs a script there to its end.
    pub(crate) fn sh(&self, script: &str) -> Finished {
        finish(self.start(&["sh", "-c", script].map(str::to_owned), b""))
    }

    /// Begins a program there. Killing it kills all that it began.
    pub(crate) fn start(&self, argv: &[String], input: &[u8]) -> Child {
        let mut child = Command::new("unshare")
            .args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "sh"])
            .arg(self.folder.path())
            .args(argv)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("these tests need `unshare` of util-linux, and root");
        // A program that reads nothing closes its end.
        let _unread = child.stdin.take().unwrap().write_all(input);
        child
    }

    /// `NAME VERSION` of what is installed, in one line.
    pub(crate) fn installed(&self) -> String {
        let said = self.sh(
            "dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\\n' | sed -n 's/^installed //p'",
        );
        said.text().lines().collect::<Vec<_>>().join(", ")
    }

    /// What the site's own apt has, to be compared.
    pub(crate) fn site(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        for top in ["etc/apt", "var/lib/apt", "var/cache/apt"] {
            read(&self.path(top), &mut files);
        }
        files.sort();
        files
    }
}

fn read(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => read(&path, files),
            false => files.push((path.clone(), fs::read(&path).unwrap())),
        }
    }
}

fn finish(child: Child) -> Finished {
    let done = child.wait_with_output().unwrap();
    let mut finished = Finished::with(done.status.code().unwrap_or(-1), "");
    finished.stdout = Captured { bytes: done.stdout, dropped_bytes: 0 };
    finished.stderr = Captured { bytes: done.stderr, dropped_bytes: 0 };
    finished
}

#[async_trait]
impl Transport for AptHost {
    fn host(&self) -> &str {
        self.name.as_str()
    }

    async fn run(&self, command: &RemoteCommand) -> Result<Finished, TransportError> {
        Ok(self.wait(self.start(command.arguments(), command.input())))
    }

    async fn upload(&self, _: &Upload, _: &dyn Reporter) -> Result<Uploaded, TransportError> {
        panic!("packages are fetched, not sent")
    }

    async fn read_file(&self, path: &HostPath, _: u64) -> Result<Option<Vec<u8>>, TransportError> {
        Ok(fs::read(self.path(path.as_str())).ok())
    }
}
