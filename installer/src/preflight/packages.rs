//! Would the OS packages of the bundle install? Each host's own apt simulates it
//! with that host's own books, before anything is there that could be asked.

use super::verdict::{State, Verdict, View};
use crate::{
    facts::{FactsError, Gathered, each_host},
    packages::{Carried, Needed, Simulation, rehearse},
    plan::HostName,
    steps::{Remote, StepError},
    transport::{Reach, Session, Transport, ssh::Connector},
};
use manifests::{cluster::Cluster, lockfile::Lockfile, with_causes};
use std::collections::BTreeMap;

const EXPECTED: &str = "all packages can be had, and nothing of the site goes or goes back";
const FIX: &str = "put it right on the host; or lock for what the hosts have: \
    `bottari-installer facts --packages` writes the files for `bottari-builder lock --base`";

const WAIT: &str = "wait for its end (`fuser -v /var/lib/dpkg/lock-frontend` names it), \
    then run the same command again";

/// What came of a simulation, by host.
pub type Rehearsals = BTreeMap<String, Rehearsal>;

/// What came of a simulation on one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rehearsal {
    /// apt said what it would do.
    Told(Box<Simulation>),
    /// The bundle brings packages for other systems only; the text is the host's.
    Foreign(String),
    /// apt could not be asked.
    Failed(String),
}

/// What installs what where.
#[derive(Debug, Clone, Copy)]
pub struct Rehearsing<'a> {
    /// The hosts and their roles.
    pub cluster: &'a Cluster,
    /// What they need.
    pub lockfile: &'a Lockfile,
    /// The repositories of the bundle.
    pub repositories: &'a Carried,
}

impl Rehearsing<'_> {
    /// Lets every host that could be looked at simulate, `parallel` at a time.
    /// Nothing stays behind there.
    pub async fn walk(
        &self,
        connector: &Connector,
        reaches: &[Reach],
        gathered: &[Gathered],
        parallel: usize,
    ) -> Rehearsals {
        let (mut all, mut needed) = (Rehearsals::new(), BTreeMap::new());
        for (name, facts) in gathered {
            let host = self.cluster.hosts.iter().find(|host| host.name.as_str() == name);
            let (Some(host), Ok(facts)) = (host, facts) else { continue };
            match Needed::of(self.lockfile, facts, &host.roles) {
                Ok(wanted) => {
                    needed.extend(wanted.map(|wanted| (name.clone(), (host.name.clone(), wanted))));
                }
                Err(system) => {
                    all.insert(name.clone(), Rehearsal::Foreign(system));
                }
            }
        }
        let asked = |reach: &&Reach| needed.contains_key(reach.name());
        let asked: Vec<Reach> = reaches.iter().filter(asked).cloned().collect();
        let ask = async |session: Session| {
            let (host, wanted) = &needed[session.host()];
            Ok::<_, FactsError>(self.ask(&session, host, wanted).await)
        };
        for (name, answer) in each_host(connector, &asked, parallel, ask).await {
            let rehearsal = match answer {
                Ok(Ok(simulation)) => Rehearsal::Told(Box::new(simulation)),
                Ok(Err(error)) => Rehearsal::Failed(with_causes(&error)),
                Err(error) => Rehearsal::Failed(error.in_full()),
            };
            all.insert(name, rehearsal);
        }
        all
    }

    async fn ask(
        &self,
        session: &Session,
        name: &HostName,
        needed: &Needed,
    ) -> Result<Simulation, StepError> {
        let carried = self.repositories.0.get(&needed.system).cloned().unwrap_or_default();
        let host = Remote { name, transport: session };
        let lists = carried.archive(needed.arch);
        rehearse(host, needed.arch, &carried.key, lists, &needed.wishes).await
    }
}

pub(super) fn packages(view: View<'_>) -> Verdict {
    match view.needs.rehearsals.get(&view.host.name) {
        None => Verdict::ok("none needed"),
        Some(Rehearsal::Told(simulation)) => match &simulation.obstacles()[..] {
            [] => Verdict::ok(simulation.summary()),
            obstacles => {
                let fix = if simulation.is_moving() { WAIT } else { FIX };
                Verdict::bad(State::Failed, obstacles.join("; "), EXPECTED, fix)
            }
        },
        Some(Rehearsal::Foreign(system)) => Verdict::bad(
            State::Failed,
            format!("the bundle has no packages for {system}"),
            "a system that the bundle has packages for",
            "name the system under `systems` of the release, and lock and build it again",
        ),
        Some(Rehearsal::Failed(why)) => Verdict::bad(
            State::Failed,
            why,
            EXPECTED,
            "see that `apt-get` and `gpgv` work on the host",
        ),
    }
}
