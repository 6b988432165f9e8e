//! OS packages of Debian and Ubuntu: what a site's hosts lack of the packages
//! that a cluster needs, down to the last dependency, whatever this machine runs.
//!
//! Promises: nothing that the site has is removed or downgraded; dependencies of
//! every depth, alternatives, virtual packages, versions, Pre-Depends, Conflicts
//! and Breaks are honoured; the same indexes give the same answer; a conflict is
//! told with the packages that make it.

mod archive;
mod base;
mod closure;
#[cfg(test)]
mod closure_tests;
mod day;
mod in_release;
mod index;
mod package;
mod problem;
mod relation;
mod solver;
mod universe;

pub use archive::ArchiveError;
pub(crate) use archive::{Archives, Stock};
pub use base::{Base, BaseError, architecture};
pub use closure::{Chosen, Closure, ClosureError};
pub use in_release::{Expected, InRelease, InReleaseError, IndexFile, Seen, SeenBy};
pub use index::{IndexError, read_index};
pub use package::{Archive, Package, Priority};
pub use relation::{Operator, Relation, RelationError};
pub use universe::Universe;
