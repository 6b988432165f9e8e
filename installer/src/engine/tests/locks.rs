//! Two runs that want the same hosts.

use super::sample::World;
use crate::engine::EngineError;
use manifests::{ExitCode, Failure, event::Silent};

const OTHER: &str = "run-9\nlee@console-2\n0\n";

#[test]
fn a_host_that_another_run_works_on_is_left_alone_and_so_are_all_others() {
    let world = World::new();
    world.hosts[1].write("run/bottari/lock", OTHER);
    let before = world.save();
    let error = world.apply("run-1", &Silent).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("host `w-1` is in use by run `run-9` of lee@console-2 since ")
    );
    assert!(error.to_string().ends_with(" h"), "the age by the host's own clock: {error}");
    assert_eq!(error.exit_code(), ExitCode::Host);
    assert!(error.hint().unwrap().ends_with("add `--break-lock w-1`"));
    world.assert_same(&before, "a refused run");
    assert_eq!(world.hosts[1].text("run/bottari/lock"), OTHER);
    assert!(!world.hosts[0].path("run/bottari").exists(), "the lock that was taken is given back");
}

#[test]
fn a_lock_is_broken_only_when_its_host_is_named() {
    let mut world = World::new();
    world.hosts[1].write("run/bottari/lock", OTHER);
    world.break_locks = vec!["w-2".parse().unwrap()];
    assert!(matches!(world.apply("run-1", &Silent), Err(EngineError::Locked { .. })));
    world.break_locks = vec!["w-1".parse().unwrap()];
    world.apply("run-1", &Silent).unwrap();
    assert!(!world.hosts[1].path("run/bottari").exists());
}

#[test]
fn a_run_whose_lock_was_broken_changes_nothing_more() {
    let world = World::new();
    let thief = Thief(&world);
    let error = world.apply("run-1", &thief).unwrap_err();
    let EngineError::Steps { failed, .. } = &error else { panic!("{error:?}") };
    let names: Vec<_> = failed.iter().map(|failed| failed.step.as_str()).collect();
    assert_eq!(names, ["cp-1/prepare/swap"], "the step that was beginning, and no later one");
    assert_eq!(failed[0].error.to_string(), "cp-1: the lock on it was broken by somebody else");
    assert!(world.hosts[0].text("proc/swaps").contains("sda2"), "swap is still on");
    assert_eq!(world.hosts[0].text("run/bottari/lock"), OTHER, "the other's lock stays");
}

/// Breaks the lock of the control plane in the middle of the run.
#[derive(Debug)]
struct Thief<'a>(&'a World);

impl crate::engine::StepReporter for Thief<'_> {
    fn report(&self, event: &crate::engine::StepEvent) {
        let swap = |step: &crate::plan::StepId| step.as_str() == "cp-1/prepare/swap";
        if matches!(event, crate::engine::StepEvent::StepStarted { step, .. } if swap(step)) {
            self.0.hosts[0].write("run/bottari/lock", OTHER);
        }
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}
