//! An overlay: a folder in which a site keeps images of its own beside the bundles
//! that are served.
//!
//! What it promises: what a bundle holds stays as it is and is always asked first,
//! so nothing that was pushed stands in for something signed. A blob or a tag is
//! there as a whole or not at all, whenever the power fails. No byte is sent that
//! was not held against a hash right before. No name leads out of the folder.
//! Why it is made as it is: `docs/design/0011-writable.md`.

mod access;
mod blobs;
mod document;
mod error;
mod fingerprint;
mod garbage;
mod overlay;
mod place;
mod quota;
mod read;
mod reads;
mod receive;
mod refusal;
mod replies;
mod repository;
mod root;
mod send;
mod survey;
mod tagging;
mod uploads;
mod write;

pub(crate) use access::permit_start;
pub use error::OverlayError;
pub use garbage::{Garbage, GarbageOptions, Removed, collect_garbage};
pub(crate) use overlay::Overlay;
pub use overlay::WritableOptions;
pub(crate) use reads::Read;
pub(crate) use write::Write;

use super::reply::Refusal;

/// What a client hears of bytes that are not as they were. It must not learn where
/// files lie on this host.
fn damaged() -> Refusal {
    Refusal::Damaged("what was pushed cannot be read or is damaged; the log of this registry says what and where".into())
}
