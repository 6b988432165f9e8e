//! The three kinds of gzip that layers of real images are packed by.

use crate::{problem::Result, tools};
use serde::{Deserialize, Serialize};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
};

/// Who packs a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Gzip {
    /// Go's `compress/gzip`: docker, podman.
    Go,
    /// `klauspost/compress`: buildkit, skopeo.
    Klauspost,
    /// GNU gzip.
    Gnu,
}

/// The three, as far as this machine has them.
#[derive(Debug)]
pub(super) struct Packers {
    /// The program that packs as Go programs do; none where there is no Go.
    go: Option<PathBuf>,
}

impl Packers {
    /// Builds the program that packs as Go programs do.
    pub(super) fn build(folder: &Path) -> Result<Self> {
        let Some(go) = tools::find("go") else {
            let note = "NOTE: Go is not installed: every layer is packed by GNU gzip";
            writeln!(io::stderr(), "{note}")?;
            return Ok(Self { go: None });
        };
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("gzip");
        let program = folder.join("gzip-of-go");
        let mut build = Command::new(go);
        build.current_dir(source).args(["build", "-o"]).arg(&program).arg(".");
        tools::succeed(build.env("GOFLAGS", "-mod=mod -buildvcs=false"))?;
        Ok(Self { go: Some(program) })
    }

    /// Who really packs when this one is wanted.
    pub(super) fn real(&self, wanted: Gzip) -> Gzip {
        if self.go.is_some() { wanted } else { Gzip::Gnu }
    }

    /// A command that packs its input.
    pub(super) fn command(&self, wanted: Gzip) -> Command {
        let go = |program: &PathBuf, kind: &str| {
            let mut command = Command::new(program);
            command.arg(kind);
            command
        };
        match (wanted, &self.go) {
            (Gzip::Go, Some(program)) => go(program, "go"),
            (Gzip::Klauspost, Some(program)) => go(program, "klauspost"),
            _ => {
                let mut command = Command::new("gzip");
                command.args(["-n", "-6", "-c"]);
                command
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn without_go_every_layer_is_packed_by_gnu_gzip() {
        let packers = super::Packers { go: None };
        assert_eq!(packers.real(super::Gzip::Klauspost), super::Gzip::Gnu);
        assert_eq!(packers.command(super::Gzip::Go).get_program(), "gzip");
    }
}
