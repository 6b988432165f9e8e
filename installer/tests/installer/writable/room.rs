//! Quotas and full disks.

use super::{Pushed, Pushing, files};
use crate::{
    fixture::World,
    image::noise,
    process::{Serving, installer},
    skopeo::skipped,
};
use bundles::sha256;
use std::process::Command;

const REPOSITORY: &str = "site.example.org/app";

#[test]
fn a_push_beyond_the_quota_is_refused_and_leaves_nothing() {
    let world = World::new();
    let pushing = Pushing::with(&world, &["--quota", "1MiB"]);
    let image = Pushed::new(1, 600_000);
    pushing.push(REPOSITORY, "v1", &image);
    let before = files(&world.path("overlay"));
    let large = noise(2, 500_000);
    let refused = pushing.push_blob(REPOSITORY, &large);
    assert_eq!((refused.status, refused.error_code().as_str()), (403, "DENIED"));
    assert!(refused.text().contains("1.0 MiB"), "{}", refused.text());
    let upload = pushing.begin(REPOSITORY);
    assert_eq!(pushing.send("PATCH", &upload, &[], &large).status, 403);
    assert_eq!(pushing.status("GET", &upload), 404);
    assert_eq!(files(&world.path("overlay")), before);
    assert_eq!(pushing.push_blob(REPOSITORY, &large[..100_000]).status, 201);
    pushing.assert_whole(REPOSITORY, "v1", &image);
}

#[test]
fn room_that_was_freed_behind_the_server_can_be_used() {
    let world = World::new();
    let pushing = Pushing::with(&world, &["--quota", "1MiB"]);
    let (first, second) = (noise(1, 600_000), noise(2, 600_000));
    assert_eq!(pushing.push_blob(REPOSITORY, &first).status, 201);
    assert_eq!(pushing.push_blob(REPOSITORY, &second).status, 403);
    let blob = format!("/v2/{REPOSITORY}/blobs/{}", sha256(&first));
    assert_eq!(pushing.status("DELETE", &blob), 202);
    let gc = crate::process::run(&world, ["gc", "overlay", "--older-than", "0"]);
    assert_eq!(gc.code, 0, "{}", gc.stderr);
    assert_eq!(pushing.push_blob(REPOSITORY, &second).status, 201);
}

#[test]
fn a_full_disk_is_told_and_nothing_is_kept_by_half() {
    let world = World::new();
    let may = Command::new("unshare").args(["-rm", "true"]).status();
    if !may.is_ok_and(|status| status.success()) {
        skipped("no small disk can be mounted here (unshare -rm)");
        return;
    }
    std::fs::create_dir(world.path("small")).unwrap();
    let program = installer(&world);
    let script = "mount -t tmpfs -o size=3m none small && exec \"$0\" \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-ec", script]).arg(program.get_program());
    command.current_dir(world.folder.path());
    for (name, value) in program.get_envs() {
        value.map(|value| command.env(name, value));
    }
    let bundle = world.bundle.to_str().unwrap();
    let serving = Serving::by(&world, command, [bundle, "--writable", "small/overlay"]);
    let mut pushing = Pushing::to(serving);
    let image = Pushed::new(1, 1_000_000);
    pushing.push(REPOSITORY, "v1", &image);
    let large = noise(2, 4_000_000);
    let refused = pushing.push_blob(REPOSITORY, &large);
    assert_eq!((refused.status, refused.error_code().as_str()), (507, "DENIED"));
    pushing.serving.wait_for("cannot write to `small/overlay`");
    assert_eq!(pushing.status("HEAD", &format!("/v2/{REPOSITORY}/blobs/{}", sha256(&large))), 404);
    assert_eq!(
        pushing.push_blob(REPOSITORY, &large[..1_000_000]).status,
        201,
        "the room is free again"
    );
    pushing.assert_whole(REPOSITORY, "v1", &image);
}
