//! Stock apt in folders of its own: it asks one repository alone, believes one key
//! alone, and thinks that nothing is installed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// What apt may be told of its surroundings; the rest is as it comes.
const SETTINGS: &str = "\
APT::Sandbox::User \"\";
APT::Update::Error-Mode \"any\";
Acquire::Languages \"none\";
Acquire::Retries \"0\";
Acquire::Check-Date \"true\";
Acquire::Check-Valid-Until \"true\";
Acquire::http::Proxy \"false\";
Acquire::https::Proxy \"false\";
";

/// Apt with its folders.
#[derive(Debug)]
pub struct PrivateApt {
    folder: tempfile::TempDir,
    clock: Option<String>,
}

impl PrivateApt {
    /// Reads the repository at this address, for hosts of this architecture, and
    /// believes the key in this file.
    pub fn new(uri: &str, key: &Path, arch: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let apt = Self { folder, clock: None };
        for name in ["lists/partial", "archives/partial", "parts", "preferences"] {
            fs::create_dir_all(apt.path(name)).expect("the folder is ours");
        }
        fs::copy(key, apt.path("key.asc")).expect("the key is there");
        let key = apt.path("key.asc");
        let source = format!(
            "Types: deb\nURIs: {uri}\nSuites: bottari\nComponents: main\nSigned-By: {}\n",
            key.display()
        );
        apt.write("bottari.sources", &source);
        apt.write("status", "");
        let arch =
            format!("APT::Architecture \"{arch}\";\nAPT::Architectures {{ \"{arch}\"; }};\n");
        apt.write("apt.conf", &(apt.folders() + &arch + SETTINGS));
        apt
    }

    /// The same under another clock, as `faketime -f` takes it: `-1d`.
    #[must_use]
    pub fn at(mut self, clock: &str) -> Self {
        self.clock = Some(clock.to_owned());
        self
    }

    /// The same where this authority alone vouches for servers.
    #[must_use]
    pub fn with_authority(self, certificate: &Path) -> Self {
        self.with("Acquire::https::CaInfo", certificate)
    }

    /// The same with a line of `auth.conf`.
    #[must_use]
    pub fn with_login(self, line: &str) -> Self {
        self.write("login", line);
        let login = self.path("login");
        self.with("Dir::Etc::netrc", &login)
    }

    fn with(self, name: &str, path: &Path) -> Self {
        let before = fs::read_to_string(self.path("apt.conf")).expect("it was written before");
        let line = format!("{name} \"{}\";\n", path.display());
        self.write("apt.conf", &(before + &line));
        self
    }

    /// `update`, then fetches a package with what it needs; gives what apt says when it
    /// does not do one of the two.
    pub fn fetch(&self, package: &str) -> Result<(), String> {
        self.run(&["update"])?;
        self.run(&["-y", "--download-only", "install", package]).map(drop)
    }

    /// Runs apt to its end; gives what it prints, or all that it says when it fails.
    pub fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = match &self.clock {
            None => Command::new("apt-get"),
            Some(clock) => {
                let mut command = Command::new("faketime");
                command.args(["-f", clock, "apt-get"]);
                command
            }
        };
        command.env("APT_CONFIG", self.path("apt.conf")).env("LC_ALL", "C");
        let done = command.arg("-q").args(arguments).output().expect("apt is here");
        match done.status.success() {
            true => Ok(text(&done.stdout)),
            false => Err(said(&done)),
        }
    }

    /// Leaves a part of a package as a download that was cut, of this day as `touch -d`
    /// takes it.
    pub fn begin(&self, name: &str, bytes: &[u8], day: &str) {
        let part = self.path("archives/partial").join(name);
        fs::write(&part, bytes).expect("the folder is ours");
        let mut touch = Command::new("touch");
        crate::stock::succeed(touch.args(["-d", day]).arg(part));
    }

    /// The files that it has fetched, sorted, with their bytes.
    pub fn fetched(&self) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(self.path("archives")).expect("the folder is ours");
        let paths = entries.map(|entry| entry.expect("the folder is ours").path());
        let debs = paths.filter(|path| path.extension().is_some_and(|ending| ending == "deb"));
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut debs: Vec<_> = debs
            .map(|path| (name(&path).unwrap_or_default(), fs::read(&path).expect("it is a file")))
            .collect();
        debs.sort();
        debs
    }

    fn folders(&self) -> String {
        let folders = [
            ("Dir::Etc::sourcelist", "bottari.sources"),
            ("Dir::Etc::sourceparts", "parts"),
            ("Dir::Etc::parts", "parts"),
            ("Dir::Etc::trusted", "no-keys"),
            ("Dir::Etc::trustedparts", "parts"),
            ("Dir::Etc::preferencesparts", "preferences"),
            ("Dir::State", "."),
            ("Dir::State::lists", "lists"),
            ("Dir::State::status", "status"),
            ("Dir::Cache", "."),
            ("Dir::Cache::archives", "archives"),
        ];
        let line = |(name, to)| format!("{name} \"{}\";\n", self.path(to).display());
        folders.map(line).concat()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("the folder is ours");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn said(done: &Output) -> String {
    text(&done.stdout) + &text(&done.stderr)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
