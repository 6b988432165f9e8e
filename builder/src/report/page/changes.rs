//! What changed since an earlier bundle or lockfile.

use super::{Part, blocks};
use crate::report::{
    changes::{Change, Changes, ComponentChange, ItemChange, ItemKind, Side},
    html::{Html, plain},
    language::Text,
    words,
};
use console::text;
use manifests::Version;

impl Part<'_> {
    pub(super) fn changes(&self) -> Html {
        let Some(changes) = &self.report.changes else {
            return blocks::paragraph(self.say(words::CHANGES_NONE));
        };
        let mut inside = vec![self.since(changes)];
        if changes.components.is_empty() && changes.packages.is_empty() {
            let file = [("file", &changes.since.file as &dyn std::fmt::Display)];
            inside.push(blocks::paragraph(self.fill(words::CHANGES_SAME, &file)));
        } else {
            let mut items = changes.components.iter().flat_map(|component| &component.items);
            if items.any(|item| item.change == Change::OtherBytes) {
                inside.push(blocks::note(self.say(words::SAME_VERSION_NOTE)));
            }
            inside.extend(
                changes.components.iter().map(|component| self.component_change(component)),
            );
            inside.push(self.package_changes(&changes.packages));
        }
        inside.into()
    }

    fn since(&self, changes: &Changes) -> Html {
        let since = self.fill(
            words::SINCE,
            &[
                ("file", &changes.since.file),
                ("release", &changes.release),
                ("version", &changes.version),
                ("serial", &changes.serial),
            ],
        );
        let checked = match (changes.checked, &changes.since.bundle) {
            (true, _) => blocks::paragraph(self.say(words::SINCE_CHECKED)),
            (false, Some(_)) => blocks::note(self.say(words::SINCE_UNCHECKED)),
            (false, None) => Html::default(),
        };
        let size = |bytes| text::size(bytes);
        let bytes = self.fill(
            words::NEW_BYTES,
            &[
                ("new", &size(changes.bytes_new)),
                ("before", &size(changes.bytes_before)),
                ("after", &size(changes.bytes_after)),
            ],
        );
        Html::join([
            blocks::paragraph(since),
            blocks::paragraph([
                words::SHA256.to(self.language).into(),
                " ".into(),
                blocks::code(changes.since.sha256.hex()),
            ]),
            checked,
            blocks::paragraph(bytes),
        ])
    }

    fn component_change(&self, change: &ComponentChange) -> Html {
        let versions = blocks::mark("version", &self.versions(change));
        let title = plain("h4", [change.component.as_str().into(), " ".into(), versions]);
        let licence = self.licence_change(change);
        if change.items.is_empty() {
            return Html::join([title, licence]);
        }
        let heads = [words::CHANGE, words::ITEM, words::SIZE].map(|head| self.say(head));
        let bodies = change.items.iter().map(|item| self.item_change(item)).collect();
        Html::join([title, licence, blocks::table("changes", &heads, bodies)])
    }

    fn versions(&self, ComponentChange { before, after, .. }: &ComponentChange) -> String {
        let list = |versions: &[Version]| {
            versions.iter().map(Version::as_str).collect::<Vec<_>>().join(", ")
        };
        match (before.as_slice(), after.as_slice()) {
            ([], after) => format!("{} ({})", list(after), self.say(words::NEW)),
            (before, []) => format!("{} ({})", list(before), self.say(words::GONE)),
            (before, after) if before == after => list(after),
            (before, after) => format!("{} → {}", list(before), list(after)),
        }
    }

    fn licence_change(&self, change: &ComponentChange) -> Html {
        let [before, after] =
            [&change.licences_before, &change.licences_after].map(|one| one.join(", "));
        if before == after {
            return Html::default();
        }
        let values: [(&str, &dyn std::fmt::Display); 2] = [("before", &before), ("after", &after)];
        blocks::note(self.fill(words::LICENCE_CHANGED, &values))
    }

    fn item_change(&self, item: &ItemChange) -> Html {
        let (class, word) = match item.change {
            Change::New => ("mark", words::NEW),
            Change::Gone => ("mark", words::GONE),
            Change::OtherVersion => ("mark", words::OTHER_VERSION),
            Change::OtherBytes => ("mark look", words::OTHER_BYTES),
        };
        let kind = blocks::mark("mark", &self.item_kind(item));
        let (inside, sizes) = match (&item.before, &item.after) {
            (Some(before), Some(after)) => self.both_sides(before, after),
            (Some(side), None) | (None, Some(side)) => one_side(side),
            (None, None) => Default::default(),
        };
        let cells = [
            blocks::row_head(blocks::mark(class, self.say(word))),
            blocks::cell([kind, " ".into(), inside]),
            blocks::number(sizes),
        ];
        blocks::body(blocks::row(cells))
    }

    fn both_sides(&self, before: &Side, after: &Side) -> (Html, Html) {
        let line = |word: Text, side: &Side| {
            let name = [self.say(word).into(), " ".into(), blocks::code(&side.name)];
            let digest = blocks::small(blocks::code(&side.digest.to_string()));
            Html::join([plain("div", name), digest])
        };
        let lines = [line(words::BEFORE, before), line(words::AFTER, after)];
        let sizes = [format!("{} →", text::size(before.size)), text::size(after.size)];
        (Html::join(lines), Html::join(sizes.map(|size| plain("div", size))))
    }

    fn item_kind(&self, item: &ItemChange) -> String {
        let kind = match item.kind {
            ItemKind::File => words::KIND_FILE,
            ItemKind::Manifest => words::KIND_MANIFEST,
            ItemKind::Chart => words::KIND_CHART,
            ItemKind::Image => words::KIND_IMAGE,
        };
        let arch = item.arch.map(|arch| format!(" · {arch}")).unwrap_or_default();
        format!("{}{arch}", self.say(kind))
    }
}

/// What is new stands with its digest among the contents.
fn one_side(side: &Side) -> (Html, Html) {
    (blocks::code(&side.name), text::size(side.size).into())
}
