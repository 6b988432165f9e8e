//! Steps that fail, and hosts that change behind our back.

use super::sample::World;
use crate::{
    engine::EngineError,
    plan::testing::{plan, with_action},
    steps::{Action, RunUnit, StepError, WaitFor},
};
use manifests::{ExitCode, Failure, event::Silent};
use std::fs;

fn steps(error: EngineError) -> (Vec<String>, usize, std::sync::Arc<StepError>) {
    let EngineError::Steps { failed, left, first } = error else { panic!("{error:?}") };
    (failed.iter().map(|failed| failed.step.to_string()).collect(), left, first)
}

#[test]
fn a_dry_run_tells_what_is_needed_and_changes_nothing() {
    let world = World::new();
    let fresh = world.save();
    let needs = world.needs();
    assert_eq!(needs.len(), world.plan.steps.len(), "{needs:?}");
    assert!(needs.contains(&("cp-1/prepare/swap".into(), "swap is on: /dev/sda2".into())));
    assert!(
        needs.contains(&("cp-1/prepare/packages".into(), "hello-tool is not installed".into()))
    );
    world.assert_same(&fresh, "a dry run");
    world.apply("run-1", &Silent).unwrap();
    assert_eq!(world.needs(), []);
}

#[test]
fn a_failed_step_ends_its_host_and_the_next_run_goes_on_from_there() {
    let world = World::new();
    world.hosts[0].write(".lab/units/crio.service.broken", "");
    let error = world.apply("run-1", &Silent).unwrap_err();
    assert_eq!(
        error.to_string(),
        "step `cp-1/runtime/crio.service` failed; 8 steps were not begun"
    );
    assert_eq!(error.exit_code(), ExitCode::Step);
    assert_eq!(
        error.hint().unwrap(),
        "on `cp-1`, look at `journalctl -u crio.service`; \
         then run the same command again: it goes on from here"
    );
    let (_, _, first) = steps(error);
    assert_eq!(first.to_string(), "cp-1: unit `crio.service` is failed: expected active");
    assert_eq!(first.log_tail().map(str::trim), Some("the last line of its log"));
    assert!(world.hosts[1].path("usr/local/bin/kubelet").exists(), "other hosts go on");
    fs::remove_file(world.hosts[0].path(".lab/units/crio.service.broken")).unwrap();
    let summary = world.apply("run-1", &Silent).unwrap();
    assert_eq!(summary.skipped, 6 + 2 + 2 + 1);
    assert_eq!(world.needs(), []);
}

#[test]
fn what_somebody_changed_is_put_right_and_its_service_started_again() {
    let world = World::new();
    world.apply("run-1", &Silent).unwrap();
    assert_eq!(world.hosts[0].text(".lab/restarts"), "crio.service\n");
    world.hosts[0].write("etc/crio/crio.conf", "[crio]\nby = \"hand\"\n");
    world.hosts[0].write("proc/sys/net/ipv4/ip_forward", "0\n");
    let needs = world.needs();
    let names: Vec<_> = needs.iter().map(|(step, _)| step.as_str()).collect();
    assert_eq!(
        names,
        ["cp-1/prepare/sysctl", "cp-1/runtime/crio.conf", "cp-1/runtime/crio.service"]
    );
    let summary = world.apply("run-1", &Silent).unwrap();
    assert_eq!(summary.done, 2, "with its file of before, the service is as it was started");
    assert_eq!(world.hosts[0].text(".lab/restarts"), "crio.service\n");
    assert_eq!(world.needs(), []);
}

fn command(script: &str) -> World {
    let mut world = World::new();
    let run = RunUnit {
        script: script.into(),
        done_when: None,
        before_retry: Some("echo cleaned >> /.lab/cleaned".into()),
        deadline_seconds: 60,
    };
    world.plan = plan(vec![with_action("cp-1/x/run", &[], Action::RunUnit(run))]);
    world
}

#[test]
fn a_command_that_failed_is_cleaned_up_after_and_begun_again() {
    let world = command("echo 'no space left'\ntest -e /.lab/space");
    let (failed, _, error) = steps(world.apply("run-1", &Silent).unwrap_err());
    assert_eq!(failed, ["cp-1/x/run"]);
    assert_eq!(error.to_string(), "cp-1: the command of step `cp-1/x/run` ended with status 1");
    assert_eq!(error.log_tail(), Some("no space left\n"));
    let journal = fs::read_to_string(world.journal()).unwrap();
    assert!(!journal.contains("no space left"), "output may hold secrets: {journal}");
    world.hosts[0].write(".lab/space", "");
    world.apply("run-1", &Silent).unwrap();
    assert_eq!(world.hosts[0].text(".lab/cleaned"), "cleaned\n");
    assert_eq!(world.starts().len(), 2);
}

#[test]
fn a_command_that_the_power_cut_took_is_begun_again() {
    let world = command("echo once >> /.lab/ran");
    world.hosts[0].write(".lab/power-cut", "");
    let (_, _, error) = steps(world.apply("run-1", &Silent).unwrap_err());
    assert_eq!(error.to_string(), "cp-1: the command of step `cp-1/x/run` was ended from outside");
    world.apply("run-1", &Silent).unwrap();
    assert_eq!(world.hosts[0].text(".lab/ran"), "once\n");
    assert_eq!(world.starts().len(), 2);
}

#[test]
fn a_host_that_restarts_in_a_run_is_told_from_one_that_somebody_took() {
    let world = command("echo once >> /.lab/ran");
    let (_, _, error) = steps(world.apply("run-1", &PowerCut(&world)).unwrap_err());
    assert!(matches!(*error, StepError::LockGone { .. }), "{error}");
    world.apply("run-1", &Silent).unwrap();
    assert_eq!(world.hosts[0].text(".lab/ran"), "once\n");
}

/// Cuts the power of the first host when a step begins.
#[derive(Debug)]
struct PowerCut<'a>(&'a World);

impl crate::engine::StepReporter for PowerCut<'_> {
    fn report(&self, event: &crate::engine::StepEvent) {
        if matches!(event, crate::engine::StepEvent::StepStarted { .. }) {
            self.0.hosts[0].power_cut();
        }
    }
}

#[test]
fn waiting_in_vain_tells_for_what_and_what_was_seen() {
    let mut world = World::new();
    let wait = WaitFor {
        script: "echo 'node is NotReady' >&2; exit 1".into(),
        expected: "the node is Ready".into(),
        deadline_seconds: 0,
    };
    world.plan = plan(vec![with_action("cp-1/x/wait", &[], Action::WaitFor(wait))]);
    let (_, _, error) = steps(world.apply("run-1", &Silent).unwrap_err());
    assert_eq!(error.to_string(), "cp-1: waited 0 s in vain to see that the node is Ready");
    let source = std::error::Error::source(&*error).unwrap();
    assert_eq!(source.to_string(), "node is NotReady");
}

#[test]
fn a_file_is_not_placed_through_a_link() {
    let world = World::new();
    std::os::unix::fs::symlink("/root", world.hosts[0].path("etc/crio/crio.conf.d")).unwrap();
    let (failed, _, error) = steps(world.apply("run-1", &Silent).unwrap_err());
    assert_eq!(failed, ["cp-1/runtime/folder"]);
    assert!(error.to_string().contains("`/etc/crio/crio.conf.d` is a link"), "{error}");
    assert_eq!(fs::read_dir(world.hosts[0].path("root")).unwrap().count(), 0);
}
