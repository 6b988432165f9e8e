//! Brings the parts of an installation together for the commands: which plan
//! is walked, by whom, how its progress reads, and what is handed over at the
//! end. Nothing here prints or asks; whatever is stopped can be run again.

mod connect;
mod error;
mod kubeconfig;
mod operator;
mod progress;
mod reset;
mod status;
mod stored;
#[cfg(test)]
mod tests;
mod uploads;
mod walk;

pub use connect::{Way, connect, connect_each};
pub use error::RunError;
pub use kubeconfig::{ADMIN_CONF, hand_over};
pub use operator::{new_run, operator};
pub use progress::Progress;
pub use reset::{HostReset, Reset, ResetScope, Resetting};
pub use status::{
    Certificate, Missing, Node, certificates, missing, nodes, placed_certificate, registry,
};
pub use stored::{for_target, forget, stored_plan};
pub use uploads::NamedUploads;
pub use walk::{Interrupts, Walk};
