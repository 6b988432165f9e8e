//! Runs that are not disturbed.

use super::{super::testing::block_on, sample::World};
use crate::transport::Transport;
use manifests::event::Silent;

#[test]
fn a_run_changes_what_is_needed_and_the_next_one_nothing_and_reset_undoes_it() {
    let world = World::new();
    let fresh = world.save();
    let summary = world.apply("run-1", &Silent).unwrap();
    // What the last step of the control plane waits for is so at once.
    assert_eq!((summary.done, summary.skipped), (world.plan.steps.len() - 1, 1));
    let installed = world.save();
    std::fs::remove_file(world.journal()).unwrap();
    let again = world.apply("run-2", &Silent).unwrap();
    assert_eq!((again.done, again.skipped), (0, world.plan.steps.len()));
    world.assert_same(&installed, "the second run");
    for report in world.reset() {
        assert_eq!(report.kept, Vec::<String>::new());
    }
    world.assert_same(&fresh, "reset");
    assert!(world.reset().iter().all(|report| report.undone == 0), "a second reset does nothing");
    world.assert_same(&fresh, "the second reset");
}

#[test]
fn what_reaches_the_cluster_is_the_patched_manifest() {
    let world = World::new();
    world.apply("run-1", &Silent).unwrap();
    let path = "/.lab/cluster".parse().unwrap();
    let applied = block_on(world.hosts[0].read_file(&path, 1024)).unwrap().unwrap();
    let applied = String::from_utf8(applied).unwrap();
    assert!(applied.contains(r#""tunnel": "Always""#) && !applied.contains("Never"), "{applied}");
}
