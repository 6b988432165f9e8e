//! What the solver asks while it works: names for people, and which packages there
//! are for a name, in which order, with which needs.

use super::problem::Problem;
use resolvo::{
    Candidates, Condition, ConditionId, Dependencies, DependencyProvider, Interner, NameId,
    SolvableId, SolverCache, StringId, VersionSetId, VersionSetUnionId,
};
use std::fmt::Display;

impl Interner for Problem<'_> {
    type NameId = NameId;
    type SolvableId = SolvableId;

    fn display_solvable(&self, solvable: SolvableId) -> impl Display + '_ {
        self.package(self.chosen(solvable))
    }

    fn display_merged_solvables(&self, solvables: &[SolvableId]) -> impl Display + '_ {
        let mut shown: Vec<_> =
            solvables.iter().map(|id| self.package(self.chosen(*id)).to_string()).collect();
        shown.sort();
        shown.dedup();
        shown.join(" | ")
    }

    fn display_name(&self, name: NameId) -> impl Display + '_ {
        self.pool.resolve_package_name(name)
    }

    fn display_version_set(&self, version_set: VersionSetId) -> impl Display + '_ {
        self.pool.resolve_version_set(version_set)
    }

    fn display_string(&self, string_id: StringId) -> impl Display + '_ {
        self.pool.resolve_string(string_id)
    }

    fn version_set_name(&self, version_set: VersionSetId) -> NameId {
        self.pool.resolve_version_set_package_name(version_set)
    }

    fn solvable_name(&self, solvable: SolvableId) -> NameId {
        self.pool.resolve_solvable(solvable).name
    }

    fn version_sets_in_union(
        &self,
        version_set_union: VersionSetUnionId,
    ) -> impl Iterator<Item = VersionSetId> {
        self.pool.resolve_version_set_union(version_set_union)
    }

    fn resolve_condition(&self, condition: ConditionId) -> Condition {
        self.pool.resolve_condition(condition).clone()
    }
}

impl DependencyProvider for Problem<'_> {
    async fn filter_candidates(
        &self,
        candidates: &[SolvableId],
        version_set: VersionSetId,
        inverse: bool,
    ) -> Vec<SolvableId> {
        let versions = &self.pool.resolve_version_set(version_set).packages;
        let wanted = |id: &&SolvableId| versions.contains(&self.chosen(**id)) != inverse;
        candidates.iter().filter(wanted).copied().collect()
    }

    async fn get_candidates(&self, name: NameId) -> Option<Candidates> {
        let mut solvables = self.solvables.borrow_mut();
        let versions = self.versions(self.pool.resolve_package_name(name));
        let mut solvable =
            |at| *solvables.entry(at).or_insert_with(|| self.pool.intern_solvable(name, at));
        let candidates: Vec<_> = versions.into_iter().map(&mut solvable).collect();
        Some(Candidates { candidates, ..Candidates::default() })
    }

    async fn sort_candidates(&self, _cache: &SolverCache<Self>, solvables: &mut [SolvableId]) {
        solvables.sort_by_key(|id| self.rank(self.chosen(*id)));
    }

    async fn get_dependencies(&self, solvable: SolvableId) -> Dependencies {
        match self.known(self.chosen(solvable)) {
            Ok(known) => Dependencies::Known(known),
            Err(error) => Dependencies::Unknown(self.pool.intern_string(error.to_string())),
        }
    }
}
