//! The connected side of a journey: an upstream, a release, a key, and a
//! sandbox to run the builder in.

use journeys::{
    fixtures::{self, Demo, Options},
    run::{Outcome, Program, Sandbox},
    upstream::Upstream,
};
use std::{fs, path::PathBuf};

pub(crate) struct Office {
    pub(crate) sandbox: Sandbox,
    pub(crate) upstream: Upstream,
    pub(crate) demo: Demo,
}

impl Office {
    /// An office with a demo release, a mirrors file and a key without password.
    pub(crate) fn open() -> Self {
        Self::with(&Options::default())
    }

    fn with(options: &Options) -> Self {
        let mut sandbox = Sandbox::new().unwrap();
        let upstream = Upstream::start().unwrap();
        let demo = fixtures::demo(&sandbox.path("."), options).unwrap();
        demo.publish(&upstream);
        demo.write_mirrors(&upstream).unwrap();
        sandbox.set("BOTTARI_CACHE", "cache");
        let office = Self { sandbox, upstream, demo };
        office.builder("key generate -o release.key --no-password");
        office
    }

    /// The same, with the release locked and built.
    pub(crate) fn with_bundle() -> Self {
        Self::with_bundle_of(&Options::default())
    }

    /// The same for another release than the usual one.
    pub(crate) fn with_bundle_of(options: &Options) -> Self {
        let office = Self::with(options);
        office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
        office.builder(
            "build releases/demo.lock --mirrors mirrors.yaml --key release.key -o demo.bundle",
        );
        office
    }

    /// Runs the builder, which must succeed.
    pub(crate) fn builder(&self, line: &str) -> Outcome {
        let outcome = self.try_builder(line);
        assert_eq!(outcome.code, Some(0), "{line}: {}", outcome.stderr);
        outcome
    }

    /// Runs the builder.
    pub(crate) fn try_builder(&self, line: &str) -> Outcome {
        self.sandbox.run(Program::Builder, &words(line))
    }

    /// Runs the builder, which must fail, and gives its code and its words.
    pub(crate) fn refusal(&self, line: &str) -> String {
        let outcome = self.try_builder(line);
        let code = outcome.code.unwrap();
        assert_ne!(code, 0, "{line}: {}", outcome.stderr);
        format!("{}exit code {code}", self.sandbox.redact(&outcome.stderr))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path(name)
    }

    /// What lies in a folder, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }
}

pub(crate) fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}
