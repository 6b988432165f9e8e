//! What the release says about itself: decisions, omissions, exceptions, and what
//! a site laid on it.

use super::{Part, blocks};
use crate::report::{
    html::{Html, plain},
    language::Text,
    words,
};

impl Part<'_> {
    pub(super) fn notes(&self) -> Html {
        let report = self.report;
        let decisions = report
            .decisions
            .iter()
            .map(|it| (format!("{} {}", it.component, it.version), it.why.to_string()));
        let omitted = report.omitted.iter().map(|it| (it.what.to_string(), it.why.to_string()));
        let exceptions = report.exceptions.iter();
        let exceptions = exceptions.map(|it| (it.reference.to_string(), it.reason.to_string()));
        Html::join([
            self.laid(),
            self.list(words::OMITTED, omitted.collect()),
            self.list(words::EXCEPTIONS, exceptions.collect()),
            self.list(words::DECISIONS, decisions.collect()),
        ])
    }

    fn laid(&self) -> Html {
        let mut rows = Vec::new();
        for overlay in self.report.overlays {
            let title = overlay.title.as_ref().map(ToString::to_string);
            let title = title.unwrap_or_else(|| self.say(words::OVERLAY_ADDS).to_owned());
            rows.push((overlay.name.to_string(), title));
            rows.extend(overlay.unpinned.iter().map(|one| {
                let what = self.fill(words::OVERLAY_UNPINNED, &[("component", &one.component)]);
                (format!("{}: {what}", overlay.name), one.reason.to_string())
            }));
        }
        self.list(words::LAID, rows)
    }

    /// Nothing when the release says nothing.
    fn list(&self, title: Text, rows: Vec<(String, String)>) -> Html {
        if rows.is_empty() {
            return Html::default();
        }
        let heads = [words::WHAT, words::REASON].map(|head| self.say(head));
        let body = |(what, why): (String, String)| {
            blocks::body(blocks::row([blocks::row_head(what), blocks::cell(why)]))
        };
        let table = blocks::table("notes", &heads, rows.into_iter().map(body).collect());
        Html::join([plain("h4", self.say(title)), table])
    }
}
