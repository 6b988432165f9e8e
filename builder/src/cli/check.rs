//! `check`: is everything that the manifests name in the lockfile?

use super::{
    Ended, job,
    rules::{self, Day},
    sources::Sources,
};
use crate::{
    cache::Cache,
    check::{self, Rendered, Report, Row, Unread},
    fetch::{self, FetchOptions},
    supply::Supply,
};
use clap::Args;
use console::{Console, Table, text};
use manifests::{Failure, lockfile::Lockfile, rules::Warning, yaml};
use serde::Serialize;

use std::{path::PathBuf, time::Instant};

/// Check that a lockfile is complete: every image and file that its manifests and
/// charts name is locked, and nothing is locked without a reason.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The lockfile.
    lockfile: PathBuf,
    /// Use the cache alone and ask nobody.
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    day: Day,
    #[command(flatten)]
    sources: Sources,
}

impl Check {
    pub(super) fn run(self, console: &Console) -> Ended {
        let began = Instant::now();
        let lockfile =
            yaml::read(&self.lockfile).and_then(|text| Lockfile::parse(&self.lockfile, &text))?;
        let cache = self.sources.cache()?;
        self.fetch(&check::needed(&lockfile), &cache, console)?;
        let report = job::run_blocking(|stop| check::check_until(&lockfile, &cache, stop))??;
        let warnings = self.day.warnings(&lockfile);
        show(&report, &warnings, console);
        let code = rules::warn(&warnings, console);
        let report = report.complete()?;
        console.success(&format!("{} in {}", summary(&report), text::duration(began.elapsed())));
        Ok(code)
    }

    fn fetch(
        &self,
        lockfile: &Lockfile,
        cache: &Cache,
        console: &Console,
    ) -> Result<(), Box<dyn Failure>> {
        let options = FetchOptions { network: self.sources.network()?, offline: self.offline };
        let reporter = console.reporter();
        job::run(fetch::fetch(lockfile, &options, Supply::of(cache), None, reporter.as_ref()))
            .map(|_| ())
    }
}

/// Everything that `check` has to say, for programs.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    report: &'a Report,
    warnings: &'a [Warning],
}

fn show(report: &Report, warnings: &[Warning], console: &Console) {
    if console.wants_json() {
        console.json(&Told { report, warnings });
        return;
    }
    let mut table = Table::new(["component", "version", "found", "locked", "stated", "result"]);
    for row in &report.components {
        let counts = [row.found, row.locked, row.stated].map(|count| count.to_string());
        let names = [row.component.to_string(), row.version.to_string()];
        table.row(names.into_iter().chain(counts).chain([result(row)]));
    }
    console.table(&table.numbers(&[2, 3, 4]));
    report.rendered.iter().for_each(|chart| console.data(&rendered(chart)));
    for Unread { component, file, why, .. } in &report.unread {
        console.data(&format!("not looked into: {component}/{file} ({why})\n"));
    }
    for exception in &report.exceptions {
        console.data(&format!("let pass: {} ({})\n", exception.reference, exception.reason));
    }
    rules::acknowledged(warnings).for_each(|text| console.data(&format!("{text}\n")));
}

fn rendered(chart: &Rendered) -> String {
    let Rendered { component, file, helm, kubernetes, objects, .. } = chart;
    let kubernetes = kubernetes.as_ref().map(|version| format!(" for Kubernetes {version}"));
    format!(
        "rendered: {component}/{file} (by Helm {helm}{}: {})\n",
        kubernetes.unwrap_or_default(),
        text::count(*objects as u64, "object", "objects")
    )
}

/// A component with a chart that was not read is not called ok: nobody knows.
fn result(row: &Row) -> String {
    let problems = text::count(row.problems as u64, "problem", "problems");
    match (row.problems, row.unread) {
        (0, 0) => "ok".to_owned(),
        (0, unread) => not_looked_into(unread),
        (_, 0) => problems,
        (_, unread) => format!("{problems}, {}", not_looked_into(unread)),
    }
}

fn not_looked_into(charts: usize) -> String {
    format!("{} not looked into", text::count(charts as u64, "chart", "charts"))
}

fn summary(report: &Report) -> String {
    let sum = |of: fn(&Row) -> usize| report.components.iter().map(of).sum::<usize>() as u64;
    let but = match report.unread.len() {
        0 => String::new(),
        charts => format!(", with {}", not_looked_into(charts)),
    };
    format!(
        "{} {} is complete{but}: {} found, {} locked, {} stated, {}",
        report.release,
        report.version,
        text::count(sum(|row| row.found), "name", "names"),
        text::count(sum(|row| row.locked), "image", "images"),
        sum(|row| row.stated),
        text::count(report.exceptions.len() as u64, "exception", "exceptions"),
    )
}
