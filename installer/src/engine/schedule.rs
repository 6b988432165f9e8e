//! Which step may begin next: pure, so that every order can be tried.

use crate::plan::{Plan, PlannedStep, StepId};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    Done,
    Failed,
}

/// Where a run stands.
#[derive(Debug)]
pub(crate) struct Schedule<'a> {
    plan: &'a Plan,
    states: BTreeMap<&'a StepId, State>,
    parallel: usize,
}

impl<'a> Schedule<'a> {
    /// Nothing is done; at most `parallel` steps run at once.
    pub(crate) fn new(plan: &'a Plan, parallel: usize) -> Self {
        let states = plan.steps.iter().map(|step| (&step.id, State::Waiting)).collect();
        Self { plan, states, parallel: parallel.max(1) }
    }

    /// The next step that may begin, which then counts as running: the first
    /// whose needs, and all earlier steps of its host, are done. So a failed
    /// step ends its host, and what waits for it never begins.
    pub(crate) fn begin(&mut self) -> Option<&'a PlannedStep> {
        if self.count(State::Running) >= self.parallel {
            return None;
        }
        let waiting = |step: &&PlannedStep| self.states[&step.id] == State::Waiting;
        let next = self.plan.steps.iter().filter(waiting).find(|step| self.may_begin(step))?;
        self.states.insert(&next.id, State::Running);
        Some(next)
    }

    fn may_begin(&self, step: &PlannedStep) -> bool {
        let done = |id: &StepId| self.states[id] == State::Done;
        let earlier = self.plan.steps.iter().take_while(|other| other.id != step.id);
        let mut of_host = earlier.filter(|other| other.host == step.host);
        of_host.all(|other| done(&other.id)) && step.needs.iter().all(done)
    }

    /// A step that was begun has ended.
    pub(crate) fn end(&mut self, step: &'a PlannedStep, well: bool) {
        self.states.insert(&step.id, if well { State::Done } else { State::Failed });
    }

    /// How many steps were never begun.
    pub(crate) fn left(&self) -> usize {
        self.count(State::Waiting)
    }

    fn count(&self, wanted: State) -> usize {
        self.states.values().filter(|state| **state == wanted).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{plan, step};

    fn begin(schedule: &mut Schedule<'_>) -> Vec<String> {
        std::iter::from_fn(|| schedule.begin().map(|step| step.id.to_string())).collect()
    }

    fn three_hosts() -> Plan {
        plan(vec![
            step("a/x/one", &[]),
            step("a/x/two", &[]),
            step("b/x/one", &[]),
            step("b/x/join", &["a/x/two"]),
            step("c/x/one", &[]),
            step("c/x/join", &["a/x/two"]),
        ])
    }

    #[test]
    fn hosts_go_side_by_side_and_each_does_one_thing_at_a_time() {
        let plan = three_hosts();
        let mut schedule = Schedule::new(&plan, 9);
        assert_eq!(begin(&mut schedule), ["a/x/one", "b/x/one", "c/x/one"]);
        schedule.end(&plan.steps[2], true);
        assert!(begin(&mut schedule).is_empty(), "b waits for a");
        schedule.end(&plan.steps[0], true);
        assert_eq!(begin(&mut schedule), ["a/x/two"]);
        schedule.end(&plan.steps[1], true);
        assert_eq!(begin(&mut schedule), ["b/x/join"], "c is still at its first step");
    }

    #[test]
    fn no_more_steps_run_at_once_than_allowed() {
        let plan = three_hosts();
        assert_eq!(begin(&mut Schedule::new(&plan, 2)), ["a/x/one", "b/x/one"]);
    }

    #[test]
    fn a_failed_step_stops_its_host_and_those_that_wait_for_it_and_no_other() {
        let plan = three_hosts();
        let mut schedule = Schedule::new(&plan, 9);
        begin(&mut schedule);
        schedule.end(&plan.steps[2], false);
        schedule.end(&plan.steps[0], true);
        schedule.end(&plan.steps[4], true);
        assert_eq!(begin(&mut schedule), ["a/x/two"]);
        schedule.end(&plan.steps[1], true);
        assert_eq!(begin(&mut schedule), ["c/x/join"]);
        assert_eq!(schedule.left(), 1);
    }
}
