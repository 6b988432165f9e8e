//! Our own jobs, as an operator would type them.

use super::serving::Site;
use crate::{
    measure::{Sample, measure},
    problem::{Result, at, empty_folder, remove_folder, write},
    stand::Stand,
    tools,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A release that is locked, a key, a cache.
#[derive(Debug)]
pub(crate) struct Ours<'a> {
    stand: &'a Stand,
    folder: PathBuf,
}

impl<'a> Ours<'a> {
    /// Makes a key and the mirrors file.
    pub(crate) fn set_up(stand: &'a Stand) -> Result<Self> {
        let folder = empty_folder(stand.scratch.join("ours"))?;
        write(&folder.join("mirrors.yaml"), &stand.mirrors().text())?;
        let ours = Self { stand, folder };
        let mut key = ours.stand.programs.builder("key", &ours.folder);
        tools::succeed(key.args(["generate", "-o", "release.key", "--no-password"]))?;
        Ok(ours)
    }

    /// Locks a release of the workload: with what the last lock left when `which`
    /// is the second one.
    pub(crate) fn lock(&self, which: usize) -> Result<Sample> {
        let mut command = self.stand.programs.builder("lock", &self.folder);
        command.arg(self.stand.workload.release(which)).args(["--all-platforms", "--quiet"]);
        command.args(["--mirrors", "mirrors.yaml", "--cache", "lock-cache"]);
        command.arg("-o").arg(lockfile(which));
        self.measure(&mut command)
    }

    /// Removes what only `lock` needed.
    pub(crate) fn forget_lock(&self) -> Result<()> {
        remove_folder(&self.folder.join("lock-cache"))
    }

    /// Builds with an empty cache.
    pub(crate) fn cold(&self) -> Result<Sample> {
        remove_folder(&self.folder.join("cache"))?;
        self.remove_bundle(1)?;
        self.build(1, &[])
    }

    /// Builds with no cache at all; none when the program cannot.
    pub(crate) fn cold_without_cache(&self) -> Result<Option<Sample>> {
        if !self.stand.programs.builder_has("build", "--no-cache") {
            return Ok(None);
        }
        self.remove_bundle(1)?;
        let sample = self.measure(self.build_command(1).arg("--no-cache"))?;
        Ok(Some(sample))
    }

    /// Builds once more over the bundle that is there.
    pub(crate) fn again(&self) -> Result<Sample> {
        self.build(1, &[])
    }

    /// Builds the release with one other image beside the one before.
    pub(crate) fn changed(&self) -> Result<Sample> {
        self.remove_bundle(2)?;
        let reuse = self.stand.programs.builder_has("build", "--reuse");
        let before = ["--reuse".to_owned(), bundle_name(1)];
        self.build(2, if reuse { &before } else { &[] })
    }

    /// Frees the disk of what the next jobs do not need.
    pub(crate) fn forget_cache(&self) -> Result<()> {
        remove_folder(&self.folder.join("cache"))?;
        self.remove_bundle(2)
    }

    pub(crate) fn verify(&self) -> Result<Sample> {
        let mut command = self.stand.programs.installer("verify", &self.folder);
        command.args(["--trust", "release.pub", "--state-dir", "state"]).arg(bundle_name(1));
        self.measure(&mut command)
    }

    /// Everything `serve` needs.
    pub(crate) fn site(&self) -> Site<'_> {
        Site { stand: self.stand, folder: &self.folder, bundle: self.bundle() }
    }

    /// The bundle of the first release.
    pub(crate) fn bundle(&self) -> PathBuf {
        self.folder.join(bundle_name(1))
    }

    /// What the bundle says made it.
    pub(crate) fn encoder(&self) -> Result<String> {
        let mut command = self.stand.programs.builder("inspect", &self.folder);
        let output = tools::succeed(command.arg("--json").arg(bundle_name(1)))?;
        let value: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        Ok(value["manifest"]["encoder"].as_str().unwrap_or("unknown").to_owned())
    }

    fn build(&self, which: usize, more: &[String]) -> Result<Sample> {
        let mut command = self.build_command(which);
        self.measure(command.args(["--cache", "cache"]).args(more))
    }

    fn build_command(&self, which: usize) -> Command {
        let mut command = self.stand.programs.builder("build", &self.folder);
        command.arg(lockfile(which)).args(["--mirrors", "mirrors.yaml", "--quiet"]);
        command.args(["--key", "release.key", "-o"]).arg(bundle_name(which));
        command
    }

    fn measure(&self, command: &mut Command) -> Result<Sample> {
        measure(command, &self.folder.join("talk"), &self.stand.servers())
    }

    fn remove_bundle(&self, which: usize) -> Result<()> {
        let path = self.folder.join(bundle_name(which));
        if path.exists() { fs::remove_file(&path).map_err(at(&path)) } else { Ok(()) }
    }
}

fn lockfile(which: usize) -> String {
    format!("bench-{which}.lock")
}

fn bundle_name(which: usize) -> String {
    format!("bench-{which}.bottari.tar.zst")
}

/// What a file holds, to see whether two are the same.
pub(super) fn fingerprint(path: &Path) -> Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(fs::File::open(path).map_err(at(path))?)?;
    Ok(hasher.finalize())
}
