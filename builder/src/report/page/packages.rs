//! OS packages on the page: those of each system, and what changed among them.

use super::{Part, blocks};
use crate::report::{
    changes::Change,
    html::{Html, element, plain},
    package_changes::PackageChange,
    words,
};
use console::text;
use manifests::{
    lockfile::{LockedBase, LockedPackage, LockedSystem},
    packages::PackageVersion,
};

impl Part<'_> {
    /// Every package of every system; nothing where there are none.
    pub(super) fn packages(&self) -> Html {
        Html::join(self.report.systems.iter().map(|system| self.system(system)))
    }

    fn system(&self, system: &LockedSystem) -> Html {
        let arch = blocks::mark("version", system.arch.as_str());
        let title = plain("h4", [system.system.as_str().into(), " ".into(), arch]);
        let signers = system.indexes.iter().map(|index| {
            let suite = format!("{} {}: ", index.source, index.suite);
            plain("div", [suite.into(), blocks::code(index.signer.as_str())])
        });
        let facts = vec![
            (self.say(words::PACKAGES_BASE), self.base(&system.base)),
            (self.say(words::PACKAGES_ARCHIVES), Html::join(signers)),
        ];
        let about = element("div", &[("class", "about")], blocks::facts(facts));
        let head = element("div", &[("class", "head")], [title, about]);
        let heads = [words::NAME, words::VERSION, words::ARCHITECTURE, words::SIZE];
        let heads = heads.map(|head| self.say(head));
        let rows: Vec<_> = system.packages.iter().map(|package| self.package(package)).collect();
        match rows.is_empty() {
            true => head,
            false => Html::join([head, blocks::table("artifacts", &heads, rows)]),
        }
    }

    fn base(&self, base: &LockedBase) -> Html {
        match base {
            LockedBase::Name(name) => blocks::code(name.as_str()),
            LockedBase::Status(files) => {
                let digests =
                    files.iter().map(|file| plain("div", blocks::code(&file.to_string())));
                let told = self.say(words::PACKAGES_STATUS).into();
                Html::join(std::iter::once(told).chain(digests))
            }
        }
    }

    fn package(&self, package: &LockedPackage) -> Html {
        let cells = [
            blocks::row_head(blocks::code(package.name.as_str())),
            blocks::cell(blocks::code(package.version.as_str())),
            blocks::cell(package.arch.as_str()),
            blocks::number(text::size(package.size)),
        ];
        let detail = |what, value: &str| plain("div", [plain("b", what), blocks::code(value)]);
        let details = [
            detail(self.say(words::SOURCE), package.source.as_str()),
            detail(self.say(words::DIGEST), &package.digest.to_string()),
        ];
        let wide = element("td", &[("colspan", "4"), ("class", "details")], details);
        blocks::body([blocks::row(cells), plain("tr", wide)])
    }

    /// What changed among them; nothing where nothing did.
    pub(super) fn package_changes(&self, changes: &[PackageChange]) -> Html {
        if changes.is_empty() {
            return Html::default();
        }
        let title = plain("h4", self.say(words::PACKAGES));
        let heads = [words::CHANGE, words::ITEM, words::VERSION].map(|head| self.say(head));
        let rows = changes.iter().map(|change| self.package_change(change)).collect();
        Html::join([title, blocks::table("changes", &heads, rows)])
    }

    fn package_change(&self, change: &PackageChange) -> Html {
        let (class, word) = match change.change {
            Change::New => ("mark", words::NEW),
            Change::Gone => ("mark", words::GONE),
            Change::OtherVersion => ("mark", words::OTHER_VERSION),
            Change::OtherBytes => ("mark look", words::OTHER_BYTES),
        };
        let list = |versions: &[PackageVersion]| {
            versions.iter().map(PackageVersion::as_str).collect::<Vec<_>>().join(", ")
        };
        let versions = match change.change {
            Change::New | Change::OtherBytes => list(&change.after),
            Change::Gone => list(&change.before),
            Change::OtherVersion => format!("{} → {}", list(&change.before), list(&change.after)),
        };
        let kind = blocks::mark("mark", &format!("{} · {}", change.system, change.arch));
        blocks::body(blocks::row([
            blocks::row_head(blocks::mark(class, self.say(word))),
            blocks::cell([kind, " ".into(), blocks::code(change.name.as_str())]),
            blocks::cell(blocks::code(&versions)),
        ]))
    }
}
