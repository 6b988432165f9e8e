//! Archives, asked over HTTP: what they say of themselves, believed for pinned keys
//! alone, and the lists of packages that this word vouches for.
//!
//! Promises: nothing is read before its signature or its digest was compared; no
//! list unpacks to more than the archive says; an archive that goes back in time is
//! refused, whichever builder saw the later day; what has not changed costs one
//! question for each suite.

mod choose;
mod error;
mod fetch;
mod list;
mod seen;
mod word;

pub use error::ArchiveError;
pub(crate) use list::Stock;
use word::Word;

use crate::{cache::Cache, network::Network};
use manifests::{event::Reporter, packages::LockedIndex};
use std::time::SystemTime;

/// What archives are asked with.
#[derive(Clone, Copy)]
pub(crate) struct Archives<'a> {
    pub(crate) network: &'a Network,
    pub(crate) cache: &'a Cache,
    pub(crate) reporter: &'a dyn Reporter,
    /// Our clock.
    pub(crate) now: SystemTime,
    /// What an earlier lockfile saw.
    pub(crate) before: &'a [&'a LockedIndex],
}
