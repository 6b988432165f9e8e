//! The folder of rules, `manifests/rules/` in this repository: files of rules,
//! read as one list.

use super::Rule;
use crate::yaml::{self, InputError};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// Every rule of some folders, by its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleBook {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RuleFile {
    rules: Vec<Rule>,
}

impl RuleBook {
    /// Reads every `*.yaml` of these folders. One that is not there has no rules:
    /// a release of one's own need not bring any.
    pub fn read(folders: &[PathBuf]) -> Result<Self, InputError> {
        let mut known = BTreeMap::new();
        for folder in folders {
            for path in files(folder)? {
                for rule in parse(&path, &yaml::read(&path)?)? {
                    add(&mut known, rule, &path)?;
                }
            }
        }
        Ok(Self { rules: known.into_values().map(|(rule, _)| rule).collect() })
    }

    /// The rules, by name.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

/// Reads one file of rules. `path` is only for messages.
pub(super) fn parse(path: &Path, text: &str) -> Result<Vec<Rule>, InputError> {
    yaml::parse(path, text).map(|file: RuleFile| file.rules)
}

fn add(
    known: &mut BTreeMap<String, (Rule, PathBuf)>,
    rule: Rule,
    path: &Path,
) -> Result<(), InputError> {
    let id = rule.id.to_string();
    if let Some((_, first)) = known.get(&id) {
        let message = format!("rule `{id}` is in `{}` too", first.display());
        return Err(InputError::meaning(path, message));
    }
    known.insert(id, (rule, path.to_owned()));
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, InputError> {
    match list(folder) {
        Ok(files) => Ok(files),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(InputError::Read { path: folder.to_owned(), source }),
    }
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths: Vec<_> = paths.collect::<io::Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    paths.sort();
    Ok(paths)
}
