//! `facts`: what is true on the hosts.

use super::{
    CommandError,
    cluster::{ClusterArguments, runtime},
};
use crate::facts::{Facts, Gathered, survey};
use clap::Args;
use console::{Console, Table, text};
use serde_json::{Map, Value, json};

/// Show what is true on the hosts
///
/// Changes nothing. The table holds the main facts; `--json` shows all of them.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    cluster: ClusterArguments,

    /// List every installed package in the JSON, not only those of interest
    #[arg(long)]
    packages: bool,
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let cluster = self.cluster.read()?;
        let reaches = self.cluster.reaches(&cluster, console)?;
        let connector = self.cluster.connector(console);
        let parallel = self.cluster.parallel.get();
        let asking = survey(&connector, &reaches, self.packages, parallel);
        let gathered = runtime()?.block_on(asking);
        match console.wants_json() {
            true => console.json(&json(&gathered)),
            false => console.table(&table(&gathered)),
        }
        tell_failures(console, gathered)
    }
}

/// Every failure but the last is a warning; the last one ends the program.
fn tell_failures(console: &Console, gathered: Vec<Gathered>) -> Result<(), CommandError> {
    let mut failures = gathered.into_iter().filter_map(|(_, facts)| facts.err());
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
