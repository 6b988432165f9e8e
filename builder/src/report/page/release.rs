//! What it is, in a few facts.

use super::{Part, blocks};
use crate::report::{
    html::{Html, plain},
    words,
};
use console::text;
use manifests::overlay::LaidOverlay;

impl Part<'_> {
    pub(super) fn release(&self) -> Html {
        let release = &self.report.release;
        let arches: Vec<_> = release.arches.iter().map(ToString::to_string).collect();
        let profiles = release.profiles.iter();
        let profiles = profiles.map(|one| (one.name.as_str(), one.title.as_str())).collect();
        let overlays = self.report.overlays.iter();
        let overlays = overlays.map(|one| (one.name.as_str(), title(one))).collect();
        blocks::facts(vec![
            (self.say(words::SUBJECT), self.subject()),
            (self.say(words::RELEASE), format!("{} {}", release.name, release.version).into()),
            (self.say(words::DESCRIPTION), release.title.into()),
            (
                self.say(words::SERIAL),
                self.fill(words::SERIAL_NOTE, &[("serial", &release.serial)]).into(),
            ),
            (self.say(words::ARCHITECTURES), arches.join(", ").into()),
            (self.say(words::PROFILES), self.choices(profiles)),
            (self.say(words::OVERLAYS), self.choices(overlays)),
            (self.say(words::TOTALS), self.totals()),
            (self.say(words::JUDGED_ON), self.report.judged_on.to_string().into()),
        ])
    }

    fn subject(&self) -> Html {
        let subject = &self.report.subject;
        let kind = match subject.bundle {
            Some(_) => words::SUBJECT_BUNDLE,
            None => words::SUBJECT_LOCKFILE,
        };
        Html::join([
            format!("{}: ", self.say(kind)).into(),
            blocks::code(&subject.file),
            format!(", {}", text::size(subject.size)).into(),
        ])
    }

    fn choices(&self, choices: Vec<(&str, &str)>) -> Html {
        if choices.is_empty() {
            return self.say(words::NONE).into();
        }
        let item = |(name, title): (&str, &str)| {
            let title = if title.is_empty() { String::new() } else { format!(" {title}") };
            plain("li", [blocks::code(name), title.into()])
        };
        plain("ul", choices.into_iter().map(item).collect::<Vec<_>>())
    }

    fn totals(&self) -> Html {
        let totals = self.report.totals;
        let counts = self.fill(
            words::TOTALS_VALUE,
            &[
                ("components", &totals.components),
                ("images", &totals.images),
                ("files", &totals.files),
                ("manifests", &totals.manifests),
                ("charts", &totals.charts),
            ],
        );
        let packages = match totals.packages {
            0 => Html::default(),
            packages => blocks::small(self.fill(words::PACKAGES_VALUE, &[("packages", &packages)])),
        };
        let bytes = text::size(totals.bytes);
        let blobs = self.fill(words::BLOBS_VALUE, &[("blobs", &totals.blobs), ("bytes", &bytes)]);
        Html::join([counts.into(), packages, blocks::small(blobs)])
    }
}

fn title(overlay: &LaidOverlay) -> &str {
    overlay.title.as_ref().map_or("", |title| title.as_str())
}
