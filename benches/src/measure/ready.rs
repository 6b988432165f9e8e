//! The machine before a measurement: nothing left to write from the one before, and
//! memory at hand. A virtual machine gives memory back to its host, and whoever
//! needs it first waits for it.

use crate::problem::Result;
use std::{hint::black_box, process::Command};

const PAGE: usize = 4096;

/// Writes out what is dirty, touches so many bytes and frees them.
pub(crate) fn settle(touch: usize) -> Result<()> {
    Command::new("sync").status()?;
    let mut memory = vec![0u8; touch];
    for page in memory.chunks_mut(PAGE) {
        page[0] = 1;
    }
    black_box(&memory);
    Ok(())
}
