//! The pod network: the component that the cluster file names, of those that
//! provide one. What it applies comes first of all, as no node is Ready before;
//! what is only waited for comes when all nodes have joined, as it runs on all.

use super::{component_steps::Planner, error::PlanningError, node::Node, site::Site};
use crate::plan::PlannedStep;
use manifests::{
    component::{Provides, Step},
    lockfile::LockedComponent,
};

/// The steps up to the last that applies something.
pub(super) fn make(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let component = chosen(site)?;
    let (steps, _) = component.steps.split_at(last_applied(component));
    Planner { site, node, component, phase: "network" }.steps(0, steps)
}

/// The steps after those, which only wait.
pub(super) fn wait(site: &Site<'_>, node: &Node<'_>) -> Result<Vec<PlannedStep>, PlanningError> {
    let component = chosen(site)?;
    let before = last_applied(component);
    let planner = Planner { site, node, component, phase: "ready" };
    planner.steps(before, &component.steps[before..])
}

fn last_applied(component: &LockedComponent) -> usize {
    let last = component.steps.iter().rposition(|step: &Step| step.applied().is_some());
    last.map_or(0, |last| last + 1)
}

fn chosen<'a>(site: &Site<'a>) -> Result<&'a LockedComponent, PlanningError> {
    let plugin = &site.inputs.cluster.network.plugin;
    let mut networks = networks(site);
    networks.find(|component| component.name == *plugin).ok_or_else(|| {
        let known = self::networks(site).map(|component| component.name.to_string()).collect();
        PlanningError::NoPodNetwork { component: plugin.to_string(), known }
    })
}

fn networks<'a>(site: &Site<'a>) -> impl Iterator<Item = &'a LockedComponent> {
    let components = site.inputs.lockfile.components.iter();
    components.filter(|it| it.provides == Some(Provides::PodNetwork) && !it.steps.is_empty())
}
