//! OS packages on hosts, from the repository that the bundle carries.
//!
//! The host's own apt does the work, in an environment of ours: it sees one
//! source and one key, keeps its lists and downloads in a folder of ours, and
//! reads nothing of the site's apt, neither sources nor pins nor proxies. Only
//! the books of dpkg are shared, because they are the host.
//!
//! What it promises: nothing is removed, goes back to an older version or is
//! taken out of a hold; a package that is there in a good version stays as it
//! is; settings that people changed stay; no service starts, stops or restarts.

mod carried;
mod environment;
mod install;
mod look;
mod needed;
mod parse;
mod repository;
mod services;
mod simulation;

pub use carried::{Carried, CarriedRepository};
pub(crate) use environment::{prepare, tidy_up};
pub(crate) use install::{BUSY, before_retry, script};
pub(crate) use look::{look, rehearse, simulate, simulate_ending};
pub use needed::Needed;
pub use repository::{Repository, RepositoryUrl};
pub(crate) use services::{advice, outdated, settle};
pub use simulation::{Change, Simulation};

#[cfg(test)]
mod step_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
