//! The operator's wish to end: uploads are closed in good order, so that the next
//! push goes on where they are.

use super::error::PushError;
use std::time::Duration;
use tokio::sync::watch;

/// Becomes true when the operator wants an end. Clones hear of it too.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens to this.
    pub fn new(wanted: watch::Receiver<bool>) -> Self {
        Self(wanted)
    }

    pub(super) fn is_wanted(&self) -> bool {
        *self.0.borrow()
    }

    pub(super) fn check(&self) -> Result<(), PushError> {
        if self.is_wanted() { Err(PushError::Interrupted) } else { Ok(()) }
    }

    /// Comes to an end only when it is wanted.
    pub(super) async fn wanted(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|wanted| *wanted).await.is_err() {
            // Nobody is left who could want it.
            std::future::pending::<()>().await;
        }
    }

    pub(super) async fn sleep(&self, wait: Duration) -> Result<(), PushError> {
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.wanted() => Err(PushError::Interrupted),
        }
    }
}
