//! Projects that are given up, support that ended, versions that do not go
//! together: each with who says so and what the release answers.

use super::{Part, blocks};
use crate::report::{
    facts::{Finding, FindingKind},
    html::Html,
    words,
};

impl Part<'_> {
    pub(super) fn findings(&self) -> Html {
        let day = [("day", &self.report.judged_on as &dyn std::fmt::Display)];
        let note = blocks::note(self.fill(words::FINDINGS_NOTE, &day));
        if self.report.warnings.is_empty() {
            return Html::join([blocks::paragraph(self.say(words::FINDINGS_EMPTY)), note]);
        }
        let heads = [words::KIND, words::FINDING, words::ANSWER].map(|head| self.say(head));
        let rows = self.report.warnings.iter().map(|finding| self.finding(finding));
        Html::join([blocks::table("rules", &heads, rows.collect()), note])
    }

    fn finding(&self, finding: &Finding) -> Html {
        let Finding { read, warning, .. } = finding;
        let read = self.fill(words::READ_ON, &[("day", read)]);
        let said = Html::join([
            blocks::paragraph(warning.message.as_str()),
            blocks::small(warning.says.as_str()),
            blocks::small([blocks::code(warning.source.as_str()), format!(" ({read})").into()]),
        ]);
        let answer = match &warning.acknowledged {
            Some(reason) => self.fill(words::ACKNOWLEDGED, &[("reason", reason)]).into(),
            None => blocks::mark("mark look", self.say(words::UNANSWERED)),
        };
        let kind = blocks::row_head(self.finding_kind(finding));
        blocks::body(blocks::row([kind, blocks::cell(said), blocks::cell(answer)]))
    }

    fn finding_kind(&self, Finding { kind, until, with, .. }: &Finding) -> Html {
        let kind = match kind {
            FindingKind::Retired => words::RULE_RETIRED,
            FindingKind::EndOfSupport => words::RULE_ENDED,
            FindingKind::VersionSkew => words::RULE_SKEW,
        };
        let until = until.map(|day| self.fill(words::UNTIL, &[("day", &day)]));
        let with = with.as_ref().map(|with| self.fill(words::WITH, &[("subject", with)]));
        let about = until.or(with).map(blocks::small).unwrap_or_default();
        Html::join([self.say(kind).into(), about])
    }
}
