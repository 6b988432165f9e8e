//! `facts --packages`: the files that tell the builder what the hosts have.

use super::CommandError;
use crate::facts::{BaseFile, Fetched, group};
use console::{Console, Table};
use serde_json::{Map, Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Writes a file for each distinct set of packages, and tells which hosts have it.
pub(super) fn write(
    folder: &Path,
    fetched: &[Fetched],
    console: &Console,
) -> Result<(), CommandError> {
    let files = group(fetched);
    let failed = |path: &Path, source| CommandError::Write { path: path.to_owned(), source };
    fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    for file in &files {
        let path = path(folder, file);
        console::replace(&path, &file.packages.status).map_err(|source| failed(&path, source))?;
    }
    if console.wants_json() {
        console.json(&to_json(folder, &files, fetched));
        return Ok(());
    }
    console.table(&table(folder, &files));
    tell(folder, &files, console);
    Ok(())
}

fn path(folder: &Path, file: &BaseFile) -> PathBuf {
    // A file of this folder has no folder in its name.
    match folder == Path::new(".") {
        true => file.name().into(),
        false => folder.join(file.name()),
    }
}

fn table(folder: &Path, files: &[BaseFile]) -> Table {
    let mut table = Table::new(["file", "packages", "hosts"]).numbers(&[1]);
    for file in files {
        let packages = file.packages.installed.to_string();
        table.row([path(folder, file).display().to_string(), packages, file.hosts.join(", ")]);
    }
    table
}

fn tell(folder: &Path, files: &[BaseFile], console: &Console) {
    for BaseFile { hosts, packages } in files.iter().filter(|file| !file.packages.held.is_empty()) {
        console.note(&format!(
            "held in their version on {}, so no bundle can raise them: {}",
            hosts.join(", "),
            packages.held.join(", ")
        ));
    }
    if let Some(command) = next(folder, files) {
        let files = if files.len() == 1 { "this file" } else { "these files" };
        console.note(&format!("carry {files} to the builder, then `{command}`"));
    }
}

/// What is typed on the connected side.
fn next(folder: &Path, files: &[BaseFile]) -> Option<String> {
    let options = files.iter().map(|file| file.option(&path(folder, file).display().to_string()));
    let options = options.collect::<Vec<_>>().join(" ");
    (!files.is_empty()).then(|| format!("bottari-builder lock RELEASE {options}"))
}

fn to_json(folder: &Path, files: &[BaseFile], fetched: &[Fetched]) -> Value {
    let file = |file: &BaseFile| {
        let BaseFile { hosts, packages } = file;
        json!({
            "file": path(folder, file),
            "system": packages.system,
            "arch": packages.arch.to_string(),
            "hosts": hosts,
            "packages": packages.installed,
            "held": packages.held,
        })
    };
    let failed = fetched.iter().filter_map(|(host, packages)| {
        let error = packages.as_ref().err()?;
        Some((host.clone(), Value::String(error.in_full())))
    });
    json!({
        "files": files.iter().map(file).collect::<Vec<_>>(),
        "failed": failed.collect::<Map<_, _>>(),
        "next": next(folder, files),
    })
}
