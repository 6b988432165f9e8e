//! The cluster file of one cluster.

use super::{
    cluster::{Described, Machine},
    findings::{Finding, Scope},
    values::{PODS, SERVICES},
};
use manifests::{
    Name,
    cluster::{Network, Starter, StarterHost, UserName, UserPath},
};
use std::path::Path;

/// Who K-PaaS logs in as, whatever its variables say.
const USER: &str = "ubuntu";
/// The key that its guide makes.
const KEY: &str = "~/.ssh/id_rsa";

/// Everything that the file says beside the cluster itself.
pub(super) struct Beside<'a> {
    /// The files it was made of.
    pub(super) paths: &'a [&'a Path],
    /// What this version does not do.
    pub(super) unsaid: &'a [(Scope, Finding)],
    /// The command that locks what is needed.
    pub(super) lock: &'a str,
}

/// The text, unless something is missing that was told as a mistake.
pub(super) fn text(
    name: Name,
    index: usize,
    cluster: &Described,
    beside: &Beside<'_>,
) -> Option<String> {
    let (first, others) = cluster.masters.split_first()?;
    let hosts: Option<Vec<_>> = std::iter::once(first).chain(&cluster.workers).map(host).collect();
    let planes = others.iter().map(|machine| Some((host(machine)?, "control-plane")));
    let etcd = cluster.etcd.iter().map(|machine| Some((host(machine)?, "etcd")));
    let user: UserName = match &cluster.user {
        Some(user) => user.is.clone(),
        None => USER.parse().ok()?,
    };
    let starter = Starter {
        cluster: Some(name),
        plugin: "calico".parse().ok(),
        hosts: hosts?,
        local: false,
        waiting: planes.chain(etcd).collect::<Option<_>>()?,
        networks: Some((PODS.parse::<Network>().ok()?, SERVICES.parse().ok()?)),
        remarks: remarks(index, cluster, &user, beside),
        login: Some((user, KEY.parse::<UserPath>().ok()?)),
        endpoint: cluster.balancer.as_ref().map(|balancer| balancer.is.clone()),
    };
    Some(starter.text())
}

fn host(machine: &Machine) -> Option<StarterHost> {
    Some(StarterHost {
        name: machine.name.as_ref()?.is.clone(),
        address: machine.address.as_ref()?.is,
    })
}

fn remarks(index: usize, cluster: &Described, user: &UserName, beside: &Beside<'_>) -> Vec<String> {
    let files: Vec<_> = beside.paths.iter().map(|path| path.display().to_string()).collect();
    let mut remarks = vec![format!(
        "Made by `bottari-installer import kpaas` of {}. Pods and services have the networks that \
         K-PaaS always takes; user and key are those of its guide.",
        files.join(", ")
    )];
    if user.as_str() != USER {
        let but = "here MASTER1_NODE_USER counts, on every host";
        remarks.push(format!("K-PaaS itself logs in as `{USER}` in spite of its variable; {but}."));
    }
    if let Some(balancer) = &cluster.balancer {
        remarks.push(format!(
            "`api.endpoint` is {} of K-PaaS: a load balancer that must answer before `apply`, and \
             that nobody sets up, as with K-PaaS. A name must be known to every host.",
            balancer.name
        ));
    }
    let own = beside.unsaid.iter().filter(|(scope, _)| scope.is_none_or(|scope| scope == index));
    let own: Vec<_> = own.map(|(_, finding)| format!("- {finding}")).collect();
    if !own.is_empty() {
        remarks.push("What K-PaaS would do and this version does not:".to_owned());
        remarks.extend(own);
    }
    remarks.push("The bundle for it begins, where there is a network, with".to_owned());
    remarks.push(format!("  {}", beside.lock));
    remarks
}
