//! Clusters that stand beside each other: what joins them, what they share.

use super::{
    cluster::Described,
    findings::{Findings, Spot},
    names::{COUNT, Kind, of_cluster},
    settings::{Settings, Value},
    shell::Script,
};
use std::{collections::HashMap, fmt::Display, hash::Hash};

/// How many clusters a file has.
pub(super) fn count(script: &Script, file: usize, findings: &Findings) -> Option<Value<usize>> {
    let settings = Settings::new(script, file, String::new(), findings);
    settings.count(COUNT, "it is the number of clusters")
}

/// Variables of clusters that the count does not reach.
pub(super) fn beyond(script: &Script, file: usize, count: usize, findings: &Findings) {
    let set = script.assignments.iter().filter(|a| a.value.as_ref().is_some_and(|v| !v.is_empty()));
    for assignment in set {
        let number = of_cluster(&assignment.name).map(|(number, _)| number);
        if number.is_some_and(|number| number > count) {
            let spot = Spot { file, place: assignment.place };
            let message = format!("`{}` is not read: `{COUNT}` is {count}", assignment.name);
            findings.unsaid(spot, None, message);
        }
    }
}

/// A federation has one cluster and its members; alone, one is no federation of
/// anything, and a mesh has two ends.
pub(super) fn enough(count: &Value<usize>, meshed: bool, findings: &Findings) {
    if meshed && count.is < 2 {
        let message = format!("`{COUNT}`: a mesh joins 2 clusters or more, found {}", count.is);
        findings.mistake(count.spot, message);
    }
}

/// Private networks may repeat addresses where nobody routes between them, so
/// that these are no mistakes; in one isolated network they would be.
pub(super) fn share_nothing(clusters: &[&Described], findings: &Findings) {
    let (mut names, mut addresses) = (HashMap::new(), HashMap::new());
    for (index, cluster) in clusters.iter().enumerate() {
        for machine in cluster.machines() {
            shared(machine.name.as_ref(), index, &mut names, findings);
            shared(machine.address.as_ref(), index, &mut addresses, findings);
        }
        for own in [&cluster.ingress, &cluster.gateway] {
            shared(own.as_ref(), index, &mut addresses, findings);
        }
        pools(clusters, index, findings);
    }
}

fn shared<T: Clone + Eq + Hash + Display>(
    value: Option<&Value<T>>,
    index: usize,
    earlier: &mut HashMap<T, (usize, String)>,
    findings: &Findings,
) {
    let Some(Value { name, spot, is }) = value else { return };
    match earlier.get(is) {
        Some((other, owner)) if *other != index => {
            let message = format!("`{name}`: {is} is `{owner}` too, in another cluster");
            findings.unsaid(*spot, None, message);
        }
        Some(_) => {}
        None => drop(earlier.insert(is.clone(), (index, name.clone()))),
    }
}

fn pools(clusters: &[&Described], index: usize, findings: &Findings) {
    let Some(own) = clusters.get(index).and_then(|cluster| cluster.pool.as_ref()) else { return };
    for other in clusters.iter().take(index).filter_map(|cluster| cluster.pool.as_ref()) {
        if own.is.overlaps(other.is) {
            let message =
                format!("`{}`: {} overlaps `{}`, {}", own.name, own.is, other.name, other.is);
            findings.unsaid(own.spot, None, message);
        }
    }
}

/// What K-PaaS joins clusters by.
pub(super) fn joined(spot: Spot, meshed: bool, findings: &Findings) -> &'static str {
    let (what, profile) = match meshed {
        true => ("joins these clusters by a mesh of Istio", "multi"),
        false => ("spreads work over these clusters by Karmada", "federation"),
    };
    let message = format!("K-PaaS {what}; this version does not: profile `{profile}` carries it");
    findings.unsaid(spot, None, message);
    profile
}

/// What the mesh's file says beside the commands that are not run.
pub(super) fn mesh(script: &Script, file: usize, findings: &Findings) {
    let settings = Settings::new(script, file, String::new(), findings);
    for name in ["KUBECTL_VERSION", "HELM_VERSION", "STEP_VERSION", "ISTIO_VERSION"] {
        let version = settings.read(settings.given(name), |text| {
            let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || ".-+".contains(c));
            let wrong = || format!("expected a version such as `1.27.3`, found `{text}`");
            plain.then(|| text.to_owned()).ok_or_else(wrong)
        });
        if let Some(Value { name, spot, is }) = version {
            let message = format!("`{name}` is {is}: here the release says which version comes");
            findings.unsaid(spot, None, message);
        }
    }
    for Value { name, spot, .. } in settings.unread() {
        if Kind::Mesh.has(&name) {
            let message = format!("`{name}` is not read: no mesh is made");
            findings.unsaid(spot, None, message);
        }
    }
}
