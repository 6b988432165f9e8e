//! Packages and a signed repository of them, made with the tools of Debian, and
//! a server for it.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, OnceLock},
    thread,
};

/// What packages have, beside their names: more lines of `control`, and files,
/// of which `DEBIAN/…` are dpkg's.
type Recipe = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const WEB_UNIT: &str = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n";
/// As debhelper writes it.
const WEB_POSTINST: &str = "#!/bin/sh\nset -e\ndeb-systemd-helper enable web.service > /dev/null\n\
    systemctl --system daemon-reload\ndeb-systemd-invoke start web.service\n";
/// Waits where a test can stop it.
const SLOW_POSTINST: &str = "#!/bin/sh\nset -e\n: > /srv/began\n\
    while [ -e /srv/hold ]; do sleep 0.05; done\n";

/// What the repository has.
const OURS: &[Recipe] = &[
    ("conntrack", "1.4-1", "Depends: libtoy (>= 2)\n", &[]),
    ("libtoy", "2.0", "", &[]),
    ("socat", "1.8", "", &[]),
    ("rival", "1", "Conflicts: enemy\n", &[]),
    ("needy", "1", "Depends: libc6 (>= 99)\n", &[]),
    (
        "web",
        "1",
        "",
        &[("lib/systemd/system/web.service", WEB_UNIT), ("DEBIAN/postinst", WEB_POSTINST)],
    ),
    (
        "settings",
        "2",
        "",
        &[("etc/settings.conf", "new\n"), ("DEBIAN/conffiles", "/etc/settings.conf\n")],
    ),
    ("slow", "1", "", &[("DEBIAN/postinst", SLOW_POSTINST)]),
    ("last", "1", "Depends: slow\n", &[]),
];

/// What a later release has.
const LATER: &[Recipe] = &[("conntrack", "1.5-1", "", &[])];

/// What the site has of its own.
const THEIRS: &[Recipe] = &[
    ("socat", "1.7", "", &[]),
    ("socat", "1.9", "", &[]),
    ("enemy", "1", "", &[]),
    (
        "settings",
        "1",
        "",
        &[("etc/settings.conf", "old\n"), ("DEBIAN/conffiles", "/etc/settings.conf\n")],
    ),
    ("web", "0", "", &[("lib/systemd/system/web.service", WEB_UNIT)]),
    ("dependant", "1", "Depends: libtoy\n", &[]),
];

/// An address, what was asked for there, and the folder that is served.
type Changing = (String, Arc<Mutex<Vec<String>>>, Arc<Mutex<PathBuf>>);

/// All packages and the repository, made once.
#[derive(Debug)]
pub(crate) struct Archive {
    folder: tempfile::TempDir,
    pub(crate) key: String,
}

impl Archive {
    pub(crate) fn get() -> &'static Self {
        static MADE: OnceLock<Archive> = OnceLock::new();
        MADE.get_or_init(|| Self::make(OURS, "Sat, 01 Aug 2026"))
    }

    /// A release of a month later, signed with a key of its own.
    pub(crate) fn later() -> Self {
        Self::make(LATER, "Tue, 01 Sep 2026")
    }

    fn make(ours: &[Recipe], day: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for place in
            ["repository/pool", "repository/dists/bottari/main/binary-amd64", "site", "keys"]
        {
            fs::create_dir_all(at(place)).unwrap();
        }
        for (recipes, place) in [(ours, "repository/pool"), (THEIRS, "site")] {
            for recipe in recipes {
                build(recipe, &at(place));
            }
        }
        let key = sign(folder.path(), day);
        Self { folder, key }
    }

    /// The `dists` folder as a `tar` archive.
    pub(crate) fn lists(&self) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        tar.append_dir_all("dists", self.folder.path().join("repository/dists")).unwrap();
        tar.into_inner().unwrap()
    }

    /// A package that the site brings itself.
    pub(crate) fn of_site(&self, name: &str, version: &str) -> PathBuf {
        self.folder.path().join(format!("site/{name}_{version}_all.deb"))
    }

    /// What is served.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    /// Serves the repository on loopback: its address, and what was asked for.
    pub(crate) fn serve(&self) -> (String, Arc<Mutex<Vec<String>>>) {
        let (url, asked, _root) = self.serve_changing();
        (url, asked)
    }

    /// The same, where another folder may come to the same address: that of another
    /// archive's [`Self::root`].
    pub(crate) fn serve_changing(&self) -> Changing {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let place = Arc::new(Mutex::new(self.root()));
        let (root, heard) = (place.clone(), asked.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (root, heard) = (root.lock().unwrap().clone(), heard.clone());
                thread::spawn(move || answer(stream, &root, &heard));
            }
        });
        (format!("http://{address}"), asked, place)
    }
}

