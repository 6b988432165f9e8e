//! What a release says about itself, told the same way by both programs: the
//! profiles and overlays it was locked with, the systems that it has OS packages for,
//! what was decided and what is left out.

use crate::text;
use manifests::lockfile::{LockedBase, LockedSystem, Lockfile};

/// Where the values of a heading begin.
const VALUES: usize = 11;
/// Where a note that does not fit its line goes on.
const INDENT: &str = "    ";
/// Columns of a line of notes.
const COLUMNS: usize = 100;

/// What was chosen, as lines of a heading: profiles, overlays, the bills of materials
/// that the bundle carries, with their titles, and the systems that it has OS packages
/// for; nothing when nothing was.
pub fn choices(lockfile: &Lockfile) -> String {
    let profiles = lockfile.profiles.iter();
    let profiles = profiles.map(|profile| (profile.name.as_str(), profile.title.as_str()));
    let overlays = lockfile.overlays.iter().map(|overlay| {
        (overlay.name.as_str(), overlay.title.as_ref().map_or("", |title| title.as_str()))
    });
    let sbom = lockfile.sbom.iter().map(|format| (format.as_str(), format.title()));
    list("profiles", &profiles.collect::<Vec<_>>())
        + &list("overlays", &overlays.collect::<Vec<_>>())
        + &list("sbom", &sbom.collect::<Vec<_>>())
        + &systems(lockfile)
}

fn systems(lockfile: &Lockfile) -> String {
    let lines = lockfile
        .systems
        .iter()
        .map(|system| (format!("{} {}", system.system, system.arch), packages_of(system)));
    let lines: Vec<_> = lines.collect();
    let lines: Vec<_> = lines.iter().map(|(name, about)| (&**name, &**about)).collect();
    list("packages", &lines)
}

/// `21 packages, 8.5 MiB, for hosts with base minimal`.
fn packages_of(system: &LockedSystem) -> String {
    let count = text::count(system.packages.len() as u64, "package", "packages");
    let size = text::size(system.packages.iter().map(|package| package.size).sum());
    let hosts = match &system.base {
        LockedBase::Name(name) => format!("for hosts with base {name}"),
        LockedBase::Status(files) => {
            let files = text::count(files.len() as u64, "status file", "status files");
            format!("for hosts as in {files} of the site")
        }
    };
    format!("{count}, {size}, {hosts}")
}

fn list(title: &str, entries: &[(&str, &str)]) -> String {
    let widest = entries.iter().map(|(name, _)| text::width(name)).max().unwrap_or(0);
    let line = |(index, (name, about)): (usize, &(&str, &str))| {
        let label = text::fit(if index == 0 { title } else { "" }, VALUES);
        let line = format!("{label}{}  {}", text::fit(name, widest), text::one_line(about));
        format!("{}\n", line.trim_end())
    };
    entries.iter().enumerate().map(line).collect()
}

/// Why components are in their versions, what is left out and what a site builds
/// anew, each under its own title; nothing when the release says nothing.
pub fn notes(lockfile: &Lockfile) -> String {
    let decisions = lockfile.decisions.iter();
    let decided = decisions.map(|it| (format!("{} {}", it.component, it.version), it.why.as_str()));
    let omitted = lockfile.omitted.iter().map(|it| (it.what.to_string(), it.why.as_str()));
    let unpinned = lockfile.overlays.iter().flat_map(|overlay| {
        let subject = |component| format!("{component}, by overlay {}", overlay.name);
        overlay.unpinned.iter().map(move |it| (subject(&it.component), it.reason.as_str()))
    });
    part("why these versions", decided)
        + &part("left out on purpose", omitted)
        + &part("not compared with published digests", unpinned)
}

fn part<'a>(title: &str, notes: impl Iterator<Item = (String, &'a str)>) -> String {
    let notes: String = notes.map(|(subject, why)| note(&subject, why)).collect();
    if notes.is_empty() { notes } else { format!("\n{title}\n{notes}") }
}

fn note(subject: &str, why: &str) -> String {
    let (subject, why) = (text::one_line(subject), text::one_line(why));
    format!("  {subject}\n{}", wrapped(&why))
}

