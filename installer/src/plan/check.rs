//! What must hold of a plan before anything of it is done.

use super::{FORMAT, Plan, PlanError, PlannedStep, StepId};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Reads nothing but the format, so that a plan of another version says so
/// instead of complaining about a field.
pub(super) fn format(text: &str) -> Result<(), PlanError> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
    }
    let Head { format } = serde_json::from_str(text).map_err(PlanError::Json)?;
    if format == FORMAT { Ok(()) } else { Err(PlanError::Format { found: format }) }
}

/// Every step has a name of its own, on its own host.
pub(super) fn names(plan: &Plan) -> Result<(), PlanError> {
    let mut ids = BTreeSet::new();
    let mut units = BTreeMap::new();
    for PlannedStep { id, host, .. } in &plan.steps {
        if id.host() != host.as_str() {
            return Err(PlanError::WrongHost { step: id.clone(), host: host.clone() });
        }
        if !ids.insert(id) {
            return Err(PlanError::Duplicate { step: id.clone() });
        }
        if let Some(other) = units.insert(id.unit_stem(), id) {
            return Err(PlanError::SameUnit { step: id.clone(), other: other.clone() });
        }
    }
    Ok(())
}

/// Every need exists, and no step waits for itself, also not round a corner.
/// A step waits for what it needs and for the one before it on its host.
pub(super) fn order(plan: &Plan) -> Result<(), PlanError> {
    let ids: BTreeSet<&StepId> = plan.steps.iter().map(|step| &step.id).collect();
    for step in &plan.steps {
        if let Some(need) = step.needs.iter().find(|need| !ids.contains(need)) {
            return Err(PlanError::UnknownNeed { step: step.id.clone(), need: need.clone() });
        }
    }
    let mut done = BTreeSet::new();
    let mut waiting: Vec<&PlannedStep> = plan.steps.iter().collect();
    loop {
        let before = waiting.len();
        waiting = pass(waiting, &mut done);
        if waiting.is_empty() {
            return Ok(());
        }
        if waiting.len() == before {
            let steps = waiting.iter().map(|step| step.id.clone()).collect();
            return Err(PlanError::Cycle { steps });
        }
    }
}

/// Does every step that can be done now; returns those that cannot.
fn pass<'a>(
    waiting: Vec<&'a PlannedStep>,
    done: &mut BTreeSet<&'a StepId>,
) -> Vec<&'a PlannedStep> {
    let mut stuck: Vec<&PlannedStep> = Vec::new();
    for step in waiting {
        let behind = stuck.iter().any(|earlier| earlier.host == step.host);
        if !behind && step.needs.iter().all(|need| done.contains(need)) {
            done.insert(&step.id);
        } else {
            stuck.push(step);
        }
    }
    stuck
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan, step};
    use super::*;

    #[test]
    fn steps_that_wait_for_each_other_are_named() {
        let plan = plan(vec![
            step("a/x/one", &[]),
            step("a/x/two", &["b/x/three", "a/x/one"]),
            step("b/x/three", &["a/x/two"]),
        ]);
        let error = plan.check().unwrap_err().to_string();
        assert_eq!(error, "these steps wait for each other: `a/x/two`, `b/x/three`");
    }

    #[test]
    fn a_step_that_waits_for_itself_is_named() {
        let error = plan(vec![step("a/x/one", &["a/x/one"])]).check().unwrap_err();
        assert!(matches!(error, PlanError::Cycle { .. }), "{error}");
    }

    #[test]
    fn a_step_cannot_wait_for_a_later_one_of_its_host() {
        let plan = plan(vec![
            step("a/x/one", &["b/x/one"]),
            step("a/x/two", &[]),
            step("b/x/one", &["a/x/two"]),
        ]);
        assert!(matches!(plan.check(), Err(PlanError::Cycle { steps }) if steps.len() == 3));
    }

    #[test]
    fn names_and_needs_are_checked() {
        let same = plan(vec![step("a/x/one", &[]), step("a/x/one", &[])]).check().unwrap_err();
        assert_eq!(same.to_string(), "step `a/x/one` is in the plan twice");
        let unit = plan(vec![step("a/x/y--z", &[]), step("a/x--y/z", &[])]).check().unwrap_err();
        assert!(matches!(unit, PlanError::SameUnit { .. }), "{unit}");
        let need = plan(vec![step("a/x/one", &["a/x/two"])]).check().unwrap_err();
        assert_eq!(need.to_string(), "step `a/x/one` needs `a/x/two`, which is not in the plan");
        let mut host = step("a/x/one", &[]);
        host.host = "b".parse().unwrap();
        assert!(matches!(plan(vec![host]).check(), Err(PlanError::WrongHost { .. })));
    }

    #[test]
    fn a_plan_of_another_version_says_so() {
        let later = plan(vec![]).to_json().replace("plan/v1", "plan/v2");
        let error = Plan::parse(&later).unwrap_err().to_string();
        assert_eq!(error, "the plan has format `bottari.plan/v2`: expected `bottari.plan/v1`");
    }

    #[test]
    fn a_stored_plan_that_names_a_foreign_place_is_refused() {
        let text = plan(vec![step("a/x/one", &[])]).to_json();
        assert_eq!(Plan::parse(&text).unwrap().to_json(), text);
        let hostile = text.replace("/etc/bottari/one", "/etc/passwd");
        assert_ne!(hostile, text);
        assert!(matches!(Plan::parse(&hostile), Err(PlanError::Json(_))));
    }
}
