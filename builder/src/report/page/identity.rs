//! Which file this is and who signed it.

use super::{Part, blocks};
use crate::report::{
    agreement::Stray,
    html::{Html, plain},
    language::Text,
    signatures::{SignatureFacts, Signatures},
    words,
};
use console::text;

impl Part<'_> {
    pub(super) fn identity(&self) -> Html {
        let subject = &self.report.subject;
        let (size, bytes) = (text::size(subject.size), grouped(subject.size));
        let size = self.fill(words::SIZE_VALUE, &[("size", &size), ("bytes", &bytes)]);
        let mut facts = vec![
            (self.say(words::FILE_NAME), blocks::code(&subject.file)),
            (self.say(words::FILE_SIZE), size.into()),
            (self.say(words::SHA256), blocks::code(subject.sha256.hex())),
        ];
        if let Some(bundle) = &subject.bundle {
            facts.extend([
                (self.say(words::LOCKFILE_DIGEST), blocks::code(&subject.lockfile.to_string())),
                (self.say(words::FORMAT), bundle.format.as_str().into()),
                (self.say(words::OPENS_WITH), bundle.opens_with.as_str().into()),
                (self.say(words::ENCODER), bundle.encoder.as_str().into()),
            ]);
        }
        facts.extend(self.bills());
        let signatures = match &self.report.signatures {
            Some(signatures) => self.signatures(signatures),
            None => blocks::note(self.say(words::LOCKFILE_NOTE)),
        };
        Html::join([blocks::facts(facts), signatures, self.strays()])
    }

    /// The documents that travel inside.
    fn bills(&self) -> Option<(&'static str, Html)> {
        let formats = self.report.release.sbom;
        let titles: Vec<_> = formats.iter().map(|format| format.title()).collect();
        let value = self.fill(words::SBOM_VALUE, &[("formats", &titles.join(", "))]);
        (!formats.is_empty()).then(|| (self.say(words::SBOM), value.into()))
    }

    /// What does not follow from the lockfile; nothing when nothing does not.
    fn strays(&self) -> Html {
        let Some(agreement) = self.report.agreement.filter(|agreement| !agreement.is_whole())
        else {
            return Html::default();
        };
        let extra = agreement.extra_names.iter().chain(&agreement.extra_blobs);
        let extra = extra.map(|stray| self.stray(words::EXTRA, stray));
        let missing = agreement.missing_names.iter();
        let missing = missing.map(|stray| self.stray(words::MISSING, stray));
        let heads = [words::CHANGE, words::ITEM, words::SIZE].map(|head| self.say(head));
        let table = blocks::table("changes", &heads, extra.chain(missing).collect());
        Html::join([plain("h4", self.say(words::AGREEMENT)), table])
    }

    fn stray(&self, side: Text, stray: &Stray) -> Html {
        let digest = blocks::small(blocks::code(&stray.digest.to_string()));
        let mark = blocks::row_head(blocks::mark("mark look", self.say(side)));
        let item = blocks::cell([blocks::code(&stray.name), digest]);
        blocks::body(blocks::row([mark, item, blocks::number(text::size(stray.size))]))
    }

    fn signatures(&self, signatures: &Signatures) -> Html {
        let title = plain("h4", self.say(words::SIGNATURE));
        if signatures.keys.is_empty() {
            return Html::join([title, blocks::note(self.say(words::SIGNATURE_NONE))]);
        }
        let heads = [words::KEY_ID, words::FINGERPRINT, words::VERIFIED].map(|head| self.say(head));
        let rows = signatures.keys.iter().map(|key| self.signature(signatures.checked, key));
        let table = blocks::table("keys", &heads, rows.collect());
        let required = match signatures.checked {
            true => blocks::paragraph(
                self.fill(words::KEYS_REQUIRED, &[("count", &signatures.required)]),
            ),
            false => Html::default(),
        };
        let note = blocks::note(self.say(words::FINGERPRINT_NOTE));
        Html::join([title, table, required, note])
    }

    fn signature(&self, checked: bool, key: &SignatureFacts) -> Html {
        let fingerprint = match key.fingerprints.is_empty() {
            true => self.say(words::KEY_UNKNOWN).into(),
            false => Html::join(key.fingerprints.iter().map(|one| plain("div", blocks::code(one)))),
        };
        let (class, word) = match (checked, key.trusted) {
            (true, true) => ("mark good", words::KEY_TRUSTED),
            _ => ("mark look", words::KEY_UNCHECKED),
        };
        let mark = blocks::mark(class, self.say(word));
        let cells = [
            blocks::row_head(blocks::code(&key.key_id)),
            blocks::cell(fingerprint),
            blocks::cell(mark),
        ];
        blocks::body(blocks::row(cells))
    }
}

/// Digits in groups of three, as both languages write them: `1,539,446`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_539_446].map(grouped), ["0", "999", "1,000", "1,539,446"]);
    }
}