/// Where a server lets users in alone: its address.
pub(crate) fn closed_to_strangers() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            while asked(&mut stream).is_some() {
                let answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"bottari\"\r\nContent-Length: 0\r\n\r\n";
                if stream.write_all(answer.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    format!("http://{address}")
}

/// Answers one request after the other, until the client has enough.
pub(super) fn answer(mut stream: impl Read + Write, root: &Path, heard: &Mutex<Vec<String>>) {
    while let Some(path) = asked(&mut stream) {
        let body = fs::read(root.join(path.trim_start_matches('/')));
        heard.lock().unwrap().push(path);
        let (status, body) = match body {
            Ok(body) => ("200 OK", body),
            Err(_) => ("404 Not Found", Vec::new()),
        };
        let first = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
        if stream.write_all(&[first.into_bytes(), body].concat()).is_err() {
            return;
        }
    }
}

/// The path of the next request.
fn asked(stream: &mut impl Read) -> Option<String> {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        text.push(byte[0].into());
    }
    text.split(' ').nth(1).map(str::to_owned)
}

fn build((name, version, control, files): &Recipe, into: &Path) {
    let tree = tempfile::tempdir().unwrap();
    let control = format!(
        "Package: {name}\nVersion: {version}\nArchitecture: all\n\
         Maintainer: Nobody <nobody@example.org>\n{control}Description: a toy\n"
    );
    let own = format!("opt/toys/{name}");
    let fixed = BTreeMap::from([("DEBIAN/control", control.as_str()), (&own, version)]);
    for (path, text) in fixed.into_iter().chain(files.iter().copied()) {
        let path = tree.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        if path.ends_with("DEBIAN/postinst") {
            run(Command::new("chmod").arg("755").arg(&path));
        }
    }
    let target = into.join(format!("{name}_{version}_all.deb"));
    run(Command::new("dpkg-deb")
        .args(["--root-owner-group", "-Zgzip", "-b"])
        .args([tree.path(), &target]));
}

/// Makes the lists, and signs them with a key of their own; the public key.
fn sign(folder: &Path, day: &str) -> String {
    let suite = folder.join("repository/dists/bottari");
    let scan =
        run(Command::new("dpkg-scanpackages").arg("pool").current_dir(folder.join("repository")));
    fs::write(suite.join("main/binary-amd64/Packages"), &scan).unwrap();
    let release = format!(
        "Origin: Bottari\nSuite: bottari\nCodename: bottari\nDate: {day} 00:00:00 UTC\n\
         Architectures: amd64\nComponents: main\nSHA256:\n {} {} main/binary-amd64/Packages\n",
        bundles::sha256(&scan).hex(),
        scan.len()
    );
    fs::write(suite.join("Release"), release).unwrap();
    let keys = folder.join("keys");
    run(Command::new("chmod").arg("700").arg(&keys));
    let gpg = |arguments: &[&str]| {
        let mut gpg = Command::new("gpg");
        gpg.arg("--homedir").arg(&keys).args(["-q", "--batch", "--passphrase", ""]).args(arguments);
        String::from_utf8(run(gpg.current_dir(&suite))).unwrap()
    };
    // The key is as old as the repository.
    let time = "--faked-system-time=20260801T000000";
    gpg(&[time, "--quick-gen-key", "toys@example.org", "ed25519", "sign", "never"]);
    gpg(&[time, "--clearsign", "-o", "InRelease", "Release"]);
    let key = gpg(&["--armor", "--export"]);
    let _ended =
        Command::new("gpgconf").arg("--homedir").arg(&keys).args(["--kill", "all"]).output();
    key
}

fn run(command: &mut Command) -> Vec<u8> {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}
