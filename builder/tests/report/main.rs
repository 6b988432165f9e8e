//! `report`: what it says, and the page it says it on.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on ends its test")]

mod agreement;
mod browser;
mod facts;
mod hostile;
mod markup;
mod packages;
mod sample;
mod structure;
