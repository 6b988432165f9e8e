//! The servers of others: what the workload comes from and what we are compared
//! with. Each ends when it is dropped, and counts what it sent.

mod log;
mod nginx;
mod registry;
mod running;

pub(crate) use log::SentBytes;
pub(crate) use nginx::{FileServer, Nginx, Tls};
pub(crate) use registry::Registry;
pub(crate) use running::Running;
