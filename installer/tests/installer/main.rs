//! The real `bottari-installer` on real bundles, asked by real clients.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]
#![expect(clippy::print_stderr, reason = "what was measured should be seen")]

mod client;
mod damage;
mod distribution;
mod fixture;
mod guard;
mod help;
mod hosts;
mod image;
mod limits;
mod live;
mod memory;
mod messages;
mod packages;
mod podman;
mod process;
mod runs;
mod service;
mod side_by_side;
mod skopeo;
mod slow;
mod tls;
mod trust;
mod unpack;
mod users;
mod verify;
mod volumes;
mod watching;
mod writable;
