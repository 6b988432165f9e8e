//! The question to the solver: each package name is a choice of versions, what a
//! host has stays or becomes later, and everything else is there when it is needed.

use super::{
    base::Base,
    package::{Package, Priority},
    relation::{Relation, RelationError},
    universe::Universe,
};
use resolvo::{
    ConditionalRequirement, KnownDependencies, Requirement, SolvableId, VersionSetId,
    utils::{Pool, VersionSet},
};
use std::{
    cell::RefCell,
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::{self, Display},
};

/// Some versions of one package, and the words that asked for them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Versions {
    pub(super) packages: Vec<usize>,
    said: String,
}

impl Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl VersionSet for Versions {
    type V = usize;
}

/// Which way to satisfy a group is tried before another, field by field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Order {
    is_new: bool,
    /// Among the alternatives.
    place: usize,
    /// It has another name, and provides the one that is asked for.
    is_stand_in: bool,
    priority: Priority,
}

/// Versions of one package that satisfy a group.
struct Way {
    order: Order,
    packages: Vec<usize>,
}

/// Which versions of a package may be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The latest, or what the host has, as apt does it: an older one would lack what
    /// was mended since.
    Latest,
    /// Every one that is not earlier than what the host has.
    All,
}

/// What there is, what the host has of it, and what the solver was told so far.
pub(super) struct Problem<'a> {
    universe: &'a Universe,
    scope: Scope,
    /// What the host has and no index describes; they are numbered behind the others.
    alone: Vec<&'a Package>,
    /// What the host has, by name.
    installed: BTreeMap<&'a str, usize>,
    /// What of it stays exactly as it is.
    held: &'a BTreeSet<String>,
    pub(super) pool: Pool<Versions>,
    /// Packages that the solver has heard of, by their own numbers.
    pub(super) solvables: RefCell<HashMap<usize, SolvableId>>,
}

impl<'a> Problem<'a> {
    pub(super) fn new(universe: &'a Universe, base: &'a Base, scope: Scope) -> Self {
        let (mut alone, mut installed) = (Vec::new(), BTreeMap::new());
        for package in &base.packages {
            let same = |at: &usize| universe.package(*at).version == package.version;
            let at = universe.named(&package.name).find(same).unwrap_or_else(|| {
                alone.push(package);
                universe.len() + alone.len() - 1
            });
            installed.insert(&*package.name, at);
        }
        let (pool, solvables) = (Pool::new(), RefCell::default());
        Self { universe, scope, alone, installed, held: &base.held, pool, solvables }
    }

