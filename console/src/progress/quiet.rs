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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::{Clock, JsonLines};
    use crate::talk::Talk;
    use crate::testing::Sink;

    #[test]
    fn only_warnings_pass() {
        let sink = Sink::default();
        let json = JsonLines::new(Talk::plain(sink.stream()), Clock::system());
        let quiet = WarningsOnly(Arc::new(json));
        quiet.report(&Event::Notice { text: "a".into() });
        quiet.report(&Event::PhaseFinished { title: "b".into() });
        quiet.report(&Event::Warning { text: "c".into() });
        insta::assert_snapshot!(sink.text(), @r#"{"event":"warning","text":"c"}"#);
    }
}
