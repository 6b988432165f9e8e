//! Profiles: the parts of a release that a site takes or leaves, each as a whole.

use crate::{
    Name,
    release::{Line, Release},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A part of a release that is not in every bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// What it is called on a command line.
    pub name: Name,
    /// What it brings, in one line.
    pub title: Line,
}

/// The profiles that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Every profile of the release.
    All,
    /// Those with these names; without any, only what every bundle has.
    Named(Vec<Name>),
}

impl Default for Choice {
    fn default() -> Self {
        Self::Named(Vec::new())
    }
}

/// A profile that the release does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the release has no profile `{name}`; it has: {}", listed(.known))]
pub struct UnknownProfile {
    /// What was wanted.
    pub name: Name,
    /// What there is.
    pub known: Vec<Name>,
}

impl Release {
    /// The release as if it had been written for these profiles alone: what
    /// others bring is gone, and nothing in it depends on a choice any more.
    pub fn with(&self, choice: &Choice) -> Result<Self, UnknownProfile> {
        let chosen = self.chosen(choice)?;
        let mut release = self.clone();
        release.profiles.retain(|profile| chosen.contains(&profile.name));
        release.components.retain(|pick| is_taken(&pick.profiles, &chosen));
        release.components.iter_mut().for_each(|pick| pick.profiles.clear());
        release.exceptions.retain(|exception| is_taken(&exception.profiles, &chosen));
        release.exceptions.iter_mut().for_each(|exception| exception.profiles.clear());
        release.packages.retain(|set| is_taken(&set.profiles, &chosen));
        release.packages.iter_mut().for_each(|set| set.profiles.clear());
        let taken: BTreeSet<_> = release.components.iter().map(|pick| &pick.name).collect();
        for overlay in &mut release.overlays {
            overlay.unpinned.retain(|one| taken.contains(&one.component));
        }
        Ok(release)
    }

    fn chosen<'a>(&'a self, choice: &'a Choice) -> Result<BTreeSet<&'a Name>, UnknownProfile> {
        let known: BTreeSet<_> = self.profiles.iter().map(|profile| &profile.name).collect();
        let Choice::Named(names) = choice else { return Ok(known) };
        match names.iter().find(|name| !known.contains(name)) {
            None => Ok(names.iter().collect()),
            Some(name) => Err(UnknownProfile {
                name: name.clone(),
                known: self.profiles.iter().map(|profile| profile.name.clone()).collect(),
            }),
        }
    }
}

/// Whether what these profiles bring is in a bundle with the chosen ones.
fn is_taken(profiles: &[Name], chosen: &BTreeSet<&Name>) -> bool {
    profiles.is_empty() || profiles.iter().any(|profile| chosen.contains(profile))
}

/// Every profile is named once and brings something, and none is brought that
/// has no title.
pub(crate) fn check(release: &Release) -> Result<(), String> {
    let mut declared = BTreeSet::new();
    let mut profiles = release.profiles.iter().map(|profile| &profile.name);
    if let Some(twice) = profiles.find(|name| !declared.insert(*name)) {
        return Err(format!("profiles: `{twice}` is listed twice"));
    }
    for pick in &release.components {
        check_list(&format!("component `{}`", pick.name), &pick.profiles, &declared)?;
    }
    for exception in &release.exceptions {
        let place = format!("exception `{}`", exception.reference);
        check_list(&place, &exception.profiles, &declared)?;
    }
    for set in &release.packages {
        check_list(&format!("packages `{}`", set.set), &set.profiles, &declared)?;
    }
    let picks = release.components.iter();
    let used: BTreeSet<_> = picks.flat_map(|pick| &pick.profiles).collect();
    match declared.difference(&used).next() {
        Some(idle) => Err(format!("profiles: no component is in `{idle}`")),
        None => Ok(()),
    }
}

/// The profiles of one component or exception are declared, and each is there once.
fn check_list(place: &str, profiles: &[Name], declared: &BTreeSet<&Name>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for profile in profiles {
        if !declared.contains(profile) {
            let known = listed(declared.iter().copied());
            return Err(format!("{place}: no profile `{profile}` is declared, only: {known}"));
        }
        if !seen.insert(profile) {
            return Err(format!("{place}: profile `{profile}` is listed twice"));
        }
    }
    Ok(())
}

