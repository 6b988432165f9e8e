//! A Debian archive of our own: packages by `dpkg-deb`, lists by
//! `dpkg-scanpackages`, signatures by GnuPG, served by an [`Upstream`].

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on ends its test")]

use crate::{
    gnupg::Keyring,
    stock::{succeed, tool},
    upstream::{Upstream, sha256},
};
use std::{fmt::Write, fs, path::Path, process::Command};
use tempfile::TempDir;

/// Where the archive is for those who do not know that it is a copy.
pub const ROOT: &str = "https://archive.example/sample";

/// Where its keys are.
pub const KEYS: &str = "https://archive.example/keys.asc";

/// The one list of packages, below the suite.
pub const LIST: &str = "main/binary-amd64/Packages";

/// An archive on disk, with a key.
#[derive(Debug)]
pub struct Archive {
    /// Makes more keys, or takes them back.
    pub keyring: Keyring,
    /// The fingerprint of the key that signs.
    pub key: String,
    folder: TempDir,
}

/// What the archive says of itself.
#[derive(Debug, Clone)]
pub struct Words {
    /// `Suite`.
    pub suite: String,
    /// `Codename`.
    pub codename: String,
    /// `Date`, in words of `date`: `2 hours ago`.
    pub date: String,
    /// `Valid-Until`, in the same words.
    pub valid_until: Option<String>,
    /// Whether lists are offered by their digest.
    pub by_hash: bool,
    /// How lists are packed: endings of `Packages`.
    pub forms: Vec<&'static str>,
    /// Whether the signature is a file of its own.
    pub beside: bool,
    /// Who signs; the archive's key when nobody is named.
    pub signer: Option<String>,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            suite: "stable".into(),
            codename: "one".into(),
            date: "2 hours ago".into(),
            valid_until: Some("7 days".into()),
            by_hash: true,
            forms: vec!["", ".gz", ".xz"],
            beside: false,
            signer: None,
        }
    }
}

impl Archive {
    /// An empty one; none where Debian's tools are missing.
    pub fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        for name in ["dpkg-deb", "dpkg-scanpackages", "xz", "gzip"] {
            tool(name, folder.path())?;
        }
        let keyring = Keyring::new()?;
        let key = keyring.make("archive@example.org", "never");
        fs::create_dir(folder.path().join("pool")).unwrap();
        Some(Self { keyring, key, folder })
    }

    /// Adds a package; `more` are further lines of its control file.
    pub fn add(&self, name: &str, version: &str, more: &str) {
        let made = tempfile::tempdir().unwrap();
        fs::create_dir(made.path().join("DEBIAN")).unwrap();
        let control = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: a <a@example.org>\n\
             Description: a sample\n{more}"
        );
        fs::write(made.path().join("DEBIAN/control"), control).unwrap();
        let without_epoch = version.split_once(':').map_or(version, |(_, version)| version);
        let deb = format!("pool/{name}_{without_epoch}_amd64.deb");
        let mut build = tool("dpkg-deb", self.folder.path()).unwrap();
        build.args(["--root-owner-group", "-Zxz", "-b"]).arg(made.path());
        succeed(build.arg(self.folder.path().join(deb)));
    }

    /// Serves everything as it is now, with these words.
    pub fn publish(&self, upstream: &Upstream, words: &Words) {
        upstream.put_folder(&format!("{ROOT}/pool"), &self.folder.path().join("pool")).unwrap();
        upstream.put_file(KEYS, self.keyring.public(&self.key));
        let lists = self.lists(&words.forms);
        let suite = format!("{ROOT}/dists/{}", words.codename);
        for (path, bytes) in &lists {
            upstream.put_file(&format!("{suite}/{path}"), bytes.clone());
            if words.by_hash {
                let digest = sha256(bytes);
                let folder = path.rsplit_once('/').unwrap().0;
                let url = format!("{suite}/{folder}/by-hash/SHA256/{}", digest.hex());
                upstream.put_file(&url, bytes.clone());
            }
        }
        self.sign(upstream, &suite, words, &release(words, &lists));
    }

    /// The bytes of every form of the list, by path.
    fn lists(&self, forms: &[&str]) -> Vec<(String, Vec<u8>)> {
        let mut scan = tool("dpkg-scanpackages", self.folder.path()).unwrap();
        scan.current_dir(self.folder.path()).args(["--multiversion", "pool"]);
        let plain = succeed(&mut scan).stdout;
        let path = self.folder.path().join("Packages");
        fs::write(&path, &plain).unwrap();
        let packed = |form: &&str| match *form {
            ".xz" => pack("xz", &path),
            ".gz" => pack("gzip", &path),
            _ => plain.clone(),
        };
        forms.iter().map(|form| (format!("{LIST}{form}"), packed(form))).collect()
    }

    /// A text with the archive's signature of now around it.
    pub fn clear_sign(&self, text: &str) -> String {
        self.keyring.clear_sign(&self.key, &date("+%Y%m%dT%H%M%S", "1 hour ago"), text)
    }

    fn sign(&self, upstream: &Upstream, suite: &str, words: &Words, release: &str) {
        let key = words.signer.as_ref().unwrap_or(&self.key);
        let signed = &date("+%Y%m%dT%H%M%S", &words.date);
        if words.beside {
            upstream.remove_file(&format!("{suite}/InRelease"));
            upstream.put_file(&format!("{suite}/Release"), release.to_owned());
            let signature = self.keyring.sign(key, signed, true, release.as_bytes());
            upstream.put_file(&format!("{suite}/Release.gpg"), signature);
        } else {
            let signed = self.keyring.clear_sign(key, signed, release);
            upstream.put_file(&format!("{suite}/InRelease"), signed);
        }
    }
}

fn pack(program: &str, path: &Path) -> Vec<u8> {
    let mut command = tool(program, path.parent().unwrap()).unwrap();
    succeed(command.args(["--stdout", "--keep"]).arg(path)).stdout
}

fn release(words: &Words, lists: &[(String, Vec<u8>)]) -> String {
    let Words { suite, codename, by_hash, .. } = words;
    let mut text = format!(
        "Origin: Sample\nSuite: {suite}\nCodename: {codename}\nDate: {}\nArchitectures: amd64\nComponents: main\n",
        day(&words.date)
    );
    if let Some(until) = &words.valid_until {
        writeln!(text, "Valid-Until: {}", day(until)).unwrap();
    }
    if *by_hash {
        text += "Acquire-By-Hash: yes\n";
    }
    text += "SHA256:\n";
    for (path, bytes) in lists {
        writeln!(text, " {} {} {path}", sha256(bytes).hex(), bytes.len()).unwrap();
    }
    text
}

/// A date as archives write it.
fn day(words: &str) -> String {
    date("+%a, %d %b %Y %H:%M:%S UTC", words)
}

/// A date in some form.
fn date(form: &str, words: &str) -> String {
    let mut date = Command::new("date");
    date.env("LC_ALL", "C").args(["--utc", form, "--date", words]);
    String::from_utf8(succeed(&mut date).stdout).unwrap().trim().to_owned()
}
