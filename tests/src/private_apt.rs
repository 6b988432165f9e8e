//! Stock apt in folders of its own: it asks our repository alone, believes our key
//! alone, and thinks that nothing is installed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Apt with its folders.
pub(crate) struct PrivateApt {
    folder: tempfile::TempDir,
}

impl PrivateApt {
    /// Reads one repository, and believes the key of this file.
    pub(crate) fn new(uri: &str, key: &Path, arch: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["lists/partial", "archives/partial", "parts", "preferences"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let apt = Self { folder };
        fs::copy(key, apt.path("key.asc")).unwrap();
        let source = format!(
            "Types: deb\nURIs: {uri}\nSuites: bottari\nComponents: main\nSigned-By: {}\n",
            apt.path("key.asc").display()
        );
        fs::write(apt.path("bottari.sources"), source).unwrap();
        fs::write(apt.path("status"), "").unwrap();
        let paths = [
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
        let lines = paths.map(|(name, to)| format!("{name} \"{}\";\n", apt.path(to).display()));
        let rest =
            format!("APT::Architecture \"{arch}\";\nAPT::Architectures {{ \"{arch}\"; }};\n");
        let rest = rest
            + "APT::Sandbox::User \"\";\nAcquire::Languages \"none\";\n\
            Acquire::Check-Date \"true\";\nAcquire::Check-Valid-Until \"true\";\n\
            Acquire::http::Proxy \"false\";\nAcquire::https::Proxy \"false\";\n";
        fs::write(apt.path("apt.conf"), lines.concat() + &rest).unwrap();
        apt
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("apt-get");
        command.env("APT_CONFIG", self.path("apt.conf")).env("LC_ALL", "C");
        command.arg("-q").args(arguments).output().unwrap()
    }

    /// `update`, then fetches a package with what it needs; gives what apt says to
    /// the first that it does not do.
    pub(crate) fn fetch(&self, package: &str) -> Result<(), String> {
        // Without it a warning is enough for what cannot be had.
        let update = ["-o", "APT::Update::Error-Mode=any", "update"];
        let install = ["-y", "--download-only", "install", package];
        for arguments in [&update[..], &install] {
            let done = self.run(arguments);
            if !done.status.success() {
                return Err(crate::stock::said(&done));
            }
        }
        Ok(())
    }

    /// The files that it has fetched.
    pub(crate) fn fetched(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("archives")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name.ends_with(".deb")).collect();
        names.sort();
        names
    }
}
