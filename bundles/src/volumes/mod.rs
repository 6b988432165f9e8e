//! A bundle in pieces that fit on media. A volume is the bundle's header, a
//! label of fixed size, and whole chunks of the payload as they are.
//!
//! Any volume tells by its signed header what it belongs to. The label is not
//! signed: it says where a reader should look, and what is found there counts
//! only when it has the signed hash. `docs/bundle-format.md`, section "Volumes".

mod cut;
mod fault;
mod label;
mod search;
mod split;

pub(crate) use cut::stem;
pub use cut::{Cut, MAX_VOLUMES, SizeError, Volume};
pub(crate) use fault::advice;
pub use fault::{FaultKind, VolumeFault};
pub(crate) use label::{Label, SKIPPABLE};
pub(crate) use search::{beside, expand};
pub use split::{SplitError, SplitOptions, split};
