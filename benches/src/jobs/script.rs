//! What a careful engineer's script takes for the same work.

use crate::{
    measure::{Sample, measure, written_bytes},
    problem::{Result, empty_folder, make_folder, remove_folder, write},
    servers::Registry,
    stand::Stand,
};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The script in a folder of its own.
#[derive(Debug)]
pub(super) struct Script<'a> {
    stand: &'a Stand,
    folder: PathBuf,
}

impl<'a> Script<'a> {
    pub(super) fn set_up(stand: &'a Stand) -> Result<Self> {
        let folder = empty_folder(stand.scratch.join("script"))?;
        let contents = &stand.workload.contents;
        let images = contents.images.iter().map(|it| format!("{} {}", it.repository, it.tag));
        let files = contents.files.iter().map(|it| it.name.clone());
        write(&folder.join("images"), &lines(images))?;
        write(&folder.join("files"), &lines(files))?;
        let home = make_folder(folder.join("home/.config/containers"))?;
        write(&home.join("policy.json"), r#"{"default":[{"type":"insecureAcceptAnything"}]}"#)?;
        Ok(Self { stand, folder })
    }

    /// From nothing to one file and its digest.
    pub(super) fn create(&self) -> Result<Sample> {
        remove_folder(&self.folder.join("carry"))?;
        self.create_again()
    }

    /// The same over what is there.
    pub(super) fn create_again(&self) -> Result<Sample> {
        let registry = self.stand.registry.address();
        self.run("create", &[("REGISTRY", &registry), ("FILES", &self.stand.files.url())])
    }

    /// Frees the disk of what is in the one file now.
    pub(super) fn forget_sources(&self) -> Result<()> {
        remove_folder(&self.folder.join("carry"))
    }

    pub(super) fn verify(&self) -> Result<Sample> {
        self.run("verify", &[])
    }

    /// From the file on disk to a registry with all images, and the pushing again.
    pub(super) fn serve(&self) -> Result<(Sample, Sample)> {
        let data = empty_folder(self.stand.scratch.join("target"))?;
        let registry = Registry::start(&data, &self.stand.scratch)?;
        let address = registry.address();
        let target = [("TARGET", address.as_str())];
        let unpack = self.run("unpack", &[])?;
        let push = written_too(&registry, || self.run("push", &target))?;
        let again = written_too(&registry, || self.run("push", &target))?;
        drop(registry);
        remove_folder(&data)?;
        remove_folder(&self.folder.join("there"))?;
        Ok((unpack.then(push), again))
    }

    /// The file that it carries.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.join("carry.tar.zst")
    }

    fn run(&self, verb: &str, variables: &[(&str, &str)]) -> Result<Sample> {
        let mut command = Command::new("bash");
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("careful-script")).arg(verb);
        command.current_dir(&self.folder).env("HOME", self.folder.join("home"));
        command.env_remove("XDG_RUNTIME_DIR").envs(variables.iter().copied());
        measure(&mut command, &self.folder.join("talk"), &self.stand.servers())
    }
}

fn lines(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join("\n") + "\n"
}

/// What the registry writes is written by the job that pushes.
fn written_too(registry: &Registry, work: impl FnOnce() -> Result<Sample>) -> Result<Sample> {
    let before = written_bytes(registry.id())?;
    let mut sample = work()?;
    sample.written += written_bytes(registry.id())? - before;
    Ok(sample)
}
