//! The connected side of a journey: an upstream, a release, a key, and a
//! sandbox to run the builder in.

use crate::{
    fixtures::{self, Demo, Options},
    run::{Outcome, Program, Sandbox},
    upstream::Upstream,
};
use std::{fs, path::PathBuf};

/// A sandbox with a release and a key, beside the upstream that has what it names.
#[derive(Debug)]
pub struct Office {
    /// Where the programs run.
    pub sandbox: Sandbox,
    /// Has everything that the release names.
    pub upstream: Upstream,
    /// The release.
    pub demo: Demo,
}

impl Office {
    /// An office with a demo release, a mirrors file and a key without password.
    pub fn open() -> Self {
        Self::with(&Options::default())
    }

    /// The same with another release than the usual one.
    pub fn with(options: &Options) -> Self {
        let mut sandbox = Sandbox::new().expect("a folder can be made");
        let upstream = Upstream::start().expect("a port is free");
        let demo = fixtures::demo(&sandbox.path("."), options).expect("the folder is ours");
        demo.publish(&upstream);
        demo.write_mirrors(&upstream).expect("the folder is ours");
        sandbox.set("BOTTARI_CACHE", "cache");
        let office = Self { sandbox, upstream, demo };
        office.builder("key generate -o release.key --no-password");
        office
    }

    /// The same, with the release locked and built.
    pub fn with_bundle() -> Self {
        Self::with_bundle_of(&Options::default())
    }

    /// The same for another release than the usual one.
    pub fn with_bundle_of(options: &Options) -> Self {
        let office = Self::with(options);
        office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
        office.builder(
            "build releases/demo.lock --mirrors mirrors.yaml --key release.key -o demo.bundle",
        );
        office
    }

    /// Runs the builder, which must succeed.
    pub fn builder(&self, line: &str) -> Outcome {
        let outcome = self.try_builder(line);
        assert_eq!(outcome.code, Some(0), "{line}: {}", outcome.stderr);
        outcome
    }

    /// Runs the builder.
    pub fn try_builder(&self, line: &str) -> Outcome {
        self.sandbox.run(Program::Builder, &words(line))
    }

    /// Runs the installer.
    pub fn installer(&self, line: &str) -> Outcome {
        self.sandbox.run(Program::Installer, &words(line))
    }

    /// Runs the builder, which must fail, and gives its code and its words.
    pub fn refusal(&self, line: &str) -> String {
        let outcome = self.try_builder(line);
        let code = outcome.code.expect("no signal ended it");
        assert_ne!(code, 0, "{line}: {}", outcome.stderr);
        format!("{}exit code {code}", self.sandbox.redact(&outcome.stderr))
    }

    /// A path in the sandbox.
    pub fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path(name)
    }

    /// What lies in a folder, sorted.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).expect("the folder is there");
        let name = |entry: std::io::Result<fs::DirEntry>| {
            entry.expect("it can be listed").file_name().to_string_lossy().into_owned()
        };
        let mut names: Vec<_> = entries.map(name).collect();
        names.sort();
        names
    }

    /// The bytes of a file in the sandbox.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("the file is there")
    }
}

/// The words of a command line.
pub fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}
