//! Runs that are stopped everywhere and begun again.

use super::sample::World;
use crate::{
    engine::{
        StepEvent, StepReporter,
        testing::{Moment, Tape, Tree},
    },
    plan::{Plan, PlannedStep},
};
use manifests::event::Silent;
use std::{
    fs,
    sync::{Arc, Mutex},
};

/// A moment right after an event was written to the journal.
struct Stop {
    event: StepEvent,
    journal: Vec<u8>,
    hosts: Vec<Tree>,
    asked: Vec<Moment>,
}

/// Saves the world after each event.
struct Camera<'a> {
    world: &'a World,
    tape: Arc<Tape>,
    stops: Mutex<Vec<Stop>>,
}

impl std::fmt::Debug for Camera<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Camera")
    }
}

impl StepReporter for Camera<'_> {
    fn report(&self, event: &StepEvent) {
        let journal = fs::read(self.world.journal()).unwrap();
        let (event, hosts, asked) = (event.clone(), self.world.save(), self.tape.take());
        self.stops.lock().unwrap().push(Stop { event, journal, hosts, asked });
    }
}

/// A whole run, step by step, with all its moments.
fn film(world: &World) -> Vec<Stop> {
    let tape = Arc::new(Tape::default());
    world.tape(Some(&tape));
    let camera = Camera { world, tape, stops: Mutex::default() };
    world.apply("run-1", &camera).unwrap();
    world.tape(None);
    camera.stops.into_inner().unwrap()
}

/// The journal with the last record written in half.
fn torn(journal: &[u8]) -> &[u8] {
    let last = journal[..journal.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
    &journal[..last.midpoint(journal.len())]
}

#[test]
fn a_run_killed_at_any_journal_record_ends_as_if_nothing_had_happened() {
    let world = World::new();
    let fresh = world.save();
    let stops = film(&world);
    let (end, starts, sent) = (world.save(), world.starts(), world.sent_bytes());
    assert!(stops.len() > 2 * world.plan.steps.len(), "two records a step, and the run's own");
    for (number, stop) in stops.iter().enumerate() {
        let what = format!("killed after record {number}, {:?}", stop.event);
        world.restore(&stop.hosts);
        // Every other time the record was still on its way to the disk.
        let half = number % 2 == 1;
        let journal = if half { torn(&stop.journal) } else { &stop.journal[..] };
        fs::write(world.journal(), journal).unwrap();
        world.apply("run-2", &Silent).unwrap_or_else(|error| panic!("{what}: {error:?}"));
        world.assert_same(&end, &what);
        assert_eq!(world.starts(), starts, "{what}");
        assert_eq!(world.sent_bytes(), sent, "{what}");
    }
    world.reset();
    world.assert_same(&fresh, "reset");
}

/// The step alone: what was done before it is not looked at again.
fn alone(world: &World, step: &PlannedStep) -> Plan {
    let mut step = step.clone();
    step.needs.clear();
    Plan { steps: vec![step], ..world.plan.clone() }
}

#[test]
fn a_step_killed_in_the_middle_of_any_command_or_upload_ends_as_if_nothing_had_happened() {
    let mut world = World::new();
    world.parallel = 1;
    let stops = film(&world);
    let (starts, sent) = (world.starts(), world.sent_bytes());
    let mut cuts = 0;
    for step in &world.plan.steps {
        let of_step = |stop: &&Stop| stop.event.step() == Some(&step.id);
        let plan = alone(&world, step);
        let done = stops.iter().rfind(of_step).unwrap();
        for stop in stops.iter().filter(of_step) {
            for (number, moment) in stop.asked.iter().enumerate() {
                let what =
                    format!("{} killed in command {number} before {:?}", step.id, stop.event);
                world.restore(&done.hosts);
                let host = world.hosts.iter().find(|host| host.name() == moment.host).unwrap();
                moment.relive_half(host);
                let _ = fs::remove_file(world.journal());
                world
                    .apply_plan(&plan, "run-1", &Silent)
                    .unwrap_or_else(|error| panic!("{what}: {error:?}"));
                world.assert_same(&done.hosts, &what);
                assert_no_more(&world, &starts, sent, &what);
                cuts += 1;
            }
        }
    }
    assert!(cuts > 4 * world.plan.steps.len(), "{cuts} cuts");
}

/// No unit started twice, no byte sent twice.
fn assert_no_more(world: &World, starts: &[String], sent: u64, what: &str) {
    let mut now = world.starts();
    now.sort();
    let count = now.len();
    now.dedup();
    assert_eq!(now.len(), count, "{what}: {now:?}");
    assert!(now.iter().all(|unit| starts.contains(unit)), "{what}");
    assert!(world.sent_bytes() <= sent, "{what}");
}
