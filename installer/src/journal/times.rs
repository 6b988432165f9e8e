//! Where the time went, from what the journal tells.

use super::Record;
use crate::{engine::StepEvent, plan::StepId};
use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

/// How long the latest call of `apply` took, and each of its steps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Times<'a> {
    /// From its first record to its last.
    pub whole: Duration,
    /// Steps that changed their host, the longest first. Steps of several hosts
    /// run side by side, so these may be more than the whole.
    pub steps: Vec<(&'a StepId, Duration)>,
}

/// The times of the records from the last start on.
pub fn times(records: &[Record]) -> Times<'_> {
    let start = |record: &Record| matches!(record.event, StepEvent::RunStarted { .. });
    let latest = &records[records.iter().rposition(start).unwrap_or(0)..];
    let mut begun = BTreeMap::new();
    let mut steps = Vec::new();
    for record in latest {
        match (&record.event, record.event.step()) {
            (StepEvent::StepStarted { .. }, Some(step)) => drop(begun.insert(step, record.at)),
            (_, Some(step)) => {
                steps.extend(begun.remove(step).map(|from| (step, since(from, record))));
            }
            _ => {}
        }
    }
    steps.sort_by_key(|(step, took)| (Reverse(*took), *step));
    let whole = latest.first().zip(latest.last()).map(|(first, last)| since(first.at, last));
    Times { whole: whole.unwrap_or_default(), steps }
}

/// A clock that was set back meanwhile makes no time, rather than a negative one.
fn since(from: u64, record: &Record) -> Duration {
    Duration::from_millis(record.at.saturating_sub(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(at: u64, event: StepEvent) -> Record {
        Record { at, event }
    }

    fn started(at: u64) -> Record {
        record(at, StepEvent::RunStarted { run: "r1".parse().unwrap(), steps: 2, done_before: 0 })
    }

    fn begin(at: u64, step: &str) -> Record {
        let (title, why) = (String::new(), String::new());
        record(at, StepEvent::StepStarted { step: step.parse().unwrap(), title, why })
    }

    fn done(at: u64, step: &str) -> Record {
        record(at, StepEvent::StepDone { step: step.parse().unwrap() })
    }

    #[test]
    fn the_times_are_those_of_the_latest_call() {
        let records = [
            started(100),
            begin(200, "a/x/one"),
            started(10_000),
            begin(10_500, "a/x/one"),
            begin(11_000, "b/x/two"),
            done(11_500, "a/x/one"),
            done(14_000, "b/x/two"),
        ];
        let times = times(&records);
        let steps: Vec<_> =
            times.steps.iter().map(|(step, took)| (step.to_string(), took.as_millis())).collect();
        assert_eq!(times.whole.as_millis(), 4000);
        assert_eq!(steps, [("b/x/two".to_owned(), 3000), ("a/x/one".to_owned(), 1000)]);
    }

    #[test]
    fn a_clock_that_was_set_back_takes_no_time() {
        let records = [started(9000), begin(9000, "a/x/one"), done(5000, "a/x/one")];
        let times = times(&records);
        assert_eq!((times.whole, times.steps[0].1), (Duration::ZERO, Duration::ZERO));
    }

    #[test]
    fn a_journal_without_records_has_no_times() {
        assert_eq!(times(&[]), Times::default());
    }
}
