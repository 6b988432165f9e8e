//! One run: begins what can begin, notes what happened, ends when nothing more
//! can be done.

use super::{
    Engine, EngineError, FailedStep, StepEvent, hosts::Ledgers, recorder::Recorder,
    schedule::Schedule,
};
use crate::{
    journal::{self, Contents, Journal},
    ledger::LedgerFile,
    plan::{Plan, PlannedStep, RunFolder, RunId, StepId},
    steps::{Need, Outcome, Remote, StepContext, StepError},
};
use futures_util::{
    future::{BoxFuture, FutureExt, join_all},
    stream::{FuturesUnordered, StreamExt},
};
use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
};

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Steps that changed something.
    pub done: usize,
    /// Steps that found nothing to do.
    pub skipped: usize,
    /// What the operator should know.
    pub warnings: Vec<(StepId, String)>,
}

/// The plan of a run in this folder that was begun and did not come to its end.
pub fn unfinished(folder: &RunFolder) -> Result<Option<Plan>, EngineError> {
    let Some(plan) = folder.plan()? else { return Ok(None) };
    let Some(contents) = journal::read(&folder.journal())? else { return Ok(None) };
    Ok((!journal::is_finished(&plan, &contents.records)).then_some(plan))
}

/// A step that came to the end of its look or of its work.
struct Ended<'a> {
    step: &'a PlannedStep,
    ledger: LedgerFile,
    what: What,
}

enum What {
    Checked(Result<Need, StepError>),
    Applied(Result<Outcome, StepError>),
}

impl<'a> Engine<'a> {
    /// Walks the plan to its end. `contents` is what the journal held when it
    /// was opened.
    pub async fn apply(
        &self,
        journal: &mut Journal,
        contents: &Contents,
    ) -> Result<Summary, EngineError> {
        let run = &contents.header.run;
        let remotes = self.remotes()?;
        let mut recorder = Recorder::new(journal, self.steps);
        let done = journal::done(&contents.records);
        let (steps, done_before) = (self.plan.steps.len(), done.len());
        recorder.record(&StepEvent::RunStarted { run: run.clone(), steps, done_before })?;
        self.lock(run, &remotes, &mut recorder).await?;
        let ended = match self.ledgers(&remotes).await {
            Ok(ledgers) => Walk::new(*self, run, done, ledgers).walk(&mut recorder).await,
            Err(error) => Err(error),
        };
        self.release(run, &remotes).await;
        ended
    }

    /// Looks at every step and changes nothing: what a run would do now.
    pub async fn check(
        &self,
    ) -> Result<Vec<(&'a PlannedStep, Result<Need, StepError>)>, EngineError> {
        let remotes = self.remotes()?;
        let ledgers = self.ledgers(&remotes).await?;
        let of_host = |host: &Remote<'a>| {
            let (engine, host, mut ledger) = (*self, *host, ledgers[host.name].clone());
            async move {
                let mut found = Vec::new();
                for step in engine.plan.steps.iter().filter(|step| step.host == *host.name) {
                    let cx = engine.context(step, host, &mut ledger, None);
                    found.push((step, step.action.check(&cx).await));
                }
                found
            }
        };
        Ok(join_all(remotes.iter().map(of_host)).await.into_iter().flatten().collect())
    }

    fn context<'c>(
        &self,
        step: &'c PlannedStep,
        host: Remote<'c>,
        ledger: &'c mut LedgerFile,
        run: Option<&'c RunId>,
    ) -> StepContext<'c>
    where
        'a: 'c,
    {
        StepContext {
            step: &step.id,
            host,
            ledger,
            hosts: self.hosts,
            artifacts: self.artifacts,
            run,
            reporter: self.reporter,
            pause: self.pause,
        }
    }
}

/// The state of a walk.
struct Walk<'a> {
    engine: Engine<'a>,
    run: &'a RunId,
    done_before: BTreeSet<&'a StepId>,
    ledgers: Ledgers<'a>,
    schedule: Schedule<'a>,
    running: FuturesUnordered<BoxFuture<'a, Ended<'a>>>,
    summary: Summary,
    failed: Vec<FailedStep>,
}

impl<'a> Walk<'a> {
    fn new(
        engine: Engine<'a>,
        run: &'a RunId,
        done_before: BTreeSet<&'a StepId>,
        ledgers: Ledgers<'a>,
    ) -> Self {
        let schedule = Schedule::new(engine.plan, engine.parallel);
        let running = FuturesUnordered::new();
        let (summary, failed) = (Summary::default(), Vec::new());
        Self { engine, run, done_before, ledgers, schedule, running, summary, failed }
    }

