//! A bundle in pieces that fit on media. A volume is the bundle's header, a
//! label of fixed size, and whole chunks of the payload as they are.
//!
//! Any volume tells by its signed header what it belongs to. The label is not
//! signed: it says where a reader should look, and what is found there counts
//! only when it has the signed hash. `docs/bundle-format.md`, section "Volumes".

mod code;
mod cut;
mod fault;
mod files;
mod label;
mod lane;
mod parity;
mod parity_label;
mod pieces;
mod pieces_label;
mod resend_list;
mod seal;
mod search;
mod split;

pub(crate) use code::Shape;
pub(crate) use cut::stem;
pub use cut::{Cut, MAX_VOLUMES, SizeError, Volume};
pub(crate) use fault::advice;
pub use fault::{FaultKind, Part, VolumeFault};
pub(crate) use files::{Files, Partial};
pub(crate) use label::{Label, SKIPPABLE};
pub(crate) use lane::Lane;
pub(crate) use parity_label::ParityLabel;
pub use parity_label::{MAX_PARITY, Parity};
pub use pieces::{ResendError, ResendOptions, resend};
pub(crate) use pieces_label::PiecesLabel;
pub use resend_list::{ResendList, ResendListError};
pub(crate) use search::{beside, expand};
pub use split::{SplitError, SplitOptions, split};
