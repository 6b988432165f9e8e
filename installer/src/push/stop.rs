//! The operator's wish to end: uploads are closed in good order, so that the next
//! push goes on where they are.

use super::error::PushError;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Wanted by the operator, or by one part of a push that cannot go on, so that the
/// others end in good order too. Clones hear of both.
#[derive(Debug, Clone)]
pub struct Stop {
    operator: watch::Receiver<bool>,
    part: Arc<watch::Sender<bool>>,
}

impl Stop {
    /// Becomes wanted when this becomes true.
    pub fn new(operator: watch::Receiver<bool>) -> Self {
        Self { operator, part: Arc::new(watch::Sender::new(false)) }
    }

    /// Ends all the rest.
    pub(super) fn end(&self) {
        self.part.send_replace(true);
    }

    pub(super) fn is_wanted(&self) -> bool {
        *self.operator.borrow() || *self.part.borrow()
    }

    pub(super) fn check(&self) -> Result<(), PushError> {
        if self.is_wanted() { Err(PushError::Interrupted) } else { Ok(()) }
    }

    /// Comes to an end only when it is wanted.
    async fn wanted(&self) {
        let (mut operator, mut part) = (self.operator.clone(), self.part.subscribe());
        tokio::select! {
            Ok(_) = operator.wait_for(|wanted| *wanted) => {}
            Ok(_) = part.wait_for(|wanted| *wanted) => {}
            // Nobody is left who could want it.
            else => std::future::pending().await,
        }
    }

    pub(super) async fn sleep(&self, wait: Duration) -> Result<(), PushError> {
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.wanted() => Err(PushError::Interrupted),
        }
    }
}
