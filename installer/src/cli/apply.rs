//! `apply`: walks the plan until the cluster is there.

use super::{
    CommandError,
    confirm::confirm,
    plan::replan,
    site::{Site, SiteArguments, Ways},
};
use crate::{
    engine::{EngineError, StepEvent, StepReporter, Summary},
    journal::{self, Times, times},
    plan::{HostName, Plan, extent},
    preflight::{Rehearsals, accepted},
    run::{NamedUploads, Progress, RunError, Walk, hand_over, operator},
};
use clap::Args;
use console::{Console, text};
use manifests::{Role, with_causes};
use serde_json::json;
use std::{path::PathBuf, time::Duration};

/// How long to wait between two looks at something that takes its time.
const PAUSE: Duration = Duration::from_secs(1);

/// Steps below this are not named among the longest.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// Make a cluster of a bundle
///
/// Walks the stored plan, or makes one. Whatever stops it, run the same command again: it goes on
/// where it was. On a finished cluster it looks at every step and changes only what is no longer
/// as planned. Ctrl-C ends it after the steps that run.
#[derive(Debug, Args)]
// A cluster is made as a whole; who says otherwise is told so.
#[command(mut_arg("hosts", |hosts| hosts.hide(true)))]
pub(super) struct Arguments {
    /// Do not ask before hosts are changed
    #[arg(long, short)]
    yes: bool,

    /// Plan anew, also when a run is unfinished or was begun with another bundle
    #[arg(long)]
    replan: bool,

    /// Acknowledge the warnings of a check, such as `cgroup`; can be given several times
    #[arg(long, value_name = "CHECK")]
    accept: Vec<String>,

    /// Take a host over from a run that is dead; can be given several times
    #[arg(long, value_name = "HOST")]
    break_lock: Vec<HostName>,
    #[command(flatten)]
    site: SiteArguments,
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let accepted = accepted(&self.accept)?;
        self.site.cluster.refuse_some_hosts()?;
        let site = self.site.open(console)?;
        let stored = site.stored_plan(console, replan(self.replan))?;
        let mut ways = self.site.ways(&site, console)?;
        let gathered = ways.survey();
        // In the middle of a run only its own steps can tell how far packages are.
        let rehearsals = match stored {
            Some(_) => Rehearsals::new(),
            None => ways.rehearse(&site, &gathered)?,
        };
        site.ready(console, (&gathered, rehearsals), accepted)?;
        let plan = stored.map_or_else(|| site.make_plan(console, gathered), Ok)?;
        confirm(console, self.yes, &question(&plan), "yes")?;
        site.serials.remember(&site.bundles)?;
        let (summary, kubeconfig) = self.walk(console, &site, &plan, &mut ways)?;
        let journal = journal::read(&site.folder.journal()).map_err(RunError::from)?;
        let times = journal.as_ref().map(|journal| times(&journal.records)).unwrap_or_default();
        tell(console, &plan, &summary, &times, &kubeconfig);
        match summary.warnings.len() {
            0 => Ok(()),
            count => Err(RunError::Warned { count }.into()),
        }
    }

    fn walk(
        &self,
        console: &Console,
        site: &Site,
        plan: &Plan,
        ways: &mut Ways,
    ) -> Result<(Summary, PathBuf), CommandError> {
        let hosts = ways.open()?;
        let reporter = console.reporter();
        let (lines, json) = (Progress::new(plan, &*reporter), JsonSteps(console));
        let walk = Walk {
            folder: &site.folder,
            plan,
            hosts: &hosts,
            artifacts: &site.bundles,
            operator: &operator(),
            break_locks: &self.break_lock,
            parallel: ways.parallel,
            pause: PAUSE,
            steps: if console.wants_json() { &json } else { &lines },
            reporter: &NamedUploads::new(plan, &*reporter),
        };
        let walked = ways.runtime.block_on(walk.go(&mut ways.interrupts));
        let summary = walked.inspect_err(|error| tell_logs(console, error))?;
        let control_plane = site.cluster.hosts_with(Role::ControlPlane).next();
        let control_plane = control_plane.and_then(|host| hosts.get(&host.name));
        let control_plane = control_plane.expect("every cluster file has a control plane");
        let handing = hand_over(control_plane, &site.cluster.api.endpoint, site.folder.path());
        Ok((summary, ways.runtime.block_on(handing)?))
    }
}

/// The events of the run as they are, for programs.
#[derive(Debug)]
struct JsonSteps<'a>(&'a Console);

impl StepReporter for JsonSteps<'_> {
    fn report(&self, event: &StepEvent) {
        self.0.json_event(event);
    }
}

fn question(plan: &Plan) -> String {
    let Plan { release, version, cluster, .. } = plan;
    let extent = extent(plan);
    format!("install {release} {version} as cluster `{cluster}`, {extent}? Type `yes`:")
}

fn tell(
    console: &Console,
    plan: &Plan,
    summary: &Summary,
    times: &Times<'_>,
    kubeconfig: &PathBuf,
) {
    let Summary { done, skipped, warnings } = summary;
    if console.wants_json() {
        console.json(&json!({
            "cluster": plan.cluster,
            "done": done,
            "skipped": skipped,
            "warnings": warnings.iter().map(|(step, text)| json!({ "step": step, "text": text })).collect::<Vec<_>>(),
            "seconds": times.whole.as_secs_f64(),
            "steps": times.steps.iter().map(|(step, took)| json!({ "step": step, "seconds": took.as_secs_f64() })).collect::<Vec<_>>(),
            "kubeconfig": kubeconfig,
        }));
    }
    let all = text::count(plan.steps.len() as u64, "step", "steps");
    console.success(&match done {
        0 => format!("cluster `{}` is as planned: looked at {all}, changed nothing", plan.cluster),
        done => format!(
            "cluster `{}` is installed: {done} of {all} done, {skipped} had nothing to do",
            plan.cluster
        ),
    });
    console.note(&time_line(plan, times));
    console.note(&format!("try `kubectl --kubeconfig {} get nodes`", kubeconfig.display()));
}

/// `it took 48.1 s; the longest: make the control plane on h1 12.3 s`.
fn time_line(plan: &Plan, times: &Times<'_>) -> String {
    let longest = times.steps.iter().filter(|(_, took)| *took >= WORTH_TELLING).take(3);
    let longest: Vec<_> = longest
        .filter_map(|(id, took)| {
            let step = plan.steps.iter().find(|step| step.id == **id)?;
            Some(format!("{} on {} {}", step.title, step.host, text::duration(*took)))
        })
        .collect();
    let whole = format!("it took {}", text::duration(times.whole));
    match longest.is_empty() {
        true => whole,
        false => format!("{whole}; the longest: {}", longest.join(", ")),
    }
}

/// Why each step failed, with the end of its log, which is in no journal.
fn tell_logs(console: &Console, error: &RunError) {
    let RunError::Engine(EngineError::Steps { failed, .. }) = error else { return };
    for failed in failed {
        let why = with_causes(&failed.error);
        let log = failed.error.log_tail().unwrap_or_default();
        let log = log.trim_end().replace('\n', "\n  | ");
        let log = if log.is_empty() { log } else { format!("\n  | {log}") };
        console.warn(&format!("{}: {why}{log}", failed.step));
    }
}
