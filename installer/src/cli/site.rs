//! What the verbs that install have in common: a bundle whose every byte was
//! checked, the cluster it is for, the folder of the run, and the hosts.

use super::{
    CommandError,
    arguments::{RollbackArguments, TrustArguments},
    cluster::{ClusterArguments, runtime},
    serve::stop_signals,
};
use crate::{
    components::{BundleFile, Contents, LocalFile, PlanInputs, plan},
    facts::{Facts, Gathered, survey},
    packages::Carried,
    plan::{HostName, Plan, PlanError, Replan, RunFolder},
    preflight::{Appetite, Needs, Rehearsals, Rehearsing, Report, preflight, problems},
    rollback::Serials,
    run::{Interrupts, RunError, Way, connect, connect_each, for_target, stored_plan},
    site_ca::{self, SiteCertificates},
    steps::Hosts,
    transport::{Reach, ssh::Connector},
};
use bundles::{Bundle, PublicKey};
use clap::Args;
use console::Console;
use manifests::{cluster::Cluster, lockfile::Lockfile};
use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    thread,
    time::SystemTime,
};
use tokio::runtime::Runtime;

/// What is installed where.
#[derive(Debug, Args)]
pub(super) struct SiteArguments {
    #[command(flatten)]
    pub(super) cluster: ClusterArguments,

    /// The bundle, or a folder or volumes that hold it; every byte is checked first
    #[arg(long, value_name = "BUNDLE", required = true)]
    bundle: Vec<PathBuf>,

    /// Where plan, journal and the site's keys are kept [default: bottari-run-CLUSTER]
    #[arg(long, value_name = "DIR")]
    run_dir: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArguments,
    #[command(flatten)]
    rollback: RollbackArguments,
}

/// A checked bundle and the cluster it is for.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) cluster: Cluster,
    pub(super) bundles: Vec<Bundle>,
    pub(super) lockfile: Lockfile,
    pub(super) serials: Serials,
    pub(super) folder: RunFolder,
    /// What a plan has to be for.
    pub(super) target: Plan,
    keys: Vec<PublicKey>,
}

/// The ways to the hosts, not yet opened.
#[derive(Debug)]
pub(super) struct Ways {
    pub(super) runtime: Runtime,
    pub(super) interrupts: Interrupts,
    pub(super) parallel: usize,
    connector: Connector,
    reaches: Vec<(HostName, Reach)>,
}

impl SiteArguments {
    /// Reads the cluster file and checks every byte of the bundle. No host is
    /// touched.
    pub(super) fn open(&self, console: &Console) -> Result<Site, CommandError> {
        self.with_folder(console, RunFolder::open)
    }

    /// The same to look only, also while somebody works in the run folder.
    pub(super) fn look(&self, console: &Console) -> Result<Site, CommandError> {
        self.with_folder(console, RunFolder::look)
    }

    fn with_folder(
        &self,
        console: &Console,
        folder: fn(&Path) -> Result<RunFolder, PlanError>,
    ) -> Result<Site, CommandError> {
        let cluster = self.cluster.read()?;
        let keys = self.trust.keys()?;
        let bundles = vec![keys.open_one(&self.bundle, console)?];
        let serials = self.rollback.check(&bundles)?;
        let bundle = &bundles[0];
        let jobs = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        bundle.verify(jobs, &*console.reporter())?;
        let target = for_target(&cluster, self.cluster.digest()?, bundle);
        let own = || PathBuf::from(format!("bottari-run-{}", cluster.name));
        let folder = folder(&self.run_dir.clone().unwrap_or_else(own))?;
        let (lockfile, keys) = (bundle.lockfile()?, keys.that_signed(bundle));
        Ok(Site { cluster, bundles, lockfile, serials, folder, target, keys })
    }

    /// Prepares the ways to the hosts. Asks for the sudo password where one is
    /// needed.
    pub(super) fn ways(&self, site: &Site, console: &Console) -> Result<Ways, CommandError> {
        let names = site.cluster.hosts.iter().map(|host| host.name.clone());
        let reaches = names.zip(self.cluster.reaches(&site.cluster, console)?).collect();
        let runtime = runtime()?;
        let interrupts = stop_signals(&runtime)?;
        let (connector, parallel) = (self.cluster.connector(console), self.cluster.parallel.get());
        Ok(Ways { runtime, interrupts, parallel, connector, reaches })
    }
}

impl Ways {
    /// Looks at every host.
    pub(super) fn survey(&self) -> Vec<Gathered> {
        let reaches: Vec<Reach> = self.reaches.iter().map(|(_, reach)| reach.clone()).collect();
        self.runtime.block_on(survey(&self.connector, &reaches, self.parallel))
    }

