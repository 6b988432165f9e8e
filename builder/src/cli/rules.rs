//! What rules about versions say, on the command line.

use clap::Args;
use console::Console;
use manifests::{
    ExitCode,
    catalog::Catalog,
    lockfile::Lockfile,
    release::Release,
    rules::{Acknowledgement, Date, Picked, RuleBook, Warning},
    yaml::InputError,
};
use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

const DAY_SECONDS: u64 = 86_400;

/// The day that what is supported is judged by.
#[derive(Debug, Args)]
pub(super) struct Day {
    /// Judge by this day what is still supported [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    on: Option<Date>,
}

impl Day {
    /// The day itself.
    pub(super) fn day(&self) -> Date {
        self.on.unwrap_or_else(today)
    }

    /// What a lockfile's rules say on that day.
    pub(super) fn warnings(&self, lockfile: &Lockfile) -> Vec<Warning> {
        lockfile.warnings(self.day())
    }
}

/// The rules of one lock, and what its release says about them.
pub(super) struct Rules {
    book: RuleBook,
    acknowledged: Vec<Acknowledgement>,
}

impl Rules {
    /// Reads the rules beside the definitions and refuses a release that
    /// acknowledges what nothing goes against, in all of its profiles. An overlay
    /// may take away what the release itself acknowledges, so both are asked.
    /// `path` is only for messages.
    pub(super) fn of(
        path: &Path,
        own: &Release,
        laid: &Release,
        catalog: &Catalog,
    ) -> Result<Self, InputError> {
        let book = catalog.rules()?;
        let picked = |release| catalog.contents(release).map(|all| Picked::of_contents(&all));
        let checked = book.check(&laid.acknowledged, &[picked(own)?, picked(laid)?]);
        checked.map_err(|message| InputError::meaning(path, message))?;
        Ok(Self { book, acknowledged: laid.acknowledged.clone() })
    }

    /// Puts what concerns a lockfile into it.
    pub(super) fn put_into(&self, lockfile: &mut Lockfile) {
        lockfile.take_rules(&self.book, &self.acknowledged);
    }
}

/// The day that it is, in UTC.
fn today() -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs() / DAY_SECONDS).map_or(Date::LAST, Date::of_unix_day)
}

/// Says what nobody acknowledged, and gives the code to end with.
pub(super) fn warn(warnings: &[Warning], console: &Console) -> ExitCode {
    let open: Vec<_> = warnings.iter().filter(|warning| warning.acknowledged.is_none()).collect();
    for warning in &open {
        let Warning { rule, message, says, source, .. } = warning;
        console.warn(&format!("{message}\n  {rule}: {says} ({source})"));
    }
    let Some(Warning { rule, version, .. }) = open.first() else { return ExitCode::Done };
    console.note(&format!(
        "take other versions, or say in the release that you mean it, such as:\n  \
         acknowledged:\n  - rule: {rule}\n    version: {version}\n    reason: WHY"
    ));
    ExitCode::Warnings
}

/// What the release acknowledges, each with its reason.
pub(super) fn acknowledged(warnings: &[Warning]) -> impl Iterator<Item = String> {
    warnings.iter().filter_map(|warning| {
        let reason = warning.acknowledged.as_ref()?;
        let Warning { rule, message, source, .. } = warning;
        Some(format!("acknowledged: {message}\n  {rule}: {reason} ({source})"))
    })
}
