//! Rules about versions: what goes together, whose support ended, what is
//! retired. They are data (`manifests/rules/*.yaml`), each with the page it was
//! read from and the day, because support windows change more often than programs
//! are carried in.
//!
//! A lockfile carries the rules that speak of its versions, never a verdict: what
//! is supported today may not be when the bundle is opened, so [`judge()`] is asked
//! with the day of the one who looks. What no rule speaks of is not judged.

mod acknowledgement;
mod book;
#[cfg(test)]
mod data_tests;
mod date;
mod judge;
mod line;
mod locked;
mod picked;
mod rule;
#[cfg(test)]
mod tests;
mod warning;
mod written;

pub use acknowledgement::Acknowledgement;
pub use book::RuleBook;
pub use date::{Date, DateError};
pub use judge::judge;
pub use line::{Line, LineError, Minor, Minors};
pub use picked::Picked;
pub use rule::{EndOfSupport, Kind, Pairs, Retired, Rule, Subject, Supports};
pub use warning::Warning;

pub(crate) use acknowledgement::check;
