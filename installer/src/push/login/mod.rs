//! Logging in: where logins are kept, what a registry asks for, and its tokens.

mod challenge;
mod files;
mod gate;
mod token;

pub use files::{LoginFileError, LoginFiles};
pub(super) use gate::{Gate, Scope};
pub(super) use token::escaped;