    pub(super) fn package(&self, at: usize) -> &'a Package {
        match at.checked_sub(self.universe.len()) {
            None => self.universe.package(at),
            Some(alone) => self.alone[alone],
        }
    }

    pub(super) fn installed(&self, name: &str) -> Option<&'a Package> {
        self.installed.get(name).map(|at| self.package(*at))
    }

    /// Whether anything has or provides a name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.installed.contains_key(name) || self.universe.knows(name)
    }

    /// The name that somebody may have meant.
    pub(super) fn closest(&self, name: &str) -> Option<String> {
        self.universe.closest(name).map(ToOwned::to_owned)
    }

    fn is_installed(&self, at: usize) -> bool {
        self.installed.get(&*self.package(at).name) == Some(&at)
    }

    /// The package behind a number of the solver.
    pub(super) fn chosen(&self, solvable: SolvableId) -> usize {
        self.pool.resolve_solvable(solvable).record
    }

    /// Every version of a package that may be chosen: never one that is earlier
    /// than what the host has, and no other one where somebody holds it.
    pub(super) fn versions(&self, name: &str) -> Vec<usize> {
        let installed = self.installed.get(name).copied();
        if let Some(held) = installed.filter(|_| self.held.contains(name)) {
            return vec![held];
        }
        let floor = installed.map(|at| &self.package(at).version);
        let indexed = self.universe.named(name);
        let later =
            indexed.filter(|at| floor.is_none_or(|floor| self.package(*at).version >= *floor));
        let mut later: Vec<_> = later.collect();
        later.sort_by_key(|at| Reverse((&self.package(*at).version, Reverse(*at))));
        if self.scope == Scope::Latest {
            later.truncate(1);
        }
        let mut versions: Vec<_> = installed.into_iter().chain(later).collect();
        versions.sort_by_key(|at| self.rank(*at));
        versions.dedup();
        versions
    }

    /// What is tried first: what is there, then the latest.
    pub(super) fn rank(&self, at: usize) -> (bool, Reverse<&debversion::Version>, usize) {
        (!self.is_installed(at), Reverse(&self.package(at).version), at)
    }

    /// All that a relation may mean, of the index and of the host.
    fn matching(&self, relation: &Relation) -> Vec<usize> {
        let alone = (self.universe.len()..).zip(&self.alone);
        let alone = alone.filter(|(_, package)| package.satisfies(relation)).map(|(at, _)| at);
        self.universe.matching(relation).chain(alone).collect()
    }

    /// What is always true: the host keeps what it has, or gets it in a later version.
    pub(super) fn keep_all(&self) -> Vec<ConditionalRequirement> {
        let keep = |(name, _): (&&str, &usize)| {
            let said = match self.held.contains(*name) {
                true => "(on hold there)",
                false => "(as it is, or later)",
            };
            self.choice(name, self.versions(name), said)
        };
        self.installed.iter().map(keep).map(|set| Requirement::Single(set).into()).collect()
    }

    fn choice(&self, name: &str, packages: Vec<usize>, said: &str) -> VersionSetId {
        let name = self.pool.intern_package_name(name);
        self.pool.intern_version_set(name, Versions { packages, said: said.to_owned() })
    }

    /// What a group asks for when there is nothing of it.
    fn nothing(&self, group: &[Relation]) -> VersionSetId {
        let name = &group[0].name;
        self.choice(name, Vec::new(), &said(name, group))
    }

    /// One of these has to be there.
    pub(super) fn require(&self, group: &[Relation]) -> ConditionalRequirement {
        let mut sets = Vec::new();
        for (name, packages) in self.ordered(group) {
            sets.push(self.choice(name, packages, &said(name, group)));
        }
        let requirement = match &sets[..] {
            [] => Requirement::Single(self.nothing(group)),
            [one] => Requirement::Single(*one),
            [first, others @ ..] => Requirement::Union(
                self.pool.intern_version_set_union(*first, others.iter().copied()),
            ),
        };
        requirement.into()
    }

    /// The ways to satisfy a group by package name, in the order in which they are
    /// tried: what the host has, then as the group says, packages of that very name
    /// before others, and of these the more important first.
    fn ordered(&self, group: &[Relation]) -> Vec<(&'a str, Vec<usize>)> {
        let mut ways: BTreeMap<&'a str, Way> = BTreeMap::new();
        for (place, relation) in group.iter().enumerate() {
            for at in self.matching(relation) {
                let package = self.package(at);
                if !self.versions(&package.name).contains(&at) {
                    continue;
                }
                let order = Order {
                    is_new: !self.installed.contains_key(&*package.name),
                    place,
                    is_stand_in: package.name != relation.name,
                    priority: package.priority,
                };
                let way =
                    ways.entry(&package.name).or_insert_with(|| Way { order, packages: vec![] });
                way.order = way.order.min(order);
                way.packages.push(at);
            }
        }
        let mut ways: Vec<_> = ways.into_iter().collect();
        ways.sort_by_key(|(name, way)| (way.order, *name));
        ways.into_iter().map(|(name, way)| (name, way.packages)).collect()
    }

    /// What must not be chosen beside a package: for each other name, the versions
    /// that remain.
    fn excluded(&self, at: usize, relation: &Relation) -> Vec<VersionSetId> {
        let package = self.package(at);
        let mut names: Vec<&str> = Vec::new();
        let mut hit = self.matching(relation);
        // What is there beside it already is for the site to live with.
        let is_there = self.is_installed(at);
        hit.retain(|other| !(is_there && self.is_installed(*other)));
        for other in hit.iter().map(|at| &*self.package(*at).name) {
            if other != package.name && !names.contains(&other) {
                names.push(other);
            }
        }
        let remaining = |name: &&str| {
            let versions = self.versions(name).into_iter().filter(|at| !hit.contains(at)).collect();
            self.choice(name, versions, &format!("(`{}` excludes `{relation}`)", package.name))
        };
        names.iter().map(remaining).collect()
    }

    /// Whether the host lives with a dependency that is not satisfied. That is not
    /// for us to mend.
    fn is_lived_with(&self, at: usize, group: &[Relation]) -> bool {
        let is_there =
            |relation| self.matching(relation).into_iter().any(|at| self.is_installed(at));
        self.is_installed(at) && !group.iter().any(is_there)
    }

    pub(super) fn known(&self, at: usize) -> Result<KnownDependencies, RelationError> {
        let package = self.package(at);
        let (groups, conflicts) = match (package.depends(), package.conflicts()) {
            (Ok(groups), Ok(conflicts)) => (groups, conflicts),
            // dpkg has taken it as it is.
            _ if self.is_installed(at) => Default::default(),
            (groups, conflicts) => (groups?, conflicts?),
        };
        let groups = groups.iter().filter(|group| !self.is_lived_with(at, group));
        Ok(KnownDependencies {
            requirements: groups.map(|group| self.require(group)).collect(),
            constrains: conflicts.iter().flat_map(|relation| self.excluded(at, relation)).collect(),
        })
    }
}

/// The words for what a group wants of a package: its versions, or the whole group
/// when that is not the name it asks for.
fn said(name: &str, group: &[Relation]) -> String {
    match group {
        [one] if one.name == name => one.bound(),
        _ => {
            let all: Vec<_> = group.iter().map(ToString::to_string).collect();
            format!("(for `{}`)", all.join(" | "))
        }
    }
}