/// Text in lines of at most [`COLUMNS`], as long as its words allow it.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from(INDENT);
    for word in text.split(' ') {
        let is_empty = line.len() == INDENT.len();
        if !is_empty && text::width(&line) + 1 + text::width(word) > COLUMNS {
            lines.push_str(&line);
            lines.push('\n');
            line.truncate(INDENT.len());
        } else if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
    }
    format!("{lines}{line}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const LOCK: &str = "
format: bottari.lock/v1
release: kpaas
version: 1.7.0
serial: 1
title: t
arches: [amd64]
compression-level: 3
files: []
images: []
";

    fn lockfile(more: &str) -> Lockfile {
        Lockfile::parse(Path::new("x.lock"), &format!("{LOCK}{more}")).unwrap()
    }

    #[test]
    fn profiles_stand_below_each_other_with_their_titles() {
        let lockfile = lockfile(
            "profiles: [{name: edge, title: nodes far away}, {name: storage-rook, title: volumes}]\n",
        );
        assert_eq!(
            choices(&lockfile),
            "profiles   edge          nodes far away\n           storage-rook  volumes\n"
        );
    }

    #[test]
    fn notes_name_their_subject_and_stay_within_the_page() {
        let lockfile = lockfile(
            "decisions: [{component: etcd, version: v3.5.23, why: 'K-PaaS runs etcd 3.5.23 as a systemd unit on the hosts; the own default of kubeadm is never used.'}]\nomitted: [{what: security.bin, why: 소스가 없는 스크립트}]\n",
        );
        let notes = notes(&lockfile);
        assert!(notes.lines().all(|line| text::width(line) <= COLUMNS), "{notes}");
        insta::assert_snapshot!(notes.trim_start(), @r"
        why these versions
          etcd v3.5.23
            K-PaaS runs etcd 3.5.23 as a systemd unit on the hosts; the own default of kubeadm is never
            used.

        left out on purpose
          security.bin
            소스가 없는 스크립트
        ");
    }

    #[test]
    fn overlays_are_seen_with_what_they_take_away() {
        let lockfile = lockfile(
            "overlays: [{name: seoul, title: a site, unpinned: [{component: etcd, reason: built here}]}, {name: test}]\n",
        );
        assert_eq!(choices(&lockfile), "overlays   seoul  a site\n           test\n");
        assert_eq!(
            notes(&lockfile),
            "\nnot compared with published digests\n  etcd, by overlay seoul\n    built here\n"
        );
    }

    #[test]
    fn a_heading_says_which_systems_have_packages_and_for_which_hosts() {
        let system = |base: &str| {
            let line = format!(
                "- {{system: debian-12, arch: amd64, base: {base}, indexes: [], sets: [], packages: []}}"
            );
            choices(&lockfile(&format!("systems:\n{line}\n")))
        };
        assert_eq!(
            system("{name: minimal}"),
            "packages   debian-12 amd64  0 packages, 0 B, for hosts with base minimal\n"
        );
        let digest = format!("sha256:{}", "0".repeat(64));
        assert!(system(&format!("{{status: ['{digest}']}}")).contains("as in 1 status file of"));
    }

    #[test]
    fn a_heading_says_which_bills_of_materials_are_inside() {
        let lockfile = lockfile("sbom: [cyclonedx, spdx]\n");
        let lines = "sbom       cyclonedx  CycloneDX 1.6\n           spdx       SPDX 2.3\n";
        assert_eq!(choices(&lockfile), lines);
    }

    #[test]
    fn a_release_without_notes_has_no_titles_either() {
        let lockfile = lockfile("");
        assert_eq!((choices(&lockfile), notes(&lockfile)), (String::new(), String::new()));
    }

    #[test]
    fn a_note_cannot_move_the_cursor_or_turn_the_writing() {
        let lockfile = lockfile("omitted: [{what: a, why: \"b\\u202e c\"}]\n");
        assert!(notes(&lockfile).contains("b\\u{202e} c"), "{}", notes(&lockfile));
    }
}
