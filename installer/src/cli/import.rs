//! `import`: cluster files of what another installer was told.

use super::{CommandError, InitError, init::write_new};
use crate::import::{self, ClusterText, Finding, Import, ImportErrors, Source};
use clap::{Args, Subcommand};
use console::{Console, text};
use manifests::{ExitCode, Failure, Name};
use serde_json::{Value, json};
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// More than any file of variables has.
const LARGEST: u64 = 256 * 1024;

/// Make cluster files of what another installer was told
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    origin: Origin,
}

#[derive(Debug, Subcommand)]
enum Origin {
    Kpaas(Kpaas),
}

/// Make cluster files of the variables of K-PaaS
///
/// Reads cp-cluster-vars.sh of a single cluster or of several, both files of a federation, and with
/// them cp-edge-vars.sh or istio-vars-mc.sh. Nothing in them is run: a line that does anything but
/// set a variable is refused. Every mistake is told at once, and then nothing is written. What this
/// version does not do is told too and stands in the file; the exit code is 10 then. A file that is
/// there already stays as it is.
#[derive(Debug, Args)]
struct Kpaas {
    /// The files of variables
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// The file to write; of several clusters FILE-1, FILE-2 and so on, before its ending
    #[arg(long, short, value_name = "FILE", default_value = "cluster.yaml")]
    output: PathBuf,

    /// The cluster's name, which K-PaaS does not have; of several clusters its beginning
    #[arg(long, value_name = "NAME", default_value = "kpaas")]
    name: Name,
}

/// Why no cluster file was made.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file of variables that cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something else than variables.
    #[error("`{0}` is larger than any file of variables")]
    TooLarge(PathBuf),
    /// What they say.
    #[error(transparent)]
    Mistakes(#[from] ImportErrors),
}

impl Failure for ImportError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Input
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } | Self::TooLarge(_) => None,
            Self::Mistakes(errors) => errors.hint(),
        }
    }
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<ExitCode, CommandError> {
        let Origin::Kpaas(kpaas) = self.origin;
        let sources: Vec<Source> =
            kpaas.files.iter().map(|path| source(path)).collect::<Result<_, _>>()?;
        let import = import::kpaas(&sources, &kpaas.name).map_err(ImportError::from)?;
        let paths = write(&kpaas.output, &import.clusters)?;
        tell(console, &import, &paths);
        Ok(if import.unsaid.is_empty() { ExitCode::Done } else { ExitCode::Warnings })
    }
}

/// Comments of K-PaaS are Korean and may be in an older encoding; what is no
/// UTF-8 in a value is refused with the value.
fn source(path: &Path) -> Result<Source, ImportError> {
    let read = |source| ImportError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(read)?;
    if bytes.len() as u64 > LARGEST {
        return Err(ImportError::TooLarge(path.to_owned()));
    }
    Ok(Source { path: path.to_owned(), text: String::from_utf8_lossy(&bytes).into_owned() })
}

/// Writes all of them or none: nobody should have to clean up half an import.
fn write(output: &Path, clusters: &[ClusterText]) -> Result<Vec<PathBuf>, InitError> {
    let paths: Vec<PathBuf> =
        clusters.iter().map(|cluster| labelled(output, cluster.label.as_deref())).collect();
    if let Some(there) = paths.iter().find(|path| path.symlink_metadata().is_ok()) {
        return Err(InitError::Exists(there.clone()));
    }
    for (path, cluster) in paths.iter().zip(clusters) {
        write_new(path, &cluster.text)?;
    }
    Ok(paths)
}

/// `cluster.yaml` → `cluster-1.yaml`
fn labelled(output: &Path, label: Option<&str>) -> PathBuf {
    let Some(label) = label else { return output.to_owned() };
    let mut name = output.file_stem().unwrap_or_default().to_owned();
    name.push("-");
    name.push(label);
    if let Some(ending) = output.extension() {
        name.push(".");
        name.push(ending);
    }
    output.with_file_name(name)
}

fn tell(console: &Console, import: &Import, paths: &[PathBuf]) {
    if console.wants_json() {
        console.json(&as_json(import, paths));
    }
    for (path, cluster) in paths.iter().zip(&import.clusters) {
        let hosts = text::count(cluster.hosts as u64, "host", "hosts");
        console.success(&format!("wrote `{}` with {hosts}", path.display()));
    }
    for finding in &import.unsaid {
        console.warn(&finding.to_string());
    }
    console.note(&format!("the bundle for it begins with `{}`", import.lock));
}

fn as_json(import: &Import, paths: &[PathBuf]) -> Value {
    let file = |(path, cluster): (&PathBuf, &ClusterText)| json!({ "cluster-file": path, "cluster": cluster.label, "hosts": cluster.hosts });
    let finding = |finding: &Finding| {
        let Finding { file, place, message } = finding;
        json!({ "file": file, "line": place.line, "column": place.column, "message": message })
    };
    json!({
        "files": paths.iter().zip(&import.clusters).map(file).collect::<Vec<_>>(),
        "not-done": import.unsaid.iter().map(finding).collect::<Vec<_>>(),
        "profiles": import.profiles,
        "lock": import.lock,
    })
}
