//! What has to be carried so that a host has what it needs.

use super::{
    base::Base,
    package::Package,
    problem::{Problem, Scope},
    relation::{Relation, RelationError},
    universe::Universe,
};
use debversion::Version;
use manifests::{ExitCode, Failure};
use resolvo::{Problem as Question, Solver, UnsolvableOrCancelled};

/// A package that the host gets.
#[derive(Debug)]
pub struct Chosen<'a> {
    /// The package.
    pub package: &'a Package,
    /// The version that it takes the place of.
    pub replaces: Option<&'a Version>,
}

/// Every package that the host gets, by name. Together with what it has they are
/// complete, and nothing it has goes away.
#[derive(Debug)]
pub struct Closure<'a> {
    /// By name.
    pub chosen: Vec<Chosen<'a>>,
}

/// Why there is no closure.
#[derive(Debug, thiserror::Error)]
pub enum ClosureError {
    /// What is wanted is not said as relations are.
    #[error("a wanted package is not understood")]
    Wanted(#[from] RelationError),
    /// No index knows it.
    #[error("no index has a package `{name}`{}", closest.as_ref().map_or_else(String::new, |name| format!(", the closest is `{name}`")))]
    Unknown {
        /// What is wanted.
        name: String,
        /// What there is.
        closest: Option<String>,
    },
    /// It cannot be had beside what the host has.
    #[error("the packages do not go together with what the hosts have:\n{}", why.trim_end())]
    Conflict {
        /// Which packages are in each other's way.
        why: String,
    },
}

impl Failure for ClosureError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Input
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Wanted(_) | Self::Unknown { .. } => None,
            Self::Conflict { .. } => Some(
                "take another version or source of the packages named, or bring the site's own status file"
                    .into(),
            ),
        }
    }
}

impl<'a> Closure<'a> {
    /// Finds what is lacking of what is wanted: names, or names with versions. The
    /// latest versions, and older ones only where these do not go together.
    pub fn find(
        universe: &'a Universe,
        base: &'a Base,
        wanted: &[&str],
    ) -> Result<Self, ClosureError> {
        let wanted = wanted.iter().map(|text| Relation::parse_groups(text));
        let wanted: Vec<Vec<Relation>> =
            wanted.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        let check = Problem::new(universe, base, Scope::All);
        wanted.iter().flatten().try_for_each(|relation| check.check_known(relation))?;
        let latest = Problem::new(universe, base, Scope::Latest);
        Self::solve(latest, &wanted).or_else(|_| Self::solve(check, &wanted))
    }

    fn solve(problem: Problem<'a>, wanted: &[Vec<Relation>]) -> Result<Self, ClosureError> {
        let mut requirements = problem.keep_all();
        requirements.extend(wanted.iter().map(|group| problem.require(group)));
        let mut solver = Solver::new(problem);
        let answer = solver.solve(Question::new().requirements(requirements));
        let solvables = answer.map_err(|error| ClosureError::Conflict {
            why: match error {
                UnsolvableOrCancelled::Unsolvable(conflict) => {
                    conflict.display_user_friendly(&solver).to_string()
                }
                UnsolvableOrCancelled::Cancelled(_) => "nobody asks it to stop".to_owned(),
            },
        })?;
        let problem = solver.provider();
        let packages = solvables.into_iter().map(|id| problem.package(problem.chosen(id)));
        let chosen = packages.filter_map(|package| problem.lacking(package));
        let mut chosen: Vec<_> = chosen.collect();
        chosen.sort_by(|a, b| a.package.name.cmp(&b.package.name));
        Ok(Self { chosen })
    }
}

impl<'a> Problem<'a> {
    fn check_known(&self, relation: &Relation) -> Result<(), ClosureError> {
        let name = relation.name.clone();
        match self.knows(&name) {
            true => Ok(()),
            false => Err(ClosureError::Unknown { closest: self.closest(&name), name }),
        }
    }

    /// A package that the host does not have in this version.
    fn lacking(&self, package: &'a Package) -> Option<Chosen<'a>> {
        let replaces = self.installed(&package.name).map(|installed| &installed.version);
        let same = replaces == Some(&package.version);
        (!same).then_some(Chosen { package, replaces })
    }
}