    async fn walk(mut self, recorder: &mut Recorder<'_>) -> Result<Summary, EngineError> {
        loop {
            while !self.stopped()
                && let Some(step) = self.schedule.begin()
            {
                let ledger =
                    self.ledgers.remove(&step.host).expect("a host does one thing at a time");
                self.running.push(self.check(step, ledger));
            }
            let Some(ended) = self.running.next().await else { break };
            self.ended(ended, recorder)?;
        }
        self.finish(recorder)
    }

    fn stopped(&self) -> bool {
        self.engine.stop.load(Ordering::Relaxed)
    }

    fn check(&self, step: &'a PlannedStep, mut ledger: LedgerFile) -> BoxFuture<'a, Ended<'a>> {
        let (engine, run) = (self.engine, self.run);
        async move {
            let host = engine.hosts.get(&step.host).expect("every host of the plan was found");
            let cx = engine.context(step, host, &mut ledger, Some(run));
            let what = What::Checked(step.action.check(&cx).await);
            Ended { step, ledger, what }
        }
        .boxed()
    }

    fn apply(&self, step: &'a PlannedStep, mut ledger: LedgerFile) -> BoxFuture<'a, Ended<'a>> {
        let (engine, run) = (self.engine, self.run);
        async move {
            let host = engine.hosts.get(&step.host).expect("every host of the plan was found");
            let mut cx = engine.context(step, host, &mut ledger, Some(run));
            let what = What::Applied(step.action.apply(&mut cx).await);
            Ended { step, ledger, what }
        }
        .boxed()
    }

    fn ended(&mut self, ended: Ended<'a>, recorder: &mut Recorder<'_>) -> Result<(), EngineError> {
        let Ended { step, ledger, what } = ended;
        let (id, before) = (step.id.clone(), self.done_before.contains(&step.id));
        let (event, well) = match what {
            What::Checked(Ok(Need::Needed(why))) => {
                let why = if before { format!("it was done before, but {why}") } else { why };
                let title = step.title.clone();
                recorder.record(&StepEvent::StepStarted { step: id, title, why })?;
                self.running.push(self.apply(step, ledger));
                return Ok(());
            }
            What::Checked(Ok(Need::Satisfied)) => {
                let why = if before { "it was done before" } else { "it is so already" };
                (self.skipped(id, why.into()), true)
            }
            What::Applied(Ok(Outcome::Skipped(why))) => (self.skipped(id, why), true),
            What::Applied(Ok(Outcome::Done)) => {
                self.summary.done += 1;
                (StepEvent::StepDone { step: id }, true)
            }
            What::Applied(Ok(Outcome::DoneWithWarning(warning))) => {
                self.summary.done += 1;
                self.summary.warnings.push((id.clone(), warning.clone()));
                (StepEvent::StepWarned { step: id, warning }, true)
            }
            What::Checked(Err(error)) | What::Applied(Err(error)) => {
                (self.failed(step, error), false)
            }
        };
        recorder.record(&event)?;
        self.schedule.end(step, well);
        self.ledgers.insert(&step.host, ledger);
        Ok(())
    }

    fn skipped(&mut self, step: StepId, why: String) -> StepEvent {
        self.summary.skipped += 1;
        StepEvent::StepSkipped { step, why }
    }

    fn failed(&mut self, step: &PlannedStep, error: StepError) -> StepEvent {
        let (id, host, cause) = (step.id.clone(), step.host.clone(), error.to_string());
        self.failed.push(FailedStep { step: id.clone(), host, error: Arc::new(error) });
        StepEvent::StepFailed { step: id, cause }
    }

    fn finish(self, recorder: &mut Recorder<'_>) -> Result<Summary, EngineError> {
        let (failed, left) = (self.failed, self.schedule.left());
        let Summary { done, skipped, .. } = self.summary;
        recorder.record(&StepEvent::RunFinished { done, skipped, failed: failed.len(), left })?;
        match failed.first().map(|failed| failed.error.clone()) {
            Some(first) => Err(EngineError::Steps { failed, left, first }),
            // Without a failure every step is reached, unless we were stopped.
            None if left > 0 => Err(EngineError::Stopped { left }),
            None => Ok(self.summary),
        }
    }
}
