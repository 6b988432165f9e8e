//! The one place that prints. Events become bars, plain lines or JSON; errors
//! become text, a hint and an exit code; both programs get the same flags,
//! help, completions and manual pages.
//!
//! What it promises: stdout carries data and nothing else, stderr carries talk,
//! colour never carries meaning, and a reader that goes away is no error.

mod color;
mod errors;
mod flags;
mod output;
mod progress;
mod run;
mod shell;
mod table;
mod talk;
pub mod text;

pub use flags::OutputFlags;
pub use output::Console;
pub use run::{command, exit_codes_help, parse, quit};
pub use shell::{completions, man_pages};
pub use table::Table;
