//! Documents of made-up images whose layers are real tar archives: what is
//! listed, what is not, and what strange layers cannot do.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on ends its test")]

mod databases;
mod documents;
mod hostile;
mod layers;
mod programs;
mod shelf;
