//! The releases that name the workload, as people would write them, and the file
//! that leads the builder to its servers.

use super::{Contents, Image};
use crate::problem::{Result, make_folder, write};
use std::{fmt::Write as _, path::Path};

/// Where the images come from, by name.
pub(crate) const REGISTRY: &str = "registry.example.org";

const FILES: &str = "https://files.example.org/";

/// Writes both releases and their definitions.
pub(super) fn write_all(folder: &Path, contents: &Contents) -> Result<()> {
    let folder = folder.join("release");
    let releases = make_folder(folder.join("releases"))?;
    let component = make_folder(folder.join("components/bench"))?;
    for which in [1, 2] {
        write(&releases.join(format!("bench-{which}.yaml")), &release(which))?;
    }
    write(&component.join("component.yaml"), &definition(contents))
}

/// Level 1 is what the goals are written for.
fn release(which: usize) -> String {
    format!(
        "release: bench\nversion: 1.0.{which}\nserial: {which}\n\
         title: programs of this machine\narches: [amd64]\ncompression-level: 1\n\
         components:\n- name: bench\n  version: v{which}\n"
    )
}

fn definition(contents: &Contents) -> String {
    let mut text = format!(
        "component: bench\ntitle: programs of this machine\nhomepage: {FILES}\n\
         licence: Apache-2.0\nversions:\n"
    );
    let second =
        contents.images.iter().map(|image| match image.repository == contents.changed.repository {
            true => &contents.changed,
            false => image,
        });
    version(&mut text, "v1", contents, contents.images.iter());
    version(&mut text, "v2", contents, second);
    text
}

fn version<'a>(
    text: &mut String,
    name: &str,
    contents: &Contents,
    images: impl Iterator<Item = &'a Image>,
) {
    let mut line = |line: String| writeln!(text, "{line}").expect("a text takes any line");
    line(format!("  {name}:\n    files:"));
    for file in &contents.files {
        line(format!("    - name: {0}\n      url: {FILES}{0}\n      roles: [worker]", file.name));
    }
    line("    images:".to_owned());
    for image in images {
        line(format!("    - name: {}:{}", image.repository, image.tag));
        line("      roles: [worker]\n      stated: the benchmark asks for it".to_owned());
    }
}

/// Where the workload is served right now.
#[derive(Debug, Clone)]
pub(crate) struct Mirrors {
    /// Address and port.
    pub(crate) registry: String,
    /// The URL of the folder of files.
    pub(crate) files: String,
}

impl Mirrors {
    /// The mirrors file.
    pub(crate) fn text(&self) -> String {
        let Self { registry, files } = self;
        format!(
            "urls:\n- from: {FILES}\n  to: {files}/\n\
             registries:\n- from: {REGISTRY}\n  to: http://{registry}/{REGISTRY}\n"
        )
    }
}
