//! How to check the bundle without us.

use super::{Part, blocks};
use crate::report::{
    html::{Html, element, plain},
    language::Text,
    steps::{Shows, Step},
    words,
};

impl Part<'_> {
    pub(super) fn verify(&self) -> Html {
        let steps = self.report.verify.iter().map(|step| self.step(step));
        let list = element("ol", &[("class", "steps")], steps.collect::<Vec<_>>());
        Html::join([blocks::note(self.say(words::VERIFY_NOTE)), list])
    }

    fn step(&self, Step { shows, commands }: &Step) -> Html {
        let commands = plain("pre", blocks::code(&commands.join("\n")));
        plain("li", [blocks::paragraph(self.say(text(*shows))), commands])
    }
}

fn text(shows: Shows) -> Text {
    match shows {
        Shows::File => words::STEP_FILE,
        Shows::Lockfile => words::STEP_LOCKFILE,
        Shows::Key => words::STEP_KEY,
        Shows::Unpacked => words::STEP_UNPACK,
        Shows::Signature => words::STEP_SIGNATURE,
        Shows::Sums => words::STEP_SUMS,
        Shows::Blobs => words::STEP_BLOBS,
        Shows::Image => words::STEP_IMAGE,
        Shows::OneFile => words::STEP_FILE_OUT,
        Shows::Verified => words::STEP_OURS,
        Shows::Report => words::STEP_REPORT,
    }
}
