//! The verdicts as tables.

use super::{check::CheckResult, verdict::State};
use console::Table;

/// One line for each host: how many checks are fine, and the names of the rest.
pub fn summary(results: &[CheckResult]) -> Table {
    let mut table = Table::new(["host", "ok", "warnings", "failed"]);
    let mut rest = results;
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|result| result.host == first.host).count();
        let (of_host, others) = rest.split_at(count);
        let fine = of_host.iter().filter(|result| result.state == State::Ok).count();
        let ok = format!("{fine} of {count}");
        let names = |state| names(of_host, state);
        table.row([first.host.clone(), ok, names(State::Warning), names(State::Failed)]);
        rest = others;
    }
    table
}

fn names(results: &[CheckResult], state: State) -> String {
    let bad = results.iter().filter(|result| result.state == state);
    bad.map(|result| short(result.check)).collect::<Vec<_>>().join(", ")
}

/// One line for each verdict that is not fine, with what to do about it.
pub fn problems(results: &[CheckResult]) -> Table {
    let mut table = Table::new(["host", "check", "state", "found", "expected", "what to do"]);
    for result in results.iter().filter(|result| result.state != State::Ok) {
        let state = if result.state == State::Failed { "failed" } else { "warning" };
        let (found, expected, fix) = (&*result.found, &*result.expected, &*result.fix);
        table.row([&*result.host, short(result.check), state, found, expected, fix]);
    }
    table
}

fn short(check: &str) -> &str {
    check.strip_prefix("preflight/").unwrap_or(check)
}
