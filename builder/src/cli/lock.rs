//! `lock`: the only verb that asks what is current.

use super::{
    Ended, file, job,
    overlays::{self, Overlays},
    profiles::{self, Profiles},
    provenance,
    rules::{self, Day, Rules},
    sources::Sources,
    systems::{self, Systems, Updated},
};
use crate::resolve::{self, LockOptions};
use clap::Args;
use console::{Console, text};
use manifests::{
    catalog::Catalog,
    lockfile::{LockedSystem, Lockfile},
    release::Release,
    rules::Warning,
    yaml::{self, InputError},
};
use std::path::{Path, PathBuf};

/// Resolve a release to exact sources, sizes and digests.
#[derive(Debug, Args)]
pub(super) struct Lock {
    /// The release file.
    release: PathBuf,
    #[command(flatten)]
    profiles: Profiles,
    #[command(flatten)]
    overlays: Overlays,
    #[command(flatten)]
    systems: Systems,
    /// Resolve only this component, or the OS packages of this system, anew and
    /// keep all others as they are locked; may be given several times.
    #[arg(long, value_name = "NAME")]
    update: Vec<Updated>,
    /// Carry every platform of every image, which strict registries ask for
    /// when the bundle is pushed to one.
    #[arg(long)]
    all_platforms: bool,
    #[command(flatten)]
    day: Day,
    /// The lockfile [default: the release file's name with `.lock`]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Folder of component definitions, with the rules in `../rules` from it
    /// [default: `../components` from the release file]
    #[arg(long, value_name = "DIR")]
    components: Option<PathBuf>,
    #[command(flatten)]
    sources: Sources,
}

impl Lock {
    pub(super) fn run(self, console: &Console) -> Ended {
        let release =
            yaml::read(&self.release).and_then(|text| Release::parse(&self.release, &text));
        let release = release?;
        let output = self.output.clone().unwrap_or_else(|| self.release.with_extension("lock"));
        let previous = self.previous(&output)?;
        let (update, update_systems) = systems::updates(&self.update, &release);
        let options = LockOptions {
            network: self.sources.network()?,
            all_platforms: self.all_platforms,
            profiles: self.profiles.choice(),
            arches: self.profiles.arches(),
            systems: self.systems.choice(),
            bases: self.systems.bases()?,
            update,
            update_systems,
            previous: previous.clone(),
        };
        let catalog =
            self.components.as_deref().map_or_else(|| Catalog::beside(&self.release), Catalog::new);
        let own = release.clone();
        let (release, catalog) = self.overlays.lay(release, catalog)?;
        // Before the profiles are chosen: what is acknowledged may be in any of them.
        let rules = Rules::of(&self.release, &own, &release, &catalog)?;
        let (cache, reporter) = (self.sources.cache()?, console.reporter());
        let mut lockfile =
            job::run(resolve::lock(&release, &catalog, &options, &cache, reporter.as_ref()))?;
        rules.put_into(&mut lockfile);
        let rendered = lockfile.render();
        file::replace(&output, &rendered)?;
        let warnings = self.day.warnings(&lockfile);
        let known = (&release.systems[..], &catalog);
        let missed = self.systems.missed((previous.as_ref(), &lockfile), known, self.day.day());
        tell(&lockfile, previous.as_ref(), (&warnings, &missed), &output, console);
        profiles::tell(&lockfile, &release.profiles, console);
        systems::tell(&lockfile, &missed, console);
        rules::acknowledged(&warnings).for_each(|text| console.note(&text));
        Ok(rules::warn(&warnings, console))
    }

    /// What was locked before. `--update` cannot do without; otherwise it only
    /// helps to tell what changed.
    fn previous(&self, output: &Path) -> Result<Option<Lockfile>, InputError> {
        if self.update.is_empty() && !output.exists() {
            return Ok(None);
        }
        let parsed = yaml::read(output).and_then(|text| Lockfile::parse(output, &text));
        match parsed {
            Ok(lockfile) => Ok(Some(lockfile)),
            Err(_) if self.update.is_empty() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn tell(
    lockfile: &Lockfile,
    previous: Option<&Lockfile>,
    (warnings, missed): (&[Warning], &[String]),
    output: &Path,
    console: &Console,
) {
    let blobs = lockfile.blobs().unwrap_or_default();
    let bytes = blobs.values().map(|blob| blob.descriptor.size).sum();
    let changed = previous.map(|previous| changes(previous, lockfile));
    if console.wants_json() {
        console.json(&serde_json::json!({
            "lockfile": output,
            "files": lockfile.files.len(),
            "images": lockfile.images.len(),
            "systems": systems::json(lockfile),
            "blobs": blobs.len(),
            "bytes": bytes,
            "changed": changed,
            "profiles": lockfile.profiles,
            "overlays": lockfile.overlays,
            "provenance": provenance::json(lockfile),
            "warnings": warnings,
            "missed": missed,
        }));
    }
    let count = |list: usize, one, many| text::count(list as u64, one, many);
    console.success(&format!(
        "locked {} and {} ({} in {}) in {}",
        count(lockfile.files.len(), "file", "files"),
        count(lockfile.images.len(), "image", "images"),
        text::size(bytes),
        count(blobs.len(), "blob", "blobs"),
        output.display()
    ));
    provenance::tell(lockfile, console);
    overlays::tell(lockfile, console);
    match changed.as_deref() {
        None => {}
        Some([]) => console.note("nothing has changed since it was locked before"),
        Some(names) => {
            console.note(&format!("changed since it was locked before: {}", names.join(", ")));
        }
    }
}

/// What there is of each package of a system.
fn packages(system: &LockedSystem) -> impl Iterator<Item = (String, String)> {
    let (name, arch) = (&system.system, system.arch);
    system.packages.iter().map(move |package| {
        (format!("{name}/{} ({arch})", package.name), package.digest.to_string())
    })
}

/// Names that are new, gone, or stand for something else than before.
fn changes(before: &Lockfile, after: &Lockfile) -> Vec<String> {
    let names = |lockfile: &Lockfile| -> std::collections::BTreeSet<(String, String)> {
        let files = lockfile.files.iter().map(|f| (f.artifact_name(), f.digest.to_string()));
        let images = lockfile.images.iter().map(|i| (i.name.to_string(), i.digest.to_string()));
        let components = lockfile.components.iter();
        let steps = components.map(|c| (format!("steps of {}", c.name), yaml::render(c)));
        let rules = lockfile.rules.iter();
        let rules = rules.map(|rule| (format!("rule {}", rule.id), yaml::render(rule)));
        let packages = lockfile.systems.iter().flat_map(packages);
        files.chain(images).chain(steps).chain(rules).chain(packages).collect()
    };
    let (before, after) = (names(before), names(after));
    let mut changed: Vec<_> =
        before.symmetric_difference(&after).map(|(name, _)| name.clone()).collect();
    changed.dedup();
    changed
}
