//! `--quiet`: warnings and nothing else, in whatever form the other reader has.

use manifests::event::{Event, Reporter};
use std::sync::Arc;

/// Lets only warnings through.
#[derive(Debug)]
pub(crate) struct WarningsOnly(pub(crate) Arc<dyn Reporter>);

impl Reporter for WarningsOnly {
    fn report(&self, event: &Event) {
        if matches!(event, Event::Warning { .. }) {
            self.0.report(event);
        }
    }
}
