//! Generated damage to a bundle and to its volumes: nothing of it passes, every
//! refusal names the place, nothing stays behind, and no wrong byte is handed out.

mod hurt;
mod judge;
mod medium;
mod programs;
mod reading;
mod repairs;
mod rollback;
mod scratches;
mod serving;

use crate::effort::{chance, count, tell};
use hurt::Hurt;
use medium::{Medium, Shape};
use std::collections::BTreeMap;

/// How many cases of each kind there were, as text.
#[derive(Debug, Default)]
struct Tally(BTreeMap<&'static str, usize>);

impl Tally {
    fn add(&mut self, kind: &'static str) {
        *self.0.entry(kind).or_default() += 1;
    }

    fn total(&self) -> usize {
        self.0.values().sum()
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds: Vec<_> = self.0.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        f.write_str(if kinds.is_empty() { "none" } else { "" })?;
        f.write_str(&kinds.join(", "))
    }
}

/// Hurts a medium again and again, and has each case looked at.
fn every_case(shape: Shape, cases: usize, look: impl Fn(&Medium, &Hurt, usize)) -> Tally {
    let mut medium = Medium::of(shape);
    let mut tally = Tally::default();
    for number in 0..cases {
        let mut chance = chance(number);
        // Some swaps and copies change nothing; they are no cases.
        let hurt = std::iter::repeat_with(|| Hurt::any(&mut chance, &medium))
            .find(|hurt| hurt.changes(&medium))
            .expect("nearly all of them change something");
        medium.take(&hurt);
        look(&medium, &hurt, number);
        medium.heal();
        tally.add(hurt.kind);
    }
    tally
}

#[test]
fn no_damage_to_a_bundle_passes_and_every_refusal_names_the_place() {
    let tally = every_case(Shape::Bundle, count(180, 1400), |medium, hurt, number| {
        judge::bundle(medium, hurt, number);
    });
    tell(&format!("damage to a bundle: {} cases: {tally}", tally.total()));
}

#[test]
fn no_damage_to_volumes_passes_and_every_refusal_names_the_volume() {
    let tally = every_case(Shape::Volumes, count(120, 1000), |medium, hurt, number| {
        judge::volumes(medium, hurt, number);
    });
    tell(&format!("damage to volumes: {} cases: {tally}", tally.total()));
}

#[test]
fn both_programs_refuse_damage_with_one_code_and_leave_nothing() {
    let mut tally = Tally::default();
    for shape in [Shape::Bundle, Shape::Volumes] {
        let found = every_case(shape, count(12, 150), programs::refuse);
        found.0.into_iter().for_each(|(kind, count)| *tally.0.entry(kind).or_default() += count);
    }
    tell(&format!("damage, told by the programs: {} cases: {tally}", tally.total()));
}
