//! What changed since an earlier bundle or lockfile.

use super::{Part, blocks};
use crate::report::{
    changes::{Change, Changes, ComponentChange, ItemChange, ItemKind, Side},
    html::{Html, plain},
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
        if changes.components.is_empty() {
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
        let versions = |versions: &[Version]| match versions {
            [] => "–".to_owned(),
            some => some.iter().map(Version::as_str).collect::<Vec<_>>().join(", "),
        };
        let (before, after) = (versions(&change.before), versions(&change.after));
        let versions = match before == after {
            true => after,
            false => format!("{before} → {after}"),
        };
        let title = plain(
            "h4",
            [change.component.as_str().into(), " ".into(), blocks::mark("version", &versions)],
        );
        let licences = [&change.licences_before, &change.licences_after].map(|one| one.join(", "));
        let licence = match licences[0] == licences[1] {
            true => Html::default(),
            false => blocks::note(self.fill(
                words::LICENCE_CHANGED,
                &[("before", &licences[0]), ("after", &licences[1])],
            )),
        };
        if change.items.is_empty() {
            return Html::join([title, licence]);
        }
        let heads = [words::CHANGE, words::ITEM, words::SIZE].map(|head| self.say(head));
        let bodies = change.items.iter().map(|item| self.item_change(item)).collect();
        Html::join([title, licence, blocks::table("changes", &heads, bodies)])
    }

    fn item_change(&self, item: &ItemChange) -> Html {
        let (class, word) = match item.change {
            Change::New => ("mark", words::NEW),
            Change::Gone => ("mark", words::GONE),
            Change::OtherVersion => ("mark", words::OTHER_VERSION),
            Change::OtherBytes => ("mark look", words::OTHER_BYTES),
        };
        let sides = [(words::BEFORE, &item.before), (words::AFTER, &item.after)];
        let named = sides.iter().filter_map(|(word, side)| Some((self.say(*word), side.as_ref()?)));
        let shown = named.map(|(word, side)| side_line(word, side));
        let mut inside = vec![blocks::small(self.item_kind(item))];
        inside.extend(shown);
        let size = |side: &Option<Side>| {
            side.as_ref().map_or("–".to_owned(), |side| text::size(side.size))
        };
        let sizes =
            [size(&item.before), "→".to_owned(), size(&item.after)].map(|line| plain("div", line));
        let cells = [
            blocks::row_head(blocks::mark(class, self.say(word))),
            blocks::cell(inside),
            blocks::number(sizes),
        ];
        blocks::body(blocks::row(cells))
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

fn side_line(word: &str, side: &Side) -> Html {
    let name = plain("div", [format!("{word}: ").into(), blocks::code(&side.name)]);
    let digest = blocks::small(blocks::code(&side.digest.to_string()));
    Html::join([name, digest])
}
