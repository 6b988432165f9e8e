//! Discs that cannot be read everywhere: told like any other damage, and what can be
//! read elsewhere is.

use super::{
    hurt::LABEL,
    medium::{Medium, Part, Shape},
};
use crate::effort::{chance, count, tell};
use journeys::{
    failing_disk::{self, FailingFile},
    office::words,
    run::{Outcome, Program},
    stock,
};
use std::{ops::Range, process::Command};

/// Mounts the disc that standard input is connected to and runs a command.
const SCRIPT: &str = "mount -i -t fuse -o fd=0,rootmode=40000,user_id=0,group_id=0 none disc \
                      || exit 77; exec \"$@\" </dev/null";

/// Runs a program where `disc` holds these files, one of which is scratched there;
/// none where no such disc can be made.
fn with_disc(medium: &Medium, line: &str, at: usize, scratch: Range<u64>) -> Option<Outcome> {
    let file = |(number, (name, bytes)): (usize, &Part)| FailingFile {
        name: name.clone(),
        bytes: bytes.clone(),
        failing: if number == at { scratch.clone() } else { 0..0 },
    };
    let device = failing_disk::serve(medium.parts.iter().enumerate().map(file).collect()).ok()?;
    std::fs::create_dir_all(medium.sandbox.path("disc")).unwrap();
    let command = medium.sandbox.command(Program::Installer, &words(line));
    let mut script = Command::new("unshare");
    script.args(["-m", "sh", "-uc", SCRIPT, "sh"]).stdin(device);
    script.arg(command.get_program()).args(command.get_args());
    script.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = script.current_dir(medium.sandbox.path(".")).output().ok()?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let is_mounted = output.status.code() != Some(77) && !stderr.starts_with("unshare: ");
    is_mounted.then(|| Outcome { code: output.status.code(), stdout, stderr })
}

#[test]
fn a_disc_that_cannot_be_read_in_a_place_is_told_by_its_number() {
    let medium = Medium::of(Shape::Volumes);
    let cases = count(5, 50);
    for number in 0..cases {
        let mut chance = chance(number);
        let at = chance.usize(0..medium.parts.len());
        let start = chance.usize(medium.intact.start + LABEL..medium.parts[at].1.len()) as u64;
        let line = "verify disc --trust release.pub";
        let scratch = start..start + 1 + chance.u64(..100_000);
        let Some(outcome) = with_disc(&medium, line, at, scratch) else {
            stock::skipped("no disc can be made here, nothing is proved about scratched ones");
            return;
        };
        assert_eq!(outcome.code, Some(40), "{}", outcome.stderr);
        let told = format!("volume {} of {} is damaged at ", at + 1, medium.parts.len());
        assert!(outcome.stderr.contains(&told), "`{told}`: {}", outcome.stderr);
        medium.holds_nothing_else();
    }
    tell(&format!("scratched discs: {cases} cases"));
}

#[test]
fn a_scratch_in_a_bundle_of_one_file_is_told_by_its_place() {
    let medium = Medium::of(Shape::Bundle);
    let cases = count(2, 20);
    for number in 0..cases {
        let mut chance = chance(number);
        let start = chance.usize(medium.intact.start..medium.parts[0].1.len()) as u64;
        let scratch = start..start + 1 + chance.u64(..100_000);
        let Some(outcome) = with_disc(&medium, "verify disc --trust release.pub", 0, scratch)
        else {
            stock::skipped("no disc can be made here, nothing is proved about scratched ones");
            return;
        };
        assert_eq!(outcome.code, Some(40), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(" is damaged: bytes "), "{}", outcome.stderr);
        medium.holds_nothing_else();
    }
    tell(&format!("scratched bundles: {cases} cases"));
}
