//! The real `bottari-installer` on real bundles, asked by real clients.

mod client;
mod damage;
mod distribution;
mod fixture;
mod guard;
mod help;
mod image;
mod messages;
mod podman;
mod process;
mod side_by_side;
mod skopeo;
mod tls;
mod trust;
mod unpack;
mod verify;
