//! One answer: what hosts lack of what is wanted, as a lockfile has it.

use super::{
    SystemError, conflict,
    plan::{Bases, Task},
};
use crate::debian::{Base, Closure, Package, Priority, Stock, Universe};
use manifests::{
    Digest,
    packages::{BasePriority, LockedBase, LockedPackage, LockedSystem, NamedBase},
};
use std::{collections::BTreeMap, mem};

/// Solves every base for itself and puts together what they lack.
pub(super) fn solve(task: &Task, mut stock: Stock) -> Result<LockedSystem, SystemError> {
    let mut universe = Universe::new(mem::take(&mut stock.first));
    let bases = bases(task, &universe)?;
    universe.extend(mem::take(&mut stock.others));
    let mut lacking = BTreeMap::new();
    for (name, base) in &bases {
        let closure = conflict::closure(task, &universe, (name, base))?;
        for package in closure.chosen.into_iter().map(|chosen| chosen.package) {
            lacking.insert((&package.name, package.version.to_string()), package);
        }
    }
    let packages = lacking.into_values().map(|package| locked(task, package, &stock));
    Ok(LockedSystem {
        system: task.system.clone(),
        arch: task.arch,
        base: recorded(&task.base),
        packages: packages.collect::<Result<_, _>>()?,
        indexes: stock.indexes,
        sets: task.sets.clone(),
    })
}

/// What hosts have, each base with its name. A named one is made of the first suite
/// alone: that is what a host has which nobody has raised since.
fn bases(task: &Task, first: &Universe) -> Result<Vec<(String, Base)>, SystemError> {
    match &task.base {
        Bases::Named(named) => {
            Ok(vec![(format!("base `{}`", named.name), of_name(task, named, first)?)])
        }
        Bases::Site(files) => {
            let read = |file: &super::SiteBase| {
                let base = Base::read(&file.status, task.arch.as_str());
                let base = base.map_err(|why| SystemError::base(&file.path, why))?;
                Ok((format!("status file `{}`", file.path.display()), base))
            };
            files.iter().map(read).collect()
        }
    }
}

fn of_name(task: &Task, named: &NamedBase, first: &Universe) -> Result<Base, SystemError> {
    let is_there = |package: &&Package| {
        package.essential || named.priorities.iter().any(|one| priority(*one) == package.priority)
    };
    let by_priority = first.packages().filter(is_there).map(|package| package.name.as_str());
    let by_name = named.packages.iter().map(manifests::packages::PackageName::as_str);
    let wanted: Vec<_> = by_priority.chain(by_name).collect();
    let nothing = Base::default();
    let closure = Closure::find(first, &nothing, &wanted);
    let closure = closure.map_err(|source| SystemError::named_base(task, &named.name, source))?;
    Ok(Base::of(closure.chosen.into_iter().map(|chosen| chosen.package.clone()).collect()))
}

fn priority(priority: BasePriority) -> Priority {
    match priority {
        BasePriority::Required => Priority::Required,
        BasePriority::Important => Priority::Important,
        BasePriority::Standard => Priority::Standard,
    }
}

fn recorded(bases: &Bases) -> LockedBase {
    match bases {
        Bases::Named(named) => LockedBase::Name(named.name.clone()),
        Bases::Site(files) => {
            let mut digests: Vec<Digest> =
                files.iter().map(|file| bundles::sha256(file.status.as_bytes())).collect();
            digests.sort();
            digests.dedup();
            LockedBase::Status(digests)
        }
    }
}

fn locked(task: &Task, package: &Package, stock: &Stock) -> Result<LockedPackage, SystemError> {
    let wrong = |why: String| SystemError::Package {
        system: task.system.clone(),
        package: package.to_string(),
        why,
    };
    let archive = package.archive.as_ref();
    let archive = archive.ok_or_else(|| wrong("no list says where it is".into()))?;
    let (source, from) = stock.place(archive);
    Ok(LockedPackage {
        name: package.name.parse().map_err(|why| wrong(format!("{why}")))?,
        version: package.version.to_string().parse().map_err(|why| wrong(format!("{why}")))?,
        arch: package.arch.parse().map_err(|why| wrong(format!("{why}")))?,
        source,
        size: archive.size,
        digest: archive.digest.clone(),
        from,
    })
}
