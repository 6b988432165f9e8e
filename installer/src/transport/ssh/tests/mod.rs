//! Everything that can be proven is proven against a real sshd.

mod commands;
mod host_keys;
mod jump;
mod login;
mod packages;
mod sshd;
mod sudo;
mod uploads;
