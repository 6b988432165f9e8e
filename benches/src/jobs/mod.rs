//! What is measured: our jobs, the script's, and the limits of the machine.

mod limits;
mod load;
mod ours;
mod rounds;
mod script;
mod serving;
mod throughput;

pub(crate) use rounds::{Results, run};
pub(crate) use serving::{READERS, Serving, serve_command};
pub(crate) use throughput::throughput;
