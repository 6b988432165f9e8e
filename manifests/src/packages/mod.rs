//! OS packages: which systems the hosts run, which packages they need, where the
//! archives of these systems are, and what a lockfile says of each package.

mod locked;
mod locked_check;
mod moment;
mod system;
mod wanted;
mod words;

pub use locked::{
    DEB_MEDIA_TYPE, LockedBase, LockedIndex, LockedList, LockedPackage, LockedSet, LockedSystem,
};
pub use moment::{Moment, MomentError};
pub use system::{ArchiveSource, BasePriority, NamedBase, SystemDefinition};
pub use wanted::{PackageSet, SystemChoice, TargetSystem, UnknownSystem};
pub use words::{
    ArchiveComponent, Origin, PackageArch, PackageArchError, PackageName, PackageVersion,
    ServiceName, Suite, SystemName, Wish,
};

pub(crate) use locked_check::check as check_locked;
pub(crate) use wanted::check as check_wanted;
