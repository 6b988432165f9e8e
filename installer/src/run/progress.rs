//! A run as lines for people: which host does what, and how far the whole is.

use crate::{
    engine::{StepEvent, StepReporter},
    plan::{Plan, StepId},
};
use manifests::event::{Event, Reporter};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

/// Turns the events of a run into lines like
/// `cp-1  runtime: start CRI-O (3 of 41)`. Steps with nothing to do count and
/// have no line.
#[derive(Debug)]
pub struct Progress<'a> {
    /// `runtime: start CRI-O`, by step.
    titles: BTreeMap<&'a StepId, String>,
    reached: Mutex<BTreeSet<StepId>>,
    reporter: &'a dyn Reporter,
}

impl<'a> Progress<'a> {
    /// For the steps of this plan.
    pub fn new(plan: &'a Plan, reporter: &'a dyn Reporter) -> Self {
        let title = |step: &'a crate::plan::PlannedStep| {
            (&step.id, format!("{}  {}: {}", step.host, step.phase, step.title))
        };
        let titles = plan.steps.iter().map(title).collect();
        Self { titles, reached: Mutex::default(), reporter }
    }

    /// How many steps have been reached, this one included.
    fn reach(&self, step: &StepId) -> usize {
        let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        reached.insert(step.clone());
        reached.len()
    }

    fn event(&self, event: &StepEvent) -> Option<Event> {
        if let StepEvent::RunStarted { steps, done_before: before @ 1.., .. } = event {
            let text = if before == steps {
                format!("all {steps} steps were done before: looking at each of them again")
            } else {
                format!("going on: {before} of {steps} steps were done before")
            };
            return Some(Event::Notice { text });
        }
        let number = self.reach(event.step()?);
        let title = self.titles.get(event.step()?)?;
        let notice = |text| Some(Event::Notice { text });
        match event {
            StepEvent::StepStarted { why, .. } if why.starts_with("it was done before") => {
                notice(format!("{title} ({number} of {}): {why}", self.titles.len()))
            }
            StepEvent::StepStarted { .. } => {
                notice(format!("{title} ({number} of {})", self.titles.len()))
            }
            StepEvent::StepFailed { cause, .. } => notice(format!("{title}: failed: {cause}")),
            StepEvent::StepWarned { warning, .. } => {
                Some(Event::Warning { text: format!("{title}: {warning}") })
            }
            _ => None,
        }
    }
}

impl StepReporter for Progress<'_> {
    fn report(&self, event: &StepEvent) {
        if let Some(event) = self.event(event) {
            self.reporter.report(&event);
        }
    }
}
