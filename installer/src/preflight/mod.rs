//! Is every host ready? Pure: facts and needs in, one verdict for each host and
//! check out, each with what was found, what was expected and what to do.
//! Nothing on any host changes.

mod check;
mod clock;
mod kernel;
mod leftovers;
mod machine;
mod needs;
mod network;
mod packages;
mod ports;
mod report;
mod show;
mod space;
mod system;
#[cfg(test)]
mod tests;
mod verdict;

pub use check::{CHECKS, Check, CheckResult, preflight};
pub use needs::{Appetite, HostNeeds, Needs, PortNeed, SUPPORTED_SYSTEMS, System};
pub use packages::{Rehearsal, Rehearsals, Rehearsing};
pub use report::{NotReady, Report, UnknownCheck, accepted};
pub use show::{problems, summary};
pub use verdict::State;
