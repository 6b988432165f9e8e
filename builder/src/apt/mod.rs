//! The repository of OS packages that a bundle carries for each system: what stock
//! apt reads, signed by a key of the release.
//!
//! Promises: it is made of the lockfile and the packages that it names and of nothing
//! else, so the same lockfile and key give the same bytes; an index repeats what each
//! package says of itself, and no package can speak for another.

mod deb;
#[cfg(test)]
mod deb_tests;
mod error;
mod fitness;
mod judge;
mod key;
#[cfg(test)]
mod key_tests;
mod paragraph;
mod release_file;
mod repository;

pub use deb::{DebError, control};
pub use error::AptError;
pub use judge::expected;
pub use key::{AptKey, generate, show};
pub use paragraph::{Paragraph, ParagraphError};
pub use release_file::{COMPONENT, SUITE};
pub use repository::{check_key, repositories};
