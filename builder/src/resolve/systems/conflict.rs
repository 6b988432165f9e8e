//! Packages that do not go together, told with the sets that ask for them.

use super::{SystemError, plan::Task};
use crate::debian::{Base, Closure, ClosureError, Universe};
use manifests::packages::LockedSet;

/// What a base lacks of all sets together. Where that cannot be, the error names the
/// fewest sets that are in each other's way.
pub(super) fn closure<'a>(
    task: &Task,
    universe: &'a Universe,
    (name, base): (&str, &'a Base),
) -> Result<Closure<'a>, SystemError> {
    let find =
        |sets: &[&LockedSet]| Closure::find(universe, base, &Task::wanted(sets.iter().copied()));
    find(&task.sets.iter().collect::<Vec<_>>()).map_err(|why| {
        let (sets, source) = fewest(&task.sets, why, |sets| find(sets).err());
        SystemError::Closure {
            system: task.system.clone(),
            arch: task.arch,
            sets: Task::names(sets),
            base: name.to_owned(),
            source,
        }
    })
}

/// Leaves out one set after the other, as long as the rest still does not go
/// together.
fn fewest(
    sets: &[LockedSet],
    mut why: ClosureError,
    refuse: impl Fn(&[&LockedSet]) -> Option<ClosureError>,
) -> (Vec<&LockedSet>, ClosureError) {
    let mut guilty: Vec<&LockedSet> = sets.iter().collect();
    for set in sets {
        let rest: Vec<_> = guilty.iter().copied().filter(|one| one.set != set.set).collect();
        if let Some(still) = refuse(&rest) {
            (guilty, why) = (rest, still);
        }
    }
    (guilty, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sets_that_are_in_each_others_way_are_named() {
        let set = |name: &str| LockedSet {
            set: name.parse().unwrap(),
            roles: Vec::new(),
            names: Vec::new(),
            start: Vec::new(),
        };
        let sets = ["a", "b", "c", "d"].map(set);
        let names = |sets: &[&LockedSet]| -> Vec<String> {
            sets.iter().map(|set| set.set.to_string()).collect()
        };
        let why = |text: &str| ClosureError::Conflict { why: text.to_owned() };
        let refuse = |sets: &[&LockedSet]| {
            let names = names(sets);
            let both = ["b", "d"].iter().all(|name| names.contains(&(*name).to_owned()));
            both.then(|| why(&names.join(" ")))
        };
        let (guilty, why) = fewest(&sets, why("all"), refuse);
        assert_eq!(names(&guilty), ["b", "d"]);
        assert!(why.to_string().ends_with("b d"), "{why}");
    }
}
