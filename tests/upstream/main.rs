//! The upstream does what it says: to a small client that sees every byte, and to
//! skopeo, which knows nothing of us.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod demo;
mod faults;
mod files;
mod registry;

use journeys::{
    client::{self, Answer},
    upstream::Upstream,
};

const URL: &str = "https://dl.example.org/v1/tool";
const PATH: &str = "/files/dl.example.org/v1/tool";

fn get(upstream: &Upstream, path: &str, headers: &[(&str, &str)]) -> Answer {
    client::get(upstream.address(), path, headers).unwrap()
}

/// An upstream with `len` bytes at [`URL`], none of them like its neighbour.
fn with_file(len: usize) -> (Upstream, Vec<u8>) {
    let upstream = Upstream::start().unwrap();
    let bytes: Vec<u8> = (0..=250).cycle().take(len).collect();
    upstream.put_file(URL, bytes.clone());
    (upstream, bytes)
}
