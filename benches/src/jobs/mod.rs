//! What is measured: our jobs, the script's, and the limits of the machine.

mod limits;
mod ours;
mod rounds;
mod script;
mod serving;

pub(crate) use rounds::{Results, run};
