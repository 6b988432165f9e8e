//! `status`: how the cluster stands, looked at from the hosts.

use super::{
    CommandError,
    site::{Site, SiteArguments, Ways},
};
use crate::{
    components::site_certificates,
    engine::Engine,
    plan::{HostName, Plan, Replan},
    run::{
        Certificate, Missing, Node, RunError, Way, certificates, missing, nodes, operator,
        placed_certificate, registry, stored_plan,
    },
    steps::Hosts,
};
use clap::Args;
use console::{Console, Table, text};
use manifests::{Role, event::Silent};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::atomic::AtomicBool,
    time::{Duration, SystemTime},
};

/// Show how the cluster stands
///
/// Looks at every step of the stored plan again and asks Kubernetes for its nodes and certificates.
/// Changes nothing, and can be called while `apply` runs. Ends with 10 when something is not as planned.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    site: SiteArguments,
}

/// All that was found; what could not be found out is absent and in `unknown`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Status {
    /// Steps of the plan by host that can be reached.
    steps: BTreeMap<HostName, usize>,
    missing: Vec<Missing>,
    nodes: Vec<Node>,
    registry: BTreeMap<HostName, String>,
    certificates: Vec<Certificate>,
    /// Certificates of the site that soon end, with what renews them.
    to_renew: Vec<String>,
    unknown: Vec<String>,
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let site = self.site.look(console)?;
        if site.folder.is_busy() {
            console.note("an installer works on this cluster now: this is how far it is");
        }
        let plan = stored_plan(&site.folder, &site.target, Replan::Refuse)?;
        let ways = self.site.ways(&site, console)?;
        let (hosts, mut status) = reached(ways.try_open());
        let Ways { runtime, parallel, .. } = &ways;
        match plan {
            Some(plan) => {
                let plan = part(plan, &hosts, &mut status);
                runtime.block_on(status.look(&site, &plan, &hosts, *parallel))?;
            }
            None => status.unknown.push("the run folder holds no plan of this bundle".to_owned()),
        }
        runtime.block_on(status.ask(&site, &hosts));
        status.show(console);
        match status.missing.len() + status.to_renew.len() + status.unknown.len() {
            0 => Ok(()),
            count => Err(RunError::NotAsPlanned { count }.into()),
        }
    }
}

fn reached(ways: Vec<Way>) -> (Hosts, Status) {
    let (mut open, mut status) = (Vec::new(), Status::default());
    for (name, way) in ways {
        match way {
            Ok(way) => open.push((name, way)),
            Err(error) => status.unknown.push(error.to_string()),
        }
    }
    (Hosts::new(open), status)
}

/// The steps of the hosts that can be reached, and how many each has.
fn part(plan: Plan, hosts: &Hosts, status: &mut Status) -> Plan {
    let steps = plan.steps.into_iter().filter(|step| hosts.get(&step.host).is_some());
    let plan = Plan { steps: steps.collect(), ..plan };
    for step in &plan.steps {
        *status.steps.entry(step.host.clone()).or_default() += 1;
    }
    plan
}

impl Status {
    async fn look(
        &mut self,
        site: &Site,
        plan: &Plan,
        hosts: &Hosts,
        parallel: usize,
    ) -> Result<(), CommandError> {
        let engine = Engine {
            plan,
            hosts,
            artifacts: &site.bundles,
            operator: &operator(),
            break_locks: &[],
            parallel,
            pause: Duration::from_secs(1),
            stop: &AtomicBool::new(false),
            reporter: &Silent,
            steps: &Silent,
        };
        self.missing = missing(engine.check().await.map_err(RunError::from)?);
        Ok(())
    }

    async fn ask(&mut self, site: &Site, hosts: &Hosts) {
        let control_planes = site.cluster.hosts_with(Role::ControlPlane);
        let control_planes: Vec<_> =
            control_planes.filter_map(|host| hosts.get(&host.name)).collect();
        for host in &control_planes {
            let found = registry(*host).await.map(|state| (host.name.clone(), state));
            let found = self.known(found);
            self.registry.extend(found);
        }
        let Some(first) = control_planes.first() else { return };
        self.nodes = self.known(nodes(*first).await).unwrap_or_default();
        self.certificates = self.known(certificates(*first).await).unwrap_or_default();
        for (name, path) in site_certificates(&site.cluster) {
            let found = placed_certificate(*first, (name, &path), SystemTime::now()).await;
            let Some(Some((certificate, due))) = self.known(found) else { continue };
            if due {
                let Certificate { name, ends } = &certificate;
                self.to_renew.push(format!("certificate `{name}` ends {ends}: `apply` renews it"));
            }
            self.certificates.push(certificate);
        }
    }

    fn known<T>(&mut self, found: Result<T, String>) -> Option<T> {
        found.map_err(|why| self.unknown.push(why)).ok()
    }

    fn show(&self, console: &Console) {
        if console.wants_json() {
            return console.json(self);
        }
        for table in [self.hosts(), self.nodes(), self.certificates(), self.missing()] {
            if !table.is_empty() {
                console.table(&table);
                console.data("\n");
            }
        }
        self.to_renew.iter().chain(&self.unknown).for_each(|line| console.warn(line));
    }

    fn hosts(&self) -> Table {
        let mut table = Table::new(["host", "as planned", "registry"]);
        for (host, steps) in &self.steps {
            let missing = self.missing.iter().filter(|missing| missing.host == *host).count();
            let steps_there =
                format!("{} of {}", steps - missing, text::count(*steps as u64, "step", "steps"));
            let registry = self.registry.get(host).map_or("", String::as_str);
            table.row([host.as_str(), &steps_there, registry]);
        }
        table
    }

    fn nodes(&self) -> Table {
        let mut table = Table::new(["node", "ready", "kubelet", "runtime"]);
        for Node { name, ready, version, runtime } in &self.nodes {
            let ready = if *ready { "yes" } else { "no" };
            table.row([name.as_str(), ready, version, runtime]);
        }
        table
    }

    fn certificates(&self) -> Table {
        let mut table = Table::new(["certificate", "ends"]);
        for Certificate { name, ends } in &self.certificates {
            table.row([name, ends]);
        }
        table
    }

    fn missing(&self) -> Table {
        let mut table = Table::new(["step", "does", "found"]);
        for Missing { step, title, why, .. } in &self.missing {
            table.row([step.as_str(), title, why]);
        }
        table
    }
}