fn listed<'a>(names: impl IntoIterator<Item = &'a Name>) -> String {
    let names: Vec<_> = names.into_iter().map(Name::as_str).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const TEXT: &str = "
release: demo
version: 1.0.0
serial: 1
title: a demonstration
arches: [amd64]
profiles:
- {name: nfs, title: volumes on an NFS server}
- {name: rook, title: volumes on the workers' own disks}
components:
- {name: etcd, version: v3}
- {name: nfs-client, version: v4, profiles: [nfs]}
- {name: snapshots, version: v8, profiles: [nfs, rook]}
- {name: ceph, version: v19, profiles: [rook]}
exceptions:
- {reference: a.io/a, reason: everywhere}
- {reference: b.io/b, reason: for Ceph, profiles: [rook]}
";

    fn parse(text: &str) -> Result<Release, String> {
        Release::parse(Path::new("r.yaml"), text).map_err(|error| error.to_string())
    }

    fn with(names: &[&str]) -> Release {
        let names = names.iter().map(|name| name.parse().unwrap()).collect();
        parse(TEXT).unwrap().with(&Choice::Named(names)).unwrap()
    }

    fn components(release: &Release) -> Vec<&str> {
        release.components.iter().map(|pick| pick.name.as_str()).collect()
    }

    #[test]
    fn without_a_choice_there_is_only_what_every_bundle_has() {
        let base = with(&[]);
        assert_eq!(components(&base), ["etcd"]);
        assert!(base.profiles.is_empty());
        assert_eq!(base.exceptions.len(), 1);
    }

    #[test]
    fn a_profile_brings_its_components_and_exceptions_in_the_order_of_the_release() {
        let rook = with(&["rook"]);
        assert_eq!(components(&rook), ["etcd", "snapshots", "ceph"]);
        assert_eq!(rook.profiles[0].title.as_str(), "volumes on the workers' own disks");
        assert_eq!((rook.profiles.len(), rook.exceptions.len()), (1, 2));
        assert!(rook.exceptions.iter().all(|exception| exception.profiles.is_empty()));
    }

    #[test]
    fn all_profiles_are_as_if_each_were_named() {
        let all = parse(TEXT).unwrap().with(&Choice::All).unwrap();
        assert_eq!(all, with(&["rook", "nfs"]));
        assert_eq!(components(&all), ["etcd", "nfs-client", "snapshots", "ceph"]);
    }

    #[test]
    fn a_wish_for_an_unknown_profile_is_answered_with_those_that_exist() {
        let wish = Choice::Named(vec!["nfs".parse().unwrap(), "rok".parse().unwrap()]);
        let error = parse(TEXT).unwrap().with(&wish).unwrap_err().to_string();
        assert_eq!(error, "the release has no profile `rok`; it has: nfs, rook");
    }

    #[test]
    fn the_example_of_the_guide_is_a_release() {
        let guide = include_str!("../../docs/adding-a-component.md");
        let (_, section) = guide.split_once("## Parts of a release").unwrap();
        let blocks =
            section.split("```yaml\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
        let (head, _) = TEXT.split_once("profiles:").unwrap();
        let text: String = std::iter::once(head).chain(blocks.take(2)).collect();
        let release = parse(&text).unwrap();
        assert_eq!((release.profiles.len(), release.components.len()), (1, 2));
        assert_eq!((release.exceptions.len(), release.omitted.len()), (1, 1));
    }

    #[test]
    fn mistakes_with_profiles_say_what_was_expected() {
        let cases = [
            (TEXT.replace("profiles: [nfs]", "profiles: [nfz]"), "`nfz` is declared, only: nfs"),
            (TEXT.replace("profiles: [nfs]", "profiles: [nfs, nfs]"), "`nfs` is listed twice"),
            (TEXT.replace("name: rook, title", "name: nfs, title"), "`nfs` is listed twice"),
            (
                TEXT.replace("reason: everywhere", "reason: everywhere, profiles: [x]"),
                "exception `a.io/a`: no profile `x` is declared",
            ),
            (
                TEXT.replace("- {name: nfs,", "- {name: idle, title: t}\n- {name: nfs,"),
                "no component is in `idle`",
            ),
            (TEXT.replace("{name: nfs, title: volumes on an NFS server}", "{name: nfs}"), "title"),
        ];
        for (text, expected) in cases {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
