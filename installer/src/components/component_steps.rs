//! What components do inside the cluster: the steps of their definitions, as
//! the lockfile carries them. Nothing here knows a component by its name.

use super::{
    error::PlanningError,
    node::{Draft, Node},
    paths::{ADMIN, KUBECTL, ours},
    site::Site,
};
use crate::{
    plan::PlannedStep,
    steps::{Action, KubectlApply, WaitFor},
};
use manifests::{
    Name,
    component::{Apply, Provides, Step, Until, Wait},
    lockfile::LockedComponent,
};

/// The steps of all components but the pod networks, in the release's order.
pub(super) fn later(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let components = site.inputs.lockfile.components.iter();
    let mut steps = Vec::new();
    for component in components.filter(|it| it.provides != Some(Provides::PodNetwork)) {
        let all = Planner { site, node, component, phase: "components" };
        steps.extend(all.steps(0, &component.steps)?);
    }
    Ok(steps)
}

/// Plans the steps of one component.
#[derive(Debug, Clone, Copy)]
pub(super) struct Planner<'a> {
    pub(super) site: &'a Site<'a>,
    pub(super) node: &'a Node<'a>,
    pub(super) component: &'a LockedComponent,
    pub(super) phase: &'static str,
}

impl Planner<'_> {
    /// Some of the component's steps, of which `before` come earlier.
    pub(super) fn steps(
        &self,
        before: usize,
        steps: &[Step],
    ) -> Result<Vec<PlannedStep>, PlanningError> {
        let step = |(place, step): (usize, &Step)| match step {
            Step::Apply(apply) => self.apply(before + place + 1, apply),
            Step::Wait(wait) => self.wait(before + place + 1, wait),
        };
        steps.iter().enumerate().map(step).collect()
    }

    fn apply(&self, number: usize, apply: &Apply) -> Result<PlannedStep, PlanningError> {
        let LockedComponent { name, version, .. } = self.component;
        let file = self.component.manifest(self.site.inputs.lockfile, apply);
        let file = file.map_err(PlanningError::NotCarried)?;
        let action = KubectlApply {
            kubectl: ours(KUBECTL),
            kubeconfig: ours(ADMIN),
            content: self.node.artifact(self.site, file)?,
            patches: apply.patches.clone(),
        };
        let title = format!("apply {} of {name} {version}", file.name);
        let why = reason(apply, &format!("it installs {name}"));
        self.step(&format!("{name}-{number}-apply"), title, &why, Action::KubectlApply(action))
    }

    fn wait(&self, number: usize, wait: &Wait) -> Result<PlannedStep, PlanningError> {
        let LockedComponent { name, .. } = self.component;
        let (Until::Rollout(object) | Until::Condition { of: object, .. }) = &wait.until;
        let action = WaitFor {
            script: script(wait),
            expected: expected(wait),
            deadline_seconds: wait.seconds.into(),
        };
        let usual = || format!("{name} does its work from then on");
        let why = wait.why.as_ref().map_or_else(usual, ToString::to_string);
        let title = format!("wait for {object} of {name}");
        self.step(&format!("{name}-{number}-wait"), title, &why, Action::WaitFor(action))
    }

    fn step(
        &self,
        name: &str,
        title: String,
        why: &str,
        action: Action,
    ) -> Result<PlannedStep, PlanningError> {
        self.node.step(Draft { phase: self.phase, name, title, why }, action)
    }
}

/// What the step is for, and what we change of upstream's own with what reason:
/// whoever reads the plan shall know what is not upstream's.
fn reason(apply: &Apply, usual: &str) -> String {
    let why = apply.why.as_ref().map_or(usual, |why| why.as_str());
    let changed = apply.patches.iter();
    let changed = changed.map(|patch| format!("; {} is changed: {}", patch.target, patch.why));
    changed.fold(why.to_owned(), |text, more| text + &more)
}

/// A short look that is repeated until it succeeds. The words in it are checked
/// ones without blanks or anything else that a shell minds.
fn script(wait: &Wait) -> String {
    let namespace = wait.namespace.as_ref();
    let namespace = namespace.map(|name| format!(" --namespace={name}")).unwrap_or_default();
    let look = match &wait.until {
        Until::Rollout(workload) => format!("rollout status --timeout=5s {workload}"),
        Until::Condition { condition, of } => {
            format!("wait --for=condition={condition} --timeout=5s {of}")
        }
    };
    format!("{KUBECTL} --kubeconfig={ADMIN}{namespace} {look} > /dev/null")
}

fn expected(wait: &Wait) -> String {
    let place = |name: &Name| format!(" in {name}");
    let place = wait.namespace.as_ref().map(place).unwrap_or_default();
    match &wait.until {
        Until::Rollout(workload) => format!("{workload}{place} is rolled out"),
        Until::Condition { condition, of } => format!("{of}{place} is {condition}"),
    }
}
