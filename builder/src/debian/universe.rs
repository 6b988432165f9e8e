//! All packages that a target system can have, by name and by what they provide.

use super::{package::Package, relation::Relation};
use std::collections::HashMap;

/// Packages of one architecture, from however many indexes.
#[derive(Debug, Default)]
pub struct Universe {
    packages: Vec<Package>,
    by_name: HashMap<String, Vec<usize>>,
    /// Real packages, by the names that they provide besides their own.
    providers: HashMap<String, Vec<usize>>,
}

impl Universe {
    /// Puts indexes together. A package that is in several counts once, where it
    /// comes first.
    pub fn new(packages: impl IntoIterator<Item = Package>) -> Self {
        let mut this = Self::default();
        this.extend(packages);
        this
    }

    /// Adds what further indexes have.
    pub fn extend(&mut self, packages: impl IntoIterator<Item = Package>) {
        for package in packages {
            let known =
                self.named(&package.name).any(|at| self.packages[at].version == package.version);
            if !known {
                self.add(package);
            }
        }
    }

    fn add(&mut self, package: Package) {
        let at = self.packages.len();
        self.by_name.entry(package.name.clone()).or_default().push(at);
        // What cannot be read provides nothing; whoever needs it learns that.
        for provided in package.provides().unwrap_or_default() {
            self.providers.entry(provided.name).or_default().push(at);
        }
        self.packages.push(package);
    }

    /// How many packages there are.
    pub fn len(&self) -> usize {
        self.packages.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// All of them, in the order of the indexes.
    pub fn packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter()
    }

    pub(super) fn package(&self, at: usize) -> &Package {
        &self.packages[at]
    }

    /// The versions of a package.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = usize> + '_ {
        self.by_name.get(name).into_iter().flatten().copied()
    }

    /// What a relation may mean: first packages of that name, then those that
    /// provide it.
    pub(super) fn matching(&self, relation: &Relation) -> impl Iterator<Item = usize> {
        let providers = self.providers.get(&relation.name).into_iter().flatten().copied();
        let own = |at: &usize| self.packages[*at].name == relation.name;
        let all = self.named(&relation.name).chain(providers.filter(move |at| !own(at)));
        all.filter(|at| self.packages[*at].satisfies(relation))
    }

    /// Whether a package has or provides a name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.by_name.contains_key(name) || self.providers.contains_key(name)
    }

    /// The name that somebody may have meant.
    pub(super) fn closest(&self, name: &str) -> Option<&str> {
        let names = self.by_name.keys().chain(self.providers.keys());
        let scored = names.map(|known| (strsim::jaro_winkler(name, known), known.as_str()));
        let best = scored.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)));
        best.filter(|(score, _)| *score > 0.8).map(|(_, name)| name)
    }
}
