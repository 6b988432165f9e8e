//! What a reader with one minute sees: what it is, and what to look at.

use super::{Part, blocks};
use crate::report::{
    changes::Change,
    html::{Html, plain},
    words,
};

/// Whether a line of the summary asks for somebody's attention.
#[derive(Clone, Copy)]
enum State {
    Good,
    Look,
    Note,
}

struct Line {
    what: &'static str,
    state: State,
    detail: String,
}

impl Part<'_> {
    pub(super) fn summary(&self) -> Html {
        let lines = [
            Some(self.signature_line()),
            self.integrity_line(),
            self.agreement_line(),
            Some(self.rules_line()),
            Some(self.origin_line()),
            Some(self.unpinned_line()),
            Some(self.changes_line()),
        ];
        let bodies = lines.into_iter().flatten().map(|line| self.line(&line)).collect();
        let heads = [words::CHECK, words::STATE, words::DETAIL].map(|head| self.say(head));
        let findings = blocks::table("findings", &heads, bodies);
        Html::join([self.release(), plain("h4", self.say(words::RESULT)), findings])
    }

    fn line(&self, Line { what, state, detail }: &Line) -> Html {
        let (class, word) = match state {
            State::Good => ("mark good", words::GOOD),
            State::Look => ("mark look", words::LOOK),
            State::Note => ("mark", words::NOTE),
        };
        let mark = blocks::cell(blocks::mark(class, self.say(word)));
        let cells = [blocks::row_head(*what), mark, blocks::cell(detail.as_str())];
        blocks::body(blocks::row(cells))
    }

    fn signature_line(&self) -> Line {
        let what = self.say(words::SIGNATURE);
        let Some(signatures) = &self.report.signatures else {
            let detail = self.say(words::SIGNATURE_LOCKFILE).to_owned();
            return Line { what, state: State::Note, detail };
        };
        let ids = |trusted: bool| {
            let keys = signatures.keys.iter().filter(|key| !trusted || key.trusted);
            keys.map(|key| key.key_id.clone()).collect::<Vec<_>>().join(", ")
        };
        let (state, detail) = match (signatures.checked, signatures.keys.is_empty()) {
            (true, _) => (State::Good, self.fill(words::SIGNATURE_GOOD, &[("keys", &ids(true))])),
            (false, true) => (State::Look, self.say(words::SIGNATURE_NONE).to_owned()),
            (false, false) => {
                (State::Look, self.fill(words::SIGNATURE_UNCHECKED, &[("keys", &ids(false))]))
            }
        };
        Line { what, state, detail }
    }

    /// Whole is only as good as the list that says so.
    fn integrity_line(&self) -> Option<Line> {
        let what = self.say(words::INTEGRITY);
        let (state, detail) = match self.report.signatures.as_ref()?.checked {
            true => (State::Good, words::INTEGRITY_GOOD),
            false => (State::Note, words::INTEGRITY_UNSIGNED),
        };
        Some(Line { what, state, detail: self.say(detail).to_owned() })
    }

    fn agreement_line(&self) -> Option<Line> {
        let (what, agreement) = (self.say(words::AGREEMENT), self.report.agreement?);
        let (state, detail) = match agreement.count() {
            0 => (State::Good, self.say(words::AGREEMENT_GOOD).to_owned()),
            count => (State::Look, self.fill(words::AGREEMENT_BAD, &[("count", &count)])),
        };
        Some(Line { what, state, detail })
    }

    fn rules_line(&self) -> Line {
        let warnings = &self.report.warnings;
        let open = warnings.iter().filter(|one| one.warning.acknowledged.is_none()).count();
        let (met, rules) = (warnings.len(), self.report.totals.rules);
        let (state, detail) = match (met, open) {
            (0, _) if rules == 0 => (State::Note, self.say(words::RULES_UNKNOWN).to_owned()),
            (0, _) => (State::Good, self.fill(words::RULES_NONE, &[("rules", &rules)])),
            (_, 0) => (State::Note, self.fill(words::RULES_ACKNOWLEDGED, &[("met", &met)])),
            _ => (State::Look, self.fill(words::RULES_OPEN, &[("met", &met), ("open", &open)])),
        };
        Line { what: self.say(words::RULES), state, detail }
    }

    fn origin_line(&self) -> Line {
        let known = self.report.provenance;
        let state = match known.by_third_parties + known.first_seen {
            0 => State::Good,
            _ => State::Note,
        };
        let detail = self.fill(
            words::ORIGIN_VALUE,
            &[
                ("project", &known.by_project),
                ("others", &known.by_third_parties),
                ("first", &known.first_seen),
                ("signed", &known.signed),
            ],
        );
        Line { what: self.say(words::ORIGIN), state, detail }
    }

    fn unpinned_line(&self) -> Line {
        let what = self.say(words::UNPINNED);
        match self.report.overlays.iter().map(|overlay| overlay.unpinned.len()).sum::<usize>() {
            0 => {
                Line { what, state: State::Good, detail: self.say(words::UNPINNED_NONE).to_owned() }
            }
            count => {
                let detail = self.fill(words::UNPINNED_SOME, &[("count", &count)]);
                Line { what, state: State::Look, detail }
            }
        }
    }

    fn changes_line(&self) -> Line {
        let what = self.say(words::CHANGES);
        let Some(changes) = &self.report.changes else {
            return Line {
                what,
                state: State::Note,
                detail: self.say(words::CHANGES_NONE).to_owned(),
            };
        };
        let items = || changes.components.iter().flat_map(|component| &component.items);
        let count = |kind: Change| items().filter(|item| item.change == kind).count();
        let file = &changes.since.file;
        let packages = &changes.packages;
        let other_bytes = count(Change::OtherBytes)
            + packages.iter().filter(|package| package.change == Change::OtherBytes).count();
        let of_components = match changes.components.len() {
            0 if packages.is_empty() => self.fill(words::CHANGES_SAME, &[("file", file)]),
            components => self.fill(
                words::CHANGES_SOME,
                &[
                    ("file", file),
                    ("components", &components),
                    ("new", &count(Change::New)),
                    ("changed", &(count(Change::OtherVersion) + count(Change::OtherBytes))),
                    ("gone", &count(Change::Gone)),
                ],
            ),
        };
        let detail = match packages.len() {
            0 => of_components,
            count => {
                let packages = self.fill(words::CHANGES_PACKAGES, &[("packages", &count)]);
                format!("{of_components}; {packages}")
            }
        };
        let state = if other_bytes > 0 { State::Look } else { State::Note };
        Line { what, state, detail }
    }
}
