//! From the variable files of K-PaaS to cluster files.
//!
//! Text goes in, and cluster files with everything that must be told come out.
//! What it promises: nothing is run, no file is touched, every mistake is told
//! at once with file, line and column, and what a cluster file cannot say yet
//! is told too, on the screen and in the file.
//!
//! In the order of the work: `shell` reads lines, `files` says what each file
//! is, `settings` and `values` give single variables a meaning, `cluster` puts
//! them together, `check`, `edge` and `together` hold them against each other,
//! `unsaid` tells what is left to people, and `written` writes.

mod check;
mod cluster;
mod edge;
mod files;
mod findings;
mod names;
mod settings;
mod shell;
mod together;
mod unsaid;
mod values;
mod written;

pub use findings::{Finding, ImportErrors};

use cluster::{Described, Mode};
use files::Files;
use findings::Findings;
use manifests::Name;
use names::Kind;
use settings::Settings;
use shell::Script;
use std::path::{Path, PathBuf};
use unsaid::Profiles;

/// The release that carries what K-PaaS 1.7.0 installs.
const RELEASE: &str = "manifests/releases/kpaas-1.7.0.yaml";

/// A file to import.
#[derive(Debug, Clone)]
pub struct Source {
    /// As it was named; only for messages.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

/// Cluster files, and what they cannot say.
#[derive(Debug)]
pub struct Import {
    /// One for each cluster.
    pub clusters: Vec<ClusterText>,
    /// What this version does not do, by file and place.
    pub unsaid: Vec<Finding>,
    /// Profiles of the release that carry what K-PaaS would install.
    pub profiles: Vec<&'static str>,
    /// The command that locks them.
    pub lock: String,
}

/// One cluster file.
#[derive(Debug)]
pub struct ClusterText {
    /// What tells it from the others; none when it is alone.
    pub label: Option<String>,
    /// How many hosts it has.
    pub hosts: usize,
    /// The whole file.
    pub text: String,
}

/// A cluster on its way into a file.
struct Part<'a> {
    label: Option<String>,
    settings: Settings<'a>,
    mode: Mode,
    kind: Kind,
}

/// Imports the variables of K-PaaS. Clusters are called `name`, or `name` and
/// what tells one from the others.
pub fn kpaas(sources: &[Source], name: &Name) -> Result<Import, ImportErrors> {
    let findings = Findings::default();
    let paths: Vec<&Path> = sources.iter().map(|source| source.path.as_path()).collect();
    let scripts: Vec<Script> = sources.iter().map(|source| shell::read(&source.text)).collect();
    let files = files::sort(&scripts, &findings);
    let parts = parts(&scripts, &files, &findings);
    let described: Vec<Described> =
        parts.iter().map(|part| Described::of(&part.settings, part.mode)).collect();
    let profiles = told(&scripts, &files, &parts, &described, &findings);
    let names = names_of_clusters(name, &parts, &findings);
    if let Some(errors) = findings.errors(&paths) {
        return Err(errors);
    }
    let unsaid = findings.left_to_people(&paths);
    let lock = lock(&profiles);
    let beside = written::Beside { paths: &paths, unsaid: &unsaid, lock: &lock };
    let clusters =
        parts.iter().zip(&described).enumerate().filter_map(|(index, (part, cluster))| {
            let text = written::text(names.get(index)?.clone(), index, cluster, &beside)?;
            let hosts = 1 + cluster.workers.len();
            Some(ClusterText { label: part.label.clone(), hosts, text })
        });
    Ok(Import {
        clusters: clusters.collect(),
        profiles: profiles.into_iter().collect(),
        unsaid: unsaid.into_iter().map(|(_, finding)| finding).collect(),
        lock,
    })
}

fn names_of_clusters(name: &Name, parts: &[Part<'_>], findings: &Findings) -> Vec<Name> {
    let named = |part: &Part<'_>| {
        let Some(label) = &part.label else { return Some(name.clone()) };
        let long = format!("{name}-{label}");
        let named = long.parse().ok();
        if named.is_none() {
            let message = format!("`{long}` is too long for a cluster's name: shorten `--name`");
            findings.mistake(part.settings.spot(), message);
        }
        named
    };
    parts.iter().filter_map(named).collect()
}

fn lock(profiles: &Profiles) -> String {
    let flags: String = profiles.iter().flat_map(|name| [" --profile ", name]).collect();
    format!("bottari-builder lock {RELEASE}{flags}")
}

fn chosen(file: Option<usize>, scripts: &[Script]) -> Option<(usize, &Script)> {
    Some((file?, scripts.get(file?)?))
}

/// The clusters of all files, in the order of K-PaaS.
fn parts<'a>(scripts: &'a [Script], files: &Files, findings: &'a Findings) -> Vec<Part<'a>> {
    let federation = files.one.is_some() && files.several.is_some();
    let mut parts = Vec::new();
    if let Some((file, script)) = chosen(files.one, scripts) {
        parts.push(Part {
            label: federation.then(|| "host".to_owned()),
            settings: Settings::new(script, file, String::new(), findings),
            mode: Mode::Single,
            kind: Kind::One,
        });
    }
    if let Some((file, script)) = chosen(files.several, scripts) {
        let count = together::count(script, file, findings).map_or(0, |count| count.is);
        let (word, mode) = if federation { ("member", Mode::Member) } else { ("", Mode::Meshed) };
        parts.extend((1..=count).map(|n| Part {
            label: Some(format!("{word}{n}")),
            settings: Settings::new(script, file, format!("CLUSTER{n}_"), findings),
            mode,
            kind: Kind::Several,
        }));
    }
    parts
}

/// Holds everything against everything, and tells what is left to people.
fn told(
    scripts: &[Script],
    files: &Files,
    parts: &[Part<'_>],
    described: &[Described],
    findings: &Findings,
) -> Profiles {
    let mut profiles = Profiles::new();
    for (index, (part, cluster)) in parts.iter().zip(described).enumerate() {
        check::check(cluster, Some(index), findings);
        profiles.extend(unsaid::tell(cluster, Some(index), findings));
        unsaid::unread(&part.settings, |name| part.kind.has(name), Some(index));
    }
    together::share_nothing(&described.iter().collect::<Vec<_>>(), findings);
    if let Some((file, script)) = chosen(files.several, scripts) {
        let meshed = files.one.is_none();
        if let Some(count) = together::count(script, file, findings) {
            together::enough(&count, meshed, findings);
            together::beyond(script, file, count.is, findings);
            profiles.insert(together::joined(count.spot, meshed, findings));
        }
    }
    if let (Some((file, script)), Some(cluster)) = (chosen(files.edge, scripts), described.first())
    {
        let settings = Settings::new(script, file, String::new(), findings);
        profiles.insert(edge::check(&settings, cluster));
        unsaid::unread(&settings, |name| Kind::Edge.has(name), None);
    }
    if let Some((file, script)) = chosen(files.mesh, scripts) {
        together::mesh(script, file, findings);
    }
    profiles
}

#[cfg(test)]
mod tests;
