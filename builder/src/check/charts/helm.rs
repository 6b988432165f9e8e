//! The Helm of a release: unpacked out of its archive for the time of a check,
//! and run with nothing of this machine around it.

use super::{
    ChartError,
    apis::Apis,
    run::{self, Ended, Limits},
};
use crate::passing::Passing;
use flate2::read::GzDecoder;
use manifests::{Arch, Version, component::Rendering, patch::RenderError};
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::Command,
};

/// Larger than any Helm is, in bytes: those of 2026 have 60 MB.
const LARGEST: u64 = 512 * 1024 * 1024;

/// What the names of Helm's folders begin with.
const PREFIX: &str = "bottari-helm-";

/// How much of Helm's words is shown, in characters.
const WORDS: usize = 4000;

/// Nobody answers there. `values.schema.json` of a chart may name addresses, and a
/// check asks nobody.
const NOWHERE: &str = "http://127.0.0.1:0";

/// A Helm that can be run.
#[derive(Debug)]
pub(super) struct Helm {
    /// For our user alone, and gone with this value.
    folder: Passing,
}

/// A chart and what it is rendered with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chart<'a> {
    pub(super) archive: &'a [u8],
    pub(super) render: &'a Rendering,
    /// The version of Kubernetes; without one, Helm takes the oldest that it knows.
    pub(super) kubernetes: Option<&'a Version>,
    pub(super) apis: &'a Apis,
}

impl Helm {
    /// Takes `linux-ARCH/helm` out of an archive whose digest has been checked.
    /// Nothing else of it touches the disk.
    pub(super) fn unpack(archive: &[u8], arch: Arch) -> Result<Self, ChartError> {
        let parent = std::env::temp_dir();
        let folder = Passing::within(&parent, PREFIX);
        let folder = folder.map_err(ChartError::io("create a folder in", &parent))?;
        unpack(archive, &format!("linux-{arch}/helm"), &folder.path().join("helm"))?;
        Ok(Self { folder })
    }

    /// The manifest that a chart comes to.
    pub(super) fn render(
        &self,
        chart: Chart<'_>,
        limits: Limits<'_>,
    ) -> Result<String, ChartError> {
        self.write("chart.tgz", chart.archive)?;
        // JSON is YAML that every reader understands alike.
        let values = serde_json::to_vec(&chart.render.values).expect("values are a map of texts");
        self.write("values.json", &values)?;
        let Ended { status, output, errors } =
            run::run(&mut self.command(chart), self.folder.path(), limits)?;
        if !status.success() {
            return Err(ChartError::Refused { status, words: self.words(&errors) });
        }
        let unreadable = |error| ChartError::Unreadable(RenderError::NotText(error));
        String::from_utf8(output).map_err(|error| unreadable(error.utf8_error()))
    }

    /// Tests of a chart are left out: nothing installs them.
    fn command(&self, chart: Chart<'_>) -> Command {
        let Chart { render, kubernetes, apis, .. } = chart;
        let mut command = Command::new(self.folder.path().join("helm"));
        self.close(&mut command);
        command.arg("template").args([render.release.as_str(), "chart.tgz"]);
        command.arg(format!("--namespace={}", render.namespace));
        command.args(["--values=values.json", "--include-crds", "--skip-tests"]);
        command.args(kubernetes.map(|version| format!("--kube-version={version}")));
        command.args(apis.iter().map(|api| format!("--api-versions={api}")));
        command
    }

    /// No configuration, no plugins, no way out.
    fn close(&self, command: &mut Command) {
        let folder = self.folder.path();
        command.current_dir(folder).env_clear().env("HOME", folder).env("TMPDIR", folder);
        for place in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
            command.env(place, folder.join(place));
        }
        command.env("HTTP_PROXY", NOWHERE).env("HTTPS_PROXY", NOWHERE);
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), ChartError> {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).map_err(ChartError::io("write", &path))
    }

    /// The end of what it said, without our folder and without what moves a cursor.
    fn words(&self, errors: &[u8]) -> String {
        let folder = format!("{}/", self.folder.path().display());
        let text = String::from_utf8_lossy(errors).replace(&folder, "");
        let plain = text.trim().chars().filter(|letter| *letter == '\n' || !letter.is_control());
        let plain: Vec<_> = plain.collect();
        plain[plain.len().saturating_sub(WORDS)..].iter().collect()
    }
}

fn unpack(archive: &[u8], member: &str, to: &Path) -> Result<(), ChartError> {
    let mut archive = tar::Archive::new(GzDecoder::new(archive));
    for entry in archive.entries().map_err(ChartError::Archive)? {
        let mut entry = entry.map_err(ChartError::Archive)?;
        let name = entry.path_bytes();
        if name.strip_prefix(b"./").unwrap_or(&name) == member.as_bytes() {
            return write_program(&program(&mut entry, member)?, to);
        }
    }
    Err(ChartError::NoProgram { member: member.to_owned() })
}

/// Its bytes: all of them, or none.
fn program(entry: &mut tar::Entry<'_, impl Read>, member: &str) -> Result<Vec<u8>, ChartError> {
    let (member, found) = (member.to_owned(), entry.size());
    if !entry.header().entry_type().is_file() {
        return Err(ChartError::NotPlain { member });
    }
    if found > LARGEST {
        return Err(ChartError::TooLarge { member, found, most: LARGEST });
    }
    let mut program = Vec::new();
    entry.read_to_end(&mut program).map_err(ChartError::Archive)?;
    match program.len() as u64 == found {
        true => Ok(program),
        false => Err(ChartError::Archive(ErrorKind::UnexpectedEof.into())),
    }
}

fn write_program(program: &[u8], to: &Path) -> Result<(), ChartError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o700).open(to);
    let mut file = file.map_err(ChartError::io("create", to))?;
    file.write_all(program).map_err(ChartError::io("write", to))
}

#[cfg(test)]
#[path = "helm_tests.rs"]
mod tests;
