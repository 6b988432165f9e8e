//! `report`: what a security desk reads before it lets a medium in.

use super::{
    Ended, file, job,
    rules::{self, Day},
    verify::Keys,
};
use crate::{
    keys::KeyError,
    report::{self, Language, Opened, Reading},
};
use clap::{Args, ValueEnum};
use console::Console;
use std::path::{Path, PathBuf};

/// Write what a security desk reads about a bundle: one HTML file that needs
/// nothing else, on screen and on A4. A bundle is checked as `verify` does;
/// signatures only with --trust.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// The bundle, or a lockfile that has not become one yet.
    #[arg(value_name = "BUNDLE|LOCK")]
    subject: PathBuf,
    /// The report [default: the bundle's or lockfile's path with `.report.html`;
    /// none with --json]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Tell what changed since this bundle or lockfile.
    #[arg(long, value_name = "BUNDLE|LOCK")]
    since: Option<PathBuf>,
    /// The language.
    #[arg(long, value_name = "LANGUAGE", value_enum, default_value_t = Languages::Both)]
    lang: Languages,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    day: Day,
}

/// Which languages a report is in.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Languages {
    /// Korean.
    Ko,
    /// English.
    En,
    /// Korean, then English.
    Both,
}

impl Report {
    pub(super) fn run(self, console: &Console) -> Ended {
        let opened = self.open(&self.subject, console)?;
        let since = self.since.as_deref().map(|path| self.open(path, console));
        let since = since.transpose()?;
        let day = self.day.day();
        let report = report::report(&opened, since.as_ref(), day);
        if console.wants_json() {
            console.json(&report);
        }
        if let Some(path) = self.path(console) {
            file::replace(&path, &report::page(&report, self.lang.list()))?;
            console.success(&format!("wrote {}", path.display()));
        }
        Ok(rules::warn(&opened.lockfile().warnings(day), console))
    }

    fn open(&self, path: &Path, console: &Console) -> Result<Opened, Box<dyn manifests::Failure>> {
        let reading = self.reading()?;
        Ok(Opened::open(path, reading, console.reporter().as_ref())?)
    }

    fn reading(&self) -> Result<Reading, KeyError> {
        let (keys, require) = (self.keys.named()?, self.keys.require());
        Ok(Reading { keys, require, jobs: job::default_jobs() })
    }

    /// Where the page goes. Who asks for JSON alone gets JSON alone.
    fn path(&self, console: &Console) -> Option<PathBuf> {
        let beside = || {
            let mut path = self.subject.clone().into_os_string();
            path.push(".report.html");
            path.into()
        };
        match &self.output {
            None if console.wants_json() => None,
            None => Some(beside()),
            named => named.clone(),
        }
    }
}

impl Languages {
    fn list(self) -> &'static [Language] {
        match self {
            Self::Ko => &[Language::Korean],
            Self::En => &[Language::English],
            Self::Both => &[Language::Korean, Language::English],
        }
    }
}
