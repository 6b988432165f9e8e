//! Every component on one line: what it is, under which licence, how much.

use super::{Part, blocks};
use crate::report::{
    components::ComponentFacts,
    html::{Html, element},
    words,
};
use console::text;

impl Part<'_> {
    pub(super) fn overview(&self) -> Html {
        let heads = [words::COMPONENT, words::VERSION, words::LICENCE, words::ITEMS, words::SIZE];
        let heads = heads.map(|head| self.say(head));
        let rows = self.report.components.iter().enumerate();
        let rows = rows.map(|(at, component)| self.overview_row(at, component)).collect();
        Html::join([
            blocks::table("overview", &heads, rows),
            blocks::note(self.say(words::CONTENTS_NOTE)),
        ])
    }

    fn overview_row(&self, at: usize, component: &ComponentFacts<'_>) -> Html {
        let target = format!("#{}", self.component_anchor(at));
        let name = element("a", &[("href", &target)], component.name.as_str());
        let title = component.title.map(blocks::small).unwrap_or_default();
        let items = component.files.len() + component.images.len();
        let cells = [
            blocks::row_head([name, title]),
            blocks::cell(component.version.as_str()),
            blocks::cell(component.licence.unwrap_or(self.say(words::UNKNOWN))),
            blocks::number(items.to_string()),
            blocks::number(text::size(component.bytes)),
        ];
        blocks::body(blocks::row(cells))
    }

    /// Names and versions may hold anything; a number is a place in any page.
    pub(super) fn component_anchor(&self, at: usize) -> String {
        self.anchor(&format!("component-{}", at + 1))
    }
}
