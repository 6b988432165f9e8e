//! An open SSH connection, as long as anybody holds it.

use super::greeter::Greeter;
use russh::client::Handle;
use std::sync::Arc;

/// An open connection, and the one it runs through.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) handle: Arc<Handle<Greeter>>,
    /// Kept so that it stays open.
    pub(super) through: Option<Box<Line>>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (closed, through) = (self.handle.is_closed(), &self.through);
        f.debug_struct("Line").field("closed", &closed).field("through", through).finish()
    }
}