    /// Lets every host simulate the installation of its packages.
    pub(super) fn rehearse(
        &self,
        site: &Site,
        gathered: &[Gathered],
    ) -> Result<Rehearsals, CommandError> {
        let repositories = &Carried::read(&site.bundles)?;
        let (cluster, lockfile) = (&site.cluster, &site.lockfile);
        let rehearsing = Rehearsing { cluster, lockfile, repositories };
        let reaches: Vec<Reach> = self.reaches.iter().map(|(_, reach)| reach.clone()).collect();
        let asking = rehearsing.walk(&self.connector, &reaches, gathered, self.parallel);
        Ok(self.runtime.block_on(asking))
    }

    /// Opens those that can be opened.
    pub(super) fn try_open(&self) -> Vec<Way> {
        let opening = connect_each(&self.connector, &self.reaches, self.parallel);
        self.runtime.block_on(opening)
    }

    /// Opens all of them.
    pub(super) fn open(&self) -> Result<Hosts, CommandError> {
        let opening = connect(&self.connector, &self.reaches, self.parallel);
        Ok(self.runtime.block_on(opening).map_err(RunError::from)?)
    }
}

impl Site {
    /// What was seen on the hosts against what this bundle needs.
    pub(super) fn report(
        &self,
        (gathered, rehearsals): (&[Gathered], Rehearsals),
        accepted: BTreeSet<&'static str>,
    ) -> Report {
        let appetite = Appetite::of(&self.lockfile, self.bundles[0].file_size());
        let needs = Needs { rehearsals, ..Needs::of(&self.cluster, &appetite) };
        let results = preflight(&needs, gathered);
        Report { results, accepted }
    }

    /// Refuses hosts that are not ready, with what to do about each.
    pub(super) fn ready(
        &self,
        console: &Console,
        seen: (&[Gathered], Rehearsals),
        accepted: BTreeSet<&'static str>,
    ) -> Result<(), CommandError> {
        let report = self.report(seen, accepted);
        let ready = report.ready();
        if ready.is_err() && console.wants_json() {
            console.json(&report);
        } else if ready.is_err() {
            console.table(&problems(&report.results));
        }
        Ok(ready?)
    }

    /// The stored plan, when it still is the one to walk. One that would place
    /// certificates of before a renewal is not.
    pub(super) fn stored_plan(
        &self,
        console: &Console,
        replan: Replan,
    ) -> Result<Option<Plan>, CommandError> {
        let stored = stored_plan(&self.folder, &self.target, replan)?;
        let certificates = self.certificates(console)?;
        let fits = |plan: &Plan| certificates.as_ref().is_none_or(|all| all.are_in(plan));
        Ok(stored.filter(fits))
    }

    /// What the registry needs for TLS, made or renewed when that is due.
    fn certificates(&self, console: &Console) -> Result<Option<SiteCertificates>, CommandError> {
        if !self.cluster.registry.tls {
            return Ok(None);
        }
        let (folder, now) = (self.folder.path(), SystemTime::now());
        Ok(Some(site_ca::keep(folder, &self.cluster, now, &*console.reporter())?))
    }

    /// Makes a plan of what was seen on the hosts, and stores it.
    pub(super) fn make_plan(
        &self,
        console: &Console,
        gathered: Vec<Gathered>,
    ) -> Result<Plan, CommandError> {
        let facts = known(&self.cluster, gathered)?;
        let contents = self.contents()?;
        let program = env::current_exe().map_err(CommandError::Program)?;
        let certificates = self.certificates(console)?;
        let inputs = PlanInputs {
            cluster: &self.cluster,
            cluster_file: &self.target.cluster_file,
            lockfile: &self.lockfile,
            bundle: &self.target.bundle,
            contents: &contents,
            facts: &facts,
            installer: &LocalFile::read(&program).map_err(Box::new)?,
            bundle_file: &BundleFile::read(&self.bundles[0]).map_err(Box::new)?,
            keys: &self.keys,
            certificates: certificates.as_ref(),
        };
        let plan = plan(&inputs)?;
        plan.check()?;
        self.folder.begin(&plan)?;
        Ok(plan)
    }

    /// What lies inside the files of the bundle.
    pub(super) fn contents(&self) -> Result<Contents, CommandError> {
        let contents = Contents::read(&self.bundles, &self.lockfile)?;
        Ok(contents.with_repositories(Carried::read(&self.bundles)?))
    }
}

/// The facts by host; the first host that could not be asked ends the command.
fn known(
    cluster: &Cluster,
    gathered: Vec<Gathered>,
) -> Result<BTreeMap<HostName, Facts>, CommandError> {
    let mut by_name: BTreeMap<String, _> = gathered.into_iter().collect();
    let mut facts = BTreeMap::new();
    for host in &cluster.hosts {
        if let Some(found) = by_name.remove(host.name.as_str()) {
            facts.insert(host.name.clone(), found?);
        }
    }
    Ok(facts)
}
