//! What the tests of this project share: an upstream of our own that misbehaves
//! on request, real bytes to put on it, and a way to run the real programs.
//!
//! Helpers here panic where a test could only give up: the message says what the
//! test machine lacks.

pub mod archive;
pub mod client;
pub mod debs;
pub mod failing_disk;
pub mod fixtures;
pub mod fuzz;
pub mod gnupg;
pub mod office;
pub mod platform;
pub mod private_apt;
pub mod run;
pub mod serving;
pub mod signals;
pub mod stock;
pub mod upstream;
