//! `--profile` and `--arch`: which parts of a release are taken.

use clap::Args;
use console::{Console, text};
use manifests::{
    Arch, Name,
    lockfile::Lockfile,
    release::{Choice, Profile},
};

/// The profiles of one lock.
#[derive(Debug, Args)]
pub(super) struct Profiles {
    /// Take this profile of the release too; may be given several times.
    /// Without any, only what every bundle has is taken; with `--update`, the
    /// profiles that are locked.
    #[arg(long = "profile", value_name = "NAME")]
    names: Vec<Name>,
    /// Take every profile of the release.
    #[arg(long = "all-profiles", conflicts_with = "names")]
    all: bool,
    /// Carry only this architecture of the release; may be given several times.
    /// Without any, all of them; with `--update`, those that are locked.
    #[arg(long = "arch", value_name = "ARCH")]
    arches: Vec<Arch>,
}

impl Profiles {
    /// The architectures that were asked for.
    pub(super) fn arches(&self) -> Vec<Arch> {
        self.arches.clone()
    }

    /// What was asked for; nothing when nobody said anything.
    pub(super) fn choice(&self) -> Option<Choice> {
        match (self.all, self.names.as_slice()) {
            (true, _) => Some(Choice::All),
            (false, []) => None,
            (false, names) => Some(Choice::Named(names.to_vec())),
        }
    }
}

/// Says which profiles are in a lockfile, and that there are others when none is.
pub(super) fn tell(lockfile: &Lockfile, known: &[Profile], console: &Console) {
    for Profile { name, title } in &lockfile.profiles {
        console.note(&format!("with profile `{name}` ({})", text::one_line(title.as_str())));
    }
    if lockfile.profiles.is_empty() && !known.is_empty() {
        let names: Vec<_> = known.iter().map(|profile| profile.name.as_str()).collect();
        console.note(&format!("with none of the release's profiles: {}", names.join(", ")));
    }
}
