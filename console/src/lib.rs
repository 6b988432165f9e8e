//! The one place that prints. Events become bars, plain lines or JSON; errors
//! become text, a hint and an exit code; both programs get the same flags,
//! help, completions and manual pages.
//!
//! What it promises: stdout carries data and nothing else, stderr carries talk,
//! colour never carries meaning, and a reader that goes away is no error.
//!
//! ```no_run
//! /// Builds bundles.
//! #[derive(clap::Parser)]
//! struct CommandLine {
//!     #[command(flatten)]
//!     output: console::OutputFlags,
//! }
//!
//! fn work(_: &dyn manifests::event::Reporter) -> Result<(), Box<dyn manifests::Failure>> {
//!     Ok(())
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     let line: CommandLine = match console::parse() {
//!         Ok(line) => line,
//!         Err(code) => return console::quit(code),
//!     };
//!     let console = console::Console::new(&line.output);
//!     let code = match work(console.reporter().as_ref()) {
//!         Ok(()) => manifests::ExitCode::Done,
//!         Err(error) => console.failure(error.as_ref()),
//!     };
//!     console::quit(console.finish(code))
//! }
//! ```

mod color;
mod contents;
mod errors;
mod file;
mod flags;
mod limits;
mod notes;
mod output;
#[cfg(test)]
mod output_tests;
mod progress;
mod repaired;
mod run;
mod sbom;
mod shell;
mod size;
mod table;
mod talk;
#[cfg(test)]
mod testing;
pub mod text;

pub use contents::{Counts, contents};
pub use file::replace;
pub use flags::OutputFlags;
pub use limits::allow_open_files;
pub use notes::{choices, notes};
pub use output::Console;
pub use repaired::repaired;
pub use run::{command, exit_codes_help, parse, quit};
pub use sbom::SbomFormatName;
pub use shell::{completions, man_pages};
pub use size::{ByteSize, ByteSizeError};
pub use table::Table;
