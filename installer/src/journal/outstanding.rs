//! What is left of a plan, from what the journal tells. Pure, so that a run can
//! be stopped after every record of a test and asked.

use super::Record;
use crate::{
    engine::StepEvent,
    plan::{Plan, PlannedStep, StepId},
};
use std::collections::BTreeSet;

/// The steps whose last word is not success, in the plan's order.
pub fn outstanding<'a>(plan: &'a Plan, records: &[Record]) -> Vec<&'a PlannedStep> {
    let done = done(records);
    plan.steps.iter().filter(|step| !done.contains(&step.id)).collect()
}

/// Whether the run came to its end with nothing left to do.
pub fn is_finished(plan: &Plan, records: &[Record]) -> bool {
    let ended = |record: &Record| matches!(record.event, StepEvent::RunFinished { .. });
    records.last().is_some_and(ended) && outstanding(plan, records).is_empty()
}

/// The steps whose last word is success.
pub fn done(records: &[Record]) -> BTreeSet<&StepId> {
    let mut done = BTreeSet::new();
    for Record { event, .. } in records {
        match event.step() {
            Some(step) if event.is_success() => done.insert(step),
            // Begun again after it was done once: the host had changed.
            Some(step) => done.remove(step),
            None => false,
        };
    }
    done
}
