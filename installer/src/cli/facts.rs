//! `facts`: what is true on the hosts.

use super::{
    CommandError, bases,
    cluster::{ClusterArguments, runtime},
};
use crate::facts::{Facts, FactsError, Gathered, fetch_packages, survey};
use clap::Args;
use console::{Console, Table, text};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Show what is true on the hosts
///
/// Changes nothing. The table holds the main facts; `--json` shows all of them.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    cluster: ClusterArguments,

    /// Write what dpkg has installed on the hosts into DIR instead [default: this folder]
    ///
    /// One status file for each distinct set of packages; `bottari-builder lock --base` takes
    /// them as what the site has.
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = ".")]
    packages: Option<PathBuf>,
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let cluster = self.cluster.read()?;
        let reaches = self.cluster.reaches(&cluster, console)?;
        let connector = self.cluster.connector(console);
        let parallel = self.cluster.parallel.get();
        let runtime = runtime()?;
        if let Some(folder) = &self.packages {
            let fetched = runtime.block_on(fetch_packages(&connector, &reaches, parallel));
            bases::write(folder, &fetched, console)?;
            return tell_failures(console, fetched);
        }
        let gathered = runtime.block_on(survey(&connector, &reaches, parallel));
        match console.wants_json() {
            true => console.json(&json(&gathered)),
            false => console.table(&table(&gathered)),
        }
        tell_failures(console, gathered)
    }
}

/// Every failure but the last is a warning; the last one ends the program.
fn tell_failures<T>(
    console: &Console,
    answers: Vec<(String, Result<T, FactsError>)>,
) -> Result<(), CommandError> {
    let mut failures = answers.into_iter().filter_map(|(_, answer)| answer.err());
    let Some(mut last) = failures.next() else { return Ok(()) };
    for next in failures {
        console.failure(&last);
        last = next;
    }
    Err(last.into())
}

fn json(gathered: &[Gathered]) -> Value {
    let facts = |(host, facts): &Gathered| {
        let value = match facts {
            Ok(facts) => json!(facts),
            Err(error) => json!({ "error": error.in_full() }),
        };
        (host.clone(), value)
    };
    Value::Object(gathered.iter().map(facts).collect::<Map<_, _>>())
}

fn table(gathered: &[Gathered]) -> Table {
    let headers =
        ["host", "system", "kernel", "arch", "cpus", "memory", "free in /var/lib", "clock"];
    let mut table = Table::new(headers).numbers(&[4, 5, 6, 7]);
    for (host, facts) in gathered {
        match facts {
            Ok(facts) => table.row(row(host, facts)),
            Err(_) => table.row([host.as_str(), "not known"]),
        }
    }
    table
}

fn row(host: &str, facts: &Facts) -> [String; 8] {
    let word = |fact: &Option<String>| fact.clone().unwrap_or_else(|| "?".to_owned());
    let or_unknown = |fact: Option<String>| fact.unwrap_or_else(|| "?".to_owned());
    [
        host.to_owned(),
        or_unknown(facts.os.as_ref().map(|os| os.name.clone())),
        word(&facts.kernel),
        word(&facts.machine),
        or_unknown(facts.cpus.map(|cpus| cpus.to_string())),
        or_unknown(facts.memory.map(|memory| text::size(memory.total_bytes))),
        or_unknown(facts.disks.get("/var/lib").map(|disk| text::size(disk.free_bytes))),
        or_unknown(facts.clock.map(|clock| format!("{:+} ms", clock.ahead_ms))),
    ]
}
