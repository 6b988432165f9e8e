//! What is true on a host before anything is decided: one script looks, changes
//! nothing and needs nothing but a POSIX shell; its answer is parsed here, and
//! is believed only as far as it makes sense. What dpkg knows of a host's packages
//! is fetched as it is, for the builder.

mod answer;
mod bases;
mod error;
mod gather;
mod parse;
mod parse_network;
mod words;

pub(crate) use answer::Answer;
pub use bases::{BaseFile, Fetched, HostPackages, fetch_packages, group};
pub use error::FactsError;
pub(crate) use gather::each_host;
pub use gather::{Gathered, gather, survey};
pub use parse::parse;
pub use words::{
    Cgroup, Clock, Disk, Facts, Feature, HostAddressFact, Interface, Leftovers, Listening, Memory,
    Os, Protocol, Unit,
};

#[cfg(test)]
mod tests;
