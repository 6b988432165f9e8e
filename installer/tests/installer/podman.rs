//! Podman pulls and looks into an image, where it can run.

use crate::{
    fixture::World,
    process::Serving,
    skopeo::{has, skipped},
};
use std::process::Command;

/// Podman with all its files in the test's folder.
fn podman(world: &World) -> Command {
    let mut podman = Command::new("podman");
    podman
        .args(["--storage-driver", "vfs", "--root"])
        .arg(world.path("storage"))
        .arg("--runroot")
        .arg(world.path("run"))
        .env("HOME", world.folder.path());
    podman
}

/// Podman, where it can run.
pub(crate) fn runnable(world: &World) -> Option<impl Fn() -> Command> {
    if !has("podman") {
        return None;
    }
    let info = podman(world).arg("info").output().unwrap();
    if !info.status.success() {
        let why = String::from_utf8_lossy(&info.stderr);
        skipped(&format!("podman cannot run here, nothing is proved about it: {why}"));
        return None;
    }
    Some(|| podman(world))
}

#[test]
fn podman_pulls_by_tag_and_by_digest() {
    let world = World::new();
    let Some(podman) = runnable(&world) else { return };
    let serving = Serving::start(&world);
    let names = [
        format!("{}/docker.io/library/nginx:1.27", serving.address),
        format!("{}/docker.io/nginx:1.27", serving.address),
        format!("{}/quay.io/app/server:v1", serving.address),
        format!("{}/registry.k8s.io/pause@{}", serving.address, world.release.pause.root.digest),
    ];
    for name in names {
        let pull = podman().args(["pull", "-q", "--tls-verify=false", &name]).output().unwrap();
        assert!(pull.status.success(), "{name}: {}", String::from_utf8_lossy(&pull.stderr));
    }
}
