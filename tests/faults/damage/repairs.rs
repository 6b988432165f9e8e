//! Whatever happens to as many files as there is parity for: `repair` gives back the
//! very bytes, or refuses and writes nothing that is wrong.

use super::{
    Tally, every_case,
    hurt::Hurt,
    judge::names_a_place,
    medium::{FOLDER, Medium, Shape},
};
use crate::effort::{count, tell};
use journeys::{office::words, run::Program};
use std::{
    cell::{Cell, RefCell},
    fs,
};

/// Every file is as it should be, as it was hurt, or not there.
fn holds_nothing_wrong(medium: &Medium, hurt: &Hurt, what: &str) {
    for (at, (name, right)) in medium.parts.iter().enumerate() {
        let Ok(found) = fs::read(medium.path(name)) else { continue };
        let is_as_hurt = hurt.files.iter().any(|(hurt, bytes)| *hurt == at && *bytes == found);
        assert!(found == *right || is_as_hurt, "{what}: {name} is neither right nor as it was");
    }
}

/// Repairs a hurt medium; whether that went well.
fn repair(medium: &Medium, hurt: &Hurt) -> bool {
    let line = format!("repair {FOLDER} --trust release.pub");
    let outcome = medium.sandbox.run(Program::Installer, &words(&line));
    let what = format!("{}: {}", hurt.kind, outcome.stderr);
    holds_nothing_wrong(medium, hurt, &what);
    if outcome.code == Some(0) {
        for (name, right) in medium.parts.iter().filter(|(name, _)| !name.contains("parity")) {
            assert!(fs::read(medium.path(name)).is_ok_and(|found| found == *right), "{what}");
        }
        return true;
    }
    assert_eq!(outcome.code, Some(40), "{what}");
    assert_eq!(outcome.stderr.matches("error: ").count(), 1, "{what}");
    if outcome.stderr.contains(" is there already") {
        return repair_elsewhere(medium, &line, &what);
    }
    names_a_place(&outcome.stderr);
    false
}

/// What nobody can tell from another file is not replaced: what is rebuilt goes into
/// a folder of its own.
fn repair_elsewhere(medium: &Medium, line: &str, what: &str) -> bool {
    let outcome = medium.sandbox.run(Program::Installer, &words(&format!("{line} -o apart")));
    assert_eq!(outcome.code, Some(0), "{what}: {}", outcome.stderr);
    for file in fs::read_dir(medium.sandbox.path("apart")).unwrap() {
        let file = file.unwrap();
        let right = medium.parts.iter().find(|(name, _)| **name == *file.file_name());
        assert!(fs::read(file.path()).unwrap() == right.unwrap().1, "{what}: {file:?}");
    }
    fs::remove_dir_all(medium.sandbox.path("apart")).unwrap();
    true
}

#[test]
fn as_much_damage_as_there_is_parity_for_is_mended_to_the_very_bytes_or_refused() {
    let (mended, refused) = (Cell::new(0), RefCell::new(Tally::default()));
    let tally =
        every_case(Shape::Parity, count(15, 250), |medium, hurt, _| match repair(medium, hurt) {
            true => mended.set(mended.get() + 1),
            false => refused.borrow_mut().add(hurt.kind),
        });
    let (mended, refused) = (mended.get(), refused.into_inner());
    assert!(2 * mended > tally.total(), "only {mended} of {} were mended", tally.total());
    let total = tally.total();
    tell(&format!("repairs: {total} cases, {mended} were mended; refused: {refused}"));
}
